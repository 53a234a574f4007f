//! Patterns of IAM: `*` is any run of characters, `?` exactly one; nothing is escaped.

use crate::value::{Piece, Truth, Value};

/// Whether a pattern matches a text, case significant. Linear in the product of the lengths at worst.
pub fn matches(pattern: &str, text: &str) -> bool {
    run(pattern, text, |a, b| a == b)
}

/// Whether a pattern matches a text as actions are compared.
pub fn matches_ignoring_case(pattern: &str, text: &str) -> bool {
    run(pattern, text, |a, b| a.eq_ignore_ascii_case(&b))
}

fn run(pattern: &str, text: &str, same: fn(char, char) -> bool) -> bool {
    if pattern == "*" {
        return true;
    }
    if !pattern.contains(['*', '?']) {
        return pattern.len() == text.len() && pattern.chars().zip(text.chars()).all(|(a, b)| same(a, b));
    }
    // Most patterns start with letters, and most texts with others.
    let (mut wanted, mut found) = (pattern.chars(), text.chars());
    loop {
        let (pattern, text) = (wanted.as_str(), found.as_str());
        match (wanted.next(), found.next()) {
            (Some('*' | '?'), _) if pattern.is_ascii() && text.is_ascii() => {
                let one = |wanted: u8, found: u8| wanted == b'?' || same(wanted.into(), found.into());
                return reads(pattern.as_bytes(), text.as_bytes(), b'*', one);
            }
            (Some('*' | '?'), _) => {
                return reads_chars(pattern, text, |wanted, found| wanted == '?' || same(wanted, found));
            }
            (Some(wanted), Some(found)) if same(wanted, found) => {}
            _ => return false,
        }
    }
}

fn reads_chars(pattern: &str, text: &str, one: impl Fn(char, char) -> bool) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    reads(&pattern, &text, '*', one)
}

/// Whether a pattern reads a whole text, where `one` says which symbol reads which character; `any` reads any run.
fn reads<S: Copy + PartialEq>(pattern: &[S], text: &[S], any: S, one: impl Fn(S, S) -> bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(wanted) if *wanted == any => {
                retry = Some((p, t));
                p += 1;
            }
            Some(wanted) if one(*wanted, text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    p = star + 1;
                    t = from + 1;
                    retry = Some((star, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|symbol| *symbol == any)
}

/// Whether every string of `narrow` matches `wide`. A yes is always right; a no can be wrong for pairs such as `?*`
/// against `*a`.
pub fn covers(wide: &str, narrow: &str) -> bool {
    let Some(wildcard) = wide.find(['*', '?']) else { return wide == narrow && !narrow.contains(['*', '?']) };
    if !narrow.starts_with(wide.get(..wildcard).unwrap_or("")) {
        return false;
    }
    const STAR: char = '\u{F8FD}';
    const ONE: char = '\u{F8FE}';
    let symbols: String = narrow
        .chars()
        .map(|c| {
            if c == '*' {
                STAR
            } else if c == '?' {
                ONE
            } else {
                c
            }
        })
        .collect();
    run_symbols(wide, &symbols, STAR)
}

/// As [`matches`], where the symbol `star` in the text stands for any run of characters: only `*` reads it.
fn run_symbols(pattern: &str, text: &str, star: char) -> bool {
    reads_chars(pattern, text, |wanted, found| (wanted == '?' && found != star) || (wanted == found && wanted != '?'))
}

/// Whether some string matches both patterns. Quadratic in the lengths, which are those of ARNs.
pub fn meets(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // reach[j] tells whether some string matches both the first i symbols of a and the first j of b.
    let mut reach = vec![false; b.len() + 1];
    reach[0] = true;
    for j in 0..b.len() {
        reach[j + 1] = reach[j] && b[j] == '*';
    }
    for x in &a {
        let mut next = vec![false; b.len() + 1];
        next[0] = reach[0] && *x == '*';
        for (j, y) in b.iter().enumerate() {
            next[j + 1] = if *x == '*' || *y == '*' {
                reach[j + 1] || next[j]
            } else {
                reach[j] && (x == y || *x == '?' || *y == '?')
            };
        }
        reach = next;
    }
    reach[b.len()]
}

/// Whether a pattern matches a string that may have holes: a hole may hold any text.
pub fn matches_value(pattern: &str, value: &Value, ignore_case: bool) -> Truth {
    let fold = |text: &str| if ignore_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let pattern = fold(pattern);
    if let Some(text) = value.scalar_text() {
        return matches(&pattern, &fold(&text)).into();
    }
    let Some(pieces) = value.to_pieces() else { return Truth::False };
    // As in `covers`, a hole is swallowed by `*` only; to say no, no filling of the holes may match.
    let symbols = |hole: &str, star: &str| {
        let piece = |piece: &Piece| match piece {
            Piece::Known(text, _) => fold(text).replace('*', star),
            Piece::Hole(..) => hole.to_owned(),
        };
        pieces.iter().map(piece).collect::<String>()
    };
    if run_symbols(&pattern, &symbols("\u{F8FD}", "*"), '\u{F8FD}') {
        return Truth::True;
    }
    if meets(&pattern, &symbols("*", "\u{F8FC}")) || pattern.contains('\u{F8FC}') {
        Truth::Unknown
    } else {
        Truth::False
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn covers_is_containment() {
        assert!(covers("*", "arn:aws:s3:::b/*"));
        assert!(covers("s3:*", "s3:Get*"));
        assert!(!covers("s3:Get*", "s3:*"));
        assert!(!covers("a?", "a*"));
    }

    proptest! {
        #[test]
        fn both_agree_with_brute_force(a in "[ab*?]{0,5}", b in "[ab*?]{0,5}") {
            let mut words = vec![String::new()];
            for _ in 0..6 {
                let longer: Vec<String> =
                    words.iter().flat_map(|w| ["a", "b", "c"].map(|c| format!("{w}{c}"))).collect();
                words.extend(longer);
                words.sort();
                words.dedup();
                if words.len() > 800 { break }
            }
            let both = words.iter().any(|w| matches(&a, w) && matches(&b, w));
            if both { prop_assert!(meets(&a, &b)); }
            if covers(&a, &b) {
                for w in &words { prop_assert!(!matches(&b, w) || matches(&a, w), "{w}"); }
            }
            if !a.contains('*') && !b.contains('*') { prop_assert_eq!(meets(&a, &b), both); }
        }
    }
}
