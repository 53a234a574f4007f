//! What becoming somebody else is worth: permissions on whole types of resource that one does not have already.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::iam::access::Access;
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::{self, AccessLevel, Action, SensitiveClass, action_count};
use crate::iam::condition::is_harmless;
use crate::iam::document::{Document, Statement};
use crate::iam::facts::{Limit, Source};
use crate::iam::power::{Wide, Widths};
use crate::iam::step::Step;
use crate::iam::taken::Taken;
use crate::source::Origin;
use crate::value::Truth;

/// So many actions are named.
const NAMED: usize = 3;

/// What a principal gains by becoming another one.
#[derive(Clone, Debug)]
pub(super) struct Gain {
    /// How far it is from what an administrator is worth, in levels of severity.
    pub(super) less: usize,
    pub(super) step: Step,
}

/// Which of the actions that count on whole types an action is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    Permissions,
    Changes,
    Reads,
}

fn worth(action: &Action) -> Option<Worth> {
    let classes = catalogue::sensitive(&action.full_name());
    let secret = classes.contains(&SensitiveClass::Credentials) || classes.contains(&SensitiveClass::Data);
    match action.level {
        AccessLevel::PermissionsManagement => Some(Worth::Permissions),
        _ if classes.contains(&SensitiveClass::Identity) => Some(Worth::Permissions),
        AccessLevel::Write => Some(Worth::Changes),
        AccessLevel::Read if secret && !action.is_formality() => Some(Worth::Reads),
        _ => None,
    }
}

/// [`worth`] by number, for statements that allow thousands.
fn worths() -> &'static [Option<Worth>] {
    static ALL: OnceLock<Vec<Option<Worth>>> = OnceLock::new();
    ALL.get_or_init(|| ActionSet::all().iter().map(worth).collect())
}

impl Widths {
    pub(super) fn new(principals: usize) -> Widths {
        Widths((0..principals).map(|_| OnceLock::new()).collect())
    }

    fn of(&self, access: Access<'_, '_>, principal: usize) -> Option<&Wide> {
        Some(self.0.get(principal)?.get_or_init(|| wide(access, principal)))
    }

    /// What one principal gains by becoming another; none where that is nothing to speak of.
    pub(super) fn gain(&self, access: Access<'_, '_>, to: usize, from: usize) -> Option<Gain> {
        let found = self.of(access, to)?;
        let all =
            [(&found.permissions, 1, "change permissions"), (&found.changes, 1, "change everything of a service")];
        let all = all.into_iter().chain([(&found.reads, 2, "read what others keep")]);
        if all.clone().all(|(actions, ..)| actions.is_empty()) {
            return None;
        }
        let mut own = possible(access, from);
        // Who joins a group stays within its own boundary.
        if let Some(boundary) = boundary_of_member(access, to, from) {
            own.add(&access.closed_by(boundary));
        }
        for (actions, less, what) in all {
            let more = actions.without(&own);
            let Some(first) = more.iter().next() else { continue };
            let place = found.places.get(&first.id).copied().unwrap_or(Origin::NONE);
            let names: Vec<String> =
                more.iter().take(NAMED).map(|action| format!("`{}`", action.full_name())).collect();
            let others = if more.len() > NAMED { format!(" and {} more", more.len() - NAMED) } else { String::new() };
            let actor = access.actor(to)?;
            let text = format!("{} `{}` may {what}: {}{others}", actor.kind, actor.name, names.join(", "));
            return Some(Gain { less, step: Step::new(text, place.or(actor.origin)) });
        }
        None
    }
}

/// The permissions boundary within which one comes to what a group has.
fn boundary_of_member(access: Access<'_, '_>, group: usize, member: usize) -> Option<usize> {
    let is_group = access.identity.principals.get(group).is_some_and(|one| &*one.instance.row.kind == "group");
    match access.holding(member).filter(|_| is_group)?.boundary {
        Limit::Document(document) => Some(document),
        _ => None,
    }
}

