//! SAM: globals, and the roles that the transform makes for functions and state machines.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::evaluator::Evaluator;
use super::reference::attribute;
use super::substitute::Places;
use super::template::Declaration;
use crate::model::{Resource, Step};
use crate::source::Origin;
use crate::value::{Data, Entry, List, Map, Unknown, Value, Why};

/// The type of a generated role.
pub(super) const ROLE: &str = "AWS::IAM::Role";

/// The policy templates as text; the head of the file says how to read it.
const POLICY_TEMPLATES: &str = include_str!("sam_policies.txt");

/// AWS managed policies that a template may name without their path.
const PATHS: &[(&str, &[&str])] = &[
    (
        "service-role/",
        &[
            "AWSLambdaBasicDurableExecutionRolePolicy",
            "AWSLambdaBasicExecutionRole",
            "AWSLambdaDynamoDBExecutionRole",
            "AWSLambdaENIManagementAccess",
            "AWSLambdaKinesisExecutionRole",
            "AWSLambdaMSKExecutionRole",
            "AWSLambdaRole",
            "AWSLambdaSQSQueueExecutionRole",
            "AWSLambdaVPCAccessExecutionRole",
        ],
    ),
    (
        "job-function/",
        &[
            "Billing",
            "DataScientist",
            "DatabaseAdministrator",
            "NetworkAdministrator",
            "SupportUser",
            "SystemAdministrator",
            "ViewOnlyAccess",
        ],
    ),
];

/// The managed policies that event sources of these types add to a function's role.
const EVENT_POLICIES: &[(&str, &str)] = &[
    ("DynamoDB", "AWSLambdaDynamoDBExecutionRole"),
    ("Kinesis", "AWSLambdaKinesisExecutionRole"),
    ("MSK", "AWSLambdaMSKExecutionRole"),
    ("SQS", "AWSLambdaSQSQueueExecutionRole"),
];

/// The logical id of the role that the transform makes for a resource which names none.
pub(super) fn generated_role(declaration: &Declaration<'_>) -> Option<String> {
    let makes_role = matches!(declaration.provider_type, "AWS::Serverless::Function" | "AWS::Serverless::StateMachine");
    makes_role.then(|| format!("{}Role", declaration.id))
}

impl<'t> Evaluator<'t> {
    /// Merges the globals into a serverless resource, and gives the role that the transform makes for it.
    pub(super) fn expand_serverless(
        &mut self,
        declaration: Declaration<'t>,
        resource: &mut Resource,
    ) -> Option<Resource> {
        let kind = declaration.provider_type.strip_prefix("AWS::Serverless::")?;
        if let Some(globals) = self.template.globals.get(kind).copied().and_then(|node| self.evaluate(node)) {
            let own = std::mem::replace(&mut resource.attributes, Value::null(resource.origin));
            resource.attributes = merged(&globals, own);
        }
        let address = generated_role(&declaration)?;
        let mut possible = resource.possible.clone();
        match resource.attributes.get("Role").map(|role| &role.data) {
            None | Some(Data::Null) => {}
            Some(Data::Unknown(unknown)) if unknown.candidates.iter().any(Value::is_null) => {
                possible = possible.or(Some(unknown.clone()));
            }
            Some(_) => return None,
        }
        if possible.is_none() || resource.attributes.get("Role").is_none() {
            let value = attribute(&address, ROLE, "Arn", resource.origin);
            if let Data::Map(map) = &mut resource.attributes.data {
                let entry = Entry { key: "Role".into(), key_origin: resource.origin, value };
                Arc::make_mut(map).insert(entry);
            }
        }
        let attributes = self.role_attributes(declaration, resource);
        let step = Step { name: declaration.id.into(), origin: resource.origin };
        Some(Resource {
            address: address.into(),
            provider_type: ROLE.into(),
            attributes,
            possible,
            chain: Arc::from([step]),
            ..resource.clone()
        })
    }

