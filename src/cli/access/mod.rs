//! `iacscan access PATH`: who can do what, and who can become whom.

mod collect;
mod mermaid;
mod picture;
#[cfg(test)]
mod tests;
mod text;

use std::io::Write;

use super::args::{AccessArgs, AccessFormat};
use super::{Status, Stop, setup};
use crate::diagnostic::{Diagnostic, Level};
use crate::iam::{catalogue, is_gone};

pub(super) fn run(args: &AccessArgs, out: &mut dyn Write) -> Result<Status, Stop> {
    let (config, ..) = setup::config(args.input.config.as_deref())?;
    let question = match &args.who_can {
        Some(action) => Some(collect::Question { action: action_of(action)?, resource: args.resource.clone() }),
        None => None,
    };
    let options = setup::options(&args.input, &config)?;
    let mut model = crate::scan::model(&options);
    // What a plan takes away is nobody's any more.
    for unit in &mut model.units {
        unit.resources.retain(|resource| !is_gone(resource));
    }
    let only = collect::Only { names: &args.principals, with_ties: args.format == AccessFormat::Mermaid };
    let overview = collect::overview(&model, &options.own_accounts, &only, question);
    if let Some(name) = args.principals.iter().find(|name| !overview.knows(name)) {
        let message = format!("there is no user, group or role `{}`", crate::report::one_line(name));
        let diagnostic = Diagnostic::error("unknown-principal", message);
        return Err(Stop::Call(Box::new(diagnostic.help("`iacscan access` lists them all")), Box::default()));
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

/// The action as AWS writes it.
fn action_of(written: &str) -> Result<String, Stop> {
    if let Some(action) = catalogue::action(written) {
        return Ok(action.full_name());
    }
    let shown = crate::report::one_line(written);
    let diagnostic = Diagnostic::error("unknown-action", format!("there is no action `{shown}`"));
    let pattern = if written.contains(':') { format!("{written}*") } else { format!("*:{written}*") };
    let near = catalogue::actions_matching(&pattern).into_iter().next();
    let help = match near {
        _ if written.contains(['*', '?']) => "name one action, without a wildcard".to_owned(),
        Some(action) => format!("did you mean `{}`?", action.full_name()),
        None => "an action is a service and a name, such as `s3:GetObject`".to_owned(),
    };
    Err(Stop::Call(Box::new(diagnostic.help(help)), Box::default()))
}
