//! JSON with places: one reader for files and for JSON text inside of values, and the writer that `jsonencode` needs.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Data, Entry, Number, Piece, Unknown, Value};
use crate::source::{FileId, Origin, Sources, Span};

/// Deeper nesting than this is refused.
pub const MAX_JSON_DEPTH: usize = 128;

/// Longer JSON text is not made of a value, in bytes.
const MAX_JSON_TEXT: usize = 16 << 20;

/// Stands for a hole in JSON text that was put together from pieces.
const HOLE: char = '\u{F8FF}';

/// What [`JsonReader::read`] reports, each with the span of its text.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonEvent<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as written.
    Number(&'a str),
    /// A string, unescaped; also the key before each value of an object.
    String(std::borrow::Cow<'a, str>),
    /// A hole where a value should stand (only in text put together from pieces).
    Hole,
    /// `[`
    ListStart,
    /// `]`
    ListEnd,
    /// `{`
    MapStart,
    /// `}`
    MapEnd,
}

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonSyntaxError {
    /// What is wrong.
    pub message: String,
    /// The byte at which it is wrong.
    pub offset: usize,
}

/// Reads JSON and reports every token with its span: linear in the text, nesting limited to [`MAX_JSON_DEPTH`].
pub struct JsonReader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> JsonReader<'a> {
    /// A reader over `text`; a byte order mark at its start is passed over.
    pub fn new(text: &'a str) -> JsonReader<'a> {
        JsonReader { text, at: if text.starts_with('\u{FEFF}') { 3 } else { 0 }, depth: 0 }
    }

    /// Reads one document and reports its tokens.
    ///
    /// # Errors
    /// The first place at which the text is no JSON.
    pub fn read(mut self, sink: &mut dyn FnMut(JsonEvent<'a>, Span)) -> Result<(), JsonSyntaxError> {
        self.value(sink)?;
        self.blanks();
        if self.at < self.text.len() { Err(self.fail("text after the end of the document")) } else { Ok(()) }
    }

    fn fail(&self, message: &str) -> JsonSyntaxError {
        JsonSyntaxError { message: message.to_owned(), offset: self.at.min(self.text.len()) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn single(
        &mut self,
        event: JsonEvent<'a>,
        length: usize,
        sink: &mut dyn FnMut(JsonEvent<'a>, Span),
    ) -> Result<(), JsonSyntaxError> {
        sink(event, Span::new(self.at, self.at + length));
        self.at += length;
        Ok(())
    }

    fn value(&mut self, sink: &mut dyn FnMut(JsonEvent<'a>, Span)) -> Result<(), JsonSyntaxError> {
        self.blanks();
        let rest = &self.text[self.at..];
        match self.peek() {
            Some(b'"') => self.string(sink),
            Some(b'{') => self.nested(sink, true),
            Some(b'[') => self.nested(sink, false),
            Some(b't') if rest.starts_with("true") => self.single(JsonEvent::Bool(true), 4, sink),
            Some(b'f') if rest.starts_with("false") => self.single(JsonEvent::Bool(false), 5, sink),
            Some(b'n') if rest.starts_with("null") => self.single(JsonEvent::Null, 4, sink),
            Some(b'-' | b'0'..=b'9') => self.number(sink),
            None => Err(self.fail("the document ends before its value")),
            Some(_) if rest.starts_with(HOLE) => self.single(JsonEvent::Hole, HOLE.len_utf8(), sink),
            Some(_) => Err(self.fail("expected a value")),
        }
    }

    fn nested(&mut self, sink: &mut dyn FnMut(JsonEvent<'a>, Span), is_map: bool) -> Result<(), JsonSyntaxError> {
        self.depth += 1;
        if self.depth > MAX_JSON_DEPTH {
            return Err(self.fail("nested too deeply"));
        }
        let (open, close, end) = if is_map {
            (JsonEvent::MapStart, JsonEvent::MapEnd, b'}')
        } else {
            (JsonEvent::ListStart, JsonEvent::ListEnd, b']')
        };
        self.single(open, 1, sink)?;
        self.blanks();
        if self.peek() != Some(end) {
            loop {
                if is_map {
                    self.blanks();
                    if self.peek() != Some(b'"') {
                        return Err(self.fail("expected a key in double quotes"));
                    }
                    self.string(sink)?;
                    self.blanks();
                    if self.peek() != Some(b':') {
                        return Err(self.fail("expected `:` after the key"));
                    }
                    self.at += 1;
                }
                self.value(sink)?;
                self.blanks();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(byte) if byte == end => break,
                    None => return Err(self.fail("the document ends within a list or an object")),
                    Some(_) => return Err(self.fail("expected `,` or the end of the list or object")),
                }
            }
        }
        self.single(close, 1, sink)?;
        self.depth -= 1;
        Ok(())
    }

    fn number(&mut self, sink: &mut dyn FnMut(JsonEvent<'a>, Span)) -> Result<(), JsonSyntaxError> {
        let bytes = self.text.as_bytes();
        let digits = |mut at: usize| {
            while matches!(bytes.get(at), Some(b'0'..=b'9')) {
                at += 1;
            }
            at
        };
        let start = self.at;
        let mut at = start + usize::from(bytes.get(start) == Some(&b'-'));
        let whole = at;
        at = digits(at);
        let leading_zero = at - whole > 1 && bytes.get(whole) == Some(&b'0');
        if at == whole || leading_zero {
            return Err(self.fail("not a number"));
        }
        if bytes.get(at) == Some(&b'.') {
            let fraction = digits(at + 1);
            if fraction == at + 1 {
                return Err(self.fail("not a number"));
            }
            at = fraction;
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            let sign = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            let exponent = digits(sign);
            if exponent == sign {
                return Err(self.fail("not a number"));
            }
            at = exponent;
        }
        self.single(JsonEvent::Number(&self.text[start..at]), at - start, sink)
    }

    fn string(&mut self, sink: &mut dyn FnMut(JsonEvent<'a>, Span)) -> Result<(), JsonSyntaxError> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        let mut owned: Option<String> = None;
        let mut plain_from = at;
        loop {
            let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at..]) else {
                return Err(self.fail("the string has no end"));
            };
            let plain = &self.text[plain_from..at + found];
            if let Some(control) = plain.bytes().position(|b| b < 0x20) {
                self.at = plain_from + control;
                return Err(self.fail("a control character in a string must be escaped"));
            }
            at += found;
            if bytes.get(at) == Some(&b'"') {
                let text = match owned {
                    Some(mut text) => {
                        text.push_str(plain);
                        text.into()
                    }
                    None => plain.into(),
                };
                sink(JsonEvent::String(text), Span::new(start, at + 1));
                self.at = at + 1;
                return Ok(());
            }
            let text = owned.get_or_insert_default();
            text.push_str(plain);
            let Some((decoded, length)) = unescape(&self.text[at..]) else {
                self.at = at;
                return Err(self.fail("an escape that JSON does not know"));
            };
            text.push(decoded);
            at += length;
            plain_from = at;
        }
    }
}

/// The character behind an escape that starts with a backslash, and the bytes it takes.
fn unescape(text: &str) -> Option<(char, usize)> {
    let simple = |c| Some((c, 2));
    match text.as_bytes().get(1)? {
        b'n' => simple('\n'),
        b't' => simple('\t'),
        b'r' => simple('\r'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{C}'),
        b'"' => simple('"'),
        b'\\' => simple('\\'),
        b'/' => simple('/'),
        b'u' => {
            let hex = |at: usize| u32::from_str_radix(text.get(at..at + 4)?, 16).ok();
            let first = hex(2)?;
            if (0xD800..0xDC00).contains(&first) && text.get(6..8) == Some("\\u") {
                let second = hex(8)?;
                let joined = 0x10000 + ((first - 0xD800) << 10) + second.wrapping_sub(0xDC00);
                if let Some(c) = char::from_u32(joined) {
                    return Some((c, 12));
                }
            }
            Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
        }
        _ => None,
    }
}

/// Why the structure inside of a string cannot be had.
#[derive(Clone, Debug)]
pub enum DecodeError {
    /// It is no string at all.
    NotText,
    /// It is not known.
    Unknown(Arc<Unknown>),
    /// It is a string, but not JSON.
    Syntax {
        /// What is wrong.
        message: String,
        /// Where, as near as it can be told.
        origin: Origin,
    },
}

/// The value inside of a JSON string, every node with the place of its own text, also through escapes, block scalars and
/// templates; holes become unknown values or strings with holes.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode_json(value: &Value, sources: &Sources) -> Result<Value, DecodeError> {
    if let Data::Text(text) = &value.data
        && let Some(inner) = text.json()
    {
        return Ok(inner.clone().marked(value.sensitive));
    }
    let pieces = match &value.data {
        Data::Unknown(unknown) => return Err(DecodeError::Unknown(unknown.clone())),
        Data::String(_) | Data::Text(_) => value.to_pieces().unwrap_or_default(),
        _ => return Err(DecodeError::NotText),
    };
    let joined = Joined::new(&pieces, value.origin, sources);
    let mut fold = Fold { joined: &joined, stack: Vec::new(), done: None };
    match JsonReader::new(&joined.text).read(&mut |event, span| fold.take(event, span)) {
        Ok(()) => {
            let whole = fold.done.unwrap_or_else(|| Value::null(value.origin));
            Ok(if value.sensitive { whole.marked(true) } else { whole })
        }
        Err(error) => match joined.holes.iter().find(|(at, _)| *at >= error.offset.saturating_sub(64)) {
            Some((_, hole)) if !joined.holes.is_empty() => Err(DecodeError::Unknown(hole.clone())),
            _ => {
                let origin = joined.origin(Span::new(error.offset, error.offset + 1));
                Err(DecodeError::Syntax { message: error.message, origin })
            }
        },
    }
}

/// The joined text of pieces, and the way back from its bytes to the places they came from.
struct Joined {
    text: String,
    parts: Vec<Part>,
    holes: Vec<(usize, Arc<Unknown>)>,
    whole: Origin,
}

struct Part {
    start: usize,
    file: FileId,
    map: PartMap,
}

enum PartMap {
    /// Byte n of the part is byte `start + n` of the file.
    Linear(u32),
    /// Byte n of the part is byte `offsets[n]` of the file.
    Aligned(Vec<u32>),
    /// The part as a whole came from this span.
    Whole(Span),
}

impl Joined {
    fn new(pieces: &[Piece], whole: Origin, sources: &Sources) -> Joined {
        let mut joined = Joined { text: String::new(), parts: Vec::new(), holes: Vec::new(), whole };
        for piece in pieces {
            let start = joined.text.len();
            let (map, file) = match piece {
                Piece::Hole(unknown, origin) => {
                    joined.holes.push((start, unknown.clone()));
                    joined.text.push(HOLE);
                    (PartMap::Whole(origin.span), origin.file)
                }
                Piece::Known(text, origin) => {
                    joined.text.push_str(&text.replace(HOLE, "\u{FFFD}"));
                    let file = sources.get(origin.file);
                    let slice = file.slice(origin.span);
                    let map = if slice == &**text {
                        PartMap::Linear(origin.span.start)
                    } else {
                        align(slice, text, origin.span.start).map_or(PartMap::Whole(origin.span), PartMap::Aligned)
                    };
                    (map, origin.file)
                }
            };
            joined.parts.push(Part { start, file, map });
        }
        joined
    }

    fn place(&self, offset: usize) -> Option<(FileId, Span)> {
        let at = self.parts.partition_point(|part| part.start <= offset).checked_sub(1)?;
        let part = self.parts.get(at)?;
        let inside = offset - part.start;
        let span = match &part.map {
            PartMap::Linear(start) => Span { start: start + inside as u32, end: start + inside as u32 + 1 },
            PartMap::Aligned(offsets) => {
                let start = *offsets.get(inside)?;
                Span { start, end: offsets.get(inside + 1).map_or(start + 1, |next| (*next).max(start + 1)) }
            }
            PartMap::Whole(span) => *span,
        };
        Some((part.file, span))
    }

    fn origin(&self, span: Span) -> Origin {
        let first = self.place(span.start as usize);
        let last = self.place((span.end as usize).saturating_sub(1).max(span.start as usize));
        match (first, last) {
            (Some((file, a)), Some((other, b))) if file == other => Origin { file, span: a.join(b) },
            (Some((file, a)), _) => Origin { file, span: a },
            _ => self.whole,
        }
    }
}

/// For each byte of `text`, the offset in the file of the source text that stands for it; `None` where the two do not
/// correspond. Knows the escapes of JSON, YAML and HCL, indentation taken off block scalars and heredocs, folding.
pub(crate) fn align(source: &str, text: &str, base: u32) -> Option<Vec<u32>> {
    let mut offsets = Vec::with_capacity(text.len());
    let mut at = 0;
    if source.starts_with("<<") || source.starts_with(['|', '>']) {
        at = source.find('\n')? + 1;
    }
    let quote = source.chars().next().filter(|c| at == 0 && matches!(c, '"' | '\''));
    if quote.is_some() {
        at = 1;
    }
    let mut chars = text.chars().peekable();
    while let Some(wanted) = chars.next() {
        loop {
            let rest = source.get(at..)?;
            let found = rest.chars().next()?;
            let length = if found == '\\' && quote != Some('\'') && rest.len() > 1 {
                match unescape(rest) {
                    Some((decoded, length)) if decoded == wanted => Some(length),
                    _ if wanted == '\\' => Some(1),
                    _ => None,
                }
            } else if found == wanted {
                let doubled = (quote == Some('\'') && rest.starts_with("''"))
                    || (rest.starts_with("$${") && chars.peek() == Some(&'{'))
                    || (rest.starts_with("%%{") && chars.peek() == Some(&'{'));
                Some(if doubled { 2 } else { found.len_utf8() })
            } else if wanted == ' ' && found == '\n' {
                Some(1)
            } else {
                None
            };
            match length {
                Some(length) => {
                    offsets.extend(std::iter::repeat_n(base + at as u32, wanted.len_utf8()));
                    at += length;
                    break;
                }
                None if found.is_whitespace() => at += found.len_utf8(),
                None => return None,
            }
        }
    }
    Some(offsets)
}

struct Fold<'j> {
    joined: &'j Joined,
    stack: Vec<Open>,
    done: Option<Value>,
}

struct Open {
    start: Span,
    items: Vec<Value>,
    entries: Vec<Entry>,
    key: Option<(Arc<str>, Origin)>,
    is_map: bool,
}

impl Fold<'_> {
    fn take(&mut self, event: JsonEvent<'_>, span: Span) {
        let origin = self.joined.origin(span);
        let value = match event {
            JsonEvent::MapStart | JsonEvent::ListStart => {
                let is_map = event == JsonEvent::MapStart;
                let open = Open { start: span, items: Vec::new(), entries: Vec::new(), key: None, is_map };
                return self.stack.push(open);
            }
            JsonEvent::MapEnd | JsonEvent::ListEnd => {
                let Some(open) = self.stack.pop() else { return };
                let origin = self.joined.origin(open.start.join(span));
                if open.is_map { Value::map(open.entries, origin) } else { Value::list(open.items, origin) }
            }
            JsonEvent::String(text) => {
                if let Some(open) = self.stack.last_mut()
                    && open.is_map
                    && open.key.is_none()
                {
                    open.key = Some((text.as_ref().into(), origin));
                    return;
                }
                self.string(&text, span, origin)
            }
            JsonEvent::Null => Value::null(origin),
            JsonEvent::Bool(value) => Value::bool(value, origin),
            JsonEvent::Number(text) => match Number::parse(text) {
                Some(number) => Value::new(Data::Number(number), origin),
                None => Value::string(text, origin),
            },
            JsonEvent::Hole => match self.hole(span.start as usize) {
                Some(unknown) => Value::unknown(unknown, origin),
                None => Value::null(origin),
            },
        };
        match self.stack.last_mut() {
            None => self.done = Some(value),
            Some(open) if open.is_map => {
                if let Some((key, key_origin)) = open.key.take() {
                    open.entries.push(Entry { key, key_origin, value });
                }
            }
            Some(open) => open.items.push(value),
        }
    }

    fn hole(&self, offset: usize) -> Option<Arc<Unknown>> {
        let at = self.joined.holes.binary_search_by_key(&offset, |(at, _)| *at).ok()?;
        self.joined.holes.get(at).map(|(_, unknown)| unknown.clone())
    }

    fn string(&self, text: &str, span: Span, origin: Origin) -> Value {
        if !text.contains(HOLE) {
            return Value::string(text, origin);
        }
        let first = self.joined.holes.partition_point(|(at, _)| *at < span.start as usize);
        let mut holes = self.joined.holes[first..].iter();
        let mut pieces = Vec::new();
        for (nth, part) in text.split(HOLE).enumerate() {
            if nth > 0
                && let Some((at, unknown)) = holes.next()
            {
                let place = self.joined.origin(Span::new(*at, at + HOLE.len_utf8()));
                pieces.push(Piece::Hole(unknown.clone(), place));
            }
            pieces.push(Piece::Known(part.into(), origin));
        }
        pieces.retain(|piece| !matches!(piece, Piece::Known(text, _) if text.is_empty()));
        if let [Piece::Hole(unknown, _)] = pieces.as_slice() {
            return Value::unknown(unknown.clone(), origin);
        }
        Value::of_pieces(pieces, origin)
    }
}

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
            Value::fields(map.iter().map(|(key, value)| (key.as_str(), of_serde(value, origin))), origin)
        }
    }
}
