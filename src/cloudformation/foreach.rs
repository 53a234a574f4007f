//! `Fn::ForEach`: the copies that a loop stands for, made before the template is evaluated.
//!
//! Copied nodes keep the spans of the body, and an identifier's value that of the collection's element. A collection that
//! is not known is followed once, with an identifier that is not known: what comes of it may not exist.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Settings;
use super::evaluator::Evaluator;
use super::nested::Nest;
use super::substitute::{Part, parts_of};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Span};
use crate::syntax::node::{Node, NodeKind, Style};
use crate::value::{Data, Unknown, Value};

/// What a loop's key starts with.
pub(super) const PREFIX: &str = "Fn::ForEach::";

/// Loops within each other; the service allows five.
const MAX_LOOPS: usize = 8;

/// Nodes that all loops of a template may copy.
const MAX_COPIES: usize = 500_000;

/// Passes of all loops of a template; the service makes at most 500 resources.
const MAX_PASSES: usize = 10_000;

/// Bytes of the texts that all loops of a template may put together.
const MAX_TEXT: usize = 16 << 20;

/// The sections whose entries a loop may make.
const SECTIONS: &[&str] = &["Conditions", "Outputs", "Resources"];

/// Why an entry of a section may not exist, by section and name: it comes from a collection that is not known.
pub(super) type Open = HashMap<(&'static str, String), Arc<Unknown>>;

/// A template whose loops are written out.
pub(super) struct Expanded {
    pub(super) root: Node,
    pub(super) open: Open,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Writes out the loops of a template; `None` where there are none.
pub(super) fn expand(file: FileId, root: &Node, settings: &Settings, nest: &Nest<'_>) -> Option<Expanded> {
    let source = nest.sources().get(file);
    memchr::memmem::find(source.text().as_bytes(), PREFIX.as_bytes())?;
    let mut evaluator = Evaluator::new(file, root, settings, nest.sources());
    evaluator.nest = nest.again();
    let mut loops = Loops {
        evaluator,
        file,
        bound: Vec::new(),
        copies: MAX_COPIES,
        passes: MAX_PASSES,
        text: MAX_TEXT,
        open: Open::new(),
        at: root.span,
    };
    let root = loops.template(root);
    let Loops { evaluator, open, .. } = loops;
    Some(Expanded { root, open, diagnostics: evaluator.into_diagnostics() })
}

/// The value of an identifier in one pass of its loop.
struct Bound<'t> {
    identifier: &'t str,
    /// What takes the place of a reference to the identifier.
    node: Node,
    /// What takes the place of `${Identifier}` in a name.
    text: Arc<str>,
    value: Value,
    /// Set where it stands for elements that are not known.
    open: Option<Arc<Unknown>>,
}

struct Loops<'t> {
    evaluator: Evaluator<'t>,
    file: FileId,
    /// The identifiers of the loops around, the innermost last.
    bound: Vec<Bound<'t>>,
    copies: usize,
    passes: usize,
    text: usize,
    open: Open,
    /// The key of the loop that is written out.
    at: Span,
}

impl<'t> Loops<'t> {
    fn tell(&mut self, code: &'static str, message: String, span: Span) {
        self.evaluator.tell(Diagnostic::warning(code, message).at(Origin { file: self.file, span }, ""));
    }

    fn template(&mut self, root: &'t Node) -> Node {
        let mut pairs = Vec::new();
        for (key, value) in self.evaluator.entries(root) {
            let section = SECTIONS.iter().copied().find(|name| key.as_str() == Some(name));
            let is_section = value.as_mapping().is_some();
            let value = match section.filter(|_| is_section) {
                Some(section) => self.section(section, value),
                None => value.clone(),
            };
            pairs.push((key.clone(), value));
        }
        Node { span: root.span, tag: root.tag.clone(), kind: NodeKind::Mapping(pairs) }
    }

    fn section(&mut self, section: &'static str, node: &'t Node) -> Node {
        let mut pairs = Vec::new();
        for (key, value) in self.evaluator.entries(node) {
            self.pair(key, value, Some(section), &mut pairs);
        }
        let mut names = HashSet::new();
        let mut twice = Vec::new();
        for (key, _) in &pairs {
            if let Some(name) = key.as_str()
                && !names.insert(name)
            {
                twice.push((name.to_owned(), key.span));
            }
        }
        for (name, span) in twice {
            let message = format!("`{name}` is made twice in `{section}`; the last one counts");
            self.tell("cfn-foreach", message, span);
        }
        Node { span: node.target().span, tag: None, kind: NodeKind::Mapping(pairs) }
    }

