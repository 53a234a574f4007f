//! Tables for people.

use std::io::{self, Write};

use super::overview::{
    Answer, Because, Escalation, Holder, Level, Other, Overview, Party, Passage, Question, Shown, UnitAccess, Within,
};

use crate::iam::SOME;

/// Of the policies that grant actions of a level no more are shown.
const MOST_POLICIES: usize = 3;

/// Of the ways to more permissions no more are shown.
const MOST_WAYS: usize = 5;

/// Of the administrators of a unit no more are named at its head.
const MOST_NAMES: usize = 5;

/// Of the resources that let in the same party no more are shown.
const MOST_RESOURCES: usize = 5;

pub(super) fn write(overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    if let Some(question) = &overview.question {
        return answers(overview, question, out);
    }
    if overview.units.is_empty() {
        return writeln!(out, "there are no users, groups or roles");
    }
    for unit in &overview.units {
        writeln!(out, "# {} {}", unit.kind, unit.path)?;
        head(unit, out)?;
        for holder in &unit.principals {
            principal(unit, holder, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn place(shown: &Shown) -> String {
    if shown.file.is_empty() { String::new() } else { format!("{}:{}", shown.file, shown.line) }
}

/// The place of the last step that has one.
fn last_place(because: &[Because]) -> String {
    because.iter().rev().map(|step| place(&step.place)).find(|place| !place.is_empty()).unwrap_or_default()
}

fn principal(unit: &UnitAccess, holder: &Holder, out: &mut dyn Write) -> io::Result<()> {
    let (kind, name) = (&holder.kind, &holder.name);
    let address = match (holder.existing, &holder.address) {
        (false, address) => address.clone(),
        (true, address) if *address == format!("{kind}/{name}") => "(not declared here)".to_owned(),
        (true, address) => format!("{address} (not declared here)"),
    };
    writeln!(out, "\n{kind} `{name}`  {address}  {}", place(&holder.place))?;
    if !holder.groups.is_empty() {
        writeln!(out, "  member of    {}", holder.groups.join(", "))?;
    }
    for party in &holder.trusts {
        writeln!(out, "  trusts       {}{}  {}", trusted(party), condition(party), place(&party.place))?;
    }
    for within in holder.within.iter().filter(|within| within.kind == "permissions-boundary") {
        ceiling(within, out)?;
    }
    match holder.administrator {
        "yes" if holder.is_granted_all => writeln!(out, "  administrator: may do {}", how_much(&holder.levels))?,
        "yes" => writeln!(out, "  administrator: can get there, see below")?,
        "undecided" => {
            let reason =
                holder.administrator_undecided.as_ref().filter(|reason| Some(*reason) != holder.incomplete.as_ref());
            let reason = reason.map_or("see below", String::as_str);
            writeln!(out, "  administrator: undecided, {reason}")?;
        }
        _ => {}
    }
    let same_levels = |group: &&Holder| holder.group_indices.contains(&group.index) && same_table(holder, group);
    match unit.principals.iter().find(same_levels) {
        Some(group) => writeln!(out, "  may do what group `{}` may", group.name)?,
        None if holder.is_granted_all => everything(holder, out)?,
        None => levels(holder, &holder.levels, out)?,
    }
    for way in &holder.without_effect {
        let Some((key, way)) = way.split_last() else { continue };
        writeln!(out, "  no effect    {}", of_itself(holder, &granted_by(way)))?;
        writeln!(out, "    {}  {}", key.message, place(&key.place))?;
    }
    let as_group = |group: &&Holder| holder.group_indices.contains(&group.index) && same_ways(unit, holder, group);
    if let Some(group) = unit.principals.iter().find(as_group) {
        let mut paths: Vec<&str> = open_ways(holder).map(|found| found.path.as_str()).collect();
        paths.dedup();
        writeln!(out, "  escalates as group `{}` does: {}", group.name, paths.join(", "))?;
        return incomplete(holder, out);
    }
    ways(holder, out)?;
    for passage in passages_of(unit, holder) {
        writeln!(out, "  can become   {} by {}  {}", passage.to_name, passage.by, place(&passage.place))?;
    }
    incomplete(holder, out)
}

fn incomplete(holder: &Holder, out: &mut dyn Write) -> io::Result<()> {
    match &holder.incomplete {
        Some(reason) => {
            let at = holder.incomplete_at.as_ref().map(place).unwrap_or_default();
            let line = format!("  there may be more: {reason}  {at}");
            writeln!(out, "{}", line.trim_end())
        }
        None => Ok(()),
    }
}

/// Who of a unit is an administrator, and what limits all of it.
fn head(unit: &UnitAccess, out: &mut dyn Write) -> io::Result<()> {
    // Of one there is nothing to sum up.
    if unit.principals.len() > 1 {
        let who =
            [("administrators", "yes", true), ("can become one", "yes", false), ("undecided", "undecided", false)];
        for (title, answer, granted) in who {
            let is_such =
                |one: &&Holder| one.administrator == answer && (answer != "yes" || one.is_granted_all == granted);
            // What those hold who are not declared here is not known of any of them.
            let is_told =
                |one: &&Holder| !one.existing || answer == "yes" || one.administrator_undecided != one.incomplete;
            let all: Vec<String> = unit
                .principals
                .iter()
                .filter(is_such)
                .filter(is_told)
                .map(|one| format!("{} `{}`", one.kind, one.name))
                .collect();
            if let Some(more) = all.len().checked_sub(MOST_NAMES).filter(|more| *more > 0) {
                let some = all.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
                writeln!(out, "{title}: {some} and {more} more")?;
            } else if !all.is_empty() {
                writeln!(out, "{title}: {}", all.join(", "))?;
            }
        }
    }
    // The same for all of them.
    let of_all = unit.principals.first().map_or(&[][..], |first| &first.within);
    of_all.iter().filter(|within| within.kind != "permissions-boundary").try_for_each(|within| ceiling(within, out))
}

/// What limits a principal, with the reason where it is not certain.
fn ceiling(within: &Within, out: &mut dyn Write) -> io::Result<()> {
    let (indent, kind) = match within.kind {
        "permissions-boundary" => ("  within       ", "permissions boundary".to_owned()),
        kind => ("within ", kind.replace('-', " ")),
    };
    let undecided = within.undecided.as_ref().map(|reason| format!(", undecided: {reason}")).unwrap_or_default();
    let line = format!("{indent}{kind} `{}`{undecided}  {}", within.name, place(&within.place));
    writeln!(out, "{}", line.trim_end())
}

/// The condition under which a party is trusted.
fn condition(party: &Party) -> String {
    let all = party.conditions.join(", ");
    match (party.restricted, all.is_empty()) {
        ("no", true) => String::new(),
        ("no", false) => format!(", under a condition that keeps nobody out: {all}"),
        ("yes", true) => ", under a condition".to_owned(),
        ("yes", false) => format!(", under a condition: {all}"),
        (_, true) => ", perhaps under a condition".to_owned(),
        (_, false) => format!(", perhaps under a condition: {all}"),
    }
}

/// Whom a trust names.
fn trusted(party: &Party) -> String {
    match (party.kind, party.own, party.address.is_some()) {
        ("account", true, _) => "the own account".to_owned(),
        ("user" | "role", _, true) => format!("{} `{}`", party.kind, party.name),
        ("account", ..) => format!("account `{}`", party.name),
        (kind, own, _) => outsider(kind, &party.name, own),
    }
}

fn passages_of<'h>(unit: &'h UnitAccess, holder: &'h Holder) -> impl Iterator<Item = &'h Passage> {
    unit.passages.iter().filter(|passage| passage.from_index == holder.index)
}

fn open_ways(holder: &Holder) -> impl Iterator<Item = &Escalation> {
    holder.escalations.iter().filter(|found| found.state != "confined")
}

/// Whether a member has ways to more, and just those of its group.
fn same_ways(unit: &UnitAccess, member: &Holder, group: &Holder) -> bool {
    let ways = |holder: &Holder| {
        let about = |found: &Escalation| (found.path.clone(), found.state, found.severity, found.to_index);
        open_ways(holder).map(about).collect::<Vec<_>>()
    };
    let passages = |holder: &Holder| {
        passages_of(unit, holder).map(|passage| (passage.to_index, passage.by.clone())).collect::<Vec<_>>()
    };
    let mine = ways(member);
    !mine.is_empty() && mine == ways(group) && passages(member) == passages(group)
}

/// Whether a member may do just what its group may, by the same policies.
fn same_table(member: &Holder, group: &Holder) -> bool {
    let table = |holder: &Holder| {
        let row = |level: &Level| {
            let because: Vec<String> = level.because.iter().map(|way| granted_by(way)).collect();
            (level.level, level.actions, level.possible, because)
        };
        holder.levels.iter().map(row).collect::<Vec<_>>()
    };
    !member.levels.is_empty() && table(member) == table(group)
}

/// All levels of an administrator at once, with what grants the most.
fn everything(holder: &Holder, out: &mut dyn Write) -> io::Result<()> {
    let all = &holder.levels;
    let is_cut = all.iter().any(|level| level.possible > 0);
    let [first, ..] = all.as_slice() else { return levels(holder, all, out) };
    let same = |level: &Level| {
        let because = |level: &Level| level.because.iter().map(|way| granted_by(way)).collect::<Vec<_>>();
        because(first).iter().all(|one| because(level).contains(one))
    };
    if is_cut || !all.iter().all(same) {
        return levels(holder, all, out);
    }
    let actions: usize = all.iter().map(|level| level.actions).sum();
    let sum =
        Level { level: "every level", actions, possible: 0, examples: Vec::new(), because: first.because.clone() };
    levels(holder, &[sum], out)
}

/// An administrator may be so with a few actions left out.
fn how_much(levels: &[Level]) -> String {
    let granted: usize = levels.iter().map(|level| level.actions).sum();
    match crate::iam::catalogue::action_count().saturating_sub(granted) {
        0 => "everything".to_owned(),
        1 => "everything but one action".to_owned(),
        few => format!("everything but {few} actions"),
    }
}

fn levels(holder: &Holder, levels: &[Level], out: &mut dyn Write) -> io::Result<()> {
    if levels.is_empty() {
        return writeln!(out, "  may do nothing by what is known");
    }
    let some_possible = levels.iter().any(|level| level.possible > 0);
    let possible = |text: &str| if some_possible { format!("{text:>10}") } else { String::new() };
    writeln!(out, "  {:24}{:>8}{}  granted by", "access level", "actions", possible("possible"))?;
    let mut before: Vec<String> = Vec::new();
    for level in levels {
        let count = if level.possible > 0 { format!("+{}", level.possible) } else { String::new() };
        let mut because: Vec<String> = level.because.iter().map(|way| of_itself(holder, &granted_by(way))).collect();
        let hidden = because.len().saturating_sub(MOST_POLICIES);
        because.truncate(MOST_POLICIES);
        if hidden > 0 {
            because.push(format!("… and {hidden} more policies"));
        }
        let is_same = because == before && !because.is_empty();
        let first = if is_same { "the same" } else { because.first().map_or("", String::as_str) };
        let line = format!("  {:24}{:>8}{}  {first}", level.level, level.actions, possible(&count));
        writeln!(out, "{}", line.trim_end())?;
        for more in because.iter().skip(1).filter(|_| !is_same) {
            writeln!(out, "  {:24}{:>8}{}  {more}", "", "", possible(""))?;
        }
        before = because;
    }
    Ok(())
}

/// The policy and whose it is, with the place of the statement.
fn granted_by(way: &[Because]) -> String {
    // The last step is the statement, where it stands in a file; the one before it names the policy.
    let statement = way.last().filter(|step| step.message.starts_with("which "));
    let policy = if statement.is_some() { way.iter().rev().nth(1) } else { way.last() };
    let message = policy.map(|step| step.message.as_str()).unwrap_or_default();
    format!("{message}  {}", last_place(way)).trim_end().to_owned()
}

/// The same without the words that say whose it is, where it is the principal's own.
fn of_itself(holder: &Holder, granted: &str) -> String {
    let owner = format!("{} `{}`", holder.kind, holder.name);
    let attached = granted.replacen(&format!(" is attached to {owner}"), "", 1);
    attached.replacen(&format!(" of {owner}"), "", 1)
}

fn ways(holder: &Holder, out: &mut dyn Write) -> io::Result<()> {
    let open: Vec<_> = open_ways(holder).collect();
    // What ways have in common is told with the first of them.
    let mut told: Vec<(&str, String)> = Vec::new();
    for found in open.iter().take(MOST_WAYS) {
        let to = match (&found.to, found.administrator) {
            (_, true) => " to administrator",
            (Some(_), false) => " to another principal",
            (None, false) => "",
        };
        let guarded = if found.guarded { ", guarded by MFA or a network" } else { "" };
        let state = if found.state == "open" { String::new() } else { format!(", {}", found.state) };
        writeln!(out, "  escalates{to}: {} ({}{guarded}{state})", found.path, found.severity)?;
        let steps: Vec<(&str, String)> = found.because.iter().map(|s| (s.message.as_str(), place(&s.place))).collect();
        let new = steps.iter().filter(|step| !told.contains(step));
        for (message, place) in new {
            writeln!(out, "    {message}  {place}")?;
        }
        let known = steps.iter().rev().take_while(|step| told.contains(step)).count();
        match steps.get(steps.len() - known) {
            Some(_) if known == steps.len() => writeln!(out, "    by what is told above")?,
            Some((message, _)) => writeln!(out, "    {message}, as above")?,
            None => {}
        }
        told.extend(steps);
        if let Some(reason) = &found.undecided {
            writeln!(out, "    undecided: {reason}")?;
        }
    }
    if open.len() > MOST_WAYS {
        writeln!(out, "  … and {} more ways to more permissions", open.len() - MOST_WAYS)?;
    }
    Ok(())
}

fn answers(overview: &Overview, question: &Question, out: &mut dyn Write) -> io::Result<()> {
    let on = question.resource.as_ref().map(|resource| format!(" on {}", crate::report::one_line(resource)));
    writeln!(out, "who may do {}{}", question.action, on.unwrap_or_default())?;
    if overview.units.is_empty() {
        return writeln!(out, "\nnobody by what is known");
    }
    for unit in &overview.units {
        writeln!(out, "\n# {} {}", unit.kind, unit.path)?;
        for holder in &unit.principals {
            let Some(answer) = &holder.answer else { continue };
            writeln!(out, "\n{} `{}`: {}", holder.kind, holder.name, verdict(answer))?;
            for step in &answer.because {
                writeln!(out, "  {}  {}", step.message, place(&step.place))?;
            }
            reason(answer, out)?;
        }
        let let_in = unit.others.as_deref().unwrap_or_default();
        others(let_in, out)?;
        if unit.principals.is_empty() && let_in.is_empty() {
            writeln!(out, "\nnobody by what is known")?;
        }
        others(unit.kept_out.as_deref().unwrap_or_default(), out)?;
        for filter in unit.filters.iter().flatten() {
            writeln!(
                out,
                "\nnot judged: requests through `{}` must pass its policy, too  {}",
                filter.name,
                place(&filter.place)
            )?;
        }
    }
    Ok(())
}

/// Those outside, each once with all that lets it in.
fn others(all: &[Other], out: &mut dyn Write) -> io::Result<()> {
    let mut told: Vec<(String, Vec<&Other>)> = Vec::new();
    for other in all {
        let head = format!("{}: {}", outsider(other.kind, &other.name, other.own), verdict(&other.answer));
        match told.iter_mut().find(|(known, _)| *known == head) {
            Some((_, ways)) => ways.push(other),
            None => told.push((head, vec![other])),
        }
    }
    for (head, ways) in told {
        writeln!(out, "\n{head}")?;
        for other in ways.iter().take(MOST_RESOURCES) {
            for step in &other.answer.because {
                writeln!(out, "  {}  {}", step.message, place(&step.place))?;
            }
            reason(&other.answer, out)?;
        }
        if ways.len() > MOST_RESOURCES {
            writeln!(out, "  … and by {} more resources", ways.len() - MOST_RESOURCES)?;
        }
    }
    Ok(())
}

fn reason(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    match &answer.undecided {
        Some(reason) => writeln!(out, "  undecided: {reason}"),
        None => Ok(()),
    }
}

/// Somebody outside, as people say.
fn outsider(kind: &str, name: &str, own: bool) -> String {
    match kind {
        "user" | "role" | "federated-user" if own => format!("{kind} `{name}` of the own account"),
        "other" if own => format!("`{name}`, whoever deploys"),
        "any" => "everybody".to_owned(),
        "account" => format!("account `{name}`, whoever its administrators let"),
        "user" | "role" | "federated-user" => format!("{kind} `{name}` from outside"),
        "unknown" | "other" => format!("`{name}`"),
        "canonical" => format!("canonical user `{name}`"),
        "dead" => format!("the deleted principal `{name}`"),
        "oidc" | "saml" => format!("{} provider `{name}`", kind.to_uppercase()),
        "shared-issuer" => format!("the issuer `{name}`, which all the world shares"),
        kind => format!("{kind} `{name}`"),
    }
}

fn verdict(answer: &Answer) -> String {
    let (some, conditions): (Vec<&str>, Vec<&str>) =
        answer.conditions.iter().map(String::as_str).partition(|condition| *condition == SOME);
    let some = some.first().map(|some| format!(", {some}")).unwrap_or_default();
    match (answer.answer, answer.conditional) {
        ("yes", true) if conditions.is_empty() && some.is_empty() => {
            "yes, but for some requests that are denied".to_owned()
        }
        ("yes", true) if conditions.is_empty() => format!("yes{some}"),
        ("yes", true) => format!("yes{some}, where the condition holds: {}", conditions.join(", ")),
        ("no", _) => "kept out".to_owned(),
        (answer, _) => format!("{answer}{some}"),
    }
}
