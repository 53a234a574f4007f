//! Strings put together: `Fn::Sub`, dynamic references, and the places of their parts.

use std::collections::HashMap;
use std::sync::Arc;

use super::evaluator::Evaluator;
use super::intrinsic::{Call, unknown};
use crate::source::{FileId, Origin, SourceFile, Span};
use crate::syntax::node::{Node, NodeKind, Style};
use crate::value::{Piece, Unknown, Value, Why, align};

/// The longest string that is put together.
const MAX_TEXT: usize = 1 << 20;

/// The most pieces of one string.
const MAX_PIECES: usize = 16 << 10;

/// The bytes of all strings that one template puts together.
pub(super) const MAX_TEXT_TOTAL: usize = 64 << 20;

/// The start of a dynamic reference.
const RESOLVE: &str = "{{resolve:";

/// Where the bytes of a scalar's text stand in the source.
pub(super) struct Places {
    file: FileId,
    whole: Span,
    kind: PlaceKind,
}

enum PlaceKind {
    /// Byte n stands at `start + n`.
    Verbatim(u32),
    /// Byte n stands at `offsets[n]` of the source.
    Aligned(Vec<u32>, Arc<SourceFile>),
    /// Only the whole has a place.
    Whole,
}

impl Places {
    /// All parts stand at one place.
    pub(super) fn whole(origin: Origin) -> Places {
        Places { file: origin.file, whole: origin.span, kind: PlaceKind::Whole }
    }

    /// Adds the bytes `start..end` of `text`: line by line where only the lines stand in the source as they are.
    fn add_pieces(&self, text: &str, start: usize, end: usize, pieces: &mut Vec<Piece>) {
        let part = text.get(start..end).unwrap_or("");
        let by_line = matches!(self.kind, PlaceKind::Aligned(..)) && part.lines().take(MAX_PIECES).count() < MAX_PIECES;
        let mut at = start;
        for line in part.split_inclusive(|c| by_line && c == '\n') {
            pieces.push(Piece::Known(line.into(), self.of(at, at + line.len())));
            at += line.len();
        }
    }

    /// The place of the bytes `start..end` of the text.
    pub(super) fn of(&self, start: usize, end: usize) -> Origin {
        let span = match &self.kind {
            PlaceKind::Verbatim(base) => Span { start: base + start as u32, end: base + end.max(start) as u32 },
            PlaceKind::Aligned(offsets, source) => match (offsets.get(start), offsets.get(end.saturating_sub(1))) {
                (Some(first), Some(last)) if start < end => {
                    // What lies between two characters (indentation, a quote) belongs to neither.
                    let last_end = match source.text().get(*last as usize..).and_then(|rest| rest.chars().next()) {
                        Some('\\') => offsets.get(end).copied().unwrap_or(self.whole.end.saturating_sub(1)),
                        Some(c) => last + c.len_utf8() as u32,
                        None => self.whole.end,
                    };
                    Span { start: *first, end: last_end.max(*first) }
                }
                _ => self.whole,
            },
            PlaceKind::Whole => self.whole,
        };
        Origin { file: self.file, span }
    }
}

/// A part of a `Fn::Sub` text, as ranges of it.
#[derive(Debug, PartialEq)]
pub(super) enum Part<'t> {
    Literal(usize, usize),
    /// The name of `${!Name}`, and its range with the braces: it stands for `${Name}`, which is one piece of what others read.
    Escaped(&'t str, usize, usize),
    /// The name between the braces, and the range with them.
    Variable(&'t str, usize, usize),
}

/// The parts of a `Fn::Sub` text; `${!Name}` stands for `${Name}`.
pub(super) fn parts_of(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut literal_from = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("${")) {
        let open = at + found;
        let inside = open + 2;
        let Some(length) = text.get(inside..).and_then(|rest| rest.find('}')) else { break };
        let close = inside + length;
        let name = text.get(inside..close).unwrap_or("");
        if let Some(name) = name.strip_prefix('!') {
            parts.push(Part::Literal(literal_from, open));
            parts.push(Part::Escaped(name, open, close + 1));
            literal_from = close + 1;
        } else if !name.trim().is_empty() {
            parts.push(Part::Literal(literal_from, open));
            parts.push(Part::Variable(name.trim(), open, close + 1));
            literal_from = close + 1;
        }
        at = close + 1;
    }
    parts.push(Part::Literal(literal_from, text.len()));
    parts.retain(|part| !matches!(part, Part::Literal(start, end) if start == end));
    parts
}

