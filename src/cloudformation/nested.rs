//! Stacks within stacks: `AWS::CloudFormation::Stack` and SAM applications with a local template, and stack sets.
//!
//! A nested template is evaluated with the parameters that its stack hands in, its outputs answer `Fn::GetAtt`, and its
//! resources stand in the unit of the outermost template under the logical ids of the stacks around them.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::evaluator::Evaluator;
use super::reference::attribute;
use super::rename::{seen_from_outside, seen_from_within};
use super::substitute::Places;
use super::template::{Declaration, is_template};
use crate::diagnostic::Diagnostic;
use crate::model::{Mode, Resource, Step};
use crate::source::{FileId, Origin, ReadError, Sources, Span};
use crate::syntax::node::{Node, NodeKind};
use crate::syntax::{json, yaml};
use crate::value::{Entry, Map, Unknown, Value, Why};

/// Stacks within each other.
const MAX_NESTING: usize = 10;

/// Stacks within one outermost stack.
const MAX_STACKS: usize = 500;

/// Resources of all stacks within one outermost stack.
const MAX_RESOURCES: usize = 200_000;

/// Where a template names another one.
const SOURCES: &[(&str, &str)] = &[
    ("AWS::CloudFormation::Stack", "TemplateURL"),
    ("AWS::CloudFormation::StackSet", "TemplateURL"),
    ("AWS::Serverless::Application", "Location"),
];

/// What the CDK writes into the metadata of a nested stack: the file that it uploads.
const ASSET: &str = "aws:asset:path";

/// A template that was read because of a stack.
type Loaded = Result<(FileId, Arc<Node>), ReadError>;

/// What all evaluations below one outermost template share.
struct Shared {
    loaded: Rc<RefCell<HashMap<PathBuf, Option<Loaded>>>>,
    /// What was said not to be at hand.
    absent: RefCell<HashSet<String>>,
    stacks: Cell<usize>,
    resources: Cell<usize>,
    /// The bytes of the templates that were evaluated.
    bytes: Cell<usize>,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared {
            loaded: Rc::default(),
            absent: RefCell::default(),
            stacks: Cell::new(MAX_STACKS),
            resources: Cell::new(MAX_RESOURCES),
            bytes: Cell::new(0),
        }
    }
}

/// A stack within the stack that is evaluated.
struct Inner {
    outputs: HashMap<String, Value>,
    resources: Vec<Resource>,
}

/// The surroundings of an evaluation: the stacks around it, and those within it.
pub(super) struct Nest<'t> {
    sources: &'t Sources,
    shared: Rc<Shared>,
    /// The files of the stacks around, this one included.
    around: Vec<FileId>,
    /// What the stack around hands in; `None` for an outermost stack.
    inputs: Option<HashMap<String, Value>>,
    /// The stacks within, by logical id; `None` while one is evaluated.
    stacks: HashMap<&'t str, Option<Rc<Inner>>>,
}

impl<'t> Nest<'t> {
    /// The surroundings of an outermost stack.
    pub(super) fn outermost(file: FileId, sources: &'t Sources) -> Nest<'t> {
        Nest { sources, shared: Rc::default(), around: vec![file], inputs: None, stacks: HashMap::new() }
    }

    /// The surroundings of the same outermost stack in another scenario: what was read stays read.
    pub(super) fn anew(&self) -> Nest<'t> {
        let shared = Shared { loaded: self.shared.loaded.clone(), ..Shared::default() };
        let around = self.around.iter().take(1).copied().collect();
        Nest { sources: self.sources, shared: Rc::new(shared), around, inputs: None, stacks: HashMap::new() }
    }

    /// The bytes of the templates of all stacks within.
    pub(super) fn bytes_within(&self) -> usize {
        self.shared.bytes.get()
    }

    /// The same surroundings for another evaluation of the same template.
    pub(super) fn again(&self) -> Nest<'t> {
        let Nest { sources, shared, around, inputs, .. } = self;
        let (shared, around, inputs) = (shared.clone(), around.clone(), inputs.clone());
        Nest { sources, shared, around, inputs, stacks: HashMap::new() }
    }

    /// The texts of the scan.
    pub(super) fn sources(&self) -> &'t Sources {
        self.sources
    }

    /// What the stack around gives a parameter.
    fn input(&self, name: &str) -> Option<&Value> {
        self.inputs.as_ref()?.get(name)
    }
}

/// Whether resources of a type are stacks.
fn is_stack(provider_type: &str) -> bool {
    SOURCES.iter().any(|(kind, _)| *kind == provider_type)
}

