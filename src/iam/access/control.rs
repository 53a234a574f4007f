//! The policies of the organization that stand over the principals of a unit.
//!
//! AWS attaches `FullAWSAccess` to the root, to every unit and to every account, where it stays until somebody detaches it:
//! of policies that only deny it is taken to be there still. One that allows, other than everything, is of use only where it
//! is gone: then what the policies of that level leave out is not allowed where the configuration shows that
//! `FullAWSAccess` is detached (a plan takes its attachment away), and undecided where it says nothing. Policies that are
//! attached to the same level by other configurations are not known, and taken not to be there.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::iam::accounts::HOME;
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::{self, Action};
use crate::iam::document::Document;
use crate::iam::facts::{AllowList, Control, Controls, Source};
use crate::iam::identity::Identity;
use crate::iam::principal::{is_account_id, is_own_account};
use crate::model::{Change, KindInstance, Resolution, Resource};
use crate::source::Origin;
use crate::value::{Fact, Truth, Unknown, Value, Why};

/// The policy that AWS attaches everywhere, by its id.
const FULL_ACCESS: &str = "p-FullAWSAccess";

/// Whether a resource is deleted, and its end says nothing of who may do what: that of the attachment of `FullAWSAccess`
/// does.
pub fn is_gone(resource: &Resource) -> bool {
    let policy = || resource.attributes.get("policy_id").and_then(Value::as_str);
    let detaches =
        || &*resource.provider_type == "aws_organizations_policy_attachment" && policy() == Some(FULL_ACCESS);
    matches!(resource.change, Change::Delete) && !detaches()
}

/// Of some actions those of services that resource control policies apply to.
pub(in crate::iam) fn under_resource_controls(actions: &ActionSet) -> ActionSet {
    let (mut kept, mut service) = (ActionSet::empty(), ("", false));
    for action in actions.iter() {
        if service.0 != action.service {
            service = (action.service, is_under_resource_controls(action));
        }
        if service.1 {
            kept.insert(action);
        }
    }
    kept
}

/// Whether resource control policies apply to an action.
pub(super) fn is_under_resource_controls(action: &Action) -> bool {
    catalogue::service(action.service).is_some_and(catalogue::Service::supports_resource_control_policies)
}

impl Control {
    /// Why it denies.
    pub(super) fn kind(&self) -> &'static str {
        if self.of_resources { "denied by a resource control policy" } else { "denied by a service control policy" }
    }
}

/// One level of the organization: what policies are attached to.
struct Level {
    documents: Vec<usize>,
    /// By account.
    applies: Vec<Truth>,
    target: String,
    origin: Origin,
    /// Whether the configuration says that `FullAWSAccess` is attached.
    full: Option<bool>,
    allows: bool,
}

impl Controls {
    pub(super) fn of(identity: &Identity<'_>, sources: &mut Vec<Source>) -> Controls {
        let mut all = Controls::default();
        let mut levels: BTreeMap<String, Level> = BTreeMap::new();
        let attachments = identity.of_kind("organization-policy-attachment");
        for attachment in attachments {
            if identity.field(attachment, "policy").as_str() == Some(FULL_ACCESS) {
                let target = identity.field(attachment, "target");
                let stays = !matches!(attachment.resource.change, Change::Delete);
                let level = level(identity, &mut levels, &target, attachment.origin());
                level.full = Some(stays || level.full == Some(true));
            }
        }
        for (at, instance) in identity.of_kind("organization-policy").iter().enumerate() {
            let kind = identity.field(instance, "type");
            let is = |name: &str| kind.equals(&Value::string(name, kind.origin));
            let (of_services, of_resources) = (is("SERVICE_CONTROL_POLICY"), is("RESOURCE_CONTROL_POLICY"));
            let document = Document::read(&identity.field(instance, "document"), identity.sources);
            let allows = document.rest.is_some() || document.statements.iter().any(|s| s.allows() != Truth::False);
            all.documents.push(document);
            sources.push(Source::Control(at));
            let number = sources.len() - 1;
            let targets = targets(identity, instance, attachments);
            let over: Vec<Vec<Truth>> = targets.iter().map(|target| are_over(identity, target)).collect();
            if of_services == Truth::True {
                for target in &targets {
                    let level = level(identity, &mut levels, target, instance.origin());
                    level.documents.push(number);
                    level.allows |= allows;
                }
            }
            let over_account =
                |account: usize| Truth::any(over.iter().map(|of| of.get(account).copied().unwrap_or(Truth::Unknown)));
            let accounts: Vec<Truth> = (0..identity.accounts.count()).map(over_account).collect();
            // Of what it denies on resources the account of those counts.
            let agreed = accounts.first().copied().filter(|first| accounts.iter().all(|other| other == first));
            let agreed = agreed.unwrap_or(Truth::Unknown);
            for (account, over) in accounts.into_iter().enumerate() {
                let applies = of_services.and(over).or(of_resources.and(agreed));
                if applies == Truth::False {
                    continue;
                }
                let unknown = (applies == Truth::Unknown).then(|| {
                    let subject = format!("whether `{}` applies to the account", instance.resource.address);
                    Arc::new(Unknown::new(Why::Environment(Fact::Account), subject, instance.origin()))
                });
                let of_resources = of_resources == Truth::True;
                all.controls.push(Control { document: number, of_resources, account, applies, unknown });
            }
        }
        all.allow_lists = levels.into_values().flat_map(Level::allow_lists).collect();
        all
    }
}

