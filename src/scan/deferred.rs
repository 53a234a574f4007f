//! Policy documents that are read only while a plan is applied, because they name something that is made then. The plan
//! holds the arguments of such a `data.aws_iam_policy_document`, each part that is known: the document is put together from
//! them, and stands where the plan says no more than that a policy is that document.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::model::{Mode, Unit, UnitKind};
use crate::source::Sources;
use crate::terraform;
use crate::value::{Data, Entry, List, Map, Unknown, Value};

/// The data source.
const DOCUMENT: &str = "aws_iam_policy_document";

/// Its attributes that are the document.
const RENDERED: [&str; 2] = ["json", "minified_json"];

/// Documents that are made of one another are followed so far.
const MAX_STEPS: usize = 64;

/// So many statements are put together for one plan: a document that is made of others takes theirs.
const MAX_STATEMENTS: usize = 100_000;

/// Puts together the documents of each plan, and tells what the provider will refuse in them.
pub(super) fn render(units: &mut [Unit], sources: &Sources) -> Vec<Diagnostic> {
    let mut refused = Vec::new();
    for unit in units.iter_mut().filter(|unit| unit.kind == UnitKind::Plan) {
        let rendered = Documents::of(unit, sources, &mut refused);
        if rendered.is_empty() {
            continue;
        }
        // The data source itself stays as it is: where its use cannot be followed, what the document is for is not known.
        for resource in unit.resources.iter_mut().filter(|resource| resource.mode != Mode::Data) {
            if let Some(attributes) = filled(&resource.attributes, &|unknown| of(unknown, &rendered)) {
                resource.attributes = attributes;
            }
        }
    }
    refused
}

/// The document that an unknown value is.
fn of(unknown: &Unknown, rendered: &HashMap<Arc<str>, Value>) -> Option<Value> {
    let reference = unknown.refers.as_ref().filter(|reference| RENDERED.contains(&&*reference.attribute))?;
    rendered.get(&reference.address).cloned()
}

/// A value with what stands for some of its unknown parts; none where nothing does.
fn filled(value: &Value, known: &impl Fn(&Unknown) -> Option<Value>) -> Option<Value> {
    let data = match &value.data {
        Data::Unknown(unknown) => {
            let found = known(unknown)?;
            let sensitive = value.sensitive || found.sensitive;
            return Some(found.marked(sensitive));
        }
        Data::List(list) => {
            let items = filled_all(&list.items, known)?;
            Data::List(Arc::new(List { items, ..(**list).clone() }))
        }
        Data::Map(map) => {
            let mut changed: Option<Map> = None;
            for entry in map.entries() {
                if let Some(value) = filled(&entry.value, known) {
                    let changed = changed.get_or_insert_with(|| (**map).clone());
                    changed.insert(Entry { value, ..entry.clone() });
                }
            }
            Data::Map(Arc::new(changed?))
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Text(_) => return None,
    };
    Some(Value { data, ..*value })
}

fn filled_all(items: &[Value], known: &impl Fn(&Unknown) -> Option<Value>) -> Option<Vec<Value>> {
    let mut changed: Option<Vec<Value>> = None;
    for (at, item) in items.iter().enumerate() {
        if let Some(value) = filled(item, known) {
            let changed = changed.get_or_insert_with(|| items.to_vec());
            if let Some(place) = changed.get_mut(at) {
                *place = value;
            }
        }
    }
    changed
}

/// The documents of one plan that it does not know.
struct Documents<'u> {
    arguments: HashMap<&'u str, &'u Value>,
    rendered: HashMap<Arc<str>, Value>,
    statements: usize,
    sources: &'u Sources,
    refused: &'u mut Vec<Diagnostic>,
}

impl<'u> Documents<'u> {
    fn of(unit: &'u Unit, sources: &'u Sources, refused: &'u mut Vec<Diagnostic>) -> HashMap<Arc<str>, Value> {
        let data = unit.resources.iter().filter(|one| one.mode == Mode::Data && &*one.provider_type == DOCUMENT);
        let is_deferred = |attributes: &Value| {
            // A plan that leaves out what it does not know says too little of the arguments.
            let is_whole = attributes.as_map().is_some_and(|map| map.rest.is_none());
            is_whole && attributes.get("json").is_some_and(|json| json.as_unknown().is_some())
        };
        let deferred = data.filter(|one| is_deferred(&one.attributes));
        let arguments: HashMap<&str, &Value> = deferred.map(|one| (&*one.address, &one.attributes)).collect();
        let mut found = Documents { arguments, rendered: HashMap::new(), statements: 0, sources, refused };
        for resource in &unit.resources {
            found.render(&resource.address, MAX_STEPS);
        }
        found.rendered
    }

