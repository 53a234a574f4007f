//! The policies that a resource carries, what they stand on, and what keeps the public out of it.

use std::sync::Arc;

use super::document::Document;
use super::exposure::{Carrier, PublicAccessBlock, carrier_of};
use super::identity::Identity;
use super::principal::{Account, parties};
use super::tie::{Target, Ties};
use crate::model::KindInstance;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why};

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
    pub(super) websites: Ties,
    pub(super) methods: Ties,
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

pub(super) fn truth_of(value: &Value) -> Truth {
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
    pub(super) fn stands_on(&self, instance: &KindInstance<'_>) -> Vec<Target> {
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
        let is_s3 = carrier_of(&instance.resource.provider_type) == Carrier::Bucket;
        if is_s3 {
            for at in &surroundings.of_account {
                let Some(block) = self.of_kind("public-access-block").get(*at) else { continue };
                let account = |one: &KindInstance<'_>| self.accounts.at(one.index);
                let here = self.accounts.are_same(account(block), account(instance));
                if here != Truth::False {
                    self.add(surroundings, *at, here, &mut found);
                }
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

    /// The documents that a resource carries: most carry one.
    pub(super) fn documents_of(&self, instance: &KindInstance<'_>) -> Vec<Document> {
        let mut documents = Vec::new();
        for name in ["document", "of-stream"] {
            let value = self.field(instance, name);
            documents.extend(value.elements().iter().map(|one| Document::read(one, self.sources)));
            if let Some(unknown) = value.as_list().and_then(|list| list.rest.clone()) {
                documents.push(Document { rest: Some(unknown), ..Document::default() });
            }
        }
        let statement = self.field(instance, "statement");
        if !statement.is_null() {
            let version = Value::string("2012-10-17", statement.origin);
            let at = statement.origin;
            let document = Value::fields([("Version", version), ("Statement", statement)], at);
            documents.push(Document::of_value(&document));
        }
        documents
    }
}
