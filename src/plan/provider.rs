//! The provider configurations of a plan: which account each acts in, as far as they tell.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::Value as Json;

use crate::model::Account;

/// The configuration that resources use which name no other.
const HOME: &str = "aws";

#[derive(Deserialize, Default)]
struct Configured {
    /// `registry.terraform.io/hashicorp/aws`
    #[serde(default)]
    full_name: Option<String>,
    #[serde(default, deserialize_with = "object")]
    expressions: HashMap<String, Json>,
}

/// The provider configurations, by the keys that resources name them by.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub(super) struct Providers {
    by_key: BTreeMap<String, Configured>,
}

/// What is there may be of another form: nothing is known of it then.
fn object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HashMap<String, Json>, D::Error> {
    let json = Json::deserialize(deserializer)?;
    Ok(if let Json::Object(entries) = json { entries.into_iter().collect() } else { HashMap::new() })
}

fn constant(expression: &Json) -> Option<&Json> {
    expression.get("constant_value")
}

impl Configured {
    /// The one account that is allowed, else that of the last role which it assumes.
    fn account_id(&self) -> Option<&str> {
        self.allowed().or_else(|| {
            // A token is for the first role, from which the other is assumed.
            let assumed = ["assume_role", "assume_role_with_web_identity"];
            let blocks = assumed.iter().find_map(|name| self.expressions.get(*name))?;
            let role = blocks.as_array()?.last()?.get("role_arn").and_then(constant)?;
            Account::id_in(role.as_str()?)
        })
    }

    fn allowed(&self) -> Option<&str> {
        match constant(self.expressions.get("allowed_account_ids")?)?.as_array()?.as_slice() {
            [id] => id.as_str().filter(|id| Account::is_id(id)),
            _ => None,
        }
    }

    fn credentials(&self) -> Vec<Option<&Json>> {
        Account::CREDENTIALS.iter().map(|name| self.expressions.get(*name)).collect()
    }

    /// Whether it certainly acts in the same account as another one. What is written with references may come to anything.
    fn is_same_account(&self, other: &Configured) -> bool {
        if let (Some(own), Some(theirs)) = (self.account_id(), other.account_id()) {
            return own == theirs;
        }
        let credentials = self.credentials();
        let is_fixed = credentials.iter().flatten().all(|one| !one.to_string().contains("\"references\""));
        is_fixed && credentials == other.credentials()
    }
}

/// Whether a configuration is one of the AWS provider, which may be called otherwise.
fn is_aws(key: &str, configured: Option<&Configured>) -> bool {
    let local = || key.rsplit(':').next().and_then(|name| name.split('.').next()) == Some(HOME);
    match configured.and_then(|one| one.full_name.as_deref()) {
        Some(full) => full.ends_with("/hashicorp/aws"),
        None => local(),
    }
}

impl Providers {
    /// The account of what names a provider configuration, where that is not certainly the account of the deployment.
    pub(super) fn account(&self, key: &str) -> Option<Arc<Account>> {
        let name = key.rsplit(':').next().unwrap_or(key);
        let (none, found) = (Configured::default(), self.by_key.get(key));
        if key == HOME || !is_aws(key, found) {
            return None;
        }
        let home = self.by_key.get(HOME).unwrap_or(&none);
        // What a module has from whoever calls it is told by the caller's key.
        let is_home = match found {
            Some(found) => found.is_same_account(home),
            None => name == HOME,
        };
        let id = || found.and_then(Configured::account_id).map(Arc::from);
        let number = self.by_key.keys().position(|other| other == key).unwrap_or(usize::MAX);
        (!is_home).then(|| Arc::new(Account { provider: name.into(), number, id: id() }))
    }

    /// The ids of the accounts that are told of, and that of the deployment among them. `is_home_used` is whether something is
    /// deployed there.
    pub(super) fn own_accounts(&self, is_home_used: bool) -> (Vec<String>, Option<String>) {
        let home = self.by_key.get(HOME).and_then(Configured::account_id).map(str::to_owned);
        let of_aws = self.by_key.iter().filter(|(key, one)| is_aws(key, Some(one)));
        let all = home.is_some() || !is_home_used;
        let id =
            |one: &Configured| if all { one.account_id().map(str::to_owned) } else { one.allowed().map(str::to_owned) };
        let mut own: Vec<String> = of_aws.filter_map(|(_, one)| id(one)).collect();
        own.sort_unstable();
        own.dedup();
        (own, home)
    }
}
