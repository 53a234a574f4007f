//! Blocks to attributes: `count`, `for_each`, `dynamic`, and the instances that they make.

use std::rc::Rc;
use std::sync::Arc;

use super::data_source;
use super::expression::{Failure, only_entry};
use super::module::{Layers, ResourceBlock};
use super::provider::tags_all;
use super::scope::{Evaluator, Frame, Instance, Shape};
use super::symbol::{Symbol, prefix};
use crate::diagnostic::Diagnostic;
use crate::model::{Change, Mode, Resource};
use crate::source::{FileId, Origin};
use crate::syntax::hcl::{Attribute, Block, Body};
use crate::value::{Data, Entry, List, Map, Reference, Unknown, Value, Why, derived, joined_rest};

/// The most instances that one block may have.
const MAX_INSTANCES: usize = 20_000;

/// What a block costs that a `dynamic` block makes, in steps.
const STEPS_PER_BLOCK: usize = 4;

/// Attributes of every block that are Terraform's own, not the provider's.
const META: [&str; 5] = ["count", "for_each", "provider", "depends_on", "providers"];

/// Nested blocks that are Terraform's own.
const META_BLOCKS: [&str; 4] = ["lifecycle", "provisioner", "connection", "timeouts"];

/// The resource type that Terraform itself has.
const TERRAFORM_DATA: &str = "terraform_data";

/// What tells one instance of a block from the others, and what `each` or `count` is in it.
pub(super) type Key = (Option<Value>, Vec<(Arc<str>, Value)>);

