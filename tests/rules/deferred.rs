//! A plan of Terraform's own making with policy documents that are read at apply: the rules say of it what they say of the
//! configuration, as far as the plan holds it, and of the rest that it is undecided.

use std::collections::BTreeSet;
use std::path::PathBuf;

use iacscan::report::Report;
use iacscan::rules::{Overrides, built_in};
use iacscan::scan::{Options, Text, scan};

const FOLDER: &str = "testdata/plan/deferred";

fn report(path: &str) -> Report {
    let rules = built_in(&Overrides::new()).unwrap();
    let report = scan(&Options { rules, paths: vec![PathBuf::from(path)], threads: Some(1), ..Options::default() });
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    report
}

/// `severity rule resource`, with the text that is pointed at.
fn told(report: &Report) -> BTreeSet<(String, String)> {
    let of_trust = report.findings.iter().filter(|finding| finding.rule.id.starts_with("trust-"));
    let one = |finding: &iacscan::report::Finding| {
        let origin = finding.place.origin;
        let text = report.sources.get(origin.file).slice(origin.span).to_owned();
        (format!("{} {} {}", finding.severity.name(), finding.rule.id, finding.resource), text)
    };
    of_trust.map(one).collect()
}

const FOUND: [(&str, &str); 3] = [
    ("critical trust-oidc-no-sub aws_iam_role.open", "\"data.aws_iam_policy_document.open\""),
    ("high trust-oidc-github-wide module.trust.aws_iam_role.this", "\"repo:acme*\""),
    ("medium trust-external-account aws_iam_role.partner", "\"arn:aws:iam::210987654321:root\""),
];

#[test]
fn what_the_plan_holds_of_a_document_is_judged() {
    let report = report(&format!("{FOLDER}/plan.json"));
    let found = told(&report);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, FOUND.map(|(name, _)| name));
    for ((name, text), (_, wanted)) in found.iter().zip(FOUND).skip(1) {
        assert_eq!(text, wanted, "{name}");
    }
}

#[test]
fn what_the_plan_does_not_hold_is_undecided_for_every_rule() {
    let report = report(&format!("{FOLDER}/plan.json"));
    let of = |resource: &str| -> Vec<_> { report.undecided.iter().filter(|open| open.resource == resource).collect() };
    let written = of("aws_iam_role.written");
    // All rules but the one that is about administrators alone, of which the role is none.
    let rules = built_in(&Overrides::new()).unwrap();
    let open: BTreeSet<&str> = written.iter().map(|open| &*open.rule.id).collect();
    for rule in rules.iter().filter(|rule| rule.info.target == "trust" && *rule.info.id != *"mfa-trust-humans") {
        assert!(open.contains(&*rule.info.id), "{} is silent", rule.info.id);
    }
    for open in &written {
        assert_eq!(open.reason, "`aws_iam_role.written.assume_role_policy` is known only after the deployment");
        let origin = open.place.origin;
        assert_eq!(report.sources.get(origin.file).slice(origin.span), "\"aws_iam_role.written\"");
    }
    // A subject that is given is one text, and of which form it is is not known.
    let given: Vec<&str> = of("aws_iam_role.given").iter().map(|open| &*open.rule.id).collect();
    assert_eq!(given, ["trust-oidc-subject-form"]);
    assert!(of("aws_iam_role.open").is_empty() && of("aws_iam_role.branch").is_empty());
}

#[test]
fn beside_its_configuration_findings_point_there() {
    let report = report(FOLDER);
    let found = told(&report);
    let mut names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    names.retain(|name| !name.ends_with("aws_iam_role.written"));
    assert_eq!(names, FOUND.map(|(name, _)| name));
    assert!(found.iter().any(|(name, _)| name == "critical trust-oidc-no-sub aws_iam_role.written"));
    for finding in &report.findings {
        let path = report.sources.get(finding.place.origin.file).path().to_owned();
        assert!(path.ends_with(".tf"), "{}: {path}", finding.rule.id);
    }
}

/// Through a local value, of which a plan tells nothing, the document may be a boundary as well as a trust.
#[test]
fn a_document_whose_use_cannot_be_followed_is_not_judged() {
    let text = std::fs::read_to_string(format!("{FOLDER}/plan.json")).unwrap();
    let mut plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    for block in plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap() {
        if block["address"] == "aws_iam_role.open" {
            block["expressions"]["assume_role_policy"] = serde_json::json!({ "references": ["local.trusts"] });
        }
    }
    let texts = vec![Text { name: "plan.json".to_owned(), bytes: plan.to_string().into_bytes() }];
    let rules = built_in(&Overrides::new()).unwrap();
    let report = scan(&Options { rules, texts, threads: Some(1), ..Options::default() });
    assert!(report.findings.iter().all(|finding| !finding.resource.contains(".open")));
    assert!(report.undecided.iter().any(|open| open.resource == "aws_iam_role.open"));
}
