//! What can be written on the command line. Every example in a help text is run by a test.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::sigma;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "sigmaglot", version, about = ABOUT, after_help = EXAMPLES, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// When to colour the output; `auto` is on a terminal where NO_COLOR is not set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Show errors only: no warnings, notes, progress or summary
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const ABOUT: &str =
    "Compiles Sigma detection rules into KQL, Splunk SPL and Velociraptor VQL, and evaluates them on events";

const EXAMPLES: &str = "\
Examples:
  sigmaglot convert rules/constructs --to kql
  sigmaglot eval --rules rules/constructs events.jsonl
  sigmaglot check rules
  sigmaglot explain E0401

Exit status: 0 all well; 1 a rule was refused or has errors; 2 wrong usage or unreadable input.";

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Convert(Convert),
    Eval(Eval),
    Verify(Verify),
    Engine(EngineArgs),
    Check(Check),
    Show(Show),
    Explain(Explain),
    Targets(Targets),
    Completions(Completions),
}

/// Which of the rules read are meant.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Choice of rules")]
pub(crate) struct Choice {
    /// Only rules of this level or above
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) min_level: Option<sigma::Level>,
    /// Only rules of this status; several with commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = status)]
    pub(crate) status: Vec<sigma::Status>,
    /// Only rules for this product; several with commas
    #[arg(long, value_name = "PRODUCT", value_delimiter = ',')]
    pub(crate) product: Vec<String>,
    /// Only rules with this tag, which may have wildcards: `attack.t1059*`; several with commas
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(crate) tag: Vec<String>,
    /// Leave out rules by id, or by a wildcard pattern for whole parts of the path: `deprecated`, `*_test.yml`
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Add the Sigma filters of this file or folder
    #[arg(long, value_name = "PATH")]
    pub(crate) filter: Vec<PathBuf>,
}

/// The rules to work on.
#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// Rules: files, folders (all .yml and .yaml below them), or - for standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Which of them.
    #[command(flatten)]
    pub(crate) choice: Choice,
}

/// What a rule leaves open.
#[derive(Debug, Args)]
pub(crate) struct Values {
    /// A YAML file with values for placeholders: a map from name to list
    #[arg(long, value_name = "FILE")]
    pub(crate) placeholders: Option<PathBuf>,
}

/// Convert rules into queries
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sigmaglot convert rules/constructs --to kql
  sigmaglot convert rules --to kql,spl,vql --out queries
  sigmaglot convert rules --to all --json
  sigmaglot convert rules --to kql --verified --events Sysmon.evtx
  cat rule.yml | sigmaglot convert - --to spl --set index=windows")]
pub(crate) struct Convert {
    /// Where the query is to run: `kql`, `kql:defender`, ..., several with commas, or `all` (see `sigmaglot targets`)
    #[arg(long, value_name = "TARGET", required = true, value_delimiter = ',')]
    pub(crate) to: Vec<String>,
    /// What to write around the query (see `sigmaglot targets`)
    #[arg(long, value_name = "FORMAT", default_value = "query")]
    pub(crate) format: String,
    /// Write a file a rule below this folder instead of standard output
    #[arg(long, value_name = "DIR", conflicts_with = "json")]
    pub(crate) out: Option<PathBuf>,
    /// Write a line of JSON for each rule and target
    #[arg(long)]
    pub(crate) json: bool,
    /// Widen a query by what its target cannot say, instead of refusing the rule; the claim tells
    #[arg(long)]
    pub(crate) approximate: bool,
    /// Which claims to write: exact, wider, narrower; rules whose query claims another are refused
    #[arg(long, value_name = "CLAIMS", value_delimiter = ',', value_enum, default_value = "exact,wider,narrower")]
    pub(crate) allow: Vec<Claim>,
    /// Write only queries whose claim stood on events made from the rule (see `sigmaglot verify`); others are refused
    #[arg(long)]
    pub(crate) verified: bool,
    /// How.
    #[command(flatten)]
    pub(crate) trying: Trying,
    /// Fill in what the target's owner decides, such as `index=windows` for SPL
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, String)>,
    /// Values from outside.
    #[command(flatten)]
    pub(crate) values: Values,
    /// The rules.
    #[command(flatten)]
    pub(crate) rules: Rules,
}

/// A claim that `--allow` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Claim {
    Exact,
    Wider,
    Narrower,
}

/// Say which events the rules match
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sigmaglot eval --rules rules/constructs events.jsonl
  sigmaglot eval --rules rules Security.evtx Sysmon.evtx.gz --json
  zstd -dc events.jsonl.zst | sigmaglot eval --rules rules --min-level high -

A rule is asked only about events of its log source, as far as an event tells by channel, provider or
event id. --rules takes one path and may be repeated; further .yml and .yaml files may follow it.")]
pub(crate) struct Eval {
    /// Rules: a file, a folder (all .yml and .yaml below it), or - for standard input
    #[arg(long, value_name = "PATH", required = true)]
    pub(crate) rules: Vec<PathBuf>,
    /// Events: .json .jsonl .ndjson .evtx (also .gz .zst), folders of them, or - for JSON on standard input
    #[arg(value_name = "EVENTS", required = true)]
    pub(crate) events: Vec<PathBuf>,
    /// Write a line of JSON for each match
    #[arg(long)]
    pub(crate) json: bool,
    /// Ask every rule about every event, whatever its log source
    #[arg(long)]
    pub(crate) any_logsource: bool,
    /// Values from outside.
    #[command(flatten)]
    pub(crate) values: Values,
    /// Which of the rules.
    #[command(flatten)]
    pub(crate) choice: Choice,
}

