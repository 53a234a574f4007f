//! JUnit XML, for the test pages of CI systems: a finding is a failed test.

use std::io::{self, Write};

use super::escape::Markup;
use super::location::in_repository;
use super::redact::one_line;
use super::summary::{advice, total};
use super::text::at;
use super::{Finding, Report, WriteOptions};
use crate::diagnostic::Level;

/// Writes the report as JUnit XML.
///
/// # Errors
/// What the writer says.
pub(super) fn write(report: &Report, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    let failures = report.findings.iter().filter(|finding| finding.suppressed.is_none()).count();
    let skipped = report.findings.len() - failures;
    let errors = || report.diagnostics.iter().filter(|diagnostic| diagnostic.level == Level::Error);
    // some systems take a suite without tests for a failure
    let is_clean = report.findings.is_empty() && errors().next().is_none();
    let tests = report.findings.len() + errors().count() + usize::from(is_clean);
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{}\"", errors().count());

    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"iacscan\" {counts}>")?;
    writeln!(out, "  <testsuite name=\"iacscan\" {counts} skipped=\"{skipped}\">")?;
    for diagnostic in errors() {
        let place = diagnostic.labels.first().map(|label| super::Place::of(label.origin, &report.sources));
        let place = place.as_ref().and_then(at).or(diagnostic.path.clone()).unwrap_or_default();
        writeln!(
            out,
            "    <testcase classname=\"{}\" name=\"{}\">",
            Markup(diagnostic.code),
            Markup(&one_line(&place))
        )?;
        let message = one_line(&diagnostic.message);
        let help = diagnostic.help.as_deref().map(one_line).unwrap_or_default();
        writeln!(out, "      <error message=\"{}\">{}</error>", Markup(&message), Markup(&help))?;
        writeln!(out, "    </testcase>")?;
    }
    for finding in &report.findings {
        write_finding(finding, options, out)?;
    }
    if is_clean {
        let name = if total(&report.summary) == 0 { "no findings" } else { "no findings shown" };
        writeln!(out, "    <testcase classname=\"iacscan\" name=\"{name}\"/>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn write_finding(finding: &Finding, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "    <testcase classname=\"{}\"", Markup(&finding.rule.id))?;
    write!(out, " name=\"{}\"", Markup(&one_line(&finding.resource)))?;
    if !finding.place.file.is_empty() {
        let file = one_line(&in_repository(&finding.place.file, options));
        write!(out, " file=\"{}\" line=\"{}\"", Markup(&file), finding.place.start.line)?;
    }
    writeln!(out, ">")?;
    if let Some(suppressed) = &finding.suppressed {
        writeln!(out, "      <skipped message=\"{}\"/>", Markup(&one_line(&suppressed.reason)))?;
    } else {
        let message = one_line(&finding.full_message());
        write!(out, "      <failure type=\"{}\" message=\"{}\">", finding.severity.name(), Markup(&message))?;
        if let Some(place) = at(&finding.place) {
            writeln!(out, "{}", Markup(&place))?;
        }
        for related in &finding.related {
            let place = at(&related.place).map(|place| format!("{place}: ")).unwrap_or_default();
            writeln!(out, "{}{}", Markup(&place), Markup(&one_line(&related.message)))?;
        }
        writeln!(out, "{}</failure>", Markup(&advice(&finding.rule)))?;
    }
    writeln!(out, "    </testcase>")
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
