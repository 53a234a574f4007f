//! Odd texts in every place of a policy: whatever comes out, nothing panics, and what is asked twice is answered alike.

use iacscan::iam::catalogue;
use iacscan::iam::condition::Context;
use iacscan::iam::exposure::{Callers, Carrier, Known, PublicAccessBlock, subject_of};
use iacscan::iam::form::Purpose;
use iacscan::iam::glob::Glob;
use iacscan::source::Origin;
use iacscan::value::{Truth, Value};
use proptest::prelude::*;

use crate::fixture::{document, text};

const ODD: [&str; 40] = [
    "",
    "*",
    "?",
    ":",
    "::::::",
    "${",
    "${}",
    "${*}",
    "${,}",
    "${aws:username, '",
    "%{var}",
    "%{account}",
    "é",
    "*é?",
    "arn:",
    "arn:aws:iam::",
    "arn:aws:iam::%{var}:root",
    "arn:%{var}",
    "arn:aws:s3:::é/*",
    "s3:",
    "s3:*é",
    "é:Get",
    "*:*",
    "S3:getobject",
    "iam:Pass?ole",
    "o-",
    "o-abcdefghij/",
    "vpc-",
    "1e999",
    "-0",
    "9999-99-99",
    "0.0.0.0/0",
    "::/0",
    "1.2.3.4/33",
    "true",
    "TRUE",
    "repo:",
    "repo:/",
    "repo:é/*:",
    "arn:aws:iam::123456789012:oidc-provider/",
];
const OPERATORS: [&str; 12] = [
    "StringEquals",
    "StringNotLike",
    "ArnLike",
    "NumericLessThan",
    "DateGreaterThanEquals",
    "Bool",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "BinaryEquals",
    "ForAllValues:StringLikeIfExists",
    "For:Nothing",
];
const KEYS: [&str; 14] = [
    "",
    ":",
    "aws:",
    "aws:SourceIp",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalArn",
    "aws:SourceArn",
    "aws:userid",
    "aws:PrincipalTag/é",
    "aws:CurrentTime",
    "token.actions.githubusercontent.com:sub",
    "gitlab.com:sub",
    "cognito-identity.amazonaws.com:amr",
    "s3:prefix",
];
const ELEMENTS: [&str; 4] = ["Action", "NotAction", "Resource", "NotResource"];

/// What every request carries.
const EVERY_REQUEST: [(&str, &str); 10] = [
    ("aws:CurrentTime", "2026-11-23T00:00:00Z"),
    ("aws:EpochTime", "1795392000"),
    ("aws:PrincipalAccount", "111111111111"),
    ("aws:PrincipalType", "User"),
    ("aws:ResourceAccount", "111111111111"),
    ("aws:SecureTransport", "true"),
    ("aws:UserAgent", "cli"),
    ("aws:ViaAWSService", "false"),
    ("aws:userid", "AIDAJQABLZS4A3QDU576Q"),
    ("kms:CallerAccount", "111111111111"),
];

fn odd() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&ODD[..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_panics(
        effect in prop::sample::select(&["Allow", "Deny", "allow"][..]),
        elements in prop::collection::vec((prop::sample::select(&ELEMENTS[..]), prop::collection::vec(odd(), 0..3)), 0..3),
        principal in prop::sample::select(&["AWS", "Service", "Federated", "CanonicalUser", "Other"][..]),
        parties in prop::collection::vec(odd(), 0..3),
        tests in prop::collection::vec(
            (prop::sample::select(&OPERATORS[..]), prop::sample::select(&KEYS[..]), prop::collection::vec(odd(), 0..3)), 0..3),
    ) {
        let list = |texts: &[&str]| Value::list(texts.iter().map(|odd| text(odd)).collect(), Origin::NONE);
        let condition = tests.iter().map(|(operator, key, values)| {
            (*operator, Value::fields([(*key, list(values))], Origin::NONE))
        });
        let mut fields = vec![
            ("Effect", Value::string(effect, Origin::NONE)),
            ("Principal", Value::fields([(principal, list(&parties))], Origin::NONE)),
            ("Condition", Value::fields(condition, Origin::NONE)),
        ];
        fields.extend(elements.iter().map(|(name, texts)| (*name, list(texts))));
        let document = document(vec![Value::fields(fields, Origin::NONE)]);
        for purpose in [Purpose::Identity, Purpose::Trust, Purpose::Key, Purpose::ResourceControl] {
            prop_assert_eq!(document.faults(purpose, Origin::NONE), document.faults(purpose, Origin::NONE));
        }
        for carrier in [Carrier::Bucket, Carrier::Trust, Carrier::Key, Carrier::Endpoint, Carrier::Other] {
            let found = document.exposure(carrier, Known::default(), &PublicAccessBlock::default());
            prop_assert!(found.at_least <= found.at_most);
        }
        for statement in &document.statements {
            let reached = statement.actions_reached();
            prop_assert!(reached.certain.without(&reached.possible).is_empty());
            let pass = catalogue::action("iam:PassRole").unwrap();
            let resources = statement.resources_reached(pass);
            prop_assert!(resources.any != Truth::False || resources.whole != Truth::True);
            statement.resources_without_effect();
            statement.traps();
            for callers in [Callers::Anyone, Callers::Signed, Callers::Federated] {
                statement.bounds(callers);
            }
            // What comes to nothing for every request holds for none of these.
            let request = EVERY_REQUEST.into_iter().fold(Context::default(), |all, (key, value)| all.with(key, [value]));
            let request = request.with("aws:SourceIp", ["203.0.113.9"]).with("aws:username", ["bob"]);
            prop_assert!(!statement.never_matches(None) || statement.condition_holds(&request) != Truth::True);
        }
    }

    #[test]
    fn subjects_never_panic(issuer in odd(), host in prop::sample::select(&["", "gitlab.com", "app.terraform.io", "token.actions.githubusercontent.com"][..]), value in odd(), rest in odd()) {
        let glob = Glob::of_value(&text(&format!("{value}{rest}")), true).unwrap();
        subject_of(&format!("{host}{issuer}"), "sub", &glob);
        subject_of(&format!("{host}{issuer}"), "repository", &glob);
    }
}
