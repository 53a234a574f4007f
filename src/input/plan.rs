//! Telling plans from other JSON by their first keys.

use memchr::{memchr2, memmem};

/// Whether a text is a plan, or a state in the same form: an object whose own keys are `format_version` and one that only
/// plans or states have. Reads up to the keys that decide, and does not mind a text that breaks off after them.
pub(super) fn is_plan(text: &str) -> bool {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text).trim_start();
    if !text.starts_with('{') || memmem::find(text.as_bytes(), b"\"format_version\"").is_none() {
        return false;
    }
    let (mut versioned, mut planned, mut terraform, mut values) = (false, false, false, false);
    for key in Keys::new(text) {
        match key {
            "format_version" => versioned = true,
            "planned_values" | "resource_changes" | "prior_state" => planned = true,
            "terraform_version" => terraform = true,
            "values" => values = true,
            _ => {}
        }
        if versioned && (planned || (terraform && values)) {
            return true;
        }
    }
    false
}

/// The keys of the outermost object, as written.
struct Keys<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// A string at the outermost level is a key, not a value.
    before_key: bool,
}

impl<'t> Keys<'t> {
    fn new(text: &'t str) -> Keys<'t> {
        Keys { text, at: 0, depth: 0, before_key: false }
    }

    /// The text of the string whose first quote is at `at`, and the place after it.
    fn string(&self) -> Option<(&'t str, usize)> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        loop {
            at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes.get(at) == Some(&b'"') {
                return Some((self.text.get(start..at)?, at + 1));
            }
            at += 2;
        }
    }
}

impl<'t> Iterator for Keys<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    let (key, end) = self.string()?;
                    self.at = end;
                    if self.depth == 1 && self.before_key {
                        self.before_key = false;
                        return Some(key);
                    }
                    continue;
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    self.before_key = self.depth == 1;
                }
                b'}' | b']' => {
                    self.depth = self.depth.checked_sub(1)?;
                    if self.depth == 0 {
                        return None;
                    }
                }
                b',' => self.before_key |= self.depth == 1,
                _ => {}
            }
            self.at += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_and_states_are_told_by_their_keys() {
        assert!(is_plan("\u{FEFF} {\"format_version\":\"1.2\",\"planned_values\":{\"a\":"));
        assert!(is_plan(r#"{"configuration":{"format":["x","}"]},"format_version":"0.1","resource_changes":[]}"#));
        assert!(is_plan(r#"{"format_version":"1.0","terraform_version":"1.5.7","values":{"root_module":{}}}"#));
        assert!(is_plan(r#"{"variables":{"a\"":{"value":"\\"}},"prior_state":{},"format_version":"1.1"}"#));
    }

    #[test]
    fn other_json_is_no_plan() {
        for text in [
            "",
            "{",
            "[]",
            r#"{"AWSTemplateFormatVersion":"2010-09-09","Resources":{}}"#,
            r#"{"format_version":"1.0","provider_schemas":{"planned_values":{}}}"#,
            r#"{"format_version":"1.0","valid":true,"diagnostics":[]}"#,
            r#"{"plan":{"format_version":"1.2","planned_values":{}}}"#,
            r#"{"format_version":"1.2","note":"planned_values"}"#,
            r#"{"format_version":"1.0","values":[1]}"#,
            r#"[{"format_version":"1.2","planned_values":{}}]"#,
            r#"{"version":4,"terraform_version":"1.5.7","resources":[]}"#,
        ] {
            assert!(!is_plan(text), "{text}");
        }
    }
}
