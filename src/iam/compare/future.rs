//! Actions that the catalogue does not know: those that are named, and those that AWS may have one day and wildcards would
//! take in.

use std::collections::{BTreeMap, BTreeSet};

use super::action::Atom;
use super::request::names_action;
use crate::iam::catalogue;
use crate::iam::document::{Elements, Statement};
use crate::iam::glob::{Glob, regions};
use crate::iam::pattern::matches_ignoring_case;
use crate::value::{Truth, Value};

/// They are searched for in at most so many states, for each service.
const MAX_STATES: usize = 5_000;

/// In so many for all services together.
const MAX_ALL_STATES: usize = 100_000;

/// Services that are set apart from those that nobody names.
const MAX_SET_APART: usize = 40;

/// The elements of one side of a statement, by the service that they name.
struct Sorted {
    by_service: BTreeMap<String, Elements>,
    /// Those that name no service, or not as a whole.
    anywhere: Elements,
    negated: bool,
}

/// The texts of all elements, in lower case.
#[derive(Default)]
struct Written {
    wild: BTreeSet<String>,
    exact: BTreeSet<String>,
}

fn text_of(item: &Value) -> Vec<String> {
    let candidates = match item.as_unknown() {
        Some(unknown) if !unknown.candidates.is_empty() => unknown.candidates.clone(),
        _ => vec![item.clone()],
    };
    let text = |item: &Value| {
        item.as_str()
            .map(str::to_ascii_lowercase)
            .or_else(|| Some(item.with_holes_as_wildcards()?.to_ascii_lowercase()))
    };
    candidates.iter().filter_map(text).collect()
}

fn service_of(text: &str) -> Option<&str> {
    text.split_once(':').map(|(service, _)| service).filter(|service| !service.contains(['*', '?']))
}

impl Sorted {
    fn of(statement: &Statement) -> Option<Sorted> {
        let (elements, negated) = match (&statement.actions, &statement.not_actions) {
            (Some(elements), _) => (elements, false),
            (None, Some(elements)) => (elements, true),
            (None, None) => return None,
        };
        let none = || Elements { items: Vec::new(), rest: None, origin: elements.origin };
        let mut sorted = Sorted {
            by_service: BTreeMap::new(),
            anywhere: Elements { rest: elements.rest.clone(), ..none() },
            negated,
        };
        for item in &elements.items {
            match item.as_str().map(str::to_ascii_lowercase).as_deref().and_then(service_of) {
                Some(service) => {
                    sorted.by_service.entry(service.to_owned()).or_insert_with(none).items.push(item.clone());
                }
                None => sorted.anywhere.items.push(item.clone()),
            }
        }
        Some(sorted)
    }

    fn names(&self, action: &str) -> Truth {
        let of_service = service_of(action).and_then(|service| self.by_service.get(service));
        let named = of_service.map_or(Truth::False, |elements| names_action(elements, action));
        let named = named.or(names_action(&self.anywhere, action));
        if self.negated { !named } else { named }
    }
}

