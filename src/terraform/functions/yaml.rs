//! `yamldecode`, with the places of what stands in a file, and `yamlencode`.

use std::collections::HashMap;
use std::fmt::Write as _;

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use super::argument::{Call, MAX_DEPTH, MAX_TEXT, Outcome, Stop, to_number};
use super::date::yaml_timestamp;
use crate::source::{Origin, Span};
use crate::value::{Data, Entry, Number, Value};

/// A longer line is folded where that is possible.
const LINE_WIDTH: usize = 80;

/// One step pays for so many bytes that are parsed.
const BYTES_PER_STEP: usize = 4;

/// Aliases stand for no more nodes than this.
const MAX_ALIASED: usize = 100_000;

pub(super) fn yamldecode(call: &Call<'_>) -> Outcome {
    let value = call.value(0)?;
    let text = call.text(0)?;
    let origin = value.origin.or(call.context.origin);
    let in_place = call.context.sources.get(origin.file).slice(origin.span) == text;
    call.context.work.add(16 + text.len() / BYTES_PER_STEP);
    let mut fold =
        Fold { call, origin, in_place, stack: Vec::new(), done: None, anchors: HashMap::new(), aliased: 0, last: None };
    for event in Parser::new_from_str(&text) {
        let (event, span) = match event {
            Ok(next) => next,
            Err(error) => return Err(call.fail_at(0, format!("the string is not YAML: {error}"))),
        };
        fold.take(event, span.byte_range())?;
    }
    fold.done.ok_or_else(|| call.fail_at(0, "the string holds no YAML document"))
}

struct Fold<'c, 'a> {
    call: &'c Call<'a>,
    origin: Origin,
    in_place: bool,
    stack: Vec<Open>,
    done: Option<Value>,
    /// The values of the anchors, and of how many nodes they consist.
    anchors: HashMap<usize, (Value, usize)>,
    aliased: usize,
    /// Where the last node ended.
    last: Option<Span>,
}

/// A list or map of which the end is not reached.
struct Open {
    start: Option<Span>,
    anchor: usize,
    items: Vec<Value>,
    entries: Vec<Entry>,
    merged: Vec<Entry>,
    key: Option<Value>,
    is_merge: bool,
    is_map: bool,
    nodes: usize,
}

impl Fold<'_, '_> {
    fn place(&self, span: Option<Span>) -> Origin {
        match span {
            Some(span) if self.in_place => {
                let first = self.origin.span.start as usize;
                Origin::new(self.origin.file, first + span.start as usize, first + span.end as usize)
            }
            _ => self.origin,
        }
    }

    fn take(&mut self, event: Event<'_>, range: Option<std::ops::Range<usize>>) -> Result<(), Stop> {
        let span = range.map(|range| Span::new(range.start, range.end));
        if matches!(event, Event::Scalar(..) | Event::Alias(_)) {
            self.last = span;
        }
        match event {
            Event::DocumentStart(..) if self.done.is_some() => {
                Err(self.call.fail_at(0, "the string holds more than one YAML document"))
            }
            Event::SequenceStart(_, anchor, tag) => self.open(span, anchor, tag.as_deref(), false),
            Event::MappingStart(_, anchor, tag) => self.open(span, anchor, tag.as_deref(), true),
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(&text, style, tag.as_deref(), span)?;
                self.anchor(anchor, &value, 1);
                self.place_value(value, 1, style == ScalarStyle::Plain)
            }
            Event::Alias(anchor) => {
                let Some((value, nodes)) = self.anchors.get(&anchor).cloned() else {
                    return Err(self.call.fail_at(0, "an alias refers to no complete node"));
                };
                self.aliased += nodes;
                if self.aliased > MAX_ALIASED {
                    return Err(self.call.too_large());
                }
                self.place_value(value, nodes, false)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, start: Option<Span>, anchor: usize, tag: Option<&Tag>, is_map: bool) -> Result<(), Stop> {
        if tag.is_some_and(|tag| !matches!(core_tag(tag).as_str(), "!!map" | "!!seq")) {
            return Err(self.call.fail_at(0, "YAML tags have no meaning here"));
        }
        let open = Open {
            start,
            anchor,
            items: Vec::new(),
            entries: Vec::new(),
            merged: Vec::new(),
            key: None,
            is_merge: false,
            is_map,
            nodes: 1,
        };
        self.stack.push(open);
        Ok(())
    }

    fn close(&mut self, end: Option<Span>) -> Result<(), Stop> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        // A block ends with its last element, not with the line break and the blanks after it.
        let end = end.filter(|end| end.start < end.end).or(self.last);
        let origin = self.place(open.start.map(|start| end.map_or(start, |end| start.join(end))));
        self.last = end;
        let value = if open.is_map {
            // Of equal keys the last one stays: what merge keys bring gives way, the later to the earlier.
            Value::map(open.merged.into_iter().rev().chain(open.entries).collect(), origin)
        } else {
            Value::list(open.items, origin)
        };
        self.anchor(open.anchor, &value, open.nodes);
        self.place_value(value, open.nodes, false)
    }

