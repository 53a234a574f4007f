//! The values that policy variables may have.
//!
//! A variable is one text wherever it occurs in a request. Which texts tell statements apart is found by laying patterns
//! over each other: what a pattern has at the place of a variable of another one is a text that the variable may be. Of
//! these, one of every class is tried, in all combinations with those of other variables, so that patterns with several
//! variables are compared as wholes.
//!
//! One of every class is enough where the other pattern has no variables: a text is then read by it from each of its places
//! to each other as any other text of its class is, so that either may stand for the other in any request. Where the other
//! pattern has variables at another place, texts of one are parts of texts of the other, and the classes are not known to be
//! all: [`Combinations::open`] says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::context::{Asked, Decided, by_field, either_case, fixed, other_than_written, presence, values};
use super::request::Caller;
use crate::iam::catalogue::{self, Action};
use crate::iam::condition::{Context, Family, wanted};
use crate::iam::document::Statement;
use crate::iam::glob::{Except, Glob, Symbol};
use crate::value::{Truth, Value};

/// More values of one variable are not tried out.
const MAX_VALUES: usize = 24;

/// Nor more combinations of values.
const MAX_COMBINATIONS: usize = 256;

/// Patterns are laid over each other in at most so many ways.
const MAX_LAID: usize = 4_096;

/// So many parts of one pattern are looked at for one place of a variable in another.
const MAX_PARTS: usize = 64;

/// Combinations of values for all variables.
#[derive(Debug)]
pub(super) struct Combinations {
    pub(super) all: Vec<Decided>,
    /// Why there may be others that tell statements apart.
    pub(super) open: Option<Arc<str>>,
}

/// A pattern with what it is compared with: the resource, or a key.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern<'s> {
    subject: &'s str,
    glob: Glob,
    /// Without regard to case.
    folds: bool,
    /// Field by field, so that no wildcard runs over the colons between them.
    by_field: bool,
}

/// What laying patterns over each other comes to.
#[derive(Debug, Default)]
struct Laid {
    /// For each variable what other patterns have in its place.
    parts: BTreeMap<String, BTreeSet<Glob>>,
    open: Option<Arc<str>>,
    count: usize,
}

fn candidates(value: &Value) -> Vec<Value> {
    match value.as_unknown() {
        Some(unknown) if !unknown.candidates.is_empty() => unknown.candidates.clone(),
        _ => vec![value.clone()],
    }
}

/// The patterns of a statement: of its resources, and of its tests with their key.
fn patterns(statement: &Statement) -> Vec<Pattern<'_>> {
    let resources = statement.resources.iter().chain(&statement.not_resources).flat_map(|elements| &elements.items);
    let resources = resources
        .flat_map(candidates)
        .filter_map(|value| Glob::of_value(&value, statement.variables))
        .map(|glob| Pattern { subject: "", glob, folds: false, by_field: false });
    let tests = statement.tests.iter().flat_map(|test| {
        let operator = test.kind().filter(|operator| operator.has_variables());
        let globs = operator.into_iter().flat_map(|operator| {
            let values = test.values.iter().flat_map(candidates);
            values.filter_map(move |value| Some((operator, wanted(operator, &value, statement.variables)?)))
        });
        globs.map(|(operator, glob)| Pattern {
            subject: test.key.as_str(),
            glob: by_field(operator, &glob),
            folds: matches!(operator.family, Family::TextIgnoringCase | Family::Bool),
            by_field: operator.family == Family::Arn,
        })
    });
    resources.chain(tests).collect()
}

fn key_of(variable: &str) -> &str {
    variable.split_once(',').map_or(variable, |(key, _)| key.trim())
}

fn variables(glob: &Glob) -> impl Iterator<Item = &str> {
    glob.symbols().iter().filter_map(|symbol| match symbol {
        Symbol::Variable(name) => Some(key_of(name)),
        _ => None,
    })
}

fn has_variables(symbols: &[Symbol]) -> bool {
    symbols.iter().any(|symbol| matches!(symbol, Symbol::Variable(_)))
}

