//! Functions over strings, also where parts of them are not known.

use std::collections::VecDeque;
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::argument::{Call, MAX_ELEMENTS, MAX_PIECES, MAX_TEXT, Outcome, Stop};
use crate::value::{Data, Fact, List, Piece, Unknown, Value, Why};

/// The characters that a fact of the deployment consists of, where that is certain.
fn alphabet(unknown: &Unknown) -> Option<&'static str> {
    match unknown.why {
        Why::Environment(Fact::Account) => Some("0123456789"),
        Why::Environment(Fact::Region | Fact::Partition | Fact::UrlSuffix) => {
            Some("abcdefghijklmnopqrstuvwxyz0123456789-.")
        }
        _ => None,
    }
}

/// Whether the unknown text may hold one of the characters for which `wanted` holds.
pub(super) fn may_hold(unknown: &Unknown, wanted: impl Fn(char) -> bool) -> bool {
    alphabet(unknown).is_none_or(|alphabet| alphabet.chars().any(wanted))
}

/// The pieces with every known text changed, and every hole replaced by another unknown unless `keeps` says that the
/// change leaves it alone.
fn map_pieces(
    call: &Call<'_>,
    pieces: Vec<Piece>,
    change: impl Fn(&str) -> String,
    keeps: impl Fn(&Unknown) -> bool,
) -> Vec<Piece> {
    let map = |piece| match piece {
        Piece::Known(text, origin) => Piece::Known(change(&text).into(), origin),
        Piece::Hole(unknown, origin) if keeps(&unknown) => Piece::Hole(unknown, origin),
        Piece::Hole(unknown, origin) => Piece::Hole(call.derived(&unknown), origin),
    };
    pieces.into_iter().map(map).collect()
}

pub(super) fn lower(call: &Call<'_>) -> Outcome {
    let pieces = call.pieces(0)?;
    call.give_pieces(map_pieces(call, pieces, |text| map_chars(text, to_lower), |hole| alphabet(hole).is_some()))
}

pub(super) fn upper(call: &Call<'_>) -> Outcome {
    let pieces = call.pieces(0)?;
    let keeps = |hole: &Unknown| matches!(hole.why, Why::Environment(Fact::Account));
    call.give_pieces(map_pieces(call, pieces, |text| map_chars(text, to_upper), keeps))
}

fn map_chars(text: &str, map: fn(char) -> char) -> String {
    text.chars().map(map).collect()
}

/// Go maps one character to one: ligatures and the like stay as they are.
fn to_lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn to_upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

pub(super) fn title(call: &Call<'_>) -> Outcome {
    let text = call.text(0)?;
    let mut start = true;
    let change = |c: char| {
        let changed = if start { to_upper(c) } else { c };
        start = if c.is_ascii() { !(c.is_ascii_alphanumeric() || c == '_') } else { c.is_whitespace() };
        changed
    };
    call.give_string(text.chars().map(change).collect::<String>())
}

pub(super) fn join(call: &Call<'_>) -> Outcome {
    let separator = call.pieces(0)?;
    let mut pieces: Vec<Piece> = Vec::new();
    let mut first = true;
    for at in 1..call.arguments.len() {
        for item in call.items(at)? {
            if !std::mem::take(&mut first) {
                pieces.extend(separator.iter().cloned());
            }
            match item.to_pieces() {
                Some(more) => pieces.extend(more),
                None => return Err(call.fail_at(at, "every element must be a string")),
            }
            if pieces.len() > MAX_PIECES {
                return Err(call.too_large());
            }
        }
    }
    call.give_pieces(pieces)
}

