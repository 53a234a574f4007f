//! Rules in TOML and the engine that matches them.

mod schema;

pub use schema::{Example, RuleInfo, Severity};