    /// Adds what a pair of a mapping becomes.
    fn pair(&mut self, key: &'t Node, value: &'t Node, section: Option<&'static str>, out: &mut Vec<(Node, Node)>) {
        if key.as_str().is_some_and(|name| name.starts_with(PREFIX)) {
            return self.expand(key, value, section, out);
        }
        if self.bound.is_empty() && !holds_loop(value, &mut HashSet::new()) {
            return out.push((key.clone(), value.clone()));
        }
        let copied = (self.copy(key), self.copy(value));
        if let Some(section) = section
            && let Some(name) = copied.0.as_str()
            && let Some(cause) = self.bound.iter().find_map(|bound| bound.open.clone())
        {
            self.open.insert((section, name.to_owned()), cause);
        }
        out.push(copied);
    }

    /// Writes out one loop.
    fn expand(&mut self, key: &'t Node, value: &'t Node, section: Option<&'static str>, out: &mut Vec<(Node, Node)>) {
        let name = key.as_str().unwrap_or("");
        if self.bound.is_empty() {
            self.evaluator.check_extensions("Fn::ForEach", Origin { file: self.file, span: key.span });
        }
        if !self.bound.is_empty() && self.bound.len() >= MAX_LOOPS {
            return self.tell("cfn-limit", format!("loops are nested more than {MAX_LOOPS} deep"), key.span);
        }
        let arguments = value.as_sequence().unwrap_or_default();
        let ([identifier, collection, body], true) = (arguments, value.target().tag.is_none()) else {
            let message = format!("`{name}` takes an identifier, a collection and a map");
            return self.tell("cfn-foreach", message, value.span);
        };
        let (Some(identifier), true) = (identifier.as_str(), body.as_mapping().is_some()) else {
            let message = format!("`{name}` takes an identifier, a collection and a map");
            return self.tell("cfn-foreach", message, value.span);
        };
        let Some(elements) = self.elements(identifier, collection) else {
            let message = format!("the collection of `{name}` is no list of strings");
            return self.tell("cfn-foreach", message, collection.span);
        };
        let pairs = self.evaluator.entries(body);
        self.at = key.span;
        for bound in elements {
            // Keys that are not known cannot be written out: the map says by the loop's own key that it is open.
            if section.is_none() && (bound.open.is_some() || bound.value.scalar_text().is_none()) {
                let empty = Node { span: value.span, tag: None, kind: NodeKind::Scalar("".into(), Style::Plain) };
                out.push((key.clone(), empty));
                continue;
            }
            if self.copies == 0 || self.text == 0 || self.passes == 0 {
                return self.tell("cfn-limit", format!("`{name}` makes more than can be evaluated"), key.span);
            }
            self.passes -= 1;
            self.bound.push(bound);
            for (key, value) in &pairs {
                self.pair(key, value, section, out);
            }
            self.bound.pop();
        }
    }

