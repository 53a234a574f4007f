//! What a rule file says.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A weakness that needs another one to hurt.
    Low,
    /// A departure from best practice that widens what an attacker can do.
    Medium,
    /// An attacker with a foothold gets far.
    High,
    /// Open to the world, or the whole account.
    Critical,
}

impl Severity {
    /// All of them, from the least to the worst.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The name in rules, options and reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// What reports say of a rule; the condition is apart.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// Kebab-case, the file's name.
    pub id: Arc<str>,
    /// What is wrong, in one line.
    pub title: String,
    /// The severity of its findings.
    pub severity: Severity,
    /// The folder of the rule file.
    pub topic: String,
    /// The kind or provider type that it looks at.
    pub target: String,
    /// The best practice that it guards.
    pub practice: String,
    /// What to do, in Markdown.
    pub remediation: String,
    /// Why it matters, in Markdown.
    pub rationale: String,
    /// The same check in other tools, as `tool:ID`.
    pub aliases: Vec<String>,
    /// Controls of frameworks, by framework.
    pub frameworks: BTreeMap<String, Vec<String>>,
    /// The rules whose findings on the same element are consequences of this one.
    pub subsumes: Vec<String>,
    /// Configurations that break the rule.
    pub bad: Vec<Example>,
    /// Configurations that keep it.
    pub good: Vec<Example>,
}

/// An example inside of a rule file: the same thing in each language.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Example {
    /// A Terraform configuration.
    pub terraform: Option<String>,
    /// A CloudFormation template in YAML.
    pub cloudformation: Option<String>,
    /// A policy document in JSON.
    pub policy: Option<String>,
}
