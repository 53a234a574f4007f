//! Files of the scanned tree, and paths.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use regex::Regex;

use super::Template;
use super::argument::{Call, Outcome, Stop, composed};
use super::convert::set_of;
use crate::source::{FileId, MAX_TEXT_BYTES, Origin, ReadError, normalise};
use crate::value::{Data, Map, Piece, Unknown, Value, Why};

/// What an entry of a directory costs, in steps.
const STEPS_PER_ENTRY: usize = 16;

/// No more entries of a directory are looked at.
const MAX_ENTRIES: usize = 100_000;

fn path_at(call: &Call<'_>, at: usize) -> Result<PathBuf, Stop> {
    if let Some(path) = below_tree(call, at) {
        return Ok(path);
    }
    let text = call.text(at)?;
    if text.starts_with('~') {
        return Err(not_in_tree(call, at));
    }
    Ok(call.context.working_directory.join(&*text))
}

/// What a path costs that is looked up, in steps.
const LOOK: usize = 256;

/// The path that an argument names, within the scanned tree. Of what lies outside, nothing is looked at: not even whether
/// it is there.
fn reach(call: &Call<'_>) -> Result<PathBuf, Stop> {
    let path = path_at(call, 0)?;
    call.context.work.add(LOOK);
    check_within(call, &path)?;
    Ok(path)
}

fn check_within(call: &Call<'_>, path: &Path) -> Result<(), Stop> {
    let real = path.ancestors().find(|above| above.canonicalize().is_ok());
    match real.is_some_and(|real| call.context.sources.admits(real)) {
        true => Ok(()),
        false => Err(not_in_tree(call, 0)),
    }
}

/// The subject of the unknown that stands for where the scanned tree lies: a machine's own business.
pub(in crate::terraform) const TREE: &str = "the folder that holds the scanned tree";

/// An absolute path of which the part inside of the scanned tree is known; unknown for the tree itself.
pub(in crate::terraform) fn absolute(directory: &Path, sources: &crate::source::Sources, origin: Origin) -> Value {
    let hole = Arc::new(Unknown::new(Why::NotInTree, TREE, origin));
    let below = sources.within_tree(directory).map(|(_, below)| below.to_string_lossy().replace('\\', "/"));
    match below.filter(|below| !below.is_empty()) {
        Some(below) => {
            let pieces = vec![Piece::Hole(hole, origin), Piece::Known(format!("/{below}").into(), origin)];
            Value::of_pieces(pieces, origin)
        }
        None => Value::unknown(hole, origin),
    }
}

/// The file that an absolute path made by [`absolute`] means.
fn below_tree(call: &Call<'_>, at: usize) -> Option<PathBuf> {
    let pieces = call.value(at).ok()?.to_pieces()?;
    let (Piece::Hole(unknown, _), rest) = pieces.split_first()? else { return None };
    if &*unknown.subject != TREE || unknown.derived {
        return None;
    }
    let mut path = String::new();
    for piece in rest {
        let Piece::Known(text, _) = piece else { return None };
        path.push_str(text);
    }
    let (root, _) = call.context.sources.within_tree(call.context.working_directory)?;
    Some(root.join(path.trim_start_matches('/')))
}

fn not_in_tree(call: &Call<'_>, at: usize) -> Stop {
    let path = call.text(at).unwrap_or_default();
    Stop::Unknown(Arc::new(Unknown::new(Why::NotInTree, format!("`{path}`"), call.context.origin)))
}

fn refuse(call: &Call<'_>, error: &ReadError) -> Stop {
    match error {
        ReadError::Outside => not_in_tree(call, 0),
        _ => call.fail_at(0, format!("cannot read `{}`: {error}", call.text(0).unwrap_or_default())),
    }
}

fn open(call: &Call<'_>) -> Result<FileId, Stop> {
    call.context.sources.open(&reach(call)?).map_err(|error| refuse(call, &error))
}

