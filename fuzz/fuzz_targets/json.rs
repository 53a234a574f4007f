//! No JSON text makes the reader panic or overflow the stack.
#![no_main]

use iacscan::source::FileId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = iacscan::syntax::json::parse(FileId::NONE, text);
});
