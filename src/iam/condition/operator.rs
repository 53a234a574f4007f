//! The operators of conditions.

use super::Test;

/// What an operator compares, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Text, exactly.
    Text,
    /// Text without regard to case.
    TextIgnoringCase,
    /// Text with wildcards.
    Pattern,
    /// ARNs with wildcards, field by field.
    Arn,
    /// Numbers.
    Number(Order),
    /// Points in time.
    Date(Order),
    /// True or false.
    Bool,
    /// Bytes in base64.
    Binary,
    /// Address ranges.
    Address,
    /// Whether the key is absent.
    Null,
}

/// How the value of the request stands to that of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The same.
    Equal,
    /// Less.
    Less,
    /// Less, or the same.
    AtMost,
    /// Greater.
    Greater,
    /// Greater, or the same.
    AtLeast,
}

impl Order {
    /// Whether it holds where the request's value compares so with the policy's.
    pub(super) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Order::Equal => ordering.is_eq(),
            Order::Less => ordering.is_lt(),
            Order::AtMost => ordering.is_le(),
            Order::Greater => ordering.is_gt(),
            Order::AtLeast => ordering.is_ge(),
        }
    }
}

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// What it compares.
    pub family: Family,
    /// `…Not…`: no value may match.
    pub negated: bool,
}

/// How the values of a request that has several are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier {
    /// There is one value.
    None,
    /// `ForAnyValue:`
    AnyValue,
    /// `ForAllValues:`
    AllValues,
}

impl Operator {
    /// The operator of a name in lower case without prefix and suffix; `None` for one that AWS does not have.
    pub fn of(name: &str) -> Option<Operator> {
        let (family, negated) = match name {
            "stringequals" => (Family::Text, false),
            "stringnotequals" => (Family::Text, true),
            "stringequalsignorecase" => (Family::TextIgnoringCase, false),
            "stringnotequalsignorecase" => (Family::TextIgnoringCase, true),
            "stringlike" => (Family::Pattern, false),
            "stringnotlike" => (Family::Pattern, true),
            "arnequals" | "arnlike" => (Family::Arn, false),
            "arnnotequals" | "arnnotlike" => (Family::Arn, true),
            "bool" => (Family::Bool, false),
            "binaryequals" => (Family::Binary, false),
            "ipaddress" => (Family::Address, false),
            "notipaddress" => (Family::Address, true),
            "null" => (Family::Null, false),
            _ => {
                let (of, rest) = match (name.strip_prefix("numeric"), name.strip_prefix("date")) {
                    (Some(rest), _) => (Family::Number as fn(Order) -> Family, rest),
                    (_, Some(rest)) => (Family::Date as fn(Order) -> Family, rest),
                    _ => return None,
                };
                let (order, negated) = match rest {
                    "equals" => (Order::Equal, false),
                    "notequals" => (Order::Equal, true),
                    "lessthan" => (Order::Less, false),
                    "lessthanequals" => (Order::AtMost, false),
                    "greaterthan" => (Order::Greater, false),
                    "greaterthanequals" => (Order::AtLeast, false),
                    _ => return None,
                };
                (of(order), negated)
            }
        };
        Some(Operator { family, negated })
    }

    /// Whether `*` and `?` in its values are wildcards.
    pub fn has_wildcards(self) -> bool {
        matches!(self.family, Family::Pattern | Family::Arn)
    }

    /// Whether its values may hold policy variables.
    pub fn has_variables(self) -> bool {
        use Family::{Arn, Bool, Pattern, Text, TextIgnoringCase};
        matches!(self.family, Text | TextIgnoringCase | Pattern | Arn | Bool)
    }
}

impl Test {
    /// The operator; `None` for one that AWS does not have.
    pub fn kind(&self) -> Option<Operator> {
        Operator::of(&self.operator)
    }

    /// How several values of a request are looked at; `None` for a prefix that AWS does not have.
    pub fn quantity(&self) -> Option<Qualifier> {
        match self.qualifier.as_deref() {
            None => Some(Qualifier::None),
            Some("foranyvalue") => Some(Qualifier::AnyValue),
            Some("forallvalues") => Some(Qualifier::AllValues),
            Some(_) => None,
        }
    }

    /// Whether the test holds for a request that lacks the key.
    pub fn holds_when_absent(&self) -> Option<bool> {
        let (operator, quantity) = (self.kind()?, self.quantity()?);
        if operator.family == Family::Null {
            return self.wants_absence();
        }
        Some(match quantity {
            Qualifier::AllValues => true,
            Qualifier::AnyValue => self.if_exists,
            Qualifier::None => self.if_exists || operator.negated,
        })
    }

    /// Of a `Null` test whether the key must be absent; `None` where that is not known, or said both ways.
    pub fn wants_absence(&self) -> Option<bool> {
        let wanted = |value: &crate::value::Value| match value.scalar_text()?.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let mut all = self.values.iter().map(wanted);
        let first = all.next()??;
        (self.rest.is_none() && all.all(|other| other == Some(first))).then_some(first)
    }
}
