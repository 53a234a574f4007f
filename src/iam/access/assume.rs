//! Who of the unit may assume a role: its trust names them or their account, and neither what they hold nor what limits them
//! nor the trust itself keeps them out.

use std::cell::OnceCell;
use std::sync::Arc;

use super::decide::{Asked, Decision, Said};
use super::session::asks_for_tags;
use super::settled::role_tag;
use super::{Access, Wanted};
use crate::iam::arn::arn_of_principal;
use crate::iam::condition::{Test, is_harmless};
use crate::iam::document::Statement;
use crate::iam::facts::Standing;
use crate::iam::glob::Glob;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

/// Those of some principals who may assume a role.
#[derive(Debug, Default)]
pub(in crate::iam) struct Assuming {
    /// Each with the place that lets it: the trust where that names it, else the statement that it holds.
    pub(in crate::iam) certain: Vec<(usize, Origin)>,
    /// Those of whom it is not known, with the reason.
    pub(in crate::iam) perhaps: Vec<(usize, Arc<Unknown>)>,
    /// Of these and of those who may under conditions whom the trust certainly admits, with no condition that not everybody
    /// can fulfil: the rest is up to what they hold.
    pub(in crate::iam) admitted: Vec<usize>,
    /// Those whom the trust would admit just so if the role had other tags, with whether it is enough to remove some.
    pub(in crate::iam) if_tagged: Vec<(usize, bool)>,
    /// Those whom the trust admits just so, and whom something else denies it.
    pub(in crate::iam) denied: Vec<usize>,
}