/// The local templates that a template names in plain words, as paths from its own folder.
pub fn included_templates(root: &Node) -> Vec<&str> {
    let mut paths = Vec::new();
    for (_, resource) in root.get("Resources").and_then(Node::as_mapping).unwrap_or_default() {
        let provider_type = resource.get("Type").and_then(Node::as_str).unwrap_or("");
        let Some((_, property)) = SOURCES.iter().find(|(kind, _)| *kind == provider_type) else { continue };
        let asset = resource.get("Metadata").and_then(|metadata| metadata.get(ASSET));
        let node = asset.or_else(|| resource.get("Properties").and_then(|properties| properties.get(property)));
        paths.extend(node.filter(|node| node.tag.is_none()).and_then(Node::as_str).filter(|path| is_local(path)));
    }
    paths
}

fn is_local(address: &str) -> bool {
    !address.contains("://") && !address.is_empty() && address.len() < 4096
}

impl<'t> Evaluator<'t> {
    /// The resources of the stack that a resource is.
    pub(super) fn nested_resources(&mut self, declaration: Declaration<'t>, stack: &Resource) -> Vec<Resource> {
        let Some(inner) = self.inner(declaration) else { return Vec::new() };
        let step = Step { name: declaration.id.into(), origin: stack.origin };
        let within = |resource: &Resource| Resource {
            // For the order of the unit, and for comments, it stands where it is written.
            possible: resource.possible.clone().or_else(|| stack.possible.clone()),
            chain: std::iter::once(step.clone()).chain(resource.chain.iter().cloned()).collect(),
            ..resource.clone()
        };
        inner.resources.iter().map(within).collect()
    }

    /// What `Fn::GetAtt` gives for an output of a stack.
    pub(super) fn nested_output(&mut self, declaration: Declaration<'t>, name: &str, place: Origin) -> Option<Value> {
        let name = name.strip_prefix("Outputs.").filter(|_| is_stack(declaration.provider_type))?;
        if let Some(None) = self.nest.stacks.get(declaration.id) {
            let message = format!("the stack `{}` depends on its own outputs", declaration.id);
            self.tell(Diagnostic::warning("cfn-cycle", message).at(place, ""));
            return Some(unknown_output(declaration, name, place));
        }
        let Some(inner) = self.inner(declaration) else { return Some(unknown_output(declaration, name, place)) };
        match inner.outputs.get(name) {
            Some(value) if value.as_unknown().is_some() => Some(value.clone().at(place)),
            Some(value) => Some(value.clone()),
            None => {
                let subject = format!("{}.Outputs.{name}", declaration.id);
                let message = format!("the template of the stack `{}` has no output `{name}`", declaration.id);
                Some(self.invalid("cfn-reference", &subject, message, place))
            }
        }
    }

    fn inner(&mut self, declaration: Declaration<'t>) -> Option<Rc<Inner>> {
        if !is_stack(declaration.provider_type) {
            return None;
        }
        if let Some(known) = self.nest.stacks.get(declaration.id) {
            return known.clone();
        }
        self.nest.stacks.insert(declaration.id, None);
        let assumed = std::mem::take(&mut self.assumed);
        let condition = declaration.value.get("Condition").and_then(Node::as_str);
        let inner = self.assuming(condition, |evaluator| evaluator.evaluate_inner(declaration));
        self.assumed = assumed;
        let inner = Rc::new(inner.unwrap_or(Inner { outputs: HashMap::new(), resources: Vec::new() }));
        if !inner.resources.is_empty() {
            self.nest.stacks.insert(declaration.id, Some(inner.clone()));
            return Some(inner);
        }
        // Nothing is known of it: its outputs are attributes like any other.
        self.nest.stacks.remove(declaration.id);
        None
    }

