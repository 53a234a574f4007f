//! The grants of one action that a principal has once denials and ceilings have had their say.

use std::sync::Arc;

use super::Access;
use super::control::is_under_resource_controls;
use super::denied::{Denial, denied};
use super::exhaust::Together;
use super::extent::{Extent, Pattern};
use super::named::{names_action, watch};
use super::reference::reaches_some;
use super::spelled::extent_for;
use crate::iam::catalogue::{self, Action, ResourceType};
use crate::iam::condition::{Normal, Test};
use crate::iam::coverage::Whose;
use crate::iam::document::Statement;
use crate::iam::facts::{Held, Holding, Limit};
use crate::iam::glob::Glob;
use crate::iam::watched::Bits;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

/// An action that is asked for.
#[derive(Clone, Debug)]
pub(in crate::iam) struct Wanted {
    /// In lower case.
    pub(in crate::iam) name: String,
    /// The action, where the catalogue has it.
    pub(in crate::iam) action: Option<&'static Action>,
    bit: Option<usize>,
    /// It is asked for on what is in the account of whoever does it.
    is_at_home: bool,
}

impl Wanted {
    pub(in crate::iam) fn new(name: &str) -> Wanted {
        let name = name.to_ascii_lowercase();
        let action = catalogue::action(&name);
        let is_at_home = action.is_some_and(|action| action.service == "iam");
        Wanted { action, bit: watch().bit(&name), name, is_at_home }
    }

    pub(super) fn of(action: &'static Action) -> Wanted {
        let name = action.full_name().to_ascii_lowercase();
        Wanted { action: Some(action), bit: watch().bit(&name), name, is_at_home: action.service == "iam" }
    }

    /// On what is in the account of whoever does it.
    pub(in crate::iam) fn at_home(name: &str) -> Wanted {
        Wanted { is_at_home: true, ..Wanted::new(name) }
    }

    pub(super) fn is_at_home(&self) -> bool {
        self.is_at_home
    }

    /// Whether it is one of these.
    pub(in crate::iam) fn is_in(&self, bits: &Bits) -> bool {
        self.bit.is_some_and(|bit| bits.has(bit))
    }
}

/// What lets a principal do an action.
#[derive(Clone, Debug)]
pub(in crate::iam) struct Grant<'f> {
    pub(in crate::iam) held: Held,
    pub(in crate::iam) statement: &'f Statement,
    /// Whether it is certain that it grants, once its conditions are fulfilled.
    pub(in crate::iam) truth: Truth,
    pub(in crate::iam) extent: Extent,
    /// The tests that a request must pass, of the statement and of the ceiling.
    pub(in crate::iam) tests: Vec<&'f Test>,
    /// Some requests are denied: under a condition, or on some resources.
    pub(in crate::iam) carved: bool,
    /// The statements that deny them.
    pub(in crate::iam) denials: Vec<&'f Statement>,
    /// Those that take out a part of its resources, whatever the request.
    pub(in crate::iam) exceptions: Vec<&'f Statement>,
    /// Why it is not certain.
    pub(in crate::iam) unknown: Option<Arc<Unknown>>,
}

/// All grants of an action, and what stands against it.
#[derive(Debug, Default)]
pub(in crate::iam) struct Grants<'f> {
    pub(in crate::iam) grants: Vec<Grant<'f>>,
    /// The statement that denies, where something would be granted otherwise, and what sort it is.
    pub(in crate::iam) denied: Option<(Origin, &'static str)>,
}

/// So many pairs of a grant and a denial are looked at for one action: no principal that AWS takes has as many.
const MAX_PAIRS: usize = 40_000;

/// How the conditions of a statement come out for an action.
pub(super) fn conditions<'f>(statement: &'f Statement, action: Option<&'static Action>) -> Option<Vec<&'f Test>> {
    if statement.tests.is_empty() {
        return Some(Vec::new());
    }
    if statement.never_matches(action) {
        return None;
    }
    let normal = |test: &Test| action.map_or_else(|| test.normal(), |action| test.normal_for(action));
    Some(statement.tests.iter().filter(|test| normal(test) != Normal::Always).collect())
}

