//! What a newcomer sees: the demo estate, and the same estate in two languages.

#![allow(clippy::unwrap_used, reason = "a test fails where these do")]

use std::collections::BTreeSet;

use serde_json::Value;

fn findings(path: &str) -> (i32, Vec<Value>) {
    let mut command = assert_cmd::Command::cargo_bin("iacscan").unwrap();
    let output = command.args(["--format", "json", path]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["diagnostics"], serde_json::json!([]));
    (output.status.code().unwrap(), report["findings"].as_array().unwrap().clone())
}

fn text<'v>(finding: &'v Value, field: &str) -> &'v str {
    finding[field].as_str().unwrap()
}

/// The five headline kinds in each language, each at the text that a person must edit.
#[test]
fn the_demo_shows_every_headline_in_every_language() {
    let (status, found) = findings("testdata/demo");
    assert_eq!(status, 1);
    let expected = [
        ("iam-user-no-group", "terraform/deployers.tf", "resource \"aws_iam_user\" \"deployer\""),
        ("managed-policy-too-wide", "terraform/main.tf", "\"arn:aws:iam::aws:policy/AdministratorAccess\""),
        ("iam-inline-policy", "terraform/deployers.tf", "resource \"aws_iam_user_policy\" \"deployer\""),
        ("iam-access-key-resource", "terraform/deployers.tf", "resource \"aws_iam_access_key\" \"deployer\""),
        ("trust-external-account", "terraform/modules/partner/main.tf", "\"arn:aws:iam::${var.account_id}:root\""),
        ("iam-user-no-group", "cloudformation/identity.yaml", "Reporter"),
        (
            "managed-policy-too-wide",
            "cloudformation/identity.yaml",
            "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess",
        ),
        ("iam-inline-policy", "cloudformation/identity.yaml", "PolicyName: reports"),
        ("iam-access-key-resource", "cloudformation/identity.yaml", "ReporterKey"),
        ("trust-external-account", "cloudformation/identity.yaml", "arn:aws:iam::${PartnerAccount}:root"),
        ("managed-policy-too-wide", "sam/template.yaml", "arn:aws:iam::aws:policy/AdministratorAccess"),
        ("iam-user-no-group", "plan/plan.json", "\"aws_iam_user.mailer\""),
        ("managed-policy-too-wide", "plan/plan.json", "\"arn:aws:iam::aws:policy/AdministratorAccess\""),
        ("iam-inline-policy", "plan/plan.json", "\"aws_iam_user_policy.mailer\""),
        ("iam-access-key-resource", "plan/plan.json", "\"aws_iam_access_key.mailer\""),
        ("trust-external-account", "plan/plan.json", "arn:aws:iam::510987654321:root"),
    ];
    for (rule, file, element) in expected {
        let path = format!("testdata/demo/{file}");
        let source = std::fs::read_to_string(&path).unwrap();
        let here = found.iter().filter(|finding| text(finding, "rule") == rule && text(finding, "file") == path);
        let pointed: Vec<String> = here.map(|finding| pointed_at(finding, &source)).collect();
        assert!(pointed.iter().any(|text| text.contains(element)), "{rule} in {path}: {pointed:?}");
    }
    assert!(found.iter().all(|finding| !text(finding, "resource").contains("retired")), "a deleted user was judged");
}

/// The rest of the line that a finding points to, from its column on.
fn pointed_at(finding: &Value, source: &str) -> String {
    let number = |field: &str| usize::try_from(finding[field].as_u64().unwrap()).unwrap();
    let line = source.lines().nth(number("line") - 1).unwrap();
    let from = line.chars().skip(number("column") - 1);
    let length = if number("line") == number("end_line") { number("end_column") - number("column") } else { 1000 };
    from.take(length).collect()
}

/// A verdict does not depend on the language, nor on what wrote the template.
#[test]
fn the_same_estate_gets_the_same_findings() {
    let by_name = |path: &str| -> BTreeSet<(String, String, String)> {
        let (_, found) = findings(path);
        let own = |finding: &Value| {
            // The CDK makes logical ids of its own; the construct has the name that a person gave.
            let address = match finding["construct"]["path"].as_str() {
                Some(path) => path.split('/').nth(1).unwrap().to_lowercase(),
                None => text(finding, "resource").to_lowercase(),
            };
            // SAM makes the role of a function of the function's name.
            let name = address.rsplit('.').next().unwrap().replace("key", "").replace("role", "");
            (text(finding, "rule").to_owned(), text(finding, "severity").to_owned(), name)
        };
        found.iter().map(own).collect()
    };
    let terraform = by_name("testdata/equivalence/main.tf");
    assert!(terraform.len() >= 12, "{terraform:?}");
    for other in ["template.yaml", "template.json", "sam.yaml", "cdk"] {
        assert_eq!(terraform, by_name(&format!("testdata/equivalence/{other}")), "{other}");
    }
}
