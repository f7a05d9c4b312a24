//! What the Owner commands.

use super::event::{PlanAuthor, RunEnd, RunEvent, SectionEnd};
use super::input::{Command, Target};
use super::state::Stage;
use super::step::{Draft, Refusal};
use crate::ledger::Ledger;
use crate::words::*;

impl Draft<'_> {
    pub(super) fn command(&mut self, command: Command) -> Result<(), Refusal> {
        self.fits(&command)?;
        if let Command::EditPlan { proposal } = command {
            // The event that tells of it names the plan, and does not hold it.
            self.propose(&proposal, PlanAuthor::Owner);
            return Ok(());
        }
        self.emit(RunEvent::Commanded { command: command.clone() });
        match command {
            Command::Approve { .. } => {
                if let Some(hash) = self.run.plan.as_ref().map(|plan| plan.hash) {
                    self.approve(hash, true);
                }
            }
            Command::EditPlan { .. } => {}
            Command::Revise { text } => self.revise(text),
            Command::Reject { .. } => self.end_as(RunEnd::Rejected),
            Command::Kill { target: Target::Run } => self.end_as(RunEnd::Killed),
            Command::Kill { target: Target::Section(section) } => {
                self.end_section(section, SectionEnd::Killed)
            }
            Command::Kill { target: Target::Task(task) } => {
                self.end_task_workers(task);
                self.only_task_killed(task);
            }
            Command::Pause => {}
            Command::Resume => self.unpark_below(Ledger::RUN),
            Command::Budget { total } => self.set_total(total),
            Command::Answer { question, text } => self.close_question(question, Some(text)),
            Command::Grant { request, amount } => self.owner_decides(request, amount),
            Command::Deny { request } => self.owner_decides(request, Some(Money::ZERO)),
            Command::Memo { to, content } => self.owner_memo(to, content),
        }
        Ok(())
    }

    /// Whether a command fits where the run stands; one that does not changes nothing and says what to do instead.
    fn fits(&self, command: &Command) -> Result<(), Refusal> {
        let not_now = |why: &str| Err(Refusal::NotNow(why.to_owned()));
        match command {
            Command::Approve { plan } => match (&self.run.stage, &self.run.plan) {
                (Stage::Approval, Some(proposed)) if plan.is_none_or(|hash| hash == proposed.hash) => Ok(()),
                (Stage::Approval, _) => {
                    not_now("the plan has changed since you saw it; look again with `trireme show`")
                }
                (Stage::Unborn | Stage::Planning, _) => not_now("there is no plan to approve yet"),
                _ => not_now("the plan is approved already"),
            },
            Command::EditPlan { proposal } => self.can_edit(proposal),
            Command::Revise { .. } => self.can_revise(),
            Command::Reject { .. } if self.run.stage != Stage::Approval => {
                not_now("there is no plan that waits for approval; `trireme kill` stops a run")
            }
            Command::Kill { target: Target::Section(section) } => match self.run.sections.get(*section) {
                Some(state) if state.end.is_none() => Ok(()),
                Some(_) => not_now("that Manager is gone already"),
                None => not_now("there is no such Manager; see `trireme show`"),
            },
            Command::Kill { target: Target::Task(task) } => {
                let attempt =
                    self.run.tasks.get(*task).and_then(|task| self.run.attempts.get(*task.attempts.last()?));
                match attempt {
                    Some(attempt) if attempt.end.is_none() => Ok(()),
                    Some(_) => not_now("nobody works on that task"),
                    None => not_now("there is no such task; see `trireme show`"),
                }
            }
            Command::Answer { question, .. } => match self.run.questions.get(*question) {
                Some(state) if state.closed.is_none() => Ok(()),
                Some(_) => not_now("that question is closed already"),
                None => not_now("there is no such question; see `trireme show`"),
            },
            Command::Grant { request, .. } | Command::Deny { request } => {
                match (self.run.requests.get(*request), command) {
                    (Some(state), Command::Grant { amount, .. }) if state.granted.is_none() => {
                        self.can_grant(state, *amount)
                    }
                    (Some(state), _) if state.granted.is_none() => Ok(()),
                    (Some(_), _) => not_now("that request is decided already"),
                    (None, _) => not_now("there is no such request; see `trireme show`"),
                }
            }
            Command::Memo { to, .. } => self.can_be_heard(*to),
            Command::Resume if !self.run.paused => not_now("the run is not paused"),
            Command::Pause if self.run.paused => not_now("the run is paused already"),
            Command::Budget { total } if total.is_zero() => {
                not_now("a total of nothing is no budget; use `trireme kill` to stop")
            }
            Command::Budget { .. } if matches!(self.run.stage, Stage::Publishing(_)) => {
                not_now("the run is over but for its branch; nothing is spent any more")
            }
            Command::Kill { target: Target::Run }
            | Command::Reject { .. }
            | Command::Pause
            | Command::Resume
            | Command::Budget { .. } => Ok(()),
        }
    }

    /// The Owner's word ends the run at once: whatever is on its way is dropped, what is merged stays where it is.
    pub(super) fn end_as(&mut self, end: RunEnd) {
        self.stop_all();
        self.settle_all(SectionEnd::Killed);
        self.emit(RunEvent::Ended { end });
    }
}
