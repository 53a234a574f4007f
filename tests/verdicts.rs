//! No guess is reported as a fact, and nothing undecided is silently called safe: configurations that depend on something
//! unknown, and what must be said of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where these do")]

use iacscan::rules::{Overrides, built_in};
use iacscan::scan::{Options, Text, scan};

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Found,
    Undecided,
    Silent,
}

use Verdict::{Found, Silent, Undecided};

fn verdict(name: &str, text: &str, rule: &str) -> Verdict {
    let rules = built_in(&Overrides::new()).unwrap();
    let rule = rules.into_iter().find(|one| *one.info.id == *rule).unwrap();
    let texts = vec![Text { name: name.to_owned(), bytes: text.as_bytes().to_vec() }];
    let report = scan(&Options { rules: vec![rule], texts, threads: Some(1), ..Options::default() });
    match (report.findings.is_empty(), report.undecided.is_empty()) {
        (false, _) => Found,
        (true, false) => Undecided,
        (true, true) => Silent,
    }
}

#[track_caller]
fn terraform(body: &str, rule: &str, expected: &Verdict) {
    let variables = "variable \"c\" {}\nvariable \"n\" {}\nvariable \"app\" {}\nvariable \"more\" {}\n";
    let text = format!("{variables}{body}");
    assert_eq!(verdict("main.tf", &text, rule), *expected, "{rule}\n{body}");
}

const EVERYTHING: &str = "{ Effect = \"Allow\", Action = \"*\", Resource = \"*\" }";

fn policy(document: &str) -> String {
    format!("resource \"aws_iam_policy\" \"p\" {{\n  name = \"p\"\n  policy = {document}\n}}\n")
}

fn statement(statement: &str) -> String {
    policy(&format!("jsonencode({{ Statement = [{statement}] }})"))
}

fn trust(statement: &str) -> String {
    let document = format!("jsonencode({{ Statement = [{statement}] }})");
    format!("resource \"aws_iam_role\" \"r\" {{\n  name = \"r\"\n  assume_role_policy = {document}\n}}\n")
}

fn attachment(arn: &str) -> String {
    format!("resource \"aws_iam_role_policy_attachment\" \"a\" {{\n  role = \"r\"\n  policy_arn = {arn}\n}}\n")
}

fn allow(principal: &str, condition: &str) -> String {
    trust(&format!(
        "{{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {{ AWS = {principal} }}, Condition = {condition} }}"
    ))
}

#[test]
fn what_a_condition_chooses_is_undecided() {
    let narrow = "{ Effect = \"Allow\", Action = \"s3:GetObject\", Resource = \"arn:aws:s3:::b/*\" }";
    let rule = "iam-admin-policy";
    let either =
        format!("var.c ? jsonencode({{ Statement = [{EVERYTHING}] }}) : jsonencode({{ Statement = [{narrow}] }})");
    terraform(&policy(&either), rule, &Undecided);
    terraform(&statement(&format!("var.c ? {EVERYTHING} : {narrow}")), rule, &Undecided);
    let effect = "{ Effect = var.c ? \"Allow\" : \"Deny\", Action = \"*\", Resource = \"*\" }";
    terraform(&statement(effect), rule, &Undecided);
    terraform(&statement(EVERYTHING), rule, &Found);
    let arn = "var.c ? \"arn:aws:iam::aws:policy/AdministratorAccess\" : \"arn:aws:iam::aws:policy/ReadOnlyAccess\"";
    terraform(&attachment(arn), "managed-policy-too-wide", &Undecided);
    terraform(&allow("var.c ? \"*\" : \"123456789012\"", "{}"), "trust-public", &Undecided);
}

