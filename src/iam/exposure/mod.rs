//! Who is left once conditions and denials have had their say.

mod bound;
mod deny;
mod fixed;
mod issuer;

pub use bound::{Bound, Callers, Loose, Verdict};
pub use deny::Remainder;
pub use fixed::{Fixed, is_fixed};
pub use issuer::{Subject, subject_of};
