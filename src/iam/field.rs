//! The fields that rules may name, by kind. A test holds the list against what is made.

/// Those of users, groups, roles and permission sets.
const PRINCIPAL: [&str; 8] = ["name", "given-name", "boundary", "attached", "inline", "policies", "admin", "session"];

/// Those of every statement.
const STATEMENT: [&str; 7] = ["sid", "effect", "actions", "not-actions", "resources", "not-resources", "conditions"];

/// Those of statements that name principals.
const TRUST: [&str; 6] = ["principals", "restricted", "bounded", "external-id", "own-organization", "mfa"];

/// The fields of a kind that needs reasoning; none for any other.
pub fn fields_of(kind: &str) -> Vec<&'static str> {
    let (common, own): (&[&[&'static str]], &[&'static str]) = match kind {
        "user" => (&[&PRINCIPAL], &["groups", "keys", "logins", "service-credentials", "federation", "declared"]),
        "group" => (&[&PRINCIPAL], &["members", "exclusive-memberships", "additive-memberships", "mfa-enforced"]),
        "role" | "permission-set" => (&[&PRINCIPAL], &[]),
        "policy" | "inline-policy" => (&[], &["name", "type", "purpose", "holders", "generated", "admin"]),
        "statement" => {
            (&[&STATEMENT], &["admin", "every-resource", "wildcard-actions", "passes-any-role", "policy", "holders"])
        }
        "trust" => (&[&STATEMENT, &TRUST], &["role", "widest-party"]),
        "resource-policy-statement" => (&[&STATEMENT, &TRUST], &["resource"]),
        "attachment" => (&[], &["policy", "holders", "exclusive-of-policy"]),
        "grant" => (&[], &["type", "policy", "holders", "actions"]),
        "membership" => (&[], &["user", "group", "exclusive"]),
        "access-key" => (&[], &["user", "status", "protected", "earlier", "for-mail"]),
        "login-profile" => (&[], &["user", "password", "reset-required", "protected", "password-readable"]),
        "credential" => (
            &[],
            &[
                "type",
                "user",
                "protected",
                "status",
                "earlier",
                "for-mail",
                "password",
                "password-readable",
                "reset-required",
            ],
        ),
        "account" => (
            &[],
            &[
                "administrators",
                "users",
                "console-users",
                "password-policies",
                "config-rules",
                "conformance-packs",
                "organizations",
                "organization-features",
                "language",
            ],
        ),
        _ => (&[], &[]),
    };
    common.iter().copied().flatten().chain(own).copied().collect()
}
