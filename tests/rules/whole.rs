//! Whole documents against the whole rule book: every finding with its severity, and what is told inside of it.

use std::collections::BTreeMap;

use iacscan::rules::{Overrides, built_in};
use iacscan::scan::{Options, Text, scan};
use serde::Deserialize;

/// Rules of other topics, which say of these policies how they are given.
const NOT_OF_GRANTS: [&str; 6] = [
    "iam-group-empty",
    "iam-inline-policy",
    "iam-user-direct-policy",
    "iam-user-no-group",
    "mfa-sensitive-actions",
    "iam-key-age-rule-missing",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// The statements of one policy, in JSON.
    #[serde(default)]
    statements: String,
    /// `policy` (given to nobody), `user`, `open-role`, `boundary`, `scp`, `rcp`, `endpoint`, `permission-set`, `sam`.
    #[serde(default)]
    of: String,
    /// Other resources of the template, which the statements may refer to: their names with their types.
    #[serde(default)]
    beside: BTreeMap<String, String>,
    /// The statements of the permissions boundary of the user or role.
    #[serde(default)]
    boundary: String,
    /// The statements of a service control policy over the whole organization.
    #[serde(default)]
    scp: String,
    /// The rules that cannot be decided, where the case says so.
    undecided: Option<Vec<String>>,
    /// An AWS managed policy that is attached instead.
    attached: Option<String>,
    /// The ids that are known to be the own account.
    #[serde(default)]
    accounts: Vec<String>,
    /// Each finding, `rule severity`, with the rules that are told inside of it.
    found: BTreeMap<String, Vec<String>>,
    /// The messages of rules, as a whole, also of what is told inside of others.
    #[serde(default)]
    says: BTreeMap<String, String>,
    /// The text that the findings of some rules point at.
    #[serde(default)]
    at: BTreeMap<String, String>,
}

/// The case as a template, whose JSON is that of the policy.
fn template(case: &Case) -> String {
    let statements: serde_json::Value = serde_json::from_str(&format!("[{}]", case.statements)).unwrap();
    let version = "2012-10-17";
    let document = serde_json::json!({ "Version": version, "Statement": statements });
    let trust = |principal: serde_json::Value| {
        serde_json::json!({ "Version": version, "Statement": [
            { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }] })
    };
    let arns: Vec<String> = case.attached.iter().map(|name| format!("arn:aws:iam::aws:policy/{name}")).collect();
    let inline = if case.attached.is_some() {
        serde_json::json!([])
    } else {
        serde_json::json!([{ "PolicyName": "p", "PolicyDocument": document }])
    };
    let holder = |kind: &str, principal: Option<serde_json::Value>| {
        let mut properties = serde_json::json!({ "Policies": inline, "ManagedPolicyArns": arns });
        if let Some(principal) = principal {
            properties["AssumeRolePolicyDocument"] = trust(principal);
        }
        serde_json::json!({ "P": { "Type": kind, "Properties": properties } })
    };
    let one = |kind: &str, properties: serde_json::Value| serde_json::json!({ "P": { "Type": kind, "Properties": properties } });
    let resources = match case.of.as_str() {
        "" | "policy" => one("AWS::IAM::ManagedPolicy", serde_json::json!({ "PolicyDocument": document })),
        "user" => holder("AWS::IAM::User", None),
        "group" => holder("AWS::IAM::Group", None),
        "open-role" => holder("AWS::IAM::Role", Some(serde_json::json!({ "AWS": "*" }))),
        "role" => holder("AWS::IAM::Role", Some(serde_json::json!({ "Service": "ec2.amazonaws.com" }))),
        "trust" => one("AWS::IAM::Role", serde_json::json!({ "AssumeRolePolicyDocument": document })),
        "boundary" => serde_json::json!({
            "P": { "Type": "AWS::IAM::ManagedPolicy", "Properties": { "PolicyDocument": document } },
            "R": { "Type": "AWS::IAM::Role", "Properties": { "PermissionsBoundary": { "Ref": "P" },
                "AssumeRolePolicyDocument": trust(serde_json::json!({ "Service": "ec2.amazonaws.com" })) } } }),
        "scp" | "rcp" => {
            let kind = if case.of == "scp" { "SERVICE_CONTROL_POLICY" } else { "RESOURCE_CONTROL_POLICY" };
            one("AWS::Organizations::Policy", serde_json::json!({ "Name": "p", "Type": kind, "Content": document }))
        }
        "endpoint" => one(
            "AWS::EC2::VPCEndpoint",
            serde_json::json!({ "VpcId": "vpc-0123456789abcdef0", "ServiceName": "com.amazonaws.eu-west-1.s3",
                "PolicyDocument": document }),
        ),
        "permission-set" => one(
            "AWS::SSO::PermissionSet",
            serde_json::json!({ "Name": "p", "InstanceArn": "arn:aws:sso:::instance/ssoins-1234567890abcdef",
                "InlinePolicy": document }),
        ),
        "sam" => one(
            "AWS::Serverless::Function",
            serde_json::json!({ "Runtime": "python3.13", "Handler": "a.b", "CodeUri": "src", "Policies": [document] }),
        ),
        other => {
            assert!(other.is_empty(), "no such holder: {other}");
            serde_json::Value::Null
        }
    };
    let mut resources = resources;
    for (name, kind) in &case.beside {
        resources[name] = serde_json::json!({ "Type": kind, "Properties": {} });
    }
    let of = |statements: &str| -> serde_json::Value {
        let statements: serde_json::Value = serde_json::from_str(&format!("[{statements}]")).unwrap();
        serde_json::json!({ "Version": version, "Statement": statements })
    };
    if case.boundary == "elsewhere" {
        resources["P"]["Properties"]["PermissionsBoundary"] = "arn:aws:iam::111122223333:policy/limit".into();
    } else if !case.boundary.is_empty() {
        resources["P"]["Properties"]["PermissionsBoundary"] = serde_json::json!({ "Ref": "Limit" });
        resources["Limit"] = serde_json::json!({ "Type": "AWS::IAM::ManagedPolicy",
            "Properties": { "PolicyDocument": of(&case.boundary) } });
    }
    if !case.scp.is_empty() {
        resources["Control"] = serde_json::json!({ "Type": "AWS::Organizations::Policy", "Properties": {
            "Name": "c", "Type": "SERVICE_CONTROL_POLICY", "Content": of(&case.scp), "TargetIds": ["r-abcd"] } });
    }
    let transform = serde_json::json!("AWS::Serverless-2016-10-31");
    let mut whole = serde_json::json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": resources });
    if case.of == "sam" {
        whole["Transform"] = transform;
    }
    whole.to_string()
}

