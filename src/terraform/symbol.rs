//! The names that are evaluated once for a module instance, and what is said where they lead back to themselves.

use std::rc::Rc;
use std::sync::Arc;

use super::module::ResourceBlock;
use super::scope::{Evaluator, Instance};
use crate::model::Mode;

/// How many names of a circle are told.
const MAX_CIRCLE: usize = 12;

/// A name that is evaluated once for an instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Symbol {
    Variable(Arc<str>),
    Local(Arc<str>),
    Output(Arc<str>),
    Resource(Mode, Arc<str>, Arc<str>),
}

impl Symbol {
    pub(super) fn of(block: &ResourceBlock) -> Symbol {
        Symbol::Resource(block.mode, block.provider_type.clone(), block.name.clone())
    }
}

impl Symbol {
    /// The name as a person writes it, with the module instance that it is in.
    pub(super) fn shown(&self, instance: &Instance) -> String {
        let name = match self {
            Symbol::Variable(name) => format!("var.{name}"),
            Symbol::Local(name) => format!("local.{name}"),
            Symbol::Output(name) => format!("output.{name}"),
            Symbol::Resource(mode, provider_type, name) => format!("{}{provider_type}.{name}", prefix(*mode)),
        };
        if instance.address.is_empty() { name } else { format!("{}.{name}", instance.address) }
    }
}

/// What stands before the type in the address of a resource.
pub(super) fn prefix(mode: Mode) -> &'static str {
    match mode {
        Mode::Data => "data.",
        Mode::Ephemeral => "ephemeral.",
        _ => "",
    }
}

impl Evaluator<'_> {
    /// Says which names lead back to this one.
    pub(super) fn circle(&self, instance: &Rc<Instance>, symbol: &Symbol) -> String {
        let trail = self.trail.borrow();
        let is_start = |(other, name): &(Rc<Instance>, Symbol)| Rc::ptr_eq(other, instance) && name == symbol;
        let start = trail.iter().rposition(is_start).unwrap_or_default();
        let mut names: Vec<String> = trail.iter().skip(start).map(|(instance, name)| name.shown(instance)).collect();
        names.push(symbol.shown(instance));
        if names.len() > MAX_CIRCLE {
            let left_out = names.len() - MAX_CIRCLE;
            names.splice(MAX_CIRCLE / 2..MAX_CIRCLE / 2 + left_out, [format!("({left_out} more)")]);
        }
        format!("`{}` refers to itself: {}", symbol.shown(instance), names.join(" → "))
    }
}
