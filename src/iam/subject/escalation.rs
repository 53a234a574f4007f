//! Ways of escalation as values for rules.

use std::sync::Arc;

use super::{Fields, Subject, open_list, truth_value};
use crate::iam::access::Access;
use crate::iam::escalation::{rank, title_of};
use crate::iam::facts::Source;
use crate::iam::identity::{Identity, Principal};
use crate::iam::power::{Escalation, EscalationState};
use crate::model::KindInstance;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, derived};

/// So many members of a group are shown at the start of a way.
const STARTS: usize = 5;

impl Identity<'_> {
    /// The fields of a principal that tell what it can come to.
    pub(super) fn power_fields(&self, principal: &Principal<'_>) -> Fields {
        let Some(index) = self.principal_at(principal.instance.index) else { return Vec::new() };
        let (access, origin) = (self.access(), principal.instance.origin());
        let administrator = access.administrator(index);
        let place = administrator.because.last().map_or(origin, |step| step.origin.or(origin));
        let ways: Vec<&Escalation> = access.escalations(index).iter().collect();
        let told = [EscalationState::Open, EscalationState::Undecided, EscalationState::Confined]
            .into_iter()
            .flat_map(|state| narrowest(&ways, state));
        let ways = told.map(|way| way_value(access, way, &[], origin)).collect();
        let incomplete = access.more_that_leads_on(index).cloned();
        vec![
            ("administrator", truth_value(administrator.answer, place, administrator.unknown)),
            ("escalations", open_list(ways, &incomplete, origin)),
        ]
    }

    /// What opens ways, once for each principal and statement; what a group holds is told of the group, and what nobody of
    /// the unit holds is told of its policy.
    pub(super) fn escalation_subjects(&self) -> Vec<Subject> {
        let access = self.access();
        let mut subjects = Vec::new();
        for (index, principal) in self.principals.iter().enumerate() {
            let (holder, instance) = (self.principal_value(principal), &principal.instance);
            let any = self.add_escalations(&mut subjects, index, instance, &holder);
            let members_only = principal.memberships.iter().any(|membership| membership.other.is_some());
            let incomplete = access.more_that_leads_on(index).filter(|_| !any && !members_only);
            let incomplete = incomplete.filter(|_| access.is_granted_administration(index) != Truth::True);
            if let Some(unknown) = incomplete {
                subjects.push(self.open_subject(principal, unknown));
            }
        }
        for (at, document) in access.facts.unheld.iter().enumerate() {
            let found = match access.facts.source(*document) {
                Some(Source::Own(at)) => {
                    self.policies.get(at).map(|policy| (&policy.instance, self.policy_name(policy)))
                }
                Some(Source::Loose(at)) => self.loose.get(at).map(|(instance, _)| {
                    (instance, Value::string(instance.resource.address.clone(), instance.origin()))
                }),
                _ => None,
            };
            let Some((instance, name)) = found else { continue };
            // Who holds it is not part of the unit: it is told of by the policy.
            let fields = [("type", Value::string("holder of policy", instance.origin())), ("name", name)];
            let holder = Value::fields(fields, instance.origin());
            self.add_escalations(&mut subjects, self.principals.len() + at, instance, &holder);
        }
        subjects
    }

    /// Adds what one holder can come to; says whether any of it is open.
    fn add_escalations(
        &self,
        subjects: &mut Vec<Subject>,
        index: usize,
        instance: &KindInstance<'_>,
        holder: &Value,
    ) -> bool {
        let mut told: Vec<(Origin, Vec<&Escalation>)> = Vec::new();
        let access = self.access();
        for way in access.escalations(index).iter().filter(|way| self.is_told_of(index, way)) {
            match told.iter_mut().find(|(cause, _)| *cause == way.cause) {
                Some((_, ways)) => ways.push(way),
                None => told.push((way.cause, vec![way])),
            }
        }
        let any = told.iter().any(|(_, ways)| ways.iter().any(|way| way.state == EscalationState::Open));
        told.sort_by_key(|(cause, _)| cause.span.start);
        for (cause, ways) in told {
            subjects.push(self.escalation_subject(instance, index, holder, cause.or(instance.origin()), &ways));
        }
        any
    }

    /// Whether a way is told of to this holder: what a group can do is told of to the group.
    fn is_told_of(&self, index: usize, way: &Escalation) -> bool {
        if way.state == EscalationState::Confined {
            return false;
        }
        let depends_on_member = self.access().tells_members_apart();
        let is_left_to_members = |group: usize, way: &Escalation| {
            depends_on_member && way.state == EscalationState::Undecided && self.knows_members(group)
        };
        match way.by_group {
            None => !is_left_to_members(index, way),
            Some(group) if depends_on_member => {
                let same =
                    |one: &&Escalation| one.cause == way.cause && one.path.id == way.path.id && one.state == way.state;
                let of_group = self.access().escalations(group).iter().find(same);
                of_group.is_none_or(|one| is_left_to_members(group, one))
            }
            Some(_) => false,
        }
    }

    /// Whether it is a group of which all members are known.
    pub(super) fn knows_members(&self, index: usize) -> bool {
        let group = self.principals.get(index).filter(|one| &*one.instance.row.kind == "group");
        group.is_some_and(|group| {
            let mut members = group.memberships.iter();
            group.rest.memberships.is_none() && !group.memberships.is_empty() && members.all(|one| one.other.is_some())
        })
    }

    fn escalation_subject(
        &self,
        instance: &KindInstance<'_>,
        index: usize,
        holder: &Value,
        cause: Origin,
        ways: &[&Escalation],
    ) -> Subject {
        let access = self.access();
        let open: Vec<&Escalation> = ways.iter().copied().filter(|way| way.state == EscalationState::Open).collect();
        let unknown = ways.iter().find_map(|way| way.unknown.clone()).filter(|_| open.is_empty());
        let state = match (open.first(), &unknown) {
            (Some(_), _) => Value::string("open", cause),
            (None, Some(unknown)) => Value::unknown(derived(unknown), cause),
            (None, None) => Value::string("undecided", cause),
        };
        let main = narrowest(&open, EscalationState::Open);
        let worst = main.iter().min_by_key(|way| rank(way.severity)).map_or("info", |way| way.severity);
        // To come to be an administrator is not worse than to be one.
        let worst = if rank(worst) < rank("high") && !self.is_in_reach_of_all(index) { "high" } else { worst };
        let members = self.members_by_group(index, ways);
        let administrator = open.iter().any(|way| way.administrator);
        let others = open.iter().filter(|way| !main.iter().any(|one| one.path.id == way.path.id));
        let fields: Fields = vec![
            ("principal", holder.clone()),
            ("who", Value::string(who(holder, &members), cause)),
            ("state", state),
            ("severity", Value::string(worst, cause)),
            ("administrator", Value::bool(administrator, cause)),
            ("ways", Value::string(ways_text(access, &open), cause)),
            (
                "paths",
                open_list(main.iter().map(|way| way_value(access, way, &members, cause)).collect(), &unknown, cause),
            ),
            ("more-paths", more_paths(others.copied(), cause)),
        ];
        let mut subject = self.subject(instance, cause, fields);
        subject.cause = ways.first().and_then(|way| way.within);
        subject.document = ways.first().map_or(Origin::NONE, |way| way.document);
        subject
    }

    /// Whether a principal has credentials that leak, or lets everybody in.
    fn is_in_reach_of_all(&self, index: usize) -> bool {
        self.principals.get(index).is_some_and(|principal| match &*principal.instance.row.kind {
            "user" => true,
            "role" => self.is_open_role(principal),
            _ => false,
        })
    }

    /// Of a group the users that can go its ways, with the places of their memberships.
    fn members_by_group(&self, index: usize, ways: &[&Escalation]) -> Vec<(Value, Origin)> {
        let Some(group) = self.principals.get(index).filter(|one| &*one.instance.row.kind == "group") else {
            return Vec::new();
        };
        let access = self.access();
        let goes = |user: usize| {
            let same = |way: &&Escalation| ways.iter().any(|one| one.cause == way.cause && one.path.id == way.path.id);
            let mut open = access.escalations(user).iter().filter(|way| way.state == EscalationState::Open);
            open.any(|way| way.by_group == Some(index) && same(&way))
        };
        let members = group.memberships.iter().filter_map(|membership| {
            let user = membership.other.filter(|user| goes(*user))?;
            Some((self.display_name(self.principals.get(user)?), membership.value.origin))
        });
        members.collect()
    }

    /// Whether there is a way cannot be told: not all that the principal holds is known.
    fn open_subject(&self, principal: &Principal<'_>, unknown: &Arc<Unknown>) -> Subject {
        let origin = principal.instance.origin();
        let open = || Value::unknown(derived(unknown), origin);
        let fields: Fields = vec![
            ("principal", self.principal_value(principal)),
            ("who", open()),
            ("state", open()),
            ("severity", open()),
            ("administrator", open()),
            ("ways", open()),
            ("paths", open_list(Vec::new(), &Some(unknown.clone()), origin)),
            ("more-paths", open_list(Vec::new(), &Some(unknown.clone()), origin)),
        ];
        self.subject(&principal.instance, origin, fields)
    }

    fn principal_value(&self, principal: &Principal<'_>) -> Value {
        let origin = principal.instance.origin();
        let fields = [
            ("type", Value::string(principal.instance.row.kind.clone(), origin)),
            ("name", self.display_name(principal)),
        ];
        Value::fields(fields, origin)
    }
}

