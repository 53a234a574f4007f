//! From the names in an expression to the resource instance and attribute that they mean: through the variables and
//! outputs of modules, and on through attributes that are themselves references.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use super::address::{calling_module, join, module_calls, segments, surroundings};
use super::configuration::{Expression, Module};
use super::entry::Entry;
use super::mask::Mask;
use super::provider::Providers;
use crate::model::Account;
use crate::value::Reference;

/// A reference that takes more steps than this is given up.
const MAX_STEPS: usize = 32;

/// An expression with more names than this is no reference.
const MAX_NAMES: usize = 1000;

/// Finds what the unknown attributes of a plan refer to.
pub(super) struct Links<'a> {
    root: Option<&'a Module<'a>>,
    providers: &'a Providers,
    entries: &'a [Entry<'a>],
    /// Versions below 0.2 name resources without the attribute.
    names_resources_only: bool,
    existing: OnceLock<HashSet<&'a str>>,
}

/// Where a reference stands.
#[derive(Clone, Copy)]
struct Place<'p> {
    /// The address of the module instance; empty for the root module.
    module: &'p str,
    /// The key of the resource instance.
    key: &'p str,
    /// The attribute whose expression it is.
    attribute: &'p str,
    /// How many steps are left.
    steps: usize,
}

impl<'a> Links<'a> {
    /// Over the root module of the configuration with its providers and all resources of the plan.
    pub(super) fn new(
        root: Option<&'a Module<'a>>,
        providers: &'a Providers,
        format_version: &str,
        entries: &'a [Entry<'a>],
    ) -> Links<'a> {
        Links { root, providers, entries, names_resources_only: format_version == "0.1", existing: OnceLock::new() }
    }

    fn exists(&self, address: &str) -> bool {
        let all = || self.entries.iter().map(|entry| &*entry.address).collect();
        self.existing.get_or_init(all).contains(address)
    }

    fn module(&self, address: &str) -> Option<&Module<'a>> {
        let mut module = self.root?;
        for call in module_calls(address, &segments(address)) {
            module = module.call(segments(call).get(1)?.name)?;
        }
        Some(module)
    }

    fn expressions(&self, address: &str) -> Option<&Expression> {
        let (module, key) = surroundings(address);
        let inner = address.get(module.len()..)?.trim_start_matches('.');
        self.module(module)?.resource(inner.strip_suffix(key)?)
    }

    /// The account of a resource, where that is not certainly the one of the deployment.
    pub(super) fn account(&self, address: &str) -> Option<Arc<Account>> {
        let (module, key) = surroundings(address);
        let inner = address.get(module.len()..)?.trim_start_matches('.');
        self.providers.account(self.module(module)?.provider_of(inner.strip_suffix(key)?)?)
    }

    /// Writes into the mask of a resource's attributes what each unknown part refers to.
    pub(super) fn annotate(&self, address: &str, mask: &mut Mask<'_>) {
        let Mask::Map(entries) = mask else { return };
        if !entries.iter().any(|(_, mask)| mask.any()) {
            return;
        }
        let Some(expressions) = self.expressions(address) else { return };
        let (module, key) = surroundings(address);
        for (attribute, mask) in entries.iter_mut().filter(|(_, mask)| mask.any()) {
            if let Some(expression) = expressions.entry(attribute) {
                self.annotate_with(Place { module, key, attribute, steps: MAX_STEPS }, mask, expression);
                // What is configured is not left to the provider, even where it cannot be told what it refers to.
                let mut leaves = Vec::new();
                mask.leaves(&mut leaves);
                for leaf in leaves.into_iter().filter(|leaf| leaf.is_none()) {
                    *leaf = Some(Box::new(Mask::configured()));
                }
            }
        }
    }

    /// Writes into the mask of an output's value what it refers to.
    pub(super) fn annotate_output(&self, name: &str, mask: &mut Mask<'_>) {
        if mask.any()
            && let Some(expression) = self.root.and_then(|root| root.output(name))
        {
            self.annotate_with(Place { module: "", key: "", attribute: "value", steps: MAX_STEPS }, mask, expression);
        }
    }

    /// The attributes that are given by a reference, with it; for plans that do not say what is unknown.
    pub(super) fn referring(&self, address: &str) -> Mask<'_> {
        let Some(Expression::Map(entries)) = self.expressions(address) else { return Mask::Clear };
        let refers = entries.iter().filter(|(_, expression)| matches!(expression, Expression::References(_)));
        let mut mask = Mask::Map(refers.map(|(key, _)| (Cow::Borrowed(key.as_str()), Mask::Set(None))).collect());
        self.annotate(address, &mut mask);
        mask
    }

    fn annotate_with(&self, place: Place<'_>, mask: &mut Mask<'_>, expression: &Expression) {
        match (mask, expression) {
            (mask, Expression::References(names)) => {
                let mut leaves = Vec::new();
                mask.leaves(&mut leaves);
                if let [leaf] = leaves.as_mut_slice() {
                    **leaf = self.single(place, names, &[]).map(Box::new);
                    return;
                }
                // As many references as unknown parts: the elements of a list that was written out.
                let mentioned = Mentioned::of(names);
                if mentioned.links_alone() && mentioned.links.len() == leaves.len() {
                    for (leaf, name) in leaves.into_iter().zip(mentioned.links) {
                        *leaf = self.follow(place, name, &[], false).map(Box::new);
                    }
                }
            }
            // Blocks of a set are not in the order of the text; only the statements of a policy document surely are.
            (Mask::List(masks), Expression::List(blocks))
                if masks.len() == blocks.len() && (masks.len() == 1 || place.attribute == "statement") =>
            {
                for (mask, block) in masks.iter_mut().zip(blocks) {
                    self.annotate_with(place, mask, block);
                }
            }
            // Where one block alone is unknown in part, it is the one that is written with names in the same parts. Blocks of
            // `dynamic` are not in the configuration: where there are more than are written, it may be one of these.
            (Mask::List(masks), Expression::List(blocks)) if masks.len() == blocks.len() => {
                let mut open = masks.iter_mut().filter(|mask| mask.any());
                let (Some(mask), None) = (open.next(), open.next()) else { return };
                let mut written = blocks.iter().filter(|block| names_parts(mask, block));
                if let (Some(block), None) = (written.next(), written.next()) {
                    self.annotate_with(place, mask, block);
                }
            }
            (Mask::List(masks), block @ Expression::Map(_)) => {
                if let [mask] = masks.as_mut_slice() {
                    self.annotate_with(place, mask, block);
                }
            }
            (Mask::Map(masks), block @ Expression::Map(_)) => {
                for (attribute, mask) in masks.iter_mut().filter(|(_, mask)| mask.any()) {
                    if let Some(expression) = block.entry(attribute) {
                        self.annotate_with(Place { attribute, ..place }, mask, expression);
                    }
                }
            }
            _ => {}
        }
    }

    /// What an expression refers to, if it is one reference; `path` is looked up in its value.
    fn single(&self, place: Place<'_>, names: &[String], path: &[&str]) -> Option<Reference> {
        let mut mentioned = Mentioned::of(names);
        if mentioned.links.len() > 1 {
            let module = self.module(place.module);
            let is_switch = |name: &str| match segments(name).as_slice() {
                [keyword, variable] => {
                    keyword.name == "var" && module.is_some_and(|module| module.is_switch(variable.name))
                }
                _ => false,
            };
            mentioned.links.retain(|name| !is_switch(name));
            mentioned.links.sort_unstable();
            mentioned.links.dedup();
            // `length(x.y) > 0 ? x.y[0].id : null` mentions `x.y` beside its attribute.
            let longest = mentioned.links.last().copied()?;
            mentioned.links.retain(|name| !is_within(longest, name) || *name == longest);
        }
        match mentioned.links.as_slice() {
            [name] if !mentioned.others && !mentioned.locals => self.follow(place, name, path, mentioned.own_key),
            links if !mentioned.others && !mentioned.own_key => self.remaining(place, links, path),
            _ => None,
        }
    }

    /// An expression can name an instance that does not exist only in a branch that is not taken: it chooses between
    /// references, and where one alone is left, that is the one.
    fn remaining(&self, place: Place<'_>, links: &[&str], path: &[&str]) -> Option<Reference> {
        let chosen: Vec<&str> = links.iter().copied().filter(|link| !self.is_missing(place, link)).collect();
        match chosen.as_slice() {
            [name] if links.len() > 1 => self.follow(place, name, path, false),
            _ => None,
        }
    }

    fn is_missing(&self, place: Place<'_>, name: &str) -> bool {
        let parts = segments(name);
        let block = parts.get(if name.starts_with("data.") { 2 } else { 1 });
        let is_resource = !name.starts_with("var.") && !name.starts_with("module.");
        let instance = block.filter(|block| is_resource && !block.key.is_empty());
        instance.and_then(|block| name.get(..block.end)).is_some_and(|name| !self.exists(&join(place.module, name)))
    }

    fn follow(&self, place: Place<'_>, name: &str, path: &[&str], own_key: bool) -> Option<Reference> {
        let place = Place { steps: place.steps.checked_sub(1)?, ..place };
        let parts = segments(name);
        let (first, after) = parts.split_first()?;
        let rest = |from: usize| -> Vec<&str> {
            let written = after.iter().skip(from).map(|part| name.get(part.start..part.end).unwrap_or(""));
            written.chain(path.iter().copied()).collect()
        };
        match first.name {
            "var" | "module" if own_key => None,
            "var" => {
                let variable = after.first().filter(|variable| variable.key.is_empty())?;
                let (caller, key) = calling_module(place.module)?;
                let call = segments(place.module).last()?.name;
                let expression = self.module(caller)?.argument(call, variable.name)?;
                self.enter(Place { module: caller, key, ..place }, expression, &rest(1))
            }
            "module" => {
                let (call, output) = (after.first()?, after.get(1)?);
                let inner = join(place.module, &format!("module.{}{}", call.name, call.key));
                let expression = self.module(&inner)?.output(output.name)?;
                self.enter(Place { module: &inner, key: "", ..place }, expression, &rest(2))
            }
            _ => {
                let is_data = first.name == "data";
                let after = if is_data { after.get(1..)? } else { after };
                let block = after.first()?;
                let provider_type = if is_data { parts.get(1)?.name } else { first.name };
                let path = rest(if is_data { 2 } else { 1 });
                let inner = name.get(..block.start + block.name.len())?;
                self.attribute(place, &Target { inner, provider_type, key: block.key, path, is_data }, own_key)
            }
        }
    }

    fn attribute(&self, place: Place<'_>, target: &Target<'_>, own_key: bool) -> Option<Reference> {
        let attribute = match target.path.as_slice() {
            [] if own_key || self.names_resources_only => usual_attribute(place.attribute, target.is_data)?.to_owned(),
            [] => return None,
            // A key beside a whole reference is another part of a text that was put together.
            _ if own_key => return None,
            path => path.join("."),
        };
        if !may_stand_for(place.attribute, &attribute) {
            return None;
        }
        let with_key = |key| join(place.module, &format!("{}{key}", target.inner));
        let (mut key, mut address) = (target.key, with_key(target.key));
        if !self.exists(&address) && own_key && key.is_empty() {
            (key, address) = (place.key, with_key(place.key));
        }
        if !self.exists(&address) {
            return None;
        }
        let given = self.expressions(&address).and_then(|expressions| expressions.entry(&attribute));
        let further = given.and_then(|given| self.enter(Place { key, attribute: &attribute, ..place }, given, &[]));
        let provider_type = target.provider_type.into();
        further.or_else(|| Some(Reference { address: address.into(), provider_type, attribute: attribute.into() }))
    }

    fn enter(&self, place: Place<'_>, expression: &Expression, path: &[&str]) -> Option<Reference> {
        match expression {
            Expression::References(names) => self.single(place, names, path),
            _ => None,
        }
    }
}

