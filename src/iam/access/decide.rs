//! May a principal do an action on a resource, and who may?

use std::sync::Arc;

use super::{Access, Grant, Step, Wanted};
use crate::iam::glob::Glob;
use crate::source::Origin;
use crate::value::{Truth, Unknown};

/// An answer with what decides it.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Whether it may, at least in some requests.
    pub answer: Truth,
    /// Only requests that pass a condition are let through, or some are denied.
    pub conditional: bool,
    /// The conditions, as operator and key.
    pub conditions: Vec<String>,
    /// The way to the statement that decides, which is the last step; empty where nothing says anything.
    pub because: Vec<Step>,
    /// Why it is undecided.
    pub unknown: Option<Arc<Unknown>>,
    /// There may be policies that are not known: an attachment could not be resolved.
    pub incomplete: Option<Arc<Unknown>>,
}

impl Decision {
    /// The place of the statement that decides.
    pub fn place(&self) -> Origin {
        self.because.last().map_or(Origin::NONE, |step| step.origin)
    }
}

impl Access<'_, '_> {
    /// Whether a principal may do an action, such as `s3:GetObject`, on a resource; without one, on any at all.
    pub fn may(&self, principal: usize, action: &str, resource: Option<&str>) -> Decision {
        let resource = resource.map(Glob::pattern);
        self.decide(principal, &Wanted::new(action), resource.as_ref())
    }

    /// All principals that may do an action, or of whom it cannot be told, with the reasons.
    pub fn who_may(&self, action: &str, resource: Option<&str>) -> Vec<(usize, Decision)> {
        let (wanted, resource) = (Wanted::new(action), resource.map(Glob::pattern));
        let of = |principal: usize| (principal, self.decide(principal, &wanted, resource.as_ref()));
        let all = (0..self.identity.principals.len()).map(of);
        all.filter(|(_, decision)| decision.answer != Truth::False).collect()
    }

    fn decide(&self, principal: usize, wanted: &Wanted, resource: Option<&Glob>) -> Decision {
        let grants = self.grants(principal, wanted, resource);
        let incomplete = self.incomplete(principal).cloned();
        let rank = |grant: &Grant<'_>| {
            (grant.truth != Truth::True, !grant.tests.is_empty() || grant.carved, grant.held.membership.is_some())
        };
        if let Some(best) = grants.grants.iter().min_by_key(|grant| rank(grant)) {
            let unknown = best.unknown.clone().filter(|_| best.truth != Truth::True);
            return Decision {
                answer: best.truth,
                conditional: !best.tests.is_empty() || best.carved,
                conditions: best.tests.iter().map(|test| format!("{} {}", test.operator, test.key)).collect(),
                because: self.because(principal, best, wanted),
                unknown,
                incomplete,
            };
        }
        let because = match grants.denied {
            Some((origin, kind)) => vec![Step::new(kind, origin)],
            None => Vec::new(),
        };
        // What is denied stays denied, whatever else is attached.
        let open = incomplete.clone().filter(|_| because.is_empty());
        Decision {
            answer: if open.is_some() { Truth::Unknown } else { Truth::False },
            conditional: false,
            conditions: Vec::new(),
            because,
            unknown: open,
            incomplete,
        }
    }

    /// The steps from a principal to the statement of a grant.
    pub(in crate::iam) fn because(&self, principal: usize, grant: &Grant<'_>, wanted: &Wanted) -> Vec<Step> {
        let mut steps = self.way(principal, &grant.held);
        let name = wanted.action.map_or_else(|| wanted.name.clone(), |action| action.full_name());
        steps.extend(self.says(grant.statement, format!("which allows `{name}`")));
        steps
    }
}