    fn evaluate_inner(&mut self, declaration: Declaration<'t>) -> Option<Inner> {
        let properties = declaration.value.get("Properties");
        let (file, root) = self.inner_template(declaration)?;
        let place = self.origin(declaration.key);
        let is_inline = properties.is_some_and(|properties| properties.get("TemplateBody").is_some());
        if self.nest.around.contains(&file) && !is_inline {
            let message = format!("the stack `{}` contains itself", declaration.id);
            self.tell(Diagnostic::warning("cfn-nested-cycle", message).at(place, ""));
            return None;
        }
        let shared = self.nest.shared.clone();
        let limit = if self.nest.around.len() >= MAX_NESTING {
            Some(format!("more than {MAX_NESTING} stacks within each other"))
        } else if shared.stacks.get() == 0 || shared.resources.get() == 0 {
            Some(format!("more than {MAX_STACKS} stacks or {MAX_RESOURCES} resources within one stack"))
        } else {
            None
        };
        if let Some(limit) = limit {
            let message = format!("the stack `{}` is not evaluated: {limit}", declaration.id);
            self.tell(Diagnostic::warning("cfn-limit", message).at(place, ""));
            return None;
        }
        shared.stacks.set(shared.stacks.get() - 1);
        shared.bytes.set(shared.bytes.get() + self.nest.sources.get(file).text().len());
        let inputs = self.inputs_of(declaration, properties, &root);
        let mut settings = self.settings.clone();
        settings.parameters.retain(|name, _| name.starts_with("AWS::"));
        settings.given.retain(|name, _| name.starts_with("AWS::"));
        let mut around = self.nest.around.clone();
        around.push(file);
        let sources = self.nest.sources;
        let nest = Nest { sources, shared: shared.clone(), around, inputs: Some(inputs), stacks: HashMap::new() };
        let pins = self.pins.iter().filter(|(name, _)| name.starts_with("AWS::"));
        let pins = pins.map(|(name, pin)| (name.clone(), pin.clone())).collect();
        let (mut resources, diagnostics, asked) =
            super::evaluate_within(file, &root, &settings, &nest, pins, self.depth);
        self.ask_within(asked);
        for diagnostic in diagnostics {
            self.tell(diagnostic);
        }
        shared.resources.set(shared.resources.get().saturating_sub(resources.len()));
        let prefix = format!("{}/", declaration.id);
        let mut outputs = HashMap::new();
        for resource in &mut resources {
            if let Some(attributes) = seen_from_outside(&resource.attributes, &prefix) {
                resource.attributes = attributes;
            }
            if resource.mode == Mode::Output
                && let Some(name) = resource.address.strip_prefix("Outputs/")
                && let Some(value) = resource.attributes.get("value")
            {
                outputs.insert(name.to_owned(), value.clone());
            }
            resource.address = format!("{prefix}{}", resource.address).into();
        }
        Some(Inner { outputs, resources })
    }

    /// The parameters that a stack hands in.
    fn inputs_of(
        &mut self,
        declaration: Declaration<'t>,
        properties: Option<&'t Node>,
        root: &Node,
    ) -> HashMap<String, Value> {
        let declared = root.get("Parameters");
        let given = properties.and_then(|properties| properties.get("Parameters")).and_then(|node| self.evaluate(node));
        let mut inputs = HashMap::new();
        let Some(given) = given else { return inputs };
        if given.as_list().is_some() {
            // A stack set names key and value.
            for one in given.elements() {
                let name = one.get("ParameterKey").and_then(Value::as_str);
                if let (Some(name), Some(value)) = (name, one.get("ParameterValue")) {
                    inputs.insert(name.to_owned(), seen_from_within(value));
                }
            }
            return inputs;
        }
        for Entry { key, key_origin, value } in given.as_map().map(Map::entries).unwrap_or_default() {
            let is_declared = declared.is_some_and(|declared| declared.get(key).is_some());
            if !is_declared {
                let message = format!("the template of the stack `{}` has no parameter `{key}`", declaration.id);
                self.tell(Diagnostic::warning("cfn-nested-parameter", message).at(*key_origin, ""));
                continue;
            }
            if !value.is_null() {
                inputs.insert(key.to_string(), seen_from_within(value));
            }
        }
        inputs
    }

    /// The template of a stack, where it is at hand.
    fn inner_template(&mut self, declaration: Declaration<'t>) -> Option<(FileId, Arc<Node>)> {
        let properties = declaration.value.get("Properties");
        if let Some(body) = properties.and_then(|properties| properties.get("TemplateBody")) {
            return self.inline_template(body);
        }
        let (_, property) = SOURCES.iter().find(|(kind, _)| *kind == declaration.provider_type)?;
        let asset =
            declaration.value.get("Metadata").and_then(|metadata| metadata.get(ASSET)).filter(|n| n.tag.is_none());
        let node = asset.or_else(|| properties.and_then(|properties| properties.get(property)))?;
        let place = self.origin(node);
        let value = self.evaluate(node)?;
        let Some(address) = value.as_str() else {
            let name = match value.get("ApplicationId").and_then(Value::as_str) {
                Some(application) => format!("the application `{application}`"),
                None => format!("the template of the stack `{}`", declaration.id),
            };
            self.absent(name, place);
            return None;
        };
        if !is_local(address) {
            self.absent(format!("the template `{address}`"), place);
            return None;
        }
        let folder = Path::new(self.source.path()).parent().unwrap_or(Path::new("")).to_owned();
        let path = folder.join(address);
        let known = self.nest.shared.loaded.borrow().get(&path).cloned();
        let loaded = known.unwrap_or_else(|| {
            let loaded = load(&path, self.nest.sources);
            self.nest.shared.loaded.borrow_mut().insert(path, loaded.clone());
            loaded
        });
        match loaded {
            Some(Ok(found)) => Some(found),
            Some(Err(error)) => {
                let message = format!("the template `{address}` cannot be read: {error}");
                self.tell(Diagnostic::warning("cfn-nested-template", message).at(place, ""));
                None
            }
            None => {
                let message = format!("`{address}` is no template");
                self.tell(Diagnostic::warning("cfn-nested-template", message).at(place, ""));
                None
            }
        }
    }

