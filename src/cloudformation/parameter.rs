//! Parameters and pseudo parameters.

use std::sync::Arc;

use super::evaluator::Evaluator;
use super::scenario::Pin;
use super::substitute::Places;
use super::template::is_literal;
use crate::diagnostic::Diagnostic;
use crate::source::Origin;
use crate::syntax::node::Node;
use crate::value::{Data, Fact, Number, Unknown, Value, Why};

/// A parameter with more allowed values is taken for one with any value.
const MAX_ALLOWED: usize = 256;

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
        if let Some((given, _)) = self.given(name, place).filter(|_| name.starts_with("AWS::")) {
            return Some(Some(Value::string(given, place)));
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

    /// The value that is given to a parameter from outside, and where it stands: `place` for the command line.
    fn given(&self, name: &str, place: Origin) -> Option<(&'t str, Origin)> {
        let named = self.settings.parameters.get(name).map(|text| (text.as_str(), place));
        named.or_else(|| {
            let given = self.settings.given.get(name)?;
            // An excerpt around the value would show the secrets beside it.
            let origin = if self.stands_with_secrets(given.origin) { place } else { given.origin };
            Some((given.text.as_str(), origin))
        })
    }

    /// Tells of a value that the parameter does not allow.
    pub(super) fn check_parameter(&mut self, name: &str, key: &Node, node: &'t Node) {
        let default = node.get("Default").filter(|node| is_literal(node));
        let default = default.and_then(|node| Some((node.as_str()?, self.origin(node))));
        let Some((text, place)) = self.given(name, self.origin(key)).or(default) else { return };
        let kind = node.get("Type").and_then(Node::as_str).unwrap_or("String");
        if kind.starts_with("AWS::SSM::") {
            return;
        }
        let is_hidden = self.is_no_echo(node);
        let shown = |text: &str| if is_hidden { "the value".to_owned() } else { format!("`{text}`") };
        let items: Vec<&str> = if is_list(kind) { text.split(',').map(str::trim).collect() } else { vec![text] };
        if matches!(kind, "Number" | "List<Number>")
            && let Some(wrong) = items.iter().find(|item| Number::parse(item).is_none())
        {
            let message = format!("{} is no number, as the parameter `{name}` wants one", shown(wrong));
            self.tell(Diagnostic::warning("cfn-parameter", message).at(place, ""));
        }
        let Some((allowed_key, allowed)) = node.pair("AllowedValues") else { return };
        let Some(allowed) = allowed.as_sequence() else { return };
        let is_allowed = |item: &&str| allowed.iter().any(|node| node.as_str() == Some(*item));
        // An allowed value may be a whole list.
        if let Some(wrong) = items.iter().find(|item| !is_allowed(item) && !is_allowed(&text)) {
            let message = format!("{} is no allowed value of the parameter `{name}`", shown(wrong));
            let diagnostic = Diagnostic::warning("cfn-parameter", message).at(place, "");
            self.tell(diagnostic.at(self.origin(allowed_key), "these are allowed"));
        }
    }

    /// Whether a file of values that a place is in has one for a parameter that must not be shown.
    fn stands_with_secrets(&self, place: Origin) -> bool {
        let mut given = self.settings.given.iter().filter(|(_, given)| given.origin.file == place.file);
        given.any(|(name, _)| self.template.parameters.get(&**name).is_some_and(|(_, node)| self.is_no_echo(node)))
    }

    /// What follows for a pseudo parameter from those that are given: a region lies in one partition.
    fn implied(&self, name: &str) -> Option<&'static str> {
        let given = |name: &str| Some(self.given(name, Origin::NONE)?.0);
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
        if let Some(input) = self.nested_input(name, kind) {
            return input.marked(sensitive);
        }
        if let Some((given, origin)) = self.given(name, place) {
            return typed(kind, given, &Places::whole(origin), origin).marked(sensitive);
        }
        if let Some(default) = self.default_of(node) {
            return default;
        }
        let allowed = node.get("AllowedValues").and_then(Node::as_sequence).unwrap_or_default();
        let candidates = match self.pins.get(name) {
            Some(Pin::Is(value)) => return value.clone().marked(sensitive),
            Some(Pin::OneOf(values)) => values.clone(),
            _ => {
                // Of a list each element is one of the values: too many to name.
                let is_bounded = !is_list(kind) && allowed.len() <= MAX_ALLOWED;
                let literals = allowed.iter().filter(|_| is_bounded).filter(|node| is_literal(node));
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

/// The partition that a region lies in.
pub(super) fn partition_of(region: &str) -> &'static str {
    PARTITIONS.iter().find(|(prefix, ..)| region.starts_with(prefix)).map_or("aws", |(_, name, _)| name)
}

/// Whether values of a type are lists.
fn is_list(kind: &str) -> bool {
    kind == "CommaDelimitedList" || kind.starts_with("List<")
}

/// The text of a parameter as a value of its type.
pub(super) fn typed(kind: &str, text: &str, places: &Places, origin: Origin) -> Value {
    if kind == "Number"
        && let Some(number) = Number::parse(text).filter(|number| number.to_string() == text)
    {
        return Value::new(Data::Number(number), origin);
    }
    if !is_list(kind) {
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
