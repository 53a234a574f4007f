//! Ways by IAM Identity Center. Its administrators hand out any account of the organization, but only from the account that
//! administers it: the management account, or the one that this is delegated to.

use std::sync::Arc;

use super::judge::Found;
use super::path::{Way, ways};
use crate::iam::identity::Identity;
use crate::source::Origin;
use crate::value::{Unknown, Why};

/// How the types begin of resources that are in such an account alone.
const TYPES: [&str; 7] = [
    "aws_ssoadmin_",
    "aws_identitystore_",
    "aws_organizations_",
    "AWS::SSO::",
    "AWS::IdentityStore::",
    "AWS::Organizations::",
    "aws_iam_organizations_",
];

/// Whether resources of the unit at some positions show that their account administers Identity Center.
pub(super) fn administers_directory(identity: &Identity<'_>, is_in: impl Fn(usize) -> bool) -> bool {
    let resources = identity.unit.resources.iter().enumerate();
    let shows = |kind: &str| TYPES.iter().any(|start| kind.starts_with(start));
    resources.into_iter().any(|(at, resource)| shows(&resource.provider_type) && is_in(at))
}

/// Whether a way makes an administrator in the account that administers Identity Center alone.
pub(super) fn is_of_directory(way: &Way) -> bool {
    way.path.class == "org" && way.path.direct
}

/// Why it is not known whether a way of whoever holds it leads anywhere, where nothing shows that the account is the one.
pub(super) fn directory_doubt(found: &Found) -> Option<Arc<Unknown>> {
    let is_held = found.holds.iter().all(|hold| hold.unknown.is_none()) && found.is_of_all_or_own();
    ways().get(found.way).filter(|way| is_of_directory(way) && is_held)?;
    let place = found.holds.first().map_or(Origin::NONE, |hold| hold.statement);
    Some(Arc::new(Unknown::new(Why::NotInTree, "what shows that the account administers Identity Center", place)))
}
