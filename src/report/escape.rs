//! Escaping for markup.

use std::fmt;

/// A text inside of HTML or XML, in an element or in a quoted attribute.
///
/// Characters that XML cannot hold become U+FFFD.
pub(super) struct Markup<'a>(pub(super) &'a str);

impl fmt::Display for Markup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut plain = 0;
        for (at, character) in self.0.char_indices() {
            let escaped = match character {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                '\t' | '\n' => continue,
                '\u{FFFE}' | '\u{FFFF}' => "\u{FFFD}",
                other if super::redact::is_unprintable(other) => "\u{FFFD}",
                _ => continue,
            };
            f.write_str(self.0.get(plain..at).unwrap_or(""))?;
            f.write_str(escaped)?;
            plain = at + character.len_utf8();
        }
        f.write_str(self.0.get(plain..).unwrap_or(""))
    }
}

/// The parts of a message: plain text, and the code that it puts in backticks.
pub(super) fn code_spans(message: &str) -> impl Iterator<Item = (bool, &str)> {
    // an unpaired backtick opens nothing
    let paired = message.matches('`').count() / 2 * 2;
    let mut rest = message;
    let mut part = 0;
    std::iter::from_fn(move || {
        if part > paired {
            return None;
        }
        let (head, tail) = if part < paired { rest.split_once('`').unwrap_or((rest, "")) } else { (rest, "") };
        rest = tail;
        part += 1;
        Some((part % 2 == 0, head))
    })
    .filter(|(_, text)| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Markup, code_spans};

    #[test]
    fn markup_is_escaped() {
        assert_eq!(
            Markup("<a b=\"c\"> & 'd'\u{0}é").to_string(),
            "&lt;a b=&quot;c&quot;&gt; &amp; &#39;d&#39;\u{FFFD}é"
        );
    }

    #[test]
    fn backticks_come_in_pairs() {
        let parts = |text| code_spans(text).collect::<Vec<_>>();
        assert_eq!(parts("`a` trusts `b`"), [(true, "a"), (false, " trusts "), (true, "b")]);
        assert_eq!(parts("one ` only"), [(false, "one ` only")]);
        assert_eq!(parts("`a` and ` more"), [(true, "a"), (false, " and ` more")]);
    }
}