/// Whether a block is written with names wherever a mask says that something is unknown.
fn names_parts(mask: &Mask<'_>, block: &Expression) -> bool {
    let Mask::Map(parts) = mask else { return false };
    parts.iter().filter(|(_, part)| part.any()).all(|(attribute, _)| block.entry(attribute).is_some())
}

/// Whether `inner` is `outer` or a part of it.
fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// A resource that a name leads to.
struct Target<'n> {
    /// Its address within the module, without the key.
    inner: &'n str,
    provider_type: &'n str,
    key: &'n str,
    path: Vec<&'n str>,
    is_data: bool,
}

/// The names in an expression.
struct Mentioned<'n> {
    /// Resources, variables and outputs, with the attribute where there is one.
    links: Vec<&'n str>,
    /// `each.key` or `count.index` occurs.
    own_key: bool,
    /// A local value occurs, of which the plan tells nothing.
    locals: bool,
    /// Something else occurs.
    others: bool,
}

impl<'n> Mentioned<'n> {
    /// After each name the plan lists what it is a part of: `a.b.name`, `a.b`.
    fn of(names: &'n [String]) -> Mentioned<'n> {
        let mut found = Mentioned { links: Vec::new(), own_key: false, locals: false, others: false };
        let mut before = "";
        found.others = names.len() > MAX_NAMES;
        for name in names.iter().take(MAX_NAMES) {
            let is_outer = before.len() > name.len() && is_within(before, name);
            before = name;
            let root = name.split(['.', '[']).next().unwrap_or("");
            match root {
                _ if is_outer => {}
                "each" | "count" if matches!(name.as_str(), "each.key" | "count.index" | "each" | "count") => {
                    found.own_key = true;
                }
                "local" => found.locals = true,
                "each" | "count" | "path" | "terraform" | "self" => found.others = true,
                _ => found.links.push(name),
            }
        }
        found
    }

    fn links_alone(&self) -> bool {
        !self.own_key && !self.locals && !self.others
    }
}

/// Whether an attribute whose expression mentions one reference is that reference: texts of an own are put together from
/// names, and a policy mentions what it is about.
fn may_stand_for(attribute: &str, target: &str) -> bool {
    match attribute {
        "name" | "name_prefix" | "description" => false,
        _ if is_document(attribute) => {
            ["json", "policy", "document", "rendered", "content"].iter().any(|word| target.contains(word))
        }
        _ => true,
    }
}

fn is_document(attribute: &str) -> bool {
    ["policy", "policies", "policy_document", "policy_documents"].iter().any(|end| attribute.ends_with(end))
}

/// The attribute that is meant where the plan names only the resource; `None` where it could be any.
fn usual_attribute(attribute: &str, is_data: bool) -> Option<&'static str> {
    const NAMED: [&str; 13] = [
        "bucket",
        "bucket_name",
        "group",
        "groups",
        "id",
        "instance",
        "instances",
        "role",
        "roles",
        "security_groups",
        "subnets",
        "user",
        "users",
    ];
    let is_id = attribute.ends_with("_id") || attribute.ends_with("_ids") || attribute.ends_with("_bucket");
    if is_document(attribute) {
        is_data.then_some("json")
    } else if attribute.ends_with("arn") || attribute.ends_with("arns") {
        Some("arn")
    } else {
        // An origin's id is a name that the configuration makes up.
        ((is_id && !attribute.ends_with("origin_id")) || NAMED.contains(&attribute)).then_some("id")
    }
}
