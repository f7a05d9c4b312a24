//! Whose an event is: the agent, and the section, task and attempt that it belongs to.

use crate::run::event::{AgentEvent, BranchEvent, Event, MoneyEvent, PlanAuthor, RunEvent, Seat, TaskEvent};
use crate::run::input::{Command, Target};
use crate::run::{Run, Subject};
use crate::words::*;

/// Whose an event is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Who {
    pub(crate) agent: Option<AgentId>,
    pub(crate) role: Option<&'static str>,
    pub(crate) seniority: Option<Seniority>,
    pub(crate) section: Option<SectionId>,
    pub(crate) task: Option<TaskId>,
    pub(crate) attempt: Option<AttemptId>,
    phase: Option<PhaseId>,
}

impl Who {
    pub(crate) fn of(run: &Run, event: &Event) -> Self {
        match event {
            Event::Run(event) => of_run(run, event),
            Event::Money(event) => of_money(run, event),
            Event::Agent(AgentEvent::AgentSpawned { agent, seat, seniority, .. }) => {
                Self { agent: Some(*agent), seniority: Some(*seniority), ..Self::seated(run, *seat) }
            }
            Event::Agent(event) => {
                agent_of(event).map_or_else(|| of_agentless(run, event), |agent| Self::by(run, agent))
            }
            Event::Task(event) => of_task(run, event),
            Event::Branch(event) => of_branch(run, event),
            Event::Opinion(event) => super::opinion::who(run, event),
        }
    }

    /// What an agent did.
    pub(crate) fn by(run: &Run, agent: AgentId) -> Self {
        let state = run.agents().get(agent);
        let seated = state.map(|state| Self::seated(run, state.seat)).unwrap_or_default();
        Self { agent: Some(agent), seniority: state.map(|state| state.seniority), ..seated }
    }

    fn seated(run: &Run, seat: Seat) -> Self {
        match seat {
            Seat::Orchestrator => Self { role: Some("orchestrator"), ..Self::default() },
            Seat::Triage => Self { role: Some("triage"), ..Self::default() },
            Seat::Manager(section) => Self { role: Some("manager"), ..Self::in_section(section) },
            Seat::Worker(attempt) => Self { role: Some("worker"), ..Self::in_attempt(run, attempt) },
            Seat::Reviewer(attempt) => Self { role: Some("reviewer"), ..Self::in_attempt(run, attempt) },
            Seat::Adviser(opinion, _) => Self { role: Some("adviser"), ..Self::in_opinion(run, opinion) },
            Seat::Synthesist(opinion) => Self { role: Some("synthesist"), ..Self::in_opinion(run, opinion) },
        }
    }

    fn in_opinion(run: &Run, opinion: OpinionId) -> Self {
        Self { section: run.section_of_opinion(opinion), ..Self::default() }
    }

    pub(super) fn in_section(section: SectionId) -> Self {
        Self { section: Some(section), ..Self::default() }
    }

    fn in_task(run: &Run, task: TaskId) -> Self {
        Self { task: Some(task), section: run.tasks().get(task).map(|task| task.section), ..Self::default() }
    }

    fn in_attempt(run: &Run, attempt: AttemptId) -> Self {
        let task = run.attempts().get(attempt).map(|state| state.task);
        let within = task.map(|task| Self::in_task(run, task)).unwrap_or_default();
        Self { attempt: Some(attempt), ..within }
    }

    fn about(run: &Run, subject: Subject) -> Self {
        match subject {
            Subject::Attempt(attempt) | Subject::Task(attempt) => Self::in_attempt(run, attempt),
            Subject::Needs(section) | Subject::Section(section) | Subject::Phase(section) => {
                Self::in_section(section)
            }
            Subject::Run => Self::default(),
        }
    }

    /// For people: the task's title, else the section's name, else the Orchestrator.
    pub(crate) fn words(&self, run: &Run) -> String {
        let task = self.task.and_then(|id| run.tasks().get(id)).map(|task| task.outline.title.clone());
        let section =
            self.section.and_then(|id| run.sections().get(id)).map(|state| state.outline.name.clone());
        task.or(section).unwrap_or_else(|| "Orchestrator".to_owned())
    }

    /// The Manager's name in the log: never empty.
    pub(super) fn manager(&self, run: &Run) -> String {
        let named = |section: SectionId| match run.sections().get(section) {
            Some(state) => format!("{section} {}", state.outline.name),
            None => section.to_string(),
        };
        self.section.map_or_else(|| "orchestrator".to_owned(), named)
    }

