//! Names that a module uses and does not declare: Terraform refuses them wherever they stand, also where nothing is
//! evaluated, in a branch that is not taken or under a `try`.

use std::sync::Arc;

use super::expression::Failure;
use super::module::{Layers, Module};
use super::symbol::prefix;
use crate::diagnostic::Diagnostic;
use crate::model::Mode;
use crate::source::{FileId, Origin, Span};
use crate::syntax::hcl::{Block, Body, Expression, ExpressionKind, ForExpression, ObjectKey, Step, TemplatePart};

/// What has no name in it, though it looks as if: resource attributes, providers, types, words.
const NO_NAMES: [&str; 7] = ["ignore_changes", "provider", "providers", "type", "when", "on_failure", "iterator"];

/// Tells of the names that are not declared, once for a module.
pub(super) fn check(module: &Module, diagnostics: &mut Vec<Diagnostic>) {
    let mut check = Check { module, file: FileId::NONE, bound: Vec::new(), diagnostics };
    let mut locals: Vec<_> = module.locals.values().collect();
    locals.sort_by_key(|local| local.attribute.name_span);
    for local in locals {
        check.file = local.file;
        check.expression(&local.attribute.value);
    }
    let resources = module.resources.iter().map(|resource| &resource.layers);
    let calls = module.calls.iter().map(|(_, layers)| layers);
    let others = module.variables.values().chain(module.outputs.values()).chain(&module.providers);
    for layers in resources.chain(calls).chain(others) {
        check.layers(layers);
    }
}

struct Check<'c> {
    module: &'c Module,
    file: FileId,
    /// The names of `for` and `dynamic` around.
    bound: Vec<Arc<str>>,
    diagnostics: &'c mut Vec<Diagnostic>,
}

