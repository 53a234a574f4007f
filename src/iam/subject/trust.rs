//! Statements of trust and resource policies.

use super::federation::{gives, levels};
use super::shut::Limits;
use super::{Fields, Subject, open_list, truth_value};
use crate::iam::Identity;
use crate::iam::catalogue;
use crate::iam::condition::{Operator, Test};
use crate::iam::document::{Document, Statement};
use crate::iam::exposure::{Carrier, Exposures, Guard, Level, PublicAccessBlock, carrier_of, carrier_of_service};
use crate::iam::field;
use crate::iam::glob::Glob;
use crate::iam::identity::{Holder, Principal};
use crate::iam::surroundings::Block;
use crate::iam::trust::Trust;
use crate::model::{KindInstance, Resolution};
use crate::source::Origin;
use crate::value::{Truth, Value, derived};

const SOURCE_ACCOUNTS: [&str; 4] = ["aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"];

/// Whether a value of a test on how somebody logged in takes in guests; of none where it is not known.
fn takes_in_guests(test: &Test, value: &Value) -> Option<bool> {
    let text = value.as_str()?;
    let has_wildcards = test.kind().is_some_and(Operator::has_wildcards);
    let glob = if has_wildcards { Glob::pattern(text) } else { Glob::literal(text) };
    Some(glob.covers(&Glob::literal("unauthenticated")) == Truth::True)
}

/// Whether a statement lets in guests of an identity pool, by saying so.
fn admits_guests(statement: &Statement) -> bool {
    let by_name = |test: &Test, value: &Value| {
        // A pattern for all says nothing about them.
        let named = value.as_str().is_some_and(|text| text.contains("authenticated"));
        named && takes_in_guests(test, value) == Some(true)
    };
    let says = |test: &Test| {
        test.key == "cognito-identity.amazonaws.com:amr"
            && test.is_positive()
            && test.values.iter().any(|value| by_name(test, value))
    };
    statement.allows().is_true() && statement.tests.iter().any(says)
}

/// Whether guests of an identity pool pass a statement, once their pool gives them the role.
fn may_admit_guests(statement: &Statement) -> bool {
    const POOL: &str = "cognito-identity.amazonaws.com";
    let federated = statement.principal.as_ref().and_then(|principal| principal.get("Federated"));
    let of_pool = federated.is_some_and(|federated| federated.elements().iter().any(|one| one.as_str() == Some(POOL)));
    let keeps_out = |test: &Test| {
        let strict = test.is_positive() && test.holds_when_absent() == Some(false);
        let guests = |value: &Value| takes_in_guests(test, value).unwrap_or(true);
        test.key == "cognito-identity.amazonaws.com:amr" && strict && !test.values.iter().any(guests)
    };
    of_pool && statement.allows().is_true() && !statement.tests.iter().any(keeps_out)
}

/// The resources that say which roles an identity pool gives, and where they name that of guests.
const POOL_ROLES: [(&str, &str); 2] =
    [("aws_cognito_identity_pool_roles_attachment", "roles"), ("AWS::Cognito::IdentityPoolRoleAttachment", "Roles")];