pub(super) fn split(call: &Call<'_>) -> Outcome {
    let separator = call.text(0)?;
    let pieces = call.pieces(1)?;
    let count = |text: &str| if separator.is_empty() { text.len() } else { text.matches(&*separator).count() };
    if runs(&pieces).iter().map(|run| count(run)).sum::<usize>() > MAX_ELEMENTS {
        return Err(call.too_large());
    }
    let mut result = List::default();
    let mut part: Vec<Piece> = Vec::new();
    let mut certain = true;
    let mut open: Option<Arc<Unknown>> = None;
    let mut end_part = |part: &mut Vec<Piece>, certain: &mut bool| {
        if std::mem::replace(certain, true) {
            let value = Value::of_pieces(std::mem::take(part), crate::source::Origin::NONE);
            let origin = value.origin.or(call.context.origin);
            result.items.push(value.at(origin));
        }
        part.clear();
    };
    for piece in pieces {
        match piece {
            Piece::Known(text, origin) if separator.is_empty() => {
                for c in text.chars() {
                    part.push(Piece::Known(c.to_string().into(), origin));
                    end_part(&mut part, &mut certain);
                }
            }
            Piece::Known(text, origin) => {
                for (nth, text) in text.split(&*separator).enumerate() {
                    if nth > 0 {
                        end_part(&mut part, &mut certain);
                    }
                    part.push(Piece::Known(text.into(), origin));
                }
            }
            Piece::Hole(unknown, origin) => {
                let mut only = separator.chars();
                let (Some(c), None) = (only.next(), only.next()) else { return Err(call.undecided(&unknown)) };
                if may_hold(&unknown, |other| other == c) {
                    certain = false;
                    open.get_or_insert(unknown);
                } else {
                    part.push(Piece::Hole(unknown, origin));
                }
            }
        }
    }
    if !separator.is_empty() {
        end_part(&mut part, &mut certain);
    }
    result.rest = open;
    Ok(call.give_list(result)?.as_collection())
}

pub(super) fn startswith(call: &Call<'_>) -> Outcome {
    let value = call.value(0)?;
    let wanted = call.text(1)?;
    call.pieces(0)?;
    let known = value.known_prefix();
    if known.starts_with(&*wanted) {
        call.give_bool(true)
    } else if value.scalar_text().is_some() || !wanted.starts_with(&known) {
        call.give_bool(false)
    } else {
        Err(call.undecided_by(value))
    }
}

pub(super) fn endswith(call: &Call<'_>) -> Outcome {
    let value = call.value(0)?;
    let wanted = call.text(1)?;
    call.pieces(0)?;
    let known = value.known_suffix();
    if known.ends_with(&*wanted) {
        call.give_bool(true)
    } else if value.scalar_text().is_some() || !wanted.ends_with(&known) {
        call.give_bool(false)
    } else {
        Err(call.undecided_by(value))
    }
}

pub(super) fn strcontains(call: &Call<'_>) -> Outcome {
    let wanted = call.text(1)?;
    let pieces = call.pieces(0)?;
    if runs(&pieces).iter().any(|run| run.contains(&*wanted)) {
        return call.give_bool(true);
    }
    match call.value(0)?.scalar_text() {
        Some(_) => call.give_bool(false),
        None => Err(call.undecided_by(call.value(0)?)),
    }
}

/// The known texts between the holes.
pub(super) fn runs(pieces: &[Piece]) -> Vec<String> {
    let mut runs = vec![String::new()];
    for piece in pieces {
        match (piece, runs.last_mut()) {
            (Piece::Known(text, _), Some(run)) => run.push_str(text),
            _ => runs.push(String::new()),
        }
    }
    runs
}

pub(super) fn trimprefix(call: &Call<'_>) -> Outcome {
    let value = call.value(0)?;
    let prefix = call.text(1)?;
    let mut pieces = call.pieces(0)?;
    let known = value.known_prefix();
    if !known.starts_with(&*prefix) {
        return unless_open(call, value, !prefix.starts_with(&known));
    }
    let mut left = prefix.len();
    for piece in &mut pieces {
        let Piece::Known(text, _) = piece else { break };
        let cut = left.min(text.len());
        left -= cut;
        let Some(rest) = text.get(cut..) else { return Err(call.offline()) };
        *text = rest.into();
    }
    Ok(call.give_pieces(pieces)?.at(value.origin))
}

pub(super) fn trimsuffix(call: &Call<'_>) -> Outcome {
    let value = call.value(0)?;
    let suffix = call.text(1)?;
    let mut pieces = call.pieces(0)?;
    let known = value.known_suffix();
    if !known.ends_with(&*suffix) {
        return unless_open(call, value, !suffix.ends_with(&known));
    }
    let mut left = suffix.len();
    for piece in pieces.iter_mut().rev() {
        let Piece::Known(text, _) = piece else { break };
        let cut = left.min(text.len());
        left -= cut;
        let Some(rest) = text.get(..text.len() - cut) else { return Err(call.offline()) };
        *text = rest.into();
    }
    Ok(call.give_pieces(pieces)?.at(value.origin))
}

