//! `Ref` and `Fn::GetAtt`: parameters, resources and their attributes.

use super::evaluator::Evaluator;
use super::sam;
use super::template::Declaration;
use crate::diagnostic::Diagnostic;
use crate::model::identified_by;
use crate::source::Origin;
use crate::syntax::node::Node;
use crate::value::{Reference, Unknown, Value, Why};

impl<'t> Evaluator<'t> {
    /// What `Ref` gives for a name; `None` for `AWS::NoValue`.
    pub(super) fn reference(&mut self, name: &str, place: Origin) -> Option<Value> {
        if let Some((_, value)) = self.bindings.iter().rev().find(|(bound, _)| **bound == *name) {
            return Some(value.clone());
        }
        if let Some(value) = self.pseudo(name, place) {
            return value;
        }
        if let Some(value) = self.parameter(name, place) {
            self.offer(&value);
            return Some(value);
        }
        if let Some(declaration) = self.template.resources.get(name).copied() {
            if !self.defining.is_empty() {
                let message = format!("a condition cannot refer to the resource `{name}`");
                return Some(self.invalid("cfn-condition", name, message, place));
            }
            if let Some(property) = identified_by(declaration.provider_type)
                && let Some(known) = self.known_property(declaration, property, place)
            {
                return Some(known.at(place));
            }
            return Some(attribute(declaration.id, declaration.provider_type, "Ref", place));
        }
        Some(match self.generated(name, "Ref", place) {
            Some(value) => value,
            None => {
                let message = format!("there is no parameter or resource `{name}`");
                self.invalid("cfn-reference", name, message, place)
            }
        })
    }

    /// What `Fn::GetAtt` gives.
    pub(super) fn attribute(&mut self, id: &str, name: &str, place: Origin) -> Value {
        if let Some(declaration) = self.template.resources.get(id).copied() {
            if let Some(output) = self.nested_output(declaration, name, place) {
                return output;
            }
            // An attribute of the name of a property is what the property says.
            return match self.known_property(declaration, name, place) {
                Some(known) => known.at(place),
                None => attribute(declaration.id, declaration.provider_type, name, place),
            };
        }
        match self.generated(id, name, place) {
            Some(value) => value,
            None => {
                self.invalid("cfn-reference", &format!("{id}.{name}"), format!("there is no resource `{id}`"), place)
            }
        }
    }

    fn generated(&self, id: &str, name: &str, place: Origin) -> Option<Value> {
        if let Some(provider_type) = self.template.generated.get(id) {
            return Some(attribute(id, provider_type, name, place));
        }
        let subject = if name == "Ref" { id.to_owned() } else { format!("{id}.{name}") };
        let unknown = Unknown::new(Why::AfterApply, subject, place);
        self.may_be_generated(id).then(|| Value::unknown(unknown, place))
    }

    /// Whether a transform may make a resource of this name.
    fn may_be_generated(&self, id: &str) -> bool {
        let template = &self.template;
        // Logical ids have at most 255 characters.
        let starts = || (1..id.len().min(256)).filter_map(|end| id.get(..end));
        let is_after = |test: &dyn Fn(&str) -> bool| {
            starts().any(|id| template.resources.get(id).is_some_and(|resource| test(resource.provider_type)))
        };
        let is_of_transform = || {
            let is_shared = id.starts_with("Serverless") || id == sam::DEPLOYMENT_ROLE;
            is_shared || is_after(&|provider_type| provider_type.starts_with("AWS::Serverless::"))
        };
        template.has_macro
            || template.generated.contains_key(id)
            || (template.is_serverless && is_of_transform())
            || is_after(&super::metadata::is_module)
    }

    /// Tells of dependencies on nothing.
    pub(super) fn check_dependencies(&mut self, id: &str, value: &'t Node) {
        let Some(node) = value.get("DependsOn") else { return };
        let names = if node.target().tag.is_some() { None } else { node.as_sequence() };
        for one in names.unwrap_or(std::slice::from_ref(node)) {
            let place = self.origin(one);
            let message = match one.as_str().filter(|_| one.target().tag.is_none()) {
                None => "`DependsOn` takes the name of a resource, or a list of names".to_owned(),
                Some(name) if name == id => format!("the resource `{id}` depends on itself"),
                Some(name) if self.template.resources.contains_key(name) || self.may_be_generated(name) => continue,
                Some(name) => format!("there is no resource `{name}`"),
            };
            self.tell(Diagnostic::warning("cfn-reference", message).at(place, ""));
        }
    }

    /// A property of a resource, where it is a string and known as a whole.
    fn known_property(&mut self, declaration: Declaration<'t>, name: &str, place: Origin) -> Option<Value> {
        let key = (declaration.id, name.to_owned());
        let value = match self.properties.get(&key) {
            Some(None) => {
                let message = format!("`{name}` of `{}` depends on itself", declaration.id);
                self.tell(Diagnostic::warning("cfn-cycle", message).at(place, ""));
                return None;
            }
            Some(Some(known)) => known.clone(),
            None => {
                let properties = declaration.value.get("Properties")?;
                let pairs = self.entries(properties);
                let node = pairs.iter().rev().find(|(key, _)| key.as_str() == Some(name)).map(|(_, node)| *node)?;
                self.properties.insert(key.clone(), None);
                let assumed = std::mem::take(&mut self.assumed);
                let value = self.evaluate(node);
                self.assumed = assumed;
                self.properties.insert(key, Some(value.clone()));
                value
            }
        }?;
        value.as_str().is_some().then_some(value)
    }

    /// The two parts of `Fn::GetAtt`'s argument; what is not known of them is left out.
    pub(super) fn attribute_path(&mut self, argument: &'t Node) -> Option<(Option<String>, Option<String>)> {
        if let Some(text) = argument.as_str() {
            let (id, name) = text.split_once('.')?;
            return Some((Some(id.to_owned()), Some(name.to_owned())));
        }
        let [id, name] = argument.as_sequence()? else { return None };
        let mut part = |node: &'t Node| {
            let value = self.evaluate(node)?;
            match value.first_unknown() {
                Some(_) => Some(None),
                None => Some(Some(value.scalar_text()?.into_owned())),
            }
        };
        Some((part(id)?, part(name)?))
    }
}

/// An attribute that is known after the deployment.
pub(super) fn attribute(id: &str, provider_type: &str, name: &str, place: Origin) -> Value {
    let subject = if name == "Ref" { id.to_owned() } else { format!("{id}.{name}") };
    let reference = Reference { address: id.into(), provider_type: provider_type.into(), attribute: name.into() };
    let unknown = Unknown { refers: Some(reference), ..Unknown::new(Why::AfterApply, subject, place) };
    Value::unknown(unknown, place)
}
