//! Findings, and one file for each format that they are written in.

mod csv;
mod escape;
mod excerpt;
mod finding;
mod fingerprint;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod location;
mod markdown;
mod redact;
#[cfg(test)]
mod sample;
mod sarif;
mod summary;
mod text;

use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

pub use finding::{Consequence, Construct, Finding, Place, Related, Report, Summary, Suppressed, Undecided};
pub use fingerprint::{fingerprint, number_duplicates};

pub(crate) use redact::one_line;
pub use text::write_diagnostics;

/// The formats that a report is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// For people, with excerpts.
    Text,
    /// Stable and versioned, for programs.
    Json,
    /// SARIF 2.1.0, for GitHub code scanning and others.
    Sarif,
    /// JUnit XML, for the test pages of CI systems.
    Junit,
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
    /// Code Quality of GitLab.
    Gitlab,
    /// For a job summary or a comment.
    Markdown,
    /// One page without outside parts.
    Html,
    /// For spreadsheets.
    Csv,
}

impl Format {
    /// All of them, in the order of the documentation.
    pub const ALL: [Format; 9] = [
        Format::Text,
        Format::Json,
        Format::Sarif,
        Format::Junit,
        Format::Github,
        Format::Gitlab,
        Format::Markdown,
        Format::Html,
        Format::Csv,
    ];

    /// The name in options.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Junit => "junit",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Csv => "csv",
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// No format has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no format `{0}`: it is one of text, json, sarif, junit, github, gitlab, markdown, html, csv")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

impl clap::ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Format] {
        &Format::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}

/// How a report is written.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// Text: with ANSI colours.
    pub color: bool,
    /// Text: with box-drawing characters; plain ASCII otherwise.
    pub unicode: bool,
    /// Text: list what could not be decided instead of counting it.
    pub show_undecided: bool,
    /// Text: columns to wrap at.
    pub width: usize,
    /// The root of the repository, as a real path: code hosts want paths relative to it. `None`: the working directory.
    pub repository_root: Option<PathBuf>,
    /// What the paths of the report are relative to, as a real path.
    pub working_directory: PathBuf,
    /// The version of the tool.
    pub tool_version: String,
    /// The day of what the tool knows of AWS: `2026-10-27`.
    pub catalogue_date: String,
}

impl Default for WriteOptions {
    fn default() -> WriteOptions {
        WriteOptions {
            color: false,
            unicode: true,
            show_undecided: false,
            width: 100,
            repository_root: None,
            working_directory: PathBuf::new(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            catalogue_date: String::new(),
        }
    }
}

/// Writes a report in a format.
///
/// # Errors
/// What the writer says.
pub fn write(format: Format, report: &Report, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    let write = match format {
        Format::Text => text::write,
        Format::Json => json::write,
        Format::Sarif => sarif::write,
        Format::Junit => junit::write,
        Format::Github => github::write,
        Format::Gitlab => gitlab::write,
        Format::Markdown => markdown::write,
        Format::Html => html::write,
        Format::Csv => csv::write,
    };
    write(report, options, out)
}

#[cfg(test)]
mod tests {
    use super::{Format, WriteOptions, sample, write};

    #[test]
    fn names_and_formats_belong_together() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert!("xml".parse::<Format>().is_err());
    }

    #[test]
    fn no_format_shows_a_secret_or_steers_a_terminal() {
        for format in Format::ALL {
            let mut out = Vec::new();
            write(format, &sample::report(), &WriteOptions::default(), &mut out).unwrap();
            let shown = String::from_utf8(out).unwrap();
            assert!(!shown.contains("IOSFODNN7"), "{format}: {shown}");
            assert!(!shown.contains('\u{1b}'), "{format}: {shown}");
            assert!(shown.contains("trusts-everyone"), "{format}: {shown}");
        }
    }

    #[test]
    fn every_format_writes_an_empty_report() {
        for format in Format::ALL {
            let mut out = Vec::new();
            write(format, &sample::empty(), &WriteOptions::default(), &mut out).unwrap();
            assert!(!out.is_empty(), "{format}");
        }
    }
}
