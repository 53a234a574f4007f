//! Runs rules over a unit: hits, what could not be decided, and how many questions were asked.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::pattern::{Verdict, answer};
use super::truth::holds;
use super::{Rule, RuleInfo, Severity};
use crate::iam::exposure::Known;
use crate::iam::{Identity, SUBJECT_KINDS, Subject};
use crate::model::{Kinds, Mode, Unit};
use crate::source::{Origin, Sources};
use crate::value::{Data, Piece, Truth, Value};

/// A rule that is broken by something.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The rule.
    pub rule: Arc<RuleInfo>,
    /// The severity of this hit.
    pub severity: Severity,
    /// The position of the resource in the unit.
    pub resource: usize,
    /// The element as a whole, such as a statement, with the position of its resource; hits of several rules on it have one
    /// cause.
    pub scope: (usize, Origin),
    /// The element that a person must edit.
    pub origin: Origin,
    /// What is wrong, with names.
    pub message: String,
    /// What explains it.
    pub related: Vec<(String, Origin)>,
    /// The policy document of which one finding tells all, and what is said there of this hit beside a worse one.
    pub beside: Option<(Origin, String)>,
}

/// A rule that cannot be decided for something.
#[derive(Clone, Debug)]
pub struct Open {
    /// The rule.
    pub rule: Arc<RuleInfo>,
    /// The position of the resource in the unit.
    pub resource: usize,
    /// Where the unknown stands.
    pub origin: Origin,
    /// Why, as a phrase.
    pub reason: String,
}

/// What the rules say of a unit.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Broken rules, by rule and then by the order of the unit.
    pub hits: Vec<Hit>,
    /// Undecided rules, in the same order.
    pub open: Vec<Open>,
    /// How many questions were asked.
    pub checks: usize,
}

/// So few subjects are judged by one thread: to hand them to others costs more.
const FEW: usize = 128;

/// Nor are so few questions in all.
const FEW_CHECKS: usize = 4_096;

/// Runs the rules over a unit. Resources that a plan deletes must have been taken out of it.
pub fn run(rules: &[Rule], unit: &Unit, sources: &Sources, own: Known<'_>) -> Outcome {
    let kinds = Kinds::built_in();
    let identity = Identity::new(unit, kinds, sources, own.accounts).of_organizations(own.organizations);
    let mut targets: Vec<&str> = rules.iter().map(|rule| rule.info.target.as_str()).collect();
    targets.sort_unstable();
    targets.dedup();
    identity.prepare(&targets);
    let subjects: HashMap<&str, Vec<Subject>> =
        targets.into_par_iter().map(|target| (target, subjects_of(target, unit, kinds, &identity))).collect();
    let of_rule = |rule: &Rule| subjects.get(rule.info.target.as_str()).map_or(&[][..], Vec::as_slice);
    let judge_all = |rule: &Rule| {
        let subjects = of_rule(rule);
        let one = |subject: &Subject| judge(rule, subject, unit);
        let judged: Vec<(Option<Hit>, Option<Open>)> = match subjects.len() {
            0..FEW => subjects.iter().map(one).collect(),
            _ => subjects.par_iter().with_min_len(64).map(one).collect(),
        };
        let mut outcome = Outcome { checks: subjects.len(), ..Outcome::default() };
        for (hit, open) in judged {
            outcome.hits.extend(hit);
            outcome.open.extend(open);
        }
        outcome
    };
    let outcomes: Vec<Outcome> = match rules.iter().map(|rule| of_rule(rule).len()).sum::<usize>() {
        0..FEW_CHECKS => rules.iter().map(judge_all).collect(),
        _ => rules.par_iter().map(judge_all).collect(),
    };
    // To take apart what the rules looked at costs as much as to look at it: somebody with time does it.
    let done: Vec<Vec<Subject>> = subjects.into_values().collect();
    rayon::spawn(move || drop(done));
    let mut whole = Outcome::default();
    for outcome in outcomes {
        whole.hits.extend(outcome.hits);
        whole.open.extend(outcome.open);
        whole.checks += outcome.checks;
    }
    whole
}

