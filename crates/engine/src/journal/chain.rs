//! Each event is linked to the one before it: its link is an HMAC over that one's link and the event itself. Without the
//! key nobody can change, add or take away an event and make the links fit; only a whole tail can be cut off, which the
//! anchor tells.
//!
//! Events of before there were links have none, and the first one after them begins a chain.

use trireme_core::Millis;

use super::Row;
use crate::vault::Key;

/// The link of an event.
pub(crate) type Link = [u8; 32];

/// What the first event is linked to.
pub(crate) const START: Link = [0; 32];

/// A chain up to its last event.
pub(super) struct Chain {
    key: Key,
    last: Link,
}

impl Chain {
    /// A chain under a key that everybody knows: it finds damage, and vouches for nothing.
    pub(super) fn public(last: Link) -> Self {
        Self { key: Key::public(), last }
    }

    pub(super) fn under(self, key: &Key) -> Self {
        Self { key: key.derive(LINKS), ..self }
    }

    /// The links of events that come next.
    pub(super) fn links(&self, first: u64, rows: &[Row<'_>]) -> Vec<Link> {
        let mut last = self.last;
        let next = |(seq, row): (u64, &Row<'_>)| {
            last = link(&self.key, &last, seq, row.at, row.kind, &row.body);
            last
        };
        (first..).zip(rows).map(next).collect()
    }

    /// They are on the disk.
    pub(super) fn went_to(&mut self, links: &[Link]) {
        self.last = links.last().copied().unwrap_or(self.last);
    }
}

/// What links are made under a log key with.
pub(crate) const LINKS: &str = "links of events";

/// The link of one event. The length of the name keeps name and body apart.
pub(crate) fn link(key: &Key, before: &Link, seq: u64, at: Millis, kind: &str, body: &str) -> Link {
    let mut text = Vec::with_capacity(64 + kind.len() + body.len());
    text.extend_from_slice(before);
    for number in [seq, at.0, kind.len() as u64] {
        text.extend_from_slice(&number.to_be_bytes());
    }
    text.extend_from_slice(kind.as_bytes());
    text.extend_from_slice(body.as_bytes());
    key.mac(&text)
}
