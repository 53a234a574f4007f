//! Conditions on who asks, in whichever policy they stand: the principal is known whose access is looked at.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::escalation::read;
use crate::variant::{Variant, models_of, state, with_statements};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// `user` where nothing is said, or `role`.
    #[serde(default)]
    of: Option<String>,
    #[serde(default)]
    accounts: Option<Vec<String>>,
    #[serde(default)]
    organizations: Vec<String>,
    /// A resource elsewhere in the configuration is of account 111122223333.
    #[serde(default)]
    named: bool,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    path: Option<String>,
    /// What the trust of the role allows, in JSON.
    #[serde(default)]
    trust: Option<String>,
    /// The condition, in JSON.
    when: String,
    /// `yes`, `no`, `unknown`.
    holds: String,
    /// The same in a `Deny`, where a guess may hide nothing.
    #[serde(default)]
    denies: Option<String>,
    /// The same in CloudFormation, where a stack may have tags of its own.
    #[serde(default)]
    cloudformation: Option<String>,
}

/// Where the condition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Own,
    Managed,
    Group,
    Boundary,
    Control,
}

impl Case {
    /// Something that opens a way, with the condition in an `Allow` or in a `Deny` beside it.
    fn variant(&self, place: Place, allows: bool) -> Variant {
        let is_role = self.of.as_deref() == Some("role");
        let (path, action) = match is_role {
            true => ("iam-put-role-policy", "iam:PutRolePolicy"),
            false => ("iam-attach-user-policy", "iam:AttachUserPolicy"),
        };
        let when: Value = serde_json::from_str(&self.when).unwrap();
        let allow = json!({ "Effect": "Allow", "Action": action, "Resource": "*" }).to_string();
        let every = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }).to_string();
        let told = match allows {
            // Within a narrow boundary no way leads out.
            true => {
                let actions = if place == Place::Boundary { "*" } else { action };
                json!({ "Effect": "Allow", "Action": actions, "Resource": "*", "Condition": when })
            }
            false => json!({ "Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": when }),
        };
        let told = told.to_string();
        let beside = |free: String| if allows { told.clone() } else { format!("{free},{told}") };
        let mut variant = with_statements(path, [&[], &[], &[]]);
        let own = if place == Place::Own { beside(allow.clone()) } else { allow.clone() };
        match (place, is_role) {
            (Place::Managed | Place::Group, _) if allows => {}
            (_, true) => variant.role = own,
            (_, false) => variant.user = own,
        }
        match place {
            Place::Own => {}
            Place::Managed => variant.managed = told,
            Place::Group => variant.group = told,
            Place::Boundary => variant.boundary = beside(every),
            Place::Control => variant.control = told,
        }
        variant.name = format!("{}, {place:?}, allows {allows}", self.name);
        variant.accounts = self.accounts.clone().unwrap_or_else(|| vec!["111122223333".to_owned()]);
        variant.organizations.clone_from(&self.organizations);
        variant.tags.clone_from(&self.tags);
        variant.path_of.clone_from(&self.path);
        variant.trust.clone_from(&self.trust);
        if self.named {
            let read = json!({ "Effect": "Allow", "Action": "sqs:GetQueueUrl",
                "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs" });
            variant.managed = [variant.managed, read.to_string()]
                .into_iter()
                .filter(|one| !one.is_empty())
                .collect::<Vec<_>>()
                .join(",");
        }
        variant
    }

    fn places(&self) -> impl Iterator<Item = (Place, bool)> {
        let is_role = self.of.as_deref() == Some("role");
        let all = [Place::Own, Place::Managed, Place::Group, Place::Boundary, Place::Control];
        let all = all.into_iter().flat_map(|place| [(place, true), (place, false)]);
        all.filter(move |(place, allows)| match place {
            Place::Managed | Place::Group => !is_role,
            Place::Control => !*allows,
            _ => true,
        })
    }
}

#[test]
fn conditions_on_who_asks_are_answered_for_the_principal() {
    let cases: Cases = read("requesters.toml");
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in &cases.case {
        for (place, allows) in case.places() {
            let variant = case.variant(place, allows);
            for (language, model) in models_of(&variant) {
                assert!(model.diagnostics.is_empty(), "{}: {language}: {:?}", variant.name, model.diagnostics);
                let holds = match (&case.cloudformation, language) {
                    (Some(holds), "cloudformation") => holds,
                    _ => case.denies.as_ref().filter(|_| !allows).unwrap_or(&case.holds),
                };
                let expected = match (holds.as_str(), allows) {
                    ("unknown", _) => "undecided",
                    ("yes", true) | ("no", false) => "open",
                    ("no", true) | ("yes", false) => "silent",
                    (other, _) => panic!("{other}"),
                };
                let (found, all) = state(&variant, &model);
                count += 1;
                if found != expected {
                    wrong.push(format!("{}: {language}: {found}, not {expected}: {}", variant.name, all.join(", ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn so_many_conditions_on_so_many_principals_are_undecided() {
    let document = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let trust = document(json!([
        { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "ec2.amazonaws.com" } }
    ]));
    let denial = |at: usize| {
        let spared: Vec<String> = (0..250).map(|n| format!("arn:aws:iam::*:role/spared-{at}-{n}")).collect();
        json!({ "Effect": "Deny", "Action": "iam:*", "Resource": "*",
            "Condition": { "ArnNotLike": { "aws:PrincipalArn": spared } } })
    };
    let policy = |actions: &str| document(json!([{ "Effect": "Allow", "Action": actions, "Resource": "*" }]));
    let mut resources = json!({
        "aws_organizations_policy": { "guard": { "name": "guard", "type": "SERVICE_CONTROL_POLICY",
            "content": document((0..100).map(denial).collect()) } },
        "aws_organizations_policy_attachment": { "guard": {
            "policy_id": "${aws_organizations_policy.guard.id}", "target_id": "r-abcd" } },
    });
    for at in 0..100 {
        let name = format!("r{at}");
        resources["aws_iam_role"][&name] = json!({ "name": name, "assume_role_policy": trust });
        resources["aws_iam_role_policy"][&name] =
            json!({ "name": "own", "role": name, "policy": policy("iam:PutRolePolicy") });
    }
    let text = json!({ "resource": resources }).to_string();
    let report = crate::lab::scanned("main.tf.json", &text);
    let told = report.findings.iter().filter(|one| &*one.rule.id == "iam-privilege-escalation").count();
    assert_eq!(told, 0, "denied to each, as far as it is looked at");
    let reasons: Vec<&str> = report
        .undecided
        .iter()
        .filter(|one| &*one.rule.id == "iam-privilege-escalation")
        .map(|one| one.reason.as_str())
        .collect();
    // 81 roles with 25,000 values each are looked at.
    assert_eq!(reasons.len(), 19, "{reasons:?}");
    assert!(
        reasons.iter().all(|reason| reason.starts_with("a limit of the scan was reached: who asks")),
        "{reasons:?}"
    );
}