#[test]
fn what_is_unknown_is_never_known_not_to_be_it() {
    terraform(&attachment("var.n"), "managed-policy-too-wide", &Undecided);
    terraform(&attachment("\"arn:aws:iam::aws:policy/${var.n}\""), "managed-policy-too-wide", &Undecided);
    terraform(&attachment("\"arn:aws:iam::123456789012:policy/${var.n}\""), "managed-policy-too-wide", &Silent);
    let first = "{ Effect = \"Allow\", Action = \"s3:GetObject\", Resource = \"arn:aws:s3:::b/*\" }";
    terraform(
        &policy(&format!("jsonencode({{ Statement = concat([{first}], var.more) }})")),
        "iam-admin-policy",
        &Undecided,
    );
    let actions = "{ Effect = \"Allow\", Action = [\"s3:GetObject\", var.n], Resource = \"*\" }";
    terraform(&statement(actions), "iam-action-wildcard", &Undecided);
    let resource = "{ Effect = \"Allow\", Action = \"*\", Resource = \"${var.n}*\" }";
    terraform(&statement(resource), "iam-admin-policy", &Undecided);
    let bucket = "{ Effect = \"Allow\", Action = \"*\", Resource = \"arn:aws:s3:::${var.n}*\" }";
    terraform(&statement(bucket), "iam-admin-policy", &Silent);
    let templated = "{ Effect = \"Allow\", Action = [\"s3:Get${var.n}\", \"${var.n}:GetObject\"], Resource = \"*\" }";
    terraform(&statement(templated), "iam-admin-policy", &Silent);
    terraform(&statement(templated), "iam-passrole-wildcard", &Silent);
    let guarded = "{ Effect = \"Allow\", Action = \"iam:PassRole\", Resource = \"*\", \
                   Condition = { StringLike = { \"iam:PassedToService\" = var.n } } }";
    terraform(&statement(guarded), "iam-passrole-wildcard", &Undecided);
    let length = "resource \"aws_iam_account_password_policy\" \"p\" {\n  minimum_password_length = \"${var.n}4\"\n}\n";
    terraform(length, "password-policy-length", &Undecided);
}

#[test]
fn names_are_told_apart() {
    let user = |label: &str, name: &str| format!("resource \"aws_iam_user\" \"{label}\" {{\n  name = {name}\n}}\n");
    let group = "resource \"aws_iam_group\" \"g\" {\n  name = \"g\"\n}\n";
    let membership = |users: &str| {
        format!(
            "resource \"aws_iam_group_membership\" \"m\" {{\n  name = \"m\"\n  group = \"g\"\n  users = {users}\n}}\n"
        )
    };
    let rule = "iam-user-no-group";
    let two = [user("ci", "\"${var.app}-ci\""), user("web", "\"${var.app}-web\"")].concat();
    // The membership of `var.app` is that of neither of them; nor can it be excluded for ever.
    terraform(&[&two, group, &membership("[\"${var.app}-ci\", \"${var.app}-web\"]")].concat(), rule, &Silent);
    terraform(&[&two, group, &membership("[\"${var.app}-ci\"]")].concat(), rule, &Found);
    // Somebody else's id ties a user to its group where both are given it.
    let pet = "resource \"random_pet\" \"n\" {}\n";
    let named = [pet, &user("u", "random_pet.n.id"), group, &membership("[random_pet.n.id]")].concat();
    terraform(&named, rule, &Silent);
    // The user may well be the one that is meant.
    terraform(&[&user("u", "var.n"), group, &membership("[\"ana\"]")].concat(), rule, &Undecided);
    terraform(&[&user("u", "\"bo\""), group, &membership("[\"ana\"]")].concat(), rule, &Found);
}

