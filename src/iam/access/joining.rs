//! What the policies of a group come to for a user who joins it, where they ask who makes the request.

use std::sync::OnceLock;

use super::Access;
use crate::iam::document::{Document, Statement};
use crate::iam::facts::{Held, LOOSE};
use crate::iam::requester::asks_who;
use crate::iam::step::Step;
use crate::source::Origin;
use crate::value::Truth;

impl Access<'_, '_> {
    /// What shows that a user is an administrator as a member of a group, by a policy that asks who makes the request.
    pub(in crate::iam) fn administers_as_member(&self, user: usize, group: usize) -> Option<Vec<Step>> {
        let of_group = self.facts.holdings.get(group)?;
        let own = self.holding(user)?;
        of_group.held.iter().find_map(|held| {
            let written = self.facts.document(self.identity, self.facts.written(held.document))?;
            let personal = self.document_for(user, written)?;
            let (truth, origin, _) = self.identity.document_is_admin(&personal, Origin::NONE);
            if truth != Truth::True {
                return None;
            }
            let mut given = own.clone();
            given.held.push(Held { document: LOOSE, attachment: None, membership: None });
            let then = Access { instead: Some((user, &given)), loose: Some(&personal), ..*self };
            if then.remains_administrator(user).0 != Truth::True {
                return None;
            }
            let mut steps = self.way(group, held);
            steps.push(Step::new("which allows everything", origin));
            Some(steps)
        })
    }

    /// A document that asks who makes the request as it is for a user; none where it asks nothing of that, or the answer is
    /// not known.
    fn document_for(&self, user: usize, written: &Document) -> Option<Document> {
        let asks = |statement: &Statement| statement.tests.iter().any(asks_who);
        if !written.statements.iter().any(asks) {
            return None;
        }
        let mut statements = Vec::with_capacity(written.statements.len());
        for statement in &written.statements {
            if !asks(statement) {
                statements.push(statement.clone());
                continue;
            }
            match self.holds_for(statement, user).0 {
                Truth::True => statements.push(Statement {
                    tests: statement.tests.iter().filter(|test| !asks_who(test)).cloned().collect(),
                    admin: OnceLock::new(),
                    denial: OnceLock::new(),
                    opposites: OnceLock::new(),
                    ..statement.clone()
                }),
                Truth::False => {}
                Truth::Unknown => return None,
            }
        }
        Some(Document { statements, rest: written.rest.clone(), ..Document::default() })
    }
}
