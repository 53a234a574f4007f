//! Whom conditions and denials leave: `testdata/iam/bounds.toml`.

use iacscan::iam::catalogue::Tie;
use iacscan::iam::condition::Context;
use iacscan::iam::exposure::{Callers, Remainder, Verdict, subject_of};
use iacscan::iam::glob::Glob;
use iacscan::source::Origin;
use iacscan::value::{Truth, Value};

use crate::fixture::{allow, document, load, rows, text, value};

fn tie(tie: Tie) -> &'static str {
    match tie {
        Tie::Organization => "org",
        Tie::Account => "account",
        Tie::Principal => "principal",
        Tie::Source => "source",
        Tie::Network => "net",
        Tie::Service => "service",
        Tie::None => "none",
    }
}

#[test]
fn tests_bound_who_may_call() {
    let all = load("bounds.toml");
    assert!(rows(&all, "bound").len() > 90);
    let mut wrong = Vec::new();
    for row in rows(&all, "bound") {
        let callers = match row.get("callers").map(|callers| callers.as_str().unwrap()) {
            None => Callers::Anyone,
            Some("signed") => Callers::Signed,
            Some("federated") => Callers::Federated,
            Some(other) => panic!("{other}"),
        };
        let document = document(vec![allow(&row["condition"])]);
        let of = |name: &str| row.get(name).map(|value| value.as_str().unwrap().to_lowercase());
        let (key, operator) = (of("key"), of("operator"));
        let bounds = document.statements[0].bounds(callers);
        let wanted = bounds.iter().find(|(test, _)| {
            key.as_ref().is_none_or(|key| test.key == *key)
                && operator.as_ref().is_none_or(|name| test.operator == *name)
        });
        let found = match &wanted.unwrap().1 {
            Verdict::Bounds(bound) if bound.weak => format!("{} weak", tie(bound.tie)),
            Verdict::Bounds(bound) => tie(bound.tie).to_owned(),
            Verdict::Nobody => "nobody".to_owned(),
            Verdict::Not(loose) => format!("not {loose:?}"),
            Verdict::Unknown => "unknown".to_owned(),
        };
        if found != row["is"].as_str().unwrap() {
            wrong.push(format!("{found}: {row}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn subjects_are_of_somebody() {
    let all = load("bounds.toml");
    let mut wrong = Vec::new();
    for row in rows(&all, "subject") {
        let issuer = row["issuer"].as_str().unwrap();
        for (claim, values) in row.as_table().unwrap().iter().filter(|(name, _)| *name != "issuer") {
            for (written, expected) in values.as_table().unwrap() {
                let found = subject_of(issuer, claim, &Glob::of_value(&text(written), true).unwrap());
                if found.map(|found| format!("{found:?}")).as_deref() != expected.as_str() {
                    wrong.push(format!("{issuer}:{claim} {written}: {found:?} and not {expected}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn denials_leave_somebody() {
    let all = load("bounds.toml");
    let mut wrong = Vec::new();
    for row in rows(&all, "denial") {
        let string = |name: &str, default: &str| {
            Value::string(row.get(name).map_or(default, |found| found.as_str().unwrap()), Origin::NONE)
        };
        let deny = Value::fields(
            [
                ("Effect", string("-", "Deny")),
                ("Principal", row.get("principal").map_or_else(|| string("-", "*"), value)),
                ("Action", string("action", "s3:GetObject")),
                ("Resource", string("resource", "arn:aws:s3:::bucket/*")),
                ("Condition", value(&row["deny"])),
            ],
            Origin::NONE,
        );
        let document = document(vec![allow(&toml::Value::Table(toml::Table::new())), deny]);
        let found = match document.remainder(&document.statements[0], Callers::Anyone).as_slice() {
            [] => "everybody".to_owned(),
            [Remainder::Nobody] => "nobody".to_owned(),
            [Remainder::Unknown] => "unknown".to_owned(),
            [Remainder::Bound(bounds)] => {
                let mut ties: Vec<&str> = bounds.iter().map(|bound| tie(bound.tie)).collect();
                ties.sort_unstable();
                ties.join(", ")
            }
            other => format!("{other:?}"),
        };
        if found != row["leaves"].as_str().unwrap() {
            wrong.push(format!("{found}: {row}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Requests of callers whom no author of these policies knows.
fn outsiders() -> Vec<Context> {
    let nobody = Context::default()
        .with("aws:PrincipalAccount", ["anonymous"])
        .with("aws:userid", ["anonymous"])
        .with("aws:SourceIp", ["192.0.2.99"])
        .with("kms:CallerAccount", ["999999999999"])
        .with("aws:SecureTransport", ["true"])
        .with("aws:UserAgent", ["ours"])
        .with("aws:Referer", ["https://example.com/x"])
        .with("aws:ViaAWSService", ["true"])
        .with("aws:CurrentTime", ["2026-06-01T00:00:00Z"])
        .with("aws:RequestedRegion", ["eu-west-1"]);
    let other = nobody
        .clone()
        .with("aws:PrincipalAccount", ["999999999999"])
        .with("aws:PrincipalArn", ["arn:aws:iam::999999999999:role/ci"])
        .with("aws:PrincipalOrgID", ["o-zzzzzzzzzz"])
        .with("aws:PrincipalOrgPaths", ["o-zzzzzzzzzz/r-ab12/ou-ab12-x/"])
        .with("aws:userid", ["AIDAZZZZZZZZZZZZZZZZZ"])
        .with("aws:SourceAccount", ["999999999999"])
        .with("aws:SourceArn", ["arn:aws:s3:::bucket-of-others"])
        .with("aws:SourceOrgID", ["o-zzzzzzzzzz"])
        .with("aws:SourceVpc", ["vpc-99999999"])
        .with("aws:SourceVpce", ["vpce-99999999"])
        .with("aws:SourceVpcArn", ["arn:aws:ec2:eu-west-1:999999999999:vpc/vpc-99999999"])
        .with("token.actions.githubusercontent.com:sub", ["repo:others/app:ref:refs/heads/main"])
        .with("cognito-identity.amazonaws.com:aud", ["eu-west-1:99999999-1234-1234-1234-123456789012"]);
    vec![nobody, other]
}

/// The verdicts against the evaluator: what bounds lets none of the outsiders in.
#[test]
fn what_bounds_keeps_outsiders_out() {
    let all = load("bounds.toml");
    let mut checked = 0;
    for row in rows(&all, "bound") {
        let bounds = ["not", "unknown"].iter().all(|start| !row["is"].as_str().unwrap().starts_with(start));
        let document = document(vec![allow(&row["condition"])]);
        // Where the key is there for certain, a request without it is none.
        if !bounds || row.get("callers").is_some_and(|callers| callers.as_str() == Some("signed")) {
            continue;
        }
        for outsider in outsiders() {
            let holds = document.statements[0].condition_holds(&outsider);
            assert!(holds != Truth::True, "{row}: {outsider:?}");
        }
        checked += 1;
    }
    assert!(checked > 45, "{checked}");
}

/// And so do the denials.
#[test]
fn denials_that_leave_few_deny_outsiders() {
    let all = load("bounds.toml");
    let mut checked = 0;
    for row in
        rows(&all, "denial").iter().filter(|row| !["everybody", "unknown"].contains(&row["leaves"].as_str().unwrap()))
    {
        let document = document(vec![allow(&row["deny"])]);
        for outsider in outsiders() {
            // Denials that spare services spare this one, which comes by way of a service.
            let outsider = outsider.with("aws:PrincipalIsAWSService", ["false"]).with("aws:ViaAWSService", ["false"]);
            assert_eq!(document.statements[0].condition_holds(&outsider), Truth::True, "{row}: {outsider:?}");
        }
        checked += 1;
    }
    assert!(checked > 9, "{checked}");
}
