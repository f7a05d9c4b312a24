//! What models ask for: one tool call each, read and checked as far as that needs no state.

use serde::{Deserialize, Serialize};

use crate::survey::Surveyed;
use crate::words::*;

/// One tool call of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A workspace tool; its arguments stay in the reply.
    Tool(Tool),
    /// A tool of a server; its arguments stay in the reply.
    Foreign {
        /// The name by which it was called.
        name: String,
    },
    /// What an agent must not forget, of whatever role.
    KeepNotes {
        /// Its words.
        notes: BlobRef,
    },
    /// The control tool of whoever chooses a path.
    Triage(TriageAsk),
    /// A control tool of the Orchestrator.
    Orchestrator(OrchestratorAsk),
    /// A control tool of a Manager.
    Manager(ManagerAsk),
    /// A control tool of a worker.
    Worker(WorkerAsk),
    /// A control tool of a Reviewer.
    Reviewer(ReviewerAsk),
    /// A control tool of an adviser.
    Adviser(AdviserAsk),
    /// A control tool of a Synthesist.
    Synthesist(SynthesistAsk),
    /// No tool has that name.
    Unknown {
        /// The name.
        name: String,
    },
    /// The arguments can't be read.
    Malformed {
        /// The tool.
        name: String,
        /// What is wrong, and what to write instead.
        why: String,
    },
}

/// What whoever chooses a path may ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum TriageAsk {
    /// The path is chosen.
    ChoosePath {
        /// Which: direct or orchestrate.
        path: Path,
        /// Why, in one line.
        reason: String,
    },
}

/// What the Orchestrator may ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum OrchestratorAsk {
    /// The Orchestrator's plan.
    SubmitPlan(Surveyed<Plan>),
    /// A question to two advisers.
    SecondOpinion(OpinionWish),
    /// A question to the Owner.
    AskOwner {
        /// The question.
        question: BlobRef,
    },
    /// The Orchestrator decides on a request for money.
    DecideBudget {
        /// Which.
        request: RequestId,
        /// How much is granted; nothing is a denial.
        grant: Money,
        /// Why.
        reason: BlobRef,
    },
    /// The Orchestrator puts others in the place of a section that was too large or came to nothing.
    Replan {
        /// The section's name.
        section: String,
        /// Its replacements, as a plan of one phase; their shares are of what the section has left.
        plan: Surveyed<Plan>,
        /// What the reserve adds to that.
        extra: Money,
    },
    /// The Orchestrator writes to Managers.
    SendMemo(MemoAsk),
    /// The Orchestrator's last word.
    Conclude {
        /// What it says to the Owner.
        conclusion: BlobRef,
    },
}

/// What a Manager may ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum ManagerAsk {
    /// A Manager wants tasks done.
    SpawnWorkers(Vec<Surveyed<Contract>>),
    /// A Manager wants results judged by another worker.
    Review(Box<Lodged<Contract>>),
    /// A Manager takes a task's result.
    Accept {
        /// The task's title.
        task: String,
        /// What the Manager found.
        note: BlobRef,
    },
    /// A Manager wants a task tried again.
    Retry {
        /// The task's title.
        task: String,
        /// What must be different.
        reason: BlobRef,
        /// With more model, if given.
        seniority: Option<Seniority>,
    },
    /// A Manager gives a task up.
    Cut {
        /// The task's title.
        task: String,
        /// Why.
        reason: BlobRef,
    },
    /// A question to two advisers.
    SecondOpinion(OpinionWish),
    /// A Manager writes to others.
    SendMemo(MemoAsk),
    /// A Manager wants money.
    RequestBudget {
        /// How much.
        amount: Money,
        /// Why.
        reason: BlobRef,
    },
    /// A Manager gives its section back.
    ScopeTooLarge {
        /// Why.
        reason: BlobRef,
    },
    /// A Manager's report.
    Report {
        /// Whether all of it is done.
        done: bool,
        /// What it says.
        conclusion: BlobRef,
    },
}

/// A memo that somebody wants to send.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoAsk {
    /// A section's name, or `ALL`.
    pub to: String,
    /// How urgent.
    pub priority: Priority,
    /// What it is about.
    pub topic: String,
    /// What it says.
    pub content: BlobRef,
    /// The title of the sender's task that it holds up.
    pub task: Option<String>,
}

/// What a worker may ask for, beside its workspace tools.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkerAsk {
    /// A worker's result.
    SubmitResult(ResultClaim),
    /// A worker can't go on with what it was given.
    ContractDefect {
        /// What is missing.
        missing: BlobRef,
    },
}

