//! The sections of a template, indexed once, and what they become in the model.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::evaluator::{Evaluator, MergeBudget, entries};
use super::{cdk, sam, serverless};
use crate::diagnostic::Diagnostic;
use crate::model::{Change, Mode, Resource, Step, Unit, UnitKind};
use crate::source::{FileId, Origin};
use crate::syntax::node::{Node, NodeKind};
use crate::value::{Data, Map, Truth, Unknown, Value, Why};

/// A pair of a mapping.
pub(super) type Pair<'t> = (&'t Node, &'t Node);

/// The values of a mapping of the `Mappings` section by their two keys.
pub(super) type Table<'t> = BTreeMap<&'t str, BTreeMap<&'t str, &'t Node>>;

/// The sections that are read.
const SECTIONS: &[&str] = &["Conditions", "Globals", "Mappings", "Outputs", "Parameters", "Resources", "Transform"];

/// A template's sections by name.
#[derive(Default)]
pub(super) struct Template<'t> {
    pub(super) parameters: HashMap<&'t str, Pair<'t>>,
    pub(super) mappings: HashMap<&'t str, Table<'t>>,
    pub(super) conditions: HashMap<&'t str, Pair<'t>>,
    pub(super) resources: HashMap<&'t str, Declaration<'t>>,
    /// The keys of `Globals`: `Function`, `StateMachine` …
    pub(super) globals: HashMap<&'t str, &'t Node>,
    /// The logical ids that a transform adds, with their types.
    pub(super) generated: HashMap<String, &'static str>,
    /// Mappings to which a macro or an include may add.
    pub(super) open_mappings: HashSet<&'t str>,
    /// The resources whose events first ask for the REST API and the HTTP API that the transform makes.
    pub(super) implicit_apis: [Option<&'t str>; 2],
    /// A macro or an include may add mappings.
    pub(super) has_open_mappings: bool,
    /// A macro or an include may add names that the text does not have.
    pub(super) has_macro: bool,
    /// The transform of SAM adds resources that are named after those of the text.
    pub(super) is_serverless: bool,
    /// `Fn::ForEach`, `Fn::Length` and `Fn::ToJsonString` may be used.
    pub(super) has_extensions: bool,
    /// Variables of the Serverless Framework may stand anywhere.
    pub(super) is_service: bool,
    /// The `Transform` section.
    pub(super) transform: Option<&'t Node>,
    parameter_order: Vec<Pair<'t>>,
    resource_order: Vec<Declaration<'t>>,
    output_order: Vec<Pair<'t>>,
}

/// A resource as it is declared.
#[derive(Clone, Copy)]
pub(super) struct Declaration<'t> {
    pub(super) id: &'t str,
    pub(super) key: &'t Node,
    pub(super) value: &'t Node,
    pub(super) provider_type: &'t str,
}

/// Whether a tree is a CloudFormation template: resources with types, or resources and a section that only templates have.
pub fn is_template(root: &Node) -> bool {
    let Some(resources) = root.get("Resources").and_then(Node::as_mapping) else { return false };
    let is_typed = |(_, resource): &(Node, Node)| {
        resource.get("Type").and_then(Node::as_str).is_some_and(|name| name.contains("::"))
    };
    root.get("AWSTemplateFormatVersion").is_some() || root.get("Transform").is_some() || resources.iter().any(is_typed)
}