#[test]
fn one_cause_is_one_finding() {
    check("testdata/rules/grants.toml", 60);
}

#[test]
fn a_trust_is_told_by_whom_it_lets_in() {
    check("testdata/rules/trust.toml", 100);
    check("testdata/rules/federation.toml", 90);
}

#[track_caller]
fn check(path: &str, at_least: usize) {
    let table: Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(table.case.len() > at_least, "{} cases", table.case.len());
    let rules = built_in(&Overrides::new()).unwrap();
    let rules: Vec<_> = rules.into_iter().filter(|rule| !NOT_OF_GRANTS.contains(&&*rule.info.id)).collect();
    let mut wrong = Vec::new();
    for case in &table.case {
        let text = template(case);
        let texts = vec![Text { name: "a.json".to_owned(), bytes: text.clone().into_bytes() }];
        let own_accounts = case.accounts.clone();
        let options = Options { rules: rules.clone(), texts, own_accounts, threads: Some(1), ..Options::default() };
        let report = scan(&options);
        assert!(report.diagnostics.is_empty(), "{}: {:?}", case.name, report.diagnostics);
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for finding in &report.findings {
            let inside = finding.consequences.iter().map(|consequence| consequence.rule.to_string()).collect();
            let told_before = found.insert(format!("{} {}", finding.rule.id, finding.severity.name()), inside);
            assert!(told_before.is_none() || case.of != "trust", "{}: two of {}", case.name, finding.rule.id);
            let span = finding.place.origin.span;
            let place = &text[span.start as usize..span.end as usize];
            if let Some(wanted) = case.at.get(&*finding.rule.id).filter(|wanted| **wanted != place) {
                wrong.push(format!("{}\n  expected {} at {wanted}\n  found    at {place}", case.name, finding.rule.id));
            }
        }
        let open: std::collections::BTreeSet<&str> = report.undecided.iter().map(|open| &*open.rule.id).collect();
        if case.undecided.as_ref().is_some_and(|expected| !open.iter().copied().eq(expected.iter().map(String::as_str)))
        {
            wrong.push(format!("{}\n  undecided {open:?}", case.name));
        }
        for (rule, expected) in &case.says {
            let own = report.findings.iter().map(|finding| (&finding.rule.id, &finding.message));
            let inside = report.findings.iter().flat_map(|finding| &finding.consequences);
            let inside = inside.map(|consequence| (&consequence.rule, &consequence.message));
            let told: Vec<&String> =
                own.chain(inside).filter(|(id, _)| id.as_ref() == rule).map(|(_, told)| told).collect();
            if told != [expected] {
                wrong.push(format!("{}\n  {rule} says {told:?}", case.name));
            }
        }
        if found != case.found {
            wrong.push(format!("{}\n  expected {:?}\n  found    {found:?}", case.name, case.found));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
