//! Policy documents that the transform writes.

use crate::source::Origin;
use crate::value::Value;

/// The version that the transform writes where it writes one.
const VERSION: &str = "2012-10-17";

/// A string.
pub(super) fn text(text: &str, place: Origin) -> Value {
    Value::string(text, place)
}

/// A list of strings.
pub(super) fn texts(texts: &[&str], place: Origin) -> Value {
    Value::list(texts.iter().map(|one| text(one, place)).collect(), place)
}

/// A statement that allows actions on resources.
pub(super) fn allow(actions: &[&str], resource: Value, place: Origin) -> Value {
    let action = match actions {
        [one] => text(one, place),
        several => texts(several, place),
    };
    Value::fields([("Effect", text("Allow", place)), ("Action", action), ("Resource", resource)], place)
}

/// A document of statements.
pub(super) fn document(statements: Vec<Value>, place: Origin) -> Value {
    Value::fields([("Version", text(VERSION, place)), ("Statement", Value::list(statements, place))], place)
}

/// A document without a version: the service then takes the older one.
pub(super) fn unversioned(statements: Vec<Value>, place: Origin) -> Value {
    Value::fields([("Statement", Value::list(statements, place))], place)
}

/// The document of a queue or topic that takes messages of one source.
pub(super) fn receive(action: &str, principal: Value, resource: Value, source: Value, place: Origin) -> Value {
    let condition = Value::fields([("ArnEquals", Value::fields([("aws:SourceArn", source)], place))], place);
    let statement = [
        ("Effect", text("Allow", place)),
        ("Action", text(action, place)),
        ("Principal", principal),
        ("Resource", resource),
        ("Condition", condition),
    ];
    document(vec![Value::fields(statement, place)], place)
}

/// A principal that is a service.
pub(super) fn service(name: &str, place: Origin) -> Value {
    Value::fields([("Service", text(name, place))], place)
}

/// The trust policy of a role that a service assumes.
pub(super) fn trust_of(service: &str, place: Origin) -> Value {
    let statement = [
        ("Effect", text("Allow", place)),
        ("Action", texts(&["sts:AssumeRole"], place)),
        ("Principal", Value::fields([("Service", texts(&[service], place))], place)),
    ];
    document(vec![Value::fields(statement, place)], place)
}

/// An inline policy.
pub(super) fn named(name: &str, document: Value) -> Value {
    let origin = document.origin;
    Value::fields([("PolicyName", text(name, origin)), ("PolicyDocument", document)], origin)
}
