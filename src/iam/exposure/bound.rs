//! Whether a test bounds who may call, and to whom.

use super::fixed::{Fixed, is_fixed, is_own};
use crate::iam::catalogue::{self, Presence, Tie};
use crate::iam::condition::{Family, Normal, Qualifier, Test};
use crate::iam::denial::{Bound, Loose, Named, Verdict};
use crate::iam::document::Statement;
use crate::iam::glob::{Glob, Symbol};
use crate::value::Value;

/// Who calls, as far as the principals of a statement say: that decides which keys are there for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Anybody, anonymous callers included.
    Anyone,
    /// Callers with credentials of AWS, and services.
    Signed,
    /// Holders of a token or an assertion.
    Federated,
}

impl Bound {
    pub(super) fn of(test: &Test, tie: Tie, weak: bool) -> Bound {
        let mut names: Vec<Named> = test.values.iter().filter_map(named).collect();
        names.sort();
        names.dedup();
        Bound { tie, key: test.key.clone(), weak, names }
    }
}

/// The account in an ARN, the organization at the start of a path, or the id itself.
fn named(value: &Value) -> Option<Named> {
    let glob = Glob::of_value(value, true)?;
    let fields = glob.fields();
    let part = match fields.get(4) {
        Some(account) if fields.len() == 6 => account.clone(),
        _ => {
            let head = glob.symbols().iter().take_while(|symbol| **symbol != Symbol::Char('/'));
            Glob::of_symbols(head.cloned())
        }
    };
    match part.symbols() {
        [] => None,
        [Symbol::Hole(hole)] => hole.literal.then_some(Named::Own),
        [one] if is_own(one) => Some(Named::Own),
        symbols if symbols.iter().all(|symbol| matches!(symbol, Symbol::Char(_))) => Some(Named::Id(part.to_string())),
        _ => None,
    }
}

/// The keys that a request from inside of a network has beside the address.
const PARTNERS: [&str; 4] = ["aws:sourcevpc", "aws:sourcevpce", "aws:ec2instancesourcevpc", "aws:sourcevpcarn"];
pub(super) const SECRETS: [&str; 2] = ["sts:externalid", "lambda:eventsourcetoken"];
const INSIDE: [&str; 2] = ["aws:vpcsourceip", "aws:ec2instancesourceprivateipv4"];

impl Statement {
    /// For each test of the condition whether it bounds who may call.
    pub fn bounds(&self, callers: Callers) -> Vec<(&Test, Verdict)> {
        self.tests.iter().map(|test| (test, self.verdict(test, callers))).collect()
    }

    fn verdict(&self, test: &Test, callers: Callers) -> Verdict {
        let (Some(operator), Some(quantity)) = (test.kind(), test.quantity()) else { return Verdict::Unknown };
        if test.normal() == Normal::Never && !self.tests.is_empty() {
            return Verdict::Nobody;
        }
        if SECRETS.contains(&test.key.as_str()) && !operator.negated && operator.family != Family::Null {
            let anything = |value: &Value| {
                let glob = Glob::of_value(value, true).filter(|_| operator.has_wildcards());
                glob.is_some_and(|glob| matches!(glob.symbols().first(), Some(Symbol::Run(_))))
            };
            let strict = test.holds_when_absent() == Some(false) || self.is_present(test, callers);
            return Verdict::Not(match (strict, test.values.iter().any(anything)) {
                (false, _) => Loose::PassesAbsent,
                (true, true) => Loose::Value,
                (true, false) => Loose::SharedSecret,
            });
        }
        let tie = match tie_of(test) {
            Ok(tie) => tie,
            Err(loose) => return Verdict::Not(loose),
        };
        let positive = match operator.family {
            Family::Text | Family::TextIgnoringCase | Family::Pattern | Family::Arn | Family::Address => {
                !operator.negated
            }
            Family::Bool => {
                ["aws:principalisawsservice", "elasticfilesystem:accessedviamounttarget"].contains(&test.key.as_str())
            }
            _ => false,
        };
        if !positive {
            return Verdict::Not(Loose::Operator);
        }
        let many = catalogue::key(&test.key).is_some_and(|key| key.many);
        if many && quantity == Qualifier::None {
            return Verdict::Not(Loose::Qualifier);
        }
        if test.holds_when_absent() != Some(false) && !self.is_present(test, callers) {
            return Verdict::Not(Loose::PassesAbsent);
        }
        if INSIDE.contains(&test.key.as_str()) {
            let partner = self.tests.iter().filter(|other| PARTNERS.contains(&other.key.as_str()));
            let mut verdicts = partner.map(|other| self.verdict(other, callers));
            let first = verdicts.find(|verdict| !matches!(verdict, Verdict::Not(_)));
            return first.unwrap_or(Verdict::Not(Loose::Partner));
        }
        Verdict::by_value(test, tie)
    }

    /// Whether every request of these callers that gets as far as this test carries its key.
    fn is_present(&self, test: &Test, callers: Callers) -> bool {
        let presence = catalogue::key(&test.key).map(|key| key.presence);
        let always = match presence {
            Some(Presence::Always) => true,
            Some(Presence::Signed) => callers == Callers::Signed,
            // Without a subject it is no token, but one of another issuer has another subject.
            _ => callers == Callers::Federated && is_subject(&test.key) && self.trusts_one_issuer(),
        };
        always || self.wants_key(&test.key)
    }

    fn trusts_one_issuer(&self) -> bool {
        let named = self.principal.as_ref().and_then(Value::as_map).filter(|map| map.entries().len() == 1);
        let issuers = named.and_then(|named| named.get("Federated"));
        issuers
            .is_some_and(|issuers| issuers.elements().len() == 1 && issuers.as_list().is_none_or(|l| l.rest.is_none()))
    }
}

/// Whether a key is the subject of an issuer's tokens.
fn is_subject(key: &str) -> bool {
    key.strip_suffix(":sub").is_some_and(|issuer| issuer.contains('.'))
}

impl Verdict {
    /// What the values of a test leave, whose key ties callers to something.
    pub(super) fn by_value(test: &Test, tie: Tie) -> Verdict {
        match is_fixed(test) {
            Fixed::Yes => Verdict::Bounds(Bound::of(test, tie, false)),
            Fixed::Weakly => Verdict::Bounds(Bound::of(test, tie, true)),
            Fixed::No => Verdict::Not(Loose::Value),
            Fixed::Unknown => Verdict::Unknown,
        }
    }
}

/// Whom a fixed value of the key ties a request to.
pub(super) fn tie_of(test: &Test) -> Result<Tie, Loose> {
    let key = catalogue::key(&test.key);
    let issuer = test.key.rsplit_once(':').filter(|(issuer, _)| issuer.contains('.'));
    match (key, issuer) {
        (Some(key), _) if key.forgeable => Err(Loose::Forgeable),
        (Some(_), _) if INSIDE.contains(&test.key.as_str()) => Ok(Tie::Network),
        (Some(_), _) if test.key == "aws:principalisawsservice" => Ok(Tie::Service),
        (Some(key), _) if key.tie != Tie::None => Ok(key.tie),
        // The claims of an issuer: the subject is that of every issuer, an audience is as many names as one likes.
        (_, Some((issuer, claim))) => match super::issuer::subject_of(issuer, claim, &Glob::literal("x")) {
            Some(super::issuer::Subject::Anyone) | None => Err(Loose::Key),
            Some(_) => Ok(Tie::Principal),
        },
        _ => Err(Loose::Key),
    }
}
