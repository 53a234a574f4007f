//! Values as JSON: the text that Terraform's `jsonencode` gives, and trees of `serde_json`.

use std::fmt::Write as _;

use crate::source::Origin;
use crate::value::{Data, Value};

/// Longer JSON text is not made of a value, in bytes.
const MAX_JSON_TEXT: usize = 16 << 20;

/// The text that Terraform's `jsonencode` gives; `None` where a part of the value is not known, or the text would be too
/// long: quotes within quotes double with each level.
pub fn encode_json(value: &Value) -> Option<String> {
    let mut out = String::new();
    write_json(value, &mut out).then_some(out)
}

/// The bytes that [`encode_json`] would give, counted until there are more than `most`; parts that are not known count
/// for nothing.
pub fn encoded_length(value: &Value, most: usize) -> usize {
    let mut length = 0;
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        length += match &value.data {
            Data::List(list) => {
                stack.extend(&list.items);
                list.items.len() + 1
            }
            Data::Map(map) => {
                stack.extend(map.entries().iter().map(|entry| &entry.value));
                map.entries().iter().map(|entry| escaped_length(&entry.key) + 2).sum::<usize>() + 1
            }
            Data::String(text) => escaped_length(text),
            Data::Text(text) => text.known().map_or(0, escaped_length),
            _ => 4,
        };
        if length > most {
            break;
        }
    }
    length
}

fn escaped_length(text: &str) -> usize {
    let one = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        b'<' | b'>' | b'&' | 0..=31 => 6,
        _ => 1,
    };
    text.bytes().map(one).sum::<usize>() + 2
}

fn write_json(value: &Value, out: &mut String) -> bool {
    if out.len() > MAX_JSON_TEXT {
        return false;
    }
    match &value.data {
        Data::Null => out.push_str("null"),
        Data::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Data::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Data::String(text) => write_json_string(text, out),
        Data::Text(text) => match text.known() {
            Some(text) => write_json_string(text, out),
            None => return false,
        },
        Data::List(list) => {
            out.push('[');
            for (nth, item) in list.items.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                if !write_json(item, out) {
                    return false;
                }
            }
            out.push(']');
            return list.rest.is_none();
        }
        Data::Map(map) => {
            out.push('{');
            for (nth, entry) in map.entries().iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                write_json_string(&entry.key, out);
                out.push(':');
                if !write_json(&entry.value, out) {
                    return false;
                }
            }
            out.push('}');
            return map.rest.is_none();
        }
        Data::Unknown(_) => return false,
    }
    true
}

/// Go's encoder, which Terraform uses, also escapes `<`, `>`, `&` and the two Unicode line separators.
fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{C}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1F}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The value for output: sensitive parts redacted, unknown entries left out and unknown elements null, the path of each
/// unknown part added to `unknown`.
pub fn to_serde(value: &Value, path: &str, unknown: &mut Vec<String>) -> serde_json::Value {
    use serde_json::Value as Json;
    if value.sensitive && !value.is_null() {
        return Json::from("(sensitive)");
    }
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(value) => Json::from(*value),
        Data::Number(number) => match number.as_i64() {
            Some(whole) => Json::from(whole),
            None => serde_json::from_str(&number.to_string()).unwrap_or(Json::Null),
        },
        Data::String(text) => Json::from(&**text),
        Data::Text(text) if text.json().is_some_and(Value::holds_sensitive) => Json::from("(sensitive)"),
        Data::Text(text) => match text.known() {
            Some(text) => Json::from(text),
            None => {
                unknown.push(path.to_owned());
                Json::Null
            }
        },
        Data::List(list) => {
            if list.rest.is_some() {
                unknown.push(format!("{path}[…]"));
            }
            let item = |(nth, item)| to_serde(item, &format!("{path}[{nth}]"), unknown);
            Json::Array(list.items.iter().enumerate().map(item).collect())
        }
        Data::Map(map) => {
            let mut object = serde_json::Map::new();
            for entry in map.entries() {
                let inner = if path.is_empty() { entry.key.to_string() } else { format!("{path}.{}", entry.key) };
                let whole = entry.value.as_unknown().is_some() || is_open_text(&entry.value);
                let written = to_serde(&entry.value, &inner, unknown);
                if !whole {
                    object.insert(entry.key.to_string(), written);
                }
            }
            if map.rest.is_some() {
                unknown.push(format!("{path}{{…}}"));
            }
            Json::Object(object)
        }
        Data::Unknown(_) => {
            unknown.push(path.to_owned());
            Json::Null
        }
    }
}

fn is_open_text(value: &Value) -> bool {
    !value.sensitive && matches!(&value.data, Data::Text(text) if text.known().is_none())
}

/// A JSON tree without places as a value, all of it at one place. Numbers stay as written.
pub fn of_serde(value: &serde_json::Value, origin: Origin) -> Value {
    match value {
        serde_json::Value::Null => Value::null(origin),
        serde_json::Value::Bool(known) => Value::bool(*known, origin),
        serde_json::Value::Number(number) => Value::string(number.to_string(), origin),
        serde_json::Value::String(text) => Value::string(text.as_str(), origin),
        serde_json::Value::Array(items) => {
            Value::list(items.iter().map(|item| of_serde(item, origin)).collect(), origin)
        }
        serde_json::Value::Object(map) => {
            Value::fields(map.iter().map(|(key, value)| (key.clone(), of_serde(value, origin))), origin)
        }
    }
}
