//! Comparison of access: whether new policies allow a request that old ones did not.
//!
//! Requests are sorted into classes of which the statements cannot tell one member from another: by action, resource,
//! caller and context. One request of every class is judged. "New access" comes with such a request, which the evaluator
//! of [`Policy::allows`] has confirmed; "no new access" means that no class has one. Policy variables stand for a text that
//! is written nowhere, and for the texts that they would have to be to meet another pattern; what is not known before the
//! deployment stays not known, but is the same wherever it occurs. Where the classes are too many the answer is that it is
//! undecided.

mod action;
mod caller;
mod context;
mod cover;
mod difference;
mod request;
mod resource;
mod search;
mod term;
mod variable;

use std::sync::Arc;

pub use difference::{Difference, Gain, difference};
pub use request::{Caller, Policy, Request};

use crate::source::Origin;

/// The answer of a comparison.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Whatever the new policies allow, the old ones allowed.
    NoNewAccess,
    /// The new policies allow something that the old ones did not.
    NewAccess(Box<Witness>),
    /// It is not known, for this reason.
    Undecided(Arc<str>),
}

/// A request that is newly allowed.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The request: allowed by the new policies and not by the old ones.
    pub request: Request,
    /// The statement of the new policies that allows it.
    pub place: Origin,
    /// The action is one that the catalogue does not know: AWS may have it one day.
    pub is_future: bool,
}

/// Whether new policies allow something that old ones did not.
pub fn compare<'d>(old: impl Into<Policy<'d>>, new: impl Into<Policy<'d>>) -> Verdict {
    let (old, new) = (old.into(), new.into());
    search::Search::new(&old, &new).verdict()
}
