//! Actions by what they give on whole types of resource, as rules tell them apart.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::{self, AccessLevel, Action, SensitiveClass};
use crate::iam::document::Statement;
use crate::source::Origin;
use crate::value::Value;

/// So many actions of a group are shown.
pub(super) const NAMED: usize = 5;

/// The groups of actions that rules tell apart: those of changes are the fourth.
pub(super) const GROUPS: [&str; 10] = [
    "permissions",
    "credentials",
    "data",
    "changes",
    "reads",
    "decrypts",
    "assumes",
    "service-roles",
    "passes",
    "iam-permissions",
];

/// A virtual device is of nobody until it is enabled for a user, and cannot be deleted while it is.
const DEVICES: [&str; 2] = ["CreateVirtualMFADevice", "DeleteVirtualMFADevice"];

/// In what way a statement takes in all that an action works on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// Every resource of its type.
    Type,
    /// Every resource of its type that another account has.
    Elsewhere,
    /// It works on no resource that a policy could name.
    Unconfined,
}

impl Width {
    const ALL: [Width; 3] = [Width::Type, Width::Elsewhere, Width::Unconfined];

    /// The name in rules.
    pub(super) fn name(self) -> &'static str {
        match self {
            Width::Type => "type",
            Width::Elsewhere => "other-account",
            Width::Unconfined => "unconfined",
        }
    }
}

/// The first actions of a group of one width.
#[derive(Default)]
pub(super) struct Named {
    names: Vec<Value>,
    more: bool,
}

impl Named {
    pub(super) fn add(&mut self, action: &Action, place: Origin) {
        match self.names.len() < NAMED {
            true => self.names.push(Value::string(action.full_name(), place)),
            false => self.more = true,
        }
    }

    pub(super) fn quoted(&self) -> Vec<String> {
        self.names.iter().filter_map(|name| Some(format!("`{}`", name.as_str()?))).collect()
    }

    pub(super) fn text(&self) -> String {
        and_more(&self.quoted(), self.more)
    }
}

#[derive(Default)]
pub(super) struct Group {
    /// By [`Width`].
    named: [Named; Width::ALL.len()],
    pub(super) origin: Option<Origin>,
}

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.named.iter().all(|named| named.names.is_empty())
    }

    /// Empties it where another group says of whole types what weighs more.
    pub(super) fn told_with(&mut self, other: &Group) {
        if other.named.first().is_some_and(|named| !named.names.is_empty()) {
            *self = Group::default();
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.named.first().is_some_and(|named| named.more)
    }

    pub(super) fn add(&mut self, width: Width, action: &Action, place: Origin) {
        self.origin = self.origin.or(Some(place));
        if let Some(named) = self.named.get_mut(width as usize) {
            named.add(action, place);
        }
    }

    pub(super) fn value(self, kind: &str, accounts: &[String], at: Origin) -> Value {
        let every = |named: &Named| match (kind, named.names.len()) {
            ("decrypts", _) => "with every key",
            (_, 1) => "on every resource of its type",
            _ => "on every resource of their types",
        };
        let one = |(width, named): (Width, &Named)| match width {
            Width::Type => format!("{} {}", named.text(), every(named)),
            Width::Elsewhere => {
                let accounts: Vec<String> = accounts.iter().map(|account| format!("`{account}`")).collect();
                format!("{} {} in account {}", named.text(), every(named), accounts.join(" and "))
            }
            Width::Unconfined => format!("{}, which AWS confines to no resource", named.text()),
        };
        let used = || Width::ALL.into_iter().zip(&self.named).filter(|(_, named)| !named.names.is_empty());
        let what: Vec<String> = used().map(one).collect();
        let width = used().next().map_or("", |(width, _)| width.name());
        let more = used().any(|(_, named)| named.more);
        let names: Vec<String> = used().flat_map(|(_, named)| named.quoted()).collect();
        let fields = [
            ("what", Value::string(what.join(", and "), at)),
            ("names", Value::string(and_more(&names, more), at)),
            ("width", Value::string(width, at)),
            ("more", Value::bool(more, at)),
            ("actions", Value::list(self.named.into_iter().flat_map(|named| named.names).collect(), at)),
        ];
        Value::fields(fields, at)
    }
}

/// Some of [`GROUPS`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Groups(u16);

impl Groups {
    pub(super) fn only(name: &str) -> Groups {
        let mut groups = Groups::default();
        groups.add(name);
        groups
    }

    pub(super) fn add(&mut self, name: &str) {
        self.0 |= GROUPS.iter().position(|group| *group == name).map_or(0, |at| 1 << at);
    }

    pub(super) fn positions(self) -> impl Iterator<Item = usize> {
        (0..GROUPS.len()).filter(move |at| self.0 & (1 << at) != 0)
    }
}

