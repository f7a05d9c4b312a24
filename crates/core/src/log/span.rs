//! Where an event stands in the tree of what goes on: run, phase, section, task, attempt, agent, effect. Each is called by
//! its id, which is unique within the run.

use super::who::Who;
use crate::run::Run;
use crate::run::event::{AgentEvent, BranchEvent, Event, RunEvent, TaskEvent};
use crate::words::EffectId;

/// What an event belongs to, and what that is a part of.
pub(super) struct Span {
    pub(super) id: String,
    /// None for the run itself.
    pub(super) parent: Option<String>,
}

impl Span {
    /// The innermost thing that an event is about.
    pub(super) fn of(run: &Run, name: &str, event: &Event, who: &Who) -> Self {
        let under = |id: String, parent: String| Self { id, parent: Some(parent) };
        match (effect_of(event), who.agent) {
            (Some(effect), Some(agent)) => under(effect.to_string(), agent.to_string()),
            (Some(effect), None) => under(effect.to_string(), around(run, name, who).id),
            (None, Some(agent)) => under(agent.to_string(), seat_of(name, who)),
            (None, None) => around(run, name, who),
        }
    }
}

/// What an agent is a part of. A task that it only speaks of is none.
fn seat_of(name: &str, who: &Who) -> String {
    match (who.attempt, who.section) {
        (Some(attempt), _) => attempt.to_string(),
        (None, Some(section)) => section.to_string(),
        (None, None) => name.to_owned(),
    }
}

/// The innermost thing that is neither agent nor effect.
fn around(run: &Run, name: &str, who: &Who) -> Span {
    let phase = who.phase_id(run).map(|phase| phase.to_string());
    let outer = [
        who.attempt.map(|attempt| attempt.to_string()),
        who.task.map(|task| task.to_string()),
        who.section.map(|section| section.to_string()),
        phase,
        Some(name.to_owned()),
    ];
    let mut outer = outer.into_iter().flatten();
    Span { id: outer.next().unwrap_or_default(), parent: outer.next() }
}

/// The effect that an event begins or ends.
fn effect_of(event: &Event) -> Option<EffectId> {
    match event {
        Event::Run(event) => of_run(event),
        Event::Agent(event) => of_agent(event),
        Event::Task(event) => of_task(event),
        Event::Branch(event) => of_branch(event),
        Event::Money(_) | Event::Opinion(_) => None,
    }
}

const fn of_run(event: &RunEvent) -> Option<EffectId> {
    match event {
        RunEvent::PublishBegan { effect, .. }
        | RunEvent::SetUpBegan { effect, .. }
        | RunEvent::SetUpEnded { effect, .. }
        | RunEvent::Published { effect }
        | RunEvent::EffectLost { effect }
        | RunEvent::EffectBroken { effect, .. } => Some(*effect),
        RunEvent::Began { .. }
        | RunEvent::Sandboxed { .. }
        | RunEvent::Commanded { .. }
        | RunEvent::Triaged { .. }
        | RunEvent::Doubted { .. }
        | RunEvent::PlanSentBack { .. }
        | RunEvent::PlanProposed { .. }
        | RunEvent::PlanApproved { .. }
        | RunEvent::PhaseBegan { .. }
        | RunEvent::PhaseEnded { .. }
        | RunEvent::Closing { .. }
        | RunEvent::Concluded { .. }
        | RunEvent::Ended { .. }
        | RunEvent::Shredded { .. } => None,
    }
}

const fn of_agent(event: &AgentEvent) -> Option<EffectId> {
    match event {
        AgentEvent::Reserved { effect, .. }
        | AgentEvent::Replied { effect, .. }
        | AgentEvent::CallFailed { effect, .. }
        | AgentEvent::CallUnsent { effect, .. }
        | AgentEvent::ToolCalled { effect, .. }
        | AgentEvent::ToolDone { effect, .. } => Some(*effect),
        // These owe the putting together of a request, which nobody else speaks of.
        AgentEvent::TurnBegan { .. }
        | AgentEvent::RetryBegan { .. }
        | AgentEvent::NotesAsked { .. }
        | AgentEvent::Compacted { .. }
        | AgentEvent::AgentSpawned { .. }
        | AgentEvent::Parked { .. }
        | AgentEvent::CallRefused { .. }
        | AgentEvent::RetryPlanned { .. }
        | AgentEvent::Answered { .. }
        | AgentEvent::Noticed { .. }
        | AgentEvent::AgentEnded { .. }
        | AgentEvent::QuestionAsked { .. }
        | AgentEvent::QuestionClosed { .. }
        | AgentEvent::MemoSent { .. }
        | AgentEvent::MemoClosed { .. } => None,
    }
}

const fn of_task(event: &TaskEvent) -> Option<EffectId> {
    match event {
        TaskEvent::AttemptSealed { effect, .. }
        | TaskEvent::CheckBegan { effect, .. }
        | TaskEvent::Checked { effect, .. } => Some(*effect),
        TaskEvent::ConflictForeseen { .. }
        | TaskEvent::TaskCreated { .. }
        | TaskEvent::AttemptBegan { .. }
        | TaskEvent::ResultClaimed { .. }
        | TaskEvent::Reviewed { .. }
        | TaskEvent::DefectFound { .. }
        | TaskEvent::AttemptEnded { .. }
        | TaskEvent::TaskAccepted { .. }
        | TaskEvent::TaskCut { .. } => None,
    }
}

const fn of_branch(event: &BranchEvent) -> Option<EffectId> {
    match event {
        BranchEvent::MergeBegan { effect, .. }
        | BranchEvent::Merged { effect, .. }
        | BranchEvent::MergeFailed { effect, .. } => Some(*effect),
        BranchEvent::Advanced { .. }
        | BranchEvent::Withdrawn { .. }
        | BranchEvent::SectionReported { .. }
        | BranchEvent::SectionEnded { .. }
        | BranchEvent::SectionReturned { .. }
        | BranchEvent::ReplanAsked { .. }
        | BranchEvent::ReplanDropped { .. }
        | BranchEvent::SectionReplanned { .. } => None,
    }
}
