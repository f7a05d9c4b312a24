//! A section with its Manager from outside, and which of its six steps the Manager is at.

use serde::Serialize;

use super::task::TaskView;
use super::{Activity, AgentView, Busy, Purses, purses};
use crate::run::Run;
use crate::run::event::SectionEnd;
use crate::run::state::{SectionState, TaskStage};
use crate::words::*;

/// A section from outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SectionView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What its Manager is at.
    pub step: ManagerStep,
    /// How it ended, once it has.
    pub end: Option<SectionEnd>,
    /// The same in words.
    pub words: String,
    /// The Manager's seniority.
    pub seniority: Seniority,
    /// The Manager, once it is there.
    pub manager: Option<AgentView>,
    /// The Manager's money, its workers' included.
    pub money: Purses,
    /// Its tasks.
    pub tasks: Vec<TaskView>,
}

/// What a Manager is at: the six steps of its work, and what is around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ManagerStep {
    /// Its phase has not begun, or what it needs is being looked for.
    Waiting,
    /// It looks at what is there.
    Analyze,
    /// It cuts its section into tasks.
    Split,
    /// Workers are at their first attempts.
    Staff,
    /// Results are back, or being judged.
    Review,
    /// Tasks are tried again.
    Iterate,
    /// Its tasks are done, or its report is being checked.
    Report,
    /// It gave its section back, and the Orchestrator cuts that up.
    Returned,
    /// It is over.
    Ended,
}

impl ManagerStep {
    /// The step as a word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Analyze => "analyzing",
            Self::Split => "splitting",
            Self::Staff => "staffing",
            Self::Review => "reviewing",
            Self::Iterate => "iterating",
            Self::Report => "reporting",
            Self::Returned => "given back",
            Self::Ended => "ended",
        }
    }
}

/// How a section ended, in words.
#[must_use]
pub const fn section_end_words(end: SectionEnd) -> &'static str {
    match end {
        SectionEnd::Verified => "verified",
        SectionEnd::Unverified => "not verified",
        SectionEnd::BudgetExhausted => "budget exhausted",
        SectionEnd::TooLarge => "replaced, it was too large",
        SectionEnd::NotStarted => "not started",
        SectionEnd::NeedsMissing => "what it needs is missing",
        SectionEnd::Failed => "failed",
        SectionEnd::Killed => "killed",
    }
}

impl SectionView {
    pub(super) fn of(run: &Run, id: SectionId, busy: &Busy) -> Option<Self> {
        let state = run.sections().get(id)?;
        let manager = state.manager.and_then(|manager| AgentView::of(run, manager));
        let step = step(run, id, state, manager.as_ref(), busy);
        Some(Self {
            id: id.to_string(),
            name: state.outline.name.clone(),
            step,
            end: state.end,
            words: state
                .end
                .map_or_else(|| at_work_words(step, state), |end| section_end_words(end).to_owned()),
            seniority: state.outline.seniority,
            manager,
            money: state.account.map(|account| purses(run, account)).unwrap_or_default(),
            tasks: state.tasks.iter().filter_map(|task| TaskView::of(run, *task)).collect(),
        })
    }
}

/// What its Manager is at, and what a denied request makes of that.
fn at_work_words(step: ManagerStep, state: &SectionState) -> String {
    let thrift = state
        .ceiling
        .map(|ceiling| format!(", {} at most since {} was denied", ceiling.seniority, ceiling.request));
    format!("{}{}", step.word(), thrift.unwrap_or_default())
}

fn step(
    run: &Run,
    id: SectionId,
    state: &SectionState,
    manager: Option<&AgentView>,
    busy: &Busy,
) -> ManagerStep {
    let checked = busy.checked.contains(&id);
    match manager {
        _ if state.end.is_some() => ManagerStep::Ended,
        _ if state.returned.is_some() => ManagerStep::Returned,
        None if state.tasks.is_empty() => ManagerStep::Waiting,
        None if checked => ManagerStep::Report,
        None => with_tasks(run, state),
        Some(_) if checked => ManagerStep::Report,
        Some(manager) if state.tasks.is_empty() => before_tasks(manager),
        Some(_) => with_tasks(run, state),
    }
}

/// Looking comes first; whoever has looked and now thinks is cutting.
fn before_tasks(manager: &AgentView) -> ManagerStep {
    let looking = manager.turns <= 1 || manager.activity == Activity::Running;
    if looking { ManagerStep::Analyze } else { ManagerStep::Split }
}

fn with_tasks(run: &Run, state: &SectionState) -> ManagerStep {
    let mut step = ManagerStep::Report;
    for task in state.tasks.iter().filter_map(|id| run.tasks().get(*id)) {
        let now = match task.stage {
            TaskStage::Merged | TaskStage::Cut => ManagerStep::Report,
            TaskStage::Returned if task.outline.kind == TaskKind::Review => ManagerStep::Report,
            TaskStage::Returned | TaskStage::Accepted => ManagerStep::Review,
            TaskStage::Working if task.attempts.len() > 1 => ManagerStep::Iterate,
            TaskStage::Working if task.outline.kind == TaskKind::Review => ManagerStep::Review,
            TaskStage::Working => ManagerStep::Staff,
        };
        step = later(step, now);
    }
    step
}

/// Work that goes on says more than work that is back, and a second attempt more than a first one.
fn later(one: ManagerStep, other: ManagerStep) -> ManagerStep {
    let order = [ManagerStep::Iterate, ManagerStep::Staff, ManagerStep::Review];
    order.into_iter().find(|step| *step == one || *step == other).unwrap_or(ManagerStep::Report)
}
