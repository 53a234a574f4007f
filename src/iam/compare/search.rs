//! The search for a request that is newly allowed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::action::{Atom, Group, atoms};
use super::caller::callers;
use super::context::{Asked, Choice, Decided, choices, depends_on_caller, presence};
use super::cover::{is_equal, is_same, is_within};
use super::future::future_atoms;
use super::normal::NormalForm;
use super::request::{Caller, Policy, Request};
use super::resource::{Word, words};
use super::term::{Claim, Part, Terms};
use super::trial::{Key, Sort, Stage, Trial};
use super::variable::combinations;
use super::{Verdict, Witness};
use crate::iam::catalogue::Action;
use crate::iam::condition::{Context, resolve};
use crate::iam::document::{Elements, Statement};
use crate::iam::glob::{Glob, Symbol};
use crate::source::Origin;
use crate::value::{Truth, Value};

/// So many steps are taken for one group of actions.
const MAX_STEPS: usize = 100_000;

/// And so many for all.
const MAX_ALL_STEPS: usize = 3_000_000;

/// And so many for telling their resources apart, counted in words: a second or so.
const MAX_REGION_STEPS: usize = 300_000_000;

/// Holding one resource against one pattern takes as long as so many of these steps.
const STEPS_OF_PATTERN: usize = 20;

/// Answers for keys are kept up to so many truths.
const MAX_KEPT: usize = 4_000_000;

/// One statement of either side.
#[derive(Clone, Copy, Debug)]
struct Line<'d> {
    statement: &'d Statement,
    new: bool,
    deny: bool,
}

/// What was found for some actions.
#[derive(Debug)]
pub(super) enum Outcome {
    Nothing,
    New(Box<Witness>),
    Open(Arc<str>),
}

/// A comparison under way.
#[derive(Debug)]
pub(super) struct Search<'p> {
    old: &'p Policy<'p>,
    new: &'p Policy<'p>,
    lines: Vec<Line<'p>>,
    statements: Vec<&'p Statement>,
    /// Nothing can be decided, for this reason.
    blocked: Option<Arc<str>>,
    steps: usize,
    all_steps: usize,
    /// The steps that are left for telling resources and the values of keys apart.
    region_steps: usize,
    kept: Kept,
}

/// A resource with what each statement says of it; none for a statement that is not about it.
struct Place {
    word: Word,
    claims: Vec<Option<Claim>>,
}

/// One group of actions under one caller with decided variables: what stays the same from resource to resource.
struct Scene<'s> {
    stage: Stage,
    request: Request,
    lines: &'s [(usize, Claim)],
}

/// The choices for keys that were looked for, by all that they depend on.
#[derive(Debug, Default)]
struct Kept {
    by_question: HashMap<String, Option<Rc<[Choice]>>>,
    size: usize,
}

impl Line<'_> {
    fn sort(&self) -> Sort {
        match (self.new, self.deny) {
            (true, false) => Sort::NewAllow,
            (true, true) => Sort::NewDeny,
            (false, false) => Sort::OldAllow,
            (false, true) => Sort::OldDeny,
        }
    }
}

