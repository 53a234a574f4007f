//! What documents must and must not have: `testdata/iam/form.toml`.

use iacscan::iam::Document;
use iacscan::iam::form::Purpose;
use iacscan::source::{Origin, Sources};
use iacscan::value::{Unknown, Value, Why};

use crate::fixture::{load, rows};

#[test]
fn documents_have_what_their_purpose_asks_for() {
    let all = load("form.toml");
    let mut wrong = Vec::new();
    for row in rows(&all, "form") {
        let json = Value::string(row["document"].as_str().unwrap(), Origin::NONE);
        let document = Document::read(&json, &Sources::default());
        assert!(document.invalid.is_none(), "{row}");
        for (purpose, expected) in row["faults"].as_table().unwrap() {
            let purpose = match purpose.as_str() {
                "Identity" => Purpose::Identity,
                "Trust" => Purpose::Trust,
                "Resource" => Purpose::Resource,
                "ImpliedResource" => Purpose::ImpliedResource,
                "Key" => Purpose::Key,
                "Endpoint" => Purpose::Endpoint,
                "ServiceControl" => Purpose::ServiceControl,
                "ResourceControl" => Purpose::ResourceControl,
                other => panic!("{other}"),
            };
            let faults = document.faults(purpose, Origin::NONE);
            let found: Vec<String> = faults.iter().map(|(fault, _)| format!("{fault:?}")).collect();
            let expected: Vec<&str> = expected.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
            if found != expected {
                wrong.push(format!("{purpose:?}: {found:?}: {row}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_known_is_no_fault() {
    let unknown = Value::unknown(Unknown::new(Why::NoValue, "var.policy", Origin::NONE), Origin::NONE);
    let document = Document::read(&unknown, &Sources::default());
    assert!(document.faults(Purpose::Identity, Origin::NONE).is_empty());
    let fields = [("Effect", unknown.clone()), ("Action", unknown.clone()), ("Resource", unknown)];
    let statement = Value::fields(fields, Origin::NONE);
    let version = Value::string("2012-10-17", Origin::NONE);
    let document = Document::of_value(&Value::fields([("Version", version), ("Statement", statement)], Origin::NONE));
    assert!(document.faults(Purpose::Identity, Origin::NONE).is_empty());
}
