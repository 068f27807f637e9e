//! Whole queries in KQL: the table, the event kind, one line a conjunct, unions.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use sigmaglot::compile::{Outcome, Target, prepare};
use sigmaglot::diag::Diagnostics;
use sigmaglot::link::link;
use sigmaglot::render::Options;
use sigmaglot::source::Sources;
use sigmaglot::{lower, sigma};

use crate::shared;

/// What becomes of the rules of a text.
fn compiled(text: &str) -> Vec<Outcome> {
    let target = Target::resolve("kql").expect("the default place").remove(0);
    let mut diagnostics = Diagnostics::new();
    let source = Sources::default().add("rule.yml", text);
    let collection = link(sigma::parse(source, text, &mut diagnostics), &mut diagnostics);
    (0..collection.rules.len())
        .filter_map(|index| prepare(&collection, index, &lower::Options::default(), &mut diagnostics))
        .map(|plan| target.compile(&plan, &Options::default()))
        .collect()
}

fn query(logsource: &str, detection: &str) -> String {
    let text = format!("title: t\nlogsource: {{{logsource}}}\ndetection:\n{detection}");
    let outcome = compiled(&text).pop().expect("a rule");
    match outcome.query {
        Some(query) => query.text,
        None => panic!("refused: {:?}", outcome.diagnostics),
    }
}

/// The query with its claim, or why there is none.
fn shown(text: &str) -> String {
    let mut out = String::new();
    for Outcome { query, diagnostics, .. } in compiled(text) {
        if let Some(query) = query {
            out += &format!("// {}: {}\n{}\n", query.claim.as_str(), query.tables.join(", "), query.text);
        }
        for diagnostic in diagnostics {
            out += &format!("// {}: {}\n", diagnostic.code, diagnostic.message);
        }
    }
    out
}

#[test]
fn rules_of_the_corpus() {
    let Some(folder) = shared::folder() else { return };
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
    ];
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/kql");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for rule in rules {
            let path = folder.join("corpus").join(rule);
            let text = std::fs::read_to_string(&path).expect("a rule of the corpus");
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            insta::assert_snapshot!(name, shown(&text));
        }
    });
}

#[test]
fn tables_that_differ_in_where_a_field_is_share_the_filter() {
    assert_eq!(
        query("category: dns", "  sel: {query: [a.example, b.example]}\n  condition: sel\n"),
        r#"union isfuzzy=true
    (DeviceEvents
     | where ActionType == "DnsQueryResponse"
     | extend query = tostring(parse_json(AdditionalFields).DnsQueryString)),
    (DeviceNetworkEvents
     | where ActionType == "DnsConnectionInspected"
     | extend query = tostring(parse_json(AdditionalFields).query))
| where query in~ ("a.example", "b.example")                                  // [sel]"#
    );
}

#[test]
fn both_ends_of_a_connection_are_two_branches() {
    assert_eq!(
        query("product: windows, category: network_connection", "  sel: {DestinationPort: 3389}\n  condition: sel\n"),
        r#"union isfuzzy=true
    (DeviceNetworkEvents
     | where ActionType in ("ConnectionSuccess", "ConnectionFailed", "ConnectionRequest", "ConnectionAttempt")
     | extend DestinationPort = RemotePort),
    (DeviceNetworkEvents
     | where ActionType == "InboundConnectionAccepted"
     | extend DestinationPort = LocalPort)
| where DestinationPort == 3389                                               // [sel]"#
    );
    assert_eq!(
        query("product: windows, category: network_connection", "  sel: {Image: 'C:\\a.exe'}\n  condition: sel\n"),
        r#"DeviceNetworkEvents
| where ActionType in ("ConnectionSuccess", "ConnectionFailed", "ConnectionRequest", "ConnectionAttempt",
                       "InboundConnectionAccepted")
| where InitiatingProcessFolderPath =~ @"C:\a.exe"                            // [sel]"#
    );
}

