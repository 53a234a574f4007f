//! What somebody may give without a free hand: fixed policies that it may attach, and permissions to those alone that are
//! within a boundary.

use std::sync::Arc;

use super::boundary::{BOUNDARY, only_but};
use super::judge::{Found, Judge};
use super::path::{Way, ways};
use super::world::World;
use super::worth::{Aim, Hold, One};
use crate::iam::access::{Access, Pattern, Wanted, named_of_aws};
use crate::iam::catalogue;
use crate::iam::condition::Test;
use crate::iam::facts::{Limit, Source};
use crate::iam::owner;
use crate::iam::watched::Bits;
use crate::value::{Unknown, Value, Why};

/// The key by which the policy is asked for that is attached.
pub(super) const POLICY: &str = "iam:policyarn";

/// The ways by which permissions are given to somebody that there is.
const GIVE: [&str; 6] = [
    "iam-attach-user-policy",
    "iam-attach-group-policy",
    "iam-attach-role-policy",
    "iam-put-user-policy",
    "iam-put-group-policy",
    "iam-put-role-policy",
];

/// The ways by which permissions boundaries are taken away or put in the place of others.
const REBIND: [&str; 2] = ["iam-drop-user-boundary", "iam-drop-role-boundary"];

/// Which conditions are taken for fulfilled, since what they ask for is looked at by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Assumed {
    /// Those on the policy that is attached.
    pub(super) policies: bool,
    /// Those on the permissions boundary.
    pub(super) boundary: Demanded,
}

/// Which permissions boundary is there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Demanded {
    #[default]
    Unsaid,
    /// Whichever is asked for.
    Any,
    /// The one of this document.
    Document(usize),
}

/// What is given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gives {
    /// Whatever whoever gives it writes.
    All,
    /// These documents.
    Policies(Vec<usize>),
    /// No more than what it holds, less what limits it.
    Less(Off),
    /// What it holds, within the permissions boundary of this document in the place of its own.
    Within(usize),
    /// What it holds once another one has changed its tags, by the number of that.
    Tagged(usize),
}

/// What is taken off somebody of what limits it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Off {
    /// The policies at these positions of what it holds.
    pub(super) policies: Vec<usize>,
    /// Its permissions boundary.
    pub(super) boundary: bool,
}

/// A grant by which permissions are given that are not free.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) way: usize,
    pub(super) hold: Hold,
    pub(super) gives: Gives,
    /// The boundaries of which whoever is given them has one; empty where none is asked for.
    pub(super) within: Vec<usize>,
    /// Why there may be more to give.
    pub(super) unknown: Option<Arc<Unknown>>,
}

/// The policies that a condition names.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    /// Their documents.
    pub(super) documents: Vec<usize>,
    /// Why there may be others.
    pub(super) unknown: Option<Arc<Unknown>>,
}

impl Change {
    /// The way by which, which leads nowhere but to what is given.
    pub(super) fn found(&self) -> Found {
        let hold = Hold { aim: Aim::Elsewhere, others: Vec::new(), unknown: None, ..self.hold.clone() };
        Found { way: self.way, holds: vec![hold], rewritten: None, left: None, is_bound: true }
    }

    /// Whether somebody is within one of the boundaries that are asked for.
    pub(super) fn is_for(&self, access: Access<'_, '_>, target: usize) -> bool {
        self.within.is_empty()
            || access.holding(target).is_some_and(|holding| match holding.boundary {
                Limit::Document(document) => self.within.contains(&access.facts.written(document)),
                _ => false,
            })
    }
}

/// The policies that the values of a condition mean.
pub(super) fn named_policies(access: Access<'_, '_>, world: &World, test: &Test) -> Named {
    let wildcards = test.kind().is_some_and(crate::iam::condition::Operator::has_wildcards);
    let mut named = Named { documents: Vec::new(), unknown: test.rest.clone() };
    for value in &test.values {
        let one = named_policy(access, world, value, wildcards);
        named.documents.extend(one.documents);
        named.unknown = named.unknown.or(one.unknown);
    }
    named.documents.sort_unstable();
    named.documents.dedup();
    named
}

fn named_policy(access: Access<'_, '_>, world: &World, value: &Value, wildcards: bool) -> Named {
    let is_pattern = wildcards && value.as_str().is_some_and(|text| text.contains(['*', '?']));
    let outside = |subject: String| Some(Arc::new(Unknown::new(Why::NotInTree, subject, value.origin)));
    if let Some(text) = value.as_str().filter(|text| text.contains(":iam::aws:policy/")) {
        let of_aws =
            if is_pattern { named_of_aws(text) } else { Some(catalogue::managed_policy(text).into_iter().collect()) };
        let Some(of_aws) = of_aws else {
            let limit = Unknown::new(Why::Limit, format!("what so many policies allow as `{text}`"), value.origin);
            return Named { documents: Vec::new(), unknown: Some(Arc::new(limit)) };
        };
        // AWS lets nobody attach what is for a role that a service makes for itself.
        let there = of_aws.iter().filter(|policy| !policy.is_service_linked());
        let documents = there.filter_map(|policy| access.facts.managed.get(policy.name).copied()).collect();
        let is_new = of_aws.is_empty() && !is_pattern && catalogue::withdrawn_policy(text).is_none();
        return Named { documents, unknown: is_new.then(|| outside(format!("AWS managed policy `{text}`"))).flatten() };
    }
    let pattern = Pattern::of(value, false);
    let documents = pattern.map(|pattern| world.matching("policy", &pattern).sure).unwrap_or_default();
    let open = documents.iter().find_map(|at| access.identity.policies.get(*at)?.document.rest.clone());
    let unknown = match value.as_str() {
        Some(text) if is_pattern && !(owner::names_one_policy(text) && documents.len() == 1) => {
            outside(format!("which policies there are like `{text}`"))
        }
        Some(text) if documents.is_empty() => outside(format!("policy `{text}`")),
        None if documents.is_empty() => value.first_unknown().cloned(),
        _ => open,
    };
    Named { documents, unknown }
}

