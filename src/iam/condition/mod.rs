//! The tests of a statement's `Condition`, and whether they keep anyone out.

mod evaluate;
mod normal;
mod operator;
mod trap;

use std::sync::Arc;

pub use evaluate::Context;
pub(super) use evaluate::{network, number, resolve, seconds, wanted};
pub use normal::Normal;
pub(super) use normal::is_private;
pub use operator::{Family, Operator, Order, Qualifier};
pub use trap::Trap;

use crate::source::Origin;
use crate::value::{Piece, Truth, Unknown, Value, Why};

/// One test: an operator, a key, and the values of which one must match (for negated operators: none).
#[derive(Clone, Debug)]
pub struct Test {
    /// The operator without prefix and suffix, in lower case: `stringequals`.
    pub operator: String,
    /// `ForAllValues:` or `ForAnyValue:`, in lower case without the colon.
    pub qualifier: Option<String>,
    /// `…IfExists`: true where the key is absent.
    pub if_exists: bool,
    /// The key in lower case: `aws:sourceaccount`.
    pub key: String,
    /// The values.
    pub values: Vec<Value>,
    /// There may be further values, for this reason.
    pub rest: Option<Arc<Unknown>>,
    /// The key, the operator and the values together.
    pub origin: Origin,
}

/// Reads a `Condition` element; the second part says why there may be more tests.
pub(super) fn read_tests(condition: &Value) -> (Vec<Test>, Option<Arc<Unknown>>) {
    let mut tests = Vec::new();
    let Some(operators) = condition.as_map() else { return (tests, condition.first_unknown().cloned()) };
    let mut more = operators.rest.clone();
    for entry in operators.entries() {
        let Some(keys) = entry.value.as_map() else {
            more = more.or_else(|| entry.value.first_unknown().cloned());
            continue;
        };
        more = more.or_else(|| keys.rest.clone());
        let written = entry.key.to_ascii_lowercase();
        let (qualifier, operator) = match written.split_once(':') {
            Some((qualifier, operator)) => (Some(qualifier.to_owned()), operator),
            None => (None, written.as_str()),
        };
        let (operator, if_exists) = match operator.strip_suffix("ifexists") {
            Some(plain) => (plain, true),
            None => (operator, false),
        };
        for key in keys.entries() {
            let span = key.key_origin.span.join(key.value.origin.span);
            // A value that comes from elsewhere (an anchor, a local, a parameter) is no neighbour of its key.
            let block = entry.value.origin;
            let is_written_here = block.file == key.value.origin.file && block.span.holds(span);
            let origin = if is_written_here { Origin { file: block.file, span } } else { key.value.origin };
            tests.push(Test {
                operator: operator.to_owned(),
                qualifier: qualifier.clone(),
                if_exists,
                key: key.key.to_ascii_lowercase(),
                values: key.value.elements().to_vec(),
                rest: key.value.as_list().and_then(|list| list.rest.clone()),
                origin,
            });
        }
    }
    (tests, more)
}

impl Test {
    /// Whether the operator is one that a request must fulfil, not one that it must avoid.
    pub fn is_positive(&self) -> bool {
        !self.operator.contains("not") && self.operator != "null"
    }

    /// Whether the test lets everyone through: a wildcard, a whole address range, an absent key where that is allowed.
    pub fn always_holds(&self) -> Truth {
        match self.operator.as_str() {
            "stringlike" | "arnlike" | "arnequals" => {
                let everything = |value: &Value| match value.as_str() {
                    Some(text) => Truth::from(!text.is_empty() && text.chars().all(|c| c == '*')),
                    None => Truth::Unknown,
                };
                Truth::any(self.values.iter().map(everything))
            }
            "ipaddress" => {
                let everything = |value: &Value| match value.as_str() {
                    Some(text) => Truth::from(text.ends_with("/0")),
                    None => Truth::Unknown,
                };
                Truth::any(self.values.iter().map(everything))
            }
            _ => Truth::False,
        }
    }

    /// Whether the test really restricts who may use a trust, or how: a positive operator over fixed values of a key that
    /// the caller does not choose, not satisfied by absence. After semantics sections 4.3 and 4.4, for trust policies,
    /// where a shared secret (`sts:ExternalId`), MFA and the network also count as "how".
    pub fn restricts_trust(&self) -> Truth {
        let forgiving = self.if_exists || self.qualifier.as_deref() == Some("forallvalues");
        if forgiving || !self.is_positive() { Truth::False } else { self.names_fixed_values() }
    }