    fn anchor(&mut self, anchor: usize, value: &Value, nodes: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), nodes));
        }
    }

    fn place_value(&mut self, value: Value, nodes: usize, plain: bool) -> Result<(), Stop> {
        let Some(open) = self.stack.last_mut() else {
            self.done = Some(value);
            return Ok(());
        };
        open.nodes += nodes;
        if !open.is_map {
            open.items.push(value);
            return Ok(());
        }
        let Some(key) = open.key.take() else {
            open.is_merge = plain && value.as_str() == Some("<<");
            open.key = Some(value);
            return Ok(());
        };
        if open.is_merge {
            for map in value.elements() {
                let Some(map) = map.as_map() else {
                    return Err(self.call.fail_at(0, "the YAML merge key takes a map"));
                };
                open.merged.extend(map.entries().iter().cloned());
            }
            return Ok(());
        }
        match key.scalar_text() {
            Some(text) => {
                open.entries.push(Entry { key: text.as_ref().into(), key_origin: key.origin, value });
                Ok(())
            }
            None => Err(self.call.fail_at(0, "a key of a YAML map must be a string")),
        }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Option<Span>) -> Outcome {
        let origin = self.place(span);
        let tag = tag.map(core_tag);
        if style == ScalarStyle::Plain && tag.is_none() && !is_finite(text) {
            return Err(self.call.fail_at(0, format!("`{text}` is no finite number")));
        }
        let data = match tag.as_deref() {
            None if style == ScalarStyle::Plain => resolve(text),
            // What a tag says of a quoted text does not change that it is text.
            _ if style != ScalarStyle::Plain => Some(Data::String(text.into())),
            None | Some("!" | "!!str" | "!!binary") => Some(Data::String(text.into())),
            Some("!!null") => Some(Data::Null),
            Some("!!bool") => boolean(text).map(Data::Bool),
            Some("!!int" | "!!float") => number(text).map(Data::Number),
            Some("!!timestamp") => yaml_timestamp(text).map(|time| Data::String(time.into())),
            Some(_) => return Err(self.call.fail_at(0, "YAML tags have no meaning here")),
        };
        match data {
            Some(data) => Ok(Value::new(data, origin)),
            None => Err(self.call.fail_at(0, format!("`{text}` is not what its YAML tag says"))),
        }
    }
}

fn core_tag(tag: &Tag) -> String {
    let text = tag.to_string();
    text.strip_prefix("tag:yaml.org,2002:").map_or(text.clone(), |name| format!("!!{name}"))
}

/// YAML has words for infinity and for what is no number.
fn is_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    !matches!(unsigned, ".inf" | ".Inf" | ".INF") && !matches!(text, ".nan" | ".NaN" | ".NAN")
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    let radix = [("0x", 16), ("0o", 8)].into_iter().find_map(|(mark, radix)| Some((text.strip_prefix(mark)?, radix)));
    if let Some((digits, radix)) = radix {
        let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return i64::from_str_radix(digits, radix).ok().filter(|_| plain).map(Number::Integer);
    }
    to_number(&Value::string(text, Origin::NONE))
}

/// The value of a plain scalar, as Terraform's YAML reads it.
fn resolve(text: &str) -> Option<Data> {
    if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Some(Data::Null);
    }
    if let Some(value) = boolean(text) {
        return Some(Data::Bool(value));
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        if let Some(time) = yaml_timestamp(text) {
            return Some(Data::String(time.into()));
        }
        if let Some(number) = number(text) {
            return Some(Data::Number(number));
        }
    }
    Some(Data::String(text.into()))
}

