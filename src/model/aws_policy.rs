//! The names of the policies that AWS maintains, with the paths that they lie under.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Made by `build.rs` from the policies' texts: name, path, and where the text lies.
const INDEX: &str = include_str!(concat!(env!("OUT_DIR"), "/managed.index"));
/// Those that AWS has withdrawn: name, path, month.
const GONE: &str = include_str!("../iam/catalogue/data/managed_gone.tsv");

/// The path of the policy of AWS, or of one that was there once, that has a name: `/service-role/`. Those of service-linked
/// roles, which nobody can attach, are none.
pub fn aws_policy_path(name: &str) -> Option<&'static str> {
    static PATHS: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let paths = PATHS.get_or_init(|| {
        let row = |line: &'static str| {
            let mut fields = line.split('\t');
            Some((fields.next()?, fields.next().filter(|path| *path != "/aws-service-role/")?))
        };
        let rows = GONE.lines().chain(INDEX.lines()).filter(|line| !line.starts_with('#'));
        rows.filter_map(row).collect()
    });
    paths.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_lie_under_paths() {
        assert_eq!(aws_policy_path("AdministratorAccess"), Some("/"));
        assert_eq!(aws_policy_path("AWSLambdaBasicExecutionRole"), Some("/service-role/"));
        assert_eq!(aws_policy_path("Billing"), Some("/job-function/"));
        assert_eq!(aws_policy_path("AWSLambdaFullAccess"), Some("/"), "it is withdrawn");
        assert_eq!(aws_policy_path("AWSSupportServiceRolePolicy"), None, "it is for a service-linked role");
        assert_eq!(aws_policy_path("MyCustomPolicy"), None);
    }
}