/// The atoms of such actions; `None` where they are too many.
pub(super) fn future_atoms(statements: &[&Statement]) -> Option<Vec<Atom>> {
    let sorted: Vec<Option<Sorted>> = statements.iter().map(|statement| Sorted::of(statement)).collect();
    let mut by_service: BTreeMap<String, Written> = BTreeMap::new();
    let mut anywhere = BTreeSet::new();
    let mut add = |text: String| match service_of(&text) {
        Some(service) => {
            let written = by_service.entry(service.to_owned()).or_default();
            let kind = if text.contains(['*', '?']) { &mut written.wild } else { &mut written.exact };
            kind.insert(text);
        }
        None => drop(anywhere.insert(text)),
    };
    for one in sorted.iter().flatten() {
        let items = one.by_service.values().chain([&one.anywhere]).flat_map(|elements| &elements.items);
        items.flat_map(text_of).for_each(&mut add);
    }
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut states = 0;
    for (service, written) in &by_service {
        names.extend(written.exact.iter().filter(|name| catalogue::action(name).is_none()).cloned());
        let own = format!("{service}:*");
        let patterns: BTreeSet<&str> =
            written.wild.iter().chain(&anywhere).map(String::as_str).chain([own.as_str()]).collect();
        let simple = |pattern: &&str| {
            **pattern == *"*" || (!pattern.contains('?') && pattern.find('*') == Some(pattern.len() - 1))
        };
        let words: Vec<String> = if patterns.iter().all(simple) {
            patterns.iter().map(|pattern| pattern.trim_end_matches('*').to_owned()).filter(|p| !p.is_empty()).collect()
        } else {
            let mut globs: Vec<Glob> = patterns.iter().map(|pattern| Glob::pattern(pattern)).collect();
            globs.push(Glob::pattern(&format!("{service}:?*")));
            let found = regions(&globs, MAX_STATES)?;
            states += found.len() * globs.len();
            if states > MAX_ALL_STATES {
                return None;
            }
            found.into_iter().filter(|region| region.is_in(globs.len() - 1)).map(|region| region.witness).collect()
        };
        names.extend(words.iter().filter_map(|word| fresh(word, &patterns, &written.exact)));
    }
    // Services that nobody names.
    let has_not = sorted.iter().flatten().any(|one| one.negated);
    if has_not || !anywhere.is_empty() {
        let mut globs: Vec<Glob> = anywhere.iter().map(|pattern| Glob::pattern(pattern)).collect();
        let set_apart = by_service.keys().take(MAX_SET_APART).map(|service| Glob::pattern(&format!("{service}:*")));
        let (first, count) = (globs.len(), by_service.len().min(MAX_SET_APART));
        globs.extend(set_apart);
        globs.push(Glob::pattern("?*:?*"));
        let found = regions(&globs, MAX_STATES)?;
        let is_apart = |region: &crate::iam::glob::Region| {
            region.is_in(globs.len() - 1) && !(first..first + count).any(|at| region.is_in(at))
        };
        let (patterns, none) = (anywhere.iter().map(String::as_str).collect(), BTreeSet::new());
        let words = found.into_iter().filter(is_apart).filter_map(|region| fresh(&region.witness, &patterns, &none));
        names.extend(words.filter(|word| service_of(word).is_none_or(|service| !by_service.contains_key(service))));
    }
    let mut atoms: BTreeMap<Vec<u8>, Atom> = BTreeMap::new();
    for name in names {
        let named = sorted.iter().map(|one| one.as_ref().map_or(Truth::False, |one| one.names(&name)));
        let named: Vec<Truth> = named.collect();
        let key = named.iter().map(|truth| *truth as u8).collect();
        atoms.entry(key).or_insert(Atom { named, known: Vec::new(), name });
    }
    let mut atoms: Vec<Atom> = atoms.into_values().collect();
    atoms.sort_by(|one, other| one.name.cmp(&other.name));
    Some(atoms)
}

/// A word that the same patterns take as this one, which is the name of nothing; `None` where none is found.
fn fresh(word: &str, patterns: &BTreeSet<&str>, exact: &BTreeSet<String>) -> Option<String> {
    let class = |word: &str| patterns.iter().map(|pattern| matches_ignoring_case(pattern, word)).collect::<Vec<_>>();
    let is_named = |word: &str| {
        word.ends_with(':') || word.starts_with(':') || exact.contains(word) || catalogue::action(word).is_some()
    };
    if !is_named(word) {
        return Some(word.to_owned());
    }
    let wanted = class(word);
    let from = word.find(':')? + 1;
    let places = (from..=word.len()).rev().filter(|at| word.is_char_boundary(*at));
    let letters = ['x', 'z', 'q', 'j', '0', '7'];
    let candidates = places.flat_map(|at| {
        letters.into_iter().flat_map(move |letter| {
            let (head, tail) = word.split_at(at);
            let rest: String = tail.chars().skip(1).collect();
            [format!("{head}{letter}{tail}"), format!("{head}{letter}{rest}")]
        })
    });
    candidates.into_iter().find(|candidate| !is_named(candidate) && class(candidate) == wanted)
}
