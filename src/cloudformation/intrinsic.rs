//! The intrinsic functions: short (`!Ref`) and long (`Ref:`) forms are one thing.

use std::sync::Arc;

use super::condition::truth_value;
use super::evaluator::Evaluator;
use super::template::Table;
use crate::source::Origin;
use crate::syntax::node::{Node, NodeKind};
use crate::value::{Data, Piece, Text, Truth, Unknown, Value, Why};

/// More candidates than this say nothing any more.
const MAX_CANDIDATES: usize = 64;

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
    fn argument(&mut self, call: &Call<'t>) -> Option<Value> {
        if call.is_short { Some(self.plain(call.argument)) } else { self.evaluate(call.argument) }
    }

    /// The value of a call; `None` for `AWS::NoValue`.
    pub(super) fn call(&mut self, call: &Call<'t>) -> Option<Value> {
        let place = call.place;
        if let Some(truth) = self.truth_of_call(call) {
            let subject = call.argument.as_str().filter(|_| call.name == "Condition");
            return Some(truth_value(truth, subject.unwrap_or(&call.full_name()), place));
        }
        Some(match call.name {
            "Ref" => match self.literal_argument(call) {
                Some(name) => return self.reference(name, place),
                None => self.malformed_call(call, "a name"),
            },
            "If" => return self.if_call(call),
            "GetAtt" => match self.attribute_path(call.argument.target()) {
                Some((id, Some(name))) => self.attribute(&id, &name, place),
                Some((id, None)) => unknown(Why::Function, &format!("an attribute of {id}"), place),
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
                Value::new(Data::Text(Arc::new(Text::of_json(value))), place)
            }
            "Length" => match self.argument(call) {
                Some(value) => match &value.data {
                    Data::List(list) if list.rest.is_none() => Value::integer(list.items.len() as i64, place),
                    Data::List(_) => unknown(Why::Function, "Fn::Length", place),
                    Data::Unknown(cause) => derived(cause, place),
                    _ => self.malformed_call(call, "a list"),
                },
                None => self.malformed_call(call, "a list"),
            },
            "ImportValue" => {
                let name = self.argument(call).and_then(|name| Some(name.as_str()?.to_owned()));
                unknown(Why::DataSource, &format!("Fn::ImportValue {}", name.unwrap_or_default()), place)
            }
            "GetAZs" => unknown(Why::DataSource, "Fn::GetAZs", place),
            "Cidr" | "Transform" | "GetParam" => unknown(Why::Function, &call.full_name(), place),
            name => {
                let message = format!("there is no function `{name}`");
                self.invalid("cfn-function", name, message, place)
            }
        })
    }

    fn literal_argument(&self, call: &Call<'t>) -> Option<&'t str> {
        let node = call.argument.target();
        if call.is_short || node.tag.is_none() { node.as_str() } else { None }
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

    fn join_call(&mut self, call: &Call<'t>) -> Value {
        let wanted = "a delimiter and a list";
        let Some([delimiter, list]) = call.arguments() else { return self.malformed_call(call, wanted) };
        let (delimiter, list) = (self.evaluate(delimiter), self.evaluate(list));
        let (Some(delimiter), Some(list)) = (delimiter, list) else { return self.malformed_call(call, wanted) };
        let Some(delimiter_text) = delimiter.as_str().map(Arc::<str>::from) else {
            return match delimiter.as_unknown() {
                Some(cause) => derived(cause, call.place),
                None => self.malformed_call(call, wanted),
            };
        };
        let list = match &list.data {
            Data::List(list) => list.clone(),
            Data::Unknown(cause) => return derived(cause, call.place).marked(list.sensitive),
            _ => return self.malformed_call(call, wanted),
        };
        let mut pieces = Vec::new();
        let mut sensitive = false;
        let mut wants_delimiter = false;
        for item in &list.items {
            sensitive |= item.sensitive;
            if let Some(unknown) = item.as_unknown().filter(|unknown| unknown.candidates.iter().any(Value::is_null)) {
                // The element may be absent, and its delimiter with it: the hole stands for both.
                pieces.push(Piece::Hole(Arc::new(derive(unknown, item.origin)), item.origin));
                continue;
            }
            if wants_delimiter {
                pieces.push(Piece::Known(delimiter_text.clone(), delimiter.origin));
            }
            wants_delimiter = true;
            match item.to_pieces() {
                Some(found) => pieces.extend(found),
                None => {
                    let message = "an element of `Fn::Join` is no string".to_owned();
                    let invalid = self.invalid("cfn-function", "Fn::Join", message, item.origin);
                    pieces.extend(invalid.to_pieces().unwrap_or_default());
                }
            }
        }
        if let Some(rest) = &list.rest {
            pieces.push(Piece::Hole(Arc::new(derive(rest, call.place)), call.place));
        }
        self.assemble(pieces, call.place).marked(sensitive)
    }

    fn select_call(&mut self, call: &Call<'t>) -> Value {
        let wanted = "an index and a list";
        let Some([index, list]) = call.arguments() else { return self.malformed_call(call, wanted) };
        let (index, list) = (self.evaluate(index), self.evaluate(list));
        let (Some(index), Some(list)) = (index, list) else { return self.malformed_call(call, wanted) };
        if let Some(cause) = index.as_unknown().or(list.as_unknown()) {
            return derived(cause, call.place).marked(list.sensitive);
        }
        let Some(nth) = index.as_number().and_then(|number| usize::try_from(number.as_i64()?).ok()) else {
            return self.malformed_call(call, wanted);
        };
        let Data::List(items) = &list.data else { return self.malformed_call(call, wanted) };
        let may_move = |item: &Value| item.as_unknown().is_some_and(|u| u.candidates.iter().any(Value::is_null));
        if let Some(cause) = items.items.iter().take(nth + 1).find(|item| may_move(item)).and_then(Value::as_unknown) {
            return derived(cause, call.place);
        }
        match (items.items.get(nth), &items.rest) {
            (Some(item), _) => item.clone().marked(list.sensitive),
            (None, Some(rest)) => derived(rest, call.place),
            (None, None) => {
                let message = format!("the list has no element {nth}");
                self.invalid("cfn-function", "Fn::Select", message, call.place)
            }
        }
    }

    fn split_call(&mut self, call: &Call<'t>) -> Value {
        let wanted = "a delimiter and a string";
        let Some([delimiter, text]) = call.arguments() else { return self.malformed_call(call, wanted) };
        let (delimiter, text) = (self.evaluate(delimiter), self.evaluate(text));
        let (Some(delimiter), Some(text)) = (delimiter, text) else { return self.malformed_call(call, wanted) };
        if let Some(cause) = delimiter.first_unknown().or(text.first_unknown()) {
            return derived(cause, call.place).marked(text.sensitive);
        }
        match (delimiter.as_str(), text.scalar_text()) {
            (Some(delimiter), Some(whole)) if !delimiter.is_empty() => {
                if whole.len() > self.text_budget {
                    return unknown(Why::Limit, "strings are too long", call.place);
                }
                self.text_budget -= whole.len();
                let part = |part: &str| Value::string(part, text.origin).marked(text.sensitive);
                Value::list(whole.split(delimiter).map(part).collect(), call.place)
            }
            _ => self.malformed_call(call, wanted),
        }
    }

    fn find_in_map_call(&mut self, call: &Call<'t>) -> Option<Value> {
        let (place, wanted) = (call.place, "a mapping and two keys");
        let (keys, fallback) = match call.arguments() {
            Some([map, top, second]) => ([map, top, second], None),
            Some([map, top, second, options]) if options.get("DefaultValue").is_some() => {
                ([map, top, second], options.get("DefaultValue"))
            }
            _ => return Some(self.malformed_call(call, wanted)),
        };
        let [name, top, second] = keys.map(|key| self.evaluate(key).unwrap_or_else(|| Value::null(place)));
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
                None if self.template.has_open_mappings => Some(unknown(Why::Function, "Fn::Transform", place)),
                None => {
                    let text = |value: &Value| value.scalar_text().unwrap_or_default().into_owned();
                    let subject = format!("{}.{}.{}", text(&name), text(&top), text(&second));
                    let message = format!("the mappings have no `{subject}`");
                    Some(self.invalid("cfn-mapping", &subject, message, place))
                }
            },
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
}

/// The leaves of a table that two keys may mean; a key that is not known may be any of its candidates, or any at all.
fn leaves_of<'t>(table: &Table<'t>, top: &Value, second: &Value) -> Vec<&'t Node> {
    let may_be = |key: &str, wanted: &Value| match wanted.scalar_text() {
        Some(text) => text == key,
        None => match wanted.as_unknown() {
            Some(unknown) if !unknown.candidates.is_empty() => {
                unknown.candidates.iter().any(|one| one.scalar_text().is_none_or(|text| text == key))
            }
            _ => true,
        },
    };
    if let (Some(top), Some(second)) = (top.scalar_text(), second.scalar_text()) {
        return table.get(&*top).and_then(|row| row.get(&*second)).copied().into_iter().collect();
    }
    let rows = table.iter().filter(|(key, _)| may_be(key, top)).map(|(_, row)| row);
    let leaves = rows.flat_map(|row| row.iter().filter(|(key, _)| may_be(key, second)).map(|(_, leaf)| *leaf));
    leaves.take(MAX_CANDIDATES + 1).collect()
}

/// An unknown value without further knowledge.
fn unknown(why: Why, subject: &str, place: Origin) -> Value {
    Value::unknown(Unknown::new(why, subject, place), place)
}

/// The reason for a value that was computed from an unknown one: not the same value any more.
pub(super) fn derive(cause: &Unknown, place: Origin) -> Unknown {
    let why = match cause.why {
        Why::Environment(_) => Why::Condition,
        why => why,
    };
    Unknown::new(why, cause.subject.clone(), place)
}

fn derived(cause: &Unknown, place: Origin) -> Value {
    Value::unknown(derive(cause, place), place)
}
