//! Where a name leads: a public name may be made to point at whatever its owner likes, also into the Owner's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use trireme_core::Host;

/// Whether a connection by that rule may end at that address.
pub(super) fn may(rule: &Host, address: IpAddr) -> bool {
    match place(address) {
        Place::Machine => rule.is_literal(),
        Place::Network => !rule.is_wide(),
        Place::World => true,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// This machine, its links, and what is no single host.
    Machine,
    /// The Owner's own network.
    Network,
    /// Anywhere else.
    World,
}

fn place(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(address) => place_v4(address),
        IpAddr::V6(address) => within(address).map_or_else(|| place_v6(address), place_v4),
    }
}

fn place_v4(address: Ipv4Addr) -> Place {
    let [first, second, ..] = address.octets();
    let own = address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || first == 0
        || first >= 240;
    // 100.64.0.0/10 is shared by a provider's customers (RFC 6598).
    let near = address.is_private() || (first == 100 && (64..128).contains(&second));
    match (own, near) {
        (true, _) => Place::Machine,
        (false, true) => Place::Network,
        (false, false) => Place::World,
    }
}

fn place_v6(address: Ipv6Addr) -> Place {
    let own = address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unicast_link_local();
    match (own, address.is_unique_local()) {
        (true, _) => Place::Machine,
        (false, true) => Place::Network,
        (false, false) => Place::World,
    }
}

/// The older address that a newer one stands for: mapped (RFC 4291), of NAT64 (RFC 6052), or of 6to4 (RFC 3056).
fn within(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b) {
        (0x64, 0xff9b) if [c, d, e, f] == [0; 4] => Some(v4(g, h)),
        (0x2002, _) => Some(v4(b, c)),
        _ => address.to_ipv4_mapped(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_into_the_owners_own_network_only_where_the_owner_wrote_so() {
        let cases = [
            ("a.org", "93.184.216.34", true),
            ("a.org", "2606:2800:220:1::1", true),
            ("a.org", "127.0.0.1", false),
            ("a.org", "::1", false),
            ("a.org", "::ffff:127.0.0.1", false),
            ("a.org", "64:ff9b::7f00:1", false),
            ("a.org", "2002:7f00:1::", false),
            ("a.org", "169.254.169.254", false),
            ("a.org", "fe80::1", false),
            ("a.org", "0.0.0.0", false),
            ("a.org", "224.0.0.1", false),
            ("a.org", "255.255.255.255", false),
            ("registry.corp.example", "10.1.2.3", true),
            ("*.a.org", "10.1.2.3", false),
            ("*.a.org", "100.64.0.1", false),
            ("*.a.org", "fd00::1", false),
            ("*.a.org", "93.184.216.34", true),
            ("127.0.0.1:80", "127.0.0.1", true),
            ("localhost", "::1", true),
        ];
        for (rule, address, allowed) in cases {
            assert_eq!(may(&rule.parse().unwrap(), address.parse().unwrap()), allowed, "{rule} {address}");
        }
    }
}
