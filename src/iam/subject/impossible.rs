//! Grants that none of those who hold them can ever use, since the condition or the resources ask for somebody else.

use super::{Fields, Subject};
use crate::iam::Identity;
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::identity::Holder;
use crate::iam::requester::Requester;
use crate::model::KindInstance;
use crate::source::Origin;
use crate::value::{Truth, Value};

/// Keys of who asks that each user and role has for good: tags come and go.
const OF_HOLDER: [&str; 4] = ["aws:principalarn", "aws:principaltype", "aws:userid", "aws:username"];

/// What of a statement keeps all its holders out: the element, what sort it is, and why.
struct Obstacle {
    name: Value,
    reason: &'static str,
    why: &'static str,
    at: Origin,
}

impl Identity<'_> {
    /// What is left to tell of a statement that allows nothing to those who hold it: that it has no effect.
    pub(super) fn useless_to_holders(
        &self,
        instance: &KindInstance<'_>,
        statement: &Statement,
        policy: Option<usize>,
        holders: &[Holder],
    ) -> Option<Subject> {
        let alone = policy.is_some_and(|policy| !self.may_have_others(policy));
        if !alone || holders.is_empty() || statement.allows() != Truth::True {
            return None;
        }
        let known: Option<Vec<usize>> = holders.iter().map(|holder| holder.principal).collect();
        let found = self.obstacle(statement, &known?)?;
        let text = |text: &str| Value::string(text, found.at);
        let record = [("name", found.name.clone()), ("reason", text(found.reason)), ("why", text(found.why))];
        let mut fields: Fields = self.statement_fields(statement);
        fields.extend([
            ("never-holds", Value::bool(true, statement.value.origin)),
            ("idle", Value::list(vec![Value::fields(record, found.at)], found.at)),
            ("holders", self.holders_value(holders, instance.origin())),
        ]);
        Some(self.subject(instance, statement.value.origin, fields))
    }

    fn obstacle(&self, statement: &Statement, holders: &[usize]) -> Option<Obstacle> {
        let is_one = |holder: &usize| {
            let kind = self.principals.get(*holder).map(|one| &*one.instance.row.kind);
            matches!(kind, Some("user" | "role"))
        };
        if !holders.iter().all(is_one) {
            return None;
        }
        let requesters: Vec<Requester<'_, '_>> =
            holders.iter().map(|holder| Requester::of(self, Some(*holder))).collect();
        let fails = |test: &&Test| {
            let answers = requesters.iter().map(|requester| requester.holds(test, statement));
            OF_HOLDER.contains(&&*test.key) && answers.into_iter().all(|answer| answer == Some(Truth::False))
        };
        if let Some(test) = statement.tests.iter().find(fails) {
            let name = Value::string(test.written.clone(), test.origin);
            let why = "nobody who holds it makes such requests";
            return Some(Obstacle { name, reason: "condition", why, at: test.origin });
        }
        let is_role =
            |holder: &usize| self.principals.get(*holder).is_some_and(|one| &*one.instance.row.kind == "role");
        let resources = statement.resources.as_ref().filter(|list| list.rest.is_none() && statement.variables)?;
        let of_users = |item: &Value| item.as_str().is_some_and(|text| text.contains("${aws:username}"));
        let first = resources.items.first().filter(|_| resources.items.iter().all(of_users))?;
        let why = "`aws:username` is of users, and only roles hold it";
        holders.iter().all(is_role).then(|| Obstacle { name: first.clone(), reason: "resource", why, at: first.origin })
    }
}