/// What claims are tried with.
#[derive(Debug, Args)]
#[command(next_help_heading = "Trying claims")]
pub(crate) struct Trying {
    /// Try these events too: .json .jsonl .ndjson .evtx (also .gz .zst)
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Vec<PathBuf>,
    /// Run the queries of a language with this program, which speaks the protocol of tests/engines/README.md
    #[arg(long, value_name = "LANG=PROGRAM")]
    pub(crate) engine: Vec<String>,
    /// How long the program may take for one query
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) engine_timeout: u64,
    /// The time at which queries run, for those that ask for it; events made from rules are a little older
    #[arg(long, value_name = "TIME", default_value = "2026-04-01T12:00:00Z")]
    pub(crate) now: Instant,
}

/// A moment, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instant(pub(crate) f64);

impl std::str::FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time: jiff::Timestamp = text.parse().map_err(|_| "write it as 2026-04-01T12:00:00Z".to_owned())?;
        #[expect(clippy::cast_precision_loss, reason = "milliseconds fit")]
        Ok(Instant(time.as_millisecond() as f64 / 1000.0))
    }
}

/// Try on events whether queries find what their rules mean
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sigmaglot verify rules/axios-npm-compromise
  sigmaglot verify rules --to kql,spl --events Sysmon.evtx --json
  sigmaglot verify rule.yml --to kql:defender --query written-by-hand.kql
  sigmaglot verify rules --to kql --engine kql='tests/engines/kql/kusto.py --defender'

Events are made from each rule: one for each way through it, and its near misses. The reference evaluator
says which of them the rule means, an interpreter of the query's language which of them the query finds.
A claim with no event both meant and found, and none neither, is unproven.")]
pub(crate) struct Verify {
    /// Where the query is to run: `kql`, `kql:defender`, ..., several with commas, or `all`
    #[arg(long, value_name = "TARGET", value_delimiter = ',', default_value = "all")]
    pub(crate) to: Vec<String>,
    /// How.
    #[command(flatten)]
    pub(crate) trying: Trying,
    /// Judge this query, written by somebody else, against the one rule given; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) query: Option<PathBuf>,
    /// Write a line of JSON for each rule and target
    #[arg(long)]
    pub(crate) json: bool,
    /// Widen a query by what its target cannot say, instead of refusing the rule
    #[arg(long)]
    pub(crate) approximate: bool,
    /// Fill in what the target's owner decides, such as `index=windows` for SPL
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, String)>,
    /// Values from outside.
    #[command(flatten)]
    pub(crate) values: Values,
    /// The rules.
    #[command(flatten)]
    pub(crate) rules: Rules,
}

/// Run queries of a language for another program
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sigmaglot verify rules/constructs --to kql --engine kql='sigmaglot engine kql'

It reads lines of JSON from standard input, each with a query and rows, and answers each with the rows found: the
protocol of `verify --engine`, which tests/engines/README.md describes.")]
pub(crate) struct EngineArgs {
    /// The language: kql, spl or vql
    #[arg(value_name = "LANG")]
    pub(crate) language: String,
}

/// Find what is wrong with rules
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sigmaglot check rules
  sigmaglot check rules --strict --sarif findings.sarif
  sigmaglot check rule.yml --fix")]
pub(crate) struct Check {
    /// Write a line of JSON for each finding
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the findings to this file in the SARIF format (2.1.0), which code hosts and editors read; - for standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) sarif: Option<PathBuf>,
    /// Count warnings as errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// Apply the corrections that keep a rule's meaning, in place
    #[arg(long)]
    pub(crate) fix: bool,
    /// Values from outside.
    #[command(flatten)]
    pub(crate) values: Values,
    /// The rules.
    #[command(flatten)]
    pub(crate) rules: Rules,
}

/// Show what a rule looks for
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sigmaglot show rule.yml
  sigmaglot show rules/constructs --json
  sigmaglot show rule.yml --ir")]
pub(crate) struct Show {
    /// Write a line of JSON for each rule
    #[arg(long, conflicts_with = "ir")]
    pub(crate) json: bool,
    /// Print what the rule means in the compiler's own algebra
    #[arg(long)]
    pub(crate) ir: bool,
    /// Values from outside.
    #[command(flatten)]
    pub(crate) values: Values,
    /// The rules.
    #[command(flatten)]
    pub(crate) rules: Rules,
}

/// Explain a code, or list them all
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sigmaglot explain E0401
  sigmaglot explain")]
pub(crate) struct Explain {
    /// The code, such as E0401
    pub(crate) code: Option<String>,
}

/// List languages, schemas and formats, and what each can say
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sigmaglot targets
  sigmaglot targets --json")]
pub(crate) struct Targets {
    /// Write a line of JSON for each schema
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sigmaglot completions bash > ~/.local/share/bash-completion/completions/sigmaglot
  sigmaglot completions fish > ~/.config/fish/completions/sigmaglot.fish")]
pub(crate) struct Completions {
    /// Which shell
    pub(crate) shell: clap_complete::Shell,
}

fn level(word: &str) -> Result<sigma::Level, String> {
    sigma::Level::parse(&word.to_ascii_lowercase())
        .ok_or_else(|| one_of(sigma::Level::ALL.iter().map(|level| level.as_str())))
}

fn status(word: &str) -> Result<sigma::Status, String> {
    sigma::Status::parse(&word.to_ascii_lowercase())
        .ok_or_else(|| one_of(sigma::Status::ALL.iter().map(|status| status.as_str())))
}

fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    format!("one of {}", words.collect::<Vec<_>>().join(", "))
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("NAME=VALUE".to_owned()),
    }
}
