//! Documents of Systems Manager: those of AWS that only do what they are for, and those that run whatever they are given.

use super::kind::is_tag;
use super::target::asks_for_some;
use crate::iam::access::{Extent, Grant, Grants, Wanted};
use crate::iam::catalogue::{Action, ArnFormat};
use crate::iam::condition::Test;
use crate::iam::glob::{Glob, Symbol};
use crate::value::{Truth, Value};

/// What works on an instance by a document.
const BY_DOCUMENT: [&str; 2] = ["ssm:sendcommand", "ssm:createassociation"];

/// How the names of documents of AWS begin: those of customers cannot.
const RESERVED: [&str; 3] = ["document/aws", "document/amazon", "document/amzn"];

/// The documents of AWS that run commands, scripts or packages of whoever asks for them.
const RUN_ANYTHING: [&str; 15] = [
    "AWS-ApplyAnsiblePlaybooks",
    "AWS-ApplyChefRecipes",
    "AWS-ApplyDSCMofs",
    "AWS-ConfigureAWSPackage",
    "AWS-InstallApplication",
    "AWS-InstallPowerShellModule",
    "AWS-RunAnsiblePlaybook",
    "AWS-RunDockerAction",
    "AWS-RunDocument",
    "AWS-RunInspecChecks",
    "AWS-RunPatchBaselineWithHooks",
    "AWS-RunPowerShellScript",
    "AWS-RunRemoteScript",
    "AWS-RunSaltState",
    "AWS-RunShellScript",
];

/// Whether an action works by a document.
pub(super) fn takes_document(wanted: &Wanted) -> bool {
    BY_DOCUMENT.contains(&wanted.name.as_str())
}

/// Whether what several grants of an action name has a document in it that runs what whoever asks for it wants, as far as the
/// action needs one.
pub(super) fn runs_anything(wanted: &Wanted, grants: &Grants<'_>, sets_tags: bool) -> bool {
    let Some(action) = wanted.action.filter(|_| BY_DOCUMENT.contains(&wanted.name.as_str())) else { return true };
    // Documents of AWS have no tags.
    let is_untagged = |grant: &&Grant<'_>| sets_tags || !grant.tests.iter().any(|test| asks_for_value(test));
    let mut of_documents = grants.grants.iter().filter(is_untagged);
    of_documents.any(|grant| match &grant.extent {
        Extent::Among(patterns, None) => {
            patterns.iter().any(|one| names_document(action, &one.glob) && !is_fixed(&one.glob))
        }
        Extent::Among(_, Some(_)) | Extent::AllBut(..) => true,
    })
}

/// Whether a test is passed only by what has a tag of some value.
fn asks_for_value(test: &Test) -> bool {
    let is_open = |value: &Value| value.scalar_text().is_none_or(|text| text.starts_with(['*', '?']));
    is_tag(&test.key) && asks_for_some(test) && test.wants_absence().is_none() && !test.values.iter().any(is_open)
}

fn names_document(action: &Action, glob: &Glob) -> bool {
    let meets = |arn: &ArnFormat| arn.meets(glob) != Truth::False;
    action.resource_types().any(|(kind, _)| kind.name == "document" && kind.arns().iter().any(meets))
}

/// Whether all documents that a pattern names are AWS' own, and none of them runs what it is given.
fn is_fixed(glob: &Glob) -> bool {
    let fields = glob.fields();
    let Some(name) = fields.get(5) else { return false };
    let plain = |symbol: &Symbol| if let Symbol::Char(character) = symbol { Some(*character) } else { None };
    let prefix: String = name.symbols().iter().map_while(plain).collect::<String>().to_ascii_lowercase();
    RESERVED.iter().any(|reserved| prefix.starts_with(reserved))
        && !RUN_ANYTHING.iter().any(|run| Glob::literal(&format!("document/{run}")).meets(name) != Truth::False)
}
