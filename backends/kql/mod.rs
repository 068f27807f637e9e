//! KQL: Microsoft's Kusto Query Language, for Defender XDR's advanced hunting.

mod absent;
mod branches;
mod column;
mod dialect;
mod dynamic;
mod limits;
mod literal;
mod network;
mod number;
mod prefilter;
mod query;
mod regex;
mod same;
mod text;

use crate::ir::Plan;
use crate::render::{Backend, Binding, Fragment, Gap, Options, Query, chain, indent};
use crate::schema::Branch;

/// The language.
#[derive(Debug)]
pub struct Kql;

impl Backend for Kql {
    fn language(&self) -> &'static str {
        "kql"
    }

    fn title(&self) -> &'static str {
        "KQL"
    }

    fn schemas(&self) -> &'static [(&'static str, &'static str)] {
        &[("defender", concat!(include_str!("schemas/defender.yml"), include_str!("schemas/defender.tables.yml")))]
    }

    fn extension(&self) -> &'static str {
        "kql"
    }

    fn comment(&self, line: &str) -> String {
        format!("// {}", crate::render::comment_text(line)).trim_end().to_owned()
    }

    fn query(&self, plan: &Plan<Vec<Branch>>, options: &Options) -> Result<Query, Vec<Gap>> {
        query::query(plan, options)
    }
}

/// The dialect of its conditions.
pub fn dialect() -> &'static dyn crate::render::Dialect {
    &dialect::Kql
}

/// The fragments as a disjunction; false of none.
fn any_of(mut parts: Vec<Fragment>) -> Fragment {
    if parts.len() < 2 {
        return parts.pop().unwrap_or_else(|| Fragment::atom("false"));
    }
    let texts: Vec<String> = parts
        .iter()
        .map(|part| match part.binding {
            Binding::And => format!("({})", indent(&part.text, 1)),
            _ => part.text.clone(),
        })
        .collect();
    let joined = Fragment::atom(chain(&texts, "or")).binding(Binding::Or);
    parts.into_iter().fold(joined, Fragment::with_part)
}
