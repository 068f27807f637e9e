//! The engine of KQL against its facts: `tests/facts/kql.yml`, and the measured answers of real engines.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use sigmaglot::engines::kql::{Columns, Schemas, Type, run_on};
use sigmaglot::engines::{Database, Found, Refusal, Row};

/// Predicates on rows of one table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    /// Column → type.
    columns: BTreeMap<String, String>,
    /// The page or the measurement.
    source: String,
    /// `documented` or `observed`.
    basis: Basis,
    facts: Vec<Fact>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Basis {
    Documented,
    Observed,
}

/// A predicate with a verdict for each row, or a whole query over `T` with the rows it finds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    #[serde(rename = "where")]
    predicate: Option<String>,
    query: Option<String>,
    #[serde(default)]
    rows: Vec<Map<String, Value>>,
    /// For each row true, false or null; or what stops the product.
    #[serde(default)]
    verdicts: Vec<Option<bool>>,
    /// The rows that a query finds.
    finds: Option<Vec<usize>>,
    /// Whether a query whose rows are no events finds any.
    any: Option<bool>,
    /// `error`, `syntax`, `unknown`
    refused: Option<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "for readers")]
    note: Option<String>,
}

pub(crate) fn schema(columns: &BTreeMap<String, String>) -> Schemas {
    let columns: Columns =
        columns.iter().map(|(name, kind)| (name.clone(), Type::named(kind).expect("a type"))).collect();
    Schemas::from([("T".to_owned(), columns)])
}

pub(crate) fn table(rows: &[Map<String, Value>]) -> Database {
    let rows = rows.iter().enumerate().map(|(event, columns)| Row { event, columns: columns.clone() });
    Database::from([("T".to_owned(), rows.collect())])
}

/// 2024-03-01, for `now()`.
const NOW: f64 = 1_709_251_200.0;

/// Splits `let ..; predicate` so that the predicate can be put behind a `where`.
pub(crate) fn verdicts(predicate: &str, schemas: &Schemas, rows: &Database) -> Result<Vec<Option<bool>>, Refusal> {
    let (lets, predicate) =
        predicate.rsplit_once(';').map_or((String::new(), predicate), |(lets, rest)| (format!("{lets};"), rest));
    let find = |text: String| match run_on(&text, schemas, rows, NOW)? {
        Found::Events(events) => Ok(events),
        Found::Any(_) => panic!("{text} is a summary"),
    };
    let holds = find(format!("{lets} T | where {predicate}"))?;
    let fails = find(format!("{lets} T | where not({predicate}\n)"))?;
    let count = rows.get("T").map_or(0, Vec::len);
    let verdict = |row| match (holds.contains(&row), fails.contains(&row)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
        (true, true) => panic!("{predicate} holds and does not"),
    };
    Ok((0..count).map(verdict).collect())
}

fn kind(refusal: &Refusal) -> &'static str {
    match refusal.placed().1 {
        Refusal::Syntax(..) => "syntax",
        Refusal::Error(_) => "error",
        Refusal::Unknown(_) => "unknown",
        Refusal::Limit => "limit",
        Refusal::Broken(_) | Refusal::At(..) => "broken",
    }
}

fn judge(group: &Group, fact: &Fact) -> Result<(), String> {
    let (schemas, rows) = (schema(&group.columns), table(&fact.rows));
    let text = fact.predicate.as_deref().or(fact.query.as_deref()).unwrap_or_default();
    let wrong = |what: String| Err(format!("{text}\n    {what}    [{}]", group.source));
    if let Some(predicate) = &fact.predicate {
        return match (verdicts(predicate, &schemas, &rows), &fact.refused) {
            (Ok(found), None) if found == fact.verdicts => Ok(()),
            (Err(refusal), Some(wanted)) if kind(&refusal) == wanted => Ok(()),
            (found, _) => wrong(format!("gives {found:?}, not {:?} {:?}", fact.verdicts, fact.refused)),
        };
    }
    match (run_on(text, &schemas, &rows, NOW), &fact.refused) {
        (Ok(Found::Events(found)), None) if fact.finds.as_ref().is_some_and(|finds| found.iter().eq(finds)) => Ok(()),
        (Ok(Found::Any(found)), None) if fact.any == Some(found) => Ok(()),
        (Err(refusal), Some(wanted)) if kind(&refusal) == wanted => Ok(()),
        (found, _) => wrong(format!("gives {found:?}, not {:?} {:?} {:?}", fact.finds, fact.any, fact.refused)),
    }
}

