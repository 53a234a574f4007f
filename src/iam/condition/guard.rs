//! What conditions on a key keep out, by the key alone.

use super::{Normal, Test};
use crate::value::Value;

/// Whether a condition on a key says how a caller comes, and not what it may do: whoever has the permission can fulfil it.
pub(in crate::iam) fn is_harmless(key: &str) -> bool {
    is_guard(key)
        || key.starts_with("aws:requesttag/")
        || matches!(
            key,
            "aws:requestedregion"
                | "aws:currenttime"
                | "aws:epochtime"
                | "aws:securetransport"
                | "aws:useragent"
                | "aws:referer"
                | "aws:tagkeys"
                | "aws:principalorgid"
                | "aws:principalorgpaths"
                | "aws:principalaccount"
                | "aws:principaltype"
                | "aws:resourceaccount"
                | "aws:resourceorgid"
                | "sts:externalid"
                | "sts:rolesessionname"
        )
}

/// Whether a condition on a key asks for a second factor or a network.
pub(in crate::iam) fn is_guard(key: &str) -> bool {
    key.starts_with("aws:multifactorauth")
        || matches!(key, "aws:sourceip" | "aws:sourcevpc" | "aws:sourcevpce" | "aws:vpcsourceip" | "aws:sourcevpcarn")
}

/// Whether a key says who asks, of which whoever wrote the condition may have thought: himself.
pub(in crate::iam) fn is_of_caller(key: &str) -> bool {
    key.starts_with("aws:principal") || matches!(key, "aws:userid" | "aws:username")
}

/// Keys that say when, how or from where somebody asks, and nothing of what for.
const CIRCUMSTANCES: [&str; 11] = [
    "aws:securetransport",
    "aws:requestedregion",
    "aws:currenttime",
    "aws:epochtime",
    "aws:tokenissuetime",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:useragent",
    "aws:referer",
    "aws:sourceip",
    "aws:viaawsservice",
];

impl Test {
    /// Whether a test of an `Allow` ties what it grants to some resources, requests or holders.
    pub(in crate::iam) fn ties(&self) -> bool {
        // A boundary by a pattern may be any policy.
        let loose = self.key == "iam:permissionsboundary" && self.values.iter().any(has_wildcard);
        self.is_positive()
            && !loose
            && self.normal() == Normal::Says
            && self.holds_when_absent() == Some(false)
            && !CIRCUMSTANCES.contains(&self.key.as_str())
    }
}

fn has_wildcard(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(['*', '?']))
}
