//! `sigmaglot completions`: scripts that complete the command line in a shell.

use clap::CommandFactory;

use super::args::{Cli, Completions};
use super::terminal::Terminal;
use super::{Status, Stop};

/// Prints the script for the shell.
pub(crate) fn run(args: &Completions, terminal: &mut Terminal) -> Result<Status, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sigmaglot", &mut script);
    terminal.bytes(&script)?;
    Ok(Status::Well)
}
