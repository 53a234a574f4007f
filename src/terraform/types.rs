//! Type constraints of variables: conversion, `optional()` attributes and their defaults.

use std::sync::Arc;

use super::expression::{Evaluated, fail};
use super::functions::{set_of, to_bool, to_number};
use super::scope::{Evaluator, Frame};
use super::unify::elements;
use crate::syntax::hcl::{Expression, ExpressionKind};
use crate::value::{Data, Entry, List, Map, Value, plain_rest};

/// How deep a type constraint may nest.
const MAX_DEPTH: usize = 32;

/// Converts a value to a type constraint, as Terraform does for the value of a variable.
pub(super) fn convert(
    value: Value,
    constraint: &Expression,
    frame: &Frame<'_>,
    evaluator: &Evaluator<'_>,
) -> Evaluated {
    convert_at(value, constraint, frame, evaluator, 0)
}

fn convert_at(
    value: Value,
    constraint: &Expression,
    frame: &Frame<'_>,
    evaluator: &Evaluator<'_>,
    depth: usize,
) -> Evaluated {
    if value.is_null() && is_sequence(constraint) {
        return Ok(value.as_collection());
    }
    if value.is_null() || value.as_unknown().is_some() || depth > MAX_DEPTH {
        return Ok(value);
    }
    match &constraint.kind {
        ExpressionKind::Variable(name) => named(value, name),
        ExpressionKind::String(name) => named(value, name),
        ExpressionKind::Parenthesis(inner) => convert_at(value, inner, frame, evaluator, depth + 1),
        ExpressionKind::Call { name, arguments, .. } => match (&**name, arguments.first()) {
            ("list" | "set", Some(element)) => {
                let Some(list) = value.as_list() else {
                    return fail(format!("a {name} is required"), value.origin);
                };
                let convert = |item: &Value| convert_at(item.clone(), element, frame, evaluator, depth + 1);
                let items = list.items.iter().map(convert).collect::<Result<Vec<_>, _>>()?;
                collection_of(items, list, &**name == "set", &value)
            }
            ("map", Some(element)) => {
                let Some(map) = value.as_map() else { return fail("a map is required", value.origin) };
                let convert = |entry: &Entry| convert_at(entry.value.clone(), element, frame, evaluator, depth + 1);
                let values = map.entries().iter().map(convert).collect::<Result<Vec<_>, _>>()?;
                map_of(values, map, &value)
            }
            ("object", Some(fields)) => object(value, fields, frame, evaluator, depth),
            ("tuple", Some(Expression { kind: ExpressionKind::Tuple(types), .. })) => {
                let Some(list) = value.as_list() else { return fail("a tuple is required", value.origin) };
                if list.rest.is_none() && list.items.len() != types.len() {
                    return fail(format!("a tuple of {} elements is required", types.len()), value.origin);
                }
                let convert = |(item, element): (&Value, &Expression)| {
                    convert_at(item.clone(), element, frame, evaluator, depth + 1)
                };
                let items = list.items.iter().zip(types).map(convert).collect::<Result<_, _>>()?;
                let list = List { items, rest: plain_rest(&list.rest), is_set: false };
                Ok(Value::new(Data::List(Arc::new(list)), value.origin).marked(value.sensitive))
            }
            _ => Ok(value),
        },
        _ => Ok(value),
    }
}

/// Whether a null of this type is one that a splat refuses.
fn is_sequence(constraint: &Expression) -> bool {
    matches!(&constraint.kind, ExpressionKind::Call { name, .. } if matches!(&**name, "list" | "set" | "tuple"))
}

/// The elements as those of a list or set, brought to one type where the constraint left that open.
fn collection_of(items: Vec<Value>, from: &List, is_set: bool, value: &Value) -> Evaluated {
    let Some(items) = elements(items) else {
        return fail("the elements have no single type in common", value.origin);
    };
    let list = if is_set { set_of(items) } else { List { items, rest: None, is_set } };
    let list = List { rest: plain_rest(&from.rest), ..list };
    Ok(Value::new(Data::List(Arc::new(list)), value.origin).as_collection().marked(value.sensitive))
}

