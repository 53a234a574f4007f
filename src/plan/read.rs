//! From the text of a plan to its resources.

use std::borrow::Cow;

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::address::{module_calls, segments};
use super::attributes::{Ground, Names, Overlay, Refusal, Subject, read_value};
use super::configuration::configuration;
use super::entry::{Action, Entry, ModuleValues};
use super::link::Links;
use super::mask::Mask;
use super::output::{RawEntries, outputs};
use super::provider::Providers;
use crate::diagnostic::Diagnostic;
use crate::model::{Change, Mode, Resource, Step, Unit, UnitKind};
use crate::source::{FileId, MAX_PLAN_BYTES, Origin};
use crate::value::{Data, Map, Value};

/// Of more entries that cannot be read than this, only the number is told.
const MAX_DIAGNOSTICS: usize = 100;

/// Fewer resources than this are not worth a task of their own.
const MIN_TASK: usize = 64;

const HELP: &str = "write the plan with `terraform show -json plan.out > plan.json`";
const FOREIGN: &str = "the plan does not have the form that `terraform show -json` writes";

#[derive(Deserialize)]
struct PlanText<'a> {
    #[serde(borrow, default)]
    format_version: Cow<'a, str>,
    #[serde(borrow, default)]
    planned_values: Option<ValuesText<'a>>,
    #[serde(borrow, default)]
    values: Option<ValuesText<'a>>,
    #[serde(borrow, default)]
    prior_state: Option<StateText<'a>>,
    #[serde(borrow, default)]
    resource_changes: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    output_changes: RawEntries<'a>,
    #[serde(borrow, default)]
    configuration: Option<&'a RawValue>,
    #[serde(borrow, default)]
    errored: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct ValuesText<'a> {
    #[serde(borrow, default)]
    outputs: RawEntries<'a>,
    #[serde(borrow, default)]
    root_module: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StateText<'a> {
    #[serde(borrow, default)]
    values: Option<ValuesText<'a>>,
}

