//! The `sigmaglot` program; everything is in the library.

fn main() -> std::process::ExitCode {
    sigmaglot::cli::main()
}
