//! Inline policies that say the same for several principals.

use std::collections::{HashMap, HashSet};

use super::open_list;
use crate::iam::Identity;
use crate::iam::identity::Holder;
use crate::source::Origin;
use crate::value::{Value, derived};

/// So many of the others are told of, except by the first of them.
const NAMED: usize = 5;

/// One principal that a policy is written into: the policy, and the holder.
type Copy<'i> = (usize, &'i Holder);

impl Identity<'_> {
    /// For each inline policy whose document others hold as well those others, and the first of them all where it is another.
    pub(super) fn copies(&self) -> HashMap<usize, (Value, Option<usize>)> {
        let mut group_of: HashMap<String, usize> = HashMap::new();
        let mut groups: Vec<Vec<Copy<'_>>> = Vec::new();
        let (mut open, mut told) = (Vec::new(), 0);
        let inline = self.policies.iter().enumerate();
        for (at, policy) in inline.filter(|(_, policy)| &*policy.instance.row.kind == "inline-policy") {
            let is_told = |holder: &&Holder| matches!(holder.kind, "user" | "group" | "role") && is_known(holder);
            let mut holders = policy.holders.iter().filter(is_told).peekable();
            if holders.peek().is_none() || super::is_generated(policy) {
                continue;
            }
            told += policy.holders.len();
            let Some(form) = policy.document.normal_form() else {
                let document = self.field(&policy.instance, "document");
                let why = policy.document.rest.clone().or_else(|| document.first_unknown().cloned());
                open.extend(why.map(|why| (at, why)));
                continue;
            };
            let group = *group_of.entry(form).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Vec::new());
            }
            if let Some(group) = groups.get_mut(group) {
                group.extend(holders.map(|holder| (at, holder)));
            }
        }
        let mut copies = HashMap::new();
        for group in groups.iter().filter(|group| group.len() > 1) {
            let group = self.distinct(group);
            if group.len() < 2 {
                continue;
            }
            let first = group.first().map(|(at, _)| *at);
            for (position, (at, _)) in group.iter().enumerate() {
                if copies.contains_key(at) {
                    continue;
                }
                let most = if position == 0 { usize::MAX } else { NAMED };
                let others = group.iter().enumerate().filter(|(other, _)| *other != position).take(most);
                let others = others.map(|(_, copy)| self.copy_value(copy)).collect();
                let origin = self.policies.get(*at).map_or(Origin::NONE, |policy| policy.instance.origin());
                copies.insert(*at, (Value::list(others, origin), first.filter(|_| position > 0)));
            }
        }
        // What is not known may be the same as any other.
        for (at, why) in open.into_iter().filter(|_| told > 1) {
            let origin = self.policies.get(at).map_or(Origin::NONE, |policy| policy.instance.origin());
            copies.insert(at, (open_list(Vec::new(), &Some(derived(&why)), origin), None));
        }
        copies
    }

    /// Each principal once. What a module writes once for each of its instances is written once.
    fn distinct<'c>(&self, group: &[Copy<'c>]) -> Vec<Copy<'c>> {
        let mut principals = HashSet::new();
        let mut scopes: HashMap<Origin, &str> = HashMap::new();
        let mut distinct = Vec::new();
        for (at, holder) in group {
            let Some(policy) = self.policies.get(*at) else { continue };
            let scope = policy.instance.resource.scope();
            let first = *scopes.entry(policy.instance.origin()).or_insert(scope);
            let name = holder.value.scalar_text().filter(|_| holder.principal.is_none());
            if first == scope && principals.insert((holder.kind, holder.principal, name)) {
                distinct.push((*at, *holder));
            }
        }
        distinct
    }

    fn copy_value(&self, (at, holder): &Copy<'_>) -> Value {
        let origin = self.policies.get(*at).map_or(Origin::NONE, |policy| policy.instance.origin());
        let fields = [("type", Value::string(holder.kind, origin)), ("name", self.holder_name(holder))];
        Value::fields(fields, origin)
    }
}

/// Whether it can be told who the holder is.
fn is_known(holder: &Holder) -> bool {
    holder.principal.is_some() || holder.value.as_str().is_some()
}
