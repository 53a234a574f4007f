//! YAML with places: the events of `granit-parser` folded into [`Node`] trees.
//!
//! Scalars keep their raw text, since what `yes` or `0123` means depends on the reader. Aliases share the anchored node
//! and are never expanded, so that a file cannot grow while it is read.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, MAX_TEXT_BYTES, Origin, Span};
use crate::syntax::duplicate::duplicate_keys;
use crate::syntax::node::{MAX_NODES, Node, NodeKind, Style};

/// Deeper nesting than this is refused; a step through an alias counts like a step to a child.
pub const MAX_DEPTH: usize = 200;

/// After this many diagnostics in one file the rest of the file is passed over.
const MAX_DIAGNOSTICS: usize = 50;

/// Reads all documents of a YAML file. A document with a syntax error is left out and told of; the others are read.
pub fn parse(file: FileId, text: &str) -> (Vec<Node>, Vec<Diagnostic>) {
    let mut builder = Builder::new(file, text);
    if text.len() as u64 > MAX_TEXT_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_TEXT_BYTES >> 20);
        return (Vec::new(), vec![Diagnostic::error("yaml-limit", message).at(Origin::new(file, 0, 0), "")]);
    }
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        block_scalar_eof_without_line_feed: true,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    while let Some(next) = parser.next_event() {
        let result = match next {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                Err(Refusal::Document(builder.syntax_error(&error.kind().to_string(), at)))
            }
        };
        match result {
            Ok(()) => {}
            Err(Refusal::Document(diagnostic)) => {
                builder.abandon_document();
                builder.diagnostics.push(diagnostic);
                if builder.diagnostics.len() >= MAX_DIAGNOSTICS || !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
            Err(Refusal::File(diagnostic)) => {
                builder.diagnostics.push(diagnostic);
                break;
            }
        }
    }
    (builder.documents, builder.diagnostics)
}

/// Why reading cannot go on.
enum Refusal {
    /// The document is given up.
    Document(Diagnostic),
    /// So is the rest of the file.
    File(Diagnostic),
}

struct Builder<'t> {
    file: FileId,
    text: &'t str,
    documents: Vec<Node>,
    diagnostics: Vec<Diagnostic>,
    stack: Vec<Open>,
    /// The anchored nodes of the document, each with the height of its tree.
    anchors: HashMap<usize, (Arc<Node>, usize)>,
    nodes: usize,
    /// Where the token before the current one ends.
    last_end: usize,
}

/// A collection that is not complete yet.
struct Open {
    is_mapping: bool,
    is_flow: bool,
    start: u32,
    tag: Option<(Arc<str>, Span)>,
    anchor: usize,
    children: Vec<Node>,
    height: usize,
}

