//! The tree of a template written in other ways, and the node of the one text that stands for a node of the other.

use iacscan::source::{FileId, Span};
use iacscan::syntax::node::{Node, NodeKind, Style};
use iacscan::syntax::{json, yaml};
use serde_json::{Value, json};

/// Ways to write a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON without a line break; functions in their long form.
    OneLineJson,
    /// YAML in braces on one line; functions as they were.
    FlowYaml,
    /// YAML in which every text is a literal block.
    Blocks,
    /// YAML in which every text and every list stands behind an anchor at the top.
    Anchors,
}

pub(crate) const FORMS: [Form; 4] = [Form::OneLineJson, Form::FlowYaml, Form::Blocks, Form::Anchors];

impl Form {
    pub(crate) fn file_name(self) -> &'static str {
        if self == Form::OneLineJson { "template.json" } else { "template.yaml" }
    }

    /// The template in this form.
    pub(crate) fn write(self, root: &Node) -> String {
        let mut writer = Writer { form: self, anchors: Vec::new() };
        match self {
            Form::OneLineJson => of_node(root).to_string(),
            Form::FlowYaml => writer.flow(root),
            Form::Blocks => writer.block(root, 0).trim_start().to_owned(),
            Form::Anchors => {
                let body = writer.flow(root);
                let inner = body.strip_prefix('{').unwrap();
                let anchors: String =
                    writer.anchors.iter().enumerate().map(|(n, text)| format!("&a{n} {text}, ")).collect();
                format!("{{Anchors: [{anchors}], {inner}")
            }
        }
    }

    pub(crate) fn read(self, text: &str) -> Node {
        if self == Form::OneLineJson {
            return json::parse(FileId::NONE, text).unwrap();
        }
        let (mut documents, diagnostics) = yaml::parse(FileId::NONE, text);
        assert!(diagnostics.is_empty(), "{diagnostics:?}\n{text}");
        documents.remove(0)
    }
}

struct Writer {
    form: Form,
    anchors: Vec<String>,
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A scalar that means something else than its text.
fn is_special(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "" | "~" | "null" | "true" | "false" | "yes" | "no" | "on" | "off")
        || text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}

impl Writer {
    fn tag(node: &Node) -> String {
        node.tag.as_ref().map(|(tag, _)| format!("!{tag} ")).unwrap_or_default()
    }

    fn scalar(text: &str, style: Style) -> String {
        if style == Style::Plain && is_special(text) { text.to_owned() } else { quoted(text) }
    }

    fn flow(&mut self, node: &Node) -> String {
        let node = node.target();
        let tag = Self::tag(node);
        // A text with line breaks cannot stand in quotes as it is.
        let plain = match &node.kind {
            NodeKind::Scalar(text, _) if text.contains('\n') => serde_json::to_string(&**text).unwrap(),
            NodeKind::Scalar(text, style) => Self::scalar(text, *style),
            NodeKind::Sequence(items) => {
                let items: Vec<String> = items.iter().map(|item| self.flow(item)).collect();
                format!("[{}]", items.join(", "))
            }
            NodeKind::Mapping(pairs) => {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(key, value)| format!("{}: {}", quoted(key.as_str().unwrap()), self.flow(value)))
                    .collect();
                format!("{{{}}}", pairs.join(", "))
            }
            NodeKind::Alias(_) => unreachable!("targets are no aliases"),
        };
        let is_anchored = self.form == Form::Anchors && tag.is_empty() && !matches!(node.kind, NodeKind::Mapping(_));
        if !is_anchored {
            return tag + &plain;
        }
        self.anchors.push(plain);
        format!("*a{} ", self.anchors.len() - 1)
    }

    /// Block style, from a new line or behind a dash.
    fn block(&mut self, node: &Node, depth: usize) -> String {
        let node = node.target();
        let indent = "  ".repeat(depth);
        let tag = Self::tag(node);
        match &node.kind {
            NodeKind::Scalar(text, style) => {
                let is_text = !(text.is_empty() || *style == Style::Plain && is_special(text));
                let is_literal = is_text && !text.starts_with([' ', '\n', '\t']) && !text.contains('\r');
                if !is_literal {
                    return format!(" {tag}{}\n", Self::scalar(text, *style));
                }
                let end = if text.ends_with('\n') { "" } else { "-" };
                let lines: String = text.lines().map(|line| format!("{indent}{line}\n")).collect();
                format!(" {tag}|{end}\n{lines}")
            }
            NodeKind::Sequence(items) if !items.is_empty() => {
                let items: String =
                    items.iter().map(|item| format!("{indent}-{}", self.block(item, depth + 1))).collect();
                format!(" {tag}\n{items}")
            }
            NodeKind::Mapping(pairs) if !pairs.is_empty() => {
                let pair = |(key, value): &(Node, Node)| {
                    format!("{indent}{}:{}", quoted(key.as_str().unwrap()), self.block(value, depth + 1))
                };
                let pairs: String = pairs.iter().map(pair).collect();
                format!(" {tag}\n{pairs}")
            }
            NodeKind::Sequence(_) => format!(" {tag}[]\n"),
            NodeKind::Mapping(_) => format!(" {tag}{{}}\n"),
            NodeKind::Alias(_) => unreachable!("targets are no aliases"),
        }
    }
}

