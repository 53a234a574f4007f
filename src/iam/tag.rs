//! The tags of a resource of the unit, as conditions see them.

use crate::model::Resource;
use crate::value::Value;

/// What a resource has for the key of a tag.
#[derive(Clone, Debug)]
pub(super) enum Tag<'r> {
    Absent,
    /// It has the tag; its value may hold what is not known.
    Value(&'r Value),
    /// It may have it, or not.
    Perhaps,
}

impl<'r> Tag<'r> {
    /// The tag of a resource, whatever the case of the key: IAM has no two that differ in it only.
    pub(super) fn of(resource: &'r Resource, key: &str) -> Tag<'r> {
        if let Some(tags) = resource.attributes.get("Tags") {
            if let Some(map) = tags.as_map() {
                // A stack gives its own tags to what it makes.
                let found = map.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case(key));
                return found.map_or(Tag::Perhaps, |entry| Tag::Value(&entry.value));
            }
            let is = |value: &Value| value.scalar_text().map(|text| text.eq_ignore_ascii_case(key));
            let open = tags.as_list().is_none_or(|list| list.rest.is_some());
            let named = |item: &&Value| item.get("Key").and_then(is) == Some(true);
            let found = tags.elements().iter().find(named).and_then(|item| item.get("Value"));
            return found.filter(|_| !open).map_or(Tag::Perhaps, Tag::Value);
        }
        let is_terraform = resource.provider_type.starts_with("aws_");
        let tags = resource.attributes.get("tags_all").filter(|tags| !tags.is_null());
        match tags.or_else(|| resource.attributes.get("tags")) {
            // A stack gives its own tags to what it makes.
            None if !is_terraform => Tag::Perhaps,
            None => Tag::Absent,
            Some(tags) if tags.is_null() => Tag::Absent,
            Some(tags) => {
                let Some(map) = tags.as_map() else { return Tag::Perhaps };
                match map.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case(key)) {
                    Some(entry) => Tag::Value(&entry.value),
                    None if map.rest.is_some() => Tag::Perhaps,
                    None => Tag::Absent,
                }
            }
        }
    }
}
