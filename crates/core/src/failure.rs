//! What goes wrong in a run, by name. The groups follow the taxonomy of Cemri et al., "Why Do Multi-Agent LLM Systems
//! Fail?" (2025): specification, coordination, verification; and one more for what no agent is to blame for.
//!
//! Each failure is told by exactly one event, so that counting events counts failures.

use serde::{Serialize, Serializer};

use crate::run::event::{
    AgentEnd, AgentEvent, Answer, AttemptEnd, BranchEvent, Breach, Decider, Event, MoneyEvent, Notice,
    OpinionEvent, RunEvent, Seat, SectionEnd, TaskEvent,
};
use crate::run::replan::Replan;
use crate::run::state::{AgentState, SectionState};
use crate::run::{Effect, Run, Stage, Subject};
use crate::words::*;

/// One kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// A plan came back with faults.
    FaultyPlan,
    /// Contracts came back with faults before anybody worked on them.
    FaultyContract,
    /// A worker found that its contract lacks something.
    ContractDefect,
    /// A section was too large for one Manager.
    ScopeTooLarge,
    /// A result changed what its contract does not allow.
    OutsideWriteSet,
    /// A tool of another role was called, one outside of the scope, or one that does not exist.
    RoleBreach,
    /// Arguments of a tool could not be read.
    MalformedCall,
    /// An agent did not call a tool, again and again.
    NoToolCall,
    /// An agent took more turns than there are, or nothing came of many in a row.
    EndlessLoop,
    /// A branch did not merge with the others.
    MergeConflict,
    /// What held alone did not hold any more once it was merged.
    BrokenByMerge,
    /// A file that a section needs or should have left is not there.
    MissingArtifact,
    /// Nobody answered a BLOCKER memo.
    UnansweredMemo,
    /// A criterion was claimed to be met and is not.
    FalseClaim,
    /// Criteria do not hold, and nobody claimed it: of a task, of a section, or of the whole.
    NotMet,
    /// A result without a change.
    NoChange,
    /// A result that says nothing of a criterion.
    NoSelfCheck,
    /// A result without any work before it.
    NoActivity,
    /// A result that lets more pass than before, in files by which results are told.
    WeakenedTests,
    /// A worker said of its result what was not found.
    Contradicted,
    /// A Manager reported a section as done that is not.
    PrematureReport,
    /// There was no money for the next call.
    NoMoney,
    /// A call cost more than was promised for it.
    Overrun,
    /// No model could be had.
    Provider,
    /// A deadline passed: of an agent, or of an answer that somebody waited for.
    Late,
    /// Something of this machine broke.
    Machine,
}

impl Failure {
    /// All of them, group by group.
    pub const ALL: [Self; 26] = [
        Self::FaultyPlan,
        Self::FaultyContract,
        Self::ContractDefect,
        Self::ScopeTooLarge,
        Self::OutsideWriteSet,
        Self::RoleBreach,
        Self::MalformedCall,
        Self::NoToolCall,
        Self::EndlessLoop,
        Self::MergeConflict,
        Self::BrokenByMerge,
        Self::MissingArtifact,
        Self::UnansweredMemo,
        Self::FalseClaim,
        Self::NotMet,
        Self::NoChange,
        Self::NoSelfCheck,
        Self::NoActivity,
        Self::WeakenedTests,
        Self::Contradicted,
        Self::PrematureReport,
        Self::NoMoney,
        Self::Overrun,
        Self::Provider,
        Self::Late,
        Self::Machine,
    ];

