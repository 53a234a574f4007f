//! What conditions come to: `testdata/iam/conditions.toml`.

use iacscan::iam::catalogue;
use iacscan::iam::condition::Context;
use iacscan::value::Truth;

use crate::fixture::{allow, document, load, rows, value};

fn context(keys: &toml::Value) -> Context {
    let entry = |context: Context, (key, values): (&String, &toml::Value)| {
        context.with(key, values.as_array().unwrap().iter().map(|value| value.as_str().unwrap()))
    };
    keys.as_table().unwrap().iter().fold(Context::default(), entry)
}

fn table(entries: [(&str, toml::Value); 1]) -> toml::Value {
    toml::Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

#[test]
fn without_the_key() {
    let all = load("conditions.toml");
    let absent = all["absent"].as_table().unwrap();
    assert!(absent.len() > 40);
    for (operator, expected) in absent {
        let condition = table([(operator, table([("aws:PrincipalTag/x", toml::Value::String("1".into()))]))]);
        let document = document(vec![allow(&condition)]);
        let test = &document.statements[0].tests[0];
        assert_eq!(test.holds_when_absent(), expected.as_bool(), "{operator}");
        assert_eq!(test.holds(&Context::default(), true), Truth::from(expected.as_bool().unwrap()), "{operator}");
    }
    for (value, expected) in [("true", Some(true)), ("false", Some(false)), ("maybe", None)] {
        let condition = table([("Null", table([("aws:PrincipalTag/x", toml::Value::String(value.into()))]))]);
        assert_eq!(document(vec![allow(&condition)]).statements[0].tests[0].holds_when_absent(), expected, "{value}");
    }
}

#[test]
fn tests_hold_for_requests() {
    let all = load("conditions.toml");
    let mut count = 0;
    for row in rows(&all, "test") {
        let document = document(vec![allow(&row["test"])]);
        let statement = &document.statements[0];
        for (name, expected) in [("holds", Truth::True), ("fails", Truth::False), ("undecided", Truth::Unknown)] {
            for request in row.get(name).and_then(toml::Value::as_array).into_iter().flatten() {
                assert_eq!(statement.condition_holds(&context(request)), expected, "{}: {request}", row["test"]);
                count += 1;
            }
        }
    }
    assert!(count > 60, "{count}");
}

#[test]
fn tests_that_say_less_than_they_seem_to() {
    let all = load("conditions.toml");
    for row in rows(&all, "normal") {
        let document = document(vec![allow(&row["test"])]);
        let found = format!("{:?}", document.statements[0].tests[0].normal()).to_lowercase();
        assert_eq!(found, row["is"].as_str().unwrap(), "{}", row["test"]);
    }
}

#[test]
fn conditions_that_no_request_fulfils() {
    let all = load("conditions.toml");
    for row in rows(&all, "never") {
        let document = document(vec![allow(&row["condition"])]);
        let action = row.get("action").map(|name| catalogue::action(name.as_str().unwrap()).unwrap());
        assert_eq!(Some(document.statements[0].never_matches(action)), row["never"].as_bool(), "{row}");
    }
}

#[test]
fn conditions_that_do_not_do_what_they_look_like() {
    let all = load("conditions.toml");
    for row in rows(&all, "trap") {
        let document = document(vec![value(&row["statement"])]);
        let statement = &document.statements[0];
        let found: Vec<String> = statement.traps().iter().map(|(trap, _)| format!("{trap:?}")).collect();
        let expected: Vec<&str> = row["traps"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(found, expected, "{row}");
        for (name, expected) in [("matched", Truth::True), ("not-matched", Truth::False)] {
            for request in row.get(name).and_then(toml::Value::as_array).into_iter().flatten() {
                assert_eq!(statement.condition_holds(&context(request)), expected, "{row}: {request}");
            }
        }
    }
}
