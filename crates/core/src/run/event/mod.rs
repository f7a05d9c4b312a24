//! What a run has decided and seen: the vocabulary of the journal. Ids, numbers and addresses; payloads are in blobs,
//! and no event grows with the history before it.

mod agent;
mod answer;
mod branch;
mod end;
mod money;
mod opinion;
mod outline;
mod run;
mod task;

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use crate::words::EffectId;

pub use agent::AgentEvent;
pub use answer::{Answer, Breach, Notice};
pub use branch::BranchEvent;
pub use end::{AgentEnd, AttemptEnd, Cause, Decider, PlanAuthor, RunEnd, Seat, SectionEnd};
pub use money::MoneyEvent;
pub use opinion::{OpinionEnd, OpinionEvent};
pub use outline::{BudgetFacts, OnlyTask, PlanOutline, SOUND, SectionOutline, TaskOutline};
pub use run::RunEvent;
pub use task::TaskEvent;

/// One fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The run as a whole: intent, plan, phases, end.
    Run(RunEvent),
    /// Accounts, transfers, and requests for money.
    Money(MoneyEvent),
    /// Agents: their turns, calls, tools, and what they tell each other and the Owner.
    Agent(AgentEvent),
    /// Tasks and attempts, up to the seam.
    Task(TaskEvent),
    /// Branches and sections: merges, reports, ends.
    Branch(BranchEvent),
    /// Second opinions.
    Opinion(OpinionEvent),
}

impl From<RunEvent> for Event {
    fn from(event: RunEvent) -> Self {
        Self::Run(event)
    }
}

impl From<MoneyEvent> for Event {
    fn from(event: MoneyEvent) -> Self {
        Self::Money(event)
    }
}

impl From<AgentEvent> for Event {
    fn from(event: AgentEvent) -> Self {
        Self::Agent(event)
    }
}

impl From<TaskEvent> for Event {
    fn from(event: TaskEvent) -> Self {
        Self::Task(event)
    }
}

impl From<BranchEvent> for Event {
    fn from(event: BranchEvent) -> Self {
        Self::Branch(event)
    }
}

impl From<OpinionEvent> for Event {
    fn from(event: OpinionEvent) -> Self {
        Self::Opinion(event)
    }
}

impl Event {
    /// What it makes the run owe, if anything.
    #[must_use]
    pub fn owes(&self) -> Option<(EffectId, Effect)> {
        match self {
            Self::Run(RunEvent::PublishBegan { effect, commit }) => {
                Some((*effect, Effect::Publish { commit: commit.clone() }))
            }
            Self::Branch(BranchEvent::MergeBegan { effect, subject, ours, theirs }) => Some((
                *effect,
                Effect::Merge { subject: *subject, ours: ours.clone(), theirs: theirs.clone() },
            )),
            Self::Agent(event) => event.owes(),
            Self::Task(event) => event.owes(),
            Self::Run(_) | Self::Branch(_) | Self::Money(_) | Self::Opinion(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events as they were written before a field came to them.
    const OLD: [&str; 5] = [
        r#"{"agent":{"memo_sent":{"memo":{"id":"a","from":null,"to":"all","priority":"FYI","topic":"t","content":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","at":7}}}}"#,
        r#"{"agent":{"turn_began":{"agent":0,"effect":3,"notices":[{"purse":{"spent":1,"limit":2}}]}}}"#,
        r#"{"agent":{"answered":{"agent":0,"index":0,"answer":{"refused":{"why":"no"}}}}}"#,
        r#"{"task":{"task_created":{"task":0,"section":0,"contract":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","outline":{"title":"t","kind":"build","mode":"agent","seniority":"mid","scope":["read"],"write_set":["a"],"executable":["unit"],"rubrics":[],"reviews":[],"cap":5}}}}"#,
        r#"{"task":{"result_claimed":{"attempt":0,"claim":{"conclusion":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","self_check":[["unit",true]],"tests_added":[],"risks":1,"files":null},"effect":9}}}"#,
    ];

    #[test]
    fn what_was_written_before_a_field_was_there_reads_and_is_written_as_it_was() {
        for old in OLD {
            let event: Event = serde_json::from_str(old).unwrap();
            assert_eq!(serde_json::to_string(&event).unwrap(), old);
        }
    }
}