/// The values of all variables of these statements, in all combinations; `None` where they are too many.
pub(super) fn combinations(
    statements: &[&Statement],
    action: Option<&Action>,
    caller: &Caller,
    steps: &mut usize,
) -> Option<Combinations> {
    if !statements.iter().any(|one| one.variables && one.has_variables()) {
        return Some(Combinations { all: vec![Decided::default()], open: None });
    }
    let patterns: BTreeSet<Pattern<'_>> = statements.iter().flat_map(|statement| patterns(statement)).collect();
    let keys: BTreeSet<String> =
        patterns.iter().flat_map(|pattern| variables(&pattern.glob)).map(str::to_owned).collect();
    let mut laid = laid_over(&patterns, &of_types(&patterns, action))?;
    let mut written: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    // What is laid over a variable may itself have variables, whose texts are then known.
    for _ in 0..2 {
        let mut next = BTreeMap::new();
        for key in &keys {
            let own = patterns.iter().filter(|pattern| pattern.subject == key && has_variables(pattern.glob.symbols()));
            let own = own.map(|pattern| if pattern.folds { either_case(&pattern.glob) } else { pattern.glob.clone() });
            let parts = laid.parts.get(key.as_str()).into_iter().flatten().cloned();
            let mut globs = Vec::new();
            for glob in parts.chain(own) {
                globs.extend(filled(&glob, &written)?);
            }
            let mut found = values(key, &tests_on(key, statements), &Context::default(), caller, globs, steps)?;
            found.sort();
            found.dedup();
            next.insert(key.as_str(), found);
        }
        written = next;
    }
    for key in &keys {
        laid.note_key(key, &patterns, &tests_on(key, statements));
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
    Some(Combinations { all, open: laid.open })
}

fn tests_on<'s>(key: &str, statements: &[&'s Statement]) -> Vec<Asked<'s>> {
    let all = statements.iter().flat_map(|one| one.tests.iter().map(|test| (test, one.variables)));
    all.filter(|(test, _)| test.key == key).collect()
}

/// How the resources of an action look, where its variables meet them: a name that holds a slash is none of some types.
fn of_types<'s>(patterns: &BTreeSet<Pattern<'_>>, action: Option<&Action>) -> Vec<Pattern<'s>> {
    let with_variables: Vec<Glob> = patterns
        .iter()
        .filter(|pattern| pattern.subject.is_empty() && has_variables(pattern.glob.symbols()))
        .map(|pattern| open(pattern.glob.symbols()))
        .collect();
    let arns = action.into_iter().flat_map(Action::resource_types).flat_map(|(kind, _)| kind.arns());
    let met = arns.filter(|arn| with_variables.iter().any(|glob| arn.glob.meets(glob) != Truth::False));
    met.map(|arn| Pattern { subject: "", glob: arn.glob.clone(), folds: false, by_field: false }).collect()
}

/// Lays all patterns over the variables of each other, and the types of resource over them; `None` where that is too much.
fn laid_over(patterns: &BTreeSet<Pattern<'_>>, types: &[Pattern<'_>]) -> Option<Laid> {
    let mut laid = Laid::default();
    let colons = |pattern: &Pattern<'_>| pattern.glob.symbols().iter().filter(|one| **one == Symbol::Char(':')).count();
    let names_have_colons = types.is_empty() || patterns.iter().chain(types).any(|one| colons(one) > 5);
    for mine in patterns.iter().filter(|pattern| has_variables(pattern.glob.symbols())) {
        for theirs in patterns.iter().chain(types).filter(|other| other.subject == mine.subject) {
            // A pattern that is the same is the same whatever the variable is.
            if mine == theirs || theirs.glob.is_everything() {
                continue;
            }
            let runs_on = match (mine.subject, mine.by_field && theirs.by_field) {
                ("", _) => names_have_colons,
                (_, by_field) => !by_field,
            };
            let pairs = pairs_of_fields(&mine.glob, &theirs.glob, runs_on);
            if pairs.iter().any(|(mine, theirs)| open(mine).meets(&open(theirs)) == Truth::False) {
                continue;
            }
            for (a, b) in pairs {
                laid.lay(a, b, mine.folds || theirs.folds)?;
            }
        }
    }
    Some(laid)
}

/// Two patterns, field by field where both are ARNs of which no wildcard can run over the colons between the fields.
fn pairs_of_fields<'g>(mine: &'g Glob, theirs: &'g Glob, runs_on: bool) -> Vec<(&'g [Symbol], &'g [Symbol])> {
    let is_colon = |symbol: &Symbol| *symbol == Symbol::Char(':');
    let fields = |glob: &'g Glob| glob.symbols().splitn(6, is_colon).collect::<Vec<_>>();
    let (a, b) = (fields(mine), fields(theirs));
    let is_arn = |fields: &[&[Symbol]]| fields.len() == 6 && fields.first() == Some(&Glob::literal("arn").symbols());
    let may_run_on = |symbol: &Symbol| {
        matches!(symbol, Symbol::Run(Except::Nothing | Except::Slash) | Symbol::Variable(_) | Symbol::Hole(_))
    };
    let crosses = |fields: &[&[Symbol]]| fields.iter().take(5).any(|field| field.iter().any(may_run_on));
    if is_arn(&a) && is_arn(&b) && !(runs_on && (crosses(&a) || crosses(&b))) {
        a.into_iter().zip(b).collect()
    } else {
        vec![(mine.symbols(), theirs.symbols())]
    }
}

/// What is left of two patterns without what they begin and end with alike, of which there is but one reading.
fn apart<'g>(mut a: &'g [Symbol], mut b: &'g [Symbol]) -> (&'g [Symbol], &'g [Symbol]) {
    let same = |a: &Symbol, b: &Symbol| match (a, b) {
        (Symbol::Char(a), Symbol::Char(b)) => a == b,
        (Symbol::Variable(a), Symbol::Variable(b)) => key_of(a) == key_of(b),
        _ => false,
    };
    while let ([x, more @ ..], [y, others @ ..]) = (a, b)
        && same(x, y)
    {
        (a, b) = (more, others);
    }
    while let ([more @ .., x], [others @ .., y]) = (a, b)
        && same(x, y)
    {
        (a, b) = (more, others);
    }
    (a, b)
}

