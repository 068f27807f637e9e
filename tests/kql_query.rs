//! Whole queries in KQL: the table, the event kind, one line a conjunct, unions.

use pretty_assertions::assert_eq;
use proptest::prelude::*;

use sigmaglot::diag::Code;

use crate::golden::{compiled, target};

fn query(logsource: &str, detection: &str) -> String {
    let text = format!("title: t\nlogsource: {{{logsource}}}\ndetection:\n{detection}");
    let outcome = compiled(&text, &target("kql")).pop().expect("a rule").1;
    match outcome.query {
        Some(query) => query.text,
        None => panic!("refused: {:?}", outcome.diagnostics),
    }
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

/// Devices of all systems fill the same rows: a rule for one of them says that it looks at the others.
#[test]
fn systems_that_look_alike_are_noted() {
    let noted = |product: &str| {
        let text = format!(
            "title: t\nlogsource: {{product: {product}, category: process_creation}}\ndetection:\n  sel: {{CommandLine: a}}\n  condition: sel\n"
        );
        let (_, outcome) = compiled(&text, &target("kql")).pop().expect("a rule");
        outcome.diagnostics.iter().filter(|finding| finding.code == Code::W0706 && finding.span.is_some()).count()
    };
    assert_eq!((noted("linux"), noted("macos"), noted("windows")), (1, 1, 0));
}
