//! What a run is made of. Only `apply` changes any of it.

mod head;

use std::collections::BTreeSet;

use super::ask::ResultClaim;
use super::batch::Batch;
pub use super::batch::LeftOut;
use super::compaction::Compaction;
use super::event::{
    AgentEnd, Answer, AttemptEnd, BudgetFacts, Cause, Notice, OpinionEnd, PlanAuthor, PlanOutline, RunEnd,
    Seat, SectionEnd, SectionOutline, TaskOutline,
};
use super::input::Seal;
use super::progress::Progress;
use super::replan::Replan;
use super::thrift::Ceiling;
use crate::words::*;
pub use head::Head;

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Nothing has happened yet.
    #[default]
    Unborn,
    /// The Orchestrator makes a plan.
    Planning,
    /// A second opinion is all that the Owner wants.
    Advising,
    /// The Owner looks at it.
    Approval,
    /// Managers work on a phase.
    Working(PhaseId),
    /// The sections of a phase are brought together.
    Joining(PhaseId),
    /// The plan's definition of done is checked.
    Checking(Cause),
    /// The Orchestrator writes its report.
    Concluding(Cause),
    /// The branch is being set.
    Publishing(Cause),
    /// It is over.
    Ended(RunEnd),
}

/// The plan as the machine knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanState {
    /// Its document.
    pub plan: BlobRef,
    /// What an approval names.
    pub hash: Digest,
    /// Its shape.
    pub outline: PlanOutline,
    /// Who made it.
    pub author: PlanAuthor,
    /// The approval: when, and whether the Owner saw it.
    pub approved: Option<(Millis, bool)>,
}

impl PlanState {
    /// A plan that nobody has approved yet.
    pub(super) const fn new(plan: BlobRef, hash: Digest, outline: PlanOutline, author: PlanAuthor) -> Self {
        Self { plan, hash, outline, author, approved: None }
    }
}

/// A phase.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseState {
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: Option<AccountId>,
    /// Its sections, replacements included.
    pub sections: Vec<SectionId>,
    /// Where its sections start; none before it began.
    pub base: Option<CommitId>,
    /// What is merged of it.
    pub tip: Option<CommitId>,
    /// Sections that are merged, in that order.
    pub joined: Vec<SectionId>,
    /// Sections that are on their way into its branch together.
    pub batch: Batch<SectionId>,
    /// Whether it ended whole.
    pub ended: Option<bool>,
}

/// A section with its Manager.
#[derive(Clone, Debug, PartialEq)]
pub struct SectionState {
    /// What the plan says.
    pub outline: SectionOutline,
    /// The document that its outline was taken from.
    pub plan: BlobRef,
    /// The Manager's account.
    pub account: Option<AccountId>,
    /// The workers' account.
    pub crew: Option<AccountId>,
    /// The Manager.
    pub manager: Option<AgentId>,
    /// Its tasks.
    pub tasks: Vec<TaskId>,
    /// Attempts that are in its branch, in the order in which they came there.
    pub merged: Vec<AttemptId>,
    /// Where it starts.
    pub base: Option<CommitId>,
    /// What is merged of it.
    pub tip: Option<CommitId>,
    /// The tree of the tip, once something is merged.
    pub tree: Option<TreeId>,
    /// Accepted attempts that are not in its branch yet, each with the Manager's call.
    pub queue: Vec<(AttemptId, u16)>,
    /// Those of them that are on their way into the branch together.
    pub batch: Batch<AttemptId>,
    /// The report that is being checked: whether done, and the Manager's call.
    pub reporting: Option<(bool, u16)>,
    /// Reports so far.
    pub reports: u8,
    /// The last report.
    pub conclusion: Option<BlobRef>,
    /// What its last check said.
    pub findings: Vec<Finding>,
    /// Files that it should have left and has not.
    pub missing: Vec<String>,
    /// Files that it left, each with its hash.
    pub artifacts: Vec<Artifact>,
    /// The section that it replaces.
    pub replaces: Option<SectionId>,
    /// Why its Manager gave it back, while that is not settled.
    pub returned: Option<BlobRef>,
    /// Whether the Orchestrator is asked to put others in its place.
    pub replan: Replan,
    /// The second opinion that its Manager, or its only worker, begins with.
    pub opinion: Option<OpinionId>,
    /// Why there is none although the stakes are high.
    pub no_opinion: Option<String>,
    /// What its attempts may cost by seniority, after a request for money was denied.
    pub ceiling: Option<Ceiling>,
    /// Titles of contracts whose conflicts its Manager has been told of.
    pub foreseen: BTreeSet<String>,
    /// Memos that its Manager sent.
    pub memos_sent: u32,
    /// How it ended.
    pub end: Option<SectionEnd>,
    /// What it gave back when it ended.
    pub surplus: Money,
    /// Whether its branch could not be brought into the phase's.
    pub withdrawn: bool,
    /// Where it did not merge with the others of its phase, if it did not.
    pub conflict: Vec<String>,
    /// What the last check of it merged with the others of its phase said.
    pub joined_findings: Vec<Finding>,
}

