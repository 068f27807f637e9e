//! Tries the claim of one query on events: what the rule means of each, as it is held, against what the query finds.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::held::{Holding, evaluator};
use super::loss::Told;
use super::search::Search;
use crate::engines::{Engine, Refusal, Storage, Stored};
use crate::event::Event;
use crate::ir::{Fidelity, Matching};
use crate::logsource::LogSources;
use crate::schema::Schema;

/// An id that no event has, for those that tell none.
const NO_EVENT: i64 = -1;

/// Why an event of the log source is outside although the place has rows of its kind.
const ANOTHER_SENSOR: &str = "the place reads the log source from another sensor";

/// What trying a claim came to.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// Events that both sides judged, and agreed on as far as the claim says.
    pub agreed: usize,
    /// Events that the place does not hold, by the reason; never a pass.
    pub outside: BTreeMap<String, usize>,
    /// Events that were meant and found.
    pub both: usize,
    /// Events that were neither.
    pub neither: usize,
    /// Events that refute the claim: their number in the list, and how.
    pub refuted: Vec<(usize, Verdicts)>,
    /// Why the engine could not judge the first of the events that it could not judge; they are outside too.
    pub unjudged: Option<Refusal>,
    /// How well it is known what the tables hold that have rows of the events; none where no table has any.
    pub storage: Option<Storage>,
}

/// What the two sides say of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdicts {
    /// Whether the rule means the event, as it is held.
    pub meant: bool,
    /// Whether the query finds it.
    pub found: bool,
    /// Whether the rule means the event itself: where it is not `meant`, the place loses the difference.
    pub before: bool,
}

impl Trial {
    /// How many events the place does not hold.
    pub fn outside(&self) -> usize {
        self.outside.values().sum()
    }

    /// Whether some event was meant and found, and another neither.
    pub fn proven(&self) -> bool {
        self.both > 0 && self.neither > 0
    }
}

/// A query with what is needed to try it.
pub struct Claim<'a> {
    /// The rule.
    pub matching: &'a Matching,
    /// The place.
    pub schema: &'a Schema,
    /// The query's text.
    pub query: &'a str,
    /// What it claims.
    pub claim: Fidelity,
    /// What it says that the place loses.
    pub told: Told,
    /// Whether each event is searched by itself: a query of somebody else may count, join or limit, so that what it finds
    /// of one event depends on the others.
    pub alone: bool,
}

/// The rows that a place has of an event, with their tables.
pub(super) type Rows = Vec<(String, Map<String, Value>)>;

/// An event as the place stores it, and what the rule says of it.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) rows: Rows,
    /// Whether the rule means the event as it reads back.
    pub(super) meant: bool,
    /// Whether the rule means the event as it was before.
    pub(super) before: bool,
    /// Whether the place reads the log source from another sensor than the event's.
    pub(super) elsewhere: bool,
    /// Whether the place loses what the rule asks for and the query does not tell of.
    pub(super) untold: bool,
}

impl Claim<'_> {
    /// Tries the claim on events.
    ///
    /// # Errors
    /// What the engine refuses of the query, and expressions that the evaluator cannot prepare (as `Unknown`).
    pub fn try_on<'e>(
        &self,
        events: impl IntoIterator<Item = &'e Event>,
        engine: &dyn Engine,
        now: f64,
    ) -> Result<Trial, Refusal> {
        let place = self.schema.target().split_once(':').map_or("", |(_, place)| place);
        let holding = Holding::of(self.matching, self.schema);
        let unheld = evaluator(self.matching.clone())?;
        let mut trial = Trial::default();
        let mut held: Vec<(usize, Held)> = Vec::new();
        for (n, event) in events.into_iter().enumerate() {
            let outside = match engine.store(place, event) {
                Stored::Outside(why) => why,
                Stored::Rows(rows) if let Some(field) = holding.never_carried(event, &rows) => {
                    format!("events of this kind have no {field} there")
                }
                Stored::Rows(rows) => {
                    let known = rows.iter().map(|(table, _)| engine.storage(place, event, table));
                    trial.storage = trial.storage.into_iter().chain(known).min();
                    let before = unheld.meant(event);
                    let meant = holding.meant(event, &rows)?;
                    let untold = meant != before && self.loses_untold(&holding, event, &rows, before)?;
                    // An event that does not say which log it is of may be of another than the rule's.
                    let elsewhere =
                        self.is_of_another_sensor(event) || (event.origin.is_unknown() && holding.is_elsewhere(&rows));
                    held.push((n, Held { rows, meant, before, untold, elsewhere }));
                    continue;
                }
            };
            *trial.outside.entry(outside).or_default() += 1;
        }
        let search = Search { query: self.query, alone: self.alone, engine, now };
        let found = search.found(&held)?;
        if let (Some(Err(refusal)), true) = (found.first(), found.iter().all(Result::is_err)) {
            return Err(refusal.clone());
        }
        for ((n, held), found) in held.iter().zip(found) {
            let found = match found {
                Ok(found) => found,
                Err(refusal) => {
                    let why = match refusal.placed().1 {
                        Refusal::Unknown(what) => format!("the engine does not know {what}"),
                        _ => "the query takes more work than the engine allows".to_owned(),
                    };
                    *trial.outside.entry(why).or_default() += 1;
                    trial.unjudged.get_or_insert(refusal);
                    continue;
                }
            };
            // Another sensor tells of the same: that it is not searched is the coverage's matter, what else is found is the query's.
            if held.elsewhere && !found && (held.meant || held.before) {
                *trial.outside.entry(ANOTHER_SENSOR.to_owned()).or_default() += 1;
                continue;
            }
            let verdicts = Verdicts { meant: held.meant, found, before: held.before };
            trial.both += usize::from(verdicts.meant && found);
            trial.neither += usize::from(!verdicts.meant && !found);
            if !held.untold && self.allows(verdicts) {
                trial.agreed += 1;
            } else {
                trial.refuted.push((*n, verdicts));
            }
        }
        Ok(trial)
    }

    /// Whether the event is of the log source, but of a kind that the place does not read it from: Security 4688 where
    /// process creations are read from Sysmon.
    fn is_of_another_sensor(&self, event: &Event) -> bool {
        let logsource = &self.matching.logsource;
        let fed = |id| self.schema.is_fed_by(logsource, id);
        let other_kind = || match event.origin.event_id {
            Some(id) => !fed(id),
            None => !event.origin.is_unknown() && !fed(NO_EVENT),
        };
        other_kind() && LogSources::standard().admits(logsource, event).is_some()
    }

    /// Whether the place would still lose the difference if it lost nothing that the query tells of.
    fn loses_untold(&self, holding: &Holding<'_>, event: &Event, rows: &Rows, before: bool) -> Result<bool, Refusal> {
        let rest = holding.without(|field| self.told.excuses(field, event));
        Ok(rest.meant(event, rows)? != before)
    }

    /// Whether the claim allows these verdicts (DESIGN section 6).
    fn allows(&self, Verdicts { meant, found, .. }: Verdicts) -> bool {
        match self.claim {
            Fidelity::Exact => meant == found,
            Fidelity::Wider => found || !meant,
            Fidelity::Narrower => meant || !found,
            Fidelity::Either => true,
        }
    }
}
