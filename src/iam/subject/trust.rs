//! Statements of trust and resource policies.

use std::sync::Arc;

use super::federation::gives;
use super::{Fields, Subject, open_list, truth_value};
use crate::iam::Identity;
use crate::iam::catalogue;
use crate::iam::document::{Document, Statement};
use crate::iam::exposure::{Carrier, Level, carrier_of};
use crate::iam::identity::{Holder, Principal};
use crate::iam::trust::Trust;
use crate::model::KindInstance;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, derived};

const SOURCE_ACCOUNTS: [&str; 4] = ["aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"];

/// Whether a statement lets in guests of an identity pool, by saying so.
fn admits_guests(statement: &Statement) -> bool {
    let says = |test: &crate::iam::condition::Test| {
        test.key == "cognito-identity.amazonaws.com:amr"
            && test.is_positive()
            && test.values.iter().any(|value| value.as_str() == Some("unauthenticated"))
    };
    statement.allows().is_true() && statement.tests.iter().any(says)
}

impl Identity<'_> {
    /// What the policies of a role give, as of a resource policy's statement.
    fn grants_of(&self, role: &Principal<'_>) -> Value {
        let origin = role.instance.origin();
        let inline = role.inline.iter().filter_map(|at| self.policies.get(*at)).map(|policy| &policy.document);
        let attached = role.attached.iter().filter_map(|at| self.attachments.get(*at)).filter_map(|attachment| {
            let own = attachment.own.and_then(|index| self.policies.get(index)).map(|policy| &policy.document);
            own.or_else(|| Some(catalogue::managed_policy(attachment.policy.as_str()?)?.document()))
        });
        let mut found: Vec<Value> = Vec::new();
        let statements = inline.chain(attached).flat_map(|document| document.granting());
        for statement in statements.filter(|statement| statement.allows().is_true()) {
            found.extend(gives(statement, origin).elements().iter().cloned());
        }
        found.sort_by_key(|value| value.as_str().unwrap_or_default().to_owned());
        found.dedup_by_key(|value| value.as_str().unwrap_or_default().to_owned());
        let rest = role.rest.attached.clone().or_else(|| role.rest.inline.clone());
        open_list(found, &rest, origin)
    }

    /// Those of some holders that everybody may take on: roles that trust all accounts of AWS, or whoever has a token of a
    /// shared issuer.
    pub(in crate::iam) fn open_holders(&self, holders: &[Holder], origin: Origin) -> Value {
        let known = self.known();
        let is_open = |holder: &&Holder| {
            let Some(role) = holder.principal.and_then(|at| self.principals.get(at)) else { return false };
            let document = Document::read(&role.instance.field("trust", &self.relations), self.sources);
            document.statements.iter().any(|statement| {
                let exposure = document.statement_exposure(statement, Carrier::Trust, known);
                matches!(exposure.at_least, Level::SharedIssuer | Level::AnyAws | Level::Anonymous)
            })
        };
        let open: Vec<Holder> =
            holders.iter().filter(|holder| holder.kind == "role").filter(is_open).cloned().collect();
        self.holders_value(&open, origin)
    }

    pub(super) fn trust_subjects(&self) -> Vec<Subject> {
        let mut subjects = Vec::new();
        for principal in self.principals.iter().filter(|principal| &*principal.instance.row.kind == "role") {
            let value = principal.instance.field("trust", &self.relations);
            let document = Document::read(&value, self.sources);
            let role = [
                ("name", self.display_name(principal)),
                ("given-name", principal.instance.field("name", &self.relations)),
                ("admin", self.admin_value(principal)),
            ];
            let mut role: Fields = role.to_vec();
            if document.statements.iter().any(admits_guests) {
                role.push(("guest-gives", self.grants_of(principal)));
            }
            let role = Value::fields(role, principal.instance.origin());
            self.add_trusts(&mut subjects, &principal.instance, &document, &role, "role");
        }
        for (instance, document) in &self.loose {
            // Only a trust policy names principals and no resources.
            if document.has_principals && document.statements.iter().all(|s| s.resources.is_none()) {
                let name = Value::string(instance.resource.address.clone(), instance.origin());
                let role = Value::fields([("name", name)], instance.origin());
                self.add_trusts(&mut subjects, instance, document, &role, "role");
            }
        }
        subjects
    }

    fn add_trusts(
        &self,
        subjects: &mut Vec<Subject>,
        instance: &KindInstance<'_>,
        document: &Document,
        holder: &Value,
        holder_name: &'static str,
    ) {
        if let Some(unknown) = &document.rest {
            let origin = instance.origin();
            let all = [
                "effect",
                "principals",
                "actions",
                "restricted",
                "bounded",
                "external-id",
                "conditions",
                "traps",
                "federation",
                "widest-party",
                "gives",
            ];
            let mut fields: Fields = all.map(|name| (name, Value::unknown(derived(unknown), origin))).to_vec();
            fields.push((holder_name, holder.clone()));
            subjects.push(self.subject(instance, origin, fields));
        }
        let carrier = match holder_name {
            "role" => Carrier::Trust,
            _ => carrier_of(&instance.resource.provider_type),
        };
        let known = self.known();
        for statement in &document.statements {
            let origin = statement.value.origin;
            let trust = Trust::of(statement, document, self.own_accounts);
            let place = statement.principal.as_ref().or(statement.not_principal.as_ref()).map_or(origin, |p| p.origin);
            let answer = |(truth, unknown): (Truth, Option<Arc<Unknown>>)| truth_value(truth, place, unknown);
            let exposure = document.statement_exposure(statement, carrier, known);
            let mut fields = self.statement_fields(statement);
            fields.extend([
                ("principals", trust.principals_value(place, holder.get("given-name").and_then(Value::as_str))),
                ("restricted", answer(trust.restricted.clone())),
                ("bounded", answer(trust.bounded.clone())),
                ("external-id", answer(trust.external_id.clone())),
                ("own-organization", answer((trust.own_organization, trust.restricted.1.clone()))),
                ("mfa", answer((trust.mfa, trust.restricted.1.clone()))),
                ("not-principals", Value::bool(statement.not_principal.is_some(), place)),
                ("widest-party", exposure.to_value()),
                ("weak", Value::bool(exposure.weak, place)),
                ("federation", statement.federation(&trust.parties)),
                ("fixed-source", statement.source_fixed(&["aws:sourcearn"])),
                ("fixed-source-account", statement.source_fixed(&SOURCE_ACCOUNTS)),
                ("gives", gives(statement, place)),
                (holder_name, holder.clone()),
            ]);
            subjects.push(self.subject(instance, origin, fields));
        }
    }

    pub(super) fn resource_policy_subjects(&self) -> Vec<Subject> {
        let mut subjects = Vec::new();
        for instance in self.of_kind("resource-policy") {
            let value = self.field(instance, "document");
            if value.is_null() {
                continue;
            }
            let document = Document::read(&value, self.sources);
            let name = Value::string(instance.resource.address.clone(), instance.origin());
            let holder = Value::fields([("name", name)], instance.origin());
            self.add_trusts(&mut subjects, instance, &document, &holder, "resource");
        }
        for (instance, document) in &self.loose {
            let has_resources = document.statements.iter().any(|s| s.resources.is_some() || s.not_resources.is_some());
            if document.has_principals && has_resources {
                let name = Value::string(instance.resource.address.clone(), instance.origin());
                let holder = Value::fields([("name", name)], instance.origin());
                self.add_trusts(&mut subjects, instance, document, &holder, "resource");
            }
        }
        subjects
    }
}