impl<'t> Builder<'t> {
    fn new(file: FileId, text: &'t str) -> Builder<'t> {
        Builder {
            file,
            text,
            documents: Vec::new(),
            diagnostics: Vec::new(),
            stack: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            last_end: 0,
        }
    }

    fn origin(&self, span: Span) -> Origin {
        Origin { file: self.file, span }
    }

    fn syntax_error(&self, message: &str, at: usize) -> Diagnostic {
        let width = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Diagnostic::error("yaml-syntax", message).at(Origin::new(self.file, at, at + width), "")
    }

    fn abandon_document(&mut self) {
        self.stack.clear();
        self.anchors.clear();
    }

    fn take(&mut self, event: Event<'_>, place: granit_parser::Span) -> Result<(), Refusal> {
        let range = place.byte_range().unwrap_or_default();
        let span = Span::new(range.start, range.end);
        let previous_end = std::mem::replace(&mut self.last_end, range.end);
        let tag_span = place.tag_span().and_then(|tag| tag.byte_range()).map(|tag| Span::new(tag.start, tag.end));
        let tag = |tag: Option<std::borrow::Cow<'_, Tag>>| Some((name_of(&*tag?), tag_span.unwrap_or(span)));
        match event {
            Event::DocumentStart(..) => self.abandon_document(),
            Event::Scalar(text, style, anchor, found) => {
                let tag = tag(found);
                let from = tag.as_ref().map_or(previous_end, |(_, span)| previous_end.max(span.end as usize));
                let (text, style, span) = match style {
                    // An absent value arrives as `~`.
                    ScalarStyle::Plain if range.is_empty() => ("".into(), Style::Plain, span),
                    ScalarStyle::Plain => (text.as_ref().into(), Style::Plain, span),
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                        (text.as_ref().into(), Style::Quoted, span)
                    }
                    ScalarStyle::Literal | ScalarStyle::Folded => {
                        let span = self.block_scalar_span(from, range, &text);
                        (text.as_ref().into(), Style::Block, span)
                    }
                };
                self.add(Node { span, tag, kind: NodeKind::Scalar(text, style) }, anchor, 1)?;
            }
            Event::SequenceStart(style, anchor, found) => self.open(false, style, anchor, tag(found), span)?,
            Event::MappingStart(style, anchor, found) => self.open(true, style, anchor, tag(found), span)?,
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Alias(id) => match self.anchors.get(&id) {
                Some((target, height)) => {
                    let (target, height) = (target.clone(), *height);
                    self.add(Node { span, tag: None, kind: NodeKind::Alias(target) }, 0, height + 1)?;
                }
                None => self.broken_alias(span, "an alias inside of the node that it stands for")?,
            },
            Event::UnresolvedAlias(name) => self.broken_alias(span, &format!("there is no anchor `{name}`"))?,
            _ => {}
        }
        Ok(())
    }

    /// A scalar's span begins at its content and runs to the next token: it is widened to the header (`|`, `>-`) and cut
    /// to the line breaks that belong to the text.
    fn block_scalar_span(&self, from: usize, content: std::ops::Range<usize>, text: &str) -> Span {
        let mut gap = self.text.get(from..content.start).unwrap_or("");
        let mut start = content.start;
        loop {
            gap = gap.trim_start_matches([' ', '\t', '\r', '\n']);
            if gap.is_empty() {
                break;
            }
            if gap.starts_with(['|', '>']) {
                start = content.start - gap.len();
                break;
            }
            let separators: &[char] = if gap.starts_with('#') { &['\n'] } else { &[' ', '\t', '\r', '\n'] };
            gap = gap.find(separators).and_then(|at| gap.get(at..)).unwrap_or("");
        }
        let raw = self.text.get(content.clone()).unwrap_or("");
        let trimmed = raw.trim_end_matches([' ', '\t', '\r', '\n']);
        let breaks = text.len() - text.trim_end_matches('\n').len();
        let mut end = content.start + trimmed.len();
        for _ in 0..breaks {
            let rest = self.text.get(end..content.end).unwrap_or("");
            end += rest.find('\n').map_or(rest.len(), |at| at + 1);
        }
        Span::new(start, end)
    }

    fn broken_alias(&mut self, span: Span, message: &str) -> Result<(), Refusal> {
        self.warn(Diagnostic::error("yaml-syntax", message).at(self.origin(span), ""));
        self.add(Node { span, tag: None, kind: NodeKind::Scalar("".into(), Style::Plain) }, 0, 1)
    }

