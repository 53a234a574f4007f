//! `iacscan [PATH…]`

use std::io::{self, IsTerminal, Write};

use super::args::ScanArgs;
use super::{Status, Stop, setup};
use crate::diagnostic::Level;
use crate::rules::Severity;

pub(super) fn run(args: &ScanArgs, out: &mut dyn Write) -> Result<Status, Stop> {
    let (config, settings, sources) = setup::config(args.input.config.as_deref())?;
    let mut options = setup::options(&args.input, &config)?;
    (options.rules, options.known_rules) = setup::rules(&args.rules, &config, &settings, sources)?;
    options.severities = settings.severities;
    options.min_severity = args.min_severity.map(Severity::from).or(config.min_severity);
    let report = crate::scan::scan(&options);

    let color = setup::use_color(args.color, io::stdout().is_terminal());
    let write_options = setup::write_options(color, args.undecided);
    // What a person waits for comes first: a file that cannot be written does not hide it.
    crate::report::write(args.format, &report, &write_options, out)?;
    out.flush()?;
    for (format, path) in &args.output {
        setup::write_file(*format, &report, &setup::write_options(false, args.undecided), path)?;
    }

    let fail_on = args.fail_on.map(Severity::from).or(config.fail_on).unwrap_or(Severity::Medium);
    let failed = report.diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error);
    // What is not shown is there all the same.
    let found = report.summary.worst().is_some_and(|worst| worst >= fail_on);
    let undecided = args.fail_on_undecided && !report.undecided.is_empty();
    Ok(if failed {
        Status::Failed
    } else if found || undecided {
        Status::Findings
    } else {
        Status::Clean
    })
}
