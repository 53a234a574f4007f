//! CloudFormation, SAM and CDK templates, against what the services make of them and as a user sees them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails where these do, and says what it passed over"
)]

mod cdk;
mod describe;
mod intrinsics;
mod language_extensions;
mod metadata;
mod nested;
mod parameters;
mod policies;
mod possible_values;
mod reference;
mod sam;
mod scenarios;
mod serverless;
mod service;
