//! Whole rules of the SigmaHQ corpus, and what becomes of all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sigmaglot::compile::{Outcome, Target, prepare};
use sigmaglot::diag::{Diagnostics, Severity};
use sigmaglot::link::link;
use sigmaglot::source::Sources;
use sigmaglot::{lower, sigma};

use super::*;

/// The folder with the corpus; none where it is not there, which is said.
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = std::env::var_os("SIGMAGLOT_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// The rules of a file, compiled for the default place; rules that mean nothing are left out.
fn compiled(text: &str, target: &Target) -> Vec<(Plan<sigmaglot::ir::Matching>, Outcome)> {
    let mut diagnostics = Diagnostics::new();
    let source = Sources::default().add("rule.yml", text);
    let collection = link(sigma::parse(source, text, &mut diagnostics), &mut diagnostics);
    (0..collection.rules.len())
        .filter_map(|index| {
            let plan = prepare(&collection, index, &lower::Options::default(), &mut diagnostics)?;
            let outcome = target.compile(&plan, &Options::default());
            Some((plan, outcome))
        })
        .collect()
}

fn target() -> Target {
    Target::resolve("spl").expect("the default place").remove(0)
}

/// The query with its claim, or why there is none.
fn shown(text: &str) -> String {
    let mut out = String::new();
    for (_, Outcome { query, diagnostics, .. }) in compiled(text, &target()) {
        if let Some(query) = query {
            out += &format!("# {}: {}\n{}\n", query.claim.as_str(), query.tables.join(", "), query.text);
        }
        for diagnostic in diagnostics {
            out += &format!("# {}: {}\n", diagnostic.code, diagnostic.message);
        }
    }
    out
}

#[test]
fn golden_rules() {
    let Some(shared) = shared() else { return };
    let rules = [
        "rules/windows/process_creation/proc_creation_win_certutil_encode_susp_extensions.yml",
        "rules/windows/process_creation/proc_creation_win_svchost_uncommon_command_line_flags.yml",
        "rules/windows/process_creation/proc_creation_win_wmiprvse_spawning_process.yml",
        "rules/windows/registry/registry_set/registry_set_credential_guard_disabled.yml",
        "rules/windows/network_connection/net_connection_win_wscript_cscript_outbound_connection.yml",
        "rules/windows/image_load/image_load_dll_comsvcs_load_renamed_version_by_rundll32.yml",
        "rules/windows/dns_query/dns_query_win_gup_query_to_uncommon_domains.yml",
        "rules/windows/builtin/security/win_security_lsass_access_non_system_account.yml",
        "rules/windows/builtin/security/account_management/win_security_successful_external_remote_rdp_login.yml",
        "rules/windows/powershell/powershell_script/posh_ps_malicious_keywords.yml",
        "rules/windows/builtin/msexchange/win_exchange_proxyshell_remove_mailbox_export.yml",
        "rules/cloud/azure/signin_logs/azure_ad_sign_ins_from_noncompliant_devices.yml",
        "rules/cloud/azure/audit_logs/azure_ad_certificate_based_authencation_enabled.yml",
        "rules/cloud/aws/cloudtrail/aws_cloudtrail_console_login_success_without_mfa.yml",
        "rules/linux/auditd/lnx_auditd_password_policy_discovery.yml",
        "rules-emerging-threats/2019/Exploits/CVE-2019-11510/web_cve_2019_11510_pulsesecure_exploit.yml",
    ];
    settings().bind(|| {
        for rule in rules {
            let path = shared.join("corpus").join(rule);
            let text = std::fs::read_to_string(&path).expect("a rule of the corpus");
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            insta::assert_snapshot!(name, shown(&text));
        }
    });
}

#[test]
fn an_unknown_service_is_not_all_of_its_product() {
    let rule = |logsource: &str| {
        shown(&format!("title: t\nlogsource: {{{logsource}}}\ndetection: {{sel: {{EventID: 1}}, condition: sel}}\n"))
    };
    assert!(rule("product: windows").starts_with("# exact: windows_all\nsource=\"XmlWinEventLog:*\""));
    assert!(rule("product: windows, service: no-such-service").starts_with("# E0501"));
    assert!(rule("product: linux, service: no-such-service").starts_with("# E0501"));
}

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/spl");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

fn rule_files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            rule_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            out.push(path);
        }
    }
}

/// How many rules become queries, why others do not, and the log sources that have no entry.
#[test]
fn corpus() {
    let Some(shared) = shared() else { return };
    let mut files = Vec::new();
    rule_files(&shared.join("corpus"), &mut files);
    files.sort();
    let target = target();
    let mut claims: BTreeMap<&str, usize> = BTreeMap::new();
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut homeless: BTreeMap<String, usize> = BTreeMap::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a rule");
        for (plan, Outcome { query, diagnostics, .. }) in compiled(&text, &target) {
            *claims.entry(query.as_ref().map_or("refused", |query| query.claim.as_str())).or_default() += 1;
            if query.is_some() {
                continue;
            }
            let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
            let mut of_rule: Vec<&str> = errors.map(|diagnostic| diagnostic.code.as_str()).collect();
            of_rule.sort_unstable();
            of_rule.dedup();
            for code in &of_rule {
                *codes.entry(code).or_default() += 1;
            }
            if let (true, Plan::Select(matching)) = (of_rule.contains(&"E0501"), plan) {
                *homeless.entry(matching.logsource.to_string()).or_default() += 1;
            }
        }
    }
    let lines = |title: &str, counts: Vec<(String, usize)>| {
        let lines: Vec<String> = counts.iter().map(|(name, count)| format!("{count:5} {name}")).collect();
        format!("{title}\n{}\n", lines.join("\n"))
    };
    let named = |counts: BTreeMap<&str, usize>| counts.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
    let report = lines("rules by claim", named(claims))
        + &lines("refusals by code", named(codes))
        + &lines("log sources without an entry", homeless.into_iter().collect());
    settings().bind(|| insta::assert_snapshot!("corpus", report));
}
