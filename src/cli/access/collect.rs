//! What is told of each principal, whatever the format; names are made safe to show here.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::overview::{
    Answer, Because, Escalation, Holder, Level, Other, Overview, Party, Passage, Question, Shown, Through, UnitAccess,
    Within,
};
use crate::iam::exposure::Known;
use crate::iam::{Access, Actor, Ceiling, Decision, Filter, Identity, Outsider, Step, Trusted};
use crate::model::{Kinds, Unit};
use crate::report::{Place, one_line};
use crate::scan::Model;
use crate::source::{Origin, Sources};
use crate::value::Truth;

/// Which principals are told of.
#[derive(Debug)]
pub(super) struct Only<'o> {
    /// Those of these names or addresses; none: all.
    pub(super) names: &'o [String],
    /// And those whom they are tied to.
    pub(super) with_ties: bool,
}

impl Only<'_> {
    fn of(&self, actors: &[Actor], access: Access<'_, '_>) -> BTreeSet<usize> {
        let is_named =
            |actor: &&Actor| self.names.is_empty() || self.names.iter().any(|name| access.is_called(actor, name));
        let mut chosen: BTreeSet<usize> = actors.iter().filter(is_named).map(|actor| actor.index).collect();
        if self.names.is_empty() || !self.with_ties {
            return chosen;
        }
        let mut leading_on: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for passage in access.passages() {
            leading_on.entry(passage.from).or_default().push(passage.to);
        }
        for actor in actors {
            let groups = access.groups_of(actor.index).into_iter().map(|(group, _)| group);
            leading_on.entry(actor.index).or_default().extend(groups);
        }
        // Those who can become one of them, and all whom they can become.
        let before = leading_on.iter().filter(|(_, to)| to.iter().any(|to| chosen.contains(to)));
        let before: Vec<usize> = before.map(|(from, _)| *from).collect();
        let mut open: Vec<usize> = chosen.iter().copied().collect();
        while let Some(at) = open.pop() {
            let next = leading_on.get(&at).into_iter().flatten();
            open.extend(next.filter(|to| chosen.insert(**to)).copied());
        }
        chosen.extend(before);
        chosen
    }
}

pub(super) fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "yes",
        Truth::False => "no",
        Truth::Unknown => "undecided",
    }
}

/// What is told of a model; of all principals, or of those named.
pub(super) fn overview(model: &Model, own: Known<'_>, only: &Only<'_>, question: Option<Question>) -> Overview {
    let unit = |unit: &Unit| unit_access(unit, &model.sources, own, only, question.as_ref());
    let found: Vec<Told> = model.units.par_iter().map(unit).collect();
    let (known, names) = (BTreeSet::new(), BTreeSet::new());
    let mut overview = Overview { version: 1, question: question.clone(), units: Vec::new(), known, names };
    for told in found {
        overview.known.extend(told.known);
        overview.names.extend(told.names);
        let unit = told.unit;
        let has_some = |others: &Option<Vec<Other>>| others.as_ref().is_some_and(|others| !others.is_empty());
        if !unit.principals.is_empty() || has_some(&unit.others) || has_some(&unit.kept_out) {
            overview.units.push(unit);
        }
    }
    overview
}

/// What is told of one unit.
struct Told {
    unit: UnitAccess,
    /// Of the names that are asked for, those that somebody has.
    known: BTreeSet<String>,
    /// The names and addresses of all.
    names: BTreeSet<String>,
}

