//! What a principal may do, by access level.

use std::cell::LazyCell;
use std::collections::HashMap;

use super::control::under_resource_controls;
use super::reference::Settled;
use super::{Access, Step, Wanted};
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::{AccessLevel, Action, action_count};
use crate::iam::document::{Document, Statement};
use crate::iam::facts::{Allowed, Holding, Limit, Reached, Source};
use crate::value::Truth;

/// A statement with more work than this is not looked into: what it names it may reach.
const MAX_WORK: usize = 200_000;

/// Nor does one principal have more sorts of actions of which it is asked whether anything is left: of others that is not
/// certain.
const MAX_ALIKE: usize = 2_000;

/// What a principal may do at one access level.
#[derive(Clone, Debug)]
pub struct LevelAccess {
    /// The level.
    pub level: AccessLevel,
    /// How many actions of the level it may do for certain, on some resource at least.
    pub actions: usize,
    /// How many further ones it may do if what is not known is so.
    pub possible: usize,
    /// The first actions by name.
    pub examples: Vec<String>,
    /// The statements that grant them: the way to each, one for each policy.
    pub because: Vec<Vec<Step>>,
}

impl Access<'_, '_> {
    /// What a principal may do, by level, from the least to the most; levels without any action are left out.
    pub fn levels(&self, principal: usize) -> Vec<LevelAccess> {
        const EXAMPLES: usize = 5;
        let Some(allowed) = self.allowed(principal) else { return Vec::new() };
        let mut certain = allowed.certain.count_by_level().into_iter();
        let mut possible = allowed.possible.count_by_level().into_iter();
        let mut ways = self.granting(principal, allowed).into_iter();
        let by_level = |level: AccessLevel| {
            let actions = certain.next().unwrap_or_default();
            let possible = possible.next().unwrap_or_default().saturating_sub(actions);
            let examples = allowed.certain.of_level(level).take(EXAMPLES).map(Action::full_name).collect();
            let because = ways.next().unwrap_or_default();
            LevelAccess { level, actions, possible, examples, because }
        };
        let all = AccessLevel::ALL.into_iter().map(by_level);
        all.filter(|found| found.actions + found.possible > 0).collect()
    }

    /// The actions that a principal may do.
    pub(in crate::iam) fn allowed(&self, principal: usize) -> Option<&Allowed> {
        let cell = self.facts.levels.get(principal)?;
        Some(cell.get_or_init(|| self.find_allowed(principal)))
    }

    /// For each level the ways to the statements that grant it, one for each policy.
    fn granting(&self, principal: usize, allowed: &Allowed) -> [Vec<Vec<Step>>; 5] {
        let mut ways: [Vec<Vec<Step>>; 5] = Default::default();
        let Some(holding) = self.facts.holdings.get(principal) else { return ways };
        for held in &holding.held {
            let Some(document) = self.facts.document(self.identity, held.document) else { continue };
            let mut told = [false; 5];
            for statement in document.statements.iter().filter(|s| s.allows() != Truth::False) {
                let reached = statement.actions_reached().possible.common_by_level(&allowed.possible);
                let levels = AccessLevel::ALL.into_iter().zip(reached).zip(ways.iter_mut().zip(&mut told));
                for ((level, _), (ways, told)) in levels.filter(|((_, count), (_, told))| *count > 0 && !**told) {
                    let mut way = self.way(principal, held);
                    way.extend(self.says(statement, format!("which allows actions of the level {}", level.name())));
                    ways.push(way);
                    *told = true;
                }
            }
        }
        ways
    }

    /// What is allowed on no resource at all where a document is the ceiling.
    pub(in crate::iam) fn closed_by(&self, document: usize) -> ActionSet {
        let Some(found) = self.reached(document) else { return ActionSet::empty() };
        let mut closed = found.possible.complement();
        closed.add(&found.denied);
        closed
    }

    /// Whether the policies of the organization leave more than half of all actions to who holds everything.
    pub(super) fn controls_leave_the_most(&self, holding: &Holding) -> bool {
        let (mut denied, controls) = (ActionSet::empty(), &self.facts.controls);
        for control in controls.over(holding.account).filter(|one| !one.of_resources && one.applies == Truth::True) {
            if let Some(found) = self.reached(holding.control(control.document)) {
                denied.add(&found.denied);
            }
        }
        for list in controls.lists_over(holding.account).filter(|list| list.unknown.is_none()) {
            let mut allowed = ActionSet::empty();
            for found in list.documents.iter().filter_map(|at| self.reached(holding.control(*at))) {
                allowed.add(&found.possible);
            }
            denied.add(&allowed.complement());
        }
        denied.len() * 2 < action_count()
    }

