//! The picture of who can become whom: all of a unit, however large.

use std::collections::{BTreeMap, BTreeSet};

use super::overview::{Answer, Holder, Other, Party, Question, UnitAccess};

/// Of principals that stand for each other so many are named.
pub(super) const MOST_NAMES: usize = 3;

/// What stands before the services that take on a role.
pub(super) const USED_BY: &str = "used by ";

/// The longest name that is shown whole.
const LONGEST_NAME: usize = 36;

/// The longest label of an edge.
const LONGEST_LABEL: usize = 44;

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    User,
    Group,
    Role,
    PermissionSet,
    /// Somebody who is not of the configuration.
    Outside,
    /// Every permission.
    Everything,
    /// How many are not shown.
    Folded,
}

/// How a node is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    Plain,
    Outside,
    Escalates,
    Administrator,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) weight: Weight,
    pub(super) lines: Vec<String>,
    /// Whom it stands for.
    pub(super) names: Vec<String>,
    /// The less, the earlier it is left out.
    pub(super) score: u32,
}

/// What an edge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// Is a member of.
    Member,
    /// May assume, as is meant.
    Trust,
    /// May assume under a condition.
    Guarded,
    /// Can get the permissions of.
    Escalation,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) tie: Tie,
    pub(super) label: String,
}

/// The picture of one unit.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) title: String,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

fn kind_of(kind: &str) -> Kind {
    match kind {
        "user" => Kind::User,
        "group" => Kind::Group,
        "permission-set" => Kind::PermissionSet,
        _ => Kind::Role,
    }
}

fn node_of(holder: &Holder) -> Node {
    let opens = holder.escalations.iter().any(|found| found.state == "open");
    let (weight, score, tag) = match (holder.administrator, holder.is_granted_all) {
        ("yes", true) => (Weight::Administrator, 100, Some("administrator")),
        ("yes", false) => (Weight::Escalates, 90, Some("can become administrator")),
        _ if opens => (Weight::Escalates, 70, None),
        ("undecided", _) => (Weight::Plain, 30, Some("administrator? undecided")),
        // Nobody knows what it may do.
        _ if holder.incomplete.is_some() => (Weight::Plain, 5, None),
        _ => (Weight::Plain, 0, None),
    };
    let mut lines = vec![format!("{} {}", holder.kind.replace('-', " "), shortened(&holder.name))];
    lines.extend(tag.map(str::to_owned));
    let mut services: Vec<&str> = holder
        .trusts
        .iter()
        .filter(|party| party.kind == "service")
        .map(|party| party.name.strip_suffix(".amazonaws.com").unwrap_or(&party.name))
        .collect();
    services.sort_unstable();
    services.dedup();
    if !services.is_empty() {
        let more =
            if services.len() > MOST_NAMES { format!(" +{}", services.len() - MOST_NAMES) } else { String::new() };
        services.truncate(MOST_NAMES);
        lines.push(format!("{USED_BY}{}{more}", shortened(&services.join(", "))));
    }
    if holder.incomplete.is_some() {
        lines.push("may have more".to_owned());
    }
    let names = vec![shortened(&holder.name)];
    Node { kind: kind_of(&holder.kind), weight, lines, names, score }
}

/// A name with its middle left out where it is long.
pub(super) fn shortened(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let head = letters.iter().take(LONGEST_NAME / 2);
    let tail = letters.iter().skip(letters.len() - LONGEST_NAME / 2 + 1);
    head.chain(['…'].iter()).chain(tail).collect()
}

/// What a party is called in the picture.
fn party_name(party: &Party) -> String {
    outside_name(party.kind, &party.name, party.own)
}

/// The keys that the condition of a trust asks for, where it keeps somebody out.
fn asked_of(party: &Party) -> Option<String> {
    if party.restricted == "no" {
        return None;
    }
    // Those of an identity provider begin with its name, which the node has.
    let issuer = party.name.split_once("-provider/").map_or(party.name.as_str(), |(_, issuer)| issuer);
    let key = |condition: &String| {
        let key = condition.split_once(' ').map_or(condition.as_str(), |(_, key)| key);
        key.strip_prefix(issuer).unwrap_or(key).trim_start_matches(':').to_owned()
    };
    let mut keys: Vec<String> = party.conditions.iter().map(key).collect();
    keys.sort();
    keys.dedup();
    let perhaps = if party.restricted == "yes" { "" } else { "perhaps " };
    let label = match keys.as_slice() {
        [] => return None,
        [one] => format!("{perhaps}if {one} fits"),
        [some @ .., last] => format!("{perhaps}if {} and {last} fit", some.join(", ")),
    };
    (label.chars().count() <= LONGEST_LABEL).then_some(label)
}

