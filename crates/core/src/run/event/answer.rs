//! What agents are told: at the beginning of a turn, and in answer to a control tool.

use serde::{Deserialize, Serialize};

use crate::words::*;

/// What an agent is told at the beginning of a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Its money.
    Purse {
        /// Spent so far.
        spent: Money,
        /// The most that it may spend.
        limit: Money,
        /// What its workers could spend of the rest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_workers: Option<Money>,
    },
    /// A memo came.
    Memo {
        /// Which.
        memo: MemoNumber,
    },
    /// Nobody answered its BLOCKER memo in time.
    Unanswered {
        /// Which.
        memo: MemoNumber,
    },
    /// It replied without calling a tool, and is not done.
    NoTool,
    /// Its reply was cut at `max_tokens`.
    Truncated,
    /// Nothing came of its last turns.
    NoProgress {
        /// How many in a row.
        turns: u16,
        /// The workspace tools that it called in them.
        tools: ToolSet,
    },
    /// Its context is nearly full: it is to write down what it must not forget.
    NotesWanted,
    /// A Manager wants money.
    BudgetRequest {
        /// Which request.
        request: RequestId,
    },
    /// A section was given back as too large.
    TooLarge {
        /// Which.
        section: SectionId,
        /// Why.
        reason: BlobRef,
    },
    /// A section came to nothing, and its phase would end without it.
    FellShort {
        /// Which.
        section: SectionId,
    },
    /// All is over but the last report.
    Closing,
    /// The Owner wants a plan, or another one.
    Revise {
        /// What the Owner says.
        text: BlobRef,
        /// The plan that it is about, where the Orchestrator did not make it.
        plan: Option<BlobRef>,
    },
}

/// The answer to a control tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was done.
    Taken,
    /// The plan was approved.
    PlanApproved,
    /// A plan was approved that the Owner had changed.
    PlanEdited {
        /// The plan that holds.
        plan: BlobRef,
    },
    /// The Owner wants another plan.
    PlanSentBack {
        /// What the Owner says.
        text: BlobRef,
        /// The plan as the Owner had changed it before, if so.
        plan: Option<BlobRef>,
    },
    /// The plan has faults.
    PlanFaulty {
        /// Each with what to do.
        faults: Vec<String>,
    },
    /// Contracts have faults: nothing was started.
    ContractsFaulty {
        /// The contract's title, and a fault with what to do.
        faults: Vec<(String, String)>,
    },
    /// Attempts came back from the seam.
    Attempts {
        /// Which.
        attempts: Vec<AttemptId>,
    },
    /// A task is in its section's branch.
    Merged {
        /// Which.
        task: TaskId,
    },
    /// A task does not merge.
    Conflict {
        /// Which.
        task: TaskId,
        /// Where.
        paths: Vec<String>,
    },
    /// A task breaks its criteria once it is merged.
    BrokenByMerge {
        /// Which attempt's.
        attempt: AttemptId,
        /// What fails.
        findings: Vec<Finding>,
    },
    /// The section's criteria don't hold yet.
    NotDone {
        /// What was found.
        findings: Vec<Finding>,
        /// Files that should be there and are not.
        missing: Vec<String>,
    },
    /// The Owner's answer.
    Owner {
        /// What it says; none where none came in time.
        text: Option<BlobRef>,
    },
    /// A request for money was decided.
    Budget {
        /// Which.
        request: RequestId,
        /// How much was granted.
        granted: Money,
        /// Why, if somebody said.
        reason: Option<BlobRef>,
    },
    /// A second opinion is over.
    Opinion {
        /// Which.
        opinion: OpinionId,
    },
    /// It can't be done, and what to do instead.
    Refused {
        /// Why.
        why: String,
        /// Whether the call should never have been made at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        breach: Option<Breach>,
        /// Whether somebody else takes it up, so that nothing is left to do for whoever asked.
        #[serde(default, skip_serializing_if = "is_not")]
        taken_up: bool,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_not(taken_up: &bool) -> bool {
    !*taken_up
}

/// A call that no agent of that role should make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breach {
    /// The tool is another role's, or outside of the scope.
    NotYours,
    /// There is no such tool.
    Unknown,
    /// The arguments can't be read.
    Malformed,
}