impl Identity<'_> {
    /// The roles that identity pools give to guests, by their positions in the unit.
    fn guest_roles(&self) -> Vec<usize> {
        let mut found = Vec::new();
        for (provider_type, roles) in POOL_ROLES {
            for at in self.relations.of_type(provider_type) {
                let pool = self.unit.resources.get(*at).filter(|pool| pool.possible.is_none());
                let role = pool.and_then(|pool| pool.attributes.get(roles)?.get("unauthenticated"));
                if let Some(Resolution::Resources(roles)) = role.map(|role| self.relations.resolve(role, "role", *at)) {
                    found.extend(roles.iter().copied());
                }
            }
        }
        found
    }

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
        let index = self.principal_at(role.instance.index);
        let shut = index.map(|index| self.shut_to(index, &mut Limits::default()).certain.gone).unwrap_or_default();
        for statement in statements.filter(|statement| statement.allows().is_true()) {
            // Its permissions boundary or a denial leaves nothing of it.
            if statement.actions_reached().possible.is_within(&shut) {
                continue;
            }
            found.extend(gives(statement, origin).elements().iter().cloned());
        }
        found.sort_by_key(|value| value.as_str().unwrap_or_default().to_owned());
        found.dedup_by_key(|value| value.as_str().unwrap_or_default().to_owned());
        let rest = role.rest.attached.clone().or_else(|| role.rest.inline.clone());
        open_list(found, &rest, origin)
    }

    /// Whether everybody may take on a role: it trusts all accounts of AWS, whoever has a token of a shared issuer, or the
    /// guests of an identity pool.
    pub(in crate::iam) fn is_open_role(&self, role: &Principal<'_>) -> bool {
        let document = self.trust(&role.instance.field("trust", &self.relations));
        let exposure = document.exposure(Carrier::Trust, self.known(), &PublicAccessBlock::default());
        matches!(exposure.at_least, Level::SharedIssuer | Level::AnyAws | Level::Anonymous)
            || document.statements.iter().any(admits_guests)
    }

    /// Those of some holders that everybody may take on: roles that trust all accounts of AWS, or whoever has a token of a
    /// shared issuer.
    pub(in crate::iam) fn open_holders(&self, holders: &[Holder], origin: Origin) -> Value {
        let is_open = |holder: &&Holder| {
            let role = holder.principal.and_then(|at| self.principals.get(at));
            role.is_some_and(|role| self.is_open_role(role))
        };
        let open: Vec<Holder> =
            holders.iter().filter(|holder| holder.kind == "role").filter(is_open).cloned().collect();
        self.holders_value(&open, origin)
    }

    pub(super) fn trust_subjects(&self) -> Vec<Subject> {
        let mut subjects = Vec::new();
        let guest_roles = self.guest_roles();
        for principal in self.principals.iter().filter(|principal| &*principal.instance.row.kind == "role") {
            let document = self.trust(&principal.instance.field("trust", &self.relations));
            let role = [
                ("name", self.display_name(principal)),
                ("given-name", principal.instance.field("name", &self.relations)),
                ("admin", self.admin_value(principal)),
            ];
            let mut role: Fields = role.to_vec();
            let is_given = guest_roles.contains(&principal.instance.index);
            if document.statements.iter().any(|one| admits_guests(one) || (is_given && may_admit_guests(one))) {
                role.push(("guest-gives", self.grants_of(principal)));
            } else if let Some(unknown) = &document.rest {
                role.push(("guest-gives", Value::unknown(derived(unknown), principal.instance.origin())));
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
        let block = PublicAccessBlock::default();
        let exposures = document.exposures(Carrier::Trust, self.known(), &block);
        self.add_parties(subjects, instance, document, (holder_name, holder), Carrier::Trust, &exposures);
    }

    fn add_parties(
        &self,
        subjects: &mut Vec<Subject>,
        instance: &KindInstance<'_>,
        document: &Document,
        (holder_name, holder): (&'static str, &Value),
        carrier: Carrier,
        exposures: &Exposures,
    ) {
        if let Some(unknown) = &document.rest {
            let origin = instance.origin();
            let all = field::STATEMENT.iter().chain(&field::TRUST);
            let mut fields: Fields = all.map(|name| (*name, Value::unknown(derived(unknown), origin))).collect();
            if carrier == Carrier::Trust {
                fields.push(("idle", Value::unknown(derived(unknown), origin)));
            }
            fields.push((holder_name, holder.clone()));
            subjects.push(self.subject(instance, origin, fields));
        }
        let providers = self.listed_providers();
        for (statement, exposure) in document.statements.iter().zip(&exposures.statements) {
            let origin = statement.value.origin;
            let trust = Trust::of(statement, document, carrier, self.known());
            let place = statement.principal.as_ref().or(statement.not_principal.as_ref()).map_or(origin, |p| p.origin);
            let answer = |(truth, unknown): &Guard| truth_value(*truth, place, unknown.clone());
            let guards = &trust.guards;
            let mut fields = self.statement_fields(statement);
            fields.extend([
                ("principals", trust.principals_value(place, holder.get("given-name").and_then(Value::as_str))),
                ("outsiders", trust.outsiders_value(place)),
                ("restricted", answer(&guards.restricted)),
                ("selective", answer(&guards.selective)),
                ("bounded", answer(&guards.bounded)),
                ("external-id", answer(&guards.external_id)),
                ("own-organization", answer(&guards.own_organization)),
                ("mfa", answer(&guards.mfa)),
                ("not-principals", Value::bool(statement.not_principal.is_some(), place)),
                ("widest-party", exposure.to_value()),
                ("weak", Value::bool(exposure.weak, place)),
                ("secret", Value::bool(exposure.guarded_by_secret, place)),
                ("federation", statement.federation(document, &trust.parties, &providers)),
                ("fixed-anchor", statement.anchor_fixed()),
                ("fixed-source", statement.source_fixed(&["aws:sourcearn"])),
                ("fixed-source-account", statement.source_fixed(&SOURCE_ACCOUNTS)),
                ("gives", gives(statement, place)),
                ("levels", levels(statement, place)),
                (holder_name, holder.clone()),
            ]);
            if carrier == Carrier::Trust {
                fields.push(("idle", statement.void_of_trust(exposure.at_most >= Level::AnyAws)));
            }
            subjects.push(self.subject(instance, origin, fields));
        }
    }

    /// The policies of resources with what they stand on, and grants as the policies that they stand for; and loose documents.
    pub(super) fn resource_policies(&self) -> Vec<ResourcePolicy<'_>> {
        let surroundings = self.surroundings();
        let mut found = Vec::new();
        for instance in self.of_kind("resource-policy") {
            let carrier = carrier_of(&instance.resource.provider_type);
            for document in self.documents_of(instance) {
                let block = self.block_of(&surroundings, instance);
                let resource = self.resource_value(&surroundings, instance);
                found.push(ResourcePolicy {
                    instance: *instance,
                    document,
                    carrier,
                    block,
                    resource,
                    is_attached: true,
                });
            }
        }
        let grants = self.ties("resource-grant", &["function"]);
        for instance in self.of_kind("resource-grant") {
            if let Some(document) = self.document_of_grant(instance, &grants) {
                let carrier = carrier_of(&instance.resource.provider_type);
                let resource = self.resource_value(&surroundings, instance);
                found.push(ResourcePolicy {
                    instance: *instance,
                    document,
                    carrier,
                    block: Block::default(),
                    resource,
                    is_attached: false,
                });
            }
        }
        for (instance, document) in &self.loose {
            let has_resources = document.statements.iter().any(|s| s.resources.is_some() || s.not_resources.is_some());
            if document.has_principals && has_resources {
                let carrier = document.carrier();
                let resource = self.resource_value(&surroundings, instance);
                let (instance, document) = (*instance, document.clone());
                let block = Block::default();
                found.push(ResourcePolicy { instance, document, carrier, block, resource, is_attached: false });
            }
        }
        found
    }

    pub(super) fn resource_policy_statement_subjects(&self) -> Vec<Subject> {
        let mut subjects = Vec::new();
        for policy in self.resource_policies() {
            let exposures = policy.document.exposures(policy.carrier, self.known(), &policy.block.block);
            let holder = ("resource", &policy.resource);
            self.add_parties(&mut subjects, &policy.instance, &policy.document, holder, policy.carrier, &exposures);
        }
        subjects
    }

    pub(super) fn resource_policy_subjects(&self) -> Vec<Subject> {
        let policies = self.resource_policies();
        policies.iter().map(|policy| self.resource_policy_subject(policy)).collect()
    }

    fn resource_policy_subject(&self, policy: &ResourcePolicy<'_>) -> Subject {
        let origin = policy.instance.origin();
        let exposures = policy.document.exposures(policy.carrier, self.known(), &policy.block.block);
        let whole = &exposures.whole;
        let level = whole.to_value();
        let level = level.clone().at(level.origin.or(origin));
        let unblocked = exposures.unblocked.to_value();
        let decides = exposures.unblocked.at_most > whole.at_most || exposures.unblocked.at_least > whole.at_least;
        let because = policy.block.because.iter().filter(|_| decides);
        let because = because.map(|(text, place)| Value::string(text.as_str(), *place)).collect();
        let mut gives_all = Vec::new();
        let mut rest = policy.document.rest.clone();
        let widest = policy.document.statements.iter().zip(&exposures.statements);
        for (statement, exposure) in widest.filter(|(_, exposure)| exposure.at_most > Level::None) {
            if exposure.at_most == whole.at_most {
                let given = gives(statement, exposure.origin);
                rest = rest.or_else(|| given.as_list().and_then(|list| list.rest.clone()));
                gives_all.extend(given.elements().iter().cloned());
            }
        }
        gives_all.sort_by_key(|value| value.as_str().unwrap_or_default().to_owned());
        gives_all.dedup_by_key(|value| value.as_str().unwrap_or_default().to_owned());
        let exposure = [
            ("type", Value::string("widest party", level.origin)),
            ("name", level.clone()),
            ("because", Value::list(because, level.origin)),
        ];
        let fields = vec![
            ("resource", policy.resource.clone()),
            ("widest-party", level.clone()),
            ("unblocked", unblocked.clone().at(unblocked.origin.or(origin))),
            // Reports show the steps of what an element of a list says.
            ("exposure", Value::list(vec![Value::fields(exposure, level.origin)], level.origin)),
            ("weak", Value::bool(whole.weak, level.origin)),
            ("secret", Value::bool(whole.guarded_by_secret, level.origin)),
            ("gives", open_list(gives_all, &rest, level.origin)),
        ];
        self.subject(&policy.instance, origin, fields)
    }
}

/// The policy of a resource, or a grant that stands for one.
pub(super) struct ResourcePolicy<'i> {
    pub(super) instance: KindInstance<'i>,
    pub(super) document: Document,
    carrier: Carrier,
    block: Block,
    resource: Value,
    /// It is written as a policy that stands on a resource.
    pub(super) is_attached: bool,
}

impl ResourcePolicy<'_> {
    /// The name of what it stands on, for people.
    pub(super) fn resource_name(&self) -> Value {
        let origin = self.instance.origin();
        self.resource.get("name").cloned().unwrap_or_else(|| Value::null(origin))
    }
}

impl Document {
    /// What a document is for of which nobody knows where it stands: the services of its actions tell.
    fn carrier(&self) -> Carrier {
        let actions = self.statements.iter().filter_map(|statement| statement.actions.as_ref());
        let services = actions.flat_map(|actions| &actions.items).map(|action| {
            let service = action.as_str()?.split_once(':')?.0.to_ascii_lowercase();
            Some(carrier_of_service(&service))
        });
        let mut services = services.map(|carrier| carrier.unwrap_or(Carrier::Other));
        let first = services.next().unwrap_or(Carrier::Other);
        if services.all(|other| other == first) { first } else { Carrier::Other }
    }
}