/// All that a principal may possibly be allowed, whatever is denied.
fn possible(access: Access<'_, '_>, principal: usize) -> ActionSet {
    let mut all = ActionSet::empty();
    let Some(holding) = access.facts.holdings.get(principal) else { return all };
    for held in &holding.held {
        let Some(document) = access.facts.document(access.identity, held.document) else { continue };
        for statement in document.statements.iter().filter(|statement| statement.allows() != Truth::False) {
            all.add(&statement.actions_reached().possible);
        }
    }
    all
}

fn wide(access: Access<'_, '_>, principal: usize) -> Wide {
    let mut wide = Wide::default();
    let Some(holding) = access.facts.holdings.get(principal) else { return wide };
    for held in &holding.held {
        let Some(document) = access.facts.document(access.identity, held.document) else { continue };
        // What a service needs to do its work at all is what such a role is for.
        let for_service = matches!(access.facts.source(held.document), Some(Source::Managed(policy)) if policy.path == "/service-role/");
        for statement in document.granting().iter().filter(|statement| is_free(statement)) {
            wide.add(statement, for_service);
        }
    }
    if [&wide.permissions, &wide.changes, &wide.reads].iter().all(|actions| actions.is_empty()) {
        return wide;
    }
    // Within denials and ceilings.
    let documents = holding.held.iter().filter_map(|held| access.facts.document(access.identity, held.document));
    let taken: Vec<&Taken> = documents.map(Document::taken).filter(|taken| !taken.is_empty()).collect();
    if let Some(allowed) = access.allowed(principal) {
        for actions in [&mut wide.permissions, &mut wide.changes, &mut wide.reads] {
            *actions = actions.intersection(&allowed.certain);
            for taken in &taken {
                *actions = actions.without(&taken.narrow);
            }
        }
    }
    wide
}

/// Whether a statement allows for certain, on anything but single resources and under no condition that binds it to some.
fn is_free(statement: &Statement) -> bool {
    let wild = |elements: &crate::iam::Elements| {
        elements.items.iter().any(|item| item.as_str().is_none_or(|text| text.contains('*')))
    };
    statement.allows() == Truth::True
        && statement.more_tests.is_none()
        && statement.tests.iter().all(|test| is_harmless(&test.key))
        && (statement.not_resources.is_some() || statement.resources.as_ref().is_some_and(wild))
}

impl Wide {
    fn add(&mut self, statement: &Statement, for_service: bool) {
        let every = statement.on_every_resource().truth == Truth::True;
        let certain = &statement.actions_reached().certain;
        let mut whole_types: HashMap<Vec<*const catalogue::ResourceType>, Truth> = HashMap::new();
        let most = certain.len() * 2 > action_count();
        for action in certain.iter() {
            let Some(worth) = worths().get(action.id).copied().flatten() else { continue };
            if catalogue::is_of_own_data(action.service) || (for_service && worth != Worth::Permissions) {
                continue;
            }
            // Single changes are what a task takes; all of a service is more than that.
            if worth == Worth::Changes && !most && !names_service(statement, action.service) {
                continue;
            }
            let types = || action.resource_types().map(|(kind, _)| std::ptr::from_ref(kind)).collect();
            let whole = every
                || *whole_types.entry(types()).or_insert_with(|| statement.resources_reached(action).whole)
                    == Truth::True;
            if !whole {
                continue;
            }
            match worth {
                Worth::Permissions => self.permissions.insert(action),
                Worth::Changes => self.changes.insert(action),
                Worth::Reads => self.reads.insert(action),
            }
            self.places.entry(action.id).or_insert(statement.value.origin);
        }
    }
}

/// Whether a statement names a service as a whole.
fn names_service(statement: &Statement, service: &str) -> bool {
    let names = |text: &str| {
        let (of, name) = text.split_once(':').unwrap_or((text, "*"));
        name == "*" && (of == "*" || of.eq_ignore_ascii_case(service))
    };
    match (&statement.actions, &statement.not_actions) {
        (Some(actions), _) => actions.items.iter().any(|item| item.as_str().is_some_and(names)),
        (None, Some(not)) => !not.items.iter().any(|item| {
            item.as_str().is_none_or(|text| {
                let of = text.split(':').next().unwrap_or_default();
                of.contains('*') || of.eq_ignore_ascii_case(service)
            })
        }),
        (None, None) => false,
    }
}
