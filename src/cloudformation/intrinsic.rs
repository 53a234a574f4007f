//! The intrinsic functions: short (`!Ref`) and long (`Ref:`) forms are one thing.

use std::sync::Arc;

use super::condition::truth_value;
use super::evaluator::Evaluator;
use crate::diagnostic::Diagnostic;
use crate::source::Origin;
use crate::syntax::node::{Node, NodeKind};
use crate::value::{Data, Text, Truth, Unknown, Value, Why};

/// More candidates than this say nothing any more.
pub(super) const MAX_CANDIDATES: usize = 64;

/// A call of an intrinsic function.
pub(super) struct Call<'t> {
    /// The name without `Fn::`.
    pub(super) name: &'t str,
    pub(super) argument: &'t Node,
    /// The call as a whole, its tag or key included.
    pub(super) place: Origin,
    /// The argument carries the function's own tag.
    is_short: bool,
}

impl<'t> Call<'t> {
    /// The name as the long form has it.
    pub(super) fn full_name(&self) -> String {
        match self.name {
            "Ref" | "Condition" => self.name.to_owned(),
            name => format!("Fn::{name}"),
        }
    }

    /// The arguments, where they stand in a list.
    pub(super) fn arguments(&self) -> Option<&'t [Node]> {
        let node = self.argument.target();
        if self.is_short || node.tag.is_none() { node.as_sequence() } else { None }
    }
}