impl Evaluator<'_> {
    /// The instances that `count` or `for_each` ask for.
    pub(super) fn expansion(
        &self,
        instance: &Rc<Instance>,
        layers: &Layers,
    ) -> Result<(Shape, Vec<Key>), Box<Failure>> {
        let frame = |file: FileId| Frame::new(instance, file);
        if let Some((file, count)) = layers.attribute("count") {
            let origin = Origin { file, span: count.value.span };
            let value = self.evaluate_or_unknown(&count.value, &frame(file));
            let key = |nth: usize| {
                let number = Value::integer(nth as i64, origin);
                (Some(number.clone()), vec![("count".into(), Value::fields([("index", number)], origin))])
            };
            if let Some(unknown) = value.as_unknown() {
                let index = Value::unknown(derived(unknown), origin);
                let binding = vec![("count".into(), Value::fields([("index", index)], origin))];
                return Ok((Shape::Possible { reason: possible(unknown), by_key: false }, vec![(None, binding)]));
            }
            let Some(number) = value.as_number().and_then(|n| n.as_i64()).and_then(|n| usize::try_from(n).ok()) else {
                return super::expression::fail("`count` must be a whole number, zero or more", origin);
            };
            if number > MAX_INSTANCES {
                return self.limit(format!("more than {MAX_INSTANCES} instances of one block"), origin);
            }
            return Ok((Shape::Count, (0..number).map(key).collect()));
        }
        if let Some((file, for_each)) = layers.attribute("for_each") {
            let origin = Origin { file, span: for_each.value.span };
            let value = self.evaluate_or_unknown(&for_each.value, &frame(file));
            self.check_for_each(&value, origin);
            let each = |key: Value, value: Value| {
                vec![("each".into(), Value::fields([("key", key), ("value", value)], origin))]
            };
            let some = |unknown: &Arc<Unknown>| {
                let unknown_part = || Value::unknown(derived(unknown), origin);
                let binding = each(unknown_part(), only_entry(&value).cloned().unwrap_or_else(unknown_part));
                Ok((Shape::Possible { reason: possible(unknown), by_key: true }, vec![(None, binding)]))
            };
            if hides_keys(&value) {
                // The keys would stand in addresses, for everybody to read.
                return some(&Arc::new(Unknown::new(Why::Invalid, "a sensitive `for_each`", origin)));
            }
            let keys: Vec<Key> = match &value.data {
                Data::Unknown(unknown) => return some(unknown),
                Data::Map(map) => match &map.rest {
                    Some(rest) if rest.refers.is_none() => return some(rest),
                    _ => {
                        let key = |entry: &Entry| Value::string(entry.key.clone(), entry.key_origin);
                        let one = |entry: &Entry| (Some(key(entry)), each(key(entry), entry.value.clone()));
                        map.entries().iter().map(one).collect()
                    }
                },
                Data::List(list) => {
                    let first = list.items.iter().find_map(Value::first_unknown).or(list.rest.as_ref());
                    if let Some(unknown) = first {
                        return some(unknown);
                    }
                    let one = |item: &Value| (Some(item.clone()), each(item.clone(), item.clone()));
                    list.items.iter().map(one).collect()
                }
                _ => return super::expression::fail("`for_each` must be a map or a set of strings", origin),
            };
            if keys.len() > MAX_INSTANCES {
                return self.limit(format!("more than {MAX_INSTANCES} instances of one block"), origin);
            }
            return Ok((Shape::ForEach, keys));
        }
        Ok((Shape::Single, vec![(None, Vec::new())]))
    }

    /// Tells of a `for_each` that Terraform refuses. Where it can be read all the same it is: what the author means is
    /// more use than nothing.
    fn check_for_each(&self, value: &Value, origin: Origin) {
        let problem = match &value.data {
            _ if hides_keys(value) => "a sensitive value: its keys would stand in addresses",
            Data::List(list) if !list.is_set => "a list or tuple: `toset` makes a set of it",
            Data::List(list) if is_made_later(list) => {
                "a set of values that are known only after the resources they come from are made"
            }
            Data::List(list)
                if list
                    .items
                    .iter()
                    .any(|item| item.is_null() || item.as_number().is_some() && item.as_str().is_none()) =>
            {
                "a set of other things than strings"
            }
            _ => return,
        };
        let message = format!("`for_each` must not be {problem}");
        self.report(Diagnostic::warning("for-each", message).at(origin, ""));
    }

    /// As [`Evaluator::expansion`], where a failure is reported and gives one possible instance.
    pub(super) fn expansion_or_possible(&self, instance: &Rc<Instance>, layers: &Layers) -> (Shape, Vec<Key>) {
        self.expansion(instance, layers).unwrap_or_else(|failure| {
            self.report(failure.diagnostic());
            let why = if failure.is_limit { Why::Limit } else { Why::Invalid };
            let unknown = Arc::new(Unknown::new(why, failure.message.clone(), failure.origin));
            let by_key = layers.attribute("for_each").is_some();
            let open = || Value::unknown(derived(&unknown), failure.origin);
            let binding = match by_key {
                true => ("each".into(), Value::fields([("key", open()), ("value", open())], failure.origin)),
                false => ("count".into(), Value::fields([("index", open())], failure.origin)),
            };
            (Shape::Possible { reason: unknown, by_key }, vec![(None, vec![binding])])
        })
    }

    /// The value that a reference to a resource has.
    pub(super) fn resource_value(&self, instance: &Rc<Instance>, block: &ResourceBlock) -> Value {
        let origin = block.layers.header();
        let (shape, keys) = self.expansion_or_possible(instance, &block.layers);
        instance.shapes.borrow_mut().insert(Symbol::of(block), shape.clone());
        let mut values = Vec::with_capacity(keys.len());
        for (key, bindings) in keys {
            // Each instance has an address of its own, and names may be long.
            let named = instance.address.len() + block.name.len() + key.as_ref().map_or(0, key_length);
            if let Err(failure) = self.spend(1 + named / NAME_BYTES_PER_STEP, origin) {
                return self.unknown_for(&failure, origin);
            }
            let attributes = self.resource_attributes(instance, block, key.as_ref(), &bindings);
            if !matches!(shape, Shape::Possible { .. }) {
                let mut frame = Frame::new(instance, FileId::NONE);
                for (name, value) in bindings {
                    frame = frame.bind_owned(&name, value);
                }
                let address = address(&instance.address, block, key.as_ref());
                self.check_resource(&block.layers, &frame, &address, &attributes);
            }
            values.push((key, attributes));
        }
        shaped(&shape, values, origin)
    }

    /// The attributes of one instance; what the configuration does not set is left to the provider.
    fn resource_attributes(
        &self,
        instance: &Rc<Instance>,
        block: &ResourceBlock,
        key: Option<&Value>,
        bindings: &[(Arc<str>, Value)],
    ) -> Value {
        let origin = block.layers.header();
        let mut frame = Frame::new(instance, FileId::NONE);
        for (name, value) in bindings {
            frame = frame.bind_owned(name, value.clone());
        }
        let mut map = self.attributes(&block.layers, &frame);
        let address = address(&instance.address, block, key);
        let is_aws = block.provider_type.starts_with("aws_");
        let (provider, own) = match is_aws {
            true => (self.provider_of(&block.layers, &block.provider_type, &frame), self.own_provider(&frame, "aws")),
            false => (Rc::default(), Rc::default()),
        };
        let is_other_account = !Rc::ptr_eq(&provider, &own) && !provider.is_same_account(&own);
        if block.mode != Mode::Managed {
            let data = data_source::Block {
                provider_type: &block.provider_type,
                address: &address,
                other_account: is_other_account.then(|| provider.account_id()),
                is_other_region: !provider.is_same_region(&own),
                region: provider.region.as_ref(),
                waits: block.layers.attribute("depends_on").is_some(),
                origin,
            };
            let value = data_source::compute(&data, map, self, &frame);
            // What a run makes for itself must not be written down.
            return value.marked(block.mode == Mode::Ephemeral);
        }
        if is_other_account {
            self.note_account(&address, &provider);
        }
        if is_aws
            && map.get("tags_all").is_none()
            && let Some(value) = tags_all(&provider, &block.provider_type, map.get("tags"))
        {
            map.insert(Entry { key: "tags_all".into(), key_origin: value.origin, value });
        }
        if &*block.provider_type == TERRAFORM_DATA {
            let value = map.get("input").cloned().unwrap_or_else(|| Value::null(origin));
            map.insert(Entry { key: "output".into(), key_origin: value.origin, value });
        }
        let mut rest = Unknown::new(Why::AfterApply, address.clone(), origin);
        rest.refers = Some(Reference { address, provider_type: block.provider_type.clone(), attribute: "".into() });
        map.rest = map.rest.or(Some(Arc::new(rest)));
        Value::new(Data::Map(Arc::new(map)), origin)
    }

    /// The attributes and nested blocks of a block, all layers of it.
    pub(super) fn attributes(&self, layers: &Layers, frame: &Frame<'_>) -> Map {
        let mut map = Map::default();
        for (file, block) in &layers.layers {
            let layer = self.body(&block.body, &frame.in_file(*file), true);
            map.rest = map.rest.or(layer.rest.clone());
            for entry in layer.into_entries() {
                map.insert(entry);
            }
        }
        map
    }

    /// Only the attributes and nested blocks of these names.
    pub(super) fn attributes_of(&self, layers: &Layers, frame: &Frame<'_>, names: &[&str]) -> Map {
        let mut map = Map::default();
        for (file, block) in &layers.layers {
            let is_named = |name: &str| names.contains(&name);
            let attributes = block.body.attributes.iter().filter(|one| is_named(&one.name)).cloned().collect();
            let blocks = block.body.blocks.iter().filter(|one| is_named(&one.kind)).cloned().collect();
            for entry in self.body(&Body { attributes, blocks }, &frame.in_file(*file), true).into_entries() {
                map.insert(entry);
            }
        }
        map
    }

    fn body(&self, body: &Body, frame: &Frame<'_>, is_top: bool) -> Map {
        let mut entries: Vec<Entry> = Vec::with_capacity(body.attributes.len());
        let mut rest = None;
        for Attribute { name, name_span, value } in &body.attributes {
            if is_top && META.contains(&&**name) {
                continue;
            }
            // Write-only arguments are for secrets: the provider keeps them out of the state.
            let value = self.evaluate_or_unknown(value, frame).marked(name.ends_with("_wo"));
            entries.push(Entry { key: name.clone(), key_origin: frame.origin(*name_span), value });
        }
        let mut nested: Vec<(Arc<str>, List, Origin)> = Vec::new();
        let mut slot = |kind: &Arc<str>, origin: Origin| {
            nested.iter().position(|(other, ..)| other == kind).unwrap_or_else(|| {
                nested.push((kind.clone(), List::default(), origin));
                nested.len() - 1
            })
        };
        let mut filled: Vec<(usize, Vec<Value>, Option<Arc<Unknown>>)> = Vec::new();
        for block in &body.blocks {
            let origin = frame.origin(block.span);
            if is_top && META_BLOCKS.contains(&&*block.kind) {
                continue;
            }
            match (&*block.kind, block.labels.first()) {
                ("dynamic", Some(label)) => {
                    let at = slot(&label.text, origin);
                    let (values, more) = self.dynamic(block, &label.text, frame);
                    filled.push((at, values, more));
                }
                _ => {
                    let at = slot(&block.kind, origin);
                    let inner = self.body(&block.body, frame, false);
                    filled.push((at, vec![Value::new(Data::Map(Arc::new(inner)), origin)], None));
                }
            }
        }
        for (at, values, more) in filled {
            if let Some((_, list, _)) = nested.get_mut(at) {
                list.items.extend(values);
                list.rest = joined_rest(list.rest.take(), more);
            }
        }
        for (kind, list, origin) in nested {
            if list.items.is_empty() && list.rest.is_none() {
                continue;
            }
            entries.push(Entry {
                key: kind,
                key_origin: origin,
                value: Value::new(Data::List(Arc::new(list)), origin),
            });
        }
        let mut map = Map::new(entries);
        map.rest = rest.take();
        map
    }

    /// The blocks that a `dynamic` block makes, and why there may be more.
    fn dynamic(&self, block: &Block, kind: &Arc<str>, frame: &Frame<'_>) -> (Vec<Value>, Option<Arc<Unknown>>) {
        let attribute = |name: &str| block.body.attributes.iter().find(|attribute| &*attribute.name == name);
        let Some(content) = block.body.blocks.iter().find(|inner| &*inner.kind == "content") else {
            return (Vec::new(), None);
        };
        let Some(for_each) = attribute("for_each") else { return (Vec::new(), None) };
        let origin = frame.origin(content.span);
        let collection = self.evaluate_or_unknown(&for_each.value, frame);
        let iterator = match attribute("iterator").map(|attribute| &attribute.value.kind) {
            Some(crate::syntax::hcl::ExpressionKind::Variable(name)) => name.clone(),
            Some(crate::syntax::hcl::ExpressionKind::String(name)) => name.clone(),
            _ => kind.clone(),
        };
        let refused = |message: &str| {
            let failure =
                Failure { message: message.to_owned(), origin: frame.origin(for_each.value.span), is_limit: false };
            self.unknown_for(&failure, failure.origin).first_unknown().cloned()
        };
        let (pairs, mut rest) = match super::expression::pairs(&collection, origin) {
            Ok((Some(pairs), rest)) => (pairs, rest),
            Ok((None, _)) => return (Vec::new(), refused("the `for_each` of a `dynamic` block must be a collection")),
            Err(unknown) => return (Vec::new(), Some(self.further_blocks(&unknown, &content.body, &iterator, frame))),
        };
        rest = rest.map(|rest| self.further_blocks(&rest, &content.body, &iterator, frame));
        let mut values = Vec::new();
        for (nth, (key, value)) in pairs.into_iter().enumerate() {
            // Blocks within blocks multiply.
            let within = match nth < MAX_INSTANCES {
                true => self.spend(STEPS_PER_BLOCK, origin),
                false => self.limit(format!("more than {MAX_INSTANCES} instances of one block"), origin),
            };
            if let Err(failure) = within {
                rest = self.unknown_for(&failure, origin).first_unknown().cloned();
                break;
            }
            let each = Value::fields([("key", key), ("value", value)], origin);
            let inner = self.body(&content.body, &frame.bind(&iterator, each), false);
            values.push(Value::new(Data::Map(Arc::new(inner)), origin));
        }
        (values, rest)
    }

    /// Why a `dynamic` block may make further blocks, with what each of them is.
    fn further_blocks(
        &self,
        unknown: &Arc<Unknown>,
        content: &Body,
        iterator: &str,
        frame: &Frame<'_>,
    ) -> Arc<Unknown> {
        /// Elements that are told apart.
        const MAX_FURTHER: usize = 16;
        let origin = unknown.origin;
        let open = || Value::unknown(derived(unknown), origin);
        let block = |value: Value| {
            let each = Value::fields([("key", open()), ("value", value)], origin);
            let inner = self.body(content, &frame.bind(iterator, each), false);
            Value::new(Data::Map(Arc::new(inner)), origin)
        };
        let known = unknown.further().filter(|elements| elements.len() <= MAX_FURTHER);
        let blocks: Vec<Value> = match known {
            Some(elements) => elements.into_iter().cloned().map(block).collect(),
            None => vec![block(open())],
        };
        Arc::new(Unknown { candidates: vec![Value::list(blocks, origin)], ..unknown.derived() })
    }

    /// All resources and, of the root module, outputs of an instance and of those below it.
    pub(super) fn resources(&self, instance: &Rc<Instance>, possible: Option<&Arc<Unknown>>, out: &mut Vec<Resource>) {
        self.validate_variables(instance);
        for block in &instance.module.resources {
            if !self.has_room_for_more(out, block.layers.header()) {
                return;
            }
            self.resources_of(instance, block, possible, out);
        }
        if instance.chain.is_empty() {
            self.outputs(instance, out);
        }
        let calls: Vec<Arc<str>> = instance.module.calls.iter().map(|(name, _)| name.clone()).collect();
        for call in calls {
            let children = match self.children(instance, &call, Origin::NONE) {
                Ok(children) => children,
                Err(failure) => {
                    self.report(failure.diagnostic());
                    None
                }
            };
            let Some(children) = children else { continue };
            let unknown = match &children.shape {
                Shape::Possible { reason, .. } => Some(reason),
                _ => possible,
            };
            for (_, child) in &children.instances {
                self.resources_of_call(child, unknown, out);
            }
        }
    }

    /// Whether there may be further resources; said once where not.
    pub(super) fn has_room_for_more(&self, resources: &[Resource], origin: Origin) -> bool {
        let has_room = resources.len() <= MAX_RESOURCES;
        if !has_room {
            let message = format!("more than {MAX_RESOURCES} resources: the rest is not read");
            self.unknown_for(&Failure { message, origin, is_limit: true }, origin);
        }
        has_room
    }

    fn resources_of(
        &self,
        instance: &Rc<Instance>,
        block: &ResourceBlock,
        possible: Option<&Arc<Unknown>>,
        out: &mut Vec<Resource>,
    ) {
        let expression = (block.provider_type.clone(), block.name.clone());
        let value = match self.resource_of(instance, block.mode, &expression.0, &expression.1) {
            Ok(value) => value,
            // Nothing is passed over in silence.
            Err(failure) => self.unknown_for(&failure, block.layers.header()),
        };
        let shape = instance.shapes.borrow().get(&Symbol::of(block)).cloned().unwrap_or(Shape::Single);
        let possible = match &shape {
            Shape::Possible { reason, .. } => Some(reason.clone()),
            _ => possible.cloned(),
        };
        let mut push = |key: Option<&Value>, attributes: &Value| {
            let mut attributes = attributes.clone();
            attributes.sensitive = false;
            if let Data::Map(map) = &attributes.data
                && map.rest.as_ref().is_some_and(|rest| rest.refers.is_some())
            {
                // References to it need to know what the provider computes; rules see only what is written.
                let mut plain = (**map).clone();
                plain.rest = None;
                if &*block.provider_type == TERRAFORM_DATA {
                    plain.remove("output");
                }
                attributes.data = Data::Map(Arc::new(plain));
            }
            out.push(Resource {
                address: address(&instance.address, block, key),
                provider_type: block.provider_type.clone(),
                mode: block.mode,
                attributes,
                origin: block.layers.header(),
                extent: block.layers.extent(),
                change: Change::Create,
                possible: possible.clone(),
                chain: instance.chain.clone(),
                construct: None,
                account: self.account_of(&address(&instance.address, block, key)),
            });
        };
        match (&shape, &value.data) {
            (Shape::Single, _) => push(None, &value),
            (Shape::Count, Data::List(list)) => {
                for (nth, item) in list.items.iter().enumerate() {
                    push(Some(&Value::integer(nth as i64, item.origin)), item);
                }
            }
            (Shape::ForEach, Data::Map(map)) => {
                for entry in map.entries() {
                    push(Some(&Value::string(entry.key.clone(), entry.key_origin)), &entry.value);
                }
            }
            (Shape::Possible { .. }, Data::List(list)) => list.items.iter().for_each(|item| push(None, item)),
            (Shape::Possible { .. }, _) => only_entry(&value).into_iter().for_each(|item| push(None, item)),
            _ => {}
        }
    }

    fn outputs(&self, instance: &Rc<Instance>, out: &mut Vec<Resource>) {
        for (name, layers) in &instance.module.outputs {
            let Ok(value) = self.output(instance, name, layers.header()) else { continue };
            let sensitive = match layers.attribute("sensitive") {
                Some((file, attribute)) => self.evaluate_or_unknown(&attribute.value, &Frame::new(instance, file)),
                None => Value::bool(false, layers.header()),
            };
            let place = layers
                .attribute("value")
                .map_or(layers.header(), |(file, attribute)| Origin { file, span: attribute.value.span });
            let mut value = value;
            value.origin = place;
            let fields = [("value", value), ("sensitive", sensitive)];
            out.push(Resource {
                address: format!("output.{name}").into(),
                provider_type: Resource::OUTPUT.into(),
                mode: Mode::Output,
                attributes: Value::fields(fields, layers.header()),
                origin: layers.header(),
                extent: layers.extent(),
                change: Change::Create,
                possible: None,
                chain: instance.chain.clone(),
                construct: None,
                account: None,
            });
        }
    }
}

