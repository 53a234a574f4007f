//! Who takes a role: the actions that are handed one, what actions need besides, and the attributes that name one.

use std::sync::OnceLock;

use super::table::{Table, rows};

static DEPENDENTS: Table = Table::new(include_str!("data/dependents.txt"));
const CONSUMERS: &str = include_str!("data/passrole_consumers.tsv");
const REFERENCES: &str = include_str!("data/role_refs.tsv");

/// An attribute that names an IAM role or an instance profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleReference {
    /// The provider type: `aws_lambda_function`, `AWS::Lambda::Function`.
    pub provider_type: &'static str,
    /// The path of the attribute: `a.b`, `a[].b`, `A/B`, `A/*/B`.
    pub path: &'static str,
}

/// The actions whose caller hands over a role, for which he needs `iam:PassRole`; sorted.
pub fn passrole_consumers() -> &'static [&'static str] {
    static ALL: OnceLock<Vec<&str>> = OnceLock::new();
    ALL.get_or_init(|| rows(CONSUMERS).filter_map(|row| row.first().copied()).collect())
}

/// Whether the caller of an action hands over a role.
pub fn takes_role(action: &str) -> bool {
    passrole_consumers().iter().any(|known| known.eq_ignore_ascii_case(action))
}

/// The actions that the caller of an action needs as well.
pub fn dependents(action: &str) -> Vec<String> {
    let Some((service, name)) = action.split_once(':') else { return Vec::new() };
    let service = service.to_ascii_lowercase();
    let line = DEPENDENTS.line(&service, name).unwrap_or_default();
    let whole = |name: &str| if name.contains(':') { name.to_owned() } else { format!("{service}:{name}") };
    line.split_ascii_whitespace().map(whole).collect()
}

/// The attributes that name a role or an instance profile, by provider type; sorted.
pub fn role_references() -> &'static [RoleReference] {
    static ALL: OnceLock<Vec<RoleReference>> = OnceLock::new();
    ALL.get_or_init(|| {
        let reference = |row: Vec<&'static str>| match row.as_slice() {
            [_, provider_type, path, _] => Some(RoleReference { provider_type, path }),
            _ => None,
        };
        let mut all: Vec<RoleReference> = rows(REFERENCES).filter_map(reference).collect();
        all.sort_unstable_by_key(|reference| (reference.provider_type, reference.path));
        all
    })
}

/// The attributes of one provider type that name a role.
pub fn role_references_of(provider_type: &str) -> &'static [RoleReference] {
    let all = role_references();
    let start = all.partition_point(|reference| reference.provider_type < provider_type);
    let rest = all.get(start..).unwrap_or_default();
    rest.get(..rest.partition_point(|reference| reference.provider_type == provider_type)).unwrap_or_default()
}

#[cfg(test)]
pub(super) fn sections() -> &'static [super::table::Section] {
    DEPENDENTS.sections()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_taken_by_actions_and_named_by_attributes() {
        assert!(takes_role("Lambda:CreateFunction"));
        assert!(!takes_role("s3:GetObject"));
        assert!(dependents("access-analyzer:CreateAnalyzer").contains(&"iam:CreateServiceLinkedRole".to_owned()));
        assert!(dependents("aiops:CreateInvestigationGroup").contains(&"aiops:TagResource".to_owned()));
        assert!(role_references_of("aws_lambda_function").iter().any(|reference| reference.path == "role"));
        assert!(role_references_of("AWS::Lambda::Function").iter().any(|reference| reference.path == "Role"));
        assert!(role_references_of("aws_no_such_thing").is_empty());
    }
}