    fn role_attributes(&mut self, declaration: Declaration<'t>, resource: &Resource) -> Value {
        let place = resource.origin;
        let own = |key: &str| resource.attributes.get(key).filter(|value| !value.is_null());
        let is_function = declaration.provider_type == "AWS::Serverless::Function";
        let service = if is_function { "lambda.amazonaws.com" } else { "states.amazonaws.com" };
        let trust = own("AssumeRolePolicyDocument").cloned().unwrap_or_else(|| trust_of(service, place));
        let mut managed = List::default();
        if is_function {
            managed.items.push(managed_policy("AWSLambdaBasicExecutionRole", place));
        }
        let has_tracing = own("Tracing").is_some_and(|value| {
            value.as_str() == Some("Active") || value.get("Enabled").and_then(Value::as_bool) == Some(true)
        });
        if has_tracing {
            managed.items.push(managed_policy("AWSXRayDaemonWriteAccess", place));
        }
        if is_function && let Some(network) = own("VpcConfig") {
            managed.items.push(managed_policy("AWSLambdaVPCAccessExecutionRole", network.origin));
        }
        for event in own("Events").and_then(Value::as_map).map(Map::entries).unwrap_or_default() {
            let kind = event.value.get("Type").and_then(Value::as_str);
            let policy = EVENT_POLICIES.iter().find(|(name, _)| is_function && kind == Some(*name));
            if let Some((_, name)) = policy
                && !managed.items.iter().any(|known| known.as_str().is_some_and(|arn| arn.ends_with(name)))
            {
                managed.items.push(managed_policy(name, event.key_origin));
            }
        }
        let mut inline = List::default();
        if let Some(policies) = own("Policies") {
            self.add_policies(declaration.id, policies, &mut managed, &mut inline);
        }
        let at = |list: &List| list.items.last().map_or(place, |item| item.origin);
        let list = |list: List| {
            let origin = own("Policies").map_or(at(&list), |value| value.origin);
            Value::new(Data::List(Arc::new(list)), origin)
        };
        let mut fields = vec![("AssumeRolePolicyDocument", trust), ("ManagedPolicyArns", list(managed))];
        if !inline.items.is_empty() || inline.rest.is_some() {
            fields.push(("Policies", list(inline)));
        }
        for (field, property) in [("PermissionsBoundary", "PermissionsBoundary"), ("Path", "RolePath")] {
            fields.extend(own(property).map(|value| (field, value.clone())));
        }
        Value::fields(fields, place)
    }

    /// Sorts a serverless resource's `Policies` into managed and inline ones.
    fn add_policies(&mut self, id: &str, policies: &Value, managed: &mut List, inline: &mut List) {
        let is_structured = |value: &Value| matches!(value.data, Data::Map(_) | Data::List(_));
        if let Some(unknown) = policies.as_unknown()
            && unknown.candidates.iter().any(is_structured)
        {
            managed.rest = Some(unknown.clone());
            inline.rest = Some(unknown.clone());
            return;
        }
        if let Some(rest) = policies.as_list().and_then(|list| list.rest.as_ref()) {
            managed.rest = Some(rest.clone());
            inline.rest = Some(rest.clone());
        }
        for (nth, policy) in policies.elements().iter().enumerate() {
            let name = format!("{id}RolePolicy{nth}");
            match &policy.data {
                Data::Map(map) if map.get("Statement").is_some() => inline.items.push(named(&name, policy.clone())),
                Data::Map(map) => {
                    for entry in map.entries() {
                        let document = self.policy_template(entry);
                        inline.items.push(named(&name, document));
                    }
                }
                Data::Unknown(unknown) if unknown.candidates.iter().any(is_structured) => {
                    inline.items.push(policy.clone());
                }
                Data::Null => {}
                _ => managed.items.push(as_managed(policy.clone())),
            }
        }
    }

    /// The document of a policy template with its parameters.
    fn policy_template(&mut self, entry: &Entry) -> Value {
        let place = entry.key_origin;
        let Some(statements) = policy_templates().get(&*entry.key) else {
            let subject = format!("SAM policy template {}", entry.key);
            return Value::unknown(Unknown::new(Why::Function, subject, place), place);
        };
        let parameters = entry.value.as_map().map(Map::entries).unwrap_or_default();
        let variables: HashMap<&str, Value> = parameters.iter().map(|one| (&*one.key, one.value.clone())).collect();
        let statements = statements.iter().map(|statement| self.statement(statement, &variables, place)).collect();
        let fields = [("Version", Value::string("2012-10-17", place)), ("Statement", Value::list(statements, place))];
        Value::fields(fields, place)
    }

