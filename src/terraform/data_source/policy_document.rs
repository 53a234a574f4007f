//! `aws_iam_policy_document`: the document that the provider renders, with the places of the blocks it came from.
//!
//! The rules of merging are those of the provider (`source_policy_documents`, `override_policy_documents`): statements
//! without a sid are never replaced; an override replaces the statement of the same sid.

use std::sync::Arc;

use crate::source::Origin;
use crate::value::{Data, Entry, List, Map, Piece, Text, Unknown, Value, of_serde};

/// The value of the attribute `json`.
pub(super) fn render(arguments: &Map, origin: Origin) -> Value {
    let mut merged = Merged::default();
    for name in ["source_json", "source_policy_documents"] {
        merged.take_documents(arguments.get(name), false);
    }
    let own = arguments.get("statement").map(statements).unwrap_or_default();
    merged.rest = merged.rest.take().or_else(|| own.1.clone()).or_else(|| arguments.rest.clone());
    for statement in own.0 {
        merged.put(statement, true);
    }
    for name in ["override_json", "override_policy_documents"] {
        merged.take_documents(arguments.get(name), true);
    }
    let version = arguments.get("version").filter(|value| !value.is_null()).cloned();
    let mut entries = vec![("Version", version.unwrap_or_else(|| Value::string("2012-10-17", origin)))];
    if let Some(id) = arguments.get("policy_id").filter(|value| !value.is_null()) {
        entries.push(("Id", id.clone()));
    }
    let list = List { items: merged.statements, rest: merged.rest, is_set: false };
    entries.push(("Statement", Value::new(Data::List(Arc::new(list)), origin)));
    let sensitive = arguments.entries().iter().any(|entry| entry.value.holds_sensitive());
    let document = Value::fields(entries, origin);
    Value::new(Data::Text(Arc::new(Text::of_json(document))), origin).marked(sensitive)
}

#[derive(Default)]
struct Merged {
    statements: Vec<Value>,
    rest: Option<Arc<Unknown>>,
}

impl Merged {
    fn put(&mut self, statement: Value, replaces: bool) {
        let sid = |statement: &Value| statement.get("Sid").and_then(Value::as_str).map(str::to_owned);
        let mine = sid(&statement).filter(|sid| replaces && !sid.is_empty());
        let same = mine.and_then(|mine| self.statements.iter_mut().find(|other| sid(other).as_ref() == Some(&mine)));
        match same {
            Some(other) => *other = statement,
            None => self.statements.push(statement),
        }
    }

    fn take_documents(&mut self, documents: Option<&Value>, replaces: bool) {
        let Some(documents) = documents.filter(|value| !value.is_null()) else { return };
        if let Data::List(list) = &documents.data {
            self.rest = self.rest.take().or_else(|| list.rest.clone());
        }
        for document in documents.elements() {
            let inner = match &document.data {
                Data::Text(text) => text.json().cloned(),
                _ => None,
            };
            let decoded = inner.or_else(|| plain_document(document));
            match decoded {
                Some(decoded) => {
                    let list = decoded.get("Statement");
                    if let Some(rest) = list.and_then(Value::as_list).and_then(|list| list.rest.clone()) {
                        self.rest = Some(rest);
                    }
                    for statement in list.map(Value::elements).unwrap_or_default() {
                        self.put(statement.clone(), replaces);
                    }
                }
                None => {
                    // Neither what it adds nor what it replaces is known.
                    let unknown = document.first_unknown().cloned();
                    let nothing = document.as_str().is_some_and(|text| text.trim().is_empty() || text.trim() == "{}");
                    if !nothing {
                        let invalid = || {
                            let why = crate::value::Why::Invalid;
                            Arc::new(Unknown::new(why, "a policy document", document.origin))
                        };
                        self.rest = Some(unknown.unwrap_or_else(invalid));
                        if replaces {
                            self.statements.retain(|statement| statement.get("Sid").is_none());
                        }
                    }
                }
            }
        }
    }
}

/// A document given as text that no function encoded; its nodes stand at the text as a whole.
fn plain_document(document: &Value) -> Option<Value> {
    let text = document.as_str()?;
    let parsed: serde_json::Value = serde_json::from_str(text).ok()?;
    parsed.is_object().then(|| of_serde(&parsed, document.origin))
}

fn statements(blocks: &Value) -> (Vec<Value>, Option<Arc<Unknown>>) {
    let rest = blocks.as_list().and_then(|list| list.rest.clone());
    let mut rendered = Vec::new();
    let mut more = rest;
    for block in blocks.elements() {
        match block.as_map() {
            Some(map) => rendered.push(statement(map, block.origin)),
            None => more = more.or_else(|| block.first_unknown().cloned()),
        }
    }
    (rendered, more)
}

fn statement(block: &Map, origin: Origin) -> Value {
    let mut entries: Vec<Entry> = Vec::new();
    let mut put = |key: &str, key_origin: Origin, value: Value| {
        entries.push(Entry { key: key.into(), key_origin, value });
    };
    let given = |name: &str| block.entry(name).filter(|entry| !entry.value.is_null());
    if let Some(sid) = given("sid") {
        put("Sid", sid.key_origin, sid.value.clone());
    }
    match given("effect") {
        Some(effect) => put("Effect", effect.key_origin, effect.value.clone()),
        None => put("Effect", origin, Value::string("Allow", origin)),
    }
    for (name, key) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        if let Some(entry) = given(name) {
            let empty = entry.value.as_list().is_some_and(|list| list.items.is_empty() && list.rest.is_none());
            if !empty {
                put(key, entry.key_origin, strings(&entry.value));
            }
        }
    }
    for (name, key) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(entry) = given(name) {
            put(key, entry.key_origin, principals(&entry.value));
        }
    }
    if let Some(entry) = given("condition") {
        put("Condition", entry.key_origin, conditions(&entry.value));
    }
    let mut map = Map::new(entries);
    map.rest.clone_from(&block.rest);
    Value::new(Data::Map(Arc::new(map)), origin)
}

