//! The scan in memory, against only parsing the same texts on as many threads.

#![allow(missing_docs, clippy::unwrap_used)]

// Each benchmark uses some of the inputs.
#[allow(dead_code)]
mod generate;

use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use iacscan::rules::{self, Overrides};
use iacscan::scan::{Options, model, scan};
use iacscan::source::Sources;
use iacscan::syntax::{hcl, yaml};

fn main() {
    divan::main();
}

/// The kinds of input.
#[derive(Clone, Copy, Debug)]
enum Input {
    Terraform,
    CloudFormation,
    Plan,
}

impl Input {
    fn files(self, size: usize) -> Vec<generate::File> {
        match self {
            Input::Terraform => generate::terraform(size),
            Input::CloudFormation => generate::cloudformation(size),
            Input::Plan => vec![("plan.json".to_owned(), generate::plan(size * 10))],
        }
    }
}

const CASES: [(Input, usize); 6] = [
    (Input::Terraform, 100),
    (Input::Terraform, 1_000),
    (Input::CloudFormation, 100),
    (Input::CloudFormation, 1_000),
    (Input::Plan, 100),
    (Input::Plan, 1_000),
];

fn named((input, size): &(Input, usize)) -> String {
    format!("{input:?} {size}")
}

fn size(files: &[generate::File]) -> BytesCount {
    BytesCount::new(files.iter().map(|(_, text)| text.len()).sum::<usize>())
}

fn write(files: &[generate::File], folder: &Path) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder)).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Parses the texts and does nothing else.
#[divan::bench(args = CASES.iter().map(named), sample_count = 10)]
fn parse(bencher: Bencher<'_, '_>, name: &str) {
    let (input, count) = *CASES.iter().find(|case| named(case) == name).unwrap();
    let files = input.files(count);
    bencher.counter(size(&files)).bench(|| {
        let sources = Sources::within([]);
        for (path, text) in &files {
            let file = sources.add(path.as_str(), text.clone());
            let source = sources.get(file);
            match input {
                Input::Terraform => drop(divan::black_box(hcl::parse(file, source.text()))),
                Input::CloudFormation => drop(divan::black_box(yaml::parse(file, source.text()))),
                Input::Plan => drop(divan::black_box(serde_json::from_str::<serde_json::Value>(source.text()))),
            }
        }
    });
}

fn scan_on(threads: usize, bencher: Bencher<'_, '_>, name: &str) {
    let (input, count) = *CASES.iter().find(|case| named(case) == name).unwrap();
    let files = input.files(count);
    let folder = tempfile::tempdir().unwrap();
    write(&files, folder.path());
    let options = Options {
        paths: vec![folder.path().to_owned()],
        rules: rules::built_in(&Overrides::new()).unwrap(),
        threads: Some(threads),
        ..Options::default()
    };
    bencher.counter(size(&files)).bench(|| scan(&options));
}

/// Reads, evaluates and judges on one thread: hold it against `parse`.
#[divan::bench(args = CASES.iter().map(named), sample_count = 10)]
fn scan_on_one_thread(bencher: Bencher<'_, '_>, name: &str) {
    scan_on(1, bencher, name);
}

/// The same on two threads.
#[divan::bench(args = CASES.iter().map(named), sample_count = 10)]
fn scan_on_two_threads(bencher: Bencher<'_, '_>, name: &str) {
    scan_on(2, bencher, name);
}

/// How many of 1,000 calls of the root module have arguments of their own.
const DISTINCT: [usize; 4] = [1, 10, 100, 1_000];

/// 10,000 module calls, eight deep, evaluated without any rule: the cost of evaluation grows with the calls that are
/// distinct, on top of what it takes to list the resources.
#[divan::bench(args = DISTINCT, sample_count = 10)]
fn module_calls(bencher: Bencher<'_, '_>, distinct: usize) {
    let folder = tempfile::tempdir().unwrap();
    write(&generate::deep_calls(1_000, distinct), folder.path());
    let options = Options { paths: vec![folder.path().to_owned()], threads: Some(1), ..Options::default() };
    bencher.bench(|| model(&options));
}

/// The built-in rules, as every start reads them.
#[divan::bench]
fn rule_book() -> usize {
    rules::built_in(&Overrides::new()).unwrap().len()
}