    fn warn(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    fn open(
        &mut self,
        is_mapping: bool,
        style: StructureStyle,
        anchor: usize,
        tag: Option<(Arc<str>, Span)>,
        span: Span,
    ) -> Result<(), Refusal> {
        self.check_depth(1, span)?;
        let is_flow = style == StructureStyle::Flow;
        self.stack.push(Open { is_mapping, is_flow, start: span.start, tag, anchor, children: Vec::new(), height: 1 });
        Ok(())
    }

    fn check_depth(&self, height: usize, span: Span) -> Result<(), Refusal> {
        if self.stack.len() + height <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("nested more than {MAX_DEPTH} levels deep");
        Err(Refusal::Document(Diagnostic::error("yaml-limit", message).at(self.origin(span), "")))
    }

    fn close(&mut self, span: Span) -> Result<(), Refusal> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let start = if open.is_mapping || open.is_flow { open.start } else { self.first_dash(open.start) };
        let end = if open.is_flow { span.end } else { self.end_of(&open.children).unwrap_or(start) };
        let kind = if open.is_mapping {
            let mut pairs = Vec::with_capacity(open.children.len() / 2);
            let mut children = open.children.into_iter();
            while let (Some(key), Some(value)) = (children.next(), children.next()) {
                pairs.push((key, value));
            }
            for diagnostic in duplicate_keys(self.file, &pairs) {
                self.warn(diagnostic);
            }
            NodeKind::Mapping(pairs)
        } else {
            NodeKind::Sequence(open.children)
        };
        let node = Node { span: Span { start, end: end.max(start) }, tag: open.tag, kind };
        self.add(node, open.anchor, open.height)
    }

    /// A sequence at the indentation of its parent is reported after its first dash.
    fn first_dash(&self, start: u32) -> u32 {
        let (before, after) = self.text.split_at_checked(start as usize).unwrap_or_default();
        let at_dash = after.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_whitespace));
        match before.trim_end_matches([' ', '\t', '\r', '\n']).strip_suffix('-') {
            Some(rest) if !at_dash => rest.len() as u32,
            _ => start,
        }
    }

    /// The end of a block collection: that of its last child, without the line break of a block scalar.
    fn end_of(&self, children: &[Node]) -> Option<u32> {
        let last = children.iter().rev().take(2).map(|child| child.span).max_by_key(|span| span.end)?;
        let text = self.text.get(last.range()).unwrap_or("");
        Some(last.start + text.trim_end_matches([' ', '\t', '\r', '\n']).len() as u32)
    }

    fn add(&mut self, mut node: Node, anchor: usize, height: usize) -> Result<(), Refusal> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("more than {MAX_NODES} nodes in one file");
            return Err(Refusal::File(Diagnostic::error("yaml-limit", message).at(self.origin(node.span), "")));
        }
        self.check_depth(height, node.span)?;
        let mut height = height;
        if anchor != 0 {
            let span = node.span;
            let shared = Arc::new(node);
            self.anchors.insert(anchor, (shared.clone(), height));
            node = Node { span, tag: None, kind: NodeKind::Alias(shared) };
            height += 1;
        }
        match self.stack.last_mut() {
            Some(open) => {
                open.height = open.height.max(height + 1);
                open.children.push(node);
            }
            None => self.documents.push(node),
        }
        Ok(())
    }
}

