//! One finding for one cause: what a statement opens, and what else is said of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::lab::scanned;

/// Rule, severity and consequences of the findings on what a role may do.
fn findings(statement: &str, more: &str) -> Vec<(String, String, Vec<String>)> {
    let text = format!(
        r#"
resource "aws_iam_policy" "held" {{
  name   = "held"
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{statement}] }})
}}
resource "aws_iam_role" "app" {{
  name               = "app"
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ec2.amazonaws.com" }} }}] }})
}}
resource "aws_iam_role_policy_attachment" "held" {{
  role       = aws_iam_role.app.name
  policy_arn = aws_iam_policy.held.arn
}}
{more}
"#
    );
    let report = scanned("main.tf", &text);
    let one = |finding: &iacscan::report::Finding| {
        let consequences = finding.consequences.iter().map(|one| one.rule.to_string()).collect();
        (finding.rule.id.to_string(), format!("{:?}", finding.severity).to_lowercase(), consequences)
    };
    report.findings.iter().map(one).collect()
}

#[test]
fn a_statement_that_opens_ways_is_one_finding() {
    let cases = [
        (r#"{ Effect = "Allow", Action = "*", Resource = "*" }"#, "iam-admin-policy", "high"),
        (r#"{ Effect = "Allow", Action = "iam:*", Resource = "*" }"#, "iam-full-iam-access", "high"),
        (
            r#"{ Effect = "Allow", NotAction = ["iam:*", "sso:*", "organizations:*"], Resource = "*" }"#,
            "iam-notaction-allow",
            "high",
        ),
        (r#"{ Effect = "Allow", Action = "iam:PutRolePolicy", Resource = "*" }"#, "iam-privilege-escalation", "high"),
        (
            r#"{ Effect = "Allow", Action = ["iam:PassRole", "ec2:RunInstances"], Resource = "*" }"#,
            "iam-privilege-escalation",
            "high",
        ),
        (r#"{ Effect = "Allow", Action = "sts:AssumeRole", Resource = "*" }"#, "iam-privilege-escalation", "medium"),
        (
            r#"{ Effect = "Allow", Action = "lambda:UpdateFunction*", Resource = "*" }"#,
            "iam-privilege-escalation",
            "high",
        ),
    ];
    for (statement, rule, severity) in cases {
        let found = findings(statement, "");
        assert_eq!(found.len(), 1, "{statement}: {found:#?}");
        assert_eq!((found[0].0.as_str(), found[0].1.as_str()), (rule, severity), "{statement}: {found:#?}");
        assert!(!found[0].2.is_empty(), "{statement}");
        let told = rule == "iam-privilege-escalation" || found[0].2.iter().any(|one| one == "iam-privilege-escalation");
        assert!(told || rule == "iam-admin-policy", "{statement}: {found:#?}");
    }
}

#[test]
fn a_policy_of_aws_that_opens_ways_is_one_finding() {
    let more = r#"
resource "aws_iam_role_policy_attachment" "identities" {
  role       = aws_iam_role.app.name
  policy_arn = "arn:aws:iam::aws:policy/IAMFullAccess"
}"#;
    let found = findings(r#"{ Effect = "Allow", Action = "s3:ListAllMyBuckets", Resource = "*" }"#, more);
    let rules: Vec<&str> = found.iter().map(|(rule, ..)| rule.as_str()).collect();
    assert_eq!(rules, ["iam-privilege-escalation"], "{found:#?}");
    assert_eq!(found[0].2, ["managed-policy-too-wide"]);
}

#[test]
fn statements_of_their_own_are_findings_of_their_own() {
    let two = r#"{ Effect = "Allow", Action = "iam:PutRolePolicy", Resource = "*" }, { Effect = "Allow", Action = "kms:Decrypt", Resource = "*" }"#;
    let rules: Vec<String> = findings(two, "").into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(rules, ["iam-privilege-escalation", "kms-decrypt-all"]);
}

/// What a wildcard of `iam:PassRole` is worth depends on the services that it is for, and on their roles.
#[test]
fn passing_every_role_is_as_bad_as_what_it_leads_to() {
    let to = |operator: &str, service: &str| {
        format!(
            r#"{{ Effect = "Allow", Action = "iam:PassRole", Resource = "*", Condition = {{ {operator} = {{ "iam:PassedToService" = "{service}" }} }} }}"#
        )
    };
    let wide = r#"
resource "aws_iam_role_policy_attachment" "wide" {
  role       = aws_iam_role.app.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}"#;
    let cases = [
        (r#"{ Effect = "Allow", Action = "iam:PassRole", Resource = "*" }"#.to_owned(), "", Some("high")),
        (to("StringLike", "*"), "", Some("high")),
        (to("StringEqualsIfExists", "ec2.amazonaws.com"), "", Some("medium")),
        (to("StringEquals", "ec2.amazonaws.com"), wide, Some("medium")),
        (to("StringLike", "ec2.*"), wide, Some("medium")),
        (to("StringEquals", "lambda.amazonaws.com"), wide, Some("low")),
        (to("StringEquals", "ec2.amazonaws.com"), "", Some("low")),
        (r#"{ Effect = "Allow", Action = "iam:PassRole", Resource = "arn:aws:iam::123456789012:role/service-role/*" }"#.to_owned(), wide, Some("low")),
        (r#"{ Effect = "Allow", Action = "iam:PassRole", Resource = "arn:aws:iam::123456789012:role/app" }"#.to_owned(), "", None),
    ];
    for (statement, more, expected) in cases {
        // Whoever holds the administrator's policy already is not told of.
        let found = findings(&statement, more);
        let severity =
            found.iter().find(|(rule, ..)| rule == "iam-passrole-wildcard").map(|(_, severity, _)| severity.as_str());
        assert_eq!(severity, expected, "{statement}: {found:#?}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

/// A whole configuration with every finding in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    terraform: Option<String>,
    cloudformation: Option<String>,
    /// Each finding, `line severity rule`, with the rules that are told inside of it.
    found: BTreeMap<String, Vec<String>>,
    /// The rules that the case is about, where it is not about all.
    #[serde(default)]
    only: Vec<String>,
    /// Each rule that is undecided, with its reason.
    #[serde(default)]
    undecided: Vec<String>,
    /// What is said of a finding, `line rule`, as its message or as a step that explains it.
    #[serde(default)]
    says: BTreeMap<String, Vec<String>>,
}

#[test]
fn each_cause_in_an_estate_is_told_once_at_its_place() {
    let text = std::fs::read_to_string("testdata/iam/causes.toml").unwrap();
    let table: Table = toml::from_str(&text).unwrap();
    assert!(table.case.len() >= 60, "{} cases", table.case.len());
    let mut wrong = Vec::new();
    for case in &table.case {
        let texts = [("main.tf", &case.terraform), ("template.yaml", &case.cloudformation)];
        let (name, text) = texts.into_iter().find_map(|(name, text)| Some((name, text.as_ref()?))).unwrap();
        let report = scanned(name, text);
        assert!(report.diagnostics.is_empty(), "{}: {:?}", case.name, report.diagnostics);
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let is_meant = |rule: &str| case.only.is_empty() || case.only.iter().any(|only| only == rule);
        for finding in report.findings.iter().filter(|finding| is_meant(&finding.rule.id)) {
            let line = finding.place.start.line;
            let key = format!("{line} {} {}", finding.severity.name(), finding.rule.id);
            let inside = finding.consequences.iter().map(|one| one.rule.to_string());
            found.entry(key).or_default().extend(inside);
            let said = case.says.get(&format!("{line} {}", finding.rule.id)).into_iter().flatten();
            let related = || finding.related.iter().map(|one| one.message.as_str());
            for text in said.filter(|text| !related().chain([&*finding.message]).any(|one| one.contains(text.as_str())))
            {
                wrong.push(format!("{}: `{text}` is not said of\n  {finding:#?}", case.name));
            }
        }
        let is_told = |key: &String| found.keys().any(|found| found.split(' ').step_by(2).eq(key.split(' ')));
        wrong.extend(case.says.keys().filter(|key| !is_told(key)).map(|key| format!("{}: no {key}", case.name)));
        let open = report.undecided.iter().filter(|one| is_meant(&one.rule.id));
        let undecided: BTreeSet<String> = open.map(|one| format!("{}: {}", one.rule.id, one.reason)).collect();
        let expected: BTreeSet<String> = case.undecided.iter().cloned().collect();
        if found != case.found || undecided != expected {
            let expected = (&case.found, &expected);
            wrong.push(format!("{}\n  expected {expected:?}\n  found    {:?}", case.name, (&found, &undecided)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_a_group_opens_to_some_of_its_members_is_told_of_these() {
    let user = |name: &str, tag: &str| {
        format!("resource \"aws_iam_user\" \"{name}\" {{\n  name = \"{name}\"\n  tags = {{ team = \"{tag}\" }}\n}}\n")
    };
    let estate = [user("alice", "web"), user("bob", "ops"), user("boss", "web")].concat()
        + r#"
resource "aws_iam_user_policy_attachment" "boss" {
  user       = aws_iam_user.boss.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_group" "keys" { name = "keys" }
resource "aws_iam_group_membership" "keys" {
  name  = "keys"
  group = aws_iam_group.keys.name
  users = [aws_iam_user.alice.name, aws_iam_user.bob.name]
}
resource "aws_iam_group_policy" "keys" {
  group  = aws_iam_group.keys.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "iam:CreateAccessKey"
      Resource  = "*"
      Condition = { StringEquals = { "aws:ResourceTag/team" = "$${aws:PrincipalTag/team}" } }
    }]
  })
}
"#;
    let report = scanned("main.tf", &estate);
    let of_ways = |rule: &str| rule == "iam-privilege-escalation";
    let told: Vec<&str> =
        report.findings.iter().filter(|one| of_ways(&one.rule.id)).map(|one| one.message.as_str()).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("user `alice` can raise its permissions: `iam-create-access-key` on user `boss`"));
    assert!(!report.undecided.iter().any(|one| of_ways(&one.rule.id)), "{:?}", report.undecided);
}
