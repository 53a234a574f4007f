//! Terraform's JSON syntax (`.tf.json`, `.tofu.json`, `.tfvars.json`) as the tree of native syntax.
//!
//! Blocks inside of a block stay attributes with an object or a list of objects, since only the provider's schema tells
//! them apart; but the blocks that Terraform itself defines (`lifecycle`, `dynamic`, `backend` …) become blocks.

use std::borrow::Cow;

use super::lower::Place;
use super::parse::{MAX_DIAGNOSTICS, expression_at, template_at};
use super::template::string_or_template;
use super::tree::{Attribute, Block, Body, Expression, ExpressionKind, Label, ObjectKey};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Span};
use crate::value::{JsonEvent, JsonReader};

/// Parses a `.tf.json` file. A top-level block that cannot be understood is left out and reported.
pub fn parse_json(file: FileId, text: &str) -> (Body, Vec<Diagnostic>) {
    with_root(file, text, |lowering, root, body| lowering.root(root, body))
}

/// Parses a `.tfvars.json` file: every entry is an attribute, every string is literal.
pub fn parse_json_values(file: FileId, text: &str) -> (Body, Vec<Diagnostic>) {
    with_root(file, text, |lowering, root, body| match &root.kind {
        Kind::Map(entries) => {
            for entry in entries.iter().filter(|entry| entry.key != "//") {
                if let Some(attribute) = lowering.attribute(entry, Strings::Literal) {
                    body.attributes.push(attribute);
                }
            }
        }
        _ => lowering.refuse(root.span, "expected an object with the values of variables"),
    })
}

fn with_root<'t>(
    file: FileId,
    text: &'t str,
    lower: impl FnOnce(&mut Lowering<'t>, &Json<'t>, &mut Body),
) -> (Body, Vec<Diagnostic>) {
    let mut body = Body::default();
    let mut tree = Tree::default();
    if let Err(error) = JsonReader::new(text).read(&mut |event, span| tree.take(event, span)) {
        let origin = Origin::new(file, error.offset, error.offset + 1);
        let message = format!("not valid JSON: {}", error.message);
        return (body, vec![Diagnostic::error("hcl-syntax", message).at(origin, "")]);
    }
    let mut lowering = Lowering { file, text, diagnostics: Vec::new() };
    if let Some(root) = &tree.root {
        lower(&mut lowering, root, &mut body);
    }
    let left_out = lowering.diagnostics.len().saturating_sub(MAX_DIAGNOSTICS);
    if left_out > 0 {
        lowering.diagnostics.truncate(MAX_DIAGNOSTICS);
        let message = format!("{left_out} more places of the file could not be understood");
        lowering.diagnostics.push(Diagnostic::error("hcl-json", message).at(Origin::new(file, 0, 0), ""));
    }
    (body, lowering.diagnostics)
}

struct Json<'t> {
    kind: Kind<'t>,
    span: Span,
}

