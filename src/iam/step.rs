//! The steps by which an answer is explained.

use crate::source::Origin;

/// One step of an explanation, with the place that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it says: policy `deploy` is attached to group `developers`.
    pub text: String,
    /// Where it stands; nowhere for what AWS wrote.
    pub origin: Origin,
}

impl Step {
    pub(super) fn new(text: impl Into<String>, origin: Origin) -> Step {
        Step { text: text.into(), origin }
    }
}