/// For each byte of a literal block scalar's text its offset in the file: each line ends like the source's line.
fn literal_lines(raw: &str, text: &str, base: u32) -> Option<Vec<u32>> {
    let (header, mut source) = raw.split_once('\n').filter(|_| raw.starts_with('|'))?;
    let mut at = base as usize + header.len() + 1;
    let mut offsets = Vec::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        let length = source.find('\n').unwrap_or(source.len());
        let found = source.get(..length)?.trim_end_matches('\r');
        let indentation = match found.strip_suffix(content) {
            Some(before) if before.bytes().all(|b| b == b' ') => before.len(),
            _ => return None,
        };
        offsets.extend((0..content.len()).map(|nth| (at + indentation + nth) as u32));
        if content.len() < line.len() {
            offsets.push((at + length) as u32);
        }
        at += length + 1;
        source = source.get(length + 1..).unwrap_or("");
    }
    Some(offsets)
}

impl<'t> Evaluator<'t> {
    /// Where the parts of a scalar stand.
    pub(super) fn places(&self, node: &Node) -> Places {
        let node = node.target();
        let whole = Places::whole(self.origin(node));
        let NodeKind::Scalar(text, style) = &node.kind else { return whole };
        let raw = self.source.slice(node.span);
        let inner = raw.get(1..raw.len().saturating_sub(1));
        let kind = if raw == &**text {
            PlaceKind::Verbatim(node.span.start)
        } else if *style == Style::Quoted && inner == Some(text) {
            PlaceKind::Verbatim(node.span.start + 1)
        } else {
            let offsets = literal_lines(raw, text, node.span.start).or_else(|| align(raw, text, node.span.start));
            offsets.map_or(PlaceKind::Whole, |offsets| PlaceKind::Aligned(offsets, self.source.clone()))
        };
        Places { kind, ..whole }
    }

    pub(super) fn sub_call(&mut self, call: &Call<'t>) -> Value {
        let wanted = "a string, or a string and a map";
        let mut variables = HashMap::new();
        let node = match call.arguments() {
            None => call.argument.target(),
            Some([text, map]) if map.as_mapping().is_some() => {
                for (key, value) in self.entries(map) {
                    let (Some(name), Some(value)) = (key.as_str(), self.evaluate(value)) else { continue };
                    variables.insert(name, value);
                }
                text.target()
            }
            Some(_) => return self.malformed_call(call, wanted),
        };
        if call.arguments().is_none() && self.call_of(call.argument).is_some_and(|inner| inner.name == "Transform") {
            // An include or a macro writes the text.
            return unknown(Why::Function, "Fn::Transform", call.place);
        }
        let is_tagged = node.tag.is_some() && !std::ptr::eq(node, call.argument.target());
        let (NodeKind::Scalar(text, _), false) = (&node.kind, is_tagged) else {
            return self.malformed_call(call, wanted);
        };
        let places = self.places(node);
        self.substitute(text, &places, &variables, call.place)
    }

    /// The text of a `Fn::Sub` with its variables put in.
    pub(super) fn substitute(
        &mut self,
        text: &str,
        places: &Places,
        variables: &HashMap<&str, Value>,
        place: Origin,
    ) -> Value {
        let parts = parts_of(text);
        if let [Part::Literal(0, _)] = parts.as_slice()
            && !text.contains(RESOLVE)
        {
            return Value::string(text, Origin { file: places.file, span: places.whole });
        }
        let mut pieces = Vec::new();
        let mut sensitive = false;
        for part in parts.iter().take(MAX_PIECES + 1) {
            match part {
                Part::Literal(start, end) => places.add_pieces(text, *start, *end, &mut pieces),
                Part::Escaped(name, start, end) => {
                    pieces.push(Piece::Known(format!("${{{name}}}").into(), places.of(*start, *end)));
                }
                Part::Variable(name, start, end) => {
                    let at = places.of(*start, *end);
                    let value = match (variables.get(name), name.split_once('.')) {
                        (Some(value), _) => Some(value.clone()),
                        (None, _) if self.template.is_service && self.service_variable(name, at).is_some() => {
                            self.service_variable(name, at)
                        }
                        (None, Some((id, attribute))) => Some(self.attribute(id, attribute, at)),
                        (None, None) => self.reference(name, at),
                    };
                    sensitive |= value.as_ref().is_some_and(|value| value.sensitive);
                    match value.as_ref().and_then(Value::to_pieces) {
                        Some(found) => pieces.extend(found),
                        None => {
                            let message = format!("`{name}` is no string");
                            let invalid = self.invalid("cfn-function", name, message, at);
                            pieces.extend(invalid.to_pieces().unwrap_or_default());
                        }
                    }
                }
            }
        }
        self.assemble(pieces, place).marked(sensitive)
    }

