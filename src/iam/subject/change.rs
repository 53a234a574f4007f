//! Changes of policies: what a document lets in that it did not let in before the change.

use std::sync::{Arc, LazyLock};

use super::{Fields, Subject, named};
use crate::iam::Identity;
use crate::iam::catalogue;
use crate::iam::compare::{Caller, Policy, Verdict, Witness, compare};
use crate::iam::document::Document;
use crate::model::{Change, KindInstance};
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why, derived};

/// Where policies stand: the kind, its field, and what the policy is there.
const CARRIERS: [(&str, &str, &str); 5] = [
    ("policy", "document", "managed"),
    ("inline-policy", "document", "inline"),
    ("role", "trust", "trust"),
    ("resource-policy", "document", "resource"),
    ("organization-policy", "document", "guard"),
];

/// The policies of organizations that say what accounts may do at most.
const GUARDS: [&str; 2] = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"];

/// What a guard that only denies leaves: everything.
static EVERYTHING: LazyLock<Document> = LazyLock::new(|| {
    let text = |text: &'static str| Value::string(text, Origin::NONE);
    let fields = [("Effect", text("Allow")), ("Action", text("*")), ("Resource", text("*"))];
    let statement = Value::fields(fields, Origin::NONE);
    Document::of_value(&Value::fields([("Statement", statement)], Origin::NONE))
});

impl Identity<'_> {
    /// The policies that a plan changes. One that is new as a whole is not among them.
    pub(super) fn policy_change_subjects(&self) -> Vec<Subject> {
        let mut subjects = Vec::new();
        for (kind, field, purpose) in CARRIERS {
            let changed = self.of_kind(kind).iter().filter(|one| matches!(one.resource.change, Change::Update(_)));
            subjects.extend(changed.filter_map(|one| self.policy_change(one, field, purpose)));
        }
        subjects.sort_by_key(|subject| subject.resource);
        subjects
    }

    fn policy_change(&self, instance: &KindInstance<'_>, field: &str, purpose: &'static str) -> Option<Subject> {
        let (before, after) = (instance.field_before(field)?, self.field(instance, field));
        let is_empty = |value: &Value| value.is_null() || value.as_str().is_some_and(str::is_empty);
        if is_empty(&before) || is_empty(&after) || before.equals(&after).is_true() {
            return None;
        }
        let is_guard = purpose == "guard";
        if is_guard && !self.field(instance, "type").as_str().is_some_and(|kind| GUARDS.contains(&kind)) {
            return None;
        }
        let (old, new) = (Document::read(&before, self.sources), Document::read(&after, self.sources));
        let place = after.origin.or(instance.origin());
        let policy = |document| {
            let only_denies = !Policy::from(document).statements.iter().any(|one| one.allows() != Truth::False);
            Policy::from_iter(std::iter::once(document).chain((is_guard && only_denies).then_some(&*EVERYTHING)))
        };
        let name = named(&instance.field("name", &self.relations));
        let name =
            name.as_str().map_or_else(|| Value::string(instance.resource.address.clone(), place), |_| name.clone());
        let is_boundary = self
            .policy_at(instance.index)
            .and_then(|at| self.policies.get(at))
            .is_some_and(|policy| kind_is_policy(instance) && policy.is_boundary);
        let purpose = if is_boundary { "boundary" } else { purpose };
        let mut fields: Fields = vec![("name", name), ("type", Value::string(purpose, place))];
        match compare(policy(&old), policy(&new)) {
            Verdict::NoNewAccess => fields.push(("new-access", Value::bool(false, place))),
            Verdict::NewAccess(witness) => {
                let statement = if witness.place.is_some() { witness.place } else { place };
                fields.push(("new-access", Value::bool(true, statement)));
                fields.extend(told(&witness, purpose, statement));
            }
            Verdict::Undecided(reason) => {
                let known = [&new, &old].into_iter().find_map(first_unknown);
                let limit = || Arc::new(Unknown::new(Why::Limit, reason.clone(), place));
                let unknown = known.map_or_else(limit, |unknown| derived(&unknown));
                fields.push(("new-access", Value::unknown(unknown, place)));
            }
        }
        Some(self.subject(instance, place, fields))
    }
}

fn kind_is_policy(instance: &KindInstance<'_>) -> bool {
    &*instance.row.kind == "policy"
}

fn first_unknown(document: &Document) -> Option<Arc<Unknown>> {
    let of_statements = || document.statements.iter().find_map(|statement| statement.value.first_unknown().cloned());
    document.rest.clone().or_else(of_statements)
}

/// The request that is newly allowed, for rules and for people.
fn told(witness: &Witness, purpose: &str, place: Origin) -> Fields {
    let request = &witness.request;
    let text = |text: String| Value::string(text, place);
    let mut whole = match witness.is_future {
        true => format!("actions that AWS may add, such as `{}`,", request.action),
        false => format!("`{}`", request.action),
    };
    // A trust policy is about the role that it stands on.
    if purpose != "trust" {
        whole += &format!(" on `{}`", request.resource);
    }
    let is_public = request.caller == Caller::Anonymous;
    if request.caller != Caller::Holder {
        whole += &format!(" by {}", request.caller);
    }
    let keys: Vec<String> =
        request.context.iter().map(|(key, values)| format!("{key} = {}", values.join(", "))).collect();
    if !keys.is_empty() {
        whole += &format!(", where {}", keys.join(" and "));
    }
    let level = catalogue::action(&request.action).map(|action| action.level.name());
    vec![
        ("action", text(request.action.clone())),
        ("resource", text(request.resource.to_string())),
        ("principal", text(request.caller.to_string())),
        ("keys", Value::list(keys.into_iter().map(text).collect(), place)),
        ("level", level.map_or_else(|| Value::null(place), |level| Value::string(level, place))),
        ("future", Value::bool(witness.is_future, place)),
        ("public", Value::bool(is_public, place)),
        ("request", text(whole)),
    ]
}
