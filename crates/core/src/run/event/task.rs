//! Tasks and attempts, up to the seam.

use serde::{Deserialize, Serialize};

use super::end::AttemptEnd;
use super::outline::TaskOutline;
use crate::run::ask::ResultClaim;
use crate::run::effect::{Effect, Subject};
use crate::run::input::Seal;
use crate::words::*;

/// Tasks and attempts, up to the seam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEvent {
    /// A contract would change what another section changes at the same time: its Manager is told before anybody begins.
    ConflictForeseen {
        /// Whose.
        section: SectionId,
        /// The contract's title.
        title: String,
        /// With what, a sentence each.
        with: Vec<String>,
    },
    /// There is a task.
    TaskCreated {
        /// Its id.
        task: TaskId,
        /// Whose.
        section: SectionId,
        /// Its contract's document.
        contract: BlobRef,
        /// What the machine needs of it.
        outline: TaskOutline,
    },
    /// A worker tries a task.
    AttemptBegan {
        /// Its id.
        attempt: AttemptId,
        /// Of which task.
        task: TaskId,
        /// From where.
        base: CommitId,
        /// With how much model.
        seniority: Seniority,
        /// Why again, if again.
        reason: Option<BlobRef>,
        /// Which call of the Manager's last reply waits for it.
        index: u16,
    },
    /// A worker says that it is done.
    ResultClaimed {
        /// Whose.
        attempt: AttemptId,
        /// What it says.
        claim: ResultClaim,
        /// The effect that this owes: making a commit.
        effect: EffectId,
    },
    /// An attempt's files are a commit.
    AttemptSealed {
        /// Whose.
        attempt: AttemptId,
        /// The effect that is answered.
        effect: EffectId,
        /// What became of them.
        seal: Seal,
    },
    /// Criteria are to be checked.
    CheckBegan {
        /// The effect that this owes.
        effect: EffectId,
        /// Of what.
        subject: Subject,
        /// On which commit.
        commit: CommitId,
    },
    /// Criteria were checked.
    Checked {
        /// The effect that is answered.
        effect: EffectId,
        /// Of what.
        subject: Subject,
        /// On which commit.
        commit: CommitId,
        /// A verdict each.
        findings: Vec<Finding>,
        /// Files that should be there and are not.
        missing: Vec<String>,
        /// Files that should be there and are, each with its hash.
        #[serde(default)]
        artifacts: Vec<Artifact>,
    },
    /// A Reviewer judged.
    Reviewed {
        /// Whose work.
        attempt: AttemptId,
        /// By whom.
        reviewer: AgentId,
        /// A verdict for each rubric.
        findings: Vec<Finding>,
        /// What it says.
        conclusion: BlobRef,
    },
    /// A worker found that its contract lacks or contradicts something: a question that should not have had to be asked.
    DefectFound {
        /// Whose contract.
        attempt: AttemptId,
        /// What is missing.
        missing: BlobRef,
    },
    /// An attempt is over.
    AttemptEnded {
        /// Which.
        attempt: AttemptId,
        /// How.
        end: AttemptEnd,
    },
    /// A Manager took a result; it waits for its place in the section's branch.
    TaskAccepted {
        /// Which.
        task: TaskId,
        /// What the Manager found.
        note: BlobRef,
        /// Which call of the Manager's last reply waits for the merge.
        index: u16,
    },
    /// A task is given up.
    TaskCut {
        /// Which.
        task: TaskId,
        /// Why.
        reason: BlobRef,
    },
}

impl TaskEvent {
    pub(super) fn owes(&self) -> Option<(EffectId, Effect)> {
        match self {
            Self::ResultClaimed { attempt, effect, .. } => {
                Some((*effect, Effect::Seal { attempt: *attempt }))
            }
            Self::CheckBegan { effect, subject, commit } => {
                Some((*effect, Effect::Check { subject: *subject, commit: commit.clone() }))
            }
            Self::ConflictForeseen { .. }
            | Self::TaskCreated { .. }
            | Self::AttemptBegan { .. }
            | Self::AttemptSealed { .. }
            | Self::Checked { .. }
            | Self::Reviewed { .. }
            | Self::DefectFound { .. }
            | Self::AttemptEnded { .. }
            | Self::TaskAccepted { .. }
            | Self::TaskCut { .. } => None,
        }
    }
}
