//! What conditions on a key keep out, by the key alone.

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
