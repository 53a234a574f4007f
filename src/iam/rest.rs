//! Why there may be more of a principal than what is known of it, and what that may be.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::existing::name_of_existing;
use super::identity::{Holder, Identity};
use crate::model::{KindInstance, Kinds};
use crate::value::{Unknown, Why};

/// Why there may be more than what is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    pub(super) attached: Option<Arc<Unknown>>,
    pub(super) inline: Option<Arc<Unknown>>,
    pub(super) memberships: Option<Arc<Unknown>>,
    pub(super) keys: Option<Arc<Unknown>>,
    pub(super) logins: Option<Arc<Unknown>>,
    /// There may be policies besides those that are tied to it perhaps, or to somebody of its kind.
    pub(super) other_policies: bool,
    /// The same of groups that it is a member of.
    pub(super) other_groups: bool,
}

impl Rest {
    /// Of who is made elsewhere, any of them: what else it holds is not written here.
    pub(super) fn of_existing(principal: &KindInstance<'_>) -> Rest {
        let Some(name) = name_of_existing(principal) else { return Rest::default() };
        let subject = format!("what else {} `{name}` holds", principal.row.kind);
        let unknown = Some(Arc::new(Unknown::new(Why::NotInTree, subject, principal.origin())));
        Rest {
            attached: unknown.clone(),
            inline: unknown.clone(),
            memberships: unknown,
            other_policies: true,
            other_groups: true,
            ..Rest::default()
        }
    }
}

/// What is tied to a principal by resources of which it is not known whether they exist, or whom they name.
#[derive(Clone, Debug, Default)]
pub(super) struct Perhaps {
    pub(super) attached: Vec<usize>,
    pub(super) inline: Vec<usize>,
    /// The groups that it is a member of; none of one that is no resource of the unit.
    pub(super) groups: Vec<Option<usize>>,
}

/// Why there may be more of something: of all principals of a kind where it is not known whose it is, else of some.
#[derive(Debug, Default)]
pub(super) struct Unresolved {
    kinds: BTreeMap<&'static str, Arc<Unknown>>,
    /// With whether there may be others than those that are known perhaps.
    principals: BTreeMap<usize, (Arc<Unknown>, bool)>,
}

impl Unresolved {
    pub(super) fn of_kind(&mut self, kind: &'static str, unknown: Arc<Unknown>) {
        self.kinds.insert(kind, unknown);
    }

    /// The kinds of which it may be anybody's.
    pub(super) fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.keys().copied()
    }

    /// What ties these may not exist.
    pub(super) fn of_holders(&mut self, holders: &[Holder], possible: &Arc<Unknown>) {
        let perhaps = holders.iter().filter_map(|holder| holder.perhaps);
        self.principals.extend(perhaps.map(|principal| (principal, (possible.clone(), false))));
    }

    /// A list of the groups that somebody is a member of, or of the members of a group, may go on.
    pub(super) fn of_members(&mut self, holders: &[Holder]) {
        for (mine, other) in [("user", "group"), ("group", "user")] {
            if let Some(unknown) = self.kinds.get(other).cloned() {
                self.of_others(holders.iter().filter(|holder| holder.kind == mine), &unknown);
            }
        }
    }

    /// These have others, too.
    pub(super) fn of_others<'h>(&mut self, holders: impl IntoIterator<Item = &'h Holder>, unknown: &Arc<Unknown>) {
        let named = holders.into_iter().filter_map(|holder| holder.principal.or(holder.perhaps));
        self.principals.extend(named.map(|principal| (principal, (unknown.clone(), true))));
    }

    /// The last reason stands for all.
    pub(super) fn add(&mut self, other: Unresolved) {
        self.kinds.extend(other.kinds);
        for (principal, (unknown, others)) in other.principals {
            let known = self.principals.entry(principal).or_insert_with(|| (unknown.clone(), others));
            *known = (unknown, known.1 || others);
        }
    }
}

impl Identity<'_> {
    /// Notes what may belong to any principal of a kind, or to one; not to those of whom a list says that it is all.
    pub(super) fn note_rest(
        &mut self,
        unresolved: &Unresolved,
        closed: &HashSet<usize>,
        note: fn(&mut Rest, Arc<Unknown>, bool),
    ) {
        let open = self.principals.iter_mut().enumerate().filter(|(index, _)| !closed.contains(index));
        for (index, principal) in open {
            if let Some(unknown) = unresolved.kinds.get(&*principal.instance.row.kind) {
                note(&mut principal.rest, unknown.clone(), true);
            } else if let Some((unknown, others)) = unresolved.principals.get(&index) {
                note(&mut principal.rest, unknown.clone(), *others);
            }
        }
    }

    /// Notes of whom a list of attachments that stands by itself may go on.
    pub(super) fn note_open_lists(&mut self) {
        let mut open = Unresolved::default();
        for list in self.of_kind("exclusive-list") {
            let rows = Kinds::built_in().rows(&list.resource.provider_type).iter();
            let mut rows = rows.filter(|row| matches!(&*row.kind, "attachment" | "customer-attachment"));
            if let Some(unknown) = rows.find_map(|row| row.rest(list.resource)) {
                let (holders, unresolved) = self.holders(list);
                open.add(unresolved);
                open.of_others(&holders, &unknown);
            }
        }
        self.note_rest(&open, &HashSet::new(), |rest, unknown, others| {
            rest.attached = Some(unknown);
            rest.other_policies |= others;
        });
    }
}