/// Whether a target names something that rules can look at: a kind, or a provider type.
pub fn is_target(target: &str) -> bool {
    SUBJECT_KINDS.contains(&target)
        || Kinds::built_in().has_kind(target)
        || target.contains("::")
        || target.contains('_')
}

/// The fields of a kind; none for a provider type, whose attributes are not listed anywhere.
pub(super) fn fields(target: &str) -> Option<Vec<String>> {
    if SUBJECT_KINDS.contains(&target) {
        return Some(crate::iam::fields_of(target).into_iter().map(str::to_owned).collect());
    }
    let kinds = Kinds::built_in();
    kinds.has_kind(target).then(|| kinds.field_names(target))
}

fn subjects_of(target: &str, unit: &Unit, kinds: &Kinds, identity: &Identity<'_>) -> Vec<Subject> {
    if SUBJECT_KINDS.contains(&target) {
        return identity.subjects(target);
    }
    if kinds.has_kind(target) {
        return identity.plain_subjects(target);
    }
    let is_target = |resource: &crate::model::Resource| {
        &*resource.provider_type == target && matches!(resource.mode, Mode::Managed)
    };
    let of_type = unit.resources.iter().enumerate().filter(|(_, resource)| is_target(resource));
    of_type
        .map(|(index, resource)| Subject {
            resource: index,
            origin: resource.origin,
            cause: None,
            document: Origin::NONE,
            value: resource.attributes.clone(),
        })
        .collect()
}

fn judge(rule: &Rule, subject: &Subject, unit: &Unit) -> (Option<Hit>, Option<Open>) {
    // Mostly it is not so, which is told without places and reasons.
    if Truth::any(rule.matches.iter().map(|condition| holds(condition, &subject.value))).is_false() {
        return (None, None);
    }
    let mut verdict = Verdict { truth: Truth::False, witnesses: Vec::new(), reasons: Vec::new() };
    for condition in &rule.matches {
        let one = answer(condition, &subject.value);
        verdict.truth = verdict.truth.or(one.truth);
        verdict.reasons.extend(one.reasons);
        if one.truth.is_true() {
            verdict.witnesses = one.witnesses;
            break;
        }
    }
    if verdict.truth.is_false() {
        return (None, None);
    }
    if let Some(unless) = &rule.unless {
        let exception = answer(unless, &subject.value);
        verdict.truth = verdict.truth.and(!exception.truth);
        if exception.truth == Truth::Unknown {
            verdict.reasons.extend(exception.reasons);
        }
    }
    match verdict.truth {
        Truth::False => (None, None),
        Truth::Unknown => {
            let reason = verdict.reasons.first();
            let origin = reason.map_or(subject.origin, |unknown| unknown.origin.or(subject.origin));
            let open = Open {
                rule: rule.info.clone(),
                resource: told_of(rule, subject, origin, unit),
                origin,
                reason: reason.map_or_else(|| "it cannot be told".to_owned(), |unknown| unknown.reason()),
            };
            (None, Some(open))
        }
        Truth::True => (Some(hit(rule, subject, &verdict, unit)), None),
    }
}

/// The resource that an answer is told of: for the account as a whole the one that it points to.
fn told_of(rule: &Rule, subject: &Subject, place: Origin, unit: &Unit) -> usize {
    let holds = |r: &crate::model::Resource| r.extent.file == place.file && r.extent.span.holds(place.span);
    let pointed_to = if rule.info.target == "account" { unit.resources.iter().position(holds) } else { None };
    pointed_to.unwrap_or(subject.resource)
}