    /// Puts a document together, after those that it is made of.
    fn render(&mut self, address: &str, steps: usize) {
        // One that is made of itself is no document of Terraform, and finds nothing here at the second time.
        let (Some(steps), Some(arguments)) = (steps.checked_sub(1), self.arguments.get(address).copied()) else {
            return;
        };
        self.arguments.remove(address);
        let Data::Map(map) = &arguments.data else { return };
        let mut all = Vec::new();
        for name in ["source_json", "source_policy_documents", "override_json", "override_policy_documents"] {
            all.extend(map.get(name).map(Value::elements).unwrap_or_default().iter().filter_map(Value::as_unknown));
        }
        let mut count = map.get("statement").map_or(0, |statements| statements.elements().len());
        for unknown in all {
            if let Some(reference) = &unknown.refers {
                self.render(&reference.address, steps);
                count += self.rendered.get(&reference.address).map_or(0, statements);
            }
        }
        self.statements = self.statements.saturating_add(count);
        if self.statements > MAX_STATEMENTS {
            return;
        }
        let given = filled(arguments, &|unknown| of(unknown, &self.rendered));
        let given = given.as_ref().unwrap_or(arguments);
        let Some(map) = given.as_map() else { return };
        let (document, refused) = terraform::rendered_document(map, arguments.origin, self.sources);
        self.refused.extend(refused);
        self.rendered.insert(address.into(), document);
    }
}

fn statements(document: &Value) -> usize {
    let inner = match &document.data {
        Data::Text(text) => text.json(),
        _ => None,
    };
    inner.and_then(|inner| inner.get("Statement")).map_or(0, |statements| statements.elements().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{Options, Text, model};

    /// A plan with data documents, each made of others, with one statement of its own, and with a policy that it is.
    fn plan(documents: &[(String, Vec<String>)]) -> String {
        let mut changes = Vec::new();
        let mut blocks = Vec::new();
        for (name, sources) in documents {
            let address = format!("data.{DOCUMENT}.{name}");
            let nulls = vec![serde_json::Value::Null; sources.len()];
            changes.push(serde_json::json!({ "address": address, "mode": "data", "type": DOCUMENT, "name": name,
                "change": { "actions": ["read"], "before": null,
                    "after": { "source_policy_documents": nulls, "statement": [{ "actions": ["s3:GetObject"], "resources": [null],
                        "not_principals": [], "condition": [] }] },
                    "after_unknown": { "json": true, "source_policy_documents": vec![true; sources.len()],
                        "statement": [{ "resources": [true] }] } } }));
            let references: Vec<String> = sources
                .iter()
                .flat_map(|other| [format!("data.{DOCUMENT}.{other}.json"), format!("data.{DOCUMENT}.{other}")])
                .collect();
            blocks.push(serde_json::json!({ "address": address, "mode": "data", "type": DOCUMENT, "name": name,
                "expressions": { "source_policy_documents": { "references": references } } }));
            let policy = format!("aws_iam_policy.{name}");
            changes.push(serde_json::json!({ "address": policy, "mode": "managed", "type": "aws_iam_policy", "name": name,
                "change": { "actions": ["create"], "before": null, "after": {}, "after_unknown": { "policy": true } } }));
            blocks.push(
                serde_json::json!({ "address": policy, "mode": "managed", "type": "aws_iam_policy", "name": name,
                "expressions": { "policy": { "references": [format!("{address}.json"), address] } } }),
            );
        }
        serde_json::json!({ "format_version": "1.2", "resource_changes": changes,
            "configuration": { "root_module": { "resources": blocks } } })
        .to_string()
    }

    fn count(documents: &[(String, Vec<String>)], name: &str) -> usize {
        let texts = vec![Text { name: "plan.json".to_owned(), bytes: plan(documents).into_bytes() }];
        let model = model(&Options { texts, ..Options::default() });
        assert!(model.diagnostics.is_empty(), "{:?}", model.diagnostics);
        let address = format!("aws_iam_policy.{name}");
        let resource = model.units[0].resources.iter().find(|resource| *resource.address == *address).unwrap();
        statements(resource.attributes.get("policy").unwrap())
    }

    #[test]
    fn documents_hold_what_they_are_made_of() {
        let made = |name: &str, of: &[&str]| (name.to_owned(), of.iter().map(|one| (*one).to_owned()).collect());
        assert_eq!(count(&[made("a", &["b"]), made("b", &["c"]), made("c", &[])], "a"), 3);
        // A circle ends where it began.
        assert_eq!(count(&[made("a", &["b"]), made("b", &["a"])], "a"), 2);
    }

    #[test]
    fn documents_that_double_are_given_up() {
        let of = |n: usize| (format!("d{n}"), if n < 40 { vec![format!("d{}", n + 1); 2] } else { Vec::new() });
        let documents: Vec<_> = (0..=40).map(of).collect();
        assert_eq!(count(&documents, "d0"), 0);
        assert_eq!(count(&documents, "d39"), 3);
    }
}