impl<'t> Template<'t> {
    pub(super) fn new(root: &'t Node, budget: &mut MergeBudget) -> Template<'t> {
        let is_service = serverless::is_rewritten(root);
        let mut template = Template { is_service, has_macro: is_service, ..Template::default() };
        for (key, section) in entries(root, budget) {
            let name = key.as_str().unwrap_or("");
            if !SECTIONS.contains(&name) {
                continue;
            }
            let pairs = entries(section, budget);
            match name {
                "Parameters" => template.parameter_order = last_of_each(pairs),
                "Outputs" => template.output_order = last_of_each(pairs),
                "Conditions" => template.conditions = named(pairs).collect(),
                "Mappings" => {
                    for (name, (_, table)) in named(pairs) {
                        let mut rows = Table::new();
                        for (top, (_, row)) in named(entries(table, budget)) {
                            rows.insert(top, named(entries(row, budget)).map(|(key, (_, leaf))| (key, leaf)).collect());
                        }
                        let is_open = |name: &str| name == "Fn::Transform";
                        template.has_open_mappings |= is_open(name);
                        if rows.iter().any(|(top, row)| is_open(top) || row.contains_key("Fn::Transform")) {
                            template.open_mappings.insert(name);
                        }
                        template.mappings.insert(name, rows);
                    }
                }
                "Globals" => template.globals = named(pairs).map(|(name, (_, value))| (name, value)).collect(),
                "Transform" => {
                    for one in section.as_sequence().unwrap_or(std::slice::from_ref(section)) {
                        match one.as_str() {
                            Some("AWS::LanguageExtensions") => template.has_extensions = true,
                            Some("AWS::Serverless-2016-10-31") => template.is_serverless = true,
                            _ => template.has_macro = true,
                        }
                    }
                    template.transform = Some(section);
                }
                "Resources" => {
                    for (id, (key, value)) in named(last_of_each(pairs)) {
                        let provider_type = value.get("Type").filter(|node| is_literal(node)).and_then(Node::as_str);
                        let provider_type = provider_type.unwrap_or("");
                        let declaration = Declaration { id, key, value, provider_type };
                        if let Some(role) = sam::generated_role(&declaration) {
                            template.generated.insert(role, sam::ROLE);
                        }
                        for (nth, asked) in sam::implicit_apis(&declaration).into_iter().enumerate() {
                            if asked && let Some(first) = template.implicit_apis.get_mut(nth) {
                                first.get_or_insert(id);
                            }
                        }
                        template.has_macro |= id == "Fn::Transform";
                        template.is_serverless |= provider_type.starts_with("AWS::Serverless::");
                        template.resources.insert(id, declaration);
                        template.resource_order.push(declaration);
                    }
                }
                _ => {}
            }
        }
        template.parameters = named(template.parameter_order.clone()).collect();
        template
    }
}

fn named<'t>(pairs: Vec<Pair<'t>>) -> impl Iterator<Item = (&'t str, Pair<'t>)> {
    pairs.into_iter().filter_map(|pair| Some((pair.0.as_str()?, pair)))
}

