//! Whether values are the same in every respect, told by a number.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use super::text::{Piece, Text};
use super::{Data, Entry, List, Map, OpenEntry, Reference, Unknown, Value};

/// Gives numbers to values: the same number where they are the same with all their places, reasons and marks. Another
/// digester gives other numbers.
#[derive(Debug, Default)]
pub struct Digester {
    // Two hashes of 64 bits under secret keys: nobody can write two values that share both.
    keys: [RandomState; 2],
    /// What has been looked at, by where it lies in memory; kept, so that nothing else comes to lie there.
    known: HashMap<usize, (Data, u128)>,
}

impl Digester {
    /// The number of a value; each list and map is looked at once, however often it is asked for.
    pub fn digest(&mut self, value: &Value) -> u128 {
        let Value { data, origin, sensitive, collection } = value;
        let data = match data {
            Data::Null => self.of(&0_u8),
            Data::Bool(value) => self.of(&(1_u8, value)),
            Data::Number(number) => self.of(&(2_u8, number.to_string())),
            Data::String(text) => self.of(&(3_u8, text)),
            Data::Text(text) => self.text(text),
            Data::List(list) => self.once(Arc::as_ptr(list).addr(), data, |this| this.list(list)),
            Data::Map(map) => self.once(Arc::as_ptr(map).addr(), data, |this| this.map(map)),
            Data::Unknown(unknown) => self.unknown(unknown),
        };
        self.of(&(data, origin, sensitive, collection))
    }

    /// The number of something else.
    pub fn of(&self, what: &impl Hash) -> u128 {
        let [low, high] = self.keys.each_ref().map(|key| u128::from(key.hash_one(what)));
        high << 64 | low
    }

    fn once(&mut self, at: usize, data: &Data, digest: impl FnOnce(&mut Digester) -> u128) -> u128 {
        if let Some((_, known)) = self.known.get(&at) {
            return *known;
        }
        let digest = digest(self);
        self.known.insert(at, (data.clone(), digest));
        digest
    }

    fn text(&mut self, text: &Text) -> u128 {
        if let Some(value) = text.json() {
            let inner = self.digest(value);
            return self.of(&(4_u8, inner));
        }
        let mut pieces = Vec::new();
        for piece in text.pieces().unwrap_or_default() {
            pieces.push(match piece {
                Piece::Known(text, origin) => self.of(&(0_u8, text, origin)),
                Piece::Hole(unknown, origin) => {
                    let unknown = self.unknown(unknown);
                    self.of(&(1_u8, unknown, origin))
                }
            });
        }
        self.of(&(5_u8, pieces))
    }

    fn list(&mut self, list: &List) -> u128 {
        let List { items, rest, is_set } = list;
        let items: Vec<u128> = items.iter().map(|item| self.digest(item)).collect();
        let rest = rest.as_ref().map(|rest| self.unknown(rest));
        self.of(&(6_u8, items, rest, is_set))
    }

    fn map(&mut self, map: &Map) -> u128 {
        let Map { entries, rest, open } = map;
        let mut fields = Vec::with_capacity(entries.len());
        for Entry { key, key_origin, value } in entries {
            let value = self.digest(value);
            fields.push(self.of(&(key, key_origin, value)));
        }
        let rest = rest.as_ref().map(|rest| self.unknown(rest));
        let mut of_open = Vec::new();
        for OpenEntry { key, value } in open.iter().flat_map(|open| open.iter()) {
            of_open.push((self.digest(key), self.digest(value)));
        }
        self.of(&(7_u8, fields, rest, of_open))
    }

    fn unknown(&mut self, unknown: &Unknown) -> u128 {
        let Unknown { why, subject, origin, refers, candidates, derived } = unknown;
        let refers: &Option<Reference> = refers;
        let candidates: Vec<u128> = candidates.iter().map(|value| self.digest(value)).collect();
        self.of(&(8_u8, why, subject, origin, refers, candidates, derived))
    }
}
