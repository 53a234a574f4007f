//! The values that a value may turn out to have, where there are few.

use std::sync::Arc;

use super::intrinsic::MAX_CANDIDATES;
use crate::value::{Data, Piece, Unknown, Value};

/// Every value that a value may have; none where that is not known. A known value has one.
///
/// One unknown has one value wherever it stands: `${A}-${A}` has as many values as `A`.
pub fn possible_values(value: &Value) -> Vec<Value> {
    values_of(value, 8)
}

fn values_of(value: &Value, depth: usize) -> Vec<Value> {
    let found = match &value.data {
        _ if depth == 0 => Vec::new(),
        Data::Unknown(unknown) => of_candidates(unknown, depth),
        Data::Text(text) if text.known().is_none() => match text.pieces() {
            Some(pieces) => of_pieces(pieces, value, depth),
            None => Vec::new(),
        },
        Data::List(_) | Data::Map(_) if value.first_unknown().is_some() => Vec::new(),
        _ => vec![value.clone()],
    };
    found.into_iter().map(|one| one.marked(value.sensitive)).collect()
}

fn of_candidates(unknown: &Unknown, depth: usize) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for candidate in &unknown.candidates {
        let found = values_of(candidate, depth - 1);
        if found.is_empty() || values.len() + found.len() > MAX_CANDIDATES {
            return Vec::new();
        }
        for one in found {
            if !values.iter().any(|known| known.equals(&one).is_true()) {
                values.push(one);
            }
        }
    }
    values
}

fn of_pieces(pieces: &[Piece], whole: &Value, depth: usize) -> Vec<Value> {
    let mut holes: Vec<(&Arc<Unknown>, Vec<Value>)> = Vec::new();
    let mut combinations = 1;
    for piece in pieces {
        let Piece::Hole(unknown, _) = piece else { continue };
        if holes.iter().any(|(known, _)| is_one(known, unknown)) {
            continue;
        }
        let values = of_candidates(unknown, depth);
        combinations *= values.len();
        if combinations == 0 || combinations > MAX_CANDIDATES {
            return Vec::new();
        }
        holes.push((unknown, values));
    }
    let mut found = Vec::with_capacity(combinations);
    for nth in 0..combinations {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Known(known, _) => text.push_str(known),
                Piece::Hole(unknown, _) => {
                    let mut rest = nth;
                    for (known, values) in &holes {
                        if is_one(known, unknown) {
                            let value = values.get(rest % values.len()).and_then(Value::scalar_text);
                            let Some(value) = value else { return Vec::new() };
                            text.push_str(&value);
                            break;
                        }
                        rest /= values.len();
                    }
                }
            }
        }
        found.push(Value::string(text, whole.origin));
    }
    found
}

/// Whether two unknowns have one value between them.
fn is_one(a: &Arc<Unknown>, b: &Arc<Unknown>) -> bool {
    Arc::ptr_eq(a, b) || a.is_same(b)
}