    pub(super) fn phase_id(&self, run: &Run) -> Option<PhaseId> {
        let of_section = || Some(run.sections().get(self.section?)?.outline.phase);
        self.phase.or_else(of_section)
    }

    pub(crate) fn phase(&self, run: &Run) -> Option<String> {
        Some(run.phases().get(self.phase_id(run)?)?.name.clone())
    }
}

const fn agent_of(event: &AgentEvent) -> Option<AgentId> {
    match event {
        AgentEvent::AgentSpawned { agent, .. }
        | AgentEvent::TurnBegan { agent, .. }
        | AgentEvent::Compacted { agent, .. }
        | AgentEvent::NotesAsked { agent, .. }
        | AgentEvent::Parked { agent, .. }
        | AgentEvent::Reserved { agent, .. }
        | AgentEvent::CallRefused { agent, .. }
        | AgentEvent::Replied { agent, .. }
        | AgentEvent::CallFailed { agent, .. }
        | AgentEvent::CallUnsent { agent, .. }
        | AgentEvent::RetryPlanned { agent, .. }
        | AgentEvent::RetryBegan { agent, .. }
        | AgentEvent::ToolCalled { agent, .. }
        | AgentEvent::ToolDone { agent, .. }
        | AgentEvent::Answered { agent, .. }
        | AgentEvent::Noticed { agent, .. }
        | AgentEvent::AgentEnded { agent, .. }
        | AgentEvent::QuestionAsked { agent, .. } => Some(*agent),
        AgentEvent::QuestionClosed { .. } | AgentEvent::MemoSent { .. } | AgentEvent::MemoClosed { .. } => {
            None
        }
    }
}

fn of_agentless(run: &Run, event: &AgentEvent) -> Who {
    match event {
        AgentEvent::QuestionClosed { question, .. } => {
            run.questions().get(*question).map(|state| Who::by(run, state.agent)).unwrap_or_default()
        }
        AgentEvent::MemoSent { memo } => match memo.from {
            _ if memo.of_owner => Who::default(),
            Some(section) => manager_of(run, section),
            None => Who { role: Some("orchestrator"), agent: run.orchestrator(), ..Who::default() },
        },
        AgentEvent::MemoClosed { memo, .. } => {
            let sender = run.memos().get(*memo).and_then(|memo| memo.from);
            sender.map(|section| manager_of(run, section)).unwrap_or_default()
        }
        AgentEvent::AgentSpawned { .. }
        | AgentEvent::TurnBegan { .. }
        | AgentEvent::Compacted { .. }
        | AgentEvent::NotesAsked { .. }
        | AgentEvent::Parked { .. }
        | AgentEvent::Reserved { .. }
        | AgentEvent::CallRefused { .. }
        | AgentEvent::Replied { .. }
        | AgentEvent::CallFailed { .. }
        | AgentEvent::CallUnsent { .. }
        | AgentEvent::RetryPlanned { .. }
        | AgentEvent::RetryBegan { .. }
        | AgentEvent::ToolCalled { .. }
        | AgentEvent::ToolDone { .. }
        | AgentEvent::Answered { .. }
        | AgentEvent::Noticed { .. }
        | AgentEvent::AgentEnded { .. }
        | AgentEvent::QuestionAsked { .. } => Who::default(),
    }
}

fn manager_of(run: &Run, section: SectionId) -> Who {
    match run.sections().get(section).and_then(|state| state.manager) {
        Some(manager) => Who::by(run, manager),
        None => Who::in_section(section),
    }
}

fn of_run(run: &Run, event: &RunEvent) -> Who {
    match event {
        RunEvent::PlanProposed { author: PlanAuthor::Engine | PlanAuthor::Owner, .. } => Who::default(),
        RunEvent::PlanProposed { .. } | RunEvent::Concluded { .. } => {
            run.orchestrator().map(|agent| Who::by(run, agent)).unwrap_or_default()
        }
        RunEvent::PhaseBegan { phase, .. }
        | RunEvent::PhaseEnded { phase, .. }
        | RunEvent::SetUpBegan { phase, .. }
        | RunEvent::SetUpEnded { phase, .. } => Who { phase: Some(*phase), ..Who::default() },
        RunEvent::Commanded { command: Command::Kill { target: Target::Section(section) } } => {
            Who::in_section(*section)
        }
        RunEvent::Commanded { command: Command::Kill { target: Target::Task(task) } } => {
            Who::in_task(run, *task)
        }
        RunEvent::Began { .. }
        | RunEvent::Commanded { .. }
        | RunEvent::Sandboxed { .. }
        | RunEvent::Triaged { .. }
        | RunEvent::Doubted { .. }
        | RunEvent::PlanSentBack { .. }
        | RunEvent::PlanApproved { .. }
        | RunEvent::Closing { .. }
        | RunEvent::PublishBegan { .. }
        | RunEvent::Published { .. }
        | RunEvent::EffectLost { .. }
        | RunEvent::EffectBroken { .. }
        | RunEvent::Ended { .. }
        | RunEvent::Shredded { .. } => Who::default(),
    }
}

