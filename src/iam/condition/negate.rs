//! The opposite of a test: what a condition of a denial leaves.

use super::Test;
use super::operator::{Family, Qualifier};
use crate::value::Value;

/// Operators, each with the one that holds just where it does not, as far as the key is there.
const OPPOSITES: [(&str, &str); 12] = [
    ("stringequals", "stringnotequals"),
    ("stringequalsignorecase", "stringnotequalsignorecase"),
    ("stringlike", "stringnotlike"),
    ("arnequals", "arnnotequals"),
    ("arnlike", "arnnotlike"),
    ("ipaddress", "notipaddress"),
    ("numericequals", "numericnotequals"),
    ("numericlessthan", "numericgreaterthanequals"),
    ("numericlessthanequals", "numericgreaterthan"),
    ("dateequals", "datenotequals"),
    ("datelessthan", "dategreaterthanequals"),
    ("datelessthanequals", "dategreaterthan"),
];

fn opposite(operator: &str) -> Option<&'static str> {
    OPPOSITES.iter().find_map(|(one, other)| match operator {
        _ if operator == *one => Some(*other),
        _ if operator == *other => Some(*one),
        _ => None,
    })
}

/// `true` for `false`, and the other way round.
fn inverted(value: &Value) -> Option<Value> {
    let text = value.scalar_text()?;
    let other = match () {
        () if text.eq_ignore_ascii_case("true") => "false",
        () if text.eq_ignore_ascii_case("false") => "true",
        () => return None,
    };
    Some(Value::string(other, value.origin))
}

impl Test {
    /// The test that holds for just those requests for which this one does not; none where no single test says so.
    ///
    /// `StringNotEquals` of a denial leaves what `StringEquals` of an `Allow` lets through: in both a request without the
    /// key is kept out. The opposite of a test that absence fulfils is one that it does not, and the other way round.
    pub fn negated(&self) -> Option<Test> {
        let (operator, quantity, absent) = (self.kind()?, self.quantity()?, self.holds_when_absent()?);
        let mut test = self.clone();
        match operator.family {
            Family::Null => {
                let absent = self.wants_absence()?;
                test.values = vec![Value::string(if absent { "false" } else { "true" }, self.origin)];
                return Some(test);
            }
            Family::Binary => return None,
            Family::Bool => {
                let [value] = self.values.as_slice() else { return None };
                test.values = vec![inverted(value)?];
            }
            _ => opposite(&self.operator)?.clone_into(&mut test.operator),
        }
        let is_ordered = matches!(operator.family, Family::Number(_) | Family::Date(_)) && !is_equality(&self.operator);
        // More than none of several bounds is less than the least of them.
        if (is_ordered || operator.family == Family::Bool) && (self.values.len() != 1 || self.rest.is_some()) {
            return None;
        }
        test.if_exists = false;
        test.qualifier = match quantity {
            Qualifier::AnyValue => Some("forallvalues".to_owned()),
            Qualifier::AllValues => Some("foranyvalue".to_owned()),
            Qualifier::None => None,
        };
        if test.holds_when_absent() == Some(absent) {
            match (quantity, absent) {
                (Qualifier::None, false) => test.if_exists = true,
                // A negated test by itself is one that absence fulfils.
                (Qualifier::None, true) => test.qualifier = Some("foranyvalue".to_owned()),
                _ => return None,
            }
        }
        Some(test)
    }
}

fn is_equality(operator: &str) -> bool {
    matches!(operator, "numericequals" | "numericnotequals" | "dateequals" | "datenotequals")
}

#[cfg(test)]
mod tests {
    use super::super::{Context, read_tests};
    use super::*;
    use crate::source::Origin;
    use crate::value::of_serde;

    fn test(operator: &str, key: &str, values: &serde_json::Value) -> Test {
        let condition = serde_json::json!({ operator: { key: values } });
        read_tests(&of_serde(&condition, Origin::NONE)).tests.remove(0)
    }

    #[test]
    fn what_a_test_lets_through_its_opposite_does_not() {
        let texts: &[&str] = &["a", "b", "bc", "B*", "b*", "c", "arn:x"];
        let numbers: &[&str] = &["4", "5", "6"];
        let dates: &[&str] = &["2029-12-31", "2030-01-01", "2030-01-02"];
        let arns: &[&str] = &["arn:aws:iam::123456789012:role/ab", "arn:aws:iam::123456789012:role/b"];
        let cases = [
            ("StringEquals", serde_json::json!(["a", "b*"]), texts),
            ("StringNotEquals", serde_json::json!(["a", "b*"]), texts),
            ("StringEqualsIgnoreCase", serde_json::json!(["A", "b*"]), texts),
            ("StringLike", serde_json::json!("b*"), texts),
            ("StringNotLike", serde_json::json!(["a", "b*"]), texts),
            ("ArnEquals", serde_json::json!("arn:aws:iam::123456789012:role/a*"), arns),
            ("ArnNotLike", serde_json::json!("arn:aws:iam::123456789012:role/a*"), arns),
            ("NumericEquals", serde_json::json!(["4", "5"]), numbers),
            ("NumericLessThan", serde_json::json!("5"), numbers),
            ("NumericGreaterThan", serde_json::json!("5"), numbers),
            ("NumericLessThanEquals", serde_json::json!("5"), numbers),
            ("DateGreaterThanEquals", serde_json::json!("2030-01-01"), dates),
            ("IpAddress", serde_json::json!(["10.0.0.0/8", "192.0.2.0/24"]), &["10.1.1.1", "11.1.1.1"]),
            ("NotIpAddress", serde_json::json!("10.0.0.0/8"), &["10.1.1.1", "11.1.1.1"]),
            ("Bool", serde_json::json!("true"), &["true", "false"]),
            ("Null", serde_json::json!("true"), &["a"]),
        ];
        for (operator, values, requests) in cases {
            for suffix in ["", "IfExists"] {
                if operator == "Null" && !suffix.is_empty() {
                    continue;
                }
                let test = test(&format!("{operator}{suffix}"), "x:key", &values);
                let other = test.negated().unwrap();
                let contexts = requests.iter().map(|value| Context::default().with("x:key", [*value]));
                for context in contexts.chain([Context::default()]) {
                    let (one, not) = (test.holds(&context, true), other.holds(&context, true));
                    assert_eq!(one, !not, "{operator}{suffix} {other:?} {context:?}");
                }
            }
        }
    }

    #[test]
    fn sets_of_values_have_an_opposite_as_well() {
        let text = serde_json::json!(["a", "b"]);
        let contexts: [&[&str]; 6] = [&[], &["a"], &["a", "b"], &["a", "c"], &["c"], &["c", "d"]];
        for operator in ["ForAnyValue:StringEquals", "ForAllValues:StringEquals", "ForAnyValue:StringNotEquals"] {
            let test = test(operator, "aws:TagKeys", &text);
            let other = test.negated().unwrap();
            for values in contexts {
                let context = Context::default().with("aws:TagKeys", values.iter().copied());
                assert_eq!(test.holds(&context, true), !other.holds(&context, true), "{operator} {values:?}");
            }
        }
    }

    #[test]
    fn several_bounds_have_no_single_opposite() {
        assert!(test("NumericLessThan", "x:key", &serde_json::json!(["1", "2"])).negated().is_none());
        assert!(test("Bool", "x:key", &serde_json::json!(["true", "false"])).negated().is_none());
        assert!(test("StringSounds", "x:key", &serde_json::json!("a")).negated().is_none());
        assert!(test("Bool", "x:key", &serde_json::json!("yes")).negated().is_none());
    }
}
