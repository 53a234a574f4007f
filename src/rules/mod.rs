//! Rules in TOML and the engine that matches them.

mod book;
mod condition;
mod engine;
mod pattern;
mod schema;
mod truth;

pub use book::{Overrides, built_in, built_in_text, read_folder};
pub use engine::{Hit, Open, Outcome, is_target, run};
pub use schema::{Example, Examples, Rule, RuleError, RuleInfo, Severity};
