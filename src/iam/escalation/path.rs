//! The known ways of escalation, made ready for questions.

use std::sync::OnceLock;

use super::chain::rank;
use crate::iam::access::Wanted;
use crate::iam::catalogue::{EscalationPath, escalation_paths};

/// A known way.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) path: &'static EscalationPath,
    /// Permissions that must all be held, each by one of several actions.
    pub(super) entries: Vec<Vec<Wanted>>,
    defuse: Vec<Defuse>,
    /// Actions that close the way by how they are granted though the way does without them.
    pub(super) guards: Vec<Wanted>,
}

#[derive(Debug)]
enum Defuse {
    /// The grant of an action is confined to something.
    Resource(String),
    /// It is conditioned on a key.
    Key(String, String),
}

impl Way {
    fn of(path: &'static EscalationPath) -> Way {
        let entries: Vec<Vec<Wanted>> =
            path.all.iter().map(|entry| entry.split('|').map(Wanted::at_home).collect()).collect();
        let defuse = path.defuse.iter().filter_map(|text| {
            let (action, rest) = text.split_once(' ')?;
            let action = action.to_ascii_lowercase();
            match rest.strip_prefix("key=") {
                Some(key) => Some(Defuse::Key(action, key.to_ascii_lowercase())),
                None => Some(Defuse::Resource(action)),
            }
        });
        let defuse: Vec<Defuse> = defuse.collect();
        let needed = |action: &String| entries.iter().flatten().any(|wanted| wanted.name == *action);
        let of = |defuse: &Defuse| match defuse {
            Defuse::Resource(action) | Defuse::Key(action, _) => action.clone(),
        };
        let mut guards: Vec<String> = defuse.iter().map(of).filter(|action| !needed(action)).collect();
        guards.dedup();
        Way { path, entries, defuse, guards: guards.iter().map(|name| Wanted::at_home(name)).collect() }
    }

    /// Whether the way is closed where the action is confined to something that cannot help.
    pub(super) fn confined_by_resource(&self, action: &str) -> bool {
        self.defuse.iter().any(|defuse| matches!(defuse, Defuse::Resource(name) if name == action))
    }

    /// Whether a condition of the action on a key can close the way.
    pub(super) fn closed_by_key(&self, action: &str, key: &str) -> bool {
        self.defuse.iter().any(|defuse| match defuse {
            Defuse::Key(name, wanted) if name == action => {
                key == wanted || key.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('/'))
            }
            _ => false,
        })
    }

    /// Whether only a user is raised by it: policies of users and groups do nothing for a role.
    pub(super) fn raises_users(&self) -> bool {
        let of_users = |name: &str| name.contains("user") || name.contains("group");
        self.path.class == "self"
            && self.entries.iter().flatten().all(|wanted| wanted.name.starts_with("iam:") && of_users(&wanted.name))
    }

    /// Whether the first permission makes a new principal.
    pub(super) fn makes(&self) -> bool {
        let first = self.entries.first().and_then(|entry| entry.first());
        first.is_some_and(|wanted| matches!(wanted.name.as_str(), "iam:createrole" | "iam:createuser"))
    }

    /// Whether the permissions of the principal that it takes over are rewritten on the way.
    pub(super) fn rewrites(&self) -> bool {
        let writes = |name: &str| {
            matches!(
                name,
                "iam:attachuserpolicy"
                    | "iam:attachrolepolicy"
                    | "iam:putuserpolicy"
                    | "iam:putrolepolicy"
                    | "iam:createpolicyversion"
            )
        };
        self.entries.iter().any(|entry| entry.iter().all(|wanted| writes(&wanted.name)))
    }

    /// Whether nothing but passing a role is named: any action that takes a role makes it whole.
    pub(super) fn needs_consumer(&self) -> bool {
        matches!(self.entries.as_slice(), [entry] if matches!(entry.as_slice(), [one] if one.name == "iam:passrole"))
    }
}

/// A way that makes an administrator by itself.
pub(super) fn is_direct(way: &Way) -> bool {
    way.path.direct && rank(&way.path.severity) <= rank("high")
}

/// All known ways, in the order of the catalogue.
pub(super) fn ways() -> &'static [Way] {
    static ALL: OnceLock<Vec<Way>> = OnceLock::new();
    ALL.get_or_init(|| escalation_paths().iter().map(Way::of).collect())
}
