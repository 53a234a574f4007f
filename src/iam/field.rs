//! The fields that rules may name, by kind. A test holds the list against what is made.

/// Those of users, groups, roles and permission sets.
///
/// `admin`: it may do everything by what it is granted, within its boundary. `administrator`: it may, or can come to, by any
/// door. `escalations`: ways to more, of each class the narrowest, with `path`, `title`, `class`, `state` (`open`,
/// `undecided`, `confined`), `severity`, `guarded` (a second factor or a network is asked for), `administrator` (it leads to
/// one), `to` (the principal that is reached), `because` (the steps).
const PRINCIPAL: [&str; 11] = [
    "name",
    "given-name",
    "boundary",
    "attached",
    "inline",
    "policies",
    "admin",
    "session",
    "max-session",
    "administrator",
    "escalations",
];

/// Those of every statement.
pub(super) const STATEMENT: [&str; 8] =
    ["sid", "effect", "actions", "not-actions", "resources", "not-resources", "conditions", "traps"];

/// Those of statements that name principals.
pub(super) const TRUST: [&str; 18] = [
    "principals",
    "outsiders",
    "not-principals",
    "restricted",
    "selective",
    "bounded",
    "external-id",
    "own-organization",
    "mfa",
    "widest-party",
    "weak",
    "secret",
    "federation",
    "fixed-anchor",
    "fixed-source",
    "fixed-source-account",
    "gives",
    "levels",
];

/// The fields of a kind that needs reasoning; none for any other.
pub fn fields_of(kind: &str) -> Vec<&'static str> {
    let (common, own): (&[&[&'static str]], &[&'static str]) = match kind {
        "user" => (&[&PRINCIPAL], &["groups", "keys", "logins", "service-credentials", "federation", "mfa-enforced"]),
        "group" => (&[&PRINCIPAL], &["members", "exclusive-memberships", "additive-memberships", "mfa-enforced"]),
        "role" | "permission-set" => (&[&PRINCIPAL], &[]),
        "policy" | "inline-policy" => {
            (&[], &["name", "type", "purpose", "holders", "generated", "admin", "actions", "copies", "first"])
        }
        // `passes`: of a statement that allows to pass every role, `what` for people, `roles` (`every`, `for-services`),
        // `services` (`none` for any, `if-sent`, `fixed`), `wide-role` (one that such a service may be given and that is, or
        // becomes, an administrator).
        // `sensitive`: what it takes a second factor for, `kind` `permissions` or, told of one statement of a document,
        // `everything`, `what` for people. `narrowed`: denials and boundaries leave no whole type of resource.
        // `generated`: there where AWS wrote the text, as of a policy template of SAM.
        "statement" => {
            let own = &[
                "admin",
                "mostly-denied",
                "what",
                "where",
                "widest-resource",
                "never-holds",
                "together",
                "open-holders",
                "wide-holders",
                "every-resource",
                "wildcard-actions",
                "left",
                "passes-any-role",
                "passes",
                "type-wide",
                "sensitive",
                "narrowed",
                "services",
                "wide-services",
                "share",
                "idle",
                "generated",
                "mfa",
                "policy",
                "holders",
            ];
            (&[&STATEMENT], own)
        }
        "trust" => (&[&STATEMENT, &TRUST], &["role", "idle"]),
        "resource-policy-statement" => (&[&STATEMENT, &TRUST], &["resource"]),
        "resource-policy" => (&[], &["resource", "widest-party", "unblocked", "exposure", "weak", "secret", "gives"]),
        "attachment" => (
            &[],
            &["policy", "holders", "open-holders", "wide-holders", "compute-holders", "gives", "exclusive-of-policy"],
        ),
        "exclusive-list" => (&[], &["of", "policies", "holders", "conflicts"]),
        // `changes-permissions`: whether it leaves a user who holds it some action of permissions management. `self-service`:
        // it allows nothing but to look after a password and devices of one's own.
        "grant" => (&[], &["type", "policy", "holders", "actions", "changes-permissions", "self-service"]),
        "boundary" => (&[], &["holder", "policy", "admin", "in-use"]),
        // What a statement allows to those who must hand out a boundary: `identities` actions that make identities or give
        // them permissions without demanding it, `removes` those that take it off, `edits` those that rewrite it.
        "delegation" => (&[], &["policy", "holders", "identities", "removes", "edits", "steps"]),
        // A statement of a policy or of the trust of a role whose condition on MFA does not do what it looks like, where no
        // other denial makes up for it: `traps` as of statements.
        "mfa-guard" => (&[], &["effect", "traps", "policy", "holders"]),
        // `type` is `managed`, `inline`, `trust`, `resource`, `boundary` or `guard` (of an organization). Where there is
        // `new-access`, the other fields tell one request of the highest access level that is newly allowed; `request` is
        // the whole of it for people, `future` an action that AWS does not have yet.
        "policy-change" => (
            &[],
            &[
                "name",
                "type",
                "new-access",
                "level",
                "action",
                "resource",
                "principal",
                "keys",
                "public",
                "future",
                "request",
            ],
        ),
        "membership" => (&[], &["user", "group", "exclusive"]),
        "access-key" => (&[], &["user", "status", "protected", "manages-permissions", "earlier", "for-mail"]),
        "login-profile" => (&[], &["user", "password", "reset-required", "protected", "password-readable"]),
        "credential" => (
            &[],
            &[
                "type",
                "user",
                "protected",
                "status",
                "manages-permissions",
                "earlier",
                "for-mail",
                "password",
                "password-readable",
                "reset-required",
            ],
        ),
        // What one statement opens for one principal: `paths` are escalations as of principals, the narrowest open one of
        // each class; `more-paths` the names of the others, by the element that opens them; `ways` all of them for people;
        // `severity` the worst of them.
        "escalation" => {
            (&[], &["principal", "who", "state", "severity", "administrator", "ways", "paths", "more-paths"])
        }
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
