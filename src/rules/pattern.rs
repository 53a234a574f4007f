//! Matching: a condition against a value, three-valued, with the place that makes it true and the reasons that keep it
//! open.

use std::sync::Arc;

use super::condition::Condition;
use super::truth;
use crate::source::Origin;
use crate::value::{Data, Truth, Unknown, Value, Why, derived};

/// The answer of a condition.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) truth: Truth,
    /// Where a true answer comes from, by field, in the order of the rule: the path and the value that matched.
    pub(super) witnesses: Vec<(String, Value)>,
    /// Why an undecided answer is open.
    pub(super) reasons: Vec<Arc<Unknown>>,
}

impl Verdict {
    fn of(truth: impl Into<Truth>, value: &Value) -> Verdict {
        let truth = truth.into();
        let witnesses = if truth.is_true() { vec![(String::new(), value.clone())] } else { Vec::new() };
        let reasons = match truth {
            Truth::Unknown => value.first_unknown().cloned().into_iter().collect(),
            _ => Vec::new(),
        };
        Verdict { truth, witnesses, reasons }
    }

    fn open(unknown: &Arc<Unknown>) -> Verdict {
        Verdict { truth: Truth::Unknown, witnesses: Vec::new(), reasons: vec![unknown.clone()] }
    }

    fn negate(mut self, value: &Value) -> Verdict {
        self.truth = !self.truth;
        self.witnesses = if self.truth.is_true() { vec![(String::new(), value.clone())] } else { Vec::new() };
        self
    }
}

/// Answers a condition for a value.
pub(super) fn answer(condition: &Condition, value: &Value) -> Verdict {
    if let Data::Unknown(unknown) = &value.data
        && !unknown.candidates.is_empty()
        && !matches!(condition, Condition::Any(_))
    {
        return among(condition, unknown, value);
    }
    match condition {
        Condition::Fields(fields) => match &value.data {
            Data::List(_) => any(value, |item| answer(condition, item)),
            Data::Unknown(unknown) => Verdict::open(unknown),
            Data::Null => Verdict::of(Truth::False, value),
            _ => all_fields(fields, value),
        },
        Condition::All(conditions) => {
            let mut whole = Verdict { truth: Truth::True, witnesses: Vec::new(), reasons: Vec::new() };
            for condition in conditions {
                merge(&mut whole, "", answer(condition, value));
            }
            whole
        }
        Condition::Not(inner) => answer(inner, value).negate(value),
        Condition::Any(inner) => any(value, |item| answer(inner, item)),
        Condition::None(inner) => any(value, |item| answer(inner, item)).negate(value),
        Condition::Every(inner) => any(value, |item| answer(inner, item).negate(item)).negate(value),
        Condition::Count(inner) => count(inner, value),
        Condition::Exists(wanted) => match &value.data {
            Data::Unknown(unknown) => Verdict::open(unknown),
            data => Verdict::of(matches!(data, Data::Null) != *wanted, value),
        },
        Condition::Empty(wanted) => empty(*wanted, value),
        _ => match &value.data {
            Data::List(_) => any(value, |item| answer(condition, item)),
            _ => scalar(condition, value),
        },
    }
}

/// All candidates must agree for a definite answer.
fn among(condition: &Condition, unknown: &Arc<Unknown>, value: &Value) -> Verdict {
    let mut verdicts = unknown.candidates.iter().map(|candidate| answer(condition, candidate));
    let Some(first) = verdicts.next() else { return Verdict::open(unknown) };
    if verdicts.any(|verdict| verdict.truth != first.truth) || first.truth == Truth::Unknown {
        return Verdict::open(unknown);
    }
    match first.truth {
        Truth::True if first.witnesses.is_empty() => Verdict::of(Truth::True, value),
        _ => first,
    }
}

fn all_fields(fields: &[(String, Condition)], value: &Value) -> Verdict {
    let mut whole = Verdict { truth: Truth::True, witnesses: Vec::new(), reasons: Vec::new() };
    for (name, condition) in fields {
        let absent = Value::null(value.origin);
        let found = match &value.data {
            Data::Map(map) => match (map.get(name), &map.rest) {
                (Some(found), _) => found.clone(),
                (None, Some(rest)) => Value::unknown(derived(rest), value.origin),
                (None, None) => absent,
            },
            _ => absent,
        };
        merge(&mut whole, name, answer(condition, &found));
        if whole.truth.is_false() {
            whole.reasons.clear();
            whole.witnesses.clear();
            break;
        }
    }
    whole
}

fn merge(whole: &mut Verdict, name: &str, part: Verdict) {
    whole.truth = whole.truth.and(part.truth);
    for (path, value) in part.witnesses {
        let path = match (name, path.as_str()) {
            ("", path) => path.to_owned(),
            (name, "") => name.to_owned(),
            (name, path) => format!("{name}.{path}"),
        };
        whole.witnesses.push((path, value));
    }
    whole.reasons.extend(part.reasons);
}

