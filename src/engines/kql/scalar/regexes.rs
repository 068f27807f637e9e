//! Regular expressions: Kusto's dialect is that of the Rust `regex` crate (K: "Regular expression syntax").

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;

use super::Given;
use crate::engines::Refusal;

/// `matches regex` takes no pattern with more groups (K: "matches regex operator").
const GROUPS: usize = 16;

/// How many compiled patterns a thread keeps.
const KEPT: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
}

/// The compiled pattern.
pub(super) fn compiled(pattern: &str) -> Given<Regex> {
    if let Some(regex) = COMPILED.with_borrow(|kept| kept.get(pattern).cloned()) {
        return Ok(regex);
    }
    let regex = Regex::new(pattern).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => Refusal::Limit,
        error => Refusal::Error(format!("the regular expression does not parse: {error}")),
    })?;
    if regex.captures_len() > GROUPS + 1 {
        return Err(Refusal::Error("the regular expression has more than 16 groups".to_owned()));
    }
    COMPILED.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(pattern.to_owned(), regex.clone());
    });
    Ok(regex)
}
