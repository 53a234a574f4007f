//! No template makes its evaluation panic, overflow the stack or run out of its limits.
#![no_main]

use iacscan::cloudformation::{self, Settings};
use iacscan::source::Sources;
use iacscan::syntax::{json, yaml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let sources = Sources::default();
    let file = sources.add("template.yaml", text.to_owned());
    let (mut roots, _) = yaml::parse(file, text);
    roots.extend(json::parse(file, text));
    for root in &roots {
        let _ = cloudformation::evaluate(file, root, &Settings::default(), &sources);
    }
});