fn any(value: &Value, test: impl Fn(&Value) -> Verdict) -> Verdict {
    if let Data::Unknown(unknown) = &value.data
        && unknown.candidates.is_empty()
    {
        return Verdict::open(unknown);
    }
    let mut reasons = Vec::new();
    for item in value.elements() {
        let mut verdict = test(item);
        match verdict.truth {
            Truth::True => {
                // The element itself comes first, so that messages can name what matched.
                verdict.witnesses.insert(0, (String::new(), item.clone()));
                return verdict;
            }
            Truth::Unknown => reasons.extend(verdict.reasons),
            Truth::False => {}
        }
    }
    if let Data::List(list) = &value.data {
        reasons.extend(list.rest.clone());
    }
    let truth = if reasons.is_empty() { Truth::False } else { Truth::Unknown };
    Verdict { truth, witnesses: Vec::new(), reasons }
}

fn count(inner: &Condition, value: &Value) -> Verdict {
    let rest = match &value.data {
        Data::Unknown(unknown) => return Verdict::open(unknown),
        Data::List(list) => list.rest.as_ref(),
        Data::Map(map) => map.rest.as_ref(),
        _ => None,
    };
    match (truth::count(inner, value), rest) {
        (Truth::Unknown, Some(rest)) => Verdict::open(rest),
        (truth, _) => {
            let mut verdict = Verdict::of(truth, value);
            if truth.is_true() {
                verdict.witnesses.extend(value.elements().iter().map(|item| (String::new(), item.clone())));
            }
            verdict
        }
    }
}

/// Numbers above one that stand for all numbers above it.
pub(super) fn around(condition: &Condition, number: i64) -> Vec<i64> {
    let mut named = Vec::new();
    bounds(condition, &mut named);
    let around = named
        .iter()
        .flat_map(|bound| [bound.saturating_sub(1), *bound, bound.saturating_add(1)])
        .filter(|probe| *probe > number);
    around.chain([i64::MAX]).collect()
}

/// The whole numbers that a condition compares with.
fn bounds(condition: &Condition, found: &mut Vec<i64>) {
    match condition {
        Condition::AtLeast(bound) | Condition::AtMost(bound) => {
            found.extend(bound.as_number().and_then(|number| number.as_i64()));
        }
        Condition::OneOf(literals) => {
            found.extend(literals.iter().filter_map(|literal| literal.as_number()?.as_i64()));
        }
        Condition::All(conditions) => conditions.iter().for_each(|condition| bounds(condition, found)),
        Condition::Not(inner) | Condition::Any(inner) | Condition::Every(inner) | Condition::None(inner) => {
            bounds(inner, found);
        }
        _ => {}
    }
}

fn empty(wanted: bool, value: &Value) -> Verdict {
    match (truth::empty(wanted, value), &value.data) {
        (Truth::Unknown, Data::List(list)) => {
            list.rest.as_ref().map_or_else(|| Verdict::of(Truth::Unknown, value), Verdict::open)
        }
        (Truth::Unknown, Data::Map(map)) => {
            map.rest.as_ref().map_or_else(|| Verdict::of(Truth::Unknown, value), Verdict::open)
        }
        (truth, _) => Verdict::of(truth, value),
    }
}

fn scalar(condition: &Condition, value: &Value) -> Verdict {
    if let Data::Unknown(unknown) = &value.data {
        return Verdict::open(unknown);
    }
    let truth = truth::scalar(condition, value);
    let verdict = Verdict::of(truth, value);
    if truth == Truth::Unknown && verdict.reasons.is_empty() {
        let unknown = Unknown::new(Why::AfterApply, "a part of it", value.origin);
        return Verdict::open(&Arc::new(unknown));
    }
    verdict
}

/// Equality as both languages see it: `"true"` is true, `"14"` is 14.
pub(super) fn is(value: &Value, literal: &Value) -> Truth {
    match (&value.data, &literal.data) {
        (Data::Bool(_) | Data::String(_) | Data::Text(_), Data::Bool(wanted)) => match value.as_bool() {
            Some(found) => (found == *wanted).into(),
            None => match value.as_str() {
                Some(text) => text.eq_ignore_ascii_case(if *wanted { "true" } else { "false" }).into(),
                None => Truth::Unknown,
            },
        },
        (_, Data::Number(wanted)) => match value.as_number() {
            Some(found) => (found == *wanted).into(),
            None => open_text(value),
        },
        (Data::Bool(_) | Data::Number(_), Data::String(wanted)) => {
            value.scalar_text().is_some_and(|found| *found == **wanted).into()
        }
        _ => value.equals(literal),
    }
}

pub(super) fn compare(value: &Value, bound: &Value, holds: fn(std::cmp::Ordering) -> bool) -> Truth {
    match (value.as_number(), bound.as_number()) {
        (Some(found), Some(bound)) => holds(found.cmp(&bound)).into(),
        _ => open_text(value),
    }
}

