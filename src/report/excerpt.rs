//! The lines around a place, made fit to print: windows of long lines, masked credentials, no control characters.
//!
//! An [`Excerpt`] holds only the lines that are shown, with their numbers, and where the marks came to lie in them. It is
//! the `SourceCode` that miette draws; it refuses spans over its gaps, so that places far apart are drawn apart.

use std::collections::BTreeMap;
use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::redact::{is_unprintable, masked, speaks_of_secrets};
use crate::source::{Position, SourceFile, Span};

/// The longest piece of a line that is shown, in characters.
const WINDOW: usize = 160;
/// How much of a long line is shown before the mark, in characters.
const LEAD: usize = 40;
/// How far beyond the window credentials are looked for, in bytes: half a credential is none to the eye.
const MARGIN: usize = 256;
/// A mark over more lines than this is cut to its first line.
const MAX_LINES: usize = 8;

/// A place to point at.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// The bytes.
    pub(super) span: Span,
    /// Its first line and column, where they are known already: counting columns is slow on long lines.
    pub(super) position: Option<Position>,
    /// What to write there; may be empty.
    pub(super) text: String,
}

/// A mark that found its place in the excerpt.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// Which of the marks.
    pub(super) mark: usize,
    /// Bytes of the excerpt.
    pub(super) at: Range<usize>,
    /// Where it begins in the file.
    position: Position,
}

/// A line of the excerpt.
#[derive(Clone, Debug)]
struct Line {
    number: u32,
    /// First byte in the excerpt.
    start: usize,
}

/// Some lines of a file.
#[derive(Clone, Debug)]
pub(super) struct Excerpt {
    path: String,
    text: String,
    lines: Vec<Line>,
    /// The marks that are in it, in the order they were given; the first mark always is.
    pub(super) shown: Vec<Shown>,
}

/// A mark with its lines found.
struct Found {
    bytes: Range<usize>,
    position: Position,
    last_line: u32,
}

impl Excerpt {
    /// The lines of the marks with one line around them. Marks that would be drawn over another one, or that lie outside of
    /// the window of a long line, are left out.
    pub(super) fn new(file: &SourceFile, path: String, marks: &[Mark]) -> Excerpt {
        let text = file.text();
        let mut excerpt = Excerpt { path, text: String::new(), lines: Vec::new(), shown: Vec::new() };
        let found: Vec<Found> = marks.iter().map(|mark| find(file, mark)).collect();

        let mut lines: BTreeMap<u32, Range<usize>> = BTreeMap::new();
        let mut anchors: BTreeMap<u32, usize> = BTreeMap::new();
        for found in &found {
            let first = line_at(text, found.bytes.start);
            if let Some(before) = first.start.checked_sub(1) {
                lines.insert(found.position.line.saturating_sub(1), line_at(text, before));
            }
            anchors.entry(found.position.line).or_insert(found.bytes.start);
            anchors.entry(found.last_line).or_insert(found.bytes.end);
            let (mut number, mut line) = (found.position.line, first);
            loop {
                let next = text.get(line.end..).and_then(|rest| rest.starts_with('\n').then_some(line.end + 1));
                lines.insert(number, line);
                let Some(next) = next.filter(|next| number <= found.last_line && *next < text.len()) else { break };
                number += 1;
                line = line_at(text, next);
            }
        }

        let near = |number: u32| {
            [number.saturating_sub(1), number, number + 1].iter().filter_map(|number| lines.get(number)).any(|line| {
                // a line that is longer is looked at in its window only
                line.len() < 4096 && speaks_of_secrets(piece(text, line.clone()))
            })
        };
        let mut map: Vec<Mapped> = Vec::new();
        for (number, line) in primary_first(&lines, found.first().map_or(1, |first| first.position.line)) {
            excerpt.lines.push(Line { number, start: excerpt.text.len() });
            let anchor = anchors.get(&number).copied().unwrap_or(line.start);
            print(text, line, anchor, near(number), &mut excerpt.text, &mut map);
            excerpt.text.push('\n');
        }
        map.sort_by_key(|mapped| mapped.file);

        for (mark, found) in found.iter().enumerate() {
            let Some(at) = place(&map, &found.bytes) else { continue };
            let end = |range: &Range<usize>| range.end.max(range.start + 1);
            let is_one_line = |range: &Range<usize>| !piece(&excerpt.text, range.clone()).contains('\n');
            let clash = excerpt.shown.iter().any(|other| {
                let overlap = other.at.start < end(&at) && at.start < end(&other.at);
                other.at == at || overlap && is_one_line(&other.at) && is_one_line(&at)
            });
            if !clash {
                excerpt.shown.push(Shown { mark, at, position: found.position });
            }
        }
        excerpt
    }

