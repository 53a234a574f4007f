//! The ARNs of the roles that permission sets become: of these only the account, the region and the end are open, each of few
//! letters, so that most patterns certainly do not match.

use super::glob::{Glob, Symbol};

/// One letter of an ARN, or several.
#[derive(Clone, Copy)]
enum Letters {
    One(fn(char) -> bool),
    Char(char),
    /// At least one.
    Many(fn(char) -> bool),
}

/// The letters of an ARN of a permission set's role, with a region in its path or without.
fn letters(name: &Glob, with_region: bool) -> Vec<Letters> {
    const DIGITS: usize = 16;
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let text = |text: &'static str| text.chars().map(Letters::Char);
    let mut all: Vec<Letters> = text("arn:").collect();
    all.push(Letters::Many(is_word));
    all.extend(text(":iam::"));
    all.push(Letters::Many(|c| c.is_ascii_digit()));
    all.extend(text(":role/aws-reserved/sso.amazonaws.com/"));
    if with_region {
        all.extend([Letters::Many(is_word), Letters::Char('/')]);
    }
    all.extend(text("AWSReservedSSO_"));
    all.extend(name.symbols().iter().map(|symbol| match symbol {
        Symbol::Char(c) => Letters::Char(*c),
        _ => Letters::Many(|_| true),
    }));
    all.push(Letters::Char('_'));
    all.extend([Letters::One(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()); DIGITS]);
    all
}

/// Whether a pattern matches some ARN that the role of a permission set of this name may have.
pub(super) fn may_match(pattern: &Glob, name: &Glob) -> bool {
    [false, true].into_iter().any(|with_region| meets(pattern.symbols(), &letters(name, with_region)))
}

fn meets(pattern: &[Symbol], letters: &[Letters]) -> bool {
    let is_open = |symbol: &Symbol| !matches!(symbol, Symbol::Char(_) | Symbol::One);
    let mut seen = vec![false; (pattern.len() + 1) * (letters.len() + 1)];
    let mut reached = vec![(0, 0)];
    while let Some((at, letter)) = reached.pop() {
        let Some(is_known) = seen.get_mut(at * (letters.len() + 1) + letter) else { continue };
        if std::mem::replace(is_known, true) {
            continue;
        }
        if at == pattern.len() && letter == letters.len() {
            return true;
        }
        let Some(symbol) = pattern.get(at) else { continue };
        if is_open(symbol) {
            reached.push((at + 1, letter));
        }
        let Some(next) = letters.get(letter) else { continue };
        let takes = match (symbol, next) {
            (Symbol::Char(wanted), Letters::Char(c)) => wanted == c,
            (Symbol::Char(wanted), Letters::One(is_one) | Letters::Many(is_one)) => is_one(*wanted),
            _ => true,
        };
        if takes {
            let after = if is_open(symbol) { at } else { at + 1 };
            reached.push((after, letter + 1));
            if matches!(next, Letters::Many(_)) {
                reached.push((after, letter));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_role_of_its_permission_set_alone() {
        let table = [
            ("arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_p_*", true),
            ("arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_p_*", true),
            ("arn:aws:iam::111122223333:role/aws-reserved/*", true),
            ("*AWSReservedSSO_p_0123456789abcdef", true),
            ("*AWSReservedSSO_?_*", true),
            ("*", true),
            ("arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_q_*", false),
            ("*AWSReservedSSO_p_0123456789abcdeg", false),
            ("*AWSReservedSSO_p_0123", false),
            ("*AWSReservedSSO_p", false),
            ("*AWSReservedSSO_p_*_*", false),
            ("arn:aws:iam::*:role/*Admin*", false),
            ("arn:aws:iam::*:role/AWSReservedSSO_p_*", false),
            ("arn:aws:iam::*:user/*", false),
        ];
        for (pattern, expected) in table {
            assert_eq!(may_match(&Glob::pattern(pattern), &Glob::literal("p")), expected, "{pattern}");
        }
    }
}
