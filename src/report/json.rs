//! For programs: stable and versioned. Fields may be added; none is renamed or taken away within a version.

use std::io::{self, Write};

use serde::ser::{Serialize, Serializer};

use super::redact::redact;
use super::{Finding, Place, Report, Undecided, WriteOptions};
use crate::diagnostic::{Diagnostic, Level};
use crate::rules::Severity;
use crate::source::Sources;

/// The version of the format.
const VERSION: u8 = 1;

/// Writes the report as JSON.
///
/// # Errors
/// What the writer says.
pub(super) fn write(report: &Report, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    let findings = |suppressed: bool| {
        report.findings.iter().filter(move |finding| finding.suppressed.is_some() == suppressed).map(finding_json)
    };
    let document = DocumentJson {
        version: VERSION,
        tool: ToolJson { name: "iacscan", version: &options.tool_version, catalogue: &options.catalogue_date },
        findings: Stream(findings(false)),
        suppressed: Stream(findings(true)),
        undecided: Stream(report.undecided.iter().map(undecided_json)),
        diagnostics: Stream(report.diagnostics.iter().map(|diagnostic| diagnostic_json(diagnostic, &report.sources))),
        summary: summary_json(report),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Elements that are made while they are written.
pub(super) struct Stream<I>(pub(super) I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for Stream<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

#[derive(serde::Serialize)]
#[serde(bound = "Stream<F>: Serialize, Stream<S>: Serialize, Stream<U>: Serialize, Stream<D>: Serialize")]
struct DocumentJson<'a, F, S, U, D> {
    version: u8,
    tool: ToolJson<'a>,
    findings: Stream<F>,
    suppressed: Stream<S>,
    undecided: Stream<U>,
    diagnostics: Stream<D>,
    summary: SummaryJson,
}

#[derive(serde::Serialize)]
struct ToolJson<'a> {
    name: &'static str,
    version: &'a str,
    /// The day of what the tool knows of AWS.
    #[serde(skip_serializing_if = "str::is_empty")]
    catalogue: &'a str,
}

/// A place; all `null` where there is no file, all but the file where there is no text.
#[derive(Default, serde::Serialize)]
struct PlaceJson<'a> {
    file: Option<std::borrow::Cow<'a, str>>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
}

impl<'a> PlaceJson<'a> {
    fn of(place: &'a Place) -> PlaceJson<'a> {
        if place.file.is_empty() {
            return PlaceJson::default();
        }
        PlaceJson {
            file: Some(place.file.as_str().into()),
            line: Some(place.start.line),
            column: Some(place.start.column),
            end_line: Some(place.end.line),
            end_column: Some(place.end.column),
        }
    }

    fn into_owned(self) -> PlaceJson<'static> {
        PlaceJson { file: self.file.map(|file| file.into_owned().into()), ..self }
    }
}

#[derive(serde::Serialize)]
struct NotedJson<'a> {
    message: std::borrow::Cow<'a, str>,
    #[serde(flatten)]
    place: PlaceJson<'a>,
}

#[derive(serde::Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    aliases: &'a [String],
    title: &'a str,
    severity: &'static str,
    message: std::borrow::Cow<'a, str>,
    resource: &'a str,
    #[serde(flatten)]
    place: PlaceJson<'a>,
    related: Vec<NotedJson<'a>>,
    consequences: Vec<ConsequenceJson<'a>>,
    instances: &'a [String],
    possible: Option<std::borrow::Cow<'a, str>>,
    when: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    construct: Option<ConstructJson<'a>>,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppression: Option<SuppressionJson<'a>>,
}

/// The construct of a CDK program: its path, and `file:line:column` where it is made.
#[derive(serde::Serialize)]
struct ConstructJson<'a> {
    path: &'a str,
    position: Option<&'a str>,
}

#[derive(serde::Serialize)]
struct ConsequenceJson<'a> {
    rule: &'a str,
    message: std::borrow::Cow<'a, str>,
}

#[derive(serde::Serialize)]
struct SuppressionJson<'a> {
    reason: std::borrow::Cow<'a, str>,
    #[serde(flatten)]
    place: PlaceJson<'a>,
}

