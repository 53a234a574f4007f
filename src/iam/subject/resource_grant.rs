//! Grants on resources that are written in attributes, as the statements that AWS makes of them.

use std::sync::Arc;

use super::tie::Ties;
use crate::iam::Identity;
use crate::iam::document::Document;
use crate::model::KindInstance;
use crate::value::{Data, List, Truth, Unknown, Value, Why, derived};

/// The ends of the names of services as principals.
const SERVICES: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"];

impl Identity<'_> {
    /// The statement that a grant stands for, as a document; none where it grants nothing.
    pub(super) fn document_of_grant(&self, instance: &KindInstance<'_>, grants: &Ties) -> Option<Document> {
        let field = |name: &str| Some(instance.field(name, &self.relations)).filter(|value| !value.is_null());
        let origin = instance.origin();
        let text = |text: &'static str| Value::string(text, origin);
        let mut conditions: Vec<(Arc<str>, Arc<str>, Value)> = Vec::new();
        let mut ask = |operator: &str, key: &str, value: Option<Value>| {
            if let Some(value) = value.filter(|value| value.as_str() != Some("")) {
                conditions.push((operator.into(), key.into(), value));
            }
        };
        let mut members = Vec::new();
        for name in ["member", "member-unit"] {
            let member = field(name);
            members.extend(member.as_ref().map(|_| text("*")));
            ask("StringEquals", "aws:PrincipalOrgID", member.as_ref().map(organization_of));
        }
        let everybody = field("everybody").and_then(|value| value.as_str().map(str::to_owned));
        let mut named: Vec<Value> = Vec::new();
        let mut rest = None;
        for value in [field("principal"), field("group")].into_iter().flatten() {
            rest = rest.or_else(|| value.as_list().and_then(|list| list.rest.clone()));
            for one in value.elements() {
                match one.as_str() {
                    Some(text) if everybody.is_some() && text.contains(',') => {
                        named.extend(text.split(',').map(|part| Value::string(part.trim(), one.origin)));
                    }
                    _ => named.push(one.clone()),
                }
            }
        }
        named.extend(members);
        if named.is_empty() && rest.is_none() {
            return None;
        }
        let is_service = |value: &Value| {
            let suffix = value.known_suffix();
            SERVICES.iter().any(|end| suffix.ends_with(end))
        };
        let (services, others): (Vec<Value>, Vec<Value>) = named.into_iter().partition(is_service);
        let others = others.into_iter().map(|value| match value.as_str() {
            Some(text) if Some(text) == everybody.as_deref() => Value::string("*", value.origin),
            _ => value,
        });
        let others = List { items: others.collect(), rest, is_set: false };
        let place = others.items.first().or(services.first()).map_or(origin, |first| first.origin.or(origin));
        let mut principals = Vec::new();
        if !services.is_empty() {
            principals.push(("Service", Value::list(services, place)));
        }
        if !others.items.is_empty() || others.rest.is_some() {
            principals.push(("AWS", Value::new(Data::List(Arc::new(others)), place)));
        }
        ask("ArnLike", "aws:SourceArn", field("source"));
        ask("StringEquals", "aws:SourceAccount", field("source-account"));
        ask("StringEquals", "aws:PrincipalOrgID", field("organization"));
        ask("StringEquals", "lambda:EventSourceToken", field("token"));
        ask("StringEquals", "lambda:FunctionUrlAuthType", field("url"));
        if let (Some(operator), Some(key)) = (field("operator"), field("key"))
            && let (Some(operator), Some(key)) = (operator.as_str(), key.as_str())
        {
            ask(operator, key, field("value"));
        }
        let effect = match instance.has_field("open") {
            true => self.effect_of_url(instance, grants)?,
            false => text("Allow"),
        };
        let actions = self.actions_of_grant(instance);
        let mut fields = vec![("Effect", effect), ("Principal", Value::fields(principals, place)), ("Action", actions)];
        if !conditions.is_empty() {
            let one = |(operator, key, value): (Arc<str>, Arc<str>, Value)| {
                let at = value.origin;
                (operator, Value::fields([(key, value)], at))
            };
            // Two tests of one operator would overwrite each other as entries of one map.
            let mut merged: Vec<(Arc<str>, Vec<(Arc<str>, Value)>)> = Vec::new();
            for (operator, value) in conditions.into_iter().map(one) {
                let entries = value.as_map().into_iter().flat_map(|map| map.entries());
                let entries = entries.map(|entry| (entry.key.clone(), entry.value.clone()));
                match merged.iter_mut().find(|(other, _)| *other == operator) {
                    Some((_, keys)) => keys.extend(entries),
                    None => merged.push((operator, entries.collect())),
                }
            }
            let merged = merged.into_iter().map(|(operator, keys)| (operator, Value::fields(keys, origin)));
            fields.push(("Condition", Value::fields(merged.collect::<Vec<_>>(), origin)));
        }
        let statement = Value::fields(fields, origin);
        let document = [("Version", text("2012-10-17")), ("Statement", Value::list(vec![statement], origin))];
        Some(Document::of_value(&Value::fields(document, origin)))
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
        super::open_list(items, &rest, actions.origin)
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
        if tied.certain.iter().any(permits) { Truth::True } else { Truth::Unknown }
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
