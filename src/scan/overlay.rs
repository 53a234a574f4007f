//! Lays a plan over the evaluated configuration that it was made of, where both are scanned: findings then point to the
//! line that a person can edit, and policies that the plan knows as a whole unknown keep what the configuration says.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::model::{Mode, Resource, Unit, UnitKind};
use crate::value::{Data, Entry, Map, Value};

/// A configuration counts as the origin of a plan where it has at least this share of the plan's resources, in percent.
const SHARE: usize = 80;

/// Lays each plan over its configuration.
pub(super) fn overlay(units: &mut [Unit]) {
    let mut laid: Vec<(usize, Vec<Resource>)> = Vec::new();
    for (at, plan) in units.iter().enumerate().filter(|(_, unit)| unit.kind == UnitKind::Plan) {
        if let Some(configuration) = configuration_of(plan, units) {
            laid.push((at, lay(plan, configuration)));
        }
    }
    for (at, resources) in laid {
        if let Some(unit) = units.get_mut(at) {
            unit.resources = resources;
        }
    }
}

/// The one configuration that has most of the plan's resources; between several, the one beside the plan.
fn configuration_of<'u>(plan: &Unit, units: &'u [Unit]) -> Option<&'u Unit> {
    let managed = |unit: &'u Unit| unit.resources.iter().filter(|resource| resource.mode == Mode::Managed);
    let wanted: Vec<&str> =
        plan.resources.iter().filter(|r| r.mode == Mode::Managed).map(|resource| &*resource.address).collect();
    if wanted.is_empty() {
        return None;
    }
    let shared = |unit: &'u Unit| {
        let known: std::collections::HashSet<&str> = managed(unit).map(|resource| &*resource.address).collect();
        wanted.iter().filter(|address| known.contains(**address)).count()
    };
    let configurations = units.iter().filter(|unit| unit.kind == UnitKind::Terraform);
    let counted: Vec<(usize, &Unit)> = configurations.map(|unit| (shared(unit), unit)).collect();
    let most = counted.iter().map(|(count, _)| *count).max()?;
    if most * 100 < wanted.len() * SHARE {
        return None;
    }
    let folder = Path::new(&plan.path).parent().unwrap_or(Path::new("")).to_string_lossy().into_owned();
    let folder = if folder.is_empty() { ".".to_owned() } else { folder };
    let best: Vec<&Unit> = counted.into_iter().filter(|(count, _)| *count == most).map(|(_, unit)| unit).collect();
    match best.as_slice() {
        [single] => Some(single),
        several => several.iter().find(|unit| unit.path == folder).copied(),
    }
}

fn lay(plan: &Unit, configuration: &Unit) -> Vec<Resource> {
    let by_address: HashMap<&str, &Resource> =
        configuration.resources.iter().map(|resource| (&*resource.address, resource)).collect();
    let lay_one = |planned: &Resource| {
        let Some(written) = by_address.get(&*planned.address).filter(|w| w.provider_type == planned.provider_type)
        else {
            return planned.clone();
        };
        Resource {
            attributes: merge(&planned.attributes, &written.attributes),
            origin: written.origin,
            extent: written.extent,
            chain: written.chain.clone(),
            ..planned.clone()
        }
    };
    plan.resources.iter().map(lay_one).collect()
}

/// The planned attributes with the places of the written ones; where the plan does not know, what is written.
fn merge(planned: &Value, written: &Value) -> Value {
    let (Some(plan), Some(text)) = (planned.as_map(), written.as_map()) else { return planned.clone() };
    let entry = |entry: &Entry| {
        let Some(source) = text.entry(&entry.key).filter(|source| !source.value.is_null()) else {
            return entry.clone();
        };
        let value = match (&entry.value.data, &source.value.data) {
            (Data::Unknown(_), _) => source.value.clone(),
            _ if source.value.first_unknown().is_none() && says_the_same(&entry.value, &source.value) => {
                source.value.clone()
            }
            _ => entry.value.clone().at(source.value.origin),
        };
        Entry { key: entry.key.clone(), key_origin: source.key_origin, value: value.marked(entry.value.sensitive) }
    };
    let mut merged = Map::new(plan.entries().iter().map(entry).collect());
    merged.rest.clone_from(&plan.rest);
    Value::new(Data::Map(Arc::new(merged)), written.origin)
}

/// Whether two values say the same though they may be written differently: policies as JSON text with other blanks or
/// order, a single block as a list of one.
fn says_the_same(planned: &Value, written: &Value) -> bool {
    if planned.equals(written).is_true() {
        return true;
    }
    match (planned.as_str(), written.as_str()) {
        (Some(a), Some(b)) => {
            let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok().map(plain);
            matches!((parse(a), parse(b)), (Some(x), Some(y)) if x == y)
        }
        _ => match (planned.as_list(), written.as_list()) {
            (Some(a), Some(b)) => {
                a.items.len() == b.items.len() && a.items.iter().all(|x| b.items.iter().any(|y| says_the_same(x, y)))
            }
            _ => match (planned.as_map(), written.as_map()) {
                (Some(a), Some(b)) => b
                    .entries()
                    .iter()
                    .all(|entry| a.get(&entry.key).is_some_and(|value| says_the_same(value, &entry.value))),
                _ => false,
            },
        },
    }
}

/// JSON where order and single elements do not count, as in policies.
fn plain(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Json::Array(items) => {
            let mut items: Vec<Json> = items.into_iter().map(plain).collect();
            if items.len() == 1 && !matches!(items[0], Json::Object(_)) {
                return items.remove(0);
            }
            items.sort_by_key(Json::to_string);
            Json::Array(items)
        }
        Json::Object(map) => {
            let mut entries: Vec<(String, Json)> = map.into_iter().map(|(key, value)| (key, plain(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(entries.into_iter().collect())
        }
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{Options, Text, model};

    const CONFIGURATION: &str = "resource \"aws_iam_user\" \"a\" {\n  name = \"ana\"\n}\n";

    #[test]
    fn a_plan_points_into_its_configuration() {
        let plan = r#"{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{"root_module":{}},
            "resource_changes":[{"address":"aws_iam_user.a","mode":"managed","type":"aws_iam_user","name":"a",
            "change":{"actions":["create"],"before":null,"after":{"name":"ana","path":"/"},"after_unknown":{"arn":true}}}]}"#;
        let text = |name: &str, text: &str| Text { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
        let options =
            Options { texts: vec![text("main.tf", CONFIGURATION), text("plan.json", plan)], ..Options::default() };
        let model = model(&options);
        let unit = model.units.iter().find(|unit| unit.kind == UnitKind::Plan).unwrap();
        let resource = &unit.resources[0];
        let name = resource.attributes.get("name").unwrap();
        assert_eq!(model.sources.get(name.origin.file).path(), "main.tf");
        assert_eq!(model.sources.get(name.origin.file).slice(name.origin.span), "\"ana\"");
        assert_eq!(resource.attributes.get("path").and_then(Value::as_str), Some("/"));
    }
}
