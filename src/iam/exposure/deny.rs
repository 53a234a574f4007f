//! What denials leave of what other statements allow.

use std::sync::Arc;

use super::bound::{Callers, SECRETS, tie_of};
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue;
use crate::iam::condition::{Family, Qualifier, Test};
use crate::iam::denial::{Bound, Denial, Loose, Named, Remainder, Verdict};
use crate::iam::document::{Document, Statement};
use crate::iam::glob::Glob;
use crate::iam::principal::{Account, PartyKind, names_everybody, parties};
use crate::value::{Truth, Unknown, Value, Why};

/// No policy that AWS takes has so many denials: whether further ones apply is not asked.
const MAX_DENIALS: usize = 100;

/// Nor are more resources of a whole document held against each other in search of what is denied.
const MAX_PAIRS: usize = 300_000;

/// The statements that deny to everybody what another one allows, or that may.
#[derive(Debug, Default)]
pub(super) struct Denials<'d> {
    pub(super) found: Vec<(&'d Statement, Truth)>,
    /// There are too many to tell of all of them whether they apply.
    pub(super) limit: Option<Arc<Unknown>>,
}

impl Document {
    /// Who is left of the callers that a statement of the document allows, after its own condition and after what the
    /// document denies to everybody. Each alone is enough to keep the others out.
    pub fn remainder(&self, allow: &Statement, callers: Callers) -> Vec<Remainder> {
        self.left(allow.remainders(callers), &self.denials_of(allow))
    }

    /// Who is left of some after denials.
    pub(super) fn left(&self, mut found: Vec<Remainder>, denials: &Denials<'_>) -> Vec<Remainder> {
        found.extend(denials.remainders().map(|remainder| remainder.unwrap_or(&Remainder::Unknown).clone()));
        found.retain(|remainder| *remainder != Remainder::Everybody);
        // What may keep some out matters only where nothing else does.
        if found.iter().any(|remainder| *remainder != Remainder::Unknown) {
            found.retain(|remainder| *remainder != Remainder::Unknown);
        }
        found.dedup();
        if self.rest.is_some() && found.is_empty() {
            found.push(Remainder::Unknown);
        }
        found
    }

    /// The statements that deny to everybody what another one allows, or that may.
    pub(super) fn denials_of<'d>(&'d self, allow: &Statement) -> Denials<'d> {
        let mut denials = Denials::default();
        let mut allowed =
            Allowed { statement: allow, resources: None, pairs: MAX_PAIRS / self.statements.len().max(1) };
        let denying = self.statements.iter().filter(|statement| statement.may_deny());
        for (at, deny) in denying.take(MAX_DENIALS + 1).enumerate() {
            let applies = match at {
                0..MAX_DENIALS => deny.denies_to_everybody(&mut allowed),
                _ => None,
            };
            if applies.is_none() && denials.limit.is_none() {
                let subject = "whether so many denials in one policy apply";
                denials.limit = Some(Arc::new(Unknown::new(Why::Limit, subject, deny.value.origin)));
            }
            let applies = applies.unwrap_or(Truth::Unknown);
            if applies != Truth::False {
                denials.found.push((deny, applies));
            }
        }
        denials
    }
}

impl Denials<'_> {
    /// Who is left after each of them; none where that is not known.
    pub(super) fn remainders(&self) -> impl Iterator<Item = Option<&Remainder>> {
        self.found.iter().map(|(denial, applies)| match (&denial.denial().left, applies) {
            (Remainder::Everybody, _) => Some(&Remainder::Everybody),
            (remainder, Truth::True) => Some(remainder),
            _ => None,
        })
    }
}

