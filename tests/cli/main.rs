//! The program as people and machines call it: arguments in, bytes and an exit status out.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

mod access;
mod bad_input;
mod commands;
mod harness;
mod inputs;
mod managed;
mod outputs;
mod settings;
mod trust;
mod version;
mod who_can;
