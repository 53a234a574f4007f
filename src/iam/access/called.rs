//! What parties and conditions of policies are called for people, and which principal of the unit a party is.

use super::Access;
use crate::iam::catalogue;
use crate::iam::condition::Test;
use crate::iam::principal::{Account, Party, PartyKind, is_own_account};
use crate::model::Resolution;
use crate::value::{Piece, Value};

/// A party by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) name: String,
    /// The principal of the unit that it is.
    pub(super) principal: Option<usize>,
}

impl Access<'_, '_> {
    /// What a party is called that the resource at `user` names.
    pub(super) fn called(&self, party: &Party, user: usize) -> Called {
        let of = |name: String| Called { name, principal: None };
        let may_be_own = match &party.account {
            Account::Own => true,
            Account::Id(_) => self.identity.own_accounts.is_empty(),
            Account::None | Account::Unknown(_) => false,
        };
        match (party.kind, &party.account) {
            (PartyKind::Any, _) => of("*".to_owned()),
            (PartyKind::Account, Account::Id(id)) => of(id.to_string()),
            (PartyKind::Account, _) => of(account_of(&party.value)),
            (PartyKind::User | PartyKind::Role, account) => {
                let is_session = text_of(&party.value).contains(":assumed-role/");
                let found = if may_be_own && !is_session { self.principal_of(party, user) } else { None };
                if let Some(actor) = found.and_then(|found| self.actor(found)) {
                    return Called { name: actor.name, principal: found };
                }
                match account {
                    Account::Own => of(self.named_in_own_account(&party.value)),
                    _ => of(name_of(&party.value)),
                }
            }
            _ => of(self.named_by_reference(&party.value).unwrap_or_else(|| name_of(&party.value))),
        }
    }

    fn principal_of(&self, party: &Party, user: usize) -> Option<usize> {
        let kind = if party.kind == PartyKind::Role { "role" } else { "user" };
        match self.identity.relations.resolve(&party.value, kind, user) {
            Resolution::Resources(found) => match found.as_ref() {
                [one] => self.identity.principal_at(*one),
                _ => None,
            },
            Resolution::Outside(_) | Resolution::Unknown(_) => None,
        }
    }

    /// A role or user of the own account that is not of the unit: of its ARN what tells it from others.
    fn named_in_own_account(&self, value: &Value) -> String {
        let text = text_of(value);
        match text.split_once(":role/").or_else(|| text.split_once(":user/")) {
            Some((_, name)) if !name.is_empty() && !text.contains(":assumed-role/") => name.to_owned(),
            _ => self.named_by_reference(value).unwrap_or(text),
        }
    }

    /// Something of the unit: the URL of an issuer, a name, or the address.
    fn named_by_reference(&self, value: &Value) -> Option<String> {
        let reference = value.as_unknown()?.refers.as_ref()?;
        let resource = self.identity.unit.resources.get(self.identity.relations.at(&reference.address)?)?;
        let known = |name: &str| resource.attributes.get(name).and_then(Value::as_str).map(str::to_owned);
        let issuer = || ["url", "Url"].into_iter().find_map(known);
        let name = || ["name", "Name"].into_iter().find_map(known);
        let is_issuer = resource.provider_type.to_ascii_lowercase().contains("oidc")
            || resource.provider_type.to_ascii_lowercase().contains("openid");
        let found = if is_issuer { issuer() } else { name() };
        let found = found.map(|found| found.strip_prefix("https://").map_or(found.clone(), str::to_owned));
        Some(found.unwrap_or_else(|| resource.address.to_string()))
    }
}

/// A name for people, with what is not known by what it is called in the configuration.
pub(super) fn name_of(value: &Value) -> String {
    let text = text_of(value);
    // The part before the name of an identity provider says nothing.
    match text.split_once(":oidc-provider/").or_else(|| text.split_once(":saml-provider/")) {
        Some((_, name)) if !name.is_empty() && text.starts_with("arn:") && text.contains("${") => name.to_owned(),
        _ => text,
    }
}

fn text_of(value: &Value) -> String {
    if let Some(text) = value.scalar_text() {
        return text.into_owned();
    }
    if let Some(unknown) = value.as_unknown() {
        return unknown.subject.to_string();
    }
    let piece = |piece: &Piece| match piece {
        Piece::Known(text, _) => text.to_string(),
        Piece::Hole(unknown, _) => format!("${{{}}}", unknown.subject),
    };
    value.to_pieces().unwrap_or_default().iter().map(piece).collect()
}

/// What stands for the id of an account in its `…:root`.
fn account_of(value: &Value) -> String {
    let own = value.as_unknown().is_some_and(|unknown| is_own_account(unknown));
    let text = text_of(value);
    match text.split(':').nth(4) {
        Some(id) if !own && text.starts_with("arn:") => id.to_owned(),
        _ => text,
    }
}

/// The operators as AWS writes them.
const OPERATORS: [&str; 26] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnNotEquals",
    "ArnLike",
    "ArnNotLike",
];

/// A test by its operator and its key, as AWS writes them: `BoolIfExists aws:MultiFactorAuthPresent`.
pub(super) fn condition_of(test: &Test) -> String {
    let operator = OPERATORS.iter().find(|operator| operator.eq_ignore_ascii_case(&test.operator));
    let operator = match (operator, test.operator.as_str()) {
        (Some(operator), _) => operator,
        (None, "null") => "Null",
        (None, other) => other,
    };
    let qualifier = match test.qualifier.as_deref() {
        Some("forallvalues") => "ForAllValues:",
        Some("foranyvalue") => "ForAnyValue:",
        _ => "",
    };
    let suffix = if test.if_exists { "IfExists" } else { "" };
    let known = catalogue::key(&test.key).map(|key| key.name.as_str());
    let key = match known.map(|known| known.split(['$', '<']).next().unwrap_or_default()) {
        // The part that is not fixed is as it is written.
        Some(head) => format!("{head}{}", test.key.get(head.len()..).unwrap_or_default()),
        None => test.key.clone(),
    };
    format!("{qualifier}{operator}{suffix} {key}")
}
