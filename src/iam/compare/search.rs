//! The search for a request that is newly allowed.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::action::{Atom, Group, atoms};
use super::caller::callers;
use super::context::{Asked, Choice, Decided, choices};
use super::cover::{is_equal, is_same, is_within};
use super::future::future_atoms;
use super::normal::NormalForm;
use super::request::{Caller, Policy, Request};
use super::resource::{Word, words};
use super::term::{Claim, Claims, Part, Terms};
use super::variable::combinations;
use super::{Verdict, Witness};
use crate::iam::catalogue::Action;
use crate::iam::condition::{Context, resolve};
use crate::iam::document::{Elements, Statement};
use crate::iam::glob::{Glob, Symbol};
use crate::source::Origin;
use crate::value::Truth;

/// So many steps are taken for one group of actions.
const MAX_STEPS: usize = 100_000;

/// And so many for all.
const MAX_ALL_STEPS: usize = 3_000_000;

/// And so many for telling their resources apart, counted in words: a second or so.
const MAX_REGION_STEPS: usize = 300_000_000;

/// The keys of a request that comes over the internet, and those of one that comes through an endpoint: never both.
const OVER_INTERNET: [&str; 1] = ["aws:sourceip"];
const THROUGH_ENDPOINT: [&str; 4] = ["aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpcsourceip"];

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
    /// The steps that are left for telling resources apart.
    region_steps: usize,
}

/// A key that statements test.
struct Key {
    name: String,
    /// The tests, by statement and number.
    asked: Vec<(usize, usize)>,
    choices: Vec<Choice>,
}

/// A resource with what each statement says of it; none for a statement that is not about it.
struct Place {
    word: Word,
    claims: Vec<Option<Claim>>,
}

