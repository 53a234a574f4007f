//! What a permissions boundary, and denials of all resources but some, take of whatever else is granted.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::iam::Identity;
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::Action;
use crate::iam::document::{Document, Statement};
use crate::iam::facts::Limit;
use crate::value::{Truth, Unknown};

/// The actions that are not left on whole types of resources, for certain and possibly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) certain: ActionSet,
    pub(super) possible: ActionSet,
}

/// What has been found of permissions boundaries, by their document.
pub(super) type Ceilings = HashMap<usize, Arc<Taken>>;

impl Taken {
    /// Everything may be taken: the ceiling is not known.
    fn perhaps_all() -> Taken {
        Taken { certain: ActionSet::empty(), possible: ActionSet::all() }
    }

    /// Takes more, for certain.
    pub(super) fn add(&mut self, set: &ActionSet) {
        self.certain.add(set);
        self.possible.add(set);
    }

    /// What a permissions boundary takes: all that it does not allow on whole types of resources, and what it denies.
    fn by_boundary(document: &Document) -> Taken {
        let (mut certain, mut possible) = (ActionSet::empty(), ActionSet::empty());
        for statement in document.statements.iter().filter(|statement| statement.allows() != Truth::False) {
            let confined = statement.confined();
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
        let mut taken = Taken { certain: possible.complement(), possible: certain.complement() };
        taken.add(&document.denied());
        taken.add(&denied_but_for_some(document));
        taken
    }
}

/// What a document denies on all resources but some that it names: of whole types nothing is left.
pub(super) fn denied_but_for_some(document: &Document) -> ActionSet {
    let mut denied = ActionSet::empty();
    let denials = document.statements.iter().filter(|statement| statement.always_denies());
    for statement in denials.filter(|statement| statement.not_resources.is_some()) {
        let spared = Statement {
            resources: statement.not_resources.clone(),
            not_resources: None,
            admin: OnceLock::new(),
            reach: OnceLock::new(),
            watched: OnceLock::new(),
            denial: OnceLock::new(),
            ..statement.clone()
        };
        let actions = &statement.actions_reached().certain;
        let spares = |action: &&Action| spared.reaches_whole(action) != Truth::False;
        actions.iter().filter(|action| !spares(action)).for_each(|action| denied.insert(action));
    }
    denied
}

/// What a permissions boundary allows on no resource at all.
fn beyond(document: &Document) -> ActionSet {
    let mut allowed = ActionSet::empty();
    let allows = |statement: &&Statement| statement.allows() != Truth::False && !statement.never_matches(None);
    document.statements.iter().filter(allows).for_each(|one| allowed.add(&one.actions_reached().possible));
    let mut beyond = allowed.complement();
    beyond.add(&document.denied());
    beyond
}

impl Identity<'_> {
    /// What the permissions boundary of a principal allows on no resource; none without a boundary, or with one that is not
    /// known.
    pub(super) fn beyond_boundary(
        &self,
        principal: usize,
        known: &mut HashMap<usize, Arc<ActionSet>>,
    ) -> Option<Arc<ActionSet>> {
        let access = self.access();
        let Limit::Document(at) = &access.facts.holdings.get(principal)?.boundary else { return None };
        let document = access.document(*at)?;
        Some(known.entry(*at).or_insert_with(|| Arc::new(beyond(document))).clone())
    }

    /// What the permissions boundary of a principal takes, and why that cannot be told; none without a boundary.
    pub(super) fn taken_by_boundary(
        &self,
        principal: usize,
        known: &mut Ceilings,
    ) -> Option<(Arc<Taken>, Option<Arc<Unknown>>)> {
        let access = self.access();
        match &access.facts.holdings.get(principal)?.boundary {
            Limit::None => None,
            Limit::Unknown(unknown) => Some((Arc::new(Taken::perhaps_all()), Some(unknown.clone()))),
            Limit::Document(at) => {
                let document = access.document(*at)?;
                let unknown =
                    || document.statements.iter().find_map(|statement| statement.value.first_unknown().cloned());
                let taken = known.entry(*at).or_insert_with(|| Arc::new(Taken::by_boundary(document))).clone();
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
