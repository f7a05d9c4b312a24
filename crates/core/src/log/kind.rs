//! The name of what happened.

use crate::run::event::{AgentEvent, BranchEvent, Event, MoneyEvent, RunEvent, TaskEvent};

/// All names, in the order of letters.
pub const NAMES: [&str; 77] = [
    "account_closed",
    "account_opened",
    "advanced",
    "agent_ended",
    "agent_spawned",
    "answered",
    "attempt_began",
    "attempt_ended",
    "attempt_sealed",
    "budget_decided",
    "budget_referred",
    "budget_requested",
    "call_refused",
    "call_unsent",
    "check_began",
    "checked",
    "closing",
    "commanded",
    "compacted",
    "concluded",
    "conflict_foreseen",
    "contract_defect",
    "doubted",
    "effect_broken",
    "effect_lost",
    "llm_call",
    "memo_closed",
    "memo_sent",
    "merge_began",
    "merge_failed",
    "merged",
    "notes_asked",
    "noticed",
    "opinion_asked",
    "opinion_closed",
    "opinion_given",
    "opinion_unavailable",
    "overran",
    "parked",
    "phase_began",
    "phase_ended",
    "plan_approved",
    "plan_proposed",
    "plan_sent_back",
    "publish_began",
    "published",
    "question_asked",
    "question_closed",
    "replan_asked",
    "replan_dropped",
    "reserved",
    "result_claimed",
    "retry_began",
    "retry_planned",
    "reviewed",
    "run_began",
    "run_ended",
    "sandboxed",
    "section_ended",
    "section_replanned",
    "section_reported",
    "section_returned",
    "set_up_began",
    "set_up_ended",
    "shredded",
    "synthesis_began",
    "synthesized",
    "task_accepted",
    "task_created",
    "task_cut",
    "tool_call",
    "tool_called",
    "total_changed",
    "transferred",
    "triaged",
    "turn_began",
    "withdrawn",
];

/// The name of an event: a call of a model and a run of a tool by the words of Proposal 006, all others by their own.
#[must_use]
pub const fn of(event: &Event) -> &'static str {
    match event {
        Event::Run(event) => run(event),
        Event::Money(event) => money(event),
        Event::Agent(event) => agent(event),
        Event::Task(event) => task(event),
        Event::Branch(event) => branch(event),
        Event::Opinion(event) => super::opinion::kind(event),
    }
}

const fn run(event: &RunEvent) -> &'static str {
    match event {
        RunEvent::Began { .. } => "run_began",
        RunEvent::Sandboxed { .. } => "sandboxed",
        RunEvent::Commanded { .. } => "commanded",
        RunEvent::Triaged { .. } => "triaged",
        RunEvent::Doubted { .. } => "doubted",
        RunEvent::PlanSentBack { .. } => "plan_sent_back",
        RunEvent::PlanProposed { .. } => "plan_proposed",
        RunEvent::PlanApproved { .. } => "plan_approved",
        RunEvent::PhaseBegan { .. } => "phase_began",
        RunEvent::SetUpBegan { .. } => "set_up_began",
        RunEvent::SetUpEnded { .. } => "set_up_ended",
        RunEvent::PhaseEnded { .. } => "phase_ended",
        RunEvent::Closing { .. } => "closing",
        RunEvent::Concluded { .. } => "concluded",
        RunEvent::PublishBegan { .. } => "publish_began",
        RunEvent::Published { .. } => "published",
        RunEvent::EffectLost { .. } => "effect_lost",
        RunEvent::EffectBroken { .. } => "effect_broken",
        RunEvent::Ended { .. } => "run_ended",
        RunEvent::Shredded { .. } => "shredded",
    }
}

