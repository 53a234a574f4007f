//! Parameters and pseudo parameters.

use std::sync::Arc;

use super::evaluator::Evaluator;
use super::scenario::Pin;
use super::substitute::Places;
use super::template::is_literal;
use crate::source::Origin;
use crate::syntax::node::Node;
use crate::value::{Data, Fact, Number, Unknown, Value, Why};

/// Partitions: how their regions start (the first that fits counts), their name, their URL suffix.
const PARTITIONS: &[(&str, &str, &str)] = &[
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("", "aws", "amazonaws.com"),
];

impl<'t> Evaluator<'t> {
    /// The value of a pseudo parameter: `None` where there is no such, `Some(None)` for `AWS::NoValue`.
    pub(super) fn pseudo(&mut self, name: &str, place: Origin) -> Option<Option<Value>> {
        if let Some(given) = self.settings.parameters.get(name).filter(|_| name.starts_with("AWS::")) {
            return Some(Some(Value::string(given.as_str(), place)));
        }
        if let Some(known) = self.implied(name) {
            return Some(Some(Value::string(known, place)));
        }
        let why = match name {
            "AWS::NoValue" => return Some(None),
            "AWS::AccountId" => Why::Environment(Fact::Account),
            "AWS::Region" => Why::Environment(Fact::Region),
            "AWS::Partition" => Why::Environment(Fact::Partition),
            "AWS::URLSuffix" => Why::Environment(Fact::UrlSuffix),
            "AWS::StackName" => Why::Environment(Fact::Stack),
            // Not the stack's name: two occurrences of one fact count as equal.
            "AWS::StackId" | "AWS::NotificationARNs" => Why::AfterApply,
            _ => return None,
        };
        Some(Some(Value::unknown(Unknown::new(why, name, place), place)))
    }

    /// What follows for a pseudo parameter from those that are given: a region lies in one partition.
    fn implied(&self, name: &str) -> Option<&'static str> {
        let given = |name: &str| self.settings.parameters.get(name).map(String::as_str);
        let partition = || match (given("AWS::Partition"), given("AWS::Region")) {
            (_, Some(region)) => PARTITIONS.iter().find(|(prefix, ..)| region.starts_with(prefix)),
            (Some(partition), None) => PARTITIONS.iter().find(|(_, name, _)| *name == partition),
            (None, None) => None,
        };
        match name {
            "AWS::Partition" => partition().map(|(_, name, _)| *name),
            "AWS::URLSuffix" => partition().map(|(.., suffix)| *suffix),
            _ => None,
        }
    }

    /// The value of a parameter.
    pub(super) fn parameter(&mut self, name: &str, place: Origin) -> Option<Value> {
        let (id, (key, node)) = self.template.parameters.get_key_value(name).map(|(id, pair)| (*id, *pair))?;
        let value = match self.parameters.get(id) {
            Some(known) => known.clone(),
            None => {
                let value = self.parameter_value(id, key, node);
                self.parameters.insert(id, value.clone());
                value
            }
        };
        // A value stands where it was written; what is not known stands where it is asked for.
        Some(if value.as_unknown().is_some() { value.at(place) } else { value })
    }

    fn parameter_value(&mut self, name: &str, key: &Node, node: &'t Node) -> Value {
        let place = self.origin(key);
        let kind = node.get("Type").and_then(Node::as_str).unwrap_or("String");
        let sensitive = self.is_no_echo(node);
        let subject: Arc<str> = format!("Parameter {name}").into();
        if kind.starts_with("AWS::SSM::Parameter::Value") {
            return Value::unknown(Unknown::new(Why::DataSource, subject, place), place).marked(sensitive);
        }
        if let Some(given) = self.settings.parameters.get(name) {
            return typed(kind, given, &Places::whole(place), place).marked(sensitive);
        }
        if let Some(default) = self.default_of(node) {
            return default;
        }
        let allowed = node.get("AllowedValues").and_then(Node::as_sequence).unwrap_or_default();
        let candidates = match self.pins.get(name) {
            Some(Pin::Is(value)) => return value.clone().marked(sensitive),
            Some(Pin::OneOf(values)) => values.clone(),
            _ => {
                let literals = allowed.iter().filter(|node| is_literal(node));
                literals.filter_map(|node| self.literal(kind, node)).collect()
            }
        };
        let unknown = Unknown { candidates, ..Unknown::new(Why::NoValue, subject, place) };
        Value::unknown(unknown, place).marked(sensitive)
    }

    /// The default of a parameter, as a value of its type.
    pub(super) fn default_of(&self, node: &'t Node) -> Option<Value> {
        let kind = node.get("Type").and_then(Node::as_str).unwrap_or("String");
        let default = node.get("Default").filter(|node| is_literal(node))?;
        Some(self.literal(kind, default)?.marked(self.is_no_echo(node)))
    }

    pub(super) fn is_no_echo(&self, node: &Node) -> bool {
        node.get("NoEcho").and_then(Node::as_str).is_some_and(|text| {
            let text = text.to_ascii_lowercase();
            matches!(text.as_str(), "true" | "yes" | "on")
        })
    }

    fn literal(&self, kind: &str, node: &Node) -> Option<Value> {
        let text = node.as_str()?;
        Some(typed(kind, text, &self.places(node), self.origin(node)))
    }
}

/// The text of a parameter as a value of its type.
pub(super) fn typed(kind: &str, text: &str, places: &Places, origin: Origin) -> Value {
    if kind == "Number"
        && let Some(number) = Number::parse(text).filter(|number| number.to_string() == text)
    {
        return Value::new(Data::Number(number), origin);
    }
    if kind != "CommaDelimitedList" && !kind.starts_with("List<") {
        return Value::string(text, origin);
    }
    let mut items = Vec::new();
    let mut at = 0;
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let start = at + (part.len() - part.trim_start().len());
        let item = part.trim();
        items.push(Value::string(item, places.of(start, start + item.len())));
        at += part.len() + 1;
    }
    Value::list(items, origin)
}
