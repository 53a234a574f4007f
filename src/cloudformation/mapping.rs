//! `Fn::FindInMap`.

use super::evaluator::Evaluator;
use super::intrinsic::{Call, MAX_CANDIDATES, derive, derived, unknown};
use super::possible::possible_values;
use super::template::{Table, is_literal};
use crate::syntax::node::Node;
use crate::value::{Fact, Unknown, Value, Why};

impl<'t> Evaluator<'t> {
    pub(super) fn find_in_map_call(&mut self, call: &Call<'t>) -> Option<Value> {
        let (place, wanted) = (call.place, "a mapping and two keys");
        let (keys, fallback) = match call.arguments() {
            Some([map, top, second]) => ([map, top, second], None),
            Some([map, top, second, options]) if options.get("DefaultValue").is_some() => {
                ([map, top, second], options.get("DefaultValue"))
            }
            _ => return Some(self.malformed_call(call, wanted)),
        };
        let [name, top, second] = keys.map(|key| match key.as_str().filter(|_| is_literal(key)) {
            // `on` and `yes` are keys as they are written, and no truths.
            Some(text) if !text.contains("${") && !text.contains("{{") => Value::string(text, self.origin(key)),
            _ => self.evaluate(key).unwrap_or_else(|| Value::null(place)),
        });
        for key in [&name, &top, &second] {
            self.ask_for(key);
        }
        let table = match name.as_str() {
            Some(name) => self.template.mappings.get(name),
            None => match name.first_unknown() {
                Some(cause) => return Some(derived(cause, place)),
                None => return Some(self.malformed_call(call, wanted)),
            },
        };
        let cause = top.first_unknown().or(second.first_unknown()).cloned();
        let leaves: Vec<&'t Node> = match (table, top.scalar_text(), second.scalar_text()) {
            (None, ..) => Vec::new(),
            (Some(_), None, _) | (Some(_), _, None) if cause.is_none() => {
                return Some(self.malformed_call(call, wanted));
            }
            (Some(table), ..) => leaves_of(table, &top, &second),
        };
        match (cause, leaves.as_slice()) {
            (None, [leaf]) => self.evaluate(leaf),
            (None, _) => match fallback {
                Some(node) => self.evaluate(node),
                None if self.may_grow(&name) => Some(unknown(Why::Function, "Fn::Transform", place)),
                None => {
                    let text = |value: &Value| value.scalar_text().unwrap_or_default().into_owned();
                    let subject = format!("{}.{}.{}", text(&name), text(&top), text(&second));
                    let message = format!("the mappings have no `{subject}`");
                    Some(self.invalid("cfn-mapping", &subject, message, place))
                }
            },
            (Some(cause), _) if cause.why == Why::Invalid => Some(derived(&cause, place)),
            (Some(cause), []) if fallback.is_none() && !self.may_grow(&name) => {
                let table = name.scalar_text().unwrap_or_default().into_owned();
                let message = format!("no value of the mapping `{table}` can be the one of `{}`", cause.subject);
                Some(self.invalid("cfn-mapping", &table, message, place))
            }
            (Some(cause), leaves) => {
                let mut candidates: Vec<Value> = Vec::new();
                if leaves.len() <= MAX_CANDIDATES {
                    for leaf in leaves.iter().copied().chain(fallback) {
                        let value = self.evaluate(leaf).unwrap_or_else(|| Value::null(place));
                        if !candidates.iter().any(|known| known.equals(&value).is_true()) {
                            candidates.push(value);
                        }
                    }
                }
                Some(Value::unknown(Unknown { candidates, ..derive(&cause, place) }, place))
            }
        }
    }
    /// Whether a macro or an include may add to a mapping.
    fn may_grow(&self, name: &Value) -> bool {
        self.template.has_open_mappings || name.as_str().is_some_and(|name| self.template.open_mappings.contains(name))
    }
}

/// The leaves of a table that two keys may mean; a key that is not known may be any of its candidates, or any at all.
fn leaves_of<'t>(table: &Table<'t>, top: &Value, second: &Value) -> Vec<&'t Node> {
    let possible = [top, second].map(possible_values);
    let may_be = |key: &str, wanted: &Value, possible: &[Value]| match wanted.scalar_text() {
        Some(text) => text == key,
        None if possible.is_empty() => fits(key, wanted),
        None => possible.iter().any(|one| one.scalar_text().is_none_or(|text| text == key)),
    };
    if let (Some(top), Some(second)) = (top.scalar_text(), second.scalar_text()) {
        return table.get(&*top).and_then(|row| row.get(&*second)).copied().into_iter().collect();
    }
    let rows = table.iter().filter(|(key, _)| may_be(key, top, &possible[0])).map(|(_, row)| row);
    let leaves =
        rows.flat_map(|row| row.iter().filter(|(key, _)| may_be(key, second, &possible[1])).map(|(_, leaf)| *leaf));
    leaves.take(MAX_CANDIDATES + 1).collect()
}

/// Whether a key can be the fact of the deployment that is looked up.
fn fits(key: &str, wanted: &Value) -> bool {
    match wanted.as_unknown().filter(|unknown| !unknown.derived).map(|unknown| unknown.why) {
        Some(Why::Environment(Fact::Account)) => key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit()),
        Some(Why::Environment(Fact::Region)) => key.contains('-') && key.ends_with(|last: char| last.is_ascii_digit()),
        Some(Why::Environment(Fact::Partition)) => key.starts_with("aws"),
        _ => true,
    }
}
