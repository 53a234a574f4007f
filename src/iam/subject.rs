//! What rules look at: users, groups, roles, policies, statements, trusts … as values with named fields.
//!
//! Every field carries the place of the element that a person would edit. The field `because` of a value lists the steps
//! that lead to it; reports show them as related places.

mod account;
mod boundary;
mod breadth;
mod carrier;
mod ceiling;
mod change;
mod credential;
mod delegation;
mod denial;
mod duplicate;
mod escalation;
mod exclusive;
mod federation;
mod grant;
mod group;
mod impossible;
mod left;
mod managed;
mod mfa;
mod principal;
mod shut;
mod statement;
mod trust;
mod void;
mod wide;

use std::sync::Arc;

use super::document::Statement;
use super::existing::name_of_existing;
use super::identity::{Attachment, Holder, Identity, Policy, Principal, aws_managed_name};
use super::pattern;
use crate::model::{KindInstance, Step};
use crate::source::Origin;
use crate::value::{Data, List, Truth, Unknown, Value, Why, derived};

/// The kinds whose subjects are computed here; all others are plain fields of `model`'s kinds.
pub const KINDS: &[&str] = &[
    "user",
    "group",
    "role",
    "permission-set",
    "policy",
    "inline-policy",
    "statement",
    "trust",
    "resource-policy",
    "resource-policy-statement",
    "attachment",
    "exclusive-list",
    "grant",
    "membership",
    "access-key",
    "login-profile",
    "credential",
    "escalation",
    "account",
    "boundary",
    "delegation",
    "mfa-guard",
    "policy-change",
];

/// One thing that rules look at.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The position of its resource in the unit.
    pub resource: usize,
    /// The element as a whole: findings of different rules on the same element are told as one.
    pub origin: Origin,
    /// The resource and the element that it follows from, where that is another one: findings on that are told as one with
    /// those on this.
    pub cause: Option<(usize, Origin)>,
    /// The policy document that it is a statement of; nothing where it is none.
    pub document: Origin,
    /// Its fields.
    pub value: Value,
}

