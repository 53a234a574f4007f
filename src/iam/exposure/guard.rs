//! What a policy asks of the parties of a statement, by its condition and by what it denies to everybody else.

use std::sync::Arc;

use super::bound::Callers;
use super::carrier::{Carrier, takes_unsigned};
use super::deny::Denials;
use super::policy::Known;
use crate::iam::catalogue::Tie;
use crate::iam::condition::{Family, Test};
use crate::iam::denial::{Loose, Named, Verdict};
use crate::iam::document::{Document, Statement};
use crate::iam::glob::{Glob, Symbol};
use crate::iam::principal::{PartyKind, parties};
use crate::value::{Truth, Unknown};

/// Whether something is asked for, and why that is not known.
pub type Guard = (Truth, Option<Arc<Unknown>>);

/// What is asked of the parties of a statement beside being named.
#[derive(Clone, Debug)]
pub struct Guards {
    /// A condition says who or how.
    pub restricted: Guard,
    /// A condition says which identities of an account, or how they come.
    pub selective: Guard,
    /// To be one of a set that the author knows.
    pub bounded: Guard,
    /// To know `sts:ExternalId`.
    pub external_id: Guard,
    /// To belong to the own organization; where that is not known, to one.
    pub own_organization: Guard,
    /// To have signed in with a second factor.
    pub mfa: Guard,
}

/// Keys that tell the identities of one account apart, though not those of different accounts.
const NAMING: [&str; 2] = ["aws:username", "aws:federatedprovider"];

/// What administrators of an account hang on its identities and sessions.
const TAG: &str = "aws:principaltag/";
const SOURCE_IDENTITY: &str = "aws:sourceidentity";

/// Whether a test asks for something; the last part says that it is one of a denial.
type Keep<'k> = &'k dyn Fn(&Test, &Verdict, bool) -> Truth;

const EXTERNAL_ID: &str = "sts:externalid";

impl Document {
    /// What is asked of the parties of a statement of the document.
    pub fn guards(&self, statement: &Statement, carrier: Carrier, known: Known<'_>) -> Guards {
        let callers = statement.callers(carrier);
        let bounds = |_: &Test, verdict: &Verdict, _: bool| match verdict {
            Verdict::Bounds(_) | Verdict::Nobody => Truth::True,
            Verdict::Unknown => Truth::Unknown,
            Verdict::Not(_) => Truth::False,
        };
        let secret = |test: &Test, verdict: &Verdict, _: bool| match verdict {
            Verdict::Not(Loose::SharedSecret) if test.key == EXTERNAL_ID => test.values_are_known(),
            _ => Truth::False,
        };
        let organization = |_: &Test, verdict: &Verdict, _: bool| match verdict {
            Verdict::Bounds(bound) if bound.tie == Tie::Organization && bound.key.starts_with("aws:principal") => {
                let own = |name: &Named| match name {
                    Named::Own => true,
                    Named::Id(id) => known.organizations.is_empty() || known.organizations.contains(id),
                };
                Truth::from(bound.names.iter().all(own))
            }
            Verdict::Unknown => Truth::Unknown,
            _ => Truth::False,
        };
        let mfa = |test: &Test, _: &Verdict, of_denial: bool| test.demands_mfa(of_denial);
        let any = |test: &Test, verdict: &Verdict, of_denial: bool| {
            let strict = test.holds_when_absent() == Some(of_denial) && test.is_positive() != of_denial;
            let names = NAMING.contains(&test.key.as_str()) && strict;
            let names = if names { test.values_are_known() } else { Truth::False };
            bounds(test, verdict, of_denial)
                .or(secret(test, verdict, of_denial))
                .or(mfa(test, verdict, of_denial))
                .or(names)
        };
        let selects = |test: &Test, verdict: &Verdict, of_denial: bool| match verdict {
            // The whole account, or all of its organization.
            Verdict::Bounds(bound) if matches!(bound.tie, Tie::Account | Tie::Organization) => Truth::False,
            Verdict::Bounds(_) if test.takes_in_whole_account() => Truth::False,
            Verdict::Not(_) if test.key.starts_with(TAG) || test.key == SOURCE_IDENTITY => {
                let strict = test.holds_when_absent() == Some(of_denial) && test.is_positive() != of_denial;
                if strict { test.values_are_known() } else { Truth::False }
            }
            _ => any(test, verdict, of_denial),
        };
        // To be named by a denial's `NotPrincipal` bounds, and says nothing else.
        let (own, denials) = (statement.bounds(callers), self.denials_of(statement));
        let ask = |keep: Keep<'_>, of_named: bool| self.asks(statement, &own, &denials, (keep, of_named));
        Guards {
            restricted: ask(&any, true),
            selective: ask(&selects, true),
            bounded: ask(&bounds, true),
            external_id: ask(&secret, false),
            own_organization: ask(&organization, false),
            mfa: ask(&mfa, false),
        }
    }

