//! Functions over lists, tuples and sets.

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::super::unify::{elements, equal};
use super::argument::{Call, MAX_DEPTH, MAX_ELEMENTS, Outcome, Stop, kind_name, to_bool};
use super::convert::{Seen, as_string};
use crate::value::{Data, List, Piece, Truth, Unknown, Value, joined_rest, plain_rest};

pub(super) fn length(call: &Call<'_>) -> Outcome {
    let value = call.value(0)?;
    let count = match &value.data {
        Data::List(list) => match &list.rest {
            Some(rest) => return Err(call.undecided(rest)),
            // Two elements of a set that are not known may turn out to be one.
            None if list.is_set && list.items.len() > 1 && value.first_unknown().is_some() => {
                return Err(call.undecided_by(value));
            }
            None => list.items.len(),
        },
        Data::Map(map) => match &map.rest {
            Some(rest) => return Err(call.undecided(rest)),
            None => map.entries().len(),
        },
        Data::String(_) | Data::Text(_) => call.text(0)?.graphemes(true).count(),
        _ => {
            let message = format!("a list, map or string is required, not {}", kind_name(value));
            return Err(call.fail_at(0, message));
        }
    };
    Ok(Value::integer(i64::try_from(count).unwrap_or(i64::MAX), call.context.origin))
}

pub(super) fn concat(call: &Call<'_>) -> Outcome {
    if let [only] = call.arguments
        && only.as_unknown().is_some()
    {
        return Ok(only.clone());
    }
    let mut result = List::default();
    for (at, argument) in call.arguments.iter().enumerate() {
        let list = match &argument.data {
            Data::Unknown(unknown) => {
                result.rest = joined_rest(result.rest.take(), Some(unknown.clone()));
                continue;
            }
            _ => call.list(at)?,
        };
        if list.is_set {
            return Err(call.fail_at(at, "a list is required, not a set: its elements have no order"));
        }
        if result.items.len() + list.items.len() > MAX_ELEMENTS {
            return Err(call.too_large());
        }
        result.items.extend(list.items.iter().cloned());
        result.rest = joined_rest(result.rest.take(), list.rest.clone());
    }
    if call.arguments.iter().all(|argument| argument.collection) {
        // Lists without a type in common make a tuple.
        if let Some(items) = elements(result.items.clone()) {
            return Ok(call.give_list(List { items, ..result })?.as_collection());
        }
    }
    call.give_list(result)
}

pub(super) fn element(call: &Call<'_>) -> Outcome {
    let list = call.list(0)?;
    let index = call.whole(1)?;
    if list.is_set {
        return Err(call.fail_at(0, "a list is required, not a set: its elements have no order"));
    }
    let items = call.items(0)?;
    let Ok(count) = i64::try_from(items.len()) else { return Err(call.too_large()) };
    let at = index.checked_rem_euclid(count).and_then(|at| usize::try_from(at).ok());
    match at.and_then(|at| items.get(at)) {
        Some(item) => Ok(item.clone()),
        None => Err(call.fail_at(0, "an empty list has no elements")),
    }
}

pub(super) fn contains(call: &Call<'_>) -> Outcome {
    let list = call.list(0)?;
    let wanted = call.any(1)?;
    if wanted.is_null() {
        return Err(call.fail_at(1, "the argument must not be null"));
    }
    match Truth::any(list.items.iter().map(|item| equal(item, wanted))) {
        Truth::True => call.give_bool(true),
        Truth::False if list.rest.is_none() => call.give_bool(false),
        _ => Err(match (wanted.first_unknown(), call.value(0)?.first_unknown()) {
            (Some(unknown), _) | (None, Some(unknown)) => call.undecided(unknown),
            (None, None) => call.offline(),
        }),
    }
}

pub(super) fn index(call: &Call<'_>) -> Outcome {
    let items = call.items(0)?;
    let wanted = call.any(1)?;
    for (at, item) in items.iter().enumerate() {
        match equal(item, wanted) {
            Truth::True => return Ok(Value::integer(at as i64, call.context.origin)),
            Truth::False => {}
            Truth::Unknown if item.first_unknown().is_some() => return Err(call.undecided_by(item)),
            Truth::Unknown => return Err(call.undecided_by(wanted)),
        }
    }
    Err(call.fail_at(1, "the list has no such element"))
}

/// Whether a string is known not to be empty though parts of it are unknown.
fn surely_filled(value: &Value) -> bool {
    let filled = |piece: &Piece| matches!(piece, Piece::Known(text, _) if !text.is_empty());
    match &value.data {
        Data::Text(text) => text.json().is_some() || text.pieces().is_some_and(|pieces| pieces.iter().any(filled)),
        _ => false,
    }
}

