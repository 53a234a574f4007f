//! Policy documents that stand by themselves: in files of their own, or written down and used by nothing of the unit.

use std::collections::HashMap;

use super::document::Document;
use super::identity::Identity;
use crate::model::{KindInstance, Kinds, Mode};
use crate::source::{FileId, Origin};
use crate::value::{Data, Value};

/// No value is looked at deeper than this.
const MAX_DEPTH: usize = 64;

impl<'u> Identity<'u> {
    /// The documents that no policy, role or resource of the unit carries. What uses one decides what it is for: a boundary
    /// or a service control policy is no grant, so that a document in use is judged only where it is used.
    pub(super) fn find_loose(&self) -> Vec<(KindInstance<'u>, Document)> {
        let files = self.of_kind("policy-file").iter().cloned();
        let mut loose: Vec<(KindInstance<'u>, Document)> = files
            .map(|instance| {
                let document = self.trust(&self.field(&instance, "document"));
                (instance, document)
            })
            .collect();
        let written: Vec<KindInstance<'u>> = Kinds::built_in()
            .looked_up(self.unit)
            .filter(|instance| &*instance.row.kind == "policy-document")
            .collect();
        if written.is_empty() {
            return loose;
        }
        let mut places = Vec::new();
        for resource in &self.unit.resources {
            match resource.mode {
                Mode::Output => {}
                Mode::Data if &*resource.provider_type != "aws_iam_policy_document" => {}
                Mode::Data => {
                    // The documents that this one is made of.
                    let mut mine = Vec::new();
                    let json = resource.attributes.get("json");
                    json.into_iter().for_each(|value| collect(value, &mut mine, 0));
                    let extent = resource.extent;
                    places.extend(mine.into_iter().filter(|place| !within(*place, extent)));
                }
                _ => collect(&resource.attributes, &mut places, 0),
            }
        }
        places.sort_by_key(|place| place.span.start);
        let mut starts: HashMap<FileId, Vec<Origin>> = HashMap::new();
        for place in places {
            starts.entry(place.file).or_default().push(place);
        }
        for instance in written {
            let extent = instance.resource.extent;
            let places = starts.get(&extent.file).map_or(&[][..], Vec::as_slice);
            let from = places.partition_point(|place| place.span.start < extent.span.start);
            if places.get(from).is_some_and(|place| within(*place, extent)) {
                continue;
            }
            let document = self.trust(&instance.field("document", &self.relations));
            // What is not known of a document that nobody uses is nobody's worry.
            if document.rest.is_none() {
                loose.push((instance, document));
            }
        }
        loose
    }
}

fn within(place: Origin, extent: Origin) -> bool {
    place.file == extent.file && extent.span.holds(place.span)
}

/// The places of everything in a value.
fn collect(value: &Value, places: &mut Vec<Origin>, depth: usize) {
    places.push(value.origin);
    if depth == MAX_DEPTH {
        return;
    }
    match &value.data {
        Data::List(list) => list.items.iter().for_each(|item| collect(item, places, depth + 1)),
        Data::Map(map) => map.entries().iter().for_each(|entry| collect(&entry.value, places, depth + 1)),
        Data::Text(text) => text.json().into_iter().for_each(|inner| collect(inner, places, depth + 1)),
        Data::Unknown(unknown) => {
            places.push(unknown.origin);
            unknown.candidates.iter().for_each(|candidate| collect(candidate, places, depth + 1));
        }
        _ => {}
    }
}
