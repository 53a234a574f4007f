//! Provider configurations: which one a resource uses, through module calls and aliases, and the tags that it adds.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::module::{Layers, literal};
use super::scope::{Evaluator, Frame, Instance};
use crate::model::{Account, Mode, Resource};
use crate::source::FileId;
use crate::syntax::hcl::{Expression, ExpressionKind, ObjectKey};
use crate::value::{Data, Entry, Map, Unknown, Value, Why, derived};

/// What of a provider configuration matters to the resources that use it.
#[derive(Clone, Debug, Default)]
pub(super) struct Provider {
    /// As it is named: `aws`, `aws.production`.
    name: String,
    /// `default_tags`
    default_tags: Option<Value>,
    /// What says as whom it acts: the arguments with credentials and the roles that it assumes.
    credentials: Vec<(Arc<str>, Value)>,
    /// The id of the one account that it may act in, by `allowed_account_ids`.
    allowed: Option<String>,
    /// `region`
    pub(super) region: Option<Value>,
    /// No configuration of that name is in the tree.
    is_missing: bool,
}

impl Provider {
    /// The id of the account that it acts in, where its configuration tells: the one that is allowed, else that of the last role
    /// which it assumes.
    pub(super) fn account_id(&self) -> Option<String> {
        let last_role = || {
            // A token is for the first role, from which the other is assumed.
            let assumed = ["assume_role", "assume_role_with_web_identity"];
            let blocks =
                assumed.iter().find_map(|name| self.credentials.iter().rev().find(|(other, _)| **other == **name));
            Account::id_in(blocks?.1.elements().last()?.get("role_arn")?.as_str()?).map(str::to_owned)
        };
        self.allowed.clone().or_else(last_role)
    }

    /// Whether it certainly acts in the same account as another one: as the same identity, or in the one that both name.
    pub(super) fn is_same_account(&self, other: &Provider) -> bool {
        if let (Some(own), Some(theirs)) = (self.account_id(), other.account_id()) {
            return own == theirs;
        }
        let theirs = |name: &str| other.credentials.iter().find(|(other, _)| **other == *name);
        let same =
            |(name, mine): &(Arc<str>, Value)| theirs(name).is_some_and(|(_, theirs)| mine.equals(theirs).is_true());
        !self.is_missing
            && !other.is_missing
            && self.credentials.len() == other.credentials.len()
            && self.credentials.iter().all(same)
    }

    /// Whether it certainly acts in the same region as another one.
    pub(super) fn is_same_region(&self, other: &Provider) -> bool {
        match (&self.region, &other.region) {
            _ if self.is_missing || other.is_missing => false,
            (None, None) => true,
            (Some(a), Some(b)) => a.equals(b).is_true(),
            _ => false,
        }
    }
}

/// A provider configuration as it is named: `aws`, `aws.east`, `aws.by_region[each.key]`.
struct Named<'e> {
    local: &'e str,
    alias: Option<&'e str>,
    key: Option<&'e Expression>,
}

