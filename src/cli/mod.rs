//! The commands of the program: one file each.

mod access;
mod args;
mod explain;
mod rules;
mod scan;
mod setup;
mod show;
mod test;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;

use crate::diagnostic::Diagnostic;
use crate::iam::catalogue;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Nothing at or above `--fail-on`.
    Clean,
    /// Findings.
    Findings,
    /// An input could not be read, or the call was wrong.
    Failed,
}

/// Why a command cannot go on.
#[derive(Debug)]
enum Stop {
    /// The call was wrong, or something it names cannot be read.
    Call(Box<Diagnostic>, Box<crate::source::Sources>),
    /// Standard output was closed: whoever read it has seen enough.
    BrokenPipe,
    /// Writing failed.
    Write(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::BrokenPipe,
            _ => Stop::Write(error.to_string()),
        }
    }
}

impl Stop {
    /// A call that was wrong, told without a place.
    fn call(code: &'static str, message: impl Into<String>) -> Stop {
        Stop::Call(Box::new(Diagnostic::error(code, message)), Box::default())
    }
}

/// A command that follows options is taken for a path; whoever means the path writes `./rules` or `-- rules`.
fn command_behind_options(scan: &args::ScanArgs, arguments: &[OsString]) -> Result<(), Stop> {
    let first = scan.input.paths.first().and_then(|path| path.to_str()).unwrap_or_default();
    let is_word = !first.is_empty() && !first.contains(['/', '\\', '.', '-']);
    let is_command = is_word && args::Cli::command().get_subcommands().any(|command| command.get_name() == first);
    if !is_command || arguments.iter().any(|argument| argument == "--") {
        return Ok(());
    }
    let message = format!("`{first}` is a command and must come before its options");
    let diagnostic = Diagnostic::error("call", message).help(format!("for a folder of that name write `./{first}`"));
    Err(Stop::Call(Box::new(diagnostic), Box::default()))
}

fn print_version(verbose: bool, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "iacscan {}", env!("CARGO_PKG_VERSION"))?;
    if verbose {
        let (actions, policies) = (catalogue::action_count(), catalogue::managed_policies().len());
        let paths = catalogue::escalation_paths().len();
        let date = catalogue::date();
        writeln!(out, "AWS as of {date}: {actions} actions, {policies} managed policies, {paths} ways of escalation")?;
    }
    out.flush()
}

/// Runs the program with these arguments.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match args::Cli::read(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap writes them to the right stream.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    if cli.version {
        return match print_version(cli.verbose, &mut out) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(2),
            _ => ExitCode::SUCCESS,
        };
    }
    let result = match cli.command {
        None => command_behind_options(&cli.scan, &arguments).and_then(|()| scan::run(&cli.scan, &mut out)),
        Some(args::Command::Show(args)) => show::run(&args, &mut out),
        Some(args::Command::Access(args)) => access::run(&args, &mut out),
        Some(args::Command::Rules(args)) => rules::run(&args, &mut out),
        Some(args::Command::Explain(args)) => explain::run(&args, &mut out),
        Some(args::Command::Test(args)) => test::run(&args, &mut out),
    };
    let result = result.and_then(|status| Ok(out.flush().map(|()| status)?));
    match result {
        Ok(Status::Clean) | Err(Stop::BrokenPipe) => ExitCode::SUCCESS,
        Ok(Status::Findings) => ExitCode::from(1),
        Ok(Status::Failed) => ExitCode::from(2),
        Err(Stop::Call(diagnostic, sources)) => {
            let _ = setup::print_diagnostics(&[*diagnostic], &sources);
            ExitCode::from(2)
        }
        Err(Stop::Write(message)) => {
            let _ = writeln!(io::stderr(), "error: the report cannot be written: {message}");
            ExitCode::from(2)
        }
    }
}