    /// The elements of a collection; `None` where it is no list of strings.
    fn elements(&mut self, identifier: &'t str, collection: &'t Node) -> Option<Vec<Bound<'t>>> {
        let mut elements = Vec::new();
        self.evaluator.bindings =
            self.bound.iter().map(|bound| (bound.identifier.into(), bound.value.clone())).collect();
        let literal = collection.as_sequence().filter(|_| collection.target().tag.is_none());
        if let Some(items) = literal {
            for item in items {
                let Some(value) = self.evaluator.evaluate(item) else { continue };
                match &value.data {
                    Data::List(list) => {
                        for value in &list.items {
                            elements.push(self.element(identifier, collection, value.clone())?);
                        }
                    }
                    Data::Unknown(_) | Data::Text(_) if value.as_str().is_none() => {
                        let text: Arc<str> = format!("${{{}}}", subject_of(&value)).into();
                        let node = self.copy(item);
                        elements.push(Bound { identifier, node, text, value, open: None });
                    }
                    _ => elements.push(self.element(identifier, collection, value)?),
                }
            }
            return Some(elements);
        }
        let value = self.evaluator.evaluate(collection)?;
        match &value.data {
            Data::List(list) => {
                for item in &list.items {
                    elements.push(self.element(identifier, collection, item.clone())?);
                }
                if let Some(rest) = &list.rest {
                    elements.push(self.unknown_element(identifier, collection, rest));
                }
            }
            Data::Unknown(cause) => elements.push(self.unknown_element(identifier, collection, cause)),
            _ => return None,
        }
        Some(elements)
    }

    /// An element whose value is at hand.
    fn element(&mut self, identifier: &'t str, collection: &'t Node, value: Value) -> Option<Bound<'t>> {
        let span = if value.origin.file == self.file { value.origin.span } else { collection.target().span };
        match value.scalar_text() {
            Some(text) => {
                let text: Arc<str> = text.into();
                // Whatever the element is, it is a text from here on.
                let node = Node { span, tag: None, kind: NodeKind::Scalar(text.clone(), Style::Quoted) };
                Some(Bound { identifier, node, text, value, open: None })
            }
            None => {
                let cause = value.first_unknown()?.clone();
                let bound = self.unknown_element(identifier, collection, &cause);
                Some(Bound { open: None, text: format!("${{{}}}", subject_of(&value)).into(), ..bound })
            }
        }
    }

    /// What stands for elements that are not known.
    fn unknown_element(&mut self, identifier: &'t str, collection: &'t Node, cause: &Arc<Unknown>) -> Bound<'t> {
        let span = collection.target().span;
        let node =
            Node { span, tag: Some(("ForEach".into(), span)), kind: NodeKind::Sequence(vec![self.copy(collection)]) };
        let origin = Origin { file: self.file, span };
        Bound {
            identifier,
            node,
            text: format!("${{{identifier}}}").into(),
            value: Value::unknown(cause.derived(), origin),
            open: Some(cause.clone()),
        }
    }

    fn bound(&self, name: &str) -> Option<&Bound<'t>> {
        self.bound.iter().rev().find(|bound| bound.identifier == name)
    }

    /// A copy of a node with the identifiers of the loops around put in.
    fn copy(&mut self, node: &'t Node) -> Node {
        if self.copies == 0 {
            self.tell("cfn-limit", "the loops of the template make more than can be evaluated".to_owned(), node.span);
            return Node { span: node.span, tag: None, kind: NodeKind::Scalar("".into(), Style::Plain) };
        }
        self.copies -= 1;
        let kind = match &node.kind {
            NodeKind::Alias(target) => return self.copy(target),
            NodeKind::Scalar(name, _) if node.tag.as_ref().is_some_and(|(tag, _)| &**tag == "Ref") => {
                match self.bound(name) {
                    Some(bound) => return bound.node.clone(),
                    None => NodeKind::Scalar(self.named(name), Style::Quoted),
                }
            }
            NodeKind::Scalar(..) | NodeKind::Sequence(_)
                if node.tag.as_ref().is_some_and(|(tag, _)| &**tag == "Sub") =>
            {
                self.substitution(node)
            }
            NodeKind::Scalar(text, style) => NodeKind::Scalar(self.named(text), *style),
            NodeKind::Sequence(items) => NodeKind::Sequence(items.iter().map(|item| self.copy(item)).collect()),
            NodeKind::Mapping(pairs) => match pairs.as_slice() {
                [(key, name)] if key.as_str() == Some("Ref") && name.target().tag.is_none() => {
                    match name.as_str().and_then(|name| self.bound(name)) {
                        Some(bound) => return bound.node.clone(),
                        None => NodeKind::Mapping(vec![(key.clone(), self.copy(name))]),
                    }
                }
                [(key, text)] if key.as_str() == Some("Fn::Sub") && text.target().tag.is_none() => {
                    let text = text.target();
                    let kind = self.substitution(text);
                    NodeKind::Mapping(vec![(key.clone(), Node { span: text.span, tag: None, kind })])
                }
                _ => {
                    let mut copied = Vec::with_capacity(pairs.len());
                    for (key, value) in pairs {
                        self.pair(key, value, None, &mut copied);
                    }
                    NodeKind::Mapping(copied)
                }
            },
        };
        Node { span: node.span, tag: node.tag.clone(), kind }
    }

    /// The argument of a `Fn::Sub`: identifiers become variables of it, so that its text stays where it was written.
    fn substitution(&mut self, argument: &'t Node) -> NodeKind {
        let (text_node, variables) = match &argument.kind {
            NodeKind::Sequence(items) => match items.as_slice() {
                [text, variables] => (text.target(), variables.as_mapping().unwrap_or_default()),
                _ => return NodeKind::Sequence(items.iter().map(|item| self.copy(item)).collect()),
            },
            _ => (argument, &[][..]),
        };
        let NodeKind::Scalar(text, style) = &text_node.kind else { return argument.kind.clone() };
        let mut pairs: Vec<(Node, Node)> = Vec::new();
        for (key, value) in variables {
            self.pair(key, value, None, &mut pairs);
        }
        let names: Vec<&str> = parts_of(text)
            .into_iter()
            .filter_map(|part| match part {
                Part::Variable(name, ..) => Some(name),
                Part::Literal(..) | Part::Escaped(..) => None,
            })
            .collect();
        let is_nested = names.iter().any(|name| name.contains("${"));
        let text = if is_nested || text.contains("&{") {
            // `${Bucket${Name}.Arn}` becomes a name before it is looked up.
            self.replaced(text, is_nested)
        } else {
            text.clone()
        };
        let mut added: Vec<&str> = Vec::new();
        for name in names {
            let is_own = pairs.iter().any(|(key, _)| key.as_str() == Some(name));
            if let Some(bound) = self.bound(name)
                && !is_own
                && !added.contains(&name)
            {
                let key = NodeKind::Scalar(name.into(), Style::Quoted);
                pairs.push((Node { span: text_node.span, tag: None, kind: key }, bound.node.clone()));
                added.push(name);
            }
        }
        let is_list = matches!(argument.kind, NodeKind::Sequence(_));
        let kind = NodeKind::Scalar(text, *style);
        if pairs.is_empty() && !is_list {
            return kind;
        }
        let text = Node { span: text_node.span, tag: None, kind };
        let map = Node { span: text_node.span, tag: None, kind: NodeKind::Mapping(pairs) };
        NodeKind::Sequence(vec![text, map])
    }

    /// A name or text with `${Identifier}` and `&{Identifier}` put in.
    fn named(&mut self, text: &Arc<str>) -> Arc<str> {
        if self.bound.is_empty() || !text.contains('{') { text.clone() } else { self.replaced(text, true) }
    }

    fn replaced(&mut self, text: &Arc<str>, also_plain: bool) -> Arc<str> {
        let mut result: Option<String> = None;
        let mut too_long = false;
        for bound in self.bound.iter().rev() {
            let current = result.as_deref().unwrap_or(text);
            let (plain, strict) = (format!("${{{}}}", bound.identifier), format!("&{{{}}}", bound.identifier));
            if !current.contains(&plain) && !current.contains(&strict) {
                continue;
            }
            let alphanumeric: String = match bound.value.scalar_text() {
                Some(_) => bound.text.chars().filter(char::is_ascii_alphanumeric).collect(),
                None => bound.text.to_string(),
            };
            if self.text < bound.text.len().saturating_mul(current.matches('{').count()).saturating_add(current.len()) {
                too_long = true;
                break;
            }
            let next = current.replace(&strict, &alphanumeric);
            let next = if also_plain { next.replace(&plain, &bound.text) } else { next };
            result = Some(next);
        }
        if too_long {
            self.text = 0;
            self.tell("cfn-limit", "the loop makes texts that are too long".to_owned(), self.at);
        }
        match result {
            Some(result) => {
                self.text = self.text.saturating_sub(result.len());
                result.into()
            }
            None => text.clone(),
        }
    }
}

/// What is unknown in a value, to stand in a name.
fn subject_of(value: &Value) -> String {
    let subject = value.first_unknown().map_or("", |unknown| &*unknown.subject);
    subject.strip_prefix("Parameter ").unwrap_or(subject).to_owned()
}

/// Whether a loop stands somewhere in a tree.
fn holds_loop(node: &Node, seen: &mut HashSet<*const Node>) -> bool {
    match &node.kind {
        NodeKind::Scalar(..) => false,
        NodeKind::Sequence(items) => items.iter().any(|item| holds_loop(item, seen)),
        NodeKind::Mapping(pairs) => pairs
            .iter()
            .any(|(key, value)| key.as_str().is_some_and(|name| name.starts_with(PREFIX)) || holds_loop(value, seen)),
        NodeKind::Alias(target) => seen.insert(Arc::as_ptr(target)) && holds_loop(target, seen),
    }
}
