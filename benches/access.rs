//! What each principal may do and come to, for estates of several sizes: four statements for each principal.

#![allow(missing_docs, clippy::unwrap_used)]

use divan::Bencher;
use divan::counter::ItemsCount;
use iacscan::iam::Identity;
use iacscan::model::Kinds;
use iacscan::scan::{Model, Options, Text, model};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

const SIZES: [usize; 2] = [500, 5_000];

fn statement(actions: &[&str], resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

/// The statements of a principal: data of its own, some wildcards, a denial; one in ten may pass roles or write policies.
fn statements(at: usize) -> Vec<Value> {
    let (bucket, queue) = (format!("arn:aws:s3:::data-{at}/*"), format!("arn:aws:sqs:*:123456789012:jobs-{at}"));
    let last = match at % 20 {
        0 => statement(&["iam:PassRole"], &format!("arn:aws:iam::123456789012:role/role-{}", at + 1)),
        1 => statement(&["iam:PutUserPolicy", "iam:List*"], "*"),
        2 => statement(&["sts:AssumeRole"], &format!("arn:aws:iam::123456789012:role/role-{}", at + 3)),
        3 => statement(&["lambda:*", "iam:PassRole"], "*"),
        _ => statement(&["logs:CreateLogStream", "logs:PutLogEvents"], "*"),
    };
    vec![
        statement(&["s3:Get*", "s3:PutObject", "s3:ListBucket"], &bucket),
        statement(&["sqs:*", "dynamodb:Get*", "lambda:CreateFunction", "lambda:InvokeFunction"], &queue),
        json!({ "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*" }),
        last,
    ]
}

fn estate(principals: usize) -> Model {
    let trust = |principal: Value| {
        json!({ "Version": "2012-10-17",
                "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal }] })
        .to_string()
    };
    let mut resources = json!({ "aws_iam_user": {}, "aws_iam_user_policy": {}, "aws_iam_role": {},
                                "aws_iam_role_policy": {}, "aws_iam_role_policy_attachment": {} });
    for at in 0..principals {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements(at) }).to_string();
        if at % 2 == 0 {
            resources["aws_iam_user"][format!("u{at}")] = json!({ "name": format!("user-{at}") });
            resources["aws_iam_user_policy"][format!("u{at}")] =
                json!({ "user": format!("user-{at}"), "policy": policy });
            continue;
        }
        let trusted = match at % 3 {
            0 => json!({ "Service": "lambda.amazonaws.com" }),
            1 => json!({ "Service": "ec2.amazonaws.com" }),
            _ => json!({ "AWS": format!("arn:aws:iam::123456789012:user/user-{}", at - 1) }),
        };
        let name = format!("role-{at}");
        resources["aws_iam_role"][format!("r{at}")] = json!({ "name": name, "assume_role_policy": trust(trusted) });
        resources["aws_iam_role_policy"][format!("r{at}")] = json!({ "role": name, "policy": policy });
        let arn = if at % 499 == 0 { "AdministratorAccess" } else { "AmazonSQSReadOnlyAccess" };
        resources["aws_iam_role_policy_attachment"][format!("r{at}")] =
            json!({ "role": name, "policy_arn": format!("arn:aws:iam::aws:policy/{arn}") });
    }
    let bytes = json!({ "resource": resources }).to_string().into_bytes();
    let texts = vec![Text { name: "main.tf.json".to_owned(), bytes }];
    model(&Options { texts, threads: Some(2), ..Options::default() })
}

fn pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap()
}

/// Who is tied to what: the join that comes before.
#[divan::bench(args = SIZES, sample_count = 5)]
fn join(bencher: Bencher<'_, '_>, principals: usize) {
    let (model, pool) = (estate(principals), pool());
    bencher.counter(ItemsCount::new(principals)).bench_local(|| {
        pool.install(|| Identity::new(&model.units[0], Kinds::built_in(), &model.sources, &[]).access().actors().len())
    });
}

/// Ways of escalation and administrators by any door, after the join.
#[divan::bench(args = SIZES, sample_count = 5)]
fn escalations(bencher: Bencher<'_, '_>, principals: usize) {
    let (model, pool) = (estate(principals), pool());
    let fresh = || Identity::new(&model.units[0], Kinds::built_in(), &model.sources, &[]);
    bencher.counter(ItemsCount::new(principals)).with_inputs(fresh).bench_local_values(|identity| {
        let count = pool.install(|| {
            let access = identity.access();
            let count: usize = (0..principals).map(|at| access.escalations(at).len()).sum();
            count + (0..principals).filter(|at| access.administrator(*at).granted).count()
        });
        (count, identity)
    });
}

/// The access levels of everybody, after the join.
#[divan::bench(args = SIZES, sample_count = 5)]
fn levels(bencher: Bencher<'_, '_>, principals: usize) {
    use rayon::prelude::*;
    let (model, pool) = (estate(principals), pool());
    let fresh = || Identity::new(&model.units[0], Kinds::built_in(), &model.sources, &[]);
    bencher.counter(ItemsCount::new(principals)).with_inputs(fresh).bench_local_values(|identity| {
        let access = identity.access();
        let count: usize = pool.install(|| (0..principals).into_par_iter().map(|at| access.levels(at).len()).sum());
        (count, identity)
    });
}

/// Who may do one action on one resource.
#[divan::bench(args = SIZES, sample_count = 5)]
fn who_may(bencher: Bencher<'_, '_>, principals: usize) {
    let model = estate(principals);
    let identity = Identity::new(&model.units[0], Kinds::built_in(), &model.sources, &[]);
    let access = identity.access();
    let ask = || access.who_may("s3:GetObject", Some("arn:aws:s3:::data-7/report.csv")).len();
    bencher.counter(ItemsCount::new(principals)).bench_local(ask);
}
