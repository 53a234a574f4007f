//! The attributes of a planned resource: the text of `after`, with what is unknown or sensitive laid over it.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use super::mask::Mask;
use crate::source::{FileId, Origin, Span};
use crate::value::{Data, Entry, JsonEvent, JsonReader, List, Map, Number, Reference, Unknown, Value, Why};

/// Longer paths to an unknown part are cut.
const MAX_PATH_BYTES: usize = 512;

/// The text that all slices are part of.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    /// The plan.
    pub(super) file: FileId,
    /// Its whole text.
    pub(super) text: &'a str,
}

impl Ground<'_> {
    /// Where a slice of the text starts.
    pub(super) fn offset(&self, slice: &str) -> usize {
        (slice.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    /// The place of a slice of the text.
    pub(super) fn origin(&self, slice: &str) -> Origin {
        let start = self.offset(slice);
        Origin::new(self.file, start, start + slice.len())
    }
}

/// Names that occur again and again, each kept once.
#[derive(Default)]
pub(super) struct Names(HashSet<Arc<str>>);

impl Names {
    /// The shared text of a name.
    pub(super) fn get(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let shared: Arc<str> = name.into();
        self.0.insert(shared.clone());
        shared
    }
}

/// What the unknown parts of a value are called, and where they are shown.
pub(super) struct Subject {
    /// The address of the resource or output.
    pub(super) address: Arc<str>,
    /// The type of the resource, where its attributes may refer to themselves.
    pub(super) provider_type: Option<Arc<str>>,
    /// The place of the address.
    pub(super) place: Origin,
}

impl Subject {
    /// The unknown value of the part that `path` names, with the address before it.
    pub(super) fn unknown(&self, path: &str, refers: Option<Reference>) -> Arc<Unknown> {
        let mut unknown = Unknown::new(Why::AfterApply, path, self.place);
        unknown.refers = refers;
        Arc::new(unknown)
    }

    /// The unknown value of the whole.
    pub(super) fn whole(&self, refers: Option<Reference>) -> Arc<Unknown> {
        self.unknown(&self.address, refers)
    }
}

/// What is laid over a value.
pub(super) struct Overlay<'m, 'a> {
    /// Parts known only after the deployment.
    pub(super) unknown: &'m Mask<'a>,
    /// Parts that must not be shown.
    pub(super) sensitive: &'m Mask<'a>,
    /// The text leaves out what is unknown and does not say so (`planned_values`): what is absent may have a value.
    pub(super) partial: bool,
}

/// Why a value could not be read, and the place.
pub(super) type Refusal = (String, Origin);

/// The value of a slice of the plan's text, every part with its own place.
///
/// # Errors
/// The place at which the slice is no JSON or nested too deeply.
pub(super) fn read_value(
    slice: &str,
    ground: Ground<'_>,
    subject: &Subject,
    overlay: &Overlay<'_, '_>,
    names: &mut Names,
) -> Result<Value, Refusal> {
    let base = ground.offset(slice);
    let rest = overlay.partial.then(|| subject.whole(None));
    let file = ground.file;
    let mut fold = Fold { base, file, subject, overlay, names, rest, stack: Vec::new(), skipping: 0, done: None };
    match JsonReader::new(slice).read(&mut |event, span| fold.take(event, span)) {
        Ok(()) => Ok(fold.done.unwrap_or_else(|| Value::null(ground.origin(slice)))),
        Err(error) => {
            let at = base + error.offset;
            Err((error.message, Origin::new(ground.file, at, at + 1)))
        }
    }
}

struct Fold<'m, 'a, 'n> {
    base: usize,
    file: FileId,
    subject: &'m Subject,
    overlay: &'m Overlay<'m, 'a>,
    names: &'n mut Names,
    rest: Option<Arc<Unknown>>,
    stack: Vec<Open<'m, 'a>>,
    skipping: usize,
    done: Option<Value>,
}

/// A list or object that is being read.
struct Open<'m, 'a> {
    start: Span,
    is_map: bool,
    items: Vec<Value>,
    entries: Vec<Entry>,
    key: Option<(Arc<str>, Origin)>,
    unknown: &'m Mask<'a>,
    sensitive: &'m Mask<'a>,
}

