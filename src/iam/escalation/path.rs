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
    /// What is there is given another role, which the way needs no more than as a thing that runs.
    redirects: bool,
}

/// What changes so that it runs with another role once that may be passed.
struct Redirect {
    /// The way of whoever changes or runs it as it is.
    id: &'static str,
    /// What it takes beyond that way.
    also: &'static [&'static str],
    /// It may as well be made so.
    makes: bool,
}

/// The known ways to what runs that take a role as well.
const REDIRECTS: [Redirect; 9] = [
    Redirect { id: "apprunner-update-service", also: &[], makes: false },
    Redirect { id: "bedrock-agent-runtime-command", also: &["bedrock-agentcore:UpdateAgentRuntime"], makes: false },
    Redirect { id: "cfn-update-stack", also: &[], makes: false },
    Redirect { id: "cfn-change-set", also: &[], makes: true },
    Redirect { id: "codebuild-update-project", also: &[], makes: false },
    Redirect { id: "codebuild-override-build", also: &[], makes: false },
    Redirect { id: "sagemaker-notebook-lifecycle", also: &[], makes: false },
    Redirect {
        id: "sagemaker-open-notebook",
        also: &[
            "sagemaker:UpdateNotebookInstance",
            "sagemaker:StopNotebookInstance",
            "sagemaker:StartNotebookInstance",
        ],
        makes: false,
    },
    Redirect { id: "stepfunctions-update-machine", also: &[], makes: false },
];

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
        let guards = guards.iter().map(|name| Wanted::at_home(name)).collect();
        Way { path, entries, defuse, guards, redirects: false }
    }

    /// The way of whoever gives what is there another role.
    fn redirected(path: &'static EscalationPath) -> Option<Way> {
        let redirect = REDIRECTS.iter().find(|redirect| redirect.id == path.id)?;
        let mut way = Way { redirects: true, ..Way::of(path) };
        let more = redirect.also.iter().chain(&["iam:PassRole"]);
        way.entries.extend(more.map(|action| vec![Wanted::at_home(action)]));
        if redirect.makes {
            way.defuse.retain(|defuse| matches!(defuse, Defuse::Key(..)));
        }
        way.defuse.push(Defuse::Resource("iam:passrole".to_owned()));
        way.defuse.push(Defuse::Key("iam:passrole".to_owned(), "iam:passedtoservice".to_owned()));
        Some(way)
    }

    /// What kind of way it is, as `EscalationPath::class` says.
    pub(super) fn class(&self) -> &'static str {
        if self.redirects { "passrole" } else { &self.path.class }
    }

    /// What is gained, as `EscalationPath::reaches` says.
    pub(super) fn reaches(&self) -> &'static str {
        if self.redirects { "role-passed" } else { &self.path.reaches }
    }

    /// Whether it runs something with a role that is passed, by ways of its own.
    pub(super) fn passes(&self) -> bool {
        self.class() == "passrole" && !self.needs_consumer()
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

/// All known ways, in the order of the catalogue, and those that pass a role to what is there.
pub(super) fn ways() -> &'static [Way] {
    static ALL: OnceLock<Vec<Way>> = OnceLock::new();
    let redirected = || escalation_paths().iter().filter_map(Way::redirected);
    ALL.get_or_init(|| escalation_paths().iter().map(Way::of).chain(redirected()).collect())
}
