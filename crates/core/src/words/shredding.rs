//! What of a run's payloads nobody can read any more.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Payloads that are to go, once the run is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shredding {
    /// Which: those of events of these types, as the log calls them; all of them, and their key, where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Why, in a sentence.
    pub why: String,
}

/// What went so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shreds {
    all: bool,
    kinds: BTreeSet<String>,
}

impl Shreds {
    /// Whether anything went.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.all && self.kinds.is_empty()
    }

    /// Whether everything went that is to go.
    #[must_use]
    pub fn holds(&self, kinds: &[String]) -> bool {
        self.all || (!kinds.is_empty() && kinds.iter().all(|kind| self.kinds.contains(kind)))
    }

    /// It went.
    pub fn take(&mut self, shredding: &Shredding) {
        self.all |= shredding.kinds.is_empty();
        self.kinds.extend(shredding.kinds.iter().cloned());
    }
}