/// A list of strings as the provider renders it: sorted in reverse by the set that it is, one as a plain string.
/// The order does not matter to IAM; it is kept as written. `&{…}` becomes the policy variable `${…}`.
fn strings(value: &Value) -> Value {
    match &value.data {
        Data::List(list) => {
            let items: Vec<Value> = list.items.iter().map(variables).collect();
            match (items.as_slice(), &list.rest) {
                ([single], None) => single.clone(),
                _ => {
                    let list = List { items, rest: list.rest.clone(), is_set: false };
                    Value::new(Data::List(Arc::new(list)), value.origin)
                }
            }
        }
        _ => variables(value),
    }
}

fn variables(value: &Value) -> Value {
    let replace = |text: &str| text.replace("&{", "${");
    match &value.data {
        Data::String(text) if text.contains("&{") => Value::string(replace(text), value.origin).marked(value.sensitive),
        Data::Text(text) => match text.pieces() {
            Some(pieces)
                if pieces.iter().any(|piece| matches!(piece, Piece::Known(text, _) if text.contains("&{"))) =>
            {
                let piece = |piece: &Piece| match piece {
                    Piece::Known(text, origin) => Piece::Known(replace(text).into(), *origin),
                    hole => hole.clone(),
                };
                Value::of_pieces(pieces.iter().map(piece).collect(), value.origin).marked(value.sensitive)
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

fn principals(blocks: &Value) -> Value {
    let mut kinds: Vec<Entry> = Vec::new();
    let mut rest = blocks.as_list().and_then(|list| list.rest.clone());
    for block in blocks.elements() {
        let Some(map) = block.as_map() else {
            rest = rest.or_else(|| block.first_unknown().cloned());
            continue;
        };
        let identifiers = map.get("identifiers").cloned().unwrap_or_else(|| Value::null(block.origin));
        let kind = map.get("type");
        match kind.and_then(Value::as_str) {
            Some("*") if identifiers.elements().iter().any(|item| item.as_str() == Some("*")) => {
                let place = identifiers.elements().first().map_or(block.origin, |item| item.origin);
                return Value::string("*", place);
            }
            Some(kind) => {
                let same = kinds.iter_mut().find(|entry| *entry.key == *kind);
                match same {
                    Some(entry) => entry.value = joined(&entry.value, &identifiers),
                    None => {
                        let value = strings(&identifiers);
                        kinds.push(Entry { key: kind.into(), key_origin: block.origin, value });
                    }
                }
            }
            None => rest = rest.or_else(|| kind.and_then(|kind| kind.first_unknown().cloned())),
        }
    }
    let mut map = Map::new(kinds);
    map.rest = rest;
    Value::new(Data::Map(Arc::new(map)), blocks.origin)
}

fn conditions(blocks: &Value) -> Value {
    let mut operators: Vec<(Arc<str>, Origin, Vec<Entry>)> = Vec::new();
    let mut rest = blocks.as_list().and_then(|list| list.rest.clone());
    for block in blocks.elements() {
        let Some(map) = block.as_map() else {
            rest = rest.or_else(|| block.first_unknown().cloned());
            continue;
        };
        let text = |name: &str| map.get(name).and_then(Value::as_str).map(Arc::<str>::from);
        let (Some(test), Some(variable)) = (text("test"), text("variable")) else {
            let unknown = ["test", "variable"].iter().find_map(|name| map.get(name)?.first_unknown().cloned());
            rest = rest.or(unknown);
            continue;
        };
        let values = map.get("values").cloned().unwrap_or_else(|| Value::null(block.origin));
        let at = operators.iter().position(|(other, ..)| *other == test).unwrap_or_else(|| {
            operators.push((test.clone(), block.origin, Vec::new()));
            operators.len() - 1
        });
        let Some((_, _, keys)) = operators.get_mut(at) else { continue };
        match keys.iter_mut().find(|entry| entry.key == variable) {
            Some(entry) => entry.value = joined(&entry.value, &values),
            None => keys.push(Entry { key: variable, key_origin: block.origin, value: strings(&values) }),
        }
    }
    let operator = |(key, key_origin, keys): (Arc<str>, Origin, Vec<Entry>)| {
        let value = Value::map(keys, key_origin);
        Entry { key, key_origin, value }
    };
    let mut map = Map::new(operators.into_iter().map(operator).collect());
    map.rest = rest;
    Value::new(Data::Map(Arc::new(map)), blocks.origin)
}

/// Blocks of the same sort merge their values.
fn joined(a: &Value, b: &Value) -> Value {
    let items = a.elements().iter().chain(b.elements()).map(variables).collect();
    let rest = [a, b].iter().find_map(|value| value.as_list().and_then(|list| list.rest.clone()));
    Value::new(Data::List(Arc::new(List { items, rest, is_set: false })), a.origin)
}
