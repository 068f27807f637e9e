//! What a place holds of an event: `tables/*.yml`, column first.

mod json;
mod line;
mod paths;
mod table;
mod windows;

use serde_json::{Map, Value};

use crate::engines::Stored;
use crate::event::Event;
use table::{Form, Source};

pub use table::Known;

/// A row: column → value.
type Row = Map<String, Value>;

/// The source of a place that writes an event.
fn source(place: &str, event: &Event) -> Result<&'static Source, String> {
    let sources = table::place(place)?;
    let found = sources.iter().find(|source| source.when.fits(event));
    found.ok_or_else(|| format!("no source of {place} writes an event with these fields"))
}

/// The row that a place holds of an event.
pub(super) fn store(place: &str, event: &Event) -> Stored {
    let source = match source(place, event) {
        Ok(source) => source,
        Err(why) => return Stored::Outside(why),
    };
    let row = match &source.form {
        Form::Windows(form) => form.row(event),
        Form::Json(form) => form.row(event),
        Form::Line(form) => form.row(event),
    };
    match row {
        Ok(mut row) => {
            source.name_in(event, &mut row);
            Stored::Rows(vec![("events".to_owned(), row)])
        }
        Err(why) => Stored::Outside(format!("{}: {why}", source.name)),
    }
}

/// The event as its row gives it back, each value under the event's own name: without what the source does not write,
/// and in the form in which it is held. None where the place holds no row of it.
pub(super) fn held(place: &str, event: &Event) -> Option<Event> {
    let source = source(place, event).ok()?;
    let fields = match &source.form {
        Form::Windows(form) => form.held(event),
        Form::Json(form) => form.held(event),
        Form::Line(form) => form.held(event),
    };
    Some(Event { fields: fields.ok()?, origin: event.origin.clone() })
}

/// Which source of a place writes an event, and what is known of it.
pub(super) fn known(place: &str, event: &Event) -> Option<&'static Known> {
    source(place, event).ok().map(|source| &source.known)
}

/// All sources of a place, in the order in which they are asked.
pub(super) fn all_known(place: &str) -> Vec<&'static Known> {
    table::place(place).map_or_else(|_| Vec::new(), |sources| sources.iter().map(|source| &source.known).collect())
}