    /// Its group.
    #[must_use]
    pub const fn group(self) -> &'static str {
        match self {
            Self::FaultyPlan
            | Self::FaultyContract
            | Self::ContractDefect
            | Self::ScopeTooLarge
            | Self::OutsideWriteSet
            | Self::RoleBreach
            | Self::MalformedCall
            | Self::NoToolCall
            | Self::EndlessLoop => "specification",
            Self::MergeConflict | Self::BrokenByMerge | Self::MissingArtifact | Self::UnansweredMemo => {
                "coordination"
            }
            Self::FalseClaim
            | Self::NotMet
            | Self::NoChange
            | Self::NoSelfCheck
            | Self::NoActivity
            | Self::WeakenedTests
            | Self::Contradicted
            | Self::PrematureReport => "verification",
            Self::NoMoney | Self::Overrun | Self::Provider | Self::Late | Self::Machine => "surroundings",
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FaultyPlan => "faulty_plan",
            Self::FaultyContract => "faulty_contract",
            Self::ContractDefect => "contract_defect",
            Self::ScopeTooLarge => "scope_too_large",
            Self::OutsideWriteSet => "outside_write_set",
            Self::RoleBreach => "role_breach",
            Self::MalformedCall => "malformed_call",
            Self::NoToolCall => "no_tool_call",
            Self::EndlessLoop => "endless_loop",
            Self::MergeConflict => "merge_conflict",
            Self::BrokenByMerge => "broken_by_merge",
            Self::MissingArtifact => "missing_artifact",
            Self::UnansweredMemo => "unanswered_memo",
            Self::FalseClaim => "false_claim",
            Self::NotMet => "not_met",
            Self::NoChange => "no_change",
            Self::NoSelfCheck => "no_self_check",
            Self::NoActivity => "no_activity",
            Self::WeakenedTests => "weakened_tests",
            Self::Contradicted => "contradicted",
            Self::PrematureReport => "premature_report",
            Self::NoMoney => "no_money",
            Self::Overrun => "overrun",
            Self::Provider => "provider",
            Self::Late => "late",
            Self::Machine => "machine",
        }
    }

    /// The label of the log and the report: `verification/false_claim`.
    #[must_use]
    pub fn label(self) -> String {
        format!("{}/{}", self.group(), self.name())
    }

    /// The failure that an event tells of, if it tells of one. `before` has not applied it yet.
    #[must_use]
    pub fn of(before: &Run, event: &Event) -> Option<Self> {
        match event {
            Event::Agent(event) => of_agent(before, event),
            Event::Task(event) => of_task(before, event),
            Event::Branch(event) => of_branch(before, event),
            Event::Money(event) => of_money(before, event),
            Event::Run(RunEvent::EffectBroken { effect, .. }) => of_breakage(before, *effect),
            Event::Opinion(OpinionEvent::OpinionUnavailable { .. }) => Some(Self::Provider),
            Event::Run(_) | Event::Opinion(_) => None,
        }
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.label())
    }
}

fn of_agent(before: &Run, event: &AgentEvent) -> Option<Failure> {
    match event {
        AgentEvent::Answered { answer, .. } => of_answer(answer),
        AgentEvent::Noticed { notice: Notice::Unanswered { .. }, .. } => Some(Failure::UnansweredMemo),
        // Only a deadline closes a question without an answer.
        AgentEvent::QuestionClosed { text: None, .. } => Some(Failure::Late),
        AgentEvent::AgentEnded { agent, end } => {
            // What became of a worker or a Reviewer is told when its attempt ends.
            let told_later = |seat| matches!(seat, Seat::Worker(_) | Seat::Reviewer(_));
            let state = before.agents().get(*agent).filter(|agent| !told_later(agent.seat));
            state.and_then(|_| of_agent_end(end))
        }
        AgentEvent::AgentSpawned { .. }
        | AgentEvent::TurnBegan { .. }
        | AgentEvent::Parked { .. }
        | AgentEvent::Compacted { .. }
        | AgentEvent::NotesAsked { .. }
        | AgentEvent::Reserved { .. }
        | AgentEvent::CallRefused { .. }
        | AgentEvent::Replied { .. }
        | AgentEvent::CallFailed { .. }
        | AgentEvent::CallUnsent { .. }
        | AgentEvent::RetryPlanned { .. }
        | AgentEvent::RetryBegan { .. }
        | AgentEvent::ToolCalled { .. }
        | AgentEvent::ToolDone { .. }
        | AgentEvent::Noticed { .. }
        | AgentEvent::QuestionAsked { .. }
        | AgentEvent::QuestionClosed { .. }
        | AgentEvent::MemoSent { .. }
        | AgentEvent::MemoClosed { .. } => None,
    }
}

