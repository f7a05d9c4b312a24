//! Hosts of the network: whom a command may talk to, written `name`, `name:port` or `*.name`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits::{HOST_BYTES, NAME_BYTES};

/// The ports of a host that names none.
pub const WEB_PORTS: [u16; 2] = [80, 443];

/// One host, or all that are below a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host {
    /// In lower case; an address without brackets.
    name: String,
    /// Whether the hosts below the name are meant, and not the one of that name.
    below: bool,
    /// The only port; those of the web where none is named.
    port: Option<u16>,
}

/// A text that names no host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no host; write it like registry.npmjs.org, *.crates.io or localhost:8080")]
pub struct NoHost(String);

impl Host {
    /// Whether a connection to that name and port is meant.
    #[must_use]
    pub fn allows(&self, name: &str, port: u16) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let named = if self.below { is_below(&name, &self.name) } else { name == self.name };
        named && self.port.map_or(WEB_PORTS.contains(&port), |own| own == port)
    }

    /// Whether every connection that the other one means is meant.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let named = match (self.below, other.below) {
            (true, true) => other.name == self.name || is_below(&other.name, &self.name),
            (true, false) => is_below(&other.name, &self.name),
            (false, true) => false,
            (false, false) => other.name == self.name,
        };
        let ports = match (self.port, other.port) {
            (None, None) => true,
            (None, Some(port)) => WEB_PORTS.contains(&port),
            (Some(own), port) => port == Some(own),
        };
        named && ports
    }

    /// Whether it means all that is below a name.
    #[must_use]
    pub const fn is_wide(&self) -> bool {
        self.below
    }

    /// Whether it is an address, or a name that means this machine by itself: nothing that is looked up leads there unless the
    /// Owner writes just that.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.name == "localhost" || self.name.parse::<IpAddr>().is_ok()
    }
}

fn is_below(name: &str, above: &str) -> bool {
    name.strip_suffix(above).is_some_and(|head| head.len() > 1 && head.ends_with('.'))
}

/// A text without its port, and the port.
fn apart(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        return Some((address, if port.is_empty() { None } else { Some(number(port.strip_prefix(':')?)?) }));
    }
    match text.split_once(':') {
        None => Some((text, None)),
        Some((name, port)) => Some((name, Some(number(port)?))),
    }
}

fn number(port: &str) -> Option<u16> {
    port.parse().ok().filter(|port| *port > 0)
}

fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    name.len() <= HOST_BYTES && name.split('.').all(is_label)
}

impl FromStr for Host {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, NoHost> {
        let wrong = || NoHost(text.chars().take(NAME_BYTES).collect());
        let (name, port) = apart(text).ok_or_else(wrong)?;
        let below = name.starts_with("*.");
        let name = name.strip_prefix("*.").unwrap_or(name).to_ascii_lowercase();
        let is_address = name.parse::<IpAddr>().is_ok();
        let right = if is_address { !below } else { is_name(&name) };
        if right { Ok(Self { name, below, port }) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for Host {
    type Error = NoHost;

    fn try_from(text: String) -> Result<Self, NoHost> {
        text.parse()
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.to_string()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = if self.below { "*." } else { "" };
        match self.name.contains(':') {
            true => write!(f, "[{}]", self.name)?,
            false => write!(f, "{below}{}", self.name)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Host;

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    #[test]
    fn hosts_are_read_as_they_are_printed() {
        for text in
            ["registry.npmjs.org", "*.crates.io:443", "localhost:8080", "127.0.0.1:1", "[::1]:80", "[::1]"]
        {
            assert_eq!(host(text).to_string(), text);
        }
        assert_eq!(host("GitHub.com").to_string(), "github.com");
        for text in [
            "",
            "*",
            "*.",
            "a b",
            "http://a.org",
            "a.org/x",
            "a.org:0",
            "a.org:x",
            "a..b",
            "-a",
            "*.1.2.3.4",
            "a@b",
            "é.org",
        ] {
            assert!(text.parse::<Host>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_means_itself_and_a_star_what_is_below() {
        for (rule, name, port, allowed) in [
            ("a.org", "a.org", 443, true),
            ("a.org", "A.ORG.", 80, true),
            ("a.org", "a.org", 22, false),
            ("a.org", "b.a.org", 443, false),
            ("a.org", "a.org.evil.net", 443, false),
            ("*.a.org", "b.a.org", 443, true),
            ("*.a.org", "c.b.a.org", 443, true),
            ("*.a.org", "a.org", 443, false),
            ("*.a.org", "evila.org", 443, false),
            ("*.a.org", ".a.org", 443, false),
            ("a.org:8443", "a.org", 8443, true),
            ("a.org:8443", "a.org", 443, false),
        ] {
            assert_eq!(host(rule).allows(name, port), allowed, "{rule} {name}:{port}");
        }
    }

    #[test]
    fn what_covers_a_host_allows_all_that_it_allows() {
        for (wide, narrow, covered) in [
            ("a.org", "a.org", true),
            ("a.org", "a.org:443", true),
            ("a.org:443", "a.org", false),
            ("a.org", "a.org:22", false),
            ("*.a.org", "b.a.org:80", true),
            ("*.a.org", "*.b.a.org", true),
            ("*.a.org", "a.org", false),
            ("b.a.org", "*.b.a.org", false),
        ] {
            assert_eq!(host(wide).covers(&host(narrow)), covered, "{wide} {narrow}");
        }
    }
}
