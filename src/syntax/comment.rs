//! Comments that accept findings: `# iacscan:ignore RULE reason`, and those of other tools.

use crate::source::{FileId, Origin, SourceFile};

/// A comment that accepts findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The rule id, or another tool's check as `tool:ID`; `*` for all.
    pub rule: String,
    /// The reason that is given.
    pub reason: String,
    /// The comment.
    pub origin: Origin,
    /// The line on which it stands, from one.
    pub line: u32,
    /// Nothing but the comment stands on its line.
    pub alone: bool,
}

/// The marker of a tool, its name in aliases, and whether a colon parts id and reason.
const MARKERS: [(&str, &str, bool); 5] = [
    ("iacscan:ignore", "", false),
    ("checkov:skip=", "checkov", true),
    ("trivy:ignore:", "trivy-checks", false),
    ("tfsec:ignore:", "tfsec", false),
    ("kics-scan ignore-line", "kics", false),
];

/// The comments of a text that accept findings, in the order of the text.
pub fn suppressions(file: FileId, source: &SourceFile) -> Vec<Suppression> {
    let text = source.text();
    let mut found = Vec::new();
    for (marker, tool, colon) in MARKERS {
        for at in memchr::memmem::find_iter(text.as_bytes(), marker.as_bytes()) {
            let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let before = text[start..at].trim_end();
            let opener = ["#", "//", "/*"].into_iter().find(|opener| before.ends_with(opener));
            let Some(opener) = opener else { continue };
            let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
            let rest = text[at + marker.len()..end].trim_end_matches(['\r', '/', '*', ' ']).trim();
            let (id, reason) = if colon {
                rest.split_once(':').unwrap_or((rest, ""))
            } else {
                rest.split_once(char::is_whitespace).unwrap_or((rest, ""))
            };
            let comment = start + before.len() - opener.len();
            let line = source.position(comment as u32).line;
            let alone = text[start..comment].trim().is_empty();
            for one in id.split(',').map(str::trim) {
                let rule = match (tool, one) {
                    ("", "") | ("kics", _) => "*".to_owned(),
                    ("", id) => id.to_owned(),
                    ("trivy-checks", id) => format!("{tool}:{}", id.trim_start_matches("AVD-")),
                    (tool, id) => format!("{tool}:{id}"),
                };
                found.push(Suppression {
                    rule,
                    reason: reason.trim().to_owned(),
                    origin: Origin::new(file, comment, end),
                    line,
                    alone,
                });
            }
        }
    }
    found.sort_by_key(|suppression| suppression.origin.span);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_several_tools_are_read() {
        let text = "a = 1 # iacscan:ignore iam-user-no-group break-glass user\n  # checkov:skip=CKV_AWS_40:by design\nb = \"iacscan:ignore x\"\n";
        let source = SourceFile::new("x.tf".to_owned(), text.to_owned());
        let found = suppressions(FileId::NONE, &source);
        let told: Vec<_> = found.iter().map(|s| (s.rule.as_str(), s.reason.as_str(), s.line, s.alone)).collect();
        assert_eq!(
            told,
            [("iam-user-no-group", "break-glass user", 1, false), ("checkov:CKV_AWS_40", "by design", 2, true)]
        );
    }
}
