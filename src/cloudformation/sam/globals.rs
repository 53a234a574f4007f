//! The `Globals` section: what all serverless resources of a type have in common.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::evaluator::Evaluator;
use super::super::template::Declaration;
use crate::diagnostic::Diagnostic;
use crate::value::{Data, Entry, List, Map, Value};

/// Properties of a function that cannot be common to all.
const OWN_OF_FUNCTION: &[&str] = &["Events", "FunctionName", "Policies", "Role"];

/// Properties of APIs that cannot be common to all.
const OWN_OF_API: &[&str] = &["DefinitionBody", "StageName"];

/// What `Globals` may say of state machines.
const OF_STATE_MACHINE: &[&str] = &["PropagateTags"];

/// Lists of which a resource's own counts alone.
const REPLACED: &[&str] = &["Architectures"];

impl<'t> Evaluator<'t> {
    /// The properties of a serverless resource with the globals of its type under them.
    pub(super) fn with_globals(&mut self, kind: &str, declaration: Declaration<'t>, own: Value) -> Value {
        let Some(node) = self.template.globals.get(kind).copied() else { return own };
        // A function stands for one value, whatever it gives: it is not merged into.
        let mut whole = HashSet::new();
        for properties in [Some(node), declaration.value.get("Properties")].into_iter().flatten() {
            for (key, value) in self.entries(properties) {
                let Some(name) = key.as_str() else { continue };
                if self.call_of(value).is_some() {
                    whole.insert(name);
                }
            }
        }
        let declared: HashSet<&str> = match declaration.value.get("Properties") {
            Some(properties) => self.entries(properties).iter().filter_map(|(key, _)| key.as_str()).collect(),
            None => HashSet::new(),
        };
        let Some(globals) = self.evaluate(node) else { return own };
        let (Some(under), Some(over)) = (globals.as_map(), own.as_map()) else { return own };
        let own_entries = over.entries();
        let mut entries = own_entries.to_vec();
        for entry in under.entries() {
            if !is_common(kind, &entry.key) {
                let message = format!("`{}` cannot be set for all resources of `AWS::Serverless::{kind}`", entry.key);
                self.tell(Diagnostic::warning("sam-globals", message).at(entry.key_origin, ""));
                continue;
            }
            let is_whole = whole.contains(&*entry.key) || REPLACED.contains(&&*entry.key);
            let at = own_entries.binary_search_by(|known| known.key.cmp(&entry.key)).ok();
            match at.and_then(|at| entries.get_mut(at)) {
                Some(known) if !is_whole => {
                    let own = std::mem::replace(&mut known.value, Value::null(known.key_origin));
                    known.value = merged(&entry.value, own);
                }
                Some(_) => {}
                // `AWS::NoValue` takes a common property away.
                None if declared.contains(&&*entry.key) => {}
                None => entries.push(entry.clone()),
            }
        }
        let mut map = Map::new(entries);
        map.rest = over.rest.clone().or_else(|| under.rest.clone());
        Value { data: Data::Map(Arc::new(map)), ..own }
    }
}

fn is_common(kind: &str, property: &str) -> bool {
    match kind {
        "Function" => !OWN_OF_FUNCTION.contains(&property),
        "Api" | "HttpApi" => !OWN_OF_API.contains(&property),
        "StateMachine" => OF_STATE_MACHINE.contains(&property),
        _ => true,
    }
}

/// Globals under a resource's own values: maps are merged, lists are joined, else the resource's own counts.
fn merged(globals: &Value, own: Value) -> Value {
    match (&globals.data, &own.data) {
        (Data::Map(under), Data::Map(over)) => {
            let below = under.entries().iter().filter(|entry| over.get(&entry.key).is_none()).cloned();
            let above = over.entries().iter().map(|entry| match under.get(&entry.key) {
                Some(global) => Entry { value: merged(global, entry.value.clone()), ..entry.clone() },
                None => entry.clone(),
            });
            let mut map = Map::new(below.chain(above).collect());
            map.rest = over.rest.clone().or_else(|| under.rest.clone());
            Value { data: Data::Map(Arc::new(map)), ..own }
        }
        (Data::List(under), Data::List(over)) => {
            let items = under.items.iter().chain(&over.items).cloned().collect();
            let rest = over.rest.clone().or_else(|| under.rest.clone());
            Value { data: Data::List(Arc::new(List { items, rest, is_set: false })), ..own }
        }
        _ => own,
    }
}