impl One<'_, '_, '_> {
    /// Whether a test is taken for fulfilled.
    pub(super) fn is_assumed(&self, test: &Test) -> bool {
        match test.key.as_str() {
            POLICY => self.assumed.policies && test.is_positive(),
            BOUNDARY => match self.assumed.boundary {
                Demanded::Unsaid => false,
                Demanded::Any => true,
                Demanded::Document(document) => self
                    .world
                    .named(test, || named_policies(self.access, self.world, test))
                    .documents
                    .contains(&document),
            },
            _ => false,
        }
    }

    /// The policies that all the tests of the grant on a key leave; none where there is no such test.
    pub(super) fn left_by_tests(&self, key: &str) -> Option<Named> {
        let own = self.grant.tests.iter().copied().filter(|test| test.is_positive());
        let denied = self.grant.denials.iter().filter_map(|denial| only_but(denial, self.grant));
        let each = own.chain(denied).filter(|test| test.key == key);
        let named = |test: &Test| self.world.named(test, || named_policies(self.access, self.world, test));
        let each = each.map(|test| Named::clone(&named(test)));
        each.reduce(|mut one, other| {
            one.documents.retain(|document| other.documents.contains(document));
            one.unknown = one.unknown.or(other.unknown);
            one
        })
    }

    /// What the grant gives where it is not free in that.
    fn change(&self, way: usize) -> Option<Change> {
        let (policies, within) = (self.left_by_tests(POLICY), self.left_by_tests(BOUNDARY));
        if policies.is_none() && within.is_none() {
            return None;
        }
        if self.hold().is_some_and(|hold| hold.unknown.is_none()) {
            return None;
        }
        let assumed = Assumed { policies: policies.is_some(), boundary: Demanded::Any };
        let hold = One { assumed, ..self.clone() }.hold()?;
        let unknown = policies.as_ref().and_then(|named| named.unknown.clone());
        let unknown = unknown.or_else(|| hold.unknown.clone());
        let gives = policies.map_or(Gives::All, |named| Gives::Policies(named.documents));
        let is_bound = within.is_some();
        let within = within.map(|named| named.documents).unwrap_or_default();
        // Who is within a boundary that stands elsewhere is not known to be.
        (!is_bound || !within.is_empty()).then_some(Change { way, hold, gives, within, unknown })
    }

    /// The boundaries that the grant puts in the place of others, where it is not free in that.
    fn rebinds(&self, way: usize) -> Vec<Change> {
        let is_free = || self.hold().is_some_and(|hold| hold.unknown.is_none());
        let Some(named) = self.left_by_tests(BOUNDARY).filter(|_| !is_free()) else { return Vec::new() };
        let assumed = Assumed { policies: false, boundary: Demanded::Any };
        let Some(hold) = (One { assumed, ..self.clone() }).hold() else { return Vec::new() };
        let is_open = |document: &usize| match self.access.facts.source(*document) {
            Some(Source::Own(policy)) => {
                self.access.identity.policies.get(policy).is_none_or(|policy| policy.document.rest.is_some())
            }
            _ => false,
        };
        let change = |document: usize| {
            let (gives, within, unknown) = (Gives::Within(document), Vec::new(), hold.unknown.clone());
            Change { way, hold: hold.clone(), gives, within, unknown }
        };
        named.documents.into_iter().filter(|document| !is_open(document)).map(change).collect()
    }
}

impl Judge<'_, '_, '_> {
    /// What the principal may give without a free hand, of whom the actions are known that it may possibly hold.
    pub(super) fn changes(&mut self, bits: &Bits) -> Vec<Change> {
        let mut all = Vec::new();
        let changes = |way: &Way| GIVE.contains(&way.path.id.as_str()) || rebinds(way);
        for (at, way) in ways().iter().enumerate().filter(|(_, way)| changes(way)) {
            // Of a boundary that is taken away the one is asked for that is there.
            let is_one = |wanted: &&Wanted| !rebinds(way) || wanted.name.starts_with("iam:put");
            for wanted in way.entries.iter().flatten().filter(|wanted| wanted.is_in(bits)).filter(is_one) {
                let asks = |test: &Test| matches!(test.key.as_str(), POLICY | BOUNDARY);
                let is_asked = self.grants_of(wanted).grants.iter().any(|grant| {
                    grant.tests.iter().any(|test| asks(test))
                        || grant.denials.iter().any(|denial| denial.tests.iter().any(asks))
                });
                match rebinds(way) {
                    _ if !is_asked => {}
                    true => all.extend(self.each(way, wanted, |one| one.rebinds(at))),
                    false => all.extend(self.each(way, wanted, |one| one.change(at))),
                }
            }
        }
        all
    }
}

fn rebinds(way: &Way) -> bool {
    REBIND.contains(&way.path.id.as_str())
}

/// Whether some of these actions give permissions to somebody.
pub(super) fn gives(bits: &Bits) -> bool {
    let given = ways().iter().filter(|way| GIVE.contains(&way.path.id.as_str()));
    given.flat_map(|way| way.entries.iter().flatten()).any(|wanted| wanted.is_in(bits))
}
