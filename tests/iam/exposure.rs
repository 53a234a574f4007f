//! How far policies open what they stand on: `testdata/iam/exposure.toml`.

use std::collections::{BTreeMap, BTreeSet};

use iacscan::iam::catalogue;
use iacscan::iam::exposure::{Carrier, Exposure, Known, PublicAccessBlock, carrier_of};
use iacscan::source::Origin;
use iacscan::value::{Truth, Value};

use crate::fixture::{document, load, rows, value};

fn carrier(name: &str) -> Carrier {
    match name {
        "trust" => Carrier::Trust,
        "key" => Carrier::Key,
        "bucket" => Carrier::Bucket,
        "secret" => Carrier::Secret,
        "file-system" => Carrier::FileSystem,
        "unsigned" => Carrier::Unsigned,
        "endpoint" => Carrier::Endpoint,
        "other" => Carrier::Other,
        other => panic!("{other}"),
    }
}

fn told(exposure: &Exposure) -> String {
    match exposure.level() {
        Some(level) => level.name().to_owned(),
        None => format!("{}..{}", exposure.at_least.name(), exposure.at_most.name()),
    }
}

fn exposure(row: &toml::Value, statements: Vec<Value>, on: &str, block: &PublicAccessBlock) -> Exposure {
    let (accounts, organizations) = (["111111111111".to_owned()], ["o-ownownown01".to_owned()]);
    let known = match row.get("unknown-own") {
        Some(_) => Known::default(),
        None => Known { accounts: &accounts, organizations: &organizations, ..Known::default() },
    };
    document(statements).exposure(carrier(on), known, block)
}

fn allow(row: &toml::Value, action: &str) -> Value {
    let string = |text: &str| Value::string(text, Origin::NONE);
    let (name, principal) = match row.get("principal") {
        Some(principal) => ("Principal", principal),
        None => ("NotPrincipal", &row["not-principal"]),
    };
    let fields = [("Effect", string("Allow")), (name, value(principal)), ("Action", string(action))];
    Value::fields(fields, Origin::NONE)
}

#[test]
fn principals_let_somebody_in() {
    let all = load("exposure.toml");
    let mut wrong = Vec::new();
    for row in rows(&all, "principal") {
        for (on, expected) in row["on"].as_table().unwrap() {
            let action = row.get("action").map_or("sts:AssumeRole", |action| action.as_str().unwrap());
            let found = told(&exposure(row, vec![allow(row, action)], on, &PublicAccessBlock::default()));
            if Some(found.as_str()) != expected.as_str() {
                wrong.push(format!("{on}: {found}: {row}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn policies_let_in_their_widest_party() {
    let all = load("exposure.toml");
    let mut wrong = Vec::new();
    for row in rows(&all, "policy") {
        let statements = row["statements"].as_array().unwrap().iter().map(value).collect();
        let on = row.get("on").map_or("other", |on| on.as_str().unwrap());
        let found = exposure(row, statements, on, &PublicAccessBlock::default());
        let is = |name: &str, found: bool| row.get(name).is_none_or(|expected| expected.as_bool() == Some(found));
        if Some(told(&found).as_str()) != row["is"].as_str()
            || !is("weak", found.weak)
            || !is("secret", found.guarded_by_secret)
        {
            wrong.push(format!("{} {} {}: {row}", told(&found), found.weak, found.guarded_by_secret));
        }
        // What is undecided says why.
        let says_why = found.level().is_some() || found.unknown.is_some() || row.get("unknown-own").is_some();
        if !says_why {
            wrong.push(format!("nobody says why: {row}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn blocks_keep_the_public_out() {
    let all = load("exposure.toml");
    let mut wrong = Vec::new();
    for row in rows(&all, "block") {
        let settings = row["block"].as_table().unwrap();
        let truth = |name: &str, default: Truth| match settings.get(name) {
            Some(toml::Value::Boolean(says)) => Truth::from(*says),
            Some(_) => Truth::Unknown,
            None => default,
        };
        let block = PublicAccessBlock {
            refuses: truth("refuses", Truth::False),
            restricts: truth("restricts", Truth::False),
            inside: truth("inside", Truth::False),
            unknown: None,
        };
        let statements: Vec<Value> = match row.get("statements") {
            Some(statements) => statements.as_array().unwrap().iter().map(value).collect(),
            None => vec![allow(row, "s3:GetObject")],
        };
        let on = row.get("on").map_or("bucket", |on| on.as_str().unwrap());
        let found = exposure(row, statements.clone(), on, &block);
        if Some(told(&found).as_str()) != row["is"].as_str() {
            wrong.push(format!("{}: {row}", told(&found)));
        }
        assert!(found.level().is_some() || found.unknown.is_some(), "{row}");
        if settings.contains_key("inside") {
            continue;
        }
        // Other resources know of no such block.
        let found = exposure(row, statements.clone(), "unsigned", &block);
        let without = exposure(row, statements, "unsigned", &PublicAccessBlock::default());
        assert_eq!(told(&found), told(&without), "{row}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_carrier_stands_on_something() {
    let all = load("exposure.toml");
    let lists = all["carriers"].as_table().unwrap();
    let mut expected: BTreeMap<&str, Carrier> = BTreeMap::new();
    for (on, types) in lists {
        expected.extend(types.as_array().unwrap().iter().map(|name| (name.as_str().unwrap(), carrier(on))));
    }
    let is_policy =
        |role: &str| role == "trust" || role.starts_with("endpoint-policy") || role.starts_with("resource-policy");
    let types: BTreeSet<&str> =
        catalogue::carriers().iter().filter(|row| is_policy(row.role)).map(|row| row.provider_type).collect();
    for provider_type in &types {
        let wanted = expected.remove(provider_type).unwrap_or(Carrier::Other);
        assert_eq!(carrier_of(provider_type), wanted, "{provider_type}");
    }
    assert!(expected.is_empty(), "no such carriers: {expected:?}");
    assert!(types.len() > 120, "{}", types.len());
}
