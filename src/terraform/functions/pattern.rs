//! `regex`, `regexall` and `replace`.

use std::rc::Rc;

use regex::{Captures, Regex};

use super::argument::{Call, MAX_ELEMENTS, MAX_TEXT, Outcome, Stop};
use super::string::may_hold;
use super::work::Pattern;
use crate::value::{Data, Piece, Value};

/// Compiles a pattern to search in a text with it.
fn compile(call: &Call<'_>, argument: usize, pattern: &str, text: &str) -> Result<Rc<Pattern>, Stop> {
    let compiled = call.context.work.pattern(&from_re2(pattern)).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => call.fail_at(argument, "the pattern is too large"),
        _ => call.fail_at(argument, format!("`{pattern}` is not a valid regular expression")),
    })?;
    match call.context.work.admits(&compiled, text.len()) {
        true => Ok(compiled),
        false => Err(call.fail_at(argument, "the pattern is too large for so long a string")),
    }
}

/// A pattern of Go's RE2 in the crate's syntax: classes such as `\d` know ASCII alone, and within brackets `[`, `&&`,
/// `--` and `~~` have no meaning.
fn from_re2(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut in_class = false;
    let mut class_start = false;
    while let Some(c) = rest.chars().next() {
        let second = rest.chars().nth(1);
        let mut length = c.len_utf8();
        let starts_class = std::mem::take(&mut class_start);
        match (c, second) {
            ('\\', Some('Q')) if !in_class => {
                let quoted = rest.get(2..).unwrap_or("");
                let end = quoted.find("\\E");
                out.push_str(&regex::escape(end.and_then(|end| quoted.get(..end)).unwrap_or(quoted)));
                length = end.map_or(rest.len(), |end| end + 4);
            }
            ('\\', Some(escaped)) => {
                length += escaped.len_utf8();
                match (escaped, in_class) {
                    ('d', false) => out.push_str("[0-9]"),
                    ('d', true) => out.push_str("0-9"),
                    ('D', _) => out.push_str("[^0-9]"),
                    ('w', false) => out.push_str("[0-9A-Za-z_]"),
                    ('w', true) => out.push_str("0-9A-Za-z_"),
                    ('W', _) => out.push_str("[^0-9A-Za-z_]"),
                    ('s', false) => out.push_str("[\\t\\n\\f\\r ]"),
                    ('s', true) => out.push_str("\\t\\n\\f\\r "),
                    ('S', _) => out.push_str("[^\\t\\n\\f\\r ]"),
                    ('b', false) => out.push_str("(?-u:\\b)"),
                    ('B', false) => out.push_str("(?-u:\\B)"),
                    _ => out.push_str(rest.get(..length).unwrap_or("")),
                }
            }
            ('[', _) if !in_class => {
                in_class = true;
                class_start = true;
                out.push('[');
                if second == Some('^') {
                    out.push('^');
                    length += 1;
                }
            }
            ('[', Some(':')) if rest.contains(":]") => {
                length = rest.find(":]").map_or(1, |end| end + 2);
                out.push_str(rest.get(..length).unwrap_or("["));
            }
            (']', _) if in_class && !starts_class => {
                in_class = false;
                out.push(']');
            }
            ('[' | ']' | '&' | '~', _) if in_class => {
                out.push('\\');
                out.push(c);
            }
            ('-', Some('-')) if in_class => out.push_str("\\-"),
            _ => out.push(c),
        }
        rest = rest.get(length..).unwrap_or("");
    }
    out
}

/// What one match gives: the text, the groups as a list, or the named groups as a map; `size` counts the bytes of all.
fn captured(call: &Call<'_>, pattern: &Regex, captures: &Captures<'_>, size: &mut usize) -> Outcome {
    *size += captures.iter().flatten().map(|group| group.len()).sum::<usize>();
    if *size > MAX_TEXT {
        return Err(call.too_large());
    }
    let part = |group: Option<regex::Match<'_>>| match group {
        Some(text) => call.part(text.as_str()),
        None => Value::null(call.context.origin),
    };
    let names: Vec<Option<&str>> = pattern.capture_names().skip(1).collect();
    if names.is_empty() {
        return Ok(part(captures.get(0)));
    }
    let named = names.iter().flatten().count();
    if named == 0 {
        return call.give_items((1..=names.len()).map(|at| part(captures.get(at))).collect());
    }
    if named < names.len() {
        return Err(call.fail_at(0, "either all groups of the pattern must have names, or none"));
    }
    let field = |name: &str| (name.to_owned(), part(captures.name(name)));
    Ok(Value::fields(names.into_iter().flatten().map(field), call.context.origin))
}