fn unit_access(unit: &Unit, sources: &Sources, own: Known<'_>, only: &Only<'_>, question: Option<&Question>) -> Told {
    let identity = Identity::new(unit, Kinds::built_in(), sources, own.accounts).of_organizations(own.organizations);
    let access = identity.access();
    let actors = access.actors();
    let is_known = |name: &&String| actors.iter().any(|actor| access.is_called(actor, name));
    let known = only.names.iter().filter(is_known).cloned().collect();
    let called = |actor: &Actor| [actor.name.clone(), actor.address.to_string()];
    let names = if only.names.is_empty() { BTreeSet::new() } else { actors.iter().flat_map(called).collect() };
    let chosen = only.of(&actors, access);
    let answers = question.map(|question| access.who_may(&question.action, question.resource.as_deref()));
    // What somebody holds who is not declared here is not asked about, unless by name.
    let by_others = |(index, decision): &(usize, Decision)| {
        let is_existing = access.actor(*index).is_some_and(|actor| actor.existing);
        let incomplete = access.incomplete(*index).map(|unknown| unknown.reason());
        let reason = decision.unknown.as_ref().map(|unknown| unknown.reason());
        only.names.is_empty() && is_existing && decision.because.is_empty() && reason.is_some() && reason == incomplete
    };
    let answers: Option<BTreeMap<usize, Decision>> =
        answers.map(|answers| answers.into_iter().filter(|answer| !by_others(answer)).collect());
    // Who may not do it is no answer to who may.
    let may = |index: &usize| answers.as_ref().is_none_or(|answers| answers.contains_key(index));
    let is_asked = |actor: &&Actor| chosen.contains(&actor.index) && may(&actor.index);
    let writer = Writer { access, sources };
    let answer = |index: usize| answers.as_ref().and_then(|answers| answers.get(&index));
    let holders = actors.iter().filter(is_asked).map(|actor| writer.holder(actor, answer(actor.index)));
    let principals: Vec<Holder> = holders.collect();
    let indices: BTreeSet<usize> = principals.iter().map(|holder| holder.index).collect();
    let shown = |index: usize| indices.contains(&index);
    let passages = once_each(access.passages());
    let passages = passages.into_iter().filter(|passage| shown(passage.from) || shown(passage.to));
    let passages = passages.map(|passage| Passage {
        from_index: passage.from,
        to_index: passage.to,
        from: writer.address(passage.from),
        to: writer.address(passage.to),
        to_name: writer.name(passage.to),
        by: one_line(&passage.by),
        trusted: passage.trusted,
        place: writer.place(passage.origin),
    });
    let passages = passages.collect();
    // Whoever asks about some principals does not ask about others.
    let others = question.filter(|_| only.names.is_empty()).map(|question| writer.others(question));
    let (others, kept_out) =
        others.map(|others| others.into_iter().partition(|other| other.answer.answer != "no")).unzip();
    let filters = question.map(|question| writer.filters(question));
    let (kind, path) = (unit.kind.name(), one_line(&unit.path));
    Told { unit: UnitAccess { kind, path, principals, passages, others, kept_out, filters }, known, names }
}

/// The passages without those that are the same way again, or a part of another way between the same two.
fn once_each(all: &[crate::iam::Passage]) -> Vec<&crate::iam::Passage> {
    type Ways<'p> = Vec<(usize, BTreeSet<&'p str>)>;
    let mut between: BTreeMap<(usize, usize), Ways<'_>> = BTreeMap::new();
    for (at, passage) in all.iter().enumerate() {
        between.entry((passage.from, passage.to)).or_default().push((at, passage.by.split(" + ").collect()));
    }
    let mut kept: BTreeSet<usize> = BTreeSet::new();
    for ways in between.values_mut() {
        // The longest first, and of equal ones that which comes first.
        ways.sort_by_key(|(at, parts)| (std::cmp::Reverse(parts.len()), *at));
        let mut told: Vec<&BTreeSet<&str>> = Vec::new();
        for (at, parts) in ways.iter() {
            if !told.iter().any(|longer| parts.is_subset(longer)) {
                told.push(parts);
                kept.insert(*at);
            }
        }
    }
    all.iter().enumerate().filter(|(at, _)| kept.contains(at)).map(|(_, passage)| passage).collect()
}

struct Writer<'w, 'i, 'u> {
    access: Access<'i, 'u>,
    sources: &'w Sources,
}

