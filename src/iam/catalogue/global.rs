//! Global services: the regions in which requests for them are made, whatever the region of the caller.

use std::sync::OnceLock;

use super::action::Action;
use super::table::rows;

const GLOBAL: &str = include_str!("data/global_services.tsv");

/// By service prefix, sorted.
type ByService = Vec<(&'static str, Vec<&'static str>)>;

/// The regions, one of each partition, of which a request for an action carries that of its partition as
/// `aws:RequestedRegion`; none where the service answers in many.
///
/// `iam:PassRole` is no request of its own: it is asked about while another service is called, in a region of that one.
pub fn only_regions(action: &Action) -> Option<&'static [&'static str]> {
    static ALL: OnceLock<ByService> = OnceLock::new();
    if action.service == "iam" && action.name == "PassRole" {
        return None;
    }
    let all = ALL.get_or_init(|| {
        let row = |row: Vec<&'static str>| {
            let (service, regions) = row.split_first()?;
            Some((*service, regions.iter().copied().filter(|region| *region != "-").collect()))
        };
        let mut all: ByService = rows(GLOBAL).filter_map(row).collect();
        all.sort_unstable();
        all
    });
    let found = all.binary_search_by(|(service, _)| (*service).cmp(action.service)).ok()?;
    all.get(found).map(|(_, regions)| regions.as_slice())
}

#[cfg(test)]
mod tests {
    use super::super::{action, service};
    use super::*;

    #[test]
    fn requests_for_global_services_are_made_in_one_region() {
        let regions = |name: &str| only_regions(action(name).unwrap());
        assert_eq!(regions("iam:PutUserPolicy"), Some(["us-east-1", "cn-north-1", "us-gov-west-1"].as_slice()));
        assert_eq!(regions("globalaccelerator:CreateAccelerator"), Some(["us-west-2"].as_slice()));
        assert_eq!(regions("iam:PassRole"), None);
        assert_eq!(regions("sts:AssumeRole"), None);
        for row in rows(GLOBAL) {
            assert!(service(row[0]).is_some(), "{}: no such service", row[0]);
            assert_eq!(row.len(), 4, "{}", row[0]);
        }
    }
}