impl<'i> Access<'i, '_> {
    /// Of some principals those that may assume a role. Conditions that everybody can fulfil who has the permission do not
    /// count.
    pub(in crate::iam) fn who_assumes(&self, role: usize, among: impl Iterator<Item = usize>) -> Assuming {
        let wanted = Wanted::at_home("sts:AssumeRole");
        let mut found = Assuming::default();
        let Some(trust) = self.standing().iter().find(|standing: &&Standing| standing.role == Some(role)) else {
            return found;
        };
        let said = self.said_by(trust, &wanted, None);
        let here = Asked { wanted, resource: None, said, near: Vec::new(), unread: None, is_of_unit: OnceCell::new() };
        // In another account the role is asked for by its ARN.
        let there = OnceCell::new();
        let elsewhere = || {
            let wanted = Wanted::new("sts:AssumeRole");
            let resource = self.arn_as_asked(role);
            let said = self.said_by(trust, &wanted, resource.as_ref());
            Asked { wanted, resource, said, near: Vec::new(), unread: None, is_of_unit: OnceCell::new() }
        };
        let asks_for_tags = trust.document.statements.iter().any(asks_for_tags);
        for principal in among {
            let is_here = self.is_same_account(self.account_of(principal), self.account_of(role));
            let asked = if is_here { &here } else { there.get_or_init(elsewhere) };
            if !self.is_named(principal, asked) {
                continue;
            }
            found.add(match asks_for_tags {
                true => self.assumes_with_tags(principal, trust, asked, is_here),
                false => self.assumes(principal, trust, asked, is_here),
            });
        }
        found
    }

    /// What is found of one principal that a trust names.
    pub(super) fn assumes(&self, principal: usize, trust: &Standing, asked: &Asked<'i>, is_here: bool) -> Assuming {
        let mut found = Assuming::default();
        let open = || {
            let subject = format!("who may assume `{}`", trust.address);
            Arc::new(Unknown::new(Why::Condition, subject, trust.origin))
        };
        let decision = self.decide_at_once(principal, asked);
        if let Some(place) = place(&decision) {
            found.certain.push((principal, place));
            return found;
        }
        if decision.answer == Truth::False {
            if is_here && !decision.because.is_empty() && self.admits(asked, principal, is_free) {
                found.denied.push(principal);
            }
            return found;
        }
        // What is about a role elsewhere says nothing of this one, but what the trust may deny does.
        if decision.via.is_none_or(|via| via.resource != trust.resource) {
            if decision.answer == Truth::Unknown && self.is_denied_perhaps(asked, principal) {
                found.perhaps.push((principal, decision.unknown.unwrap_or_else(open)));
            }
            return found;
        }
        if self.admits(asked, principal, is_free) {
            found.admitted.push(principal);
        } else if is_here && self.admits(asked, principal, |test| is_free(test) || role_tag(test).is_some()) {
            let may_lack = |test: &Test| role_tag(test).is_some() && test.holds_when_absent() == Some(true);
            let is_enough = |test: &Test| is_free(test) || may_lack(test);
            found.if_tagged.push((principal, self.admits(asked, principal, is_enough)));
        }
        if decision.answer == Truth::Unknown {
            found.perhaps.push((principal, decision.unknown.unwrap_or_else(open)));
        }
        found
    }

    /// The ARN of a role as somebody asks for it; none where a part of it is not known.
    pub(in crate::iam) fn arn_as_asked(&self, role: usize) -> Option<Glob> {
        // Whatever the partition, all accounts of a unit are in one.
        let named = |arn: Glob| {
            let arn = arn.to_string().replacen("arn:*:", "arn:aws:", 1);
            match self.ids_of(role) {
                [id] => Glob::pattern(&arn.replacen(":iam::*:", &format!(":iam::{id}:"), 1)),
                _ => Glob::pattern(&arn),
            }
        };
        arn_of_principal(self.identity, role).filter(|arn| !arn.has_holes()).map(named)
    }

    /// Whether the trust names a principal, and perhaps denies it what is asked.
    fn is_denied_perhaps(&self, asked: &Asked<'_>, principal: usize) -> bool {
        let perhaps = |said: &&Said<'_>| {
            said.statement.denies() == Truth::Unknown
                || (said.statement.denies() == Truth::True && said.truth == Truth::Unknown)
        };
        asked.said.iter().filter(perhaps).any(|said| self.named_by(said.standing, said.statement, principal).is_some())
    }

    /// Whether the trust admits a principal, once it has the permission, for tests that count as passed.
    pub(super) fn admits(&self, asked: &Asked<'_>, principal: usize, passes: impl Fn(&Test) -> bool) -> bool {
        let named = |said: &Said<'_>| self.named_by(said.standing, said.statement, principal);
        let is_passed = |said: &Said<'_>| {
            let tests = self.conditions_for(said.statement, asked.wanted.action, principal);
            tests.is_some_and(|tests| tests.iter().all(|test| passes(test)))
        };
        let lets = |said: &Said<'_>| {
            said.statement.allows() == Truth::True
                && said.statement.more_tests.is_none()
                && said.truth == Truth::True
                && named(said).is_some_and(|naming| naming.truth == Truth::True)
                && is_passed(said)
        };
        let denies = |said: &Said<'_>| said.statement.denies() != Truth::False && named(said).is_some();
        asked.said.iter().any(lets) && !asked.said.iter().any(denies)
    }

    /// The statements that certainly deny an action to a principal, on some resources or under some conditions: of its own
    /// policies, its permissions boundary and the organization.
    pub(in crate::iam) fn denials_of(&self, principal: usize, wanted: &Wanted) -> Vec<&'i Statement> {
        let Some(holding) = self.holding(principal) else { return Vec::new() };
        let (_, mut denials) = self.said(holding, wanted, None);
        denials.extend(self.ceiling_denials(holding, wanted, None));
        denials.into_iter().filter(|denial| denial.truth == Truth::True).map(|denial| denial.statement).collect()
    }
}

impl Assuming {
    fn add(&mut self, other: Assuming) {
        self.certain.extend(other.certain);
        self.perhaps.extend(other.perhaps);
        self.admitted.extend(other.admitted);
        self.if_tagged.extend(other.if_tagged);
        self.denied.extend(other.denied);
    }
}

/// Whether everybody can pass a test who has the permission.
pub(super) fn is_free(test: &Test) -> bool {
    is_harmless(&test.key)
}

/// The place that lets somebody in for certain: the grant where the trust leaves it to the account, else the trust.
pub(super) fn place(decision: &Decision) -> Option<Origin> {
    let key = |condition: &String| condition.rsplit(' ').next().unwrap_or_default().to_ascii_lowercase();
    if decision.answer != Truth::True || !decision.conditions.iter().all(|condition| is_harmless(&key(condition))) {
        return None;
    }
    let step = match decision.via {
        Some(via) if via.by_account => decision.because.iter().rev().nth(1),
        Some(_) | None => decision.because.first(),
    };
    step.map(|step| step.origin)
}
