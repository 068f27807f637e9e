//! The command line: the only place that prints, reads the clock or touches files.

mod args;
mod bench;
mod check;
mod choice;
mod completions;
mod convert;
mod engine;
mod eval;
mod explain;
mod external;
mod fix;
mod indicators;
mod input;
mod load;
mod out;
mod placeholders;
mod report;
mod sarif;
mod show;
mod targets;
mod terminal;
mod verify;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Verb};
use terminal::Terminal;

use crate::diag::Diagnostic;
use crate::source::Sources;

/// What can be written around a query.
pub(crate) const FORMATS: &[&str] = &["query"];

/// What the exit status says; the worst of a run counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// All well.
    Well = 0,
    /// A rule was refused or has errors.
    Findings = 1,
    /// Wrong usage, or an input that cannot be read.
    Unusable = 2,
}

/// Why a verb ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// What was asked for makes no sense: the message for the user.
    Usage(String),
    /// The same, with a code.
    Found(Diagnostic),
    /// Standard output or a file cannot be written.
    Write(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Write(error)
    }
}

/// Runs the program and gives its exit status.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A reader that hangs up on help is no error.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Status::Unusable as u8 } else { Status::Well as u8 });
        }
    };
    let mut terminal = Terminal::new(cli.color, cli.quiet);
    let result = match &cli.verb {
        Verb::Convert(args) => convert::run(args, &mut terminal),
        Verb::Eval(args) => eval::run(args, &mut terminal),
        Verb::Verify(args) => verify::run(args, &mut terminal),
        Verb::Engine(args) => engine::run(args, &mut terminal),
        Verb::Check(args) => check::run(args, &mut terminal),
        Verb::Show(args) => show::run(args, &mut terminal),
        Verb::Targets(args) => targets::run(args, &mut terminal),
        Verb::Explain(args) => explain::run(args, &mut terminal),
        Verb::Completions(args) => completions::run(args, &mut terminal),
    };
    let result = result.and_then(|status| terminal.flush().map(|()| status).map_err(Stop::from));
    let status = match result {
        Ok(status) => status,
        // The reader of a pipe has seen enough.
        Err(Stop::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Status::Well,
        Err(Stop::Write(error)) => {
            terminal.complain(&format!("cannot write: {error}"));
            Status::Unusable
        }
        Err(Stop::Usage(message)) => {
            terminal.complain(&message);
            Status::Unusable
        }
        Err(Stop::Found(diagnostic)) => {
            terminal.message(&report::render(&diagnostic, &Sources::default(), None, terminal.color_err));
            Status::Unusable
        }
    };
    ExitCode::from(status as u8)
}
