//! Where the payload of an event is.

use crate::run::event::{AgentEvent, BranchEvent, Event, MoneyEvent, RunEvent, TaskEvent};
use crate::words::BlobRef;

/// The address of what an event is about, if it has a payload.
#[must_use]
pub fn of(event: &Event) -> Option<BlobRef> {
    match event {
        Event::Run(event) => of_run(event),
        Event::Agent(event) => of_agent(event),
        Event::Money(event) => of_money(event),
        Event::Task(event) => of_task(event),
        Event::Branch(event) => of_branch(event),
        Event::Opinion(event) => super::opinion::payload(event),
    }
}

fn of_run(event: &RunEvent) -> Option<BlobRef> {
    match event {
        RunEvent::Began { intent, .. } => Some(*intent),
        RunEvent::PlanProposed { plan, .. } | RunEvent::Doubted { plan, .. } => Some(*plan),
        RunEvent::PlanSentBack { text } => Some(*text),
        RunEvent::Concluded { conclusion } => Some(*conclusion),
        RunEvent::SetUpEnded { result, .. } => result.output,
        RunEvent::Commanded { .. }
        | RunEvent::Sandboxed { .. }
        | RunEvent::Triaged { .. }
        | RunEvent::PlanApproved { .. }
        | RunEvent::PhaseBegan { .. }
        | RunEvent::PhaseEnded { .. }
        | RunEvent::SetUpBegan { .. }
        | RunEvent::Closing { .. }
        | RunEvent::PublishBegan { .. }
        | RunEvent::Published { .. }
        | RunEvent::EffectLost { .. }
        | RunEvent::EffectBroken { .. }
        | RunEvent::Ended { .. }
        | RunEvent::Shredded { .. } => None,
    }
}

fn of_agent(event: &AgentEvent) -> Option<BlobRef> {
    match event {
        AgentEvent::Replied { content, .. } => Some(*content),
        AgentEvent::ToolDone { output, whole, .. } => Some(whole.unwrap_or(*output)),
        AgentEvent::QuestionAsked { text, .. } => Some(*text),
        AgentEvent::QuestionClosed { text, .. } => *text,
        AgentEvent::MemoSent { memo } => Some(memo.content),
        AgentEvent::Compacted { shown, .. } => shown.notes,
        AgentEvent::MemoClosed { .. } => None,
        AgentEvent::AgentSpawned { .. }
        | AgentEvent::TurnBegan { .. }
        | AgentEvent::NotesAsked { .. }
        | AgentEvent::Parked { .. }
        | AgentEvent::Reserved { .. }
        | AgentEvent::CallRefused { .. }
        | AgentEvent::CallFailed { .. }
        | AgentEvent::CallUnsent { .. }
        | AgentEvent::RetryPlanned { .. }
        | AgentEvent::RetryBegan { .. }
        | AgentEvent::ToolCalled { .. }
        | AgentEvent::Answered { .. }
        | AgentEvent::Noticed { .. }
        | AgentEvent::AgentEnded { .. } => None,
    }
}

fn of_money(event: &MoneyEvent) -> Option<BlobRef> {
    match event {
        MoneyEvent::BudgetRequested { reason, .. } => Some(*reason),
        MoneyEvent::BudgetDecided { reason, .. } => *reason,
        MoneyEvent::AccountOpened { .. }
        | MoneyEvent::Transferred { .. }
        | MoneyEvent::AccountClosed { .. }
        | MoneyEvent::TotalChanged { .. }
        | MoneyEvent::Overran { .. }
        | MoneyEvent::BudgetReferred { .. } => None,
    }
}

fn of_task(event: &TaskEvent) -> Option<BlobRef> {
    match event {
        TaskEvent::TaskCreated { contract, .. } => Some(*contract),
        TaskEvent::AttemptBegan { reason, .. } => *reason,
        TaskEvent::ResultClaimed { claim, .. } => Some(claim.conclusion),
        TaskEvent::Reviewed { conclusion, .. } => Some(*conclusion),
        TaskEvent::DefectFound { missing, .. } => Some(*missing),
        TaskEvent::TaskAccepted { note, .. } => Some(*note),
        TaskEvent::TaskCut { reason, .. } => Some(*reason),
        TaskEvent::ConflictForeseen { .. }
        | TaskEvent::AttemptSealed { .. }
        | TaskEvent::CheckBegan { .. }
        | TaskEvent::Checked { .. }
        | TaskEvent::AttemptEnded { .. } => None,
    }
}

fn of_branch(event: &BranchEvent) -> Option<BlobRef> {
    match event {
        BranchEvent::SectionReported { conclusion, .. } => Some(*conclusion),
        BranchEvent::SectionReturned { reason, .. } => Some(*reason),
        BranchEvent::SectionReplanned { plan, .. } => Some(*plan),
        BranchEvent::MergeBegan { .. }
        | BranchEvent::Merged { .. }
        | BranchEvent::MergeFailed { .. }
        | BranchEvent::Advanced { .. }
        | BranchEvent::Withdrawn { .. }
        | BranchEvent::ReplanAsked { .. }
        | BranchEvent::ReplanDropped { .. }
        | BranchEvent::SectionEnded { .. } => None,
    }
}
