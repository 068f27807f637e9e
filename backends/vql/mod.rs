//! Velociraptor's query language over event log files.

mod address;
mod dialect;
mod pattern;
mod query;
mod reference;
mod text;
mod time;

pub use dialect::Where;

use crate::ir::Plan;
use crate::render::{Backend, Gap, Options, Query};
use crate::schema::Branch;

/// Velociraptor VQL.
#[derive(Debug)]
pub struct Vql;

impl Backend for Vql {
    fn language(&self) -> &'static str {
        "vql"
    }

    fn title(&self) -> &'static str {
        "Velociraptor VQL"
    }

    fn schemas(&self) -> &'static [(&'static str, &'static str)] {
        &[("evtx", include_str!("schemas/evtx.yml"))]
    }

    fn extension(&self) -> &'static str {
        "vql"
    }

    fn comment(&self, line: &str) -> String {
        format!("-- {}", crate::render::comment_text(line))
    }

    fn query(&self, plan: &Plan<Vec<Branch>>, options: &Options) -> Result<Query, Vec<Gap>> {
        query::query(plan, options)
    }
}