/// `Ref` for `!Ref`; tags with a namespace in full.
fn name_of(tag: &Tag) -> Arc<str> {
    let (handle, suffix) = tag.parts();
    if handle == "!" || handle.is_empty() { suffix.into() } else { format!("{handle}{suffix}").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        let (mut documents, diagnostics) = parse(FileId::NONE, text);
        assert_eq!(diagnostics, []);
        assert_eq!(documents.len(), 1);
        documents.remove(0)
    }

    fn slice<'t>(text: &'t str, node: &Node) -> &'t str {
        &text[node.span.range()]
    }

    #[test]
    fn spans_are_those_of_the_text() {
        let text = "a:\n  - !Ref b   # c\n  - \"q\n   uo\"\nmap: {x: [1, 2]}\nlast: 'it''s'\n\n# end\n";
        let root = one(text);
        assert_eq!(root.span, Span::new(0, text.find("\n\n#").unwrap()));
        let list = root.get("a").unwrap();
        assert_eq!(slice(text, list), "- !Ref b   # c\n  - \"q\n   uo\"");
        let items = list.as_sequence().unwrap();
        let (name, place) = items[0].tag.clone().unwrap();
        assert_eq!((&*name, &text[place.range()]), ("Ref", "!Ref"));
        assert_eq!(slice(text, &items[0]), "b");
        assert_eq!((slice(text, &items[1]), items[1].as_str()), ("\"q\n   uo\"", Some("q uo")));
        assert_eq!(slice(text, root.get("map").unwrap()), "{x: [1, 2]}");
        assert_eq!(root.get("last").unwrap().as_str(), Some("it's"));
        let flat = "a:\n- !Ref b\n- c\n";
        assert_eq!(slice(flat, one(flat).get("a").unwrap()), "- !Ref b\n- c");
    }

    #[test]
    fn block_scalars_hold_their_header_and_their_own_line_breaks() {
        let text = "a: &x|y # c | d\n  !Sub\n  |2-\n\n   x\n\nb: |\n  one\n  two\n\n\nc: >+\n  f\n  g\n\nd: |-\n  end";
        let root = one(text);
        assert_eq!(slice(text, root.get("a").unwrap()), "|2-\n\n   x");
        assert_eq!(slice(text, root.get("b").unwrap()), "|\n  one\n  two\n");
        assert_eq!(root.get("b").unwrap().as_str(), Some("one\ntwo\n"));
        assert_eq!(slice(text, root.get("c").unwrap()), ">+\n  f\n  g\n\n");
        assert_eq!(slice(text, root.get("d").unwrap()), "|-\n  end");
        assert!(matches!(root.get("d").unwrap().kind, NodeKind::Scalar(_, Style::Block)));
        let outer = "x:\n  y: |\n    z\nw: 1\n";
        assert_eq!(slice(outer, one(outer).get("x").unwrap()), "y: |\n    z");
    }

    #[test]
    fn scalars_keep_their_raw_text() {
        let root = one("a: 0123\nb: Yes\nc: ~\nd:\ne: \"\"\n");
        let scalar = |key: &str| match &root.get(key).unwrap().kind {
            NodeKind::Scalar(text, style) => (text.to_string(), *style),
            other => panic!("{other:?}"),
        };
        assert_eq!(scalar("a"), ("0123".into(), Style::Plain));
        assert_eq!(scalar("b"), ("Yes".into(), Style::Plain));
        assert_eq!(scalar("c"), ("~".into(), Style::Plain));
        assert_eq!(scalar("d"), (String::new(), Style::Plain));
        assert_eq!(scalar("e"), (String::new(), Style::Quoted));
    }

    #[test]
    fn a_broken_document_does_not_hide_the_others() {
        let (documents, diagnostics) = parse(FileId::NONE, "a: 1\n---\nb: [1\n---\nc: 2\n");
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[1].get("c").unwrap().as_str(), Some("2"));
        assert_eq!(diagnostics.len(), 1);
        assert_eq!(diagnostics[0].code, "yaml-syntax");
        assert_eq!(diagnostics[0].labels[0].origin.span.start, 12);
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_are_no_obstacle() {
        let text = "\u{FEFF}a: 1\r\nb: |\r\n  x\r\n  y\r\nc:\td\r\n";
        let root = one(text);
        assert_eq!(slice(text, root.get("a").unwrap()), "1");
        assert_eq!(root.get("b").unwrap().as_str(), Some("x\ny\n"));
        assert_eq!(slice(text, root.get("c").unwrap()), "d");
    }

    #[test]
    fn a_quoted_scalar_may_go_on_at_the_indentation_of_its_parent() {
        assert_eq!(one("a:\n  b: \"x\n  y\n z\"\n").get("a").unwrap().get("b").unwrap().as_str(), Some("x y z"));
    }

    #[test]
    fn duplicate_keys_are_kept_and_told() {
        let (documents, diagnostics) = parse(FileId::NONE, "a: 1\nb: 2\na: 3\n");
        assert_eq!(documents[0].as_mapping().unwrap().len(), 3);
        assert_eq!(documents[0].get("a").unwrap().as_str(), Some("3"));
        assert_eq!((diagnostics.len(), diagnostics[0].code), (1, "duplicate-key"));
        let starts: Vec<_> = diagnostics[0].labels.iter().map(|label| label.origin.span.start).collect();
        assert_eq!(starts, [10, 0]);
        let many: String = (0..20).map(|n| format!("k{}: 1\n", n % 19)).collect();
        assert_eq!(parse(FileId::NONE, &many).1.len(), 1);
    }

    #[test]
    fn aliases_share_their_node() {
        let root = one("a: &x [1]\nb: *x\nc: {<<: *x, <<: *x}\n");
        let (NodeKind::Alias(a), NodeKind::Alias(b)) = (&root.get("a").unwrap().kind, &root.get("b").unwrap().kind)
        else {
            panic!("{root:?}")
        };
        assert!(Arc::ptr_eq(a, b));
        assert_eq!(root.get("b").unwrap().as_sequence().unwrap().len(), 1);
        let (documents, diagnostics) = parse(FileId::NONE, "a: *none\nb: &x [*x]\n");
        assert_eq!(documents.len(), 1);
        assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), ["yaml-syntax", "yaml-syntax"]);
    }

    #[test]
    fn depth_is_limited_through_aliases_too() {
        for text in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(300) + &"}".repeat(300)] {
            let (documents, diagnostics) = parse(FileId::NONE, &text);
            assert_eq!((documents.len(), diagnostics.len()), (0, 1));
        }
        let mut chain = String::from("- &a0 x\n");
        for n in 1..5_000 {
            chain.push_str(&format!("- &a{n} [*a{}]\n", n - 1));
        }
        let (documents, diagnostics) = parse(FileId::NONE, &chain);
        assert_eq!(documents.len(), 0);
        assert_eq!(diagnostics[0].code, "yaml-limit");
    }

    #[test]
    fn odd_keys_are_nodes_like_any_other() {
        let root = one("on: push\ntrue: 1\n? [a, b]\n: c\n!!str d: e\n~: f\n");
        assert_eq!(root.as_mapping().unwrap().len(), 5);
        let (key, _) = &root.as_mapping().unwrap()[3];
        assert_eq!(key.tag.as_ref().map(|(name, _)| &**name), Some("tag:yaml.org,2002:str"));
        assert_eq!(root.get("on").unwrap().as_str(), Some("push"));
    }

    #[test]
    fn values_agree_with_the_oracle() {
        let text = "Resources:\n  A:\n    - !Sub 'x ${y}'\n    - >\n      folded\n      text\n\n      more\n    - |+\n      keep\n\n  \
                    B: {\"q\\u00e9\\n\": plain text, z: \"a \\\n    b\"}\n  C: multi\n    line plain\n";
        let oracle: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
        fn same(node: &Node, oracle: &serde_yaml::Value) {
            let oracle = match oracle {
                serde_yaml::Value::Tagged(tagged) => &tagged.value,
                other => other,
            };
            match &node.kind {
                NodeKind::Scalar(text, _) => assert_eq!(Some(&**text), oracle.as_str()),
                NodeKind::Sequence(items) => {
                    let other = oracle.as_sequence().unwrap();
                    assert_eq!(items.len(), other.len());
                    items.iter().zip(other).for_each(|(a, b)| same(a, b));
                }
                NodeKind::Mapping(pairs) => {
                    let other = oracle.as_mapping().unwrap();
                    assert_eq!(pairs.len(), other.len());
                    pairs.iter().zip(other).for_each(|((k, v), (l, w))| {
                        same(k, l);
                        same(v, w);
                    });
                }
                NodeKind::Alias(_) => panic!("{node:?}"),
            }
        }
        same(&one(text), &oracle);
    }
}
