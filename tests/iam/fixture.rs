//! Policies from TOML, with holes.

use std::sync::Arc;

use iacscan::iam::Document;
use iacscan::source::Origin;
use iacscan::value::{Fact, Piece, Reference, Unknown, Value, Why};

/// A hole: `%{account}`, `%{organization}`, `%{resource}`, `%{var}`.
fn hole(name: &str) -> Arc<Unknown> {
    let why = match name {
        "account" => Why::Environment(Fact::Account),
        "organization" => Why::Environment(Fact::Organization),
        "resource" => Why::AfterApply,
        "var" => Why::NoValue,
        other => panic!("no such hole: {other}"),
    };
    let mut unknown = Unknown::new(why, name, Origin::NONE);
    if name == "resource" {
        let (address, provider_type) = ("aws_thing.a".into(), "aws_thing".into());
        unknown.refers = Some(Reference { address, provider_type, attribute: "arn".into() });
    }
    Arc::new(unknown)
}

pub(crate) fn text(text: &str) -> Value {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, (name, after))) = rest.split_once("%{").map(|(b, a)| (b, a.split_once('}').unwrap())) {
        pieces.push(Piece::Known(before.into(), Origin::NONE));
        pieces.push(Piece::Hole(hole(name), Origin::NONE));
        rest = after;
    }
    if pieces.is_empty() {
        return Value::string(text, Origin::NONE);
    }
    pieces.push(Piece::Known(rest.into(), Origin::NONE));
    pieces.retain(|piece| !matches!(piece, Piece::Known(text, _) if text.is_empty()));
    match pieces.as_slice() {
        [Piece::Hole(unknown, _)] => Value::unknown(unknown.clone(), Origin::NONE),
        _ => Value::of_pieces(pieces, Origin::NONE),
    }
}

pub(crate) fn value(toml: &toml::Value) -> Value {
    match toml {
        toml::Value::String(string) => text(string),
        toml::Value::Integer(number) => Value::integer(*number, Origin::NONE),
        toml::Value::Boolean(bool) => Value::bool(*bool, Origin::NONE),
        toml::Value::Array(items) => Value::list(items.iter().map(value).collect(), Origin::NONE),
        toml::Value::Table(table) => {
            Value::fields(table.iter().map(|(key, inner)| (key.clone(), value(inner))), Origin::NONE)
        }
        other => panic!("{other}"),
    }
}

/// A document of version 2012-10-17 with these statements.
pub(crate) fn document(statements: Vec<Value>) -> Document {
    let statements = Value::list(statements, Origin::NONE);
    let fields = [("Version", Value::string("2012-10-17", Origin::NONE)), ("Statement", statements)];
    Document::of_value(&Value::fields(fields, Origin::NONE))
}

/// A statement that allows everybody to read a bucket, under a condition.
pub(crate) fn allow(condition: &toml::Value) -> Value {
    let string = |text: &str| Value::string(text, Origin::NONE);
    let fields = [
        ("Effect", string("Allow")),
        ("Principal", string("*")),
        ("Action", string("s3:GetObject")),
        ("Resource", string("arn:aws:s3:::bucket/*")),
        ("Condition", value(condition)),
    ];
    Value::fields(fields, Origin::NONE)
}

pub(crate) fn load(name: &str) -> toml::Table {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/iam").join(name);
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

pub(crate) fn rows<'t>(table: &'t toml::Table, name: &str) -> &'t [toml::Value] {
    table.get(name).and_then(toml::Value::as_array).unwrap_or_else(|| panic!("no `{name}`"))
}
