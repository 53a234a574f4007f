//! A module as its files declare it, override files merged; nothing is evaluated yet.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::terragrunt::{Deployed, Terragrunt};
use super::undeclared;
use crate::diagnostic::Diagnostic;
use crate::model::Mode;
use crate::source::{FileId, Origin, Span};
use crate::syntax::hcl::{Attribute, Block, Body, Expression, ExpressionKind, ObjectKey, TemplatePart};

/// The file that says what terragrunt deploys from a folder.
const TERRAGRUNT: &str = "terragrunt.hcl";

/// A parsed file of a module.
#[derive(Clone, Debug)]
pub struct ModuleFile {
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub file: FileId,
    /// Its tree.
    pub body: Body,
    /// Some of it could not be parsed: what it declares is not all known.
    pub is_partial: bool,
}

/// An expression and the file that its spans belong to.
#[derive(Clone, Debug)]
pub(super) struct Sourced {
    pub(super) file: FileId,
    pub(super) attribute: Attribute,
}

/// A block with the blocks of override files that change it, the original first.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    pub(super) layers: Vec<(FileId, Arc<Block>)>,
}

impl Layers {
    fn new(file: FileId, block: Block) -> Layers {
        Layers { layers: vec![(file, Arc::new(block))] }
    }

    /// The last layer that sets an attribute wins.
    pub(super) fn attribute(&self, name: &str) -> Option<(FileId, &Attribute)> {
        self.layers.iter().rev().find_map(|(file, block)| {
            let found = block.body.attributes.iter().rev().find(|attribute| &*attribute.name == name)?;
            Some((*file, found))
        })
    }

    /// Its first label.
    pub(super) fn label(&self) -> Option<&str> {
        self.layers.first().and_then(|(_, block)| block.labels.first()).map(|label| &*label.text)
    }

    /// Where the block starts: its header.
    pub(super) fn header(&self) -> Origin {
        self.layers.first().map_or(Origin::NONE, |(file, block)| Origin { file: *file, span: block.header })
    }

    /// The whole block.
    pub(super) fn extent(&self) -> Origin {
        self.layers.first().map_or(Origin::NONE, |(file, block)| Origin { file: *file, span: block.span })
    }
}

/// A `resource` or `data` block.
#[derive(Clone, Debug)]
pub(super) struct ResourceBlock {
    pub(super) mode: Mode,
    pub(super) provider_type: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) layers: Layers,
}

/// A module as declared.
#[derive(Debug, Default)]
pub struct Module {
    pub(super) directory: PathBuf,
    pub(super) variables: BTreeMap<Arc<str>, Layers>,
    pub(super) locals: HashMap<Arc<str>, Sourced>,
    pub(super) resources: Vec<ResourceBlock>,
    pub(super) by_name: HashMap<(Mode, Arc<str>, Arc<str>), usize>,
    pub(super) calls: Vec<(Arc<str>, Layers)>,
    pub(super) call_by_name: HashMap<Arc<str>, usize>,
    pub(super) provider_types: HashSet<Arc<str>>,
    pub(super) outputs: BTreeMap<Arc<str>, Layers>,
    pub(super) providers: Vec<Layers>,
    pub(super) terragrunt: Option<Terragrunt>,
}

impl Module {
    /// Puts the files of a directory together, in the order of their names, override files last as Terraform does.
    pub fn new(directory: &Path, files: Vec<ModuleFile>) -> (Module, Vec<Diagnostic>) {
        let mut module = Module { directory: directory.to_owned(), ..Module::default() };
        let mut diagnostics = Vec::new();
        // OpenTofu reads `x.tofu` and leaves out `x.tf`.
        let twins: HashSet<PathBuf> = files.iter().filter_map(|file| twin(&file.path)).collect();
        let mut files = files;
        let is_partial = files.iter().any(|file| file.is_partial);
        files.retain(|file| !twins.contains(&file.path));
        if let Some(at) = files.iter().position(|file| file.path.file_name().is_some_and(|name| name == TERRAGRUNT)) {
            let ModuleFile { file, body, .. } = files.remove(at);
            module.terragrunt = Some(Terragrunt::new(directory, file, body));
        }
        let (overrides, plain): (Vec<ModuleFile>, Vec<ModuleFile>) =
            files.into_iter().partition(|file| is_override(&file.path));
        for file in plain {
            module.add(file, &mut diagnostics);
        }
        for file in overrides {
            module.merge(file, &mut diagnostics);
        }
        // What a broken file declares would be missed everywhere.
        if !is_partial {
            undeclared::check(&module, &mut diagnostics);
        }
        (module, diagnostics)
    }

