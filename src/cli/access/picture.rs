//! The picture of who can become whom, small enough to read: what matters first, the rest folded.

use std::collections::{BTreeMap, BTreeSet};

use super::overview::{Answer, Holder, Other, Overview, Party, Question, UnitAccess};

/// So many nodes fit on a page.
const MOST_NODES: usize = 24;

/// And so many edges.
const MOST_EDGES: usize = 40;

/// Of principals that stand for each other so many are named.
const MOST_NAMES: usize = 3;

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
    names: Vec<String>,
    /// The less, the earlier it is left out.
    score: u32,
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
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) title: String,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

/// The pictures of all units, which share the page.
pub(super) fn pictures(overview: &Overview) -> Vec<Picture> {
    let mut pictures: Vec<Picture> =
        overview.units.iter().map(|unit| whole(unit, overview.question.as_ref())).collect();
    pictures.iter_mut().for_each(merge_alike);
    // What matters most, wherever it is.
    let mut order: Vec<(std::cmp::Reverse<u32>, usize, usize)> = Vec::new();
    for (unit, picture) in pictures.iter().enumerate() {
        order.extend(picture.nodes.iter().enumerate().map(|(at, node)| (std::cmp::Reverse(node.score), unit, at)));
    }
    order.sort();
    let tied = |(score, ..): &&(std::cmp::Reverse<u32>, usize, usize)| score.0 > 0;
    let kept: BTreeSet<(usize, usize)> =
        order.iter().filter(tied).take(MOST_NODES).map(|(_, unit, at)| (*unit, *at)).collect();
    let mut edges_left = MOST_EDGES;
    for (unit, picture) in pictures.iter_mut().enumerate() {
        let keep: Vec<bool> = (0..picture.nodes.len()).map(|at| kept.contains(&(unit, at))).collect();
        fold(picture, &keep, &mut edges_left);
    }
    pictures.retain(|picture| !picture.nodes.is_empty());
    pictures
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
        lines.push(format!("used by {}{more}", shortened(&services.join(", "))));
    }
    if holder.incomplete.is_some() {
        lines.push("may have more".to_owned());
    }
    let names = vec![shortened(&holder.name)];
    Node { kind: kind_of(&holder.kind), weight, lines, names, score }
}

/// A name with its middle left out where it is long.
fn shortened(name: &str) -> String {
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
    let key = |condition: &String| {
        let key = condition.split_once(' ').map_or(condition.as_str(), |(_, key)| key);
        key.strip_prefix(&party.name).unwrap_or(key).trim_start_matches(':').to_owned()
    };
    let mut keys: Vec<String> = party.conditions.iter().map(key).collect();
    keys.sort();
    keys.dedup();
    let whole = keys.join(", ");
    let perhaps = if party.restricted == "yes" { "" } else { "perhaps " };
    (!keys.is_empty() && whole.chars().count() <= LONGEST_LABEL).then(|| format!("{perhaps}if {whole} fits"))
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
fn whole(unit: &UnitAccess, question: Option<&Question>) -> Picture {
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
            let of_group = ties.iter().filter(move |((from, ..), _)| from == group);
            let same =
                |((_, to, tie), by): &(&(usize, usize, Tie), &Vec<String>)| ties.get(&(*user, *to, *tie)) == Some(by);
            of_group.filter(same).map(|((_, to, tie), _)| (*user, *to, *tie)).collect::<Vec<_>>()
        })
        .collect();
    ties.retain(|tie, _| !of_groups.contains(tie));
    let edges = ties.into_iter().map(|((from, to, tie), by)| Edge { from, to, tie, label: label(tie, by) });
    let edges: Vec<Edge> = edges.collect();
    // Who can get more without a node to show for it has it written on.
    for (at, (node, holder)) in nodes.iter_mut().zip(&unit.principals).enumerate() {
        let leads_on = edges.iter().any(|edge| edge.from == at);
        let mut open = holder.escalations.iter().filter(|found| found.state == "open").map(|found| &found.path);
        if let (false, Some(first), Weight::Escalates) = (leads_on, open.next(), node.weight) {
            let more = match open.count() {
                0 => String::new(),
                more => format!(" +{more}"),
            };
            node.lines.push(format!("escalates by {}{more}", shortened(first)));
        }
    }
    score(&mut nodes, &edges);
    let title = format!("{} {}", unit.kind, unit.path);
    Picture { title, nodes, edges }
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

/// Who is tied to what matters, matters.
fn score(nodes: &mut [Node], edges: &[Edge]) {
    let own: Vec<u32> = nodes.iter().map(|node| node.score).collect();
    for edge in edges {
        let worth = |at: usize| own.get(at).copied().unwrap_or_default();
        let from = match edge.tie {
            Tie::Escalation => 60 + worth(edge.to) / 4,
            Tie::Trust => 40 + worth(edge.to) / 4,
            Tie::Guarded => 20 + worth(edge.to) / 4,
            Tie::Member => 10 + worth(edge.to) / 4,
        };
        let to = from.saturating_sub(5);
        for (at, score) in [(edge.from, from), (edge.to, to)] {
            if let Some(node) = nodes.get_mut(at) {
                node.score = node.score.max(score);
            }
        }
    }
}