/// Of pairs with the same key the last one.
fn last_of_each(pairs: Vec<Pair<'_>>) -> Vec<Pair<'_>> {
    let last: HashMap<&str, usize> =
        pairs.iter().enumerate().filter_map(|(nth, p)| Some((p.0.as_str()?, nth))).collect();
    if last.len() == pairs.len() {
        return pairs;
    }
    let is_last = |(nth, pair): &(usize, Pair<'_>)| pair.0.as_str().is_some_and(|key| last.get(key) == Some(nth));
    pairs.into_iter().enumerate().filter(is_last).map(|(_, pair)| pair).collect()
}

/// A scalar without a function's tag.
pub(super) fn is_literal(node: &Node) -> bool {
    let node = node.target();
    matches!(node.kind, NodeKind::Scalar(..)) && node.tag.as_ref().is_none_or(|(name, _)| name.starts_with("tag:"))
}

impl<'t> Evaluator<'t> {
    /// Everything that the template declares.
    pub(super) fn unit(&mut self) -> Unit {
        self.tell_of_macros();
        let mut resources = Vec::new();
        for pair in self.template.parameter_order.clone() {
            resources.extend(self.parameter_resource(pair));
        }
        for declaration in self.template.resource_order.clone() {
            self.resource(declaration, &mut resources);
        }
        for pair in self.template.output_order.clone() {
            resources.extend(self.output(pair));
        }
        self.check_conditions();
        // What comes from another template, or from a transform, stands where its cause stands.
        let place = |resource: &Resource| resource.chain.first().map_or(resource.extent, |step| step.origin).span.start;
        resources.sort_by_key(place);
        Unit::new(UnitKind::CloudFormation, self.source.path(), resources)
    }

    fn parameter_resource(&mut self, (key, value): Pair<'t>) -> Option<Resource> {
        let name = key.as_str()?;
        let origin = self.origin(key);
        self.check_parameter(name, key, value);
        let mut fields = vec![("sensitive", Value::bool(self.is_no_echo(value), origin))];
        if let Some(default) = self.default_of(value) {
            fields.push(("default", default));
        }
        for (field, key) in [("type", "Type"), ("description", "Description")] {
            if let Some(node) = value.get(key).filter(|node| is_literal(node)) {
                fields.push((field, Value::string(node.as_str().unwrap_or(""), self.origin(node))));
            }
        }
        let attributes = Value::fields(fields, self.origin(value));
        Some(self.entry(format!("Parameters/{name}"), Resource::PARAMETER, Mode::Parameter, attributes, (key, value)))
    }

    fn output(&mut self, (key, value): Pair<'t>) -> Option<Resource> {
        let name = key.as_str()?;
        if name == "Fn::Transform" {
            self.not_expanded(key);
            return None;
        }
        let (possible, assumed) = self.existence("Outputs", name, value)?;
        let fields = self.assuming(assumed, |evaluator| {
            let mut fields = vec![("sensitive", Value::bool(false, evaluator.origin(key)))];
            for (field, key) in [("value", "Value"), ("description", "Description")] {
                let found = value.get(key).and_then(|node| evaluator.evaluate(node));
                fields.extend(found.map(|value| (field, value)));
            }
            fields
        });
        let attributes = Value::fields(fields, self.origin(value));
        let address = format!("Outputs/{name}");
        let output = self.entry(address, Resource::OUTPUT, Mode::Output, attributes, (key, value));
        Some(Resource { possible, ..output })
    }

    fn resource(&mut self, declaration: Declaration<'t>, resources: &mut Vec<Resource>) {
        let Declaration { id, key, value, provider_type } = declaration;
        if id == "Fn::Transform" {
            return self.not_expanded(key);
        }
        if provider_type.is_empty() {
            let place = value.get("Type").map_or(self.origin(key), |node| self.origin(node));
            let message = match value.get("Type") {
                Some(_) => format!("the type of the resource `{id}` is not a plain name"),
                None => format!("the resource `{id}` has no `Type`"),
            };
            return self.tell(Diagnostic::error("cfn-type", message).at(place, ""));
        }
        let Some((possible, assumed)) = self.existence("Resources", id, value) else { return };
        self.check_dependencies(id, value);
        self.tell_of_module(provider_type, self.origin(key));
        let mut attributes = self.assuming(assumed, |evaluator| evaluator.properties(key, value));
        let setup = self.assuming(assumed, |evaluator| evaluator.setup_metadata(value));
        if let (Some(entry), Data::Map(map)) = (setup, &mut attributes.data) {
            Arc::make_mut(map).insert(entry);
        }
        let pair = (key, value);
        let mut resource = self.entry(id.to_owned(), provider_type, Mode::Managed, attributes, pair);
        resource.possible = possible;
        let made = self.assuming(assumed, |evaluator| evaluator.expand_serverless(declaration, &mut resource));
        let inner = self.nested_resources(declaration, &resource);
        resources.push(resource);
        resources.extend(made);
        resources.extend(inner);
    }

    /// The properties of a resource: always a map.
    fn properties(&mut self, key: &'t Node, value: &'t Node) -> Value {
        let nothing = Value::map(Vec::new(), self.origin(key));
        let Some(node) = value.get("Properties") else { return nothing };
        let Some(properties) = self.evaluate(node) else { return nothing };
        match &properties.data {
            Data::Map(_) => properties,
            Data::Unknown(unknown) => {
                let mut map = Map::default();
                map.rest = Some(unknown.clone());
                Value::new(Data::Map(Arc::new(map)), properties.origin)
            }
            _ => nothing,
        }
    }

    /// Whether something with a `Condition` exists: `None` where it does not, else why it may not, and the condition
    /// that holds where it does.
    fn existence(
        &mut self,
        section: &'static str,
        name: &str,
        value: &'t Node,
    ) -> Option<(Option<Arc<Unknown>>, Option<&'t str>)> {
        let is_open = !self.open.is_empty();
        let open = is_open.then(|| self.open.get(&(section, name.to_owned())).cloned()).flatten();
        let Some(node) = value.get("Condition") else { return Some((open, None)) };
        let place = self.origin(node);
        let Some(name) = node.as_str() else {
            let unknown = Unknown::new(Why::Invalid, "Condition", place);
            self.tell(Diagnostic::warning("cfn-condition", "a condition is named by a plain string").at(place, ""));
            return Some((Some(Arc::new(unknown)), None));
        };
        match self.condition(name, place) {
            Truth::False => None,
            Truth::True => Some((open, Some(name))),
            Truth::Unknown => Some((Some(Arc::new(Unknown::new(Why::Condition, name, place))), Some(name))),
        }
    }

    fn not_expanded(&mut self, key: &Node) {
        let name = key.as_str().unwrap_or("").to_owned();
        let place = self.origin(key);
        self.tell(Diagnostic::warning("cfn-not-expanded", format!("`{name}` is not expanded")).at(place, ""));
    }

    /// An entry of the model for a pair of a section.
    pub(super) fn entry(
        &self,
        address: impl Into<Arc<str>>,
        provider_type: &str,
        mode: Mode,
        attributes: Value,
        (key, value): Pair<'_>,
    ) -> Resource {
        Resource {
            address: address.into(),
            provider_type: provider_type.into(),
            mode,
            attributes,
            origin: self.origin(key),
            extent: Origin { file: self.file, span: key.span.join(value.span) },
            change: Change::Create,
            possible: None,
            chain: Arc::<[Step]>::from([]),
            construct: cdk::construct_of(value),
            account: None,
        }
    }
}

/// Where a node stands; an alias leads to the node that it stands for.
pub(super) fn origin_of(file: FileId, node: &Node) -> Origin {
    Origin { file, span: node.target().span }
}
