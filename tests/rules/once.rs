//! What several statements of one policy document open is one finding, at the worst of them; nothing of it is lost.

use iacscan::report::{Finding, Report};
use iacscan::rules::{Overrides, Severity, built_in};
use iacscan::scan::{Options, Text, scan};

const PUT: &str = r#"{ Effect = "Allow", Action = "iam:PutUserPolicy", Resource = "*" },"#;
const KEYS: &str = r#"{ Effect = "Allow", Action = "kms:PutKeyPolicy", Resource = "*" },"#;
const VERSION: &str = r#"{ Effect = "Allow", Action = "iam:CreatePolicyVersion", Resource = "*" },"#;

/// A user with inline policies, each of some statements.
fn user(policies: &[&[&str]]) -> Report {
    let policies = policies.iter().enumerate().map(|(at, statements)| {
        let statements = statements.join("\n");
        format!(
            "resource \"aws_iam_user_policy\" \"p{at}\" {{\n  user = aws_iam_user.ana.name\n  policy = jsonencode({{\n    \
             Version = \"2012-10-17\"\n    Statement = [\n{statements}\n    ]\n  }})\n}}\n"
        )
    });
    let text = format!("resource \"aws_iam_user\" \"ana\" {{\n  name = \"ana\"\n}}\n{}", policies.collect::<String>());
    of(&text)
}

fn of(text: &str) -> Report {
    scan(&Options {
        rules: built_in(&Overrides::new()).unwrap(),
        texts: vec![Text { name: "main.tf".to_owned(), bytes: text.as_bytes().to_vec() }],
        threads: Some(1),
        ..Options::default()
    })
}

fn told<'r>(report: &'r Report, rule: &str) -> Vec<&'r Finding> {
    report.findings.iter().filter(|finding| &*finding.rule.id == rule).collect()
}

fn line(finding: &Finding) -> u32 {
    finding.place.start.line
}

#[test]
fn statements_of_a_document_are_one_finding_at_the_worst() {
    for order in [[KEYS, PUT, VERSION], [PUT, VERSION, KEYS], [VERSION, KEYS, PUT]] {
        let report = user(&[&order]);
        let found = told(&report, "iam-privilege-escalation");
        let [one] = found[..] else { panic!("{}", found.len()) };
        assert_eq!(one.severity, Severity::Critical);
        // The first of the critical ones stands before the high one.
        let first = order.iter().position(|statement| *statement != KEYS).unwrap();
        assert_eq!(line(one), 9 + first as u32, "{order:?}");
        for (at, statement) in order.iter().enumerate() {
            let action = statement.split('"').nth(3).unwrap();
            assert!(one.message.contains(&format!("`{action}`")), "{}", one.message);
            let at = 9 + at as u32;
            let is_there = |message: &str, line| message.contains(action) && line == at;
            let mut related = one.related.iter().map(|related| (&related.message, related.place.start.line));
            assert!(is_there(&one.message, line(one)) || related.any(|(message, line)| is_there(message, line)));
        }
        let subsumed = one.consequences.iter().filter(|one| &*one.rule == "iam-permissions-management");
        assert_eq!(subsumed.count(), 3);
        assert!(told(&report, "iam-permissions-management").is_empty());
        let found = told(&report, "mfa-sensitive-actions");
        let [one] = found[..] else { panic!("{}", found.len()) };
        assert_eq!((one.message.matches("use `").count(), one.related.len() >= 2), (3, true), "{}", one.message);
    }
}

#[test]
fn each_document_has_a_finding_of_its_own() {
    let report = user(&[&[PUT, KEYS], &[VERSION]]);
    let found = told(&report, "iam-privilege-escalation");
    assert_eq!(found.iter().map(|one| line(one)).collect::<Vec<_>>(), [9, 19]);
    assert!(found[0].message.contains("kms-rewrite-key-policy") && !found[1].message.contains("kms-rewrite"));
}

#[test]
fn what_a_comment_accepts_stays_apart() {
    let accepted = "# iacscan:ignore iam-privilege-escalation -- she is the administrator";
    let report = user(&[&[accepted, PUT, KEYS, VERSION]]);
    let found = told(&report, "iam-privilege-escalation");
    let [mine, rest] = found[..] else { panic!("{}", found.len()) };
    assert!(mine.suppressed.is_some() && mine.message.contains("iam-put-user-policy"));
    assert!(!mine.message.contains("statement"), "{}", mine.message);
    assert!(rest.suppressed.is_none() && rest.message.contains("kms-rewrite-key-policy"), "{}", rest.message);
    assert!(!rest.message.contains("iam-put-user-policy"), "{}", rest.message);
    // The same of a statement that is not the worst.
    let report = user(&[&[PUT, accepted, KEYS, VERSION]]);
    let found = told(&report, "iam-privilege-escalation");
    let suppressed: Vec<bool> = found.iter().map(|one| one.suppressed.is_some()).collect();
    assert_eq!(suppressed, [false, true]);
    assert!(!found[0].message.contains("kms-rewrite-key-policy"), "{}", found[0].message);
}

#[test]
fn a_fingerprint_knows_all_of_it_and_not_its_order() {
    let of = |statements: &[&str]| {
        let report = user(&[statements]);
        told(&report, "iam-privilege-escalation")[0].fingerprint.clone()
    };
    assert_eq!(of(&[PUT, KEYS, VERSION]), of(&[VERSION, KEYS, PUT]));
    // A baseline that knows the one does not hide the other.
    assert_ne!(of(&[PUT]), of(&[PUT, KEYS]));
    assert_ne!(of(&[PUT, VERSION]), of(&[PUT, KEYS]));
}

#[test]
fn the_document_of_a_data_source_is_one_for_all_who_hold_it() {
    let report = of(r#"
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["iam:PutRolePolicy"]
    resources = ["*"]
  }
  statement {
    actions   = ["kms:PutKeyPolicy"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "p" {
  policy = data.aws_iam_policy_document.d.json
}
resource "aws_iam_role" "r" {
  for_each           = toset(["a", "b"])
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }
  ] })
}
resource "aws_iam_role_policy_attachment" "a" {
  for_each   = aws_iam_role.r
  role       = each.value.name
  policy_arn = aws_iam_policy.p.arn
}
"#);
    let found = told(&report, "iam-privilege-escalation");
    let [one] = found[..] else { panic!("{}", found.len()) };
    assert_eq!(
        (line(one), &*one.resource, &one.instances[..]),
        (3, r#"aws_iam_role.r["a"]"#, &[r#"aws_iam_role.r["b"]"#.to_owned()][..])
    );
    assert!(one.message.contains("iam-put-role-policy") && one.message.contains("kms-rewrite-key-policy"));
}
