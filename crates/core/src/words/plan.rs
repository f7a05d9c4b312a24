//! The plan: what the Orchestrator hands to the Owner for approval.

use serde::{Deserialize, Serialize};

use super::{Bounds, Criterion, Digest, Seniority, Share, Stakes, ToolSet};

/// Goal, constraints, approach and definition of done, with every ambiguity decided, and the phases of the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What will be true at the end.
    pub goal: String,
    /// What must not happen on the way.
    pub constraints: Vec<String>,
    /// How it will be reached.
    pub approach: String,
    /// How anyone can tell that it is done; checked on the merged run.
    pub definition_of_done: Vec<Criterion>,
    /// What the intent left open, and how it was decided.
    #[serde(default)]
    pub decisions: Vec<Decision>,
    /// In order: a phase begins when the one before it is done.
    pub phases: Vec<Phase>,
}

/// One ambiguity, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What was open.
    pub question: String,
    /// How it was decided.
    pub resolution: String,
    /// Why.
    pub reason: String,
    /// How much hangs on it.
    #[serde(default, skip_serializing_if = "Stakes::is_normal")]
    pub stakes: Stakes,
    /// The second opinion that it rests on, such as `o0`; needed where the stakes are high.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<String>,
}

/// Sections that run in parallel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Unique in the plan.
    pub name: String,
    /// At least one.
    pub sections: Vec<Section>,
}

/// What one Manager owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Unique in the plan.
    pub name: String,
    /// What needs doing; never how.
    pub description: String,
    /// What must not happen on the way.
    #[serde(default)]
    pub constraints: Vec<String>,
    /// How it will be reached, as far as that is decided at the top.
    pub approach: String,
    /// Checked on the section's branch before its report counts.
    pub definition_of_done: Vec<Criterion>,
    /// Its share, in percent, of what remains after the Orchestrator's reserve. All sections add up to 100.
    pub budget_pct: Share,
    /// The tools of its Manager and its workers.
    pub capabilities: ToolSet,
    /// The bounds in which they work, within those of the run.
    #[serde(default, skip_serializing_if = "Bounds::is_empty")]
    pub bounds: Bounds,
    /// How much model the Manager itself gets.
    pub seniority: Seniority,
    /// Whether its workers may be principals.
    #[serde(default)]
    pub grants_principal: bool,
    /// Files that earlier phases must have left behind.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Files that this section must leave behind.
    #[serde(default)]
    pub delivers: Vec<String>,
    /// How much hangs on it; where it is high, two advisers are asked before anybody begins with it.
    #[serde(default, skip_serializing_if = "Stakes::is_normal")]
    pub stakes: Stakes,
    /// Whether it is one task without a Manager, as in the engine's own plans; `seniority` is its worker's then.
    #[serde(default, skip_serializing_if = "is_managed")]
    pub unmanaged: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_managed(unmanaged: &bool) -> bool {
    !*unmanaged
}

impl Plan {
    /// All sections, in plan order, each with the number of its phase.
    pub fn sections(&self) -> impl Iterator<Item = (usize, &Section)> {
        self.phases
            .iter()
            .enumerate()
            .flat_map(|(number, phase)| phase.sections.iter().map(move |section| (number, section)))
    }

    /// The hash that an approval names: over the plan as canonical JSON.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}