    fn reached(&self, document: usize) -> Option<&Reached> {
        let found = self.facts.document(self.identity, document)?;
        Some(self.facts.reached.get(document)?.get_or_init(|| reached(found)))
    }

    fn find_allowed(&self, principal: usize) -> Allowed {
        let mut sum = Reached::default();
        let Some(holding) = self.facts.holdings.get(principal) else { return Allowed::default() };
        let mut add = |reached: &Reached| {
            sum.certain.add(&reached.certain);
            sum.possible.add(&reached.possible);
            sum.denied.add(&reached.denied);
            sum.maybe_denied.add(&reached.maybe_denied);
            sum.whole.add(&reached.whole);
            sum.partly_denied.add(&reached.partly_denied);
            sum.types_denied.add(&reached.types_denied);
        };
        let shared = |document: usize| match self.facts.source(document) {
            Some(Source::Own(at)) => self.identity.policies.get(at).is_some_and(|policy| policy.holders.len() > 1),
            _ => true,
        };
        for held in &holding.held {
            // What only one principal holds is asked for once: keeping it would cost more than it saves.
            if held.membership.is_some() || shared(held.document) {
                if let Some(found) = self.reached(held.document) {
                    add(found);
                }
            } else if let Some(document) = self.facts.document(self.identity, held.document) {
                add(&reached(document));
            }
        }
        for control in self.facts.controls.over(holding.account) {
            let Some(found) = self.reached(holding.control(control.document)) else { continue };
            let of_services = |set: &ActionSet| match control.of_resources {
                true => under_resource_controls(set),
                false => set.clone(),
            };
            sum.maybe_denied.add(&of_services(&found.maybe_denied));
            sum.partly_denied.add(&of_services(&found.partly_denied));
            sum.types_denied.add(&of_services(&found.types_denied));
            if control.applies == Truth::True {
                sum.denied.add(&of_services(&found.denied));
            }
        }
        let (mut certain, mut possible) = (sum.certain, sum.possible);
        let mut cut = Cut { once: sum.whole.complement(), twice: ActionSet::empty() };
        match &holding.boundary {
            Limit::None => {}
            Limit::Unknown(_) => certain = ActionSet::empty(),
            Limit::Document(document) => {
                if let Some(ceiling) = self.reached(*document) {
                    certain = certain.intersection(&ceiling.certain);
                    possible = possible.intersection(&ceiling.possible);
                    sum.denied.add(&ceiling.denied);
                    sum.maybe_denied.add(&ceiling.maybe_denied);
                    sum.partly_denied.add(&ceiling.partly_denied);
                    sum.types_denied.add(&ceiling.types_denied);
                    cut.by(&ceiling.whole);
                }
            }
        }
        for list in self.facts.controls.lists_over(holding.account) {
            let (mut ceiling, mut whole) = (Allowed::default(), ActionSet::empty());
            for found in list.documents.iter().filter_map(|at| self.reached(holding.control(*at))) {
                whole.add(&found.whole);
                ceiling.certain.add(&found.certain);
                ceiling.possible.add(&found.possible);
            }
            cut.by(&whole);
            certain = certain.intersection(&ceiling.certain);
            if list.unknown.is_none() {
                possible = possible.intersection(&ceiling.possible);
            }
        }
        let mut allowed =
            Allowed { certain: certain.without(&sum.maybe_denied), possible: possible.without(&sum.denied) };
        // Of what is confined twice, by grants, ceilings or denials, nothing may be left.
        cut.twice.add(&cut.once.intersection(&sum.partly_denied));
        cut.twice.add(&sum.types_denied);
        self.keep_what_is_left(holding, &cut.twice, &mut allowed);
        allowed
    }

