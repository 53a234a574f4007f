//! The policies that stand on resources, and the trusts of roles: whom of the unit they name, and what they stand on.

use std::sync::Arc;

use super::{Access, Extent, Pattern, names_action};
use crate::iam::arn::arn_of_principal;
use crate::iam::catalogue;
use crate::iam::document::{Document, Statement};
use crate::iam::exposure::{Carrier, carrier_of};
use crate::iam::facts::Standing;
use crate::iam::glob::Glob;
use crate::iam::identity::Identity;
use crate::iam::principal::{Account, Party, PartyKind, parties};
use crate::model::Resolution;
use crate::source::Origin;
use crate::value::{Fact, Truth, Unknown, Value, Why, derived};

use super::grant::Wanted;

/// By what a policy names a principal of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::iam) enum Named {
    User,
    Role,
    /// One session of a role.
    Session,
    /// The whole account: its administrators decide.
    Account,
    Everybody,
}

/// What tells on which resource a policy stands that is a resource of its own.
const SUBJECTS: [&str; 22] = [
    "bucket",
    "Bucket",
    "key_id",
    "queue_url",
    "Queues",
    "arn",
    "topic_arn",
    "Topics",
    "secret_arn",
    "SecretId",
    "repository",
    "repository_name",
    "function_name",
    "FunctionName",
    "file_system_id",
    "domain_name",
    "resource_arn",
    "ResourceArn",
    "backup_vault_name",
    "vault_name",
    "event_bus_name",
    "stream_arn",
];

const NAMES: [&str; 14] = [
    "bucket",
    "BucketName",
    "name",
    "Name",
    "QueueName",
    "TopicName",
    "function_name",
    "FunctionName",
    "RepositoryName",
    "domain_name",
    "DomainName",
    "TableName",
    "BackupVaultName",
    "KeyId",
];

/// The prefix of the actions of what a type of resource belongs to, where its name does not say it.
fn service_of(provider_type: &str) -> Option<&'static str> {
    let lower = provider_type.to_ascii_lowercase();
    let name = lower.strip_prefix("aws::").or_else(|| lower.strip_prefix("aws_"))?;
    const OTHERS: [(&str, &str); 12] = [
        ("s3control", "s3"),
        ("efs", "elasticfilesystem"),
        ("opensearch", "es"),
        ("elasticsearch", "es"),
        ("cloudwatch_event", "events"),
        ("cloudwatch_log", "logs"),
        ("api_gateway", "execute-api"),
        ("apigateway", "execute-api"),
        ("msk", "kafka"),
        ("oam", "oam"),
        ("opensearchservice", "es"),
        ("secretsmanager", "secretsmanager"),
    ];
    if let Some((_, prefix)) = OTHERS.iter().find(|(start, _)| name.starts_with(start)) {
        return Some(prefix);
    }
    let first = name.split(['_', ':']).next()?;
    catalogue::service(first).map(|service| service.prefix)
}

fn last_part(text: &str) -> &str {
    text.rsplit(['/', ':']).next().unwrap_or(text)
}

/// The policies that stand on resources of a unit, trusts of its roles among them.
pub(super) fn standing(identity: &Identity<'_>) -> Vec<Standing> {
    let mut all = Vec::new();
    for (index, principal) in identity.principals.iter().enumerate() {
        if &*principal.instance.row.kind == "role" {
            all.push(Standing {
                document: Document::read(&identity.field(&principal.instance, "trust"), identity.sources),
                carrier: Carrier::Trust,
                role: Some(index),
                resource: principal.instance.index,
                address: principal.instance.resource.address.clone(),
                origin: principal.instance.origin(),
                service: Some("sts"),
                on: Some(principal.instance.resource.address.clone()),
                name: None,
            });
        }
    }
    for instance in identity.of_kind("resource-policy") {
        let value = identity.field(instance, "document");
        if value.is_null() {
            continue;
        }
        let resource = instance.resource;
        let service = service_of(&resource.provider_type);
        let subject = SUBJECTS.into_iter().find_map(|name| resource.attributes.get(name)).filter(|v| !v.is_null());
        let own = || NAMES.into_iter().find_map(|name| resource.attributes.get(name)?.as_str());
        let is_own_policy = resource.provider_type.to_ascii_lowercase().ends_with("policy");
        let (on, name) = match subject.filter(|_| is_own_policy) {
            Some(value) => stands_on(identity, value),
            None if is_own_policy => (None, None),
            None => (Some(resource.address.clone()), own().map(str::to_owned)),
        };
        all.push(Standing {
            document: Document::read(&value, identity.sources),
            carrier: carrier_of(&resource.provider_type),
            role: None,
            resource: instance.index,
            address: resource.address.clone(),
            origin: instance.origin(),
            service,
            on,
            name,
        });
    }
    all
}