fn finding_json(finding: &Finding) -> FindingJson<'_> {
    FindingJson {
        rule: &finding.rule.id,
        aliases: &finding.rule.aliases,
        title: &finding.rule.title,
        severity: finding.severity.name(),
        message: redact(&finding.message),
        resource: &finding.resource,
        place: PlaceJson::of(&finding.place),
        related: (finding.related.iter())
            .map(|related| NotedJson { message: redact(&related.message), place: PlaceJson::of(&related.place) })
            .collect(),
        consequences: (finding.consequences.iter())
            .map(|consequence| ConsequenceJson { rule: &consequence.rule, message: redact(&consequence.message) })
            .collect(),
        instances: &finding.instances,
        possible: finding.possible.as_deref().map(redact),
        when: finding.when.as_deref().map(redact),
        construct: (finding.construct.as_ref())
            .map(|construct| ConstructJson { path: &construct.path, position: construct.position.as_deref() }),
        fingerprint: &finding.fingerprint,
        suppression: finding.suppressed.as_ref().map(|suppressed| SuppressionJson {
            reason: redact(&suppressed.reason),
            place: PlaceJson::of(&suppressed.place),
        }),
    }
}

#[derive(serde::Serialize)]
struct UndecidedJson<'a> {
    rule: &'a str,
    resource: &'a str,
    reason: std::borrow::Cow<'a, str>,
    when: Option<std::borrow::Cow<'a, str>>,
    #[serde(flatten)]
    place: PlaceJson<'a>,
}

fn undecided_json(undecided: &Undecided) -> UndecidedJson<'_> {
    UndecidedJson {
        rule: &undecided.rule.id,
        resource: &undecided.resource,
        reason: redact(&undecided.reason),
        when: undecided.when.as_deref().map(redact),
        place: PlaceJson::of(&undecided.place),
    }
}

#[derive(serde::Serialize)]
struct DiagnosticJson<'a> {
    level: &'static str,
    code: &'static str,
    message: std::borrow::Cow<'a, str>,
    help: Option<std::borrow::Cow<'a, str>>,
    #[serde(flatten)]
    place: PlaceJson<'static>,
    related: Vec<NotedJson<'static>>,
}

fn diagnostic_json<'a>(diagnostic: &'a Diagnostic, sources: &Sources) -> DiagnosticJson<'a> {
    let place = |origin| PlaceJson::of(&Place::of(origin, sources)).into_owned();
    let mut labels = diagnostic.labels.iter();
    DiagnosticJson {
        level: match diagnostic.level {
            Level::Error => "error",
            Level::Warning => "warning",
        },
        code: diagnostic.code,
        message: redact(&diagnostic.message),
        help: diagnostic.help.as_deref().map(redact),
        place: match labels.next() {
            Some(label) => place(label.origin),
            None => PlaceJson { file: diagnostic.path.clone().map(Into::into), ..PlaceJson::default() },
        },
        related: labels
            .map(|label| NotedJson { message: redact(&label.text).into_owned().into(), place: place(label.origin) })
            .collect(),
    }
}

#[derive(serde::Serialize)]
struct SummaryJson {
    files: usize,
    units: usize,
    resources: usize,
    rules: usize,
    checks: usize,
    decided: usize,
    undecided: usize,
    findings: usize,
    by_severity: serde_json::Map<String, serde_json::Value>,
    suppressed: usize,
    hidden: usize,
}

fn summary_json(report: &Report) -> SummaryJson {
    let summary = &report.summary;
    let by_severity = Severity::ALL.iter().zip(summary.by_severity).rev();
    SummaryJson {
        files: summary.files,
        units: summary.units,
        resources: summary.resources,
        rules: summary.rules,
        checks: summary.checks,
        decided: summary.decided,
        undecided: report.undecided.len(),
        findings: super::summary::total(summary),
        by_severity: by_severity.map(|(severity, number)| (severity.name().to_owned(), number.into())).collect(),
        suppressed: summary.suppressed,
        hidden: summary.hidden,
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::report::{WriteOptions, sample};

    #[test]
    fn a_report() {
        let mut out = Vec::new();
        let options = WriteOptions { tool_version: "1.2.3".to_owned(), ..WriteOptions::default() };
        write(&sample::report(), &options, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }
}
