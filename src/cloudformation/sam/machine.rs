//! Events that start state machines, and schedules: their roles and dead letter queues.

use super::super::evaluator::Evaluator;
use super::super::reference::attribute;
use super::document::{receive, service, trust_of};
use super::event::{Event, events_of};
use super::source::single;
use super::{ROLE, generated, own};
use crate::model::Resource;
use crate::value::Value;

impl<'t> Evaluator<'t> {
    /// The dead letter queue that is made for a rule which asks for one, and its policy.
    pub(super) fn rule_queue(
        &mut self,
        event: &Event<'_>,
        id: &str,
        cause: &Resource,
        rule_arn: &Value,
        resources: &mut Vec<Resource>,
    ) {
        let Some(config) = event.property("DeadLetterConfig") else { return };
        if config.get("Arn").is_some() || config.get("Type").is_none() {
            return;
        }
        let place = config.origin;
        let queue = made_queue(event, config);
        let end = |name: &str| attribute(&queue, "AWS::SQS::Queue", name, place);
        let (arn, url) = (end("Arn"), end("Ref"));
        let principal = service("events.amazonaws.com", place);
        let document = receive("sqs:SendMessage", principal, arn, rule_arn.clone(), place);
        let fields = [("PolicyDocument", document), ("Queues", Value::list(vec![url], place))];
        let nothing = Value::map(Vec::new(), place);
        resources.push(generated(cause, id, queue.clone(), "AWS::SQS::Queue", nothing, place));
        let policy = format!("{}QueuePolicy", event.id);
        resources.push(generated(cause, id, policy, "AWS::SQS::QueuePolicy", Value::fields(fields, place), place));
    }

    /// The roles by which events start a state machine.
    pub(super) fn state_machine_events(&mut self, id: &str, machine: &Resource) -> Vec<Resource> {
        let mut resources = self.implicit(id, machine);
        let (events, _) = events_of(id, machine);
        for event in &events {
            let place = event.place;
            let as_target = own(machine, "UseAliasAsEventTarget").and_then(Value::as_bool) == Some(true);
            let target = match own(machine, "AutoPublishAlias").and_then(Value::as_str).filter(|_| as_target) {
                Some(alias) => {
                    attribute(&format!("{id}Alias{alias}"), "AWS::StepFunctions::StateMachineAlias", "Ref", place)
                }
                None => attribute(id, &machine.provider_type, "Ref", place),
            };
            let address = format!("{}Role", event.id);
            let principal = match event.kind {
                "Schedule" | "CloudWatchEvent" | "EventBridgeRule" => {
                    let rule_arn = attribute(&event.id, "AWS::Events::Rule", "Arn", place);
                    self.rule_queue(event, id, machine, &rule_arn, &mut resources);
                    "events.amazonaws.com"
                }
                "Api" => "apigateway.amazonaws.com",
                "ScheduleV2" => {
                    let name = format!("{}StartExecutionPolicy", event.id);
                    let policy = single(name, "states:StartExecution", target, place);
                    resources.extend(self.scheduler_role(event, id, machine, policy));
                    continue;
                }
                _ => continue,
            };
            if event.kind == "Schedule" && event.property("RoleArn").is_some() {
                continue;
            }
            let policy = single(format!("{address}StartExecutionPolicy"), "states:StartExecution", target, place);
            let mut fields = vec![
                ("AssumeRolePolicyDocument", trust_of(principal, place)),
                ("Policies", Value::list(vec![policy], place)),
            ];
            fields
                .extend(own(machine, "PermissionsBoundary").map(|boundary| ("PermissionsBoundary", boundary.clone())));
            resources.push(generated(machine, id, address, ROLE, Value::fields(fields, place), place));
        }
        resources
    }

    /// The role of a schedule, with its dead letter queue.
    pub(super) fn scheduler_role(
        &mut self,
        event: &Event<'_>,
        id: &str,
        cause: &Resource,
        policy: Value,
    ) -> Vec<Resource> {
        let place = event.place;
        let mut resources = Vec::new();
        let mut policies = vec![policy];
        if let Some(config) = event.property("DeadLetterConfig") {
            let queue = match config.get("Arn") {
                Some(arn) => arn.clone(),
                None => {
                    let queue = made_queue(event, config);
                    let arn = attribute(&queue, "AWS::SQS::Queue", "Arn", config.origin);
                    let nothing = Value::map(Vec::new(), config.origin);
                    resources.push(generated(cause, id, queue, "AWS::SQS::Queue", nothing, config.origin));
                    arn
                }
            };
            policies.push(single(format!("{}SQSPolicy", event.id), "sqs:SendMessage", queue, config.origin));
        }
        if event.property("RoleArn").is_some() {
            return resources;
        }
        let mut fields = vec![
            ("AssumeRolePolicyDocument", trust_of("scheduler.amazonaws.com", place)),
            ("Policies", Value::list(policies, place)),
        ];
        fields.extend(event.property("PermissionsBoundary").map(|boundary| ("PermissionsBoundary", boundary.clone())));
        resources.push(generated(cause, id, format!("{}Role", event.id), ROLE, Value::fields(fields, place), place));
        resources
    }
}

/// The logical id of the dead letter queue that is made for an event.
fn made_queue(event: &Event<'_>, config: &Value) -> String {
    let named = config.get("QueueLogicalId").and_then(Value::as_str);
    named.map_or_else(|| format!("{}Queue", event.id), str::to_owned)
}
