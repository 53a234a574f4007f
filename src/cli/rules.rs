//! `iacscan rules`

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use super::args::{RulesArgs, TableFormat};
use super::{Status, Stop, setup};
use crate::rules::{RuleInfo, Severity};

#[derive(Serialize)]
struct Listed<'r> {
    id: &'r str,
    title: &'r str,
    severity: Severity,
    topic: &'r str,
    target: &'r str,
    aliases: &'r [String],
    frameworks: &'r BTreeMap<String, Vec<String>>,
    practice: &'r str,
}

pub(super) fn run(args: &RulesArgs, out: &mut dyn Write) -> Result<Status, Stop> {
    let (config, settings, sources) = setup::config(args.config.as_deref())?;
    let (rules, _) = setup::rules(&args.rules, &config, &settings, sources)?;
    let infos: Vec<&RuleInfo> = rules.iter().map(|rule| &*rule.info).collect();
    match args.format {
        TableFormat::Json => {
            let listed: Vec<Listed<'_>> = infos.iter().map(|info| list(info)).collect();
            serde_json::to_writer_pretty(&mut *out, &listed).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        TableFormat::Text => {
            let width = infos.iter().map(|info| info.id.len()).max().unwrap_or(0);
            for info in &infos {
                writeln!(out, "{:width$}  {:8}  {}", info.id, info.severity.name(), info.title)?;
            }
            writeln!(out, "\n{} rules; `iacscan explain RULE` tells more", infos.len())?;
        }
    }
    Ok(Status::Clean)
}

fn list(info: &RuleInfo) -> Listed<'_> {
    Listed {
        id: &info.id,
        title: &info.title,
        severity: info.severity,
        topic: &info.topic,
        target: &info.target,
        aliases: &info.aliases,
        frameworks: &info.frameworks,
        practice: &info.practice,
    }
}
