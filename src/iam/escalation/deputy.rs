//! Whether a trust lets a service assume a role for the own account: what it says of the account that the service works for,
//! and what it denies services.

use std::sync::Arc;

use crate::iam::access::names_action;
use crate::iam::condition::{Context, Family, Test, is_harmless};
use crate::iam::document::{Document, Statement};
use crate::iam::glob::{Glob, Symbol};
use crate::iam::identity::Identity;
use crate::iam::principal::{PartyKind, is_own_account, parties, service_name};
use crate::value::{Fact, Truth, Unknown, Value, Why};

/// An answer, with the reason where it is not known.
type Known = (Truth, Option<Arc<Unknown>>);

/// Whether a service that a statement of a trust allows may assume the role for the own account.
pub(super) fn lets_in(identity: &Identity<'_>, document: &Document, allow: &Statement, service: &str) -> Known {
    let mut answer = all(allow.tests.iter().map(|test| holds(identity, allow, test)));
    for denial in document.statements.iter().filter(|statement| statement.denies() != Truth::False) {
        let (denied, why) = denies(identity, denial, service);
        answer = and(answer, (!denied, why));
    }
    answer
}

fn and(one: Known, other: Known) -> Known {
    let truth = one.0.and(other.0);
    (truth, one.1.or(other.1).filter(|_| truth == Truth::Unknown))
}

fn all(answers: impl Iterator<Item = Known>) -> Known {
    answers.fold((Truth::True, None), and)
}

fn denies(identity: &Identity<'_>, denial: &Statement, service: &str) -> Known {
    let named = match (&denial.principal, &denial.not_principal) {
        (Some(principal), _) => names(principal, service),
        (None, Some(spared)) => {
            let (truth, why) = names(spared, service);
            (!truth, why)
        }
        (None, None) => return (Truth::False, None),
    };
    let certain = denial.denies().and(names_action(denial, "sts:assumerole"));
    let why = || denial.effect.first_unknown().or_else(|| denial.value.first_unknown()).cloned();
    let own = (certain, if certain == Truth::Unknown { why() } else { None });
    let further = match &denial.more_tests {
        Some(unknown) => (Truth::Unknown, Some(unknown.clone())),
        None => (Truth::True, None),
    };
    let tests = all(denial.tests.iter().map(|test| holds(identity, denial, test)));
    and(and(own, named), and(tests, further))
}

/// Whether a `Principal` names a service.
fn names(principal: &Value, service: &str) -> Known {
    let (found, rest) = parties(principal, &[]);
    // `{"AWS": "*"}` is whoever belongs to some account, which services do not.
    let everybody = principal.as_str() == Some("*");
    let is_it = |party: &crate::iam::Party| match party.kind {
        PartyKind::Any => Truth::from(everybody),
        PartyKind::Service => match service_name(&party.value) {
            Some(name) if name == "*" => Truth::True,
            Some(name) => Truth::from(super::world::same_service(&name, service)),
            None => Truth::Unknown,
        },
        PartyKind::Unknown => Truth::Unknown,
        _ => Truth::False,
    };
    let truth = Truth::any(found.iter().map(is_it));
    let truth = if rest.is_some() { truth.or(Truth::Unknown) } else { truth };
    let open = || rest.clone().or_else(|| found.iter().find_map(|party| party.value.first_unknown().cloned()));
    (truth, if truth == Truth::Unknown { open() } else { None })
}

/// Whether a test holds for what a service asks for on behalf of the own account. A service is taken to say for whom it
/// works; of an `Allow` any other test is taken to be passed, and of a denial one on how a request comes is not.
fn holds(identity: &Identity<'_>, statement: &Statement, test: &Test) -> Known {
    let denies = statement.denies() != Truth::False;
    let of_account = match test.key.as_str() {
        "aws:sourceaccount" => Some(of_account as fn(&Identity<'_>, &Test, &Value) -> Truth),
        "aws:sourcearn" => Some(of_resource as fn(&Identity<'_>, &Test, &Value) -> Truth),
        _ => None,
    };
    let (Some(is_own), Some(operator)) = (of_account, test.kind()) else {
        let open = || Arc::new(Unknown::new(Why::Condition, test.written.clone(), test.origin));
        let is_service = Context::default().with("aws:principalisawsservice", ["true"]);
        return match test.key.as_str() {
            _ if test.holds_for_callers() => (Truth::True, None),
            "aws:sourceorgid" if let [own] = identity.own_organizations => {
                (test.holds(&Context::default().with("aws:sourceorgid", [own]), statement.variables), None)
            }
            "aws:principalisawsservice" => (test.holds(&is_service, statement.variables), None),
            _ if !denies => (Truth::True, None),
            key if is_harmless(key) => (Truth::False, None),
            _ => (Truth::Unknown, Some(open())),
        };
    };
    if operator.family == Family::Null {
        return (test.wants_absence().map_or(Truth::Unknown, |absent| Truth::from(!absent)), None);
    }
    let known = Truth::any(test.values.iter().map(|value| is_own(identity, test, value)));
    let known = if test.rest.is_some() { known.or(Truth::Unknown) } else { known };
    let truth = match (operator.negated, known) {
        (true, known) => !known,
        // Some resource of the account is not every one.
        (false, Truth::True) if denies && test.key == "aws:sourcearn" => Truth::False,
        (false, known) => known,
    };
    let open = || {
        let given = test.values.iter().find_map(|value| value.first_unknown().cloned()).or_else(|| test.rest.clone());
        given.unwrap_or_else(|| {
            Arc::new(Unknown::new(Why::Environment(Fact::Account), test.written.clone(), test.origin))
        })
    };
    (truth, (truth == Truth::Unknown).then(open))
}

/// Whether a value is the own account.
fn of_account(identity: &Identity<'_>, test: &Test, value: &Value) -> Truth {
    if let Some(unknown) = value.as_unknown() {
        return if is_own_account(unknown) { Truth::True } else { Truth::Unknown };
    }
    let wildcards = test.kind().is_some_and(crate::iam::condition::Operator::has_wildcards);
    match value.scalar_text() {
        Some(text) if wildcards => is_own(identity, &Glob::pattern(&text)),
        Some(text) => is_own(identity, &Glob::literal(&text)),
        None => Truth::Unknown,
    }
}

/// Whether a value is the ARN of something that may be of the own account.
fn of_resource(identity: &Identity<'_>, _: &Test, value: &Value) -> Truth {
    let Some(glob) = Glob::of_value(value, false) else { return Truth::True };
    let fields = glob.fields();
    match fields.get(4) {
        // The ARN of a bucket names no account, and that of a resource of the unit is not known yet.
        None => Truth::True,
        Some(account) if account.symbols().is_empty() => Truth::True,
        Some(account) => is_own(identity, account),
    }
}

fn is_own(identity: &Identity<'_>, account: &Glob) -> Truth {
    if let [Symbol::Hole(hole)] = account.symbols()
        && hole.fact == Some(Fact::Account)
    {
        return Truth::True;
    }
    let meets = |own: &String| account.meets(&Glob::literal(own));
    match (identity.own_accounts, identity.known().likely) {
        ([], _) if account.is_everything() => Truth::True,
        ([], [likely]) if meets(likely) == Truth::True => Truth::True,
        ([], _) => Truth::Unknown,
        (own, _) => Truth::any(own.iter().map(meets)),
    }
}