/// What a merge came to is told by its own events, for nobody may wait for the answer.
const fn of_answer(answer: &Answer) -> Option<Failure> {
    match answer {
        Answer::PlanFaulty { .. } => Some(Failure::FaultyPlan),
        Answer::ContractsFaulty { .. } => Some(Failure::FaultyContract),
        Answer::NotDone { .. } => Some(Failure::PrematureReport),
        Answer::Refused { breach: Some(Breach::NotYours | Breach::Unknown), .. } => Some(Failure::RoleBreach),
        Answer::Refused { breach: Some(Breach::Malformed), .. } => Some(Failure::MalformedCall),
        Answer::Taken
        | Answer::PlanApproved
        | Answer::PlanEdited { .. }
        | Answer::PlanSentBack { .. }
        | Answer::Attempts { .. }
        | Answer::Merged { .. }
        | Answer::Conflict { .. }
        | Answer::BrokenByMerge { .. }
        | Answer::Owner { .. }
        | Answer::Opinion { .. }
        | Answer::Budget { .. }
        | Answer::Refused { breach: None, .. } => None,
    }
}

fn of_task(before: &Run, event: &TaskEvent) -> Option<Failure> {
    match event {
        TaskEvent::AttemptEnded { attempt, end } => of_attempt(before, *attempt, end),
        TaskEvent::Checked { subject, findings, .. } if !all_pass(findings) => of_check(*subject),
        TaskEvent::ConflictForeseen { .. }
        | TaskEvent::TaskCreated { .. }
        | TaskEvent::AttemptBegan { .. }
        | TaskEvent::ResultClaimed { .. }
        | TaskEvent::AttemptSealed { .. }
        | TaskEvent::CheckBegan { .. }
        | TaskEvent::Checked { .. }
        | TaskEvent::Reviewed { .. }
        | TaskEvent::DefectFound { .. }
        | TaskEvent::TaskAccepted { .. }
        | TaskEvent::TaskCut { .. } => None,
    }
}

/// A check that does not pass. One of an attempt, of a section or of what it needs is told when that ends.
const fn of_check(subject: Subject) -> Option<Failure> {
    match subject {
        Subject::Task(_) | Subject::Phase(_) => Some(Failure::BrokenByMerge),
        Subject::Run => Some(Failure::NotMet),
        Subject::Attempt(_) | Subject::Needs(_) | Subject::Section(_) => None,
    }
}

fn all_pass(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.verdict == Verdict::Pass)
}

fn of_attempt(before: &Run, attempt: AttemptId, end: &AttemptEnd) -> Option<Failure> {
    Some(match end {
        AttemptEnd::Verified => return None,
        AttemptEnd::Unmet => return unmet(before, attempt),
        AttemptEnd::OutsideWriteSet { .. } => Failure::OutsideWriteSet,
        AttemptEnd::NoChange => Failure::NoChange,
        AttemptEnd::NoSelfCheck { .. } => Failure::NoSelfCheck,
        AttemptEnd::NoActivity => Failure::NoActivity,
        AttemptEnd::Weakened { .. } => Failure::WeakenedTests,
        AttemptEnd::Contradicted { .. } => Failure::Contradicted,
        AttemptEnd::ContractDefect { .. } => Failure::ContractDefect,
        AttemptEnd::Abandoned { end } => return of_agent_end(end),
    })
}

/// Whether a worker said of a criterion that it is met although it is not. Where no criterion fails, nobody came to judge:
/// the Reviewer was kept from it, or this machine could not check.
fn unmet(before: &Run, attempt: AttemptId) -> Option<Failure> {
    let state = before.attempts().get(attempt)?;
    if all_pass(&state.findings) {
        return match state.reviewer.and_then(|id| before.agents().get(id)).map(|agent| &agent.state) {
            Some(AgentState::Ended(end)) => of_agent_end(end),
            Some(_) | None => Some(Failure::Machine),
        };
    }
    let claims = state.claim.as_ref().map(|claim| claim.self_check.as_slice()).unwrap_or_default();
    let claimed = |id: &str| claims.iter().any(|(claimed, met)| *met == Some(true) && claimed == id);
    let mut failing = state.findings.iter().filter(|finding| finding.verdict == Verdict::Fail);
    let is_false = failing.any(|finding| claimed(&finding.criterion));
    Some(if is_false { Failure::FalseClaim } else { Failure::NotMet })
}

