//! What a run looks like from outside: one value that a face draws and a script reads. It holds no secret and no payload,
//! and it is made from the run alone, in time linear in the number of tasks.

mod agent;
mod opinion;
mod section;
mod task;

use serde::{Serialize, Serializer};

use crate::ledger::Ledger;
use crate::run::event::RunEnd;
use crate::run::state::{Stage, TaskStage};
use crate::run::{Effect, Run, Subject};
use crate::words::*;

pub use agent::{Activity, AgentView};
pub use opinion::{OpinionView, SideView};
pub use section::{ManagerStep, SectionView, section_end_words};
pub use task::{TaskState, TaskView, attempt_end_words};
pub(crate) use task::{agent_end_words, task_words};

/// A run from outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// Its name.
    pub run: String,
    /// Where it stands, in words.
    pub stage: String,
    /// How it ended, once it has.
    pub end: Option<RunEnd>,
    /// Which way the intent went, why, and who decided; none where the plan came with it.
    pub triage: Option<Triage>,
    /// Whether its plan waits for the Owner.
    pub awaits_approval: bool,
    /// Whether nothing new may start.
    pub paused: bool,
    /// The hash that an approval names, once there is a plan.
    pub plan_hash: Option<Digest>,
    /// All of its money.
    pub money: Purses,
    /// The Orchestrator's own money.
    pub reserve: Purses,
    /// When it began, in milliseconds since 1970.
    pub began: Millis,
    /// When its last event was, in milliseconds since 1970.
    pub now: Millis,
    /// The Orchestrator.
    pub orchestrator: Option<AgentView>,
    /// In plan order; empty until the plan is approved.
    pub phases: Vec<PhaseView>,
    /// Questions that wait for the Owner.
    pub questions: Vec<QuestionView>,
    /// Requests for money that are not decided.
    pub requests: Vec<RequestView>,
    /// Second opinions, those that are over included.
    pub opinions: Vec<OpinionView>,
    /// How many there are of what.
    pub counts: Counts,
    /// What of this machine broke, if anything did.
    pub broken: Option<String>,
}

/// The money of one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Purses {
    /// Paid.
    #[serde(rename = "spent_usd", serialize_with = "usd")]
    pub spent: Money,
    /// Promised to calls that are on their way.
    #[serde(rename = "reserved_usd", serialize_with = "usd")]
    pub reserved: Money,
    /// The most that it may be.
    #[serde(rename = "limit_usd", serialize_with = "usd")]
    pub limit: Money,
}

/// A phase from outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: PhaseStanding,
    /// Its money.
    pub money: Purses,
    /// Its sections, replacements included.
    pub sections: Vec<SectionView>,
}

/// Where a phase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseStanding {
    /// It has not begun.
    Waiting,
    /// Managers are at work.
    Working,
    /// Every section of it is verified and merged.
    Whole,
    /// It is over, and something is missing.
    Partial,
}

/// A question that waits for the Owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuestionView {
    /// Its id.
    pub id: String,
    /// Where its text is.
    pub text: BlobRef,
    /// After that, the Orchestrator decides by itself.
    pub deadline: Millis,
}

/// A request for money that is not decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestView {
    /// Its id.
    pub id: String,
    /// Whose.
    pub section: String,
    /// How much.
    #[serde(rename = "amount_usd", serialize_with = "usd")]
    pub amount: Money,
    /// Where its reason is.
    pub reason: BlobRef,
    /// Whether the Owner has to decide; otherwise the Orchestrator does.
    pub referred: bool,
    /// After that, it is denied.
    pub deadline: Millis,
}

/// How many there are of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Tasks.
    pub tasks: usize,
    /// Tasks that are merged.
    pub merged: usize,
    /// Tasks that were given up.
    pub cut: usize,
    /// Attempts.
    pub attempts: usize,
    /// Agents.
    pub agents: usize,
    /// Agents that are there now.
    pub agents_live: usize,
    /// Calls that are on their way.
    pub calls: usize,
    /// Memos.
    pub memos: usize,
    /// Events.
    pub events: u64,
}

impl View {
    /// The run as it is now.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let busy = Busy::of(run);
        Self {
            run: run.head().map(|head| head.id.to_string()).unwrap_or_default(),
            stage: stage_words(run),
            end: run.end(),
            triage: run.triage().cloned(),
            awaits_approval: run.stage() == Stage::Approval,
            paused: run.paused(),
            plan_hash: run.plan().map(|plan| plan.hash),
            money: purses(run, Ledger::RUN),
            reserve: purses(run, Ledger::RESERVE),
            began: run.head().map_or(Millis(0), |head| head.began),
            now: run.now(),
            orchestrator: run.orchestrator().and_then(|id| AgentView::of(run, id)),
            phases: run.phases().iter().map(|(id, _)| phase(run, id, &busy)).collect(),
            questions: questions(run),
            requests: requests(run),
            opinions: run.opinions().iter().map(|(id, state)| OpinionView::of(run, id, state)).collect(),
            counts: counts(run),
            broken: run.broken().map(str::to_owned),
        }
    }

    /// All sections, in plan order.
    pub fn sections(&self) -> impl Iterator<Item = &SectionView> {
        self.phases.iter().flat_map(|phase| &phase.sections)
    }
}

/// What the engine works on, for the things that no agent does.
#[derive(Default)]
pub(crate) struct Busy {
    /// Sections whose report, or whose needs, are being checked.
    pub(crate) checked: Vec<SectionId>,
}

