//! Resources that claim all policies of a principal for themselves, and what others give it beside them.

use super::{Fields, Subject, open_list};
use crate::iam::Identity;
use crate::iam::identity::{Attachment, Policy, Principal};
use crate::model::KindInstance;
use crate::value::{Unknown, Value};

/// Whether a value is what a list names, as far as can be told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Yes,
    No,
    Perhaps,
}

impl Identity<'_> {
    /// Every list that a resource claims to be complete: of attachments, and of inline policies.
    pub(super) fn exclusive_list_subjects(&self) -> Vec<Subject> {
        let lists = self.of_kind("exclusive-list");
        let both = lists.iter().flat_map(|list| {
            let attached = self.field(list, "attached");
            let inline = self.field(list, "inline");
            // An attribute that the provider fills in claims nothing.
            let claims = |value: &Value| {
                let own = |unknown: &Unknown| {
                    unknown.refers.as_ref().is_some_and(|refers| refers.address == list.resource.address)
                };
                !value.is_null() && !value.as_unknown().is_some_and(|unknown| own(unknown))
            };
            let attached = claims(&attached).then(|| self.exclusive_subject(list, "attachments", attached));
            // No block is no claim, unlike an attribute that holds an empty list.
            let is_block = list.has_field("attached");
            let none = is_block && inline.as_list().is_some_and(|l| l.items.is_empty() && l.rest.is_none());
            let inline = (claims(&inline) && !none).then(|| self.exclusive_subject(list, "inline policies", inline));
            [attached, inline].into_iter().flatten()
        });
        both.collect()
    }

    fn exclusive_subject(&self, list: &KindInstance<'_>, of: &'static str, policies: Value) -> Subject {
        let place =
            policies.elements().first().filter(|_| of == "inline policies").map_or(policies.origin, |p| p.origin);
        let place = place.or(policies.origin).or(list.origin());
        let (holders, _) = self.holders(list);
        let mut conflicts = Vec::new();
        let mut undecided = policies.as_unknown().cloned().or_else(|| policies.as_list().and_then(|l| l.rest.clone()));
        let mut add = |named: Named, instance: &KindInstance<'_>| match named {
            Named::Yes => {}
            Named::No => {
                let at = instance.origin();
                let address = Value::string(instance.resource.address.clone(), at);
                conflicts.push(Value::fields([("address", address)], at));
            }
            Named::Perhaps => {
                let why = policies.first_unknown().cloned();
                undecided = undecided.take().or(why);
            }
        };
        for principal in holders.iter().filter_map(|holder| self.principals.get(holder.principal?)) {
            if of == "attachments" {
                for other in self.attached_beside(list, principal) {
                    add(self.names_attachment(&policies, list, other), &other.instance);
                }
            } else {
                for other in self.inline_beside(list, principal) {
                    add(self.names_inline(&policies, other), &other.instance);
                }
            }
        }
        let fields: Fields = vec![
            ("of", Value::string(of, place)),
            ("policies", policies.at(place)),
            ("holders", self.holders_value(&holders, list.origin())),
            ("conflicts", open_list(conflicts, &undecided, place)),
        ];
        self.subject(list, list.origin(), fields)
    }

    /// The attachments of a principal by other resources of the same sort.
    fn attached_beside<'s>(
        &'s self,
        list: &'s KindInstance<'_>,
        principal: &'s Principal<'_>,
    ) -> impl Iterator<Item = &'s Attachment<'s>> {
        // Identity Center keeps policies of AWS and of the customer apart.
        let family = |kind: &str| kind.contains("_customer_managed_");
        let mine = family(&list.resource.provider_type);
        let all = principal.attached.iter().filter_map(|at| self.attachments.get(*at));
        all.filter(move |other| {
            family(&other.instance.resource.provider_type) == mine && other.instance.index != list.index
        })
    }

    fn inline_beside<'s>(
        &'s self,
        list: &'s KindInstance<'_>,
        principal: &'s Principal<'_>,
    ) -> impl Iterator<Item = &'s Policy<'s>> {
        let all = principal.inline.iter().filter_map(|at| self.policies.get(*at));
        all.filter(move |other| other.instance.index != list.index)
    }

    fn names_attachment(&self, policies: &Value, list: &KindInstance<'_>, other: &Attachment<'_>) -> Named {
        let same = |item: &Value| {
            let item = item.get("name").unwrap_or(item);
            match (item.as_str(), other.policy.as_str()) {
                (Some(one), Some(two)) => return if one == two { Named::Yes } else { Named::No },
                _ if item.equals(&other.policy).is_true() => return Named::Yes,
                _ => {}
            }
            match (self.policy_index(item, list), other.own) {
                (Some(one), Some(two)) if one == two => Named::Yes,
                // A policy of the unit is another than one that stands elsewhere.
                (Some(_), Some(_)) => Named::No,
                (Some(_), None) | (None, Some(_)) if item.as_str().or(other.policy.as_str()).is_some() => Named::No,
                _ => Named::Perhaps,
            }
        };
        any_of(policies, same)
    }

    fn names_inline(&self, policies: &Value, other: &Policy<'_>) -> Named {
        let name = other.instance.field("name", &self.relations);
        let address = &other.instance.resource.address;
        let same = |item: &Value| {
            let is_block = item.as_map().is_some();
            let named = item.get("name").unwrap_or(item);
            let refers = named.first_unknown().and_then(|unknown| unknown.refers.as_ref());
            match (named.as_str(), name.as_str()) {
                // A block writes the policy, a list of names only keeps it.
                (Some(one), Some(two)) if one == two && is_block => self.writes_the_same(item, other),
                (Some(one), Some(two)) => {
                    if one == two {
                        Named::Yes
                    } else {
                        Named::No
                    }
                }
                _ if refers.is_some_and(|refers| refers.address == *address) => Named::Yes,
                _ if refers.is_some() => Named::No,
                _ => Named::Perhaps,
            }
        };
        any_of(policies, same)
    }

    /// Whether a block of the same name leaves the other policy as it is.
    fn writes_the_same(&self, block: &Value, other: &Policy<'_>) -> Named {
        let Some(document) = block.get("policy") else { return Named::No };
        let mine = crate::iam::Document::read(document, self.sources).normal_form();
        match (mine, other.document.normal_form()) {
            (Some(one), Some(two)) => {
                if one == two {
                    Named::Yes
                } else {
                    Named::No
                }
            }
            _ => Named::Perhaps,
        }
    }
}

fn any_of(policies: &Value, same: impl Fn(&Value) -> Named) -> Named {
    let open = policies.as_unknown().is_some() || policies.as_list().is_some_and(|list| list.rest.is_some());
    let mut found = if open { Named::Perhaps } else { Named::No };
    for item in policies.elements() {
        match same(item) {
            Named::Yes => return Named::Yes,
            Named::Perhaps => found = Named::Perhaps,
            Named::No => {}
        }
    }
    found
}
