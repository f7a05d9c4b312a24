//! One run as one pure state machine.
//!
//! **The run owns**: plan, ledger, agents, tasks, memos, approvals, and what is owed. **The caller owns**: the journal,
//! the blobs, the clock, and doing what is owed.
//!
//! ```text
//! inputs ──► step ──► events ──► journal, then the world: owed()
//!             │  ▲
//!             └──┘ apply, the same for a step and for a fold
//! ```
//!
//! `step` decides and applies in place, event by event, so that each decision sees the one before it and nothing is
//! cloned. A caller whose journal refuses the events drops the run and folds it anew. No effect may start before its
//! event is written down.

pub mod again;
mod agents;
mod apply;
mod apply_agent;
mod apply_opinion;
mod apply_work;
mod approval;
pub mod ask;
mod batch;
mod calls;
mod commands;
pub mod compaction;
mod criteria;
pub mod deadlines;
mod direct;
pub mod effect;
pub mod event;
mod foreign;
mod foresee;
pub mod input;
mod managers;
mod memos;
mod money;
mod opinions;
mod orchestrator;
mod phases;
mod planning;
pub mod progress;
pub mod replan;
mod routing;
pub(crate) mod scopes;
mod seam;
mod setup;
mod sides;
mod stakes;
pub mod state;
mod step;
pub mod thrift;
mod triage;
mod wakes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use ask::Ask;
pub use criteria::CriteriaSource;
pub use deadlines::{Deadlines, DeclaredDeadlines};
pub use effect::{Effect, Subject};
pub use event::Event;
pub use input::{Begin, Command, Input, Outcome, Proposal, Stamped, Target};
pub(crate) use planning::outline;
pub use state::Stage;
pub use step::{Refusal, Stepped};

use crate::catalogue::Catalogue;
use crate::health::Health;
use crate::ledger::{Discrepancy, Ledger};
use crate::table::Table;
use crate::words::*;
use event::RunEnd;
use state::*;

/// A whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    head: Option<Head>,
    catalogue: Catalogue,
    health: Health,
    ledger: Ledger,
    stage: Stage,
    plan: Option<PlanState>,
    plan_repairs: u8,
    /// Times that the Owner sent the plan back.
    revisions: u8,
    triage: Option<Triage>,
    /// The engine's plan for the direct path, while nobody has chosen.
    shortcut: Option<PlanState>,
    orchestrator: Option<AgentId>,
    phases: Table<PhaseId, PhaseState>,
    sections: Table<SectionId, SectionState>,
    tasks: Table<TaskId, TaskState>,
    attempts: Table<AttemptId, AttemptState>,
    agents: Table<AgentId, Agent>,
    questions: Table<QuestionId, QuestionState>,
    requests: Table<RequestId, RequestState>,
    memos: Table<MemoNumber, Memo>,
    opinions: Table<OpinionId, OpinionState>,
    /// BLOCKER memos without an answer.
    blockers: BTreeSet<MemoNumber>,
    /// What is merged of the whole run.
    tip: Option<CommitId>,
    /// What the last check of the whole said.
    findings: Vec<Finding>,
    conclusion: Option<BlobRef>,
    /// What of this machine is broken, if anything was.
    broken: Option<String>,
    owed: BTreeMap<EffectId, Effect>,
    next_effect: u64,
    timers: BTreeSet<(Millis, Timer)>,
    parked: BTreeMap<AccountId, VecDeque<AgentId>>,
    paused: bool,
    sandbox: Option<SandboxLevel>,
    shreds: Shreds,
    /// False once a promise did not fit where its event says that it did: a forged or damaged journal.
    sound: bool,
    now: Millis,
    /// The moment of the last event that was not in a pause, nor its beginning.
    awake: Millis,
    events: u64,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            head: None,
            catalogue: Catalogue::default(),
            health: Health::default(),
            ledger: Ledger::default(),
            stage: Stage::Unborn,
            plan: None,
            plan_repairs: 0,
            revisions: 0,
            triage: None,
            shortcut: None,
            orchestrator: None,
            phases: Table::default(),
            sections: Table::default(),
            tasks: Table::default(),
            attempts: Table::default(),
            agents: Table::default(),
            questions: Table::default(),
            requests: Table::default(),
            memos: Table::default(),
            opinions: Table::default(),
            blockers: BTreeSet::new(),
            tip: None,
            findings: Vec::new(),
            conclusion: None,
            broken: None,
            owed: BTreeMap::new(),
            next_effect: 0,
            timers: BTreeSet::new(),
            parked: BTreeMap::new(),
            paused: false,
            sandbox: None,
            shreds: Shreds::default(),
            sound: true,
            now: Millis(0),
            awake: Millis(0),
            events: 0,
        }
    }
}

