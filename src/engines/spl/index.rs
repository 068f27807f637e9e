//! The index that holds the events: each installation names its own, so it is taken to be the one that the query asks for.

use serde_json::{Map, Value};

use super::commands::Command;
use super::tree::{Op, Search};

/// The column `index` with the names that the query looks for; none where it names no index of events. Names that begin with
/// `_` are Splunk's own logs (Managing Indexers and Clusters, About managing indexes).
pub(super) fn named(commands: &[(usize, Command)]) -> Map<String, Value> {
    let mut names = Vec::new();
    for (_, command) in commands {
        if let Command::Search(search) = command {
            collect(search, true, &mut names);
        }
    }
    let value = match names.as_slice() {
        [] => return Map::new(),
        [name] => Value::from(name.as_str()),
        several => Value::from(several),
    };
    Map::from_iter([("index".to_owned(), value)])
}

fn collect(search: &Search, wanted: bool, names: &mut Vec<String>) {
    match search {
        Search::All(parts) | Search::Any(parts) => parts.iter().for_each(|part| collect(part, wanted, names)),
        Search::Not(inner) => collect(inner, !wanted, names),
        Search::Compare(field, op, literal)
            if field == "index" && matches!((op, wanted), (Op::Eq, true) | (Op::Ne, false)) =>
        {
            // A wildcard stands for nothing.
            let name = literal.pieces.concat();
            if !name.is_empty() && !name.starts_with('_') && !names.contains(&name) {
                names.push(name);
            }
        }
        Search::Compare(..) | Search::Term(_) => {}
    }
}
