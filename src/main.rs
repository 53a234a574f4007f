//! iacscan.
fn main() {}
