//! Conversions between types, and the marks of sensitive values.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::argument::{Call, Outcome, Stop, kind_name, to_bool};
use crate::value::{Data, Entry, List, Value, encode_json};

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
        Data::Null | Data::Unknown(_) | Data::Number(_) => Ok(value.clone()),
        Data::Text(text) if text.known().is_none() => Err(call.undecided_by(value)),
        _ => match value.as_number() {
            Some(number) => Ok(keep_marks(Value::new(Data::Number(number), value.origin), value)),
            None => Err(cannot(call, "number")),
        },
    }
}

pub(super) fn tobool(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    match &value.data {
        Data::Null | Data::Unknown(_) | Data::Bool(_) => Ok(value.clone()),
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
    let items = unify(call, 0, list.items.clone())?;
    let list = List { items, rest: list.rest.clone(), is_set: false };
    Ok(keep_marks(Value::new(Data::List(Arc::new(list)), value.origin), value))
}

pub(super) fn toset(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    let Some(list) = value.as_list() else { return pass_on(call, value, "set") };
    let list = List { rest: list.rest.clone(), ..set_of(unify(call, 0, list.items.clone())?) };
    Ok(keep_marks(Value::new(Data::List(Arc::new(list)), value.origin), value))
}

pub(super) fn tomap(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    let Some(map) = value.as_map() else { return pass_on(call, value, "map") };
    let values = map.entries().iter().map(|entry| entry.value.clone()).collect();
    let values = unify(call, 0, values)?;
    let entries = map.entries().iter().zip(values).map(|(entry, value)| Entry { value, ..entry.clone() });
    let result = call.give_entries(entries.collect(), map.rest.clone())?;
    Ok(keep_marks(result.at(value.origin), value))
}

/// Null stays null and what is unknown stays so, though nothing is said about its type.
fn pass_on(call: &Call<'_>, value: &Value, wanted: &str) -> Outcome {
    match &value.data {
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

/// The elements brought to one type, as for a list: next to a string, numbers and booleans become strings.
pub(super) fn unify(call: &Call<'_>, argument: usize, mut items: Vec<Value>) -> Result<Vec<Value>, Stop> {
    let has = |wanted: fn(&Data) -> bool| items.iter().any(|item| wanted(&item.data));
    let strings = has(|data| matches!(data, Data::String(_) | Data::Text(_)));
    let numbers = has(|data| matches!(data, Data::Number(_)));
    let booleans = has(|data| matches!(data, Data::Bool(_)));
    let lists = has(|data| matches!(data, Data::List(_)));
    let maps = has(|data| matches!(data, Data::Map(_)));
    let unknown = has(|data| matches!(data, Data::Unknown(_)));
    let scalars = strings || numbers || booleans;
    let mixed = (scalars && (lists || maps)) || (lists && maps) || (numbers && booleans && !strings && !unknown);
    if mixed {
        return Err(call.fail_at(argument, "the elements have no single type in common"));
    }
    if strings && (numbers || booleans) {
        for item in &mut items {
            *item = as_string(item);
        }
    }
    Ok(items)
}

/// A set: strings in the order of their code points, numbers by size, everything else as it came; each once.
pub(super) fn set_of(items: Vec<Value>) -> List {
    let mut seen = Seen::default();
    let mut distinct: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        if seen.is_new(&item) {
            distinct.push(item);
        }
    }
    distinct.sort_by(in_set_order);
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

fn in_set_order(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match &value.data {
        Data::Null => 0,
        Data::Bool(false) => 1,
        Data::Bool(true) => 2,
        Data::Number(_) => 3,
        Data::String(_) | Data::Text(_) if value.as_str().is_some() => 4,
        Data::List(_) | Data::Map(_) => 5,
        _ => 6,
    };
    match (&a.data, &b.data) {
        (Data::Number(a), Data::Number(b)) => a.cmp(b),
        _ => match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => a.cmp(b),
            _ => rank(a).cmp(&rank(b)),
        },
    }
}