    /// The lines with their numbers, for formats that draw them on their own.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u32, Range<usize>, &str)> {
        self.lines.iter().enumerate().map(|(index, line)| {
            let end = self.end(index);
            (line.number, line.start..end, piece(&self.text, line.start..end))
        })
    }

    /// Where a line ends, without its line break.
    fn end(&self, index: usize) -> usize {
        self.lines.get(index + 1).map_or(self.text.len(), |next| next.start).saturating_sub(1)
    }

    fn follows(&self, index: usize) -> bool {
        let number = |index: usize| self.lines.get(index).map(|line| line.number);
        index > 0 && number(index - 1).map(|before| before + 1) == number(index)
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        if end > self.text.len() || self.lines.is_empty() {
            return Err(MietteError::OutOfBounds);
        }
        let line_of = |offset: usize| self.lines.partition_point(|line| line.start <= offset).saturating_sub(1);
        let (mut first, mut last) = (line_of(start), line_of(end.max(start + 1) - 1));
        for _ in 0..before {
            first -= usize::from(self.follows(first));
        }
        for _ in 0..after {
            last += usize::from(self.follows(last + 1));
        }
        if (first + 1..=last).any(|index| !self.follows(index)) {
            return Err(MietteError::OutOfBounds);
        }
        let from = self.lines.get(first).map_or(0, |line| line.start);
        let to = (self.end(last) + 1).min(self.text.len());
        let number = self.lines.get(first).map_or(1, |line| line.number);
        let mark = self.shown.iter().find(|shown| before == 0 && after == 0 && shown.at.start == start);
        let column = mark.map_or(0, |shown| shown.position.column.saturating_sub(1));
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.clone(),
            self.text.as_bytes().get(from..to).ok_or(MietteError::OutOfBounds)?,
            (from, to - from).into(),
            number.saturating_sub(1) as usize,
            column as usize,
            last - first + 1,
        )))
    }
}

/// Puts the lines around the first mark before the others: what a person must edit is what is shown first.
fn primary_first(lines: &BTreeMap<u32, Range<usize>>, primary: u32) -> Vec<(u32, Range<usize>)> {
    let mut from = primary;
    while from > 0 && lines.contains_key(&(from - 1)) {
        from -= 1;
    }
    let to = (primary..).find(|number| !lines.contains_key(number)).unwrap_or(primary);
    let is_first = |number: u32| (from..to).contains(&number);
    let mut ordered: Vec<_> = lines.iter().map(|(number, line)| (*number, line.clone())).collect();
    ordered.sort_by_key(|(number, _)| !is_first(*number));
    ordered
}

/// The line that holds a byte, without its line break.
fn line_at(text: &str, offset: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let start = bytes.get(..offset).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |at| at + 1);
    let end = bytes.get(offset..).and_then(|after| memchr::memchr(b'\n', after)).map_or(bytes.len(), |at| offset + at);
    start..end
}

fn find(file: &SourceFile, mark: &Mark) -> Found {
    let text = file.text();
    let start = floor(text, mark.span.start as usize);
    let mut end = (mark.span.end as usize).clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    // the line break behind a mark is no part of what it shows
    while end > start && matches!(text.as_bytes().get(end - 1), Some(b'\n' | b'\r')) {
        end -= 1;
    }
    let count = memchr::memchr_iter(b'\n', piece(text, start..end).as_bytes()).take(MAX_LINES).count();
    let position = mark.position.unwrap_or_else(|| file.position(start as u32));
    if count == MAX_LINES {
        return Found { bytes: start..line_at(text, start).end, position, last_line: position.line };
    }
    Found { bytes: start..end, position, last_line: position.line + count as u32 }
}

