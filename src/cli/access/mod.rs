//! `iacscan access PATH`: who can do what, and who can become whom.

mod collect;
mod mermaid;
mod overview;
mod page;
mod picture;
#[cfg(test)]
mod tests;
mod text;

use std::io::Write;

use super::args::{AccessArgs, AccessFormat};
use super::{Status, Stop, setup};
use crate::diagnostic::{Diagnostic, Level};
use crate::iam::exposure::Known;
use crate::iam::glob::Glob;
use crate::iam::{add_existing, catalogue, is_gone};
use crate::model::Kinds;
use crate::value::Truth;

pub(super) fn run(args: &AccessArgs, out: &mut dyn Write) -> Result<Status, Stop> {
    let (config, ..) = setup::config(args.input.config.as_deref())?;
    let question = match &args.who_can {
        Some(action) => {
            let action = action_of(action)?;
            let resource = args.resource.as_deref().map(|resource| resource_of(resource, &action)).transpose()?;
            Some(overview::Question { action, resource })
        }
        None => None,
    };
    let options = setup::options(&args.input, &config)?;
    let mut model = crate::scan::model(&options);
    // What a plan takes away is nobody's any more.
    for unit in &mut model.units {
        unit.resources.retain(|resource| !is_gone(resource));
        add_existing(unit, Kinds::built_in());
    }
    let only = collect::Only { names: &args.principals, with_ties: args.format == AccessFormat::Mermaid };
    let (accounts, organizations) = (&*options.own_accounts, &*options.own_organizations);
    let own = Known { accounts, organizations, ..Known::default() };
    let overview = collect::overview(&model, own, &only, question);
    if let Some(name) = args.principals.iter().find(|name| !overview.knows(name)) {
        return Err(unknown_principal(name, &overview));
    }
    match args.format {
        AccessFormat::Text => text::write(&overview, out)?,
        AccessFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &overview).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        AccessFormat::Mermaid => mermaid::write(&overview, out)?,
    }
    setup::print_diagnostics(&model.diagnostics, &model.sources)?;
    let failed = model.diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error);
    Ok(if failed { Status::Failed } else { Status::Clean })
}

/// There is nobody of this name; the nearest name may be meant.
fn unknown_principal(name: &str, overview: &overview::Overview) -> Stop {
    let shown = crate::report::one_line(name);
    let diagnostic = Diagnostic::error("unknown-principal", format!("there is no user, group or role `{shown}`"));
    let last = name.rsplit(['/', ':']).next().unwrap_or(name);
    let names = || overview.names.iter().map(String::as_str);
    let near = |name: &str| setup::nearest(name, names(), name.len() / 2);
    let near = near(name).or_else(|| near(last));
    let help = match near {
        Some(near) => format!("did you mean `{}`?", crate::report::one_line(near)),
        None => "`iacscan access` lists them all".to_owned(),
    };
    Stop::Call(Box::new(diagnostic.help(help)), Box::default())
}

/// The action as AWS writes it.
fn action_of(written: &str) -> Result<String, Stop> {
    if let Some(action) = catalogue::action(written) {
        return Ok(action.full_name());
    }
    let shown = crate::report::one_line(written);
    let diagnostic = Diagnostic::error("unknown-action", format!("there is no action `{shown}`"));
    let (service, name) = written.split_once(':').unwrap_or(("*", written));
    let named = |pattern: &str| {
        catalogue::actions_matching(pattern).iter().map(|action| action.full_name()).take(4).collect::<Vec<_>>()
    };
    let matching = |pattern: &str| catalogue::actions_matching(pattern).into_iter().next();
    let help = if written.is_empty() || written.ends_with(':') {
        "an action is a service and a name, such as `s3:GetObject`".to_owned()
    } else if written.contains(['*', '?']) {
        let example = matching(written).map(|action| format!(", such as `{}`", action.full_name()));
        format!("name one action, without a wildcard{}", example.unwrap_or_default())
    } else if let [first, others @ ..] = named(&format!("{service}:{name}")).as_slice() {
        let others: String = others.iter().map(|other| format!(" or `{other}`")).collect();
        format!("did you mean `{first}`{others}?")
    } else if let Some(action) = matching(&format!("{service}:{name}*")) {
        format!("did you mean `{}`?", action.full_name())
    } else if let Some(action) = nearest_action(written, service) {
        format!("did you mean `{action}`?")
    } else {
        "an action is a service and a name, such as `s3:GetObject`".to_owned()
    };
    Err(Stop::Call(Box::new(diagnostic.help(help)), Box::default()))
}

/// The action whose name is most like one: of the service that is named where there is one, else of any.
fn nearest_action(written: &str, service: &str) -> Option<String> {
    const LONGEST: usize = 100;
    if written.len() > LONGEST {
        return None;
    }
    let of = |pattern: &str| catalogue::actions_matching(pattern).iter().map(|a| a.full_name()).collect::<Vec<_>>();
    let of_service = if service == "*" { Vec::new() } else { of(&format!("{service}:*")) };
    let (all, most) = match of_service.is_empty() {
        true => (of("*"), written.len() / 4),
        false => (of_service, written.len() / 2),
    };
    setup::nearest(written, all.iter().map(String::as_str), most).map(str::to_owned)
}

/// A resource that is asked for must be an ARN of something that the action works on.
fn resource_of(resource: &str, action: &str) -> Result<String, Stop> {
    let shown = crate::report::one_line(resource);
    let fail = |code: &'static str, message: String, help: String| {
        Err(Stop::Call(Box::new(Diagnostic::error(code, message).help(help)), Box::default()))
    };
    if resource != "*" && !(resource.starts_with("arn:") && resource.splitn(6, ':').count() == 6) {
        let help = "an ARN has six parts, such as `arn:aws:s3:::bucket/key`; `*` stands for any text".to_owned();
        return fail("not-an-arn", format!("`{shown}` is no ARN"), help);
    }
    let Some(found) = catalogue::action(action).filter(|found| found.has_resource_types()) else {
        return Ok(resource.to_owned());
    };
    let asked = Glob::pattern(resource);
    let formats = || found.resource_types().flat_map(|(kind, _)| kind.arns());
    let works = formats().any(|arn| arn.meets(&asked) != Truth::False);
    if works || formats().next().is_none() {
        return Ok(resource.to_owned());
    }
    let mut shapes: Vec<String> = formats().map(|arn| format!("`{}`", arn.glob)).collect();
    shapes.sort_by_key(String::len);
    shapes.truncate(3);
    let help = format!("its resources look like {}", shapes.join(", "));
    fail("wrong-resource", format!("`{action}` is not done on `{shown}`"), help)
}
