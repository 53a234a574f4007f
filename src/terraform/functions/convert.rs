//! Conversions between types, and the marks of sensitive values.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::argument::{Call, Outcome, Stop, kind_name, to_bool, to_number};
use crate::value::{Data, Entry, List, Value, encode_json, plain_rest};

/// A value that is not known as a whole is compared with no more others than this.
pub(super) const MAX_COMPARED: usize = 1000;

/// The first argument as it is: what the function adds is a promise about it, or nothing before the deployment.
pub(super) fn first(call: &Call<'_>) -> Outcome {
    call.any(0).cloned()
}

pub(super) fn removed(call: &Call<'_>) -> Outcome {
    let instead = if call.name == "list" { "tolist([...])" } else { "tomap({...})" };
    Err(call.fail(format!("`{}` was removed from the language; write `{instead}`", call.name)))
}

pub(super) fn sensitive(call: &Call<'_>) -> Outcome {
    Ok(call.any(0)?.clone().marked(true))
}

pub(super) fn nonsensitive(call: &Call<'_>) -> Outcome {
    let mut value = call.any(0)?.clone();
    value.sensitive = false;
    Ok(value)
}

pub(super) fn flip_sensitive(call: &Call<'_>) -> Outcome {
    let mut value = call.any(0)?.clone();
    value.sensitive = !value.sensitive;
    Ok(value)
}

pub(super) fn issensitive(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    match value.as_unknown() {
        Some(unknown) if !value.sensitive => Err(call.undecided(unknown)),
        _ => call.give_bool(value.sensitive),
    }
}

pub(super) fn tostring(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    match &value.data {
        Data::Bool(_) | Data::Number(_) => Ok(as_string(value)),
        Data::List(_) | Data::Map(_) => Err(cannot(call, "string")),
        _ => Ok(value.clone()),
    }
}

pub(super) fn tonumber(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    match &value.data {
        Data::Null | Data::Number(_) => Ok(value.clone()),
        Data::Unknown(unknown) => Err(call.undecided(unknown)),
        Data::Text(text) if text.known().is_none() => Err(call.undecided_by(value)),
        _ => match to_number(value) {
            Some(number) => Ok(keep_marks(Value::new(Data::Number(number), value.origin), value)),
            None => Err(cannot(call, "number")),
        },
    }
}

pub(super) fn tobool(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    match &value.data {
        Data::Null | Data::Bool(_) => Ok(value.clone()),
        Data::Unknown(unknown) => Err(call.undecided(unknown)),
        Data::Text(text) if text.known().is_none() => Err(call.undecided_by(value)),
        _ => match to_bool(value) {
            Some(result) => Ok(keep_marks(Value::bool(result, value.origin), value)),
            None => Err(cannot(call, "boolean")),
        },
    }
}

fn cannot(call: &Call<'_>, wanted: &str) -> Stop {
    let value = call.arguments.first().map_or("nothing", kind_name);
    call.fail_at(0, format!("cannot convert {value} to a {wanted}"))
}

pub(super) fn tolist(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    let Some(list) = value.as_list() else { return pass_on(call, value, "list") };
    let items = call.unify(0, list.items.clone())?;
    // Which elements of a set are the same is known only when all of them are.
    let open = if list.is_set && items.len() > 1 { items.iter().find_map(Value::first_unknown).cloned() } else { None };
    let list = List { items, rest: plain_rest(&list.rest).or(open), is_set: false };
    Ok(keep_marks(Value::new(Data::List(Arc::new(list)), value.origin).as_collection(), value))
}

pub(super) fn toset(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    let Some(list) = value.as_list() else { return pass_on(call, value, "set") };
    let list = List { rest: plain_rest(&list.rest), ..set_of(call.unify(0, list.items.clone())?) };
    Ok(keep_marks(Value::new(Data::List(Arc::new(list)), value.origin).as_collection(), value))
}

