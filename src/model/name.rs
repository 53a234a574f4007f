//! Names that several things share, and names that are not known as a whole.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Resource, Unit};
use crate::source::Origin;
use crate::value::{Data, Identity, Piece, Unknown, Value};

/// Longer names are not held against open ones: no service takes them.
const MAX_NAME_BYTES: usize = 1024;

/// So many open names with the same known ends are held against a name one by one.
const MAX_COMPARED: usize = 16;

/// Things that share a name. In one account there can only be one of them, so each module or nested stack means its own.
#[derive(Debug, Default)]
pub(super) struct Namesakes<'u> {
    all: Vec<usize>,
    /// By the module instance or nested stack that makes them; empty while there is only one thing.
    by_scope: HashMap<&'u str, Vec<usize>>,
}

impl<'u> Namesakes<'u> {
    /// One more thing of the name, by its position in the unit.
    pub(super) fn add(&mut self, index: usize, unit: &'u Unit) {
        let scope_of = |index: usize| unit.resources.get(index).map_or("", Resource::scope);
        if let [first] = self.all[..] {
            self.by_scope.entry(scope_of(first)).or_default().push(first);
        }
        if !self.all.is_empty() {
            self.by_scope.entry(scope_of(index)).or_default().push(index);
        }
        self.all.push(index);
    }

    /// Those that a user of the name means: of its own module, else of the nearest one around it, else any.
    pub(super) fn nearest(&self, user: Option<&Resource>) -> &[usize] {
        let Some(user) = user.filter(|_| self.all.len() > 1) else { return &self.all };
        user.scopes().find_map(|scope| self.by_scope.get(scope)).unwrap_or(&self.all)
    }
}

/// Names that are not known, or only in part.
#[derive(Debug, Default)]
pub(super) struct OpenNames<'u> {
    by_parts: HashMap<Vec<Part>, Namesakes<'u>>,
    by_ends: BTreeMap<(String, String), Vec<Value>>,
    prefix_lengths: BTreeSet<usize>,
    suffix_lengths: BTreeSet<usize>,
}

/// A part of a name: known text, or something that is the same unknown wherever it stands.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Part {
    Known(Arc<str>),
    Unknown(Identity),
}

/// The parts of a name; none where one of them is not the same as itself elsewhere.
fn parts(name: &Value) -> Option<Vec<Part>> {
    let Data::Text(text) = &name.data else { return None };
    let part = |piece: &Piece| match piece {
        Piece::Known(text, _) => Some(Part::Known(text.clone())),
        Piece::Hole(unknown, _) => unknown.identity().map(Part::Unknown),
    };
    text.pieces()?.iter().map(part).collect()
}

impl<'u> OpenNames<'u> {
    /// One more thing with such a name.
    pub(super) fn add(&mut self, index: usize, name: Value, unit: &'u Unit) {
        if let Some(parts) = parts(&name) {
            self.by_parts.entry(parts).or_default().add(index, unit);
        }
        let ends = (name.known_prefix().to_string(), name.known_suffix().to_string());
        self.prefix_lengths.insert(ends.0.len());
        self.suffix_lengths.insert(ends.1.len());
        let same_ends = self.by_ends.entry(ends).or_default();
        if same_ends.len() <= MAX_COMPARED {
            same_ends.push(name);
        }
    }

    /// The things whose name has the same known and unknown parts as a value.
    pub(super) fn same(&self, name: &Value) -> Option<&Namesakes<'u>> {
        self.by_parts.get(&parts(name)?)
    }

    /// Why it cannot be told whether one of the things has this name; none where no such thing can.
    pub(super) fn may_be(&self, name: &str) -> Option<Arc<Unknown>> {
        let wanted = Value::string(name, Origin::NONE);
        let fits = |names: &Vec<Value>| {
            names.len() > MAX_COMPARED || names.iter().any(|open| !open.equals(&wanted).is_false())
        };
        let reason = |names: &Vec<Value>| names.first().and_then(|name| name.first_unknown().cloned());
        if name.len() > MAX_NAME_BYTES {
            return self.by_ends.values().find_map(reason);
        }
        let ends = self
            .prefix_lengths
            .range(..=name.len())
            .flat_map(|prefix| self.suffix_lengths.range(..=name.len()).map(|suffix| (*prefix, name.len() - *suffix)));
        let known = ends.filter_map(|(prefix, suffix)| Some((name.get(..prefix)?, name.get(suffix..)?)));
        let mut candidates =
            known.filter_map(|(prefix, suffix)| self.by_ends.get(&(prefix.to_owned(), suffix.to_owned())));
        candidates.find(|names| fits(names)).and_then(reason)
    }
}