/// The bytes of a file, whatever they are.
pub(super) fn bytes(call: &Call<'_>) -> Result<Vec<u8>, Stop> {
    let path = reach(call)?;
    let io = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => refuse(call, &ReadError::NotFound),
        _ => refuse(call, &ReadError::Io(error.to_string())),
    };
    let meta = std::fs::metadata(&path).map_err(io)?;
    if !meta.is_file() {
        return Err(refuse(call, &ReadError::Io("it is not a regular file".to_owned())));
    }
    if meta.len() > MAX_TEXT_BYTES {
        return Err(refuse(call, &ReadError::TooLarge { limit: MAX_TEXT_BYTES }));
    }
    call.context.work.add(usize::try_from(meta.len()).unwrap_or(usize::MAX) / 16);
    std::fs::read(&path).map_err(io)
}

pub(super) fn file(call: &Call<'_>) -> Outcome {
    let id = open(call)?;
    let source = call.context.sources.get(id);
    Ok(Value::string(composed(source.text().into()), Origin::new(id, 0, source.text().len())))
}

pub(super) fn filebase64(call: &Call<'_>) -> Outcome {
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes(call)?);
    Ok(Value::string(encoded, call.context.origin))
}

pub(super) fn fileexists(call: &Call<'_>) -> Outcome {
    match std::fs::metadata(reach(call)?) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => call.give_bool(false),
        Ok(meta) if meta.is_file() => call.give_bool(true),
        Ok(_) => Err(call.fail_at(0, format!("`{}` is not a regular file", call.text(0)?))),
        Err(error) => Err(refuse(call, &ReadError::Io(error.to_string()))),
    }
}

pub(super) fn fileset(call: &Call<'_>) -> Outcome {
    let mut directory = reach(call)?;
    let text = call.text(1)?;
    let mut below = &*text;
    let mut prefix = String::new();
    while let Some((part @ ("." | ".."), rest)) = below.split_once('/') {
        if part == ".." {
            directory.push("..");
            prefix.push_str("../");
        }
        below = rest.trim_start_matches('/');
    }
    let Some(pattern) = glob(call, below) else {
        return Err(call.fail_at(1, format!("`{text}` is not a valid pattern")));
    };
    let sources = call.context.sources;
    check_within(call, &directory)?;
    if !directory.is_dir() {
        return call.give_list(set_of(Vec::new()));
    }
    let depth = if below.contains("**") { usize::MAX } else { below.split('/').count() };
    let walk = walkdir::WalkDir::new(&directory).min_depth(1).max_depth(depth).sort_by_file_name();
    let mut items = Vec::new();
    for (nth, entry) in walk.into_iter().enumerate() {
        if nth == MAX_ENTRIES {
            let reason = format!("`{text}` looks at more than {MAX_ENTRIES} files");
            return Err(Stop::Unknown(Arc::new(Unknown::new(Why::Limit, reason, call.context.origin))));
        }
        call.context.work.add(STEPS_PER_ENTRY);
        let Ok(entry) = entry else { continue };
        let Ok(relative) = entry.path().strip_prefix(&directory) else { continue };
        let Some(name) = relative.to_str().map(|name| name.replace('\\', "/")) else { continue };
        if !pattern.is_match(&name) {
            continue;
        }
        let is_file = if entry.path_is_symlink() {
            sources.admits(entry.path()) && entry.path().is_file()
        } else {
            entry.file_type().is_file()
        };
        if is_file {
            items.push(call.part(format!("{prefix}{name}")));
        }
    }
    call.give_list(set_of(items))
}

/// A pattern of `fileset` as a regular expression over the path below the directory.
fn glob(call: &Call<'_>, text: &str) -> Option<Regex> {
    let mut out = String::from("(?s)^");
    let mut rest = text;
    let mut braces = 0_usize;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '*' if rest.starts_with("**/") => {
                length = 3;
                out.push_str("(?:.*/)?");
            }
            '*' if rest.starts_with("**") => {
                length = 2;
                out.push_str(".*");
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => {
                let end = rest.get(2..)?.find(']')? + 2;
                let class = rest.get(1..end)?;
                let (negated, class) = match class.strip_prefix(['^', '!']) {
                    Some(class) => ("^/", class),
                    None => ("", class),
                };
                let class = class.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
                out.push_str(&format!("[{negated}{}]", class.replace('&', "\\&").replace('~', "\\~")));
                length = end + 1;
            }
            '{' => {
                braces += 1;
                out.push_str("(?:");
            }
            '}' if braces > 0 => {
                braces -= 1;
                out.push(')');
            }
            ',' if braces > 0 => out.push('|'),
            '\\' => {
                let escaped = rest.get(1..)?.chars().next()?;
                length += escaped.len_utf8();
                out.push_str(&regex::escape(escaped.encode_utf8(&mut [0; 4])));
            }
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
        rest = rest.get(length..)?;
    }
    out.push('$');
    (braces == 0).then_some(())?;
    Some(call.context.work.pattern(&out).ok()?.regex.clone())
}

