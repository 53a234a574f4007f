//! Which resources belong to the same thing, such as the policy and the public-access block of one bucket.

use std::collections::HashMap;
use std::sync::Arc;

use super::identity::Identity;
use crate::model::{KindInstance, KindRow, Kinds, Mode, Resolution};
use crate::value::{Data, Identity as Sameness, Piece, Unknown, Value};

/// A value that refers to an attribute that refers to another is followed so far.
const MAX_STEPS: usize = 8;

/// What a value of the configuration means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// A resource of the unit.
    Resource(usize),
    /// Something that stands elsewhere, by its name.
    Name(Arc<str>),
    /// Something whose name is not known, but is the same wherever it stands.
    Open(Vec<Part>),
    /// Something of which nothing is known.
    Unknown,
}

/// A part of a name that is not known as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Known(Arc<str>),
    Same(Sameness),
}

/// The instances of a kind, by what they belong to.
#[derive(Debug)]
pub(super) struct Ties {
    by: HashMap<Target, Vec<usize>>,
    /// Those of which it is not known what they belong to.
    open: Vec<usize>,
    count: usize,
}

impl Target {
    /// Whether it may be another thing than it looks.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Target::Open(_) | Target::Unknown)
    }
}

impl Ties {
    /// The instances that belong to something for certain.
    pub(super) fn of(&self, target: &Target) -> &[usize] {
        match target {
            Target::Unknown => &[],
            known => self.by.get(known).map_or(&[], Vec::as_slice),
        }
    }

    /// The first instance that may belong to something and fulfils a test. What belongs to it for certain may be among them.
    pub(super) fn possible(&self, target: &Target, test: impl Fn(usize) -> bool) -> Option<usize> {
        match target.is_open() {
            true => (0..self.count).find(|at| test(*at)),
            false => self.open.iter().copied().find(|at| test(*at)),
        }
    }
}

impl Identity<'_> {
    /// The instances of a kind by what the field `on` of each means, as one of these kinds.
    pub(super) fn ties(&self, kind: &str, of: &[&str]) -> Ties {
        let mut ties = Ties { by: HashMap::new(), open: Vec::new(), count: self.of_kind(kind).len() };
        for (at, instance) in self.of_kind(kind).iter().enumerate() {
            let on = self.field(instance, "on");
            if on.is_null() {
                continue;
            }
            for value in on.elements() {
                let target = self.target(value, of, instance.index);
                if target.is_open() {
                    ties.open.push(at);
                }
                ties.by.entry(target).or_default().push(at);
            }
        }
        ties
    }

    /// What a value means that the resource at `user` holds: a thing of one of these kinds.
    pub(super) fn target(&self, value: &Value, kinds: &[&str], user: usize) -> Target {
        self.target_within(value, kinds, user, MAX_STEPS)
    }

    fn target_within(&self, value: &Value, kinds: &[&str], user: usize, steps: usize) -> Target {
        if let Data::Unknown(unknown) = &value.data
            && let Some(reference) = &unknown.refers
            && let Some(index) = self.relations.at(&reference.address)
            && let Some(resource) = self.unit.resources.get(index)
        {
            // What is looked up is what it is looked up by; an attribute of another thing is what that one says.
            let is_it = kinds.iter().any(|kind| self.row_of(kind, index).is_some());
            let looked_up = ["bucket", "name", "domain_name", "function_name"].into_iter();
            let says = match (resource.mode, is_it) {
                (Mode::Data, _) => looked_up.filter_map(|name| resource.attributes.get(name)).next(),
                (_, true) => None,
                (_, false) => resource.attributes.get(&reference.attribute),
            };
            return match says.filter(|says| !says.is_null() && steps > 0) {
                Some(says) => self.target_within(says, kinds, index, steps - 1),
                None => Target::Resource(index),
            };
        }
        // The ARN of a bucket is its name with a beginning that is always the same.
        let text = value.as_str().map(|text| text.split_once(":::").map_or(text, |(_, name)| name));
        let value = match text {
            Some(name) => &Value::string(name, value.origin),
            None => value,
        };
        for kind in kinds {
            match self.relations.resolve(value, kind, user) {
                Resolution::Resources(found) => match found.as_ref() {
                    [one] => return Target::Resource(*one),
                    _ => return Target::Unknown,
                },
                Resolution::Unknown(_) => return open(value),
                Resolution::Outside(_) => {}
            }
        }
        value.as_str().map_or_else(|| open(value), |name| Target::Name(name.into()))
    }

    /// What a resource of the unit is, as one of a kind.
    pub(super) fn instance_at(&self, kind: &str, target: &Target) -> Option<KindInstance<'_>> {
        let Target::Resource(index) = *target else { return None };
        let row = self.row_of(kind, index)?;
        Some(KindInstance { row, index, resource: self.unit.resources.get(index)?, element: None })
    }

    fn row_of(&self, kind: &str, index: usize) -> Option<&'static KindRow> {
        let provider_type = &self.unit.resources.get(index)?.provider_type;
        Kinds::built_in().rows(provider_type).iter().find(|row| &*row.kind == kind)
    }
}

fn open(value: &Value) -> Target {
    let part = |piece: &Piece| match piece {
        Piece::Known(text, _) => Some(Part::Known(text.clone())),
        Piece::Hole(unknown, _) => same(unknown),
    };
    let parts = match &value.data {
        Data::Unknown(unknown) => same(unknown).map(|same| vec![same]),
        _ => value.to_pieces().and_then(|pieces| pieces.iter().map(part).collect()),
    };
    parts.map_or(Target::Unknown, Target::Open)
}

fn same(unknown: &Arc<Unknown>) -> Option<Part> {
    unknown.identity().map(Part::Same)
}