/// One step of the budget pays for so many bytes of names.
pub(super) const NAME_BYTES_PER_STEP: usize = 16;

fn key_length(key: &Value) -> usize {
    key.as_str().map_or(1, str::len)
}

/// The most resources of one root module.
const MAX_RESOURCES: usize = 100_000;

/// Instances as the value of a reference to all of them.
pub(super) fn shaped(shape: &Shape, values: Vec<(Option<Value>, Value)>, origin: Origin) -> Value {
    match shape {
        Shape::Single => values.into_iter().next().map_or_else(|| Value::null(origin), |(_, value)| value),
        Shape::Count => Value::list(values.into_iter().map(|(_, value)| value).collect(), origin),
        Shape::ForEach => {
            let entry = |(key, value): (Option<Value>, Value)| {
                let key_text = key.as_ref().and_then(Value::scalar_text).unwrap_or_default();
                Entry { key: key_text.as_ref().into(), key_origin: value.origin, value }
            };
            Value::map(values.into_iter().map(entry).collect(), origin)
        }
        Shape::Possible { reason, by_key } => {
            let items = values.into_iter().map(|(_, value)| value).collect();
            if *by_key {
                let mut map = Map::default();
                map.rest = Some(Arc::new(Unknown { candidates: items, ..(**reason).clone() }));
                return Value::new(Data::Map(Arc::new(map)), origin);
            }
            let list = List { items, rest: Some(reason.clone()), is_set: false };
            Value::new(Data::List(Arc::new(list)), origin)
        }
    }
}

