//! What rules look at: users, groups, roles, policies, statements, trusts … as values with named fields.
//!
//! Every field carries the place of the element that a person would edit. The field `because` of a value lists the steps
//! that lead to it; reports show them as related places.

mod boundary;
mod breadth;
mod carrier;
mod change;
mod credential;
mod delegation;
mod denial;
mod duplicate;
mod escalation;
mod exclusive;
mod federation;
mod grant;
mod managed;
mod mfa;
mod resource_grant;
mod statement;
mod tie;
mod trust;

use std::sync::Arc;

use rayon::prelude::*;

use super::identity::{Admin, Attachment, Holder, Identity, Membership, Policy, Principal, aws_managed_name};
use super::pattern;
use crate::model::{KindInstance, Resource};
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
            Subject { resource: instance.index, origin, cause: None, value: Value::fields(fields, origin) }
        };
        self.of_kind(kind).iter().map(subject).collect()
    }

    pub(super) fn subject(&self, instance: &KindInstance<'_>, origin: Origin, fields: Fields) -> Subject {
        Subject { resource: instance.index, origin, cause: None, value: Value::fields(fields, origin) }
    }

    /// The name of a principal for people: its name where it is known, else its address.
    pub(super) fn display_name(&self, principal: &Principal<'_>) -> Value {
        let name = principal.instance.field("name", &self.relations);
        let origin = principal.instance.origin();
        match name.as_str() {
            Some(_) => name,
            None => Value::string(local_name(&principal.instance.resource.address), origin),
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

    fn principal_subjects(&self, kind: &str) -> Vec<Subject> {
        let mine = self.principals.iter().filter(|principal| &*principal.instance.row.kind == kind);
        let mine: Vec<&Principal<'_>> = mine.collect();
        mine.par_iter().with_min_len(16).map(|principal| self.principal_subject(principal)).collect()
    }

    fn principal_subject(&self, principal: &Principal<'_>) -> Subject {
        let instance = &principal.instance;
        let origin = instance.origin();
        let (attached, inline) = (self.attached_value(principal), self.inline_value(principal));
        let both = concat(&attached, &inline);
        let mut fields: Fields = vec![
            ("name", self.display_name(principal)),
            ("given-name", instance.field("name", &self.relations)),
            ("boundary", instance.field("boundary", &self.relations)),
            ("attached", attached),
            ("inline", inline),
            ("policies", both),
            ("admin", self.admin_value(principal)),
            ("session", instance.field("session", &self.relations)),
            ("max-session", instance.field("max-session", &self.relations)),
        ];
        fields.extend(self.power_fields(principal));
        let others = self.memberships_value(&principal.memberships, &principal.rest.memberships, origin);
        match &*instance.row.kind {
            "user" => {
                let credentials = self.of_kind("service-credential");
                let service: Vec<Value> = principal
                    .service_credentials
                    .iter()
                    .filter_map(|at| credentials.get(*at))
                    .map(|credential| plain(self, credential))
                    .collect();
                fields.extend([
                    ("groups", others),
                    ("keys", self.credentials_value("access-key", &principal.keys, &principal.rest.keys, origin)),
                    (
                        "logins",
                        self.credentials_value("login-profile", &principal.logins, &principal.rest.logins, origin),
                    ),
                    ("service-credentials", Value::list(service, origin)),
                    ("federation", self.exists("federation", origin)),
                    ("mfa-enforced", self.mfa_enforced(principal)),
                ]);
            }
            "group" => {
                let by = |exclusive: bool| {
                    let some = principal.memberships.iter().filter(|m| m.exclusive == exclusive).cloned();
                    self.memberships_value(&some.collect::<Vec<_>>(), &principal.rest.memberships, origin)
                };
                fields.extend([
                    ("members", others),
                    ("exclusive-memberships", self.exclusive_lists(instance, origin)),
                    ("additive-memberships", by(false)),
                    ("mfa-enforced", self.mfa_enforced(principal)),
                ]);
            }
            _ => {}
        }
        self.subject(instance, origin, fields)
    }

    /// The resources that claim the whole membership of a group for themselves.
    fn exclusive_lists(&self, group: &KindInstance<'_>, origin: Origin) -> Value {
        let memberships = self.of_kind("membership");
        let claims = self.exclusive_claims.get(&group.index).into_iter().flatten();
        let claims = claims.filter_map(|at| memberships.get(*at));
        let claim = |membership: &KindInstance<'_>| {
            let at = membership.origin();
            Value::fields([("address", Value::string(membership.resource.address.clone(), at))], at)
        };
        Value::list(claims.map(claim).collect(), origin)
    }

    fn attached_value(&self, principal: &Principal<'_>) -> Value {
        let items = principal.attached.iter().filter_map(|at| self.attachments.get(*at)).map(|attachment| {
            let at = attachment.instance.origin();
            self.policy_value(attachment).at(at)
        });
        open_list(items.collect(), &principal.rest.attached, principal.instance.origin())
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

    fn inline_value(&self, principal: &Principal<'_>) -> Value {
        let items = principal.inline.iter().filter_map(|at| self.policies.get(*at)).map(|policy| {
            let origin = policy.instance.origin();
            Value::fields([("name", self.policy_name(policy))], origin)
        });
        open_list(items.collect(), &principal.rest.inline, principal.instance.origin())
    }

    fn memberships_value(&self, memberships: &[Membership], rest: &Option<Arc<Unknown>>, origin: Origin) -> Value {
        let one = |membership: &Membership| {
            let name = match membership.other.and_then(|index| self.principals.get(index)) {
                Some(other) => self.display_name(other).at(membership.value.origin),
                None => named(&membership.value),
            };
            Value::fields([("name", name)], membership.value.origin)
        };
        open_list(memberships.iter().map(one).collect(), rest, origin)
    }

    fn credentials_value(&self, kind: &str, which: &[usize], rest: &Option<Arc<Unknown>>, origin: Origin) -> Value {
        let instances = self.of_kind(kind);
        let items = which.iter().filter_map(|at| instances.get(*at)).map(|instance| plain(self, instance));
        open_list(items.collect(), rest, origin)
    }

    fn exists(&self, kind: &str, origin: Origin) -> Value {
        let mut undecided = None;
        for instance in self.of_kind(kind) {
            match &instance.resource.possible {
                None => return Value::bool(true, instance.origin()),
                Some(unknown) => undecided = Some(unknown.clone()),
            }
        }
        undecided.map_or_else(|| Value::bool(false, origin), |unknown| Value::unknown(derived(&unknown), origin))
    }

    /// Whether a principal is an administrator by a policy of its own or of its groups; the place is that of the
    /// statement or attachment that makes it one.
    pub(super) fn admin_value(&self, principal: &Principal<'_>) -> Value {
        let (truth, steps, unknown) = self.admin(principal);
        let origin = steps.last().map_or(principal.instance.origin(), |step| step.1);
        truth_value(*truth, origin, unknown.clone())
    }

    /// As [`Identity::admin_value`], with the steps that lead there.
    fn admin<'p>(&self, principal: &'p Principal<'_>) -> &'p Admin {
        principal.admin.get_or_init(|| {
            let found = self.find_admin(principal);
            if found.0 == Truth::False {
                return found;
            }
            let Some(index) = self.principal_at(principal.instance.index) else { return found };
            let (remains, reason) = self.access().remains_administrator(index);
            match (found.0.and(remains), remains) {
                (Truth::False, _) => (Truth::False, Vec::new(), None),
                (Truth::Unknown, Truth::Unknown) => (Truth::Unknown, Vec::new(), found.2.or(reason)),
                (Truth::Unknown, _) => (Truth::Unknown, Vec::new(), found.2),
                (Truth::True, _) => found,
            }
        })
    }

    /// Whether the principal of a number is an administrator, the steps, and why it cannot be told.
    pub(super) fn administration(&self, principal: usize) -> Admin {
        self.principals.get(principal).map_or_else(|| (Truth::False, Vec::new(), None), |p| self.admin(p).clone())
    }

    fn find_admin(&self, principal: &Principal<'_>) -> Admin {
        let mut undecided = None;
        for at in &principal.inline {
            let Some(policy) = self.policies.get(*at) else { continue };
            let (truth, origin, unknown) = self.document_is_admin(&policy.document, policy.instance.origin());
            match truth {
                Truth::True => return (truth, vec![("an inline policy allows everything".to_owned(), origin)], None),
                Truth::Unknown => undecided = undecided.or(unknown),
                Truth::False => {}
            }
        }
        for at in &principal.attached {
            let Some(attachment) = self.attachments.get(*at) else { continue };
            let (truth, origin, unknown) = self.policy_is_admin(attachment);
            match truth {
                Truth::True => {
                    let here = attachment.policy.origin.or(attachment.instance.origin());
                    let mut steps = vec![("an administrator policy is attached".to_owned(), here)];
                    if origin != here {
                        steps.push(("which allows everything".to_owned(), origin));
                    }
                    return (truth, steps, None);
                }
                Truth::Unknown => undecided = undecided.or(unknown),
                Truth::False => {}
            }
        }
        if &*principal.instance.row.kind == "user" {
            for membership in &principal.memberships {
                let Some(group) = membership.other.and_then(|index| self.principals.get(index)) else { continue };
                let (truth, steps, unknown) = self.admin(group);
                match truth {
                    Truth::True => {
                        let mut all =
                            vec![("is a member of an administrator group".to_owned(), membership.value.origin)];
                        all.extend(steps.iter().cloned());
                        return (*truth, all, None);
                    }
                    Truth::Unknown => undecided = undecided.or_else(|| unknown.clone()),
                    Truth::False => {}
                }
            }
        }
        let rest = [&principal.rest.attached, &principal.rest.inline, &principal.rest.memberships];
        let undecided = undecided.or_else(|| rest.into_iter().flatten().next().cloned());
        (if undecided.is_some() { Truth::Unknown } else { Truth::False }, Vec::new(), undecided)
    }

    fn policy_subjects(&self, of_kind: impl Fn(&Policy<'_>) -> bool) -> Vec<Subject> {
        let copies = self.copies();
        let all = self.policies.iter().enumerate().filter(|(_, policy)| of_kind(policy));
        all.map(|(at, policy)| self.policy_subject(policy, copies.get(&at).cloned())).collect()
    }

    fn policy_subject(&self, policy: &Policy<'_>, copies: Option<(Value, bool)>) -> Subject {
        let origin = policy.instance.origin();
        let (admin, place, unknown) = self.document_is_admin(&policy.document, origin);
        let kind = if &*policy.instance.row.kind == "policy" { "managed" } else { "inline" };
        let (copies, first) = copies.unwrap_or_else(|| (Value::list(Vec::new(), origin), true));
        let fields = vec![
            ("name", self.policy_name(policy)),
            ("type", Value::string(kind, origin)),
            ("purpose", Value::string(if policy.is_boundary { "boundary" } else { "grant" }, origin)),
            ("holders", self.holders_value(&policy.holders, origin)),
            ("generated", Value::bool(is_generated(policy), origin)),
            ("admin", truth_value(admin, place, unknown)),
            ("copies", copies),
            ("first", Value::bool(first, origin)),
        ];
        self.subject(&policy.instance, origin, fields)
    }

    /// The unit as one account: who is administrator, who has a console password, what is set.
    fn account_subject(&self) -> Option<Subject> {
        let first = self.unit.resources.first()?;
        let mut administrators = Vec::new();
        let mut undecided = None;
        for principal in &self.principals {
            let is_group = &*principal.instance.row.kind == "group";
            // A group stands for its members; it counts itself where none of them is known.
            if is_group && principal.memberships.iter().any(|membership| membership.other.is_some()) {
                continue;
            }
            let (truth, steps, unknown) = self.admin(principal);
            match truth {
                Truth::True => administrators.push(self.step_value(principal, steps)),
                Truth::Unknown => undecided = undecided.or_else(|| unknown.clone()),
                Truth::False => {}
            }
        }
        // What may not exist at all is none of the things that are certainly there.
        let list = |kind: &str, origin: Origin| {
            let (certain, possible): (Vec<&KindInstance<'_>>, Vec<&KindInstance<'_>>) =
                self.of_kind(kind).iter().partition(|instance| instance.resource.possible.is_none());
            let rest = possible.first().and_then(|instance| instance.resource.possible.clone());
            at_first(certain.into_iter().map(|instance| plain(self, instance)).collect(), &rest, origin)
        };
        let origin = first.origin;
        let users: Vec<&Principal<'_>> =
            self.principals.iter().filter(|principal| &*principal.instance.row.kind == "user").collect();
        let user = |principal: &&Principal<'_>| {
            Value::fields([("name", self.display_name(principal))], principal.instance.origin())
        };
        let users = at_first(users.iter().map(user).collect(), &None, origin);
        let fields = vec![
            ("administrators", at_first(administrators, &undecided, origin)),
            ("users", users),
            ("console-users", self.console_users(origin)),
            ("password-policies", list("password-policy", origin)),
            ("config-rules", list("config-rule", origin)),
            ("conformance-packs", list("conformance-pack", origin)),
            ("organizations", list("organization", origin)),
            ("organization-features", list("organization-features", origin)),
            ("language", Value::string(language(first), origin)),
        ];
        Some(Subject { resource: 0, origin, cause: None, value: Value::fields(fields, origin) })
    }

    fn console_users(&self, origin: Origin) -> Value {
        let owners = self.owners.get("login-profile").map_or(&[][..], Vec::as_slice);
        let one = |(instance, owner): (&KindInstance<'_>, &Holder)| {
            Value::fields([("name", self.holder_name(owner))], instance.origin())
        };
        let profiles = self.of_kind("login-profile");
        let certain = profiles.iter().zip(owners).filter(|(instance, _)| instance.resource.possible.is_none());
        let rest = profiles.iter().find_map(|instance| instance.resource.possible.clone());
        at_first(certain.map(one).collect(), &rest, origin)
    }

    fn step_value(&self, principal: &Principal<'_>, steps: &[(String, Origin)]) -> Value {
        let origin = principal.instance.origin();
        let because = steps.iter().map(|(text, place)| Value::string(text.as_str(), *place)).collect();
        let fields = [
            ("name", self.display_name(principal)),
            ("type", Value::string(principal.instance.row.kind.clone(), origin)),
            ("because", Value::list(because, origin)),
        ];
        Value::fields(fields, origin)
    }
}

/// Whether SAM makes the policy: a role that it generates is named after its function and stands inside of it.
fn is_generated(policy: &Policy<'_>) -> bool {
    let resource = policy.instance.resource;
    resource.chain.last().is_some_and(|step| resource.address.strip_suffix("Role") == Some(&step.name))
}

fn language(resource: &Resource) -> &'static str {
    if resource.provider_type.contains("::") { "cloudformation" } else { "terraform" }
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

/// A list that stands where its first element stands, so that a finding about the list has a place of its own.
fn at_first(items: Vec<Value>, rest: &Option<Arc<Unknown>>, origin: Origin) -> Value {
    let origin = items.first().map_or(origin, |first| first.origin.or(origin));
    open_list(items, rest, origin)
}

fn concat(a: &Value, b: &Value) -> Value {
    let (Some(x), Some(y)) = (a.as_list(), b.as_list()) else { return a.clone() };
    let items = x.items.iter().chain(&y.items).cloned().collect();
    open_list(items, &x.rest.clone().or_else(|| y.rest.clone()), a.origin)
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
