//! Who is tied to what in one unit: users, groups, roles and permission sets with their policies, memberships and keys.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::accounts::Accounts;
use super::action_set::ActionSet;
use super::answer::Answer;
use super::catalogue;
use super::document::Document;
use super::existing::address_of_unknown;
use super::exposure::Known;
use super::facts::Facts;
use super::own_tags::SelfTagging;
use super::pattern;
use super::power::Power;
use super::rest::{Perhaps, Rest, Unresolved};
use crate::model::{KindInstance, Kinds, Relations, Resolution, Resource, Unit};
use crate::source::{Origin, Sources};
use crate::value::{Truth, Unknown, Value, Why};

/// The kinds whose `name` field identifies them to others.
pub(super) const NAMED: [&str; 10] = [
    "user",
    "group",
    "role",
    "permission-set",
    "policy",
    "organization-policy",
    "bucket",
    "access-point",
    "search-domain",
    "function",
];

/// The kinds that hold policies.
pub(super) const HOLDERS: [&str; 4] = ["user", "group", "role", "permission-set"];

/// The resources that say which policies somebody has attached and that there are no others: type, attribute, kind.
const ATTACHED_EXCLUSIVE: [(&str, &str, &str); 3] = [
    ("aws_iam_user_policy_attachments_exclusive", "user_name", "user"),
    ("aws_iam_group_policy_attachments_exclusive", "group_name", "group"),
    ("aws_iam_role_policy_attachments_exclusive", "role_name", "role"),
];

/// The same of inline policies.
const INLINE_EXCLUSIVE: [(&str, &str, &str); 3] = [
    ("aws_iam_user_policies_exclusive", "user_name", "user"),
    ("aws_iam_group_policies_exclusive", "group_name", "group"),
    ("aws_iam_role_policies_exclusive", "role_name", "role"),
];

/// A user, group, role or permission set of the unit.
#[derive(Debug)]
pub(super) struct Principal<'u> {
    pub(super) instance: KindInstance<'u>,
    pub(super) attached: Vec<usize>,
    pub(super) inline: Vec<usize>,
    /// Of a user its groups, of a group its members.
    pub(super) memberships: Vec<Membership>,
    pub(super) keys: Vec<usize>,
    pub(super) logins: Vec<usize>,
    pub(super) service_credentials: Vec<usize>,
    /// Why there may be more of each.
    pub(super) rest: Rest,
    pub(super) perhaps: Perhaps,
    /// Whether it is an administrator, once somebody has asked.
    pub(super) admin: OnceLock<Admin>,
    /// Whether it may do nothing of worth without a second factor, where that is said, and why it cannot be told; once
    /// somebody has asked.
    pub(super) second_factor: OnceLock<(Truth, Origin, Option<Arc<Unknown>>)>,
    /// What it is denied without a second factor, for all its statements.
    pub(super) denied_without: OnceLock<ActionSet>,
}

/// Whether a principal is an administrator, the steps that lead there, and why it cannot be told.
pub(super) type Admin = (Truth, Vec<(String, Origin)>, Option<Arc<Unknown>>);

/// One end of a user's membership in a group.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    /// The other end, where it is a resource of the unit.
    pub(super) other: Option<usize>,
    /// The other end as written.
    pub(super) value: Value,
    pub(super) exclusive: bool,
}

/// A policy that is attached to somebody, with the somebodies resolved.
#[derive(Debug)]
pub(super) struct Attachment<'u> {
    pub(super) instance: KindInstance<'u>,
    pub(super) policy: Value,
    /// The policy among those of the unit, where it is one.
    pub(super) own: Option<usize>,
    pub(super) holders: Vec<Holder>,
    /// The policy as rules see it, once somebody has asked.
    pub(super) shown: OnceLock<Value>,
}

/// Whom a policy or a credential belongs to.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    /// `user`, `group`, `role`, `permission-set`.
    pub(super) kind: &'static str,
    /// The principal, where it is one of the unit.
    pub(super) principal: Option<usize>,
    /// The same where it is not known whether what ties it exists.
    pub(super) perhaps: Option<usize>,
    /// The holder as written.
    pub(super) value: Value,
}

