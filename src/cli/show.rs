//! `iacscan show PATH`: the model as iacscan sees it.

use std::io::Write;

use serde::Serialize;

use super::args::{ShowArgs, TableFormat};
use super::{Status, Stop, setup};
use crate::diagnostic::Level;
use crate::model::{Kinds, Mode, Resource};
use crate::report::Place;
use crate::scan::Model;
use crate::value::{Data, Value, to_serde};

#[derive(Serialize)]
struct Shown<'m> {
    units: Vec<ShownUnit<'m>>,
}

#[derive(Serialize)]
struct ShownUnit<'m> {
    kind: &'static str,
    path: &'m str,
    resources: Vec<ShownResource<'m>>,
}

#[derive(Serialize)]
struct ShownResource<'m> {
    address: &'m str,
    #[serde(rename = "type")]
    provider_type: &'m str,
    kind: Option<&'m str>,
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    possible: Option<String>,
    values: serde_json::Value,
    unknown: Vec<String>,
    /// The same as a tree, as plans have it: `true` for what is not known, or not all of it.
    after_unknown: serde_json::Value,
    file: String,
    line: u32,
}

pub(super) fn run(args: &ShowArgs, out: &mut dyn Write) -> Result<Status, Stop> {
    let (config, ..) = setup::config(args.input.config.as_deref())?;
    let model = crate::scan::model(&setup::options(&args.input, &config)?);
    let shown = shown(&model);
    match args.format {
        TableFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &shown).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        TableFormat::Text => text(&shown, out)?,
    }
    setup::print_diagnostics(&model.diagnostics, &model.sources)?;
    let failed = model.diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error);
    Ok(if failed { Status::Failed } else { Status::Clean })
}

fn shown(model: &Model) -> Shown<'_> {
    let resource = |resource: &'_ Resource| {
        let place = Place::of(resource.origin, &model.sources);
        let mut unknown = Vec::new();
        let mut values = to_serde(&resource.attributes, "", &mut unknown);
        // An argument that is null is not set; an output may well be null.
        if let (Some(values), true) = (values.as_object_mut(), resource.mode != Mode::Output) {
            values.retain(|_, value| !value.is_null());
        }
        (place, values, unknown)
    };
    let unit = |unit: &'_ crate::model::Unit| unit.resources.iter().map(resource).collect::<Vec<_>>();
    let units = model.units.iter().map(|one| {
        let parts = unit(one);
        let resources = one.resources.iter().zip(parts).map(|(resource, (place, values, unknown))| ShownResource {
            address: &resource.address,
            provider_type: &resource.provider_type,
            kind: Kinds::built_in().kind_of(&resource.provider_type).map(|kind| &**kind),
            mode: resource.mode.name(),
            possible: resource.possible.as_ref().map(|unknown| unknown.reason()),
            values,
            unknown,
            after_unknown: unknown_tree(&resource.attributes).unwrap_or_else(|| serde_json::json!({})),
            file: place.file,
            line: place.start.line,
        });
        ShownUnit { kind: one.kind.name(), path: &one.path, resources: resources.collect() }
    });
    Shown { units: units.collect() }
}

fn text(shown: &Shown<'_>, out: &mut dyn Write) -> Result<(), Stop> {
    for unit in &shown.units {
        writeln!(out, "# {} {}", unit.kind, unit.path)?;
        for resource in &unit.resources {
            let kind = resource.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
            let place = format!("{}:{}", resource.file, resource.line);
            writeln!(out, "\n{}{kind}  {place}", resource.address)?;
            if let Some(reason) = &resource.possible {
                writeln!(out, "  possible: {reason}")?;
            }
            if let Some(values) = resource.values.as_object() {
                for (name, value) in values {
                    writeln!(out, "  {name} = {value}")?;
                }
            }
            for path in &resource.unknown {
                writeln!(out, "  {path} = (unknown)")?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Which parts of a value are not known, in the shape of the value: `true` for an unknown part and for a list or map that
/// may have more than is shown; nothing where all of it is known.
fn unknown_tree(value: &Value) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    match &value.data {
        Data::Unknown(_) => Some(Json::Bool(true)),
        Data::Text(text) => text.known().is_none().then_some(Json::Bool(true)),
        Data::List(list) if list.rest.is_some() => Some(Json::Bool(true)),
        Data::Map(map) if map.rest.is_some() => Some(Json::Bool(true)),
        Data::List(list) => {
            let items: Vec<Option<Json>> = list.items.iter().map(unknown_tree).collect();
            let is_known = items.iter().all(Option::is_none);
            (!is_known).then(|| items.into_iter().map(|item| item.unwrap_or(Json::Bool(false))).collect())
        }
        Data::Map(map) => {
            let entry = |entry: &crate::value::Entry| Some((entry.key.to_string(), unknown_tree(&entry.value)?));
            let entries: serde_json::Map<String, Json> = map.entries().iter().filter_map(entry).collect();
            (!entries.is_empty()).then_some(Json::Object(entries))
        }
        _ => None,
    }
}
