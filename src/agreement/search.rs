//! Asks an engine which of the stored events a query finds.

use super::compare::Held;
use crate::engines::{Database, Engine, Found, Refusal, Row};

/// As few events as a query that takes too much work is asked about.
const FEW: usize = 8;

/// Whether the query finds an event, or why the engine cannot tell.
pub(super) type Answer = Result<bool, Refusal>;

/// A query and who runs it.
pub(super) struct Search<'a> {
    pub(super) query: &'a str,
    /// Whether each event is searched alone, since others change what is found of it.
    pub(super) alone: bool,
    pub(super) engine: &'a dyn Engine,
    /// The clock, in seconds since 1970.
    pub(super) now: f64,
}

impl Search<'_> {
    /// Whether the query finds each event. Where the engine gives up over a value that it does not know, or over too much
    /// work, it is asked about half of the events and then the other half: one event costs no other its verdict.
    ///
    /// # Errors
    /// What the engine refuses whatever the events are.
    pub(super) fn found(&self, held: &[(usize, Held)]) -> Result<Vec<Answer>, Refusal> {
        let refusal = match self.at_once(held) {
            Ok(found) => return Ok(found.into_iter().map(Ok).collect()),
            Err(refusal) if matches!(refusal.placed().1, Refusal::Unknown(_) | Refusal::Limit) => refusal,
            Err(refusal) => return Err(refusal),
        };
        let splits = match refusal.placed().1 {
            Refusal::Limit => held.len() > FEW,
            // A construct that the engine lacks is unknown of no rows too.
            _ => held.len() > 1 && self.run(&[]).is_ok(),
        };
        if !splits {
            return match held {
                [_] => Ok(vec![Err(refusal)]),
                _ => Err(refusal),
            };
        }
        let (first, second) = held.split_at(held.len() / 2);
        let mut answers = self.found(first)?;
        answers.extend(self.found(second)?);
        Ok(answers)
    }

    /// All rows are searched at once, but where each is to be alone; a summary is asked again for each event alone.
    fn at_once(&self, held: &[(usize, Held)]) -> Result<Vec<bool>, Refusal> {
        match self.run(held)? {
            Found::Events(events) if !self.alone => Ok(held.iter().map(|(n, _)| events.contains(n)).collect()),
            Found::Events(_) | Found::Any(_) => held
                .iter()
                .map(|one| match self.run(std::slice::from_ref(one))? {
                    Found::Events(events) => Ok(!events.is_empty()),
                    Found::Any(any) => Ok(any),
                })
                .collect(),
        }
    }

    fn run(&self, held: &[(usize, Held)]) -> Result<Found, Refusal> {
        let decided = self.engine.decided(self.query);
        let mut database = Database::new();
        for (n, held) in held {
            for (table, columns) in &held.rows {
                let mut columns = columns.clone();
                columns.extend(decided.clone());
                database.entry(table.clone()).or_default().push(Row { event: *n, columns });
            }
        }
        self.engine.run(self.query, &database, self.now)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::engines::{Storage, Stored};
    use crate::event::Event;

    /// Finds every row, but does not know what an odd one holds.
    struct Picky;

    impl Engine for Picky {
        fn language(&self) -> &'static str {
            "kql"
        }

        fn store(&self, _: &str, _: &Event) -> Stored {
            Stored::Outside("nothing is stored".to_owned())
        }

        fn storage(&self, _: &str, _: &Event, _: &str) -> Storage {
            Storage::Documented
        }

        fn run(&self, _: &str, rows: &Database, _: f64) -> Result<Found, Refusal> {
            let rows = || rows.values().flatten();
            match rows().any(|row| row.columns.contains_key("odd")) {
                true => Err(Refusal::At(3, Box::new(Refusal::Unknown("the value".to_owned())))),
                false => Ok(Found::Events(rows().map(|row| row.event).collect())),
            }
        }
    }

    #[test]
    fn an_event_that_the_engine_does_not_know_costs_the_others_nothing() {
        let held = |n: usize| {
            let column = if n == 3 { "odd" } else { "even" };
            let row = Map::from_iter([(column.to_owned(), Value::from(n))]);
            (n, Held { rows: vec![("T".to_owned(), row)], ..Held::default() })
        };
        let held: Vec<(usize, Held)> = (0..8).map(held).collect();
        let search = Search { query: "", alone: false, engine: &Picky, now: 0.0 };
        let answers = search.found(&held).expect("most can be judged");
        let judged: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(judged, [true, true, true, false, true, true, true, true]);
    }
}
