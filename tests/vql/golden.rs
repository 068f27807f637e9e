//! Whole rules of the SigmaHQ corpus.

use std::path::Path;

use sigmaglot::compile::{Target, prepare};
use sigmaglot::diag::Diagnostics;
use sigmaglot::link::link;
use sigmaglot::render::Options;
use sigmaglot::source::SourceId;
use sigmaglot::{lower, sigma};

use crate::shared;

const RULES: &[&str] = &[
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
    "rules/linux/auditd/lnx_auditd_password_policy_discovery.yml",
];

/// The query with its claim, or why there is none.
fn shown(text: &str, target: &Target) -> String {
    let mut diagnostics = Diagnostics::new();
    let collection = link(sigma::parse(SourceId(0), text, &mut diagnostics), &mut diagnostics);
    let mut out = String::new();
    for index in 0..collection.rules.len() {
        let plan = prepare(&collection, index, &lower::Options::default(), &mut diagnostics).unwrap();
        let outcome = target.compile(&plan, &Options::default());
        if let Some(query) = &outcome.query {
            out += &format!("-- {}: {}\n{}\n", query.claim.as_str(), query.tables.join(", "), query.text);
        }
        for diagnostic in outcome.diagnostics {
            out += &format!("-- {}: {}\n", diagnostic.code, diagnostic.message);
        }
    }
    out
}

#[test]
fn golden_rules() {
    let Some(shared) = shared::folder() else { return };
    let target = Target::resolve("vql").unwrap().remove(0);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/vql");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for rule in RULES {
            let path = shared.join("corpus").join(rule);
            let text = std::fs::read_to_string(&path).unwrap();
            let name = Path::new(rule).file_stem().unwrap().to_string_lossy().into_owned();
            insta::assert_snapshot!(name, shown(&text, &target));
        }
    });
}
