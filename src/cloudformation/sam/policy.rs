//! `Policies` of functions and state machines: managed policies, documents and policy templates.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::evaluator::Evaluator;
use super::super::substitute::Places;
use super::document::{named, text, unversioned};
use super::profile;
use super::role::RoleParts;
use crate::diagnostic::Diagnostic;
use crate::model::aws_policy_path;
use crate::source::Origin;
use crate::value::{Data, Entry, Map, Unknown, Value, Why};

/// The ARN of an AWS managed policy.
pub(super) fn managed_policy(name: &str, place: Origin) -> Value {
    let path = aws_policy_path(name).unwrap_or("/");
    Value::string(format!("arn:aws:iam::aws:policy{path}{name}"), place)
}

/// An entry of `Policies` as an ARN, where it is the name of an AWS managed policy: any other is that of a customer's.
fn as_managed(policy: Value) -> Value {
    if let Some(unknown) = policy.as_unknown().filter(|unknown| !unknown.candidates.is_empty()) {
        let candidates = unknown.candidates.iter().cloned().map(as_managed).collect();
        let data = Data::Unknown(Arc::new(Unknown { candidates, ..(**unknown).clone() }));
        return Value { data, ..policy };
    }
    match policy.as_str() {
        Some(name) if aws_policy_path(name).is_some() => managed_policy(name, policy.origin),
        _ => policy,
    }
}

impl<'t> Evaluator<'t> {
    /// Sorts a serverless resource's `Policies` into managed and inline ones.
    pub(super) fn add_policies(&mut self, id: &str, policies: &Value, parts: &mut RoleParts) {
        let is_structured = |value: &Value| matches!(value.data, Data::Map(_) | Data::List(_));
        if let Some(unknown) = policies.as_unknown()
            && unknown.candidates.iter().any(is_structured)
        {
            return parts.open(unknown);
        }
        if let Some(rest) = policies.as_list().and_then(|list| list.rest.as_ref()) {
            parts.open(rest);
        }
        for (nth, policy) in policies.elements().iter().enumerate() {
            let name = format!("{id}RolePolicy{nth}");
            match &policy.data {
                Data::Map(map) if map.get("Statement").is_some() => {
                    parts.inline.items.push(named(&name, policy.clone()))
                }
                Data::Map(map) => {
                    for entry in map.entries() {
                        let document = self.policy_template(entry);
                        parts.inline.items.push(named(&name, document));
                    }
                }
                Data::Unknown(unknown) if unknown.candidates.iter().any(is_structured) => {
                    parts.inline.items.push(self.chosen_policy(&name, unknown, policy.origin));
                }
                Data::Null => {}
                _ => parts.attach(as_managed(policy.clone())),
            }
        }
    }

    /// A policy that a condition chooses: each choice becomes an inline policy.
    fn chosen_policy(&mut self, name: &str, unknown: &Unknown, place: Origin) -> Value {
        let candidate = |evaluator: &mut Self, candidate: &Value| match &candidate.data {
            Data::Map(map) if map.get("Statement").is_some() => named(name, candidate.clone()),
            Data::Map(map) => match map.entries() {
                [entry] => named(name, evaluator.policy_template(entry)),
                _ => candidate.clone(),
            },
            _ => candidate.clone(),
        };
        let candidates = unknown.candidates.iter().map(|one| candidate(self, one)).collect();
        Value::unknown(Unknown { candidates, ..unknown.clone() }, place)
    }

    /// The document of a policy template with its parameters.
    fn policy_template(&mut self, entry: &Entry) -> Value {
        let place = entry.key_origin;
        let Some(template) = profile::policy_templates().get(&*entry.key) else {
            let message = format!("the policy template `{}` is not known", entry.key);
            self.tell(Diagnostic::warning("sam-policy-template", message).at(place, ""));
            let subject = format!("SAM policy template {}", entry.key);
            return Value::unknown(Unknown::new(Why::Function, subject, place), place);
        };
        let parameters = entry.value.as_map().map(Map::entries).unwrap_or_default();
        let mut variables: HashMap<&str, Value> = parameters.iter().map(|one| (&*one.key, one.value.clone())).collect();
        for parameter in &template.parameters {
            if !variables.contains_key(parameter) {
                let message = format!("the policy template `{}` needs `{parameter}`", entry.key);
                self.tell(Diagnostic::warning("sam-policy-template", message).at(place, ""));
                let unknown = Unknown::new(Why::Invalid, format!("{}.{parameter}", entry.key), place);
                variables.insert(parameter, Value::unknown(unknown, place));
            }
        }
        let statements = template.statements.iter().map(|line| self.profile_statement(line, &variables, place));
        unversioned(statements.collect(), place)
    }

    /// A statement of a policy template or connector profile with its variables put in.
    pub(super) fn profile_statement(&mut self, line: &str, variables: &HashMap<&str, Value>, place: Origin) -> Value {
        let mut columns = line.splitn(3, " | ");
        let mut column = || columns.next().unwrap_or("").trim();
        let (actions, resources, condition) = (column(), column(), column());
        let mut names = Vec::new();
        for group in actions.split(' ') {
            let (service, list) = group.split_once(':').unwrap_or((group, ""));
            names.extend(list.split(',').map(|name| Value::string(format!("{service}:{name}"), place)));
        }
        let resources = resources.split(' ').map(|resource| {
            let text = match resource.strip_prefix("~:") {
                Some(rest) => format!("arn:${{AWS::Partition}}:{rest}"),
                None => resource.to_owned(),
            };
            self.profile_text(&text, variables, place)
        });
        let resources = Value::list(resources.collect(), place);
        let mut fields =
            vec![("Effect", text("Allow", place)), ("Action", Value::list(names, place)), ("Resource", resources)];
        if let Ok(condition) = serde_json::from_str::<serde_json::Value>(condition) {
            fields.push(("Condition", self.profile_json(&condition, variables, place)));
        }
        Value::fields(fields, place)
    }

    /// A text of a profile, with `${Name}` and `%{Source.Arn}` as variables (the latter named `SourceArn`).
    pub(super) fn profile_text(&mut self, text: &str, variables: &HashMap<&str, Value>, place: Origin) -> Value {
        let mut plain = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("%{") {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            plain.push_str(before);
            plain.push_str("${");
            plain.extend(name.chars().filter(|c| *c != '.'));
            plain.push('}');
            rest = after;
        }
        plain.push_str(rest);
        self.substitute(&plain, &Places::whole(place), variables, place)
    }

    /// JSON of a profile.
    pub(super) fn profile_json(
        &mut self,
        json: &serde_json::Value,
        variables: &HashMap<&str, Value>,
        place: Origin,
    ) -> Value {
        match json {
            serde_json::Value::Object(map) => {
                let field =
                    |(key, value): (&String, &_)| (key.as_str().to_owned(), self.profile_json(value, variables, place));
                let fields: Vec<_> = map.iter().map(field).collect();
                Value::fields(fields, place)
            }
            serde_json::Value::Array(items) => {
                let items = items.iter().map(|item| self.profile_json(item, variables, place)).collect();
                Value::list(items, place)
            }
            serde_json::Value::String(text) => self.profile_text(text, variables, place),
            other => Value::string(other.to_string(), place),
        }
    }
}
