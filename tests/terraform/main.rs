//! Terraform configurations, evaluated as Terraform evaluates them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails where this does, and says its figures"
)]

mod blocks;
mod console;
mod data_sources;
mod diagnostics;
mod folder;
mod functions;
mod hclspec;
mod inputs;
mod language;
mod modules;
mod plans;
mod reference;
mod unknown;
mod values;
mod variables;
mod verdicts;