/// Reads a plan or a state as `terraform show -json` writes them. `text` is the whole text of `file`, `path` the name that
/// reports show.
///
/// Resources keep the order of the plan; outputs follow. A resource that goes away keeps the attributes it had.
/// There is no unit where the text cannot be read as a whole.
pub fn read(file: FileId, text: &str, path: &str) -> (Option<Unit>, Vec<Diagnostic>) {
    let ground = Ground { file, text };
    if text.len() as u64 > MAX_PLAN_BYTES {
        let message = format!("the plan is larger than {} MiB", MAX_PLAN_BYTES >> 20);
        return (None, vec![Diagnostic::error("plan-size", message).path(path)]);
    }
    let body = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    // A struct would also be read from a list of its fields.
    if !body.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok() {
        return (None, vec![refusal(FOREIGN, ground, ground.offset(body))]);
    }
    let plan: PlanText<'_> = match serde_json::from_str(body) {
        Ok(plan) => plan,
        Err(error) => return (None, vec![syntax(&error, body, ground)]),
    };
    let mut diagnostics = Vec::new();
    check_version(&plan.format_version, ground, &mut diagnostics);
    if let Some(raw) = plan.errored.filter(|raw| raw.get() == "true") {
        let message = "the plan was written after an error: it may lack resources";
        diagnostics.push(Diagnostic::warning("plan-incomplete", message).at(ground.origin(raw.get()), ""));
    }
    let (values, is_state) = match (plan.planned_values, plan.values, plan.prior_state) {
        (Some(values), ..) => (values, false),
        (None, Some(values), _) => (values, true),
        // A plan with changes takes only what it plans.
        (None, None, Some(state)) if plan.resource_changes.is_none() => (state.values.unwrap_or_default(), true),
        _ => (ValuesText::default(), false),
    };
    let mut troubles = Troubles::default();
    let changes = plan.resource_changes.unwrap_or_default();
    let mut listed = Vec::new();
    if changes.is_empty()
        && let Some(raw) = values.root_module
    {
        match serde_json::from_str::<ModuleValues<'_>>(raw.get()) {
            Ok(module) => module.resources(&mut listed),
            Err(_) => return (None, vec![refusal(FOREIGN, ground, ground.offset(raw.get()))]),
        }
    }
    let read_entries = || -> Vec<_> {
        if changes.is_empty() {
            listed.par_iter().with_min_len(MIN_TASK).map(|raw| Entry::of_values(raw, ground, !is_state)).collect()
        } else {
            changes.par_iter().with_min_len(MIN_TASK).map(|raw| Entry::of_change(raw, ground)).collect()
        }
    };
    let (read, root) = rayon::join(read_entries, || plan.configuration.map(configuration));
    let root = match (root, plan.configuration) {
        (Some(Err(_)), Some(raw)) => {
            let message =
                "the configuration within the plan cannot be read: references between resources are not known";
            let warning = Diagnostic::warning("plan-configuration", message).at(ground.origin(raw.get()), "");
            diagnostics.push(warning.help(HELP));
            None
        }
        (root, _) => root.and_then(Result::ok),
    };
    let entries: Vec<Entry<'_>> = read.into_iter().filter_map(|entry| troubles.keep(entry)).collect();
    let (root, providers) =
        root.map_or_else(|| (None, Providers::default()), |(root, providers)| (Some(root), providers));
    let links = Links::new(root.as_ref(), &providers, &plan.format_version, &entries);
    let refused = |(message, place): Refusal| {
        Diagnostic::error("plan-syntax", message).at(place, "passed over with its resource").help(HELP)
    };
    let made: Vec<Result<Resource, Diagnostic>> = entries
        .par_iter()
        .with_min_len(MIN_TASK)
        .map_init(Names::default, |names, entry| resource(entry, ground, &links, names).map_err(refused))
        .collect();
    let mut resources = Vec::with_capacity(made.len());
    resources.extend(made.into_iter().filter_map(|resource| troubles.keep(resource)));
    let mut names = Names::default();
    for output in outputs(&plan.output_changes, &values.outputs, is_state, ground) {
        let output = output.and_then(|output| output.resource(ground, &links, &mut names).map_err(refused));
        resources.extend(troubles.keep(output));
    }
    troubles.tell(path, &mut diagnostics);
    let is_at_home =
        |one: &Resource| one.account.is_none() && one.mode == Mode::Managed && one.provider_type.starts_with("aws_");
    let (own_accounts, account) = providers.own_accounts(resources.iter().any(is_at_home));
    (Some(Unit { own_accounts, account, ..Unit::new(UnitKind::Plan, path, resources) }), diagnostics)
}

/// What went wrong with single entries.
#[derive(Default)]
struct Troubles {
    first: Vec<Diagnostic>,
    further: usize,
}

impl Troubles {
    fn keep<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        match result {
            Ok(value) => return Some(value),
            Err(diagnostic) if self.first.len() < MAX_DIAGNOSTICS => self.first.push(diagnostic),
            Err(_) => self.further += 1,
        }
        None
    }

    fn tell(self, path: &str, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.extend(self.first);
        if self.further > 0 {
            let message = format!("{} further entries of the plan cannot be read", self.further);
            diagnostics.push(Diagnostic::error("plan-entry", message).path(path));
        }
    }
}

fn check_version(version: &str, ground: Ground<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if matches!(major, Some(0 | 1)) {
        return;
    }
    let message = if version.is_empty() {
        "the plan does not tell its `format_version`".to_owned()
    } else {
        format!("the plan has `format_version` `{version}`, and this version of iacscan knows 0 and 1")
    };
    let start = ground.text.find("\"format_version\"");
    let place = start
        .map_or(Origin::new(ground.file, 0, 0), |at| Origin::new(ground.file, at, at + "\"format_version\"".len()));
    let help = "it is read all the same; a newer iacscan may understand more of it";
    diagnostics.push(Diagnostic::warning("plan-version", message).at(place, "").help(help));
}

