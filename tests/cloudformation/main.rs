//! CloudFormation templates, against reference values and as a user sees them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it passed over"
)]

mod intrinsics;
mod language_extensions;
mod possible_values;
mod reference;
