//! Services and their actions: level, resource types, condition keys.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::resource::{self, ResourceType};
use super::sensitive::{self, SensitiveClasses};
use super::table::{Table, rows};

static ACTIONS: Table = Table::new(include_str!("data/actions.txt"));
const SERVICES: &str = include_str!("data/services.tsv");

/// What an action does, in AWS' own five classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Names what there is.
    List,
    /// Reads contents or settings.
    Read,
    /// Changes tags, which may be what conditions test.
    Tagging,
    /// Changes contents or settings.
    Write,
    /// Changes who may do what.
    PermissionsManagement,
}

impl AccessLevel {
    /// All levels, from the least to the most.
    pub const ALL: [AccessLevel; 5] = [
        AccessLevel::List,
        AccessLevel::Read,
        AccessLevel::Tagging,
        AccessLevel::Write,
        AccessLevel::PermissionsManagement,
    ];

    /// AWS' name of the level.
    pub fn name(self) -> &'static str {
        match self {
            AccessLevel::List => "List",
            AccessLevel::Read => "Read",
            AccessLevel::Tagging => "Tagging",
            AccessLevel::Write => "Write",
            AccessLevel::PermissionsManagement => "Permissions management",
        }
    }

    fn of_letter(letter: &str) -> Option<AccessLevel> {
        Some(match letter {
            "L" => AccessLevel::List,
            "R" => AccessLevel::Read,
            "T" => AccessLevel::Tagging,
            "W" => AccessLevel::Write,
            "P" => AccessLevel::PermissionsManagement,
            _ => return None,
        })
    }
}

/// A service, by the prefix of its actions.
#[derive(Debug)]
pub struct Service {
    /// The prefix: `s3`.
    pub prefix: &'static str,
    lines: &'static str,
    /// The number of its first action.
    first: usize,
    actions: OnceLock<Vec<Action>>,
}

/// An action.
#[derive(Debug)]
pub struct Action {
    /// The prefix of its service: `s3`.
    pub service: &'static str,
    /// Its name as AWS writes it: `GetObject`.
    pub name: &'static str,
    /// Its access level.
    pub level: AccessLevel,
    /// Its number among all actions, which is good for one version of the catalogue only.
    pub id: usize,
    /// Why it matters beyond its level.
    pub classes: SensitiveClasses,
    types: &'static str,
    keys: &'static str,
}

impl Service {
    /// The actions of the service, sorted by name without regard to case.
    pub fn actions(&self) -> &[Action] {
        self.actions.get_or_init(|| {
            let action = |(at, line): (usize, &'static str)| {
                let (head, keys) = line.split_once(" | ").unwrap_or((line, ""));
                let (name, rest) = head.split_once(' ')?;
                let (level, types) = rest.split_once(' ').unwrap_or((rest, ""));
                let level = AccessLevel::of_letter(level)?;
                let classes = SensitiveClasses::default();
                Some(Action { service: self.prefix, name, level, id: self.first + at, classes, types, keys })
            };
            let mut actions: Vec<Action> = self.lines.lines().enumerate().filter_map(action).collect();
            for (name, classes) in sensitive::of_service(self.prefix) {
                let found = actions.binary_search_by(|action| beginnings(action.name, name, usize::MAX));
                if let Some(action) = found.ok().and_then(|at| actions.get_mut(at)) {
                    action.classes = classes;
                }
            }
            actions
        })
    }

    /// AWS' name of the service.
    pub fn name(&self) -> &'static str {
        self.row().and_then(|row| row.get(1).copied()).unwrap_or_default()
    }

    /// Whether resource control policies apply to it.
    pub fn supports_resource_control_policies(&self) -> bool {
        self.row().is_some_and(|row| row.get(2) == Some(&"rcp"))
    }

    /// The types of resource that it defines.
    pub fn resource_types(&self) -> &'static [ResourceType] {
        resource::types_of(self.prefix)
    }

    fn row(&self) -> Option<&'static [&'static str]> {
        static ROWS: OnceLock<HashMap<&str, Vec<&str>>> = OnceLock::new();
        let all = ROWS.get_or_init(|| rows(SERVICES).filter_map(|row| Some((*row.first()?, row))).collect());
        all.get(self.prefix).map(Vec::as_slice)
    }

    /// The actions whose lower-case name begins so.
    pub(super) fn beginning(&self, prefix: &str) -> &[Action] {
        let actions = self.actions();
        let start = actions.partition_point(|action| beginnings(action.name, prefix, prefix.len()).is_lt());
        let rest = actions.get(start..).unwrap_or_default();
        let end = rest.partition_point(|action| beginnings(action.name, prefix, prefix.len()).is_eq());
        rest.get(..end).unwrap_or_default()
    }
}

/// Services whose requests name a resource of each type that is marked for the action: to run an instance takes an image, a
/// network and the instance.
const NAME_EACH: [&str; 6] = ["ec2", "glue", "identitystore", "kms", "sso", "ssm"];

/// How the first bytes of a name compare to another one, whatever the case of both.
fn beginnings(name: &str, other: &str, length: usize) -> std::cmp::Ordering {
    name.bytes().take(length).map(|b| b.to_ascii_lowercase()).cmp(other.bytes().map(|b| b.to_ascii_lowercase()))
}

impl Action {
    /// The whole name: `s3:GetObject`.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }

