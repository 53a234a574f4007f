//! What a configuration asserts of itself: `validation` of variables, `precondition` and `postcondition` of resources.
//! A condition that does not hold stops Terraform; here it is a warning, and the rest is evaluated all the same.

use std::rc::Rc;
use std::sync::Arc;

use super::functions::to_bool;
use super::module::{Layers, Module};
use super::scope::{Evaluator, Frame, Instance};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin};
use crate::syntax::hcl::{Attribute, Block};
use crate::value::Value;

/// What Terraform itself reads of a module call.
const CALL: [&str; 6] = ["source", "version", "count", "for_each", "providers", "depends_on"];

impl Evaluator<'_> {
    /// Checks the variables of an instance against their own `validation` blocks.
    pub(super) fn validate_variables(&self, instance: &Rc<Instance>) {
        let module = instance.module.clone();
        for (name, layers) in &module.variables {
            for (file, block) in &layers.layers {
                for validation in block.body.blocks.iter().filter(|inner| &*inner.kind == "validation") {
                    let what = format!("the value of variable `{name}` is refused");
                    let place =
                        self.variable(instance, name, layers.header()).map_or(Origin::NONE, |value| value.origin);
                    self.assert(validation, &Frame::new(instance, *file), &what, place.or(layers.header()));
                }
            }
        }
    }

    /// Checks what a resource instance asserts, and evaluates what its provisioners are told, so that what Terraform
    /// would refuse in there is said, too.
    pub(super) fn check_resource(&self, layers: &Layers, frame: &Frame<'_>, address: &Arc<str>, attributes: &Value) {
        for (file, block) in &layers.layers {
            let own = "self".into();
            for inner in &block.body.blocks {
                match &*inner.kind {
                    "lifecycle" => {
                        for condition in &inner.body.blocks {
                            let frame = frame.in_file(*file);
                            let what = format!("a {} of `{address}` does not hold", condition.kind);
                            let place = frame.origin(condition.header);
                            match &*condition.kind {
                                "precondition" => self.assert(condition, &frame, &what, place),
                                "postcondition" => {
                                    let frame = frame.bind_owned(&own, attributes.clone());
                                    self.assert(condition, &frame, &what, place);
                                }
                                _ => {}
                            }
                        }
                    }
                    "provisioner" | "connection" => {
                        let frame = frame.in_file(*file).bind_owned(&own, attributes.clone());
                        self.evaluate_all(inner, &frame);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Checks the arguments of a module call against the variables of the module.
    pub(super) fn check_call(&self, call: &str, layers: &Layers, module: &Module) {
        for (file, block) in &layers.layers {
            for argument in &block.body.attributes {
                let name = &argument.name;
                if CALL.contains(&&**name) || module.variables.contains_key(name) {
                    continue;
                }
                let message = format!("the module of `module.{call}` has no variable `{name}`");
                let place = Origin { file: *file, span: argument.name_span };
                self.report(Diagnostic::warning("unsupported-argument", message).at(place, ""));
            }
        }
        for (name, variable) in &module.variables {
            if layers.attribute(name).is_none() && variable.attribute("default").is_none() {
                let message = format!("`module.{call}` gives no value to variable `{name}`, which has no default");
                let diagnostic = Diagnostic::warning("missing-argument", message).at(layers.header(), "called here");
                self.report(diagnostic.at(variable.header(), "declared here"));
            }
        }
    }

    fn evaluate_all(&self, block: &Block, frame: &Frame<'_>) {
        for Attribute { name, value, .. } in &block.body.attributes {
            // Words, not expressions.
            if !matches!(&**name, "when" | "on_failure") {
                self.evaluate_or_unknown(value, frame);
            }
        }
        for inner in &block.body.blocks {
            self.evaluate_all(inner, frame);
        }
    }

    fn assert(&self, block: &Block, frame: &Frame<'_>, what: &str, place: Origin) {
        let attribute = |name: &str| block.body.attributes.iter().find(|attribute| &*attribute.name == name);
        let Some(condition) = attribute("condition") else { return };
        let holds = self.evaluate_or_unknown(&condition.value, frame);
        if to_bool(&holds) != Some(false) {
            return;
        }
        let said = attribute("error_message").map(|message| self.evaluate_or_unknown(&message.value, frame));
        let said = said.filter(|said| !said.holds_sensitive()).and_then(|said| said.as_str().map(str::to_owned));
        let reason = said.map(|said| format!(": {}", said.split_whitespace().collect::<Vec<_>>().join(" ")));
        let message = format!("{what}{}", reason.unwrap_or_default());
        let diagnostic = Diagnostic::warning("failed-condition", message).at(place, "");
        let condition = Origin { file: frame.file, span: condition.value.span };
        self.report(if place.file == FileId::NONE { diagnostic } else { diagnostic.at(condition, "this is false") });
    }
}