/// Who goes a way, for people: of a group those of its members that can.
fn who(holder: &Value, members: &[(Value, Origin)]) -> String {
    const NAMED: usize = 3;
    let text = |value: &Value| value.scalar_text().unwrap_or_default().into_owned();
    let of = |name: &str| holder.get(name).map(text).unwrap_or_default();
    let itself = format!("{} `{}`", of("type"), of("name"));
    let mut named: Vec<String> = members.iter().take(NAMED).map(|(name, _)| format!("`{}`", text(name))).collect();
    if members.len() > NAMED {
        named.push(format!("{} more", members.len() - NAMED));
    }
    match named.split_last() {
        None => format!("{itself} can raise its permissions"),
        Some((one, [])) => format!("user {one} of {itself} can raise its permissions"),
        Some((last, first)) => format!("users {} and {last} of {itself} can raise their permissions", first.join(", ")),
    }
}

/// Of the ways in a state the narrowest of each class: those that ask for the least among the worst.
fn narrowest<'w>(ways: &[&'w Escalation], state: EscalationState) -> Vec<&'w Escalation> {
    let mut told: Vec<&Escalation> = Vec::new();
    for way in ways.iter().filter(|way| way.state == state) {
        if !told.iter().any(|other| other.path.class == way.path.class) {
            told.push(way);
        }
    }
    told
}

