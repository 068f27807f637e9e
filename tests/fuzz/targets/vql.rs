//! Any text as a query: run, or refused; never a panic, and never without an end.
#![no_main]

mod stock;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    let _ = stock::run("vql", "evtx", query);
});
