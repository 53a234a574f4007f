//! Texts, spans, lines, and the only door to the disk.
//!
//! Every text that the scan looks at is registered once in [`Sources`] and named by a [`FileId`]; a place in it is an
//! [`Origin`] of sixteen bytes or less, cheap to keep on every value. Reading goes through [`Sources::open`], which
//! refuses whatever lies outside of the scanned tree, links included.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// The largest file that is read as configuration, in bytes. Plans have their own, larger limit.
pub const MAX_TEXT_BYTES: u64 = 64 << 20;

/// The largest plan, in bytes: spans are 32 bits wide.
pub const MAX_PLAN_BYTES: u64 = 2 << 30;

/// Names a text in [`Sources`]. The number depends on the order of reading: never sort by it, sort by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId(u32);

impl FileId {
    /// The file of things that stand in no file, such as a provider's default.
    pub const NONE: FileId = FileId(u32::MAX);
}

/// A half-open range of bytes in one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, in bytes; saturates at 4 GiB.
    pub fn new(start: usize, end: usize) -> Span {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The same range as `usize`, for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that holds both.
    pub fn join(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `inner` lies within this span.
    pub fn holds(self, inner: Span) -> bool {
        self.start <= inner.start && inner.end <= self.end
    }
}

/// A place in a text: what a person would open and edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The text.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

impl Origin {
    /// The origin of what stands nowhere, such as a default of the provider.
    pub const NONE: Origin = Origin { file: FileId::NONE, span: Span { start: 0, end: 0 } };

    /// The bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Origin {
        Origin { file, span: Span::new(start, end) }
    }

    /// Whether there is a text to show.
    pub fn is_some(self) -> bool {
        self.file != FileId::NONE
    }

    /// This origin, or `other` where this one is nowhere.
    pub fn or(self, other: Origin) -> Origin {
        if self.is_some() { self } else { other }
    }
}

/// A line and a column, both counted from one; columns count Unicode code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from one.
    pub line: u32,
    /// Column in code points, from one.
    pub column: u32,
}

/// One text with its name and a line index that is built when it is first asked for.
#[derive(Debug)]
pub struct SourceFile {
    path: String,
    text: String,
    line_starts: OnceLock<Box<[u32]>>,
    /// Code points before each block of [`BLOCK`] bytes: one-line files of many megabytes have columns, too.
    code_points: OnceLock<Box<[u32]>>,
}

/// Bytes between two counts of code points.
const BLOCK: usize = 510;

fn count_code_points(bytes: &[u8]) -> u32 {
    // Sums of at most 255 fit into a byte, and so the compiler adds up sixteen or more at once.
    let starts = |chunk: &[u8]| chunk.iter().map(|byte| u8::from((byte & 0xC0) != 0x80)).sum::<u8>();
    bytes.chunks(255).map(|chunk| u32::from(starts(chunk))).sum()
}

impl SourceFile {
    /// A text under the name that reports show.
    pub fn new(path: String, text: String) -> SourceFile {
        SourceFile { path, text, line_starts: OnceLock::new(), code_points: OnceLock::new() }
    }