impl Check<'_> {
    fn layers(&mut self, layers: &Layers) {
        for (file, block) in &layers.layers {
            self.file = *file;
            self.body(&block.body);
        }
    }

    fn body(&mut self, body: &Body) {
        for attribute in body.attributes.iter().filter(|attribute| !NO_NAMES.contains(&&*attribute.name)) {
            self.expression(&attribute.value);
        }
        for block in &body.blocks {
            match (&*block.kind, block.labels.first()) {
                ("dynamic", Some(label)) => self.dynamic(block, &label.text),
                _ => self.body(&block.body),
            }
        }
    }

    fn dynamic(&mut self, block: &Block, label: &Arc<str>) {
        let mut iterator = label.clone();
        for attribute in &block.body.attributes {
            match (&*attribute.name, &attribute.value.kind) {
                ("iterator", ExpressionKind::Variable(name) | ExpressionKind::String(name)) => iterator = name.clone(),
                // The labels may use the iterator, but a block of a resource has none.
                ("labels", _) => {}
                _ => self.expression(&attribute.value),
            }
        }
        self.with(&[Some(&iterator)], |check| {
            for content in &block.body.blocks {
                check.body(&content.body);
            }
        });
    }

    fn with(&mut self, names: &[Option<&Arc<str>>], inside: impl FnOnce(&mut Self)) {
        let before = self.bound.len();
        self.bound.extend(names.iter().flatten().map(|name| (*name).clone()));
        inside(self);
        self.bound.truncate(before);
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|bound| &**bound == name)
    }

    fn expression(&mut self, expression: &Expression) {
        match &expression.kind {
            ExpressionKind::GetAttr(inner, name, _) => {
                if !self.name(inner, name, expression.span) {
                    self.expression(inner);
                }
            }
            ExpressionKind::Template(parts) => self.parts(parts),
            ExpressionKind::Tuple(items) => items.iter().for_each(|item| self.expression(item)),
            ExpressionKind::Object(entries) => {
                for (key, value) in entries {
                    if let ObjectKey::Expression(key) = key {
                        self.expression(key);
                    }
                    self.expression(value);
                }
            }
            ExpressionKind::Index(inner, key) => {
                self.expression(inner);
                self.expression(key);
            }
            ExpressionKind::Splat { value, steps, .. } => {
                self.expression(value);
                self.steps(steps);
            }
            ExpressionKind::Call { arguments, .. } => arguments.iter().for_each(|argument| self.expression(argument)),
            ExpressionKind::Conditional(parts) => parts.iter().for_each(|part| self.expression(part)),
            ExpressionKind::Unary(_, inner) | ExpressionKind::Parenthesis(inner) => self.expression(inner),
            ExpressionKind::Binary(_, sides) => sides.iter().for_each(|side| self.expression(side)),
            ExpressionKind::For(parts) => self.for_expression(parts),
            ExpressionKind::Null
            | ExpressionKind::Bool(_)
            | ExpressionKind::Number(_)
            | ExpressionKind::String(_)
            | ExpressionKind::Variable(_) => {}
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Attribute(_) => {}
                Step::Index(key) => self.expression(key),
                Step::Splat(steps) => self.steps(steps),
            }
        }
    }

    fn for_expression(&mut self, parts: &ForExpression) {
        self.expression(&parts.collection);
        self.with(&[parts.key_name.as_ref(), Some(&parts.value_name)], |check| {
            for part in [parts.key.as_ref(), Some(&parts.value), parts.condition.as_ref()].into_iter().flatten() {
                check.expression(part);
            }
        });
    }

    fn parts(&mut self, parts: &[TemplatePart]) {
        for part in parts {
            match part {
                TemplatePart::Literal(..) => {}
                TemplatePart::Interpolation(inner) => self.expression(inner),
                TemplatePart::If { condition, then, otherwise } => {
                    self.expression(condition);
                    self.parts(then);
                    self.parts(otherwise);
                }
                TemplatePart::For { key, value, collection, parts } => {
                    self.expression(collection);
                    self.with(&[key.as_ref(), Some(value)], |check| check.parts(parts));
                }
            }
        }
    }

    /// Whether `inner.name` is a name of the module as a whole; one that is not declared is told.
    fn name(&mut self, inner: &Expression, name: &Arc<str>, span: Span) -> bool {
        let module = self.module;
        let missing = match &inner.kind {
            ExpressionKind::Variable(root) if !self.is_bound(root) => match &**root {
                "var" => (!module.variables.contains_key(name)).then(|| format!("there is no variable named `{name}`")),
                "local" => {
                    (!module.locals.contains_key(name)).then(|| format!("there is no local value named `{name}`"))
                }
                "module" => self.call(name),
                "each" | "count" | "self" | "path" | "terraform" | "tofu" => None,
                "data" | "ephemeral" => return false,
                _ => self.resource(Mode::Managed, root, name),
            },
            ExpressionKind::GetAttr(root, provider_type, _) => match &root.kind {
                ExpressionKind::Variable(root) if !self.is_bound(root) => match &**root {
                    "data" => self.resource(Mode::Data, provider_type, name),
                    "ephemeral" => self.resource(Mode::Ephemeral, provider_type, name),
                    "module" => self.call(provider_type),
                    _ => return false,
                },
                _ => return false,
            },
            ExpressionKind::Index(call, key) => {
                let ExpressionKind::GetAttr(root, name, _) = &call.kind else { return false };
                let is_module = matches!(&root.kind, ExpressionKind::Variable(root) if &**root == "module");
                if !is_module || self.is_bound("module") {
                    return false;
                }
                self.expression(key);
                self.call(name)
            }
            _ => return false,
        };
        if let Some(message) = missing {
            // In the words of the evaluation, which may come here, too: what is said twice is shown once.
            let origin = Origin { file: self.file, span };
            self.diagnostics.push(Failure { message, origin, is_limit: false }.diagnostic());
        }
        true
    }

    fn call(&self, name: &Arc<str>) -> Option<String> {
        let is_there = self.module.call_by_name.contains_key(name);
        (!is_there).then(|| format!("there is no module call named `{name}`"))
    }

    fn resource(&self, mode: Mode, provider_type: &Arc<str>, name: &Arc<str>) -> Option<String> {
        let is_there = self.module.by_name.contains_key(&(mode, provider_type.clone(), name.clone()));
        (!is_there).then(|| format!("there is no resource `{}{provider_type}.{name}`", prefix(mode)))
    }
}
