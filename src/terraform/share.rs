//! A module is evaluated once for each distinct set of arguments: what it makes for one caller is what it makes for
//! another, under other addresses.
//!
//! Arguments are the same only with their places: a finding points to the argument that a person must edit, and that is
//! another one in another call.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::expand::NAME_BYTES_PER_STEP;
use super::scope::{Evaluator, Instance};
use crate::model::{Resource, Step};
use crate::source::Origin;
use crate::syntax::hcl::ExpressionKind;
use crate::value::{Digester, Plain, Rename, Unknown, Value};

/// What module instances made, for others of the same arguments.
#[derive(Default)]
pub(super) struct Made {
    digester: RefCell<Digester>,
    by_call: RefCell<HashMap<Call, Rc<Outcome>>>,
}

/// All that what a module makes depends on.
#[derive(PartialEq, Eq, Hash)]
struct Call {
    /// Where the module lies in memory: one place for each directory.
    module: usize,
    /// See [`providers`].
    providers: u128,
    possible: Option<u128>,
    arguments: Vec<Option<u128>>,
    /// `a.b`, where calls below are looked up by it.
    installed: Option<String>,
}

/// The resources of one instance and of those below it.
struct Outcome {
    address: Arc<str>,
    calls: usize,
    made: Range<usize>,
    plain: RefCell<Plain>,
}

/// The provider configurations that an instance is given, as a number: those of the root module, until a call passes
/// others or a module has its own.
fn providers(instance: &Instance, digester: &mut Digester) -> u128 {
    let Some(call) = &instance.call else { return 0 };
    let parent = &call.parent;
    let of_parent = match parent.module.providers.is_empty() || parent.call.is_none() {
        true => providers(parent, digester),
        false => digester.of(&("own", &parent.address)),
    };
    let Some((file, attribute)) = call.layers.attribute("providers") else { return of_parent };
    // `aws.by_region[each.key]` is another one for each instance.
    let is_by_key = match &attribute.value.kind {
        ExpressionKind::Object(entries) => {
            entries.iter().any(|(_, given)| matches!(given.kind, ExpressionKind::Index(..)))
        }
        _ => true,
    };
    let keys = call.bindings.iter().filter(|_| is_by_key);
    let keys: Vec<u128> = keys.map(|(_, value)| digester.digest(value)).collect();
    digester.of(&("passed", of_parent, file, attribute.value.span, keys))
}

impl Evaluator<'_> {
    /// As [`Evaluator::resources`], where another instance may have made the same.
    pub(super) fn resources_of_call(
        &self,
        instance: &Rc<Instance>,
        possible: Option<&Arc<Unknown>>,
        out: &mut Vec<Resource>,
    ) {
        let Some(call) = self.distinct_call(instance, possible) else { return self.resources(instance, possible, out) };
        let known = self.made.by_call.borrow().get(&call).cloned();
        if let Some(outcome) = known {
            return self.repeat(&outcome, instance, out);
        }
        let start = out.len();
        self.resources(instance, possible, out);
        let outcome = Outcome {
            address: instance.address.clone(),
            calls: instance.chain.len(),
            made: start..out.len(),
            plain: RefCell::default(),
        };
        self.made.by_call.borrow_mut().insert(call, Rc::new(outcome));
    }

    /// What the outcome of an instance depends on; none where it stands for itself alone.
    fn distinct_call(&self, instance: &Rc<Instance>, possible: Option<&Arc<Unknown>>) -> Option<Call> {
        let mut plain = Plain::default();
        // What an argument says of the instance itself cannot be said of another one.
        let mut own = Rename::new(&instance.address, "", &mut plain);
        let given = self.arguments(instance)?;
        if given.iter().flatten().any(|value| own.value(value).is_some()) {
            return None;
        }
        let mut digester = self.made.digester.borrow_mut();
        let providers = providers(instance, &mut digester);
        let arguments = given.iter().map(|value| value.as_ref().map(|value| digester.digest(value))).collect();
        let mut reason = |unknown: &Arc<Unknown>| digester.digest(&Value::unknown(unknown.clone(), Origin::NONE));
        Some(Call {
            module: Arc::as_ptr(&instance.module).addr(),
            providers,
            possible: possible.map(&mut reason),
            arguments,
            installed: self.installed_name(instance),
        })
    }

    /// The resources of an outcome as those of another instance.
    fn repeat(&self, outcome: &Outcome, instance: &Instance, out: &mut Vec<Resource>) {
        let mut plain = outcome.plain.borrow_mut();
        let mut rename = Rename::new(&outcome.address, &instance.address, &mut plain);
        let mut chains: HashMap<usize, Arc<[Step]>> = HashMap::new();
        for at in outcome.made.clone() {
            let Some(made) = out.get(at) else { return };
            if !self.has_room_for_more(out, made.origin) {
                return;
            }
            let below = made.address.get(outcome.address.len()..).unwrap_or_default();
            let address: Arc<str> = [&*instance.address, below].concat().into();
            if let Err(failure) = self.spend(1 + address.len() / NAME_BYTES_PER_STEP, made.origin) {
                self.unknown_for(&failure, made.origin);
                return;
            }
            let chain = chains.entry(made.chain.as_ptr().addr()).or_insert_with(|| {
                let below = made.chain.get(outcome.calls..).unwrap_or_default();
                instance.chain.iter().chain(below).cloned().collect()
            });
            let resource = Resource {
                address,
                attributes: rename.value(&made.attributes).unwrap_or_else(|| made.attributes.clone()),
                possible: made.possible.as_ref().map(|reason| rename.unknown(reason).unwrap_or_else(|| reason.clone())),
                chain: chain.clone(),
                ..made.clone()
            };
            out.push(resource);
        }
    }
}
