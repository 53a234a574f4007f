//! The pictures of all units on one page, small enough to read: what matters first, the rest folded.

use std::collections::{BTreeMap, BTreeSet};

use super::overview::Overview;
use super::picture::{Edge, Kind, MOST_NAMES, Node, Picture, Tie, USED_BY, Weight, shortened, whole};

/// So many nodes fit on a page.
const MOST_NODES: usize = 24;

/// And so many edges.
const MOST_EDGES: usize = 40;

/// Of nodes without a tie that look the same so many are shown one by one.
const MOST_ALIKE: usize = 3;

/// The pictures of the units, which share the page; and of units that have no part in it, what they hold.
pub(super) fn pictures(overview: &Overview) -> (Vec<Picture>, Option<Node>) {
    let all: Vec<Picture> = overview.units.iter().map(|unit| whole(unit, overview.question.as_ref())).collect();
    let mut pictures = all.clone();
    pictures.iter_mut().for_each(|picture| merge_alike(picture, false));
    if pictures.iter().map(|picture| picture.nodes.len()).sum::<usize>() > MOST_NODES {
        pictures = all;
        for picture in &mut pictures {
            leave_out_what_matters_least(picture);
            merge_alike(picture, true);
            merge_untied(picture);
        }
    }
    let kept = chosen(&pictures);
    let mut edges_left = MOST_EDGES;
    let (mut shown, mut rest, mut units) = (Vec::new(), BTreeMap::new(), 0);
    for (unit, mut picture) in pictures.into_iter().enumerate() {
        let keep: Vec<bool> = (0..picture.nodes.len()).map(|at| kept.contains(&(unit, at))).collect();
        if keep.contains(&true) || overview.units.len() == 1 {
            fold(&mut picture, &keep, &mut edges_left);
            shown.extend(Some(picture).filter(|picture| !picture.nodes.is_empty()));
        } else {
            count(picture.nodes.iter(), &mut rest);
            units += 1;
        }
    }
    let what = if units == 1 { "1 configuration".to_owned() } else { format!("{units} configurations") };
    let left_out = (units > 0).then(|| folded(&format!("{what} not shown:"), rest, 0)).flatten();
    (shown, left_out)
}

/// What is shown: ties with both their ends, and nodes that matter by themselves, what matters most first.
fn chosen(pictures: &[Picture]) -> BTreeSet<(usize, usize)> {
    let mut order = Vec::new();
    for (unit, picture) in pictures.iter().enumerate() {
        for edge in &picture.edges {
            order.push((std::cmp::Reverse(weight_of(picture, edge)), unit, edge.to, edge.from));
        }
        for (at, node) in picture.nodes.iter().enumerate().filter(|(_, node)| node.score > 0) {
            order.push((std::cmp::Reverse(node.score), unit, at, at));
        }
    }
    order.sort();
    let mut kept: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (_, unit, to, from) in order {
        let new: BTreeSet<(usize, usize)> = [(unit, to), (unit, from)].into_iter().collect();
        if kept.union(&new).count() <= MOST_NODES {
            kept.extend(new);
        }
    }
    kept
}

/// How much a tie matters: by what it leads to.
fn weight_of(picture: &Picture, edge: &Edge) -> u32 {
    let worth = |at: usize| picture.nodes.get(at).map_or(0, |node| node.score);
    let tie = match edge.tie {
        Tie::Escalation => 100,
        Tie::Trust => 60,
        Tie::Guarded => 40,
        Tie::Member => 20,
    };
    tie + worth(edge.to) / 2 + worth(edge.from) / 4
}

/// Of a page that is full, memberships of groups that can nothing of note are left out; and of those who can get more what leads
/// to less.
fn leave_out_what_matters_least(picture: &mut Picture) {
    let leading: BTreeSet<usize> = picture.edges.iter().map(|edge| edge.from).collect();
    let escalating = picture.edges.iter().filter(|edge| edge.tie == Tie::Escalation);
    let escalating: BTreeSet<usize> = escalating.map(|edge| edge.from).collect();
    let scores: Vec<u32> = picture.nodes.iter().map(|node| node.score).collect();
    picture.edges.retain(|edge| {
        let worth = scores.get(edge.to).copied().unwrap_or_default();
        match (edge.tie, escalating.contains(&edge.from)) {
            (Tie::Escalation, _) => true,
            (Tie::Member, true) => false,
            (_, true) => worth > 0,
            (Tie::Member, false) => worth > 0 || leading.contains(&edge.to),
            (_, false) => true,
        }
    });
}