fn variables<'a>(call: &Call<'a>) -> Result<&'a Map, Stop> {
    call.map(1)
}

pub(super) fn templatefile(call: &Call<'_>) -> Outcome {
    let variables = variables(call)?;
    let id = open(call)?;
    let source = call.context.sources.get(id);
    let origin = Origin::new(id, 0, source.text().len());
    let template = Template { text: source.text(), origin, is_exact: true };
    (call.context.render)(&template, variables).map_err(Stop::Failed)
}

pub(super) fn templatestring(call: &Call<'_>) -> Outcome {
    let (value, variables) = (call.value(0)?, variables(call)?);
    let text = call.text(0)?;
    let is_exact = call.context.sources.get(value.origin.file).slice(value.origin.span) == text;
    let template = Template { text: &text, origin: value.origin, is_exact };
    (call.context.render)(&template, variables).map_err(Stop::Failed)
}

pub(super) fn abspath(call: &Call<'_>) -> Outcome {
    let path = call.context.working_directory.join(&*call.text(0)?);
    Ok(absolute(&normalise(&path), call.context.sources, call.context.origin))
}

pub(super) fn pathexpand(call: &Call<'_>) -> Outcome {
    let text = call.text(0)?;
    if text.starts_with('~') {
        return Err(call.offline());
    }
    call.give_string(text.as_ref())
}

/// The known segments at the end of a path whose beginning is not known.
fn known_segments(value: &Value) -> Vec<String> {
    let suffix = value.known_suffix();
    let segments = suffix.trim_end_matches('/').split('/').skip(1);
    if suffix.is_empty() { Vec::new() } else { segments.map(str::to_owned).collect() }
}

pub(super) fn basename(call: &Call<'_>) -> Outcome {
    if let Data::Text(text) = &call.value(0)?.data
        && text.known().is_none()
        && let Some(name) = known_segments(call.value(0)?).pop().filter(|name| !name.is_empty())
    {
        return call.give_string(name);
    }
    let text = call.text(0)?;
    let name = match (text.trim_end_matches('/'), text.is_empty()) {
        (_, true) => ".",
        ("", false) => "/",
        (path, false) => path.rsplit('/').next().unwrap_or(path),
    };
    call.give_string(name)
}

pub(super) fn dirname(call: &Call<'_>) -> Outcome {
    if let Data::Text(text) = &call.value(0)?.data
        && let (None, Some(hole)) = (text.known(), text.first_unknown())
        && let Some((_, above)) = known_segments(call.value(0)?).split_last()
        && above.iter().all(|name| !matches!(name.as_str(), "" | "." | ".."))
    {
        let origin = call.context.origin;
        // What stands before the known segments is made plain, too: it is not the same text any more.
        let hole = if &*hole.subject == TREE { hole.clone() } else { call.derived(hole) };
        let above: String = above.iter().flat_map(|name| ["/", name]).collect();
        return Ok(Value::of_pieces(vec![Piece::Hole(hole, origin), Piece::Known(above.into(), origin)], origin));
    }
    let text = call.text(0)?;
    let directory = text.rfind('/').and_then(|at| text.get(..=at)).unwrap_or("");
    call.give_string(clean(directory))
}

/// A path without doubled slashes, `.` and `name/..`; the empty path is `.`.
fn clean(path: &str) -> String {
    let plain = normalise(Path::new(path)).to_string_lossy().replace('\\', "/");
    if plain.is_empty() { ".".to_owned() } else { plain }
}