pub(super) fn reason(statement: &Statement, extent: &Extent) -> Option<Arc<Unknown>> {
    let elements = [&statement.actions, &statement.not_actions].into_iter().flatten();
    let of_actions = elements.clone().find_map(|e| e.items.iter().find_map(|item| item.first_unknown().cloned()));
    statement
        .effect
        .first_unknown()
        .cloned()
        .or(of_actions)
        .or_else(|| elements.clone().find_map(|e| e.rest.clone()))
        .or_else(|| statement.more_tests.clone())
        .or_else(|| extent.unknown().cloned())
}

impl<'i> Access<'i, '_> {
    /// The watched actions that statements of the principal may allow; none where it holds nothing.
    pub(in crate::iam) fn watched(&self, principal: usize) -> Option<Bits> {
        let holding = self.holding(principal).filter(|holding| !holding.held.is_empty())?;
        let mut bits = Bits::default();
        holding.held.iter().for_each(|held| bits.add(&self.watched_of(held.document)));
        Some(bits)
    }

    /// The watched actions that statements of a document may allow.
    pub(super) fn watched_of(&self, document: usize) -> Bits {
        let mut bits = Bits::default();
        let statements = self.document(document).map_or(&[][..], |document| &document.statements);
        let names = self.facts.names.get(document).map_or(&[][..], Vec::as_slice);
        let allowing = statements.iter().zip(names).filter(|(s, _)| s.allows() != Truth::False);
        allowing.for_each(|(_, names)| bits.add(&names.possible));
        bits
    }

    /// The statements of a document that name an action, with how certain that is.
    pub(super) fn naming(
        &self,
        document: usize,
        wanted: &Wanted,
    ) -> impl Iterator<Item = (&'i Statement, Truth)> + use<'i> {
        let facts = self.facts;
        let statements = self.document(document).map_or(&[][..], |d| d.statements.as_slice());
        let names = facts.names.get(document).map_or(&[][..], Vec::as_slice);
        let (bit, name) = (wanted.bit, wanted.name.clone());
        statements.iter().enumerate().filter_map(move |(at, statement)| {
            let truth = match (bit, names.get(at)) {
                (Some(bit), Some(names)) if names.certain.has(bit) => Truth::True,
                (Some(bit), Some(names)) if names.possible.has(bit) => Truth::Unknown,
                (Some(_), Some(_)) => Truth::False,
                _ => names_action(statement, &name),
            };
            (truth != Truth::False).then_some((statement, truth))
        })
    }

    /// The grants of an action; where a resource is given, those that reach it.
    pub(in crate::iam) fn grants(&self, principal: usize, wanted: &Wanted, resource: Option<&Glob>) -> Grants<'i> {
        self.holding(principal).map(|holding| self.grants_of(holding, wanted, resource)).unwrap_or_default()
    }

    /// As [`Access::grants`], of what somebody holds.
    pub(in crate::iam) fn grants_of(&self, holding: &Holding, wanted: &Wanted, resource: Option<&Glob>) -> Grants<'i> {
        let (grants, mut denials) = self.said(holding, wanted, resource);
        if grants.is_empty() {
            let denied = denials.first().map(|denial| (denial.statement.value.origin, denial.kind));
            return Grants { grants, denied };
        }
        denials.extend(self.ceiling_denials(holding, wanted, resource));
        self.settle(grants, &denials, holding, &holding.boundary, (wanted, resource))
    }

    /// What the policies that somebody holds allow and deny of an action.
    pub(super) fn said(
        &self,
        holding: &Holding,
        wanted: &Wanted,
        resource: Option<&Glob>,
    ) -> (Vec<Grant<'i>>, Vec<Denial<'i>>) {
        let star = Glob::literal("*");
        // Requests for what cannot be confined are for `*`.
        let unconfined = wanted.action.is_some_and(|action| !action.has_resource_types());
        let resource = if unconfined { resource.map(|_| &star) } else { resource };
        let (mut grants, mut denials) = (Vec::new(), Vec::new());
        denials.extend(self.denied_perhaps(holding, wanted, resource));
        for held in &holding.held {
            for (statement, named) in self.naming(held.document, wanted) {
                let Some(tests) = self.conditions_of(holding, statement, wanted, resource) else { continue };
                let allows = statement.allows();
                let (reached, extent, unknown) = self.extent_asked(holding, statement, resource);
                let truth = named.and(reached);
                if truth == Truth::False {
                    continue;
                }
                let denies = statement.denies();
                if denies != Truth::False {
                    let truth = truth.and(denies);
                    let conditional = !tests.is_empty() || statement.more_tests.is_some();
                    let extent = extent.clone();
                    let unknown = unknown.clone();
                    denials.push(Denial {
                        statement,
                        truth,
                        extent,
                        tests: tests.clone(),
                        conditional,
                        of_sessions: false,
                        kind: "denied",
                        unknown,
                    });
                }
                if allows != Truth::False && !extent.is_empty() && (resource.is_some() || reaches(statement, wanted)) {
                    let truth = if statement.more_tests.is_some() { Truth::Unknown } else { truth };
                    let truth = truth.and(allows);
                    grants.push(Grant {
                        held: *held,
                        statement,
                        truth,
                        extent,
                        tests,
                        carved: false,
                        denials: Vec::new(),
                        exceptions: Vec::new(),
                        unknown,
                    });
                }
            }
        }
        (grants, denials)
    }

    /// What policies deny of an action that somebody perhaps holds.
    fn denied_perhaps(&self, holding: &Holding, wanted: &Wanted, resource: Option<&Glob>) -> Vec<Denial<'i>> {
        let mut denials = Vec::new();
        let documents = holding.perhaps.iter().flatten().filter(|_| holding.incomplete.is_some());
        for (statement, named) in documents.flat_map(|document| self.naming(*document, wanted)) {
            if statement.denies() == Truth::False {
                continue;
            }
            let Some(tests) = self.conditions_of(holding, statement, wanted, resource) else { continue };
            let (reached, extent, _) = self.extent_asked(holding, statement, resource);
            if named.and(reached) == Truth::False {
                continue;
            }
            let conditional = !tests.is_empty() || statement.more_tests.is_some();
            let (truth, unknown) = (Truth::Unknown, holding.incomplete.clone());
            denials.push(Denial {
                statement,
                truth,
                extent,
                tests,
                conditional,
                of_sessions: false,
                kind: "denied",
                unknown,
            });
        }
        denials
    }

    /// Whether a statement of somebody takes in the resource that is asked for, with the resources and why they are not
    /// known.
    fn extent_asked(
        &self,
        holding: &Holding,
        statement: &Statement,
        resource: Option<&Glob>,
    ) -> (Truth, Extent, Option<Arc<Unknown>>) {
        let mut extent = extent_for(self.identity, statement, resource, holding.user.as_deref());
        let mut doubt = None;
        let mut reaches = Truth::True;
        if let Some(resource) = resource {
            let (truth, only) = extent.only(resource);
            doubt = Some(truth).filter(|truth| *truth == Truth::Unknown).and_then(|_| extent.doubt(resource));
            (reaches, extent) = (truth, only);
        }
        let unknown = reason(statement, &extent).or(doubt);
        (reaches, extent, unknown)
    }

    /// What denials and ceilings leave of the grants of somebody, of whom a boundary may not hold.
    pub(super) fn settle(
        &self,
        grants: Vec<Grant<'i>>,
        denials: &[Denial<'i>],
        holding: &Holding,
        boundary: &Limit,
        (wanted, resource): (&Wanted, Option<&Glob>),
    ) -> Grants<'i> {
        let mut all = Grants::default();
        let most = MAX_PAIRS / grants.len().max(1);
        let (denials, further) = denials.split_at_checked(most).unwrap_or((denials, &[]));
        let limit = further.first().map(|first| {
            let subject = "whether so many denials leave anything";
            Arc::new(Unknown::new(Why::Limit, subject, first.statement.value.origin))
        });
        let denials = (denials, &Together::of(denials));
        let own_accounts = self.identity.accounts.ids(holding.account);
        let whose = if wanted.is_at_home { Whose::Own(own_accounts) } else { Whose::Anybodys(own_accounts) };
        for grant in grants {
            let left = denied(grant, denials, wanted.action, whose).map(|mut parts| {
                for part in &mut parts {
                    limit.iter().for_each(|limit| part.doubt(limit));
                }
                parts
            });
            match left {
                Ok(parts) => all.grants.extend(parts),
                Err(by) => all.denied = all.denied.or(Some(by)),
            }
        }
        self.bound(holding, boundary, (wanted, resource), &mut all);
        // What a ceiling leaves may be just what is denied, or nothing.
        let has_lists = self.facts.controls.lists_over(holding.account).next().is_some();
        let has_ceiling = !matches!(boundary, Limit::None) || has_lists;
        if has_ceiling {
            for grant in std::mem::take(&mut all.grants) {
                if contradict(&grant.tests) {
                    all.denied = all.denied.or(Some((grant.statement.value.origin, "not left by the ceiling")));
                    continue;
                }
                match denied(grant, denials, wanted.action, whose) {
                    Ok(parts) => all.grants.extend(parts),
                    Err(by) => all.denied = all.denied.or(Some(by)),
                }
            }
        }
        all
    }

    /// What the permissions boundary of somebody and the policies of the organization deny of an action.
    pub(super) fn ceiling_denials(
        &self,
        holding: &Holding,
        wanted: &Wanted,
        resource: Option<&Glob>,
    ) -> Vec<Denial<'i>> {
        let mut denials = Vec::new();
        let mut add = |document: usize, applies: Truth, kind: &'static str, unknown: Option<&Arc<Unknown>>| {
            for (statement, named) in self.naming(document, wanted) {
                let Some(tests) = self.conditions_of(holding, statement, wanted, resource) else { continue };
                let mut truth = named.and(applies).and(statement.denies());
                if truth == Truth::False {
                    continue;
                }
                let (reaches, extent, doubt) = self.extent_asked(holding, statement, resource);
                truth = truth.and(reaches);
                if truth != Truth::False {
                    let conditional = !tests.is_empty() || statement.more_tests.is_some();
                    let unknown = unknown.cloned().or(doubt);
                    let of_sessions = false;
                    denials.push(Denial { statement, truth, extent, tests, conditional, of_sessions, kind, unknown });
                }
            }
        };
        if let Limit::Document(document) = &holding.boundary {
            add(*document, Truth::True, "denied by the permissions boundary", None);
        }
        let has_controls = wanted.action.is_some_and(is_under_resource_controls);
        let controls = self.facts.controls.over(holding.account);
        for control in controls.filter(|control| has_controls || !control.of_resources) {
            add(holding.control(control.document), control.applies, control.kind(), control.unknown.as_ref());
        }
        denials
    }

    /// Cuts the grants down to what the boundary allows, and every level of the organization.
    fn bound(
        &self,
        holding: &Holding,
        boundary: &Limit,
        (wanted, resource): (&Wanted, Option<&Glob>),
        all: &mut Grants<'i>,
    ) {
        let allowing = |documents: &[usize]| self.allowing(holding, documents, wanted, resource);
        match boundary {
            Limit::None => {}
            Limit::Unknown(unknown) => {
                for grant in &mut all.grants {
                    grant.doubt(unknown);
                }
            }
            Limit::Document(document) => {
                let place = self.document(*document);
                let place = place.and_then(|d| d.statements.first()).map_or(Origin::NONE, |s| s.value.origin);
                cut(&allowing(&[*document]), wanted, all, (place, "not allowed by the permissions boundary"));
            }
        }
        for list in self.facts.controls.lists_over(holding.account) {
            let documents: Vec<usize> = list.documents.iter().map(|document| holding.control(*document)).collect();
            match &list.unknown {
                None => {
                    let denied = (list.origin, "not allowed by service control policies");
                    cut(&allowing(&documents), wanted, all, denied);
                }
                Some(unknown) => {
                    let allowing = allowing(&documents);
                    for grant in all.grants.iter_mut().filter(|grant| !allowing.iter().any(|one| one.leaves(grant))) {
                        grant.doubt(unknown);
                    }
                }
            }
        }
    }

    /// The statements of ceilings that allow an action.
    fn allowing(
        &self,
        holding: &Holding,
        documents: &[usize],
        wanted: &Wanted,
        resource: Option<&Glob>,
    ) -> Vec<Allowing<'i>> {
        let statements = documents.iter().flat_map(|document| self.naming(*document, wanted));
        statements
            .filter(|(statement, _)| statement.allows() != Truth::False)
            .filter_map(|(statement, named)| {
                let tests = self.conditions_of(holding, statement, wanted, resource)?;
                let truth = named.and(statement.allows());
                let truth = if statement.more_tests.is_some() { truth.and(Truth::Unknown) } else { truth };
                let (reaches, extent, unknown) = self.extent_asked(holding, statement, resource);
                let truth = truth.and(reaches);
                (truth != Truth::False).then_some(Allowing { truth, extent, tests, unknown })
            })
            .collect()
    }
}

