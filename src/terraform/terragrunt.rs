//! `terragrunt.hcl`: the module that a folder deploys, and the values that it gives to the module's variables, as far as they
//! are written down literally. What Terragrunt computes is unknown, and said once for each file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Module;
use super::inputs::constant;
use super::module::{is_local, literal, literal_key};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Sources, normalise};
use crate::syntax::hcl::{self, Block, Body, Expression, ExpressionKind, ObjectKey, TemplatePart};
use crate::value::{Data, Entry, Map, Piece, Unknown, Value, Why};

/// A `terragrunt.hcl`.
#[derive(Clone, Debug)]
pub(super) struct Terragrunt {
    directory: PathBuf,
    file: FileId,
    body: Body,
}

/// Which module a folder deploys.
pub(super) enum Deployed {
    /// The configuration that lies beside `terragrunt.hcl`.
    Beside,
    /// The one of another folder.
    Folder(PathBuf),
    /// Another one that is not in the tree, or that Terragrunt computes the place of.
    Elsewhere(Origin),
}

/// How many locals may refer to each other, and how many files may include each other.
const MAX_DEPTH: usize = 16;

impl Terragrunt {
    pub(super) fn new(directory: &Path, file: FileId, body: Body) -> Terragrunt {
        Terragrunt { directory: directory.to_owned(), file, body }
    }

    /// The folder that it lies in.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The module that is deployed.
    pub(super) fn deployed(&self) -> Deployed {
        let Some(source) = attribute(self.blocks("terraform").next().map(|block| &block.body), "source") else {
            return Deployed::Beside;
        };
        let origin = Origin { file: self.file, span: source.span };
        match literal(source) {
            Some(source) if is_local(source) => {
                // What stands behind a double slash is the part of the package that is run in.
                Deployed::Folder(normalise(&self.directory.join(source)))
            }
            _ => Deployed::Elsewhere(origin),
        }
    }

    /// The values of variables, unknown where Terragrunt computes them.
    pub(super) fn inputs(
        &self,
        module: &Module,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> BTreeMap<Arc<str>, Value> {
        let mut reader = Reader { file: self.file, locals: self.locals(), open: Vec::new() };
        let mut values = BTreeMap::new();
        let mut hidden = None;
        for include in self.blocks("include") {
            match self.included(include, sources) {
                Some(parent) => values.extend(parent.inputs(module, sources, diagnostics)),
                None => hidden = hidden.or(Some(Origin { file: self.file, span: include.header })),
            }
        }
        if let Some(inputs) = attribute(Some(&self.body), "inputs") {
            match reader.value(inputs, 0).data {
                Data::Map(map) => {
                    hidden = hidden.or(map.rest.as_ref().map(|rest| rest.origin));
                    values.extend(map.entries().iter().map(|entry| (entry.key.clone(), entry.value.clone())));
                }
                _ => hidden = Some(Origin { file: self.file, span: inputs.span }),
            }
        }
        if let Some(origin) = hidden {
            // Which variables are given a value there is not known: a default need not be what is deployed.
            reader.open.push(origin);
            for name in module.variables.keys() {
                let unknown = || Unknown::new(Why::Function, "the inputs of `terragrunt.hcl`", origin);
                values.entry(name.clone()).or_insert_with(|| Value::unknown(unknown(), origin));
            }
        }
        if let Some(first) = reader.open.first() {
            let message = "inputs that terragrunt computes are not known";
            let diagnostic = Diagnostic::warning("terragrunt", message).at(*first, "this one, for example");
            diagnostics.push(diagnostic.help("what depends on them is undecided; scan the plan to decide it"));
        }
        values
    }

    fn blocks(&self, kind: &'static str) -> impl Iterator<Item = &Block> {
        self.body.blocks.iter().filter(move |block| &*block.kind == kind)
    }

    fn locals(&self) -> BTreeMap<Arc<str>, &Expression> {
        let attributes = self.blocks("locals").flat_map(|block| &block.body.attributes);
        attributes.map(|attribute| (attribute.name.clone(), &attribute.value)).collect()
    }

    /// The file that an `include` names literally.
    fn included(&self, include: &Block, sources: &Sources) -> Option<Terragrunt> {
        let path = normalise(&self.directory.join(literal(attribute(Some(&include.body), "path")?)?));
        let file = sources.open(&path).ok()?;
        let (body, _) = hcl::parse(file, sources.get(file).text());
        // Terragrunt itself includes one level only.
        let has_more = body.blocks.iter().any(|block| &*block.kind == "include");
        (!has_more && file != self.file).then(|| Terragrunt::new(path.parent().unwrap_or(&path), file, body))
    }
}

fn attribute<'b>(body: Option<&'b Body>, name: &str) -> Option<&'b Expression> {
    body?.attributes.iter().rev().find(|attribute| &*attribute.name == name).map(|attribute| &attribute.value)
}

/// Reads what is literal, directly or through literal locals.
struct Reader<'r> {
    file: FileId,
    locals: BTreeMap<Arc<str>, &'r Expression>,
    /// What is not.
    open: Vec<Origin>,
}

impl Reader<'_> {
    fn value(&mut self, expression: &Expression, depth: usize) -> Value {
        let origin = Origin { file: self.file, span: expression.span };
        if let Some(known) = constant(expression, self.file) {
            return known;
        }
        match &expression.kind {
            _ if depth > MAX_DEPTH => self.unknown(origin),
            ExpressionKind::Parenthesis(inner) => self.value(inner, depth + 1),
            ExpressionKind::Tuple(items) => {
                Value::list(items.iter().map(|item| self.value(item, depth + 1)).collect(), origin)
            }
            ExpressionKind::Object(entries) => self.object(entries, origin, depth),
            ExpressionKind::Template(parts) => self.template(parts, origin, depth),
            ExpressionKind::GetAttr(inner, name, _) => {
                let is_local = matches!(&inner.kind, ExpressionKind::Variable(root) if &**root == "local");
                match self.locals.get(name).copied().filter(|_| is_local) {
                    Some(local) => self.value(local, depth + 1),
                    None => self.unknown(origin),
                }
            }
            _ => self.unknown(origin),
        }
    }

    fn object(&mut self, entries: &[(ObjectKey, Expression)], origin: Origin, depth: usize) -> Value {
        let mut known = Vec::new();
        let mut rest = None;
        for (key, value) in entries {
            match literal_key(key) {
                Some((name, span)) => {
                    let key_origin = Origin { file: self.file, span };
                    known.push(Entry { key: name.into(), key_origin, value: self.value(value, depth + 1) });
                }
                None => rest = self.unknown(origin).as_unknown().cloned(),
            }
        }
        let mut map = Map::new(known);
        map.rest = rest;
        Value::new(Data::Map(Arc::new(map)), origin)
    }

    fn template(&mut self, parts: &[TemplatePart], origin: Origin, depth: usize) -> Value {
        let mut pieces = Vec::new();
        for part in parts {
            match part {
                TemplatePart::Literal(text, span) => {
                    pieces.push(Piece::Known(text.clone(), Origin { file: self.file, span: *span }));
                }
                TemplatePart::Interpolation(inner) => match self.value(inner, depth + 1).to_pieces() {
                    Some(inner) => pieces.extend(inner),
                    None => return self.unknown(origin),
                },
                _ => return self.unknown(origin),
            }
        }
        Value::of_pieces(pieces, origin)
    }

    fn unknown(&mut self, origin: Origin) -> Value {
        self.open.push(origin);
        Value::unknown(Unknown::new(Why::Function, "an input of `terragrunt.hcl`", origin), origin)
    }
}
