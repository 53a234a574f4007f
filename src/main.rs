//! The program: everything it does is in the library.

use std::process::ExitCode;

#[cfg(all(target_env = "musl", target_pointer_width = "64"))]
// musl's own allocator is slow where many threads allocate at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A parser that panics costs its file, and a diagnostic says so: no second message on the terminal.
    std::panic::set_hook(Box::new(|_| {}));
    iacscan::cli::run(std::env::args_os())
}