impl<'p> Search<'p> {
    pub(super) fn new(old: &'p Policy<'p>, new: &'p Policy<'p>) -> Search<'p> {
        let mut blocked = old.rest.as_ref().or(new.rest.as_ref()).map(|unknown| unknown.reason());
        let mut lines = Vec::new();
        for (policy, new) in [(old, false), (new, true)] {
            for statement in &policy.statements {
                match statement.effect.as_str() {
                    Some("Allow") => lines.push(Line { statement, new, deny: false }),
                    Some("Deny") => lines.push(Line { statement, new, deny: true }),
                    _ => blocked = blocked.or_else(|| Some(statement.effect.first_unknown()?.reason())),
                }
            }
        }
        let statements = lines.iter().map(|line| line.statement).collect();
        let blocked = blocked.map(Arc::from);
        let (region_steps, kept) = (MAX_REGION_STEPS, Kept::default());
        Search { old, new, lines, statements, blocked, steps: 0, all_steps: 0, region_steps, kept }
    }

    pub(super) fn verdict(&mut self) -> Verdict {
        if let Some(reason) = &self.blocked {
            return Verdict::Undecided(reason.clone());
        }
        // Nothing is sought in what says the same in other words.
        if let Some(form) = NormalForm::of(self.new.clone())
            && NormalForm::of(self.old.clone()) == Some(form)
        {
            return Verdict::NoNewAccess;
        }
        let mut open = None;
        let mut decide = |outcome: Outcome| match outcome {
            Outcome::New(witness) => Some(Verdict::NewAccess(witness)),
            Outcome::Open(reason) => {
                open.get_or_insert(reason);
                None
            }
            Outcome::Nothing => None,
        };
        let atoms = self.atoms();
        let mut groups: Vec<(&Atom, Group)> =
            atoms.iter().flat_map(|atom| self.groups(atom).into_iter().map(move |group| (atom, group))).collect();
        // What reaches farthest is looked at, and told, first.
        groups.sort_by_key(|(_, group)| group.known.first().map(|action| (std::cmp::Reverse(action.level), action.id)));
        for (atom, group) in groups {
            if let Some(verdict) = decide(self.group(atom, &group)) {
                return verdict;
            }
        }
        match future_atoms(&self.statements) {
            Some(atoms) => {
                for atom in atoms {
                    for group in self.groups(&atom) {
                        if let Some(verdict) = decide(self.group(&atom, &group)) {
                            return verdict;
                        }
                    }
                }
            }
            None => drop(decide(Outcome::Open("the patterns of actions are too many to compare".into()))),
        }
        open.map_or(Verdict::NoNewAccess, Verdict::Undecided)
    }

    /// Why nothing can be decided.
    pub(super) fn blocked(&self) -> Option<&Arc<str>> {
        self.blocked.as_ref()
    }

    /// The actions of the catalogue that the new side may allow.
    pub(super) fn atoms(&self) -> Vec<Atom> {
        let wanted: Vec<bool> = self.lines.iter().map(|line| line.new && !line.deny).collect();
        atoms(&self.statements, &wanted)
    }

    /// The groups of an atom that need a closer look: none where all that is new lies plainly within what was old.
    pub(super) fn groups(&self, atom: &Atom) -> Vec<Group> {
        let of = |new: bool, deny: bool| {
            let alive = self.lines.iter().zip(&atom.named).filter(|(_, named)| **named != Truth::False);
            alive.filter(move |(line, _)| line.new == new && line.deny == deny)
        };
        let within = |narrow: &Line<'_>, (wide, named): (&Line<'_>, &Truth)| {
            let sure = *named == Truth::True || is_same(narrow.statement, wide.statement);
            sure && is_within(narrow.statement, wide.statement)
        };
        let is_old = of(true, false).all(|(new, _)| of(false, false).any(|old| within(new, old)));
        let is_denied = of(false, true).all(|(old, _)| of(true, true).any(|new| within(old, new)));
        if is_old && is_denied { Vec::new() } else { atom.groups(&self.statements) }
    }

    /// Looks for a newly allowed request for the actions of a group.
    pub(super) fn group(&mut self, atom: &Atom, group: &Group) -> Outcome {
        if self.all_steps > MAX_ALL_STEPS {
            return Outcome::Open("the policies are too large to compare".into());
        }
        self.steps = MAX_STEPS;
        let outcome = self.group_within_bounds(atom, group);
        self.all_steps += MAX_STEPS - self.steps;
        outcome.unwrap_or_else(|| {
            Outcome::Open(format!("the requests for `{}` are too many to compare", group.name).into())
        })
    }

    fn group_within_bounds(&mut self, atom: &Atom, group: &Group) -> Option<Outcome> {
        let action = group.known.first().copied();
        let live: Vec<usize> = (0..self.lines.len()).filter(|at| atom.named.get(*at) != Some(&Truth::False)).collect();
        let statements: Vec<&Statement> = live.iter().filter_map(|at| self.statements.get(*at).copied()).collect();
        let mut open = None;
        for caller in callers(statements.iter().copied()) {
            let combinations = combinations(&statements, action, &caller, &mut self.region_steps)?;
            for decided in &combinations.all {
                match self.scene(atom, group, &live, caller.clone(), decided)? {
                    Outcome::New(witness) => return Some(Outcome::New(witness)),
                    Outcome::Open(reason) => drop(open.get_or_insert(reason)),
                    Outcome::Nothing => {}
                }
            }
            open = open.or(combinations.open);
        }
        Some(open.map_or(Outcome::Nothing, Outcome::Open))
    }

    fn scene(
        &mut self,
        atom: &Atom,
        group: &Group,
        live: &[usize],
        caller: Caller,
        decided: &Decided,
    ) -> Option<Outcome> {
        let action = group.known.first().copied();
        let (mut terms, mut lines) = (Terms::default(), Vec::new());
        for at in live {
            if let Some(claim) = self.claim_before_resource(atom, *at, &caller, &mut terms) {
                lines.push((*at, claim));
            }
        }
        let is_of = |at: &usize, new: bool, deny: bool| {
            self.lines.get(*at).is_some_and(|line| line.new == new && line.deny == deny)
        };
        if !lines.iter().any(|(at, _)| is_of(at, true, false)) {
            return Some(Outcome::Nothing);
        }
        let context = decided.context();
        let patterns: Vec<Glob> = lines
            .iter()
            .filter_map(|(at, _)| self.statements.get(*at))
            .flat_map(|one| self.patterns(one, &context))
            .collect();
        let resolved: Vec<Vec<Option<Glob>>> = lines.iter().map(|(at, _)| self.resolved(*at, &context)).collect();
        let words = words(action, &patterns, &mut self.region_steps)?;
        self.region_steps = self.region_steps.checked_sub(words.len() * patterns.len() * STEPS_OF_PATTERN)?;
        let mut request = Request { action: group.name.clone(), resource: Glob::default(), caller, context };
        // Resources of which all statements say the same are one; those on which nothing can be new are none.
        let (mut places, mut seen) = (Vec::new(), HashSet::new());
        for word in words {
            request.resource = word.glob.clone();
            let claims = lines.iter().zip(&resolved).map(|((at, claim), resolved)| {
                let mut claim = claim.clone();
                let part = self.resource_part(*at, resolved, &request, &mut terms);
                push(&mut claim, part).map(|()| claim)
            });
            let claims: Vec<Option<Claim>> = claims.collect();
            let alive = lines.iter().zip(&claims).filter(|(_, claim)| claim.is_some());
            let may_be_new = alive.clone().any(|((at, _), _)| is_of(at, true, false));
            let has = |new: bool, deny: bool, sure: bool| {
                alive.clone().any(|((at, _), claim)| {
                    let is_sure = claim.as_ref().is_some_and(Vec::is_empty)
                        && self.statements.get(*at).is_some_and(|one| one.tests.is_empty());
                    is_of(at, new, deny) && (is_sure || !sure)
                })
            };
            let was_allowed = has(false, false, true) && !has(false, true, false);
            if may_be_new && !was_allowed && !has(true, true, true) && seen.insert((word.fits, claims.clone())) {
                places.push(Place { word, claims });
            }
        }
        if places.is_empty() {
            return Some(Outcome::Nothing);
        }
        let stage = self.stage(&lines, decided, action, &request.caller, &mut terms)?;
        let mut scene = Scene { stage, request, lines: &lines };
        let mut open = None;
        for place in places {
            scene.request.resource = place.word.glob.clone();
            match self.word(&scene, place, group)? {
                Outcome::New(witness) => return Some(Outcome::New(witness)),
                Outcome::Open(reason) => drop(open.get_or_insert(reason)),
                Outcome::Nothing => {}
            }
        }
        Some(open.map_or(Outcome::Nothing, Outcome::Open))
    }

    /// What a statement says before the resource and the condition are looked at; `None` where it is not about the request.
    fn claim_before_resource(&self, atom: &Atom, at: usize, caller: &Caller, terms: &mut Terms) -> Option<Claim> {
        let statement = self.statements.get(at)?;
        let first_equal = |get: &dyn Fn(&Statement) -> Vec<Value>| {
            let mine = get(statement);
            let is_same = |other: &&Statement| {
                let theirs = get(other);
                mine.len() == theirs.len() && mine.iter().zip(&theirs).all(|(a, b)| a.equals(b).is_true())
            };
            self.statements.iter().position(is_same).unwrap_or(at)
        };
        let of = |names: &'static [&'static str]| {
            move |one: &Statement| names.iter().filter_map(|name| one.value.get(name).cloned()).collect()
        };
        let named = atom.named.get(at).copied().unwrap_or(Truth::False);
        let action = Part::of(named, || terms.id(format!("action {}", first_equal(&of(&["Action", "NotAction"])))));
        let mut claim = Claim::new();
        push(&mut claim, action)?;
        let called = statement.names_caller(caller);
        let part =
            Part::of(called, || terms.id(format!("caller {}", first_equal(&of(&["Principal", "NotPrincipal"])))));
        push(&mut claim, part)?;
        if let Some(unknown) = &statement.more_tests {
            let what =
                unknown.identity().map_or_else(|| format!("tests {at}"), |identity| format!("tests {identity:?}"));
            push(&mut claim, Part::of(Truth::Unknown, || terms.id(what)))?;
        }
        Some(claim)
    }

    fn patterns(&self, statement: &Statement, context: &Context) -> Vec<Glob> {
        let elements = statement.resources.iter().chain(&statement.not_resources);
        let candidates = |item: &Value| match item.as_unknown() {
            Some(unknown) if !unknown.candidates.is_empty() => unknown.candidates.clone(),
            _ => vec![item.clone()],
        };
        let globs = elements.flat_map(|elements| elements.items.iter().flat_map(candidates));
        globs.filter_map(|item| resolve(&Glob::of_value(&item, statement.variables)?, context)).collect()
    }

    /// The resource elements of a statement as patterns, its variables filled; none for one that is no single pattern.
    fn resolved(&self, at: usize, context: &Context) -> Vec<Option<Glob>> {
        let Some(statement) = self.statements.get(at) else { return Vec::new() };
        let elements = statement.resources.as_ref().or(statement.not_resources.as_ref());
        let resolved = |item: &Value| match item.as_unknown() {
            Some(unknown) if !unknown.candidates.is_empty() => None,
            _ => resolve(&Glob::of_value(item, statement.variables)?, context),
        };
        elements.iter().flat_map(|elements| &elements.items).map(resolved).collect()
    }

    fn resource_part(&self, at: usize, resolved: &[Option<Glob>], request: &Request, terms: &mut Terms) -> Part {
        let Some(statement) = self.statements.get(at) else { return Part::No };
        let (elements, negated): (&Elements, bool) = match (&statement.resources, &statement.not_resources) {
            (Some(elements), _) => (elements, false),
            (None, Some(elements)) => (elements, true),
            (None, None) => return Part::Yes,
        };
        let (mut certain, mut open) = (false, Vec::new());
        for (nth, (item, glob)) in elements.items.iter().zip(resolved).enumerate() {
            let takes = |item: &Value| {
                let glob = Glob::of_value(item, statement.variables).and_then(|glob| resolve(&glob, &request.context));
                glob.map_or(Truth::False, |glob| glob.covers(&request.resource))
            };
            let (truth, what) = match (item.as_unknown(), glob) {
                (Some(unknown), _) if !unknown.candidates.is_empty() => (unknown.agree(takes), None),
                (_, Some(glob)) => (glob.covers(&request.resource), Some(glob).filter(|glob| is_named(glob))),
                (_, None) => (Truth::False, None),
            };
            match truth {
                Truth::True => certain = true,
                Truth::False => {}
                Truth::Unknown => open.push(terms.id(match what {
                    Some(glob) => format!("resource {glob:?}"),
                    None => format!("resource {at} {nth}"),
                })),
            }
        }
        if let Some(unknown) = &elements.rest {
            let what = unknown.identity().map_or_else(|| format!("{at}"), |identity| format!("{identity:?}"));
            open.push(terms.id(format!("more resources {what}")));
        }
        Part::of_any(certain, open, negated)
    }

    /// The keys that the statements test, each with its tests and the choices for its value.
    fn stage(
        &mut self,
        lines: &[(usize, Claim)],
        decided: &Decided,
        action: Option<&Action>,
        caller: &Caller,
        terms: &mut Terms,
    ) -> Option<Stage> {
        let names: BTreeSet<&str> = lines
            .iter()
            .filter_map(|(at, _)| self.statements.get(*at).copied())
            .flat_map(|one| one.tests.iter().map(|test| test.key.as_str()))
            .collect();
        let (mut keys, mut decided_after) = (Vec::new(), vec![0; lines.len()]);
        for name in names {
            let (mut places, mut tests): (Vec<(usize, usize, usize)>, Vec<Asked<'_>>) = (Vec::new(), Vec::new());
            for (slot, (at, _)) in lines.iter().enumerate() {
                let Some(statement) = self.statements.get(*at).copied() else { continue };
                for (nth, test) in statement.tests.iter().enumerate().filter(|(_, test)| test.key == name) {
                    places.push((slot, *at, nth));
                    tests.push((test, statement.variables));
                }
            }
            let of = places.iter().map(|(_, at, nth)| (*at, *nth)).collect::<Vec<_>>();
            let choices = self.choices(name, &of, &tests, decided, action, caller)?;
            let mut asked = Vec::new();
            for (at, (slot, line, nth)) in places.into_iter().enumerate() {
                let is_open = choices.iter().any(|choice| choice.truths.get(at) == Some(&Truth::Unknown));
                let term = is_open.then(|| terms.id(format!("test {:?}", self.first_equal_test(line, nth))));
                asked.push((slot, term));
                if let Some(after) = decided_after.get_mut(slot) {
                    *after = keys.len() + 1;
                }
            }
            keys.push(Key { name: name.to_owned(), asked, choices });
        }
        let mut decided_with = vec![Vec::new(); keys.len() + 1];
        for (slot, after) in decided_after.into_iter().enumerate() {
            decided_with.get_mut(after).into_iter().for_each(|slots: &mut Vec<usize>| slots.push(slot));
        }
        let sorts = lines.iter().filter_map(|(at, _)| Some(self.lines.get(*at)?.sort())).collect();
        Some(Stage { keys, sorts, decided_with })
    }

    /// The choices for a key, which are looked for once: most groups of actions ask the same.
    fn choices(
        &mut self,
        name: &str,
        places: &[(usize, usize)],
        tests: &[Asked<'_>],
        decided: &Decided,
        action: Option<&Action>,
        caller: &Caller,
    ) -> Option<Rc<[Choice]>> {
        let caller_matters = depends_on_caller(name).then_some(caller);
        let presence = presence(name, tests, action, caller);
        let question = format!("{name} {places:?} {presence:?} {caller_matters:?} {decided:?}");
        if let Some(known) = self.kept.by_question.get(&question) {
            return known.clone();
        }
        let found = choices(name, tests, decided, action, caller, &mut self.region_steps).map(Rc::from);
        let size = question.len() + found.as_ref().map_or(0, |choices: &Rc<[Choice]>| choices.len() * tests.len());
        if self.kept.size + size > MAX_KEPT {
            self.kept = Kept::default();
        }
        self.kept.size += size;
        self.kept.by_question.insert(question, found.clone());
        found
    }

    fn word(&mut self, scene: &Scene<'_>, place: Place, group: &Group) -> Option<Outcome> {
        let mut trial = Trial::new(&scene.stage, &scene.request.context, place.claims);
        let found = trial.search(&mut self.steps)?;
        let Some(context) = found else {
            return Some(if trial.open { Outcome::Open(self.reason(scene)) } else { Outcome::Nothing });
        };
        let request = Request { context, ..scene.request.clone() };
        let confirmed = self.new.allows(&request) == Truth::True && self.old.allows(&request) == Truth::False;
        if place.word.fits != Truth::True && scene.lines.iter().all(|(at, _)| !self.has_unknown(*at)) {
            let reason = format!("whether `{}` is asked about `{}` is not known", request.action, request.resource);
            return Some(Outcome::Open(reason.into()));
        }
        if place.word.fits != Truth::True || !confirmed {
            return Some(Outcome::Open(self.reason(scene)));
        }
        let allows = |statement: &&&Statement| {
            statement.allows() == Truth::True && statement.applies_to(&request) == Truth::True
        };
        let place = self.new.statements.iter().find(allows).map_or(Origin::NONE, |statement| statement.value.origin);
        Some(Outcome::New(Box::new(Witness { request, place, is_future: group.known.is_empty() })))
    }

    fn has_unknown(&self, line: usize) -> bool {
        self.statements.get(line).is_some_and(|statement| statement.value.first_unknown().is_some())
    }

    /// Why it is not known: the first part of the statements at hand that is not.
    fn reason(&self, scene: &Scene<'_>) -> Arc<str> {
        let unknown = |new: bool| {
            let lines =
                scene.lines.iter().filter_map(|(at, _)| self.lines.get(*at)).filter(move |line| line.new == new);
            lines.filter_map(|line| line.statement.value.first_unknown()).next()
        };
        let unknown = unknown(true).or_else(|| unknown(false));
        unknown.map_or_else(|| "what a condition comes to is not known".to_owned(), |unknown| unknown.reason()).into()
    }

    fn first_equal_test(&self, line: usize, nth: usize) -> (usize, usize) {
        let mine = self.statements.get(line).and_then(|one| one.tests.get(nth));
        let all = self
            .statements
            .iter()
            .enumerate()
            .flat_map(|(at, one)| one.tests.iter().enumerate().map(move |(nth, test)| ((at, nth), test)));
        let same = |test: &crate::iam::Test| mine.is_some_and(|mine| is_equal(mine, test));
        all.into_iter().find(|(_, test)| same(test)).map_or((line, nth), |(place, _)| place)
    }
}

/// Adds a part to a claim; `None` where it does not hold.
fn push(claim: &mut Claim, part: Part) -> Option<()> {
    match part {
        Part::No => return None,
        Part::Yes => {}
        Part::Open(clause) => claim.push(clause),
    }
    Some(())
}

/// Whether a pattern is the same wherever it occurs.
fn is_named(glob: &Glob) -> bool {
    !glob.symbols().iter().any(|symbol| matches!(symbol, Symbol::Hole(hole) if hole.same.is_none()))
}
