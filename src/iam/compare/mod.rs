//! Comparison of access: whether new policies allow a request that old ones did not.
//!
//! What goes in: two [`Policy`]s, each the statements of one or several [`Document`](crate::iam::Document)s of the same
//! kind (identity policies, or policies that name principals), in which a denial overrides what another statement allows.
//! What comes out: a [`Verdict`]; [`difference`] tells all actions, [`NormalForm`] whether two texts say the same.
//!
//! Requests are sorted into classes of which the statements cannot tell one member from another: by action, resource,
//! caller and context. One request of every class is judged. "New access" comes with such a request, which the evaluator
//! of [`Policy::allows`] has confirmed; "no new access" means that no class has one. Policy variables stand for a text that
//! is written nowhere, and for the texts that they would have to be to meet another pattern; what is not known before the
//! deployment stays not known, but is the same wherever it occurs. Where the classes are too many the answer is that it is
//! undecided.
//!
//! Limits: keys are taken to be independent of each other, but for those that follow from the caller and those of requests
//! over the internet and through endpoints, so that a witness may be a request that nobody can make. Whether an action
//! works at all (its other actions, the limits of boundaries and organizations) is not asked here.
//!
//! ```
//! use iacscan::iam::Document;
//! use iacscan::iam::compare::{Policy, Verdict, compare};
//! use iacscan::source::Origin;
//! use iacscan::value::{Truth, Value};
//!
//! let document = |action: &str, resource: &str| {
//!     let text = |text: &str| Value::string(text, Origin::NONE);
//!     let fields = [("Effect", text("Allow")), ("Action", text(action)), ("Resource", text(resource))];
//!     let statement = Value::fields(fields, Origin::NONE);
//!     Document::of_value(&Value::fields([("Statement", statement)], Origin::NONE))
//! };
//! let (old, new) = (document("s3:*", "arn:aws:s3:::logs/*"), document("s3:GetObject", "arn:aws:s3:::*"));
//! let Verdict::NewAccess(witness) = compare(&old, &new) else { unreachable!("other buckets can be read") };
//! assert_eq!(witness.request.action, "s3:GetObject");
//! assert_eq!(Policy::from(&new).allows(&witness.request), Truth::True);
//! assert_eq!(Policy::from(&old).allows(&witness.request), Truth::False);
//!
//! let narrower = document("s3:GetObject", "arn:aws:s3:::logs/2026/*");
//! assert!(matches!(compare(&old, &narrower), Verdict::NoNewAccess));
//! ```

mod action;
mod caller;
mod context;
mod cover;
mod difference;
mod future;
mod normal;
mod request;
mod resource;
mod search;
mod term;
mod trial;
mod variable;

use std::sync::Arc;

pub use difference::{Difference, Gain, difference};
pub use normal::NormalForm;
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

/// Whether new policies allow something that old ones did not: the request of the highest access level, or that there is
/// none, or why it cannot be told.
pub fn compare<'d>(old: impl Into<Policy<'d>>, new: impl Into<Policy<'d>>) -> Verdict {
    let (old, new) = (old.into(), new.into());
    search::Search::new(&old, &new).verdict()
}
