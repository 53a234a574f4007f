//! The values that policy variables may have.
//!
//! A variable is one text wherever it occurs in a request. Which texts tell statements apart is found by laying patterns
//! over each other: what a pattern has at the place of a variable of another one is a text that the variable may be. Of
//! these, one of every class is tried, in all combinations with those of other variables, so that patterns with several
//! variables are compared as wholes.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Asked, Decided, fixed, other_than_written, presence, texts, values};
use super::request::Caller;
use crate::iam::catalogue::Action;
use crate::iam::condition::{Context, Family};
use crate::iam::document::Statement;
use crate::iam::glob::{Except, Glob, Symbol};
use crate::value::{Truth, Value};

/// More values of one variable are not tried out.
const MAX_VALUES: usize = 16;

/// Nor more combinations of values.
const MAX_COMBINATIONS: usize = 256;

/// Patterns are laid over each other in at most so many ways.
const MAX_LAID: usize = 4_096;

/// A pattern with what it is compared with: the resource, or a key.
type Subject<'s> = (&'s str, Glob);

/// The patterns of a statement: of its resources, and of its tests with their key.
fn patterns(statement: &Statement) -> Vec<Subject<'_>> {
    let glob = |value: &Value| {
        let candidates = match value.as_unknown() {
            Some(unknown) if !unknown.candidates.is_empty() => unknown.candidates.clone(),
            _ => vec![value.clone()],
        };
        candidates.iter().filter_map(|value| Glob::of_value(value, statement.variables)).collect::<Vec<_>>()
    };
    let resources = statement.resources.iter().chain(&statement.not_resources).flat_map(|elements| &elements.items);
    let resources = resources.flat_map(glob).map(|glob| ("", glob));
    let is_text = |family: Family| {
        matches!(family, Family::Text | Family::TextIgnoringCase | Family::Pattern | Family::Arn | Family::Bool)
    };
    let tests = statement.tests.iter().filter(|test| test.kind().is_some_and(|kind| is_text(kind.family)));
    let tests = tests.flat_map(|test| test.values.iter().flat_map(glob).map(|glob| (test.key.as_str(), glob)));
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
    if !statements.iter().any(|one| one.variables && one.has_variables()) {
        return Some(vec![Decided::default()]);
    }
    let patterns: BTreeSet<Subject<'_>> = statements.iter().flat_map(|statement| patterns(statement)).collect();
    let variables = |glob: &Glob| {
        let name = |symbol: &Symbol| match symbol {
            Symbol::Variable(name) => Some(key_of(name).to_owned()),
            _ => None,
        };
        glob.symbols().iter().filter_map(name).collect::<Vec<String>>()
    };
    let keys: BTreeSet<String> = patterns.iter().flat_map(|(_, glob)| variables(glob)).collect();
    let laid = laid_over(&patterns)?;
    let mut written: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    // What is laid over a variable may itself have variables, whose texts are then known.
    for _ in 0..2 {
        let mut next = BTreeMap::new();
        for key in &keys {
            let mut globs = Vec::new();
            for glob in laid.get(key.as_str()).into_iter().flatten() {
                globs.extend(filled(glob, &written)?);
            }
            let tests = tests_on(key, statements);
            let mut found = texts(key, caller, globs)?;
            found.extend(values(key, &tests, &Context::default(), caller)?);
            found.sort();
            found.dedup();
            next.insert(key.as_str(), found);
        }
        written = next;
    }
    let mut all = vec![Decided::default()];
    for key in &keys {
        let mut choices: Vec<Option<String>> = Vec::new();
        let (may_lack, may_carry) = presence(key, &tests_on(key, statements), action, caller);
        if let Some(value) = fixed(key, caller) {
            choices.push(Some(value));
        } else {
            if may_carry {
                let written = written.get(key.as_str()).into_iter().flatten().cloned();
                let other = std::iter::once(other_than_written(key)).chain(written).filter(|value| !value.is_empty());
                choices.extend(other.map(Some));
            }
            if may_lack {
                choices.push(None);
            }
        }
        let mut kept: Vec<Option<String>> = Vec::new();
        for choice in choices {
            if !kept.contains(&choice) {
                kept.push(choice);
            }
        }
        if kept.len() > MAX_VALUES || all.len() * kept.len() > MAX_COMBINATIONS {
            return None;
        }
        let with = |decided: &Decided| {
            let one = |value: &Option<String>| {
                let mut decided = decided.0.clone();
                decided.insert(key.clone(), value.clone());
                Decided(decided)
            };
            kept.iter().map(one).collect::<Vec<Decided>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    Some(all)
}

fn tests_on<'s>(key: &str, statements: &[&'s Statement]) -> Vec<Asked<'s>> {
    let all = statements.iter().flat_map(|one| one.tests.iter().map(|test| (test, one.variables)));
    all.filter(|(test, _)| test.key == key).collect()
}