pub(super) fn regex(call: &Call<'_>) -> Outcome {
    let text = call.text(1)?;
    let pattern = compile(call, 0, &call.text(0)?, &text)?;
    match pattern.regex.captures(&text) {
        Some(captures) => captured(call, &pattern.regex, &captures, &mut 0),
        None => Err(call.fail_at(1, "the pattern matches no part of the string")),
    }
}

pub(super) fn regexall(call: &Call<'_>) -> Outcome {
    let text = call.text(1)?;
    let pattern = compile(call, 0, &call.text(0)?, &text)?;
    let pattern = &pattern.regex;
    let mut items = Vec::new();
    let mut size = 0;
    let mut previous_end = None;
    for captures in pattern.captures_iter(&text) {
        let Some(whole) = captures.get(0) else { continue };
        // Go gives no empty match right after another match.
        if whole.is_empty() && previous_end == Some(whole.start()) {
            continue;
        }
        previous_end = Some(whole.end());
        items.push(captured(call, pattern, &captures, &mut size)?);
        let is_too_much = items.len().saturating_mul(pattern.captures_len()) > MAX_ELEMENTS;
        if is_too_much || !call.context.work.goes_on(items.len(), text.len()) {
            return Err(call.too_large());
        }
    }
    call.give_elements(items)
}

pub(super) fn replace(call: &Call<'_>) -> Outcome {
    let wanted = call.text(1)?;
    if let Some(pattern) = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        return replace_pattern(call, pattern);
    }
    let value = call.value(0)?;
    let pieces = call.pieces(0)?;
    let replacement = call.pieces(2)?;
    if wanted.is_empty() && value.scalar_text().is_none() {
        return Err(call.undecided_by(value));
    }
    let mut result: Vec<Piece> = Vec::new();
    let mut at = 0;
    let mut changed = false;
    while at < pieces.len() {
        match pieces.get(at) {
            Some(Piece::Hole(unknown, origin)) => {
                // A string that cannot hold what is replaced stays the same unknown.
                let certain = !may_hold(unknown, |c| wanted.contains(c));
                let unknown = if certain { unknown.clone() } else { call.derived(unknown) };
                changed |= !certain;
                result.push(Piece::Hole(unknown, *origin));
                at += 1;
            }
            _ => {
                let run = pieces.get(at..).unwrap_or_default();
                let length = run.iter().take_while(|piece| matches!(piece, Piece::Known(..))).count();
                let run = run.get(..length).unwrap_or_default();
                let text: String =
                    run.iter().map(|piece| if let Piece::Known(text, _) = piece { text } else { "" }).collect();
                let before = at.checked_sub(1).and_then(|at| pieces.get(at));
                if let Some(Piece::Hole(unknown, _)) = before.or(pieces.get(at + length))
                    && may_straddle(&text, &wanted, before.is_some(), pieces.get(at + length).is_some())
                    && neighbours(&pieces, at, length).any(|hole| may_hold(hole, |c| wanted.contains(c)))
                {
                    return Err(call.undecided(unknown));
                }
                let origin = if let Some(Piece::Known(_, origin)) = run.first() { *origin } else { value.origin };
                if text.contains(&*wanted) {
                    changed = true;
                    replace_run(call, &text, &wanted, &replacement, origin, &mut result)?;
                } else {
                    result.extend(run.iter().cloned());
                }
                at += length;
            }
        }
    }
    if !changed && matches!(value.data, Data::String(_) | Data::Text(_)) && !pieces.is_empty() {
        return Ok(value.clone());
    }
    if pieces.is_empty() && wanted.is_empty() {
        return call.give_pieces(replacement);
    }
    call.give_pieces(result)
}

