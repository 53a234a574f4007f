//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::report::Format;
use crate::rules::Severity;
use crate::terraform::Given;

/// What a person can ask for.
#[derive(Debug, Parser)]
#[command(
    name = "iacscan",
    disable_version_flag = true,
    about = "Tells what a Terraform, OpenTofu, CloudFormation or SAM change lets into an AWS account, before it is deployed",
    args_conflicts_with_subcommands = true,
    after_help = "Exit status: 0 nothing at or above --fail-on, 1 findings, 2 an input could not be read or the call was wrong."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Print the version; with --verbose also the date of what is known of AWS
    #[arg(short = 'V', long)]
    pub(crate) version: bool,
    /// With --version: tell more
    #[arg(long, requires = "version")]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) scan: ScanArgs,
}

impl Cli {
    /// Reads a command line.
    pub(crate) fn read(arguments: &[OsString]) -> Result<Cli, clap::Error> {
        let matches = Cli::command().try_get_matches_from(arguments)?;
        let mut cli = Cli::from_arg_matches(&matches)?;
        cli.scan.input.order(&matches);
        match (&mut cli.command, matches.subcommand()) {
            (Some(Command::Show(show)), Some((_, matches))) => show.input.order(matches),
            (Some(Command::Access(access)), Some((_, matches))) => access.input.order(matches),
            _ => {}
        }
        Ok(cli)
    }
}

impl InputArgs {
    /// Brings the values of variables and the files of such into the order in which they were given: the last one wins.
    fn order(&mut self, matches: &ArgMatches) {
        let places = |name: &str| matches.indices_of(name).into_iter().flatten().collect::<Vec<_>>();
        let variables = self.variables.iter().map(|(name, value)| Given::Variable(name.clone(), value.clone()));
        let files = self.variable_files.iter().map(|path| Given::File(path.clone()));
        let mut placed: Vec<(usize, Given)> = places("variables").into_iter().zip(variables).collect();
        placed.extend(places("variable_files").into_iter().zip(files));
        placed.sort_by_key(|(place, _)| *place);
        self.given = placed.into_iter().map(|(_, given)| given).collect();
    }
}

/// Commands beside the scan itself.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of it")]
pub(crate) enum Command {
    /// Show the configuration as iacscan sees it: every resource with its evaluated attributes
    Show(Box<ShowArgs>),
    /// Tell who can do what: for each user, group and role the actions that it may do, by access level, with the statement that grants them, and the ways to more
    Access(Box<AccessArgs>),
    /// List the rules
    Rules(RulesArgs),
    /// Explain a rule: why it matters, what to do, examples
    Explain(ExplainArgs),
    /// Run the examples of rules: bad ones must be found at their marked line, good ones must be silent
    Test(TestArgs),
}

/// What is read and how it is evaluated.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Files and folders to scan; `-` is standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Folder within which files may be read [default: the git repository of each path, else the path]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Configuration file [default: .iacscan.toml in the working directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Leave out what matches, as in .gitignore
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Value of a Terraform variable
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) variables: Vec<(String, String)>,
    /// Values of Terraform variables
    #[arg(long = "var-file", value_name = "FILE")]
    pub(crate) variable_files: Vec<PathBuf>,
    /// The two above, in the order of the call
    #[arg(skip)]
    pub(crate) given: Vec<Given>,
    /// Terraform workspace
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<String>,
    /// Value of a CloudFormation parameter
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) parameters: Vec<(String, String)>,
    /// Values of CloudFormation parameters: a list of `ParameterKey` and `ParameterValue`, a map under `Parameters`, or a plain map, in JSON or YAML
    #[arg(long = "parameter-file", value_name = "FILE")]
    pub(crate) parameter_files: Vec<PathBuf>,
    /// Environment of a samconfig.toml beside a template [default: default]
    #[arg(long, value_name = "NAME")]
    pub(crate) config_env: Option<String>,
    /// Id of an account that is the own one
    #[arg(long = "account", value_name = "ID")]
    pub(crate) accounts: Vec<String>,
    /// Id of an organization that is the own one
    #[arg(long = "organization", value_name = "ID")]
    pub(crate) organizations: Vec<String>,
    /// Threads [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

/// The scan itself.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Format of what is written to standard output
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Write a report to a file, several times if need be
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    pub(crate) output: Vec<(Format, PathBuf)>,
    /// Least severity that makes the exit status 1 [default: medium]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) fail_on: Option<Level>,
    /// Least severity that is reported; the exit status counts what is below, too [default: info]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) min_severity: Option<Level>,
    /// List what could not be decided, and why
    #[arg(long)]
    pub(crate) undecided: bool,
    /// Make the exit status 1 where something could not be decided
    #[arg(long)]
    pub(crate) fail_on_undecided: bool,
    /// Colours
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// Which rules are in use.
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// Folder with rules of your own
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// Only this rule
    #[arg(long = "rule", value_name = "RULE")]
    pub(crate) only: Vec<String>,
    /// All rules but this one
    #[arg(long = "skip", value_name = "RULE")]
    pub(crate) skip: Vec<String>,
}

/// `iacscan show`
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Format
    #[arg(long, value_enum, default_value_t = TableFormat::Text, value_name = "FORMAT")]
    pub(crate) format: TableFormat,
}

/// `iacscan access`
#[derive(Debug, Args)]
#[command(
    after_help = "What is told is what policies of identities grant, less what they and the service control policies deny, within the \
permissions boundary. What depends on something that is known only after the deployment is told apart as `possible`. `--who-can` asks the \
policies of resources and the trusts of roles as well; what another account allows its own principals is not known."
)]
pub(crate) struct AccessArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Only this user, group, role or permission set, by name, ARN or address; several times if need be
    #[arg(long = "principal", value_name = "NAME")]
    pub(crate) principals: Vec<String>,
    /// Tell who may do this action, such as `s3:GetObject`: by what they are granted, and by the policies of resources, others outside too
    #[arg(long, value_name = "ACTION")]
    pub(crate) who_can: Option<String>,
    /// With --who-can: on this resource, an ARN in which `*` is any text
    #[arg(long, value_name = "ARN", requires = "who_can")]
    pub(crate) resource: Option<String>,
    /// Format; `mermaid` is a picture of who can become whom
    #[arg(long, value_enum, default_value_t = AccessFormat::Text, value_name = "FORMAT")]
    pub(crate) format: AccessFormat,
}

/// `iacscan rules`
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Configuration file [default: .iacscan.toml in the working directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Format
    #[arg(long, value_enum, default_value_t = TableFormat::Text, value_name = "FORMAT")]
    pub(crate) format: TableFormat,
}

/// `iacscan explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule, or another tool's id of the same check
    pub(crate) rule: String,
    /// Configuration file [default: .iacscan.toml in the working directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder with rules of your own
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
}

/// `iacscan test`
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Folder with rules [default: the built-in rules]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

/// A severity on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Level {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Severity {
        match level {
            Level::Info => Severity::Info,
            Level::Low => Severity::Low,
            Level::Medium => Severity::Medium,
            Level::High => Severity::High,
            Level::Critical => Severity::Critical,
        }
    }
}

/// Formats of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    Text,
    Json,
}

/// Formats of `iacscan access`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccessFormat {
    /// Tables for people
    Text,
    /// For programs, with a version
    Json,
    /// A flowchart for Markdown pages
    Mermaid,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn output(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("expected FORMAT=FILE, such as `sarif=iacscan.sarif`")?;
    let format = format.parse::<Format>().map_err(|error| error.to_string())?;
    Ok((format, PathBuf::from(file)))
}