/// Principals of a kind that are tied to the same in the same way become one node.
fn merge_alike(picture: &mut Picture) {
    type Like = (Kind, Weight, Vec<String>, Vec<(usize, Tie, String)>, Vec<(usize, Tie, String)>);
    let mut alike: BTreeMap<Like, Vec<usize>> = BTreeMap::new();
    for (at, node) in picture.nodes.iter().enumerate().filter(|(_, node)| !node.names.is_empty()) {
        let leaving = picture.edges.iter().filter(|edge| edge.from == at);
        let arriving = picture.edges.iter().filter(|edge| edge.to == at);
        let out: Vec<_> = leaving.map(|edge| (edge.to, edge.tie, edge.label.clone())).collect();
        let into: Vec<_> = arriving.map(|edge| (edge.from, edge.tie, edge.label.clone())).collect();
        if out.is_empty() && into.is_empty() {
            continue;
        }
        let more = node.lines.iter().skip(1).cloned().collect();
        alike.entry((node.kind.clone(), node.weight, more, out, into)).or_default().push(at);
    }
    let mut gone = BTreeSet::new();
    for members in alike.into_values().filter(|members| members.len() > 1) {
        let names: Vec<String> =
            members.iter().filter_map(|at| picture.nodes.get(*at)).flat_map(|node| node.names.clone()).collect();
        gone.extend(members.iter().skip(1).copied());
        let Some(node) = members.first().and_then(|at| picture.nodes.get_mut(*at)) else { continue };
        let first = names.iter().take(MOST_NAMES).map(|name| shortened(name)).collect::<Vec<_>>().join(", ");
        let more = if names.len() > MOST_NAMES { ", …" } else { "" };
        let mut lines = vec![format!("{} {}", names.len(), plural(&node.kind)), format!("{first}{more}")];
        lines.extend(node.lines.iter().skip(1).cloned());
        node.lines = lines;
        node.names = names;
    }
    let keep: Vec<bool> = (0..picture.nodes.len()).map(|at| !gone.contains(&at)).collect();
    retain(picture, &keep);
}

fn plural(kind: &Kind) -> &'static str {
    match kind {
        Kind::User => "users",
        Kind::Group => "groups",
        Kind::Role => "roles",
        Kind::PermissionSet => "permission sets",
        Kind::Outside | Kind::Everything | Kind::Folded => "others outside",
    }
}

/// Keeps some nodes, and the edges between them.
fn retain(picture: &mut Picture, keep: &[bool]) {
    let mut place = Vec::new();
    let mut next = 0;
    for kept in keep {
        place.push(kept.then_some(next));
        next += usize::from(*kept);
    }
    let moved = |at: usize| place.get(at).copied().flatten();
    let mut at = 0;
    picture.nodes.retain(|_| {
        at += 1;
        keep.get(at - 1).copied().unwrap_or(false)
    });
    let edges = std::mem::take(&mut picture.edges);
    picture.edges = edges
        .into_iter()
        .filter_map(|edge| Some(Edge { from: moved(edge.from)?, to: moved(edge.to)?, ..edge }))
        .collect();
}

/// Leaves out what does not fit, and says how many.
fn fold(picture: &mut Picture, keep: &[bool], edges_left: &mut usize) {
    let mut left_out: BTreeMap<Kind, usize> = BTreeMap::new();
    for (node, kept) in picture.nodes.iter().zip(keep) {
        if !kept {
            *left_out.entry(node.kind.clone()).or_default() += node.names.len().max(1);
        }
    }
    retain(picture, keep);
    picture.edges.sort_by_key(|edge| std::cmp::Reverse(edge.tie));
    let hidden_edges = picture.edges.len().saturating_sub(*edges_left);
    picture.edges.truncate(*edges_left);
    *edges_left -= picture.edges.len();
    let mut parts: Vec<String> = left_out
        .into_iter()
        .map(|(kind, count)| match (&kind, count) {
            (Kind::Outside, _) => format!("{count} outside"),
            (_, 1) => format!("1 {}", plural(&kind).trim_end_matches('s')),
            _ => format!("{count} {}", plural(&kind)),
        })
        .collect();
    if hidden_edges > 0 {
        parts.push(format!("{hidden_edges} ties"));
    }
    if !parts.is_empty() {
        let lines = vec!["not shown:".to_owned(), parts.join(", ")];
        picture.nodes.push(Node { kind: Kind::Folded, weight: Weight::Plain, lines, names: Vec::new(), score: 0 });
    }
    picture.edges.sort();
}
