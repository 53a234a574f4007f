//! `for` over what is not known: how many elements there are is open, and what each says is not.

use std::sync::Arc;

use super::scope::{Evaluator, Frame};
use crate::source::Origin;
use crate::syntax::hcl::{ExpressionKind, ForExpression};
use crate::value::{Data, List, Unknown, Value, derived};

impl Evaluator<'_> {
    /// A list of objects for the elements of what is not known: of what form each is, is.
    pub(super) fn for_any(
        &self,
        parts: &ForExpression,
        unknown: &Arc<Unknown>,
        frame: &Frame<'_>,
        origin: Origin,
    ) -> Option<Value> {
        let is_list = parts.key.is_none() && matches!(parts.value.kind, ExpressionKind::Object(_));
        if !is_list || unknown.refers.is_some() {
            return None;
        }
        let open = || Value::unknown(derived(unknown), origin);
        let frame = frame.bind(&parts.value_name, open());
        let with_key;
        let frame = match &parts.key_name {
            Some(name) => {
                with_key = frame.bind(name, open());
                &with_key
            }
            None => &frame,
        };
        let element = self.evaluate(&parts.value, frame).ok()?;
        let rest = Unknown { candidates: vec![Value::list(vec![element], origin)], ..unknown.derived() };
        let list = List { items: Vec::new(), rest: Some(Arc::new(rest)), is_set: false };
        Some(Value::new(Data::List(Arc::new(list)), origin))
    }
}