/// The names of further ways, by the element that opens them.
fn more_paths<'w>(ways: impl Iterator<Item = &'w Escalation>, cause: Origin) -> Value {
    let mut by_place: Vec<(Origin, Vec<String>)> = Vec::new();
    for way in ways {
        let name = format!("`{}`", way.path.id);
        match by_place.iter_mut().find(|(place, _)| *place == way.action) {
            Some((_, names)) => names.push(name),
            None => by_place.push((way.action, vec![name])),
        }
    }
    let one = |(place, names): (Origin, Vec<String>)| {
        let place = place.or(cause);
        Value::fields([("name", Value::string(names.join(", "), place))], place)
    };
    Value::list(by_place.into_iter().map(one).collect(), cause)
}

/// The ways for people: the first with what it takes and whom it reaches, the others by name.
fn ways_text(access: Access<'_, '_>, ways: &[&Escalation]) -> String {
    const NAMED: usize = 3;
    let Some((first, others)) = ways.split_first() else { return String::new() };
    let to = first.to.and_then(|to| access.actor(to));
    let to = to.map(|actor| format!(" on {} `{}`", actor.kind, actor.name)).unwrap_or_default();
    let named: Vec<String> = others.iter().take(NAMED).map(|way| format!("`{}`", way.path.id)).collect();
    let more = others.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let also = if named.is_empty() { String::new() } else { format!("; also {}{more}", named.join(", ")) };
    let administrator = ways.iter().filter_map(|way| way.steps).min().map_or_else(String::new, |steps| {
        format!(": administrator in {steps} {}", if steps == 1 { "step" } else { "steps" })
    });
    // What tells the way apart comes first: a long line is cut.
    format!("`{}`{to} by {}{administrator}{also}", first.path.id, first.by)
}

fn way_value(access: Access<'_, '_>, way: &Escalation, members: &[(Value, Origin)], place: Origin) -> Value {
    let origin = way.cause.or(place);
    let text = |text: &str| Value::string(text, origin);
    let to = way.to.and_then(|to| access.actor(to));
    let to = to.map_or_else(|| Value::null(origin), |actor| Value::string(actor.name.as_str(), actor.origin));
    let starts = members.iter().take(STARTS).map(|(name, at)| {
        Value::string(format!("user `{}` is a member of the group", name.scalar_text().unwrap_or_default()), *at)
    });
    let steps = way.because.iter().map(|step| Value::string(step.text.as_str(), step.origin.or(origin)));
    let because = starts.chain(steps).collect();
    let fields = [
        ("type", text("escalation path")),
        ("name", text(&way.path.id)),
        ("path", text(&way.path.id)),
        ("title", text(&title_of(way.path))),
        ("class", text(&way.path.class)),
        ("state", text(way.state.name())),
        ("severity", text(way.severity)),
        ("guarded", Value::bool(way.guarded, origin)),
        ("administrator", Value::bool(way.administrator, origin)),
        ("to", to),
        ("because", Value::list(because, origin)),
    ];
    Value::fields(fields, origin)
}