impl Writer<'_, '_, '_> {
    fn place(&self, origin: Origin) -> Shown {
        if !origin.is_some() {
            return Shown::default();
        }
        let place = Place::of(origin, self.sources);
        Shown { file: one_line(&place.file), line: place.start.line, column: place.start.column }
    }

    fn address(&self, principal: usize) -> String {
        self.access.actor(principal).map(|actor| one_line(&actor.address)).unwrap_or_default()
    }

    fn name(&self, principal: usize) -> String {
        let actor = self.access.actor(principal);
        actor.map(|actor| format!("{} `{}`", actor.kind, one_line(&actor.name))).unwrap_or_default()
    }

    fn steps(&self, steps: &[Step]) -> Vec<Because> {
        let one = |step: &Step| Because { message: one_line(&step.text), place: self.place(step.origin) };
        steps.iter().map(one).collect()
    }

    fn holder(&self, actor: &Actor, answer: Option<&Decision>) -> Holder {
        let (access, index) = (&self.access, actor.index);
        let levels = access.levels(index).into_iter().rev().map(|level| Level {
            level: level.level.name(),
            actions: level.actions,
            possible: level.possible,
            examples: level.examples,
            because: level.because.iter().map(|way| self.steps(way)).collect(),
        });
        let escalations = access.escalations(index).iter().map(|found| Escalation {
            path: found.path.id.clone(),
            state: found.state.name(),
            severity: found.severity,
            guarded: found.guarded,
            to: found.to.map(|to| self.address(to)),
            to_index: found.to,
            administrator: found.administrator,
            because: self.steps(&found.because),
            undecided: found.unknown.as_ref().map(|unknown| one_line(&unknown.reason())),
        });
        let administrator = access.administrator(index);
        let groups = access.groups_of(index);
        Holder {
            index,
            kind: actor.kind.to_string(),
            name: one_line(&actor.name),
            address: one_line(&actor.address),
            existing: actor.existing,
            place: self.place(actor.origin),
            administrator: truth(administrator.answer),
            administrator_undecided: administrator.unknown.as_ref().map(|unknown| one_line(&unknown.reason())),
            is_granted_all: administrator.granted && administrator.answer == Truth::True,
            levels: levels.collect(),
            escalations: escalations.collect(),
            groups: groups.iter().filter_map(|(group, _)| Some(one_line(&access.actor(*group)?.name))).collect(),
            group_indices: groups.iter().map(|(group, _)| *group).collect(),
            trusts: access.trusted(index).iter().map(|party| self.party(party)).collect(),
            within: access.ceilings(index).iter().map(|ceiling| self.within(ceiling)).collect(),
            without_effect: access.without_effect(index).iter().map(|found| self.steps(&found.because)).collect(),
            incomplete: access.incomplete(index).map(|unknown| one_line(&unknown.reason())),
            incomplete_at: access.incomplete_at(index).map(|place| self.place(place)),
            answer: answer.map(|answer| self.answer(answer)),
        }
    }

    fn others(&self, question: &Question) -> Vec<Other> {
        let found = self.access.others_who_may(&question.action, question.resource.as_deref());
        let other = |other: &Outsider| Other {
            kind: other.kind.name(),
            name: one_line(&other.name),
            own: other.own,
            by: one_line(&other.address),
            answer: self.answer(&other.decision),
        };
        found.iter().map(other).collect()
    }

    fn filters(&self, question: &Question) -> Vec<Through> {
        let found = self.access.filters(&question.action, question.resource.as_deref());
        let one = |filter: &Filter| Through { name: one_line(&filter.address), place: self.place(filter.origin) };
        found.iter().map(one).collect()
    }

    fn within(&self, ceiling: &Ceiling) -> Within {
        Within {
            kind: ceiling.kind,
            name: one_line(&ceiling.name),
            place: self.place(ceiling.origin),
            undecided: ceiling.unknown.as_ref().map(|unknown| one_line(&unknown.reason())),
        }
    }

    fn party(&self, party: &Trusted) -> Party {
        Party {
            kind: party.kind.name(),
            name: one_line(&party.name),
            own: party.own,
            address: party.principal.map(|principal| self.address(principal)),
            conditions: party.conditions.iter().map(|condition| one_line(condition)).collect(),
            restricted: truth(party.restricted),
            place: self.place(party.origin),
        }
    }

    fn answer(&self, decision: &Decision) -> Answer {
        Answer {
            answer: truth(decision.answer),
            conditions: decision.conditions.iter().map(|condition| one_line(condition)).collect(),
            conditional: decision.conditional,
            because: self.steps(&decision.because),
            undecided: decision.unknown.as_ref().map(|unknown| one_line(&unknown.reason())),
        }
    }
}