fn stands_on(identity: &Identity<'_>, value: &Value) -> (Option<Arc<str>>, Option<String>) {
    let value = value.elements().first().unwrap_or(value);
    if let Some(text) = value.as_str() {
        return (None, Some(last_part(text).to_owned()));
    }
    let refers = value.first_unknown().and_then(|unknown| unknown.refers.clone());
    let Some(reference) = refers else { return (None, None) };
    let resource = identity.relations.at(&reference.address).and_then(|at| identity.unit.resources.get(at));
    let name = resource.and_then(|r| NAMES.into_iter().find_map(|name| r.attributes.get(name)?.as_str()));
    (Some(reference.address.clone()), name.map(|name| last_part(name).to_owned()))
}

impl Standing {
    /// Whether a statement is about an action.
    pub(super) fn names(&self, statement: &Statement, wanted: &Wanted) -> Truth {
        let service = wanted.name.split(':').next().unwrap_or_default();
        let named = names_action(statement, &wanted.name);
        match self.service {
            Some(own) if own != service => Truth::False,
            Some(_) => named,
            None => named.and(if names_service(statement, service) { Truth::True } else { Truth::Unknown }),
        }
    }

    /// Whether a statement reaches a resource; without one, anything at all.
    pub(super) fn reaches(&self, identity: &Identity<'_>, statement: &Statement, resource: Option<&Glob>) -> Truth {
        let Some(asked) = resource else { return Truth::True };
        if let Some(role) = self.role {
            return arn_of_principal(identity, role).map_or(Truth::Unknown, |arn| arn.covers(asked));
        }
        let extent = Extent::of(statement);
        let is_itself = || match &self.name {
            Some(name) => Truth::from(last_part(&asked.to_string()) == name),
            None => Truth::Unknown,
        };
        let says = statement.resources.is_some() || statement.not_resources.is_some();
        if !says || extent.is_everything() {
            return is_itself();
        }
        extent.covers(&Pattern { glob: asked.clone(), refers: None, unknown: None })
    }

    /// Why it is not known whether it stands on what is asked for.
    pub(super) fn doubt(&self) -> Arc<Unknown> {
        let subject = format!("what the policy of `{}` stands on", self.address);
        Arc::new(Unknown::new(Why::AfterApply, subject, self.origin))
    }
}

fn names_service(statement: &Statement, service: &str) -> bool {
    let names = |value: &Value| {
        let text = value.as_str().and_then(|text| text.split_once(':'));
        text.is_some_and(|(prefix, _)| prefix.eq_ignore_ascii_case(service))
    };
    statement.actions.as_ref().is_some_and(|actions| actions.items.iter().any(names))
}

/// How a party of a policy names a principal of the unit.
pub(super) struct Naming {
    pub(super) by: Named,
    pub(super) truth: Truth,
    pub(super) place: Origin,
    pub(super) unknown: Option<Arc<Unknown>>,
}