    /// Takes out of some actions those of which no request is left.
    fn keep_what_is_left(&self, holding: &Holding, some: &ActionSet, allowed: &mut Allowed) {
        let asked = allowed.possible.intersection(some);
        if asked.is_empty() {
            return;
        }
        let documents = self.documents_over(holding);
        let documents = documents.iter().filter_map(|document| self.document(*document));
        let statements: Vec<&Statement> = documents.flat_map(|document| &document.statements).collect();
        // Actions on the same types that the same statements name come out alike, unless a condition is on them.
        type Alike<'a> = (&'a str, &'a str, Option<&'a str>, Vec<u8>);
        let mut alike: HashMap<Alike<'_>, Truth> = HashMap::new();
        let (mut not_certain, mut gone) = (ActionSet::empty(), ActionSet::empty());
        for action in asked.iter() {
            let named = |statement: &&Statement| {
                let actions = statement.actions_reached();
                u8::from(actions.possible.contains(action)) + u8::from(actions.certain.contains(action))
            };
            let named: Vec<u8> = statements.iter().map(named).collect();
            let tested =
                statements.iter().zip(&named).any(|(statement, named)| *named > 0 && !statement.tests.is_empty());
            let key = (action.service, action.asked_about().0, tested.then_some(action.name), named);
            if alike.len() >= MAX_ALIKE && !alike.contains_key(&key) {
                not_certain.insert(action);
                continue;
            }
            match alike.entry(key).or_insert_with(|| self.is_left(holding, &Wanted::of(action))) {
                Truth::True => {}
                Truth::Unknown => not_certain.insert(action),
                Truth::False => gone.insert(action),
            }
        }
        not_certain.add(&gone);
        allowed.certain = allowed.certain.without(&not_certain);
        allowed.possible = allowed.possible.without(&gone);
    }
}

/// Actions that are not granted on everything by some of what all must grant, and by at least two.
struct Cut {
    once: ActionSet,
    twice: ActionSet,
}

impl Cut {
    /// With one more that must grant them, and grants these on everything.
    fn by(&mut self, whole: &ActionSet) {
        let part = whole.complement();
        self.twice.add(&self.once.intersection(&part));
        self.once.add(&part);
    }
}

fn reached(document: &Document) -> Reached {
    let mut sum = Reached::default();
    for statement in &document.statements {
        let allows = statement.allows();
        if allows == Truth::False {
            let conditional = !statement.is_of_every_caller();
            let whole = statement.on_every_resource().truth;
            let is_all = !conditional && whole == Truth::True;
            let denies = statement.denies();
            if denies != Truth::False && !(is_all && denies == Truth::True) {
                let actions = &statement.actions_reached().possible;
                sum.partly_denied.add(actions);
                // What a list spares may be taken by another denial.
                let spares = statement.not_resources.is_some();
                let takes_type =
                    |action: &&Action| !conditional && (spares || statement.reaches_whole(action) != Truth::False);
                actions.iter().filter(takes_type).for_each(|action| sum.types_denied.insert(action));
            }
            if !conditional && whole != Truth::False && denies != Truth::False {
                let actions = statement.actions_reached();
                sum.maybe_denied.add(&actions.possible);
            }
            continue;
        }
        let (certain, possible) = effective(statement);
        if allows == Truth::True && statement.more_tests.is_none() {
            if statement.tests.is_empty() && statement.on_every_resource().truth == Truth::True {
                sum.whole.add(&certain);
            }
            sum.certain.add(&certain);
        }
        sum.possible.add(&possible);
    }
    let gone = &document.taken().gone;
    sum.denied.add(gone);
    sum.maybe_denied.add(gone);
    sum
}

/// The actions for which a statement has an effect, with its resources and its conditions.
fn effective(statement: &Statement) -> (ActionSet, ActionSet) {
    let named = statement.actions_reached();
    let free = statement.tests.is_empty();
    if free && statement.on_every_resource().truth == Truth::True {
        let star = statement.resources.as_ref().is_some_and(|r| r.items.iter().any(|item| item.as_str() == Some("*")));
        if star {
            return (named.certain.clone(), named.possible.clone());
        }
    }
    let elements = [&statement.resources, &statement.not_resources].into_iter().flatten();
    let patterns: usize = elements.map(|elements| elements.items.len()).sum();
    if named.possible.len() * patterns.max(1) > MAX_WORK {
        return (ActionSet::empty(), named.possible.clone());
    }
    let settled = LazyCell::new(|| Settled::of(statement));
    // Actions on the same types come out alike.
    let mut alike: HashMap<(&str, &str), Truth> = HashMap::new();
    let (mut certain, mut possible) = (ActionSet::empty(), ActionSet::empty());
    (certain.open_ended, possible.open_ended) = (named.certain.open_ended, named.possible.open_ended);
    for action in named.possible.iter() {
        if !free && statement.never_matches(Some(action)) {
            continue;
        }
        let (types, _) = action.asked_about();
        let any = *alike.entry((action.service, types)).or_insert_with(|| match statement.reaches_any(action) {
            Truth::Unknown => settled.reaches(action),
            any => any,
        });
        if any != Truth::False {
            possible.insert(action);
            if any == Truth::True && named.certain.contains(action) {
                certain.insert(action);
            }
        }
    }
    (certain, possible)
}
