//! References into and out of a nested stack: the addresses that they name follow the scope they are seen from.
//!
//! Seen from a stack, what stands in the stack around has an address with [`OUTER`] before it.

use std::sync::Arc;

use crate::value::{Data, Entry, List, Map, Piece, Reference, Text, Unknown, Value};

/// One stack further out.
const OUTER: &str = "../";

/// The value as a stack within sees it.
pub(super) fn seen_from_within(value: &Value) -> Value {
    renamed(value, &|address| (format!("{OUTER}{address}"), false)).unwrap_or_else(|| value.clone())
}

/// The value of a stack as the stack around sees it: `prefix` names the stack. `None` where it is the same.
pub(super) fn seen_from_outside(value: &Value, prefix: &str) -> Option<Value> {
    renamed(value, &|address| match address.strip_prefix(OUTER) {
        Some(outer) => (outer.to_owned(), false),
        None => (format!("{prefix}{address}"), true),
    })
}

/// A new address, and whether the subject of the unknown gets the same prefix.
type Renamed = (String, bool);

fn renamed(value: &Value, name: &impl Fn(&str) -> Renamed) -> Option<Value> {
    let data = match &value.data {
        Data::Unknown(unknown) => Data::Unknown(Arc::new(unknown_of(unknown, name)?)),
        Data::Text(text) => Data::Text(Arc::new(text_of(text, name)?)),
        Data::List(list) => {
            let rest = list.rest.as_ref().and_then(|rest| unknown_of(rest, name)).map(Arc::new);
            let items = all(&list.items, |item| renamed(item, name));
            if items.is_none() && rest.is_none() {
                return None;
            }
            let items = items.unwrap_or_else(|| list.items.clone());
            Data::List(Arc::new(List { items, rest: rest.or_else(|| list.rest.clone()), is_set: list.is_set }))
        }
        Data::Map(map) => {
            let rest = map.rest.as_ref().and_then(|rest| unknown_of(rest, name)).map(Arc::new);
            let entry = |entry: &Entry| Some(Entry { value: renamed(&entry.value, name)?, ..entry.clone() });
            let entries = all(map.entries(), entry);
            if entries.is_none() && rest.is_none() {
                return None;
            }
            let mut changed = Map::new(entries.unwrap_or_else(|| map.entries().to_vec()));
            changed.rest = rest.or_else(|| map.rest.clone());
            Data::Map(Arc::new(changed))
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => return None,
    };
    Some(Value { data, ..value.clone() })
}

/// All elements, the changed ones changed; `None` where none is.
fn all<T: Clone>(items: &[T], change: impl Fn(&T) -> Option<T>) -> Option<Vec<T>> {
    let mut changed: Option<Vec<T>> = None;
    for (nth, item) in items.iter().enumerate() {
        if let Some(new) = change(item) {
            let all = changed.get_or_insert_with(|| items.to_vec());
            if let Some(slot) = all.get_mut(nth) {
                *slot = new;
            }
        }
    }
    changed
}

fn unknown_of(unknown: &Unknown, name: &impl Fn(&str) -> Renamed) -> Option<Unknown> {
    let candidates = all(&unknown.candidates, |candidate| renamed(candidate, name));
    let Some(refers) = &unknown.refers else {
        return candidates.map(|candidates| Unknown { candidates, ..unknown.clone() });
    };
    let (address, is_prefixed) = name(&refers.address);
    let subject = match address.strip_suffix(&*refers.address).filter(|_| is_prefixed) {
        Some(prefix) => format!("{prefix}{}", unknown.subject).into(),
        None => unknown.subject.clone(),
    };
    let refers = Some(Reference { address: address.into(), ..refers.clone() });
    let candidates = candidates.unwrap_or_else(|| unknown.candidates.clone());
    Some(Unknown { subject, refers, candidates, ..unknown.clone() })
}

fn text_of(text: &Text, name: &impl Fn(&str) -> Renamed) -> Option<Text> {
    if let Some(json) = text.json() {
        return Some(Text::of_json(renamed(json, name)?));
    }
    let piece = |piece: &Piece| match piece {
        Piece::Known(..) => None,
        Piece::Hole(unknown, origin) => Some(Piece::Hole(Arc::new(unknown_of(unknown, name)?), *origin)),
    };
    Some(Text::of_pieces(all(text.pieces()?, piece)?))
}
