//! Ways from what a principal may do to more: known paths that are open, roles that can be assumed, and the chain of them
//! that ends with an administrator.

mod boundary;
mod carrier;
mod chain;
mod judge;
mod link;
mod owner;
mod pass;
mod path;
mod subject;
mod wider;
mod world;

use std::sync::Arc;

pub(super) use chain::Power;
pub(super) use world::{is_guard, is_harmless};

use super::access::{Access, Step};
use super::catalogue::EscalationPath;
use super::identity::Identity;
use crate::source::Origin;
use crate::value::{Truth, Unknown};

/// Whether a way can be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EscalationState {
    /// All that it takes is held.
    Open,
    /// It depends on something that is not known.
    Undecided,
    /// All permissions are held, but only for something that does not lead further as far as is known.
    Confined,
}

impl EscalationState {
    /// The name in rules.
    pub fn name(self) -> &'static str {
        match self {
            EscalationState::Open => "open",
            EscalationState::Undecided => "undecided",
            EscalationState::Confined => "confined",
        }
    }
}

/// A way of escalation that a principal holds.
#[derive(Clone, Debug)]
pub struct Escalation {
    /// The known path.
    pub path: &'static EscalationPath,
    /// The permissions by which it is gone, for people.
    pub by: String,
    /// Whether it can be gone.
    pub state: EscalationState,
    /// How bad it is: that of the path, a level less where a second factor, a network or a weak condition is in the way, or where
    /// it leads to more, but to no administrator.
    pub severity: &'static str,
    /// A second factor or a network is asked for.
    pub guarded: bool,
    /// The principal of the unit that is reached, where it is one.
    pub to: Option<usize>,
    /// It leads to an administrator.
    pub administrator: bool,
    /// How many principals one becomes until then; none where it does not lead to one.
    pub steps: Option<usize>,
    /// The steps: how the permissions are held, what is reached, and on to the administrator.
    pub because: Vec<Step>,
    /// The statement that grants the first permission, or to pass roles where that is one of them.
    pub cause: Origin,
    /// The element of the statement that names the action.
    pub action: Origin,
    /// The resource of the unit that the statement stands in, and its place there.
    pub within: Option<(usize, Origin)>,
    /// The group that holds all that it takes, where the principal is only a member.
    pub by_group: Option<usize>,
    /// Why it is undecided.
    pub unknown: Option<Arc<Unknown>>,
}

/// Whether a principal is an administrator by any door.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// Whether it is.
    pub answer: Truth,
    /// It is one by what it is granted, not by escalation.
    pub granted: bool,
    /// The steps that lead there.
    pub because: Vec<Step>,
    /// Why it is undecided.
    pub unknown: Option<Arc<Unknown>>,
}

/// A way from one principal to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Who goes.
    pub from: usize,
    /// Whom it becomes, or whose permissions it gets.
    pub to: usize,
    /// By what: `sts:AssumeRole`, `iam:PassRole + lambda:CreateFunction`.
    pub by: String,
    /// It is meant so: the trust of a role lets the principal in.
    pub trusted: bool,
    /// The place that shows it.
    pub origin: Origin,
}

impl Identity<'_> {
    /// Finds the ways of all principals where somebody will ask, before several ask at once.
    pub(crate) fn prepare(&self, kinds: &[&str]) {
        let ask = ["user", "group", "role", "permission-set", "statement", "escalation"];
        if kinds.iter().any(|kind| ask.contains(kind)) {
            self.access().power();
        }
    }
}

impl<'i> Access<'i, '_> {
    fn power(&self) -> &'i Power {
        if let Some(power) = self.identity.power.get() {
            return power;
        }
        // Not within the cell: who waits for a part of this work may take up other work that asks the same, and would wait
        // for itself.
        let power = Power::of(*self);
        self.identity.power.get_or_init(|| power)
    }

    /// The ways of escalation that a principal holds, open ones first, by severity; none for one who may do everything.
    pub fn escalations(&self, principal: usize) -> &'i [Escalation] {
        self.power().escalations.get(principal).map_or(&[], Vec::as_slice)
    }

    /// Whether a principal is an administrator by any door: granted, or by ways that lead there.
    pub fn administrator(&self, principal: usize) -> Administrator {
        self.power().administrator(*self, principal)
    }

    /// The ways between principals of the unit: roles that may be assumed, passed or taken over. What leads to whole types
    /// of principals is listed for the first that is an administrator only.
    pub fn passages(&self) -> &'i [Passage] {
        &self.power().passages
    }
}
