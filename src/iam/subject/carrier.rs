//! What a resource policy stands on, and what keeps the public out of it.

use std::sync::Arc;

use super::tie::{Target, Ties};
use super::truth_value;
use crate::iam::Identity;
use crate::iam::exposure::PublicAccessBlock;
use crate::iam::principal::{Account, parties};
use crate::model::KindInstance;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why, derived};

/// The kinds of things that policies stand on and that others belong to.
const CARRIERS: [&str; 4] = ["bucket", "access-point", "search-domain", "rest-api"];

/// Whatever the unit says about resources that carry policies.
#[derive(Debug)]
pub(super) struct Surroundings {
    blocks: Ties,
    /// What each block says.
    settings: Vec<Setting>,
    /// The blocks that hold for all of the account.
    of_account: Vec<usize>,
    websites: Ties,
    methods: Ties,
}

/// What one block of public access says.
#[derive(Debug)]
struct Setting {
    refuses: (Truth, Value),
    restricts: (Truth, Value),
    unknown: Option<Arc<Unknown>>,
}

/// What keeps the public out of one resource, with the steps that say so.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) block: PublicAccessBlock,
    pub(super) because: Vec<(String, Origin)>,
}

fn truth_of(value: &Value) -> Truth {
    match (value.scalar_text().as_deref(), value.is_null()) {
        (Some("true"), _) => Truth::True,
        (Some(_), _) | (None, true) => Truth::False,
        (None, false) => Truth::Unknown,
    }
}