/// A policy document that grants to identities.
#[derive(Debug)]
pub(super) struct Policy<'u> {
    pub(super) instance: KindInstance<'u>,
    pub(super) document: Document,
    pub(super) holders: Vec<Holder>,
    /// It is used or demanded as a permissions boundary and attached nowhere: a ceiling, not a grant.
    pub(super) is_boundary: bool,
}

/// All that is tied together in one unit.
#[derive(Debug)]
pub struct Identity<'u> {
    pub(super) unit: &'u Unit,
    pub(super) sources: &'u Sources,
    pub(super) own_accounts: &'u [String],
    /// The accounts that its resources are deployed to.
    pub(super) accounts: Accounts,
    pub(super) own_organizations: &'u [String],
    /// The account that is taken for the own one, at most one, once somebody has asked.
    pub(super) likely_own: OnceLock<Vec<String>>,
    pub(super) relations: Relations<'u>,
    pub(super) instances: HashMap<&'u str, Vec<KindInstance<'u>>>,
    pub(super) principals: Vec<Principal<'u>>,
    pub(super) policies: Vec<Policy<'u>>,
    pub(super) attachments: Vec<Attachment<'u>>,
    /// By kind what any principal of it may hold: it is not known whom it names.
    pub(super) perhaps_of_any: BTreeMap<&'static str, Perhaps>,
    /// Owners of access keys, console passwords and service credentials, by position in `instances`.
    pub(super) owners: HashMap<&'static str, Vec<Holder>>,
    /// The memberships that claim all members of a group for themselves, by the position of the group in the unit.
    pub(super) exclusive_claims: HashMap<usize, Vec<usize>>,
    principal_of: HashMap<usize, usize>,
    policy_of: HashMap<usize, usize>,
    /// What they may do, once somebody has asked.
    pub(super) facts: OnceLock<Facts>,
    /// By policy whether somebody may hold it who is not known, once somebody has asked.
    pub(super) with_other_holders: OnceLock<Vec<bool>>,
    /// The documents that nothing carries.
    pub(super) loose: Vec<(KindInstance<'u>, Document)>,
    /// What they can come to, once somebody has asked.
    pub(super) power: OnceLock<Power>,
    /// By principal whether it may set its own tags, once somebody has asked.
    pub(super) self_tagging: OnceLock<Vec<SelfTagging>>,
    /// The same of those that may set more of them once they have set some.
    pub(super) further_tagging: OnceLock<BTreeMap<usize, SelfTagging>>,
}

