//! For spreadsheets: RFC 4180, one line a finding.

use std::io::{self, Write};

use super::redact::one_line;
use super::{Report, WriteOptions};

const HEADER: [&str; 12] = [
    "severity",
    "rule",
    "message",
    "resource",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "fingerprint",
    "status",
    "reason",
];

/// Writes the findings as CSV, suppressed ones included.
///
/// # Errors
/// What the writer says.
pub(super) fn write(report: &Report, _options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{}\r\n", HEADER.join(","))?;
    for finding in &report.findings {
        let place = &finding.place;
        let number = |number: u32| if place.file.is_empty() { String::new() } else { number.to_string() };
        let suppressed = finding.suppressed.as_ref();
        let fields = [
            finding.severity.name().to_owned(),
            finding.rule.id.to_string(),
            one_line(&finding.full_message()),
            one_line(&finding.resource),
            one_line(&place.file),
            number(place.start.line),
            number(place.start.column),
            number(place.end.line),
            number(place.end.column),
            finding.fingerprint.clone(),
            if suppressed.is_some() { "suppressed" } else { "open" }.to_owned(),
            suppressed.map(|suppressed| one_line(&suppressed.reason)).unwrap_or_default(),
        ];
        write!(out, "{}\r\n", fields.map(|text| field(&text)).join(","))?;
    }
    Ok(())
}

/// A field that no spreadsheet takes for a formula.
fn field(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r', '\'']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::{field, write};
    use crate::report::{WriteOptions, sample};

    #[test]
    fn fields_are_quoted_and_no_formulas() {
        assert_eq!(field("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(field("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
        assert_eq!(field("plain"), "plain");
    }

    #[test]
    fn a_report() {
        let mut out = Vec::new();
        write(&sample::report(), &WriteOptions::default(), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }
}
