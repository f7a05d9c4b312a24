//! What goes wrong in a run, by name. The groups follow the taxonomy of Cemri et al., "Why Do Multi-Agent LLM Systems
//! Fail?" (2025): specification, coordination, verification; and one more for what no agent is to blame for.
//!
//! Each failure is told by exactly one event, so that counting events counts failures.

use serde::{Serialize, Serializer};

use crate::run::Run;
use crate::run::event::{
    AgentEnd, AgentEvent, Answer, AttemptEnd, BranchEvent, Breach, Event, Notice, Seat, SectionEnd, TaskEvent,
};
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
    /// Criteria do not hold, and nobody claimed it.
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
    /// No model could be had.
    Provider,
    /// A deadline passed.
    Late,
    /// Something of this machine broke.
    Machine,
}

impl Failure {
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
            Self::NoMoney | Self::Provider | Self::Late | Self::Machine => "surroundings",
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
            Event::Task(TaskEvent::AttemptEnded { attempt, end }) => of_attempt(before, *attempt, end),
            Event::Branch(event) => of_branch(event),
            Event::Run(_) | Event::Money(_) | Event::Task(_) | Event::Opinion(_) => None,
        }
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.label())
    }
}

fn of_agent(before: &Run, event: &AgentEvent) -> Option<Failure> {
    if let AgentEvent::Answered { answer, .. } = event {
        return of_answer(answer);
    }
    if let AgentEvent::Noticed { notice: Notice::Unanswered { .. }, .. } = event {
        return Some(Failure::UnansweredMemo);
    }
    let AgentEvent::AgentEnded { agent, end } = event else { return None };
    // What became of a worker or a Reviewer is told when its attempt ends.
    let told_later = |seat| matches!(seat, Seat::Worker(_) | Seat::Reviewer(_));
    before.agents().get(*agent).filter(|agent| !told_later(agent.seat)).and_then(|_| of_agent_end(end))
}

const fn of_answer(answer: &Answer) -> Option<Failure> {
    match answer {
        Answer::PlanFaulty { .. } => Some(Failure::FaultyPlan),
        Answer::ContractsFaulty { .. } => Some(Failure::FaultyContract),
        Answer::Conflict { .. } => Some(Failure::MergeConflict),
        Answer::BrokenByMerge { .. } => Some(Failure::BrokenByMerge),
        Answer::NotDone { .. } => Some(Failure::PrematureReport),
        Answer::Refused { breach: Some(Breach::NotYours | Breach::Unknown), .. } => Some(Failure::RoleBreach),
        Answer::Refused { breach: Some(Breach::Malformed), .. } => Some(Failure::MalformedCall),
        Answer::Taken
        | Answer::PlanApproved
        | Answer::PlanEdited { .. }
        | Answer::PlanSentBack { .. }
        | Answer::Attempts { .. }
        | Answer::Merged { .. }
        | Answer::Owner { .. }
        | Answer::Opinion { .. }
        | Answer::Budget { .. }
        | Answer::Refused { breach: None, .. } => None,
    }
}

fn of_attempt(before: &Run, attempt: AttemptId, end: &AttemptEnd) -> Option<Failure> {
    Some(match end {
        AttemptEnd::Verified => return None,
        AttemptEnd::Unmet => unmet(before, attempt),
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

/// Whether a worker said of a criterion that it is met although it is not.
fn unmet(before: &Run, attempt: AttemptId) -> Failure {
    let Some(state) = before.attempts().get(attempt) else { return Failure::NotMet };
    let failing = state.findings.iter().filter(|finding| finding.verdict == Verdict::Fail);
    let claims = state.claim.as_ref().map(|claim| claim.self_check.as_slice()).unwrap_or_default();
    let claimed = |id: &str| claims.iter().any(|(claimed, met)| *met && claimed == id);
    let is_false = failing.into_iter().any(|finding| claimed(&finding.criterion));
    if is_false { Failure::FalseClaim } else { Failure::NotMet }
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

const fn of_branch(event: &BranchEvent) -> Option<Failure> {
    match event {
        BranchEvent::MergeFailed { subject: crate::run::Subject::Phase(_), .. } => {
            Some(Failure::MergeConflict)
        }
        BranchEvent::SectionReturned { .. } => Some(Failure::ScopeTooLarge),
        BranchEvent::SectionEnded { end: SectionEnd::NeedsMissing, .. } => Some(Failure::MissingArtifact),
        BranchEvent::MergeBegan { .. }
        | BranchEvent::Merged { .. }
        | BranchEvent::MergeFailed { .. }
        | BranchEvent::Advanced { .. }
        | BranchEvent::Withdrawn { .. }
        | BranchEvent::SectionReported { .. }
        | BranchEvent::SectionEnded { .. }
        | BranchEvent::ReplanAsked { .. }
        | BranchEvent::ReplanDropped { .. }
        | BranchEvent::SectionReplanned { .. } => None,
    }
}