enum Kind<'t> {
    Null,
    Bool(bool),
    Number(&'t str),
    String(Cow<'t, str>),
    List(Vec<Json<'t>>),
    Map(Vec<Entry<'t>>),
}

struct Entry<'t> {
    key: Cow<'t, str>,
    key_span: Span,
    value: Json<'t>,
}

/// A list or object that is still open, and the key that waits for its value.
type Open<'t> = (Json<'t>, Option<(Cow<'t, str>, Span)>);

#[derive(Default)]
struct Tree<'t> {
    stack: Vec<Open<'t>>,
    root: Option<Json<'t>>,
}

impl<'t> Tree<'t> {
    fn take(&mut self, event: JsonEvent<'t>, span: Span) {
        let kind = match event {
            JsonEvent::MapStart => return self.stack.push((Json { kind: Kind::Map(Vec::new()), span }, None)),
            JsonEvent::ListStart => return self.stack.push((Json { kind: Kind::List(Vec::new()), span }, None)),
            JsonEvent::MapEnd | JsonEvent::ListEnd => {
                let Some((mut json, _)) = self.stack.pop() else { return };
                json.span = json.span.join(span);
                return self.put(json);
            }
            JsonEvent::String(text) => {
                if let Some((Json { kind: Kind::Map(_), .. }, key @ None)) = self.stack.last_mut() {
                    *key = Some((text, span));
                    return;
                }
                Kind::String(text)
            }
            JsonEvent::Null | JsonEvent::Hole => Kind::Null,
            JsonEvent::Bool(value) => Kind::Bool(value),
            JsonEvent::Number(text) => Kind::Number(text),
        };
        self.put(Json { kind, span });
    }

    fn put(&mut self, value: Json<'t>) {
        match self.stack.last_mut() {
            None => self.root = Some(value),
            Some((Json { kind: Kind::List(items), .. }, _)) => items.push(value),
            Some((Json { kind: Kind::Map(entries), .. }, key)) => {
                if let Some((key, key_span)) = key.take() {
                    entries.push(Entry { key, key_span, value });
                }
            }
            Some(_) => {}
        }
    }
}

/// What the strings of a value are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    Template,
    Literal,
    /// An expression, such as the references in `depends_on`.
    Expression,
}

/// Number of labels of a block that Terraform defines, by the block it stands in (`""` at the top level).
fn label_count(parent: &str, kind: &str) -> Option<usize> {
    Some(match (parent, kind) {
        ("" | "check", "data") | ("", "resource" | "ephemeral" | "action") => 2,
        ("", "module" | "variable" | "output" | "provider" | "check") | ("terraform", "backend" | "provider_meta") => 1,
        ("", "locals" | "terraform" | "moved" | "import" | "removed") => 0,
        ("terraform", "cloud" | "required_providers" | "encryption") | ("cloud", "workspaces") => 0,
        ("check", "assert") | ("variable", "validation") => 0,
        ("resource" | "data" | "ephemeral" | "module" | "removed", "lifecycle") => 0,
        ("lifecycle" | "output", "precondition" | "postcondition") => 0,
        ("resource" | "removed", "provisioner") => 1,
        ("resource" | "provisioner", "connection") => 0,
        ("resource" | "data" | "provider" | "ephemeral" | "content", "dynamic") => 1,
        ("dynamic", "content") => 0,
        _ => return None,
    })
}

/// What the strings of an attribute are, by the block it stands in.
fn strings_of(parent: &str, name: &str) -> Strings {
    match (parent, name) {
        ("variable", "type") => Strings::Expression,
        ("variable" | "terraform" | "backend" | "required_providers" | "cloud" | "workspaces", _)
        | ("output", "description") => Strings::Literal,
        (_, "depends_on")
        | ("resource" | "data" | "ephemeral" | "import", "provider")
        | ("module", "providers")
        | ("lifecycle", "ignore_changes" | "replace_triggered_by")
        | ("dynamic", "iterator")
        | ("moved", "from" | "to")
        | ("removed", "from")
        | ("import", "to")
        | ("provisioner", "when" | "on_failure") => Strings::Expression,
        _ => Strings::Template,
    }
}

struct Lowering<'t> {
    file: FileId,
    text: &'t str,
    diagnostics: Vec<Diagnostic>,
}

