//! Input that means harm: every scan ends soon, says what it gave up and where, and shows nothing from outside the tree.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod broken;
mod documents;
mod estate;
mod growth;
mod outside;
mod templates;
