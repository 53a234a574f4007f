//! What is deployed together.

use crate::model::{Resource, Scenario};

/// A root module, a stack, a plan: what is deployed together, so that names and references mean the same thing in it.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Which front end made it.
    pub kind: UnitKind,
    /// The directory of a root module, the file of a template or plan, as reports show it.
    pub path: String,
    /// All resources, outputs and parameters, in the order of the text where there is one.
    pub resources: Vec<Resource>,
    /// The ids of the accounts that it says it is deployed to; none where it says nothing.
    pub own_accounts: Vec<String>,
    /// The id of the one account of these that all resources are deployed to which name no other; none where it says nothing.
    pub account: Option<String>,
    /// What it is where its open questions are answered one way or another; empty where nothing hangs on them.
    pub scenarios: Vec<Scenario>,
}

impl Unit {
    /// A unit without scenarios.
    pub fn new(kind: UnitKind, path: impl Into<String>, resources: Vec<Resource>) -> Unit {
        Unit { kind, path: path.into(), resources, own_accounts: Vec::new(), account: None, scenarios: Vec::new() }
    }
}

/// The kinds of unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitKind {
    /// A Terraform or OpenTofu root module.
    Terraform,
    /// A CloudFormation or SAM template.
    CloudFormation,
    /// A `terraform show -json` plan.
    Plan,
    /// A policy document in a file of its own.
    Policy,
}

impl UnitKind {
    /// The name in JSON output.
    pub fn name(self) -> &'static str {
        match self {
            UnitKind::Terraform => "terraform",
            UnitKind::CloudFormation => "cloudformation",
            UnitKind::Plan => "plan",
            UnitKind::Policy => "policy",
        }
    }
}
