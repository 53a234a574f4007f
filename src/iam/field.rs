//! The fields that rules may name, by kind. A test holds the list against what is made.

/// Those of users, groups, roles and permission sets.
const PRINCIPAL: [&str; 9] =
    ["name", "given-name", "boundary", "attached", "inline", "policies", "admin", "session", "max-session"];

/// Those of every statement.
const STATEMENT: [&str; 8] =
    ["sid", "effect", "actions", "not-actions", "resources", "not-resources", "conditions", "traps"];

/// Those of statements that name principals.
const TRUST: [&str; 13] = [
    "principals",
    "not-principals",
    "restricted",
    "bounded",
    "external-id",
    "own-organization",
    "mfa",
    "widest-party",
    "weak",
    "federation",
    "fixed-source",
    "fixed-source-account",
    "gives",
];

/// The fields of a kind that needs reasoning; none for any other.
pub fn fields_of(kind: &str) -> Vec<&'static str> {
    let (common, own): (&[&[&'static str]], &[&'static str]) = match kind {
        "user" => (
            &[&PRINCIPAL],
            &["groups", "keys", "logins", "service-credentials", "federation", "declared", "mfa-enforced"],
        ),
        "group" => (&[&PRINCIPAL], &["members", "exclusive-memberships", "additive-memberships", "mfa-enforced"]),
        "role" | "permission-set" => (&[&PRINCIPAL], &[]),
        "policy" | "inline-policy" => (&[], &["name", "type", "purpose", "holders", "generated", "admin"]),
        "statement" => {
            let own = &[
                "admin",
                "every-resource",
                "wildcard-actions",
                "passes-any-role",
                "type-wide",
                "services",
                "share",
                "idle",
                "mfa",
                "policy",
                "holders",
            ];
            (&[&STATEMENT], own)
        }
        "trust" => (&[&STATEMENT, &TRUST], &["role"]),
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
