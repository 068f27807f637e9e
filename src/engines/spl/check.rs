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
    match expr {
        Expr::Text(_) | Expr::Number(_) | Expr::Field(_) => Ok(()),
        Expr::Call(name, arguments) => {
            if let ("match" | "mvfind" | "replace", Some(Expr::Text(raw))) = (name.as_str(), arguments.get(1)) {
                patterns.get(&lex::pattern(raw))?;
            }
            arguments.iter().try_for_each(|argument| in_expr(argument, patterns))
        }
        Expr::Not(inner) | Expr::Minus(inner) => in_expr(inner, patterns),
        Expr::And(parts) | Expr::Or(parts) | Expr::Xor(parts) => {
            parts.iter().try_for_each(|part| in_expr(part, patterns))
        }
        Expr::Compare(_, left, right) | Expr::Like(left, right) => {
            in_expr(left, patterns)?;
            in_expr(right, patterns)
        }
        Expr::In(value, list) => {
            in_expr(value, patterns)?;
            list.iter().try_for_each(|one| in_expr(one, patterns))
        }
        Expr::Sum(first, more) => {
            in_expr(first, patterns)?;
            more.iter().try_for_each(|(_, one)| in_expr(one, patterns))
        }
    }
}
