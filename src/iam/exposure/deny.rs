//! What denials leave of what other statements allow.

use super::bound::{Bound, Callers, Loose, Named, SECRETS, Verdict, tie_of};
use crate::iam::catalogue;
use crate::iam::condition::{Family, Qualifier, Test};
use crate::iam::document::{Document, Statement};
use crate::iam::principal::{Account, PartyKind, parties};
use crate::value::{Truth, Value};

/// Who is left of the callers of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remainder {
    /// All that the principals name.
    Everybody,
    /// Those of any of these.
    Bound(Vec<Bound>),
    /// Nobody.
    Nobody,
    /// It depends on what is not known; it may be everybody.
    Unknown,
}

impl Document {
    /// Who is left of the callers that a statement of the document allows, after its own condition and after what the
    /// document denies to everybody. Each alone is enough to keep the others out.
    pub fn remainder(&self, allow: &Statement, callers: Callers) -> Vec<Remainder> {
        let mut found = allow.remainders(callers);
        found.extend(self.denials_of(allow).map(Statement::remainder_of_denial));
        found.retain(|remainder| *remainder != Remainder::Everybody);
        if self.rest.is_some() && found.is_empty() {
            found.push(Remainder::Unknown);
        }
        found
    }
}

impl Document {
    /// The statements that deny to everybody what another one allows.
    pub(super) fn denials_of(&self, allow: &Statement) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|deny| deny.denies_to_everybody(allow))
    }
}

impl Statement {
    /// Who is left after the condition of a statement that allows: the tests must all hold, so that each that bounds is one
    /// more remainder.
    pub(super) fn remainders(&self, callers: Callers) -> Vec<Remainder> {
        let verdicts: Vec<Verdict> = self.bounds(callers).into_iter().map(|(_, verdict)| verdict).collect();
        if self.never_matches(None) || verdicts.contains(&Verdict::Nobody) {
            return vec![Remainder::Nobody];
        }
        let bounds = verdicts.iter().filter_map(|verdict| match verdict {
            Verdict::Bounds(bound) => Some(bound.clone()),
            _ => None,
        });
        let (weak, strong): (Vec<Bound>, Vec<Bound>) = bounds.partition(|bound| bound.weak);
        // A name that can change hands says nothing beside what says whose it is.
        let bounds = if strong.is_empty() { weak } else { strong };
        match bounds.is_empty() {
            false => bounds.into_iter().map(|bound| Remainder::Bound(vec![bound])).collect(),
            true if verdicts.contains(&Verdict::Unknown) || self.more_tests.is_some() => vec![Remainder::Unknown],
            true => vec![Remainder::Everybody],
        }
    }

    /// Whether this denies to everybody what another statement allows, so that its condition says who is left.
    fn denies_to_everybody(&self, allow: &Statement) -> bool {
        if self.effect.as_str() != Some("Deny") || self.more_tests.is_some() {
            return false;
        }
        let named = |principal: &Value| parties(principal, &[]).0.iter().any(|party| party.kind == PartyKind::Any);
        // Whom `NotPrincipal` names is spared.
        let everybody =
            self.principal.as_ref().is_some_and(named) || self.not_principal.as_ref().is_some_and(|not| !named(not));
        let (theirs, mine) = (allow.actions_reached().possible, self.actions_reached().certain);
        // Actions to come are denied only by a wildcard that takes in as much.
        everybody
            && theirs.without(&mine).is_empty()
            && (!theirs.open_ended || mine.open_ended)
            && self.denies_resources_of(allow)
    }

    fn denies_resources_of(&self, allow: &Statement) -> bool {
        let (Some(mine), Some(theirs)) = (&self.resources, &allow.resources) else {
            return self.resources.is_none() && self.not_resources.is_none();
        };
        let covered = |their: &Value| {
            let Some(their) = crate::iam::glob::Glob::of_value(their, allow.variables) else { return true };
            let covers = |mine: &Value| {
                crate::iam::glob::Glob::of_value(mine, self.variables).is_some_and(|mine| mine.covers(&their).is_true())
            };
            mine.items.iter().any(covers)
        };
        theirs.rest.is_none() && theirs.items.iter().all(covered)
    }

