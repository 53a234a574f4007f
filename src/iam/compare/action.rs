//! The actions that statements tell apart.

use std::collections::BTreeMap;

use crate::iam::catalogue::Action;
use crate::iam::document::Statement;
use crate::value::Truth;

/// Actions that all statements name alike.
#[derive(Debug)]
pub(super) struct Atom {
    /// For each statement whether it names them.
    pub(super) named: Vec<Truth>,
    /// Those of the catalogue; none where it is one that AWS may have one day.
    pub(super) known: Vec<&'static Action>,
    /// One of them.
    pub(super) name: String,
}

/// Actions of an atom for which AWS asks about the same resources with the same keys.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) known: Vec<&'static Action>,
    pub(super) name: String,
}

/// The atoms of the catalogue's actions that some of the `wanted` statements may name, those with the most far-reaching
/// actions first.
pub(super) fn atoms(statements: &[&Statement], wanted: &[bool]) -> Vec<Atom> {
    let reached: Vec<_> = statements.iter().map(|statement| statement.actions_reached()).collect();
    let mut all =
        catalogue_set(reached.iter().zip(wanted).filter(|(_, wanted)| **wanted).map(|(one, _)| &one.possible));
    let mut atoms: BTreeMap<Vec<u8>, Vec<&'static Action>> = BTreeMap::new();
    for action in all.drain(..) {
        let named =
            reached.iter().map(|one| u8::from(one.certain.contains(action)) + u8::from(one.possible.contains(action)));
        atoms.entry(named.collect()).or_default().push(action);
    }
    let truth = |named: u8| match named {
        0 => Truth::False,
        1 => Truth::Unknown,
        _ => Truth::True,
    };
    let mut atoms: Vec<Atom> = atoms
        .into_iter()
        .map(|(named, mut known)| {
            known.sort_by_key(|action| (std::cmp::Reverse(action.level), action.id));
            let name = known.first().map(|action| action.full_name()).unwrap_or_default();
            Atom { named: named.into_iter().map(truth).collect(), known, name }
        })
        .collect();
    atoms.sort_by_key(|atom| atom.known.first().map(|action| (std::cmp::Reverse(action.level), action.id)));
    atoms
}

fn catalogue_set<'s>(sets: impl Iterator<Item = &'s crate::iam::action_set::ActionSet>) -> Vec<&'static Action> {
    let mut all = crate::iam::action_set::ActionSet::empty();
    sets.for_each(|set| all.add(set));
    all.iter().collect()
}

impl Atom {
    /// Its actions by the resources and the condition keys that requests for them have, of those keys that are tested.
    pub(super) fn groups(&self, statements: &[&Statement]) -> Vec<Group> {
        if self.known.is_empty() {
            return vec![Group { known: Vec::new(), name: self.name.clone() }];
        }
        let mut keys = BTreeMap::new();
        let alive = statements.iter().zip(&self.named).filter(|(_, named)| **named != Truth::False);
        for test in alive.flat_map(|(one, _)| &one.tests) {
            keys.entry(&test.key).or_insert(test);
        }
        type Like = (Option<&'static str>, &'static str, Vec<bool>);
        let (mut groups, mut places): (Vec<Group>, BTreeMap<Like, usize>) = (Vec::new(), BTreeMap::new());
        let mut carried_by: BTreeMap<(&str, &str, &str), Vec<bool>> = BTreeMap::new();
        for action in &self.known {
            let (types, tokens) = action.asked_about();
            let carried = carried_by
                .entry((action.service, types, tokens))
                .or_insert_with(|| keys.values().map(|test| test.may_be_present_for(action)).collect());
            let service = action.has_resource_types().then_some(action.service);
            let at = *places.entry((service, types, carried.clone())).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.known.push(action),
                None => groups.push(Group { known: vec![action], name: action.full_name() }),
            }
        }
        groups
    }
}