    /// The path as reports show it: relative to the working directory where possible, with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty where the span does not fit.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at as u32 + 1);
            std::iter::once(0).chain(breaks).collect()
        })
    }

    /// Line and column of a byte offset; offsets past the end give the end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.text.len() as u32);
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset);
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = if ((offset - start) as usize) < BLOCK {
            count_code_points(self.text.as_bytes().get(start as usize..offset as usize).unwrap_or(&[])) + 1
        } else {
            self.code_points_before(offset) - self.code_points_before(start) + 1
        };
        // No editor counts a byte order mark.
        let marks = u32::from(start == 0 && offset > 0 && self.text.starts_with('\u{FEFF}'));
        Position { line: line as u32, column: column - marks }
    }

    fn code_points_before(&self, offset: u32) -> u32 {
        let bytes = self.text.as_bytes();
        let blocks = self.code_points.get_or_init(|| {
            let mut total = 0;
            let count = |block: &[u8]| {
                let before = total;
                total += count_code_points(block);
                before
            };
            bytes.chunks(BLOCK).map(count).collect()
        });
        let block = (offset as usize / BLOCK).min(blocks.len().saturating_sub(1));
        let rest = bytes.get(block * BLOCK..offset as usize).unwrap_or(&[]);
        blocks.get(block).copied().unwrap_or(0) + count_code_points(rest)
    }

    /// The text of a line (counted from one) without its line break.
    pub fn line(&self, line: u32) -> &str {
        let starts = self.line_starts();
        let Some(start) = starts.get((line as usize).wrapping_sub(1)) else { return "" };
        let end = starts.get(line as usize).map_or(self.text.len(), |next| *next as usize);
        self.text.get(*start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

/// miette asks for the lines around a span; the line index answers without reading the file from its start.
impl SourceCode for SourceFile {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        if end > self.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let starts = self.line_starts();
        let line_of = |offset: usize| starts.partition_point(|s| *s as usize <= offset).saturating_sub(1);
        let first = line_of(start).saturating_sub(context_lines_before);
        let last = line_of(end.max(start + 1) - 1) + context_lines_after;
        let from = starts.get(first).copied().unwrap_or(0) as usize;
        let to = starts.get(last + 1).map_or(self.text.len(), |next| *next as usize);
        let bytes = self.text.as_bytes().get(from..to).ok_or(MietteError::OutOfBounds)?;
        let column = if context_lines_before == 0 { start - from } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.clone(),
            bytes,
            (from, to - from).into(),
            first,
            column,
            last.min(starts.len()) - first,
        )))
    }
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// The path, or what a link on it points to, leaves the scanned tree.
    #[error("it lies outside of the scanned tree")]
    Outside,
    /// The file is larger than the limit.
    #[error("it is larger than {} MiB", .limit >> 20)]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The bytes are not UTF-8.
    #[error("it is not valid UTF-8 (byte {offset})")]
    NotUtf8 {
        /// Offset of the first byte that is not.
        offset: usize,
    },
    /// The system refused.
    #[error("{0}")]
    Io(String),
}

/// All texts of a scan.
#[derive(Debug, Default)]
pub struct Sources {
    files: RwLock<Vec<Arc<SourceFile>>>,
    opened: Mutex<HashMap<PathBuf, Result<FileId, ReadError>>>,
    roots: Vec<PathBuf>,
    /// Real paths of files outside of the roots that may be read, too.
    named: HashSet<PathBuf>,
    working_directory: PathBuf,
}

impl Sources {
    /// Texts below `roots` may be read; `roots` are resolved to their real paths first.
    pub fn within(roots: impl IntoIterator<Item = PathBuf>) -> Sources {
        let roots = roots.into_iter().filter_map(|root| root.canonicalize().ok()).collect();
        let working_directory = std::env::current_dir().unwrap_or_default();
        Sources { roots, working_directory, ..Sources::default() }
    }

