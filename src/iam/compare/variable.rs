//! The values that policy variables may have.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Asked, Decided, fixed, presence, values};
use super::request::Caller;
use crate::iam::catalogue::Action;
use crate::iam::condition::Context;
use crate::iam::document::Statement;
use crate::iam::glob::{Glob, Symbol};
use crate::value::Value;

/// More values of one variable are not tried out.
const MAX_VALUES: usize = 12;

/// Nor more combinations of values.
const MAX_COMBINATIONS: usize = 128;

/// The patterns of a statement: of its resources, and of its tests with their key.
fn patterns(statement: &Statement) -> Vec<(&str, Glob)> {
    let glob = |value: &Value| Glob::of_value(value, statement.variables);
    let resources = statement.resources.iter().chain(&statement.not_resources).flat_map(|elements| &elements.items);
    let resources = resources.filter_map(glob).map(|glob| ("", glob));
    let tests = statement.tests.iter().filter(|test| test.kind().is_some_and(|kind| kind.has_variables()));
    let tests = tests.flat_map(|test| test.values.iter().filter_map(glob).map(|glob| (test.key.as_str(), glob)));
    resources.chain(tests).collect()
}

fn key_of(variable: &str) -> &str {
    variable.split_once(',').map_or(variable, |(key, _)| key.trim())
}

/// The values of all variables of these statements, in all combinations; `None` where they are too many.
pub(super) fn combinations(
    statements: &[&Statement],
    action: Option<&Action>,
    caller: &Caller,
) -> Option<Vec<Decided>> {
    let patterns: Vec<(&str, Glob)> = statements.iter().flat_map(|statement| patterns(statement)).collect();
    let variables = |glob: &Glob| {
        let name = |symbol: &Symbol| match symbol {
            Symbol::Variable(name) => Some(key_of(name).to_owned()),
            _ => None,
        };
        glob.symbols().iter().filter_map(name).collect::<Vec<String>>()
    };
    let keys: BTreeSet<String> = patterns.iter().flat_map(|(_, glob)| variables(glob)).collect();
    let mut all = vec![Decided::default()];
    for key in keys {
        let mut choices: Vec<Option<String>> = Vec::new();
        let mut add = |value: Option<String>| {
            if !choices.contains(&value) && value.as_ref().is_none_or(|value| !value.is_empty()) {
                choices.push(value);
            }
        };
        let tests: Vec<Asked<'_>> = statements
            .iter()
            .flat_map(|one| one.tests.iter().map(|test| (test, one.variables)))
            .filter(|(test, _)| test.key == key)
            .collect();
        let (may_lack, may_carry) = presence(&key, &tests, action, caller);
        if let Some(value) = fixed(&key, caller) {
            add(Some(value));
        } else {
            if may_carry {
                add(Some(format!("some-{}", key.rsplit([':', '/']).next().unwrap_or_default())));
                aligned(&key, &patterns).into_iter().for_each(|value| add(Some(value)));
                if !tests.is_empty() {
                    values(&key, &tests, &Context::default())?.into_iter().for_each(|value| add(Some(value)));
                }
            }
            if may_lack {
                add(None);
            }
        }
        if choices.len() > MAX_VALUES || all.len() * choices.len() > MAX_COMBINATIONS {
            return None;
        }
        let with = |decided: &Decided| {
            let one = |value: &Option<String>| {
                let mut decided = decided.0.clone();
                decided.insert(key.clone(), value.clone());
                Decided(decided)
            };
            choices.iter().map(one).collect::<Vec<Decided>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    Some(all)
}

/// The values with which a pattern that has the variable takes in what another pattern takes in.
fn aligned(key: &str, patterns: &[(&str, Glob)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let by_subject = patterns.iter().fold(BTreeMap::<&str, Vec<&Glob>>::new(), |mut all, (subject, glob)| {
        all.entry(subject).or_default().push(glob);
        all
    });
    for (_, globs) in by_subject {
        for glob in &globs {
            let is_it = |symbol: &Symbol| matches!(symbol, Symbol::Variable(name) if key_of(name) == key);
            let Some(at) = glob.symbols().iter().position(is_it) else { continue };
            let (Some(head), end) = (glob.symbols().get(..at), glob.symbols().get(at + 1)) else { continue };
            for other in globs.iter().filter(|other| other != &glob) {
                let Some(rest) = other.symbols().strip_prefix(head) else { continue };
                let middle = rest.iter().take_while(|symbol| end.is_none_or(|end| *symbol != end));
                let text = middle.map(|symbol| match symbol {
                    Symbol::Char(character) => Some(*character),
                    Symbol::One => Some('x'),
                    // As short as it can be.
                    Symbol::Run(_) => Some('\0'),
                    _ => None,
                });
                let text: Option<String> = text.collect();
                found.extend(text.map(|text| text.replace('\0', "")));
            }
        }
    }
    found
}
