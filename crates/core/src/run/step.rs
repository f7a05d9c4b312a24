//! `step`: from inputs to events. The other files of this folder are the decisions, one topic each.

use super::agents::clipped;
use super::event::{AgentEnd, AgentEvent, Event, RunEvent};
use super::input::{Input, Outcome, Stamped};
use super::state::{Stage, Timer};
use super::{Effect, Run};
use crate::limits::{NAMED_AT_MOST, REASON_BYTES};
use crate::words::*;

/// What a step brought.
#[derive(Debug, Default)]
pub struct Stepped {
    /// What happened, each with its moment; to be written down before anything else is done.
    pub events: Vec<(Millis, Event)>,
    /// For each input, in order, whether it was taken.
    pub taken: Vec<Result<(), Refusal>>,
}

/// An input that changes nothing, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It answers what is not owed (any more): a second answer, or one that came too late.
    #[error("{0} is not owed, its answer changes nothing")]
    NotOwed(EffectId),
    /// It answers an effect with what can't be its answer.
    #[error("that is no answer to {0}")]
    WrongAnswer(EffectId),
    /// The run has begun already.
    #[error("the run has begun already")]
    Begun,
    /// There is no run yet.
    #[error("the run has not begun")]
    NotBegun,
    /// The run is over.
    #[error("the run is over; start a new one with `trireme run`")]
    Over,
    /// The plan that comes with the intent has faults.
    #[error("the plan has faults:\n- {}", .0.join("\n- "))]
    PlanFaulty(Vec<String>),
    /// A command that does not fit where the run stands.
    #[error("{0}")]
    NotNow(String),
}

/// A run while it decides: every event is applied as soon as it is drafted.
pub(super) struct Draft<'a> {
    pub(super) run: &'a mut Run,
    pub(super) at: Millis,
    /// Accounts at which money came back. Whoever waits there is funded at the end of the input, when everybody who has to
    /// go is gone: never in the midst of it, and never from within another one's funding.
    pub(super) woken: Vec<AccountId>,
    events: Vec<(Millis, Event)>,
}

impl Run {
    /// Takes inputs in order. The run is changed in place; where the journal refuses the events, drop it and fold anew.
    pub fn step(&mut self, inputs: impl IntoIterator<Item = Stamped>) -> Stepped {
        let mut draft = Draft { run: self, at: Millis(0), woken: Vec::new(), events: Vec::new() };
        let mut taken = Vec::new();
        for Stamped { at, input } in inputs {
            draft.at = at.max(draft.run.now);
            // A deadline that passed while nobody owned the run beats neither the Owner's answer to it nor the pause with
            // which the next owner begins.
            let first = input.stops_the_clock().then(|| draft.take(input.clone()));
            draft.fire_timers();
            draft.wake();
            taken.push(first.unwrap_or_else(|| draft.take(input)));
            draft.wake();
        }
        Stepped { events: draft.events, taken }
    }
}