/// What a Reviewer may ask for, beside its workspace tools.
#[derive(Clone, Debug, PartialEq)]
pub enum ReviewerAsk {
    /// A Reviewer's verdicts.
    SubmitReview {
        /// One for each criterion.
        verdicts: Vec<Judged>,
        /// What it says.
        conclusion: BlobRef,
    },
}

/// A Reviewer's word on one criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Its id.
    pub criterion: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was written, the quote included.
    pub text: BlobRef,
    /// The lines that show it, if any were given.
    pub quote: Option<String>,
    /// Whether these lines are in what is judged: whoever can look at it finds out.
    pub is_there: bool,
}

/// What somebody wants to hear two advisers on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpinionWish {
    /// The question.
    pub question: BlobRef,
    /// Files that are shown with it.
    pub files: Vec<String>,
}

/// What an adviser may ask for, beside its workspace tools.
#[derive(Clone, Debug, PartialEq)]
pub enum AdviserAsk {
    /// An adviser's answer.
    SubmitOpinion {
        /// The answer with its risks.
        answer: BlobRef,
        /// How sure it is.
        confidence: Confidence,
    },
}

/// What a Synthesist may ask for, beside its workspace tools.
#[derive(Clone, Debug, PartialEq)]
pub enum SynthesistAsk {
    /// One out of two answers.
    Synthesize(Lodged<Synthesis>),
}

/// What a worker says of its own work. It is a claim; the seam finds out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultClaim {
    /// A short conclusion.
    pub conclusion: BlobRef,
    /// For each criterion whether the worker says that it is met.
    pub self_check: Vec<(String, Option<bool>)>,
    /// For criteria of its self-check how it knows, where it says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<(String, BlobRef)>,
    /// Files with tests that it added.
    pub tests_added: Vec<String>,
    /// How many open risks it names in its conclusion's blob.
    pub risks: u32,
    /// These risks by themselves, a line each: whoever does not read its conclusion may read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_risks: Option<BlobRef>,
    /// The files of a worker in `single` mode, as lodged JSON.
    pub files: Option<BlobRef>,
}

impl Ask {
    /// Whether it calls a workspace tool, in whatever way: whoever garbled its arguments has not seen its result either.
    pub(super) fn is_of_workspace(&self) -> bool {
        match self {
            Self::Tool(_) | Self::Foreign { .. } => true,
            Self::Malformed { name, .. } => Tool::called(name).is_some(),
            Self::KeepNotes { .. }
            | Self::Triage(_)
            | Self::Orchestrator(_)
            | Self::Manager(_)
            | Self::Worker(_)
            | Self::Reviewer(_)
            | Self::Adviser(_)
            | Self::Synthesist(_)
            | Self::Unknown { .. } => false,
        }
    }

    /// The name by which the model called it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Tool(tool) => tool.name(),
            Self::KeepNotes { .. } => "keep_notes",
            Self::Triage(TriageAsk::ChoosePath { .. }) => "choose_path",
            Self::Orchestrator(ask) => ask.name(),
            Self::Manager(ask) => ask.name(),
            Self::Worker(ask) => ask.name(),
            Self::Reviewer(ReviewerAsk::SubmitReview { .. }) => "submit_review",
            Self::Adviser(AdviserAsk::SubmitOpinion { .. }) => "submit_opinion",
            Self::Synthesist(SynthesistAsk::Synthesize(_)) => "synthesize",
            Self::Foreign { name } | Self::Unknown { name } | Self::Malformed { name, .. } => name,
        }
    }
}

impl OrchestratorAsk {
    fn name(&self) -> &'static str {
        match self {
            Self::SubmitPlan(_) => "submit_plan",
            Self::SecondOpinion(_) => "second_opinion",
            Self::AskOwner { .. } => "ask_owner",
            Self::DecideBudget { .. } => "decide_budget",
            Self::Replan { .. } => "replan",
            Self::SendMemo(_) => "send_memo",
            Self::Conclude { .. } => "report",
        }
    }
}

impl ManagerAsk {
    fn name(&self) -> &'static str {
        match self {
            Self::SpawnWorkers(_) => "spawn_workers",
            Self::Review(_) => "review",
            Self::Accept { .. } => "accept",
            Self::Retry { .. } => "retry",
            Self::Cut { .. } => "cut",
            Self::SecondOpinion(_) => "second_opinion",
            Self::SendMemo(_) => "send_memo",
            Self::RequestBudget { .. } => "request_budget",
            Self::ScopeTooLarge { .. } => "scope_too_large",
            Self::Report { .. } => "report",
        }
    }
}

impl WorkerAsk {
    fn name(&self) -> &'static str {
        match self {
            Self::SubmitResult(_) => "submit_result",
            Self::ContractDefect { .. } => "contract_defect",
        }
    }
}
