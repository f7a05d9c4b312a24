//! The intent: what the Owner asks for.

use serde::{Deserialize, Serialize};

use super::{Money, Share, Stakes};

/// A sentence, what goes with it, and the most that it may cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// What the Owner wants, in their words.
    pub sentence: String,
    /// Constraints that hold for all of the work.
    #[serde(default)]
    pub constraints: Vec<String>,
    /// Files that the Owner points at, from the root of the repository.
    #[serde(default)]
    pub context: Vec<String>,
    /// Commands that the Owner wants to pass at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
    /// The most that the run may cost.
    pub total: Money,
    /// The Orchestrator's part of the total.
    pub reserve: Share,
    /// How much hangs on all of it.
    #[serde(default, skip_serializing_if = "Stakes::is_normal")]
    pub stakes: Stakes,
}