/// For each variable what other patterns have in its place; `None` where that is too much.
///
/// Of two ARNs the parts after the fifth colon are laid over each other: a wildcard before it that ran over colons would
/// name what is no resource of any type.
fn laid_over(patterns: &BTreeSet<Subject<'_>>) -> Option<BTreeMap<String, BTreeSet<Glob>>> {
    let mut found: BTreeMap<String, BTreeSet<Glob>> = BTreeMap::new();
    let fields: Vec<(&str, Vec<Glob>)> = patterns.iter().map(|(subject, glob)| (*subject, fields(glob))).collect();
    let mut laid = 0;
    for (subject, mine) in &fields {
        for (nth, glob) in mine.iter().enumerate() {
            for (at, symbol) in glob.symbols().iter().enumerate() {
                let Symbol::Variable(name) = symbol else { continue };
                let place = found.entry(key_of(name).to_owned()).or_default();
                let head = open(glob.symbols().get(..at).unwrap_or_default());
                let tail = open(glob.symbols().get(at + 1..).unwrap_or_default());
                for (of, theirs) in &fields {
                    let Some(other) = theirs.get(nth).filter(|other| of == subject && !other.is_everything()) else {
                        continue;
                    };
                    // A pattern that is the same is the same whatever the variable is.
                    if mine == theirs
                        || mine.len() != theirs.len()
                        || open(glob.symbols()).meets(&open(other.symbols())) == Truth::False
                    {
                        continue;
                    }
                    laid += 1;
                    if laid > MAX_LAID {
                        return None;
                    }
                    let parts = between(&head, &tail, other.symbols());
                    place.extend(parts.into_iter().filter(|part| tells_of(part, key_of(name))));
                }
            }
        }
    }
    Some(found)
}

/// Whether a part says something of a variable: it is written out, or it is another variable as a whole.
fn tells_of(part: &Glob, key: &str) -> bool {
    match part.symbols() {
        [Symbol::Variable(name)] => key_of(name) != key,
        symbols => !symbols.iter().any(|symbol| matches!(symbol, Symbol::Variable(_) | Symbol::Hole(_))),
    }
}

/// The six fields of an ARN; anything else is one.
fn fields(glob: &Glob) -> Vec<Glob> {
    let fields = glob.fields();
    if fields.len() == 6 && fields.first() == Some(&Glob::literal("arn")) { fields } else { vec![glob.clone()] }
}

/// A pattern in which variables and holes may be anything.
fn open(symbols: &[Symbol]) -> Glob {
    Glob::of_symbols(symbols.iter().map(|symbol| match symbol {
        Symbol::Variable(_) | Symbol::Hole(_) => Symbol::Run(Except::Nothing),
        other => other.clone(),
    }))
}

/// The parts of a pattern that may stand between a head and a tail.
fn between(head: &Glob, tail: &Glob, symbols: &[Symbol]) -> BTreeSet<Glob> {
    let is_open = |at: usize| matches!(symbols.get(at), Some(Symbol::Run(_) | Symbol::Variable(_) | Symbol::Hole(_)));
    let (mut starts, mut ends) = (BTreeSet::new(), BTreeSet::new());
    for at in 0..=symbols.len() {
        let (before, after) = (symbols.get(..at).unwrap_or_default(), symbols.get(at..).unwrap_or_default());
        if head.meets(&open(before)) != Truth::False {
            starts.insert(at);
            // A run may be the end of the one and the beginning of the other.
            if at > 0 && is_open(at - 1) {
                starts.insert(at - 1);
            }
        }
        if tail.meets(&open(after)) != Truth::False {
            ends.insert(at);
            if is_open(at) {
                ends.insert(at + 1);
            }
        }
    }
    let is_run = |symbol: Option<&Symbol>| matches!(symbol, Some(Symbol::Run(_)));
    // Beside a run every place will do: the shortest and the longest part stand for all between.
    let outermost = |all: Vec<usize>, beside_run: bool| match all.as_slice() {
        [first, .., last] if beside_run => vec![*first, *last],
        _ => all,
    };
    let starts = outermost(starts.into_iter().collect(), is_run(head.symbols().last()));
    let pairs = starts.into_iter().flat_map(|start| {
        let behind = outermost(ends.range(start + 1..).copied().collect(), is_run(tail.symbols().first()));
        behind.into_iter().map(move |end| (start, end))
    });
    let parts = pairs.map(|(start, end)| Glob::of_symbols(symbols.get(start..end).unwrap_or_default().iter().cloned()));
    parts.filter(|part| !part.is_everything()).collect()
}

/// A pattern with the values of its variables that are known so far; `None` where they are too many.
fn filled(glob: &Glob, written: &BTreeMap<&str, Vec<String>>) -> Option<Vec<Glob>> {
    let mut all: Vec<Vec<Symbol>> = vec![Vec::new()];
    for symbol in glob.symbols() {
        match symbol {
            Symbol::Variable(name) => {
                let key = key_of(name);
                let known = written.get(key).into_iter().flatten().cloned();
                let texts: Vec<String> = std::iter::once(other_than_written(key)).chain(known).collect();
                if all.len() * texts.len() > MAX_COMBINATIONS {
                    return None;
                }
                let with = |symbols: &Vec<Symbol>| {
                    let one = |text: &String| {
                        symbols.iter().cloned().chain(text.chars().map(Symbol::Char)).collect::<Vec<Symbol>>()
                    };
                    texts.iter().map(one).collect::<Vec<_>>()
                };
                all = all.iter().flat_map(with).collect();
            }
            Symbol::Hole(_) => all.iter_mut().for_each(|symbols| symbols.push(Symbol::Run(Except::Nothing))),
            other => all.iter_mut().for_each(|symbols| symbols.push(other.clone())),
        }
    }
    Some(all.into_iter().map(Glob::of_symbols).collect())
}

impl Statement {
    /// Whether `${…}` occurs in a text that is compared with something.
    fn has_variables(&self) -> bool {
        let elements = self.resources.iter().chain(&self.not_resources).flat_map(|elements| &elements.items);
        let mut values = elements.chain(self.tests.iter().flat_map(|test| &test.values));
        let has =
            |value: &Value| value.as_str().map_or_else(|| value.first_unknown().is_some(), |text| text.contains("${"));
        values.any(has)
    }
}
