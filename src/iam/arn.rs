//! ARNs as patterns: what is known of the address of an identity before it exists.

use super::glob::{Except, Glob, Hole, Symbol};
use super::identity::Identity;
use crate::source::Origin;
use crate::value::{Piece, Value};

/// The ARN of a user, group, role or policy, in whatever account it is.
pub(super) fn arn_of(kind: &str, path: &Value, name: &Value) -> Glob {
    let mut symbols: Vec<Symbol> = Vec::new();
    let text = |symbols: &mut Vec<Symbol>, text: &str| symbols.extend(text.chars().map(Symbol::Char));
    text(&mut symbols, "arn:");
    symbols.push(Symbol::Run(Except::Colon));
    text(&mut symbols, ":iam::");
    symbols.push(Symbol::Run(Except::Colon));
    text(&mut symbols, &format!(":{kind}"));
    let path = path.as_str().filter(|path| path.starts_with('/')).unwrap_or("/");
    text(&mut symbols, path);
    match name.to_pieces() {
        Some(pieces) if !name.is_null() => {
            for piece in pieces {
                match piece {
                    Piece::Known(known, _) => text(&mut symbols, &known),
                    Piece::Hole(unknown, _) => {
                        symbols.push(Symbol::Hole(Hole { literal: true, ..Hole::of(&unknown) }));
                    }
                }
            }
        }
        _ => symbols.push(Symbol::Hole(Hole { same: None, literal: true, fact: None })),
    }
    Glob::of_symbols(symbols)
}

/// The ARN of a user, group or role of the unit, in whatever account it is.
pub(super) fn arn_of_principal(identity: &Identity<'_>, principal: usize) -> Option<Glob> {
    let principal = identity.principals.get(principal)?;
    let resource = principal.instance.resource;
    let path = ["path", "Path"].into_iter().find_map(|name| resource.attributes.get(name)).cloned();
    let path = path.unwrap_or_else(|| Value::null(Origin::NONE));
    let kind = match &*principal.instance.row.kind {
        "user" => "user",
        "group" => "group",
        "role" => "role",
        _ => return None,
    };
    Some(arn_of(kind, &path, &identity.field(&principal.instance, "name")))
}
