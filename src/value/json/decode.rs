//! JSON text inside of values: the structure with the places that its text came from.

use std::sync::Arc;

use super::reader::{HOLE, JsonEvent, JsonReader, unescape};
use crate::source::{FileId, Origin, Sources, Span};
use crate::value::{Data, Entry, Map, Number, OpenEntry, Piece, Unknown, Value};

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
    if source.starts_with("<<") || source.starts_with(['|', '>']) {
        let body = source.find('\n')? + 1;
        return align_from(source, body, None, text, base);
    }
    let quote = source.chars().next().filter(|c| matches!(c, '"' | '\'') && source.len() > 1 && source.ends_with(*c));
    // A piece of a heredoc may start and end with quotes that are its own text.
    quote
        .and_then(|quote| align_from(source, 1, Some(quote), text, base))
        .or_else(|| align_from(source, 0, None, text, base))
}

fn align_from(source: &str, start: usize, quote: Option<char>, text: &str, base: u32) -> Option<Vec<u32>> {
    let mut offsets = Vec::with_capacity(text.len());
    let mut at = start;
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
    /// Those whose key holds something unknown.
    open_entries: Vec<OpenEntry>,
    key: Option<Value>,
    is_map: bool,
}

impl Fold<'_> {
    fn take(&mut self, event: JsonEvent<'_>, span: Span) {
        let origin = self.joined.origin(span);
        let value = match event {
            JsonEvent::MapStart | JsonEvent::ListStart => {
                let is_map = event == JsonEvent::MapStart;
                let (items, entries, open_entries) = (Vec::new(), Vec::new(), Vec::new());
                return self.stack.push(Open { start: span, items, entries, open_entries, key: None, is_map });
            }
            JsonEvent::MapEnd | JsonEvent::ListEnd => {
                let Some(open) = self.stack.pop() else { return };
                let origin = self.joined.origin(open.start.join(span));
                if open.is_map {
                    let map = Map::new(open.entries).with_open(open.open_entries);
                    Value::new(Data::Map(Arc::new(map)), origin)
                } else {
                    Value::list(open.items, origin)
                }
            }
            JsonEvent::String(text) => {
                let value = self.string(&text, span, origin);
                match self.stack.last_mut() {
                    Some(open) if open.is_map && open.key.is_none() => {
                        open.key = Some(value);
                        return;
                    }
                    _ => value,
                }
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
                let Some(key) = open.key.take() else { return };
                match &key.data {
                    Data::String(text) => {
                        open.entries.push(Entry { key: text.clone(), key_origin: key.origin, value });
                    }
                    _ => open.open_entries.push(OpenEntry { key, value }),
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
