//! Trusts that ask for tags of the session: who brings them needs `sts:TagSession`, by the trust and of what it holds.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::Arc;

use super::assume::{Assuming, is_free, place};
use super::decide::{Asked, Decision};
use super::{Access, Extent, Step, Wanted};
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::facts::Standing;
use crate::iam::glob::Glob;
use crate::value::{Truth, Unknown, Why};

impl<'i> Access<'i, '_> {
    /// The roles whose trusts ask for tags of the session.
    pub(in crate::iam) fn asking_for_tags(&self) -> HashSet<usize> {
        let asks = |trust: &&Standing| trust.document.statements.iter().any(asks_for_tags);
        self.standing().iter().filter(asks).filter_map(|trust| trust.role).collect()
    }

    /// What is found of one principal that such a trust names.
    pub(super) fn assumes_with_tags(
        &self,
        principal: usize,
        trust: &'i Standing,
        asked: &Asked<'i>,
        is_here: bool,
    ) -> Assuming {
        let untagged = asked.untagged();
        if self.admits(&untagged, principal, is_free) {
            return self.assumes(principal, trust, asked, is_here);
        }
        let tagging = self.tags_session(principal, trust, is_here);
        if place(&tagging).is_some() {
            return self.assumes(principal, trust, asked, is_here);
        }
        if tagging.answer != Truth::False {
            let subject = format!("who may tag sessions of `{}`", trust.address);
            let unknown =
                tagging.unknown.unwrap_or_else(|| Arc::new(Unknown::new(Why::Condition, subject, trust.origin)));
            let found = self.assumes(principal, trust, asked, is_here);
            let lets = !(found.certain.is_empty() && found.admitted.is_empty());
            let perhaps = if lets { vec![(principal, unknown)] } else { found.perhaps };
            return Assuming { perhaps, certain: Vec::new(), admitted: Vec::new(), ..found };
        }
        let is_denied = is_here && !tagging.because.is_empty() && self.admits(asked, principal, is_free);
        let asks = |statement: &Statement| statement.denies() != Truth::False && asks_for_tags(statement);
        let keeps_out = asked.said.iter().filter(|said| asks(said.statement));
        let mut keeps_out = keeps_out.filter_map(|said| self.named_by(said.standing, said.statement, principal));
        match (is_denied, keeps_out.next()) {
            (true, _) => Assuming { denied: vec![principal], ..Assuming::default() },
            (false, Some(_)) => Assuming::default(),
            (false, None) => self.assumes(principal, trust, &untagged, is_here),
        }
    }

    /// Whether a principal may tag the sessions of the role of a trust.
    fn tags_session(&self, principal: usize, trust: &'i Standing, is_here: bool) -> Decision {
        let name = "sts:TagSession";
        let wanted = if is_here { Wanted::at_home(name) } else { Wanted::new(name) };
        let resource = trust.role.and_then(|role| self.arn_as_asked(role)).filter(Glob::is_literal);
        let said = self.said_by(trust, &wanted, resource.as_ref());
        let asked = Asked { wanted, resource, said, near: Vec::new(), unread: None, is_of_unit: OnceCell::new() };
        if !self.is_named(principal, &asked) {
            return Decision::nobody(None);
        }
        let decision = self.decide_at_once(principal, &asked);
        // Without the number of the account no denial of one role is seen.
        let is_it = |denial: &&Statement| match trust.role {
            Some(role) => denial.always_denies() && self.means_role(&Extent::of(denial), role) == Truth::True,
            None => false,
        };
        let denials = if asked.resource.is_none() { self.denials_of(principal, &asked.wanted) } else { Vec::new() };
        match denials.into_iter().find(is_it) {
            Some(denial) => {
                let step = Step::new("denied", denial.value.origin);
                Decision { because: vec![step], ..Decision::nobody(None) }
            }
            None => decision,
        }
    }
}

impl<'f> Asked<'f> {
    /// The same for those who bring no tags.
    fn untagged(&self) -> Asked<'f> {
        let asks = |statement: &Statement| statement.denies() == Truth::False && asks_for_tags(statement);
        let said = self.said.iter().filter(|said| !asks(said.statement)).cloned().collect();
        let (wanted, resource) = (self.wanted.clone(), self.resource.clone());
        Asked { wanted, resource, said, near: Vec::new(), unread: None, is_of_unit: OnceCell::new() }
    }
}

/// Whether a statement of a trust lets nobody in without tags of the session, or keeps out whoever brings none.
pub(super) fn asks_for_tags(statement: &Statement) -> bool {
    let is_on_tags = |test: &Test| test.key.starts_with("aws:requesttag/") || test.key == "aws:tagkeys";
    let comes_to = |test: &Test, absent: bool| is_on_tags(test) && test.holds_when_absent() == Some(absent);
    match statement.denies() {
        Truth::False => statement.tests.iter().any(|test| comes_to(test, false)),
        _ => !statement.tests.is_empty() && statement.tests.iter().all(|test| comes_to(test, true)),
    }
}
