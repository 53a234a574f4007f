//! JSON, CSV, base64 and URL encoding.

use std::io::Read as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::argument::{Call, MAX_ELEMENTS, MAX_TEXT, Outcome, Stop};
use crate::source::Origin;
use crate::value::{Data, DecodeError, Entry, Map, Text, Value, decode_json, encoded_length};

pub(super) fn jsonencode(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?.clone();
    if encoded_length(&value, MAX_TEXT) > MAX_TEXT {
        return Err(call.too_large());
    }
    Ok(Value::new(Data::Text(Arc::new(Text::of_json(value))), call.context.origin))
}

pub(super) fn jsondecode(call: &Call<'_>) -> Outcome {
    let value = call.value(0)?;
    match decode_json(value, call.context.sources) {
        Ok(decoded) => Ok(structural(decoded)),
        Err(DecodeError::Unknown(unknown)) => Err(call.undecided(&unknown)),
        Err(DecodeError::NotText) => match value.scalar_text() {
            Some(_) => Ok(value.clone()),
            None => Err(call.fail_at(0, "a string is required")),
        },
        Err(DecodeError::Syntax { message, .. }) => Err(call.fail_at(0, format!("the string is not JSON: {message}"))),
    }
}

/// JSON knows neither lists nor maps of one type: what is decoded is tuples and objects.
fn structural(mut value: Value) -> Value {
    value.collection = false;
    match &mut value.data {
        Data::List(list) if list.items.iter().any(holds_collection) || list.is_set => {
            let list = Arc::make_mut(list);
            list.is_set = false;
            list.items = std::mem::take(&mut list.items).into_iter().map(structural).collect();
        }
        Data::Map(map) if map.entries().iter().any(|entry| holds_collection(&entry.value)) => {
            let rest = map.rest.clone();
            let entries = map.entries().iter();
            let entries = entries.map(|entry| Entry { value: structural(entry.value.clone()), ..entry.clone() });
            let mut plain = Map::new(entries.collect());
            plain.rest = rest;
            *map = Arc::new(plain);
        }
        _ => {}
    }
    value
}

fn holds_collection(value: &Value) -> bool {
    value.collection
        || match &value.data {
            Data::List(list) => list.is_set || list.items.iter().any(holds_collection),
            Data::Map(map) => map.entries().iter().any(|entry| holds_collection(&entry.value)),
            _ => false,
        }
}

pub(super) fn base64encode(call: &Call<'_>) -> Outcome {
    call.give_string(STANDARD.encode(call.text(0)?.as_bytes()))
}

/// The bytes behind base64, with line breaks passed over as Go does.
pub(super) fn from_base64(call: &Call<'_>) -> Result<Vec<u8>, Stop> {
    let text: String = call.text(0)?.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    STANDARD.decode(text).map_err(|_| call.fail_at(0, "the string is not base64"))
}

pub(super) fn base64decode(call: &Call<'_>) -> Outcome {
    match String::from_utf8(from_base64(call)?) {
        Ok(text) => call.give_string(text),
        Err(_) => Err(call.fail_at(0, "the decoded bytes are not valid UTF-8")),
    }
}

/// The bytes that a compressor gives are its own choice: other compressors give others for the same text.
pub(super) fn base64gzip(call: &Call<'_>) -> Outcome {
    call.text(0)?;
    Err(call.offline())
}

pub(super) fn base64gunzip(call: &Call<'_>) -> Outcome {
    let bytes = from_base64(call)?;
    let mut text = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(bytes.as_slice()).take(MAX_TEXT as u64 + 1);
    if reader.read_to_end(&mut text).is_err() {
        return Err(call.fail_at(0, "the decoded bytes are not compressed with gzip"));
    }
    match String::from_utf8(text) {
        Ok(text) => call.give_string(text),
        Err(_) => Err(call.fail_at(0, "the decompressed bytes are not valid UTF-8")),
    }
}

pub(super) fn urlencode(call: &Call<'_>) -> Outcome {
    let text = call.text(0)?;
    if text.len() > MAX_TEXT / 3 {
        return Err(call.too_large());
    }
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    call.give_string(out)
}

pub(super) fn urldecode(call: &Call<'_>) -> Outcome {
    let text = call.text(0)?;
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let decoded = match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || bytes.next().and_then(|byte| (byte as char).to_digit(16));
                let high = digit();
                match high.zip(digit()) {
                    Some((high, low)) => (high * 16 + low) as u8,
                    None => return Err(call.fail_at(0, "`%` must be followed by two hexadecimal digits")),
                }
            }
            byte => byte,
        };
        out.push(decoded);
    }
    match String::from_utf8(out) {
        Ok(text) => call.give_string(text),
        Err(_) => Err(call.fail_at(0, "the decoded bytes are not valid UTF-8")),
    }
}

pub(super) fn csvdecode(call: &Call<'_>) -> Outcome {
    let value = call.value(0)?;
    let text = call.text(0)?;
    let origin = value.origin;
    // Text that stands in a file just as it is read has rows with places of their own.
    let in_place = call.context.sources.get(origin.file).slice(origin.span) == text;
    call.context.work.add(text.len() / 4);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(text.as_bytes());
    let mut header: Option<Vec<Arc<str>>> = None;
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let start = reader.position().byte() as usize;
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(call.fail_at(0, format!("the string is not CSV: {}", describe(&error)))),
        }
        let Some(header) = &header else {
            let names: Vec<Arc<str>> = record.iter().map(Into::into).collect();
            let mut sorted = names.clone();
            sorted.sort();
            if sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
                return Err(call.fail_at(0, "two columns have the same name"));
            }
            header = Some(names);
            continue;
        };
        if rows.len().saturating_mul(header.len()) > MAX_ELEMENTS {
            return Err(call.too_large());
        }
        let end = reader.position().byte() as usize;
        let place = if in_place {
            let first = origin.span.start as usize;
            Origin::new(origin.file, first + start, first + end)
        } else {
            origin.or(call.context.origin)
        };
        let entry = |(key, field): (&Arc<str>, &str)| Entry {
            key: key.clone(),
            key_origin: place,
            value: Value::string(field, place),
        };
        rows.push(Value::map(header.iter().zip(record.iter()).map(entry).collect(), place));
    }
    match header {
        Some(_) => call.give_elements(rows),
        None => Err(call.fail_at(0, "the first line of CSV must name the columns")),
    }
}

fn describe(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("a row has {len} fields instead of {expected_len}")
        }
        _ => error.to_string(),
    }
}