pub(super) fn coalesce(call: &Call<'_>) -> Outcome {
    let arguments = call.unify(0, call.arguments.to_vec())?;
    for argument in &arguments {
        let skip = match &argument.data {
            Data::Null => true,
            Data::Unknown(_) => return Ok(argument.clone()),
            Data::Text(text) if text.known().is_none() && !surely_filled(argument) => {
                return Err(call.undecided_by(argument));
            }
            _ => argument.as_str() == Some(""),
        };
        if !skip {
            return Ok(argument.clone());
        }
    }
    Err(call.fail("every argument is null or an empty string"))
}

pub(super) fn coalescelist(call: &Call<'_>) -> Outcome {
    for (at, argument) in call.arguments.iter().enumerate() {
        match &argument.data {
            Data::Null => return Err(call.fail_at(at, "the argument must not be null")),
            Data::Unknown(_) => return Ok(argument.clone()),
            _ => {}
        }
        let list = call.list(at)?;
        match &list.rest {
            _ if !list.items.is_empty() => return Ok(argument.clone()),
            Some(rest) => return Err(call.undecided(rest)),
            None => {}
        }
    }
    Err(call.fail("every argument is null or an empty list"))
}

pub(super) fn compact(call: &Call<'_>) -> Outcome {
    let list = call.list(0)?;
    let mut result = List { rest: plain_rest(&list.rest), ..List::default() };
    for item in &list.items {
        match &item.data {
            Data::Null => {}
            Data::Unknown(unknown) => keep_open(&mut result, item, unknown),
            Data::Text(text) if text.known().is_none() => {
                if !surely_filled(item)
                    && let Some(unknown) = text.first_unknown()
                {
                    result.rest.get_or_insert_with(|| unknown.clone());
                }
                result.items.push(item.clone());
            }
            Data::List(_) | Data::Map(_) => return Err(call.fail_at(0, "every element must be a string")),
            _ if item.as_str() == Some("") => {}
            _ => result.items.push(as_string(item)),
        }
    }
    Ok(call.give_list(result)?.as_collection())
}

/// Keeps an unknown element that may also turn out to be none or several: then the list may have others as well.
fn keep_open(result: &mut List, item: &Value, unknown: &Arc<Unknown>) {
    if !unknown.is_text() {
        result.rest = joined_rest(result.rest.take(), Some(unknown.clone()));
    }
    if unknown.refers.is_some() || unknown.is_text() {
        result.items.push(item.clone());
    }
}

pub(super) fn flatten(call: &Call<'_>) -> Outcome {
    let mut result = List::default();
    let sensitive = flatten_into(call, call.list(0)?, &mut result, 0)?;
    Ok(call.give_list(result)?.marked(sensitive))
}

/// Adds the elements of a list, and tells whether one of the lists within it is sensitive.
fn flatten_into(call: &Call<'_>, list: &List, result: &mut List, depth: usize) -> Result<bool, Stop> {
    let mut sensitive = false;
    if depth > MAX_DEPTH {
        return Err(call.fail_at(0, "nested too deeply"));
    }
    result.rest = joined_rest(result.rest.take(), list.rest.clone());
    for item in &list.items {
        match &item.data {
            Data::List(inner) => sensitive |= flatten_into(call, inner, result, depth + 1)? || item.sensitive,
            Data::Unknown(unknown) => keep_open(result, item, unknown),
            _ => result.items.push(item.clone()),
        }
        if result.items.len() > MAX_ELEMENTS {
            return Err(call.too_large());
        }
    }
    Ok(sensitive)
}

pub(super) fn distinct(call: &Call<'_>) -> Outcome {
    let list = call.list(0)?;
    let mut seen = Seen::default();
    let mut kept: Vec<Value> = Vec::new();
    for item in call.unify(0, list.items.clone())? {
        if seen.is_new(&item) {
            kept.push(item);
        }
    }
    let open = kept.iter().find_map(Value::first_unknown).filter(|_| kept.len() > 1);
    let rest = list.rest.clone().or_else(|| open.cloned());
    Ok(call.give_list(List { items: kept, rest, is_set: false })?.as_collection())
}

pub(super) fn chunklist(call: &Call<'_>) -> Outcome {
    let items = call.unify(0, call.items(0)?.to_vec())?;
    let size = call.whole(1)?;
    let Ok(size) = usize::try_from(size) else {
        return Err(call.fail_at(1, "the size must not be negative"));
    };
    let size = if size == 0 { items.len().max(1) } else { size };
    let chunk = |chunk: &[Value]| Value::list(chunk.to_vec(), call.context.origin).as_collection();
    call.give_elements(items.chunks(size).map(chunk).collect())
}

