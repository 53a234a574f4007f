//! Workflow commands of GitHub Actions: each finding becomes an annotation of the changed files.

use std::io::{self, Write};

use super::location::in_repository;
use super::redact::one_line;
use super::summary::{advice, headline};
use super::{Place, Report, WriteOptions};
use crate::diagnostic::Level;
use crate::rules::Severity;

/// Writes the findings as workflow commands.
///
/// # Errors
/// What the writer says.
pub(super) fn write(report: &Report, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    for diagnostic in &report.diagnostics {
        let command = match diagnostic.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let place = diagnostic.labels.first().map(|label| Place::of(label.origin, &report.sources));
        let place = match (&place, &diagnostic.path) {
            (Some(place), _) => properties(place, options),
            (None, Some(path)) => format!("file={},", property(&in_repository(path, options))),
            (None, None) => String::new(),
        };
        let help = diagnostic.help.as_ref().map(|help| format!("\n{}", one_line(help))).unwrap_or_default();
        let message = data(&format!("{}{help}", one_line(&diagnostic.message)));
        writeln!(out, "::{command} {place}title={}::{message}", property(diagnostic.code))?;
    }
    for finding in report.findings.iter().filter(|finding| finding.suppressed.is_none()) {
        let command = match finding.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "notice",
        };
        let title = property(&format!("{} ({})", finding.rule.id, finding.severity.name()));
        let remediation = advice(&finding.rule);
        let mut message = format!("{} [{}]", one_line(&finding.full_message()), one_line(&finding.resource));
        if !remediation.is_empty() {
            message.push('\n');
            message.push_str(&remediation);
        }
        writeln!(out, "::{command} {}title={title}::{}", properties(&finding.place, options), data(&message))?;
    }
    writeln!(out, "{}", headline(&report.summary))
}

/// The place as properties, each with a comma behind it.
fn properties(place: &Place, options: &WriteOptions) -> String {
    if place.file.is_empty() {
        return String::new();
    }
    let file = property(&one_line(&in_repository(&place.file, options)));
    let mut properties = format!("file={file},line={},endLine={},", place.start.line, place.end.line);
    // GitHub takes columns on a single line only, and the last one is part of the mark
    if place.start.line == place.end.line {
        let last = place.end.column.saturating_sub(1).max(place.start.column);
        properties.push_str(&format!("col={},endColumn={last},", place.start.column));
    }
    properties
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property, write};
    use crate::report::{WriteOptions, sample};

    #[test]
    fn nothing_breaks_out_of_a_command() {
        assert_eq!(data("100%\n::error::x"), "100%25%0A::error::x");
        assert_eq!(property("a:b,c\r\n"), "a%3Ab%2Cc%0D%0A");
    }

    #[test]
    fn a_report() {
        let mut out = Vec::new();
        let options = WriteOptions {
            repository_root: Some("/repo".into()),
            working_directory: "/repo/infra".into(),
            ..WriteOptions::default()
        };
        write(&sample::report(), &options, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }
}
