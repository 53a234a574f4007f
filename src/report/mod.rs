//! Findings, and one file for each format that they are written in.

mod finding;

pub use finding::{Consequence, Finding, Place, Related, Report, Summary, Suppressed, Undecided};