pub(super) fn slice(call: &Call<'_>) -> Outcome {
    let list = call.list(0)?;
    if list.is_set {
        return Err(call.fail_at(0, "a list is required, not a set: its elements have no order"));
    }
    let items = call.items(0)?;
    let (start, end) = (call.whole(1)?, call.whole(2)?);
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    match range.and_then(|(start, end)| items.get(start..end)) {
        Some(part) if call.value(0)?.collection => call.give_elements(part.to_vec()),
        Some(part) => call.give_items(part.to_vec()),
        None => Err(call.fail(format!("a list of {} elements has no slice from {start} to {end}", items.len()))),
    }
}

pub(super) fn reverse(call: &Call<'_>) -> Outcome {
    let list = call.list(0)?;
    let items = list.items.iter().rev().cloned().collect();
    let reversed = call.give_list(List { items, rest: list.rest.clone(), is_set: false })?;
    Ok(if call.value(0)?.collection { reversed.as_collection() } else { reversed })
}

pub(super) fn sort(call: &Call<'_>) -> Outcome {
    // As many strings as there were, though not which ones: what is not known may stand anywhere.
    if let Some(unknown) = call.items(0)?.iter().find_map(Value::first_unknown)
        && !call.list(0)?.is_set
    {
        let part = |_: &Value| Value::unknown(call.derived(unknown), call.context.origin);
        return call.give_elements(call.items(0)?.iter().map(part).collect());
    }
    call.texts(0)?;
    let mut items: Vec<Value> = call.items(0)?.iter().map(as_string).collect();
    items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    call.give_elements(items)
}

pub(super) fn matchkeys(call: &Call<'_>) -> Outcome {
    let (keys, wanted) = (call.items(1)?, call.items(2)?);
    let values = call.unify(0, call.items(0)?.to_vec())?;
    if values.len() != keys.len() {
        return Err(call.fail(format!("there are {} keys, but {} values", keys.len(), values.len())));
    }
    let both = call.unify(1, keys.iter().chain(wanted).cloned().collect())?;
    let (keys, wanted) = both.split_at(keys.len());
    if keys.len().saturating_mul(wanted.len()) > 10 * MAX_ELEMENTS {
        return Err(call.too_large());
    }
    let mut result = List::default();
    for (key, value) in keys.iter().zip(values) {
        match Truth::any(wanted.iter().map(|other| key.equals(other))) {
            Truth::True => result.items.push(value),
            Truth::False => {}
            Truth::Unknown => {
                let unknown = key.first_unknown().or_else(|| wanted.iter().find_map(Value::first_unknown));
                result.rest = result.rest.or_else(|| unknown.cloned());
            }
        }
    }
    Ok(call.give_list(result)?.as_collection())
}

pub(super) fn one(call: &Call<'_>) -> Outcome {
    // The element of which it is not known whether it is there, or null.
    if let List { items, rest: Some(rest), is_set: false } = call.list(0)?
        && let [item] = items.as_slice()
    {
        let candidates = vec![item.clone(), Value::null(call.context.origin)];
        let either = Unknown { candidates, ..(*call.derived(rest)).clone() };
        return Ok(Value::unknown(either, item.origin));
    }
    let items = call.items(0)?;
    match items {
        [] => Ok(Value::null(call.context.origin)),
        [item] => Ok(item.clone()),
        _ if call.list(0)?.is_set && items.iter().any(|item| item.first_unknown().is_some()) => {
            Err(call.undecided_by(call.value(0)?))
        }
        _ => Err(call.fail_at(0, format!("the list must have one element or none, but has {}", items.len()))),
    }
}

pub(super) fn alltrue(call: &Call<'_>) -> Outcome {
    let truth = |truths: &[Truth]| Truth::all(truths.iter().copied());
    fold(call, Truth::True, truth)
}

pub(super) fn anytrue(call: &Call<'_>) -> Outcome {
    let truth = |truths: &[Truth]| Truth::any(truths.iter().copied());
    fold(call, Truth::False, truth)
}

fn fold(call: &Call<'_>, open: Truth, join: impl Fn(&[Truth]) -> Truth) -> Outcome {
    let list = call.list(0)?;
    let mut truths = Vec::with_capacity(list.items.len());
    for item in &list.items {
        truths.push(match (&item.data, to_bool(item)) {
            (Data::Null, _) => Truth::False,
            (_, Some(value)) => value.into(),
            _ if item.first_unknown().is_some() => Truth::Unknown,
            _ => return Err(call.fail_at(0, format!("every element must be a boolean, not {}", kind_name(item)))),
        });
    }
    let truth = join(&truths);
    if truth == Truth::Unknown || (truth == open && list.rest.is_some()) {
        return Err(call.undecided_by(call.value(0)?));
    }
    call.give_bool(truth.is_true())
}
