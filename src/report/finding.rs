//! What a scan found, ready to be written.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::rules::{RuleInfo, Severity};
use crate::source::{Origin, Position, Sources};

/// A place with its lines and columns resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path as reports show it; empty where there is no file.
    pub file: String,
    /// First character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
    /// The bytes, for excerpts.
    pub origin: Origin,
}

impl Place {
    /// Resolves an origin.
    pub fn of(origin: Origin, sources: &Sources) -> Place {
        let file = sources.get(origin.file);
        Place {
            file: file.path().to_owned(),
            start: file.position(origin.span.start),
            end: file.position(origin.span.end),
            origin,
        }
    }
}

/// A place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// What is there.
    pub message: String,
    /// Where.
    pub place: Place,
}

/// A finding of another rule on the same cause, told inside of the finding that subsumes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// The rule.
    pub rule: Arc<str>,
    /// Its message.
    pub message: String,
}

/// A comment that accepts a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// The reason that it gives; may be empty.
    pub reason: String,
    /// Where the comment stands.
    pub place: Place,
}

/// One finding: one cause.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: Arc<RuleInfo>,
    /// The severity, after the project's configuration.
    pub severity: Severity,
    /// What is wrong, with names; one line, Markdown code spans in backticks.
    pub message: String,
    /// The address of the resource.
    pub resource: String,
    /// The element that a person must edit.
    pub place: Place,
    /// Why it is true: user, group, policy, statement …, and the chain of module calls or nested stacks.
    pub related: Vec<Related>,
    /// What else follows from the same cause.
    pub consequences: Vec<Consequence>,
    /// Survives moved lines: see `fingerprint.rs`.
    pub fingerprint: String,
    /// Set where a comment accepts it; such findings count nowhere but are written to SARIF and JSON.
    pub suppressed: Option<Suppressed>,
    /// The addresses of further instances with the same cause (the same place, other instance keys).
    pub instances: Vec<String>,
    /// Set where it is not known whether the resource exists: the condition, as a phrase.
    pub possible: Option<String>,
    /// Set where it holds only for some values of what the configuration leaves open: `Environment = "dev"`, to stand
    /// after "when".
    pub when: Option<String>,
    /// The construct of a CDK program that the resource was written out from.
    pub construct: Option<Construct>,
}

impl Finding {
    /// The message with the cases in which it holds, for formats that have one line for both.
    pub(super) fn full_message(&self) -> std::borrow::Cow<'_, str> {
        match &self.when {
            Some(when) => format!("{} (when {when})", self.message).into(),
            None => self.message.as_str().into(),
        }
    }
}

/// A construct of a program that writes templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Construct {
    /// Its path: `Stack/Role/Resource`.
    pub path: String,
    /// Where the program makes it, as `lib/stack.ts:12:5`.
    pub position: Option<String>,
}

impl Construct {
    /// A phrase that names it and its place.
    pub(super) fn phrase(&self) -> String {
        match &self.position {
            Some(position) => format!("construct `{}`, created at {position}", self.path),
            None => format!("construct `{}`", self.path),
        }
    }
}

/// A rule that could not be decided for a resource.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// The rule.
    pub rule: Arc<RuleInfo>,
    /// The address of the resource.
    pub resource: String,
    /// Why, as a phrase: "`var.users` has no value".
    pub reason: String,
    /// Set where it is undecided only for some values of what the configuration leaves open, as in [`Finding::when`].
    pub when: Option<String>,
    /// Where the unknown stands.
    pub place: Place,
}

/// Figures of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were read as configuration.
    pub files: usize,
    /// Root modules, stacks, plans, policy files.
    pub units: usize,
    /// Managed resource instances.
    pub resources: usize,
    /// Rules in use.
    pub rules: usize,
    /// Questions asked: one for each rule and each thing that it looks at.
    pub checks: usize,
    /// How many of them had a definite answer.
    pub decided: usize,
    /// Findings by severity, from info to critical, without suppressed ones.
    pub by_severity: [usize; 5],
    /// Findings accepted by a comment.
    pub suppressed: usize,
    /// Findings below `--min-severity`.
    pub hidden: usize,
    /// The same by severity, from info to critical, without suppressed ones: they count for the exit status.
    pub hidden_by_severity: [usize; 5],
}

impl Summary {
    /// The highest severity of what was found, shown or not, without suppressed ones.
    pub fn worst(&self) -> Option<Severity> {
        let numbers = self.by_severity.iter().zip(&self.hidden_by_severity);
        let found = Severity::ALL.iter().zip(numbers).rev().find(|(_, (shown, hidden))| **shown + **hidden > 0);
        found.map(|(severity, _)| *severity)
    }
}

/// All that a scan has to say.
#[derive(Debug)]
pub struct Report {
    /// The findings, most important first, then by file and line.
    pub findings: Vec<Finding>,
    /// What could not be decided, by rule, then by file and line.
    pub undecided: Vec<Undecided>,
    /// What could not be read or understood.
    pub diagnostics: Vec<Diagnostic>,
    /// Figures.
    pub summary: Summary,
    /// The rules in use, by id.
    pub rules: Vec<Arc<RuleInfo>>,
    /// The texts.
    pub sources: Sources,
}
