//! What could not be read or understood: errors and warnings as values, with a place.
//!
//! Style of the messages: lower case, no full stop, the user's own words in backticks, help apart.

use crate::source::Origin;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something was passed over that Terraform or CloudFormation would refuse; the scan is still whole.
    Warning,
    /// An input could not be read or understood: the exit status becomes 2.
    Error,
}

/// A place with a word about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub origin: Origin,
    /// What is there, in a few words; may be empty.
    pub text: String,
}

/// One thing that could not be read or understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub level: Level,
    /// A stable kebab-case name, such as `yaml-syntax`.
    pub code: &'static str,
    /// One line: what is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The first label is the place; the others explain.
    pub labels: Vec<Label>,
    /// The file or directory, where there is no text to point into.
    pub path: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { level: Level::Error, code, message: message.into(), help: None, labels: Vec::new(), path: None }
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { level: Level::Warning, ..Diagnostic::error(code, message) }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, origin: Origin, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { origin, text: text.into() });
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Names the file or directory where there is no text to point into.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Diagnostic {
        self.path = Some(path.into());
        self
    }
}