impl<'e> Named<'e> {
    fn read(expression: &'e Expression) -> Option<Named<'e>> {
        match &expression.kind {
            ExpressionKind::Variable(local) => Some(Named { local, alias: None, key: None }),
            ExpressionKind::GetAttr(inner, alias, _) => {
                let ExpressionKind::Variable(local) = &inner.kind else { return None };
                Some(Named { local, alias: Some(alias), key: None })
            }
            ExpressionKind::Index(inner, key) => Some(Named { key: Some(key), ..Named::read(inner)? }),
            ExpressionKind::Parenthesis(inner) => Named::read(inner),
            _ => Some(Named::text(literal(expression)?)),
        }
    }

    /// As old configurations and the JSON syntax quote it.
    fn text(text: &'e str) -> Named<'e> {
        match text.split_once('.') {
            Some((local, alias)) => Named { local, alias: Some(alias), key: None },
            None => Named { local: text, alias: None, key: None },
        }
    }
}

/// The accounts of provider configurations other than that of the deployment.
#[derive(Default)]
pub(super) struct Accounts {
    /// One for those that certainly act in the same.
    all: Vec<(Rc<Provider>, Arc<Account>)>,
    /// By the address of a resource.
    of: HashMap<Arc<str>, Arc<Account>>,
}

/// The most module calls that a provider is followed through: as many as may nest.
const MAX_STEPS: usize = 64;

impl Evaluator<'_> {
    /// The provider configuration that a resource uses; `frame` knows `each` and `count` of the resource.
    pub(super) fn provider_of(&self, layers: &Layers, provider_type: &str, frame: &Frame<'_>) -> Rc<Provider> {
        let instance = frame.instance;
        match layers.attribute("provider") {
            Some((file, attribute)) => match Named::read(&attribute.value) {
                Some(named) => self.provider(instance, &named, &frame.in_file(file), 0),
                None => Rc::new(Provider { is_missing: true, ..Provider::default() }),
            },
            None => {
                let local = provider_type.split('_').next().unwrap_or(provider_type);
                self.provider(instance, &Named { local, alias: None, key: None }, frame, 0)
            }
        }
    }

    fn provider(&self, instance: &Rc<Instance>, named: &Named<'_>, frame: &Frame<'_>, steps: usize) -> Rc<Provider> {
        let key = named.key.map(|key| self.evaluate_or_unknown(key, frame));
        let key_text = key.as_ref().and_then(Value::scalar_text).unwrap_or_default();
        let memo = format!("{}.{}[{key_text}]", named.local, named.alias.unwrap_or_default());
        if let Some(known) = instance.providers.borrow().get(&memo) {
            return known.clone();
        }
        let found = self.find_provider(instance, named, key.as_ref(), steps);
        instance.providers.borrow_mut().insert(memo, found.clone());
        found
    }

    fn find_provider(
        &self,
        instance: &Rc<Instance>,
        named: &Named<'_>,
        key: Option<&Value>,
        steps: usize,
    ) -> Rc<Provider> {
        let name = named.alias.map_or_else(|| named.local.to_owned(), |alias| format!("{}.{alias}", named.local));
        if let Some(layers) = instance.module.provider(named.local, named.alias) {
            return Rc::new(Provider { name, ..self.configured(instance, layers, key) });
        }
        // A root module that configures nothing uses what the surroundings give.
        let absent = || Rc::new(Provider { name, is_missing: named.alias.is_some(), ..Provider::default() });
        let Some(call) = instance.call.as_ref().filter(|_| steps < MAX_STEPS) else { return absent() };
        let mut frame = Frame::new(&call.parent, FileId::NONE);
        for (name, value) in &call.bindings {
            frame = frame.bind_owned(name, value.clone());
        }
        let passed = call.layers.attribute("providers").and_then(|(file, attribute)| {
            let ExpressionKind::Object(entries) = &attribute.value.kind else { return None };
            let is_it = |key: &ObjectKey| {
                let inner = match key {
                    ObjectKey::Name(name, _) => Some(Named::text(name)),
                    ObjectKey::Expression(expression) => Named::read(expression),
                };
                inner.is_some_and(|inner| inner.local == named.local && inner.alias == named.alias)
            };
            let (_, given) = entries.iter().find(|(key, _)| is_it(key))?;
            Some((file, Named::read(given)?))
        });
        match passed {
            Some((file, outer)) => self.provider(&call.parent, &outer, &frame.in_file(file), steps + 1),
            // Only configurations without an alias are handed down by themselves.
            None if named.alias.is_none() => {
                let outer = Named { local: named.local, alias: None, key: None };
                self.provider(&call.parent, &outer, &frame, steps + 1)
            }
            None => absent(),
        }
    }

    /// The configuration that the root module's own resources use: the account that is deployed to is its.
    pub(super) fn own_provider(&self, frame: &Frame<'_>, local: &str) -> Rc<Provider> {
        let mut root = frame.instance;
        while let Some(call) = &root.call {
            root = &call.parent;
        }
        self.provider(root, &Named { local, alias: None, key: None }, &Frame::new(root, FileId::NONE), 0)
    }

    /// The accounts that the providers of AWS of the root module act in, and the one of these that what names no other provider is
    /// deployed to, as far as the configuration tells.
    pub(super) fn own_accounts(&self, root: &Rc<Instance>, resources: &[Resource]) -> (Vec<String>, Option<String>) {
        let providers = root.module.providers.iter().filter(|layers| layers.label() == Some("aws"));
        let frame = Frame::new(root, FileId::NONE);
        let mut own: Vec<String> = providers.filter_map(|layers| self.allowed_account(layers, &frame)).collect();
        let home = self.own_provider(&frame, "aws").account_id();
        let is_at_home = |one: &Resource| {
            one.account.is_none() && one.mode == Mode::Managed && one.provider_type.starts_with("aws_")
        };
        // Where that of some resources is open, the ids of the others would make it a foreign one.
        if home.is_some() || !resources.iter().any(is_at_home) {
            own.extend(
                self.accounts.borrow().all.iter().filter_map(|(_, account)| Some(account.id.as_ref()?.to_string())),
            );
            own.extend(home.clone());
        }
        own.sort_unstable();
        own.dedup();
        (own, home)
    }

    /// The account that a provider configuration confines itself to.
    fn allowed_account(&self, layers: &Layers, frame: &Frame<'_>) -> Option<String> {
        let (file, allowed) = layers.attribute("allowed_account_ids")?;
        let allowed = self.evaluate_or_unknown(&allowed.value, &frame.in_file(file));
        match allowed.as_list().filter(|list| list.rest.is_none())?.items.as_slice() {
            [id] => Some(id.scalar_text()?.into_owned()),
            _ => None,
        }
    }

    /// Remembers that a resource is not certainly deployed to the account that the root module is deployed to.
    pub(super) fn note_account(&self, address: &Arc<str>, provider: &Rc<Provider>) {
        let mut accounts = self.accounts.borrow_mut();
        let is_same =
            |(other, _): &&(Rc<Provider>, Arc<Account>)| Rc::ptr_eq(other, provider) || other.is_same_account(provider);
        let account = match accounts.all.iter().find(is_same) {
            Some((_, account)) => account.clone(),
            None => {
                let id = provider.account_id().map(Arc::from);
                let number = accounts.all.len();
                let account = Arc::new(Account { provider: provider.name.as_str().into(), number, id });
                accounts.all.push((provider.clone(), account.clone()));
                account
            }
        };
        accounts.of.insert(address.clone(), account);
    }

    /// The account of a resource that is not certainly deployed to that of the root module.
    pub(super) fn account_of(&self, address: &Arc<str>) -> Option<Arc<Account>> {
        self.accounts.borrow().of.get(address).cloned()
    }

    fn configured(&self, instance: &Rc<Instance>, layers: &Layers, key: Option<&Value>) -> Provider {
        let mut frame = Frame::new(instance, FileId::NONE);
        if let Some((file, for_each)) = layers.attribute("for_each") {
            let collection = self.evaluate_or_unknown(&for_each.value, &frame.in_file(file));
            let origin = collection.origin;
            let open = || Value::unknown(Unknown::new(Why::Condition, "each.key", origin), origin);
            let key = key.cloned().unwrap_or_else(open);
            let value = match (key.as_str(), &collection.data) {
                (Some(text), Data::Map(map)) => map.get(text).cloned().unwrap_or_else(open),
                (Some(_), Data::List(_)) => key.clone(),
                _ => open(),
            };
            frame = frame.bind_owned(&"each".into(), Value::fields([("key", key), ("value", value)], origin));
        }
        let mut provider = Provider::default();
        let written = self.attributes_of(layers, &frame, &Account::CREDENTIALS);
        provider.credentials = written.into_entries().into_iter().map(|entry| (entry.key, entry.value)).collect();
        provider.credentials.retain(|(_, value)| !value.is_null());
        provider.allowed = self.allowed_account(layers, &frame);
        if let Some((file, region)) = layers.attribute("region") {
            let region = self.evaluate_or_unknown(&region.value, &frame.in_file(file));
            provider.region = Some(region).filter(|region| !region.is_null());
        }
        for (file, block) in &layers.layers {
            for inner in block.body.blocks.iter().filter(|inner| &*inner.kind == "default_tags") {
                if let Some(tags) = inner.body.attributes.iter().find(|attribute| &*attribute.name == "tags") {
                    let value = self.evaluate_or_unknown(&tags.value, &frame.in_file(*file));
                    provider.default_tags = Some(value).filter(|value| !value.is_null());
                }
            }
        }
        provider
    }
}

/// The attribute `tags_all` of a resource with these tags: those of the provider below the resource's own.
pub(super) fn tags_all(provider: &Provider, provider_type: &str, tags: Option<&Value>) -> Option<Value> {
    let own = tags.filter(|tags| !tags.is_null());
    let shared = provider.default_tags.as_ref();
    match (shared, own) {
        (None, None) => None,
        // Blocks of that name are something else.
        (_, Some(own)) if own.as_list().is_some() => None,
        (None, Some(own)) => Some(texts(own)),
        (Some(shared), Some(own)) => Some(merged(shared, own)),
        (Some(shared), None) if tags.is_some() => Some(texts(shared)),
        (Some(shared), None) => match takes_tags(provider_type) {
            Some(true) => Some(texts(shared)),
            Some(false) => None,
            // Whether the type has tags is known to the provider alone.
            None => {
                let mut either = Unknown::new(Why::AfterApply, format!("{provider_type}.tags_all"), shared.origin);
                either.candidates = vec![texts(shared), Value::null(shared.origin)];
                Some(Value::unknown(either, shared.origin))
            }
        },
    }
}

fn merged(shared: &Value, own: &Value) -> Value {
    let (Some(below), Some(above)) = (shared.as_map(), own.as_map()) else {
        let unknown = shared.first_unknown().or_else(|| own.first_unknown());
        let invalid = || Arc::new(Unknown::new(Why::Invalid, "tags", own.origin));
        return Value::unknown(unknown.map_or_else(invalid, derived), own.origin);
    };
    let mut entries = below.entries().to_vec();
    if above.rest.is_some() {
        // Each of them may have another value on top.
        entries.clear();
    }
    entries.extend(above.entries().iter().cloned());
    let mut map = Map::new(entries);
    map.rest = above.rest.clone().or_else(|| below.rest.clone());
    texts(&Value::new(Data::Map(Arc::new(map)), own.origin).marked(shared.sensitive || own.sensitive))
}

/// The values of tags are strings, whatever they are written as.
fn texts(tags: &Value) -> Value {
    let is_text = |value: &Value| !matches!(value.data, Data::Bool(_) | Data::Number(_));
    let Some(map) = tags.as_map().filter(|map| !map.entries().iter().all(|entry| is_text(&entry.value))) else {
        return tags.clone();
    };
    let text = |entry: &Entry| {
        let value = match entry.value.scalar_text().filter(|_| !is_text(&entry.value)) {
            Some(text) => Value::string(text.as_ref(), entry.value.origin).marked(entry.value.sensitive),
            None => entry.value.clone(),
        };
        Entry { value, ..entry.clone() }
    };
    let mut texts = Map::new(map.entries().iter().map(text).collect());
    texts.rest.clone_from(&map.rest);
    Value::new(Data::Map(Arc::new(texts)), tags.origin).marked(tags.sensitive)
}

/// Whether a resource type has tags, where that is certain: the identities of IAM, and what is tagged most.
fn takes_tags(provider_type: &str) -> Option<bool> {
    const TAGGED: [&str; 40] = [
        "aws_cloudtrail",
        "aws_cloudwatch_log_group",
        "aws_cloudwatch_metric_alarm",
        "aws_codebuild_project",
        "aws_db_instance",
        "aws_dynamodb_table",
        "aws_ebs_volume",
        "aws_ecr_repository",
        "aws_ecs_cluster",
        "aws_ecs_service",
        "aws_ecs_task_definition",
        "aws_efs_file_system",
        "aws_eip",
        "aws_eks_cluster",
        "aws_elasticache_replication_group",
        "aws_iam_instance_profile",
        "aws_iam_openid_connect_provider",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_iam_saml_provider",
        "aws_iam_server_certificate",
        "aws_iam_service_linked_role",
        "aws_iam_user",
        "aws_iam_virtual_mfa_device",
        "aws_instance",
        "aws_internet_gateway",
        "aws_kinesis_stream",
        "aws_kms_key",
        "aws_lambda_function",
        "aws_lb",
        "aws_nat_gateway",
        "aws_rds_cluster",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
        "aws_security_group",
        "aws_sns_topic",
        "aws_sqs_queue",
        "aws_ssm_parameter",
        "aws_subnet",
        "aws_vpc",
    ];
    if TAGGED.binary_search(&provider_type).is_ok() {
        return Some(true);
    }
    provider_type.starts_with("aws_iam_").then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_take_tags_are_found_by_their_name() {
        assert_eq!(takes_tags("aws_cloudtrail"), Some(true));
        assert_eq!(takes_tags("aws_vpc"), Some(true));
        assert_eq!(takes_tags("aws_iam_role"), Some(true));
        assert_eq!(takes_tags("aws_iam_role_policy"), Some(false));
        assert_eq!(takes_tags("aws_route"), None);
    }
}
