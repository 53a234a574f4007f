//! Terraform configurations, evaluated as Terraform evaluates them.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails where this does, and says its figures")]

mod modules;
mod values;