pub(super) fn tomap(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    let Some(map) = value.as_map() else { return pass_on(call, value, "map") };
    let values = map.entries().iter().map(|entry| entry.value.clone()).collect();
    let values = call.unify(0, values)?;
    let entries = map.entries().iter().zip(values).map(|(entry, value)| Entry { value, ..entry.clone() });
    let result = call.give_entries(entries.collect(), map.rest.clone())?;
    Ok(keep_marks(result.at(value.origin).as_collection(), value))
}

/// Null stays null and what is unknown stays so, though nothing is said about its type.
fn pass_on(call: &Call<'_>, value: &Value, wanted: &str) -> Outcome {
    match &value.data {
        Data::Null if wanted != "map" => Ok(value.clone().as_collection()),
        Data::Null | Data::Unknown(_) => Ok(value.clone()),
        _ => Err(cannot(call, wanted)),
    }
}

fn keep_marks(result: Value, from: &Value) -> Value {
    result.marked(from.sensitive)
}

/// A number or boolean as the string that Terraform makes of it; anything else stays as it is.
pub(super) fn as_string(value: &Value) -> Value {
    match &value.data {
        Data::Bool(_) | Data::Number(_) => match value.scalar_text() {
            Some(text) => keep_marks(Value::string(text.as_ref(), value.origin), value),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

/// A set: strings in the order of their code points, numbers by size, everything else as it came; each once.
pub(in crate::terraform) fn set_of(items: Vec<Value>) -> List {
    let mut seen = Seen::default();
    let mut distinct: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        if seen.is_new(&item) {
            distinct.push(item);
        }
    }
    let mut keyed: Vec<(String, Value)> = distinct.into_iter().map(|item| (order_text(&item), item)).collect();
    keyed.sort_by(in_set_order);
    let distinct = keyed.into_iter().map(|(_, item)| item).collect();
    List { items: distinct, rest: None, is_set: true }
}

/// The values that were met so far.
#[derive(Default)]
pub(super) struct Seen {
    known: HashSet<String>,
    open: Vec<Value>,
}

impl Seen {
    /// Whether a value was not met before; what is not known as a whole counts as new unless it surely stands for the
    /// same as one before.
    pub(super) fn is_new(&mut self, item: &Value) -> bool {
        if let Some(text) = encode_json(item) {
            return self.known.insert(text);
        }
        let is_new = !self.open.iter().any(|other| other.equals(item).is_true());
        if is_new && self.open.len() < MAX_COMPARED {
            self.open.push(item.clone());
        }
        is_new
    }
}

/// Terraform orders lists and maps by a text of theirs; null stands last.
fn in_set_order((a_text, a): &(String, Value), (b_text, b): &(String, Value)) -> Ordering {
    let rank = |value: &Value| match &value.data {
        Data::Bool(_) => 0,
        Data::Number(_) => 1,
        Data::String(_) | Data::Text(_) if value.as_str().is_some() => 2,
        Data::List(_) | Data::Map(_) => 3,
        Data::Null => 5,
        _ => 4,
    };
    rank(a).cmp(&rank(b)).then_with(|| match (&a.data, &b.data) {
        (Data::Number(a), Data::Number(b)) => a.cmp(b),
        (Data::Bool(a), Data::Bool(b)) => a.cmp(b),
        (Data::List(_) | Data::Map(_), _) => {
            let is_open = |value: &Value| value.first_unknown().is_some();
            is_open(a).cmp(&is_open(b)).then_with(|| a_text.cmp(b_text))
        }
        _ => a.as_str().cmp(&b.as_str()),
    })
}

/// The text by which lists and maps are ordered: every scalar ends with a semicolon; keys count for nothing, since they
/// are the same in all elements. Empty for scalars, which have an order of their own.
fn order_text(value: &Value) -> String {
    fn write(value: &Value, out: &mut String) {
        match &value.data {
            Data::List(list) => list.items.iter().for_each(|item| write(item, out)),
            Data::Map(map) => map.entries().iter().for_each(|entry| write(&entry.value, out)),
            _ => {
                out.push_str(&encode_json(value).unwrap_or_default());
                out.push(';');
            }
        }
        out.push(']');
    }
    let mut text = String::new();
    if matches!(value.data, Data::List(_) | Data::Map(_)) {
        write(value, &mut text);
    }
    text
}
