//! What is evaluated though it may fail or never be taken: conditionals, `try` and `can`, the sides of `&&` and `||`.

use std::sync::Arc;

use super::expression::{Evaluated, Failure, fail};
use super::functions::to_bool;
use super::limit::MAX_PARTS;
use super::scope::{Evaluator, Frame};
use super::unify::Type;
use crate::source::Origin;
use crate::syntax::hcl::{BinaryOperator, Expression, ExpressionKind};
use crate::value::{Data, Unknown, Value, Why, derived};

impl Evaluator<'_> {
    /// Whether an expression has a value.
    pub(super) fn can(&self, arguments: &[Expression], frame: &Frame<'_>, origin: Origin) -> Evaluated {
        let [argument] = arguments else { return fail("`can` takes one argument", origin) };
        match self.evaluate(argument, frame) {
            Ok(value) => match uncertain(argument, &value) {
                Some(unknown) => Ok(Value::unknown(derived(unknown), origin)),
                None => Ok(Value::bool(true, origin)),
            },
            Err(failure) if failure.is_limit => Err(failure),
            Err(_) => Ok(Value::bool(false, origin)),
        }
    }

    /// The first argument that has a value. One of which it is not known whether it will have one is only the first of
    /// the values that it may be.
    pub(super) fn try_each(&self, arguments: &[Expression], frame: &Frame<'_>, origin: Origin) -> Evaluated {
        let mut last = fail("`try` needs an argument", origin);
        let mut candidates: Vec<Value> = Vec::new();
        let mut reason = None;
        for argument in arguments {
            match self.evaluate(argument, frame) {
                Err(failure) if failure.is_limit => return Err(failure),
                Err(failure) => last = Err(failure),
                Ok(value) => {
                    self.check_size(&value, MAX_PARTS, origin)?;
                    let is_certain = match uncertain(argument, &value) {
                        Some(unknown) => {
                            reason.get_or_insert_with(|| unknown.clone());
                            false
                        }
                        None => true,
                    };
                    if is_certain && candidates.is_empty() {
                        return Ok(value);
                    }
                    candidates.push(value);
                    if is_certain {
                        break;
                    }
                }
            }
        }
        let Some(reason) = reason else { return last };
        if let [only] = candidates.as_slice()
            && only.as_unknown().is_some()
        {
            return Ok(only.clone());
        }
        let sensitive = candidates.iter().any(|candidate| candidate.sensitive);
        let one = Unknown { candidates, ..reason.derived() };
        Ok(Value::unknown(one, origin).marked(sensitive))
    }

    /// `condition ? yes : no`
    pub(super) fn conditional(&self, parts: &[Expression; 3], frame: &Frame<'_>, origin: Origin) -> Evaluated {
        let [condition, yes, no] = parts;
        let condition = self.evaluate(condition, frame)?;
        if condition.first_unknown().is_none() {
            let (taken, other) = match to_bool(&condition) {
                Some(true) => (yes, no),
                Some(false) => (no, yes),
                None => return fail("a condition must be true or false", condition.origin),
            };
            let value = self.evaluate(taken, frame)?.marked(condition.sensitive);
            return self.as_either(value, other, frame, origin);
        }
        if let Some(unknown) = condition.first_unknown() {
            let (yes, no) = match (self.evaluate(yes, frame), self.evaluate(no, frame)) {
                (Err(failure), Err(_)) => return Err(failure),
                (yes, no) => (self.branch(yes, origin)?, self.branch(no, origin)?),
            };
            self.check_size(&yes, MAX_PARTS, origin)?;
            self.check_size(&no, MAX_PARTS, origin)?;
            let both = Type::unify([Type::of(&yes), Type::of(&no)]).unwrap_or(Type::Any);
            let as_both = |value: Value| both.convert(value.clone()).unwrap_or(value);
            let (yes, no) = (as_both(yes), as_both(no));
            if yes.equals(&no).is_true() {
                return Ok(yes.marked(condition.sensitive || no.sensitive));
            }
            let sensitive = condition.sensitive || yes.sensitive || no.sensitive;
            let mut either = Unknown::new(Why::Condition, unknown.subject.clone(), unknown.origin);
            either.candidates = vec![yes, no];
            return Ok(Value::unknown(either, origin).marked(sensitive));
        }
        fail("a condition must be true or false", condition.origin)
    }

    /// The branch that was taken, as a value of the type that both branches have in common.
    fn as_either(&self, value: Value, other: &Expression, frame: &Frame<'_>, origin: Origin) -> Evaluated {
        // Next to a string, everything else that Terraform accepts becomes one; null and unknown stay what they are.
        if matches!(value.data, Data::String(_) | Data::Text(_) | Data::Null | Data::Unknown(_)) {
            return Ok(value);
        }
        let other = match &other.kind {
            ExpressionKind::Null => return Ok(value),
            _ => match self.evaluate(other, frame) {
                Err(failure) if failure.is_limit => return Err(failure),
                Err(_) => return Ok(value),
                Ok(other) => other,
            },
        };
        // A collection tells its type with its first element: there is no need to walk it.
        for side in [&value, &other] {
            if !side.collection {
                self.check_size(side, MAX_PARTS, origin)?;
            }
        }
        let own = Type::of(&value);
        match Type::unify([own.clone(), Type::of(&other)]) {
            Some(both) if both == own => Ok(value),
            Some(both) => Ok(both.convert(value.clone()).unwrap_or(value)),
            None => fail("the two results of a condition have no type in common", origin),
        }
    }

    /// What a branch gives that may never be taken: where it fails, Terraform need not come to that.
    fn branch(&self, result: Evaluated, origin: Origin) -> Evaluated {
        match result {
            Err(failure) if !failure.is_limit => Ok(Value::unknown(self.invalid(&failure), origin)),
            result => result,
        }
    }

    /// Where the left side fails, the right one may still decide: `… && false`, `… || true`.
    pub(super) fn decided_by(
        &self,
        operator: BinaryOperator,
        right: &Expression,
        failure: Box<Failure>,
        frame: &Frame<'_>,
        origin: Origin,
    ) -> Evaluated {
        let deciding = match operator {
            BinaryOperator::And => false,
            BinaryOperator::Or => true,
            _ => return Err(failure),
        };
        if failure.is_limit {
            return Err(failure);
        }
        match self.evaluate(right, frame) {
            Err(limit) if limit.is_limit => Err(limit),
            Ok(right) if to_bool(&right) == Some(deciding) => Ok(Value::bool(deciding, origin).marked(right.sensitive)),
            _ => Err(failure),
        }
    }
}

/// Why it is not known whether an expression will have a value, though it has one so far; none where that is certain.
fn uncertain<'v>(expression: &Expression, value: &'v Value) -> Option<&'v Arc<Unknown>> {
    let is_name = |inner: &Expression| matches!(&inner.kind, ExpressionKind::Variable(root) if matches!(&**root, "var" | "local"));
    match &expression.kind {
        ExpressionKind::GetAttr(inner, ..) if is_name(inner) => None,
        _ => value.first_unsure(),
    }
}
