//! One rule, one target: what every user of the library starts from.

use std::sync::Arc;

use crate::backends::BACKENDS;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Fidelity, Matching, Plan, Subject, distinct};
use crate::link::Collection;
use crate::lower;
use crate::render::{Backend, Options, Query, RuleInfo};
use crate::schema::{Coverage, Schema, place};
use crate::simplify::simplify;

/// A place where a language is run: `kql:defender`.
pub struct Target {
    /// The language.
    pub backend: &'static dyn Backend,
    /// The place.
    pub schema: Schema,
}

/// What became of a rule on a target.
#[derive(Debug)]
pub struct Outcome {
    /// The query; none where the rule is refused, and then a diagnostic is an error.
    pub query: Option<Query>,
    /// What each table's sensor records of the log source, in the order of the query's tables.
    pub coverage: Vec<(Arc<str>, Coverage)>,
    /// Why the rule is refused, or what the query loses.
    pub diagnostics: Vec<Diagnostic>,
}

impl Target {
    /// The targets of a name: `kql` (its default schema), `kql:defender`, or `all` (every language's default).
    /// Error E0902 for an unknown name, E0901 for a broken schema.
    pub fn resolve(name: &str) -> Result<Vec<Target>, Diagnostic> {
        if name == "all" {
            return BACKENDS.iter().map(|backend| Target::load(*backend, None)).collect();
        }
        let (language, schema) = match name.split_once(':') {
            Some((language, schema)) => (language, Some(schema)),
            None => (name, None),
        };
        let backend = BACKENDS.iter().find(|backend| backend.language() == language).ok_or_else(|| unknown(name))?;
        Target::load(*backend, schema).map(|target| vec![target])
    }

    fn load(backend: &'static dyn Backend, schema: Option<&str>) -> Result<Target, Diagnostic> {
        let mut schemas = backend.schemas().iter();
        let found = match schema {
            None => schemas.next(),
            Some(wanted) => schemas.find(|(name, _)| *name == wanted),
        };
        let Some((_, text)) = found else {
            return Err(unknown(&format!("{}:{}", backend.language(), schema.unwrap_or_default())));
        };
        Ok(Target { backend, schema: Schema::parse(backend.language(), text)? })
    }

    /// The target's name, such as `kql:defender`.
    pub fn name(&self) -> &str {
        self.schema.target()
    }

    /// The query for a rule that [`prepare`] has lowered.
    pub fn compile(&self, plan: &Plan<Matching>, options: &Options) -> Outcome {
        let refused = |gaps: Vec<crate::render::Gap>| Outcome {
            query: None,
            coverage: Vec::new(),
            diagnostics: gaps.iter().map(crate::render::Gap::diagnostic).collect(),
        };
        let placed = match place(plan, &self.schema, options) {
            Ok(placed) => placed,
            Err(gaps) => return refused(gaps),
        };
        let mut query = match self.backend.query(&placed.plan, options) {
            Ok(query) => query,
            Err(gaps) => return refused(gaps),
        };
        let branches = match &placed.plan {
            Plan::Select(branches) => branches.as_slice(),
            Plan::Correlate(_) => &[],
        };
        let mut coverage: Vec<(Arc<str>, Coverage)> = Vec::new();
        for branch in branches {
            let entry = (branch.table.name.clone(), branch.coverage.clone());
            if !coverage.contains(&entry) {
                coverage.push(entry);
            }
        }
        let mut diagnostics = placed.notes;
        for (tables, what) in shared_limits(&coverage) {
            let note = Diagnostic::new(Code::W0705, format!("{}: {what}", tables.join(", ")));
            diagnostics.push(match plan {
                Plan::Select(matching) => note.at(matching.logsource.at.span),
                Plan::Correlate(_) => note,
            });
        }
        query.claim = query.claim.join(placed.fidelity);
        diagnostics.append(&mut query.notes);
        diagnostics.extend(unsaid(query.claim, plan, &diagnostics));
        Outcome { query: Some(query), coverage, diagnostics: distinct(diagnostics) }
    }