fn of_money(run: &Run, event: &MoneyEvent) -> Who {
    use crate::ledger::Purse;
    let of_purse = |purse: Purse| match purse {
        Purse::Run | Purse::Reserve | Purse::Pool | Purse::Key(_) => Who::default(),
        Purse::Phase(phase) => Who { phase: Some(phase), ..Who::default() },
        Purse::Manager(section) | Purse::Crew(section) => Who::in_section(section),
        Purse::Task(task) => Who::in_task(run, task),
    };
    let of_account = |account: &AccountId| {
        run.ledger().get(*account).map(|account| of_purse(account.purse)).unwrap_or_default()
    };
    let of_request = |request: &RequestId| {
        run.requests().get(*request).map(|state| Who::in_section(state.section)).unwrap_or_default()
    };
    match event {
        MoneyEvent::AccountOpened { purse, .. } => of_purse(*purse),
        MoneyEvent::Transferred { to: account, .. } | MoneyEvent::AccountClosed { account, .. } => {
            of_account(account)
        }
        MoneyEvent::BudgetRequested { section, .. } => manager_of(run, *section),
        MoneyEvent::BudgetReferred { request } | MoneyEvent::BudgetDecided { request, .. } => {
            of_request(request)
        }
        MoneyEvent::TotalChanged { .. } | MoneyEvent::Overran { .. } => Who::default(),
    }
}

fn of_task(run: &Run, event: &TaskEvent) -> Who {
    match event {
        TaskEvent::ConflictForeseen { section, .. } => manager_of(run, *section),
        TaskEvent::TaskCreated { task, section, .. } => {
            Who { task: Some(*task), ..manager_of(run, *section) }
        }
        TaskEvent::AttemptBegan { attempt, task, seniority, .. } => {
            Who { attempt: Some(*attempt), seniority: Some(*seniority), ..Who::in_task(run, *task) }
        }
        TaskEvent::ResultClaimed { attempt, .. } => {
            let worker = run.attempts().get(*attempt).and_then(|state| state.worker);
            worker.map_or_else(|| Who::in_attempt(run, *attempt), |worker| Who::by(run, worker))
        }
        TaskEvent::Reviewed { reviewer, .. } => Who::by(run, *reviewer),
        TaskEvent::AttemptSealed { attempt, .. }
        | TaskEvent::DefectFound { attempt, .. }
        | TaskEvent::AttemptEnded { attempt, .. } => Who::in_attempt(run, *attempt),
        TaskEvent::CheckBegan { subject, .. } | TaskEvent::Checked { subject, .. } => {
            Who::about(run, *subject)
        }
        TaskEvent::TaskAccepted { task, .. } | TaskEvent::TaskCut { task, .. } => {
            let within = Who::in_task(run, *task);
            let manager = within.section.map(|section| manager_of(run, section)).unwrap_or_default();
            Who { task: Some(*task), ..manager }
        }
    }
}

fn of_branch(run: &Run, event: &BranchEvent) -> Who {
    match event {
        BranchEvent::MergeBegan { subject, .. }
        | BranchEvent::Merged { subject, .. }
        | BranchEvent::MergeFailed { subject, .. }
        | BranchEvent::Advanced { subject, .. }
        | BranchEvent::Withdrawn { subject } => Who::about(run, *subject),
        BranchEvent::SectionReported { section, .. } | BranchEvent::SectionReturned { section, .. } => {
            manager_of(run, *section)
        }
        BranchEvent::SectionEnded { section, .. }
        | BranchEvent::ReplanAsked { section }
        | BranchEvent::ReplanDropped { section }
        | BranchEvent::SectionReplanned { section, .. } => Who::in_section(*section),
    }
}