/// A byte of the file and where it is printed.
#[derive(Clone, Copy)]
struct Mapped {
    file: usize,
    excerpt: usize,
    /// Behind it, the line goes on without being shown.
    is_cut: bool,
}

/// Prints a line, or the part of it around `anchor`, behind `out`, and records where its bytes went.
fn print(text: &str, line: Range<usize>, anchor: usize, near_secrets: bool, out: &mut String, map: &mut Vec<Mapped>) {
    let window = window(text, &line, anchor);
    let start = floor(text, window.start.saturating_sub(MARGIN)).max(line.start);
    let end = floor(text, window.end + MARGIN).min(line.end);
    let masks = masked(piece(text, start..end), near_secrets);
    let mut masks = masks.into_iter().map(|mask| mask.start + start..mask.end + start).peekable();

    if window.start > line.start {
        out.push('…');
    }
    let mut masked_at = None;
    for (at, character) in piece(text, window.clone()).char_indices() {
        let at = at + window.start;
        while masks.next_if(|mask| mask.end <= at).is_some() {
            masked_at = None;
        }
        if masks.peek().is_some_and(|mask| mask.contains(&at)) {
            let excerpt = *masked_at.get_or_insert(out.len());
            if excerpt == out.len() {
                out.push('…');
            }
            map.push(Mapped { file: at, excerpt, is_cut: false });
            continue;
        }
        map.push(Mapped { file: at, excerpt: out.len(), is_cut: false });
        match character {
            '\t' => out.push('\t'),
            '\u{FEFF}' | '\r' => {}
            other if is_unprintable(other) => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
    map.push(Mapped { file: window.end, excerpt: out.len(), is_cut: window.end < line.end });
    if window.end < line.end {
        out.push('…');
    }
}

/// The part of a line to show.
fn window(text: &str, line: &Range<usize>, anchor: usize) -> Range<usize> {
    let ahead = |from: usize, count: usize| {
        let rest = piece(text, from..line.end).char_indices().nth(count);
        rest.map_or(line.end, |(at, _)| from + at)
    };
    if line.len() <= WINDOW || ahead(line.start, WINDOW) == line.end {
        return line.clone();
    }
    let before = piece(text, line.start..anchor.clamp(line.start, line.end)).char_indices().rev();
    let start = before.take(LEAD).last().map_or(line.start, |(at, _)| line.start + at);
    start..ahead(start, WINDOW)
}

/// Where bytes of the file are in the excerpt; `None` where their start is not shown.
fn place(map: &[Mapped], bytes: &Range<usize>) -> Option<Range<usize>> {
    let start = map.get(map.partition_point(|mapped| mapped.file < bytes.start))?;
    if start.file != bytes.start || start.is_cut {
        return None;
    }
    let after = map.partition_point(|mapped| mapped.file < bytes.end);
    let cut = after.checked_sub(1).and_then(|last| map.get(last)).filter(|last| last.is_cut);
    let end = match (map.get(after), cut) {
        (Some(end), _) if end.file == bytes.end => end,
        (_, Some(cut)) => cut,
        (Some(end), None) => end,
        (None, None) => map.last()?,
    };
    Some(start.excerpt..end.excerpt.max(start.excerpt))
}

fn piece(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or("")
}

/// The start of the character that holds a byte.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Excerpt, Mark};
    use crate::source::{SourceFile, Span};

    fn excerpt(text: &str, marked: &[&str]) -> Excerpt {
        let file = SourceFile::new("a.json".to_owned(), text.to_owned());
        let mark = |part: &&str| {
            let start = text.find(part).unwrap();
            Mark { span: Span::new(start, start + part.len()), position: None, text: String::new() }
        };
        let marks: Vec<Mark> = marked.iter().map(mark).collect();
        Excerpt::new(&file, "a.json".to_owned(), &marks)
    }

    fn lines(excerpt: &Excerpt) -> Vec<(u32, &str)> {
        excerpt.lines().map(|(number, _, text)| (number, text)).collect()
    }

    fn shown(excerpt: &Excerpt) -> Vec<&str> {
        excerpt.shown.iter().map(|shown| &excerpt.text[shown.at.clone()]).collect()
    }

    #[test]
    fn one_line_around_each_mark() {
        let found = excerpt("a\nb\nc\r\nd\ne\nf\ng\n", &["c", "g"]);
        assert_eq!(lines(&found), [(2, "b"), (3, "c"), (4, "d"), (6, "f"), (7, "g")]);
        assert_eq!(shown(&found), ["c", "g"]);
    }

    #[test]
    fn the_first_mark_comes_first_and_apart() {
        use miette::SourceCode;
        let found = excerpt("a\nb\nc\nd\ne\nf\ng\n", &["f", "b"]);
        assert_eq!(lines(&found), [(5, "e"), (6, "f"), (7, "g"), (1, "a"), (2, "b"), (3, "c")]);
        assert_eq!(shown(&found), ["f", "b"]);
        let read = |span: std::ops::Range<usize>| found.read_span(&span.into(), 1, 1).map(|read| read.line());
        assert_eq!(read(2..3).unwrap(), 4, "counted from zero");
        assert_eq!(read(8..9).unwrap(), 0);
        assert!(read(2..9).is_err(), "there is a gap between them");
    }

    #[test]
    fn a_long_line_is_windowed() {
        let text = format!("[{}\"é target é\",{}]", "\"x\",".repeat(50_000), "\"y\",".repeat(50_000));
        let found = excerpt(&text, &["target", "\"y\",\"y\""]);
        let [(1, line)] = lines(&found)[..] else { panic!("one line") };
        assert_eq!(line.chars().count(), 162, "the window and an ellipsis at each end");
        assert!(line.starts_with('…') && line.ends_with('…'), "{line}");
        assert_eq!(shown(&found), ["target", "\"y\",\"y\""]);
    }

    #[test]
    fn a_mark_longer_than_the_window_is_cut_and_one_outside_left_out() {
        let text = format!("{{\"a\":\"{}\",\"z\":1}}", "b".repeat(1000));
        let found = excerpt(&text, &[&text, "\"z\""]);
        assert_eq!(shown(&found), [&text[..160]]);
    }

    #[test]
    fn credentials_keep_their_marks() {
        let found = excerpt("k = \"AKIAIOSFODNN7EXAMPLE\" # \u{1b}[0m", &["AKIAIOSFODNN7EXAMPLE", "# "]);
        assert_eq!(lines(&found), [(1, "k = \"AKIA…\" # \u{FFFD}[0m")]);
        assert_eq!(shown(&found), ["AKIA…", "# "]);
    }

    #[test]
    fn a_bare_key_is_masked_where_the_line_above_speaks_of_secrets() {
        let text = "\"Name\": \"AWS_SECRET_ACCESS_KEY\",\n\"Value\": \"wJalrXUtnFEMI/K7MDENG/bPxRfiCY2XAMPLEKEY\"\n";
        assert_eq!(lines(&excerpt(text, &["wJalr"])).last(), Some(&(2, "\"Value\": \"wJal…\"")));
    }

    #[test]
    fn a_mark_over_many_lines_is_cut_to_the_first() {
        let text = "{\n".to_owned() + &"  1,\n".repeat(20) + "}\n";
        let found = excerpt(&text, &[&text]);
        assert_eq!(lines(&found), [(1, "{"), (2, "  1,")]);
        assert_eq!(shown(&found), ["{"]);
    }

    #[test]
    fn marks_do_not_lie_on_each_other() {
        let found = excerpt("one two three", &["two", "one two", "three"]);
        assert_eq!(shown(&found), ["two", "three"]);
    }

    #[test]
    fn an_empty_text_has_a_line() {
        let file = SourceFile::new(String::new(), String::new());
        let marks = [Mark { span: Span::new(7, 9), position: None, text: String::new() }];
        assert_eq!(lines(&Excerpt::new(&file, String::new(), &marks)), [(1, "")]);
    }
}
