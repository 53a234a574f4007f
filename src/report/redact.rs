//! Text made safe to show: credentials are masked, and what would steer a terminal is taken out.
//!
//! A report ends up in logs that more people read than the configuration, so a secret that stands in the configuration
//! must not be copied from there.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

/// How many characters of a credential stay, so that a person can tell which one it is.
const KEPT: usize = 4;

/// What is a credential wherever it stands; the first group, or else the whole match, is masked.
const ALWAYS: [&str; 5] = [
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\bgh[opusr]_[0-9A-Za-z]{36,}",
    // a line of a PEM body
    r"^\s*(?:- )?([0-9A-Za-z+/]{64})(?:\\n.*)?\s*$",
    r"PRIVATE KEY-----(?:\\n)?([0-9A-Za-z+/=\\]{16,})",
    // a literal that is given to something called a password or secret; references and templates are no literals
    concat!(
        r#"(?i)(?:password|passwd|secret|secret_?key|secret_?access_?key|private_?key|api_?key|access_?token|auth_?token)"#,
        r#"\\*["']?\s*[:=]\s*"#,
        r#"(?:\\+"([^"\\$\s{]{6,})\\+""#,
        r#"|"((?:[^"\\$%{]|\\.|[$%{][^"\\{])+[$%]?)""#,
        r#"|'((?:[^'\\$%{]|\\.|[$%{][^'\\{])+[$%]?)'"#,
        r#"|([^\s"'$!{}\[\]()&*<|>,.`#][^\s"'$!{}\[\](),.`]{7,})\s*$)"#,
    ),
];

/// What may be a secret access key, if the words around it speak of one.
const NEAR_A_WORD: &str = r"(?:^|[^0-9A-Za-z+/])([0-9A-Za-z+/]{40})(?:[^0-9A-Za-z+/=]|$)";

/// The words.
const WORDS: &str = r"(?i)secret|passw|token|credential|private_?key";

/// A regular expression, compiled when a text comes by that it may match: most reports never need one.
struct Pattern {
    text: &'static str,
    may_match: fn(&str) -> bool,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    const fn new(text: &'static str, may_match: fn(&str) -> bool) -> Pattern {
        Pattern { text, may_match, compiled: OnceLock::new() }
    }

    fn for_text(&self, text: &str) -> Option<&Regex> {
        // Letters that are equal ignoring case are not all in ASCII.
        if text.is_ascii() && !(self.may_match)(text) {
            return None;
        }
        self.compiled.get_or_init(|| Regex::new(self.text).ok()).as_ref()
    }
}

static ALWAYS_PATTERNS: [Pattern; 5] = [
    Pattern::new(ALWAYS[0], |text| text.contains("AKIA") || text.contains("ASIA")),
    Pattern::new(ALWAYS[1], |text| text.len() >= 40 && text.contains("gh")),
    Pattern::new(ALWAYS[2], |text| has_run(text, 64)),
    Pattern::new(ALWAYS[3], |text| text.contains("PRIVATE KEY-----")),
    Pattern::new(ALWAYS[4], |text| {
        text.contains([':', '=']) && mentions(text, &["password", "passwd", "secret", "key", "token"])
    }),
];

static NEAR_A_WORD_PATTERN: Pattern = Pattern::new(NEAR_A_WORD, |text| has_run(text, 40));

static WORDS_PATTERN: Pattern =
    Pattern::new(WORDS, |text| mentions(text, &["secret", "passw", "token", "credential", "key"]));

/// Whether a text holds one of some words in small letters, whatever letters it uses itself.
fn mentions(text: &str, words: &[&str]) -> bool {
    let bytes = text.as_bytes();
    let starts = |at: usize, word: &str| {
        bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    };
    let firsts = words.iter().filter_map(|word| word.as_bytes().first());
    let firsts = firsts.fold(0_u32, |firsts, first| firsts | letter(*first));
    let may_start = |byte: u8| firsts & letter(byte) != 0;
    (0..bytes.len()).any(|at| bytes.get(at).is_some_and(|byte| may_start(*byte)) && words.iter().any(|w| starts(at, w)))
}

/// A bit for each letter, whatever its case, which it shares with some other characters.
fn letter(byte: u8) -> u32 {
    1 << (byte & 31)
}

/// Whether so many characters of base64 stand in a row.
fn has_run(text: &str, length: usize) -> bool {
    let is_one = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let bytes = text.as_bytes();
    // Each such row holds a byte whose place is a multiple of its length, the first one left out.
    let mut at = length - 1;
    while let Some(byte) = bytes.get(at) {
        if is_one(byte) {
            let before = bytes.get(..at).unwrap_or_default().iter().rev().take_while(|byte| is_one(byte)).count();
            let from = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| is_one(byte)).count();
            if before + from >= length {
                return true;
            }
        }
        at += length;
    }
    false
}

/// Whether a text speaks of secrets, so that a bare key next to it is one.
pub(super) fn speaks_of_secrets(text: &str) -> bool {
    WORDS_PATTERN.for_text(text).is_some_and(|words| words.is_match(text))
}