#[test]
fn a_condition_of_a_trust_must_bound() {
    let any = |condition: &str, expected: &Verdict| terraform(&allow("\"*\"", condition), "trust-public", expected);
    any("{}", &Found);
    any("{ StringEquals = { \"aws:PrincipalOrgID\" = \"o-abc1234567\" } }", &Silent);
    any("{ StringLike = { \"aws:PrincipalOrgID\" = \"o-*\" } }", &Found);
    any("{ ArnLike = { \"aws:PrincipalArn\" = \"arn:aws:iam::*:role/*\" } }", &Found);
    any("{ ArnLike = { \"aws:PrincipalArn\" = \"arn:aws:iam::123456789012:role/*\" } }", &Silent);
    any("{ StringEquals = { \"aws:PrincipalType\" = [\"User\", \"AssumedRole\"] } }", &Found);
    any("{ StringLike = { \"aws:PrincipalAccount\" = \"????????????\" } }", &Found);
    any("{ StringEqualsIfExists = { \"aws:PrincipalOrgID\" = \"o-abc1234567\" } }", &Found);
    any("{ StringEquals = { \"aws:PrincipalAccount\" = var.n } }", &Undecided);
    let other = |condition: &str, expected: &Verdict| {
        terraform(&allow("\"210987654321\"", condition), "trust-external-account", expected);
    };
    other("{}", &Found);
    other("{ StringEquals = { \"sts:ExternalId\" = \"acme-7f3a\" } }", &Silent);
    other("{ StringLike = { \"sts:ExternalId\" = \"*\" } }", &Found);
    other("{ StringLike = { \"sts:RoleSessionName\" = \"a*\" } }", &Found);
    other("{ StringLike = { \"sts:ExternalId\" = \"${var.n}*\" } }", &Undecided);
    other("{ Bool = { \"aws:MultiFactorAuthPresent\" = \"true\" } }", &Silent);
    other("{ BoolIfExists = { \"aws:MultiFactorAuthPresent\" = \"true\" } }", &Found);
}

#[test]
fn the_provider_may_say_which_account_is_the_own_one() {
    let rule = "trust-external-account";
    let provider = |ids: &str| format!("provider \"aws\" {{\n  allowed_account_ids = {ids}\n}}\n");
    let with = |provider: &str, principal: &str| [provider, &allow(principal, "{}")].concat();
    let (own, other) = ("\"arn:aws:iam::123456789012:root\"", "\"210987654321\"");
    terraform(&with(&provider("[\"123456789012\"]"), own), rule, &Silent);
    terraform(&with(&provider("[\"123456789012\"]"), other), rule, &Found);
    terraform(&with(&provider("[\"123456789012\", \"210987654321\"]"), own), rule, &Found);
    terraform(&with("", own), rule, &Found);
    let queue = |id: &str| {
        let resource = format!("arn:aws:sqs:eu-west-1:{id}:q");
        let statement = format!("{{ Effect = \"Allow\", Action = \"sqs:SendMessage\", Resource = \"{resource}\" }}");
        let policy = format!("jsonencode({{ Version = \"2012-10-17\", Statement = [{statement}] }})");
        format!("resource \"aws_iam_policy\" \"q{id}\" {{\n  name = \"q\"\n  policy = {policy}\n}}\n")
    };
    terraform(&with(&queue("123456789012"), own), rule, &Silent);
    terraform(&with(&queue("123456789012"), other), rule, &Found);
    terraform(&with(&[queue("123456789012"), queue("210987654321")].concat(), own), rule, &Found);
}

#[test]
fn a_denial_counts() {
    let allowed = "{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { AWS = \"*\" } }";
    let denied = "{ Effect = \"Deny\", Action = \"sts:AssumeRole\", Principal = { AWS = \"*\" }, \
                  Condition = { StringNotEquals = { \"aws:PrincipalOrgID\" = \"o-abc1234567\" } } }";
    terraform(&trust(&format!("{allowed}, {denied}")), "trust-public", &Silent);
    let blanket = "{ Effect = \"Deny\", Action = \"*\", Resource = \"*\" }";
    terraform(&statement(&format!("{EVERYTHING}, {blanket}")), "iam-admin-policy", &Silent);
}

#[test]
fn what_may_not_exist_is_not_there() {
    let user = "resource \"aws_iam_user\" \"u\" {\n  name = \"u\"\n}\n\
                resource \"aws_iam_user_login_profile\" \"u\" {\n  user = \"u\"\n}\n";
    let policy =
        |count: &str| format!("resource \"aws_iam_account_password_policy\" \"p\" {{\n  count = {count}\n}}\n");
    let rule = "password-policy-missing";
    terraform(user, rule, &Found);
    terraform(&[user, &policy("1")].concat(), rule, &Silent);
    terraform(&[user, &policy("var.c ? 1 : 0")].concat(), rule, &Undecided);
}

