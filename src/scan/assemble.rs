//! Hits to findings: one for each cause, accepted ones marked, in a stable order.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::Options;
use super::scenarios::Verdict;
use crate::diagnostic::Diagnostic;
use crate::model::Resource;
use crate::report::{
    Consequence, Construct, Finding, Place, Related, Suppressed, Undecided, fingerprint, number_duplicates,
};
use crate::rules::{Hit, Severity};
use crate::source::{FileId, Origin, SourceFile, Sources};
use crate::syntax::comment::{Suppression, is_comment, suppressions};

/// A hit with the resource it is about.
pub(super) struct Judged<'u> {
    pub(super) hit: Hit,
    pub(super) resource: &'u Resource,
    pub(super) consequences: Vec<Consequence>,
    /// The cases in which it is so, where it is not always.
    pub(super) when: Option<String>,
}

/// Makes findings of what the rules said of each unit.
pub(super) fn assemble(
    verdicts: Vec<Verdict<'_>>,
    options: &Options,
    sources: &Sources,
) -> (Vec<Finding>, Vec<Undecided>, Vec<Diagnostic>) {
    let mut judged = Vec::new();
    let mut undecided = Vec::new();
    for verdict in verdicts {
        judged.extend(verdict.hits);
        undecided.extend(verdict.open.into_iter().map(|(open, resource, when)| Undecided {
            resource: resource.address.to_string(),
            reason: open.reason,
            place: Place::of(open.origin.or(resource.origin), sources),
            when,
            rule: open.rule,
        }));
    }
    let mut comments = Comments { by_file: HashMap::new(), sources, known: &options.known_rules, diagnostics: vec![] };
    let mut findings: Vec<Finding> = Vec::new();
    // Of each the document that it is told once of, and what to say of it beside a worse one.
    let mut beside: Vec<Option<(Origin, String)>> = Vec::new();
    // The finding of each cause, with the addresses that it names already.
    type Known = (usize, HashSet<Arc<str>>);
    type Cause = (String, Origin, Option<String>);
    let mut by_cause: HashMap<Cause, Known> = HashMap::new();
    for one in judged {
        let origin = one.hit.origin.or(one.resource.origin);
        // The same rule at the same place is the same cause, in whichever instance of a module it shows.
        let cause = (one.hit.rule.id.to_string(), origin, one.when.clone());
        let beside_worse = one.hit.beside.clone();
        if origin.is_some()
            && let Some((at, addresses)) = by_cause.get_mut(&cause)
            && let Some(known) = findings.get_mut(*at)
        {
            let is_new = addresses.insert(one.resource.address.clone());
            let severity = options.severities.get(&*one.hit.rule.id).copied().unwrap_or(one.hit.severity);
            let is_limited = known.suppressed.is_some() || known.possible.is_some();
            let may_be_worse = severity > known.severity || is_limited;
            let address = one.resource.address.to_string();
            if may_be_worse {
                let other = finding(one, origin, options, sources, &mut comments);
                if weight(&other) > weight(known) {
                    let former = std::mem::replace(known, other);
                    known.instances = former.instances;
                    known.instances.push(former.resource);
                    if let Some(known) = beside.get_mut(*at) {
                        *known = beside_worse;
                    }
                    continue;
                }
            }
            if is_new {
                known.instances.push(address);
            }
            continue;
        }
        by_cause.insert(cause, (findings.len(), HashSet::from([one.resource.address.clone()])));
        findings.push(finding(one, origin, options, sources, &mut comments));
        beside.push(beside_worse);
    }
    let mut findings = once_per_document(findings, beside);
    findings.sort_by(|a, b| {
        fn key(f: &Finding) -> impl Ord + '_ {
            (std::cmp::Reverse(f.severity), &f.place.file, f.place.start, &f.rule.id, &f.resource)
        }
        key(a).cmp(&key(b))
    });
    number_duplicates(&mut findings);
    undecided.sort_by(|a: &Undecided, b: &Undecided| {
        fn key(u: &Undecided) -> impl Ord + '_ {
            (&u.rule.id, &u.place.file, u.place.start, &u.resource)
        }
        key(a).cmp(&key(b))
    });
    (findings, undecided, comments.diagnostics)
}