impl Lowering<'_> {
    fn refuse(&mut self, span: Span, message: impl Into<String>) {
        let origin = Origin { file: self.file, span };
        self.diagnostics.push(Diagnostic::error("hcl-json", message).at(origin, ""));
    }

    fn root(&mut self, root: &Json<'_>, body: &mut Body) {
        match &root.kind {
            Kind::Map(entries) => {
                for entry in entries.iter().filter(|entry| entry.key != "//") {
                    match label_count("", &entry.key) {
                        Some(labels) => {
                            self.blocks(entry, &entry.value, labels, &mut Vec::new(), &mut body.blocks);
                        }
                        None => body.attributes.extend(self.attribute(entry, Strings::Template)),
                    }
                }
            }
            Kind::List(items) => {
                for item in items {
                    match &item.kind {
                        Kind::Map(_) => self.root(item, body),
                        _ => self.refuse(item.span, "expected an object with blocks such as `resource`"),
                    }
                }
            }
            _ => self.refuse(root.span, "expected an object with blocks such as `resource`"),
        }
    }

    /// The blocks below `entry`, whose value or a part of it is `value`; whether all could be understood.
    fn blocks(
        &mut self,
        entry: &Entry<'_>,
        value: &Json<'_>,
        labels: usize,
        path: &mut Vec<Label>,
        into: &mut Vec<Block>,
    ) -> bool {
        match &value.kind {
            Kind::List(items) => {
                let mut whole = true;
                for item in items {
                    whole &= self.blocks(entry, item, labels, path, into);
                }
                whole
            }
            Kind::Map(entries) if path.len() < labels => {
                let mut whole = true;
                for inner in entries.iter().filter(|inner| inner.key != "//") {
                    path.push(Label { text: inner.key.as_ref().into(), span: inner.key_span });
                    whole &= self.blocks(entry, &inner.value, labels, path, into);
                    path.pop();
                }
                whole
            }
            Kind::Map(entries) => {
                let Some(body) = self.body(&entry.key, entries) else { return false };
                let header = path.last().map_or(entry.key_span, |label| label.span);
                let span = header.join(value.span);
                into.push(Block { kind: entry.key.as_ref().into(), labels: path.clone(), body, header, span });
                true
            }
            Kind::Null => true,
            _ => {
                let message = format!("expected an object: a block of type `{}`", entry.key);
                self.refuse(value.span, message);
                false
            }
        }
    }

    fn body(&mut self, parent: &str, entries: &[Entry<'_>]) -> Option<Body> {
        let mut body = Body::default();
        let mut whole = true;
        for entry in entries.iter().filter(|entry| entry.key != "//") {
            match label_count(parent, &entry.key) {
                Some(labels) => {
                    whole &= self.blocks(entry, &entry.value, labels, &mut Vec::new(), &mut body.blocks);
                }
                None => match self.attribute(entry, strings_of(parent, &entry.key)) {
                    Some(attribute) => body.attributes.push(attribute),
                    None => whole = false,
                },
            }
        }
        whole.then_some(body)
    }

    fn attribute(&mut self, entry: &Entry<'_>, strings: Strings) -> Option<Attribute> {
        let value = self.expression(&entry.value, strings)?;
        Some(Attribute { name: entry.key.as_ref().into(), name_span: entry.key_span, value })
    }

    fn expression(&mut self, json: &Json<'_>, strings: Strings) -> Option<Expression> {
        let span = json.span;
        let kind = match &json.kind {
            Kind::Null => ExpressionKind::Null,
            Kind::Bool(value) => ExpressionKind::Bool(*value),
            Kind::Number(text) => ExpressionKind::Number((*text).into()),
            Kind::String(text) => return self.string(text, span, strings),
            Kind::List(items) => {
                let items: Option<Vec<_>> = items.iter().map(|item| self.expression(item, strings)).collect();
                ExpressionKind::Tuple(items?)
            }
            Kind::Map(entries) => {
                let keys = if strings == Strings::Literal { Strings::Literal } else { Strings::Template };
                let mut object = Vec::with_capacity(entries.len());
                for entry in entries {
                    let key = self.string(&entry.key, entry.key_span, keys)?;
                    object.push((ObjectKey::Expression(key), self.expression(&entry.value, strings)?));
                }
                ExpressionKind::Object(object)
            }
        };
        Some(Expression { kind, span })
    }

    /// Where the text of a string stands: exactly where it holds no escape, else the whole string.
    fn place(&self, text: &str, span: Span) -> Place {
        let start = span.start as usize + 1;
        if self.text.get(start..start + text.len()) == Some(text) { Place::From(start) } else { Place::Whole(span) }
    }

    fn string(&mut self, text: &str, span: Span, strings: Strings) -> Option<Expression> {
        if strings == Strings::Literal {
            return Some(Expression {
                kind: ExpressionKind::String(super::lower::composed(text).as_ref().into()),
                span,
            });
        }
        let place = self.place(text, span);
        if strings == Strings::Expression
            && !text.starts_with("${")
            && let Ok(expression) = expression_at(self.file, text, place)
        {
            return Some(expression);
        }
        match template_at(self.file, text, place) {
            Ok(parts) => Some(Expression { kind: string_or_template(parts), span }),
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }
}
