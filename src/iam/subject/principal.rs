//! Users, groups, roles and permission sets: what they hold, and whether that makes them administrators.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Fields, Subject, named, open_list, plain, truth_value};
use crate::iam::identity::{Admin, Identity, Membership, Policy, Principal};
use crate::model::KindInstance;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, derived};

impl Identity<'_> {
    pub(super) fn principal_subjects(&self, kind: &str) -> Vec<Subject> {
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
        let mut subject = self.subject(instance, origin, fields);
        if &*instance.row.kind == "permission-set" {
            subject.cause = self.made_administrator_by(principal);
        }
        subject
    }

    /// The statement or attachment that makes a principal an administrator by its own policies, as findings on it name it.
    fn made_administrator_by(&self, principal: &Principal<'_>) -> Option<(usize, Origin)> {
        if !self.admin(principal).0.is_true() {
            return None;
        }
        let statement = |policy: &Policy<'_>| {
            let document = &policy.document;
            let denied = document.taken();
            let mut alone = document.granting().iter();
            let alone = alone.find(|statement| statement.is_admin_beside(denied).truth.is_true());
            let together = || document.granting().get(document.everything_together()?.widest);
            let found = alone.or_else(together)?;
            Some((policy.instance.index, found.value.origin))
        };
        let inline = principal.inline.iter().filter_map(|at| self.policies.get(*at)).find_map(statement);
        inline.or_else(|| {
            let attached = principal.attached.iter().filter_map(|at| self.attachments.get(*at));
            let mut attached = attached.filter(|one| self.policy_is_admin(one).0.is_true());
            attached.find_map(|one| match one.own.and_then(|at| self.policies.get(at)) {
                Some(own) => statement(own),
                None => Some((one.instance.index, one.policy.origin.or(one.instance.origin()))),
            })
        })
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
    pub(in crate::iam) fn admin_value(&self, principal: &Principal<'_>) -> Value {
        let (truth, steps, unknown) = self.admin(principal);
        let origin = steps.last().map_or(principal.instance.origin(), |step| step.1);
        truth_value(*truth, origin, unknown.clone())
    }

    /// As [`Identity::admin_value`], with the steps that lead there.
    pub(super) fn admin<'p>(&self, principal: &'p Principal<'_>) -> &'p Admin {
        principal.admin.get_or_init(|| {
            let found = self.find_admin(principal);
            if found.0 == Truth::False {
                return found;
            }
            let Some(index) = self.principal_at(principal.instance.index) else { return found };
            // What is not known is held against what limits it as if it granted everything.
            let (remains, reason) = match found.0 {
                Truth::Unknown => self.access().would_remain_administrator(index),
                _ => self.access().remains_administrator(index),
            };
            match (found.0.and(remains), remains) {
                (Truth::False, _) => (Truth::False, Vec::new(), None),
                (Truth::Unknown, Truth::Unknown) => (Truth::Unknown, Vec::new(), found.2.or(reason)),
                (Truth::Unknown, _) => (Truth::Unknown, Vec::new(), found.2),
                (Truth::True, _) => found,
            }
        })
    }

    /// Whether the principal of a number is an administrator, the steps, and why it cannot be told.
    pub(in crate::iam) fn administration(&self, principal: usize) -> Admin {
        self.principals.get(principal).map_or_else(|| (Truth::False, Vec::new(), None), |p| self.admin(p).clone())
    }

    fn find_admin(&self, principal: &Principal<'_>) -> Admin {
        let index = self.principal_at(principal.instance.index);
        let (truth, steps, mut undecided) = self.granted_by(principal, index);
        if truth == Truth::True {
            return (truth, steps, None);
        }
        if &*principal.instance.row.kind == "user" {
            for membership in &principal.memberships {
                let Some(group) = membership.other.and_then(|index| self.principals.get(index)) else { continue };
                // What depends on who asks is another thing for the group.
                let (truth, steps, unknown) = match self.access().has_personal_policies() {
                    true => self.granted_by(group, index),
                    false => self.admin(group).clone(),
                };
                match truth {
                    Truth::True => {
                        let mut all =
                            vec![("is a member of an administrator group".to_owned(), membership.value.origin)];
                        all.extend(steps);
                        return (truth, all, None);
                    }
                    Truth::Unknown => undecided = undecided.or(unknown),
                    Truth::False => {}
                }
            }
        }
        let undecided = undecided.or_else(|| self.unless_known(principal, principal.rest.memberships.as_ref()));
        (if undecided.is_some() { Truth::Unknown } else { Truth::False }, Vec::new(), undecided)
    }

    /// Why there may be more of a principal, unless it is known that this makes no administrator.
    fn unless_known(&self, principal: &Principal<'_>, rest: Option<&Arc<Unknown>>) -> Option<Arc<Unknown>> {
        let index = self.principal_at(principal.instance.index);
        rest.filter(|_| index.is_none_or(|index| self.access().more_that_leads_on(index).is_some())).cloned()
    }

    /// Whether the policies of a user, group or role make an administrator of the principal of this number.
    fn granted_by(&self, holder: &Principal<'_>, asking: Option<usize>) -> Admin {
        let mut undecided = None;
        let personal = |policy: usize| asking.and_then(|asking| self.access().personal_policy(asking, policy));
        for at in &holder.inline {
            let Some(policy) = self.policies.get(*at) else { continue };
            let document = personal(*at).unwrap_or(&policy.document);
            let (truth, origin, unknown) = self.document_is_admin(document, policy.instance.origin());
            match truth {
                Truth::True => return (truth, vec![("an inline policy allows everything".to_owned(), origin)], None),
                Truth::Unknown => undecided = undecided.or(unknown),
                Truth::False => {}
            }
        }
        for at in &holder.attached {
            let Some(attachment) = self.attachments.get(*at) else { continue };
            let (truth, origin, unknown) = match attachment.own.and_then(personal) {
                Some(document) => self.document_is_admin(document, attachment.policy.origin),
                None => self.policy_is_admin(attachment),
            };
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
                // What each of several policies allows may lead further.
                Truth::False => {
                    let open = attachment.policy.as_unknown().filter(|_| attachment.own.is_none());
                    undecided = undecided.or_else(|| self.unless_known(holder, open));
                }
            }
        }
        let rest = holder.rest.attached.as_ref().or(holder.rest.inline.as_ref());
        let undecided = undecided.or_else(|| self.unless_known(holder, rest));
        (if undecided.is_some() { Truth::Unknown } else { Truth::False }, Vec::new(), undecided)
    }
}

fn concat(a: &Value, b: &Value) -> Value {
    let (Some(x), Some(y)) = (a.as_list(), b.as_list()) else { return a.clone() };
    let items = x.items.iter().chain(&y.items).cloned().collect();
    open_list(items, &x.rest.clone().or_else(|| y.rest.clone()), a.origin)
}
