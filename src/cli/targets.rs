//! `sigmaglot targets`: where queries can run, and which log sources each place holds.

use serde::Serialize;

use super::args::Targets;
use super::terminal::Terminal;
use super::{FORMATS, Status, Stop};
use crate::backends::BACKENDS;
use crate::schema::Schema;

/// A schema in JSON output; keys may be added.
#[derive(Debug, Serialize)]
struct Target {
    target: String,
    language: &'static str,
    language_title: &'static str,
    schema: &'static str,
    title: String,
    default: bool,
    formats: &'static [&'static str],
    extension: &'static str,
    logsources: Vec<LogSource>,
}

#[derive(Debug, Serialize)]
struct LogSource {
    product: Option<String>,
    category: Option<String>,
    service: Option<String>,
}

/// Lists every schema of every language, the language's default first.
pub(crate) fn run(args: &Targets, terminal: &mut Terminal) -> Result<Status, Stop> {
    for backend in BACKENDS {
        for (place, (name, text)) in backend.schemas().iter().enumerate() {
            let schema = Schema::parse(backend.language(), text).map_err(Stop::Found)?;
            let target = Target {
                target: schema.target().to_owned(),
                language: backend.language(),
                language_title: backend.title(),
                schema: name,
                title: schema.title().to_owned(),
                default: place == 0,
                formats: FORMATS,
                extension: backend.extension(),
                logsources: schema
                    .logsources()
                    .map(|source| LogSource {
                        product: source.product.map(|text| text.to_string()),
                        category: source.category.map(|text| text.to_string()),
                        service: source.service.map(|text| text.to_string()),
                    })
                    .collect(),
            };
            if args.json {
                terminal.json(&target)?;
            } else {
                human(&target, terminal)?;
            }
        }
    }
    Ok(Status::Well)
}

fn human(target: &Target, terminal: &mut Terminal) -> Result<(), Stop> {
    let default = if target.default { format!(", also `{}`", target.language) } else { String::new() };
    terminal.line(&format!("{}  {} for {}{default}", target.target, target.language_title, target.title))?;
    terminal.line(&format!("  formats: {}", target.formats.join(", ")))?;
    // By product, in the order of the schema.
    let mut products: Vec<(&str, Vec<String>)> = Vec::new();
    for source in &target.logsources {
        let rest: Vec<&str> = [&source.category, &source.service].into_iter().flatten().map(String::as_str).collect();
        let rest = if rest.is_empty() { "(all)".to_owned() } else { rest.join(" / ") };
        let product = source.product.as_deref().unwrap_or("any product");
        match products.iter_mut().find(|(name, _)| *name == product) {
            Some((_, sources)) => sources.push(rest),
            None => products.push((product, vec![rest])),
        }
    }
    for (product, sources) in products {
        let mut line = format!("  {product}:");
        for (n, source) in sources.iter().enumerate() {
            let comma = if n + 1 < sources.len() { "," } else { "" };
            if line.len() + source.len() > 98 {
                terminal.line(&line)?;
                line = "   ".to_owned();
            }
            line.push_str(&format!(" {source}{comma}"));
        }
        terminal.line(&line)?;
    }
    terminal.line("")?;
    Ok(())
}
