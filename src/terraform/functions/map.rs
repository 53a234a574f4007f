//! Functions over maps and objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::expression::only_entry;
use super::super::unify::Type;
use super::argument::{Call, Outcome};
use crate::value::{Data, Entry, List, Map, Unknown, Value, derived};

pub(super) fn merge(call: &Call<'_>) -> Outcome {
    let mut merged: BTreeMap<Arc<str>, Entry> = BTreeMap::new();
    let mut rest: Option<Arc<Unknown>> = None;
    // What stood there before an unknown map is there in the end as well, but perhaps with another value.
    let obscure = |merged: &mut BTreeMap<Arc<str>, Entry>, unknown: &Unknown, sensitive: bool| {
        for entry in merged.values_mut() {
            let value = Value::unknown(call.derived(unknown), entry.value.origin);
            entry.value = value.marked(entry.value.sensitive || sensitive);
        }
    };
    for (at, argument) in call.arguments.iter().enumerate() {
        match &argument.data {
            Data::Null => {}
            Data::Unknown(unknown) => {
                obscure(&mut merged, unknown, argument.sensitive);
                rest = Some(derived(rest.as_ref().unwrap_or(unknown)));
            }
            _ => {
                let map = call.map(at)?;
                if let Some(unknown) = &map.rest {
                    obscure(&mut merged, unknown, argument.sensitive);
                    // Of two open maps, neither says what all further entries are.
                    rest = Some(rest.as_ref().map_or_else(|| unknown.clone(), derived));
                }
                merged.extend(map.entries().iter().map(|entry| (entry.key.clone(), entry.clone())));
            }
        }
    }
    if let [argument] = call.arguments
        && argument.as_unknown().is_some()
    {
        return Ok(argument.clone());
    }
    let merged = call.give_entries(merged.into_values().collect(), rest)?;
    let mut given = call.arguments.iter().filter(|argument| !argument.is_null()).map(Type::of);
    let first = given.next().unwrap_or(Type::Any);
    let is_map = matches!(first, Type::Map(_)) && given.all(|other| first.is_like(&other));
    Ok(if is_map { merged.as_collection() } else { merged })
}

pub(super) fn lookup(call: &Call<'_>) -> Outcome {
    let map = call.map(0)?;
    let key = call.text(1)?;
    let sensitive = call.any(0)?.sensitive || call.any(1)?.sensitive;
    if let Some(value) = map.get(&key) {
        return Ok(value.clone().marked(sensitive));
    }
    let found = match (&map.rest, call.arguments.get(2)) {
        (Some(rest), None) => match only_entry(call.value(0)?) {
            Some(only) => Ok(only.clone()),
            None => Err(call.undecided(rest)),
        },
        (Some(rest), Some(_)) => Err(call.undecided(rest)),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(call.fail_at(1, format!("the map has no key `{key}`"))),
    };
    found.map(|value: Value| value.marked(sensitive))
}

pub(super) fn keys(call: &Call<'_>) -> Outcome {
    let map = call.map(0)?;
    let key = |entry: &Entry| Value::string(entry.key.clone(), entry.key_origin.or(call.context.origin));
    let items = map.entries().iter().map(key).collect();
    let keys = call.give_list(List { items, rest: map.rest.as_ref().map(derived), is_set: false })?;
    Ok(like(keys, call.value(0)?))
}

/// A collection where the argument is one.
fn like(value: Value, argument: &Value) -> Value {
    if argument.collection { value.as_collection() } else { value }
}

pub(super) fn values(call: &Call<'_>) -> Outcome {
    let map = call.map(0)?;
    let mut items: Vec<Value> = map.entries().iter().map(|entry| entry.value.clone()).collect();
    items.extend(only_entry(call.value(0)?).cloned());
    let values = call.give_list(List { items, rest: map.rest.as_ref().map(derived), is_set: false })?;
    Ok(like(values, call.value(0)?))
}

pub(super) fn zipmap(call: &Call<'_>) -> Outcome {
    let keys = call.texts(0)?;
    let values = call.items(1)?;
    if keys.len() != values.len() {
        return Err(call.fail(format!("there are {} keys, but {} values", keys.len(), values.len())));
    }
    let places = call.items(0)?.iter().map(|key| key.origin);
    let entry = |((key, key_origin), value): ((std::borrow::Cow<'_, str>, _), &Value)| Entry {
        key: key.as_ref().into(),
        key_origin,
        value: value.clone(),
    };
    let map = call.give_entries(keys.into_iter().zip(places).zip(values).map(entry).collect(), None)?;
    let sensitive = call.items(0)?.iter().any(|key| key.sensitive);
    Ok(like(map, call.value(1)?).marked(sensitive))
}

pub(super) fn transpose(call: &Call<'_>) -> Outcome {
    let map: &Map = call.map(0)?;
    if let Some(rest) = &map.rest {
        return Err(call.undecided(rest));
    }
    let mut result: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for entry in map.entries() {
        let Some(list) = entry.value.as_list() else {
            return Err(match entry.value.as_unknown() {
                Some(unknown) => call.undecided(unknown),
                None => call.fail_at(0, "every value must be a list of strings"),
            });
        };
        if let Some(rest) = &list.rest {
            return Err(call.undecided(rest));
        }
        for item in &list.items {
            match item.scalar_text() {
                Some(text) => {
                    let key = Value::string(entry.key.clone(), entry.key_origin);
                    result.entry(text.into_owned()).or_default().push(key);
                }
                None if item.first_unknown().is_some() => return Err(call.undecided_by(item)),
                None => return Err(call.fail_at(0, "every value must be a list of strings")),
            }
        }
    }
    let origin = call.context.origin;
    let entry = |(key, items): (String, Vec<Value>)| Entry {
        key: key.into(),
        key_origin: origin,
        value: Value::list(items, origin).as_collection(),
    };
    Ok(call.give_entries(result.into_iter().map(entry).collect(), None)?.as_collection())
}