    /// Whether the test lets through only who fails the fixed values of a key: what a `Deny` with it leaves is what
    /// [`Test::restricts_trust`] of the opposite operator would let in.
    pub(super) fn excludes_all_but_fixed(&self) -> Truth {
        let negated = self.operator.contains("not");
        if negated && self.qualifier.is_none() { self.names_fixed_values() } else { Truth::False }
    }

    fn names_fixed_values(&self) -> Truth {
        let Some(key) = Key::of(&self.key) else { return Truth::False };
        let known = Truth::all(self.values.iter().map(|value| key.is_fixed(value)));
        match (&self.rest, self.values.is_empty()) {
            (None, true) => Truth::False,
            (Some(_), _) => known.and(Truth::Unknown),
            (None, false) => known,
        }
    }
}

/// The keys that can restrict a trust, by what a fixed value of them looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    /// An organization: `o-…`.
    Organization,
    /// Paths within an organization: a fixed organization, then anything.
    OrganizationPath,
    /// An account: twelve digits.
    Account,
    /// An ARN with a fixed account.
    Arn,
    /// MFA is demanded.
    Mfa,
    /// An address range that is not everything.
    Address,
    /// Any text without a wildcard at its start.
    Text,
}

impl Key {
    fn of(key: &str) -> Option<Key> {
        Some(match key {
            "aws:principalorgid" | "aws:sourceorgid" | "aws:vpceorgid" => Key::Organization,
            "aws:principalorgpaths" | "aws:sourceorgpaths" | "aws:vpceorgpaths" => Key::OrganizationPath,
            "aws:principalaccount" | "aws:sourceaccount" | "aws:vpceaccount" | "aws:sourceowner" => Key::Account,
            "aws:principalarn" | "aws:sourcearn" | "aws:sourcevpcarn" => Key::Arn,
            "aws:multifactorauthpresent" | "aws:multifactorauthage" => Key::Mfa,
            "aws:sourceip" => Key::Address,
            "sts:externalid"
            | "aws:userid"
            | "aws:username"
            | "aws:sourcevpc"
            | "aws:sourcevpce"
            | "aws:federatedprovider"
            | "aws:principalservicename" => Key::Text,
            // The claims of an issuer.
            _ if !key.starts_with("aws:") && !key.starts_with("sts:") => match key.rsplit(':').next()? {
                "sub" | "aud" | "amr" | "app_id" | "oaud" | "email" => Key::Text,
                _ => return None,
            },
            _ => return None,
        })
    }

    fn is_fixed(self, value: &Value) -> Truth {
        if let Some(unknown) = value.as_unknown() {
            // What a resource or the deployment gives is some value, never a wildcard.
            let is_some = unknown.refers.is_some() || is_fact(unknown);
            return if is_some { Truth::True } else { Truth::Unknown };
        }
        let Some(text) = value.scalar_text() else { return self.is_fixed_with_holes(value) };
        let without_wildcard = |text: &str| !text.is_empty() && !text.contains(['*', '?']);
        Truth::from(match self {
            Key::Organization => text.starts_with("o-") && without_wildcard(&text),
            Key::OrganizationPath => {
                text.split_once('/').is_some_and(|(org, _)| org.starts_with("o-") && without_wildcard(org))
            }
            Key::Account => text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()),
            Key::Arn => text.split(':').nth(4).is_some_and(without_wildcard),
            Key::Mfa => text != "false",
            Key::Address => !text.is_empty() && !text.ends_with("/0"),
            Key::Text => !text.is_empty() && !text.starts_with(['*', '?']),
        })
    }

    /// The known parts decide where they say enough; a hole that stands for the own account is a fixed one.
    fn is_fixed_with_holes(self, value: &Value) -> Truth {
        let Some(pieces) = value.to_pieces() else { return Truth::False };
        let own = |piece: &Piece| match piece {
            Piece::Known(text, _) => text.to_string(),
            Piece::Hole(unknown, _) if is_fact(unknown) || unknown.refers.is_some() => "own".to_owned(),
            Piece::Hole(..) => "*".to_owned(),
        };
        let text: String = pieces.iter().map(own).collect();
        match (self, self.is_fixed(&Value::string(text, value.origin))) {
            (_, Truth::True) => Truth::True,
            _ => Truth::Unknown,
        }
    }
}

/// Whether an unknown is a fact of the deployment itself, and not something made from one.
fn is_fact(unknown: &Unknown) -> bool {
    matches!(unknown.why, Why::Environment(_)) && !unknown.derived
}