impl<'m, 'a> Fold<'m, 'a, '_> {
    fn origin(&self, span: Span) -> Origin {
        Origin::new(self.file, self.base + span.start as usize, self.base + span.end as usize)
    }

    fn take(&mut self, event: JsonEvent<'_>, span: Span) {
        if self.skipping > 0 {
            match event {
                JsonEvent::MapStart | JsonEvent::ListStart => self.skipping += 1,
                JsonEvent::MapEnd | JsonEvent::ListEnd => self.skipping -= 1,
                _ => {}
            }
            return;
        }
        if matches!(event, JsonEvent::MapEnd | JsonEvent::ListEnd) {
            if let Some(open) = self.stack.pop() {
                let value = self.close(open, span);
                self.place(value);
            }
            return;
        }
        let origin = self.origin(span);
        if let JsonEvent::String(text) = &event
            && let Some(open) = self.stack.last_mut()
            && open.is_map
            && open.key.is_none()
        {
            open.key = Some((self.names.get(text), origin));
            return;
        }
        let (unknown, sensitive) = self.masks();
        if let Some(value) = self.unknown_instead(&event, unknown) {
            if matches!(event, JsonEvent::MapStart | JsonEvent::ListStart) {
                self.skipping = 1;
            }
            return self.place(value.marked(sensitive.any()));
        }
        let value = match event {
            JsonEvent::MapStart | JsonEvent::ListStart => {
                let is_map = event == JsonEvent::MapStart;
                let (items, entries) = (Vec::new(), Vec::new());
                return self.stack.push(Open { start: span, is_map, items, entries, key: None, unknown, sensitive });
            }
            JsonEvent::String(text) => Value::string(text.as_ref(), origin),
            JsonEvent::Bool(value) => Value::bool(value, origin),
            JsonEvent::Number(text) => match Number::parse(text) {
                Some(number) => Value::new(Data::Number(number), origin),
                None => Value::string(text, origin),
            },
            JsonEvent::Null | JsonEvent::Hole | JsonEvent::MapEnd | JsonEvent::ListEnd => Value::null(origin),
        };
        // A mask of another shape than the value still says that something in it must not be shown.
        self.place(value.marked(sensitive.any()));
    }

    /// What is said about the value that comes next.
    fn masks(&self) -> (&'m Mask<'a>, &'m Mask<'a>) {
        match self.stack.last() {
            None => (self.overlay.unknown, self.overlay.sensitive),
            Some(Open { key: Some((key, _)), unknown, sensitive, .. }) => (unknown.entry(key), sensitive.entry(key)),
            Some(open) => (open.unknown.element(open.items.len()), open.sensitive.element(open.items.len())),
        }
    }

    /// The unknown value that stands in for the next one, where it is not what its text says.
    fn unknown_instead(&self, event: &JsonEvent<'_>, mask: &Mask<'_>) -> Option<Value> {
        let in_list = self.stack.last().is_some_and(|open| !open.is_map);
        let whole = match (mask, event) {
            // `planned_values` writes null for an unknown element.
            _ if self.overlay.partial => *event == JsonEvent::Null && in_list,
            (Mask::Clear, _) | (Mask::Map(_), JsonEvent::MapStart) | (Mask::List(_), JsonEvent::ListStart) => false,
            _ => mask.any(),
        };
        whole.then(|| self.unknown(mask, None))
    }

    /// The unknown value at the end of the path, or of an entry there.
    fn unknown(&self, mask: &Mask<'_>, entry: Option<&Arc<str>>) -> Value {
        let mut path = String::with_capacity(self.subject.address.len() + 32);
        path.push_str(&self.subject.address);
        for open in &self.stack {
            match &open.key {
                Some((key, _)) => {
                    path.push('.');
                    path.push_str(key);
                }
                None => {
                    let _ = write!(path, "[{}]", open.items.len());
                }
            }
            if path.len() > MAX_PATH_BYTES {
                break;
            }
        }
        if let Some(key) = entry {
            path.push('.');
            path.push_str(key);
        }
        cut(&mut path);
        let top = match (self.stack.as_slice(), entry) {
            ([], Some(key)) => Some(key),
            ([open], None) => open.key.as_ref().map(|(key, _)| key),
            _ => None,
        };
        let refers = match mask {
            Mask::Set(Some(refers)) => Some((**refers).clone()).filter(|refers| !refers.address.is_empty()),
            _ => top.zip(self.subject.provider_type.as_ref()).map(|(attribute, provider_type)| Reference {
                address: self.subject.address.clone(),
                provider_type: provider_type.clone(),
                attribute: attribute.clone(),
            }),
        };
        Value::unknown(self.subject.unknown(&path, refers), self.subject.place)
    }

    fn close(&mut self, open: Open<'m, 'a>, span: Span) -> Value {
        let origin = self.origin(open.start.join(span));
        let whole = matches!(open.sensitive, Mask::Set(_));
        let data = if open.is_map {
            let mut entries = open.entries;
            entries.shrink_to_fit();
            let mut map = Map::new(entries);
            if let Mask::Map(masks) = open.unknown {
                let mut entries = Vec::new();
                for (key, mask) in masks.iter().filter(|(key, mask)| mask.any() && map.get(key).is_none()) {
                    let key = self.names.get(key);
                    let value = self.unknown(mask, Some(&key)).marked(open.sensitive.entry(&key).any());
                    entries.push(Entry { key, key_origin: self.subject.place, value });
                }
                if !entries.is_empty() {
                    let mut all = map.into_entries();
                    all.reserve_exact(entries.len());
                    all.append(&mut entries);
                    map = Map::new(all);
                }
            }
            map.rest = self.rest.clone();
            Data::Map(Arc::new(map))
        } else {
            let mut items = open.items;
            if let Mask::List(masks) = open.unknown {
                for mask in masks.iter().skip(items.len()) {
                    items.push(match mask.any() {
                        true => self.unknown(mask, None),
                        false => Value::null(origin),
                    });
                }
            }
            items.shrink_to_fit();
            Data::List(Arc::new(List { items, rest: None, is_set: false }))
        };
        Value::new(data, origin).marked(whole)
    }

    fn place(&mut self, value: Value) {
        match self.stack.last_mut() {
            None => self.done = Some(value),
            Some(open) if open.is_map => {
                if let Some((key, key_origin)) = open.key.take() {
                    open.entries.push(Entry { key, key_origin, value });
                }
            }
            Some(open) => open.items.push(value),
        }
    }
}

fn cut(path: &mut String) {
    if path.len() > MAX_PATH_BYTES {
        let end = (0..=MAX_PATH_BYTES).rev().find(|at| path.is_char_boundary(*at)).unwrap_or(0);
        path.truncate(end);
        path.push('…');
    }
}
