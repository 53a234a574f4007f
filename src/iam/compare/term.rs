//! What is not known of one request, as propositions: the same part that is not known is the same proposition.

use std::collections::HashMap;

use crate::value::Truth;

/// More propositions at once are not tried out.
const MAX_TERMS: usize = 10;

/// Numbers for propositions, by what makes two of them the same.
#[derive(Debug, Default)]
pub(super) struct Terms {
    ids: HashMap<String, u32>,
}

impl Terms {
    pub(super) fn id(&mut self, what: String) -> u32 {
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        *self.ids.entry(what).or_insert(next)
    }
}

/// One of the propositions holds, or, negated, none of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Clause {
    pub(super) negated: bool,
    pub(super) terms: Vec<u32>,
}

/// A part of a statement at one request.
#[derive(Clone, Debug)]
pub(super) enum Part {
    No,
    Yes,
    Open(Clause),
}

impl Part {
    /// Of a truth, with the proposition that it is where it is not known.
    pub(super) fn of(truth: Truth, term: impl FnOnce() -> u32) -> Part {
        match truth {
            Truth::False => Part::No,
            Truth::True => Part::Yes,
            Truth::Unknown => Part::Open(Clause { negated: false, terms: vec![term()] }),
        }
    }

    /// Of alternatives of which one must hold, or, negated, none.
    pub(super) fn of_any(certain: bool, terms: Vec<u32>, negated: bool) -> Part {
        match (certain, terms.is_empty()) {
            (true, _) if negated => Part::No,
            (true, _) => Part::Yes,
            (false, true) if negated => Part::Yes,
            (false, true) => Part::No,
            (false, false) => Part::Open(Clause { negated, terms }),
        }
    }
}

/// A statement at one request: all of these must hold.
pub(super) type Claim = Vec<Clause>;

/// The statements at one request, by side and effect.
#[derive(Debug, Default)]
pub(super) struct Claims<'c> {
    pub(super) new_allows: Vec<&'c Claim>,
    pub(super) new_denies: Vec<&'c Claim>,
    pub(super) old_allows: Vec<&'c Claim>,
    pub(super) old_denies: Vec<&'c Claim>,
}

impl Claims<'_> {
    /// Whether the request is allowed by the new statements and not by the old ones: for all fillings of what is not known,
    /// for some, or for none.
    pub(super) fn is_new(&self) -> Truth {
        let all = [&self.new_allows, &self.new_denies, &self.old_allows, &self.old_denies];
        let mut ids: Vec<u32> =
            all.into_iter().flatten().flat_map(|claim| claim.iter()).flat_map(|clause| clause.terms.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > MAX_TERMS {
            return Truth::Unknown;
        }
        let (mut some, mut all) = (false, true);
        for filling in 0_u32..1 << ids.len() {
            let holds = |term: &u32| ids.binary_search(term).is_ok_and(|at| filling & (1 << at) != 0);
            let clause = |clause: &Clause| clause.terms.iter().any(holds) != clause.negated;
            let claimed = |claims: &[&Claim]| claims.iter().any(|claim| claim.iter().all(clause));
            let allowed = claimed(&self.new_allows) && !claimed(&self.new_denies);
            let was_allowed = claimed(&self.old_allows) && !claimed(&self.old_denies);
            let is_new = allowed && !was_allowed;
            some |= is_new;
            all &= is_new;
        }
        match (some, all) {
            (false, _) => Truth::False,
            (true, true) => Truth::True,
            (true, false) => Truth::Unknown,
        }
    }
}
