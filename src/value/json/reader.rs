//! A reader of JSON that tells every token with its place.

use crate::source::Span;

/// Deeper nesting than this is refused.
pub const MAX_JSON_DEPTH: usize = 128;

/// Stands for a hole in JSON text that was put together from pieces.
pub(super) const HOLE: char = '\u{F8FF}';

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
pub(super) fn unescape(text: &str) -> Option<(char, usize)> {
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
