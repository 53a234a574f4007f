//! The resources and conditions of a statement as they are for one principal: what its requests carry stands for policy
//! variables.

use std::sync::{Arc, OnceLock};

use super::grant::contradict;
use crate::iam::cached::Cached;
use crate::iam::condition::{Operator, Test};
use crate::iam::document::{Document, Statement};
use crate::iam::glob::{Glob, Hole, Symbol, Token, tokens};
use crate::iam::requester::Filling;
use crate::source::Origin;
use crate::value::{Fact, Piece, Truth, Unknown, Value, Why};

/// What stands for variables, by their names.
type Fillings<'f> = [(&'f str, &'f Filling)];

/// The variables in the resources and conditions of a document, in order.
pub(super) fn variables_of(document: &Document) -> Vec<Arc<str>> {
    let mut names = Vec::new();
    document.statements.iter().for_each(|statement| add_variables_of(statement, &mut names));
    names.sort_unstable();
    names.dedup();
    names
}

fn add_variables_of(statement: &Statement, names: &mut Vec<Arc<str>>) {
    if !statement.variables {
        return;
    }
    let elements = [&statement.resources, &statement.not_resources].into_iter().flatten();
    for item in elements.flat_map(|elements| &elements.items) {
        add_variables(item, names);
    }
    for test in statement.tests.iter().filter(|test| takes_variables(test)) {
        test.values.iter().for_each(|value| add_variables(value, names));
    }
}

/// Whether a statement has one of some variables, which are in order.
pub(super) fn has_some(statement: &Statement, variables: &[Arc<str>]) -> bool {
    let mut names = Vec::new();
    add_variables_of(statement, &mut names);
    names.iter().any(|name| variables.binary_search(name).is_ok())
}

fn takes_variables(test: &Test) -> bool {
    test.kind().is_some_and(Operator::has_variables)
}

/// The variables in the values of a test.
pub(super) fn variables_in(test: &Test) -> Vec<Arc<str>> {
    let mut names = Vec::new();
    test.values.iter().for_each(|value| add_variables(value, &mut names));
    names
}

/// Whether a test compares with policy variables.
pub(super) fn has_variables(test: &Test) -> bool {
    takes_variables(test) && !variables_in(test).is_empty()
}

fn add_variables(item: &Value, names: &mut Vec<Arc<str>>) {
    let mut of_text = |text: &str| {
        if text.contains("${") {
            names.extend(tokens(text).filter_map(|token| match token {
                Token::Variable(name, _) => Some(name.into()),
                Token::Plain(_) | Token::Escaped(..) => None,
            }));
        }
    };
    if let Some(text) = item.as_str() {
        of_text(text);
    } else if let Some(unknown) = item.as_unknown() {
        unknown.candidates.iter().for_each(|candidate| add_variables(candidate, names));
    } else {
        for piece in item.to_joined_pieces().unwrap_or_default() {
            if let Piece::Known(text, _) = piece {
                of_text(&text);
            }
        }
    }
}

/// Puts what stands for variables into the resources of a statement; a resource with a variable for which there is nothing
/// is none.
pub(super) fn fill(statement: &mut Statement, fillings: &Fillings<'_>) {
    if fillings.is_empty() || !statement.variables {
        return;
    }
    let is_filled = |item: &Value| is_filled(item, fillings);
    let mut is_other = false;
    let is_granted = statement.allows() == Truth::True;
    let mut of_tests = Vec::new();
    statement.tests.iter().flat_map(|test| &test.values).for_each(|value| add_variables(value, &mut of_tests));
    if let Some(elements) = statement.resources.as_mut().filter(|elements| elements.items.iter().any(is_filled)) {
        let filled = |item: &Value| {
            let mut names = Vec::new();
            add_variables(item, &mut names);
            let once =
                |name: &Arc<str>| !of_tests.contains(name) && names.iter().filter(|one| *one == name).count() == 1;
            filled_where(item, fillings, is_granted && names.iter().all(once))
        };
        elements.items = elements.items.iter().filter_map(filled).collect();
        is_other = true;
    }
    if let Some(elements) = statement.not_resources.as_mut().filter(|elements| elements.items.iter().any(is_filled)) {
        elements.items = elements.items.iter().filter_map(|item| filled(item, fillings)).collect();
        is_other = true;
    }
    for test in &mut statement.tests {
        if let Some(filled) = fill_test(test, fillings) {
            *test = filled;
            is_other = true;
        }
    }
    if is_other {
        statement.opposites = OnceLock::new();
        statement.every_resource = Cached::default();
        statement.admin = OnceLock::new();
        statement.reach = OnceLock::new();
        statement.denial = OnceLock::new();
    }
}

