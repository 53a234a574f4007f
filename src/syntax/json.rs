//! JSON files with places: the tokens of [`JsonReader`] folded into a [`Node`] tree.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Span};
use crate::syntax::duplicate::duplicate_keys;
use crate::syntax::node::{MAX_NODES, Node, NodeKind, Style};
use crate::value::{JsonEvent, JsonReader};

/// Reads a JSON file; duplicate keys are kept.
///
/// # Errors
/// A `json-syntax` diagnostic at the first place where the text is no JSON, or `json-limit`.
pub fn parse(file: FileId, text: &str) -> Result<Node, Diagnostic> {
    let mut fold = Fold { stack: Vec::new(), done: None, nodes: 0, stray: None };
    let error = |code, message: String, at: usize| {
        let at = at.min(text.len());
        let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Diagnostic::error(code, message).at(Origin::new(file, at, at + width), "")
    };
    let result = JsonReader::new(text).read(&mut |event, span| fold.take(event, span));
    if let Some(stray) = fold.stray {
        return Err(error("json-syntax", "expected a value".to_owned(), stray.start as usize));
    }
    result.map_err(|found| error("json-syntax", found.message, found.offset))?;
    if fold.nodes > MAX_NODES {
        return Err(error("json-limit", format!("more than {MAX_NODES} nodes in one file"), 0));
    }
    fold.done.ok_or_else(|| error("json-syntax", "the document ends before its value".to_owned(), text.len()))
}

/// After this many warnings of one file the rest is not told.
const MAX_DIAGNOSTICS: usize = 50;

/// Warnings about keys that stand twice in one object.
pub fn duplicates(file: FileId, root: &Node) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut left = vec![root];
    while let Some(node) = left.pop() {
        match &node.kind {
            NodeKind::Mapping(pairs) => {
                diagnostics.extend(duplicate_keys(file, pairs));
                left.extend(pairs.iter().rev().map(|(_, value)| value));
            }
            NodeKind::Sequence(items) => left.extend(items.iter().rev()),
            NodeKind::Scalar(..) | NodeKind::Alias(_) => {}
        }
        if diagnostics.len() >= MAX_DIAGNOSTICS {
            diagnostics.truncate(MAX_DIAGNOSTICS);
            break;
        }
    }
    diagnostics
}

struct Fold {
    stack: Vec<Open>,
    done: Option<Node>,
    nodes: usize,
    stray: Option<Span>,
}

/// A list or object that is not complete yet.
struct Open {
    is_map: bool,
    start: Span,
    items: Vec<Node>,
    pairs: Vec<(Node, Node)>,
    key: Option<Node>,
}

impl Fold {
    fn take(&mut self, event: JsonEvent<'_>, span: Span) {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return;
        }
        let plain = |text: &str| NodeKind::Scalar(text.into(), Style::Plain);
        let kind = match event {
            JsonEvent::MapStart | JsonEvent::ListStart => {
                let is_map = event == JsonEvent::MapStart;
                let open = Open { is_map, start: span, items: Vec::new(), pairs: Vec::new(), key: None };
                return self.stack.push(open);
            }
            JsonEvent::MapEnd | JsonEvent::ListEnd => {
                let Some(open) = self.stack.pop() else { return };
                let kind = if open.is_map { NodeKind::Mapping(open.pairs) } else { NodeKind::Sequence(open.items) };
                return self.add(Node { span: open.start.join(span), tag: None, kind });
            }
            JsonEvent::String(text) => NodeKind::Scalar(Arc::from(text), Style::Quoted),
            JsonEvent::Null => plain("null"),
            JsonEvent::Bool(true) => plain("true"),
            JsonEvent::Bool(false) => plain("false"),
            JsonEvent::Number(text) => plain(text),
            JsonEvent::Hole => {
                self.stray.get_or_insert(span);
                plain("null")
            }
        };
        self.add(Node { span, tag: None, kind });
    }

    fn add(&mut self, node: Node) {
        match self.stack.last_mut() {
            None => self.done = Some(node),
            Some(open) if !open.is_map => open.items.push(node),
            Some(open) => match open.key.take() {
                Some(key) => open.pairs.push((key, node)),
                None => open.key = Some(node),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_styles_are_those_of_the_text() {
        let text = "\u{FEFF}{ \"a\": [1, \"x\\u0041\", null], \"a\": {\"b\": true} }";
        let root = parse(FileId::NONE, text).unwrap();
        assert_eq!(root.span, Span::new(3, text.len()));
        let pairs = root.as_mapping().unwrap();
        assert_eq!(pairs.len(), 2);
        assert_eq!(&text[pairs[0].0.span.range()], "\"a\"");
        let items = pairs[0].1.as_sequence().unwrap();
        assert_eq!(&text[pairs[0].1.span.range()], "[1, \"x\\u0041\", null]");
        assert!(matches!(&items[0].kind, NodeKind::Scalar(text, Style::Plain) if &**text == "1"));
        assert!(matches!(&items[1].kind, NodeKind::Scalar(text, Style::Quoted) if &**text == "xA"));
        assert!(matches!(&items[2].kind, NodeKind::Scalar(text, Style::Plain) if &**text == "null"));
        assert_eq!(root.get("a").unwrap().get("b").unwrap().as_str(), Some("true"));
    }

    #[test]
    fn errors_have_their_place() {
        for (text, at) in [("{\"a\": 1,}", 8), ("", 0), ("[1] x", 4), ("[\u{F8FF}]", 1), ("{\"a\" 1}", 5)] {
            let error = parse(FileId::NONE, text).unwrap_err();
            assert_eq!((error.code, error.labels[0].origin.span.start), ("json-syntax", at), "{text}");
        }
        assert_eq!(parse(FileId::NONE, &"[".repeat(100_000)).unwrap_err().code, "json-syntax");
    }
}
