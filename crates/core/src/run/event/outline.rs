//! What the machine needs of the documents that it keeps only the addresses of.

use serde::{Deserialize, Serialize};

use crate::words::*;

/// What the machine needs of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOutline {
    /// Names of the phases.
    pub phases: Vec<String>,
    /// All sections in plan order.
    pub sections: Vec<SectionOutline>,
    /// How many criteria the whole has.
    pub criteria: u16,
}

/// What the machine needs of a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionOutline {
    /// Its phase.
    pub phase: PhaseId,
    /// Its name.
    pub name: String,
    /// Its share.
    pub share: Share,
    /// The Manager's seniority.
    pub seniority: Seniority,
    /// What its agents may do.
    pub capabilities: Scope,
    /// Whether its workers may be principals.
    pub grants_principal: bool,
    /// Where it stands in its document: which of all sections.
    pub place: u16,
    /// Names of its criteria.
    pub criteria: Vec<String>,
    /// Files that must be there when it starts.
    pub needs: Vec<String>,
    /// Files that must be there when it ends.
    pub delivers: Vec<String>,
    /// How much hangs on it, by the plan, the Owner or a rule.
    #[serde(default, skip_serializing_if = "Stakes::is_normal")]
    pub stakes: Stakes,
    /// Its only task, where nobody manages it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Box<OnlyTask>>,
}

impl SectionOutline {
    /// Whether a Reviewer looks at every result, also where no criterion asks for it.
    #[must_use]
    pub fn is_thorough(&self) -> bool {
        self.seniority >= Seniority::Staff
    }
}

/// The task of a section without a Manager, ready to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyTask {
    /// Its contract's document.
    pub contract: BlobRef,
    /// What the machine needs of it.
    pub outline: TaskOutline,
}

/// What the machine needs of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskOutline {
    /// Its title.
    pub title: String,
    /// What kind of work.
    pub kind: TaskKind,
    /// How it is done.
    pub mode: Mode,
    /// How much model the first attempt gets.
    pub seniority: Seniority,
    /// Why that much model and that mode, as far as a line takes it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The role of its workers, where a file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What its workers may do.
    pub scope: Scope,
    /// What its result may change.
    pub write_set: Vec<String>,
    /// Names of its criteria that the engine can tell.
    pub executable: Vec<String>,
    /// Names of its criteria that a Reviewer judges.
    pub rubrics: Vec<String>,
    /// The tasks that it judges.
    pub reviews: Vec<TaskId>,
    /// The most that it may cost.
    pub cap: Money,
    /// Whether a Reviewer looks at every result although no criterion asks for one: the section's seniority does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reviewed: bool,
    /// The commands of its criteria, each by [`Self::command_digest`]: what its workers ran of them is on record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<(String, Digest)>,
}

/// The criterion of results that a Reviewer looks at although no criterion asks for it.
pub const SOUND: &str = "sound";

impl TaskOutline {
    /// The criteria that a Reviewer judges.
    #[must_use]
    pub fn judged(&self) -> Vec<&str> {
        let sound = self.reviewed.then_some(SOUND);
        self.rubrics.iter().map(String::as_str).chain(sound).collect()
    }

    /// What a command is known by: its text, without what stands around it.
    #[must_use]
    pub fn command_digest(command: &str) -> Digest {
        Digest::of(command.trim().as_bytes())
    }

    /// Whether it is held to the criteria of what was merged before it, having none of its own that a machine can tell.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.kind == TaskKind::Post && self.executable.is_empty()
    }
}

/// What a decision on money has to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetFacts {
    /// What the reserve has free.
    pub reserve: Money,
    /// Tasks of the requester that are merged, and all of them.
    pub progress: (u32, u32),
    /// What other Managers of the phase have free beyond what their open tasks may need.
    pub givable: Vec<(SectionId, Money)>,
}