fn of_node(node: &Node) -> Value {
    let node = node.target();
    let plain = match &node.kind {
        NodeKind::Scalar(text, Style::Plain) if is_special(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => json!(true),
            "false" | "no" | "off" => json!(false),
            number if number.parse::<i64>().is_ok() => json!(number.parse::<i64>().unwrap()),
            _ => Value::Null,
        },
        NodeKind::Scalar(text, _) => json!(&**text),
        NodeKind::Sequence(items) => items.iter().map(of_node).collect(),
        NodeKind::Mapping(pairs) => {
            let pair = |(key, value): &(Node, Node)| (key.as_str().unwrap().to_owned(), of_node(value));
            Value::Object(pairs.iter().map(pair).collect())
        }
        NodeKind::Alias(_) => unreachable!("targets are no aliases"),
    };
    match &node.tag {
        None => plain,
        Some((tag, _)) => match &**tag {
            "Ref" | "Condition" => json!({ &**tag: plain }),
            function => json!({ format!("Fn::{function}"): plain }),
        },
    }
}

/// What of a node a place covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A function with its tag.
    Call,
    /// The node, or what stands behind the tag.
    Node,
    /// The pair of a mapping that has no other.
    Pair,
    /// One of the pairs of a mapping.
    Entry,
    /// Some of a text.
    Within,
}

/// Pairs by position, and whether the key is meant; elements by position.
type Path = Vec<(usize, bool)>;

/// The node that a place covers.
pub(crate) fn node_at(root: &Node, span: Span) -> Option<(Path, Part)> {
    let node = root.target();
    if node.tag.as_ref().is_some_and(|(_, tag)| node.span.join(*tag) == span) {
        return Some((Vec::new(), Part::Call));
    }
    if node.span == span {
        return Some((Vec::new(), Part::Node));
    }
    let below = |nth: usize, is_key: bool, child: &Node| {
        let (mut path, part) = node_at(child, span)?;
        path.insert(0, (nth, is_key));
        Some((path, part))
    };
    match &node.kind {
        NodeKind::Scalar(..) => node.span.holds(span).then_some((Vec::new(), Part::Within)),
        NodeKind::Sequence(items) => items.iter().enumerate().find_map(|(nth, item)| below(nth, false, item)),
        NodeKind::Mapping(pairs) => pairs.iter().enumerate().find_map(|(nth, (key, value))| {
            let is_entry = key.span.join(value.span) == span;
            let entry = is_entry.then(|| (vec![(nth, true)], Part::Entry));
            entry.or_else(|| below(nth, true, key)).or_else(|| below(nth, false, value))
        }),
        NodeKind::Alias(_) => None,
    }
}

/// What an entry covers: its key and its value; the value alone where that stands elsewhere.
fn entry_place((key, value): &(Node, Node)) -> Span {
    let is_alias = matches!(value.kind, NodeKind::Alias(_));
    if is_alias { value.target().span } else { key.span.join(value.span) }
}

/// The place in another form for a node of the original.
pub(crate) fn place_of(original: &Node, other: &Node, path: &[(usize, bool)], part: Part, form: Form) -> Span {
    let (original, other) = (original.target(), other.target());
    let is_written_out = form == Form::OneLineJson && original.tag.is_some();
    // The long form of a function is a mapping of one pair.
    let inner = if is_written_out { other.as_mapping().unwrap()[0].1.target() } else { other };
    let Some(((nth, is_key), rest)) = path.split_first() else {
        if let (Part::Pair, Some([(key, value)])) = (part, inner.as_mapping()) {
            return entry_place(&(key.clone(), value.clone()));
        }
        return match (part, is_written_out) {
            (Part::Call, true) => other.span,
            (Part::Call, false) => inner.tag.as_ref().map_or(inner.span, |(_, tag)| inner.span.join(*tag)),
            _ => inner.span,
        };
    };
    match (&original.kind, &inner.kind) {
        (NodeKind::Sequence(one), NodeKind::Sequence(two)) => place_of(&one[*nth], &two[*nth], rest, part, form),
        (NodeKind::Mapping(one), NodeKind::Mapping(two)) => {
            // The anchors stand first.
            let name = one[*nth].0.as_str().unwrap();
            let found = two.iter().find(|(key, _)| key.as_str() == Some(name)).unwrap();
            if part == Part::Entry && rest.is_empty() {
                return entry_place(found);
            }
            let (one, two) = if *is_key { (&one[*nth].0, &found.0) } else { (&one[*nth].1, &found.1) };
            place_of(one, two, rest, part, form)
        }
        (one, two) => panic!("{one:?} became {two:?}"),
    }
}