fn neighbours(pieces: &[Piece], at: usize, length: usize) -> impl Iterator<Item = &crate::value::Unknown> {
    let hole = |piece: &Piece| matches!(piece, Piece::Hole(..));
    let before = at.checked_sub(1).and_then(|at| pieces.get(at)).filter(|piece| hole(piece));
    let after = pieces.get(at + length).filter(|piece| hole(piece));
    before.into_iter().chain(after).filter_map(|piece| match piece {
        Piece::Hole(unknown, _) => Some(&**unknown),
        Piece::Known(..) => None,
    })
}

/// Whether an occurrence of `wanted` may begin in a hole before the text or end in one after it.
fn may_straddle(text: &str, wanted: &str, before: bool, after: bool) -> bool {
    let mut ends = wanted.char_indices().map(|(at, _)| at).skip(1);
    let over_start = |at: usize| before && wanted.get(at..).is_some_and(|end| text.starts_with(end));
    let over_end = |at: usize| after && wanted.get(..at).is_some_and(|start| text.ends_with(start));
    (before && after && wanted.len() > text.len() && wanted.contains(text))
        || ends.any(|at| over_start(at) || over_end(at))
}

fn replace_run(
    call: &Call<'_>,
    text: &str,
    wanted: &str,
    replacement: &[Piece],
    origin: crate::source::Origin,
    result: &mut Vec<Piece>,
) -> Result<(), Stop> {
    let length = |piece: &Piece| if let Piece::Known(text, _) = piece { text.len() } else { 1 };
    let size: usize = replacement.iter().map(length).sum();
    let count = text.matches(wanted).count();
    if count.saturating_mul(size).saturating_add(text.len()) > MAX_TEXT || count > MAX_ELEMENTS {
        return Err(call.too_large());
    }
    if let [Piece::Known(replacement, _)] = replacement {
        result.push(Piece::Known(text.replace(wanted, replacement).into(), origin));
        return Ok(());
    }
    for (nth, part) in text.split(wanted).enumerate() {
        if nth > 0 {
            result.extend(replacement.iter().cloned());
        }
        result.push(Piece::Known(part.into(), origin));
    }
    Ok(())
}

fn replace_pattern(call: &Call<'_>, pattern: &str) -> Outcome {
    let text = call.text(0)?;
    let replacement = call.text(2)?;
    let pattern = compile(call, 1, pattern, &text)?;
    let groups = replacement.matches('$').count();
    let mut out = String::new();
    let mut end = 0;
    let mut previous_end = None;
    for (nth, captures) in pattern.regex.captures_iter(&text).enumerate() {
        if !call.context.work.goes_on(nth, text.len()) {
            return Err(call.too_large());
        }
        let Some(whole) = captures.get(0) else { continue };
        if whole.is_empty() && previous_end == Some(whole.start()) {
            continue;
        }
        out.push_str(text.get(end..whole.start()).unwrap_or(""));
        if out.len().saturating_add(groups.saturating_mul(whole.len())) > MAX_TEXT {
            return Err(call.too_large());
        }
        captures.expand(&replacement, &mut out);
        end = whole.end();
        previous_end = Some(end);
        if out.len() > MAX_TEXT {
            return Err(call.too_large());
        }
    }
    out.push_str(text.get(end..).unwrap_or(""));
    call.give_string(out)
}

#[cfg(test)]
mod tests {
    use super::from_re2;

    #[test]
    fn classes_know_ascii_alone_and_brackets_do_not_nest() {
        assert_eq!(from_re2(r"\d+[\w-]"), r"[0-9]+[0-9A-Za-z_-]");
        assert_eq!(from_re2(r"[][a&&b]"), r"[\]\[a\&\&b]");
        assert_eq!(from_re2(r"[^]x]"), r"[^\]x]");
        assert_eq!(from_re2(r"[^[:alnum:]]"), r"[^[:alnum:]]");
        assert_eq!(from_re2(r"\Qa.b\E.c"), r"a\.b.c");
    }
}
