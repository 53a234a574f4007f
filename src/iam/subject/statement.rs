//! Statements of identity policies, and what all statements have in common.

use super::{Fields, Subject, open_list};
use crate::iam::Identity;
use crate::iam::catalogue;
use crate::iam::document::{Document, Elements, Statement};
use crate::iam::identity::Holder;
use crate::iam::taken::Taken;
use crate::model::KindInstance;
use crate::value::{Value, derived};

/// What a document is the policy of.
struct Carried<'i> {
    /// The policy by its number, where it is one that can be held.
    policy: Option<usize>,
    /// Its name and type.
    about: Value,
    holders: &'i [Holder],
    /// What all of its holders are denied by others of their policies.
    denied: Taken,
}

impl Identity<'_> {
    pub(super) fn statement_subjects(&self) -> Vec<Subject> {
        let mut subjects = Vec::new();
        let of_principals = self.denied_to_principals();
        for (at, policy) in self.policies.iter().enumerate().filter(|(_, policy)| !policy.is_boundary) {
            let kind = if &*policy.instance.row.kind == "policy" { "managed" } else { "inline" };
            let about = |name: Value| {
                Value::fields(
                    [("name", name), ("type", Value::string(kind, policy.instance.origin()))],
                    policy.instance.origin(),
                )
            };
            let about = about(self.policy_name(policy));
            let elsewhere = of_principals.as_ref().map(|all| self.denied_to_holders(at, all)).unwrap_or_default();
            let carried = Carried { policy: Some(at), about, holders: &policy.holders, denied: elsewhere };
            self.add_statements(&mut subjects, &policy.instance, &policy.document, &carried);
        }
        for (instance, document) in &self.loose {
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
            let carried = Carried { policy: None, about, holders: &[], denied: Taken::default() };
            self.add_statements(&mut subjects, instance, document, &carried);
        }
        subjects
    }

    fn add_statements(
        &self,
        subjects: &mut Vec<Subject>,
        instance: &KindInstance<'_>,
        document: &Document,
        carried: &Carried<'_>,
    ) {
        let (policy, given_to) = (&carried.about, carried.holders);
        let holders = self.holders_value(given_to, instance.origin());
        if let Some(unknown) = &document.rest {
            // What else the document may say still has to be told of as undecided.
            let origin = instance.origin();
            let all = [
                "effect",
                "admin",
                "never-holds",
                "not-actions",
                "wildcard-actions",
                "passes-any-role",
                "passes",
                "type-wide",
                "services",
                "share",
                "idle",
                "traps",
            ];
            let mut fields: Fields = all.map(|name| (name, Value::unknown(derived(unknown), origin))).to_vec();
            fields.extend([("policy", policy.clone()), ("holders", holders.clone())]);
            subjects.push(self.subject(instance, origin, fields));
        }
        let mut denied = document.taken().clone();
        denied.add(&carried.denied);
        // Who is denied everything has nothing of it: as if the policy said so.
        if !carried.denied.is_empty() && denied.gone.len() == catalogue::action_count() {
            return;
        }
        let mostly_denied = denied.gone.len() * 2 >= catalogue::action_count();
        let demanded = catalogue::action("iam:PassRole").map(|action| document.demanded(action)).unwrap_or_default();
        let together = document.everything_together().filter(|_| carried.denied.is_empty());
        for (at, statement) in document.granting().iter().enumerate() {
            let origin = statement.value.origin;
            let mut fields = self.statement_fields(statement);
            let services = statement.whole_services(&denied);
            let sum = together.filter(|all| all.widest == at);
            let admin = match sum {
                Some(_) => Value::bool(true, statement.grants_at()),
                None => statement.is_admin_beside(&denied).to_value(),
            };
            let others = sum.map_or(&[][..], |all| &all.others).iter().filter_map(|at| document.statements.get(*at));
            let others = others.map(|other| Value::bool(true, other.grants_at())).collect();
            let is_denied = catalogue::action("iam:PassRole").is_some_and(|action| denied.narrow.contains(action));
            let passes = match statement.passes_any_role() {
                answer if is_denied => Value::bool(false, answer.origin),
                answer => answer.to_value(),
            };
            let open_holders = match admin.as_bool() {
                Some(true) => self.open_holders(given_to, origin),
                _ => Value::list(Vec::new(), origin),
            };
            fields.extend([
                ("admin", admin),
                ("mostly-denied", Value::bool(mostly_denied, origin)),
                (
                    "what",
                    Value::string(
                        if mostly_denied { "every action that is not denied" } else { "every action" },
                        origin,
                    ),
                ),
                ("together", Value::list(others, origin)),
                ("open-holders", open_holders),
                ("every-resource", statement.on_every_resource().to_value()),
                ("wildcard-actions", statement.wildcards(&denied.gone)),
                ("left", statement.left(&denied.gone)),
                ("passes-any-role", passes),
                ("passes", self.passes(statement, &denied, &demanded)),
                ("type-wide", statement.type_wide(&denied, self.own_accounts)),
                ("wide-services", named_services(&services)),
                ("services", services),
                ("share", statement.share(&denied)),
                ("idle", statement.idle(self.own_accounts)),
                ("never-holds", Value::bool(statement.never_matches(None), origin)),
                ("mfa", self.statement_mfa(statement, carried.policy)),
                ("policy", policy.clone()),
                ("holders", holders.clone()),
            ]);
            let mut subject = self.subject(instance, origin, fields);
            // What only completes another one is told there.
            let completed = together.filter(|all| all.others.contains(&at));
            let widest = completed.and_then(|all| document.granting().get(all.widest));
            subject.cause = widest.map(|widest| (instance.index, widest.value.origin));
            subjects.push(subject);
        }
    }

    pub(super) fn statement_fields(&self, statement: &Statement) -> Fields {
        let origin = statement.value.origin;
        let list = |elements: &Option<Elements>| match elements {
            Some(elements) => open_list(elements.items.clone(), &elements.rest, elements.origin),
            None => Value::null(origin),
        };
        let effect = match (statement.effect.as_str(), statement.effect.first_unknown()) {
            (Some(text), _) => Value::string(text.to_ascii_lowercase(), statement.effect.origin),
            (None, Some(unknown)) => Value::unknown(derived(unknown), statement.effect.origin),
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

/// The elements that name a whole service on whole types of its resources, for people.
fn named_services(services: &Value) -> Value {
    let wide = services.elements().iter().filter(|one| one.get("wide").and_then(Value::as_bool) == Some(true));
    let named = wide.filter_map(|one| {
        let action = one.get("action")?.as_str()?;
        Some(Value::string(format!("`{action}`"), one.origin))
    });
    Value::list(named.collect(), services.origin)
}