const fn of_agent_end(end: &AgentEnd) -> Option<Failure> {
    match end {
        AgentEnd::Exhausted => Some(Failure::NoMoney),
        AgentEnd::Idle => Some(Failure::NoToolCall),
        AgentEnd::TooManyTurns | AgentEnd::NoProgress => Some(Failure::EndlessLoop),
        AgentEnd::Late => Some(Failure::Late),
        AgentEnd::Faulted { .. } => Some(Failure::Provider),
        AgentEnd::Broken => Some(Failure::Machine),
        AgentEnd::Finished | AgentEnd::Killed => None,
    }
}

fn of_branch(before: &Run, event: &BranchEvent) -> Option<Failure> {
    match event {
        BranchEvent::MergeFailed { .. } => Some(Failure::MergeConflict),
        BranchEvent::SectionReturned { .. } => Some(Failure::ScopeTooLarge),
        BranchEvent::ReplanDropped { section } => nobody_replanned(before, *section),
        BranchEvent::SectionEnded { section, end } => match end {
            SectionEnd::NeedsMissing => Some(Failure::MissingArtifact),
            SectionEnd::Unverified => before.sections().get(*section).and_then(unverified),
            SectionEnd::TooLarge => nobody_replanned(before, *section),
            SectionEnd::Verified
            | SectionEnd::BudgetExhausted
            | SectionEnd::NotStarted
            | SectionEnd::Failed
            | SectionEnd::Killed => None,
        },
        BranchEvent::MergeBegan { .. }
        | BranchEvent::Merged { .. }
        | BranchEvent::Advanced { .. }
        | BranchEvent::Withdrawn { .. }
        | BranchEvent::SectionReported { .. }
        | BranchEvent::ReplanAsked { .. }
        | BranchEvent::SectionReplanned { .. } => None,
    }
}

/// A section that was reported and does not hold. Where nobody reported, its attempts and merges have told why.
fn unverified(state: &SectionState) -> Option<Failure> {
    let (claimed, _) = state.reporting?;
    if !state.missing.is_empty() {
        return Some(Failure::MissingArtifact);
    }
    match claimed && state.manager.is_some() {
        true => Some(Failure::PrematureReport),
        false => (!all_pass(&state.findings)).then_some(Failure::NotMet),
    }
}

/// Nobody comes in a section's place: in time, unless the run closes or the Orchestrator is gone.
fn nobody_replanned(before: &Run, section: SectionId) -> Option<Failure> {
    let is_asked =
        before.sections().get(section).is_some_and(|state| matches!(state.replan, Replan::Asked(_)));
    let orchestrator = before.orchestrator().and_then(|id| before.agents().get(id));
    let is_there = orchestrator.is_some_and(|agent| !agent.ended());
    (is_asked && is_there && matches!(before.stage(), Stage::Working(_))).then_some(Failure::Late)
}

fn of_money(before: &Run, event: &MoneyEvent) -> Option<Failure> {
    match event {
        MoneyEvent::Overran { .. } => Some(Failure::Overrun),
        MoneyEvent::BudgetDecided { request, by: Decider::Deadline, .. } => {
            // Where its section is over, nobody waits any more.
            let section = before.requests().get(*request).map(|request| request.section);
            let is_open =
                section.and_then(|id| before.sections().get(id)).is_some_and(|state| state.end.is_none());
            is_open.then_some(Failure::Late)
        }
        MoneyEvent::AccountOpened { .. }
        | MoneyEvent::Transferred { .. }
        | MoneyEvent::AccountClosed { .. }
        | MoneyEvent::TotalChanged { .. }
        | MoneyEvent::BudgetRequested { .. }
        | MoneyEvent::BudgetReferred { .. }
        | MoneyEvent::BudgetDecided { .. } => None,
    }
}

/// What breaks under an agent or an attempt is told when that ends.
fn of_breakage(before: &Run, effect: EffectId) -> Option<Failure> {
    let (_, broken) = before.owed_from(effect).next().filter(|(id, _)| *id == effect)?;
    match broken {
        Effect::Check { subject: Subject::Attempt(_), .. }
        | Effect::Compose { .. }
        | Effect::Call { .. }
        | Effect::Tool { .. }
        | Effect::Seal { .. } => None,
        Effect::Check { .. } | Effect::Merge { .. } | Effect::Publish { .. } => Some(Failure::Machine),
    }
}
