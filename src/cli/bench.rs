//! What claims are tried with: the user's events, the engines, the clock.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Stop;
use super::args::Trying;
use super::external::External;
use super::input::{self, Exclude, Found};
use super::load::Loaded;
use super::report::Reporter;
use super::terminal::Terminal;
use crate::agreement::{Case, Judged, Verdict};
use crate::compile::Target;
use crate::diag::Diagnostic;
use crate::engines::{Engine, engine};
use crate::event::{self, Event};

/// The events and engines that claims are tried with.
pub(super) struct Bench {
    events: Vec<Event>,
    engines: Vec<External>,
    now: f64,
}

impl Bench {
    /// What the options ask for.
    pub(super) fn set_up(
        args: &Trying,
        targets: &[&Target],
        loaded: &Loaded,
        terminal: &mut Terminal,
    ) -> Result<Bench, Stop> {
        let mut engines: Vec<External> = Vec::new();
        for option in &args.engine {
            let language = option.split_once('=').map_or("", |(language, _)| language);
            if engines.iter().any(|other| other.language() == language) {
                return Err(Stop::Usage(format!("--engine names two programs for {language}")));
            }
            let place = targets.iter().find(|target| target.backend.language() == language);
            let Some((_, place)) = place.and_then(|target| target.name().split_once(':')) else {
                return Err(Stop::Usage(format!("--engine {option}: no target of --to is of this language")));
            };
            engines.push(External::start(option, place, Duration::from_secs(args.engine_timeout))?);
        }
        let events = read_events(&args.events, loaded, terminal)?;
        Ok(Bench { events, engines, now: args.now.0 })
    }

    /// The engine of a target's language, with its name; none where there is none.
    pub(super) fn engine(&self, target: &Target) -> Option<(&dyn Engine, &str)> {
        let language = target.backend.language();
        let external = self.engines.iter().find(|engine| engine.language() == language);
        external
            .map(|engine| (engine as &dyn Engine, engine.name.as_str()))
            .or_else(|| engine(language).map(|engine| (engine, "built-in")))
    }

    /// Tries a query.
    pub(super) fn judge(&self, case: &Case, judged: Judged<'_>, target: &Target) -> Option<Verdict> {
        let (engine, _) = self.engine(target)?;
        Some(case.judge(judged, target, &self.events, engine, self.now))
    }
}

/// The events of `--events`; what cannot be read is reported.
fn read_events(paths: &[PathBuf], loaded: &Loaded, terminal: &mut Terminal) -> Result<Vec<Event>, Stop> {
    let mut reporter = Reporter::new(10);
    let mut events = Vec::new();
    for found in input::list(paths, &Exclude::new(&[])?, &|_: &Path| true, "events") {
        let mut say = |diagnostic: &Diagnostic, path: &str| {
            if let Some(text) = reporter.report(diagnostic, &loaded.sources, Some(path), terminal, terminal.color_err) {
                terminal.message(&text);
            }
        };
        match found {
            Found::File(path) => {
                let name = input::shown(&path);
                match File::open(&path) {
                    Ok(mut file) => event::read(&name, &mut file, &mut |read| {
                        match read {
                            Ok((_, event)) => events.push(event),
                            Err(diagnostic) => say(&diagnostic, &name),
                        }
                        ControlFlow::Continue(())
                    }),
                    Err(error) => return Err(Stop::Usage(format!("{name}: {error}"))),
                }
            }
            Found::Problem(path, diagnostic) => say(&diagnostic, &input::shown(&path)),
            Found::Stdin => return Err(Stop::Usage("events come from files here, not from standard input".to_owned())),
        }
    }
    Ok(events)
}
