//! Who is let in to a role, and from there gets further: the roles that lie between are told of to whoever starts.

use super::path::ways;
use super::{Escalation, EscalationState};
use crate::iam::access::Access;
use crate::iam::power::{Next, Power};
use crate::iam::step::Step;
use crate::source::Origin;

/// The path by which roles are assumed.
pub(super) const ASSUME: &str = "sts-assume-any-role";

impl Power {
    /// Adds to those who hold no way of their own the one that a role holds which they may assume. To be let in to the role of
    /// an administrator is what its trust is for; to be let in to a role from which another one is assumed is told as low,
    /// since nobody may have seen the two together.
    pub(super) fn add_chains(&mut self, access: Access<'_, '_>) {
        let found: Vec<(usize, Escalation)> =
            (0..self.escalations.len()).filter_map(|at| Some((at, self.chained(access, at)?))).collect();
        for (at, escalation) in found {
            if let Some(told) = self.escalations.get_mut(at) {
                told.push(escalation);
                told.sort_by_key(|one| (one.state, super::chain::rank(one.severity), one.path.all.len()));
            }
        }
    }

    fn chained(&self, access: Access<'_, '_>, at: usize) -> Option<Escalation> {
        let leads = |one: &&Escalation| one.state == EscalationState::Open && one.administrator;
        if self.escalations.get(at)?.iter().any(|one| leads(&one)) {
            return None;
        }
        let (origin, to) = self.assumed_from(at)?;
        let (mut last, mut links) = (to, 1);
        while let Some((_, next)) = self.assumed_from(last).filter(|_| links < self.next.len()) {
            (last, links) = (next, links + 1);
        }
        let (path, severity, by) = match self.next.get(last)? {
            Next::Granted if links > 1 => {
                let way = ways().iter().find(|way| way.path.id == ASSUME)?;
                (way.path, "low", "`sts:AssumeRole`".to_owned())
            }
            Next::Granted | Next::Not => return None,
            Next::Direct(_) | Next::By(..) | Next::Sum(_) => {
                let end = self.escalations.get(last)?.iter().find(leads)?;
                (end.path, end.severity, format!("`sts:AssumeRole`, then {}", end.by))
            }
        };
        let mut because = Vec::new();
        self.chain(access, at, &mut because);
        if let Some(end) = self.escalations.get(last).and_then(|all| all.iter().find(leads)) {
            let new: Vec<Step> = end.because.iter().filter(|step| !because.contains(step)).cloned().collect();
            because.extend(new);
        }
        Some(Escalation {
            path,
            by,
            state: EscalationState::Open,
            severity,
            guarded: false,
            to: Some(to),
            administrator: true,
            steps: Some(self.steps(at)),
            because,
            cause: origin,
            action: origin,
            within: within_role(access, to, origin),
            document: Origin::NONE,
            by_group: self.group_that_assumes(access, at, to, origin),
            unknown: None,
        })
    }

    /// The role that is assumed next on the way to an administrator, and the place that lets it.
    fn assumed_from(&self, at: usize) -> Option<(Origin, usize)> {
        let Next::By(passage, to) = self.next.get(at)? else { return None };
        let passage = self.edges.get(*passage).filter(|passage| passage.trusted)?;
        Some((passage.origin, *to))
    }

    /// The group of a user that may assume the role by the same statement.
    fn group_that_assumes(&self, access: Access<'_, '_>, user: usize, role: usize, place: Origin) -> Option<usize> {
        let mut groups = access.groups_of(user).into_iter().map(|(group, _)| group);
        groups.find(|group| self.assumed_from(*group) == Some((place, role)))
    }
}

/// The role whose trust says so, where it is that.
pub(super) fn within_role(access: Access<'_, '_>, role: usize, origin: Origin) -> Option<(usize, Origin)> {
    let instance = &access.identity.principals.get(role)?.instance;
    let extent = instance.resource.extent;
    (extent.file == origin.file && extent.span.holds(origin.span)).then_some((instance.index, origin))
}
