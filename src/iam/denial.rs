//! Whom tests and denials keep out, as it is remembered.

use super::catalogue::Tie;
use super::glob::Glob;
use crate::value::Truth;

/// What a test leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// What those who are left have in common.
    pub tie: Tie,
    /// The key, in lower case.
    pub key: String,
    /// By a name that can change hands.
    pub weak: bool,
    /// The accounts or organizations that the values name, as far as they name any.
    pub names: Vec<Named>,
}

/// The account or organization that a value names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// That of the deployment, or of a resource of the configuration.
    Own,
    /// One by its id.
    Id(String),
}

/// Why a test bounds nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Loose {
    /// The operator asks what the value is not, or nothing about who calls.
    Operator,
    /// A request without the key passes.
    PassesAbsent,
    /// The key has several values, and the test does not say how many must match.
    Qualifier,
    /// One of the values lets everybody in.
    Value,
    /// The key says nothing about who calls.
    Key,
    /// The key is a secret that several share: it does not replace a principal.
    SharedSecret,
    /// The caller writes the key himself.
    Forgeable,
    /// The key says something only beside another that is not tested.
    Partner,
}

/// Whether a test bounds who may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// To those who have this in common.
    Bounds(Bound),
    /// To nobody at all: it can never hold.
    Nobody,
    /// No.
    Not(Loose),
    /// It depends on what is not known.
    Unknown,
}

/// Who is left of the callers of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remainder {
    /// All that the principals name.
    Everybody,
    /// Those of any of these.
    Bound(Vec<Bound>),
    /// Nobody.
    Nobody,
    /// It depends on what is not known; it may be everybody.
    Unknown,
}

/// What a statement denies whatever others allow: read once, since each of them asks.
#[derive(Clone, Debug)]
pub(super) struct Denial {
    /// Whether it denies at all.
    pub(super) denies: Truth,
    /// Whether it is about everybody.
    pub(super) to_everybody: Truth,
    /// Its resources, as far as they are compared.
    pub(super) resources: Vec<Glob>,
    pub(super) on_everything: bool,
    pub(super) left: Remainder,
    pub(super) verdicts: Vec<Verdict>,
    /// Of those whom `NotPrincipal` names, whether there may be others than those who are told of.
    pub(super) spares_unknown: Option<bool>,
}