fn hit(rule: &Rule, subject: &Subject, verdict: &Verdict, unit: &Unit) -> Hit {
    let found = |path: &str| {
        let witness = verdict.witness(path).map(|value| value.origin).filter(|origin| origin.is_some());
        witness.or_else(|| look_up(subject, path, verdict).map(|value| value.origin).filter(|origin| origin.is_some()))
    };
    let origin = match &rule.at {
        Some(path) if path == "." => Some(subject.origin),
        Some(path) => found(path),
        None => verdict.place(),
    };
    let index = told_of(rule, subject, origin.unwrap_or(subject.origin), unit);
    let resource = unit.resources.get(index);
    let mut related = Vec::new();
    for (path, witness) in &verdict.witnesses {
        if let (Some(because), false) = (witness.get("because"), path.contains('.')) {
            let text = |name: &str| witness.get(name).map(display).unwrap_or_default();
            related.push((format!("{} `{}`", text("type"), text("name")), witness.origin));
            related.extend(because.elements().iter().map(|step| (display(step), step.origin)));
        }
    }
    for (path, template) in &rule.related {
        let Some(value) = look_up_all(subject, path) else { continue };
        for element in value.elements() {
            let inner = Subject { value: element.clone(), ..*subject };
            related.push((fill(template, &inner, verdict, rule, resource.map(|r| &*r.address)), element.origin));
        }
    }
    related.dedup();
    let severity = rule
        .severity_when
        .iter()
        .find(|(_, condition)| holds(condition, &subject.value).is_true())
        .map_or(rule.info.severity, |(severity, _)| *severity);
    let template = rule.once_per_document.as_ref().filter(|_| subject.document.is_some());
    let beside = template.map(|template| fill(template, subject, verdict, rule, resource.map(|r| &*r.address)));
    Hit {
        rule: rule.info.clone(),
        severity,
        resource: index,
        scope: subject.cause.unwrap_or((index, subject.origin)),
        origin: origin.unwrap_or(subject.origin),
        message: fill(&rule.message, subject, verdict, rule, resource.map(|r| &*r.address)),
        related,
        beside: beside.map(|text| (subject.document, text)),
    }
}

/// The value at a path; of a list, the element that matched, else the first one.
fn look_up<'v>(subject: &'v Subject, path: &str, verdict: &'v Verdict) -> Option<&'v Value> {
    let mut value = &subject.value;
    let mut walked = String::new();
    for name in path.split('.') {
        if !walked.is_empty() {
            walked.push('.');
        }
        walked.push_str(name);
        value = value.get(name)?;
        let is_last = walked.len() == path.len();
        if let Data::List(list) = &value.data
            && !is_last
        {
            let matched = verdict.witnesses.iter().find(|(found, v)| *found == walked && v.as_list().is_none());
            match matched.map(|(_, witness)| witness).or_else(|| list.items.first()) {
                Some(element) => value = element,
                None => break,
            }
        }
    }
    Some(value)
}

fn look_up_all<'v>(subject: &'v Subject, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(&subject.value, |value, name| value.get(name))
}

/// Fills the placeholders of a message: `{path}`, `{#path}` (how many), `{#path|one|several}` (with the word for so many),
/// `{$parameter}`, `{resource}`.
fn fill(template: &str, subject: &Subject, verdict: &Verdict, rule: &Rule, address: Option<&str>) -> String {
    let mut message = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        message.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            message.push('{');
            rest = after;
            break;
        };
        rest = behind;
        if name == "resource" {
            message.push_str(address.unwrap_or_default());
        } else if let Some(parameter) = name.strip_prefix('$') {
            if let Some(value) = rule.parameters.get(parameter) {
                message.push_str(&display(&crate::model::of_toml(value, Origin::NONE)));
            }
        } else if let Some(counted) = name.strip_prefix('#') {
            let mut parts = counted.split('|');
            let path = parts.next().unwrap_or_default();
            let number = look_up_all(subject, path).map_or(0, |value| value.elements().len());
            message.push_str(&number.to_string());
            let (one, several) = (parts.next(), parts.next());
            if let Some(word) = if number == 1 { one } else { several.or(one) } {
                message.push(' ');
                message.push_str(word);
            }
        } else if let Some(path) = name.strip_prefix('=') {
            let one = verdict.witnesses.iter().find(|(found, value)| found == path && value.as_list().is_none());
            let one = one.map(|(_, value)| value).or_else(|| look_up(subject, path, verdict));
            message.push_str(&one.map(display).unwrap_or_default());
        } else {
            let value = look_up(subject, name, verdict);
            let quoted = rest.strip_prefix('`').filter(|_| before.ends_with('`'));
            match (value.filter(|value| value.as_list().is_some()), quoted) {
                // Each element of a list between backticks has its own.
                (Some(list), Some(behind)) => {
                    message.pop();
                    message.push_str(&quoted_list(list));
                    rest = behind;
                }
                _ => message.push_str(&value.map(display).unwrap_or_default()),
            }
        }
    }
    message.push_str(rest);
    message
}

