//! The command line of motcua; see [`motcua::cli`].
use std::process::ExitCode;

fn main() -> ExitCode {
    motcua::cli::run()
}
