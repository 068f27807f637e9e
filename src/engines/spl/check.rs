//! Regular expressions as written are compiled before a row is seen: "the syntax of the eval expression is checked before running
//! the search" (Search Reference, where), and the pattern of `regex` and `rex` is its argument.

use super::commands::Command;
use super::lex;
use super::pcre::Patterns;
use super::tree::Expr;
use crate::engines::Refusal;

/// Compiles the patterns of a command.
pub(super) fn check(command: &Command, patterns: &mut Patterns) -> Result<(), Refusal> {
    match command {
        Command::Where(expr) => in_expr(expr, patterns),
        Command::Eval(fields) => fields.iter().try_for_each(|(_, expr)| in_expr(expr, patterns)),
        Command::Regex(_, _, pattern) | Command::Rex(_, pattern, _) => patterns.get(pattern).map(|_| ()),
        _ => Ok(()),
    }
}

fn in_expr(expr: &Expr, patterns: &mut Patterns) -> Result<(), Refusal> {
    if let Expr::Call(name, arguments) = expr
        && let ("match" | "mvfind" | "replace", Some(Expr::Text(raw))) = (name.as_str(), arguments.get(1))
    {
        patterns.get(&lex::pattern(raw))?;
    }
    expr.parts().into_iter().try_for_each(|part| in_expr(part, patterns))
}