/// A task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskState {
    /// Whose.
    pub section: SectionId,
    /// Its contract's document.
    pub contract: BlobRef,
    /// Its shape.
    pub outline: TaskOutline,
    /// Who pays.
    pub account: AccountId,
    /// Its attempts.
    pub attempts: Vec<AttemptId>,
    /// Where it stands.
    pub stage: TaskStage,
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskStage {
    /// A worker is on it.
    Working,
    /// It is back with its Manager.
    Returned,
    /// It waits for its place in the section's branch.
    Accepted,
    /// It is in the section's branch, or needs no place there.
    Merged,
    /// It was given up.
    Cut,
}

/// One worker's try.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptState {
    /// Of what.
    pub task: TaskId,
    /// Counted from 1 in its task.
    pub number: u32,
    /// From where.
    pub base: CommitId,
    /// How many attempts were in the section's branch there.
    pub after: usize,
    /// With how much model.
    pub seniority: Seniority,
    /// Why again.
    pub reason: Option<BlobRef>,
    /// In which turn of its Manager it began, counted from 1.
    pub turn: usize,
    /// Which call of that turn waits for it.
    pub index: u16,
    /// Its worker.
    pub worker: Option<AgentId>,
    /// Its Reviewer.
    pub reviewer: Option<AgentId>,
    /// Its files after the last tool that wrote.
    pub tree: Option<TreeId>,
    /// Criteria whose own commands its worker ran, each with the last exit code.
    pub executed: Vec<(String, Option<i32>)>,
    /// What is claimed.
    pub claim: Option<ResultClaim>,
    /// What was sealed.
    pub sealed: Option<Seal>,
    /// What is verified.
    pub findings: Vec<Finding>,
    /// The Reviewer's words.
    pub review: Option<BlobRef>,
    /// The effect of the seam that is on its way.
    pub effect: Option<EffectId>,
    /// Why it stays out of its section's branch, if it does.
    pub left_out: Option<LeftOut>,
    /// How it ended.
    pub end: Option<AttemptEnd>,
    /// From when to when.
    pub time: (Millis, Option<Millis>),
    /// When its time is over.
    pub due: Millis,
}

/// One running instance of a role: its loop as a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// What it serves.
    pub seat: Seat,
    /// How much model.
    pub seniority: Seniority,
    /// Who pays.
    pub account: AccountId,
    /// What it may do.
    pub scope: Scope,
    /// What it was told and said, in order.
    pub turns: Vec<Turn>,
    /// What it will be told.
    pub notices: Vec<Notice>,
    /// What it does now.
    pub state: AgentState,
    /// Replies in a row without a tool call.
    pub idle: u8,
    /// Times that the present call was made again.
    pub tries: u8,
    /// The model that answered last.
    pub model: Option<String>,
    /// What its calls cost.
    pub spent: Money,
    /// What its calls used.
    pub used: Usage,
    /// The largest request so far, in tokens by the bound.
    pub widest: u64,
    /// Whether it gets anywhere.
    pub progress: Progress,
    /// What it is shown of its past.
    pub compaction: Compaction,
    /// When its time is over.
    pub due: Option<Millis>,
    /// When it has stood still for too long, unless something moves before.
    pub idle_due: Option<Millis>,
}

/// What an agent does now.
#[derive(Clone, Debug, PartialEq)]
pub enum AgentState {
    /// Its request is being put together.
    Composing(EffectId),
    /// Its request waits for money.
    Parked {
        /// The account that is short.
        account: AccountId,
        /// The request's size.
        body_bytes: u64,
    },
    /// Its request is with a model.
    Calling(EffectId),
    /// Its call failed, and is made again later.
    Pausing(Millis),
    /// Its calls are being answered.
    Acting,
    /// It waits to be told something.
    Resting,
    /// It is gone.
    Ended(AgentEnd),
}