    /// The types of resource that the action works on, and whether one of each must be allowed for the call to work.
    /// None: the action cannot be confined to a resource.
    pub fn resource_types(&self) -> impl Iterator<Item = (&'static ResourceType, bool)> + use<> {
        let types = resource::types_of(self.service);
        self.types.split_ascii_whitespace().filter_map(move |token| {
            let name = token.strip_suffix('*').unwrap_or(token);
            types.iter().find(|found| found.name == name).map(|found| (found, token.ends_with('*')))
        })
    }

    /// Groups of types, of each of which every request for the action names some resource. AWS' list marks a type without which
    /// there is no request, but outside of a few services also each of several of which a request names one.
    pub(in crate::iam) fn types_of_each_request(&self) -> Vec<Vec<&'static ResourceType>> {
        let required: Vec<_> = self.resource_types().filter(|(_, required)| *required).map(|(kind, _)| kind).collect();
        match NAME_EACH.contains(&self.service) {
            _ if required.is_empty() => Vec::new(),
            true => required.into_iter().map(|kind| vec![kind]).collect(),
            false => vec![required],
        }
    }

    /// Whether the action can be confined to resources.
    pub fn has_resource_types(&self) -> bool {
        !self.types.is_empty()
    }

    /// The types of resource and the condition keys as the table has them: actions of one service for which they are the
    /// same are asked about alike.
    pub(in crate::iam) fn asked_about(&self) -> (&'static str, &'static str) {
        (self.types, self.keys)
    }

    /// The condition keys that requests for it may carry, with those of its resource types; sorted. Keys that every
    /// request may carry are not among them.
    pub fn condition_keys(&self) -> Vec<String> {
        let mut keys = super::key::of_tokens(self.service, self.keys);
        for (kind, _) in self.resource_types() {
            keys.extend(kind.condition_keys());
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Whether requests for it may carry a condition key of a service or of tags.
    pub fn has_condition_key(&self, key: &str) -> bool {
        let is_it = |known: &String| super::key::names(known, key);
        super::key::of_tokens(self.service, self.keys).iter().any(is_it)
            || self.resource_types().any(|(kind, _)| kind.condition_keys().iter().any(is_it))
    }
}

/// All services, sorted by prefix.
pub fn services() -> &'static [Service] {
    static ALL: OnceLock<Vec<Service>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut first = 0;
        let service = |(prefix, lines): &(&'static str, &'static str)| {
            let service = Service { prefix, lines, first, actions: OnceLock::new() };
            first += lines.lines().count();
            service
        };
        ACTIONS.sections().iter().map(service).collect()
    })
}

/// How many actions there are: their numbers are below this.
pub fn action_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| services().last().map_or(0, |service| service.first + service.lines.lines().count()))
}

/// The service of a prefix, whatever its case.
pub fn service(prefix: &str) -> Option<&'static Service> {
    let services = services();
    let found = services
        .binary_search_by(|service| service.prefix.bytes().cmp(prefix.bytes().map(|byte| byte.to_ascii_lowercase())));
    found.ok().and_then(|at| services.get(at))
}

/// The action of a whole name such as `s3:GetObject`, whatever its case.
pub fn action(name: &str) -> Option<&'static Action> {
    let (prefix, name) = name.split_once(':')?;
    service(prefix)?.beginning(name).iter().find(|action| action.name.len() == name.len())
}

/// The service of an action's number.
pub fn service_of_id(id: usize) -> Option<&'static Service> {
    let services = services();
    let after = services.partition_point(|service| service.first <= id);
    services.get(after.checked_sub(1)?)
}

/// The action of a number.
pub fn action_of_id(id: usize) -> Option<&'static Action> {
    let service = service_of_id(id)?;
    service.actions().get(id - service.first)
}

/// The access level of an action.
pub fn access_level(name: &str) -> Option<AccessLevel> {
    action(name).map(|action| action.level)
}

/// The head of the table, which names its source.
pub(super) fn head() -> &'static str {
    include_str!("data/actions.txt").lines().next().unwrap_or_default()
}

/// The types of resource of a service, by the prefix of its actions.
pub fn resource_types(service: &str) -> &'static [ResourceType] {
    self::service(service).map(Service::resource_types).unwrap_or_default()
}

/// The condition keys that requests for an action may carry beside those that any request may carry.
pub fn condition_keys(action: &str) -> Vec<String> {
    self::action(action).map(Action::condition_keys).unwrap_or_default()
}

#[cfg(test)]
pub(super) fn lines_of(service: &Service) -> usize {
    service.lines.lines().count()
}

#[cfg(test)]
pub(super) fn types_of(action: &Action) -> &'static str {
    action.types
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_found_by_name_and_by_number() {
        let found = action("S3:GETOBJECT").unwrap();
        assert_eq!(found.full_name(), "s3:GetObject");
        assert_eq!(action_of_id(found.id).unwrap().full_name(), "s3:GetObject");
        assert!(action("s3:GetObj").is_none());
        assert!(action("s3").is_none());
        assert_eq!(access_level("iam:PutUserPolicy"), Some(AccessLevel::PermissionsManagement));
        let bucket = action("s3:ListBucket").unwrap();
        assert_eq!(
            bucket.resource_types().map(|(kind, required)| (kind.name, required)).next(),
            Some(("accesspoint", false))
        );
        assert!(!action("s3:ListAllMyBuckets").unwrap().has_resource_types());
        assert!(action("iam:CreateUser").unwrap().has_condition_key("iam:permissionsboundary"));
        assert!(action("ec2:RunInstances").unwrap().has_condition_key("aws:RequestTag/team"));
        assert!(!action("ec2:DescribeInstances").unwrap().has_condition_key("ec2:ResourceTag/team"));
    }
}