impl Access<'_, '_> {
    /// How a statement of a policy on a resource names a principal of the unit; the most direct way first.
    pub(super) fn named_by(&self, standing: &Standing, statement: &Statement, principal: usize) -> Option<Naming> {
        if self.is_kept_out(statement, principal) {
            return None;
        }
        let own = self.identity.own_accounts;
        if let Some(not) = &statement.not_principal {
            let (left_out, rest) = parties(not, own);
            let spares = left_out.iter().any(|party| self.names(standing, party, principal).is_some());
            let truth = if rest.is_some() { Truth::Unknown } else { Truth::True };
            let is_group = self.identity.principals.get(principal).is_some_and(|p| &*p.instance.row.kind == "group");
            let naming = Naming { by: Named::Everybody, truth, place: not.origin, unknown: rest };
            return (!spares && !is_group).then_some(naming);
        }
        let (found, rest) = parties(statement.principal.as_ref()?, own);
        let mut all: Vec<Naming> = found.iter().filter_map(|party| self.names(standing, party, principal)).collect();
        if let Some(unknown) = rest {
            let place = statement.value.origin;
            all.push(Naming { by: Named::Account, truth: Truth::Unknown, place, unknown: Some(unknown) });
        }
        let rank = |naming: &Naming| {
            let direct = match naming.by {
                Named::User | Named::Session => 0,
                Named::Role => 1,
                Named::Everybody => 2,
                Named::Account => 3,
            };
            (naming.truth != Truth::True, direct)
        };
        all.into_iter().min_by_key(rank)
    }

    fn names(&self, standing: &Standing, party: &Party, principal: usize) -> Option<Naming> {
        let found = self.identity.principals.get(principal)?;
        let kind = &*found.instance.row.kind;
        // A group is nobody's principal; what is left to the account is left to its members.
        if kind == "group" && party.kind != PartyKind::Account {
            return None;
        }
        let naming = |by, truth, unknown| Some(Naming { by, truth, place: party.value.origin, unknown });
        let may_be_own = matches!(party.account, Account::Own)
            || (self.identity.own_accounts.is_empty() && matches!(party.account, Account::Id(_)));
        match party.kind {
            PartyKind::Any => naming(Named::Everybody, Truth::True, None),
            PartyKind::Account => match &party.account {
                Account::Own => naming(Named::Account, Truth::True, None),
                Account::Id(id) if may_be_own => {
                    let subject = format!("whether {id} is the own account");
                    let unknown = Unknown::new(Why::Environment(Fact::Account), subject, party.value.origin);
                    naming(Named::Account, Truth::Unknown, Some(Arc::new(unknown)))
                }
                Account::Unknown(unknown) => naming(Named::Account, Truth::Unknown, Some(unknown.clone())),
                _ => None,
            },
            PartyKind::User | PartyKind::Role | PartyKind::FederatedUser if may_be_own => {
                let text = party.value.as_str().map_or_else(|| party.value.known_suffix(), str::to_owned);
                if let Some((_, session)) = text.split_once(":assumed-role/") {
                    let is_it = session.split('/').next() == self.actor(principal).as_ref().map(|a| a.name.as_str());
                    return if is_it && kind == "role" { naming(Named::Session, Truth::True, None) } else { None };
                }
                let wanted = if party.kind == PartyKind::Role { "role" } else { "user" };
                if party.kind == PartyKind::FederatedUser || wanted != kind {
                    return None;
                }
                let by = if wanted == "role" { Named::Role } else { Named::User };
                match self.identity.relations.resolve(&party.value, wanted, standing.resource) {
                    Resolution::Resources(found_at) if found_at.contains(&found.instance.index) => {
                        naming(by, Truth::True, None)
                    }
                    Resolution::Unknown(unknown) => naming(by, Truth::Unknown, Some(unknown)),
                    _ => None,
                }
            }
            PartyKind::Unknown | PartyKind::Other => {
                let unknown = party.value.first_unknown()?;
                naming(Named::Account, Truth::Unknown, Some(derived(unknown)))
            }
            _ => None,
        }
    }

    /// Whether the condition of a statement holds for other principals only: by `aws:PrincipalArn`.
    fn is_kept_out(&self, statement: &Statement, principal: usize) -> bool {
        let tests = || statement.tests.iter().filter(|test| test.key == "aws:principalarn");
        if tests().next().is_none() {
            return false;
        }
        let Some(arn) = arn_of_principal(self.identity, principal) else { return false };
        tests().any(|test| {
            let is_it =
                |value: &Value| Glob::of_value(value, statement.variables).map_or(Truth::True, |g| g.meets(&arn));
            let any = Truth::any(test.values.iter().map(is_it));
            let negated = test.kind().is_some_and(|kind| kind.negated);
            test.rest.is_none() && if negated { any == Truth::True } else { any == Truth::False }
        })
    }
}
