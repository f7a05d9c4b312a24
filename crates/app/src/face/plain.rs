//! One line for each notable event, with what is spent so far.

use trireme_core::ledger::Ledger;
use trireme_core::run::Subject;
use trireme_core::run::event::{AgentEvent, BranchEvent, Event, MoneyEvent, RunEvent, TaskEvent};
use trireme_core::{Money, RunId};

use crate::follower::{Follower, Told};
use crate::out;

/// Whoever reads lines.
pub(crate) struct Plain {
    run: RunId,
    spent: Money,
}

impl Plain {
    /// Begins with what is spent already.
    pub(crate) fn new(run: &RunId, spent: Money) -> Self {
        Self { run: run.clone(), spent }
    }

    /// Tells what is notable, and what the Owner has to do.
    pub(crate) async fn tell(&mut self, told: &[Told], follower: &Follower) {
        for Told { line, event } in told {
            self.spent = self.spent.plus(Money::nanos(line.cost_nanos));
            if !is_notable(event) {
                continue;
            }
            let time = line.timestamp.get(11..19).unwrap_or_default();
            let spent = self.spent.to_string();
            out::say(&format!("{time} {spent:>12}  {}", line.detail));
            if let Some(todo) = self.todo(event, follower).await {
                out::say(&todo);
            }
        }
    }

    /// What waits for the Owner, with what to type. Answers of the past wait for nobody.
    async fn todo(&self, event: &Event, follower: &Follower) -> Option<String> {
        let run = &self.run;
        match event {
            Event::Agent(AgentEvent::QuestionAsked { question, text, .. }) => {
                follower.run.questions().get(*question).filter(|state| state.closed.is_none())?;
                let text = follower.text(*text).await;
                Some(format!("  {text}\n  answer with: trireme answer {run} {question} \"…\""))
            }
            Event::Money(MoneyEvent::BudgetReferred { request }) => {
                let state = follower.run.requests().get(*request).filter(|state| state.granted.is_none())?;
                let reason = follower.text(state.reason).await;
                let amount = state.amount;
                Some(format!(
                    "  {reason}\n  decide with: trireme grant {run} {request} {amount}   (or: trireme deny {run} {request})"
                ))
            }
            Event::Run(RunEvent::Began { total, .. }) => Some(format!(
                "  {total} at most; look from elsewhere with: trireme watch {run}   (reserve {})",
                follower.run.ledger().limit(Ledger::RESERVE)
            )),
            Event::Run(_)
            | Event::Money(_)
            | Event::Agent(_)
            | Event::Task(_)
            | Event::Branch(_)
            | Event::Opinion(_) => None,
        }
    }
}

fn is_notable(event: &Event) -> bool {
    match event {
        Event::Run(event) => !matches!(event, RunEvent::PublishBegan { .. } | RunEvent::EffectLost { .. }),
        Event::Money(event) => !matches!(
            event,
            MoneyEvent::AccountOpened { .. }
                | MoneyEvent::AccountClosed { .. }
                | MoneyEvent::Transferred { .. }
        ),
        Event::Agent(event) => matches!(
            event,
            AgentEvent::AgentSpawned { .. }
                | AgentEvent::CallFailed { .. }
                | AgentEvent::CallRefused { .. }
                | AgentEvent::QuestionAsked { .. }
                | AgentEvent::QuestionClosed { .. }
                | AgentEvent::MemoSent { .. }
        ),
        Event::Task(event) => match event {
            TaskEvent::Checked { subject, .. } => !matches!(subject, Subject::Attempt(_)),
            TaskEvent::ConflictForeseen { .. }
            | TaskEvent::AttemptEnded { .. }
            | TaskEvent::DefectFound { .. }
            | TaskEvent::Reviewed { .. }
            | TaskEvent::TaskCut { .. } => true,
            TaskEvent::TaskCreated { .. }
            | TaskEvent::AttemptBegan { .. }
            | TaskEvent::ResultClaimed { .. }
            | TaskEvent::AttemptSealed { .. }
            | TaskEvent::CheckBegan { .. }
            | TaskEvent::TaskAccepted { .. } => false,
        },
        Event::Opinion(_) => true,
        Event::Branch(event) => !matches!(event, BranchEvent::MergeBegan { .. } | BranchEvent::Merged { .. }),
    }
}
