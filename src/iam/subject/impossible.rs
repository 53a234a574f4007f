//! Grants that none of those who hold them can ever use, since the condition or the resources ask for somebody else.

use super::{Fields, Subject};
use crate::iam::Identity;
use crate::iam::condition::{Test, wanted};
use crate::iam::document::Statement;
use crate::iam::glob::{Glob, Symbol, key_and_default};
use crate::iam::identity::Holder;
use crate::iam::requester::{Filling, Requester};
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

impl Requester<'_, '_> {
    /// Whether a pattern asks for the name of a user, which it never carries: it matches nothing.
    fn lacks(&self, glob: &Glob) -> bool {
        let is_name = |variable: &str| key_and_default(variable).0 == "aws:username";
        let lacks = |variable: &str| is_name(variable) && self.filling(variable) == Some(Filling::Nothing);
        glob.symbols().iter().any(|symbol| matches!(symbol, Symbol::Variable(name) if lacks(name)))
    }
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
        if !holders.iter().all(is_role) {
            return None;
        }
        let why = "`aws:username` is of users, and only roles hold it";
        let first = requesters.first()?;
        let strict =
            |test: &&Test| test.is_positive() && test.holds_when_absent() == Some(false) && test.rest.is_none();
        let of_users = |test: &&Test| {
            let takes = test.kind().filter(|operator| statement.variables && operator.has_variables());
            let one = |value: &Value| takes.and_then(|kind| wanted(kind, value, true)).is_some_and(|g| first.lacks(&g));
            !test.values.is_empty() && test.values.iter().all(one)
        };
        if let Some(test) = statement.tests.iter().filter(strict).find(of_users) {
            let name = Value::string(test.written.clone(), test.origin);
            return Some(Obstacle { name, reason: "condition", why, at: test.origin });
        }
        let resources = statement.resources.as_ref().filter(|list| list.rest.is_none() && statement.variables)?;
        let of_users = |item: &Value| Glob::of_value(item, true).is_some_and(|glob| first.lacks(&glob));
        let item = resources.items.first().filter(|_| resources.items.iter().all(of_users))?;
        Some(Obstacle { name: item.clone(), reason: "resource", why, at: item.origin })
    }
}