/// So many further statements of a document are named in the message.
const NAMED: usize = 3;

/// Tells what a rule finds on several statements of one document at the worst of them, with the places of the others.
///
/// What a comment accepts stays apart: it speaks of its own statement.
fn once_per_document(findings: Vec<Finding>, beside: Vec<Option<(Origin, String)>>) -> Vec<Finding> {
    type Document = (Arc<str>, Origin, Option<String>, Option<String>);
    let mut by_document: HashMap<Document, usize> = HashMap::new();
    let mut groups: Vec<Vec<(Finding, String)>> = Vec::new();
    for (finding, beside) in findings.into_iter().zip(beside) {
        let (place, text) = beside.unwrap_or((Origin::NONE, String::new()));
        let alone = groups.len();
        let at = match place.is_some() && finding.suppressed.is_none() {
            true => {
                let document = (finding.rule.id.clone(), place, finding.when.clone(), finding.possible.clone());
                *by_document.entry(document).or_insert(alone)
            }
            false => alone,
        };
        match groups.get_mut(at) {
            Some(group) => group.push((finding, text)),
            None => groups.push(vec![(finding, text)]),
        }
    }
    groups.into_iter().filter_map(worst_with_others).collect()
}

/// The worst of some findings, with what the others say.
fn worst_with_others(mut group: Vec<(Finding, String)>) -> Option<Finding> {
    group.sort_by(|(a, _), (b, _)| {
        fn key(f: &Finding) -> impl Ord + '_ {
            (std::cmp::Reverse(f.severity), &f.place.file, f.place.start, &f.resource)
        }
        key(a).cmp(&key(b))
    });
    let mut messages: Vec<String> = group.iter().map(|(finding, _)| finding.message.clone()).collect();
    let mut group = group.into_iter();
    let (mut worst, _) = group.next()?;
    if messages.len() == 1 {
        return Some(worst);
    }
    messages.sort_unstable();
    messages.dedup();
    worst.fingerprint = fingerprint(&worst.rule.id, &worst.resource, &messages.join("\n"));
    let mut told: Vec<String> = Vec::new();
    for (other, text) in group {
        if !told.contains(&text) {
            told.push(text);
        }
        let addresses = other.instances.into_iter().chain([other.resource]);
        for address in addresses {
            if address != worst.resource && !worst.instances.contains(&address) {
                worst.instances.push(address);
            }
        }
        let further = other.related.into_iter().filter(|related| related.place != worst.place);
        for related in [Related { message: other.message, place: other.place }].into_iter().chain(further) {
            if !worst.related.contains(&related) {
                worst.related.push(related);
            }
        }
        worst.consequences.extend(other.consequences);
    }
    let left = told.len().saturating_sub(NAMED);
    let named = told.get(..NAMED).unwrap_or(&told).join("; ");
    let more = if left > 0 { format!("; and {left} more") } else { String::new() };
    let by = if told.len() == 1 { "another statement" } else { "other statements" };
    worst.message = format!("{}; by {by}: {named}{more}", worst.message);
    Some(worst)
}

/// Of several instances of one cause, the one that weighs most is told: accepted ones and those that may not exist come
/// after the others, whatever their severity.
fn weight(finding: &Finding) -> (bool, bool, Severity) {
    (finding.suppressed.is_none(), finding.possible.is_none(), finding.severity)
}

