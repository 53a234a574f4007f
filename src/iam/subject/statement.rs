//! Statements of identity policies, and what all statements have in common.

use std::sync::Arc;

use super::left::Left;
use super::shut::{Limits, Shares};
use super::wide::Known;
use super::{Fields, Subject, is_of_template, named, open_list, truth_value};
use crate::iam::Identity;
use crate::iam::catalogue;
use crate::iam::document::{Document, Elements, Statement};
use crate::iam::identity::{Attachment, Holder};
use crate::iam::principal;
use crate::iam::taken::Taken;
use crate::model::KindInstance;
use crate::source::Origin;
use crate::value::{Data, Piece, Truth, Unknown, Value, derived};

/// What a document is the policy of.
struct Carried<'i> {
    /// The policy by its number, where it is one that can be held.
    policy: Option<usize>,
    /// Its name and type.
    about: Value,
    holders: &'i [Holder],
    /// What stands over its holders, whatever it grants.
    shares: Shares,
}

/// Whether a value is the id of the account that is deployed to, as a whole.
fn is_own_account(value: &Value) -> bool {
    let pieces = value.to_pieces().unwrap_or_default();
    matches!(pieces.as_slice(), [Piece::Hole(unknown, _)] if principal::is_own_account(unknown))
}

impl Identity<'_> {
    pub(super) fn statement_subjects(&self) -> Vec<Subject> {
        let mut subjects = Vec::new();
        let mut limits = Limits::default();
        for (at, policy) in self.policies.iter().enumerate().filter(|(_, policy)| !policy.is_boundary) {
            let kind = if &*policy.instance.row.kind == "policy" { "managed" } else { "inline" };
            let about = |name: Value| {
                Value::fields(
                    [("name", name), ("type", Value::string(kind, policy.instance.origin()))],
                    policy.instance.origin(),
                )
            };
            let about = about(self.policy_name(policy));
            let shares = self.shares(at, &mut limits);
            let carried = Carried { policy: Some(at), about, holders: &policy.holders, shares };
            self.add_statements(&mut subjects, &policy.instance, &policy.document, &carried);
        }
        for (loose, (instance, document)) in self.loose.iter().enumerate() {
            if document.has_principals {
                continue;
            }
            let origin = instance.origin();
            let kind = if &*instance.row.kind == "policy-file" { "file" } else { "loose" };
            let fields = [
                ("name", Value::string(instance.resource.address.clone(), origin)),
                ("type", Value::string(kind, origin)),
            ];
            let about = Value::fields(fields, origin);
            let carried =
                Carried { policy: None, about, holders: &[], shares: self.shares_of_nobody(loose, &mut limits) };
            self.add_statements(&mut subjects, instance, document, &carried);
        }
        let mut known = Known::default();
        subjects
            .extend(self.attachments.iter().filter_map(|attachment| self.attached_to_users(attachment, &mut known)));
        subjects
    }

    /// What a policy of AWS gives to users, where it makes them administrators: as if it stood where it is attached.
    fn attached_to_users(&self, attachment: &Attachment<'_>, known: &mut Known) -> Option<Subject> {
        let is_user = |holder: &Holder| holder.kind == "user";
        if attachment.own.is_some() || !attachment.holders.iter().any(is_user) {
            return None;
        }
        let instance = &attachment.instance;
        let origin = attachment.policy.origin.or(instance.origin());
        let users: Vec<Holder> = self.wide(attachment, known).administrators.into_iter().filter(is_user).collect();
        if users.is_empty() {
            return None;
        }
        let fields = vec![
            ("effect", Value::string("allow", origin)),
            ("wide-holders", self.holders_value(&users, instance.origin())),
            ("sensitive", without_factor("everything", "do everything".to_owned(), origin)),
            ("mfa", self.holders_mfa(&users, origin)),
            ("policy", self.policy_value(attachment).at(origin)),
            ("holders", self.holders_value(&attachment.holders, instance.origin())),
        ];
        let mut subject = self.subject(instance, origin, fields);
        subject.cause = Some((instance.index, origin));
        Some(subject)
    }

    fn add_statements(
        &self,
        subjects: &mut Vec<Subject>,
        instance: &KindInstance<'_>,
        document: &Document,
        carried: &Carried<'_>,
    ) {
        let holders = self.holders_value(carried.holders, instance.origin());
        let common = [("policy", carried.about.clone()), ("holders", holders)];
        if let Some(unknown) = &document.rest {
            subjects.push(self.unsaid(instance, &common, unknown));
        }
        let Some(left) = Left::of(document, &carried.shares, instance.origin()) else { return };
        for (at, statement) in document.granting().iter().enumerate() {
            // Nothing of it is left.
            let reached = &statement.actions_reached().possible;
            if statement.allows() != Truth::False && !reached.is_empty() && reached.is_within(&left.shut.certain.gone) {
                continue;
            }
            if let Some(mut useless) = self.useless_to_holders(instance, statement, carried.policy, carried.holders) {
                let entries = useless.value.as_map().map(|map| map.entries().to_vec()).unwrap_or_default();
                let entries = entries.into_iter().map(|entry| (entry.key, entry.value));
                let about = [("policy".into(), carried.about.clone())];
                useless.value = Value::fields(entries.chain(about), statement.value.origin);
                subjects.push(useless);
                continue;
            }
            let mut fields = self.granting_fields(instance, carried.policy, &left, at, statement);
            fields.extend(common.iter().cloned());
            let mut subject = self.subject(instance, statement.value.origin, fields);
            subject.document = document.origin.unwrap_or(Origin::NONE);
            // What only completes another one is told there.
            let completed = left.together.filter(|all| all.others.contains(&at));
            let widest = completed.and_then(|all| document.granting().get(all.widest));
            subject.cause = widest.map(|widest| (instance.index, widest.value.origin));
            subjects.push(subject);
        }
    }

    /// What else a document may say still has to be told of as undecided.
    fn unsaid(&self, instance: &KindInstance<'_>, common: &[(&'static str, Value)], unknown: &Arc<Unknown>) -> Subject {
        const ALL: [&str; 13] = [
            "effect",
            "admin",
            "never-holds",
            "not-actions",
            "wildcard-actions",
            "passes-any-role",
            "passes",
            "type-wide",
            "sensitive",
            "services",
            "share",
            "idle",
            "traps",
        ];
        let origin = instance.origin();
        let mut fields: Fields = ALL.map(|name| (name, Value::unknown(derived(unknown), origin))).to_vec();
        fields.extend(common.iter().cloned());
        self.subject(instance, origin, fields)
    }

    /// What a statement that grants is told by, with what is left of it to those who hold it.
    fn granting_fields(
        &self,
        instance: &KindInstance<'_>,
        policy: Option<usize>,
        left: &Left<'_>,
        at: usize,
        statement: &Statement,
    ) -> Fields {
        let origin = statement.value.origin;
        let reached = &statement.actions_reached().possible;
        // What it is where it is there; whether it is, each of its fields tells.
        let assumed = statement.assumed();
        let is_there = assumed.as_ref().and(statement.effect.as_unknown());
        let mut fields = self.statement_fields(statement);
        let statement = assumed.as_ref().unwrap_or(statement);
        let sum = left.together.filter(|all| all.widest == at);
        let (is_admin, place, unknown) = match sum {
            Some(_) => (Truth::True, statement.grants_at(), None),
            None => {
                let answer = statement.is_admin();
                (answer.truth, answer.origin, answer.unknown.clone())
            }
        };
        let admin = truth_value(is_admin.and(left.is_one), place, unknown.or_else(|| left.reason.clone()));
        let others = sum.map_or(&[][..], |all| &all.others).iter();
        let others = others.filter_map(|at| left.document.statements.get(*at));
        let others = others.map(|other| Value::bool(true, other.grants_at())).collect();
        let denies_pass = |set: &Taken| catalogue::action("iam:PassRole").is_some_and(|a| set.bound.contains(a));
        let passes = |set: &Taken| match statement.passes_any_role() {
            answer if denies_pass(set) => Value::bool(false, answer.origin),
            answer => answer.to_value(),
        };
        let services = left.found(|set| statement.whole_services(set));
        let wide = left.type_wide(statement, self.own_accounts);
        let wide_holders = left.wide_holders(admin.as_bool(), &wide);
        let sensitive = match left.whole {
            Some(whole) if whole == at => without_factor("everything", "do everything".to_owned(), admin.origin),
            // Whoever may do everything has no more by it.
            Some(_) => Value::null(origin),
            None => sensitive(&wide),
        };
        let gone = &left.beside.certain.gone;
        let narrowed = !reached.is_empty() && reached.is_within(&left.beside.certain.narrow);
        let is_generated = is_of_template(instance, statement);
        let open_holders = match admin.as_bool() {
            Some(true) => self.open_holders(&wide_holders, origin),
            _ => Value::list(Vec::new(), origin),
        };
        fields.extend([
            ("admin", admin),
            ("mostly-denied", Value::bool(left.mostly_denied, origin)),
            ("what", Value::string(left.what(), origin)),
            ("where", Value::string(on_what(statement), origin)),
            ("widest-resource", statement.widest_resource(&wide)),
            ("together", Value::list(others, origin)),
            ("open-holders", open_holders),
            ("wide-holders", self.holders_value(&wide_holders, instance.origin())),
            ("every-resource", statement.on_every_resource().to_value()),
            ("wildcard-actions", statement.wildcards(gone)),
            ("left", statement.left(gone)),
            ("passes-any-role", left.found(passes)),
            ("passes", left.found(|set| self.passes(statement, set, &left.demanded))),
            ("type-wide", wide),
            ("sensitive", sensitive),
            ("narrowed", Value::bool(narrowed, origin)),
            ("wide-services", named_services(&services)),
            ("services", services),
            ("share", left.share(statement)),
            ("idle", statement.idle(self.own_accounts)),
            ("generated", if is_generated { Value::bool(true, origin) } else { Value::null(origin) }),
            ("never-holds", Value::bool(statement.never_matches(None), origin)),
            ("mfa", self.statement_mfa(statement, policy)),
        ]);
        if let Some(reason) = is_there {
            fields.iter_mut().for_each(|(name, value)| possibly(name, value, reason));
        }
        fields
    }

    pub(super) fn statement_fields(&self, statement: &Statement) -> Fields {
        let origin = statement.value.origin;
        let list = |elements: &Option<Elements>| match elements {
            Some(elements) => open_list(elements.items.clone(), &elements.rest, elements.origin),
            None => Value::null(origin),
        };
        let effect = match (statement.effect.as_str(), statement.effect.first_unknown()) {
            (Some(text), _) => Value::string(text.to_ascii_lowercase(), statement.effect.origin),
            (None, Some(unknown)) => {
                let lower = |one: &Value| match one.as_str() {
                    Some(text) => Value::string(text.to_ascii_lowercase(), one.origin),
                    None => one.clone(),
                };
                let candidates = unknown.candidates.iter().map(lower).collect();
                Value::unknown(Unknown { candidates, ..unknown.derived() }, statement.effect.origin)
            }
            (None, None) => statement.effect.clone(),
        };
        let test = |test: &crate::iam::condition::Test| {
            let values = open_list(test.values.clone(), &test.rest, test.origin);
            let fields = [
                ("operator", Value::string(test.operator.as_str(), test.origin)),
                ("key", Value::string(test.key.as_str(), test.origin)),
                ("if-exists", Value::bool(test.if_exists, test.origin)),
                (
                    "qualifier",
                    test.qualifier
                        .as_deref()
                        .map_or_else(|| Value::null(test.origin), |q| Value::string(q, test.origin)),
                ),
                ("negated", Value::bool(!test.is_positive(), test.origin)),
                ("values", values),
                ("own-account", Value::bool(test.values.iter().any(is_own_account), test.origin)),
            ];
            Value::fields(fields, test.origin)
        };
        vec![
            ("sid", statement.sid.clone()),
            ("effect", effect),
            ("actions", list(&statement.actions)),
            ("not-actions", list(&statement.not_actions)),
            ("resources", list(&statement.resources)),
            ("not-resources", list(&statement.not_resources)),
            ("conditions", open_list(statement.tests.iter().map(test).collect(), &statement.more_tests, origin)),
            ("traps", statement.traps_value()),
        ]
    }
}

