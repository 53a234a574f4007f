//! Which files there are, and what they are by content.

mod classify;
mod plan;
mod walk;

pub use classify::{Format, classify};
pub use walk::{Found, Inputs, boundary, check_pattern, walk};
