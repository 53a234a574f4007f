//! What is told, in every format: as JSON just so.

use std::collections::BTreeSet;

use serde::Serialize;

/// Who can do what.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    pub(super) version: u32,
    /// The question, where one is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) question: Option<Question>,
    pub(super) units: Vec<UnitAccess>,
    /// Of the names that are asked for, those that somebody has.
    #[serde(skip)]
    pub(super) known: BTreeSet<String>,
    /// The names and addresses of all.
    #[serde(skip)]
    pub(super) names: BTreeSet<String>,
}

/// Who may do this?
#[derive(Clone, Debug, Serialize)]
pub(super) struct Question {
    pub(super) action: String,
    pub(super) resource: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct UnitAccess {
    pub(super) kind: &'static str,
    pub(super) path: String,
    pub(super) principals: Vec<Holder>,
    /// Who can become whom.
    pub(super) passages: Vec<Passage>,
    /// Who else may do what is asked for, by the policies of resources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) others: Option<Vec<Other>>,
    /// Whom a policy names that a block of public access keeps out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kept_out: Option<Vec<Other>>,
    /// The policies that requests must pass, too, if they come by a certain way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) filters: Option<Vec<Through>>,
}

/// A policy of an endpoint in a network.
#[derive(Debug, Serialize)]
pub(super) struct Through {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) place: Shown,
}

/// What limits a principal, whatever it is granted.
#[derive(Debug, Serialize)]
pub(super) struct Within {
    /// `permissions-boundary`, `service-control-policy`, `resource-control-policy`
    pub(super) kind: &'static str,
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) place: Shown,
    pub(super) undecided: Option<String>,
}

/// Somebody who is not of the configuration.
#[derive(Debug, Serialize)]
pub(super) struct Other {
    /// `any`, `account`, `user`, `role`, `service`, `oidc`, …
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) own: bool,
    /// The address of the resource whose policy lets it in.
    pub(super) by: String,
    pub(super) answer: Answer,
}

#[derive(Debug, Serialize)]
pub(super) struct Holder {
    #[serde(skip)]
    pub(super) index: usize,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) address: String,
    /// It is not made here: the configuration gives it something.
    pub(super) existing: bool,
    #[serde(flatten)]
    pub(super) place: Shown,
    /// `yes`, `no`, `undecided`
    pub(super) administrator: &'static str,
    /// Why it is undecided whether it is one.
    pub(super) administrator_undecided: Option<String>,
    /// It is one by what it is granted.
    #[serde(skip)]
    pub(super) is_granted_all: bool,
    pub(super) levels: Vec<Level>,
    pub(super) escalations: Vec<Escalation>,
    pub(super) groups: Vec<String>,
    #[serde(skip)]
    pub(super) group_indices: Vec<usize>,
    pub(super) trusts: Vec<Party>,
    pub(super) within: Vec<Within>,
    /// The ways to statements that count for nothing: on keys whose policies leave nothing to the account.
    pub(super) without_effect: Vec<Vec<Because>>,
    /// Why there may be more than what is told.
    pub(super) incomplete: Option<String>,
    /// Where that is written.
    pub(super) incomplete_at: Option<Shown>,
    /// The answer to the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Answer>,
}

/// A place as reports show it; nothing for what stands in no file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Shown {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Because {
    pub(super) message: String,
    #[serde(flatten)]
    pub(super) place: Shown,
}

#[derive(Debug, Serialize)]
pub(super) struct Level {
    pub(super) level: &'static str,
    pub(super) actions: usize,
    pub(super) possible: usize,
    pub(super) examples: Vec<String>,
    /// For each policy that grants some of them the way to its statement.
    pub(super) because: Vec<Vec<Because>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Escalation {
    pub(super) path: String,
    /// `open`, `undecided`, `confined`
    pub(super) state: &'static str,
    pub(super) severity: &'static str,
    pub(super) guarded: bool,
    pub(super) to: Option<String>,
    #[serde(skip)]
    pub(super) to_index: Option<usize>,
    pub(super) administrator: bool,
    pub(super) because: Vec<Because>,
    pub(super) undecided: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Party {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) own: bool,
    /// The address of the principal of the configuration that it is.
    pub(super) address: Option<String>,
    /// Whether a condition keeps some out: `yes`, `no`, `undecided`.
    pub(super) restricted: &'static str,
    pub(super) conditions: Vec<String>,
    #[serde(flatten)]
    pub(super) place: Shown,
}

#[derive(Debug, Serialize)]
pub(super) struct Passage {
    #[serde(skip)]
    pub(super) from_index: usize,
    #[serde(skip)]
    pub(super) to_index: usize,
    pub(super) from: String,
    pub(super) to: String,
    #[serde(skip)]
    pub(super) to_name: String,
    pub(super) by: String,
    pub(super) trusted: bool,
    #[serde(flatten)]
    pub(super) place: Shown,
}

#[derive(Debug, Serialize)]
pub(super) struct Answer {
    /// `yes`, `no`, `undecided`
    pub(super) answer: &'static str,
    pub(super) conditions: Vec<String>,
    /// Some requests are denied, or must pass a condition.
    pub(super) conditional: bool,
    pub(super) because: Vec<Because>,
    pub(super) undecided: Option<String>,
}

impl Overview {
    /// Whether somebody has this name or address.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.known.contains(name)
    }
}
