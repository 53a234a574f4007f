//! Who of the unit may assume a role: its trust names them or their account, and neither what they hold nor what limits them
//! nor the trust itself keeps them out.

use super::decide::{Asked, Decision};
use super::{Access, Wanted};
use crate::iam::condition::is_harmless;
use crate::iam::facts::Standing;
use crate::source::Origin;
use crate::value::Truth;

/// What is said where the trust names the account: the step before it is the grant.
pub(super) const TRUSTS_ACCOUNT: &str = "trusts the account";

impl Access<'_, '_> {
    /// Of some principals those that may certainly assume a role, each with the place that lets it: the trust where that names
    /// it, else the statement that it holds. Conditions that everybody can fulfil who has the permission do not count.
    pub(in crate::iam) fn who_assumes(&self, role: usize, among: impl Iterator<Item = usize>) -> Vec<(usize, Origin)> {
        let wanted = Wanted::new("sts:AssumeRole");
        let Some(trust) = self.standing().iter().find(|standing: &&Standing| standing.role == Some(role)) else {
            return Vec::new();
        };
        let said = self.said_by(trust, &wanted, None);
        let asked = Asked { wanted, resource: None, said, near: Vec::new() };
        let found = among.filter(|principal| self.is_named(*principal, &asked));
        found.filter_map(|principal| Some((principal, place(&self.decide_at_once(principal, &asked))?))).collect()
    }
}

fn place(decision: &Decision) -> Option<Origin> {
    let key = |condition: &String| condition.rsplit(' ').next().unwrap_or_default().to_ascii_lowercase();
    if decision.answer != Truth::True || !decision.conditions.iter().all(|condition| is_harmless(&key(condition))) {
        return None;
    }
    match decision.because.as_slice() {
        [.., grant, trust] if trust.text.ends_with(TRUSTS_ACCOUNT) => Some(grant.origin),
        [trust, ..] => Some(trust.origin),
        [] => None,
    }
}