impl Level {
    fn allow_lists(self) -> Vec<AllowList> {
        // What only denies is written for `FullAWSAccess` beside it.
        let is_full = self.full == Some(true) || (self.full.is_none() && !self.allows);
        let unknown = |subject: String| Arc::new(Unknown::new(Why::Environment(Fact::Account), subject, self.origin));
        let list = |(account, applies): (usize, &Truth)| {
            let unknown = match (self.full, applies) {
                (_, Truth::False) => return None,
                (None, _) => Some(unknown(format!("whether `FullAWSAccess` is still attached to {}", self.target))),
                (_, Truth::Unknown) => Some(unknown(format!("whether {} holds the account", self.target))),
                _ => None,
            };
            Some(AllowList { account, documents: self.documents.clone(), unknown, origin: self.origin })
        };
        if is_full { Vec::new() } else { self.applies.iter().enumerate().filter_map(list).collect() }
    }
}

fn level<'l>(
    identity: &Identity<'_>,
    levels: &'l mut BTreeMap<String, Level>,
    target: &Value,
    origin: Origin,
) -> &'l mut Level {
    let named = match (target.scalar_text(), target.first_unknown()) {
        (Some(text), _) => text.into_owned(),
        (None, Some(unknown)) => match &unknown.refers {
            Some(reference) => format!("{}.{}", reference.address, reference.attribute),
            None => unknown.subject.to_string(),
        },
        (None, None) => String::new(),
    };
    levels.entry(named.clone()).or_insert_with(|| Level {
        documents: Vec::new(),
        applies: are_over(identity, target),
        target: named,
        origin,
        full: None,
        allows: false,
    })
}

/// What a policy is attached to, by itself or by others.
fn targets(identity: &Identity<'_>, policy: &KindInstance<'_>, attachments: &[KindInstance<'_>]) -> Vec<Value> {
    let mut targets: Vec<Value> = identity.field(policy, "target").elements().to_vec();
    let perhaps = |instance: &KindInstance<'_>, target: Value| match &instance.resource.possible {
        // What may not be attached is attached to what is not known.
        Some(unknown) => Value::unknown(unknown.clone(), target.origin),
        None => target,
    };
    targets = targets.into_iter().map(|target| perhaps(policy, target)).collect();
    for attachment in attachments.iter().filter(|one| !matches!(one.resource.change, Change::Delete)) {
        let attached = identity.field(attachment, "policy");
        let is_this = matches!(
            identity.relations.resolve(&attached, "organization-policy", attachment.index),
            Resolution::Resources(found) if found.contains(&policy.index)
        );
        if is_this {
            targets.push(perhaps(policy, perhaps(attachment, identity.field(attachment, "target"))));
        }
    }
    targets
}

/// By account whether what a control is attached to holds it: the root of the organization does, unless the account is the one
/// that manages it, which makes organizations and accounts, and which controls do not limit.
fn are_over(identity: &Identity<'_>, target: &Value) -> Vec<Truth> {
    let accounts = &identity.accounts;
    // Only the managing account can make the organization, so that reading its root says nothing, but making it does.
    let made_here = || !identity.of_kind("organization").is_empty();
    let over = |account: usize| {
        if let Some(text) = target.as_str() {
            return match accounts.ids(account) {
                _ if text.starts_with("r-") => Truth::True,
                ids if ids.iter().any(|own| own == text) => Truth::True,
                ids if is_account_id(text) && !ids.is_empty() => Truth::False,
                _ => Truth::Unknown,
            };
        }
        let Some(unknown) = target.as_unknown() else { return Truth::Unknown };
        if is_own_account(unknown) {
            return accounts.are_same(account, HOME);
        }
        let Some(reference) = &unknown.refers else { return Truth::Unknown };
        let kind = reference.provider_type.to_ascii_lowercase();
        let manages = reference.attribute.contains("roots") && kind.starts_with("aws_organizations_organization");
        let made = matches!(&*kind, "aws_organizations_account" | "aws::organizations::account");
        let maker = || Some(accounts.at(identity.relations.at(&reference.address)?));
        match made.then(maker).flatten() {
            Some(maker) if accounts.are_same(maker, account) == Truth::True => Truth::False,
            _ => Truth::from(manages && !made_here()).or(Truth::Unknown),
        }
    };
    (0..accounts.count()).map(over).collect()
}
