//! Users, groups, roles and permission sets that exist already: a configuration gives them policies or puts them into groups,
//! and does not make them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::identity::{HOLDERS, NAMED, given_at};
use super::principal::shown;
use crate::model::{Account, Change, KindInstance, Kinds, Mode, Relations, Resolution, Resource, Unit, UnitKind};
use crate::source::Origin;
use crate::value::{Data, Entry, Map, Piece, Unknown, Value, Why};

/// The kinds that give a principal something.
const GIVING: [&str; 4] = ["attachment", "customer-attachment", "inline-policy", "membership"];

/// How data sources call what they look up.
const LOOKED_UP_BY: [&str; 3] = ["name", "user_name", "group_name"];

/// Adds those to a unit that it gives something and that are made elsewhere: data sources become what they look up, and who
/// is only named gets a resource. What is not known of them is unknown: trust policy, path, tags. That they may hold more is
/// noted by [`Identity`](super::Identity); of a permissions boundary nothing is known, and none is taken.
pub fn add_existing(unit: &mut Unit, kinds: &Kinds) {
    let Found { looked_up, named } = find(unit, kinds);
    for (index, kind) in looked_up {
        if let Some(resource) = unit.resources.get_mut(index) {
            resource.mode = Mode::Existing;
            let mut known = resource.attributes.as_map().cloned().unwrap_or_default();
            let name =
                LOOKED_UP_BY.into_iter().find_map(|by| known.get(by)).and_then(Value::as_str).map(Arc::<str>::from);
            let shown = name.clone().unwrap_or_else(|| resource.address.clone());
            LOOKED_UP_BY.into_iter().for_each(|by| known.remove(by));
            if let Some(name) = name {
                known.insert(entry("name", Value::string(name, resource.origin)));
            }
            resource.attributes = filled_in(known, kind, &shown, false, resource.origin);
        }
    }
    let is_template = unit.kind == UnitKind::CloudFormation;
    unit.resources.extend(named.into_iter().map(|named| named.resource(is_template)));
}

/// Whom a unit gives something and does not make.
#[derive(Default)]
struct Found {
    /// Its data sources that look them up, each with the kind of what it looks up.
    looked_up: BTreeSet<(usize, &'static str)>,
    /// Those of whom only the name stands there, in that order.
    named: Vec<Named>,
}

fn find(unit: &Unit, kinds: &Kinds) -> Found {
    let giving = || kinds.instances(unit).filter(|instance| GIVING.contains(&&*instance.row.kind));
    let mut found = Found::default();
    if giving().next().is_none() {
        return found;
    }
    let relations = Relations::new(unit, kinds, &NAMED);
    let sources = data_sources(unit, kinds);
    let mut known: HashSet<(Arc<str>, Option<Arc<Account>>)> = HashSet::new();
    let mut all_named: Vec<Named> = Vec::new();
    let mut add = |named: Named| {
        if known.insert((named.address.clone(), named.account.clone())) {
            all_named.push(named);
        }
    };
    for instance in giving() {
        for kind in HOLDERS.into_iter().filter(|kind| instance.has_field(kind)) {
            for value in instance.field(kind, &relations).elements() {
                match relations.resolve(value, kind, instance.index) {
                    Resolution::Resources(all) => {
                        let is_data = |at: &&usize| unit.resources.get(**at).is_some_and(|one| one.mode == Mode::Data);
                        found.looked_up.extend(all.iter().filter(is_data).map(|at| (*at, kind)));
                    }
                    Resolution::Outside(text) => {
                        let name = text.rsplit(['/', ':']).next().unwrap_or_default();
                        if let Some(source) = sources.get(&(kind, name)) {
                            found.looked_up.insert((*source, kind));
                        } else if !name.is_empty() {
                            add(Named {
                                name: Some(name.into()),
                                ..Named::of(kind, format!("{kind}/{name}"), value, &instance)
                            });
                        }
                    }
                    // Anybody of the unit may be meant, too.
                    Resolution::Unknown(_) => {
                        if let Some(address) = address_of_unknown(kind, value, instance.resource) {
                            add(Named::of(kind, address, value, &instance));
                        }
                    }
                }
            }
        }
    }
    found.named = all_named;
    found
}

/// What the resource is called of somebody whose name is not known, as the resource `giver` holds it; none where it is one of
/// several that are known, or where nothing is known.
pub(super) fn address_of_unknown(kind: &str, value: &Value, giver: &Resource) -> Option<String> {
    let pieces = value.to_pieces()?;
    let holes = || {
        pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(unknown, _) => Some(unknown),
            Piece::Known(..) => None,
        })
    };
    let is_limit = |unknown: &Arc<Unknown>| matches!(unknown.why, Why::Limit | Why::Invalid);
    if holes().any(|unknown| is_limit(unknown) || !unknown.candidates.is_empty()) {
        return None;
    }
    let name = shown(&pieces);
    Some(match holes().all(|unknown| unknown.identity().is_some()) {
        true => format!("{kind}/{name}"),
        // Two that are called the same need not be one.
        false => format!("{kind}/{name} of {}", giver.address),
    })
}

