//! Policies on resources, as far as they ask of the account that the resource is in, and of the tags of the role that they are
//! the trust of.

use super::filled::has_variables;
use super::personal::doubt_all;
use crate::iam::cached::Cached;
use crate::iam::catalogue;
use crate::iam::condition::{Family, Test};
use crate::iam::document::Document;
use crate::iam::identity::Identity;
use crate::iam::requester::{Requester, says_who};
use crate::iam::tag::Tag;
use crate::model::KindInstance;
use crate::value::{Truth, Value};

/// The account of what a request is for.
pub(super) const RESOURCE_ACCOUNT: &str = "aws:resourceaccount";

/// That of who makes the request.
const PRINCIPAL_ACCOUNT: &str = "aws:PrincipalAccount";

impl Identity<'_> {
    /// The trust of a role, without what is known of the account that the role is in, and of its tags.
    pub(in crate::iam) fn trust_of(&self, role: &KindInstance<'_>) -> Document {
        let written = Document::read(&self.field(role, "trust"), self.sources);
        self.settled_by_tags(self.settled(written, role.index), role)
    }

    fn settled_by_tags(&self, mut document: Document, role: &KindInstance<'_>) -> Document {
        if !document.statements.iter().flat_map(|statement| &statement.tests).any(|test| role_tag(test).is_some()) {
            return document;
        }
        let requester = Requester::of(self, None);
        document.statements.retain_mut(|statement| {
            let (variables, denies) = (statement.variables, statement.denies() == Truth::True);
            let (mut never, mut doubt) = (false, None);
            statement.tests.retain_mut(|test| {
                let Some(key) = role_tag(test) else { return true };
                let tag = Tag::of(role.resource, key);
                if let (true, Tag::Value(value)) = (variables && has_variables(test), &tag) {
                    if let Some(turned) = turned(test, value) {
                        *test = turned;
                    }
                    return true;
                }
                match requester.holds_of_tag(test, variables, &tag) {
                    Some(Truth::True) => return false,
                    Some(Truth::Unknown) => {
                        doubt = Some(requester.doubt(test));
                        return false;
                    }
                    // Who may give the role the tag may pass a test of an `Allow`.
                    Some(Truth::False) => never |= denies,
                    None => {}
                }
                true
            });
            doubt.into_iter().for_each(|doubt| doubt_all(statement, doubt));
            !never
        });
        document.statements.iter_mut().enumerate().for_each(|(at, statement)| statement.position = at);
        document
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

/// The tag of a role that a test of its trust asks for.
pub(in crate::iam) fn role_tag(test: &Test) -> Option<&str> {
    let (head, key) = test.key.split_once('/')?;
    let assuming = catalogue::action("sts:assumerole")?;
    (head.ends_with(":resourcetag") && assuming.has_condition_key(&test.key)).then_some(key)
}

/// A test that compares a tag of this value with a variable that says who asks, as one on the key of the variable.
fn turned(test: &Test, tag: &Value) -> Option<Test> {
    let is_plain = matches!(test.kind()?.family, Family::Text | Family::TextIgnoringCase);
    let [variable] = test.values.as_slice() else { return None };
    let name = variable.as_str()?.strip_prefix("${")?.strip_suffix('}')?;
    let key = name.to_ascii_lowercase();
    let is_one = is_plain && test.qualifier.is_none() && test.rest.is_none() && says_who(&key);
    let text = tag.as_str().filter(|text| is_one && !text.contains("${") && !key.contains([',', '$']))?;
    Some(Test {
        key,
        written: name.into(),
        // The tag is there.
        if_exists: false,
        values: vec![Value::string(text, test.origin)],
        normal: Cached::default(),
        of_some_actions: Cached::default(),
        ..test.clone()
    })
}

fn is_of_principal(value: &Value) -> bool {
    let variable = value.as_str().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
    variable.is_some_and(|name| name.eq_ignore_ascii_case(PRINCIPAL_ACCOUNT))
}
