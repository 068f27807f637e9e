//! How long the program takes, its start included: `cargo bench`.
//!
//! The corpus is searched where the tests search it: `SIGMAGLOT_SHARED`, or `../shared` from the project's root.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What is measured: a name, the arguments, how often, and the time that it may take.
struct Case {
    name: &'static str,
    args: Vec<String>,
    runs: usize,
    limit: Duration,
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rule = root.join("rules/constructs/endswith.yml").display().to_string();
    let convert =
        |path: &str, target: &str| ["convert", path, "--to", target, "--json", "-q"].map(str::to_owned).to_vec();
    let limit = Duration::from_millis;
    let mut cases = vec![
        Case { name: "one rule, one target", args: convert(&rule, "kql"), runs: 50, limit: limit(20) },
        Case { name: "one rule, all targets", args: convert(&rule, "all"), runs: 50, limit: limit(60) },
    ];
    let corpus = env::var_os("SIGMAGLOT_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from).join("corpus");
    if corpus.is_dir() {
        let args = convert(&corpus.display().to_string(), "kql,spl,vql");
        cases.push(Case { name: "public rules, three targets", args, runs: 10, limit: limit(1000) });
    } else {
        println!("skipped: no corpus at {}", corpus.display());
    }
    for case in &cases {
        let mut times: Vec<Duration> = (0..case.runs).map(|_| time(&case.args)).collect();
        times.sort();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        let best = times.first().copied().unwrap_or_default();
        let verdict = if median <= case.limit { "within" } else { "OVER" };
        println!("{:30} best {best:>9.1?}  median {median:>9.1?}  {verdict} {:?}", case.name, case.limit);
    }
}

fn time(args: &[String]) -> Duration {
    let start = Instant::now();
    let status =
        Command::new(env!("CARGO_BIN_EXE_sigmaglot")).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    // The public rules have some that are refused (status 1); anything else is a broken measurement.
    match status.map(|status| status.code()) {
        Ok(Some(0 | 1)) => start.elapsed(),
        other => {
            eprintln!("sigmaglot {}: {other:?}", args.join(" "));
            std::process::exit(1);
        }
    }
}