/// The bytes of a line to leave out, in order and apart from each other; each stands for one `…`.
///
/// `near_secrets` says that the lines around speak of secrets.
pub(super) fn masked(line: &str, near_secrets: bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for pattern in ALWAYS_PATTERNS.iter().filter_map(|pattern| pattern.for_text(line)) {
        for groups in pattern.captures_iter(line) {
            let hit = groups.iter().skip(1).flatten().next().or_else(|| groups.get(0));
            found.extend(hit.filter(|hit| is_value(hit.as_str())).map(|hit| hit.range()));
        }
    }
    if let Some(pattern) = NEAR_A_WORD_PATTERN.for_text(line)
        && (near_secrets || speaks_of_secrets(line))
    {
        let hits = pattern.captures_iter(line).filter_map(|groups| groups.get(1));
        found.extend(hits.filter(|hit| looks_random(hit.as_str())).map(|hit| hit.range()));
    }
    found.sort_by_key(|range| (range.start, range.end));
    let mut masks: Vec<Range<usize>> = Vec::new();
    for range in found {
        let length = line.get(range.clone()).map_or(0, |hit| hit.chars().count());
        let kept = line.get(range.clone()).map_or(0, |hit| {
            // never more than a third: the start of a short password gives it away
            hit.char_indices().nth(KEPT.min(length / 3)).map_or(hit.len(), |(at, _)| at)
        });
        match masks.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => masks.push(range.start + kept..range.end),
        }
    }
    masks
}

/// Whether a text may be a credential: it is no name of a thing, and no word such as `true`.
fn is_value(text: &str) -> bool {
    const NAMES: [&str; 11] =
        ["arn:", "alias/", "http://", "https://", "var.", "local.", "data.", "module.", "aws_", "random_", "AWS::"];
    text.len() >= 6 && !NAMES.iter().any(|start| text.starts_with(start))
}

fn looks_random(text: &str) -> bool {
    let has = |test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
    has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
}

/// A text with its credentials masked.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    let masks = masked(text, false);
    if masks.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for mask in masks {
        shown.push_str(text.get(at..mask.start).unwrap_or(""));
        shown.push('…');
        at = mask.end;
    }
    shown.push_str(text.get(at..).unwrap_or(""));
    Cow::Owned(shown)
}

/// Whether a character would move the cursor, start an escape sequence, or reorder the text around it.
pub(super) fn is_unprintable(character: char) -> bool {
    let reorders = matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    reorders || character.is_control()
}

/// A text of one line for a terminal or a log: masked, without line breaks and control characters.
pub(crate) fn one_line(text: &str) -> String {
    let text = redact(text);
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => shown.push(' '),
            '\r' => {}
            other if is_unprintable(other) => shown.push('\u{FFFD}'),
            other => shown.push(other),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::{ALWAYS, NEAR_A_WORD, WORDS, has_run, masked, mentions, one_line, redact};

    #[test]
    fn all_patterns_compile() {
        for pattern in ALWAYS.into_iter().chain([NEAR_A_WORD, WORDS]) {
            assert!(Regex::new(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn words_are_found_in_any_letters() {
        assert!(mentions("the MasterPassWord", &["secret", "passw"]));
        assert!(!mentions("pass", &["secret", "passw"]));
    }

    #[test]
    fn long_rows_of_base64_are_found_wherever_they_stand() {
        for before in 0..130 {
            let text = |length: usize| format!("{}{} x", "-".repeat(before), "a+/9".repeat(20).split_at(length).0);
            assert!(has_run(&text(40), 40), "{before}");
            assert!(has_run(&text(64), 64), "{before}");
            assert!(!has_run(&text(39), 40), "{before}");
        }
        assert!(!has_run("", 40) && !has_run(&"a-".repeat(40), 40));
    }

    #[test]
    fn credentials_are_masked() {
        assert_eq!(redact(&format!("x gho_{}", "a1".repeat(18))), "x gho_…");
        assert_eq!(redact(&"a1B/".repeat(16)), "a1B/…");
        assert_eq!(redact("PA\u{17f}\u{17f}WORD = \"hunter2\""), "PA\u{17f}\u{17f}WORD = \"hu…\"");
        assert_eq!(redact("access_key = \"AKIAIOSFODNN7EXAMPLE\""), "access_key = \"AKIA…\"");
        assert_eq!(
            redact("SecretAccessKey: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            "SecretAccessKey: wJal…",
            "a bare scalar of YAML"
        );
        assert_eq!(
            redact("secret of the user: [wJalrXUtnFEMI/K7MDENG/bPxRfiCY2XAMPLEKEY]"),
            "secret of the user: [wJal…]"
        );
        assert_eq!(redact("  password = \"hunter2\""), "  password = \"hu…\"");
        assert_eq!(redact("password: 'it is $ecret %'"), "password: 'it i…'");
        assert_eq!(redact(r#"echo "{\"password\": \"hunter2\"}""#), r#"echo "{\"password\": \"hu…\"}""#);
        assert_eq!(redact("\"MasterUserPassword\": \"correct-horse\","), "\"MasterUserPassword\": \"corr…\",");
    }

    #[test]
    fn references_and_names_stay() {
        for line in [
            "password = var.password_of_the_database",
            "password = \"${var.password}\"",
            "MasterUserPassword: !Ref Password",
            "MasterUserPassword: '{{resolve:ssm-secure:name}}'",
            "secret = \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:a\"",
            "policy_arn = \"arn:aws:iam::aws:policy/AmazonEC2ContainerServiceforEC2Role\"",
            "password_reset_required = true",
            "max_password_age = 90",
            "`aws_iam_access_key.a` hands out its secret through output `ci_secret`",
            "Type: AWS::SecretsManager::Secret",
        ] {
            assert_eq!(redact(line), line);
        }
    }

    #[test]
    fn a_bare_key_is_a_secret_only_near_the_word() {
        let line = "  \"Value\": \"wJalrXUtnFEMI/K7MDENG/bPxRfiCY2XAMPLEKEY\"";
        assert!(masked(line, false).is_empty());
        let start = line.find("rXUtn").unwrap();
        assert_eq!(masked(line, true).first(), Some(&(start..line.len() - 1)));
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(one_line("a\u{1b}[31mb\nc\u{202e}d"), "a\u{FFFD}[31mb c\u{FFFD}d");
    }
}