impl<'t> Evaluator<'t> {
    /// The call that a node is, if it is one.
    pub(super) fn call_of(&self, node: &'t Node) -> Option<Call<'t>> {
        let call = self.condition_call_of(node)?;
        // `Condition` is a common key of policy statements.
        (call.is_short || call.name != "Condition").then_some(call)
    }

    /// The call that a node is where a condition is expected.
    pub(super) fn condition_call_of(&self, node: &'t Node) -> Option<Call<'t>> {
        let node = node.target();
        let mut place = self.origin(node);
        if let Some((name, span)) = &node.tag {
            if name.starts_with("tag:") {
                return None;
            }
            place.span = place.span.join(*span);
            return Some(Call { name, argument: node, place, is_short: true });
        }
        let NodeKind::Mapping(pairs) = &node.kind else { return None };
        let [(key, argument)] = pairs.as_slice() else { return None };
        let name = match key.as_str()? {
            name @ ("Ref" | "Condition") => name,
            long => long.strip_prefix("Fn::").filter(|name| !name.starts_with("ForEach"))?,
        };
        Some(Call { name, argument, place, is_short: false })
    }

    /// The value of a call's argument.
    pub(super) fn argument(&mut self, call: &Call<'t>) -> Option<Value> {
        if call.is_short { Some(self.plain(call.argument)) } else { self.evaluate(call.argument) }
    }

    /// The value of a call; `None` for `AWS::NoValue`.
    pub(super) fn call(&mut self, call: &Call<'t>) -> Option<Value> {
        let place = call.place;
        if matches!(call.name, "Length" | "ToJsonString") {
            self.check_extensions(&call.full_name(), place);
        }
        if let Some(truth) = self.truth_of_call(call) {
            let subject = call.argument.as_str().filter(|_| call.name == "Condition");
            return Some(truth_value(truth, subject.unwrap_or(&call.full_name()), place));
        }
        Some(match call.name {
            "Ref" => match self.literal_argument(call) {
                Some(name) => return self.reference(name, place),
                None => return self.computed_reference(call),
            },
            "If" => return self.if_call(call),
            "GetAtt" => match self.attribute_path(call.argument.target()) {
                Some((Some(id), Some(name))) => self.attribute(&id, &name, place),
                Some((None, _)) => unknown(Why::Function, "an attribute of a computed resource", place),
                Some((Some(id), None)) => unknown(Why::Function, &format!("an attribute of {id}"), place),
                None => self.malformed_call(call, "a resource and an attribute"),
            },
            "Sub" => self.sub_call(call),
            "Join" => self.join_call(call),
            "Select" => self.select_call(call),
            "Split" => self.split_call(call),
            "FindInMap" => return self.find_in_map_call(call),
            // What is encoded is what a person wrote and what a rule asks about: it stays readable.
            "Base64" => return self.argument(call),
            "ToJsonString" => {
                let value = self.argument(call)?;
                if !matches!(value.data, Data::List(_) | Data::Map(_) | Data::Unknown(_)) {
                    return Some(self.malformed_call(call, "an object or a list"));
                }
                Value::new(Data::Text(Arc::new(Text::of_json(value))), place)
            }
            "Length" => self.length_call(call),
            "ImportValue" => {
                let name = self.argument(call).and_then(|name| Some(name.as_str()?.to_owned()));
                unknown(Why::DataSource, &format!("Fn::ImportValue {}", name.unwrap_or_default()), place)
            }
            "GetStackOutput" => self.stack_output_call(call),
            "GetAZs" => self.zones_call(call),
            "Cidr" => self.cidr_call(call),
            // What a loop over an unknown collection puts in the place of its identifier.
            "ForEach" if call.is_short => match self.argument(call).as_ref().map(Value::elements) {
                Some([Value { data: Data::Unknown(cause), .. }]) => derived(cause, place),
                Some([Value { data: Data::List(list), .. }]) if list.rest.is_some() => match &list.rest {
                    Some(rest) => derived(rest, place),
                    None => unknown(Why::Function, "Fn::ForEach", place),
                },
                _ => self.malformed_call(call, "its place in a section or a map"),
            },
            "Transform" | "GetParam" => unknown(Why::Function, &call.full_name(), place),
            name => {
                let message = format!("there is no function `{name}`");
                self.invalid("cfn-function", name, message, place)
            }
        })
    }

    /// An output of another stack, which the deployment looks up.
    fn stack_output_call(&mut self, call: &Call<'t>) -> Value {
        let Some(value) = self.argument(call) else { return self.malformed_call(call, "a stack and an output") };
        if let (None, Some(cause)) = (value.as_map(), value.first_unknown()) {
            return derived(cause, call.place);
        }
        let (Some(stack), Some(output)) = (value.get("StackName"), value.get("OutputName")) else {
            return self.malformed_call(call, "a stack and an output");
        };
        let subject = match (stack.as_str(), output.as_str()) {
            // Of another region or account, the same names mean something else.
            (Some(stack), Some(output)) if value.as_map().is_some_and(|map| map.entries().len() == 2) => {
                format!("Fn::GetStackOutput {stack}.{output}")
            }
            _ => "Fn::GetStackOutput".to_owned(),
        };
        unknown(Why::DataSource, &subject, call.place)
    }

    fn literal_argument(&self, call: &Call<'t>) -> Option<&'t str> {
        let node = call.argument.target();
        if call.is_short || node.tag.is_none() { node.as_str() } else { None }
    }

    /// Tells of something that a transform adds to the language, where the template does not ask for it.
    pub(super) fn check_extensions(&mut self, what: &str, place: Origin) {
        if !self.template.has_extensions && !self.template.has_macro {
            let message = format!("`{what}` needs the transform `AWS::LanguageExtensions`");
            self.tell(Diagnostic::warning("cfn-transform", message).at(place, ""));
        }
    }

    /// A `Ref` whose name is computed, which `AWS::LanguageExtensions` allows.
    fn computed_reference(&mut self, call: &Call<'t>) -> Option<Value> {
        if self.call_of(call.argument).is_none() || call.is_short {
            return Some(self.malformed_call(call, "a name"));
        }
        let name = self.evaluate(call.argument)?;
        match (name.as_str(), name.first_unknown()) {
            (Some(name), _) => self.reference(name, call.place),
            (None, Some(cause)) => Some(derived(cause, call.place)),
            (None, None) => Some(self.malformed_call(call, "a name")),
        }
    }

    /// An unknown value for a call with the wrong arguments, and the warning.
    pub(super) fn malformed_call(&mut self, call: &Call<'t>, wanted: &str) -> Value {
        let name = call.full_name();
        self.invalid("cfn-function", &name, format!("`{name}` takes {wanted}"), call.place)
    }

    fn if_call(&mut self, call: &Call<'t>) -> Option<Value> {
        let place = call.place;
        let Some([name, then, otherwise]) = call.arguments() else {
            return Some(self.malformed_call(call, "a condition and two values"));
        };
        let Some(name) = name.as_str() else {
            return Some(self.malformed_call(call, "the name of a condition and two values"));
        };
        let branch = |evaluator: &mut Self, node: &'t Node, holds: bool| {
            evaluator.assumed.push((name, holds));
            let value = evaluator.evaluate(node);
            evaluator.assumed.pop();
            value
        };
        match self.condition(name, place) {
            Truth::True => self.evaluate(then),
            Truth::False => self.evaluate(otherwise),
            Truth::Unknown => {
                let then = branch(self, then, true).unwrap_or_else(|| Value::null(place));
                let otherwise = branch(self, otherwise, false).unwrap_or_else(|| Value::null(place));
                if then.equals(&otherwise).is_true() && !then.is_null() {
                    return Some(then);
                }
                let sensitive = then.sensitive || otherwise.sensitive;
                let candidates = vec![then, otherwise];
                let unknown = Unknown { candidates, ..Unknown::new(Why::Condition, name, place) };
                Some(Value::unknown(unknown, place).marked(sensitive))
            }
        }
    }
}

/// An unknown value without further knowledge.
pub(super) fn unknown(why: Why, subject: &str, place: Origin) -> Value {
    Value::unknown(Unknown::new(why, subject, place), place)
}

/// The reason for a value that was computed from an unknown one: not the same value any more.
pub(super) fn derive(cause: &Unknown, place: Origin) -> Unknown {
    let why = match cause.why {
        Why::Environment(_) => Why::Condition,
        why => why,
    };
    Unknown { derived: true, ..Unknown::new(why, cause.subject.clone(), place) }
}

pub(super) fn derived(cause: &Unknown, place: Origin) -> Value {
    Value::unknown(derive(cause, place), place)
}
