//! Code Quality of GitLab.

use std::io::{self, Write};

use super::json::Stream;
use super::location::in_repository;
use super::redact::redact;
use super::{Finding, Report, WriteOptions};
use crate::rules::Severity;

/// Writes the findings as a Code Quality report.
///
/// # Errors
/// What the writer says.
pub(super) fn write(report: &Report, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    let findings = report.findings.iter().filter(|finding| finding.suppressed.is_none());
    serde_json::to_writer_pretty(&mut *out, &Stream(findings.map(|finding| violation(finding, options))))?;
    writeln!(out)
}

#[derive(serde::Serialize)]
struct Violation<'a> {
    description: std::borrow::Cow<'a, str>,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location,
}

#[derive(serde::Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(serde::Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn violation<'a>(finding: &'a Finding, options: &WriteOptions) -> Violation<'a> {
    Violation {
        description: redact(&finding.full_message()).into_owned().into(),
        check_name: &finding.rule.id,
        fingerprint: &finding.fingerprint,
        severity: match finding.severity {
            Severity::Critical => "blocker",
            Severity::High => "critical",
            Severity::Medium => "major",
            Severity::Low => "minor",
            Severity::Info => "info",
        },
        location: Location {
            path: in_repository(&finding.place.file, options),
            lines: Lines { begin: finding.place.start.line.max(1), end: finding.place.end.line.max(1) },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::report::{WriteOptions, sample};

    #[test]
    fn a_report() {
        let mut out = Vec::new();
        write(&sample::report(), &WriteOptions::default(), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }
}
