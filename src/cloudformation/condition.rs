//! Conditions, in three-valued truth.

use super::evaluator::Evaluator;
use super::intrinsic::Call;
use super::scenario::Question;
use super::template::Pair;
use crate::diagnostic::Diagnostic;
use crate::source::Origin;
use crate::syntax::node::Node;
use crate::value::{Data, Truth, Unknown, Value, Why};

impl<'t> Evaluator<'t> {
    /// Whether a named condition holds.
    pub(super) fn condition(&mut self, name: &str, place: Origin) -> Truth {
        if let Some((_, holds)) = self.assumed.iter().rev().find(|(assumed, _)| *assumed == name) {
            return (*holds).into();
        }
        let Some((id, (key, node))) = self.template.conditions.get_key_value(name).map(|(id, pair)| (*id, *pair))
        else {
            self.tell(Diagnostic::warning("cfn-condition", format!("there is no condition `{name}`")).at(place, ""));
            return Truth::Unknown;
        };
        if self.defining.is_empty() {
            self.branches.clear();
        }
        match self.truths.get(id) {
            Some(Some(Truth::Unknown)) => {
                self.branches.extend(self.undecided_by.get(id).cloned());
                return self.undecided(id);
            }
            Some(Some(known)) => return *known,
            Some(None) => {
                let message = format!("the condition `{id}` depends on itself");
                let diagnostic = Diagnostic::warning("cfn-cycle", message).at(place, "").at(self.origin(key), "");
                self.tell(diagnostic);
                return Truth::Unknown;
            }
            None => {}
        }
        self.truths.insert(id, None);
        // A definition means the same wherever it is asked for.
        let assumed = std::mem::take(&mut self.assumed);
        let before = self.branches.len();
        self.defining.push(id);
        let truth = self.truth(node);
        self.defining.pop();
        self.assumed = assumed;
        self.truths.insert(id, Some(truth));
        if truth != Truth::Unknown {
            self.branches.truncate(before);
            return truth;
        }
        if let Some(branch) = self.branches.get(before) {
            self.undecided_by.insert(id, branch.clone());
        }
        self.undecided(id)
    }

    /// Notes a condition that something besides other conditions asks for, and that has no answer.
    fn undecided(&mut self, id: &'t str) -> Truth {
        if self.defining.is_empty() {
            self.asked.insert(Question::Condition(id.into()));
        }
        Truth::Unknown
    }

    /// Evaluates what no resource asks for: the service refuses it all the same where it is wrong.
    pub(super) fn check_conditions(&mut self) {
        let mut conditions: Vec<(&'t str, Pair<'t>)> =
            self.template.conditions.iter().map(|(name, pair)| (*name, *pair)).collect();
        conditions.sort_by_key(|(_, (key, _))| key.span.start);
        let asked = std::mem::take(&mut self.asked);
        for (name, (key, _)) in conditions {
            let place = self.origin(key);
            if name != "Fn::Transform" {
                self.condition(name, place);
            }
        }
        self.asked = asked;
    }

    /// Whether a condition's expression holds.
    pub(super) fn truth(&mut self, node: &'t Node) -> Truth {
        let node = node.target();
        let place = self.origin(node);
        self.deeper(
            place,
            |evaluator| match evaluator.condition_call_of(node) {
                Some(call) => match evaluator.truth_of_call(&call) {
                    Some(truth) => truth,
                    None => {
                        let value = evaluator.call(&call);
                        evaluator.truth_of_value(value, place)
                    }
                },
                None => {
                    let value = Some(evaluator.plain(node));
                    evaluator.truth_of_value(value, place)
                }
            },
            |_| Truth::Unknown,
        )
    }

    fn truth_of_value(&mut self, value: Option<Value>, place: Origin) -> Truth {
        match value.map(|value| value.data) {
            Some(Data::Bool(value)) => value.into(),
            Some(Data::Unknown(_)) => Truth::Unknown,
            _ => {
                self.tell(Diagnostic::warning("cfn-condition", "a condition is true or false").at(place, ""));
                Truth::Unknown
            }
        }
    }

    /// Whether one of the condition functions holds; `None` for any other function.
    pub(super) fn truth_of_call(&mut self, call: &Call<'t>) -> Option<Truth> {
        let operands = call.arguments().unwrap_or_default();
        let count = operands.len();
        let is_well_formed = match call.name {
            "And" | "Or" => (2..=10).contains(&count),
            "Not" => count == 1,
            "Equals" => count == 2,
            "Condition" => {
                let Some(name) = call.argument.as_str() else { return Some(self.malformed(call, "a name")) };
                return Some(self.condition(name, call.place));
            }
            _ => return None,
        };
        if !is_well_formed {
            let wanted = match call.name {
                "Not" => "a list of one condition",
                "Equals" => "a list of two values",
                _ => "a list of two to ten conditions",
            };
            return Some(self.malformed(call, wanted));
        }
        Some(match call.name {
            "And" => operands.iter().fold(Truth::True, |so_far, node| so_far.and(self.truth(node))),
            "Or" => operands.iter().fold(Truth::False, |so_far, node| so_far.or(self.truth(node))),
            "Not" => operands.first().map_or(Truth::Unknown, |node| !self.truth(node)),
            _ => {
                let mut values = operands.iter().map(|node| {
                    let value = self.operand(node);
                    as_text(value)
                });
                match (values.next(), values.next()) {
                    (Some(left), Some(right)) => self.compare(&left, &right),
                    _ => Truth::Unknown,
                }
            }
        })
    }

    fn operand(&mut self, node: &'t Node) -> Value {
        let node = node.target();
        let place = self.origin(node);
        if let Some(call) = self.condition_call_of(node)
            && call.name == "Condition"
        {
            let truth = self.truth(node);
            return truth_value(truth, "Condition", place);
        }
        self.evaluate(node).unwrap_or_else(|| Value::null(place))
    }

    fn malformed(&mut self, call: &Call<'t>, wanted: &str) -> Truth {
        let message = format!("`{}` takes {wanted}", call.full_name());
        self.tell(Diagnostic::warning("cfn-function", message).at(call.place, ""));
        Truth::Unknown
    }
}

/// `Fn::Equals` compares texts: `1` equals `"1"`.
fn as_text(value: Value) -> Value {
    match &value.data {
        Data::Bool(_) | Data::Number(_) => {
            let text = value.scalar_text().unwrap_or_default().into_owned();
            Value::string(text, value.origin)
        }
        Data::Unknown(unknown)
            if unknown.candidates.iter().any(|c| matches!(c.data, Data::Bool(_) | Data::Number(_))) =>
        {
            let candidates = unknown.candidates.iter().cloned().map(as_text).collect();
            Value::unknown(Unknown { candidates, ..(**unknown).clone() }, value.origin)
        }
        _ => value,
    }
}

/// The truth as a value.
pub(super) fn truth_value(truth: Truth, subject: &str, place: Origin) -> Value {
    match truth {
        Truth::True => Value::bool(true, place),
        Truth::False => Value::bool(false, place),
        Truth::Unknown => Value::unknown(Unknown::new(Why::Condition, subject, place), place),
    }
}
