//! The resources of a statement as they are for one principal: what its requests carry stands for policy variables.

use std::sync::{Arc, OnceLock};

use crate::iam::cached::Cached;
use crate::iam::document::{Document, Statement};
use crate::iam::glob::{Hole, Symbol, Token, tokens};
use crate::iam::requester::Filling;
use crate::source::Origin;
use crate::value::{Fact, Piece, Unknown, Value, Why};

/// What stands for variables, by their names.
type Fillings<'f> = [(&'f str, &'f Filling)];

/// The variables in the resources of a document, in order.
pub(super) fn variables_of(document: &Document) -> Vec<Arc<str>> {
    let with = document.statements.iter().filter(|statement| statement.variables);
    let elements = with.flat_map(|statement| [&statement.resources, &statement.not_resources]).flatten();
    let mut names = Vec::new();
    for item in elements.flat_map(|elements| &elements.items) {
        add_variables(item, &mut names);
    }
    names.sort_unstable();
    names.dedup();
    names
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
    let is_filled = |item: &Value| {
        let mut names = Vec::new();
        add_variables(item, &mut names);
        fillings.iter().any(|(name, _)| names.iter().any(|other| **other == **name))
    };
    let mut is_other = false;
    for elements in [&mut statement.resources, &mut statement.not_resources].into_iter().flatten() {
        if elements.items.iter().any(is_filled) {
            elements.items = elements.items.iter().filter_map(|item| filled(item, fillings)).collect();
            is_other = true;
        }
    }
    if is_other {
        statement.every_resource = Cached::default();
        statement.admin = OnceLock::new();
        statement.reach = OnceLock::new();
        statement.denial = OnceLock::new();
    }
}

/// A resource with what stands for its variables; none where nothing stands for one of them.
fn filled(item: &Value, fillings: &Fillings<'_>) -> Option<Value> {
    if let Some(unknown) = item.as_unknown().filter(|unknown| !unknown.candidates.is_empty()) {
        // The empty text is no resource.
        let of = |candidate: &Value| filled(candidate, fillings).unwrap_or_else(|| Value::string("", candidate.origin));
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