#[test]
fn a_branch_of_a_union_closes_in_front_of_its_comment() {
    let text = query(
        "product: windows, category: registry_delete",
        "  sel: {TargetObject|endswith: '\\Key'}\n  condition: sel\n",
    );
    assert_eq!(
        text,
        r#"union isfuzzy=true
    (DeviceRegistryEvents
     | where ActionType == "RegistryKeyDeleted"
     | where RegistryKey endswith @"\Key"),                                        // [sel]
    (DeviceRegistryEvents
     | where ActionType == "RegistryValueDeleted"
     | where RegistryValueName endswith "Key"                                      // prefilter, implied below
     | extend TargetObject = strcat(RegistryKey, @"\", RegistryValueName)
     | where TargetObject endswith @"\Key")                                        // [sel]"#
    );
}

#[test]
fn filters_on_one_column_are_one_negated_list() {
    let text = query(
        "product: windows, category: process_creation",
        "  sel: {Image|endswith: '\\a.exe'}
  filter_b: {CommandLine: b}
  filter_c: {CommandLine|contains: c}
  filter_none: {CommandLine: null}
  filter_empty: {CommandLine: ''}
  condition: sel and not 1 of filter_*
",
    );
    assert_eq!(
        text,
        r#"DeviceProcessEvents
| where ActionType == "ProcessCreated"
| where FolderPath endswith @"\a.exe"                                         // [sel]
| where isnotempty(ProcessCommandLine)                                        // [filter_empty, filter_none]
| where not(ProcessCommandLine =~ "b" or ProcessCommandLine contains "c")     // [filter_b, filter_c]"#
    );
}

#[test]
fn audit_records_are_members_of_a_bag() {
    assert_eq!(
        query("product: m365, service: audit", "  sel: {Operation: a, Parameters|contains: b}\n  condition: sel\n"),
        r#"CloudAppEvents
| where ActionType =~ "a"                                                     // [sel]
| where tostring(RawEventData.Parameters) contains "b"                        // [sel]"#
    );
}

#[test]
fn names_of_selections_cannot_end_the_comment() {
    let text = query(
        "product: windows, category: process_creation",
        "  \"a\\nb\": {CommandLine: x}\n  condition: 1 of them\n",
    );
    assert!(!text.contains("a\nb"), "{text}");
}

#[test]
fn a_query_is_never_nested_too_deeply() {
    let values: String = (0..2000).map(|n| format!("      - '*{n}x?y{n}z'\n")).collect();
    let text = query(
        "product: windows, category: process_creation",
        &format!("  sel:\n    CommandLine:\n{values}    Image|endswith:\n{values}  condition: sel\n"),
    );
    assert!(text.len() > 10_000);
}

/// The value names that a prefilter lets through, read back from the query.
fn prefilter(value: &str) -> Option<String> {
    let detection = format!("  sel: {{TargetObject|endswith: '{value}'}}\n  condition: sel\n");
    let text = query("product: windows, category: registry_set", &detection);
    let line = text.lines().find(|line| line.contains("// prefilter"))?;
    let (_, rest) = line.split_once("RegistryValueName endswith \"")?;
    rest.split_once('"').map(|(end, _)| end.to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_prefilter_leaves_out_nothing_that_the_rule_finds(
        key in "[ab\\\\]{0,6}",
        name in "[ab\\\\]{0,6}",
        length in 1..8_usize,
    ) {
        // A value that the rule finds in this row: the end of the joined path.
        let path = format!("{key}\\{name}");
        let value = &path[path.len().saturating_sub(length)..];
        // In a rule a backslash before a backslash is an escape: write each of them twice.
        if let Some(end) = prefilter(&value.replace('\\', "\\\\")) {
            prop_assert!(name.ends_with(&end), "{path} ends with {value}, {name} not with {end}");
        }
    }
}

/// A comment stays short: it names four selections and counts the others.
#[test]
fn a_comment_names_a_few_selections() {
    let comment = |count: usize| {
        let items: String =
            (0..count).map(|n| format!("  s{n}:\n    Image: '{n}'\n    CommandLine: '{n}'\n")).collect();
        let detection = format!("{items}  condition: 1 of s*\n");
        let text = query("product: windows, category: process_creation", &detection);
        text.split("// ").nth(1).unwrap().lines().next().unwrap().to_owned()
    };
    assert_eq!(comment(4), "[s0, s1, s2, s3]");
    assert_eq!(comment(5), "[s0, s1, s2, s3, s4]");
    assert_eq!(comment(7), "[s0, s1, s2, s3, and 3 more]");
}