/// The fields that say what a statement does, as they are where it may not be there.
fn possibly(name: &str, value: &mut Value, reason: &Arc<Unknown>) {
    const NOTHING: [&str; 11] = [
        "admin",
        "wildcard-actions",
        "left",
        "passes-any-role",
        "passes",
        "sensitive",
        "wide-services",
        "services",
        "share",
        "idle",
        "traps",
    ];
    let either = |value: &Value| {
        let none = match &value.data {
            Data::Bool(false) | Data::Null | Data::Unknown(_) => return value.clone(),
            Data::List(list) if list.items.is_empty() => return value.clone(),
            Data::Bool(true) => Value::bool(false, value.origin),
            Data::Number(_) => Value::integer(0, value.origin),
            Data::List(_) => Value::list(Vec::new(), value.origin),
            _ => Value::null(value.origin),
        };
        let either = Unknown { candidates: vec![value.clone(), none], ..reason.derived() };
        Value::unknown(either, value.origin)
    };
    match (name, value.as_map()) {
        ("type-wide", Some(map)) => {
            let groups = map.entries().iter().map(|group| (group.key.clone(), either(&group.value)));
            *value = Value::fields(groups.collect::<Vec<_>>(), value.origin);
        }
        _ if NOTHING.contains(&name) => *value = either(value),
        _ => {}
    }
}