/// A rule of the run that does not hold. It is a bug or a damaged journal, and nothing may go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// The books are wrong.
    #[error(transparent)]
    Ledger(#[from] Discrepancy),
    /// An event promised money that was not there.
    #[error("an event promises money that its account did not have")]
    Promise,
    /// A call is owed without a promise, or promised without being owed.
    #[error("call {0} and its promise of money do not belong together")]
    Unmatched(EffectId),
    /// Money is promised although nothing is going on.
    #[error("money is still promised at rest")]
    Promised,
}

impl Run {
    /// The run that a journal tells of.
    pub fn fold<'a>(events: impl IntoIterator<Item = (Millis, &'a Event)>) -> Self {
        let mut run = Self::default();
        for (at, event) in events {
            run.apply(at, event);
        }
        run
    }

    /// Checks every rule: the books, and that exactly the calls that are owed have a promise.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn audit(&self) -> Result<(), Unsound> {
        self.ledger.audit()?;
        if !self.sound {
            return Err(Unsound::Promise);
        }
        for (id, effect) in &self.owed {
            if matches!(effect, Effect::Call { .. }) && self.ledger.reservation(*id).is_none() {
                return Err(Unsound::Unmatched(*id));
            }
        }
        for (id, _) in self.ledger.reservations() {
            if !matches!(self.owed.get(&id), Some(Effect::Call { .. })) {
                return Err(Unsound::Unmatched(id));
            }
        }
        if matches!(self.stage, Stage::Ended(_)) && self.ledger.reservations().next().is_some() {
            return Err(Unsound::Promised);
        }
        Ok(())
    }

    /// Checks the books along the accounts that these events touched: cheap enough for after every commit.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn audit_after(&self, events: &[(Millis, Event)]) -> Result<(), Unsound> {
        if !self.sound {
            return Err(Unsound::Promise);
        }
        for (_, event) in events {
            let touched = match event {
                Event::Agent(event::AgentEvent::Reserved { account, .. }) => Some(*account),
                Event::Agent(event::AgentEvent::Replied { agent, .. })
                | Event::Agent(event::AgentEvent::CallFailed { agent, .. }) => {
                    self.agents.get(*agent).map(|agent| agent.account)
                }
                Event::Money(_) => return self.ledger.audit().map_err(Unsound::from),
                Event::Run(_) | Event::Agent(_) | Event::Task(_) | Event::Branch(_) | Event::Opinion(_) => {
                    None
                }
            };
            if let Some(account) = touched {
                self.ledger.audit_path(account)?;
            }
        }
        Ok(())
    }

    /// What the world must do, in the order in which it came to be owed.
    pub fn owed(&self) -> impl Iterator<Item = (EffectId, &Effect)> {
        self.owed.iter().map(|(id, effect)| (*id, effect))
    }

    /// What came to be owed from `first` on.
    pub fn owed_from(&self, first: EffectId) -> impl Iterator<Item = (EffectId, &Effect)> {
        self.owed.range(first..).map(|(id, effect)| (*id, effect))
    }

    /// Whether this is still owed.
    #[must_use]
    pub fn owes(&self, effect: EffectId) -> bool {
        self.owed.contains_key(&effect)
    }

    /// The id that the next effect will get.
    #[must_use]
    pub const fn next_effect(&self) -> EffectId {
        EffectId(self.next_effect)
    }

    /// The next moment at which something happens by itself.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Millis> {
        let runs = |timer: &Timer| !self.paused || matches!(timer, Timer::Retry(_));
        self.timers.iter().find(|(_, timer)| runs(timer)).map(|(at, _)| *at)
    }

    /// The first timer that is due. While the run is paused, nobody's time to answer runs.
    fn due_timer(&self, at: Millis) -> Option<(Millis, Timer)> {
        let runs = |timer: &Timer| !self.paused || matches!(timer, Timer::Retry(_));
        self.timers.iter().copied().take_while(|(due, _)| *due <= at).find(|(_, timer)| runs(timer))
    }

    /// Whether nothing new may start.
    #[must_use]
    pub const fn paused(&self) -> bool {
        self.paused
    }

    /// How its commands are held; none where nobody has said.
    #[must_use]
    pub const fn sandbox(&self) -> Option<SandboxLevel> {
        self.sandbox
    }

    /// Where it stands.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// How it ended, if it has.
    #[must_use]
    pub const fn end(&self) -> Option<RunEnd> {
        match self.stage {
            Stage::Ended(end) => Some(end),
            Stage::Unborn
            | Stage::Planning
            | Stage::Advising
            | Stage::Approval
            | Stage::Working(_)
            | Stage::Joining(_)
            | Stage::Checking(_)
            | Stage::Concluding(_)
            | Stage::Publishing(_) => None,
        }
    }

    /// Its constants, once it began.
    #[must_use]
    pub const fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Its models and prices.
    #[must_use]
    pub const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Its books.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Its plan, once there is one.
    #[must_use]
    pub const fn plan(&self) -> Option<&PlanState> {
        self.plan.as_ref()
    }

    /// Which way the intent went, once that is decided; none where the plan came with it.
    #[must_use]
    pub const fn triage(&self) -> Option<&Triage> {
        self.triage.as_ref()
    }

    /// The Orchestrator.
    #[must_use]
    pub const fn orchestrator(&self) -> Option<AgentId> {
        self.orchestrator
    }

    /// The commit of all that is merged.
    #[must_use]
    pub const fn tip(&self) -> Option<&CommitId> {
        self.tip.as_ref()
    }

    /// What the last check of the whole plan said.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The Orchestrator's last word.
    #[must_use]
    pub const fn conclusion(&self) -> Option<BlobRef> {
        self.conclusion
    }

    /// What of this machine broke, if anything did.
    #[must_use]
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Which of its payloads nobody can read any more.
    #[must_use]
    pub const fn shreds(&self) -> &Shreds {
        &self.shreds
    }

    /// How many events made it.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The moment of its last event.
    #[must_use]
    pub const fn now(&self) -> Millis {
        self.now
    }

    /// Its phases.
    #[must_use]
    pub const fn phases(&self) -> &Table<PhaseId, PhaseState> {
        &self.phases
    }

    /// Its sections.
    #[must_use]
    pub const fn sections(&self) -> &Table<SectionId, SectionState> {
        &self.sections
    }

    /// Its tasks.
    #[must_use]
    pub const fn tasks(&self) -> &Table<TaskId, TaskState> {
        &self.tasks
    }

    /// Its attempts.
    #[must_use]
    pub const fn attempts(&self) -> &Table<AttemptId, AttemptState> {
        &self.attempts
    }

    /// Its agents, those that are gone included.
    #[must_use]
    pub const fn agents(&self) -> &Table<AgentId, Agent> {
        &self.agents
    }

    /// Its questions to the Owner.
    #[must_use]
    pub const fn questions(&self) -> &Table<QuestionId, QuestionState> {
        &self.questions
    }

    /// Its requests for money.
    #[must_use]
    pub const fn requests(&self) -> &Table<RequestId, RequestState> {
        &self.requests
    }

    /// Its memos.
    #[must_use]
    pub const fn memos(&self) -> &Table<MemoNumber, Memo> {
        &self.memos
    }

    /// Its second opinions.
    #[must_use]
    pub const fn opinions(&self) -> &Table<OpinionId, OpinionState> {
        &self.opinions
    }

    /// The effects that work on a section's branch.
    fn owed_for(&self, section: SectionId) -> impl Iterator<Item = EffectId> {
        let concerns = move |subject: Subject| match subject {
            Subject::Section(other) | Subject::Needs(other) => other == section,
            Subject::Task(attempt) => self.section_of_attempt(attempt) == Some(section),
            Subject::Attempt(_) | Subject::Phase(_) | Subject::Run => false,
        };
        self.owed.iter().filter_map(move |(id, effect)| match effect {
            Effect::Check { subject, .. } | Effect::Merge { subject, .. } => {
                concerns(*subject).then_some(*id)
            }
            Effect::Compose { .. }
            | Effect::Call { .. }
            | Effect::Tool { .. }
            | Effect::Seal { .. }
            | Effect::SetUp { .. }
            | Effect::Publish { .. } => None,
        })
    }

    /// The section that an attempt works for.
    #[must_use]
    pub fn section_of_attempt(&self, attempt: AttemptId) -> Option<SectionId> {
        Some(self.tasks.get(self.attempts.get(attempt)?.task)?.section)
    }

    /// The section that an agent works for; none for the Orchestrator.
    #[must_use]
    pub fn section_of(&self, agent: AgentId) -> Option<SectionId> {
        match self.agents.get(agent)?.seat {
            event::Seat::Orchestrator | event::Seat::Triage => None,
            event::Seat::Manager(section) => Some(section),
            event::Seat::Worker(attempt) | event::Seat::Reviewer(attempt) => self.section_of_attempt(attempt),
            event::Seat::Adviser(opinion, _) | event::Seat::Synthesist(opinion) => {
                self.section_of_opinion(opinion)
            }
        }
    }
}