/// Takes out the hits that follow from another one on the same element, and tells of them there.
///
/// A consequence may be about another resource: what a statement opens is told of whoever holds it.
pub(super) fn subsume(judged: Vec<Judged<'_>>) -> Vec<Judged<'_>> {
    let mut by_scope: HashMap<(usize, Origin), usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, one) in judged.iter().enumerate() {
        let group = *by_scope.entry(one.hit.scope).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    let mut cause_of: Vec<Option<usize>> = vec![None; judged.len()];
    for group in groups.iter().filter(|group| group.len() > 1) {
        // Many instances may follow from many: of each rule the first two causes will do, one of which is another one.
        let mut anywhere: HashMap<&str, Causes> = HashMap::new();
        let mut in_place: HashMap<(&str, Origin), Causes> = HashMap::new();
        for cause in group {
            let Some(one) = judged.get(*cause) else { continue };
            for rule in &one.hit.rule.subsumes {
                anywhere.entry(rule).or_default().add(*cause);
            }
            for rule in &one.hit.rule.subsumes_in_place {
                in_place.entry((rule, one.hit.origin)).or_default().add(*cause);
            }
        }
        for at in group.iter().filter(|_| !anywhere.is_empty() || !in_place.is_empty()) {
            let (Some(one), Some(slot)) = (judged.get(*at), cause_of.get_mut(*at)) else { continue };
            let id: &str = &one.hit.rule.id;
            let causes = [anywhere.get(id), in_place.get(&(id, one.hit.origin))].into_iter().flatten();
            *slot = causes.filter_map(|causes| causes.other_than(*at)).min();
        }
    }
    let mut consequences: HashMap<usize, Vec<Consequence>> = HashMap::new();
    let mut severities: HashMap<usize, Severity> = HashMap::new();
    for (at, one) in judged.iter().enumerate() {
        let mut cause = cause_of.get(at).copied().flatten();
        // A consequence of a consequence belongs to the first cause.
        for _ in 0..judged.len().min(8) {
            match cause.and_then(|cause| cause_of.get(cause).copied().flatten()) {
                Some(further) => cause = Some(further),
                None => break,
            }
        }
        if let Some(cause) = cause {
            let consequence = Consequence { rule: one.hit.rule.id.clone(), message: one.hit.message.clone() };
            consequences.entry(cause).or_default().push(consequence);
            // How bad the element itself is has been judged by the cause, which knows more of it.
            if judged.get(cause).is_some_and(|cause| cause.hit.origin != one.hit.origin) {
                let worst = severities.entry(cause).or_insert(one.hit.severity);
                *worst = (*worst).max(one.hit.severity);
            }
        }
    }
    let mut kept = Vec::with_capacity(judged.len());
    for (at, mut one) in judged.into_iter().enumerate() {
        if cause_of.get(at).copied().flatten().is_none() {
            one.consequences = consequences.remove(&at).unwrap_or_default();
            // A cause is as bad as the worst that follows from it elsewhere.
            one.hit.severity = severities.remove(&at).map_or(one.hit.severity, |worst| worst.max(one.hit.severity));
            kept.push(one);
        }
    }
    kept
}

/// The first causes of what one rule finds.
#[derive(Default)]
struct Causes {
    first: Option<usize>,
    second: Option<usize>,
}

impl Causes {
    fn add(&mut self, cause: usize) {
        match self.first {
            None => self.first = Some(cause),
            Some(first) if first != cause => self.second = self.second.or(Some(cause)),
            Some(_) => {}
        }
    }

    fn other_than(&self, at: usize) -> Option<usize> {
        self.first.filter(|first| *first != at).or(self.second)
    }
}

fn finding(
    one: Judged<'_>,
    origin: Origin,
    options: &Options,
    sources: &Sources,
    comments: &mut Comments<'_>,
) -> Finding {
    let Judged { hit, resource, consequences, when } = one;
    let place = Place::of(origin, sources);
    let mut related: Vec<Related> = Vec::new();
    let mut known: HashSet<(Origin, String)> = HashSet::new();
    let mut add = |message: String, at: Origin| {
        // Each instance of a module gives the same reasons.
        if at.is_some() && at != origin && known.insert((at, message.clone())) {
            related.push(Related { message, place: Place::of(at, sources) });
        }
    };
    for (message, at) in hit.related {
        add(message, at);
    }
    let is_elsewhere = resource.origin.file != origin.file || !resource.extent.span.holds(origin.span);
    if is_elsewhere {
        add(format!("`{}` uses it", resource.address), resource.origin);
    }
    for step in resource.chain.iter().rev() {
        add(format!("through `{}`", step.name), step.origin);
    }
    let severity = options.severities.get(&*hit.rule.id).copied().unwrap_or(hit.severity);
    let suppressed = comments.accepting(&hit.rule, origin, resource);
    Finding {
        fingerprint: fingerprint(&hit.rule.id, &resource.address, &hit.message),
        severity,
        message: hit.message,
        resource: resource.address.to_string(),
        place,
        related,
        consequences,
        suppressed,
        instances: Vec::new(),
        possible: resource.possible.as_ref().map(|unknown| unknown.reason()),
        when,
        construct: resource.construct.as_ref().map(|construct| Construct {
            path: construct.path.to_string(),
            position: construct.position.as_ref().map(ToString::to_string),
        }),
        rule: hit.rule,
    }
}

/// The comments of each file that accept findings, read when the first finding points into the file.
struct Comments<'s> {
    by_file: HashMap<FileId, Vec<Suppression>>,
    sources: &'s Sources,
    /// See [`Options::known_rules`].
    known: &'s BTreeSet<String>,
    /// About comments that accept nothing.
    diagnostics: Vec<Diagnostic>,
}