/// The value as it is where that is certain.
fn unless_open(call: &Call<'_>, value: &Value, certain: bool) -> Outcome {
    if certain || value.scalar_text().is_some() {
        return match &value.data {
            Data::String(_) | Data::Text(_) => Ok(value.clone()),
            _ => call.give_string(value.scalar_text().unwrap_or_default().as_ref()),
        };
    }
    Err(call.undecided_by(value))
}

/// Cuts characters off the end, and off the start where that is asked for.
fn trim_ends(call: &Call<'_>, is_cut: impl Fn(char) -> bool + Copy, start: bool) -> Outcome {
    let mut pieces = VecDeque::from(call.pieces(0)?);
    if start {
        trim_end(call, &mut pieces, is_cut, true)?;
    }
    trim_end(call, &mut pieces, is_cut, false)?;
    Ok(call.give_pieces(pieces.into())?.at(call.value(0)?.origin))
}

/// Cuts characters off one end; a hole there may hold more of them.
fn trim_end(
    call: &Call<'_>,
    pieces: &mut VecDeque<Piece>,
    is_cut: impl Fn(char) -> bool + Copy,
    start: bool,
) -> Result<(), Stop> {
    while let Some(piece) = if start { pieces.pop_front() } else { pieces.pop_back() } {
        let rest = match piece {
            Piece::Known(text, origin) => {
                let rest = if start { text.trim_start_matches(is_cut) } else { text.trim_end_matches(is_cut) };
                if rest.is_empty() {
                    continue;
                }
                Piece::Known(rest.into(), origin)
            }
            Piece::Hole(unknown, _) if may_hold(&unknown, is_cut) => return Err(call.undecided(&unknown)),
            hole @ Piece::Hole(..) => hole,
        };
        if start {
            pieces.push_front(rest);
        } else {
            pieces.push_back(rest);
        }
        break;
    }
    Ok(())
}

pub(super) fn trim(call: &Call<'_>) -> Outcome {
    let cut = call.text(1)?;
    trim_ends(call, |c| cut.contains(c), true)
}

pub(super) fn trimspace(call: &Call<'_>) -> Outcome {
    trim_ends(call, char::is_whitespace, true)
}

pub(super) fn chomp(call: &Call<'_>) -> Outcome {
    trim_ends(call, |c| matches!(c, '\n' | '\r'), false)
}

pub(super) fn indent(call: &Call<'_>) -> Outcome {
    let spaces = call.whole(0)?;
    let pieces = call.pieces(1)?;
    let spaces = match usize::try_from(spaces) {
        Ok(spaces) if spaces < MAX_TEXT => spaces,
        Ok(_) => return Err(call.too_large()),
        Err(_) => return Err(call.fail_at(0, "the number of spaces must not be negative")),
    };
    let breaks = |piece: &Piece| if let Piece::Known(text, _) = piece { text.matches('\n').count() } else { 0 };
    if pieces.iter().map(breaks).sum::<usize>().saturating_mul(spaces) > MAX_TEXT {
        return Err(call.too_large());
    }
    let pad = format!("\n{}", " ".repeat(spaces));
    let pieces = map_pieces(call, pieces, |text| text.replace('\n', &pad), |hole| alphabet(hole).is_some());
    Ok(call.give_pieces(pieces)?.at(call.value(1)?.origin))
}

pub(super) fn strrev(call: &Call<'_>) -> Outcome {
    call.give_string(call.text(0)?.graphemes(true).rev().collect::<String>())
}

pub(super) fn substr(call: &Call<'_>) -> Outcome {
    let value = call.value(0)?;
    call.pieces(0)?;
    let (offset, length) = (call.whole(1)?, call.whole(2)?);
    let known = match value.scalar_text() {
        Some(text) => text.into_owned(),
        None => {
            let known = value.known_prefix();
            let count = i64::try_from(known.graphemes(true).count()).unwrap_or(0);
            // The last known character may be joined by what follows it.
            if offset < 0 || length < 0 || offset.saturating_add(length) >= count {
                return Err(call.undecided_by(value));
            }
            known
        }
    };
    let count = |number: i64| usize::try_from(number).unwrap_or(0);
    let skip = if offset < 0 {
        let total = known.graphemes(true).count();
        total.saturating_sub(usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX))
    } else {
        count(offset)
    };
    let take = if length < 0 { usize::MAX } else { count(length) };
    call.give_string(known.graphemes(true).skip(skip).take(take).collect::<String>())
}