impl Laid {
    /// Lays one pattern over the variables of another; `None` where that is too much.
    fn lay(&mut self, mine: &[Symbol], theirs: &[Symbol], folds: bool) -> Option<()> {
        if !has_variables(mine) || mine == theirs {
            return Some(());
        }
        let (own, other) = apart(mine, theirs);
        let all_of = |wide: &[Symbol], narrow: &[Symbol]| {
            !has_variables(wide) && Glob::of_symbols(wide.iter().cloned()).covers(&open(narrow)) == Truth::True
        };
        if has_variables(theirs)
            && (has_variables(own) || has_variables(other))
            && !(all_of(own, other) || all_of(other, own))
        {
            self.note_overlap(mine, theirs);
        }
        let wide = Glob::of_symbols(theirs.iter().cloned());
        if !has_variables(theirs) && wide.covers(&open(mine)) == Truth::True {
            return Some(());
        }
        for (at, symbol) in mine.iter().enumerate() {
            let Symbol::Variable(name) = symbol else { continue };
            self.count += 1;
            if self.count > MAX_LAID {
                return None;
            }
            let head = open(mine.get(..at).unwrap_or_default());
            let tail = open(mine.get(at + 1..).unwrap_or_default());
            let (parts, all) = between(&head, &tail, theirs);
            if !all {
                self.note_overlap(mine, theirs);
            }
            let key = key_of(name);
            let place = self.parts.entry(key.to_owned()).or_default();
            for part in parts.into_iter().filter(|part| tells_of(part, key)) {
                if folds {
                    place.insert(either_case(&part));
                }
                place.insert(part);
            }
        }
        Some(())
    }

    fn note(&mut self, reason: impl FnOnce() -> String) {
        if self.open.is_none() {
            self.open = Some(reason().into());
        }
    }

    fn note_overlap(&mut self, mine: &[Symbol], theirs: &[Symbol]) {
        let text = |symbols: &[Symbol]| Glob::of_symbols(symbols.iter().cloned()).to_string();
        self.note(|| format!("where `{}` meets `{}` depends on policy variables", text(mine), text(theirs)));
    }

    /// Notes what keeps the values of a key from being all that tell statements apart.
    fn note_key(&mut self, key: &str, patterns: &BTreeSet<Pattern<'_>>, tests: &[Asked<'_>]) {
        let of_others = |pattern: &&Pattern<'_>| pattern.subject == key && has_variables(pattern.glob.symbols());
        if let Some(pattern) = patterns.iter().find(of_others) {
            let glob = &pattern.glob;
            self.note(|| {
                format!("where the policy variable `{key}` is like `{glob}` depends on other policy variables")
            });
        }
        let has_many =
            catalogue::key(key).is_some_and(|key| key.many) || tests.iter().any(|(test, _)| test.qualifier.is_some());
        if has_many {
            self.note(|| format!("the policy variable `{key}` may have several values"));
        }
    }
}

/// Whether a part says something of a variable: nothing that is not known, and not of the variable itself.
fn tells_of(part: &Glob, key: &str) -> bool {
    !part.has_holes() && !variables(part).any(|name| name == key)
}

/// A pattern in which variables and holes may be anything.
fn open(symbols: &[Symbol]) -> Glob {
    Glob::of_symbols(symbols.iter().map(|symbol| match symbol {
        Symbol::Variable(_) | Symbol::Hole(_) => Symbol::Run(Except::Nothing),
        other => other.clone(),
    }))
}

/// The parts of a pattern that may stand between a head and a tail, and whether these are all.
fn between(head: &Glob, tail: &Glob, symbols: &[Symbol]) -> (BTreeSet<Glob>, bool) {
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
    let is_many = starts.iter().map(|start| ends.range(start + 1..).count()).sum::<usize>() > MAX_PARTS;
    // Beside a run every place will do: of too many the shortest and the longest part stand for all between.
    let outermost = |all: Vec<usize>, beside_run: bool| match all.as_slice() {
        [first, .., last] if beside_run && is_many => vec![*first, *last],
        _ => all,
    };
    let (behind_run, before_run) = (is_run(head.symbols().last()), is_run(tail.symbols().first()));
    let starts = outermost(starts.into_iter().collect(), behind_run);
    let pairs = starts.into_iter().flat_map(|start| {
        let behind = outermost(ends.range(start + 1..).copied().collect(), before_run);
        behind.into_iter().map(move |end| (start, end))
    });
    let parts = pairs.map(|(start, end)| Glob::of_symbols(symbols.get(start..end).unwrap_or_default().iter().cloned()));
    (parts.filter(|part| !part.is_everything()).collect(), !(is_many && (behind_run || before_run)))
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