impl Draft<'_> {
    /// Makes an event true.
    pub(super) fn emit(&mut self, event: impl Into<Event>) {
        let event = event.into();
        self.run.apply(self.at, &event);
        self.events.push((self.at, event));
    }

    /// The id of the next effect; the event that owes it must be emitted before another is asked for.
    pub(super) const fn next_effect(&self) -> EffectId {
        self.run.next_effect()
    }

    fn take(&mut self, input: Input) -> Result<(), Refusal> {
        match (&self.run.stage, input) {
            (Stage::Unborn, Input::Begin(begin)) => self.begin(*begin),
            (Stage::Unborn, _) => Err(Refusal::NotBegun),
            (_, Input::Begin(_)) => Err(Refusal::Begun),
            (Stage::Ended(_), Input::Tick) => Ok(()),
            (Stage::Ended(_), Input::Shred(shredding)) => self.shred(shredding),
            (Stage::Ended(_), _) => Err(Refusal::Over),
            (_, Input::Command(command)) => self.command(command),
            (_, Input::Outcome { effect, outcome }) => self.outcome(effect, outcome),
            (_, Input::Sandbox(level)) => {
                if self.run.sandbox != Some(level) {
                    self.emit(RunEvent::Sandboxed { level });
                }
                Ok(())
            }
            (_, Input::Tick) => Ok(()),
            (_, Input::Shred(_)) => Err(Refusal::NotNow(
                "the run is not over, and needs its payloads; `trireme kill` ends it".to_owned(),
            )),
        }
    }

    fn shred(&mut self, shredding: Shredding) -> Result<(), Refusal> {
        if self.run.shreds.holds(&shredding.kinds) {
            return Err(Refusal::NotNow("these payloads are shredded already".to_owned()));
        }
        self.emit(RunEvent::Shredded { shredding });
        Ok(())
    }

    fn fire_timers(&mut self) {
        while let Some((due, timer)) = self.run.due_timer(self.at) {
            match timer {
                Timer::Retry(agent) => self.begin_retry(agent),
                Timer::Question(question) => self.close_question(question, None),
                Timer::Request(request) => self.expire_request(request),
                Timer::Idle(agent) | Timer::Agent(agent) => self.agent_gone(agent, AgentEnd::Late),
                Timer::Attempt(attempt) => self.attempt_late(attempt),
                Timer::Opinion(opinion) => self.expire_opinion(opinion),
                Timer::Memo(memo) => self.expire_memo(memo),
                Timer::Replan(section) => self.drop_replan(section),
            }
            // A timer that nothing took off would fire for ever.
            self.run.timers.remove(&(due, timer));
        }
    }

    fn outcome(&mut self, id: EffectId, outcome: Outcome) -> Result<(), Refusal> {
        let effect = self.run.owed.get(&id).cloned().ok_or(Refusal::NotOwed(id))?;
        match (effect, outcome) {
            (effect, Outcome::Lost) => self.lost(id, &effect),
            (effect, Outcome::Broken { reason }) => self.broken(id, &effect, reason),
            (Effect::Compose { agent }, Outcome::Composed { body_bytes }) => self.fund(agent, body_bytes),
            (Effect::Call { agent, .. }, Outcome::Replied { reply, content, asks }) => {
                self.replied(id, agent, reply, content, asks);
            }
            (Effect::Call { agent, .. }, Outcome::Faulted { fault, jitter }) => {
                self.faulted(id, agent, fault, jitter)
            }
            (Effect::Call { agent, .. }, Outcome::Unsent { resumes_in_ms }) => {
                self.unsent(id, agent, resumes_in_ms)
            }
            (
                Effect::Tool { agent, index, .. },
                Outcome::Done { output, ok, tree, whole, ran, mut refused },
            ) => {
                refused.truncate(NAMED_AT_MOST);
                let refused = refused.into_iter().map(|what| clipped(what, REASON_BYTES)).collect();
                self.emit(AgentEvent::ToolDone {
                    effect: id,
                    agent,
                    index,
                    output,
                    ok,
                    tree,
                    whole,
                    ran,
                    refused,
                });
                self.pump(agent);
            }
            (Effect::Seal { attempt }, Outcome::Sealed(seal)) => self.sealed(id, attempt, seal),
            (Effect::Check { subject, commit }, Outcome::Checked { findings, missing, artifacts }) => {
                self.checked(id, subject, commit, findings, missing, artifacts);
            }
            (Effect::Merge { subject, .. }, Outcome::Merged { commit, tree }) => {
                self.merged(id, subject, commit, tree)
            }
            (Effect::Merge { subject, .. }, Outcome::Conflicted { paths }) => {
                self.conflicted(id, subject, paths)
            }
            (effect @ Effect::SetUp { .. }, Outcome::SetUp(result)) => self.set_up(id, &effect, result),
            (Effect::Publish { .. }, Outcome::Published) => {
                self.emit(RunEvent::Published { effect: id });
                self.end();
            }
            (
                Effect::Compose { .. }
                | Effect::Call { .. }
                | Effect::Tool { .. }
                | Effect::Seal { .. }
                | Effect::Check { .. }
                | Effect::Merge { .. }
                | Effect::SetUp { .. }
                | Effect::Publish { .. },
                _,
            ) => return Err(Refusal::WrongAnswer(id)),
        }
        Ok(())
    }

    /// A lost call may have been billed, so its promise is forfeited and the call made anew. A foreign tool may have done
    /// something. Everything else can be done again as it is, and stays owed.
    fn lost(&mut self, id: EffectId, effect: &Effect) {
        self.emit(RunEvent::EffectLost { effect: id });
        if let Effect::Call { agent, .. } = effect {
            self.faulted(id, *agent, Fault::Lost, 0);
        }
        if let Effect::Tool { agent, index, tool: Tool::Foreign } = effect {
            self.tool_lost(*agent, *index);
        }
    }
}
