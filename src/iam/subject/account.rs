//! The unit as one account.

use std::sync::Arc;

use super::{Subject, open_list, plain};
use crate::iam::identity::{Holder, Identity, Principal};
use crate::model::{KindInstance, Resource};
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value};

impl Identity<'_> {
    /// Who is administrator, who has a console password, what is set.
    pub(super) fn account_subject(&self) -> Option<Subject> {
        let first = self.unit.resources.first()?;
        let mut administrators = Vec::new();
        let mut undecided = None;
        for principal in &self.principals {
            let is_group = &*principal.instance.row.kind == "group";
            // A group stands for its members; it counts itself where none of them is known.
            if is_group && principal.memberships.iter().any(|membership| membership.other.is_some()) {
                continue;
            }
            let (truth, steps, unknown) = self.admin(principal);
            match truth {
                Truth::True => administrators.push(self.step_value(principal, steps)),
                Truth::Unknown => undecided = undecided.or_else(|| unknown.clone()),
                Truth::False => {}
            }
        }
        // What may not exist at all is none of the things that are certainly there.
        let list = |kind: &str, origin: Origin| {
            let (certain, possible): (Vec<&KindInstance<'_>>, Vec<&KindInstance<'_>>) =
                self.of_kind(kind).iter().partition(|instance| instance.resource.possible.is_none());
            let rest = possible.first().and_then(|instance| instance.resource.possible.clone());
            at_first(certain.into_iter().map(|instance| plain(self, instance)).collect(), &rest, origin)
        };
        let origin = first.origin;
        let users: Vec<&Principal<'_>> =
            self.principals.iter().filter(|principal| &*principal.instance.row.kind == "user").collect();
        let user = |principal: &&Principal<'_>| {
            Value::fields([("name", self.display_name(principal))], principal.instance.origin())
        };
        let users = at_first(users.iter().map(user).collect(), &None, origin);
        let fields = vec![
            ("administrators", at_first(administrators, &undecided, origin)),
            ("users", users),
            ("console-users", self.console_users(origin)),
            ("password-policies", list("password-policy", origin)),
            ("config-rules", list("config-rule", origin)),
            ("conformance-packs", list("conformance-pack", origin)),
            ("organizations", list("organization", origin)),
            ("organization-features", list("organization-features", origin)),
            ("language", Value::string(language(first), origin)),
        ];
        let value = Value::fields(fields, origin);
        Some(Subject { resource: 0, origin, cause: None, document: Origin::NONE, value })
    }

    fn console_users(&self, origin: Origin) -> Value {
        let owners = self.owners.get("login-profile").map_or(&[][..], Vec::as_slice);
        let one = |(instance, owner): (&KindInstance<'_>, &Holder)| {
            Value::fields([("name", self.holder_name(owner))], instance.origin())
        };
        let profiles = self.of_kind("login-profile");
        let certain = profiles.iter().zip(owners).filter(|(instance, _)| instance.resource.possible.is_none());
        let rest = profiles.iter().find_map(|instance| instance.resource.possible.clone());
        at_first(certain.map(one).collect(), &rest, origin)
    }

    fn step_value(&self, principal: &Principal<'_>, steps: &[(String, Origin)]) -> Value {
        let origin = principal.instance.origin();
        let because = steps.iter().map(|(text, place)| Value::string(text.as_str(), *place)).collect();
        let fields = [
            ("name", self.display_name(principal)),
            ("type", Value::string(principal.instance.row.kind.clone(), origin)),
            ("because", Value::list(because, origin)),
        ];
        Value::fields(fields, origin)
    }
}

fn language(resource: &Resource) -> &'static str {
    if resource.provider_type.contains("::") { "cloudformation" } else { "terraform" }
}

/// A list that stands where its first element stands, so that a finding about the list has a place of its own.
fn at_first(items: Vec<Value>, rest: &Option<Arc<Unknown>>, origin: Origin) -> Value {
    let origin = items.first().map_or(origin, |first| first.origin.or(origin));
    open_list(items, rest, origin)
}
