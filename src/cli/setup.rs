//! From arguments and configuration to the options of a scan.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::Stop;
use super::args::{InputArgs, RuleArgs};
use crate::config::{Config, RuleSettings};
use crate::diagnostic::Diagnostic;
use crate::iam::exposure::is_organization_id;
use crate::report::{Format, Report, Summary, WriteOptions};
use crate::rules::{self, Overrides, Rule};
use crate::scan::{Options, Text};
use crate::source::Sources;

/// The name of the configuration file in the working directory.
const CONFIG: &str = ".iacscan.toml";

/// The project's configuration: the named one, else the one of the working directory, else none. Its text is in the
/// sources that come with it.
pub(super) fn config(named: Option<&Path>) -> Result<(Config, RuleSettings, Sources), Stop> {
    let path = match named {
        Some(path) => path.to_owned(),
        None if Path::new(CONFIG).symlink_metadata().is_ok() => PathBuf::from(CONFIG),
        None => return Ok(Default::default()),
    };
    // Whoever scans what others wrote has not asked for this file: it may not lead out of what is scanned.
    let boundary = named.is_none().then(|| crate::input::boundary(Path::new(".")));
    if let Some(boundary) = &boundary {
        let refuse = |reason: String| {
            let message = format!("the configuration cannot be read: {reason}");
            let diagnostic = Diagnostic::error("config", message).path(CONFIG);
            Stop::Call(Box::new(diagnostic.help("name another one with `--config`")), Box::default())
        };
        crate::config::within(&path, boundary).map_err(refuse)?;
        if !path.is_file() {
            return Err(refuse("it is not a regular file".to_owned()));
        }
    }
    let sources = Sources::within([]);
    let (mut config, settings) = match Config::read(&path, &sources) {
        Ok(read) => read,
        Err(diagnostic) => return Err(Stop::Call(Box::new(diagnostic), Box::new(sources))),
    };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    for rules in &mut config.rule_folders {
        let joined = folder.join(&rules);
        if let Some(boundary) = &boundary
            && joined.exists()
            && let Err(reason) = crate::config::within(&joined, boundary)
        {
            let message = format!("the rule folder `{}` cannot be read: {reason}", rules.display());
            let diagnostic = Diagnostic::error("config", message).path(CONFIG).help("name it with `--rules`");
            return Err(Stop::Call(Box::new(diagnostic), Box::default()));
        }
        *rules = joined;
    }
    Ok((config, settings, sources))
}

/// The rules in use, and the ids and aliases of all that there are, in lower case; a rule that cannot be read or is not known stops the call.
pub(super) fn rules(
    args: &RuleArgs,
    config: &Config,
    settings: &RuleSettings,
    sources: Sources,
) -> Result<(Vec<Rule>, BTreeSet<String>), Stop> {
    let mut rules = match rules::built_in(&settings.overrides) {
        Ok(rules) => rules,
        Err(diagnostic) => {
            let fits = |overrides: &Overrides| rules::built_in(overrides).is_ok();
            return Err(Stop::Call(Box::new(blame(diagnostic, settings, fits)), Box::new(sources)));
        }
    };
    for folder in config.rule_folders.iter().chain(&args.folders) {
        let (own, mut diagnostics) = rules::read_folder(folder, &settings.overrides, &sources);
        if !diagnostics.is_empty() {
            let fits = |overrides: &Overrides| rules::read_folder(folder, overrides, &sources).1.is_empty();
            let diagnostic = blame(diagnostics.remove(0), settings, fits);
            return Err(Stop::Call(Box::new(diagnostic), Box::new(sources)));
        }
        // A rule of the project's own takes the place of a built-in one of the same id.
        rules.retain(|rule| own.iter().all(|other| other.info.id != rule.info.id));
        rules.extend(own);
    }
    let known = |id: &str| rules.iter().any(|rule| *rule.info.id == *id);
    for (id, origin) in &settings.named {
        if !known(id) {
            let diagnostic = unknown_rule(id, &rules).at(*origin, "");
            return Err(Stop::Call(Box::new(diagnostic), Box::new(sources)));
        }
    }
    for id in args.only.iter().chain(&args.skip) {
        if !known(id) {
            return Err(Stop::Call(Box::new(unknown_rule(id, &rules)), Box::new(sources)));
        }
    }
    let names = rules.iter().flat_map(|rule| {
        let aliases = rule.info.aliases.iter().map(|alias| alias.to_ascii_lowercase());
        aliases.chain([rule.info.id.to_ascii_lowercase()])
    });
    let names = names.collect();
    rules.retain(|rule| {
        let id = rule.info.id.to_string();
        let chosen = args.only.is_empty() || args.only.contains(&id);
        chosen && !args.skip.contains(&id) && !settings.disabled.contains(&id)
    });
    Ok((rules, names))
}

/// Where a rule is fine without what the configuration sets, the fault lies there.
fn blame(diagnostic: Diagnostic, settings: &RuleSettings, fits: impl Fn(&Overrides) -> bool) -> Diagnostic {
    if !fits(&Overrides::new()) {
        return diagnostic;
    }
    let alone = |id: &str| settings.overrides.get_key_value(id).map(|(id, set)| (id.clone(), set.clone()));
    let at_fault = settings.named.iter().find(|(id, _)| !fits(&alone(id).into_iter().collect()));
    match at_fault {
        Some((_, origin)) => Diagnostic::error("config", diagnostic.message).at(*origin, "set here"),
        None => diagnostic,
    }
}