/// serde_json's own words may quote values of the plan, which may be secret.
fn syntax(error: &serde_json::Error, body: &str, ground: Ground<'_>) -> Diagnostic {
    let line = error.line().saturating_sub(1);
    let start = match line {
        0 => 0,
        _ => memchr::memchr_iter(b'\n', body.as_bytes()).nth(line - 1).map_or(body.len(), |at| at + 1),
    };
    let at = (start + error.column().saturating_sub(1)).min(body.len());
    let at = ground.offset(body) + (0..=at).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
    let message = match error.classify() {
        Category::Eof => "the plan breaks off before its end",
        Category::Syntax => "the plan is not valid JSON",
        Category::Data | Category::Io => FOREIGN,
    };
    refusal(message, ground, at)
}

fn refusal(message: &str, ground: Ground<'_>, at: usize) -> Diagnostic {
    Diagnostic::error("plan-syntax", message).at(Origin::new(ground.file, at, at + 1), "").help(HELP)
}

fn resource(entry: &Entry<'_>, ground: Ground<'_>, links: &Links<'_>, names: &mut Names) -> Result<Resource, Refusal> {
    let provider_type = names.get(&entry.provider_type);
    let subject = Subject {
        address: entry.address.as_ref().into(),
        provider_type: Some(provider_type.clone()),
        place: entry.place,
    };
    let values = entry.values;
    let before = |names: &mut Names| {
        let (unknown, sensitive) = (&Mask::Clear, &Mask::read(values.before_sensitive, entry.place)?);
        attributes(values.before, ground, &subject, &Overlay { unknown, sensitive, partial: false }, names)
    };
    let (attributes, change) = if entry.action == Action::Delete {
        (before(names)?, Change::Delete)
    } else {
        let partial = entry.partial;
        let mut unknown =
            if partial { links.referring(&entry.address) } else { Mask::read(values.after_unknown, entry.place)? };
        if !partial {
            links.annotate(&entry.address, &mut unknown);
        }
        let overlay =
            Overlay { unknown: &unknown, sensitive: &Mask::read(values.after_sensitive, entry.place)?, partial };
        let after = attributes(values.after, ground, &subject, &overlay, names)?;
        let change = match entry.action {
            Action::Update => Change::Update(Box::new(before(names)?)),
            Action::Keep => Change::None,
            Action::Create | Action::Delete => Change::Create,
        };
        (after, change)
    };
    let calls = module_calls(&entry.address, &segments(&entry.address));
    Ok(Resource {
        address: subject.address.clone(),
        provider_type,
        mode: entry.mode,
        attributes,
        origin: entry.place,
        extent: entry.extent,
        change,
        possible: None,
        chain: calls.into_iter().map(|name| Step { name: names.get(name), origin: entry.place }).collect(),
        construct: None,
        account: links.account(&entry.address),
    })
}

/// The attributes of a resource, a map also where the plan has none.
fn attributes(
    raw: Option<&RawValue>,
    ground: Ground<'_>,
    subject: &Subject,
    overlay: &Overlay<'_, '_>,
    names: &mut Names,
) -> Result<Value, Refusal> {
    if matches!(overlay.unknown, Mask::Set(_)) {
        let mut map = Map::default();
        map.rest = Some(subject.whole(None));
        return Ok(Value::new(Data::Map(map.into()), subject.place));
    }
    let value = match raw {
        Some(raw) if raw.get().starts_with('{') => return read_value(raw.get(), ground, subject, overlay, names),
        // Nothing is there but what is unknown.
        _ => read_value("{}", Ground { text: "{}", ..ground }, subject, overlay, names)?,
    };
    Ok(value.at(subject.place))
}
