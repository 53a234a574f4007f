//! The project's configuration, `.iacscan.toml`.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::rules::{Overrides, Severity};
use crate::source::{Origin, Sources};

/// What a project sets. Command line options come on top.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Ids of the project's own accounts.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Ids of the project's own organizations.
    #[serde(default)]
    pub organizations: Vec<String>,
    /// What is left out, as in `.gitignore`.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Folders with rules of the project's own, relative to the configuration file.
    #[serde(default)]
    pub rule_folders: Vec<std::path::PathBuf>,
    /// Least severity that makes the exit status 1.
    pub fail_on: Option<Severity>,
    /// Least severity that is reported.
    pub min_severity: Option<Severity>,
    /// Settings of rules, by id: `enabled`, `severity`, and the rule's parameters.
    #[serde(default)]
    rules: BTreeMap<toml::Spanned<String>, BTreeMap<String, toml::Value>>,
}

/// The settings of rules, taken apart.
#[derive(Debug, Default)]
pub struct RuleSettings {
    /// Rules that are switched off.
    pub disabled: Vec<String>,
    /// Severities.
    pub severities: BTreeMap<String, Severity>,
    /// Values of parameters.
    pub overrides: Overrides,
    /// Every rule that is named, with its place.
    pub named: Vec<(String, Origin)>,
}

/// Longer configurations are not read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

fn text_of(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    // Not the length that the system tells: that of a pipe or device says nothing.
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("it is larger than {} MiB", MAX_BYTES >> 20));
    }
    String::from_utf8(bytes).map_err(|_| "it is not valid UTF-8".to_owned())
}

/// Whether something that nobody named lies within a folder (a real path), links resolved; the reason where it does not.
///
/// # Errors
/// The reason, as a phrase.
pub fn within(path: &Path, boundary: &Path) -> Result<(), String> {
    let real = path.canonicalize().map_err(|error| error.to_string())?;
    if real.starts_with(boundary) { Ok(()) } else { Err("it lies outside of the repository".to_owned()) }
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// A diagnostic with the place that is wrong.
    pub fn read(path: &Path, sources: &Sources) -> Result<(Config, RuleSettings), Diagnostic> {
        let shown = sources.display(path);
        let text = text_of(path).map_err(|reason| {
            Diagnostic::error("config", format!("the configuration cannot be read: {reason}")).path(&shown)
        })?;
        let file = sources.add(shown, text);
        let source = sources.get(file);
        let wrong = |message: String, span: std::ops::Range<usize>| {
            Diagnostic::error("config", message).at(Origin::new(file, span.start, span.end), "here")
        };
        let mut config: Config = toml::from_str(source.text())
            .map_err(|error| wrong(error.message().replace('\n', ", "), error.span().unwrap_or(0..0)))?;
        let mut settings = RuleSettings::default();
        for (id, values) in std::mem::take(&mut config.rules) {
            let span = id.span();
            let id = id.into_inner();
            settings.named.push((id.clone(), Origin::new(file, span.start, span.end)));
            for (name, value) in values {
                match (name.as_str(), &value) {
                    ("enabled", toml::Value::Boolean(true)) => {}
                    ("enabled", toml::Value::Boolean(false)) => settings.disabled.push(id.clone()),
                    ("enabled", _) => return Err(wrong("`enabled` is `true` or `false`".to_owned(), span)),
                    ("severity", value) => {
                        let severity = value.clone().try_into::<Severity>();
                        let severity = severity.map_err(|_| {
                            wrong("a severity is info, low, medium, high or critical".to_owned(), span.clone())
                        })?;
                        settings.severities.insert(id.clone(), severity);
                    }
                    _ => {
                        settings.overrides.entry(id.clone()).or_default().insert(name, value);
                    }
                }
            }
        }
        Ok((config, settings))
    }
}