#[test]
fn facts() {
    let groups: Vec<Group> = serde_yaml::from_str(include_str!("facts/kql.yml")).expect("facts are readable");
    let mut failures = Vec::new();
    let mut count = 0;
    for group in &groups {
        assert!(matches!(group.basis, Basis::Documented | Basis::Observed));
        for fact in &group.facts {
            count += fact.rows.len().max(1);
            failures.extend(judge(group, fact).err());
        }
    }
    assert!(failures.is_empty(), "{} facts do not hold:\n{}", failures.len(), failures.join("\n"));
    assert!(count >= 200, "{count} facts");
}

/// Measured with Microsoft's binder: how deep a query may be.
#[test]
fn depth() {
    let (schemas, rows) = (schema(&BTreeMap::from([("F".to_owned(), "string".to_owned())])), table(&[]));
    let run = |text: String| run_on(&format!("T | where {text}"), &schemas, &rows, NOW);
    let flat = |word: &str, count| vec!["F == 'a'"; count].join(&format!(" {word} "));
    let deep = |open: &str, close: &str, count| format!("{}F == 'a'{}", open.repeat(count), close.repeat(count));
    for (passes, stops) in [
        (flat("or", 492), flat("or", 493)),
        (flat("and", 492), flat("and", 493)),
        (deep("not(", ")", 122), deep("not(", ")", 123)),
        (deep("(", ")", 491), deep("(", ")", 492)),
        (deep("not(F == 'b' or ", ")", 98), deep("not(F == 'b' or ", ")", 99)),
        (deep("(F == 'b' and (F == 'c' or ", "))", 122), deep("(F == 'b' and (F == 'c' or ", "))", 123)),
        (format!("({}) and F == 'b'", flat("or", 490)), format!("({}) and F == 'b'", flat("or", 491))),
        (vec!["F == 'a'"; 492].join(" | where "), vec!["F == 'a'"; 493].join(" | where ")),
    ] {
        assert!(run(passes.clone()).is_ok(), "{:?} {passes}", run(passes.clone()));
        assert!(
            matches!(run(stops.clone()).map_err(Refusal::unplaced), Err(Refusal::Error(_))),
            "{:?} {stops}",
            run(stops.clone())
        );
    }
    // Lists are no nesting: `in~` and a `let` of 500 values.
    let values: Vec<String> = (0..500).map(|number| format!("'v{number:03}'")).collect();
    let rows = table(&[Map::from_iter([("F".to_owned(), Value::from("V499"))]), Map::new()]);
    for query in [
        format!("T | where F in~ ({})", values.join(", ")),
        format!("let l = dynamic([{}]); T | where F in~ (l)", values.join(", ")),
    ] {
        assert_eq!(run_on(&query, &schemas, &rows, NOW), Ok(Found::Events([0].into())), "{query}");
    }
    let mut balanced = vec!["F == 'a'".to_owned(); 20_000];
    while balanced.len() > 1 {
        balanced = balanced.chunks(2).map(|pair| format!("({})", pair.join(" or "))).collect();
    }
    assert!(run(balanced.concat()).is_ok());
    assert!(matches!(run("[".repeat(100_000)).map_err(Refusal::unplaced), Err(Refusal::Error(_))));
    assert!(run(format!("F == {}'a'", "-".repeat(100_000))).is_err());
    assert!(run(format!("F == 'a'{}", "+'a'".repeat(100_000))).is_err());
    assert!(run(format!("F{} == 'a'", ".a".repeat(100_000))).is_err());
}