/// Takes anything for these variables in the resources of a statement, for a reason.
pub(super) fn open_variables(statement: &mut Statement, names: &[Arc<str>], why: &Arc<Unknown>) {
    let anything = Filling::Text(Glob::of_symbols([Symbol::Hole(Hole::open())]));
    let fillings: Vec<(&str, &Filling)> = names.iter().map(|name| (&**name, &anything)).collect();
    fill(statement, &fillings);
    let reasoned = |piece: Piece| match piece {
        Piece::Hole(unknown, at) if unknown.why == Why::Condition => Piece::Hole(why.clone(), at),
        other => other,
    };
    for elements in [&mut statement.resources, &mut statement.not_resources].into_iter().flatten() {
        for item in elements.items.iter_mut().filter(|item| item.as_str().is_none()) {
            if let Some(pieces) = item.to_pieces() {
                *item = Value::of_pieces(pieces.into_iter().map(reasoned).collect(), item.origin);
            }
        }
    }
}

fn is_filled(item: &Value, fillings: &Fillings<'_>) -> bool {
    let mut names = Vec::new();
    add_variables(item, &mut names);
    fillings.iter().any(|(name, _)| names.iter().any(|other| **other == **name))
}

/// A test with what stands for the variables in its values: one for which there is nothing matches nothing. None of a test
/// that stays as it is.
pub(super) fn fill_test(test: &Test, fillings: &Fillings<'_>) -> Option<Test> {
    let is_other = takes_variables(test) && test.values.iter().any(|value| is_filled(value, fillings));
    is_other.then(|| Test {
        values: test.values.iter().filter_map(|value| filled(value, fillings)).collect(),
        normal: Cached::default(),
        ..test.clone()
    })
}

/// Whether no request passes all of some tests once it is put in what stands for their variables.
pub(super) fn contradict_filled(tests: &[&Test], fillings: &Fillings<'_>) -> bool {
    let filled: Vec<Option<Test>> = tests.iter().map(|test| fill_test(test, fillings)).collect();
    let all: Vec<&Test> = filled.iter().zip(tests).map(|(filled, test)| filled.as_ref().unwrap_or(test)).collect();
    filled.iter().any(Option::is_some) && contradict(&all)
}

/// A text with what stands for its variables; none where nothing stands for one of them.
fn filled(item: &Value, fillings: &Fillings<'_>) -> Option<Value> {
    filled_where(item, fillings, false)
}

/// As [`filled`], of what reaches all that a text reaches which is up to the principal.
fn filled_where(item: &Value, fillings: &Fillings<'_>, reaches_any: bool) -> Option<Value> {
    if let Some(unknown) = item.as_unknown().filter(|unknown| !unknown.candidates.is_empty()) {
        // The empty text is no resource, and no value that a request carries.
        let of = |candidate: &Value| {
            filled_where(candidate, fillings, reaches_any).unwrap_or_else(|| Value::string("", candidate.origin))
        };
        let candidates = unknown.candidates.iter().map(of).collect();
        return Some(Value::unknown(Unknown { candidates, ..Unknown::clone(unknown) }, item.origin));
    }
    let Some(pieces) = item.to_joined_pieces() else { return Some(item.clone()) };
    let mut all = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let Piece::Known(text, at) = &piece else {
            all.push(piece);
            continue;
        };
        let mut known = String::new();
        for token in tokens(text) {
            let (name, written) = match token {
                Token::Plain(text) | Token::Escaped(_, text) => {
                    known.push_str(text);
                    continue;
                }
                Token::Variable(name, written) => (name, written),
            };
            match fillings.iter().find(|(other, _)| **other == *name) {
                None => known.push_str(written),
                Some((_, Filling::Nothing)) => return None,
                Some((_, Filling::Text(glob))) => {
                    for symbol in glob.symbols() {
                        match symbol {
                            Symbol::Char(special @ ('*' | '?' | '$')) => {
                                known.extend(["${", &special.to_string(), "}"])
                            }
                            Symbol::Char(letter) | Symbol::Letter(letter) => known.push(*letter),
                            Symbol::Run(_) if reaches_any => known.push('*'),
                            Symbol::Hole(_) | Symbol::Run(_) | Symbol::One | Symbol::Variable(_) => {
                                all.push(Piece::Known(std::mem::take(&mut known).into(), *at));
                                all.push(Piece::Hole(Arc::new(unknown(symbol, written, *at)), *at));
                            }
                        }
                    }
                }
            }
        }
        all.push(Piece::Known(known.into(), *at));
    }
    Some(Value::of_pieces(all, item.origin))
}

/// Why a part of what stands for a variable is not known.
fn unknown(symbol: &Symbol, written: &str, at: Origin) -> Unknown {
    match symbol {
        Symbol::Hole(Hole { fact: Some(fact @ Fact::Account), .. }) => {
            Unknown::new(Why::Environment(*fact), "the account", at)
        }
        _ => Unknown::new(Why::Condition, written, at),
    }
}