/// The worst instance of a module is the one that is told.
#[test]
fn the_worst_instance_counts() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("m");
    std::fs::create_dir(&module).unwrap();
    let inner = "variable \"arn\" {}\nresource \"aws_iam_user_policy_attachment\" \"a\" {\n  user = \"u\"\n  policy_arn = var.arn\n}\n";
    std::fs::write(module.join("main.tf"), inner).unwrap();
    let call = |name: &str, policy: &str| {
        format!("module \"{name}\" {{\n  source = \"./m\"\n  arn = \"arn:aws:iam::aws:policy/{policy}\"\n}}\n")
    };
    let root = call("reader", "ReadOnlyAccess") + &call("writer", "AdministratorAccess");
    std::fs::write(folder.path().join("main.tf"), root).unwrap();
    let rules = built_in(&Overrides::new()).unwrap();
    let rules = rules.into_iter().filter(|rule| &*rule.info.id == "iam-user-direct-policy").collect();
    let report = scan(&Options { rules, paths: vec![folder.path().to_owned()], ..Options::default() });
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!(finding.severity, iacscan::rules::Severity::Medium);
    assert!(finding.message.contains("AdministratorAccess"), "{}", finding.message);
    assert_eq!(finding.instances, ["module.reader.aws_iam_user_policy_attachment.a"]);
}

/// What holds for each instance of a module is told once.
#[test]
fn the_same_reason_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("m");
    std::fs::create_dir(&module).unwrap();
    let admin = "variable \"name\" {}\nresource \"aws_iam_user\" \"u\" {\n  name = var.name\n}\nresource \"aws_iam_user_policy_attachment\" \"a\" {\n  user = aws_iam_user.u.name\n  policy_arn = \"arn:aws:iam::aws:policy/AdministratorAccess\"\n}\n";
    std::fs::write(module.join("main.tf"), admin).unwrap();
    let root =
        "module \"m\" {\n  source = \"./m\"\n  for_each = toset([\"a\", \"b\", \"c\", \"d\"])\n  name = each.key\n}\n";
    std::fs::write(folder.path().join("main.tf"), root).unwrap();
    let rules = built_in(&Overrides::new()).unwrap();
    let rules = rules.into_iter().filter(|rule| &*rule.info.id == "iam-admin-sprawl").collect();
    let report = scan(&Options { rules, paths: vec![folder.path().to_owned()], ..Options::default() });
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    let told: Vec<&str> = finding.related.iter().map(|related| &*related.message).collect();
    assert_eq!(told, ["an administrator policy is attached", "through `module.m[\"a\"]`"]);
}

/// One account has one user of a name: the same name in two modules is that of two users, each with its own groups.
#[test]
fn each_module_means_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("m");
    std::fs::create_dir(&module).unwrap();
    let user = "resource \"aws_iam_user\" \"u\" {\n  name = \"ops\"\n}\n";
    let group = "resource \"aws_iam_group\" \"g\" {\n  name = \"ops\"\n}\n";
    let membership = "resource \"aws_iam_user_group_membership\" \"m\" {\n  count = var.member ? 1 : 0\n  user = \"ops\"\n  groups = [\"ops\"]\n}\n";
    std::fs::write(module.join("main.tf"), ["variable \"member\" {}\n", user, group, membership].concat()).unwrap();
    let call = |name: &str, member: bool| {
        format!(
            "module \"{name}\" {{\n  source = \"./m\"\n  member = {member}\n  providers = {{ aws = aws.{name} }}\n}}\n"
        )
    };
    std::fs::write(folder.path().join("main.tf"), call("tokyo", true) + &call("osaka", false)).unwrap();
    let rules = built_in(&Overrides::new()).unwrap();
    let rules = rules.into_iter().filter(|rule| &*rule.info.id == "iam-user-no-group").collect();
    let report = scan(&Options { rules, paths: vec![folder.path().to_owned()], ..Options::default() });
    let found: Vec<&str> = report.findings.iter().map(|finding| &*finding.resource).collect();
    assert_eq!(found, ["module.osaka.aws_iam_user.u"]);
}