    fn add(&mut self, ModuleFile { file, body, .. }: ModuleFile, diagnostics: &mut Vec<Diagnostic>) {
        for block in body.blocks {
            let label = |nth: usize| block.labels.get(nth).map(|label| label.text.clone());
            let origin = Origin { file, span: block.header };
            let mut twice = |what: &str, name: &str| {
                let message = format!("{what} `{name}` is declared twice");
                diagnostics.push(Diagnostic::warning("declared-twice", message).at(origin, "again here"));
            };
            let kind = block.kind.clone();
            match (&*kind, label(0), label(1)) {
                ("variable", Some(name), _) => {
                    if self.variables.contains_key(&name) {
                        twice("variable", &name);
                    }
                    self.variables.insert(name, Layers::new(file, block));
                }
                ("output", Some(name), _) => {
                    if self.outputs.contains_key(&name) {
                        twice("output", &name);
                    }
                    self.outputs.insert(name, Layers::new(file, block));
                }
                ("locals", _, _) => {
                    for attribute in block.body.attributes {
                        if self.locals.contains_key(&attribute.name) {
                            let message = format!("local value `{}` is declared twice", attribute.name);
                            let origin = Origin { file, span: attribute.name_span };
                            diagnostics.push(Diagnostic::warning("declared-twice", message).at(origin, "again here"));
                        }
                        self.locals.insert(attribute.name.clone(), Sourced { file, attribute });
                    }
                }
                ("module", Some(name), _) => {
                    if self.call_by_name.contains_key(&name) {
                        twice("module", &name);
                    } else {
                        self.call_by_name.insert(name.clone(), self.calls.len());
                        self.calls.push((name, Layers::new(file, block)));
                    }
                }
                ("provider", Some(name), _) => {
                    let layers = Layers::new(file, block);
                    match alias(&layers).map(str::to_owned) {
                        wanted if self.provider(&name, wanted.as_deref()).is_none() => self.providers.push(layers),
                        Some(alias) => twice("provider", &format!("{name}.{alias}")),
                        None => twice("provider", &name),
                    }
                }
                ("resource" | "data" | "ephemeral", Some(provider_type), Some(name)) => {
                    let mode = mode(&kind);
                    let key = (mode, provider_type.clone(), name.clone());
                    if self.by_name.contains_key(&key) {
                        twice("resource", &format!("{provider_type}.{name}"));
                        continue;
                    }
                    self.by_name.insert(key, self.resources.len());
                    self.provider_types.insert(provider_type.clone());
                    self.resources.push(ResourceBlock { mode, provider_type, name, layers: Layers::new(file, block) });
                }
                _ => {}
            }
        }
    }

    fn merge(&mut self, ModuleFile { file, body, .. }: ModuleFile, diagnostics: &mut Vec<Diagnostic>) {
        for block in body.blocks {
            let label = |nth: usize| block.labels.get(nth).map(|label| label.text.clone());
            let kind = block.kind.clone();
            let target = match (&*kind, label(0), label(1)) {
                ("variable", Some(name), _) => self.variables.get_mut(&name),
                ("output", Some(name), _) => self.outputs.get_mut(&name),
                ("module", Some(name), _) => {
                    let at = self.call_by_name.get(&name).copied();
                    at.and_then(|at| self.calls.get_mut(at)).map(|(_, layers)| layers)
                }
                ("resource" | "data" | "ephemeral", Some(provider_type), Some(name)) => {
                    let mode = mode(&kind);
                    let found = self.by_name.get(&(mode, provider_type, name)).copied();
                    found.and_then(|at| self.resources.get_mut(at)).map(|resource| &mut resource.layers)
                }
                ("provider", Some(name), _) => {
                    let wanted = block.body.attributes.iter().find(|attribute| &*attribute.name == "alias");
                    let wanted = wanted.and_then(|attribute| literal(&attribute.value));
                    let named = |layers: &&mut Layers| layers.label() == Some(&*name) && alias(layers) == wanted;
                    self.providers.iter_mut().find(named)
                }
                ("locals", _, _) => {
                    for attribute in block.body.attributes {
                        self.locals.insert(attribute.name.clone(), Sourced { file, attribute });
                    }
                    continue;
                }
                _ => continue,
            };
            match target {
                Some(layers) => layers.layers.push((file, Arc::new(block))),
                None => {
                    let labels: Vec<&str> = block.labels.iter().map(|label| &*label.text).collect();
                    let message = format!("there is no {kind} `{}` to override", labels.join("."));
                    let origin = Origin { file, span: block.header };
                    diagnostics.push(Diagnostic::warning("no-such-block", message).at(origin, ""));
                }
            }
        }
    }

