//! The part of SARIF 2.1.0 that is written, in the order of the standard's own examples.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::json::Stream;

#[derive(serde::Serialize)]
#[serde(bound = "Stream<R>: Serialize")]
pub(super) struct Log<'a, R> {
    #[serde(rename = "$schema")]
    pub(super) schema: &'static str,
    pub(super) version: &'static str,
    pub(super) runs: [Run<'a, R>; 1],
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase", bound = "Stream<R>: Serialize")]
pub(super) struct Run<'a, R> {
    pub(super) tool: Tool<'a>,
    pub(super) automation_details: AutomationDetails,
    pub(super) column_kind: &'static str,
    pub(super) original_uri_base_ids: BTreeMap<&'static str, UriBase>,
    pub(super) invocations: [Invocation<'a>; 1],
    pub(super) results: Stream<R>,
}

#[derive(serde::Serialize)]
pub(super) struct AutomationDetails {
    pub(super) id: &'static str,
}

#[derive(serde::Serialize)]
pub(super) struct UriBase {
    pub(super) description: Message<'static>,
}

#[derive(serde::Serialize)]
pub(super) struct Tool<'a> {
    pub(super) driver: Driver<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'a> {
    pub(super) name: &'static str,
    pub(super) semantic_version: &'a str,
    pub(super) information_uri: &'static str,
    #[serde(skip_serializing_if = "DriverProperties::is_empty")]
    pub(super) properties: DriverProperties<'a>,
    pub(super) rules: Vec<Rule<'a>>,
}

#[derive(serde::Serialize)]
pub(super) struct DriverProperties<'a> {
    /// The day of what the tool knows of AWS.
    pub(super) catalogue: &'a str,
}

impl DriverProperties<'_> {
    fn is_empty(&self) -> bool {
        self.catalogue.is_empty()
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    pub(super) id: &'a str,
    pub(super) name: String,
    pub(super) short_description: Message<'a>,
    pub(super) full_description: Message<'a>,
    pub(super) help: Help,
    pub(super) default_configuration: Configuration,
    pub(super) properties: Properties,
}

#[derive(serde::Serialize)]
pub(super) struct Help {
    pub(super) text: String,
    pub(super) markdown: String,
}

#[derive(serde::Serialize)]
pub(super) struct Configuration {
    pub(super) level: &'static str,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Properties {
    pub(super) tags: Vec<String>,
    pub(super) precision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) security_severity: Option<&'static str>,
}

#[derive(serde::Serialize)]
pub(super) struct Descriptor<'a> {
    pub(super) id: &'a str,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation<'a> {
    pub(super) execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_execution_notifications: Vec<Notification<'a>>,
}

#[derive(serde::Serialize)]
pub(super) struct Notification<'a> {
    pub(super) descriptor: Descriptor<'a>,
    pub(super) level: &'static str,
    pub(super) message: Message<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) locations: Vec<Location<'a>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finding<'a> {
    pub(super) rule_id: &'a str,
    pub(super) rule_index: usize,
    pub(super) level: &'static str,
    pub(super) message: Message<'a>,
    pub(super) locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) related_locations: Vec<Location<'a>>,
    pub(super) partial_fingerprints: Fingerprints<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) suppressions: Vec<Suppression<'a>>,
}

#[derive(serde::Serialize)]
pub(super) struct Message<'a> {
    pub(super) text: Cow<'a, str>,
}

#[derive(serde::Serialize)]
pub(super) struct Fingerprints<'a> {
    #[serde(rename = "primaryLocationLineHash")]
    pub(super) line_hash: Cow<'a, str>,
    #[serde(rename = "iacscan/v1")]
    pub(super) own: &'a str,
}

#[derive(serde::Serialize)]
pub(super) struct Suppression<'a> {
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) justification: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<Location<'a>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<usize>,
    pub(super) physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logical_locations: Option<Vec<LogicalLocation<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<Message<'a>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation<'a> {
    pub(super) fully_qualified_name: &'a str,
    pub(super) kind: &'static str,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub(super) artifact_location: ArtifactLocation,
    pub(super) region: Region,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    pub(super) uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uri_base_id: Option<&'static str>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: u32,
    pub(super) start_column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}