/// What is no number now may be one once its holes are filled.
fn open_text(value: &Value) -> Truth {
    if value.as_str().is_none() && value.first_unknown().is_some() { Truth::Unknown } else { Truth::False }
}

impl Verdict {
    /// The witness of a field path, or of what lies below it.
    pub(super) fn witness(&self, path: &str) -> Option<&Value> {
        let below = |found: &str| found == path || found.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        self.witnesses.iter().find(|(found, _)| below(found)).map(|(_, value)| value)
    }

    /// The first witness that stands in a text.
    pub(super) fn place(&self) -> Option<Origin> {
        self.witnesses.iter().map(|(_, value)| value.origin).find(|origin| origin.is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rules::condition;
    use crate::value::List;

    fn check(condition: &str, value: &Value) -> Truth {
        let table: toml::Value = toml::from_str(condition).unwrap();
        let condition = condition::compile(&table, &BTreeMap::new(), true).unwrap();
        let truth = answer(&condition, value).truth;
        assert_eq!(truth::holds(&condition, value), truth);
        truth
    }

    fn unknown() -> Value {
        Value::unknown(Unknown::new(Why::NoValue, "var.x", Origin::NONE), Origin::NONE)
    }

    fn text(text: &str) -> Value {
        Value::string(text, Origin::NONE)
    }

    fn of(name: &'static str, value: Value) -> Value {
        Value::fields([(name, value)], Origin::NONE)
    }

    #[test]
    fn what_is_unknown_is_undecided() {
        assert_eq!(check("a = 1", &of("a", unknown())), Truth::Unknown);
        assert_eq!(check("a = { not = 1 }", &of("a", unknown())), Truth::Unknown);
        assert_eq!(check("a = { exists = true }", &of("a", unknown())), Truth::Unknown);
        assert_eq!(check("a = 1\nb = 2", &of("a", unknown())), Truth::False, "`b` is absent, whatever `a` is");
    }

    #[test]
    fn a_table_matches_one_element_as_a_whole() {
        let element = |port: i64, range: &str| {
            Value::fields([("port", Value::integer(port, Origin::NONE)), ("range", text(range))], Origin::NONE)
        };
        let rules = Value::list(vec![element(22, "10.0.0.0/8"), element(443, "0.0.0.0/0")], Origin::NONE);
        assert_eq!(check("a = { port = 22, range = '0.0.0.0/0' }", &of("a", rules.clone())), Truth::False);
        assert_eq!(check("a = { port = 443, range = '0.0.0.0/0' }", &of("a", rules)), Truth::True);
    }

    #[test]
    fn what_matched_in_a_list_comes_before_the_list() {
        let file = crate::source::Sources::within([]).add("a.tf", "x".repeat(9));
        let at = |start: usize| Origin::new(file, start, start + 1);
        let list = Value::list(vec![Value::string("x", at(4))], at(0));
        let table: toml::Value = toml::from_str("a = { contains = 'x', count = { at-least = 1 } }").unwrap();
        let verdict = answer(&condition::compile(&table, &BTreeMap::new(), true).unwrap(), &of("a", list));
        assert_eq!(verdict.witness("a").unwrap().origin, at(4));
    }

    #[test]
    fn an_open_list_is_never_known_to_be_empty() {
        let Data::Unknown(rest) = unknown().data else { unreachable!() };
        let list = |items| {
            Value::new(Data::List(Arc::new(List { items, rest: Some(rest.clone()), is_set: false })), Origin::NONE)
        };
        assert_eq!(check("a = { empty = true }", &of("a", list(vec![]))), Truth::Unknown);
        assert_eq!(check("a = { empty = true }", &of("a", list(vec![text("x")]))), Truth::False);
        assert_eq!(check("a.count.at-least = 1", &of("a", list(vec![text("x")]))), Truth::True);
        assert_eq!(check("a.count.at-most = 1", &of("a", list(vec![text("x")]))), Truth::Unknown);
        assert_eq!(check("a = { none = 'y' }", &of("a", list(vec![text("x")]))), Truth::Unknown);
    }

    #[test]
    fn scalars_compare_as_both_languages_do() {
        assert_eq!(check("a = false", &of("a", text("false"))), Truth::True);
        assert_eq!(check("a = { at-least = 14 }", &of("a", text("14"))), Truth::True);
        assert_eq!(check("a = { glob = '*:policy/*' }", &of("a", text("arn:aws:iam::aws:policy/X"))), Truth::True);
        assert_eq!(check("a = { within = '10.0.0.0/8' }", &of("a", text("10.1.0.0/16"))), Truth::True);
    }

    #[test]
    fn candidates_decide_where_they_agree() {
        let mut one = Unknown::new(Why::Condition, "IsProd", Origin::NONE);
        one.candidates = vec![text("x"), text("y")];
        let value = of("a", Value::unknown(one, Origin::NONE));
        assert_eq!(check("a = ['x', 'y']", &value), Truth::True);
        assert_eq!(check("a = 'x'", &value), Truth::Unknown);
        assert_eq!(check("a = 'z'", &value), Truth::False);
    }
}
