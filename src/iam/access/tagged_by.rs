//! Whose tags somebody may change who is told apart by them: what that one then holds.

use std::collections::{BTreeMap, HashMap};

use super::Access;
use super::grant::{Grant, Wanted};
use super::tagging::{changers, permit};
use crate::iam::facts::{Facts, Holding, TaggedByOthers};
use crate::iam::identity::Identity;
use crate::iam::own_tags::{ByName, Doing, Permit, SelfTagging, are_let};
use crate::iam::requester::Requester;
use crate::source::Origin;
use crate::value::Truth;

/// No more pairs of one who changes tags and one who has them are looked at.
const MAX_PAIRS: usize = 100_000;

/// What somebody may make of the tags of another one that this one is told apart by.
struct Pair {
    by: usize,
    target: usize,
    tagging: SelfTagging,
}

impl<'i> Access<'i, '_> {
    /// The number of what a principal holds once another one has changed its tags, where that is something else.
    pub(in crate::iam) fn tagged_by(&self, by: usize, target: usize) -> Option<usize> {
        self.facts.tagged_by_others.pairs.get(&(by, target)).copied()
    }

    /// What somebody holds whose tags another one has changed, by its number.
    pub(in crate::iam) fn once_tagged_by_another(&self, at: usize) -> Option<&'i Holding> {
        self.facts.tagged_by_others.holdings.get(at)
    }

    /// Whether somebody may change tags of others that count.
    pub(in crate::iam) fn are_others_tagged(&self) -> bool {
        !self.facts.tagged_by_others.pairs.is_empty()
    }

    /// Whether it is not known what a principal holds whose tags another one may change: there are so many.
    pub(in crate::iam) fn is_tagging_cut(&self, by: usize, target: usize) -> bool {
        let is_cut = self.facts.tagged_by_others.cut.is_some_and(|first| by >= first);
        is_cut && by != target && self.tagged_by(by, target).is_none() && self.tags_by(by, target).is_some()
    }

    /// By what a principal changes the tags of another one: the action, in lower case, and the grant.
    pub(in crate::iam) fn tags_by(&self, by: usize, target: usize) -> Option<(&'static str, Grant<'i>)> {
        let kind = &*self.identity.principals.get(target)?.instance.row.kind;
        changers(kind)?.into_iter().find_map(|action| {
            let grants = self.reaching((by, target), &self.grants(by, &Wanted::new(action), None).grants).into_iter();
            Some((action, grants.min_by_key(|grant| grant.truth != Truth::True)?))
        })
    }

    /// Who may change whose tags, and the first of whom not everybody is looked at.
    fn find_taggers(&self) -> (Vec<Pair>, Option<usize>) {
        let principals = &self.identity.principals;
        let is_granted = |by: usize| {
            let held = self.holding(by).into_iter().flat_map(|holding| &holding.held);
            let mut documents = held.filter_map(|held| self.facts.document(self.identity, held.document));
            documents.any(|document| self.identity.document_is_admin(document, Origin::NONE).0 == Truth::True)
        };
        let mut targets: Option<Vec<(usize, BTreeMap<String, bool>)>> = None;
        let (mut found, mut left, mut cut) = (Vec::new(), MAX_PAIRS, None);
        for by in 0..principals.len() {
            let grants = ["user", "role"].map(|kind| {
                let granted = |action: &str| self.grants(by, &Wanted::new(action), None).grants;
                (kind, changers(kind).map(|both| both.map(granted)).unwrap_or_default())
            });
            if grants.iter().all(|(_, both)| both.iter().all(Vec::is_empty)) || is_granted(by) {
                continue;
            }
            let targets = targets.get_or_insert_with(|| {
                let all = (0..principals.len()).filter_map(|at| Some((at, self.tags_asked(self.holding(at)?))));
                all.filter(|(_, asked)| !asked.is_empty()).collect()
            });
            let requester = Requester::of(self.identity, Some(by));
            for (target, asked) in targets.iter().filter(|(target, _)| *target != by) {
                if left == 0 {
                    cut = cut.or(Some(by));
                    break;
                }
                let Some(one) = principals.get(*target) else { continue };
                let both = grants.iter().find(|(kind, _)| *kind == &*one.instance.row.kind);
                let Some((_, [sets, removes])) = both.filter(|_| self.are_together(by, *target)) else { continue };
                left -= 1;
                let permits = |grants: &[Grant<'i>]| -> Vec<Permit> {
                    self.reaching((by, *target), grants).iter().map(permit).collect()
                };
                let (sets, removes) = (permits(sets), permits(removes));
                let resource = Some(one.instance.resource);
                let changes = |name: &String| {
                    let is_let =
                        |permits: &[Permit], doing: Doing<'_>| are_let(permits, &requester, resource, name, doing);
                    (name.clone(), (is_let(&sets, Doing::Sets), is_let(&removes, Doing::Removes)))
                };
                let by_others: BTreeMap<_, _> = asked.keys().map(changes).collect();
                if by_others.values().any(|both| *both != (Truth::False, Truth::False)) {
                    let tagging = SelfTagging::by_others(asked.clone(), by_others);
                    found.push(Pair { by, target: *target, tagging });
                }
            }
        }
        (found, cut)
    }

    fn are_together(&self, one: usize, other: usize) -> bool {
        self.is_same_account(self.account_of(one), self.account_of(other))
    }
}

impl Facts {
    /// Gives each principal whose tags others may change the policies as they are for it then.
    pub(super) fn make_tagged_by_others(
        &mut self,
        identity: &Identity<'_>,
        mut make: impl FnMut(&mut Facts, &Requester<'_, '_>, &mut Holding),
    ) {
        let mut known: HashMap<(usize, ByName), Option<usize>> = HashMap::new();
        let (pairs, cut) = Access::of(identity, self).find_taggers();
        let mut tagged = TaggedByOthers { cut, ..TaggedByOthers::default() };
        for Pair { by, target, tagging } in pairs {
            let at = *known.entry((target, tagging.by_name())).or_insert_with(|| {
                let mut then = self.as_written(target)?;
                make(self, &Requester::of(identity, Some(target)).tagged_as(&tagging), &mut then);
                let is_other = self.holdings.get(target).is_some_and(|now| !now.has_documents_of(&then));
                is_other.then(|| {
                    tagged.holdings.push(then);
                    tagged.holdings.len() - 1
                })
            });
            if let Some(at) = at {
                tagged.pairs.insert((by, target), at);
            }
        }
        self.tagged_by_others = tagged;
    }
}
