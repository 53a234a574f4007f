//! Grants on resources that are written in attributes, as the statements that AWS makes of them.

use std::sync::Arc;

use super::document::Document;
use super::identity::Identity;
use super::tie::Ties;
use crate::model::KindInstance;
use crate::value::{Data, List, Truth, Unknown, Value, Why, derived};

/// The ends of the names of services as principals.
const SERVICES: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"];

/// The tests of a grant: by operator, keys with what they must be.
type Tests = Vec<(Arc<str>, Vec<(Arc<str>, Value)>)>;

fn ask(tests: &mut Tests, operator: &str, key: &str, value: Option<Value>) {
    let Some(value) = value.filter(|value| value.as_str() != Some("")) else { return };
    match tests.iter_mut().find(|(other, _)| **other == *operator) {
        Some((_, keys)) => keys.push((key.into(), value)),
        None => tests.push((operator.into(), vec![(key.into(), value)])),
    }
}

impl Identity<'_> {
    /// The statement that a grant stands for, as a document; none where it grants nothing.
    pub(super) fn document_of_grant(&self, instance: &KindInstance<'_>, grants: &Ties) -> Option<Document> {
        let origin = instance.origin();
        let principal = self.principal_of_grant(instance)?;
        let effect = match instance.has_field("open") {
            true => self.effect_of_url(instance, grants)?,
            false => Value::string("Allow", origin),
        };
        let actions = self.actions_of_grant(instance);
        let mut fields = vec![("Effect", effect), ("Principal", principal), ("Action", actions)];
        let tests = self.tests_of_grant(instance);
        if !tests.is_empty() {
            let tests = tests.into_iter().map(|(operator, keys)| (operator, Value::fields(keys, origin)));
            fields.push(("Condition", Value::fields(tests.collect::<Vec<_>>(), origin)));
        }
        let statement = Value::list(vec![Value::fields(fields, origin)], origin);
        let document = [("Version", Value::string("2012-10-17", origin)), ("Statement", statement)];
        Some(Document::of_value(&Value::fields(document, origin)))
    }

    fn set_field(&self, instance: &KindInstance<'_>, name: &str) -> Option<Value> {
        Some(instance.field(name, &self.relations)).filter(|value| !value.is_null())
    }

    /// Whom a grant names: none where it names nobody.
    fn principal_of_grant(&self, instance: &KindInstance<'_>) -> Option<Value> {
        let field = |name: &str| self.set_field(instance, name);
        let everybody = field("everybody").and_then(|value| value.as_str().map(str::to_owned));
        let is_everybody = |text: &str| Some(text) == everybody.as_deref();
        let (mut services, mut others, mut rest) = (Vec::new(), Vec::new(), None);
        for value in [field("principal"), field("group")].into_iter().flatten() {
            rest = rest.or_else(|| value.as_list().and_then(|list| list.rest.clone()));
            for one in value.elements() {
                let at = one.origin;
                let suffix = one.known_suffix();
                match one.as_str() {
                    _ if SERVICES.iter().any(|end| suffix.ends_with(end)) => services.push(one.clone()),
                    Some(text) if everybody.is_some() => others.extend(
                        text.split(',')
                            .map(str::trim)
                            .map(|part| Value::string(if is_everybody(part) { "*" } else { part }, at)),
                    ),
                    _ => others.push(one.clone()),
                }
            }
        }
        // The members of an organization are everybody under a condition.
        let members = ["member", "member-unit"].into_iter().filter_map(field);
        others.extend(members.map(|member| Value::string("*", member.origin)));
        if services.is_empty() && others.is_empty() && rest.is_none() {
            return None;
        }
        let place = others.first().or(services.first()).map_or(instance.origin(), |first| first.origin);
        let place = place.or(instance.origin());
        let mut principals = Vec::new();
        if !services.is_empty() {
            principals.push(("Service", Value::list(services, place)));
        }
        if !others.is_empty() || rest.is_some() {
            let others = List { items: others, rest, is_set: false };
            principals.push(("AWS", Value::new(Data::List(Arc::new(others)), place)));
        }
        Some(Value::fields(principals, place))
    }

    fn tests_of_grant(&self, instance: &KindInstance<'_>) -> Tests {
        let field = |name: &str| self.set_field(instance, name);
        let mut tests = Tests::new();
        for name in ["member", "member-unit"] {
            ask(&mut tests, "StringEquals", "aws:PrincipalOrgID", field(name).as_ref().map(organization_of));
        }
        for (operator, key, name) in [
            ("ArnLike", "aws:SourceArn", "source"),
            ("StringEquals", "aws:SourceAccount", "source-account"),
            ("StringEquals", "aws:PrincipalOrgID", "organization"),
            ("StringEquals", "lambda:EventSourceToken", "token"),
            ("StringEquals", "lambda:FunctionUrlAuthType", "url"),
        ] {
            ask(&mut tests, operator, key, field(name));
        }
        for constraint in field("constraints").iter().flat_map(Value::elements) {
            for context in ["encryption_context_equals", "encryption_context_subset"] {
                let Some(context) = constraint.get(context).filter(|context| !context.is_null()) else { continue };
                // Operations without a context, such as describing the key, are not held by it.
                match context.as_map() {
                    Some(map) => map.entries().iter().for_each(|entry| {
                        let key = format!("kms:EncryptionContext:{}", entry.key);
                        ask(&mut tests, "StringEqualsIfExists", &key, Some(entry.value.clone()));
                    }),
                    None => ask(&mut tests, "Unknown", "kms:EncryptionContext", Some(context.clone())),
                }
            }
        }
        if let (Some(operator), Some(key)) = (field("operator"), field("key")) {
            match (operator.as_str(), key.as_str()) {
                (Some(operator), Some(key)) => ask(&mut tests, operator, key, field("value")),
                // Which test it is, is not known.
                _ => ask(&mut tests, "Unknown", "unknown", Some(operator)),
            }
        }
        tests
    }

    fn actions_of_grant(&self, instance: &KindInstance<'_>) -> Value {
        let actions = instance.field("actions", &self.relations);
        let prefix = instance.field("prefix", &self.relations);
        let Some(prefix) = prefix.as_str() else { return actions };
        let one = |value: &Value| match value.as_str() {
            Some(name) => Value::string(format!("{prefix}{name}"), value.origin),
            None => value.clone(),
        };
        let rest = actions.as_list().and_then(|list| list.rest.clone());
        let items = actions.elements().iter().map(one).collect();
        Value::new(Data::List(Arc::new(List { items, rest, is_set: false })), actions.origin)
    }

    /// The effect of the URL of a function for those who do not sign: none where it asks for signatures.
    fn effect_of_url(&self, instance: &KindInstance<'_>, grants: &Ties) -> Option<Value> {
        let open = instance.field("open", &self.relations);
        let origin = open.origin.or(instance.origin());
        let allow = Value::string("Allow", origin);
        let is_open = open.equals(&Value::string("NONE", origin));
        let permits = instance.field("permits", &self.relations).as_bool() == Some(true);
        let permitted = if permits { Truth::True } else { self.url_is_permitted(instance, grants) };
        match is_open.and(permitted) {
            Truth::True => Some(allow),
            Truth::False => None,
            Truth::Unknown => {
                let subject = format!("the permission to call `{}`", instance.resource.address);
                let missing = || Arc::new(Unknown::new(Why::NotInTree, subject, origin));
                let unknown = open.first_unknown().map_or_else(missing, derived);
                Some(Value::unknown(unknown, origin))
            }
        }
    }

    /// Whether the template itself lets everybody call the URL of the function; it may be let elsewhere.
    fn url_is_permitted(&self, url: &KindInstance<'_>, grants: &Ties) -> Truth {
        let on = url.field("on", &self.relations);
        let target = self.target(&on, &["function"], url.index);
        let instances = self.of_kind("resource-grant");
        let tied = grants.of(&target);
        let permits = |at: &usize| {
            let Some(grant) = instances.get(*at).filter(|grant| !grant.has_field("open")) else { return false };
            self.field(grant, "principal").as_str() == Some("*")
                && self.field(grant, "url").as_str() == Some("NONE")
                && grant.resource.possible.is_none()
        };
        if tied.iter().any(permits) { Truth::True } else { Truth::Unknown }
    }
}

/// The organization in the ARN of one, or of a unit of one.
fn organization_of(arn: &Value) -> Value {
    let id = arn.as_str().and_then(|text| text.split('/').find(|part| part.starts_with("o-")));
    match (id, arn.first_unknown()) {
        (Some(id), _) => Value::string(id, arn.origin),
        (None, Some(unknown)) => Value::unknown(derived(unknown), arn.origin),
        (None, None) => arn.clone(),
    }
}
