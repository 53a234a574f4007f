//! ARNs as patterns: what is known of the address of an identity before it exists.

use std::sync::Arc;

use super::glob::{Except, Glob, Hole, Symbol};
use super::identity::Identity;
use crate::model::KindInstance;
use crate::source::Origin;
use crate::value::{Piece, Unknown, Value, Why};

/// The ARN of a user, group, role or policy, in whatever account it is.
fn arn_of(kind: &str, path: &Value, name: &Value) -> Glob {
    let mut symbols: Vec<Symbol> = Vec::new();
    let text = |symbols: &mut Vec<Symbol>, text: &str| symbols.extend(text.chars().map(Symbol::Char));
    text(&mut symbols, "arn:");
    symbols.push(Symbol::Run(Except::Colon));
    text(&mut symbols, ":iam::");
    symbols.push(Symbol::Run(Except::Colon));
    text(&mut symbols, &format!(":{kind}"));
    let written = |symbols: &mut Vec<Symbol>, value: &Value| match value.to_pieces() {
        Some(pieces) if !value.is_null() => {
            for piece in pieces {
                match piece {
                    Piece::Known(known, _) => text(symbols, &known),
                    Piece::Hole(unknown, _) => {
                        symbols.push(Symbol::Hole(Hole { literal: true, ..Hole::of(&unknown) }));
                    }
                }
            }
        }
        _ => symbols.push(Symbol::Hole(Hole::some_text())),
    };
    match path.as_str() {
        // It has none.
        None if path.is_null() => text(&mut symbols, "/"),
        Some(path) if !path.starts_with('/') => text(&mut symbols, "/"),
        _ => written(&mut symbols, path),
    }
    written(&mut symbols, name);
    Glob::of_symbols(symbols)
}

/// The ARN of a user, group or role of the unit, in whatever account it is.
pub(super) fn arn_of_principal(identity: &Identity<'_>, principal: usize) -> Option<Glob> {
    let principal = identity.principals.get(principal)?;
    let kind = match &*principal.instance.row.kind {
        "user" => "user",
        "group" => "group",
        "role" => "role",
        _ => return None,
    };
    Some(arn_of_instance(identity, kind, &principal.instance))
}

/// The same in the account of a resource, where the unit deploys to several and the id is known.
fn in_its_account(identity: &Identity<'_>, resource: usize, arn: Glob) -> Glob {
    let accounts = &identity.accounts;
    let [id] = accounts.ids(accounts.at(resource)) else { return arn };
    if accounts.is_one() {
        return arn;
    }
    let chars = |text: &str| text.chars().map(Symbol::Char).collect::<Vec<_>>();
    let mut symbols = Vec::new();
    for (at, field) in arn.fields().iter().enumerate() {
        if at > 0 {
            symbols.push(Symbol::Char(':'));
        }
        symbols.extend(if at == 4 { chars(id) } else { field.symbols().to_vec() });
    }
    Glob::of_symbols(symbols)
}

/// The ARN of a managed policy of the unit, in whatever account it is; none of a policy that has none.
pub(super) fn arn_of_policy(identity: &Identity<'_>, policy: usize) -> Option<Glob> {
    let policy = identity.policies.get(policy).filter(|policy| &*policy.instance.row.kind == "policy")?;
    Some(arn_of_instance(identity, "policy", &policy.instance))
}

fn arn_of_instance(identity: &Identity<'_>, kind: &str, instance: &KindInstance<'_>) -> Glob {
    let attributes = &instance.resource.attributes;
    let path = ["path", "Path"].into_iter().find_map(|name| attributes.get(name)).cloned();
    let path = path.unwrap_or_else(|| Value::null(Origin::NONE));
    in_its_account(identity, instance.index, arn_of(kind, &path, &name_of(identity, instance)))
}

/// The name of a user, group, role or policy as far as it is known: the Terraform provider adds to `name_prefix`.
pub(super) fn name_of(identity: &Identity<'_>, instance: &KindInstance<'_>) -> Value {
    let name = identity.field(instance, "name");
    let is_made = name.is_null() || name.as_unknown().is_some_and(|unknown| unknown.why == Why::AfterApply);
    let prefix = instance.resource.attributes.get("name_prefix").filter(|prefix| is_made && !prefix.is_null());
    let Some(mut pieces) = prefix.and_then(Value::to_pieces) else { return name };
    let subject = format!("{}.name", instance.resource.address);
    let made = Arc::new(Unknown::new(Why::AfterApply, subject, instance.resource.origin));
    pieces.push(Piece::Hole(made, instance.resource.origin));
    Value::of_pieces(pieces, instance.resource.origin)
}
