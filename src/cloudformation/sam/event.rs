//! Events of functions and state machines: the permissions, roles and queue policies that the transform makes for them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::evaluator::Evaluator;
use super::super::reference::attribute;
use super::super::substitute::Places;
use super::super::template::Declaration;
use super::document::{receive, text};
use super::role::RoleParts;
use super::source::single;
use super::{PERMISSION, generated, own};
use crate::model::Resource;
use crate::source::Origin;
use crate::syntax::node::Node;
use crate::value::{Entry, Map, Unknown, Value, Why};

/// The API that the transform makes for events which name none: its logical id, type and section of `Globals`.
pub(in super::super) const IMPLICIT: [(&str, &str, &str); 2] = [
    ("ServerlessRestApi", "AWS::Serverless::Api", "Api"),
    ("ServerlessHttpApi", "AWS::Serverless::HttpApi", "HttpApi"),
];

/// Which of the [`IMPLICIT`] APIs the events of a resource ask for.
pub(in super::super) fn implicit_apis(declaration: &Declaration<'_>) -> [bool; 2] {
    let mut asked = [false; 2];
    if super::Kind::of(declaration.provider_type).is_none() {
        return asked;
    }
    let events = declaration.value.get("Properties").and_then(|properties| properties.get("Events"));
    for (_, event) in events.and_then(Node::as_mapping).unwrap_or_default() {
        let kind = event.get("Type").and_then(Node::as_str).unwrap_or("");
        let names = |key: &str| event.get("Properties").is_some_and(|properties| properties.get(key).is_some());
        asked[0] |= kind == "Api" && !names("RestApiId");
        asked[1] |= kind == "HttpApi" && !names("ApiId");
    }
    asked
}

/// An event of a function or state machine.
pub(super) struct Event<'r> {
    /// The logical id that the transform gives it.
    pub(super) id: String,
    pub(super) kind: &'r str,
    properties: Option<&'r Value>,
    pub(super) place: Origin,
}

impl Event<'_> {
    /// A property that is there.
    pub(super) fn property(&self, name: &str) -> Option<&Value> {
        self.properties?.get(name).filter(|value| !value.is_null())
    }

    fn known(&self, name: &str) -> Option<&str> {
        self.property(name).and_then(Value::as_str)
    }
}

/// The events of a resource; why there may be others.
pub(super) fn events_of<'r>(id: &str, resource: &'r Resource) -> (Vec<Event<'r>>, Option<Arc<Unknown>>) {
    let Some(events) = own(resource, "Events") else { return (Vec::new(), None) };
    let Some(map) = events.as_map() else { return (Vec::new(), events.as_unknown().cloned()) };
    let mut open = map.rest.clone();
    let mut found = Vec::new();
    for Entry { key, key_origin, value } in map.entries() {
        match value.get("Type").and_then(Value::as_str) {
            Some(kind) => found.push(Event {
                id: format!("{id}{key}"),
                kind,
                properties: value.get("Properties"),
                place: *key_origin,
            }),
            None => open = open.or_else(|| value.first_unknown().cloned()),
        }
    }
    // The transform takes them in the order of the text.
    found.sort_by_key(|event| event.place.span.start);
    (found, open)
}

/// The function that an event calls.
struct Target<'r> {
    id: &'r str,
    function: &'r Resource,
}