impl<'u> Identity<'u> {
    /// Ties the identities of a unit together. `own_accounts` are the ids that are known to be the own account.
    pub fn new(unit: &'u Unit, kinds: &'u Kinds, sources: &'u Sources, own_accounts: &'u [String]) -> Identity<'u> {
        // Who scans knows better than the configuration does.
        let own_accounts = if own_accounts.is_empty() { unit.own_accounts.as_slice() } else { own_accounts };
        let relations = Relations::new(unit, kinds, &NAMED);
        let mut instances: HashMap<&'u str, Vec<KindInstance<'u>>> = HashMap::new();
        for instance in kinds.instances(unit) {
            instances.entry(&instance.row.kind).or_default().push(instance);
        }
        let mut identity = Identity {
            unit,
            sources,
            own_accounts,
            accounts: Accounts::of(unit, own_accounts),
            own_organizations: &[],
            likely_own: OnceLock::new(),
            relations,
            instances,
            principals: Vec::new(),
            policies: Vec::new(),
            attachments: Vec::new(),
            perhaps_of_any: BTreeMap::new(),
            owners: HashMap::new(),
            exclusive_claims: HashMap::new(),
            principal_of: HashMap::new(),
            policy_of: HashMap::new(),
            facts: OnceLock::new(),
            with_other_holders: OnceLock::new(),
            loose: Vec::new(),
            power: OnceLock::new(),
            self_tagging: OnceLock::new(),
            further_tagging: OnceLock::new(),
        };
        identity.collect_principals();
        identity.collect_policies();
        identity.collect_attachments();
        identity.collect_memberships();
        identity.collect_credentials();
        identity.mark_boundaries();
        identity.loose = identity.find_loose();
        identity
    }

    /// The same, with the ids that are known to be the own organization.
    #[must_use]
    pub fn of_organizations(self, own_organizations: &'u [String]) -> Identity<'u> {
        Identity { own_organizations, ..self }
    }

    /// What is known of whose deployment it is.
    pub(super) fn known(&self) -> Known<'_> {
        let likely = self.likely_own.get_or_init(|| self.find_likely_own());
        Known { accounts: self.own_accounts, organizations: self.own_organizations, likely }
    }

    pub(super) fn of_kind(&self, kind: &str) -> &[KindInstance<'u>] {
        self.instances.get(kind).map_or(&[], Vec::as_slice)
    }

    pub(super) fn field(&self, instance: &KindInstance<'u>, name: &str) -> Value {
        instance.field(name, &self.relations)
    }

    fn collect_principals(&mut self) {
        for kind in HOLDERS {
            for instance in self.of_kind(kind).to_vec() {
                self.principal_of.insert(instance.index, self.principals.len());
                let rest = Rest::of_existing(&instance);
                self.principals.push(Principal {
                    instance,
                    attached: Vec::new(),
                    inline: Vec::new(),
                    memberships: Vec::new(),
                    keys: Vec::new(),
                    logins: Vec::new(),
                    service_credentials: Vec::new(),
                    rest,
                    perhaps: Perhaps::default(),
                    admin: OnceLock::new(),
                    second_factor: OnceLock::new(),
                    denied_without: OnceLock::new(),
                });
            }
        }
    }

    /// Resolves the fields `user`, `group`, `role` and `permission-set` of an instance.
    pub(super) fn holders(&self, instance: &KindInstance<'u>) -> (Vec<Holder>, Unresolved) {
        let (mut holders, mut unresolved) = (Vec::new(), Unresolved::default());
        for kind in HOLDERS {
            if !instance.has_field(kind) {
                continue;
            }
            let field = self.field(instance, kind);
            if let Some(unknown) = field.as_list().and_then(|list| list.rest.clone()) {
                unresolved.of_kind(kind, unknown);
            }
            for value in field.elements() {
                let value = value.clone().at(given_at(instance, kind, value.origin));
                let holder = |principal| Holder { kind, principal, perhaps: None, value: value.clone() };
                match self.relations.resolve(&value, kind, instance.index) {
                    Resolution::Resources(found) => {
                        holders.extend(found.iter().map(|index| holder(self.principal_of.get(index).copied())));
                    }
                    Resolution::Outside(_) => holders.push(holder(None)),
                    Resolution::Unknown(unknown) => {
                        holders.push(holder(self.existing(kind, &value, instance.resource)));
                        unresolved.of_kind(kind, unknown);
                    }
                }
            }
        }
        // What may not exist at all ties nothing for certain.
        if let Some(possible) = &instance.resource.possible {
            for holder in &mut holders {
                holder.perhaps = holder.principal.take();
            }
            unresolved.of_holders(&holders, possible);
        }
        (holders, unresolved)
    }

    /// Who is made elsewhere and is given something by a name that is not known, where the unit has these, too.
    fn existing(&self, kind: &str, value: &Value, giver: &Resource) -> Option<usize> {
        let index = self.relations.at(&address_of_unknown(kind, value, giver)?)?;
        self.principal_of.get(&index).copied()
    }

    /// The principals of whom a resource says what they hold and that it is all: nothing else is attached to them.
    fn closed(&self, lists: &[(&str, &str, &str)], of_roles: &str) -> HashSet<usize> {
        let mut closed = HashSet::new();
        for (provider_type, attribute, kind) in lists {
            for index in self.relations.of_type(provider_type) {
                let Some(list) = self.unit.resources.get(*index).filter(|list| list.possible.is_none()) else {
                    continue;
                };
                let Some(holder) = list.attributes.get(attribute) else { continue };
                if let Resolution::Resources(found) = self.relations.resolve(holder, kind, *index) {
                    closed.extend(found.iter().filter_map(|at| self.principal_of.get(at)));
                }
            }
        }
        for (index, principal) in self.principals.iter().enumerate() {
            let resource = principal.instance.resource;
            let list = resource.attributes.get(of_roles).filter(|_| &*resource.provider_type == "aws_iam_role");
            // An empty list of a plan may be one that the provider fills in.
            if list.and_then(Value::as_list).is_some_and(|list| list.rest.is_none() && !list.items.is_empty()) {
                closed.insert(index);
            }
        }
        closed
    }

    /// The documents of the instances of a kind, in their order; none where an instance has no document.
    fn documents(&self, kind: &str) -> Vec<Option<Document>> {
        let read = |instance: &KindInstance<'u>| {
            let value = self.field(instance, "document");
            (!value.is_null()).then(|| Document::read(&value, self.sources))
        };
        self.of_kind(kind).par_iter().with_min_len(64).map(read).collect()
    }

    fn collect_policies(&mut self) {
        let documents = self.documents("policy");
        for (instance, document) in self.of_kind("policy").to_vec().into_iter().zip(documents) {
            self.policy_of.insert(instance.index, self.policies.len());
            let document = document.unwrap_or_default();
            self.policies.push(Policy { instance, document, holders: Vec::new(), is_boundary: false });
        }
        let mut all_unresolved = Unresolved::default();
        let documents = self.documents("inline-policy");
        for (instance, document) in self.of_kind("inline-policy").to_vec().into_iter().zip(documents) {
            let Some(document) = document else { continue };
            let (holders, unresolved) = self.holders(&instance);
            let at = self.policies.len();
            for holder in &holders {
                if let Some(principal) = holder.principal.and_then(|index| self.principals.get_mut(index)) {
                    principal.inline.push(at);
                }
                if let Some(principal) = holder.perhaps.and_then(|index| self.principals.get_mut(index)) {
                    principal.perhaps.inline.push(at);
                }
            }
            for kind in unresolved.kinds() {
                self.perhaps_of_any.entry(kind).or_default().inline.push(at);
            }
            all_unresolved.add(unresolved);
            self.policies.push(Policy { instance, document, holders, is_boundary: false });
        }
        let closed = self.closed(&INLINE_EXCLUSIVE, "inline_policy");
        self.note_rest(&all_unresolved, &closed, |rest, unknown, _| rest.inline = Some(unknown));
        // A list of inline policies that may go on, such as a `dynamic` block over something unknown.
        for principal in &mut self.principals {
            let rows = Kinds::built_in().rows(&principal.instance.resource.provider_type);
            for row in rows {
                let Some(rest) = row.rest(principal.instance.resource) else { continue };
                match &*row.kind {
                    "inline-policy" => principal.rest.inline = Some(rest),
                    "attachment" | "customer-attachment" => principal.rest.attached = Some(rest),
                    "membership" => principal.rest.memberships = Some(rest),
                    _ => continue,
                }
                principal.rest.other_policies |= &*row.kind != "membership";
                principal.rest.other_groups |= &*row.kind == "membership";
            }
        }
    }

    fn collect_attachments(&mut self) {
        let mut all_unresolved = Unresolved::default();
        let by_name = self.of_kind("customer-attachment").to_vec();
        for instance in self.of_kind("attachment").to_vec().into_iter().chain(by_name) {
            let policy = self.field(&instance, "policy");
            if policy.is_null() {
                continue;
            }
            let (holders, unresolved) = self.holders(&instance);
            let at = self.attachments.len();
            for holder in &holders {
                if let Some(principal) = holder.principal.and_then(|index| self.principals.get_mut(index)) {
                    principal.attached.push(at);
                }
                if let Some(principal) = holder.perhaps.and_then(|index| self.principals.get_mut(index)) {
                    principal.perhaps.attached.push(at);
                }
            }
            let own = self.policy_index(&policy, &instance);
            if let Some(found) = own.and_then(|index| self.policies.get_mut(index)) {
                found.holders.extend(holders.iter().cloned());
            }
            for kind in unresolved.kinds() {
                self.perhaps_of_any.entry(kind).or_default().attached.push(at);
            }
            all_unresolved.add(unresolved);
            self.attachments.push(Attachment { instance, policy, own, holders, shown: OnceLock::new() });
        }
        let closed = self.closed(&ATTACHED_EXCLUSIVE, "managed_policy_arns");
        self.note_rest(&all_unresolved, &closed, |rest, unknown, _| rest.attached = Some(unknown));
        self.note_open_lists();
    }

    /// The policy of the unit that a value of an instance means.
    pub(super) fn policy_index(&self, value: &Value, user: &KindInstance<'u>) -> Option<usize> {
        match self.relations.resolve(value, "policy", user.index) {
            Resolution::Resources(found) => found.first().and_then(|index| self.policy_of.get(index)).copied(),
            _ => None,
        }
    }

    /// The principal that a resource of the unit is.
    pub(super) fn principal_at(&self, resource: usize) -> Option<usize> {
        self.principal_of.get(&resource).copied()
    }

    /// The policy that a resource of the unit is.
    pub(super) fn policy_at(&self, resource: usize) -> Option<usize> {
        self.policy_of.get(&resource).copied()
    }

    fn collect_memberships(&mut self) {
        let mut all_unresolved = Unresolved::default();
        for (at, instance) in self.of_kind("membership").to_vec().into_iter().enumerate() {
            let (holders, mut unresolved) = self.holders(&instance);
            unresolved.of_members(&holders);
            let exclusive = self.field(&instance, "exclusive").as_bool() == Some(true);
            if exclusive
                && let Resolution::Resources(groups) =
                    self.relations.resolve(&self.field(&instance, "group"), "group", instance.index)
            {
                for group in groups.iter() {
                    self.exclusive_claims.entry(*group).or_default().push(at);
                }
            }
            let (users, groups): (Vec<Holder>, Vec<Holder>) = holders.into_iter().partition(|h| h.kind == "user");
            let certain = instance.resource.possible.is_none();
            for user in users.iter().filter_map(|user| user.perhaps) {
                if let Some(user) = self.principals.get_mut(user) {
                    user.perhaps.groups.extend(groups.iter().map(|group| group.perhaps));
                }
            }
            for (mine, others) in [(&users, &groups), (&groups, &users)] {
                for holder in mine {
                    let Some(principal) = holder.principal.and_then(|index| self.principals.get_mut(index)) else {
                        continue;
                    };
                    for other in others.iter().filter(|_| certain) {
                        let value = other.value.clone();
                        principal.memberships.push(Membership { other: other.principal, value, exclusive });
                    }
                }
            }
            all_unresolved.add(unresolved);
        }
        self.note_rest(&all_unresolved, &HashSet::new(), |rest, unknown, others| {
            rest.memberships = Some(unknown);
            rest.other_groups |= others;
        });
    }

    fn collect_credentials(&mut self) {
        for kind in ["access-key", "login-profile", "service-credential"] {
            let mut owners = Vec::new();
            let mut all_unresolved = Unresolved::default();
            for (at, instance) in self.of_kind(kind).to_vec().into_iter().enumerate() {
                let (holders, unresolved) = self.holders(&instance);
                for principal in holders.iter().filter_map(|holder| holder.principal) {
                    let Some(principal) = self.principals.get_mut(principal) else { continue };
                    match kind {
                        "access-key" => principal.keys.push(at),
                        "login-profile" => principal.logins.push(at),
                        _ => principal.service_credentials.push(at),
                    }
                }
                all_unresolved.add(unresolved);
                let nobody =
                    || Holder { kind: "user", principal: None, perhaps: None, value: Value::null(instance.origin()) };
                owners.push(holders.into_iter().next().unwrap_or_else(nobody));
            }
            match kind {
                "access-key" => {
                    self.note_rest(&all_unresolved, &HashSet::new(), |rest, unknown, _| rest.keys = Some(unknown))
                }
                "login-profile" => {
                    self.note_rest(&all_unresolved, &HashSet::new(), |rest, unknown, _| rest.logins = Some(unknown))
                }
                _ => {}
            }
            self.owners.insert(kind, owners);
        }
    }

    /// The permissions boundary of a principal; null where it has none.
    pub(super) fn boundary_of(&self, principal: &Principal<'_>) -> Value {
        let own = principal.instance.field("boundary", &self.relations);
        if !own.is_null() || &*principal.instance.row.kind != "permission-set" {
            return own;
        }
        let named = principal.instance.field("boundary-name", &self.relations);
        if !named.is_null() {
            return named;
        }
        let is_its = |attachment: &&KindInstance<'u>| {
            let set = attachment.field("permission-set", &self.relations);
            let found = self.relations.resolve(&set, "permission-set", attachment.index);
            matches!(found, Resolution::Resources(found) if found.contains(&principal.instance.index))
        };
        let Some(attachment) = self.of_kind("boundary-attachment").iter().find(is_its) else { return own };
        let policy = attachment.field("policy", &self.relations);
        if policy.is_null() { attachment.field("name", &self.relations) } else { policy }
    }

    fn mark_boundaries(&mut self) {
        let boundaries_of = |principal: &Principal<'u>| {
            let boundary = self.boundary_of(principal);
            // One of several that it may be is none the less a boundary.
            let candidates = boundary.as_unknown().map_or(&[][..], |unknown| &unknown.candidates);
            let all = std::iter::once(&boundary).chain(candidates).filter(|value| !value.is_null());
            all.filter_map(|value| self.policy_index(value, &principal.instance)).collect::<Vec<usize>>()
        };
        let mut boundaries: Vec<usize> = self.principals.iter().flat_map(boundaries_of).collect();
        boundaries.extend(self.demanded_boundaries().into_iter().map(|(boundary, _)| boundary));
        for boundary in boundaries {
            if let Some(policy) = self.policies.get_mut(boundary) {
                policy.is_boundary = policy.holders.is_empty();
            }
        }
    }

    /// The policies of the unit that others demand as permissions boundary by a condition, each with those that do.
    pub(super) fn demanded_boundaries(&self) -> Vec<(usize, usize)> {
        let mut demanded = Vec::new();
        for (at, policy) in self.policies.iter().enumerate() {
            let tests = policy.document.statements.iter().flat_map(|statement| &statement.tests);
            for value in tests.filter(|test| test.key == "iam:permissionsboundary").flat_map(|test| &test.values) {
                demanded.extend(self.policy_index(value, &policy.instance).map(|boundary| (boundary, at)));
                demanded.extend(self.policies_like(value).map(|boundary| (boundary, at)));
            }
        }
        demanded.sort_unstable();
        demanded.dedup();
        demanded
    }

    /// The policies of the unit whose names are like that in an ARN with wildcards: `arn:aws:iam::*:policy/*-boundary`.
    fn policies_like(&self, value: &Value) -> impl Iterator<Item = usize> {
        let path = value.as_str().and_then(|text| text.split_once(":policy/")).map(|(_, path)| path);
        let name = path.and_then(|path| path.rsplit('/').next()).filter(|name| name.contains(['*', '?']));
        // What takes in any name names none.
        let name = name.filter(|name| name.chars().any(char::is_alphanumeric));
        let is_like = |policy: &Policy<'_>| {
            let own = self.field(&policy.instance, "name");
            name.is_some_and(|name| own.as_str().is_some_and(|own| pattern::matches(name, own)))
        };
        let like = self.policies.iter().enumerate().filter(|(_, policy)| name.is_some() && is_like(policy));
        like.map(|(at, _)| at).collect::<Vec<usize>>().into_iter()
    }

    /// Whether a policy, as attached, gives administrator access; where, and why it cannot be told.
    pub(super) fn policy_is_admin(&self, attachment: &Attachment<'_>) -> (Truth, Origin, Option<Arc<Unknown>>) {
        let (policy, own) = (&attachment.policy, attachment.own);
        let Some(unknown) = policy.as_unknown().filter(|unknown| own.is_none() && !unknown.candidates.is_empty())
        else {
            return self.is_admin_policy(policy, own);
        };
        let is_admin = |one: &Value| match one.is_null() {
            true => Truth::False,
            false => self.is_admin_policy(one, self.policy_index(one, &attachment.instance)).0,
        };
        let truth = unknown.agree(is_admin);
        (truth, policy.origin, Some(unknown.clone()).filter(|_| truth == Truth::Unknown))
    }

    fn is_admin_policy(&self, policy: &Value, own: Option<usize>) -> (Truth, Origin, Option<Arc<Unknown>>) {
        if let Some(found) = own.and_then(|index| self.policies.get(index)) {
            return self.document_is_admin(&found.document, policy.origin);
        }
        if let Some(name) = aws_managed_name(policy) {
            return match catalogue::managed_policy(&name) {
                Some(found) => (self.document_is_admin(found.document(), policy.origin).0, policy.origin, None),
                None if catalogue::withdrawn_policy(&name).is_some() => (Truth::False, policy.origin, None),
                // AWS may have made it since.
                None => {
                    let unknown = Unknown::new(Why::DataSource, name, policy.origin);
                    (Truth::Unknown, policy.origin, Some(Arc::new(unknown)))
                }
            };
        }
        match policy.first_unknown() {
            Some(unknown) => (Truth::Unknown, policy.origin, Some(unknown.clone())),
            None => {
                let subject: Arc<str> = policy.scalar_text().unwrap_or_default().into();
                let unknown = Unknown::new(Why::DataSource, subject, policy.origin);
                (Truth::Unknown, policy.origin, Some(Arc::new(unknown)))
            }
        }
    }

    /// Whether a document gives administrator access: by one of its statements, or by several together.
    pub(super) fn document_is_admin(
        &self,
        document: &Document,
        fallback: Origin,
    ) -> (Truth, Origin, Option<Arc<Unknown>>) {
        let mut undecided = None;
        for statement in document.granting() {
            if statement.is_admin().truth == Truth::False {
                continue;
            }
            let mut answer = statement.is_admin_beside(document.taken());
            if answer.truth == Truth::True && statement.is_admin_beside(document.possibly_taken()).truth != Truth::True
            {
                answer = Answer { truth: Truth::Unknown, unknown: document.doubtful_denial(), ..answer };
            }
            match answer.truth {
                Truth::True => return (Truth::True, answer.origin, None),
                Truth::Unknown => undecided = undecided.or(Some((answer.origin, answer.unknown))),
                Truth::False => {}
            }
        }
        if let Some(widest) = document.everything_together().and_then(|all| document.statements.get(all.widest)) {
            return (Truth::True, widest.grants_at(), None);
        }
        match (undecided, &document.rest) {
            (Some((origin, unknown)), _) => (Truth::Unknown, origin, unknown),
            (None, Some(unknown)) => (Truth::Unknown, fallback, Some(unknown.clone())),
            (None, None) => (Truth::False, fallback, None),
        }
    }
}

/// Where a resource is given a value of a field: a name that comes from elsewhere was given to it there.
pub(super) fn given_at(instance: &KindInstance<'_>, field: &str, origin: Origin) -> Origin {
    let extent = instance.resource.extent;
    let is_here = origin.file == extent.file && extent.span.holds(origin.span);
    instance.place_of(field).filter(|_| !is_here).unwrap_or(origin)
}

/// The name of an AWS managed policy that an ARN names, also where the partition is not known.
pub(super) fn aws_managed_name(policy: &Value) -> Option<String> {
    let text = match policy.as_str() {
        Some(text) => text.to_owned(),
        None if policy.as_unknown().is_some() => return None,
        None => policy.known_suffix(),
    };
    let (_, path) = text.split_once(":iam::aws:policy/")?;
    Some(path.rsplit('/').next().unwrap_or(path).to_owned())
}
