//! What conditions on a key keep out, by the key alone.

use super::{Normal, Test};
use crate::iam::catalogue;
use crate::value::Value;

/// Whether a condition on a key says how a caller comes, and not what it may do: whoever has the permission can fulfil it.
pub(in crate::iam) fn is_harmless(key: &str) -> bool {
    is_guard(key)
        || catalogue::issuers_of_credentials(key).is_some()
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
                | "sts:durationseconds"
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

/// Of these, those that a program or thief fulfils as easily as anybody.
const UNBOUNDED: [&str; 8] = [
    "aws:securetransport",
    "aws:requestedregion",
    "aws:currenttime",
    "aws:epochtime",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:referer",
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

impl Test {
    /// Whether a test of an `Allow` bounds nothing of what it grants: whoever holds the permission comes so, or can. A second
    /// factor and a network are more than that.
    pub(in crate::iam) fn bounds_nothing(&self) -> bool {
        let is_of_route = UNBOUNDED.contains(&self.key.as_str());
        let is_of_holder = is_of_caller(&self.key) && !self.asks_of_resource();
        (is_of_route || is_of_holder) && self.normal() != Normal::Never
    }

    /// Whether a test of an `Allow` confines what it grants to some resources or requests: not to who asks, and from where.
    pub(in crate::iam) fn confines(&self) -> bool {
        let is_of_holder = is_of_caller(&self.key) && !self.asks_of_resource();
        self.ties() && !is_of_holder && !is_guard(&self.key) && self.key != "kms:calleraccount"
    }

    /// Whether it compares what it asks for with something of the resource.
    fn asks_of_resource(&self) -> bool {
        self.values.iter().any(|value| {
            let text = value.as_str().map(str::to_owned).or_else(|| value.with_holes_as_wildcards());
            let text = text.unwrap_or_default().to_ascii_lowercase();
            let mut variables = text.match_indices("${").filter_map(|(at, _)| text.get(at + 2..)?.split_once('}'));
            variables.any(|(name, _)| !is_of_caller(name.trim()) && !UNBOUNDED.contains(&name.trim()))
        })
    }
}

fn has_wildcard(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(['*', '?']))
}
