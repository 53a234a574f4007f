//! The condition of a rule, as it is written and as it is compiled.
//!
//! A table whose keys are operators is a test of one value; any other table names fields, all of which must hold. The
//! operators are few and closed; a misspelt one is an error at its place.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;

use crate::model::of_toml;
use crate::source::Origin;
use crate::value::Value;

/// A compiled condition.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// All fields hold, each by its own condition, in the order of the file.
    Fields(Vec<(String, Condition)>),
    /// All of them hold, on the same value.
    All(Vec<Condition>),
    /// The value equals one of these.
    OneOf(Vec<Value>),
    /// The condition does not hold.
    Not(Box<Condition>),
    /// A list holds an element for which the condition holds; the same as the condition itself on a list.
    Any(Box<Condition>),
    /// The condition holds for every element.
    Every(Box<Condition>),
    /// The condition holds for no element.
    None(Box<Condition>),
    /// The number of elements fulfils the condition.
    Count(Box<Condition>),
    /// Some pattern with `*` and `?` matches the text.
    Glob(Vec<String>),
    /// The regular expression finds something in the text.
    Regex(Box<Pattern>),
    /// The number is at least this.
    AtLeast(Value),
    /// The number is at most this.
    AtMost(Value),
    /// The value is there at all.
    Exists(bool),
    /// The list, map or text is empty; an absent value is.
    Empty(bool),
    /// The address or range lies within this range.
    Within(ipnet::IpNet),
}

/// A regular expression that is compiled at the latest when something is held against it.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn compile(&self) -> Result<Regex, regex::Error> {
        regex::RegexBuilder::new(&self.text).size_limit(REGEX_LIMIT).build()
    }

    /// Whether the expression finds something in the text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| self.compile().ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// What is wrong with a condition: the dotted path of keys that leads there, and the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConditionError {
    pub(super) path: Vec<String>,
    pub(super) message: String,
}

const OPERATORS: [&str; 13] = [
    "not", "in", "contains", "glob", "regex", "at-least", "at-most", "exists", "empty", "count", "within", "all",
    "none",
];

/// Whether a key is an operator and no field.
pub(super) fn is_operator(key: &str) -> bool {
    OPERATORS.contains(&key) || key == "any"
}

/// A regular expression compiled from a rule may take this much memory, in bytes.
const REGEX_LIMIT: usize = 1 << 20;

/// Compiles the condition of a rule; `"$name"` stands for a parameter. Without `check`, regular expressions are taken to be
/// right.
pub(super) fn compile(
    condition: &toml::Value,
    parameters: &BTreeMap<String, toml::Value>,
    check: bool,
) -> Result<Condition, ConditionError> {
    Compiler { parameters, check }.condition(condition)
}

struct Compiler<'a> {
    parameters: &'a BTreeMap<String, toml::Value>,
    check: bool,
}

fn fail<T>(message: impl Into<String>) -> Result<T, ConditionError> {
    Err(ConditionError { path: Vec::new(), message: message.into() })
}

impl Compiler<'_> {
    fn condition(&self, value: &toml::Value) -> Result<Condition, ConditionError> {
        match value {
            toml::Value::Table(table) => self.table(table),
            literal => Ok(Condition::OneOf(self.literals(literal)?)),
        }
    }

    fn table(&self, table: &toml::map::Map<String, toml::Value>) -> Result<Condition, ConditionError> {
        let operators = table.keys().filter(|key| is_operator(key)).count();
        let within = |key: &str, result: Result<Condition, ConditionError>| {
            result.map_err(|mut error| {
                error.path.insert(0, key.to_owned());
                error
            })
        };
        if operators == 0 {
            let mut fields = Vec::with_capacity(table.len());
            for (key, inner) in table {
                fields.push((key.clone(), within(key, self.condition(inner))?));
            }
            return Ok(Condition::Fields(fields));
        }
        if operators < table.len() {
            let field = table.keys().find(|key| !OPERATORS.contains(&key.as_str())).cloned().unwrap_or_default();
            let error = fail(format!("`{field}` is no operator; operators and fields cannot stand in one table"));
            return within(&field, error);
        }
        let mut all = Vec::with_capacity(table.len());
        for (key, inner) in table {
            all.push(within(key, self.operator(key, inner))?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn operator(&self, name: &str, value: &toml::Value) -> Result<Condition, ConditionError> {
        let inner = || self.condition(value).map(Box::new);
        Ok(match name {
            "not" => Condition::Not(inner()?),
            "any" | "contains" => Condition::Any(inner()?),
            "all" => Condition::Every(inner()?),
            "none" => Condition::None(inner()?),
            "count" => Condition::Count(inner()?),
            "in" => Condition::OneOf(self.literals(value)?),
            "glob" => Condition::Glob(self.texts(value)?),
            "regex" => {
                let pattern = Pattern { text: self.texts(value)?.join("|"), compiled: OnceLock::new() };
                if self.check
                    && let Err(error) = pattern.compile()
                {
                    return fail(error.to_string().lines().last().unwrap_or_default());
                }
                Condition::Regex(Box::new(pattern))
            }
            "at-least" => Condition::AtLeast(self.number(value)?),
            "at-most" => Condition::AtMost(self.number(value)?),
            "exists" => Condition::Exists(self.flag(value)?),
            "empty" => Condition::Empty(self.flag(value)?),
            "within" => match self.texts(value)?.first().map(|text| text.parse()) {
                Some(Ok(range)) => Condition::Within(range),
                _ => return fail("expected an address range such as `10.0.0.0/8`"),
            },
            _ => return fail(format!("`{name}` is no operator")),
        })
    }

    fn resolve<'v>(&'v self, value: &'v toml::Value) -> Result<&'v toml::Value, ConditionError> {
        match value.as_str().and_then(|text| text.strip_prefix('$')) {
            None => Ok(value),
            Some(name) => match self.parameters.get(name) {
                Some(found) => Ok(found),
                None => fail(format!("there is no parameter named `{name}`")),
            },
        }
    }

    fn literals(&self, value: &toml::Value) -> Result<Vec<Value>, ConditionError> {
        match self.resolve(value)? {
            toml::Value::Array(items) => {
                let mut literals = Vec::with_capacity(items.len());
                for item in items {
                    literals.extend(self.literals(item)?);
                }
                Ok(literals)
            }
            toml::Value::Table(_) => fail("expected a value or a list of values"),
            literal => Ok(vec![of_toml(literal, Origin::NONE)]),
        }
    }

    fn texts(&self, value: &toml::Value) -> Result<Vec<String>, ConditionError> {
        let literals = self.literals(value)?;
        let texts: Option<Vec<String>> = literals.iter().map(|literal| literal.as_str().map(str::to_owned)).collect();
        texts.map_or_else(|| fail("expected a text"), Ok)
    }

    fn number(&self, value: &toml::Value) -> Result<Value, ConditionError> {
        let number = of_toml(self.resolve(value)?, Origin::NONE);
        if number.as_number().is_some() { Ok(number) } else { fail("expected a number") }
    }

    fn flag(&self, value: &toml::Value) -> Result<bool, ConditionError> {
        self.resolve(value)?.as_bool().map_or_else(|| fail("expected `true` or `false`"), Ok)
    }
}
