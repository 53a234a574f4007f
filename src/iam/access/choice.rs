//! What a principal may do whichever it has of several policies, of which it is known that it has one.

use super::Access;
use super::decide::{Asked, Decision};
use super::filled::variables_of;
use crate::iam::facts::{Held, Holding, Limit};
use crate::iam::requester::asks_of_requester;
use crate::value::Truth;

/// More combinations of them are not looked at.
const MAX_COMBINATIONS: usize = 32;

impl<'i, 'u> Access<'i, 'u> {
    /// The answer of a principal that is the same whichever policies it has, where it is not known otherwise.
    pub(super) fn decide_by_choice(&self, principal: usize, asked: &Asked<'i>, found: Decision) -> Decision {
        let open = self.holding(principal).filter(|_| found.answer == Truth::Unknown && !self.is_instead(principal));
        let Some(holdings) = open.and_then(|holding| self.combinations(holding)) else { return found };
        let decide = |holding: &Holding| {
            let then = Access { instead: Some((principal, holding)), ..*self };
            then.decide_in_accounts(principal, asked)
        };
        let mut all = holdings.iter().map(decide);
        let Some(mut first) = all.next().filter(|first| first.answer != Truth::Unknown) else { return found };
        for one in all {
            if one.answer != first.answer {
                return found;
            }
            first.conditional |= one.conditional;
            let other = one.conditions.into_iter().filter(|condition| !first.conditions.contains(condition));
            let other: Vec<String> = other.collect();
            first.conditions.extend(other);
        }
        first
    }

    /// What somebody may hold, by which of several policies are attached; none where nothing else is known, or there may be
    /// other policies as well.
    fn combinations(&self, holding: &Holding) -> Option<Vec<Holding>> {
        let choices = holding.choices.as_ref().filter(|all| !all.is_empty() || !holding.boundaries.is_empty())?;
        let lengths = choices.iter().map(Vec::len).chain([holding.boundaries.len().max(1)]);
        let count = lengths.into_iter().try_fold(1_usize, usize::checked_mul)?;
        let is_settled = |document: usize| {
            self.facts.document(self.identity, document).is_some_and(|document| {
                let mut tests = document.statements.iter().flat_map(|statement| &statement.tests);
                variables_of(document).is_empty() && !tests.any(asks_of_requester)
            })
        };
        let held = choices.iter().flatten().flatten().map(|held| held.document);
        let limits = holding.boundaries.iter();
        let limits =
            limits.filter_map(|limit| if let Limit::Document(document) = limit { Some(*document) } else { None });
        if count > MAX_COMBINATIONS || !held.chain(limits).all(is_settled) {
            return None;
        }
        let alone = Holding { perhaps: Some(Vec::new()), incomplete: None, choices: None, ..holding.clone() };
        let within = |boundary: &Limit| Holding { boundary: boundary.clone(), ..alone.clone() };
        let mut all: Vec<Holding> = holding.boundaries.iter().map(within).collect();
        if all.is_empty() {
            all.push(alone);
        }
        for choice in choices {
            let with = |holding: &Holding, held: &Option<Held>| {
                let mut then = holding.clone();
                then.held.extend(*held);
                then
            };
            all = all.iter().flat_map(|holding| choice.iter().map(move |held| with(holding, held))).collect();
        }
        Some(all)
    }
}
