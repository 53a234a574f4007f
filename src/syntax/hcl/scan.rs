//! A lexical pass over HCL: knows brackets, strings, heredocs, templates and comments, but no grammar.
//!
//! It finds where the top-level items begin and end, and the places that must be rewritten before `hcl-edit` reads them
//! (see [`super::repair`]). Linear, without recursion.

use std::collections::HashSet;
use std::ops::Range;

use super::repair::{Edit, Repairs};

/// Objects with more keys are rewritten: `hcl-edit` compares every key with all keys before it.
const MANY_KEYS: usize = 256;

/// How many heredocs without an end are looked for before `<<` is no longer taken for a heredoc.
const MAX_OPEN_HEREDOCS: usize = 16;

/// Starts no expression: put where a string or heredoc without an end begins, so that `hcl-edit`, whose strings go on over
/// line breaks, stops there and never disagrees with this pass about what is text and what is code.
const POISON: u8 = b'`';

/// What a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Grammar {
    /// A file: attributes and blocks.
    Body,
    /// One expression.
    Expression,
    /// A template without quotes.
    Template,
}

/// What the pass found.
#[derive(Default)]
pub(super) struct Scan {
    /// The top-level items, in order.
    pub(super) items: Vec<Range<usize>>,
    /// What must be rewritten.
    pub(super) repairs: Repairs,
    /// The outermost bracket that is never closed.
    pub(super) unclosed: Option<usize>,
}

enum Frame<'t> {
    Body {
        names: HashSet<&'t str>,
        item: Option<usize>,
        is_assigned: bool,
    },
    Object(Object<'t>),
    /// `{for …}`, `[for …]` or a template directive: `hcl-edit` wants each of their expressions on one line.
    OneLine {
        close: u8,
    },
    Brackets {
        close: u8,
    },
    Quote,
    Heredoc {
        marker: &'t str,
    },
}

#[derive(Default)]
struct Object<'t> {
    keys: HashSet<&'t str>,
    count: usize,
    key_start: Option<usize>,
    at_value: bool,
    is_repeated: bool,
    edits: Vec<Edit>,
    comment: Option<Range<usize>>,
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    stack: Vec<(usize, Frame<'t>)>,
    found: Scan,
    open_heredocs: usize,
    /// Bytes that may still be read ahead in search of the ends of heredocs.
    lookahead: usize,
}

/// Passes over `text`.
pub(super) fn scan(text: &str, grammar: Grammar) -> Scan {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        stack: Vec::new(),
        found: Scan::default(),
        open_heredocs: 0,
        lookahead: text.len().saturating_mul(4),
    };
    let first = match grammar {
        Grammar::Body => Frame::Body { names: HashSet::new(), item: None, is_assigned: false },
        Grammar::Expression => Frame::Brackets { close: 0 },
        Grammar::Template => Frame::Heredoc { marker: "" },
    };
    scanner.stack.push((0, first));
    if text.starts_with('\u{FEFF}') {
        scanner.found.repairs.edit(0..3, b' ');
        scanner.at = 3;
    }
    scanner.run();
    scanner.found
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Whether a line ends the heredoc: nothing but blanks around the marker.
fn is_end(line: &str, marker: &str) -> bool {
    line.trim_start_matches(BLANKS).trim_end_matches([' ', '\t', '\r', '\n']) == marker
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte >= 0x80
}

