//! What limits of the search for ways to an administrator cut off: told just below, undecided just above, and never as nothing.

use iacscan::iam::Identity;
use iacscan::model::Kinds;
use iacscan::value::{Truth, Why};
use serde_json::{Value, json};

use crate::access::model_of;

const ACCOUNT: &str = "111122223333";

fn document(statements: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn allow(actions: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

fn trust(principal: &Value) -> String {
    document(&json!([{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal }]))
}

/// An estate with a user `eve`, who holds these statements.
fn estate(eve: &Value) -> Value {
    json!({
        "aws_iam_user": { "eve": { "name": "eve" } },
        "aws_iam_user_policy": { "eve": { "name": "p", "user": "eve", "policy": document(eve) } },
        "aws_iam_role": {}, "aws_iam_role_policy": {}, "aws_iam_group": {}, "aws_iam_group_policy": {},
    })
}

fn add_role(estate: &mut Value, name: &str, trusts: &Value, statement: &Value) {
    estate["aws_iam_role"][name] = json!({ "name": name, "assume_role_policy": trust(trusts) });
    estate["aws_iam_role_policy"][name] = json!({ "name": "p", "role": name, "policy": document(&json!([statement])) });
}

/// Whether `eve` is an administrator, and whether that is for a limit.
fn answer(estate: &Value) -> (Truth, bool) {
    let model = model_of("main.tf.json", &json!({ "resource": estate }).to_string());
    let own = [ACCOUNT.to_owned()];
    let identity = Identity::new(&model.units[0], Kinds::built_in(), &model.sources, &own);
    let access = identity.access();
    let found = access.administrator(access.named("eve")[0]);
    (found.answer, found.unknown.is_some_and(|unknown| unknown.why == Why::Limit))
}

/// That what is found with some of something is undecided for the limit with more.
fn check(some: usize, more: usize, estate: impl Fn(usize) -> Value) {
    assert_eq!(answer(&estate(some)), (Truth::True, false), "{some}");
    assert_eq!(answer(&estate(more)), (Truth::Unknown, true), "{more}");
}

fn reads() -> Value {
    allow("s3:GetObject", "arn:aws:s3:::data/*")
}

fn account() -> Value {
    json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") })
}

#[test]
fn roles_that_one_may_assume() {
    check(1_000, 1_100, |count| {
        let mut all = estate(&json!([allow("sts:AssumeRole", &format!("arn:aws:iam::{ACCOUNT}:role/app-*"))]));
        for at in 0..count {
            let last = at + 1 == count;
            let statement = if last { allow("*", "*") } else { reads() };
            add_role(&mut all, &format!("app-{at:04}"), &account(), &statement);
        }
        all
    });
}

#[test]
fn users_that_a_pattern_may_mean() {
    check(3_900, 4_100, |count| {
        let mut all = estate(&json!([allow("iam:CreateAccessKey", &format!("arn:aws:iam::{ACCOUNT}:user/app-*"))]));
        for at in 0..count {
            let name = format!("app-{at:04}");
            all["aws_iam_user"][&name] = json!({ "name": name });
        }
        all["aws_iam_user_policy"]["admin"] =
            json!({ "name": "p", "user": "app-0007", "policy": document(&json!([allow("*", "*")])) });
        all
    });
}

#[test]
fn roles_that_are_reached_before_one_is_rewritten() {
    check(100, 140, |count| {
        let mut all = estate(&json!([allow("sts:AssumeRole", &format!("arn:aws:iam::{ACCOUNT}:role/app-*"))]));
        for at in 0..count {
            let last = at + 1 == count;
            let first = format!("arn:aws:iam::{ACCOUNT}:role/app-0000");
            let statement = if last { allow("iam:PutRolePolicy", &first) } else { reads() };
            add_role(&mut all, &format!("app-{at:04}"), &account(), &statement);
        }
        all
    });
}

#[test]
fn groups_that_one_may_join_within_a_boundary() {
    let estate = |count: usize| {
        let mut all = estate(&json!([allow("iam:AddUserToGroup", "*")]));
        let boundary = document(&json!([allow("iam:*", "*")]));
        all["aws_iam_policy"] = json!({ "b": { "name": "b", "policy": boundary } });
        all["aws_iam_user"]["eve"]["permissions_boundary"] = json!("${aws_iam_policy.b.arn}");
        all["aws_iam_user"]["root"] = json!({ "name": "root" });
        all["aws_iam_user_policy"]["root"] =
            json!({ "name": "p", "user": "root", "policy": document(&json!([allow("*", "*")])) });
        for at in 0..count {
            let name = format!("g{at:03}");
            let last = at + 1 == count;
            let statement = if last { allow("iam:CreateAccessKey", "*") } else { reads() };
            all["aws_iam_group"][&name] = json!({ "name": name });
            all["aws_iam_group_policy"][&name] =
                json!({ "name": "p", "group": name, "policy": document(&json!([statement])) });
        }
        all
    };
    check(10, 300, estate);
}

#[test]
fn principals_that_trusts_name() {
    check(100, 5_100, |count| {
        let mut all = estate(&json!([reads()]));
        let named: Vec<String> = (0..20).map(|at| format!("arn:aws:iam::{ACCOUNT}:user/u{at:02}")).collect();
        for at in 0..20 {
            let name = format!("u{at:02}");
            all["aws_iam_user"][&name] = json!({ "name": name });
        }
        for at in 0..count {
            let last = at + 1 == count;
            let eve = json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:user/eve") });
            let (trusts, statement) = if last { (eve, allow("*", "*")) } else { (json!({ "AWS": named }), reads()) };
            add_role(&mut all, &format!("r{at:04}"), &trusts, &statement);
        }
        all
    });
}

/// `eve` with a statement that asks for her tags, after so many users with policies that ask for theirs: those of who comes
/// before her are filled in first.
fn after_others(count: usize, statement: &Value) -> Value {
    let mut all = estate(&json!([statement]));
    all["aws_iam_user"] = json!({});
    let statements: Vec<Value> = (0..400)
        .map(|at| allow("s3:GetObject", &format!("arn:aws:s3:::data/{at}/${{aws:PrincipalTag/own}}")))
        .collect();
    let policy = document(&json!(statements)).replace("${", "$${");
    for at in 0..count {
        let name = format!("app-{at:03}");
        all["aws_iam_user"][&name] = json!({ "name": name, "tags": { "own": name } });
        all["aws_iam_user_policy"][&name] = json!({ "name": "p", "user": name, "policy": policy });
    }
    all["aws_iam_user"]["eve"] = json!({ "name": "eve", "tags": { "own": "eve" } });
    let eve = all["aws_iam_user_policy"]["eve"]["policy"].as_str().unwrap().replace("${", "$${");
    all["aws_iam_user_policy"]["eve"]["policy"] = json!(eve);
    all
}

#[test]
fn policies_that_are_filled_in_for_each_principal() {
    let own = json!({ "StringEquals": { "aws:username": "${aws:PrincipalTag/own}" } });
    let asks = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": own });
    check(110, 140, |count| after_others(count, &asks));
    let names = allow("iam:PutUserPolicy", "arn:aws:iam::111122223333:user/${aws:PrincipalTag/own}");
    check(110, 140, |count| after_others(count, &names));
}
