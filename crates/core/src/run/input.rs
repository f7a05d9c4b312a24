//! What comes into a run: its beginning, commands of the Owner, outcomes of effects, and the time.

use super::ask::Ask;
use super::deadlines::Deadlines;
use crate::catalogue::Catalogue;
use crate::judges::Weakening;
use crate::roles::Role;
use crate::words::*;

/// An input with the moment at which it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamped {
    /// When.
    pub at: Millis,
    /// What.
    pub input: Input,
}

/// Everything that can happen to a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The Owner asks for a run. Always the first input, and only that.
    Begin(Box<Begin>),
    /// The Owner commands.
    Command(Command),
    /// The world answers an effect.
    Outcome {
        /// The effect that was owed.
        effect: EffectId,
        /// The answer.
        outcome: Outcome,
    },
    /// Whoever owns the run now holds its commands at this level.
    Sandbox(SandboxLevel),
    /// Time has passed.
    Tick,
    /// Payloads of a run that is over are to go.
    Shred(Shredding),
}

impl Input {
    /// Whether it goes before the deadlines that passed until it came: what a question or a request waits for, and the
    /// pause in which nobody's time runs.
    pub(super) const fn stops_the_clock(&self) -> bool {
        matches!(
            self,
            Self::Command(
                Command::Answer { .. } | Command::Grant { .. } | Command::Deny { .. } | Command::Pause
            )
        )
    }
}

/// How a run begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Begin {
    /// Its name.
    pub run: RunId,
    /// What the Owner wants.
    pub intent: Lodged<Intent>,
    /// The commit that all work starts from.
    pub base: CommitId,
    /// Models and prices for the whole run.
    pub catalogue: Catalogue,
    /// A plan that is there already: nobody plans then.
    pub plan: Option<Lodged<Plan>>,
    /// Whether the plan may start without asking.
    pub preapproved: bool,
    /// How long what may take.
    pub deadlines: Deadlines,
    /// What makes stakes high, beside the plan.
    pub stakes: StakesRule,
    /// The only thing that is asked for: a second opinion, and no work.
    pub question: Option<LoneQuestion>,
    /// Roles of files that contracts may name.
    pub roles: Vec<Role>,
    /// Commands that prepare folders.
    pub setups: Vec<SetUp>,
    /// The most that anybody may do.
    pub scope: Scope,
    /// Tools of servers, if there are any.
    pub foreign: Option<ForeignTools>,
    /// The way that the Owner wants; the rules and a model decide where it is not given.
    pub path: Option<Path>,
    /// The engine's own plan, for the direct path or the solo run; without it the Orchestrator plans.
    pub shortcut: Option<Proposal>,
}

/// A plan, with the contract of its only task where nobody manages it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The plan.
    pub plan: Lodged<Plan>,
    /// [`crate::shortcut::contract`] of it.
    #[serde(default)]
    pub contract: Option<Lodged<Contract>>,
}

/// What the Owner can tell a run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Let the plan with this hash start.
    Approve {
        /// The plan that the Owner saw; none for whichever is there.
        plan: Option<Digest>,
    },
    /// Don't start it.
    Reject {
        /// Why, in the Owner's words.
        reason: String,
    },
    /// Another plan in place of the one that waits for approval.
    EditPlan {
        /// The whole of it.
        proposal: Box<Proposal>,
    },
    /// A sentence to the Orchestrator about the plan that waits: it plans anew.
    Revise {
        /// What the Owner says, as lodged by whoever posted the command.
        text: BlobRef,
    },
    /// Stop now, for good.
    Kill {
        /// What.
        target: Target,
    },
    /// Start nothing new.
    Pause,
    /// Go on.
    Resume,
    /// Another total.
    Budget {
        /// The new total.
        total: Money,
    },
    /// Answer a question.
    Answer {
        /// Which.
        question: QuestionId,
        /// The answer, as lodged by whoever posted the command.
        text: BlobRef,
    },
    /// Give a Manager what it asked for, or another amount.
    Grant {
        /// Which request.
        request: RequestId,
        /// How much; all that was asked for where it is not given.
        amount: Option<Money>,
    },
    /// Don't.
    Deny {
        /// Which request.
        request: RequestId,
    },
    /// Tell Managers something, through the Orchestrator.
    Memo {
        /// To whom.
        to: Recipient,
        /// What it says.
        content: BlobRef,
    },
}

/// What a kill is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// All of it.
    Run,
    /// One Manager with its workers.
    Section(SectionId),
    /// One task with its worker.
    Task(TaskId),
}

/// How the world answers an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The request of an agent's next turn was put together.
    Composed {
        /// Bytes of its body.
        body_bytes: u64,
    },
    /// A model answered.
    Replied {
        /// What the answer says about itself.
        reply: Reply,
        /// The answer as the provider wrote it.
        content: BlobRef,
        /// What the model wants done, in order.
        asks: Vec<Ask>,
    },
    /// A model did not answer.
    Faulted {
        /// Why.
        fault: Fault,
        /// A random number of thousandths, so that retries of many agents spread out.
        jitter: u16,
    },
    /// The call was not sent, and is not on its way.
    Unsent {
        /// For how long its provider lets nobody go, where that is why, in milliseconds.
        resumes_in_ms: Option<u64>,
    },
    /// A workspace tool has run.
    Done {
        /// What the model reads.
        output: BlobRef,
        /// Whether it did what was asked.
        ok: bool,
        /// The attempt's files afterwards, for a tool that writes.
        tree: Option<TreeId>,
        /// All of what it said, where the model reads only the ends of it.
        whole: Option<BlobRef>,
        /// The command that ran, for a tool that runs one.
        ran: Option<Ran>,
        /// What of it was beyond the agent's scope, and so did not happen.
        refused: Vec<String>,
    },
    /// An attempt's files are a commit.
    Sealed(Seal),
    /// Criteria were checked.
    Checked {
        /// A verdict each.
        findings: Vec<Finding>,
        /// Files that should be there and are not.
        missing: Vec<String>,
        /// Files that should be there and are, each with its hash.
        artifacts: Vec<Artifact>,
    },
    /// Two commits were merged.
    Merged {
        /// The merge.
        commit: CommitId,
        /// Its tree.
        tree: TreeId,
    },
    /// Two commits can't be merged.
    Conflicted {
        /// Where.
        paths: Vec<String>,
    },
    /// A set-up command was run, or did not have to be.
    SetUp(SetUpResult),
    /// The run's branch points at its commit.
    Published,
    /// The effect can't be answered: this machine is at fault, not a model.
    Broken {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The process that worked on the effect is gone.
    Lost,
}

/// A command that an agent ran.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ran {
    /// [`TaskOutline::command_digest`](super::event::TaskOutline::command_digest) of it.
    pub command: Digest,
    /// Its exit code; none where a signal or its time limit ended it.
    pub exit: Option<i32>,
}

/// What became of an attempt's files.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Seal {
    /// The commit; none where nothing changed.
    pub commit: Option<CommitId>,
    /// The tree of the commit, or of the base.
    pub tree: TreeId,
    /// How many files changed.
    pub changed: u32,
    /// Changed paths that the contract does not allow, at most a few.
    pub outside: Vec<String>,
    /// What lets more pass than before, in files by which results are told; at most a few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weakened: Vec<Weakening>,
}
