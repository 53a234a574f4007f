//! Values as JSON that can be compared: what is unknown is named, and what IAM takes for the same is written alike.

use iacscan::scan::{Model, Options, Text, model};
use iacscan::value::{Data, Piece, Unknown, Value};
use serde_json::{Map, Value as Json, json};

/// The model of one template in memory.
pub(crate) fn model_of(name: &str, text: &str) -> Model {
    let texts = vec![Text { name: name.to_owned(), bytes: text.as_bytes().to_vec() }];
    model(&Options { texts, threads: Some(1), ..Options::default() })
}

/// Keys whose list of one is the element, and whose order says nothing.
const SETS: &[&str] = &["Action", "NotAction", "Resource", "NotResource", "Statement", "Service", "AWS", "Federated"];

/// Lists whose order says nothing.
const UNORDERED: &[&str] = &["ManagedPolicyArns", "Policies"];

pub(crate) fn describe(value: &Value) -> Json {
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(known) => json!(known),
        Data::Number(number) => json!(number.to_string()),
        Data::String(text) => json!(&**text),
        Data::Unknown(unknown) => json!(hole(unknown)),
        Data::Text(text) => match (text.known(), text.pieces(), text.json()) {
            (Some(known), ..) => json!(known),
            (None, Some(pieces), _) => {
                let piece = |piece: &Piece| match piece {
                    Piece::Known(text, _) => text.to_string(),
                    Piece::Hole(unknown, _) => hole(unknown),
                };
                json!(pieces.iter().map(piece).collect::<String>())
            }
            (None, None, json) => json!({ "encoded": json.map(describe) }),
        },
        Data::List(list) => {
            let mut items: Vec<Json> = list.items.iter().map(describe).collect();
            items.extend(list.rest.as_ref().map(|rest| json!(format!("and more: {}", hole(rest)))));
            json!(items)
        }
        Data::Map(map) => {
            let mut object = Map::new();
            for entry in map.entries().iter().filter(|entry| !entry.value.is_null()) {
                let mut written = describe(&entry.value);
                let is_set = SETS.contains(&&*entry.key);
                if (is_set || UNORDERED.contains(&&*entry.key))
                    && let Json::Array(items) = &mut written
                {
                    items.sort_by_key(Json::to_string);
                    items.dedup();
                    if is_set && items.len() == 1 {
                        written = items.remove(0);
                    }
                }
                object.insert(entry.key.to_string(), written);
            }
            Json::Object(object)
        }
    }
}

/// What is unknown, by its name.
fn hole(unknown: &Unknown) -> String {
    if let Some(refers) = &unknown.refers {
        return format!("<{}.{}>", refers.address, refers.attribute);
    }
    let candidates: Vec<String> = unknown.candidates.iter().map(|one| describe(one).to_string()).collect();
    match candidates.is_empty() {
        true => format!("<{}>", unknown.subject),
        false => format!("<{}: {}>", unknown.subject, candidates.join(" | ")),
    }
}
