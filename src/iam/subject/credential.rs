//! Access keys and console passwords, and whose they are.

use std::collections::{HashMap, HashSet};

use super::group::manages_permissions as changes;
use super::{Fields, Subject, truth_value};
use crate::iam::access::{Grant, Wanted};
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::AccessLevel;
use crate::iam::identity::{self, Holder};
use crate::model::KindInstance;
use crate::value::{Data, Identity, Piece, Truth, Unknown, Value, Why};

impl identity::Identity<'_> {
    pub(super) fn credential_subjects(&self, kind: &str) -> Vec<Subject> {
        let owners = self.owners.get(kind).map_or(&[][..], Vec::as_slice);
        let instances = self.of_kind(kind);
        let for_mail = if kind == "access-key" && !instances.is_empty() { self.mail_keys() } else { HashSet::new() };
        let mut earlier = if kind == "access-key" { self.earlier_keys() } else { Vec::new() };
        let subject = |(at, (instance, owner)): (usize, (&KindInstance<'_>, &Holder))| {
            let origin = instance.origin();
            let mut fields: Fields = vec![("user", self.owner_value(owner))];
            for name in instance.row.field_names().filter(|name| &***name != "user") {
                let name: &'static str = match &**name {
                    "status" => "status",
                    "protected" => "protected",
                    "password" => "password",
                    "reset-required" => "reset-required",
                    _ => continue,
                };
                fields.push((name, instance.field(name, &self.relations)));
            }
            if kind == "access-key" {
                fields.push(("manages-permissions", self.manages_permissions(owner)));
                fields.push(("for-mail", Value::bool(for_mail.contains(&*instance.resource.address), origin)));
                let before = earlier.get_mut(at).map(std::mem::take).unwrap_or_default();
                fields.push(("earlier", Value::list(before, origin)));
            } else {
                fields.push(("password-readable", is_readable(&instance.field("password", &self.relations))));
            }
            self.subject(instance, origin, fields)
        };
        instances.iter().zip(owners).enumerate().map(subject).collect()
    }

    /// Access keys and console passwords alike, in the order of the unit.
    pub(super) fn any_credential_subjects(&self) -> Vec<Subject> {
        let mut subjects = Vec::new();
        for kind in ["access-key", "login-profile"] {
            for mut subject in self.credential_subjects(kind) {
                if let Some(map) = subject.value.as_map() {
                    let entries = map.entries().iter().map(|entry| (entry.key.clone(), entry.value.clone()));
                    let kind = ("type".into(), Value::string(kind, subject.origin));
                    subject.value = Value::fields(entries.chain([kind]), subject.origin);
                }
                subjects.push(subject);
            }
        }
        subjects.sort_by_key(|subject| subject.resource);
        subjects
    }

    fn owner_value(&self, owner: &Holder) -> Value {
        let origin = owner.value.origin;
        let principal = owner.principal.and_then(|index| self.principals.get(index));
        let given =
            principal.map_or_else(|| owner.value.clone(), |p| p.instance.field("name", &self.relations).at(origin));
        let mut fields = vec![
            ("name", self.holder_name(owner).at(origin)),
            ("given-name", given),
            ("declared", Value::bool(principal.is_some(), origin)),
        ];
        if let Some(principal) = principal {
            fields.push(("admin", self.admin_value(principal)));
        }
        Value::fields(fields, origin)
    }

    /// Whether a user may change permissions, of whatever it is.
    fn manages_permissions(&self, owner: &Holder) -> Value {
        let origin = owner.value.origin;
        let access = self.access();
        let Some((principal, allowed)) = owner.principal.and_then(|at| Some((at, access.allowed(at)?))) else {
            return Value::bool(false, origin);
        };
        let changing = |actions: &ActionSet| {
            let mut changing = actions.of_level(AccessLevel::PermissionsManagement).filter(|one| changes(one));
            changing.next()
        };
        let answer = match (changing(&allowed.certain), changing(&allowed.possible)) {
            (Some(_), _) => return Value::bool(true, origin),
            (None, None) => return Value::bool(false, origin),
            (None, Some(action)) => action,
        };
        let reason = access.incomplete(principal).cloned().or_else(|| {
            let grants = access.grants(principal, &Wanted::new(&answer.full_name()), None).grants;
            let of_statement = |grant: &Grant<'_>| grant.statement.value.first_unknown().cloned();
            grants.iter().find_map(|grant| grant.unknown.clone().or_else(|| of_statement(grant)))
        });
        truth_value(Truth::Unknown, origin, reason)
    }

    /// For each access key the active keys of the same user that stand before it.
    fn earlier_keys(&self) -> Vec<Vec<Value>> {
        let owners = self.owners.get("access-key").map_or(&[][..], Vec::as_slice);
        let mut active: HashMap<Owner, Vec<Value>> = HashMap::new();
        let mut earlier = Vec::with_capacity(owners.len());
        for (instance, holder) in self.of_kind("access-key").iter().zip(owners) {
            let Some(owner) = Owner::of(holder) else {
                earlier.push(Vec::new());
                continue;
            };
            let before = active.entry(owner).or_default();
            earlier.push(before.clone());
            let is_active = self.field(instance, "status").as_str() == Some("Active");
            if is_active && instance.resource.possible.is_none() && before.len() < MAX_EARLIER {
                let place = instance.origin();
                let address = Value::string(instance.resource.address.clone(), place);
                before.push(Value::fields([("address", address)], place));
            }
        }
        earlier
    }

    /// The addresses of the keys of which something takes the SMTP password: they send mail.
    fn mail_keys(&self) -> HashSet<&str> {
        let mut found = HashSet::new();
        for resource in &self.unit.resources {
            collect_mail_keys(&resource.attributes, &mut found);
        }
        found
    }
}