/// Comments further above than this many lines are not looked at.
const MAX_COMMENT_LINES: u32 = 100;

/// The first of the comment lines directly above a line; the line itself where there is none.
fn comments_above(source: &SourceFile, line: u32) -> u32 {
    let above = (1..line).rev().take(MAX_COMMENT_LINES as usize);
    line - above.take_while(|above| is_comment(source.line(*above))).count() as u32
}

/// A comment of ours that names no rule says something else than its author means.
fn unknown_rules(comments: &[Suppression], known: &BTreeSet<String>) -> Vec<Diagnostic> {
    let is_unknown = |comment: &&Suppression| {
        comment.own && comment.rule != "*" && !known.contains(&comment.rule.to_ascii_lowercase())
    };
    let comments = comments.iter().filter(|_| !known.is_empty()).filter(is_unknown);
    let told = comments.map(|comment| {
        let message = format!("there is no rule `{}`", comment.rule);
        let diagnostic = Diagnostic::warning("unknown-rule", message).at(comment.origin, "this accepts nothing");
        diagnostic.help("`iacscan rules` lists them all")
    });
    told.collect()
}

impl Comments<'_> {
    /// The comment that accepts a finding: on the line of its element or among the comment lines above, or anywhere in its resource.
    fn accepting(&mut self, rule: &crate::rules::RuleInfo, origin: Origin, resource: &Resource) -> Option<Suppressed> {
        let fits = |suppression: &Suppression| {
            suppression.rule == "*"
                || suppression.rule == *rule.id
                || rule.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(&suppression.rule))
        };
        for (place, whole) in [(origin, false), (resource.extent, true)] {
            if !place.is_some() {
                continue;
            }
            let source = self.sources.get(place.file);
            let comments = self.by_file.entry(place.file).or_insert_with(|| {
                let read = suppressions(place.file, &source);
                self.diagnostics.extend(unknown_rules(&read, self.known));
                read
            });
            if comments.is_empty() {
                continue;
            }
            let (first, last) = (source.position(place.span.start).line, source.position(place.span.end).line);
            let from = comments_above(&source, first);
            let near = |suppression: &&Suppression| {
                let line = suppression.line;
                let above = suppression.alone && (from..first).contains(&line);
                // A bare `ignore everything` speaks of its own line only.
                let inside =
                    line >= first && line <= last && (whole || line == first) && !(whole && suppression.rule == "*");
                fits(suppression) && (above || inside)
            };
            if let Some(found) = comments.iter().find(near) {
                let place = Place::of(found.origin, self.sources);
                return Some(Suppressed { reason: found.reason.clone(), place });
            }
        }
        None
    }
}
