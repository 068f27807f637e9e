//! Networks. Kusto's functions are null for what is no address of their family, so each family has its own call; IPv4
//! addresses count as IPv6 for `ipv6_is_in_range`, so that one asks for a colon (Microsoft's pages of the functions).

use super::column::Value;
use super::{any_of, literal::literal};
use crate::ir::At;
use crate::render::{Binding, Fragment, chain, indent, wrapped_list};
use ipnet::IpNet;

/// The value is an address inside one of the networks.
pub(super) fn within(value: &Value, networks: &[(IpNet, At)]) -> Fragment {
    let of = |v4: bool| -> Vec<String> {
        let family = networks.iter().filter(|(network, _)| matches!(network, IpNet::V4(_)) == v4);
        family.map(|(network, _)| literal(&network.to_string())).collect()
    };
    let (v4, v6) = (of(true), of(false));
    let both = !v4.is_empty() && !v6.is_empty();
    let mut parts = Vec::new();
    if let Some(text) = call("ipv4", &value.text, &v4) {
        parts.push(if both { Fragment::atom(total(&text)) } else { Fragment::atom(text).nullable() });
    }
    if let Some(text) = call("ipv6", &value.text, &v6) {
        let text = chain(&[format!("{} contains \":\"", value.text), total(&text)], "and");
        parts.push(Fragment::atom(text).binding(Binding::And));
    }
    value.needed_by(any_of(parts))
}

/// False where the function is null.
fn total(text: &str) -> String {
    format!("coalesce({}, false)", indent(text, 9))
}

fn call(family: &str, address: &str, networks: &[String]) -> Option<String> {
    match networks {
        [] => None,
        [only] => Some(format!("{family}_is_in_range({address}, {only})")),
        several => {
            let open = format!("{family}_is_in_any_range({address}, ");
            Some(wrapped_list(&open, several, ")", open.chars().count()))
        }
    }
}
