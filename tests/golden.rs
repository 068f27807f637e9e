//! Whole rules of the public corpus in every language: the snapshots that readers of queries look at.

use sigmaglot::compile::{Outcome, Target, prepare};
use sigmaglot::diag::Diagnostics;
use sigmaglot::ir::{Matching, Plan};
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
    "rules/cloud/azure/audit_logs/azure_ad_certificate_based_authencation_enabled.yml",
    "rules/cloud/aws/cloudtrail/aws_cloudtrail_console_login_success_without_mfa.yml",
    "rules/linux/auditd/lnx_auditd_password_policy_discovery.yml",
    "rules-emerging-threats/2019/Exploits/CVE-2019-11510/web_cve_2019_11510_pulsesecure_exploit.yml",
];

/// The default target of a language.
pub(crate) fn target(language: &str) -> Target {
    Target::resolve(language).expect("the default place").remove(0)
}

/// The rules of a text with what becomes of them; rules that mean nothing are left out.
pub(crate) fn compiled(text: &str, target: &Target) -> Vec<(Plan<Matching>, Outcome)> {
    let mut diagnostics = Diagnostics::new();
    let collection = link(sigma::parse(SourceId(0), text, &mut diagnostics), &mut diagnostics);
    let prepared = (0..collection.rules.len())
        .filter_map(|index| prepare(&collection, index, &lower::Options::default(), &mut diagnostics));
    prepared
        .map(|plan| {
            let outcome = target.compile(&plan, &Options::default());
            (plan, outcome)
        })
        .collect()
}

/// Each query with its claim, and what is said of it.
pub(crate) fn shown(text: &str, target: &Target) -> String {
    let mut out = String::new();
    for (_, Outcome { query, diagnostics, .. }) in compiled(text, target) {
        if let Some(query) = query {
            let claim = format!("{}: {}", query.claim.as_str(), query.tables.join(", "));
            out += &format!("{}\n{}\n", target.backend.comment(&claim), query.text);
        }
        for diagnostic in diagnostics {
            let line = format!("{}: {}", diagnostic.code, diagnostic.message);
            out += &format!("{}\n", target.backend.comment(&line));
        }
    }
    out
}

#[test]
fn golden_rules() {
    let Some(folder) = shared::folder() else { return };
    for language in ["kql", "spl", "vql"] {
        let target = target(language);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(format!("../snapshots/{language}"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            for rule in RULES {
                let path = folder.join("corpus").join(rule);
                let text = std::fs::read_to_string(&path).expect("a rule of the corpus");
                let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                insta::assert_snapshot!(name, shown(&text, &target));
            }
        });
    }
}
