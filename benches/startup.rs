//! The program as people start it: a whole process over generated folders, from nothing to very much.
//!
//! `cargo bench --bench startup [-- WORD]` prints a line for each case whose name holds the word. Set
//! `IACSCAN_BENCH_FOLDER` to keep the inputs, for a profiler.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, clippy::panic)]

// Each benchmark uses some of the inputs.
#[allow(dead_code)]
mod generate;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use generate::File;

/// A case: its name, how many runs, and what makes its files.
type Case = (&'static str, usize, fn() -> Vec<File>);

const CASES: &[Case] = &[
    ("empty folder", 30, Vec::new),
    ("ten files", 30, || generate::terraform(10)),
    ("100 Terraform files", 10, || generate::terraform(100)),
    ("1,000 Terraform files", 5, || generate::terraform(1_000)),
    ("10,000 Terraform files", 3, || generate::terraform(10_000)),
    ("100 templates", 10, || generate::cloudformation(100)),
    ("1,000 templates", 5, || generate::cloudformation(1_000)),
    ("10,000 templates", 3, || generate::cloudformation(10_000)),
    ("plan of 10,000", 5, || vec![("plan.json".to_owned(), generate::plan(10_000))]),
    ("plan of 100,000", 3, || vec![("plan.json".to_owned(), generate::plan(100_000))]),
    ("users by for_each 1,000", 5, || generate::many_users_by_for_each(1_000)),
    ("users by for_each 10,000", 3, || generate::many_users_by_for_each(10_000)),
    ("user blocks 1,000", 5, || generate::many_blocks(1_000)),
    ("user blocks 10,000", 3, || generate::many_blocks(10_000)),
    ("user blocks 33,000", 1, || generate::many_blocks(33_000)),
    ("users in a template 1,000", 5, || generate::large_template(1_000)),
    ("users in a template 10,000", 3, || generate::large_template(10_000)),
    ("users in a template 50,000", 1, || generate::large_template(50_000)),
    ("module calls 500", 5, || generate::many_calls(500)),
    ("module calls 5,000", 3, || generate::many_calls(5_000)),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let kept = std::env::var_os("IACSCAN_BENCH_FOLDER").map(PathBuf::from);
    println!("{:<28} {:>10} {:>10} {:>10} {:>10} {:>8}", "", "median", "minimum", "1 thread", "read", "peak");
    for (name, runs, files) in CASES {
        if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word)) {
            continue;
        }
        let temporary = tempfile::tempdir().unwrap();
        let folder = kept.as_ref().map_or(temporary.path().to_owned(), |kept| kept.join(name.replace([' ', ','], "-")));
        let bytes = write(&folder, &files());
        let (median, minimum, peak) = measure(&folder, *runs, &[]);
        let (single, ..) = measure(&folder, (*runs).min(5), &["--threads", "1"]);
        let milliseconds = |duration: Duration| format!("{:.1} ms", duration.as_secs_f64() * 1e3);
        println!(
            "{name:<28} {:>10} {:>10} {:>10} {:>7.1} MB {:>5} MB",
            milliseconds(median),
            milliseconds(minimum),
            milliseconds(single),
            bytes as f64 / 1e6,
            peak / 1000
        );
    }
}

fn write(folder: &Path, files: &[File]) -> usize {
    std::fs::create_dir_all(folder).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    files.iter().map(|(_, text)| text.len()).sum()
}

/// Median and minimum of some runs, and the largest memory in kilobytes, where the system tells.
fn measure(folder: &Path, runs: usize, arguments: &[&str]) -> (Duration, Duration, u64) {
    let run = || {
        let started = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_iacscan"))
            .args(arguments)
            .args(["--format", "json", "."])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert_ne!(status.code(), Some(2), "the scan of {} failed", folder.display());
        started.elapsed()
    };
    run();
    let mut times: Vec<Duration> = (0..runs).map(|_| run()).collect();
    times.sort();
    (times[times.len() / 2], times[0], peak(folder, arguments))
}

/// The high-water mark of a run's memory, asked for again and again until the run ends.
fn peak(folder: &Path, arguments: &[&str]) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_iacscan"))
        .args(arguments)
        .args(["--format", "json", "."])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
        peak = peak.max(number.unwrap_or(0));
        std::thread::sleep(Duration::from_micros(500));
    }
    peak
}
