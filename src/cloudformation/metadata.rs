//! What a template says besides its resources' properties: how instances set themselves up, macros and modules.

use super::evaluator::Evaluator;
use crate::diagnostic::Diagnostic;
use crate::source::Origin;
use crate::syntax::node::Node;
use crate::value::{Data, Entry, List, Map, Value};

/// The sections of a resource's metadata that hold files, commands and credentials.
const SETUP: &[&str] = &["AWS::CloudFormation::Authentication", "AWS::CloudFormation::Init"];

/// Keys of `AWS::CloudFormation::Authentication` whose value is a secret.
const SECRETS: &[&str] = &["password", "secretKey"];

/// Transforms of the service itself: what they do is known, or does not touch what is there.
const KNOWN_TRANSFORMS: &[&str] = &[
    "AWS::CodeDeployBlueGreen",
    "AWS::CodeStar",
    "AWS::EC2::Image",
    "AWS::Include",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
    "AWS::ServiceCatalog",
];

/// Whether resources of a type stand for a module of the registry, whose own resources are named after them.
pub(super) fn is_module(provider_type: &str) -> bool {
    provider_type.ends_with("::MODULE")
}

impl<'t> Evaluator<'t> {
    /// Says of a module that what it deploys is not known.
    pub(super) fn tell_of_module(&mut self, provider_type: &str, place: Origin) {
        if is_module(provider_type) {
            let message =
                format!("the module `{provider_type}` is not in the scanned tree: what it deploys is not known");
            self.tell(Diagnostic::warning("cfn-module", message).at(place, ""));
        }
    }

    /// The metadata by which an instance sets itself up, as an attribute of its resource.
    pub(super) fn setup_metadata(&mut self, resource: &'t Node) -> Option<Entry> {
        let (key, metadata) = resource.pair("Metadata")?;
        let mut found = Vec::new();
        for name in SETUP {
            let Some((key, node)) = metadata.pair(name) else { continue };
            if let Some(value) = self.evaluate(node) {
                found.push(Entry { key: (*name).into(), key_origin: self.origin(key), value: hidden(value) });
            }
        }
        let value = Value::map(found, self.origin(metadata));
        let is_empty = value.as_map().is_none_or(|map| map.entries().is_empty());
        (!is_empty).then(|| Entry { key: "Metadata".into(), key_origin: self.origin(key), value })
    }

    /// Says of each macro of the template that what it does is not known.
    pub(super) fn tell_of_macros(&mut self) {
        let Some(section) = self.template.transform else { return };
        let names = section.as_sequence().unwrap_or(std::slice::from_ref(section));
        for node in names {
            let named = node.as_str().or_else(|| node.get("Name").and_then(Node::as_str));
            let Some(name) = named.filter(|name| !KNOWN_TRANSFORMS.contains(name)) else { continue };
            let message = format!("the macro `{name}` is not run: what it changes in the template is not known");
            self.tell(Diagnostic::warning("cfn-macro", message).at(self.origin(node), ""));
        }
    }
}

/// The value with its secrets marked.
fn hidden(value: Value) -> Value {
    let data = match &value.data {
        Data::Map(map) => {
            let entry = |entry: &Entry| {
                let is_secret = SECRETS.contains(&&*entry.key);
                Entry { value: hidden(entry.value.clone()).marked(is_secret), ..entry.clone() }
            };
            let mut hidden = Map::new(map.entries().iter().map(entry).collect());
            hidden.rest.clone_from(&map.rest);
            Data::Map(std::sync::Arc::new(hidden))
        }
        Data::List(list) => {
            let items = list.items.iter().cloned().map(hidden).collect();
            Data::List(std::sync::Arc::new(List { items, rest: list.rest.clone(), is_set: list.is_set }))
        }
        _ => return value,
    };
    Value { data, ..value }
}