/// One group of actions under one caller with decided variables: what stays the same from resource to resource.
struct Scene<'s> {
    keys: Vec<Key>,
    /// For each statement the number of keys after which all its tests are decided.
    decided_after: Vec<usize>,
    request: Request,
    lines: &'s [(usize, Claim)],
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
        Search { old, new, lines, statements, blocked, steps: 0, all_steps: 0, region_steps: MAX_REGION_STEPS }
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
        self.steps = 0;
        let outcome = self.group_within_bounds(atom, group);
        self.all_steps += self.steps;
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
            let combinations = combinations(&statements, action, &caller)?;
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
        let words = words(action, &patterns, &mut self.region_steps)?;
        let mut request = Request { action: group.name.clone(), resource: Glob::default(), caller, context };
        // Resources of which all statements say the same are one; those on which nothing can be new are none.
        let (mut places, mut seen): (Vec<Place>, BTreeSet<String>) = (Vec::new(), BTreeSet::new());
        for word in words {
            request.resource = word.glob.clone();
            let claims = lines.iter().map(|(at, claim)| {
                let mut claim = claim.clone();
                let part = self.resource_part(*at, &request, &mut terms);
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
            if may_be_new
                && !was_allowed
                && !has(true, true, true)
                && seen.insert(format!("{:?} {claims:?}", word.fits))
            {
                places.push(Place { word, claims });
            }
        }
        if places.is_empty() {
            return Some(Outcome::Nothing);
        }
        let keys = self.keys(&lines, decided, action, &request.caller)?;
        let decided_after = lines.iter().map(|(at, _)| {
            let of_line = |key: &Key| key.asked.iter().any(|(line, _)| line == at);
            keys.iter().rposition(of_line).map_or(0, |last| last + 1)
        });
        let decided_after = decided_after.collect();
        let mut scene = Scene { keys, decided_after, request, lines: &lines };
        let mut open = None;
        for place in places {
            scene.request.resource = place.word.glob.clone();
            match self.word(&scene, &place, group, &mut terms)? {
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
        let first_equal = |get: &dyn Fn(&Statement) -> Vec<crate::value::Value>| {
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
        let candidates = |item: &crate::value::Value| match item.as_unknown() {
            Some(unknown) if !unknown.candidates.is_empty() => unknown.candidates.clone(),
            _ => vec![item.clone()],
        };
        let globs = elements.flat_map(|elements| elements.items.iter().flat_map(candidates));
        globs.filter_map(|item| resolve(&Glob::of_value(&item, statement.variables)?, context)).collect()
    }

    fn resource_part(&self, at: usize, request: &Request, terms: &mut Terms) -> Part {
        let Some(statement) = self.statements.get(at) else { return Part::No };
        let (elements, negated): (&Elements, bool) = match (&statement.resources, &statement.not_resources) {
            (Some(elements), _) => (elements, false),
            (None, Some(elements)) => (elements, true),
            (None, None) => return Part::Yes,
        };
        let (mut certain, mut open) = (false, Vec::new());
        for (nth, item) in elements.items.iter().enumerate() {
            let glob =
                |item: &crate::value::Value| resolve(&Glob::of_value(item, statement.variables)?, &request.context);
            let takes =
                |item: &crate::value::Value| glob(item).map_or(Truth::False, |glob| glob.covers(&request.resource));
            let (truth, what) = match item.as_unknown() {
                Some(unknown) if !unknown.candidates.is_empty() => (unknown.agree(takes), None),
                _ => (takes(item), glob(item).filter(is_named)),
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
    fn keys(
        &self,
        lines: &[(usize, Claim)],
        decided: &Decided,
        action: Option<&Action>,
        caller: &Caller,
    ) -> Option<Vec<Key>> {
        let names: BTreeSet<&str> = lines
            .iter()
            .filter_map(|(at, _)| self.statements.get(*at))
            .flat_map(|one| one.tests.iter().map(|test| test.key.as_str()))
            .collect();
        let mut keys = Vec::new();
        for name in names {
            let (mut places, mut tests): (Vec<(usize, usize)>, Vec<Asked<'_>>) = (Vec::new(), Vec::new());
            for (at, _) in lines {
                let Some(statement) = self.statements.get(*at) else { continue };
                for (nth, test) in statement.tests.iter().enumerate().filter(|(_, test)| test.key == name) {
                    places.push((*at, nth));
                    tests.push((test, statement.variables));
                }
            }
            let choices = choices(name, &tests, decided, action, caller)?;
            keys.push(Key { name: name.to_owned(), asked: places, choices });
        }
        Some(keys)
    }

    fn word(&mut self, scene: &Scene<'_>, place: &Place, group: &Group, terms: &mut Terms) -> Option<Outcome> {
        let mut open = false;
        let found = self.descend(scene, 0, &place.claims, scene.request.context.clone(), terms, &mut open)?;
        let Some(context) = found else {
            return Some(if open { Outcome::Open(self.reason(scene)) } else { Outcome::Nothing });
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

    /// Goes through the values of the keys from one on; `None` where they are too many.
    fn descend(
        &mut self,
        scene: &Scene<'_>,
        at: usize,
        claims: &[Option<Claim>],
        context: Context,
        terms: &mut Terms,
        open: &mut bool,
    ) -> Option<Option<Context>> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return None;
        }
        let all: Vec<(&Line<'_>, &Claim, bool)> = scene
            .lines
            .iter()
            .zip(claims)
            .zip(&scene.decided_after)
            .filter_map(|(((line, _), claim), after)| Some((self.lines.get(*line)?, claim.as_ref()?, *after <= at)))
            .collect();
        let of = |new: bool, deny: bool| all.iter().filter(move |(line, ..)| line.new == new && line.deny == deny);
        let is_sure = |(_, claim, decided): &&(&Line<'_>, &Claim, bool)| *decided && claim.is_empty();
        let never = of(true, false).next().is_none() || of(true, true).any(|one| is_sure(&one));
        if never || (of(false, true).next().is_none() && of(false, false).any(|one| is_sure(&one))) {
            return Some(None);
        }
        let Some(Key { name: key, asked, choices }) = scene.keys.get(at) else {
            let claims = |new: bool, deny: bool| of(new, deny).map(|(_, claim, _)| *claim).collect();
            let claims = Claims {
                new_allows: claims(true, false),
                new_denies: claims(true, true),
                old_allows: claims(false, false),
                old_denies: claims(false, true),
            };
            return Some(match claims.is_new() {
                Truth::True => Some(context),
                Truth::Unknown => {
                    *open = true;
                    None
                }
                Truth::False => None,
            });
        };
        for choice in choices {
            if choice.values.is_some() && excludes(key, &context) {
                continue;
            }
            let mut next: Vec<Option<Claim>> = claims.to_vec();
            for ((line, nth), truth) in asked.iter().zip(&choice.truths) {
                let place = scene.lines.iter().position(|(at, _)| at == line);
                let Some(slot) = place.and_then(|place| next.get_mut(place)) else { continue };
                let Some(claim) = slot else { continue };
                let part = Part::of(*truth, || terms.id(format!("test {:?}", self.first_equal_test(*line, *nth))));
                if push(claim, part).is_none() {
                    *slot = None;
                }
            }
            let with = match &choice.values {
                Some(values) => context.clone().with(key, values.clone()),
                None => context.clone(),
            };
            if let Some(found) = self.descend(scene, at + 1, &next, with, terms, open)? {
                return Some(Some(found));
            }
        }
        Some(None)
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

/// Whether a request that carries the keys so far cannot carry this one.
fn excludes(key: &str, context: &Context) -> bool {
    let others: &[&str] = if OVER_INTERNET.contains(&key) {
        &THROUGH_ENDPOINT
    } else if THROUGH_ENDPOINT.contains(&key) {
        &OVER_INTERNET
    } else {
        &[]
    };
    others.iter().any(|other| context.get(other).is_some())
}
