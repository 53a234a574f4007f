//! What IAM lets through, against brute force and against tables of verdicts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod bound;
mod carrier;
mod cause;
mod compare;
mod condition;
mod escalation;
mod evaluator;
mod exposure;
mod fixture;
mod form;
mod lab;
mod limit;
mod odd;
mod pattern;
mod reach;
mod requester;
mod variable;
mod variant;
mod world;