pub(super) fn yamlencode(call: &Call<'_>) -> Outcome {
    let value = call.any(0)?;
    if value.first_unknown().is_some() {
        return Err(call.undecided_by(value));
    }
    let mut out = String::new();
    if !write_node(value, 0, &mut out, 0) {
        return Err(call.too_large());
    }
    if matches!(value.data, Data::Null | Data::Bool(_) | Data::Number(_)) {
        out.push_str("...\n");
    }
    call.give_string(out)
}

/// Writes a node at the end of the current line, with further lines at the indentation; `false` past a limit.
fn write_node(value: &Value, indent: usize, out: &mut String, depth: usize) -> bool {
    if depth > MAX_DEPTH || out.len() > MAX_TEXT {
        return false;
    }
    match &value.data {
        Data::List(list) if !list.items.is_empty() => list.items.iter().enumerate().all(|(nth, item)| {
            if nth > 0 {
                out.push_str(&" ".repeat(indent));
            }
            out.push_str("- ");
            write_node(item, indent + 2, out, depth + 1)
        }),
        Data::Map(map) if !map.entries().is_empty() => map.entries().iter().enumerate().all(|(nth, entry)| {
            if nth > 0 {
                out.push_str(&" ".repeat(indent));
            }
            write_quoted(&entry.key, None, out);
            out.push(':');
            let inner = match &entry.value.data {
                Data::List(list) if !list.items.is_empty() => Some(indent),
                Data::Map(map) if !map.entries().is_empty() => Some(indent + 2),
                _ => None,
            };
            match inner {
                Some(inner) => {
                    out.push('\n');
                    out.push_str(&" ".repeat(inner));
                    write_node(&entry.value, inner, out, depth + 1)
                }
                None => {
                    out.push(' ');
                    write_node(&entry.value, indent + 2, out, depth + 1)
                }
            }
        }),
        Data::List(_) => {
            out.push_str("[]\n");
            true
        }
        Data::Map(_) => {
            out.push_str("{}\n");
            true
        }
        Data::Null => {
            out.push_str("null\n");
            true
        }
        _ => {
            let text = value.scalar_text().unwrap_or_default();
            match &value.data {
                Data::Bool(_) | Data::Number(_) => out.push_str(&text),
                _ if text.contains('\n') && is_literal(&text) => {
                    write_literal(&text, indent.max(2), out);
                    return true;
                }
                _ => write_quoted(&text, Some(indent.max(2)), out),
            }
            out.push('\n');
            true
        }
    }
}

/// Whether a text can stand in a literal block as it is.
fn is_literal(text: &str) -> bool {
    let plain = |c: char| c == '\n' || (!c.is_control() && c != '\u{FEFF}');
    text.chars().all(plain) && text.split('\n').all(|line| !line.ends_with(' '))
}

fn write_literal(text: &str, indent: usize, out: &mut String) {
    let body = text.trim_end_matches('\n');
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    out.push_str(match text.len() - body.len() {
        0 => "-\n",
        1 if !body.is_empty() => "\n",
        _ => "+\n",
    });
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// Writes a text in double quotes; with an indentation it is folded at single blanks past the width of a line.
fn write_quoted(text: &str, fold: Option<usize>, out: &mut String) {
    let mut column = out.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    out.push('"');
    let mut after_space = false;
    let mut chars = text.chars().peekable();
    let mut first = true;
    while let Some(c) = chars.next() {
        let written = out.len();
        let is_inner = !std::mem::take(&mut first) && chars.peek().is_some();
        match c {
            ' ' if is_inner && !after_space && column > LINE_WIDTH && fold.is_some() => {
                out.push('\n');
                out.push_str(&" ".repeat(fold.unwrap_or(0)));
                column = fold.unwrap_or(0);
                if chars.peek() == Some(&' ') {
                    out.push('\\');
                    column += 1;
                }
                after_space = true;
                continue;
            }
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{B}' => out.push_str("\\v"),
            '\u{C}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1B}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02X}", c as u32);
            }
            c => out.push(c),
        }
        after_space = c == ' ';
        column += out.get(written..).map_or(0, |added| added.chars().count());
    }
    out.push('"');
}