impl<'t> Scanner<'t> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            match self.stack.last() {
                Some((_, Frame::Quote)) => self.quote(),
                Some((_, Frame::Heredoc { marker })) => {
                    let marker = *marker;
                    self.heredoc(marker);
                }
                _ => self.code(),
            }
        }
        self.found.unclosed = self.stack.get(1).map(|(open, _)| *open);
        if let Some((_, Frame::Body { item: Some(start), .. })) = self.stack.first() {
            self.found.items.push(*start..self.bytes.len());
        }
        for (open, frame) in std::mem::take(&mut self.stack) {
            if let Frame::Object(object) = frame {
                self.write_as_list(open, object);
            }
        }
        self.found.repairs.sort();
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or(&[]);
        memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |found| from + found)
    }

    fn push(&mut self, frame: Frame<'t>, length: usize) {
        self.stack.push((self.at, frame));
        self.at += length;
    }

    /// Something that is no blank and no comment stands at `at`.
    fn mark(&mut self) {
        let at = self.at;
        match self.stack.last_mut() {
            Some((_, Frame::Body { item, .. })) => {
                item.get_or_insert(at);
            }
            Some((_, Frame::Object(object))) if !object.at_value => {
                object.key_start.get_or_insert(at);
            }
            _ => {}
        }
    }

    fn code(&mut self) {
        match self.byte(0) {
            b' ' | b'\t' => self.at += 1,
            b'\r' => {
                if let Some((_, Frame::OneLine { .. })) = self.stack.last() {
                    self.found.repairs.edit(self.at..self.at + 1, b' ');
                }
                self.at += 1;
            }
            b'\n' => self.newline(),
            b'#' => self.line_comment(),
            b'/' if self.byte(1) == b'/' => self.line_comment(),
            b'/' if self.byte(1) == b'*' => {
                let rest = self.bytes.get(self.at + 2..).unwrap_or(&[]);
                let length = memchr::memmem::find(rest, b"*/").map_or(rest.len(), |found| found + 2);
                let range = self.at..self.at + 2 + length;
                if let Some((_, Frame::OneLine { .. })) = self.stack.last() {
                    self.found.repairs.edit(range.clone(), b' ');
                }
                self.at = range.end;
            }
            b'"' => {
                self.mark();
                self.push(Frame::Quote, 1);
            }
            b'<' if self.byte(1) == b'<' => self.heredoc_start(),
            b'{' => self.open_brace(),
            b'[' | b'(' => {
                self.mark();
                let close = if self.byte(0) == b'[' { b']' } else { b')' };
                let one_line = close == b']' && self.starts_for();
                self.push(if one_line { Frame::OneLine { close } } else { Frame::Brackets { close } }, 1);
            }
            byte @ (b'}' | b']' | b')') => self.close(byte),
            b',' => {
                if let Some((_, Frame::Object(object))) = self.stack.last_mut() {
                    object.at_value = false;
                    object.key_start = None;
                }
                self.at += 1;
            }
            b'=' if matches!(self.byte(1), b'=' | b'>') => self.at += 2,
            b'!' | b'<' | b'>' if self.byte(1) == b'=' => self.at += 2,
            b'=' => {
                self.assign();
                self.at += 1;
            }
            b':' if self.byte(1) == b':' => self.at += 2,
            b':' => {
                self.assign_key();
                self.at += 1;
            }
            _ => {
                self.mark();
                let start = self.at;
                self.at += 1;
                while is_name_byte(self.byte(0)) {
                    self.at += 1;
                }
                self.large_exponent(start);
            }
        }
    }

    /// A number that does not fit into 64 bits keeps its exponent in the original text alone.
    fn large_exponent(&mut self, start: usize) {
        let token = self.text.get(start..self.at).unwrap_or("").trim_start_matches('.');
        let Some((digits, exponent)) = token.split_once(['e', 'E']) else { return };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if exponent.len() > 2 && is_number(digits) && is_number(exponent) {
            for at in self.at - exponent.len()..self.at {
                self.found.repairs.edit(at..at + 1, b'0');
            }
        }
    }

    fn newline(&mut self) {
        let at = self.at;
        let is_top = self.stack.len() == 1;
        match self.stack.last_mut() {
            Some((_, Frame::Body { item, is_assigned, .. })) => {
                if let Some(start) = item.take()
                    && is_top
                {
                    self.found.items.push(start..at + 1);
                }
                *is_assigned = false;
            }
            Some((_, Frame::Object(object))) => {
                if object.at_value {
                    let range = object.comment.clone().unwrap_or(at..at + 1);
                    object.edits.push(Edit { range, first: b',' });
                }
                object.at_value = false;
                object.key_start = None;
                object.comment = None;
            }
            Some((_, Frame::OneLine { .. })) => self.found.repairs.edit(at..at + 1, b' '),
            _ => {}
        }
        self.at += 1;
    }

    fn line_comment(&mut self) {
        let range = self.at..self.line_end(self.at);
        match self.stack.last_mut() {
            Some((_, Frame::Object(object))) => object.comment = Some(range.clone()),
            Some((_, Frame::OneLine { .. })) => self.found.repairs.edit(range.clone(), b' '),
            _ => {}
        }
        self.at = range.end;
    }

    fn starts_for(&self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or("");
        let rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        rest.strip_prefix("for").is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n', '#', '/']))
    }

    fn open_brace(&mut self) {
        self.mark();
        let frame = match self.stack.last() {
            Some((_, Frame::Body { is_assigned: false, .. })) => {
                Frame::Body { names: HashSet::new(), item: None, is_assigned: false }
            }
            _ if self.starts_for() => Frame::OneLine { close: b'}' },
            _ => Frame::Object(Object::default()),
        };
        self.push(frame, 1);
    }

    fn close(&mut self, byte: u8) {
        let fits = self.stack.len() > 1
            && match self.stack.last() {
                Some((_, Frame::Body { .. } | Frame::Object(_))) => byte == b'}',
                Some((_, Frame::OneLine { close } | Frame::Brackets { close })) => byte == *close,
                _ => false,
            };
        if !fits {
            self.mark();
        } else if let Some((open, Frame::Object(object))) = self.stack.pop()
            && self.write_as_list(open, object)
        {
            self.found.repairs.edit(self.at..self.at + 1, b']');
        }
        self.at += 1;
    }

    fn write_as_list(&mut self, open: usize, object: Object<'t>) -> bool {
        let needed = object.is_repeated || object.count > MANY_KEYS;
        if needed {
            let repairs = &mut self.found.repairs;
            repairs.edits.extend(object.edits);
            repairs.edit(open..open + 1, b'[');
            repairs.objects.push(open);
        }
        needed
    }

    fn assign(&mut self) {
        let at = self.at;
        if let Some((_, Frame::Body { names, item: Some(start), is_assigned })) = self.stack.last_mut()
            && !*is_assigned
        {
            *is_assigned = true;
            let start = *start;
            let name = self.text.get(start..at).unwrap_or("").trim_end();
            if name.bytes().all(is_name_byte) && !names.insert(name) {
                let nth = self.found.repairs.repeated.len();
                let free = (nth..nth + 64).filter_map(|nth| placeholder(name.len(), nth));
                if let Some(free) = free.into_iter().find(|free| !names.contains(free.as_str())) {
                    for (nth, byte) in free.bytes().enumerate() {
                        self.found.repairs.edit(start + nth..start + nth + 1, byte);
                    }
                    self.found.repairs.repeated.push(start);
                }
            }
        }
        self.assign_key();
    }

    fn assign_key(&mut self) {
        let at = self.at;
        if let Some((_, Frame::Object(object))) = self.stack.last_mut()
            && !object.at_value
            && let Some(start) = object.key_start
        {
            object.at_value = true;
            object.count += 1;
            object.is_repeated |= !object.keys.insert(self.text.get(start..at).unwrap_or("").trim_end());
            object.edits.push(Edit { range: at..at + 1, first: b',' });
        }
    }

    fn quote(&mut self) {
        match self.byte(0) {
            b'\\' => self.at += 2,
            b'"' => {
                self.stack.pop();
                self.at += 1;
            }
            b'\n' => {
                if let Some((open, _)) = self.stack.pop() {
                    self.found.repairs.edit(open..open + 1, POISON);
                }
            }
            b'$' | b'%' => self.template_marker(),
            _ => {
                let rest = self.bytes.get(self.at..).unwrap_or(&[]);
                let plain = rest.iter().position(|b| matches!(b, b'\\' | b'"' | b'\n' | b'$' | b'%'));
                self.at += plain.unwrap_or(rest.len());
            }
        }
    }

    fn template_marker(&mut self) {
        let byte = self.byte(0);
        match (self.byte(1), self.byte(2)) {
            (next, b'{') if next == byte => self.at += 3,
            (b'{', _) if byte == b'%' => self.push(Frame::OneLine { close: b'}' }, 2),
            (b'{', _) => self.push(Frame::Brackets { close: b'}' }, 2),
            _ => self.at += 1,
        }
    }

    fn heredoc_start(&mut self) {
        self.mark();
        let rest = self.rest();
        let after = rest.strip_prefix("<<-").unwrap_or_else(|| rest.get(2..).unwrap_or(""));
        let length = after.bytes().position(|byte| !is_name_byte(byte)).unwrap_or(after.len());
        let (marker, tail) = after.split_at_checked(length).unwrap_or(("", ""));
        let newline = tail.starts_with('\n') || tail.starts_with("\r\n");
        if marker.is_empty() || !newline || !self.heredoc_ends(tail, marker) {
            self.found.repairs.edit(self.at..self.at + 1, POISON);
            self.at += 2;
            return;
        }
        let open = self.at;
        self.at = self.line_end(self.at);
        self.stack.push((open, Frame::Heredoc { marker }));
        self.next_line(marker);
    }

    /// Whether a line of `tail` is the marker: a heredoc without an end must not swallow the rest of the file.
    fn heredoc_ends(&mut self, tail: &str, marker: &str) -> bool {
        if self.open_heredocs >= MAX_OPEN_HEREDOCS || self.lookahead == 0 {
            return false;
        }
        for line in tail.split_inclusive('\n').skip(1) {
            self.lookahead = self.lookahead.saturating_sub(line.len());
            if is_end(line, marker) {
                return true;
            }
            if self.lookahead == 0 {
                return false;
            }
        }
        self.open_heredocs += 1;
        false
    }

    /// `at` is the line break before a line of a heredoc: passes over it, and over the marker if it is the last line.
    fn next_line(&mut self, marker: &str) {
        self.at += 1;
        if marker.is_empty() {
            return;
        }
        let end = self.line_end(self.at);
        let line = self.text.get(self.at..end).unwrap_or("");
        let start = self.at + (line.len() - line.trim_start_matches(BLANKS).len());
        if is_end(line, marker) {
            self.stack.pop();
            self.at = start + marker.len();
        } else if line.trim_start_matches(BLANKS).starts_with(marker) {
            self.found.repairs.edit(start..start + 1, if marker.starts_with('_') { b'A' } else { b'_' });
        }
    }

    fn heredoc(&mut self, marker: &'t str) {
        match self.byte(0) {
            b'\n' => self.next_line(marker),
            b'$' | b'%' => self.template_marker(),
            _ => {
                let rest = self.bytes.get(self.at..).unwrap_or(&[]);
                let plain = memchr::memchr3(b'\n', b'$', b'%', rest);
                self.at += plain.unwrap_or(rest.len());
            }
        }
    }
}

/// A name of `length` bytes, another one for each `nth`; `None` when there are no more.
fn placeholder(length: usize, nth: usize) -> Option<String> {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    let mut left = nth;
    let mut name = vec![b'a'; length];
    for byte in name.iter_mut().rev() {
        *byte = LETTERS.get(left % LETTERS.len()).copied()?;
        left /= LETTERS.len();
    }
    if left > 0 { None } else { String::from_utf8(name).ok() }
}
