//! Data sources that can be computed offline; all others are unknown.

mod policy_document;

use std::sync::Arc;

use crate::source::Origin;
use crate::value::{Data, Entry, Fact, Map, Reference, Unknown, Value, Why};

/// The value of a data source with these arguments; what a provider of another account or region tells of itself is no
/// fact of the deployment.
pub(super) fn compute(
    provider_type: &Arc<str>,
    arguments: Map,
    address: &Arc<str>,
    is_elsewhere: bool,
    origin: Origin,
) -> Value {
    let mut map = arguments;
    let fact = |fact: Fact, name: &str| {
        let unknown = Unknown::new(Why::Environment(fact), format!("{address}.{name}"), origin);
        Entry { key: name.into(), key_origin: origin, value: Value::unknown(unknown, origin) }
    };
    match &**provider_type {
        "aws_iam_policy_document" => {
            let document = policy_document::render(&map, origin);
            for name in ["json", "minified_json"] {
                map.insert(Entry { key: name.into(), key_origin: origin, value: document.clone() });
            }
        }
        "aws_caller_identity" | "aws_partition" | "aws_region" | "aws_organizations_organization" if is_elsewhere => {}
        "aws_caller_identity" => {
            map.insert(fact(Fact::Account, "account_id"));
            map.insert(fact(Fact::Account, "id"));
            map.insert(fact(Fact::Caller, "arn"));
            map.insert(fact(Fact::Caller, "user_id"));
        }
        "aws_partition" => {
            map.insert(fact(Fact::Partition, "partition"));
            map.insert(fact(Fact::Partition, "id"));
            map.insert(fact(Fact::UrlSuffix, "dns_suffix"));
        }
        "aws_region" if map.entries().is_empty() => {
            for name in ["name", "id", "region"] {
                map.insert(fact(Fact::Region, name));
            }
        }
        "aws_organizations_organization" => {
            map.insert(fact(Fact::Organization, "id"));
        }
        "aws_iam_policy" => managed_policy(&mut map, origin),
        _ => {}
    }
    // Whatever else the provider looks up.
    let mut rest = Unknown::new(Why::DataSource, address.clone(), origin);
    rest.refers =
        Some(Reference { address: address.clone(), provider_type: provider_type.clone(), attribute: "".into() });
    map.rest = map.rest.or(Some(Arc::new(rest)));
    Value::new(Data::Map(Arc::new(map)), origin)
}

/// A policy that is looked up by its ARN has that ARN.
fn managed_policy(map: &mut Map, origin: Origin) {
    if let Some(arn) = map.get("arn").cloned() {
        map.insert(Entry { key: "id".into(), key_origin: origin, value: arn });
    }
}