/// The group of actions that only a rule of its own looks at, and those of all others.
pub(super) fn groups_of(action: &Action) -> Groups {
    match (action.service, action.name) {
        ("kms", "Decrypt" | "ReEncryptFrom") => return Groups::only("decrypts"),
        ("sts", "AssumeRole") => return Groups::only("assumes"),
        ("iam", "CreateServiceLinkedRole") => return Groups::only("service-roles"),
        ("iam", "PassRole") => return Groups::only("passes"),
        // What services made for themselves gives whoever deletes it nothing.
        ("iam", "DeleteServiceLinkedRole") => return Groups::only("changes"),
        // Whom it lets into a database is told by what it returns.
        ("rds-db", "connect") => return Groups::only("credentials"),
        // A device that nobody has bound gives nothing, and everybody makes one for himself.
        ("iam", "CreateVirtualMFADevice") => return Groups::default(),
        // Its one type of resource is for data sets that few have: all others need `*`.
        ("cloudwatch", "PutMetricData") => return Groups::default(),
        ("iam", name) if DEVICES.contains(&name) => return Groups::default(),
        _ => {}
    }
    let classes = action.classes;
    let mut groups = Groups::default();
    let manages = manages_permissions(action);
    if manages || classes.has(SensitiveClass::Identity) {
        groups.add("permissions");
    }
    if manages && action.service == "iam" {
        groups.add("iam-permissions");
    }
    if classes.has(SensitiveClass::Credentials) && !action.is_formality() {
        groups.add("credentials");
    }
    // What only describes gives settings away, not what customers keep; what AWS confines to nothing must be on everything.
    let listed = action.level == AccessLevel::List;
    if classes.has(SensitiveClass::Data) && action.service != "kms" && !listed && action.has_resource_types() {
        groups.add("data");
    }
    if action.has_resource_types() && groups == Groups::default() {
        let changes = matches!(action.level, AccessLevel::Write | AccessLevel::Tagging);
        groups.add(if changes && !makes_its_resource(action) { "changes" } else { "reads" });
    }
    groups
}

/// Whether an action makes what it works on: what is yet to be made has no ARN that a policy could name. What makes a part of
/// something else, such as a route of a table, works on what is there.
fn makes_its_resource(action: &Action) -> bool {
    let Some(made) = action.name.strip_prefix("Create").filter(|_| action.level == AccessLevel::Write) else {
        return false;
    };
    // Databases and their groups have types of two letters.
    if action.service == "rds" || !action.resource_types().any(|(_, required)| required) {
        return true;
    }
    let made = made.strip_suffix("V2").unwrap_or(made);
    let starts_word = |(at, byte): (usize, u8)| {
        let follows = at.checked_sub(1).and_then(|before| made.as_bytes().get(before));
        (byte.is_ascii_uppercase() && !follows.is_some_and(u8::is_ascii_uppercase)).then_some(at)
    };
    let last =
        made.bytes().enumerate().filter_map(starts_word).next_back().and_then(|at| made.get(at..)).unwrap_or(made);
    let is_made = |kind: &str| {
        let kind = kind.strip_suffix("id").unwrap_or(kind);
        ends_alike(made, kind) || ends_alike(kind, last)
    };
    action.resource_types().any(|(kind, _)| is_made(kind.name))
}

/// Whether a name ends with another one, whatever stands between their letters, be they one or several.
fn ends_alike(name: &str, end: &str) -> bool {
    let letters = |name: &str| {
        let name = name.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let name = name.strip_suffix('s').unwrap_or(name).bytes().rev();
        name.filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>()
    };
    letters(name).starts_with(&letters(end))
}

/// The actions of the groups of which more is to be told. All actions are read for it, once.
pub(super) fn of_open(groups: &[Group; GROUPS.len()]) -> ActionSet {
    static MEMBERS: OnceLock<[ActionSet; GROUPS.len()]> = OnceLock::new();
    let members = MEMBERS.get_or_init(|| {
        let mut members: [ActionSet; GROUPS.len()] = Default::default();
        for action in ActionSet::all().iter() {
            let belongs = groups_of(action);
            let its = members.iter_mut().enumerate().filter(|(at, _)| belongs.positions().any(|one| one == *at));
            its.for_each(|(_, set)| set.insert(action));
        }
        members
    });
    let mut open = ActionSet::empty();
    groups.iter().zip(members).filter(|(group, _)| !group.is_full()).for_each(|(_, members)| open.add(members));
    open
}

/// Whether an action changes permissions. AWS counts some that only read them among those that manage them.
pub(super) fn manages_permissions(action: &Action) -> bool {
    let starts = |start: &str| action.name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    let only_reads = || ["Get", "List", "Describe", "BatchGet", "Search", "View"].into_iter().any(starts);
    action.level == AccessLevel::PermissionsManagement && !only_reads()
}

pub(super) fn has_stars(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The elements that name actions, by their service: a policy of AWS has thousands of them.
pub(super) struct NamedActions<'s> {
    of_service: HashMap<String, Vec<(usize, &'s Value)>>,
    /// Those of several services.
    across: Vec<(usize, &'s Value)>,
}

impl<'s> NamedActions<'s> {
    pub(super) fn of(statement: &'s Statement) -> NamedActions<'s> {
        let mut named = NamedActions { of_service: HashMap::new(), across: Vec::new() };
        for one in statement.actions.iter().flat_map(|actions| &actions.items).enumerate() {
            let service = one.1.as_str().and_then(|text| text.split_once(':')).map(|(service, _)| service);
            match service.filter(|service| !has_stars(service)) {
                Some(service) => named.of_service.entry(service.to_ascii_lowercase()).or_default().push(one),
                None => named.across.push(one),
            }
        }
        named
    }

    /// The first element that takes in an action.
    pub(super) fn first(&self, action: &Action) -> Option<&'s Value> {
        let names = |(_, item): &&(usize, &Value)| item.as_str().is_some_and(|text| catalogue::takes_in(text, action));
        let own = self.of_service.get(action.service).and_then(|items| items.iter().find(names));
        let across = self.across.iter().find(names);
        own.into_iter().chain(across).min_by_key(|(at, _)| *at).map(|(_, item)| *item)
    }
}

/// The first of some names in a sentence: "`a`, `b` and `c`", "`a`, `b`, `c` and more".
pub(in crate::iam) fn and_more(names: &[String], more: bool) -> String {
    const SHOWN: usize = 3;
    let more = more || names.len() > SHOWN;
    let names = names.get(..SHOWN).unwrap_or(names);
    match names.split_last() {
        None => String::new(),
        Some(_) if more => format!("{} and more", names.join(", ")),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}
