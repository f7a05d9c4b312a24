//! Who serves what, and how everything ends.

use serde::{Deserialize, Serialize};

use crate::words::*;

/// What an agent serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// The whole run.
    Orchestrator,
    /// The choice of a path, before anybody plans.
    Triage,
    /// A section.
    Manager(SectionId),
    /// An attempt, doing it.
    Worker(AttemptId),
    /// An attempt, judging it.
    Reviewer(AttemptId),
    /// A second opinion, giving one of its two answers: which.
    Adviser(OpinionId, u8),
    /// A second opinion, making one of two.
    Synthesist(OpinionId),
}

/// Why an agent is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentEnd {
    /// It did what it was there for.
    Finished,
    /// No money for its next call.
    Exhausted,
    /// It did not call a tool, again and again.
    Idle,
    /// It took more turns than there are.
    TooManyTurns,
    /// Nothing came of its turns, and telling it so did not help.
    NoProgress,
    /// A deadline passed.
    Late,
    /// Its model can't be had.
    Faulted {
        /// Why.
        fault: Fault,
    },
    /// Something of this machine is broken.
    Broken,
    /// The Owner stopped it, or whom it served is gone.
    Killed,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptEnd {
    /// Every criterion holds.
    Verified,
    /// Criteria fail or nobody could tell.
    Unmet,
    /// It changed what it must not.
    OutsideWriteSet {
        /// What, at most a few.
        paths: Vec<String>,
    },
    /// It was to change files and did not.
    NoChange,
    /// Its worker handed in without having used a tool.
    NoActivity,
    /// It lets more pass than before, in files by which results are told.
    Weakened {
        /// What, at most a few.
        what: Vec<String>,
    },
    /// What its worker says of these criteria is not what was found.
    Contradicted {
        /// Which.
        criteria: Vec<String>,
    },
    /// It gave no self-check for these criteria.
    NoSelfCheck {
        /// Which.
        criteria: Vec<String>,
    },
    /// Its contract lacks something.
    ContractDefect {
        /// What.
        missing: BlobRef,
    },
    /// Its worker did not finish.
    Abandoned {
        /// Why.
        end: AgentEnd,
    },
}

/// How a section ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionEnd {
    /// Every criterion of it holds.
    Verified,
    /// It came back, but not everything holds.
    Unverified,
    /// Its money was gone.
    BudgetExhausted,
    /// It was given back as too large, and replaced.
    TooLarge,
    /// The run closed before it began.
    NotStarted,
    /// What it needs from earlier phases is not there.
    NeedsMissing,
    /// Its Manager could not go on.
    Failed,
    /// The Owner stopped it.
    Killed,
}

/// Why a run closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// All phases are over.
    Complete,
    /// A phase did not end whole.
    PhaseFailed,
    /// The Orchestrator could not go on.
    OrchestratorGone,
    /// The new total is less than what is gone.
    TotalTooLow,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// Everything is verified.
    Verified,
    /// It came to its end, but not everything is verified.
    Unverified,
    /// The money was gone.
    BudgetExhausted,
    /// The Owner stopped it.
    Killed,
    /// The Owner rejected the plan.
    Rejected,
    /// It could not be done.
    Failed,
}

/// Who made a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanAuthor {
    /// The Orchestrator.
    #[default]
    Orchestrator,
    /// The engine: a plan without a Manager.
    Engine,
    /// The Owner, who gave it or changed it.
    Owner,
}

impl PlanAuthor {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) const fn is_orchestrator(&self) -> bool {
        matches!(self, Self::Orchestrator)
    }
}

/// Who decided on money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// The Orchestrator.
    Orchestrator,
    /// The Owner.
    Owner,
    /// Nobody in time, or nobody who could.
    Deadline,
}
