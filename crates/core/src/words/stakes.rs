//! Stakes: how much hangs on a section or a decision, and who said so.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Money;

/// How much hangs on it: where it is high, two advisers are asked before anybody decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stakes {
    /// No more than usual.
    #[default]
    Normal,
    /// A wrong turn would be dear.
    High,
}

impl Stakes {
    /// Whether nothing special hangs on it.
    #[must_use]
    pub const fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }
}

impl fmt::Display for Stakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Normal => "normal",
            Self::High => "high",
        })
    }
}

/// What makes stakes high, whatever the plan says: the Owner's word, and the rules of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StakesRule {
    /// The Owner's word for the whole run.
    #[serde(skip_serializing_if = "Stakes::is_normal")]
    pub all: Stakes,
    /// A section with more money than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<Money>,
    /// Globs: a section that delivers such a file, or whose criteria name one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

impl StakesRule {
    /// Whether there is no rule at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
