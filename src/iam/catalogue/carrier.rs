//! Where IAM material sits in configurations.

use std::sync::OnceLock;

use super::table::rows;

const CARRIERS: &str = include_str!("data/carriers.tsv");

/// An attribute that holds a policy, a trust, an attachment, or something else that matters to IAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarrierRow {
    /// `tf`, `tf-data`, `cfn`, `sam`.
    pub format: &'static str,
    /// The provider type: `aws_iam_role`, `AWS::IAM::Role`.
    pub provider_type: &'static str,
    /// The path of the attribute: `a.b`, `a[].b`, `A/B`, `A/*/B`.
    pub path: &'static str,
    /// What it is: `trust`, `inline-policy`, `resource-policy:s3`.
    pub role: &'static str,
    /// How often it may be there: `1`, `0-1`, `0-n`.
    pub cardinality: &'static str,
    /// The attributes that name the principal or resource that it belongs to.
    pub link: &'static str,
}

/// All carriers, in the order of the table.
pub fn carriers() -> &'static [CarrierRow] {
    static ALL: OnceLock<Vec<CarrierRow>> = OnceLock::new();
    ALL.get_or_init(|| {
        let carrier = |row: Vec<&'static str>| match row.as_slice() {
            [format, provider_type, path, role, cardinality, link, ..] => {
                Some(CarrierRow { format, provider_type, path, role, cardinality, link })
            }
            _ => None,
        };
        rows(CARRIERS).filter_map(carrier).collect()
    })
}
