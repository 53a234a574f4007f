//! No plan makes its reader panic or overflow the stack.
#![no_main]

use iacscan::source::FileId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = iacscan::plan::read(FileId::NONE, text, "plan.json");
});