    /// These files may be read wherever they lie: a person named them. A link must still stay below the roots.
    #[must_use]
    pub fn and_files<'p>(mut self, files: impl IntoIterator<Item = &'p PathBuf>) -> Sources {
        let plain = files.into_iter().filter(|path| !path.is_symlink());
        self.named.extend(plain.filter_map(|path| path.canonicalize().ok()));
        self
    }

    fn is_within(&self, real: &Path) -> bool {
        self.roots.iter().any(|root| real.starts_with(root)) || self.named.contains(real)
    }

    /// Registers a text that is already in memory (standard input, a rule's example).
    pub fn add(&self, path: impl Into<String>, text: String) -> FileId {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files.push(Arc::new(SourceFile::new(path.into(), text)));
        FileId(files.len() as u32 - 1)
    }

    /// The text of an id; an empty nameless text for [`FileId::NONE`].
    pub fn get(&self, id: FileId) -> Arc<SourceFile> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.get(id.0 as usize).cloned().unwrap_or_else(|| Arc::new(SourceFile::new(String::new(), String::new())))
    }

    /// Whether the real path of `path` lies within the scanned tree.
    pub fn admits(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|real| self.is_within(&real))
    }

    /// The folder of the scanned tree that holds a path, and the way from there; of several the outermost.
    pub fn within_tree(&self, path: &Path) -> Option<(PathBuf, PathBuf)> {
        let real = path.canonicalize().ok()?;
        let holding = self.roots.iter().filter(|root| real.starts_with(root));
        let root = holding.min_by_key(|root| root.components().count())?;
        Some((root.clone(), real.strip_prefix(root).ok()?.to_owned()))
    }

    /// Reads a configuration file of the scanned tree, once: a second call gives the same id.
    ///
    /// # Errors
    /// Whatever keeps it from being read, see [`ReadError`].
    pub fn open(&self, path: &Path) -> Result<FileId, ReadError> {
        self.open_up_to(path, MAX_TEXT_BYTES)
    }

    /// Like [`Sources::open`], with a limit in bytes.
    ///
    /// # Errors
    /// Whatever keeps it from being read, see [`ReadError`].
    pub fn open_up_to(&self, path: &Path, limit: u64) -> Result<FileId, ReadError> {
        let real = path.canonicalize().map_err(|error| read_error(&error))?;
        if !self.is_within(&real) {
            return Err(ReadError::Outside);
        }
        if let Some(known) = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&real) {
            return known.clone();
        }
        let result = read(&real, limit).map(|text| self.add(self.display_opened(path, &real), text));
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.entry(real).or_insert(result).clone()
    }

    /// A file that links lead to is shown by its real path: which of them is followed first depends on the threads.
    fn display_opened(&self, path: &Path, real: &Path) -> String {
        let is_plain = normalise(&self.working_directory.join(path)) == real;
        self.display(if is_plain { path } else { real })
    }

    /// A path as reports show it: relative to the working directory where it lies below, with `/`, without `.` parts.
    pub fn display(&self, path: &Path) -> String {
        let plain: PathBuf = normalise(path);
        let shown = plain.strip_prefix(&self.working_directory).unwrap_or(&plain);
        let shown = shown.to_string_lossy().replace('\\', "/");
        if shown.is_empty() { ".".to_owned() } else { shown }
    }
}

/// Takes `.` and `name/..` out of a path without asking the disk.
pub fn normalise(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

fn read_error(error: &std::io::Error) -> ReadError {
    match error.kind() {
        std::io::ErrorKind::NotFound => ReadError::NotFound,
        _ => ReadError::Io(error.to_string()),
    }
}

fn read(path: &Path, limit: u64) -> Result<String, ReadError> {
    let meta = std::fs::metadata(path).map_err(|error| read_error(&error))?;
    if !meta.is_file() {
        return Err(ReadError::Io("it is not a regular file".to_owned()));
    }
    if meta.len() > limit {
        return Err(ReadError::TooLarge { limit });
    }
    text_of(std::fs::read(path).map_err(|error| read_error(&error))?)
}

/// Bytes as text: UTF-8, or UTF-16 with a byte order mark (what PowerShell's `>` writes).
///
/// A UTF-8 byte order mark stays in the text, so that spans are offsets in the file; parsers skip it.
///
/// # Errors
/// [`ReadError::NotUtf8`] with the offset of the first byte that is not text.
pub fn text_of(bytes: Vec<u8>) -> Result<String, ReadError> {
    let wide = |order: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| order([pair[0], pair[1]]));
        char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| ReadError::NotUtf8 { offset: 0 })
    };
    match bytes.get(..2) {
        Some([0xFF, 0xFE]) => wide(u16::from_le_bytes),
        Some([0xFE, 0xFF]) => wide(u16::from_be_bytes),
        _ => String::from_utf8(bytes).map_err(|error| ReadError::NotUtf8 { offset: error.utf8_error().valid_up_to() }),
    }
}
