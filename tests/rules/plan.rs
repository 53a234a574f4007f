//! A plan that says what an evaluated configuration says, as `terraform show -json` would write it.

use iacscan::model::{Mode, Unit};
use iacscan::value::{Data, Piece, Unknown, Value};
use serde_json::{Map, Value as Json, json};

pub(crate) fn of_unit(unit: &Unit) -> String {
    let (mut changes, mut resources, mut outputs) = (Vec::new(), Vec::new(), Map::new());
    let (mut output_changes, mut output_expressions) = (Map::new(), Map::new());
    for resource in &unit.resources {
        let (after, unknown, sensitive) = split(&resource.attributes);
        let mut expressions = Map::new();
        for entry in resource.attributes.as_map().unwrap().entries() {
            expressions.insert(entry.key.to_string(), expression(&entry.value));
        }
        match resource.mode {
            Mode::Managed => {
                let (provider_type, name) = (&*resource.provider_type, name(&resource.address));
                changes.push(json!({
                    "address": &*resource.address, "mode": "managed", "type": provider_type, "name": name,
                    "provider_name": "registry.terraform.io/hashicorp/aws",
                    "change": { "actions": ["create"], "before": null, "after": after, "after_unknown": unknown,
                                "before_sensitive": false, "after_sensitive": sensitive },
                }));
                let address = format!("{provider_type}.{name}");
                resources.push(json!({
                    "address": address, "mode": "managed", "type": provider_type, "name": name,
                    "provider_config_key": "aws", "expressions": expressions, "schema_version": 0,
                }));
            }
            Mode::Output => {
                let name = resource.address.trim_start_matches("output.");
                let is_sensitive = resource.attributes.get("sensitive").and_then(Value::as_bool) == Some(true);
                let value = resource.attributes.get("value").unwrap();
                let (after, unknown, _) = split(value);
                outputs.insert(name.to_owned(), json!({ "sensitive": is_sensitive, "value": after }));
                let actions = json!({ "actions": ["create"], "before": null, "after": after, "after_unknown": unknown,
                                      "before_sensitive": is_sensitive, "after_sensitive": is_sensitive });
                output_changes.insert(name.to_owned(), actions);
                let written = json!({ "sensitive": is_sensitive, "expression": expression(value) });
                output_expressions.insert(name.to_owned(), written);
            }
            Mode::Data | Mode::Ephemeral | Mode::Existing | Mode::Parameter => {}
        }
    }
    let plan = json!({
        "format_version": "1.2", "terraform_version": "1.13.4",
        "planned_values": { "outputs": outputs, "root_module": {} },
        "resource_changes": changes, "output_changes": output_changes,
        "configuration": {
            "provider_config": { "aws": { "name": "aws" } },
            "root_module": { "resources": resources, "outputs": output_expressions },
        },
    });
    serde_json::to_string_pretty(&plan).unwrap()
}

fn name(address: &str) -> &str {
    address.split('.').nth(1).unwrap().split('[').next().unwrap()
}

/// `after`, `after_unknown`, `after_sensitive`
fn split(value: &Value) -> (Json, Json, Json) {
    let sensitive = json!(value.sensitive);
    match &value.data {
        Data::Null => (Json::Null, json!(false), sensitive),
        Data::Bool(known) => (json!(known), json!(false), sensitive),
        Data::Number(number) => (serde_json::from_str(&number.to_string()).unwrap(), json!(false), sensitive),
        Data::Unknown(_) => (Json::Null, json!(true), sensitive),
        Data::String(_) | Data::Text(_) => match value.as_str() {
            Some(text) => (json!(text), json!(false), sensitive),
            None => (Json::Null, json!(true), sensitive),
        },
        Data::List(list) => {
            let parts: Vec<_> = list.items.iter().map(split).collect();
            let column =
                |nth: usize| -> Json { parts.iter().map(|part| [&part.0, &part.1, &part.2][nth].clone()).collect() };
            (column(0), column(1), column(2))
        }
        Data::Map(map) => {
            let (mut after, mut unknown, mut sensitive) = (Map::new(), Map::new(), Map::new());
            for entry in map.entries() {
                let (a, u, s) = split(&entry.value);
                if u != json!(true) {
                    after.insert(entry.key.to_string(), a);
                }
                unknown.insert(entry.key.to_string(), u);
                sensitive.insert(entry.key.to_string(), s);
            }
            (Json::Object(after), Json::Object(unknown), Json::Object(sensitive))
        }
    }
}

/// What the configuration section of a plan says of an expression: its constant value, or what it refers to.
fn expression(value: &Value) -> Json {
    let mut references = Vec::new();
    collect(value, &mut references);
    if references.is_empty() {
        return json!({ "constant_value": split(value).0 });
    }
    json!({ "references": references })
}

fn collect(value: &Value, references: &mut Vec<String>) {
    let mut take = |unknown: &Unknown| {
        if let Some(refers) = unknown.refers.as_ref().filter(|refers| !refers.attribute.is_empty()) {
            let address = refers.address.split('[').next().unwrap();
            references.push(format!("{address}.{}", refers.attribute));
            references.push(address.to_owned());
        } else {
            references.push(unknown.subject.to_string());
        }
    };
    match &value.data {
        Data::Unknown(unknown) => take(unknown),
        Data::Text(text) => match (text.pieces(), text.json()) {
            (Some(pieces), _) => pieces.iter().for_each(|piece| {
                if let Piece::Hole(unknown, _) = piece {
                    take(unknown);
                }
            }),
            (None, Some(inner)) => collect(inner, references),
            (None, None) => {}
        },
        Data::List(list) => list.items.iter().for_each(|item| collect(item, references)),
        Data::Map(map) => map.entries().iter().for_each(|entry| collect(&entry.value, references)),
        _ => {}
    }
}
