//! The `configuration` section of a plan: which expression gave an attribute, and what it refers to.
//!
//! The section does not hold expressions, only the names that occur in them. An attribute is taken for a plain reference
//! where one resource attribute alone occurs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::provider::Providers;

/// A module of the configuration.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Module<'a> {
    #[serde(borrow, deserialize_with = "blocks")]
    resources: HashMap<Cow<'a, str>, Block<'a>>,
    #[serde(borrow, deserialize_with = "optional")]
    module_calls: HashMap<String, Call<'a>>,
    #[serde(borrow, deserialize_with = "optional")]
    outputs: HashMap<String, Output<'a>>,
    #[serde(borrow, deserialize_with = "optional")]
    variables: HashMap<String, Variable<'a>>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(borrow, default)]
    provider_config_key: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    expressions: Lazy<'a>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow, default)]
    expressions: Lazy<'a>,
    #[serde(borrow, default)]
    module: Module<'a>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow, default)]
    expression: Lazy<'a>,
}

#[derive(Deserialize)]
struct Variable<'a> {
    #[serde(borrow, default)]
    default: Option<&'a RawValue>,
}

impl<'a> Module<'a> {
    /// The module that a call of this one leads to.
    pub(super) fn call(&self, name: &str) -> Option<&Module<'a>> {
        self.module_calls.get(name).map(|call| &call.module)
    }

    /// The expressions of a resource, by its address within the module without an instance key.
    pub(super) fn resource(&self, address: &str) -> Option<&Expression> {
        self.resources.get(address).map(|block| block.expressions.read())
    }

    /// The key of the provider configuration that a resource uses.
    pub(super) fn provider_of(&self, address: &str) -> Option<&str> {
        self.resources.get(address)?.provider_config_key.as_deref()
    }

    /// The argument that a module call passes for a variable.
    pub(super) fn argument(&self, call: &str, variable: &str) -> Option<&Expression> {
        self.module_calls.get(call)?.expressions.read().entry(variable)
    }

    /// The expression of an output value.
    pub(super) fn output(&self, name: &str) -> Option<&Expression> {
        self.outputs.get(name).map(|output| output.expression.read())
    }

    /// Whether a variable is a boolean: such a one chooses between values and is no part of them.
    pub(super) fn is_switch(&self, variable: &str) -> bool {
        let default = self.variables.get(variable).and_then(|variable| variable.default);
        default.is_some_and(|raw| matches!(raw.get(), "true" | "false"))
    }
}

#[derive(Deserialize)]
struct Section<'a> {
    #[serde(borrow, default)]
    root_module: Module<'a>,
    #[serde(borrow, default)]
    provider_config: Option<&'a RawValue>,
}

/// The root module of a plan's `configuration` section, and the provider configurations.
///
/// # Errors
/// Whatever serde_json says of it.
pub(super) fn configuration(raw: &RawValue) -> Result<(Module<'_>, Providers), serde_json::Error> {
    let section = serde_json::from_str::<Section<'_>>(raw.get())?;
    let providers = section.provider_config.and_then(|raw| serde_json::from_str(raw.get()).ok());
    Ok((section.root_module, providers.unwrap_or_default()))
}

fn optional<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn blocks<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<HashMap<Cow<'a, str>, Block<'a>>, D::Error> {
    let blocks: Vec<Block<'a>> = optional(deserializer)?;
    Ok(blocks.into_iter().map(|block| (block.address.clone(), block)).collect())
}

/// Expressions that are read when they are first asked for.
#[derive(Default)]
struct Lazy<'a> {
    raw: Option<&'a RawValue>,
    expression: OnceLock<Expression>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Lazy<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lazy<'a>, D::Error> {
        Ok(Lazy { raw: Option::<&'a RawValue>::deserialize(deserializer)?, expression: OnceLock::new() })
    }
}

impl Lazy<'_> {
    fn read(&self) -> &Expression {
        let read = || self.raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
        self.expression.get_or_init(|| read().unwrap_or(Expression::Constant))
    }
}

/// What the configuration tells of an attribute or block.
#[derive(Debug, PartialEq)]
pub(super) enum Expression {
    /// A value without references, and whatever else is of no use.
    Constant,
    /// A value in which these names occur.
    References(Vec<String>),
    /// A text, such as a name among references.
    Text(String),
    /// Repeated blocks, or names.
    List(Vec<Expression>),
    /// A block's attributes, but for the constant ones; sorted by key.
    Map(Vec<(String, Expression)>),
}

impl Expression {
    /// The expression of an attribute.
    pub(super) fn entry(&self, key: &str) -> Option<&Expression> {
        let Expression::Map(entries) = self else { return None };
        let at = entries.binary_search_by(|(other, _)| other.as_str().cmp(key)).ok()?;
        entries.get(at).map(|(_, expression)| expression)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Expression, D::Error> {
        deserializer.deserialize_any(ExpressionVisitor)
    }
}

struct ExpressionVisitor;

impl<'de> Visitor<'de> for ExpressionVisitor {
    type Value = Expression;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an expression of a plan's configuration")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Expression, E> {
        Ok(Expression::Constant)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Expression, E> {
        Ok(Expression::Constant)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Expression, E> {
        Ok(Expression::Constant)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Expression, E> {
        Ok(Expression::Constant)
    }

    fn visit_unit<E>(self) -> Result<Expression, E> {
        Ok(Expression::Constant)
    }

    fn visit_str<E>(self, text: &str) -> Result<Expression, E> {
        Ok(Expression::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Expression, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Expression::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Expression, A::Error> {
        let mut map: Vec<(String, Expression)> = Vec::new();
        let mut references = None;
        while let Some(key) = entries.next_key::<String>()? {
            if key == "constant_value" {
                entries.next_value::<serde::de::IgnoredAny>()?;
                continue;
            }
            match (key.as_str(), entries.next_value()?) {
                ("references", Expression::List(names)) => references = Some(names),
                (_, Expression::Constant) => {}
                (_, expression) => map.push((key, expression)),
            }
        }
        if let Some(names) = references {
            let text = |name| match name {
                Expression::Text(name) => Some(name),
                _ => None,
            };
            return Ok(Expression::References(names.into_iter().filter_map(text).collect()));
        }
        map.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(if map.is_empty() { Expression::Constant } else { Expression::Map(map) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_keep_names_and_drop_values() {
        let text = r#"{"a":{"constant_value":{"references":["x"]}},"c":{"references":["b.c","b"]},
            "b":[{"d":{"references":["each.key"]}}],"e":{}}"#;
        let read: Expression = serde_json::from_str(text).unwrap();
        assert_eq!(read.entry("a"), None);
        assert_eq!(read.entry("c"), Some(&Expression::References(vec!["b.c".to_owned(), "b".to_owned()])));
        assert!(matches!(read.entry("b"), Some(Expression::List(blocks)) if blocks.len() == 1));
        assert_eq!(read.entry("z"), None);
    }
}
