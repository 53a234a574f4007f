//! The account that is deployed to, as far as the resources that a configuration names tell.

use super::document::{Document, Statement};
use super::identity::Identity;
use super::principal::is_account_id;
use crate::value::{Data, Value};

/// Deeper than any resource nests its blocks.
const MAX_DEPTH: usize = 16;

/// What names others than the resource itself: principals, conditions, and whole statements, which are read as such.
const OF_OTHERS: [&str; 14] = [
    "Condition",
    "NotPrincipal",
    "Principal",
    "Statement",
    "condition",
    "not_principals",
    "allowed_principals",
    "grantee_principal",
    "principal",
    "principal_arn",
    "principals",
    "retiring_principal",
    "statement",
    "AssumeRolePolicyDocument",
];

/// The one account that is named, if it is one.
#[derive(Default)]
struct Named {
    id: Option<String>,
    several: bool,
}

impl Named {
    fn take(&mut self, value: &Value) {
        let Some(text) = value.as_str().filter(|text| text.starts_with("arn:")) else { return };
        let Some(id) = text.split(':').nth(4).filter(|id| is_account_id(id)) else { return };
        match &self.id {
            None => self.id = Some(id.to_owned()),
            Some(known) => self.several |= known != id,
        }
    }

    fn take_all(&mut self, value: &Value, depth: usize) {
        if self.several || depth > MAX_DEPTH {
            return;
        }
        match &value.data {
            Data::Map(map) => {
                for entry in map.entries().iter().filter(|entry| !OF_OTHERS.contains(&&*entry.key)) {
                    self.take_all(&entry.value, depth + 1);
                }
            }
            Data::List(list) => list.items.iter().for_each(|item| self.take_all(item, depth + 1)),
            _ => self.take(value),
        }
    }

    fn take_document(&mut self, document: &Document) {
        for statement in document.statements.iter().filter(|statement| !reaches_out(statement)) {
            statement.resources.iter().flat_map(|resources| &resources.items).for_each(|item| self.take(item));
        }
    }
}

/// Roles are assumed in other accounts as much as in one's own.
fn reaches_out(statement: &Statement) -> bool {
    let assumes = |item: &Value| item.as_str().is_some_and(|text| text.to_ascii_lowercase().starts_with("sts:assume"));
    statement.actions.as_ref().is_some_and(|actions| actions.items.iter().all(assumes))
}

impl Identity<'_> {
    /// The account that all ARNs of resources name, where it is one and nobody says which the own one is.
    pub(super) fn find_likely_own(&self) -> Vec<String> {
        let mut named = Named::default();
        if !self.own_accounts.is_empty() {
            return Vec::new();
        }
        let documents = self.policies.iter().map(|policy| &policy.document);
        documents.chain(self.loose.iter().map(|(_, document)| document)).for_each(|one| named.take_document(one));
        self.unit.resources.iter().for_each(|resource| named.take_all(&resource.attributes, 0));
        named.id.filter(|_| !named.several).into_iter().collect()
    }
}