    fn statement(&mut self, statement: &str, variables: &HashMap<&str, Value>, place: Origin) -> Value {
        let mut columns = statement.splitn(3, " | ");
        let mut column = || columns.next().unwrap_or("").trim();
        let (actions, resources, condition) = (column(), column(), column());
        let mut names = Vec::new();
        for group in actions.split(' ') {
            let (service, list) = group.split_once(':').unwrap_or((group, ""));
            names.extend(list.split(',').map(|name| Value::string(format!("{service}:{name}"), place)));
        }
        let places = Places::whole(place);
        let resources = resources.split(' ').map(|resource| {
            let text = match resource.strip_prefix("~:") {
                Some(rest) => format!("arn:${{AWS::Partition}}:{rest}"),
                None => resource.to_owned(),
            };
            self.substitute(&text, &places, variables, place)
        });
        let resources = Value::list(resources.collect(), place);
        let mut fields = vec![
            ("Effect", Value::string("Allow", place)),
            ("Action", Value::list(names, place)),
            ("Resource", resources),
        ];
        if let Ok(condition) = serde_json::from_str::<serde_json::Value>(condition) {
            fields.push(("Condition", self.condition_block(&condition, variables, place)));
        }
        Value::fields(fields, place)
    }

    fn condition_block(&mut self, json: &serde_json::Value, variables: &HashMap<&str, Value>, place: Origin) -> Value {
        match json {
            serde_json::Value::Object(map) => {
                let fields: Vec<_> = map
                    .iter()
                    .map(|(key, value)| (key.as_str(), self.condition_block(value, variables, place)))
                    .collect();
                Value::fields(fields, place)
            }
            serde_json::Value::Array(items) => {
                let items = items.iter().map(|item| self.condition_block(item, variables, place)).collect();
                Value::list(items, place)
            }
            serde_json::Value::String(text) => self.substitute(text, &Places::whole(place), variables, place),
            other => Value::string(other.to_string(), place),
        }
    }
}

/// The statements of each policy template.
fn policy_templates() -> &'static HashMap<&'static str, Vec<&'static str>> {
    static TEMPLATES: OnceLock<HashMap<&'static str, Vec<&'static str>>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let mut templates: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut current = "";
        for line in POLICY_TEMPLATES.lines() {
            if let Some(head) = line.strip_prefix('@') {
                current = head.split(' ').next().unwrap_or("");
            } else if let Some(statement) = line.strip_prefix("+ ") {
                templates.entry(current).or_default().push(statement);
            }
        }
        templates
    })
}

/// Globals under a resource's own properties: maps are merged, lists are joined, else the resource's own counts.
fn merged(globals: &Value, own: Value) -> Value {
    match (&globals.data, &own.data) {
        (Data::Map(under), Data::Map(over)) => {
            let below = under.entries().iter().filter(|entry| over.get(&entry.key).is_none()).cloned();
            let above = over.entries().iter().map(|entry| match under.get(&entry.key) {
                Some(global) => Entry { value: merged(global, entry.value.clone()), ..entry.clone() },
                None => entry.clone(),
            });
            let mut map = Map::new(below.chain(above).collect());
            map.rest = over.rest.clone().or_else(|| under.rest.clone());
            Value { data: Data::Map(Arc::new(map)), ..own }
        }
        (Data::List(under), Data::List(over)) => {
            let items = under.items.iter().chain(&over.items).cloned().collect();
            let rest = over.rest.clone().or_else(|| under.rest.clone());
            Value { data: Data::List(Arc::new(List { items, rest, is_set: false })), ..own }
        }
        _ => own,
    }
}

fn trust_of(service: &str, place: Origin) -> Value {
    let text = |text: &str| Value::string(text, place);
    let statement = Value::fields(
        [
            ("Effect", text("Allow")),
            ("Action", Value::list(vec![text("sts:AssumeRole")], place)),
            ("Principal", Value::fields([("Service", Value::list(vec![text(service)], place))], place)),
        ],
        place,
    );
    Value::fields([("Version", text("2012-10-17")), ("Statement", Value::list(vec![statement], place))], place)
}

fn named(name: &str, document: Value) -> Value {
    let origin = document.origin;
    Value::fields([("PolicyName", Value::string(name, origin)), ("PolicyDocument", document)], origin)
}

fn managed_policy(name: &str, place: Origin) -> Value {
    let path = PATHS.iter().find(|(_, names)| names.contains(&name)).map_or("", |(path, _)| *path);
    Value::string(format!("arn:aws:iam::aws:policy/{path}{name}"), place)
}

/// An entry of `Policies` as an ARN: a plain name is that of an AWS managed policy.
fn as_managed(policy: Value) -> Value {
    if let Some(unknown) = policy.as_unknown().filter(|unknown| !unknown.candidates.is_empty()) {
        let candidates = unknown.candidates.iter().cloned().map(as_managed).collect();
        let data = Data::Unknown(Arc::new(Unknown { candidates, ..(**unknown).clone() }));
        return Value { data, ..policy };
    }
    match policy.as_str() {
        Some(name) if !name.starts_with("arn:") => managed_policy(name, policy.origin),
        _ => policy,
    }
}