/// What somebody is called who is made elsewhere: by name, else as the configuration calls that name; none of others.
pub(super) fn name_of_existing<'u>(instance: &KindInstance<'u>) -> Option<&'u str> {
    let resource = instance.resource;
    if resource.mode != Mode::Existing {
        return None;
    }
    let named = resource.address.strip_prefix(&*instance.row.kind).and_then(|rest| rest.strip_prefix('/'));
    named.or_else(|| resource.attributes.get("name").and_then(Value::as_str)).or(Some(&resource.address))
}

/// The data sources that look up a user, group, role or permission set by a name that is known; of several of one name the
/// first.
fn data_sources<'u>(unit: &'u Unit, kinds: &'u Kinds) -> HashMap<(&'static str, &'u str), usize> {
    let mut sources = HashMap::new();
    for instance in kinds.looked_up(unit) {
        let kind = HOLDERS.into_iter().find(|kind| **kind == *instance.row.kind);
        let name = LOOKED_UP_BY.into_iter().find_map(|by| instance.resource.attributes.get(by)).and_then(Value::as_str);
        if let (Some(kind), Some(name)) = (kind, name) {
            sources.entry((kind, name)).or_insert(instance.index);
        }
    }
    sources
}

/// Somebody of whom at most the name stands in the configuration.
struct Named {
    kind: &'static str,
    /// No resource is called like this: neither names nor logical ids hold a slash.
    address: Arc<str>,
    name: Option<Arc<str>>,
    account: Option<Arc<Account>>,
    /// Where it is named first.
    origin: Origin,
}

impl Named {
    fn of(kind: &'static str, address: String, value: &Value, giver: &KindInstance<'_>) -> Named {
        let origin = given_at(giver, kind, value.origin).or(giver.origin());
        Named { kind, address: address.into(), name: None, account: giver.resource.account.clone(), origin }
    }

    fn resource(self, is_template: bool) -> Resource {
        let Named { kind, address, name, account, origin } = self;
        let (terraform, template) = match kind {
            "user" => ("aws_iam_user", "AWS::IAM::User"),
            "group" => ("aws_iam_group", "AWS::IAM::Group"),
            "role" => ("aws_iam_role", "AWS::IAM::Role"),
            _ => ("aws_ssoadmin_permission_set", "AWS::SSO::PermissionSet"),
        };
        let own_name = match (is_template, kind) {
            (false, _) => "name",
            (true, "user") => "UserName",
            (true, "group") => "GroupName",
            (true, "role") => "RoleName",
            (true, _) => "Name",
        };
        let known = Map::new(name.map(|name| entry(own_name, Value::string(name, origin))).into_iter().collect());
        let shown = address.split_once('/').map_or(&*address, |(_, shown)| shown);
        let attributes = filled_in(known, kind, shown, is_template, origin);
        Resource {
            address,
            provider_type: if is_template { template } else { terraform }.into(),
            mode: Mode::Existing,
            attributes,
            origin,
            extent: origin,
            change: Change::None,
            possible: None,
            chain: Arc::default(),
            construct: None,
            account,
        }
    }
}

/// The attributes of somebody who is made elsewhere, with what is not known of them.
fn filled_in(mut known: Map, kind: &str, name: &str, is_template: bool, origin: Origin) -> Value {
    let open: &[(&str, &str, &str)] = match kind {
        "user" => &[("path", "Path", "the path"), ("tags", "Tags", "the tags"), ("tags_all", "Tags", "the tags")],
        "group" => &[("path", "Path", "the path")],
        "role" => &[
            ("path", "Path", "the path"),
            ("tags", "Tags", "the tags"),
            ("tags_all", "Tags", "the tags"),
            ("assume_role_policy", "AssumeRolePolicyDocument", "the trust policy"),
            ("max_session_duration", "MaxSessionDuration", "the length of sessions"),
        ],
        _ => &[("tags", "Tags", "the tags")],
    };
    for (terraform, template, what) in open {
        let key = if is_template { template } else { terraform };
        if known.get(key).is_none() {
            let unknown = Unknown::new(Why::NotInTree, format!("{what} of {kind} `{name}`"), origin);
            known.insert(entry(key, Value::unknown(unknown, origin)));
        }
    }
    // What a plan reads of who has no boundary.
    if known.get("permissions_boundary").is_some_and(|boundary| boundary.as_str() == Some("")) {
        known.remove("permissions_boundary");
    }
    Value::new(Data::Map(Arc::new(known)), origin)
}

fn entry(key: &str, value: Value) -> Entry {
    Entry { key: key.into(), key_origin: value.origin, value }
}