/// What nobody should do without a second factor, and the same for people.
fn without_factor(kind: &str, what: String, at: Origin) -> Value {
    Value::fields([("kind", Value::string(kind, at)), ("what", Value::string(what, at))], at)
}

/// What a statement gives to change permissions on whole types of resource.
fn sensitive(type_wide: &Value) -> Value {
    let Some(group) = type_wide.get("permissions") else { return type_wide.clone() };
    if group.as_map().is_none() {
        return group.clone();
    }
    let of = |name: &str| group.get(name).and_then(Value::as_str);
    match (of("width"), of("names")) {
        (Some("type"), Some(names)) => without_factor("permissions", format!("use {names}"), group.origin),
        _ => Value::null(group.origin),
    }
}

/// The elements that name a whole service on whole types of its resources, for people.
fn named_services(services: &Value) -> Value {
    let wide = services.elements().iter().filter(|one| one.get("wide").and_then(Value::as_bool) == Some(true));
    let named = wide.filter_map(|one| {
        let action = one.get("action")?.as_str()?;
        Some(Value::string(format!("`{action}`"), one.origin))
    });
    Value::list(named.collect(), services.origin)
}

/// What a statement is about, for people.
fn on_what(statement: &Statement) -> String {
    const SHOWN: usize = 5;
    let list = |elements: &Elements| {
        let shown = elements.items.iter().take(SHOWN).map(|item| {
            let text = match item.as_str() {
                Some(text) => text.to_owned(),
                None => item
                    .with_holes_as_wildcards()
                    .unwrap_or_else(|| named(item).scalar_text().unwrap_or_default().into_owned()),
            };
            format!("`{text}`")
        });
        let shown: Vec<String> = shown.collect();
        let more = if elements.items.len() > SHOWN { ", …" } else { "" };
        format!("{}{more}", shown.join(", "))
    };
    match (&statement.resources, &statement.not_resources) {
        (Some(resources), _) => list(resources),
        (None, Some(not)) => format!("everything except {}", list(not)),
        (None, None) => "nothing".to_owned(),
    }
}
