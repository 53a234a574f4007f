//! What rules may ask about a resource that carries a policy.

use super::truth_value;
use crate::iam::Identity;
use crate::iam::exposure::{Carrier, carrier_of};
use crate::iam::surroundings::{Surroundings, truth_of};
use crate::iam::tie::Target;
use crate::model::KindInstance;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why, derived};

impl Identity<'_> {
    /// What rules may ask about a resource that carries a policy.
    pub(super) fn resource_value(&self, surroundings: &Surroundings, instance: &KindInstance<'_>) -> Value {
        let origin = instance.origin();
        let target = self.stands_on(instance).pop();
        let nothing = || Value::null(origin);
        let of = |kind: &str| target.as_ref().and_then(|target| self.instance_at(kind, target));
        let website = target.as_ref().filter(|_| carrier_of(&instance.resource.provider_type) == Carrier::Bucket);
        let fields = [
            ("name", Value::string(instance.resource.address.clone(), origin)),
            ("type", Value::string(instance.resource.provider_type.clone(), origin)),
            ("website", website.map_or_else(nothing, |target| self.is_website(surroundings, target, origin))),
            ("inside", of("search-domain").map_or_else(nothing, |domain| domain.field("inside", &self.relations))),
            ("private", of("rest-api").map_or_else(nothing, |api| self.is_private(&api))),
            (
                "authorization",
                match (of("rest-api"), &target) {
                    (Some(api), Some(target)) => self.authorization(surroundings, &api, target),
                    _ => nothing(),
                },
            ),
        ];
        Value::fields(fields, origin)
    }

    fn is_website(&self, surroundings: &Surroundings, target: &Target, origin: Origin) -> Value {
        let instances = self.of_kind("website");
        if let Some(certain) = surroundings.websites.of(target).iter().find_map(|at| instances.get(*at)) {
            let unknown = certain.resource.possible.clone();
            let truth = if unknown.is_some() { Truth::Unknown } else { Truth::True };
            return truth_value(truth, certain.origin(), unknown);
        }
        let own = self.instance_at("bucket", target).map(|bucket| bucket.field("website", &self.relations));
        match (own.filter(|own| truth_of(own) != Truth::False), surroundings.websites.possible(target, |_| true)) {
            (Some(own), _) => own,
            (None, Some(other)) => {
                let on = instances.get(other).map(|other| self.field(other, "on"));
                truth_value(Truth::Unknown, origin, on.and_then(|on| on.first_unknown().cloned()))
            }
            (None, None) => Value::bool(false, origin),
        }
    }

    /// Whether an API is called from inside of networks only.
    fn is_private(&self, api: &KindInstance<'_>) -> Value {
        let endpoints = api.field("endpoints", &self.relations);
        let is_private = Value::string("PRIVATE", endpoints.origin);
        let rest = endpoints.as_list().and_then(|list| list.rest.clone());
        let more = if rest.is_some() { Truth::Unknown } else { Truth::False };
        let truth = Truth::any(endpoints.elements().iter().map(|one| one.equals(&is_private))).or(more);
        truth_value(truth, endpoints.origin, endpoints.first_unknown().cloned().or(rest))
    }

    /// How many methods of an API ask who calls: `all`, `some`, `none`.
    fn authorization(&self, surroundings: &Surroundings, api: &KindInstance<'_>, target: &Target) -> Value {
        let origin = api.origin();
        let unlike = |what: &str| {
            let subject = format!("{what} of `{}`", api.resource.address);
            Value::unknown(Unknown::new(Why::NotInTree, subject, origin), origin)
        };
        let defined = ["definition", "stored"].map(|name| truth_of(&api.field(name, &self.relations)));
        if Truth::any(defined) != Truth::False {
            return unlike("the definition");
        }
        let tied = surroundings.methods.of(target);
        let methods = self.of_kind("api-method");
        let open = surroundings.methods.possible(target, |_| true).is_some();
        let found: Vec<Value> =
            tied.iter().filter_map(|at| methods.get(*at)).map(|method| self.field(method, "authorization")).collect();
        if found.is_empty() || open {
            return unlike("the methods");
        }
        if let Some(unknown) = found.iter().find_map(Value::first_unknown) {
            return Value::unknown(derived(unknown), origin);
        }
        let open = found.iter().filter(|value| value.as_str() == Some("NONE")).count();
        let word = match open {
            0 => "all",
            open if open == found.len() => "none",
            _ => "some",
        };
        Value::string(word, found.first().map_or(origin, |first| first.origin))
    }
}
