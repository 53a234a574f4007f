//! Policies on resources, as far as they ask of the account that the resource is in.

use crate::iam::cached::Cached;
use crate::iam::condition::Test;
use crate::iam::document::Document;
use crate::iam::identity::Identity;
use crate::iam::requester::Requester;
use crate::model::KindInstance;
use crate::value::{Truth, Value};

/// The account of what a request is for.
pub(super) const RESOURCE_ACCOUNT: &str = "aws:resourceaccount";

/// That of who makes the request.
const PRINCIPAL_ACCOUNT: &str = "aws:PrincipalAccount";

impl Identity<'_> {
    /// The trust of a role, without what is known of the account that the role is in.
    pub(in crate::iam) fn trust_of(&self, role: &KindInstance<'_>) -> Document {
        self.settled(Document::read(&self.field(role, "trust"), self.sources), role.index)
    }

    /// A policy that stands on a resource, without what is known of the account that this is in.
    pub(super) fn settled(&self, mut document: Document, resource: usize) -> Document {
        let asks = |test: &Test| test.key == RESOURCE_ACCOUNT;
        let [own] = self.accounts.ids(self.accounts.at(resource)) else { return document };
        if !document.statements.iter().flat_map(|statement| &statement.tests).any(asks) {
            return document;
        }
        let requester = Requester::of(self, None);
        for mut statement in std::mem::take(&mut document.statements) {
            let mut never = false;
            let variables = statement.variables;
            statement.tests.retain_mut(|test| {
                if !asks(test) {
                    return true;
                }
                let is_one = test.rest.is_none() && !test.values.is_empty();
                if variables && is_one && test.values.iter().all(is_of_principal) {
                    // The two are compared either way.
                    let values = vec![Value::string(own.as_str(), test.origin)];
                    let key = PRINCIPAL_ACCOUNT.to_ascii_lowercase();
                    *test = Test {
                        key,
                        written: PRINCIPAL_ACCOUNT.into(),
                        values,
                        normal: Cached::default(),
                        of_some_actions: Cached::default(),
                        ..test.clone()
                    };
                    return true;
                }
                let holds = requester.holds_of_account(test, variables, Some(own));
                never |= holds == Some(Truth::False);
                holds != Some(Truth::True)
            });
            if !never {
                statement.position = document.statements.len();
                document.statements.push(statement);
            }
        }
        document
    }
}

fn is_of_principal(value: &Value) -> bool {
    let variable = value.as_str().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
    variable.is_some_and(|name| name.eq_ignore_ascii_case(PRINCIPAL_ACCOUNT))
}
