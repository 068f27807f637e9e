//! `sigmaglot explain`: the page of a code.

use crate::diag::{ALL_CODES, Code};

use super::args::Explain;
use super::terminal::Terminal;
use super::{Status, Stop};

/// Prints the page of a code, or all codes with their titles.
pub(crate) fn run(args: &Explain, terminal: &mut Terminal) -> Result<Status, Stop> {
    let Some(name) = &args.code else {
        for code in ALL_CODES {
            terminal.line(&format!("{code}  {:7}  {}", code.severity().as_str(), code.title()))?;
        }
        return Ok(Status::Well);
    };
    let Some(code) = Code::parse(name.trim()) else {
        return Err(Stop::Usage(unknown(name)));
    };
    terminal.line(code.explanation().trim_end())?;
    Ok(Status::Well)
}

/// The message for a code that there is not: the nearest ones, or how to list them.
fn unknown(name: &str) -> String {
    let wanted: Vec<char> = name.trim().to_ascii_uppercase().chars().collect();
    // Codes are equally long: count the places in which they differ, the letter O taken for a zero.
    let differs = |code: &Code| {
        let code = code.as_str().chars();
        let given = wanted.iter().enumerate().map(|(n, c)| if n > 0 && *c == 'O' { '0' } else { *c });
        code.zip(given).filter(|(a, b)| a != b).count() + wanted.len().abs_diff(5)
    };
    let best = ALL_CODES.iter().map(differs).min().filter(|best| *best <= 1);
    let near: Vec<&str> =
        ALL_CODES.iter().filter(|code| Some(differs(code)) == best).map(|code| code.as_str()).collect();
    match near.as_slice() {
        [] => format!("no code `{name}`: `sigmaglot explain` lists them all"),
        [only] => format!("no code `{name}`: did you mean {only}?"),
        _ => format!("no code `{name}`: did you mean one of {}?", near.join(", ")),
    }
}