/// What a statement of a ceiling allows of an action.
struct Allowing<'f> {
    truth: Truth,
    extent: Extent,
    tests: Vec<&'f Test>,
    /// Why it is not known as a whole.
    unknown: Option<Arc<Unknown>>,
}

/// Cuts the grants down to what statements of a ceiling allow.
fn cut<'i>(allowing: &[Allowing<'i>], wanted: &Wanted, all: &mut Grants<'i>, denied: (Origin, &'static str)) {
    let before = std::mem::take(&mut all.grants);
    let had_some = !before.is_empty();
    for grant in before {
        if allowing.iter().any(|one| one.is_everything()) {
            all.grants.push(grant);
            continue;
        }
        for one in allowing {
            let mut extent = grant.extent.within(&one.extent);
            if let Some(action) = wanted.action {
                extent.keep_types_of(action);
            }
            if extent.is_empty() {
                continue;
            }
            let mut cut = grant.clone();
            cut.truth = cut.truth.and(one.truth);
            cut.unknown = cut.unknown.or_else(|| one.unknown.clone());
            cut.extent = extent;
            cut.tests.extend(one.tests.iter().copied());
            all.grants.push(cut);
        }
    }
    if had_some && all.grants.is_empty() && all.denied.is_none() {
        all.denied = Some(denied);
    }
}

