//! No HCL text makes the reader panic or overflow the stack; a broken block is recovered from.
#![no_main]

use iacscan::source::FileId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = iacscan::syntax::hcl::parse(FileId::NONE, text);
});