/// Nodes without ties that look the same become one where they are many.
fn merge_untied(picture: &mut Picture) {
    let tied: BTreeSet<usize> = picture.edges.iter().flat_map(|edge| [edge.from, edge.to]).collect();
    let mut alike: BTreeMap<(Kind, Weight, u32, Vec<String>), Vec<usize>> = BTreeMap::new();
    for (at, node) in picture.nodes.iter_mut().enumerate() {
        if tied.contains(&at) || node.names.is_empty() || node.score == 0 {
            continue;
        }
        alike.entry((node.kind.clone(), node.weight, node.score, says(node, true))).or_default().push(at);
    }
    join(picture, alike.into_values().filter(|members| members.len() > MOST_ALIKE).collect());
}

/// What a node says but for its name, and of a page that is full but for the services that take it on.
fn says(node: &Node, is_full: bool) -> Vec<String> {
    node.lines.iter().skip(1).filter(|line| !is_full || !line.starts_with(USED_BY)).cloned().collect()
}

/// Principals of a kind that are tied to the same in the same way become one node.
fn merge_alike(picture: &mut Picture, is_full: bool) {
    type Like = (Kind, Weight, Vec<String>, Vec<(usize, Tie, String)>, Vec<(usize, Tie, String)>);
    let mut alike: BTreeMap<Like, Vec<usize>> = BTreeMap::new();
    let (mut leaving, mut arriving) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
    for edge in &picture.edges {
        leaving.entry(edge.from).or_default().push((edge.to, edge.tie, edge.label.clone()));
        arriving.entry(edge.to).or_default().push((edge.from, edge.tie, edge.label.clone()));
    }
    for (at, node) in picture.nodes.iter().enumerate().filter(|(_, node)| !node.names.is_empty()) {
        let (out, into) = (leaving.remove(&at).unwrap_or_default(), arriving.remove(&at).unwrap_or_default());
        if out.is_empty() && into.is_empty() {
            continue;
        }
        alike.entry((node.kind.clone(), node.weight, says(node, is_full), out, into)).or_default().push(at);
    }
    join(picture, alike.into_values().filter(|members| members.len() > 1).collect());
}

/// Makes one node of several.
fn join(picture: &mut Picture, alike: Vec<Vec<usize>>) {
    let mut gone = BTreeSet::new();
    for members in alike {
        let names: Vec<String> =
            members.iter().filter_map(|at| picture.nodes.get(*at)).flat_map(|node| node.names.clone()).collect();
        gone.extend(members.iter().skip(1).copied());
        let lines = |at: usize| picture.nodes.get(at).map(|node| says(node, false));
        let same = members.iter().all(|at| members.first().is_some_and(|first| lines(*at) == lines(*first)));
        let Some(node) = members.first().and_then(|at| picture.nodes.get_mut(*at)) else { continue };
        let first = names.iter().take(MOST_NAMES).map(|name| shortened(name)).collect::<Vec<_>>().join(", ");
        let more = if names.len() > MOST_NAMES { ", …" } else { "" };
        let mut lines = vec![format!("{} {}", names.len(), plural(&node.kind)), format!("{first}{more}")];
        lines.extend(says(node, !same));
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
    let mut left_out = BTreeMap::new();
    let without = picture.nodes.iter().zip(keep).filter(|(_, kept)| !**kept).map(|(node, _)| node);
    count(without, &mut left_out);
    retain(picture, keep);
    picture.edges.sort_by_key(|edge| std::cmp::Reverse(edge.tie));
    let hidden_edges = picture.edges.len().saturating_sub(*edges_left);
    picture.edges.truncate(*edges_left);
    *edges_left -= picture.edges.len();
    picture.nodes.extend(folded("not shown:", left_out, hidden_edges));
    picture.edges.sort();
}

/// Counts whom nodes stand for.
fn count<'n>(nodes: impl Iterator<Item = &'n Node>, into: &mut BTreeMap<Kind, usize>) {
    for node in nodes.filter(|node| !node.names.is_empty()) {
        *into.entry(node.kind.clone()).or_default() += node.names.len();
    }
}

/// The node that says what is not shown.
fn folded(title: &str, left_out: BTreeMap<Kind, usize>, hidden_edges: usize) -> Option<Node> {
    let mut parts: Vec<String> = left_out
        .into_iter()
        .map(|(kind, count)| match (&kind, count) {
            (Kind::Outside, _) => format!("{count} outside"),
            (_, 1) => format!("1 {}", plural(&kind).trim_end_matches('s')),
            _ => format!("{count} {}", plural(&kind)),
        })
        .collect();
    match hidden_edges {
        0 => {}
        1 => parts.push("1 tie".to_owned()),
        more => parts.push(format!("{more} ties")),
    }
    let lines = vec![title.to_owned(), parts.join(", ")];
    let node = Node { kind: Kind::Folded, weight: Weight::Plain, lines, names: Vec::new(), score: 0 };
    (!parts.is_empty()).then_some(node)
}