/// AWS lets a user have two keys; where a configuration gives more, these many are told of.
const MAX_EARLIER: usize = 16;

/// What two credentials of the same user have in common.
#[derive(PartialEq, Eq, Hash)]
enum Owner {
    Principal(usize),
    Unknown(Identity),
    Named(String),
}

impl Owner {
    fn of(holder: &Holder) -> Option<Owner> {
        match (holder.principal, holder.value.as_unknown()) {
            (Some(principal), _) => Some(Owner::Principal(principal)),
            (None, Some(unknown)) => unknown.identity().map(Owner::Unknown),
            (None, None) => holder.value.as_str().map(|name| Owner::Named(name.to_owned())),
        }
    }
}

fn collect_mail_keys<'v>(value: &'v Value, found: &mut HashSet<&'v str>) {
    let mut take = |unknown: &'v Unknown| {
        if let Some(reference) = &unknown.refers
            && reference.attribute.starts_with("ses_smtp_password")
        {
            found.insert(&*reference.address);
        }
    };
    match &value.data {
        Data::Unknown(unknown) => take(unknown),
        Data::Text(text) => {
            for piece in text.pieces().unwrap_or_default() {
                if let Piece::Hole(unknown, _) = piece {
                    take(unknown);
                }
            }
            if let Some(inner) = text.json() {
                collect_mail_keys(inner, found);
            }
        }
        Data::List(list) => list.items.iter().for_each(|item| collect_mail_keys(item, found)),
        Data::Map(map) => map.entries().iter().for_each(|entry| collect_mail_keys(&entry.value, found)),
        _ => {}
    }
}

/// Whether whoever may read the template or the stack can read the password: a text, a parameter that is echoed, a plain
/// parameter of Systems Manager. A parameter with `NoEcho` and a reference to a secret are how it should be.
fn is_readable(password: &Value) -> Value {
    let readable = match &password.data {
        Data::Null => return Value::null(password.origin),
        Data::Unknown(unknown) => match unknown.why {
            Why::NoValue => !password.sensitive,
            _ => unknown.subject.starts_with("{{resolve:ssm:"),
        },
        _ => password.as_str().is_some(),
    };
    Value::bool(readable, password.origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;

    fn readable(value: Value) -> Option<bool> {
        is_readable(&value).as_bool()
    }

    #[test]
    fn a_password_is_readable_unless_it_is_a_secret() {
        let unknown = |why, subject: &str| Value::unknown(Unknown::new(why, subject, Origin::NONE), Origin::NONE);
        assert_eq!(readable(Value::string("hunter2", Origin::NONE)), Some(true));
        assert_eq!(readable(Value::string("hunter2", Origin::NONE).marked(true)), Some(true), "a default is no secret");
        assert_eq!(readable(unknown(Why::NoValue, "Password")), Some(true));
        assert_eq!(readable(unknown(Why::NoValue, "Password").marked(true)), Some(false));
        assert_eq!(readable(unknown(Why::DataSource, "{{resolve:ssm:/a:1}}")), Some(true));
        assert_eq!(readable(unknown(Why::DataSource, "{{resolve:ssm-secure:/a:1}}")), Some(false));
        assert_eq!(readable(unknown(Why::DataSource, "{{resolve:secretsmanager:a}}")), Some(false));
        assert_eq!(readable(Value::null(Origin::NONE)), None);
    }
}
