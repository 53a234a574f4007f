//! What it costs to compare two policies: a pull-request report does it for each one that changed.

#![allow(missing_docs, clippy::unwrap_used)]

use divan::Bencher;
use iacscan::iam::Document;
use iacscan::iam::catalogue;
use iacscan::iam::compare::{NormalForm, compare, difference};
use iacscan::source::Sources;
use iacscan::value::Value;
use serde_json::json;

fn main() {
    divan::main();
}

const SIZES: [usize; 4] = [1, 10, 50, 200];

fn document(statements: &[serde_json::Value]) -> Document {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    Document::read(&Value::string(text, iacscan::source::Origin::NONE), &Sources::default())
}

/// Statements as people write them: some services, names with a wildcard, here and there a condition, a denial, a variable.
fn ordinary(at: usize) -> serde_json::Value {
    let name = format!("team-{at}");
    match at % 5 {
        0 => json!({ "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:List*"],
                     "Resource": [format!("arn:aws:s3:::{name}"), format!("arn:aws:s3:::{name}/*")] }),
        1 => json!({ "Effect": "Allow", "Action": ["dynamodb:*Item", "dynamodb:Query"],
                     "Resource": format!("arn:aws:dynamodb:*:123456789012:table/{name}") }),
        2 => json!({ "Effect": "Allow", "Action": "sqs:*", "Resource": format!("arn:aws:sqs:eu-west-1:*:{name}-*"),
                     "Condition": { "StringEquals": { "aws:PrincipalTag/team": name } } }),
        3 => json!({ "Effect": "Deny", "Action": ["s3:DeleteBucket", "dynamodb:DeleteTable"], "Resource": "*",
                     "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "false" } } }),
        _ => json!({ "Effect": "Allow", "Action": ["iam:GetUser", "iam:*AccessKey*"],
                     "Resource": "arn:aws:iam::*:user/${aws:username}" }),
    }
}

/// Nothing is new but in the last statement: every class of requests is looked at.
fn pair(count: usize) -> (Document, Document) {
    let old: Vec<_> = (0..count).map(ordinary).collect();
    let mut new = old.clone();
    new.rotate_left(1);
    if let Some(first) = new.first_mut() {
        first["Condition"] = json!({ "StringEquals": { "aws:PrincipalTag/team": "red" } });
    }
    (document(&old), document(&new))
}

#[divan::bench(args = SIZES)]
fn narrowed(bencher: Bencher<'_, '_>, count: usize) {
    let (old, new) = pair(count);
    bencher.bench_local(|| compare(&old, &new));
}

#[divan::bench(args = SIZES)]
fn widened(bencher: Bencher<'_, '_>, count: usize) {
    let (old, new) = pair(count);
    bencher.bench_local(|| compare(&new, &old));
}

#[divan::bench(args = SIZES)]
fn normal_form(bencher: Bencher<'_, '_>, count: usize) {
    let (old, _) = pair(count);
    bencher.bench_local(|| NormalForm::of(&old));
}

/// Statements that leave out a few actions each.
#[divan::bench(args = [1, 10, 50])]
fn not_action(bencher: Bencher<'_, '_>, count: usize) {
    let statement = |at: usize| {
        let services = ["iam", "s3", "kms", "ec2", "sqs", "sns", "rds", "logs", "ecs"];
        let one = services[at % services.len()];
        json!({ "Effect": if at % 4 == 3 { "Deny" } else { "Allow" }, "NotAction": [format!("{one}:*"), format!("{one}x:A{at}*")],
                "Resource": format!("arn:aws:*:*:*:*{at}*") })
    };
    let old = document(&(0..count).map(statement).collect::<Vec<_>>());
    let new = document(&(0..=count).map(statement).collect::<Vec<_>>());
    bencher.bench_local(|| compare(&old, &new));
}

const MANAGED: [(&str, &str); 7] = [
    ("AdministratorAccess", "ReadOnlyAccess"),
    ("AdministratorAccess", "PowerUserAccess"),
    ("ReadOnlyAccess", "ViewOnlyAccess"),
    ("ReadOnlyAccess", "SecurityAudit"),
    ("PowerUserAccess", "ReadOnlyAccess"),
    ("PowerUserAccess", "AdministratorAccess"),
    ("ReadOnlyAccess", "AdministratorAccess"),
];

fn managed(name: &str) -> &'static Document {
    catalogue::managed_policy(name).unwrap().document()
}

#[divan::bench(args = 0..MANAGED.len())]
fn managed_policies(bencher: Bencher<'_, '_>, at: usize) {
    let (old, new) = MANAGED[at];
    let (old, new) = (managed(old), managed(new));
    bencher.bench_local(|| compare(old, new));
}

/// All that is new and lost, not only the first request.
#[divan::bench(args = 0..MANAGED.len(), sample_count = 10)]
fn managed_differences(bencher: Bencher<'_, '_>, at: usize) {
    let (old, new) = MANAGED[at];
    let (old, new) = (managed(old), managed(new));
    bencher.bench_local(|| difference(old, new));
}