    fn asks(
        &self,
        statement: &Statement,
        own: &[(&Test, Verdict)],
        denials: &Denials<'_>,
        (keep, of_named): (Keep<'_>, bool),
    ) -> Guard {
        let mut unknown = None;
        let mut judge = |test: &Test, verdict: &Verdict, of_denial: bool| {
            let truth = keep(test, verdict, of_denial);
            if truth == Truth::Unknown && unknown.is_none() {
                let value = test.values.iter().find_map(|value| value.first_unknown().cloned());
                unknown = value.or_else(|| test.rest.clone());
            }
            truth
        };
        // All tests must hold, so that one that asks is enough.
        let own = own.iter().map(|(test, verdict)| judge(test, verdict, false)).collect::<Vec<_>>();
        let mut truth = Truth::any(own);
        for (denial, applies) in &denials.found {
            // Of those whom a denial spares each has only one of what it tests.
            let spared = denial.spared().map(|(test, verdict)| judge(test, verdict, true)).collect::<Vec<_>>();
            let named = match denial.spares_unknown() {
                None => Truth::True,
                Some(true) if of_named => Truth::Unknown,
                Some(_) => Truth::from(of_named),
            };
            truth = truth.or(Truth::all(spared).and(named).and(*applies));
        }
        if truth.is_true() {
            return (truth, None);
        }
        let more = statement.more_tests.clone().or_else(|| self.rest.clone());
        let truth = if more.is_some() { truth.or(Truth::Unknown) } else { truth };
        (truth, unknown.or(more).or_else(|| denials.limit.clone()).filter(|_| truth == Truth::Unknown))
    }
}

impl Statement {
    /// Who calls, as far as the principals say.
    fn callers(&self, carrier: Carrier) -> Callers {
        let (found, rest) = self.principal.as_ref().map(|principal| parties(principal, &[])).unwrap_or_default();
        let federated = |kind: PartyKind| matches!(kind, PartyKind::Oidc | PartyKind::Saml | PartyKind::SharedIssuer);
        let open = |kind: PartyKind| matches!(kind, PartyKind::Any | PartyKind::Unknown);
        let everybody = self.not_principal.is_some() || rest.is_some() || found.iter().any(|party| open(party.kind));
        if everybody && takes_unsigned(carrier) {
            Callers::Anyone
        } else if !found.is_empty() && found.iter().all(|party| federated(party.kind)) {
            Callers::Federated
        } else {
            Callers::Signed
        }
    }
}

impl Test {
    /// Whether no value is missing or begins with a wildcard. What is compared as it stands asks for something, whatever it is.
    fn values_are_known(&self) -> Truth {
        let likes = self.kind().is_some_and(crate::iam::condition::Operator::has_wildcards);
        let one = |value: &crate::value::Value| {
            let Some(glob) = Glob::of_value(value, true) else { return Truth::True };
            let unlike = |symbol: &Symbol| matches!(symbol, Symbol::Hole(hole) if !hole.literal);
            match glob.symbols() {
                [] => Truth::False,
                [Symbol::Run(_) | Symbol::One, ..] if likes => Truth::False,
                symbols if likes && symbols.iter().any(unlike) => Truth::Unknown,
                _ => Truth::True,
            }
        };
        let rest = if likes && self.rest.is_some() { Truth::Unknown } else { Truth::True };
        if self.values.is_empty() && self.rest.is_none() {
            return Truth::False;
        }
        Truth::all(self.values.iter().map(one)).and(rest)
    }

    /// Whether an ARN that is asked for is that of any principal of an account.
    fn takes_in_whole_account(&self) -> bool {
        let likes = self.kind().is_some_and(crate::iam::condition::Operator::has_wildcards);
        let any = |value: &crate::value::Value| {
            let fields = Glob::of_value(value, true).map(|glob| glob.fields()).unwrap_or_default();
            fields.len() == 6 && fields.last().is_some_and(|last| matches!(last.symbols(), [Symbol::Run(_)]))
        };
        likes && self.key == "aws:principalarn" && self.values.iter().any(any)
    }

    /// Whether the test lets in only who has signed in with a second factor; of a denial, whether it spares only them.
    fn demands_mfa(&self, of_denial: bool) -> Truth {
        let Some(operator) = self.kind() else { return Truth::False };
        let says = |wanted: &str| {
            let one = |value: &crate::value::Value| match (value.scalar_text(), value.first_unknown()) {
                (Some(text), _) => Truth::from(text.eq_ignore_ascii_case(wanted)),
                (None, Some(_)) => Truth::Unknown,
                (None, None) => Truth::False,
            };
            let rest = if self.rest.is_some() { Truth::Unknown } else { Truth::True };
            Truth::all(self.values.iter().map(one)).and(rest).and(Truth::from(!self.values.is_empty()))
        };
        match (self.key.as_str(), operator.family) {
            // Long-term keys lack the key: a denial has to take them in, and a permission to leave them out.
            ("aws:multifactorauthpresent", Family::Bool) if self.holds_when_absent() == Some(of_denial) => {
                says(if of_denial { "false" } else { "true" })
            }
            ("aws:multifactorauthage", Family::Number(_)) if self.holds_when_absent() == Some(of_denial) => {
                let greater = self.operator.contains("greater");
                Truth::from(!operator.negated && greater == of_denial)
            }
            ("aws:multifactorauthage", Family::Null) => Truth::from(self.wants_absence() == Some(of_denial)),
            _ => Truth::False,
        }
    }
}