impl Identity<'_> {
    pub(super) fn surroundings(&self) -> Surroundings {
        let instances = self.of_kind("public-access-block");
        let of_account = |at: &usize| instances.get(*at).is_some_and(|instance| !instance.has_field("on"));
        Surroundings {
            blocks: self.ties("public-access-block", &CARRIERS),
            settings: instances.iter().map(|instance| self.setting(instance)).collect(),
            of_account: (0..instances.len()).filter(of_account).collect(),
            websites: self.ties("website", &CARRIERS),
            methods: self.ties("api-method", &CARRIERS),
        }
    }

    fn setting(&self, instance: &KindInstance<'_>) -> Setting {
        let exists = if instance.resource.possible.is_some() { Truth::Unknown } else { Truth::True };
        let counts = exists.and(self.is_of_own_account(instance));
        // Without any configuration an access point blocks everything.
        let configured = instance.has_field("configured").then(|| instance.field("configured", &self.relations));
        let flag = |name: &str| {
            let value = instance.field(name, &self.relations);
            let says = match (&configured, value.is_null()) {
                (Some(configured), true) => !truth_of(configured),
                _ => truth_of(&value),
            };
            (says.and(counts), value)
        };
        let (refuses, restricts) = (flag("refuses"), flag("restricts"));
        let reason = [&refuses.1, &restricts.1].into_iter().find_map(|value| value.first_unknown().cloned());
        let account = || instance.field("account", &self.relations).first_unknown().cloned();
        let unknown = instance.resource.possible.clone().or(reason).or_else(account);
        Setting { refuses, restricts, unknown }
    }

    /// Whether the account that a block names is that of the deployment; it is where none is named.
    fn is_of_own_account(&self, instance: &KindInstance<'_>) -> Truth {
        let account = instance.field("account", &self.relations);
        if account.is_null() {
            return Truth::True;
        }
        match parties(&account, self.own_accounts).0.first().map(|party| &party.account) {
            Some(Account::Own) => Truth::True,
            Some(Account::Id(_)) if !self.own_accounts.is_empty() => Truth::False,
            _ => Truth::Unknown,
        }
    }

    /// What a policy stands on, and what that in turn belongs to: of an access point its bucket.
    fn stands_on(&self, instance: &KindInstance<'_>) -> Vec<Target> {
        let on = instance.field("on", &self.relations);
        if on.is_null() {
            return Vec::new();
        }
        let target = self.target(&on, &CARRIERS, instance.index);
        let bucket = self.instance_at("access-point", &target).map(|point| {
            let buckets = point.field("bucket", &self.relations);
            let one = |value: &Value| self.target(value, &CARRIERS, point.index);
            buckets.elements().iter().map(one).collect::<Vec<Target>>()
        });
        let mut all = vec![target];
        // Several buckets behind one access point are not all blocked because one of them is.
        all.extend(bucket.filter(|buckets| buckets.len() == 1).into_iter().flatten());
        all
    }

    /// What keeps the public out of what a policy stands on.
    pub(super) fn block_of(&self, surroundings: &Surroundings, instance: &KindInstance<'_>) -> Block {
        let mut found = Block::default();
        let is_s3 =
            crate::iam::exposure::carrier_of(&instance.resource.provider_type) == crate::iam::exposure::Carrier::Bucket;
        if is_s3 {
            for at in &surroundings.of_account {
                self.add(surroundings, *at, Truth::True, &mut found);
            }
        }
        for target in self.stands_on(instance) {
            for at in surroundings.blocks.of(&target) {
                self.add(surroundings, *at, Truth::True, &mut found);
            }
            // One that may hold here is as good as several.
            if is_s3 {
                let refuses = |setting: &Setting| setting.refuses.0 != Truth::False;
                let restricts = |setting: &Setting| setting.restricts.0 != Truth::False;
                for test in [&refuses as &dyn Fn(&Setting) -> bool, &restricts] {
                    let fits = |at: usize| surroundings.settings.get(at).is_some_and(test);
                    if let Some(at) = surroundings.blocks.possible(&target, fits) {
                        self.add(surroundings, at, Truth::Unknown, &mut found);
                    }
                }
            }
            if let Some(domain) = self.instance_at("search-domain", &target) {
                let inside = domain.field("inside", &self.relations);
                found.block.inside = truth_of(&inside);
                match found.block.inside {
                    Truth::True => {
                        let name = &domain.resource.address;
                        found
                            .because
                            .push((format!("`{name}` is reached from inside of a network only"), inside.origin));
                    }
                    Truth::Unknown => found.block.unknown = inside.first_unknown().cloned(),
                    Truth::False => {}
                }
            }
        }
        found
    }

    /// Adds what one block says, which may or may not hold here.
    fn add(&self, surroundings: &Surroundings, at: usize, here: Truth, found: &mut Block) {
        let Some(setting) = surroundings.settings.get(at) else { return };
        let Some(instance) = self.of_kind("public-access-block").get(at) else { return };
        let says = [
            (&setting.refuses, &mut found.block.refuses, "refuses public policies"),
            (&setting.restricts, &mut found.block.restricts, "lets in only the own account and services"),
        ];
        for ((truth, value), whole, words) in says {
            let truth = truth.and(here);
            *whole = whole.or(truth);
            if truth.is_true() {
                let origin = value.origin.or(instance.origin());
                found.because.push((format!("`{}` {words}", instance.resource.address), origin));
            }
            if truth == Truth::Unknown && found.block.unknown.is_none() {
                let subject = format!("what `{}` belongs to", instance.resource.address);
                let unlike = || Arc::new(Unknown::new(Why::AfterApply, subject, instance.origin()));
                let on = || self.field(instance, "on").first_unknown().cloned().filter(|_| here == Truth::Unknown);
                found.block.unknown = setting.unknown.clone().or_else(on).or_else(|| Some(unlike()));
            }
        }
    }

    /// What rules may ask about a resource that carries a policy.
    pub(super) fn resource_value(&self, surroundings: &Surroundings, instance: &KindInstance<'_>) -> Value {
        let origin = instance.origin();
        let target = self.stands_on(instance).pop();
        let nothing = || Value::null(origin);
        let of = |kind: &str| target.as_ref().and_then(|target| self.instance_at(kind, target));
        let website = target.as_ref().filter(|_| {
            let carrier = crate::iam::exposure::carrier_of(&instance.resource.provider_type);
            carrier == crate::iam::exposure::Carrier::Bucket
        });
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