/// So many elements of a list are shown in a message.
const SHOWN: usize = 5;

/// A message shows so much of a value.
const MAX_SHOWN: usize = 200;

/// The elements of a list, each between backticks, as far as there is room for them.
fn quoted_list(list: &Value) -> String {
    let (mut text, elements) = (String::new(), list.elements());
    for (at, element) in elements.iter().enumerate() {
        let shown = format!("`{}`", display(element));
        if at == SHOWN || (at > 0 && text.chars().count() + shown.chars().count() > MAX_SHOWN) {
            text.push_str(", …");
            break;
        }
        if at > 0 {
            text.push_str(", ");
        }
        text.push_str(&shown);
    }
    if elements.is_empty() { display(list) } else { text }
}

/// A value for people: unknown parts by what is unknown, sensitive ones not at all, on one line.
fn display(value: &Value) -> String {
    if value.holds_sensitive() {
        return "(sensitive)".to_owned();
    }
    let text = match &value.data {
        Data::Null => "nothing".to_owned(),
        Data::Unknown(unknown) => format!("${{{}}}", unknown.subject),
        Data::Text(_) => {
            let piece = |piece: &Piece| match piece {
                Piece::Known(text, _) => text.to_string(),
                Piece::Hole(unknown, _) => format!("${{{}}}", unknown.subject),
            };
            value.to_pieces().unwrap_or_default().iter().map(piece).collect()
        }
        Data::List(list) => {
            let shown: Vec<String> = list.items.iter().take(SHOWN).map(display).collect();
            let more = if list.items.len() > SHOWN { ", …" } else { "" };
            format!("{}{more}", shown.join(", "))
        }
        Data::Map(map) => map.get("name").or_else(|| map.get("action")).map(display).unwrap_or_default(),
        _ => value.scalar_text().unwrap_or_default().into_owned(),
    };
    cut(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A line as far as a message shows it: where it has blanks, what stands between two of them is not broken.
fn cut(line: String) -> String {
    let Some((end, _)) = line.char_indices().nth(MAX_SHOWN) else { return line };
    let shown = line.get(..whole_words(&line, end)).unwrap_or_default();
    let Some(mut whole) = shown.strip_suffix(' ') else { return format!("{shown}…") };
    while let Some(before) = [",", ";", ":", " and", " or", " +"].iter().find_map(|end| whole.strip_suffix(end)) {
        whole = before;
    }
    format!("{whole}, …")
}

/// Where to cut a line before `end`, so that no name is cut in two: at a blank that is not within backticks, unless that is far
/// from the end.
fn whole_words(line: &str, end: usize) -> usize {
    let (mut quoted, mut cut) = (false, None);
    for (at, character) in line.char_indices().take_while(|(at, _)| *at <= end) {
        match character {
            '`' => quoted = !quoted,
            ' ' if !quoted => cut = Some(at + 1),
            _ => {}
        }
    }
    cut.filter(|cut| cut * 2 > end).unwrap_or(end)
}
