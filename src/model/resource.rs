//! A resource as all front ends give it.

use std::sync::Arc;

use crate::source::Origin;
use crate::value::{Unknown, Value};

/// One resource instance, data source, output or parameter of a unit.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Terraform's address with instance keys (`module.a["x"].aws_iam_user.b[0]`), or the logical id, with the logical ids
    /// of nested stacks before it (`Nested/LogicalId`).
    pub address: Arc<str>,
    /// `aws_iam_user`, `AWS::IAM::User`; for outputs [`Resource::OUTPUT`], for parameters [`Resource::PARAMETER`],
    /// for a policy document in a file of its own [`Resource::POLICY_FILE`].
    pub provider_type: Arc<str>,
    /// What it is to its language.
    pub mode: Mode,
    /// Its attributes or properties: always a map.
    pub attributes: Value,
    /// What to point at when the resource as a whole is meant: a block's header, a logical id.
    pub origin: Origin,
    /// The whole text of the resource: a comment inside of it speaks of this resource.
    pub extent: Origin,
    /// What the plan does to it; a configuration creates.
    pub change: Change,
    /// Set where it is not known whether the resource exists at all (`count` or a condition is unknown).
    pub possible: Option<Arc<Unknown>>,
    /// The module calls or nested stacks that led here, outermost first.
    pub chain: Arc<[Step]>,
    /// The construct of a program that the resource was written out from.
    pub construct: Option<Arc<Construct>>,
    /// The account that it is deployed to, where that is not certainly the one that the unit is deployed to.
    pub account: Option<Arc<Account>>,
}

impl Resource {
    /// The provider type of an output value.
    pub const OUTPUT: &'static str = "output";
    /// The provider type of a variable or parameter.
    pub const PARAMETER: &'static str = "parameter";
    /// The provider type of a policy document in a file of its own.
    pub const POLICY_FILE: &'static str = "policy-file";

    /// The module instance or nested stack that makes it, as a part of its address; empty for the root.
    pub fn scope(&self) -> &str {
        self.scopes().next().unwrap_or_default()
    }

    /// The same, and those around it, innermost first.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        let whole: usize = self.chain.iter().map(|step| step.name.len() + 1).sum();
        let lengths = self.chain.iter().rev().scan(whole, |left, step| {
            let here = *left;
            *left -= step.name.len() + 1;
            Some(here)
        });
        lengths.chain(std::iter::once(0)).map(|length| self.address.get(..length).unwrap_or_default())
    }
}

/// What a resource is to its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Deployed.
    Managed,
    /// Looked up.
    Data,
    /// Made elsewhere: this unit gives something to what it names, or looks up.
    Existing,
    /// Made for the time of a run, and never stored.
    Ephemeral,
    /// A value that is handed out; attributes `value`, `sensitive`, `description`.
    Output,
    /// A value that is handed in; attributes `default`, `sensitive`, `type`, `description`.
    Parameter,
}

impl Mode {
    /// The name in JSON output: Terraform's own for resources and data sources.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Managed => "managed",
            Mode::Data => "data",
            Mode::Existing => "existing",
            Mode::Ephemeral => "ephemeral",
            Mode::Output => "output",
            Mode::Parameter => "parameter",
        }
    }
}

/// What happens to a resource.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is made, or the front end does not know of a before.
    Create,
    /// It stays as it is.
    None,
    /// It is changed or replaced; the attributes before.
    Update(Box<Value>),
    /// It goes away; such resources are not judged.
    Delete,
}

/// The account of a provider configuration that does not certainly act in the account that the unit is deployed to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// The provider configuration, as `aws.production`.
    pub provider: Arc<str>,
    /// What tells it from others of the unit whose configurations are called the same.
    pub number: usize,
    /// The id of the account, where the configuration tells.
    pub id: Option<Arc<str>>,
}

impl Account {
    /// Arguments and blocks of a configuration of the AWS provider that decide as whom it acts.
    pub const CREDENTIALS: [&str; 9] = [
        "access_key",
        "assume_role",
        "assume_role_with_web_identity",
        "profile",
        "secret_key",
        "shared_config_files",
        "shared_credentials_file",
        "shared_credentials_files",
        "token",
    ];

    /// The id of the account in the ARN of a role.
    pub fn id_in(arn: &str) -> Option<&str> {
        arn.split(':').nth(4).filter(|id| Self::is_id(id))
    }

    /// Whether a text is the id of an account.
    pub fn is_id(text: &str) -> bool {
        text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
    }
}

/// A construct of a CDK program, which wrote the template that is evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Construct {
    /// Its path: `Stack/Role/Resource`.
    pub path: Arc<str>,
    /// Where the program makes it, as `lib/stack.ts:12:5`.
    pub position: Option<Arc<str>>,
}

/// A module call or nested stack on the way to a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `module.a["x"]`, or the logical id of the nested stack.
    pub name: Arc<str>,
    /// The header of the call.
    pub origin: Origin,
}
