//! What a permissions boundary takes of whatever else is granted.

use std::collections::HashMap;
use std::sync::Arc;

use crate::iam::Identity;
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::Action;
use crate::iam::document::Document;
use crate::iam::facts::Limit;
use crate::iam::taken::Taken;
use crate::value::{Truth, Unknown};

/// What is not left to a holder, for certain and possibly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ceiling {
    pub(super) certain: Taken,
    pub(super) possible: Taken,
}

/// What has been found of permissions boundaries, by their document.
pub(super) type Ceilings = HashMap<usize, Arc<Ceiling>>;

impl Ceiling {
    /// Everything may be taken: the ceiling is not known.
    fn perhaps_all() -> Ceiling {
        Ceiling { certain: Taken::default(), possible: Taken::wholly(ActionSet::all()) }
    }

    /// What a permissions boundary takes: all that it does not allow on whole types of resources, and what it denies.
    fn by_boundary(document: &Document) -> Ceiling {
        let (mut certain, mut possible) = (ActionSet::empty(), ActionSet::empty());
        for statement in document.statements.iter().filter(|statement| statement.allows() != Truth::False) {
            let confined = statement.tied();
            if confined == Truth::True || statement.never_matches(None) {
                continue;
            }
            let actions = statement.actions_reached();
            let wide = |action: &Action| match statement.not_resources {
                // Some are left out, and the others are there.
                Some(_) => statement.reaches_any(action),
                None => statement.reaches_whole(action),
            };
            let every = statement.on_every_resource().truth.is_true();
            let is_sure = confined == Truth::False && statement.allows().is_true();
            if every {
                possible.add(&actions.possible);
                if is_sure {
                    certain.add(&actions.certain);
                }
                continue;
            }
            for action in actions.possible.iter() {
                match wide(action) {
                    Truth::False => continue,
                    Truth::True if is_sure && actions.certain.contains(action) => certain.insert(action),
                    _ => {}
                }
                possible.insert(action);
            }
        }
        let [certain, possible] = [possible, certain].map(|allowed| Taken::wholly(allowed.complement()));
        let mut ceiling = Ceiling { certain, possible };
        ceiling.certain.add(document.taken());
        ceiling.possible.add(document.possibly_taken());
        ceiling
    }
}

impl Identity<'_> {
    /// What a ceiling takes, by the number of its document.
    pub(super) fn taken_by(&self, at: usize, document: &Document, known: &mut Ceilings) -> Arc<Ceiling> {
        known.entry(at).or_insert_with(|| Arc::new(Ceiling::by_boundary(document))).clone()
    }

    /// What the permissions boundary of a principal takes, and why that cannot be told; none without a boundary.
    pub(super) fn taken_by_boundary(
        &self,
        principal: usize,
        known: &mut Ceilings,
    ) -> Option<(Arc<Ceiling>, Option<Arc<Unknown>>)> {
        let access = self.access();
        match &access.facts.holdings.get(principal)?.boundary {
            Limit::None => None,
            Limit::Unknown(unknown) => Some((Arc::new(Ceiling::perhaps_all()), Some(unknown.clone()))),
            Limit::Document(at) => {
                let document = access.document(*at)?;
                let unknown =
                    || document.statements.iter().find_map(|statement| statement.value.first_unknown().cloned());
                let taken = self.taken_by(*at, document, known);
                let open = (taken.certain != taken.possible).then(unknown).flatten();
                Some((taken, open))
            }
        }
    }
}

/// Whether the better part of some actions is left.
pub(super) fn most_is_left(actions: &ActionSet, taken: &ActionSet) -> bool {
    !actions.is_empty() && actions.without(taken).len() * 2 >= actions.len()
}