impl Allowing<'_> {
    fn is_everything(&self) -> bool {
        self.truth == Truth::True && self.tests.is_empty() && self.extent.is_everything()
    }

    /// Whether it allows all of a grant for certain.
    fn leaves(&self, grant: &Grant<'_>) -> bool {
        let covers = || match &grant.extent {
            Extent::Among(patterns, None) => patterns.iter().all(|one| self.extent.covers(one) == Truth::True),
            _ => false,
        };
        self.truth == Truth::True && self.tests.is_empty() && (self.extent.is_everything() || covers())
    }
}

impl Grant<'_> {
    /// Whether some resource of a type may be among those that it is for.
    pub(in crate::iam) fn reaches(&self, kind: &ResourceType) -> bool {
        match &self.extent {
            Extent::Among(patterns, None) => {
                let meets = |one: &Pattern| kind.arns().iter().any(|arn| arn.meets(&one.glob) != Truth::False);
                patterns.iter().any(meets)
            }
            _ => true,
        }
    }

    /// What is certainly not among its resources, whoever asks: what denials without a condition name, and what the statement
    /// spares itself.
    pub(in crate::iam) fn left_out(&self) -> Vec<Extent> {
        let spared = match &self.extent {
            Extent::AllBut(patterns, _) if !patterns.is_empty() => Some(Extent::Among(patterns.clone(), None)),
            Extent::AllBut(..) | Extent::Among(..) => None,
        };
        let denied = self.exceptions.iter().filter(|denial| denial.always_denies());
        denied.map(|denial| Extent::of(denial)).chain(spared).collect()
    }

    /// Makes it undecided.
    pub(super) fn doubt(&mut self, unknown: &Arc<Unknown>) {
        self.truth = self.truth.and(Truth::Unknown);
        self.unknown = self.unknown.take().or_else(|| Some(unknown.clone()));
    }
}

/// Whether no request passes all of some tests, as far as two of them show it.
pub(super) fn contradict(tests: &[&Test]) -> bool {
    tests.iter().enumerate().any(|(at, one)| tests.iter().skip(at + 1).any(|other| one.excludes(other)))
}

/// Whether a statement has any effect for the action.
pub(super) fn reaches(statement: &Statement, wanted: &Wanted) -> bool {
    wanted.action.is_none_or(|action| reaches_some(statement, action) != Truth::False)
}