impl Busy {
    fn of(run: &Run) -> Self {
        let checked = run.owed().filter_map(|(_, effect)| match effect {
            Effect::Check { subject: Subject::Section(section) | Subject::Needs(section), .. } => {
                Some(*section)
            }
            Effect::Check { .. }
            | Effect::Compose { .. }
            | Effect::Call { .. }
            | Effect::Tool { .. }
            | Effect::Seal { .. }
            | Effect::Merge { .. }
            | Effect::Publish { .. } => None,
        });
        Self { checked: checked.collect() }
    }
}

/// The money of an account; nothing for an account that is not there.
pub(crate) fn purses(run: &Run, account: AccountId) -> Purses {
    let (spent, reserved) = run
        .ledger()
        .get(account)
        .map_or((Money::ZERO, Money::ZERO), |account| (account.spent, account.reserved));
    Purses { spent, reserved, limit: run.ledger().limit(account) }
}

/// How a run ended, in words.
#[must_use]
pub const fn run_end_words(end: RunEnd) -> &'static str {
    match end {
        RunEnd::Verified => "verified and done",
        RunEnd::Unverified => "finished, not everything verified",
        RunEnd::BudgetExhausted => "budget exhausted",
        RunEnd::Killed => "killed",
        RunEnd::Rejected => "rejected",
        RunEnd::Failed => "failed",
    }
}

fn stage_words(run: &Run) -> String {
    let phase = |id: PhaseId| run.phases().get(id).map_or("", |phase| phase.name.as_str());
    let words = match run.stage() {
        Stage::Unborn => "not begun".to_owned(),
        Stage::Planning if run.orchestrator().is_none() => "choosing the path".to_owned(),
        Stage::Planning => "planning".to_owned(),
        Stage::Advising => "hearing advisers".to_owned(),
        Stage::Approval => "waiting for approval".to_owned(),
        Stage::Working(id) => format!("phase {} of {}: {}", id.0 + 1, run.phases().len(), phase(id)),
        Stage::Joining(id) => format!("joining the sections of {}", phase(id)),
        Stage::Checking(_) => "checking the whole".to_owned(),
        Stage::Concluding(_) => "writing the report".to_owned(),
        Stage::Publishing(_) => "setting the branch".to_owned(),
        Stage::Ended(end) => return run_end_words(end).to_owned(),
    };
    if run.paused() { format!("paused: {words}") } else { words }
}

fn phase(run: &Run, id: PhaseId, busy: &Busy) -> PhaseView {
    let state = run.phases().get(id);
    let sections = state.map(|state| state.sections.as_slice()).unwrap_or_default();
    PhaseView {
        id: id.to_string(),
        name: state.map(|state| state.name.clone()).unwrap_or_default(),
        state: match state.map(|state| (state.base.is_some(), state.ended)) {
            Some((_, Some(true))) => PhaseStanding::Whole,
            Some((_, Some(false))) => PhaseStanding::Partial,
            Some((true, None)) => PhaseStanding::Working,
            Some((false, None)) | None => PhaseStanding::Waiting,
        },
        money: state.and_then(|state| state.account).map(|id| purses(run, id)).unwrap_or_default(),
        sections: sections.iter().filter_map(|id| SectionView::of(run, *id, busy)).collect(),
    }
}

fn questions(run: &Run) -> Vec<QuestionView> {
    let open = run.questions().iter().filter(|(_, question)| question.closed.is_none());
    open.map(|(id, question)| QuestionView {
        id: id.to_string(),
        text: question.text,
        deadline: question.deadline,
    })
    .collect()
}

fn requests(run: &Run) -> Vec<RequestView> {
    let open = run.requests().iter().filter(|(_, request)| request.granted.is_none());
    open.map(|(id, request)| RequestView {
        id: id.to_string(),
        section: run
            .sections()
            .get(request.section)
            .map(|section| section.outline.name.clone())
            .unwrap_or_default(),
        amount: request.amount,
        reason: request.reason,
        referred: request.referred,
        deadline: request.deadline,
    })
    .collect()
}

fn counts(run: &Run) -> Counts {
    let in_stage = |stage| run.tasks().iter().filter(|(_, task)| task.stage == stage).count();
    Counts {
        tasks: run.tasks().len(),
        merged: in_stage(TaskStage::Merged),
        cut: in_stage(TaskStage::Cut),
        attempts: run.attempts().len(),
        agents: run.agents().len(),
        agents_live: run.agents().iter().filter(|(_, agent)| !agent.ended()).count(),
        calls: run.owed().filter(|(_, effect)| matches!(effect, Effect::Call { .. })).count(),
        memos: run.memos().len(),
        events: run.events(),
    }
}

/// Writes an amount as exact decimal text without a sign of currency: the field's name says that it is dollars.
pub(crate) fn usd<S: Serializer>(amount: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&usd_text(*amount))
}

/// An amount as exact decimal text without a sign of currency: `2.50`.
#[must_use]
pub fn usd_text(amount: Money) -> String {
    amount.to_string().trim_start_matches('$').to_owned()
}

/// A count in groups of three digits: `1,234,567`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let led = digits.len() % 3;
    let groups = digits.as_bytes().get(led..).unwrap_or_default().chunks(3);
    let groups = groups.filter_map(|group| std::str::from_utf8(group).ok());
    let led = digits.get(..led).filter(|led| !led.is_empty());
    led.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
