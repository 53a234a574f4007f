//! What policies deny on all of the resource that they stand on, where the question names no resource.

use super::carried::last_part;
use super::decide::{Asked, Said};
use super::grant::{Grant, Grants, reason};
use super::standing::{Named, Naming};
use super::{Access, Extent, Pattern};
use crate::iam::facts::Standing;
use crate::source::Origin;
use crate::value::Truth;

/// Why it is denied.
const DENIED: &str = "denied by the policy of the resource";

/// A denial of all that a policy stands on.
struct Whole<'a, 'i> {
    said: &'a Said<'i>,
    naming: Naming,
    conditional: bool,
}

impl<'i> Access<'i, '_> {
    /// The denials of an action on everything that a policy stands on: `Resource` is `*`, or is left to the service.
    fn whole_denials<'a>(&self, principal: usize, asked: &'a Asked<'i>) -> Vec<Whole<'a, 'i>> {
        // Whoever names the resource has them among the others.
        let said = asked.said.iter().filter(|said| asked.resource.is_none() && said.standing.role.is_none());
        let denying = said.filter(|said| said.statement.effect.as_str() == Some("Deny"));
        let whole = denying.filter(|said| {
            let extent = Extent::of(said.statement);
            extent.is_everything() || extent.is_empty()
        });
        let found = whole.filter_map(|said| {
            let naming = self.named_by(said.standing, said.statement, principal)?;
            let tests = self.conditions_for(said.statement, asked.wanted.action, principal)?;
            let is_limited = said.statement.more_tests.is_some() || naming.by == Named::Session;
            Some(Whole { said, naming, conditional: !tests.is_empty() || is_limited })
        });
        found.collect()
    }

    /// Takes away what a policy grants that denies it as well, or that another one on the same resource denies.
    pub(super) fn deny_beside(
        &self,
        principal: usize,
        standing: &Standing,
        asked: &Asked<'i>,
        grants: &mut Grants<'i>,
    ) {
        for denial in self.whole_denials(principal, asked) {
            if denial.said.standing.is_beside(standing) {
                denial.apply(grants, |_| true);
            }
        }
    }

    /// Takes away what is granted on resources by name whose own policies deny it.
    pub(super) fn deny_where_policies_stand(&self, principal: usize, asked: &Asked<'i>, grants: &mut Grants<'i>) {
        for denial in self.whole_denials(principal, asked) {
            let standing = denial.said.standing;
            denial.apply(grants, |grant| {
                let Extent::Among(patterns, None) = &mut grant.extent else { return false };
                let before = patterns.len();
                if denial.conditional || denial.truth() != Truth::True {
                    return before > 0 && patterns.iter().all(|pattern| stands_on(standing, pattern));
                }
                patterns.retain(|pattern| !stands_on(standing, pattern));
                before > 0 && patterns.is_empty()
            });
        }
    }
}

impl<'i> Whole<'_, 'i> {
    fn truth(&self) -> Truth {
        self.said.truth.and(self.naming.truth)
    }

    /// Applies to the grants of which it takes all.
    fn apply(&self, grants: &mut Grants<'i>, takes: impl Fn(&mut Grant<'i>) -> bool) {
        let denied: (Origin, &'static str) = (self.said.statement.value.origin, DENIED);
        grants.grants.retain_mut(|grant| {
            if !takes(grant) {
                return true;
            }
            if self.conditional {
                grant.carved = true;
                grant.denials.push(self.said.statement);
                return true;
            }
            if self.truth() == Truth::True {
                grants.denied = grants.denied.or(Some(denied));
                return false;
            }
            let known = reason(self.said.statement, &Extent::of(self.said.statement));
            let unknown = self.said.unknown.clone().or_else(|| self.naming.unknown.clone()).or(known);
            grant.doubt(&unknown.unwrap_or_else(|| self.said.standing.doubt()));
            true
        });
    }
}

fn stands_on(standing: &Standing, pattern: &Pattern) -> bool {
    match (&pattern.refers, &standing.on, &standing.name) {
        (Some(refers), Some(on), _) => refers == on,
        (None, _, Some(name)) => pattern.glob.is_literal() && last_part(&pattern.glob.to_string()) == name,
        _ => false,
    }
}
