//! How large values may grow: what is said twice in a configuration doubles what it says, and a chain of sixty such
//! names would fill any memory.

use std::borrow::Cow;

use super::expression::{Evaluated, Failure};
use super::scope::Evaluator;
use crate::source::Origin;
use crate::value::{Data, Value};

/// Larger values are not kept: what refers to one several times would grow without bound.
pub(super) const MAX_PARTS: usize = 500_000;

/// All instances of one block together may have more.
pub(super) const MAX_RESOURCE_PARTS: usize = 4_000_000;

/// Nor are values that nest deeper: much that looks at them goes down step by step.
const MAX_NESTING: usize = 100;

/// One step of the budget pays for a look at so many parts.
const PARTS_PER_STEP: usize = 2;

impl Evaluator<'_> {
    /// The value itself, where it is small enough to be walked and kept.
    pub(super) fn bounded(&self, value: Value, most: usize, origin: Origin) -> Evaluated {
        self.check_size(&value, most, origin)?;
        Ok(value)
    }

    /// Pays for a walk over the whole of a value, and refuses one that is too large for it.
    pub(super) fn check_size(&self, value: &Value, most: usize, origin: Origin) -> Result<(), Box<Failure>> {
        let is_plain = match &value.data {
            Data::List(_) | Data::Map(_) | Data::Text(_) => false,
            Data::Unknown(unknown) => unknown.candidates.is_empty(),
            _ => true,
        };
        if is_plain {
            return Ok(());
        }
        let (parts, nesting) = measure(value, most);
        self.spend(parts / PARTS_PER_STEP, origin)?;
        if parts >= most {
            return self.limit(format!("a value of more than {most} parts"), origin);
        }
        if nesting > MAX_NESTING {
            return self.limit(format!("a value that nests more than {MAX_NESTING} deep"), origin);
        }
        Ok(())
    }
}

/// How many parts a value has and how deep it nests, counted until there are too many.
fn measure(value: &Value, most: usize) -> (usize, usize) {
    let mut stack = vec![(value, 0)];
    let (mut parts, mut deepest) = (0, 0);
    while let Some((value, nesting)) = stack.pop() {
        parts += 1;
        deepest = deepest.max(nesting);
        if parts >= most || nesting > MAX_NESTING {
            break;
        }
        let inner = nesting + 1;
        match &value.data {
            Data::List(list) => stack.extend(list.items.iter().map(|item| (item, inner))),
            Data::Map(map) => {
                stack.extend(map.entries().iter().map(|entry| (&entry.value, inner)));
                let further = map.rest.iter().flat_map(|rest| &rest.candidates);
                stack.extend(further.map(|value| (value, inner)));
            }
            Data::Text(text) => stack.extend(text.json().map(|value| (value, inner))),
            Data::Unknown(unknown) => stack.extend(unknown.candidates.iter().map(|value| (value, inner))),
            _ => {}
        }
    }
    (parts, deepest)
}

/// A message that can be read: what it quotes of the configuration may be of any length.
pub(super) fn told(message: &str) -> Cow<'_, str> {
    const START: usize = 300;
    const END: usize = 100;
    let Some((cut, _)) = message.char_indices().nth(START) else { return Cow::Borrowed(message) };
    let Some((end, _)) = message.char_indices().rev().nth(END).filter(|(end, _)| *end > cut) else {
        return Cow::Borrowed(message);
    };
    Cow::Owned(format!("{}…{}", message.get(..cut).unwrap_or_default(), message.get(end..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_parts_count_each_time_they_are_said() {
        let mut value = Value::string("x", Origin::NONE);
        for _ in 0..10 {
            value = Value::list(vec![value.clone(), value], Origin::NONE);
        }
        assert_eq!(measure(&value, 10_000), (2047, 10));
        assert_eq!(measure(&value, 100).0, 100);
    }
}