    /// Whom each test of a denial spares.
    pub(super) fn spared(&self) -> Vec<(&Test, Verdict)> {
        self.tests.iter().map(|test| (test, spared_by(test))).collect()
    }

    /// Who is left of everybody after a denial: those for whom one of its tests does not hold.
    fn remainder_of_denial(&self) -> Remainder {
        let (mut left, mut unknown) = self.not_principal.as_ref().map(spared_parties).unwrap_or_default();
        for (_, verdict) in self.spared() {
            match verdict {
                Verdict::Bounds(bound) => left.push(bound),
                // A test that always holds spares nobody.
                Verdict::Nobody => {}
                Verdict::Not(_) => return Remainder::Everybody,
                Verdict::Unknown => unknown = true,
            }
        }
        match (unknown, left.is_empty()) {
            (true, _) => Remainder::Unknown,
            // Without a condition nobody is spared.
            (false, true) => Remainder::Nobody,
            (false, false) => Remainder::Bound(left),
        }
    }
}

/// Whom a denial spares by naming them, and whether there may be others.
pub(super) fn spared_parties(not_principal: &Value) -> (Vec<Bound>, bool) {
    let (found, rest) = parties(not_principal, &[]);
    let mut unknown = rest.is_some();
    let mut left = Vec::new();
    for party in &found {
        let (tie, names) = match (party.kind, &party.account) {
            (PartyKind::Service, _) => (catalogue::Tie::Service, Vec::new()),
            (PartyKind::Dead, _) => continue,
            (_, Account::Own) => (catalogue::Tie::Account, vec![Named::Own]),
            (_, Account::Id(id)) => (catalogue::Tie::Account, vec![Named::Id(id.to_string())]),
            _ => {
                unknown = true;
                continue;
            }
        };
        left.push(Bound { tie, key: "aws:principalarn".to_owned(), weak: false, names });
    }
    (left, unknown)
}

/// Whom a denial spares by one of its tests: those who have what it says they must not.
fn spared_by(test: &Test) -> Verdict {
    let (Some(operator), Some(quantity)) = (test.kind(), test.quantity()) else { return Verdict::Unknown };
    let service_carve_out = ["aws:principalisawsservice", "aws:viaawsservice"].contains(&test.key.as_str());
    if operator.family == Family::Bool && service_carve_out {
        let says_false = test.values.iter().all(|value| value.scalar_text().is_some_and(|text| text == "false"));
        // What is not done by a service is denied: services are spared.
        let bound = Bound { tie: catalogue::Tie::Service, key: test.key.clone(), weak: false, names: Vec::new() };
        return if says_false && !test.values.is_empty() { Verdict::Bounds(bound) } else { Verdict::Not(Loose::Value) };
    }
    if !operator.negated {
        return Verdict::Not(Loose::Operator);
    }
    // A request without the key must be denied.
    if test.holds_when_absent() != Some(true) {
        return Verdict::Not(Loose::PassesAbsent);
    }
    let many = catalogue::key(&test.key).is_some_and(|key| key.many);
    if many && quantity == Qualifier::None {
        return Verdict::Not(Loose::Qualifier);
    }
    if SECRETS.contains(&test.key.as_str()) {
        return Verdict::Not(Loose::SharedSecret);
    }
    let tie = match tie_of(test) {
        Ok(tie) => tie,
        Err(loose) => return Verdict::Not(loose),
    };
    if ["aws:vpcsourceip", "aws:ec2instancesourceprivateipv4"].contains(&test.key.as_str()) {
        return Verdict::Not(Loose::Partner);
    }
    Verdict::by_value(test, tie)
}

impl Remainder {
    /// Whether others than those of the list may still call.
    pub fn is_open(&self) -> Truth {
        match self {
            Remainder::Everybody => Truth::True,
            Remainder::Unknown => Truth::Unknown,
            Remainder::Bound(_) | Remainder::Nobody => Truth::False,
        }
    }
}
