//! The values of one module instance as those of another.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::text::{Piece, Text};
use super::{Data, List, Map, OpenEntry, Unknown, Value};

/// Gives the unknown values below one address the names that they have below another.
///
/// It remembers values by where they lie in memory: all that it is shown must outlive it.
#[derive(Debug)]
pub struct Rename<'r> {
    from: &'r str,
    to: &'r str,
    plain: &'r mut Plain,
    renamed: HashMap<usize, Data>,
}

/// Lists, maps and reasons that have nothing to rename, whatever the new name.
#[derive(Debug, Default)]
pub struct Plain(HashSet<usize>);

impl<'r> Rename<'r> {
    /// From one address of a module instance to another; `plain` belongs to `from`.
    pub fn new(from: &'r str, to: &'r str, plain: &'r mut Plain) -> Rename<'r> {
        Rename { from, to, plain, renamed: HashMap::new() }
    }

    /// The name as it is below the other address; none where it is not below this one.
    fn name(&self, name: &str) -> Option<Arc<str>> {
        let below = name.strip_prefix(self.from)?;
        below.starts_with('.').then(|| [self.to, below].concat().into())
    }

    /// The value with all names changed; none where nothing is to be changed.
    pub fn value(&mut self, value: &Value) -> Option<Value> {
        let data = match &value.data {
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => None,
            Data::Text(text) => {
                self.once(Arc::as_ptr(text).addr(), |this| Some(Data::Text(Arc::new(this.text(text)?))))
            }
            Data::List(list) => {
                self.once(Arc::as_ptr(list).addr(), |this| Some(Data::List(Arc::new(this.list(list)?))))
            }
            Data::Map(map) => self.once(Arc::as_ptr(map).addr(), |this| Some(Data::Map(Arc::new(this.map(map)?)))),
            Data::Unknown(unknown) => self.unknown(unknown).map(Data::Unknown),
        };
        Some(Value { data: data?, ..*value })
    }

    /// The reason with all names changed; none where nothing is to be changed.
    pub fn unknown(&mut self, unknown: &Arc<Unknown>) -> Option<Arc<Unknown>> {
        let renamed = self.once(Arc::as_ptr(unknown).addr(), |this| {
            let subject = this.name(&unknown.subject);
            let address = unknown.refers.as_ref().and_then(|reference| this.name(&reference.address));
            let candidates = this.values(&unknown.candidates);
            if subject.is_none() && address.is_none() && candidates.is_none() {
                return None;
            }
            let mut other = (**unknown).clone();
            other.subject = subject.unwrap_or(other.subject);
            other.candidates = candidates.unwrap_or(other.candidates);
            if let (Some(reference), Some(address)) = (&mut other.refers, address) {
                reference.address = address;
            }
            Some(Data::Unknown(Arc::new(other)))
        });
        match renamed {
            Some(Data::Unknown(unknown)) => Some(unknown),
            _ => None,
        }
    }

    fn once(&mut self, at: usize, rename: impl FnOnce(&mut Self) -> Option<Data>) -> Option<Data> {
        if self.plain.0.contains(&at) {
            return None;
        }
        if let Some(known) = self.renamed.get(&at) {
            return Some(known.clone());
        }
        let renamed = rename(self);
        match &renamed {
            Some(data) => {
                self.renamed.insert(at, data.clone());
            }
            None => {
                self.plain.0.insert(at);
            }
        }
        renamed
    }

    fn values(&mut self, values: &[Value]) -> Option<Vec<Value>> {
        let mut renamed: Option<Vec<Value>> = None;
        for (at, value) in values.iter().enumerate() {
            if let Some(other) = self.value(value)
                && let Some(slot) = renamed.get_or_insert_with(|| values.to_vec()).get_mut(at)
            {
                *slot = other;
            }
        }
        renamed
    }

    fn rest(&mut self, rest: &Option<Arc<Unknown>>) -> Option<Arc<Unknown>> {
        rest.as_ref().and_then(|rest| self.unknown(rest))
    }

    fn text(&mut self, text: &Text) -> Option<Text> {
        if let Some(value) = text.json() {
            return self.value(value).map(Text::of_json);
        }
        let pieces = text.pieces()?;
        let mut renamed: Option<Vec<Piece>> = None;
        for (at, piece) in pieces.iter().enumerate() {
            if let Piece::Hole(unknown, origin) = piece
                && let Some(other) = self.unknown(unknown)
                && let Some(slot) = renamed.get_or_insert_with(|| pieces.to_vec()).get_mut(at)
            {
                *slot = Piece::Hole(other, *origin);
            }
        }
        renamed.map(Text::of_pieces)
    }

    fn list(&mut self, list: &List) -> Option<List> {
        let (items, rest) = (self.values(&list.items), self.rest(&list.rest));
        if items.is_none() && rest.is_none() {
            return None;
        }
        let items = items.unwrap_or_else(|| list.items.clone());
        Some(List { items, rest: rest.or_else(|| list.rest.clone()), ..*list })
    }

    fn map(&mut self, map: &Map) -> Option<Map> {
        let mut renamed: Option<Map> = None;
        for (at, entry) in map.entries().iter().enumerate() {
            if let Some(other) = self.value(&entry.value)
                && let Some(slot) = renamed.get_or_insert_with(|| map.clone()).entries.get_mut(at)
            {
                slot.value = other;
            }
        }
        if let Some(rest) = self.rest(&map.rest) {
            renamed.get_or_insert_with(|| map.clone()).rest = Some(rest);
        }
        if let Some(open) = &map.open {
            let mut changed = false;
            let mut other = |value: &Value| {
                let other = self.value(value);
                changed |= other.is_some();
                other.unwrap_or_else(|| value.clone())
            };
            let mut entry = |entry: &OpenEntry| OpenEntry { key: other(&entry.key), value: other(&entry.value) };
            let entries: Vec<OpenEntry> = open.iter().map(&mut entry).collect();
            if changed {
                renamed.get_or_insert_with(|| map.clone()).open = Some(Arc::new(entries));
            }
        }
        renamed
    }
}