    /// A scalar with dynamic references in it.
    pub(super) fn text_with_references(&mut self, node: &Node, text: &Arc<str>) -> Value {
        let places = self.places(node);
        self.assemble(vec![Piece::Known(text.clone(), places.of(0, text.len()))], self.origin(node))
    }

    /// One string of pieces; its dynamic references become holes.
    pub(super) fn assemble(&mut self, pieces: Vec<Piece>, place: Origin) -> Value {
        let length = |piece: &Piece| match piece {
            Piece::Known(text, _) => text.len(),
            Piece::Hole(..) => 0,
        };
        let total: usize = pieces.iter().map(length).sum();
        if pieces.len() > MAX_PIECES || total > MAX_TEXT || total > self.text_budget {
            return Value::unknown(Unknown::new(Why::Limit, "strings are too long", place), place);
        }
        self.text_budget -= total;
        let (mut pieces, is_secret) = without_references(pieces);
        pieces.retain(|piece| !matches!(piece, Piece::Known(text, _) if text.is_empty()));
        let value = match pieces.as_slice() {
            [Piece::Hole(unknown, _)] => Value::unknown(unknown.clone(), place),
            _ => Value::of_pieces(pieces, place),
        };
        value.marked(is_secret)
    }
}

/// Puts a hole in the place of each `{{resolve:…}}`, also where other pieces stand within it.
fn without_references(pieces: Vec<Piece>) -> (Vec<Piece>, bool) {
    let mut result = Vec::new();
    let mut open: Option<(String, Origin)> = None;
    let mut found = false;
    for piece in pieces {
        let (text, origin) = match piece {
            Piece::Known(text, origin) if open.is_some() || text.contains(RESOLVE) => (text, origin),
            Piece::Hole(unknown, origin) => {
                match &mut open {
                    Some((name, _)) => name.push_str("${…}"),
                    None => result.push(Piece::Hole(unknown, origin)),
                }
                continue;
            }
            known => {
                result.push(known);
                continue;
            }
        };
        found = true;
        let mut rest = &*text;
        loop {
            match open.take() {
                Some((mut name, start)) => match rest.split_once("}}") {
                    Some((inside, after)) => {
                        name.push_str(inside);
                        let unknown = Unknown::new(Why::DataSource, format!("{{{{{name}}}}}"), start);
                        result.push(Piece::Hole(Arc::new(unknown), start));
                        rest = after;
                    }
                    None => {
                        name.push_str(rest);
                        open = Some((name, start));
                        break;
                    }
                },
                None => match rest.find(RESOLVE) {
                    Some(at) => {
                        result.push(Piece::Known(rest.get(..at).unwrap_or("").into(), origin));
                        rest = rest.get(at + 2..).unwrap_or("");
                        open = Some((String::new(), origin));
                    }
                    None => {
                        result.push(Piece::Known(rest.into(), origin));
                        break;
                    }
                },
            }
        }
    }
    if let Some((name, start)) = open {
        result.push(Piece::Known(format!("{{{{{name}").into(), start));
    }
    (result, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_text() {
        assert_eq!(
            parts_of("a${B.c}${!D}e${"),
            [Part::Literal(0, 1), Part::Variable("B.c", 1, 7), Part::Escaped("D", 7, 12), Part::Literal(12, 15)]
        );
        assert_eq!(parts_of("${}"), [Part::Literal(0, 3)]);
        assert_eq!(parts_of(""), []);
    }
}