impl<'t> Evaluator<'t> {
    /// What the events of a function make; what its role needs for them is added to `parts`.
    pub(super) fn function_events(&mut self, id: &str, function: &Resource, parts: &mut RoleParts) -> Vec<Resource> {
        let (events, open) = events_of(id, function);
        if let Some(why) = &open {
            parts.open(why);
        }
        let target = Target { id, function };
        let mut resources = self.implicit(id, function);
        // Who is called for every path of an API needs no further permission for one of them.
        let is_default = |event: &&Event<'_>| {
            event.kind == "HttpApi"
                && event.known("Path").is_none_or(|path| path == "$default")
                && method_of(event.known("Method")) == "*"
        };
        let api_of = |event: &Event<'_>| event.property("ApiId").map(api_name).unwrap_or_default();
        let defaults: HashSet<String> = events.iter().filter(is_default).map(api_of).collect();
        for event in &events {
            self.grant_polling(event, parts);
            if event.kind == "HttpApi" && !is_default(&event) && defaults.contains(&api_of(event)) {
                continue;
            }
            self.push_event(event, &target, parts, &mut resources);
        }
        resources
    }

    fn push_event(
        &mut self,
        event: &Event<'_>,
        target: &Target<'_>,
        parts: &mut RoleParts,
        resources: &mut Vec<Resource>,
    ) {
        let place = event.place;
        let rule_arn = attribute(&event.id, "AWS::Events::Rule", "Arn", place);
        let source = |value: Option<Value>| value.map(|value| ("SourceArn", value)).into_iter().collect::<Vec<_>>();
        let own_account = Unknown::new(Why::Environment(crate::value::Fact::Account), "AWS::AccountId", place);
        let account = ("SourceAccount", Value::unknown(own_account, place));
        match event.kind {
            "Schedule" | "CloudWatchEvent" | "EventBridgeRule" => {
                self.rule_queue(event, target.id, target.function, &rule_arn, resources);
                let address = format!("{}Permission", event.id);
                resources.push(self.permission(target, address, "events.amazonaws.com", source(Some(rule_arn)), place));
            }
            "S3" => {
                let address = format!("{}Permission", event.id);
                resources.push(self.permission(target, address, "s3.amazonaws.com", vec![account], place));
            }
            "SNS" => self.topic_event(event, target, parts, resources),
            "Api" => {
                let (suffix, arn) = self.rest_source(event);
                let address = format!("{}Permission{suffix}", event.id);
                resources.push(self.permission(target, address, "apigateway.amazonaws.com", source(Some(arn)), place));
            }
            "HttpApi" => {
                let arn = self.http_source(event);
                let address = format!("{}Permission", event.id);
                resources.push(self.permission(target, address, "apigateway.amazonaws.com", source(Some(arn)), place));
            }
            "AlexaSkill" => {
                let token = event.property("SkillId").map(|skill| ("EventSourceToken", skill.clone()));
                let address = format!("{}Permission", event.id);
                let fields = token.into_iter().collect();
                resources.push(self.permission(target, address, "alexa-appkit.amazon.com", fields, place));
            }
            "IoTRule" => {
                let rule = attribute(&event.id, "AWS::IoT::TopicRule", "Ref", place);
                let arn = "arn:aws:iot:${AWS::Region}:${AWS::AccountId}:rule/${RuleName}";
                let arn = self.arn_of(arn, "RuleName", rule, place);
                let address = format!("{}Permission", event.id);
                let fields = vec![("SourceArn", arn), account];
                resources.push(self.permission(target, address, "iot.amazonaws.com", fields, place));
            }
            "Cognito" => {
                let pool = event.property("UserPool").and_then(Value::as_unknown).and_then(|pool| pool.refers.clone());
                let arn = pool.map(|pool| attribute(&pool.address, &pool.provider_type, "Arn", place));
                let called = self.alias_id(target.id, target.function).unwrap_or_else(|| target.id.to_owned());
                let address = format!("{called}CognitoPermission");
                resources.push(self.permission(target, address, "cognito-idp.amazonaws.com", source(arn), place));
            }
            "CloudWatchLogs" => {
                let arn = "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:${__LogGroupName__}:*";
                let group = event.property("LogGroupName").cloned().unwrap_or_else(|| Value::null(place));
                let arn = self.arn_of(arn, "__LogGroupName__", group, place);
                let address = format!("{}Permission", event.id);
                resources.push(self.permission(target, address, "logs.amazonaws.com", source(Some(arn)), place));
            }
            "ScheduleV2" => {
                let arn = self.function_arn(target.id, target.function, place);
                let policy = single(format!("{}LambdaPolicy", event.id), "lambda:InvokeFunction", arn, place);
                resources.extend(self.scheduler_role(event, target.id, target.function, policy));
            }
            _ => {}
        }
    }

    fn permission(
        &mut self,
        target: &Target<'_>,
        address: String,
        principal: &str,
        more: Vec<(&'static str, Value)>,
        place: Origin,
    ) -> Resource {
        let mut fields = vec![
            ("Action", text("lambda:InvokeFunction", place)),
            ("FunctionName", self.function_reference(target.id, target.function, place)),
            ("Principal", text(principal, place)),
        ];
        fields.extend(more);
        generated(target.function, target.id, address, PERMISSION, Value::fields(fields, place), place)
    }

    fn arn_of(&mut self, arn: &str, name: &str, value: Value, place: Origin) -> Value {
        let variables = HashMap::from([(name, value)]);
        self.substitute(arn, &Places::whole(place), &variables, place)
    }

    /// A topic calls the function, or fills a queue that the function polls.
    fn topic_event(
        &mut self,
        event: &Event<'_>,
        target: &Target<'_>,
        parts: &mut RoleParts,
        resources: &mut Vec<Resource>,
    ) {
        let place = event.place;
        let topic = event.property("Topic").cloned().unwrap_or_else(|| Value::null(place));
        let queue = event.property("SqsSubscription").filter(|queue| queue.as_bool() != Some(false));
        let Some(queue) = queue else {
            let address = format!("{}Permission", event.id);
            let fields = vec![("SourceArn", topic)];
            return resources.push(self.permission(target, address, "sns.amazonaws.com", fields, place));
        };
        let made = format!("{}Queue", event.id);
        let (arn, url, policy) = match queue.as_map() {
            Some(given) => {
                let end = |name: &str| given.get(name).cloned().unwrap_or_else(|| Value::null(place));
                let policy = given.get("QueuePolicyLogicalId").and_then(Value::as_str).map(str::to_owned);
                (end("QueueArn"), end("QueueUrl"), policy)
            }
            None => {
                let nothing = Value::map(Vec::new(), place);
                resources.push(generated(target.function, target.id, made.clone(), "AWS::SQS::Queue", nothing, place));
                let end = |name: &str| attribute(&made, "AWS::SQS::Queue", name, place);
                (end("Arn"), end("Ref"), None)
            }
        };
        parts.attach(super::policy::managed_policy("AWSLambdaSQSQueueExecutionRole", place));
        let document = receive("sqs:SendMessage", text("*", place), arn, topic, place);
        let fields = [("PolicyDocument", document), ("Queues", Value::list(vec![url], place))];
        let address = policy.unwrap_or_else(|| format!("{}QueuePolicy", event.id));
        let attributes = Value::fields(fields, place);
        resources.push(generated(target.function, target.id, address, "AWS::SQS::QueuePolicy", attributes, place));
    }

    /// Which stage's permission an event of a REST API makes, and what may call.
    fn rest_source(&mut self, event: &Event<'_>) -> (String, Value) {
        let place = event.place;
        let (suffix, api) = match event.property("RestApiId") {
            None => ("Prod".to_owned(), attribute(IMPLICIT[0].0, IMPLICIT[0].1, "Ref", place)),
            Some(api) => {
                let local = match (api.as_str(), api.as_unknown().and_then(|unknown| unknown.refers.as_ref())) {
                    (Some(id), _) => Some(id.to_owned()),
                    (None, Some(reference)) => Some(reference.address.to_string()),
                    (None, None) => None,
                };
                let declaration = local.and_then(|id| self.template.resources.get(&*id).copied());
                let suffix = declaration.map_or("AllStages", |declaration| {
                    let stage = declaration.value.get("Properties").and_then(|properties| properties.get("StageName"));
                    stage.filter(|node| self.call_of(node).is_none()).and_then(Node::as_str).unwrap_or("Stage")
                });
                (suffix.to_owned(), api.clone())
            }
        };
        let path = event.known("Path").map_or_else(|| "/*".to_owned(), route);
        let method = method_of(event.known("Method"));
        let arn = format!(
            "arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/*/{method}{}",
            escaped(&path)
        );
        (suffix, self.arn_of(&arn, "__ApiId__", api, place))
    }

    /// What may call through an HTTP API.
    fn http_source(&mut self, event: &Event<'_>) -> Value {
        let place = event.place;
        let api = match event.property("ApiId") {
            None => attribute(IMPLICIT[1].0, IMPLICIT[1].1, "Ref", place),
            Some(api) => api.clone(),
        };
        let tail = match event.known("Path") {
            None | Some("$default") => String::new(),
            Some(path) => route(path),
        };
        let method = method_of(event.known("Method"));
        let arn = format!(
            "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/*/{method}{}",
            escaped(&tail)
        );
        self.arn_of(&arn, "__ApiId__", api, place)
    }

    /// The API that events without one share, made by the first resource that asks for it.
    pub(super) fn implicit(&mut self, id: &str, cause: &Resource) -> Vec<Resource> {
        let mut resources = Vec::new();
        for (nth, (api, provider_type, section)) in IMPLICIT.iter().enumerate() {
            let is_first = self.template.implicit_apis.get(nth).copied().flatten() == Some(id);
            let Some(node) = self.template.globals.get(section).copied().filter(|_| is_first) else { continue };
            let Some(properties) = self.evaluate(node).filter(|value| value.as_map().is_some()) else { continue };
            let place = self.origin(node);
            let mut made = generated(cause, id, (*api).to_owned(), provider_type, properties, place);
            made.possible = None;
            self.spell_out_policy(&mut made);
            resources.extend(self.authorizer_permissions(api, nth == 1, &made));
            resources.push(made);
        }
        resources
    }
}

fn method_of(method: Option<&str>) -> String {
    let method = method.unwrap_or("any").to_ascii_uppercase();
    if method == "ANY" || method == "X-AMAZON-APIGATEWAY-ANY-METHOD" { "*".to_owned() } else { method }
}

/// A path as permissions name it: parameters match anything, and there is no slash at the end.
fn route(path: &str) -> String {
    let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        plain.push_str(before);
        match after.split_once('}') {
            Some((_, after)) => {
                plain.push('*');
                rest = after;
            }
            None => {
                plain.push('{');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// What tells one API from another.
fn api_name(api: &Value) -> String {
    let refers = api.as_unknown().and_then(|unknown| unknown.refers.as_ref());
    refers.map_or_else(|| api.as_str().unwrap_or("?").to_owned(), |refers| refers.address.to_string())
}

/// A text that stands for itself in a substitution.
fn escaped(text: &str) -> String {
    text.replace("${", "${!")
}

/// The entries of a map value.
pub(super) fn entries(value: &Value) -> &[Entry] {
    value.as_map().map(Map::entries).unwrap_or_default()
}
