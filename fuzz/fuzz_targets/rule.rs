//! No text makes the reader of rules panic; its errors point into the text.
#![no_main]

use std::collections::BTreeMap;

use iacscan::rules::Rule;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Rule::parse("fuzzed", "topic", text, &BTreeMap::new()) {
        assert!(text.get(error.span).is_some(), "a place outside of the text, or within a character");
    }
});