/// `[0]`, `["key"]`, or nothing.
pub(super) fn key_text(key: Option<&Value>) -> String {
    match key {
        None => String::new(),
        Some(key) => match &key.data {
            Data::Number(number) => format!("[{number}]"),
            _ => {
                let text = key.scalar_text().unwrap_or_default();
                format!("[\"{}\"]", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
        },
    }
}

fn address(module: &str, block: &ResourceBlock, key: Option<&Value>) -> Arc<str> {
    let mut address = String::new();
    if !module.is_empty() {
        address.push_str(module);
        address.push('.');
    }
    address.push_str(prefix(block.mode));
    address.push_str(&block.provider_type);
    address.push('.');
    address.push_str(&block.name);
    address.push_str(&key_text(key));
    address.into()
}

/// Whether the keys that a `for_each` gives are secrets: those of a map are not, unless the map as a whole is one.
fn hides_keys(value: &Value) -> bool {
    value.sensitive || value.as_list().is_some_and(|list| list.items.iter().any(|item| item.sensitive))
}

/// Whether there are identities in it that the provider gives when it makes a resource. Other attributes may well be known
/// to it before.
fn is_made_later(list: &List) -> bool {
    let unknowns = list.items.iter().filter_map(Value::as_unknown).chain(&list.rest);
    unknowns.into_iter().any(|unknown| {
        let attribute = match &unknown.refers {
            Some(refers) => &*refers.attribute,
            None => unknown.subject.rsplit('.').next().unwrap_or_default(),
        };
        unknown.why == Why::AfterApply && matches!(attribute, "id" | "arn" | "unique_id")
    })
}

/// The reason why it is not known whether an instance exists.
fn possible(unknown: &Unknown) -> Arc<Unknown> {
    Arc::new(Unknown::new(Why::Condition, unknown.subject.clone(), unknown.origin))
}