    /// The query as a text of its own: comment lines with the rule, the claim and the coverage, then the query.
    pub fn document(&self, info: &RuleInfo, query: &Query, coverage: &[(Arc<str>, Coverage)]) -> String {
        let mut lines = Vec::new();
        let id = info.id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        lines.push(format!("{}{id}", info.title));
        let claim = match query.claim {
            Fidelity::Exact => "Exact",
            Fidelity::Wider => "Wider than the rule",
            Fidelity::Narrower => "Narrower than the rule",
            Fidelity::Either => "Wider in part and narrower in part",
        };
        lines.push(format!("{claim} on {}: {}", self.name(), query.tables.join(", ")));
        for (tables, what) in shared_limits(coverage) {
            lines.push(format!("Coverage of {}: {what}", tables.join(", ")));
        }
        if coverage.iter().all(|(_, coverage)| *coverage == Coverage::Full) {
            lines.push("Coverage: full".to_owned());
        }
        let header: String = lines.iter().map(|line| self.backend.comment(line) + "\n").collect();
        format!("{header}{}\n", query.text.trim_end())
    }
}

/// The warning of a claim that nothing has told the reason of.
fn unsaid(claim: Fidelity, plan: &Plan<Matching>, said: &[Diagnostic]) -> Option<Diagnostic> {
    let (code, what) = match claim {
        Fidelity::Exact => return None,
        Fidelity::Wider => (Code::W0703, "may find more"),
        Fidelity::Narrower => (Code::W0702, "may find less"),
        Fidelity::Either => (Code::W0702, "may find more, and less,"),
    };
    if said.iter().any(|diagnostic| matches!(diagnostic.code, Code::W0702 | Code::W0703 | Code::W0706)) {
        return None;
    }
    let warning = Diagnostic::new(code, format!("the query {what} than the rule means"));
    let Plan::Select(matching) = plan else { return Some(warning) };
    let mut keyword = None;
    matching.expr.for_each_test(&mut |test| {
        if test.on == Subject::AnyText && keyword.is_none() {
            keyword = Some(test.at.span);
        }
    });
    Some(match keyword {
        Some(at) => warning.at(at).help(
            "a keyword is looked for in the whole text of the event, where names stand too; test a field instead",
        ),
        None => warning.at(matching.logsource.at.span),
    })
}

/// What limits the coverage, with the tables that it limits; nothing for full coverage.
fn shared_limits(coverage: &[(Arc<str>, Coverage)]) -> Vec<(Vec<&str>, String)> {
    let mut limits: Vec<(Vec<&str>, String)> = Vec::new();
    for (table, coverage) in coverage {
        let what = match coverage {
            Coverage::Full => continue,
            Coverage::Partial(why) => format!("partial; {why}"),
            Coverage::Proxy(why) => format!("a proxy; {why}"),
        };
        match limits.iter_mut().find(|(_, known)| *known == what) {
            Some((tables, _)) => tables.push(table),
            None => limits.push((vec![table], what)),
        }
    }
    limits
}

fn unknown(name: &str) -> Diagnostic {
    let known: Vec<String> = BACKENDS
        .iter()
        .flat_map(|backend| backend.schemas().iter().map(|(schema, _)| format!("{}:{schema}", backend.language())))
        .collect();
    Diagnostic::new(Code::E0902, format!("unknown target `{name}`"))
        .help(format!("the targets are {} and `all`; a language alone means its first", known.join(", ")))
}

/// Lowers and simplifies a rule of the collection; none where it is refused, and then `diagnostics` has an error.
pub fn prepare(
    collection: &Collection,
    index: usize,
    options: &lower::Options,
    diagnostics: &mut Diagnostics,
) -> Option<Plan<Matching>> {
    Some(match lower::lower(collection, index, options, diagnostics)? {
        Plan::Select(matching) => Plan::Select(Matching { expr: simplify(matching.expr), ..matching }),
        correlation @ Plan::Correlate(_) => correlation,
    })
}