fn map_of(values: Vec<Value>, from: &Map, value: &Value) -> Evaluated {
    let Some(values) = elements(values) else {
        return fail("the elements have no single type in common", value.origin);
    };
    let entries = from.entries().iter().zip(values).map(|(entry, value)| Entry { value, ..entry.clone() });
    let mut map = Map::new(entries.collect());
    map.rest.clone_from(&from.rest);
    Ok(Value::new(Data::Map(Arc::new(map)), value.origin).as_collection().marked(value.sensitive))
}

/// A type that is one word: a primitive one, or a collection in its old short form.
fn named(value: Value, name: &str) -> Evaluated {
    match (name, &value.data) {
        ("list", Data::List(list)) => collection_of(list.items.clone(), list, false, &value),
        ("set", Data::List(list)) => collection_of(list.items.clone(), list, true, &value),
        ("map", Data::Map(map)) => map_of(map.entries().iter().map(|entry| entry.value.clone()).collect(), map, &value),
        ("list" | "set" | "map", _) => fail(format!("a {name} is required"), value.origin),
        _ => primitive(value, name),
    }
}

fn primitive(value: Value, name: &str) -> Evaluated {
    let origin = value.origin;
    let converted = match name {
        "string" => match &value.data {
            Data::String(_) | Data::Text(_) => return Ok(value),
            _ => value.scalar_text().map(|text| Value::string(text.as_ref(), origin)),
        },
        "number" => match &value.data {
            Data::Text(text) if text.known().is_none() => return Ok(value),
            _ => to_number(&value).map(|number| Value::new(Data::Number(number), origin)),
        },
        "bool" => match &value.data {
            Data::Text(text) if text.known().is_none() => return Ok(value),
            _ => to_bool(&value).map(|known| Value::bool(known, origin)),
        },
        _ => return Ok(value),
    };
    match converted {
        Some(converted) => Ok(converted.marked(value.sensitive)),
        None => fail(format!("a {name} is required"), origin),
    }
}

fn object(value: Value, fields: &Expression, frame: &Frame<'_>, evaluator: &Evaluator<'_>, depth: usize) -> Evaluated {
    let ExpressionKind::Object(fields) = &fields.kind else { return Ok(value) };
    let Some(map) = value.as_map() else { return fail("an object is required", value.origin) };
    let mut entries = Vec::with_capacity(fields.len());
    for (key, constraint) in fields {
        let Some((name, _)) = super::module::literal_key(key) else { continue };
        let (constraint, default) = optional(constraint);
        let given = map.entry(name);
        let value = match given {
            Some(entry) if !entry.value.is_null() => {
                convert_at(entry.value.clone(), constraint, frame, evaluator, depth + 1)?
            }
            _ => match (default, given, &map.rest) {
                (Some(Some(default)), ..) => {
                    let default = evaluator.evaluate(default, frame)?;
                    convert_at(default, constraint, frame, evaluator, depth + 1)?
                }
                (_, None, Some(rest)) => Value::unknown(crate::value::derived(rest), value.origin),
                (Some(None), ..) | (None, Some(_), _) => Value::null(value.origin),
                (None, None, None) => return fail(format!("attribute `{name}` is required"), value.origin),
            },
        };
        let key_origin = given.map_or(value.origin, |entry| entry.key_origin);
        entries.push(Entry { key: name.into(), key_origin, value });
    }
    Ok(Value::map(entries, value.origin).marked(value.sensitive))
}

/// The type inside of `optional(type, default)`; the default is none where the attribute is required.
fn optional(constraint: &Expression) -> (&Expression, Option<Option<&Expression>>) {
    match &constraint.kind {
        ExpressionKind::Call { name, arguments, .. } if &**name == "optional" => match arguments.as_slice() {
            [inner] => (inner, Some(None)),
            [inner, default] => (inner, Some(Some(default))),
            _ => (constraint, Some(None)),
        },
        _ => (constraint, None),
    }
}