/// There is no such rule; the nearest name may be meant.
pub(super) fn unknown_rule(id: &str, rules: &[Rule]) -> Diagnostic {
    let diagnostic = Diagnostic::error("unknown-rule", format!("there is no rule `{id}`"));
    match nearest(id, rules.iter().map(|rule| &*rule.info.id), id.len() / 2) {
        Some(rule) => diagnostic.help(format!("did you mean `{rule}`?")),
        None => diagnostic.help("`iacscan rules` lists them all"),
    }
}

/// The name that is most like one that there is not, without regard to case; none where so many letters differ in each.
pub(super) fn nearest<'n>(written: &str, names: impl Iterator<Item = &'n str>, most: usize) -> Option<&'n str> {
    let lower = written.to_lowercase();
    let length = lower.chars().count();
    let near = names.filter(|name| name.chars().count().abs_diff(length) <= most);
    let found = near.map(|name| (edit_distance(&lower, &name.to_lowercase()), name)).min_by_key(|(far, _)| *far);
    found.filter(|(far, _)| *far <= most).map(|(_, name)| name)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

/// The options of a scan without rules.
pub(super) fn options(args: &InputArgs, config: &Config) -> Result<Options, Stop> {
    let mut paths = args.paths.clone();
    let mut texts = Vec::new();
    if paths.iter().any(|path| path == Path::new("-")) {
        paths.retain(|path| path != Path::new("-"));
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| Stop::call("unreadable", format!("standard input cannot be read: {error}")))?;
        texts.push(Text { name: String::new(), bytes });
    } else if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    for account in config.accounts.iter().chain(&args.accounts) {
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Stop::call("account", format!("`{account}` is no account id: one has twelve digits")));
        }
    }
    for organization in config.organizations.iter().chain(&args.organizations) {
        if !is_organization_id(organization) {
            let message =
                format!("`{organization}` is no organization id: one is `o-` and ten to 32 letters and digits");
            return Err(Stop::call("organization", message));
        }
    }
    let exclude: Vec<String> = config.exclude.iter().chain(&args.exclude).cloned().collect();
    for pattern in &exclude {
        if let Err(reason) = crate::input::check_pattern(pattern) {
            let message = format!("`{pattern}` is no pattern of what to leave out: {reason}");
            return Err(Stop::call("exclude", message));
        }
    }
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?.strip_prefix("TF_VAR_")?.to_owned();
            Some((name, value.into_string().ok()?))
        })
        .collect();
    Ok(Options {
        paths,
        texts,
        root: args.root.clone(),
        exclude,
        terraform: crate::terraform::Settings {
            workspace: args.workspace.clone().or_else(|| std::env::var("TF_WORKSPACE").ok()),
            given: args.given.clone(),
            environment,
            in_memory: false,
        },
        cloudformation: crate::cloudformation::Settings {
            parameters: args.parameters.iter().cloned().collect(),
            parameter_files: args.parameter_files.clone(),
            config_env: args.config_env.clone(),
            ..crate::cloudformation::Settings::default()
        },
        own_accounts: config.accounts.iter().chain(&args.accounts).cloned().collect(),
        own_organizations: config.organizations.iter().chain(&args.organizations).cloned().collect(),
        threads: args.threads,
        ..Options::default()
    })
}

/// How reports are written, with the paths that they are relative to.
pub(super) fn write_options(color: bool, show_undecided: bool) -> WriteOptions {
    let working_directory = std::env::current_dir().unwrap_or_default();
    let repository = working_directory.ancestors().find(|ancestor| ancestor.join(".git").exists());
    WriteOptions {
        color,
        show_undecided,
        repository_root: repository.map(Path::to_owned),
        working_directory: working_directory.clone(),
        catalogue_date: crate::iam::catalogue::date(),
        ..WriteOptions::default()
    }
}

/// Whether to use colours on a stream.
pub(super) fn use_color(choice: super::args::Color, is_terminal: bool) -> bool {
    match choice {
        super::args::Color::Always => true,
        super::args::Color::Never => false,
        super::args::Color::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// Writes diagnostics to standard error, with excerpts.
pub(super) fn print_diagnostics(diagnostics: &[Diagnostic], sources: &Sources) -> io::Result<()> {
    let mut copied = Vec::new();
    // The report owns its texts; those that the diagnostics point into move over.
    let own = Sources::within([]);
    for diagnostic in diagnostics {
        let mut diagnostic = diagnostic.clone();
        for label in &mut diagnostic.labels {
            let source = sources.get(label.origin.file);
            label.origin.file = own.add(source.path(), source.text().to_owned());
        }
        copied.push(diagnostic);
    }
    let report = Report {
        findings: Vec::new(),
        undecided: Vec::new(),
        diagnostics: copied,
        summary: Summary::default(),
        rules: Vec::new(),
        sources: own,
    };
    let mut text = Vec::new();
    crate::report::write_diagnostics(&report, &write_options(false, false), &mut text)?;
    io::stderr().lock().write_all(&text)
}

/// Writes a report to a file, which is not touched before the report is whole in memory.
pub(super) fn write_file(format: Format, report: &Report, options: &WriteOptions, path: &Path) -> Result<(), Stop> {
    let failed = |error: io::Error| Stop::Write(format!("`{}`: {error}", path.display()));
    let mut text = Vec::new();
    crate::report::write(format, report, options, &mut text).map_err(failed)?;
    std::fs::write(path, text).map_err(failed)
}
