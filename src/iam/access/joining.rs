//! What the policies of a group come to for a user who joins it, where they ask who makes the request.

use std::sync::{Arc, OnceLock};

use super::Access;
use crate::iam::document::{Document, Statement};
use crate::iam::facts::{Held, LOOSE};
use crate::iam::requester::asks_of_requester;
use crate::iam::step::Step;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

impl Access<'_, '_> {
    /// What shows that a user is an administrator as a member of a group, by a policy that asks who makes the request; with
    /// the reason where that is not certain.
    pub(in crate::iam) fn administers_as_member(
        &self,
        user: usize,
        group: usize,
    ) -> Option<(Vec<Step>, Option<Arc<Unknown>>)> {
        let of_group = self.facts.holdings.get(group)?;
        let own = self.holding(user)?;
        let found = of_group.held.iter().filter_map(|held| {
            let written = self.facts.document(self.identity, self.facts.written(held.document))?;
            let (personal, doubt) = self.document_for(user, written)?;
            let (truth, origin, unknown) = self.identity.document_is_admin(&personal, Origin::NONE);
            let mut given = own.clone();
            given.held.push(Held { document: LOOSE, attachment: None, membership: None });
            let then = Access { instead: Some((user, &given)), loose: Some(&personal), ..*self };
            let remains = then.remains_administrator(user);
            let unknown = match truth.and(remains.0) {
                Truth::False => return None,
                Truth::True => doubt,
                Truth::Unknown => Some(doubt.or(unknown).or(remains.1)?),
            };
            let mut steps = self.way(group, held);
            steps.push(Step::new("which allows everything", origin));
            Some((steps, unknown))
        });
        found.min_by_key(|(_, unknown)| unknown.is_some())
    }

    /// A document that asks who makes the request as it is for a user, as wide as it may be, with the reason where an answer is
    /// not known; none where it asks nothing of that.
    fn document_for(&self, user: usize, written: &Document) -> Option<(Document, Option<Arc<Unknown>>)> {
        let asks = |statement: &Statement| statement.tests.iter().any(asks_of_requester);
        if !written.statements.iter().any(asks) {
            return None;
        }
        let mut doubt = None;
        let mut statements = Vec::with_capacity(written.statements.len());
        for statement in &written.statements {
            if !asks(statement) {
                statements.push(statement.clone());
                continue;
            }
            let (answer, unknown) = self.holds_for(statement, user);
            if answer == Truth::Unknown {
                let open = || Arc::new(Unknown::new(Why::Condition, "who makes the request", statement.value.origin));
                doubt = doubt.or_else(|| Some(unknown.unwrap_or_else(open)));
            }
            let is_kept = match answer {
                Truth::True => true,
                Truth::False => false,
                Truth::Unknown => statement.allows() != Truth::False,
            };
            if is_kept {
                statements.push(Statement {
                    tests: statement.tests.iter().filter(|test| !asks_of_requester(test)).cloned().collect(),
                    admin: OnceLock::new(),
                    denial: OnceLock::new(),
                    opposites: OnceLock::new(),
                    ..statement.clone()
                });
            }
        }
        Some((Document { statements, rest: written.rest.clone(), ..Document::default() }, doubt))
    }
}