pub(super) type Fields = Vec<(&'static str, Value)>;

impl Identity<'_> {
    /// The subjects of a kind, in the order of the unit's resources; none for a kind that is not in [`KINDS`].
    pub fn subjects(&self, kind: &str) -> Vec<Subject> {
        match kind {
            "user" | "group" | "role" | "permission-set" => self.principal_subjects(kind),
            "policy" => self.policy_subjects(|_| true),
            "inline-policy" => self.policy_subjects(|policy| &*policy.instance.row.kind == "inline-policy"),
            "statement" => self.statement_subjects(),
            "trust" => self.trust_subjects(),
            "resource-policy" => self.resource_policy_subjects(),
            "resource-policy-statement" => self.resource_policy_statement_subjects(),
            "attachment" => self.attachment_subjects(),
            "exclusive-list" => self.exclusive_list_subjects(),
            "grant" => self.grant_subjects(),
            "membership" => self.plain_subjects("membership"),
            "access-key" | "login-profile" => self.credential_subjects(kind),
            "credential" => self.any_credential_subjects(),
            "escalation" => self.escalation_subjects(),
            "boundary" => self.boundary_subjects(),
            "delegation" => self.delegation_subjects(),
            "mfa-guard" => self.mfa_guard_subjects(),
            "policy-change" => self.policy_change_subjects(),
            "account" => self.account_subject().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The subjects of a kind that needs no reasoning: the fields as the kind declares them.
    pub fn plain_subjects(&self, kind: &str) -> Vec<Subject> {
        let subject = |instance: &KindInstance<'_>| {
            let origin = instance.origin();
            let names: Vec<Arc<str>> = instance.row.field_names().cloned().collect();
            let fields = names.into_iter().map(|name| {
                let value = instance.field(&name, &self.relations);
                (name, value)
            });
            Subject {
                resource: instance.index,
                origin,
                cause: None,
                document: Origin::NONE,
                value: Value::fields(fields, origin),
            }
        };
        self.of_kind(kind).iter().map(subject).collect()
    }

    pub(super) fn subject(&self, instance: &KindInstance<'_>, origin: Origin, fields: Fields) -> Subject {
        let document = Origin::NONE;
        Subject { resource: instance.index, origin, cause: None, document, value: Value::fields(fields, origin) }
    }

    /// The name of a principal for people: its name where it is known, else its address.
    pub(super) fn display_name(&self, principal: &Principal<'_>) -> Value {
        let name = principal.instance.field("name", &self.relations);
        let origin = principal.instance.origin();
        match name.as_str() {
            Some(_) => name,
            None => {
                let local = || local_name(&principal.instance.resource.address);
                Value::string(name_of_existing(&principal.instance).unwrap_or_else(local), origin)
            }
        }
    }

    pub(super) fn holder_name(&self, holder: &Holder) -> Value {
        match holder.principal.and_then(|index| self.principals.get(index)) {
            Some(principal) => self.display_name(principal),
            None => named(&holder.value),
        }
    }

    fn holder_value(&self, holder: &Holder) -> Value {
        let fields = [("type", Value::string(holder.kind, holder.value.origin)), ("name", self.holder_name(holder))];
        Value::fields(fields, holder.value.origin)
    }

    pub(super) fn holders_value(&self, holders: &[Holder], origin: Origin) -> Value {
        Value::list(holders.iter().map(|holder| self.holder_value(holder)).collect(), origin)
    }

    /// An attached policy, which all its holders and several kinds of subject show.
    pub(super) fn policy_value(&self, attachment: &Attachment<'_>) -> Value {
        attachment.shown.get_or_init(|| Value::fields(self.policy_fields(attachment), attachment.policy.origin)).clone()
    }

    fn policy_fields(&self, attachment: &Attachment<'_>) -> Fields {
        let policy = &attachment.policy;
        let origin = policy.origin.or(attachment.instance.resource.origin);
        let own = attachment.own.and_then(|index| self.policies.get(index));
        let aws_name = aws_managed_name(policy);
        let name = match (&aws_name, own) {
            (Some(name), _) => Value::string(name.as_str(), origin),
            (None, Some(found)) => self.policy_name(found).at(origin),
            (None, None) => match policy.first_unknown() {
                Some(unknown) => Value::unknown(derived(unknown), origin),
                None => policy.clone(),
            },
        };
        let is_own = own.is_some();
        // The account of an ARN says whose policy it is; where it is not known, the rest may still tell.
        let prefix = policy.known_prefix();
        let account = prefix.split(':').nth(4).filter(|_| prefix.matches(':').count() >= 5);
        let by_aws = match account {
            Some(account) => Truth::from(account == "aws"),
            None => pattern::matches_value("arn:*:iam::aws:policy/*", policy, false),
        };
        let aws_managed = match (is_own, by_aws, policy.first_unknown()) {
            (false, Truth::Unknown, Some(unknown)) => Value::unknown(derived(unknown), origin),
            (_, by_aws, _) => Value::bool(!is_own && by_aws.is_true(), origin),
        };
        let (admin, place, unknown) = self.policy_is_admin(attachment);
        let status = managed::status(policy, is_own, origin);
        vec![
            ("status", status.name),
            ("right-arn", status.right_arn),
            ("hint", status.hint),
            ("last-seen", status.last_seen),
            ("name", name),
            ("arn", policy.clone()),
            ("aws-managed", aws_managed),
            ("admin", truth_value(admin, if is_own { place } else { origin }, unknown)),
        ]
    }

    pub(super) fn policy_name(&self, policy: &Policy<'_>) -> Value {
        let name = policy.instance.field("name", &self.relations);
        match name.as_str() {
            Some(_) => name,
            None => Value::string(local_name(&policy.instance.resource.address), policy.instance.origin()),
        }
    }

    fn policy_subjects(&self, of_kind: impl Fn(&Policy<'_>) -> bool) -> Vec<Subject> {
        let copies = self.copies();
        let all = self.policies.iter().enumerate().filter(|(_, policy)| of_kind(policy));
        all.map(|(at, policy)| self.policy_subject(policy, copies.get(&at).cloned())).collect()
    }

    fn policy_subject(&self, policy: &Policy<'_>, copies: Option<(Value, Option<usize>)>) -> Subject {
        let origin = policy.instance.origin();
        let (admin, place, unknown) = self.document_is_admin(&policy.document, origin);
        let kind = if &*policy.instance.row.kind == "policy" { "managed" } else { "inline" };
        let (copies, first) = copies.unwrap_or_else(|| (Value::list(Vec::new(), origin), None));
        let fields = vec![
            ("name", self.policy_name(policy)),
            ("type", Value::string(kind, origin)),
            ("purpose", Value::string(if policy.is_boundary { "boundary" } else { "grant" }, origin)),
            ("holders", self.holders_value(&policy.holders, origin)),
            ("generated", Value::bool(is_generated(policy), origin)),
            ("admin", truth_value(admin, place, unknown)),
            ("actions", grant::allowed_actions(&policy.document, origin)),
            ("copies", copies),
            ("first", Value::bool(first.is_none(), origin)),
        ];
        let mut subject = self.subject(&policy.instance, origin, fields);
        // What the first of several copies says is told there for all of them.
        let first = first.and_then(|first| self.policies.get(first)).map(|first| &first.instance);
        subject.cause = first.map(|first| (first.index, first.origin()));
        subject
    }
}

/// Whether SAM makes the policy: a role that it generates is named after its function and stands inside of it.
fn is_generated(policy: &Policy<'_>) -> bool {
    let resource = policy.instance.resource;
    resource.chain.last().is_some_and(|step| resource.address.strip_suffix("Role") == Some(&step.name))
}

/// Whether AWS wrote a statement's text: what SAM puts in for a policy template or a connector stands as a whole where that is
/// named, while whoever writes a statement writes its effect inside of it.
fn is_of_template(instance: &KindInstance<'_>, statement: &Statement) -> bool {
    let resource = instance.resource;
    let whole = statement.value.origin;
    // What SAM makes is named after the resource that it follows from; a nested stack's resource has a dot there.
    let made = |step: &Step| {
        resource.address.strip_prefix(&*step.name).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('.'))
    };
    resource.provider_type.starts_with("AWS::")
        && resource.chain.last().is_some_and(made)
        && statement.effect.origin == whole
        && statement.actions.as_ref().is_some_and(|actions| actions.origin == whole)
}

pub(super) fn plain(identity: &Identity<'_>, instance: &KindInstance<'_>) -> Value {
    let names: Vec<Arc<str>> = instance.row.field_names().cloned().collect();
    let fields = names.into_iter().map(|name| {
        let value = instance.field(&name, &identity.relations);
        (name, value)
    });
    let mut fields: Vec<(Arc<str>, Value)> = fields.collect();
    let origin = instance.origin();
    fields.push(("address".into(), Value::string(instance.resource.address.clone(), origin)));
    Value::fields(fields, origin)
}

/// What a person would call what an address names: its last part, instance key left in.
fn local_name(address: &str) -> &str {
    let without_modules = address.rfind("].aws_").map_or(address, |at| &address[at + 2..]);
    let start = without_modules.find("aws_").unwrap_or(0);
    without_modules.get(start..).and_then(|local| local.split_once('.')).map_or(address, |(_, name)| name)
}

/// A name for people: the value where it is known, else what is unknown about it.
pub(super) fn named(value: &Value) -> Value {
    match (value.scalar_text(), value.first_unknown()) {
        (None, Some(unknown)) => Value::string(unknown.subject.clone(), value.origin),
        _ => value.clone(),
    }
}

pub(super) fn open_list(items: Vec<Value>, rest: &Option<Arc<Unknown>>, origin: Origin) -> Value {
    Value::new(Data::List(Arc::new(List { items, rest: rest.clone(), is_set: false })), origin)
}

pub(super) fn truth_value(truth: Truth, origin: Origin, unknown: Option<Arc<Unknown>>) -> Value {
    match truth {
        Truth::Unknown => {
            let reason = unknown.unwrap_or_else(|| Arc::new(Unknown::new(Why::AfterApply, "a part of it", origin)));
            // The reason stands for another value: what that may be says nothing about the answer.
            Value::unknown(derived(&reason), origin)
        }
        truth => Value::bool(truth.is_true(), origin),
    }
}
