//! `|cidr`: `cidr_contains` reads `::ffff:a.b.c.d` as IPv4, where the rule's network means its own family only
//! (SEMANTICS 6, rows 37 to 40).

use ipnet::{IpNet, Ipv6Net};

use crate::render::{Binding, Fragment, wrapped_list};

/// IPv4 addresses written as IPv6.
const MAPPED: &str = "::ffff:0:0/96";

/// Whether the address that `subject` holds is in one of the networks.
pub(super) fn fragment<'a>(subject: &str, ranges: impl Iterator<Item = &'a IpNet>) -> Fragment {
    let (mut four, mut six) = (Vec::new(), Vec::new());
    let mut guarded = false;
    for range in ranges {
        match range {
            IpNet::V4(net) => four.push(format!("\"{net}\"")),
            IpNet::V6(net) => {
                six.push(format!("\"{net}\""));
                // Mapped addresses are compared as IPv4, which only a range of IPv4 contains.
                if let Ok(mapped) = MAPPED.parse::<Ipv6Net>() {
                    guarded |= net.contains(&mapped) || mapped.contains(net);
                    if net.contains(&mapped) && *net != mapped && !six.iter().any(|range| range.contains(MAPPED)) {
                        six.push(format!("\"{MAPPED}\""));
                    }
                }
            }
        }
    }
    let colon = format!("{subject} =~ ''':'''");
    let four = (!four.is_empty()).then(|| {
        let call = call(subject, &four);
        let space = if call.contains('\n') { '\n' } else { ' ' };
        format!("{call}{space}AND NOT {colon}")
    });
    let six = (!six.is_empty()).then(|| (call(subject, &six), guarded));
    match (four, six) {
        (Some(four), None) => Fragment::atom(four).binding(Binding::And),
        (None, Some((six, false))) => Fragment::atom(six),
        (None, Some((six, true))) => Fragment::atom(format!("{six} AND {colon}")).binding(Binding::And),
        (Some(four), Some((six, false))) => either(&four, &six),
        (Some(four), Some((six, true))) => either(&four, &format!("({six} AND {colon})")),
        (None, None) => Fragment::atom("FALSE"),
    }
}

fn either(four: &str, six: &str) -> Fragment {
    let four = crate::render::indent(four, 1);
    Fragment::atom(format!("({four})\nOR {}", crate::render::indent(six, 3))).binding(Binding::Or)
}

fn call(subject: &str, ranges: &[String]) -> String {
    wrapped_list(&format!("cidr_contains(ip={subject}, ranges=["), ranges, "])", 14)
}
