//! No YAML text makes the reader panic, overflow the stack or run out of its limits.
#![no_main]

use iacscan::source::FileId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = iacscan::syntax::yaml::parse(FileId::NONE, text);
});