const fn money(event: &MoneyEvent) -> &'static str {
    match event {
        MoneyEvent::AccountOpened { .. } => "account_opened",
        MoneyEvent::Transferred { .. } => "transferred",
        MoneyEvent::AccountClosed { .. } => "account_closed",
        MoneyEvent::TotalChanged { .. } => "total_changed",
        MoneyEvent::Overran { .. } => "overran",
        MoneyEvent::BudgetRequested { .. } => "budget_requested",
        MoneyEvent::BudgetReferred { .. } => "budget_referred",
        MoneyEvent::BudgetDecided { .. } => "budget_decided",
    }
}

const fn agent(event: &AgentEvent) -> &'static str {
    match event {
        AgentEvent::AgentSpawned { .. } => "agent_spawned",
        AgentEvent::TurnBegan { .. } => "turn_began",
        AgentEvent::Compacted { .. } => "compacted",
        AgentEvent::NotesAsked { .. } => "notes_asked",
        AgentEvent::Parked { .. } => "parked",
        AgentEvent::Reserved { .. } => "reserved",
        AgentEvent::CallRefused { .. } => "call_refused",
        AgentEvent::Replied { .. } | AgentEvent::CallFailed { .. } => "llm_call",
        AgentEvent::CallUnsent { .. } => "call_unsent",
        AgentEvent::RetryPlanned { .. } => "retry_planned",
        AgentEvent::RetryBegan { .. } => "retry_began",
        AgentEvent::ToolCalled { .. } => "tool_called",
        AgentEvent::ToolDone { .. } => "tool_call",
        AgentEvent::Answered { .. } => "answered",
        AgentEvent::Noticed { .. } => "noticed",
        AgentEvent::AgentEnded { .. } => "agent_ended",
        AgentEvent::QuestionAsked { .. } => "question_asked",
        AgentEvent::QuestionClosed { .. } => "question_closed",
        AgentEvent::MemoSent { .. } => "memo_sent",
        AgentEvent::MemoClosed { .. } => "memo_closed",
    }
}

const fn task(event: &TaskEvent) -> &'static str {
    match event {
        TaskEvent::ConflictForeseen { .. } => "conflict_foreseen",
        TaskEvent::TaskCreated { .. } => "task_created",
        TaskEvent::AttemptBegan { .. } => "attempt_began",
        TaskEvent::ResultClaimed { .. } => "result_claimed",
        TaskEvent::AttemptSealed { .. } => "attempt_sealed",
        TaskEvent::CheckBegan { .. } => "check_began",
        TaskEvent::Checked { .. } => "checked",
        TaskEvent::Reviewed { .. } => "reviewed",
        TaskEvent::DefectFound { .. } => "contract_defect",
        TaskEvent::AttemptEnded { .. } => "attempt_ended",
        TaskEvent::TaskAccepted { .. } => "task_accepted",
        TaskEvent::TaskCut { .. } => "task_cut",
    }
}

const fn branch(event: &BranchEvent) -> &'static str {
    match event {
        BranchEvent::MergeBegan { .. } => "merge_began",
        BranchEvent::Merged { .. } => "merged",
        BranchEvent::MergeFailed { .. } => "merge_failed",
        BranchEvent::Advanced { .. } => "advanced",
        BranchEvent::Withdrawn { .. } => "withdrawn",
        BranchEvent::SectionReported { .. } => "section_reported",
        BranchEvent::SectionEnded { .. } => "section_ended",
        BranchEvent::SectionReturned { .. } => "section_returned",
        BranchEvent::ReplanAsked { .. } => "replan_asked",
        BranchEvent::ReplanDropped { .. } => "replan_dropped",
        BranchEvent::SectionReplanned { .. } => "section_replanned",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::NAMES;

    #[test]
    fn every_name_is_listed() {
        let sources = [include_str!("kind.rs"), include_str!("opinion.rs")];
        let names = |source: &'static str| {
            let arms = source.split("=> \"").skip(1).filter_map(|rest| rest.split_once("\","));
            let is_name = |name: &&str| {
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            };
            arms.map(|(name, _)| name).filter(is_name)
        };
        let given: BTreeSet<&str> = sources.into_iter().flat_map(names).collect();
        assert_eq!(given.into_iter().collect::<Vec<_>>(), NAMES);
    }
}