/// A statement that allows, while denials are held against it.
struct Allowed<'a> {
    statement: &'a Statement,
    /// Its resources: none of what is no text.
    resources: Option<Vec<Option<Glob>>>,
    /// So many resources are compared at most.
    pairs: usize,
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

    fn may_deny(&self) -> bool {
        match self.effect.as_str() {
            Some(effect) => effect == "Deny",
            None => self.effect.first_unknown().is_some(),
        }
    }

    /// What it denies whatever others allow.
    fn denial(&self) -> &Denial {
        self.denial.get_or_init(|| {
            let denies = self.effect.equals(&Value::string("Deny", self.effect.origin));
            // What more a condition asks for spares more.
            let whole = if self.more_tests.is_some() { Truth::Unknown } else { Truth::True };
            let items = self.resources.as_ref().map_or(&[][..], |mine| mine.items.as_slice());
            let on_everything = items.iter().any(|mine| mine.as_str() == Some("*"));
            let globs = items.iter().filter(|_| !on_everything);
            let verdicts: Vec<Verdict> = self.tests.iter().map(spared_by).collect();
            let named = self.not_principal.as_ref().map(spared_parties);
            Box::new(Denial {
                denies: denies.and(whole),
                to_everybody: self.is_about_everybody(),
                resources: globs.filter_map(|mine| Glob::of_value(mine, self.variables)).collect(),
                on_everything,
                spares_unknown: named.as_ref().map(|(_, unknown)| *unknown),
                left: left_of_denial(named.unwrap_or_default(), &verdicts),
                verdicts,
            })
        })
    }

    /// Whether this denies to everybody what another statement allows, so that its condition says who is left: none where
    /// that takes too long to tell.
    fn denies_to_everybody(&self, allowed: &mut Allowed<'_>) -> Option<Truth> {
        let Denial { denies, to_everybody, .. } = self.denial();
        let applies = denies.and(to_everybody.or(self.is_about_all_of(allowed.statement)));
        if applies == Truth::False {
            return Some(Truth::False);
        }
        let applies = self.denies_resources_of(allowed).map(|resources| applies.and(resources));
        match applies {
            Some(Truth::False) => Some(Truth::False),
            applies => {
                let actions = self.denies_actions(&allowed.statement.actions_reached().possible);
                if actions == Truth::False { Some(Truth::False) } else { applies.map(|applies| applies.and(actions)) }
            }
        }
    }

    fn is_about_everybody(&self) -> Truth {
        match (&self.principal, &self.not_principal) {
            (Some(principal), _) => names_everybody(principal),
            // Whom `NotPrincipal` names is spared, and who else it may name is asked for later.
            (None, Some(not)) => Truth::from(!names_everybody(not).is_true()),
            (None, None) => Truth::False,
        }
    }

    /// Whether it names all whom another statement names.
    fn is_about_all_of(&self, other: &Statement) -> Truth {
        let (Some(mine), Some(theirs)) = (&self.principal, &other.principal) else { return Truth::False };
        let Some(map) = theirs.as_map().filter(|map| map.rest.is_none()) else { return Truth::False };
        let is_named = |kind: &str, theirs: &Value| {
            let mine = mine.get(kind).map_or(&[][..], Value::elements);
            let whole = theirs.as_list().is_none_or(|list| list.rest.is_none());
            whole && theirs.elements().iter().all(|their| mine.iter().any(|mine| names_same(mine, their)))
        };
        Truth::from(map.entries().iter().all(|entry| is_named(&entry.key, &entry.value)))
    }

    fn denies_actions(&self, theirs: &ActionSet) -> Truth {
        let mine = self.actions_reached();
        // Actions to come are denied only by a wildcard that takes in as much.
        let covers = |mine: &ActionSet| (!theirs.open_ended || mine.open_ended) && theirs.is_within(mine);
        match (covers(&mine.certain), covers(&mine.possible)) {
            (true, _) => Truth::True,
            (false, true) => Truth::Unknown,
            (false, false) => Truth::False,
        }
    }

    /// None where it takes too long to tell.
    fn denies_resources_of(&self, allowed: &mut Allowed<'_>) -> Option<Truth> {
        let Some(mine) = &self.resources else {
            return Some(Truth::from(self.not_resources.is_none()));
        };
        let Denial { resources: globs, on_everything, .. } = self.denial();
        let Some(theirs) = allowed.statement.resources.as_ref().filter(|_| !on_everything) else {
            return Some(Truth::from(*on_everything));
        };
        let pairs = globs.len().saturating_mul(theirs.items.len());
        let left = allowed.pairs.checked_sub(pairs)?;
        allowed.pairs = left;
        let more = if mine.rest.is_some() { Truth::Unknown } else { Truth::False };
        let variables = allowed.statement.variables;
        let read = || theirs.items.iter().map(|their| Glob::of_value(their, variables)).collect();
        let covered = |their: &Option<Glob>| match their {
            Some(their) => Truth::any(globs.iter().map(|mine| mine.covers(their))).or(more),
            None => Truth::True,
        };
        let rest = if theirs.rest.is_some() { Truth::Unknown } else { Truth::True };
        Some(Truth::all(allowed.resources.get_or_insert_with(read).iter().map(covered)).and(rest))
    }

    /// Whom each test of a denial spares.
    pub(super) fn spared(&self) -> impl Iterator<Item = (&Test, &Verdict)> {
        self.tests.iter().zip(&self.denial().verdicts)
    }

    /// Of a denial that spares those whom it names, whether there may be others than those who are told of.
    pub(super) fn spares_unknown(&self) -> Option<bool> {
        self.denial().spares_unknown
    }
}

/// Whether two principals are certainly the same: as they are written, or by the same reference.
pub(super) fn names_same(one: &Value, other: &Value) -> bool {
    if let (Some(one), Some(other)) = (one.as_str(), other.as_str()) {
        return one == other;
    }
    let glob = |value: &Value| Glob::of_value(value, false);
    glob(one).zip(glob(other)).is_some_and(|(one, other)| one.covers(&other) == Truth::True)
}

/// Who is left of everybody after a denial: those whom it names, and those for whom one of its tests does not hold.
fn left_of_denial((mut left, mut unknown): (Vec<Bound>, bool), verdicts: &[Verdict]) -> Remainder {
    for verdict in verdicts {
        match verdict {
            Verdict::Bounds(bound) => left.push(bound.clone()),
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

/// Whom a denial spares by naming them, and whether there may be others.
fn spared_parties(not_principal: &Value) -> (Vec<Bound>, bool) {
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