    /// The block of a provider configuration.
    pub(super) fn provider(&self, local: &str, wanted: Option<&str>) -> Option<&Layers> {
        self.providers.iter().find(|layers| layers.label() == Some(local) && alias(layers) == wanted)
    }

    /// The blocks of a module call.
    pub(super) fn call(&self, name: &str) -> Option<&Layers> {
        self.calls.get(*self.call_by_name.get(name)?).map(|(_, layers)| layers)
    }

    /// Whether it has a variable of this name.
    pub fn declares(&self, variable: &str) -> bool {
        self.variables.contains_key(variable)
    }

    /// The literal `source` of each module call that names a local directory, as a path.
    pub fn local_sources(&self) -> impl Iterator<Item = PathBuf> {
        let deployed = match self.terragrunt.as_ref().map(Terragrunt::deployed) {
            Some(Deployed::Folder(folder)) => Some(folder),
            _ => None,
        };
        let called = self.calls.iter().filter_map(|(_, layers)| {
            let (_, attribute) = layers.attribute("source")?;
            let source = literal(&attribute.value)?;
            is_local(source).then(|| crate::source::normalise(&self.directory.join(source)))
        });
        called.chain(deployed)
    }

    /// Whether it is a `terragrunt.hcl` for others to include, with nothing to deploy beside it.
    pub(super) fn is_included_only(&self) -> bool {
        let is_empty = self.resources.is_empty() && self.calls.is_empty() && self.outputs.is_empty();
        is_empty
            && self.variables.is_empty()
            && self.locals.is_empty()
            && self.terragrunt.as_ref().is_some_and(|terragrunt| matches!(terragrunt.deployed(), Deployed::Beside))
    }
}

fn mode(kind: &str) -> Mode {
    match kind {
        "resource" => Mode::Managed,
        "ephemeral" => Mode::Ephemeral,
        _ => Mode::Data,
    }
}

/// The alias of a provider block.
fn alias(layers: &Layers) -> Option<&str> {
    literal(&layers.attribute("alias")?.1.value)
}

/// Whether a module source names a directory next to the calling one.
pub(super) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || source == "." || source == ".."
}

/// The text of an expression that is a plain string.
pub(super) fn literal(expression: &Expression) -> Option<&str> {
    match &expression.kind {
        ExpressionKind::String(text) => Some(text),
        ExpressionKind::Template(parts) => match parts.as_slice() {
            [TemplatePart::Literal(text, _)] => Some(text),
            _ => None,
        },
        ExpressionKind::Parenthesis(inner) => literal(inner),
        _ => None,
    }
}

/// The text of an object key that needs no evaluation.
pub(super) fn literal_key(key: &ObjectKey) -> Option<(&str, Span)> {
    match key {
        ObjectKey::Name(name, span) => Some((name, *span)),
        ObjectKey::Expression(expression) => literal(expression).map(|text| (text, expression.span)),
    }
}

/// The file that is left out because of this one.
fn twin(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let other = match (name.strip_suffix(".tofu"), name.strip_suffix(".tofu.json")) {
        (Some(stem), _) => format!("{stem}.tf"),
        (_, Some(stem)) => format!("{stem}.tf.json"),
        _ => return None,
    };
    Some(path.with_file_name(other))
}

fn is_override(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extensions = [".tf.json", ".tofu.json", ".tf", ".tofu"];
    let stem = extensions.iter().find_map(|extension| name.strip_suffix(extension)).unwrap_or(&name);
    stem == "override" || stem.ends_with("_override")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn override_files_are_told_by_the_name_without_its_extension() {
        let is = |name: &str| is_override(Path::new(name));
        assert!(is("override.tf") && is("a_override.tf") && is("a.b_override.tf") && is("dir/x_override.tf.json"));
        assert!(is("override.tofu") && is("x_override.tofu.json"));
        assert!(!is("a_override.b.tf") && !is("overrides.tf") && !is("myoverride.tf"));
    }
}