    /// Says once that a template is not at hand.
    fn absent(&mut self, name: String, place: Origin) {
        if self.nest.shared.absent.borrow_mut().insert(name.clone()) {
            let message = format!("{name} is not in the scanned tree: what it deploys is not known");
            self.tell(Diagnostic::warning("cfn-remote-template", message).at(place, ""));
        }
    }

    /// A template that is written into a stack set: as text, or as a tree.
    fn inline_template(&mut self, body: &'t Node) -> Option<(FileId, Arc<Node>)> {
        let body = body.target();
        if let NodeKind::Mapping(_) = &body.kind {
            return is_template(body).then(|| (self.file, Arc::new(body.clone())));
        }
        let NodeKind::Scalar(text, _) = &body.kind else { return None };
        if body.tag.is_some() {
            let place = self.origin(body);
            self.absent("a template that is put together".to_owned(), place);
            return None;
        }
        let mut root = parse(self.file, text)?;
        let places = self.places(body);
        relocate(&mut root, &places, &mut HashMap::new());
        Some((self.file, Arc::new(root)))
    }

    /// What the stack around gives a parameter; a text becomes a value of the parameter's type.
    pub(super) fn nested_input(&self, name: &str, kind: &str) -> Option<Value> {
        let value = self.nest.input(name)?;
        match value.scalar_text() {
            Some(text) if value.as_list().is_none() => {
                let places = Places::whole(value.origin);
                Some(super::parameter::typed(kind, &text, &places, value.origin).marked(value.sensitive))
            }
            _ => Some(value.clone()),
        }
    }
}

/// Reads a template; `None` where the file is none.
fn load(path: &Path, sources: &Sources) -> Option<Loaded> {
    let file = match sources.open(path) {
        Ok(file) => file,
        Err(error) => return Some(Err(error)),
    };
    let source = sources.get(file);
    Some(Ok((file, Arc::new(parse(file, source.text())?))))
}

fn parse(file: FileId, text: &str) -> Option<Node> {
    let start = text.trim_start_matches('\u{FEFF}').trim_start();
    let root = match start.starts_with('{') {
        true => json::parse(file, text).ok()?,
        false => yaml::parse(file, text).0.into_iter().next()?,
    };
    is_template(&root).then_some(root)
}

/// Shared nodes before and after they were moved, by the address of the former.
type Moved = HashMap<*const Node, (Arc<Node>, Arc<Node>)>;

/// Moves the nodes of a text to where the text stands in its file; what aliases share stays shared.
fn relocate(node: &mut Node, places: &Places, shared: &mut Moved) {
    let moved = |span: Span| places.of(span.start as usize, span.end as usize).span;
    node.span = moved(node.span);
    if let Some((_, span)) = &mut node.tag {
        *span = moved(*span);
    }
    match &mut node.kind {
        NodeKind::Scalar(..) => {}
        NodeKind::Sequence(items) => items.iter_mut().for_each(|item| relocate(item, places, shared)),
        NodeKind::Mapping(pairs) => pairs.iter_mut().for_each(|(key, value)| {
            relocate(key, places, shared);
            relocate(value, places, shared);
        }),
        NodeKind::Alias(target) => {
            let address = Arc::as_ptr(target);
            if let Some((_, after)) = shared.get(&address) {
                *target = after.clone();
                return;
            }
            let mut inner = (**target).clone();
            relocate(&mut inner, places, shared);
            let after = Arc::new(inner);
            // Whoever holds the former keeps its address from being used again.
            let before = std::mem::replace(target, after.clone());
            shared.insert(address, (before, after));
        }
    }
}

/// An output of a stack of which nothing is known.
fn unknown_output(declaration: Declaration<'_>, name: &str, place: Origin) -> Value {
    let id = declaration.id;
    let output = attribute(id, declaration.provider_type, &format!("Outputs.{name}"), place);
    let refers = output.as_unknown().and_then(|unknown| unknown.refers.clone());
    let subject = format!("the template of the stack `{id}`");
    Value::unknown(Unknown { refers, ..Unknown::new(Why::NotInTree, subject, place) }, place)
}