fn outside_name(kind: &str, name: &str, own: bool) -> String {
    let fields: Vec<&str> = name.splitn(6, ':').collect();
    match (kind, fields.as_slice()) {
        ("any", _) => "everybody".to_owned(),
        ("account", _) if own => "the own account".to_owned(),
        ("account", _) => format!("account {name}"),
        ("user" | "role", _) if own => format!("{kind} {} of the own account", shortened(name)),
        ("dead", _) => format!("deleted {}", shortened(name)),
        ("oidc" | "saml", [.., name]) => {
            name.split_once("-provider/").map_or_else(|| shortened(name), |(_, issuer)| shortened(issuer))
        }
        (_, ["arn", _, _, _, account, name]) => format!("{} of {account}", shortened(name)),
        _ => shortened(name),
    }
}

fn other_name(other: &Other) -> String {
    match other.kind {
        "service" => other.name.strip_suffix(".amazonaws.com").unwrap_or(&other.name).to_owned(),
        kind => outside_name(kind, &other.name, other.own),
    }
}

/// All of a unit.
pub(super) fn whole(unit: &UnitAccess, question: Option<&Question>) -> Picture {
    let mut nodes: Vec<Node> = unit.principals.iter().map(node_of).collect();
    let at: BTreeMap<usize, usize> = unit.principals.iter().enumerate().map(|(at, one)| (one.index, at)).collect();
    let mut ties: BTreeMap<(usize, usize, Tie), Vec<String>> = BTreeMap::new();
    for (from, holder) in unit.principals.iter().enumerate() {
        for to in holder.group_indices.iter().filter_map(|group| at.get(group)) {
            ties.entry((from, *to, Tie::Member)).or_default();
        }
    }
    for passage in &unit.passages {
        let (Some(from), Some(to)) = (at.get(&passage.from_index), at.get(&passage.to_index)) else { continue };
        let tie = if passage.trusted { Tie::Trust } else { Tie::Escalation };
        ties.entry((*from, *to, tie)).or_default().push(passage.by.clone());
    }
    // Ways that end nowhere in particular end with every permission.
    let mut everything = None;
    for (from, holder) in unit.principals.iter().enumerate().filter(|(_, holder)| !holder.is_granted_all) {
        for found in holder.escalations.iter().filter(|found| found.state == "open" && found.administrator) {
            if found.to_index.is_some_and(|to| at.contains_key(&to)) {
                continue;
            }
            let to = *everything.get_or_insert_with(|| {
                let (kind, weight) = (Kind::Everything, Weight::Administrator);
                let lines = vec!["every permission".to_owned()];
                nodes.push(Node { kind, weight, lines, names: Vec::new(), score: 95 });
                nodes.len() - 1
            });
            ties.entry((from, to, Tie::Escalation)).or_default().push(found.path.clone());
        }
    }
    // What is asked for, and all who may do it.
    let mut outside: BTreeMap<String, usize> = BTreeMap::new();
    if let Some(question) = question {
        let mut lines = vec![question.action.clone()];
        lines.extend(question.resource.as_deref().map(|resource| shortened(&crate::report::one_line(resource))));
        nodes.push(Node { kind: Kind::Everything, weight: Weight::Plain, lines, names: Vec::new(), score: 95 });
        let to = nodes.len() - 1;
        let mut tie = |from: usize, answer: &Answer| {
            let (tie, label) = match (answer.answer, answer.conditional) {
                ("yes", false) => (Tie::Trust, None),
                ("yes", true) => (Tie::Guarded, None),
                _ => (Tie::Guarded, Some("undecided".to_owned())),
            };
            ties.entry((from, to, tie)).or_default().extend(label);
        };
        for (from, holder) in unit.principals.iter().enumerate() {
            holder.answer.iter().for_each(|answer| tie(from, answer));
        }
        for other in unit.others.iter().flatten() {
            let name = other_name(other);
            let from = *outside.entry(name.clone()).or_insert_with(|| {
                let weight = if other.kind == "any" { Weight::Administrator } else { Weight::Outside };
                nodes.push(Node {
                    kind: Kind::Outside,
                    weight,
                    lines: vec![name.clone()],
                    names: vec![name],
                    score: 0,
                });
                nodes.len() - 1
            });
            tie(from, &other.answer);
        }
    }
    for (to, holder) in unit.principals.iter().enumerate() {
        for party in &holder.trusts {
            // Services are told in the role's own node, principals of the unit by their passage.
            if party.kind == "service" || party.address.is_some() {
                continue;
            }
            let name = party_name(party);
            let from = *outside.entry(name.clone()).or_insert_with(|| {
                let kind = Kind::Outside;
                let weight = if party.kind == "any" { Weight::Administrator } else { Weight::Outside };
                nodes.push(Node { kind, weight, lines: vec![name.clone()], names: vec![name], score: 0 });
                nodes.len() - 1
            });
            let tie = if party.restricted == "no" { Tie::Trust } else { Tie::Guarded };
            ties.entry((from, to, tie)).or_default().extend(asked_of(party));
        }
    }
    // What members can by their group is told of the group.
    let of_groups: BTreeSet<(usize, usize, Tie)> = ties
        .keys()
        .filter(|(.., tie)| *tie == Tie::Member)
        .flat_map(|(user, group, _)| {
            let of_group = ties.range((*group, 0, Tie::Member)..(*group + 1, 0, Tie::Member));
            let same =
                |((_, to, tie), by): &(&(usize, usize, Tie), &Vec<String>)| ties.get(&(*user, *to, *tie)) == Some(by);
            of_group.filter(same).map(|((_, to, tie), _)| (*user, *to, *tie)).collect::<Vec<_>>()
        })
        .collect();
    ties.retain(|tie, _| !of_groups.contains(tie));
    let edges = ties.into_iter().map(|((from, to, tie), by)| Edge { from, to, tie, label: label(tie, by) });
    let edges: Vec<Edge> = edges.collect();
    // Who can get more without a node to show for it has it written on.
    let as_its_group = |edge: &Edge| match (unit.principals.get(edge.from), unit.principals.get(edge.to)) {
        (Some(user), Some(group)) => alike(user, group),
        _ => false,
    };
    let leading_on = edges.iter().filter(|edge| edge.tie != Tie::Member || as_its_group(edge));
    let leading_on: BTreeSet<usize> = leading_on.map(|edge| edge.from).collect();
    for (at, holder) in unit.principals.iter().enumerate() {
        let leads_on = leading_on.contains(&at);
        let Some(node) = nodes.get_mut(at) else { continue };
        let mut open = holder.escalations.iter().filter(|found| found.state == "open").map(|found| &found.path);
        if let (false, Some(first), Weight::Escalates) = (leads_on, open.next(), node.weight) {
            let more = match open.count() {
                0 => String::new(),
                more => format!(" +{more}"),
            };
            node.lines.push(format!("escalates by {}{more}", shortened(first)));
        }
    }
    let title = format!("{} {}", unit.kind, unit.path);
    Picture { title, nodes, edges }
}

/// Whether two have the same open ways to more.
fn alike(one: &Holder, other: &Holder) -> bool {
    let open = |holder: &Holder| {
        let open = holder.escalations.iter().filter(|found| found.state == "open");
        open.map(|found| (found.path.clone(), found.to_index)).collect::<BTreeSet<_>>()
    };
    open(one) == open(other)
}

fn label(tie: Tie, by: Vec<String>) -> String {
    let mut by: Vec<String> = by.into_iter().map(|one| one.replace('`', "")).collect();
    by.sort();
    by.dedup();
    let more = if by.len() > 1 { format!(" +{}", by.len() - 1) } else { String::new() };
    match (tie, by.first()) {
        (Tie::Escalation, Some(first)) => {
            if first.chars().count() <= LONGEST_LABEL {
                return format!("{first}{more}");
            }
            let shown: String = first.chars().take(LONGEST_LABEL).collect();
            let whole = shown.rsplit_once(" + ").map_or(&*shown, |(whole, _)| whole);
            format!("{whole} …{more}")
        }
        (Tie::Guarded, Some(first)) => first.clone(),
        (Tie::Guarded, None) => "under a condition".to_owned(),
        _ => String::new(),
    }
}