/// One round of an agent's loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// What it was told.
    pub notices: Vec<Notice>,
    /// What it said; none while it has not.
    pub reply: Option<BlobRef>,
    /// What it wants done.
    pub slots: Vec<Slot>,
}

/// One tool call and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The workspace tool that it calls, if it is one.
    pub tool: Option<Tool>,
    /// The name of the foreign tool that it calls, if it is one.
    pub foreign: Option<String>,
    /// The effect that works on it.
    pub effect: Option<EffectId>,
    /// The answer.
    pub answer: Option<SlotAnswer>,
}

/// The answer to a tool call.
#[derive(Clone, Debug, PartialEq)]
pub enum SlotAnswer {
    /// A workspace tool's.
    Tool {
        /// What it printed.
        output: BlobRef,
        /// Whether it did what was asked.
        ok: bool,
    },
    /// A control tool's.
    Control(Answer),
}

/// A question to the Owner.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionState {
    /// Who asks.
    pub agent: AgentId,
    /// Which call waits.
    pub index: u16,
    /// The question.
    pub text: BlobRef,
    /// After that, nobody waits.
    pub deadline: Millis,
    /// Whether it is closed, and the answer.
    pub closed: Option<Option<BlobRef>>,
}

/// A request for money.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestState {
    /// Whose.
    pub section: SectionId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: BlobRef,
    /// Which call waits.
    pub index: u16,
    /// After that, it is denied.
    pub deadline: Millis,
    /// What the decision has to look at.
    pub facts: BudgetFacts,
    /// Whether the Owner has to decide.
    pub referred: bool,
    /// The decision.
    pub granted: Option<Money>,
}

/// A second opinion.
#[derive(Clone, Debug, PartialEq)]
pub struct OpinionState {
    /// Who wants to know.
    pub asker: Asker,
    /// What.
    pub about: About,
    /// Who pays.
    pub account: AccountId,
    /// What the advisers look at.
    pub base: CommitId,
    /// The two who are asked.
    pub sides: [SideState; 2],
    /// In what they differ.
    pub difference: Difference,
    /// After that, nobody is waited for.
    pub deadline: Millis,
    /// Who makes one of two.
    pub synthesist: Option<AgentId>,
    /// What it made: the [`Synthesis`], its agreements and its disagreements.
    pub synthesis: Option<(BlobRef, u16, u16)>,
    /// How it ended.
    pub end: Option<OpinionEnd>,
}

/// One of the two who are asked.
#[derive(Clone, Debug, PartialEq)]
pub struct SideState {
    /// Who may answer.
    pub side: Side,
    /// Who does.
    pub agent: Option<AgentId>,
    /// The models that were asked, each once.
    pub models: Vec<String>,
    /// The answer, and how sure it is.
    pub answer: Option<(BlobRef, Confidence)>,
}

/// Something that happens by itself at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// A call is made again.
    Retry(AgentId),
    /// A question is closed.
    Question(QuestionId),
    /// A request is denied.
    Request(RequestId),
    /// An agent of an attempt has stood still for too long.
    Idle(AgentId),
    /// An agent's time is over.
    Agent(AgentId),
    /// An attempt's time is over.
    Attempt(AttemptId),
    /// Advisers, or whoever makes one of their answers, are waited for no longer.
    Opinion(OpinionId),
    /// A BLOCKER memo waits no longer.
    Memo(MemoNumber),
    /// Nobody comes in a section's place any more.
    Replan(SectionId),
}

impl Agent {
    /// Whether it is gone.
    #[must_use]
    pub const fn ended(&self) -> bool {
        matches!(self.state, AgentState::Ended(_))
    }

    /// The effect that works for it, if any: a composition, a call or a tool.
    #[must_use]
    pub fn effect(&self) -> Option<EffectId> {
        match &self.state {
            AgentState::Composing(effect) | AgentState::Calling(effect) => Some(*effect),
            AgentState::Acting => self.turns.last()?.slots.iter().find_map(|slot| slot.effect),
            AgentState::Parked { .. }
            | AgentState::Pausing(_)
            | AgentState::Resting
            | AgentState::Ended(_) => None,
        }
    }

    /// The tool calls of its last reply.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        self.turns.last().map_or(&[], |turn| turn.slots.as_slice())
    }

    /// One tool call of its last reply.
    #[must_use]
    pub fn slot(&self, index: u16) -> Option<&Slot> {
        self.slots().get(usize::from(index))
    }
}

impl AttemptState {
    /// Whether every criterion holds.
    #[must_use]
    pub fn verified(&self) -> bool {
        self.end == Some(AttemptEnd::Verified)
    }
}
