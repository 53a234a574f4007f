//! What the principals of a unit can come to, as it is remembered: ways of escalation, and the ways between principals.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::action_set::ActionSet;
use super::catalogue::EscalationPath;
use super::step::Step;
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
    /// The policy document that the statement is of; nothing where AWS wrote it.
    pub document: Origin,
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

/// What all principals can come to.
#[derive(Debug)]
pub(super) struct Power {
    pub(super) escalations: Vec<Vec<Escalation>>,
    /// The ways between principals of the unit.
    pub(super) passages: Vec<Passage>,
    /// Those of whoever holds a policy as well.
    pub(super) edges: Vec<Passage>,
    /// By principal: it is an administrator as it stands, or the next step to one.
    pub(super) next: Vec<Next>,
    pub(super) sums: Vec<Sum>,
    /// By principal those of which it is not known whether they lead there.
    pub(super) doubtful: BTreeMap<usize, Sum>,
    /// The first role of a hub, by service and the account of those who reach it, that is or leads to an administrator.
    pub(super) first: BTreeMap<(Hub, String, usize), usize>,
    /// By principal why it may be an administrator, where it is none for certain.
    pub(super) doubts: Vec<Option<Doubt>>,
    /// Some policy compares the tags of what is worked on with those of whoever asks.
    pub(super) compares_tags: bool,
    pub(super) widths: Widths,
    /// Those who may be made, by the numbers that they have beside the principals.
    pub(super) made: BTreeMap<usize, Newcomer>,
}

/// A user or role that somebody may make.
#[derive(Clone, Debug)]
pub(super) struct Newcomer {
    /// The kind: `role`; what is known of its name; and the place of what allows to make it.
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) place: Origin,
    /// What is done to come to it: `makes a role …`.
    pub(super) text: String,
    /// The place of what limits it.
    pub(super) origin: Origin,
}

/// Why a principal may be an administrator.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    pub(super) unknown: Arc<Unknown>,
    /// It lies in what the principal itself is granted, and not in whom it reaches.
    pub(super) is_own: bool,
}

/// How a principal comes to be an administrator.
#[derive(Clone, Debug)]
pub(super) enum Next {
    Not,
    /// By what it is granted.
    Granted,
    /// By a way that leads there at once.
    Direct(usize),
    /// By way of another principal.
    By(usize, usize),
    /// By several steps together, none of which leads there alone.
    Sum(usize),
}

/// Several steps that make an administrator together: somebody is given permissions, and is reached.
#[derive(Debug)]
pub(super) struct Sum {
    /// The path by which permissions are given.
    pub(super) path: &'static EscalationPath,
    /// The permissions by which it is gone, for people.
    pub(super) by: String,
    pub(super) to: usize,
    /// How many principals are reached on the way.
    pub(super) hops: usize,
    pub(super) guarded: bool,
    pub(super) weak: bool,
    pub(super) because: Vec<Step>,
    /// As those of an [`Escalation`].
    pub(super) cause: Origin,
    pub(super) action: Origin,
    pub(super) within: Option<(usize, Origin)>,
    pub(super) document: Origin,
    /// Why it is not certain.
    pub(super) unknown: Option<Arc<Unknown>>,
}

/// A sort of roles that are reached alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hub {
    /// Roles that trust the own account.
    Account,
    /// Roles that a service may be given.
    Passed,
    /// Roles that something of a service runs with.
    Attached,
    /// Groups.
    Joined,
    /// Roles that trust SAML providers.
    Federated,
}

/// What one principal may do on whole types of resource, by what it is worth.
#[derive(Debug, Default)]
pub(super) struct Wide {
    /// Changes of permissions, with the statement that grants the first of them.
    pub(super) permissions: ActionSet,
    /// Changes by services that are granted as a whole.
    pub(super) changes: ActionSet,
    /// What reads secrets and customers' data.
    pub(super) reads: ActionSet,
    pub(super) places: HashMap<usize, Origin>,
}

/// What the principals of a unit may do on whole types of resource, each found when it is asked for.
#[derive(Debug)]
pub(super) struct Widths(pub(super) Vec<OnceLock<Wide>>);
