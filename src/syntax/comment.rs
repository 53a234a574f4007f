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
    /// It is one of iacscan's own, not of another tool.
    pub own: bool,
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
            let rest = text[at + marker.len()..end].trim_end_matches(['\r', '/', '*', ' ', '\t']);
            let own = tool.is_empty();
            if own && rest.starts_with(|next: char| next != ':' && !next.is_whitespace()) {
                continue;
            }
            let rest = if own { rest.strip_prefix(':').unwrap_or(rest) } else { rest }.trim();
            let (ids, reason) = if colon { rest.split_once(':').unwrap_or((rest, "")) } else { ids_and_reason(rest) };
            let comment = start + before.len() - opener.len();
            let line = source.position(comment as u32).line;
            let alone = text[start..comment].trim().is_empty();
            // An empty id among others, as after the last comma, means nothing; no id at all means every rule.
            let named = ids.split(',').map(|id| id.trim().trim_end_matches(':')).filter(|id| !id.is_empty());
            let named: Vec<&str> = if ids.trim().is_empty() { vec![""] } else { named.collect() };
            for one in named {
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
                    own,
                });
            }
        }
    }
    found.sort_by_key(|suppression| suppression.origin.span);
    found
}

/// Ids end where a blank follows on anything but a comma.
fn ids_and_reason(text: &str) -> (&str, &str) {
    let mut end = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        end += word.len();
        let word = word.trim();
        let goes_on = word.ends_with(',') || text.get(end..).is_some_and(|rest| rest.trim_start().starts_with(','));
        if !word.is_empty() && !goes_on {
            break;
        }
    }
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Whether nothing but a comment stands on a line.
pub fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('#')
        || line.starts_with("//")
        || (line.starts_with("/*") && line.find("*/").is_some_and(|end| end + 2 == line.len()))
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

    #[test]
    fn ids_are_told_from_the_reason() {
        let read = |text: &str| {
            let source = SourceFile::new("x.tf".to_owned(), text.to_owned());
            let found = suppressions(FileId::NONE, &source);
            let ids: Vec<_> = found.iter().map(|one| one.rule.clone()).collect();
            (ids.join(" "), found.first().map(|one| one.reason.clone()).unwrap_or_default())
        };
        let told = |ids: &str, reason: &str| (ids.to_owned(), reason.to_owned());
        assert_eq!(read("# iacscan:ignore: a-b why not"), told("a-b", "why not"));
        assert_eq!(read("# iacscan:ignore:a-b"), told("a-b", ""));
        assert_eq!(read("# iacscan:ignore a-b: why not"), told("a-b", "why not"));
        assert_eq!(read("# iacscan:ignore a, b ,c why, not"), told("a b c", "why, not"));
        assert_eq!(read("# iacscan:ignore a, checkov:CKV_1, */"), told("a checkov:CKV_1", ""));
        assert_eq!(read("# iacscan:ignore"), told("*", ""));
        assert_eq!(read("# iacscan:ignore , "), told("", ""));
        assert_eq!(read("# iacscan:ignored a"), told("", ""));
    }

    #[test]
    fn lines_that_hold_a_comment_alone() {
        assert!(["# a", "  // a", "/* a */"].into_iter().all(is_comment));
        assert!(["", "a # b", "/* a */ b", "/* a"].into_iter().all(|line| !is_comment(line)));
    }
}
