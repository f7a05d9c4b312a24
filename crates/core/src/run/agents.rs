//! The loop of every agent: what it asks for is answered, one after the other, and then it speaks again.

use super::ask::{Ask, ReviewerAsk, WorkerAsk};
use super::effect::Effect;
use super::event::Cause;
use super::event::{
    AgentEnd, AgentEvent, Answer, AttemptEnd, Breach, Notice, RunEnd, RunEvent, Seat, SectionEnd, TaskEvent,
};
use super::state::{AgentState, Stage};
use super::step::Draft;
use crate::limits::REFUSAL_BYTES;
use crate::words::*;

impl Draft<'_> {
    /// Answers one call, or begins what will answer it.
    pub(super) fn ask(&mut self, agent: AgentId, index: u16, ask: Ask, after_tool: bool) {
        let Some(seat) = self.run.agents.get(agent).filter(|agent| !agent.ended()).map(|agent| agent.seat)
        else {
            return;
        };
        match (seat, ask) {
            (_, Ask::Unknown { name }) => self.breach(agent, index, Breach::Unknown, unknown_tool(&name)),
            (_, Ask::Malformed { name, why }) => {
                let why =
                    format!("The arguments of {name} can't be read: {why}. Call it again with them right.");
                self.breach(agent, index, Breach::Malformed, why);
            }
            (_, Ask::Tool(tool)) => self.tool_in_scope(agent, index, tool),
            (_, Ask::Foreign { name }) => self.foreign_in_scope(agent, index, &name),
            (_, ask) if after_tool => {
                let why = "Not taken: it came together with workspace tools whose results you had not seen. Call it again on its own.";
                self.refuse(agent, index, format!("{}: {why}", ask.name()));
            }
            (_, Ask::KeepNotes { notes }) => self.keep_notes(agent, index, notes),
            (Seat::Triage, Ask::Triage(ask)) => self.choose_path(agent, index, ask),
            (Seat::Orchestrator, Ask::Orchestrator(ask)) => self.orchestrator_asks(agent, index, ask),
            (Seat::Manager(section), Ask::Manager(ask)) => self.manager_asks(section, agent, index, ask),
            (Seat::Worker(attempt), Ask::Worker(ask)) => self.worker_asks(attempt, agent, index, ask),
            (Seat::Reviewer(attempt), Ask::Reviewer(ReviewerAsk::SubmitReview { verdicts, conclusion })) => {
                self.submit_review(attempt, agent, index, &verdicts, conclusion);
            }
            (Seat::Adviser(opinion, side), Ask::Adviser(ask)) => {
                self.adviser_asks((opinion, side), agent, index, ask);
            }
            (Seat::Synthesist(opinion), Ask::Synthesist(ask)) => {
                self.synthesist_asks(opinion, agent, index, ask);
            }
            // A forged call of another role's tool. The type of each role's asks keeps it out; the log keeps the attempt.
            (
                Seat::Orchestrator
                | Seat::Triage
                | Seat::Manager(_)
                | Seat::Worker(_)
                | Seat::Reviewer(_)
                | Seat::Adviser(..)
                | Seat::Synthesist(_),
                ask @ (Ask::Triage(_)
                | Ask::Orchestrator(_)
                | Ask::Manager(_)
                | Ask::Worker(_)
                | Ask::Reviewer(_)
                | Ask::Adviser(_)
                | Ask::Synthesist(_)),
            ) => self.breach(agent, index, Breach::NotYours, not_yours(ask.name())),
        }
    }

    fn worker_asks(&mut self, attempt: AttemptId, agent: AgentId, index: u16, ask: WorkerAsk) {
        match ask {
            WorkerAsk::SubmitResult(claim) => self.submit_result(attempt, agent, index, claim),
            WorkerAsk::ContractDefect { missing } => {
                self.answer(agent, index, Answer::Taken);
                self.finish_agent(agent);
                self.emit(TaskEvent::DefectFound { attempt, missing });
                self.end_attempt(attempt, AttemptEnd::ContractDefect { missing });
            }
        }
    }

    /// A tool outside of the scope is refused here, whatever the prompt said; one inside waits for its turn.
    fn tool_in_scope(&mut self, agent: AgentId, index: u16, tool: Tool) {
        let in_scope = self.run.agents.get(agent).is_some_and(|agent| agent.scope.has(tool));
        if !in_scope {
            let why = format!("{tool} is outside of your scope. Use the tools that you were given.");
            self.breach(agent, index, Breach::NotYours, why);
        }
    }

    /// Gives a control call its answer.
    pub(super) fn answer(&mut self, agent: AgentId, index: u16, answer: Answer) {
        self.emit(AgentEvent::Answered { agent, index, answer });
    }

    /// Gives a control call a no.
    pub(super) fn refuse(&mut self, agent: AgentId, index: u16, why: impl Into<String>) {
        let why = clipped(why.into(), REFUSAL_BYTES);
        self.answer(agent, index, Answer::Refused { why, breach: None, taken_up: false });
    }

    /// Gives a no to a call that should never have been made.
    pub(super) fn breach(&mut self, agent: AgentId, index: u16, breach: Breach, why: String) {
        let why = clipped(why, REFUSAL_BYTES);
        self.answer(agent, index, Answer::Refused { why, breach: Some(breach), taken_up: false });
    }

    /// Gives an answer to a call that waited for it, and lets its agent go on.
    pub(super) fn answer_late(&mut self, agent: AgentId, index: u16, answer: Answer) {
        let open =
            self.run.agents.get(agent).filter(|agent| !agent.ended()).and_then(|agent| agent.slot(index));
        if open.is_some_and(|slot| slot.answer.is_none()) {
            self.answer(agent, index, answer);
            self.pump(agent);
        }
    }

    /// Moves an agent on: the next of its workspace tools, or its next turn once everything is answered.
    pub(super) fn pump(&mut self, id: AgentId) {
        let Some(agent) = self.run.agents.get(id).filter(|agent| agent.state == AgentState::Acting) else {
            return;
        };
        if agent.slots().iter().any(|slot| slot.effect.is_some()) {
            return;
        }
        let open = agent.slots().iter().position(|slot| slot.answer.is_none() && slot.tool.is_some());
        if let Some(index) = open {
            let tool = agent.slots().get(index).and_then(|slot| slot.tool);
            let effect = self.next_effect();
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            if let Some(tool) = tool {
                self.emit(AgentEvent::ToolCalled { effect, agent: id, index, tool });
            }
            return;
        }
        if agent.slots().iter().all(|slot| slot.answer.is_some()) && self.has_more_to_say(id) {
            self.begin_turn(id);
        }
    }

    /// Whether the Orchestrator is asked for something that nobody else will do.
    pub(super) fn is_wanted(&self) -> bool {
        let request = |state: &super::state::RequestState| state.granted.is_none() && !state.referred;
        matches!(self.run.stage, Stage::Planning | Stage::Concluding(_))
            || self.run.awaiting_replan().next().is_some()
            || self.run.requests.iter().any(|(_, state)| request(state))
    }

    /// The Orchestrator rests once its plan is approved, until it is told something; everybody else goes on.
    fn has_more_to_say(&self, id: AgentId) -> bool {
        let Some(agent) = self.run.agents.get(id) else {
            return false;
        };
        agent.seat != Seat::Orchestrator
            || self.is_wanted()
            || !agent.notices.is_empty()
            || !all_settled(agent)
    }

    /// Tells an agent something; one that rests hears it at once.
    pub(super) fn notify(&mut self, id: AgentId, notice: Notice) {
        self.emit(AgentEvent::Noticed { agent: id, notice });
        let Some(agent) = self.run.agents.get(id) else {
            return;
        };
        let resting = match agent.state {
            AgentState::Resting => true,
            AgentState::Acting => agent.slots().iter().all(|slot| slot.answer.is_some()),
            AgentState::Composing(_)
            | AgentState::Parked { .. }
            | AgentState::Calling(_)
            | AgentState::Pausing(_)
            | AgentState::Ended(_) => false,
        };
        if resting {
            self.begin_turn(id);
        }
    }

    /// An agent has done what it was there for.
    pub(super) fn finish_agent(&mut self, id: AgentId) {
        self.dismiss(id, AgentEnd::Finished);
    }

    /// Ends an agent, and whatever works for it. A call that is on its way may be billed: its promise is forfeited.
    pub(super) fn dismiss(&mut self, id: AgentId, end: AgentEnd) {
        let Some(agent) = self.run.agents.get(id).filter(|agent| !agent.ended()) else {
            return;
        };
        if let AgentState::Calling(effect) = agent.state {
            let charged = self.run.ledger.reservation(effect).map_or(Money::ZERO, |promise| promise.bound);
            let (agent, fault) = (id, Fault::Lost);
            self.emit(AgentEvent::CallFailed { effect, agent, fault, charged, jitter: None });
        }
        let account = self.run.agents.get(id).map(|agent| agent.account);
        self.emit(AgentEvent::AgentEnded { agent: id, end });
        if let Some(account) = account {
            self.unpark(account);
        }
    }

    /// An agent can't go on: whoever it worked for is told.
    pub(super) fn agent_gone(&mut self, id: AgentId, end: AgentEnd) {
        let Some(seat) = self.run.agents.get(id).filter(|agent| !agent.ended()).map(|agent| agent.seat)
        else {
            return;
        };
        self.dismiss(id, end.clone());
        match seat {
            Seat::Orchestrator => self.orchestrator_gone(),
            Seat::Triage => self.triage_gone(),
            Seat::Manager(section) => {
                let end = match end {
                    AgentEnd::Exhausted => SectionEnd::BudgetExhausted,
                    AgentEnd::Killed => SectionEnd::Killed,
                    AgentEnd::Finished
                    | AgentEnd::Idle
                    | AgentEnd::TooManyTurns
                    | AgentEnd::NoProgress
                    | AgentEnd::Late
                    | AgentEnd::Faulted { .. }
                    | AgentEnd::Broken => SectionEnd::Failed,
                };
                self.end_section(section, end);
            }
            Seat::Worker(attempt) => self.end_attempt(attempt, AttemptEnd::Abandoned { end }),
            Seat::Reviewer(attempt) => self.reviewer_gone(attempt, end),
            Seat::Adviser(opinion, _) | Seat::Synthesist(opinion) => self.go_on_with(opinion),
        }
    }

    /// Something of this machine broke under an effect. Whoever needs it can't go on; the others can.
    pub(super) fn broken(&mut self, id: EffectId, effect: &Effect, reason: String) {
        if let Effect::Call { agent, .. } = effect {
            let charged = self.run.ledger.reservation(id).map_or(Money::ZERO, |promise| promise.bound);
            let (effect, agent, fault) = (id, *agent, Fault::Lost);
            self.emit(AgentEvent::CallFailed { effect, agent, fault, charged, jitter: None });
        }
        self.emit(RunEvent::EffectBroken { effect: id, reason });
        match effect {
            Effect::Compose { agent } | Effect::Call { agent, .. } | Effect::Tool { agent, .. } => {
                self.agent_gone(*agent, AgentEnd::Broken);
            }
            Effect::Seal { attempt } => {
                self.end_attempt(*attempt, AttemptEnd::Abandoned { end: AgentEnd::Broken })
            }
            Effect::Check { subject, .. } | Effect::Merge { subject, .. } => self.seam_broken(*subject),
            Effect::SetUp { .. } => self.close(Cause::SetUpFailed),
            Effect::Publish { .. } => self.end_as(RunEnd::Failed),
        }
    }

    /// The Orchestrator can't go on. Before there is a plan that is the end; later the work goes on without it.
    fn orchestrator_gone(&mut self) {
        let orchestrator = self.run.orchestrator;
        self.drop_opinions(
            |asker| matches!(asker, Asker::Agent { agent, .. } if Some(agent) == orchestrator),
        );
        match self.run.stage {
            Stage::Planning => self.close(Cause::OrchestratorGone),
            Stage::Concluding(_) => self.publish(),
            Stage::Unborn
            | Stage::Advising
            | Stage::Approval
            | Stage::Working(_)
            | Stage::Joining(_)
            | Stage::Checking(_)
            | Stage::Publishing(_)
            | Stage::Ended(_) => self.decide_without_orchestrator(),
        }
    }
}

/// Whether nothing of its last reply needs another word of its own.
pub(super) fn all_settled(agent: &super::state::Agent) -> bool {
    agent.turns.last().is_none_or(|turn| {
        turn.slots.iter().all(|slot| match &slot.answer {
            Some(super::state::SlotAnswer::Control(answer)) => !matches!(
                answer,
                Answer::Refused { taken_up: false, .. }
                    | Answer::PlanFaulty { .. }
                    | Answer::PlanSentBack { .. }
                    | Answer::Owner { .. }
                    | Answer::Opinion { .. }
            ),
            Some(super::state::SlotAnswer::Tool { .. }) => false,
            None => false,
        })
    })
}

/// At most that many bytes of a text: what a model wrote must not make an event long.
pub(super) fn clipped(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

pub(super) fn unknown_tool(name: &str) -> String {
    format!("There is no tool {name:?}. Use only the tools that you were given.")
}

pub(super) fn not_yours(name: &str) -> String {
    format!(
        "{name} is not a tool of your role; the attempt is on record. Use only the tools that you were given."
    )
}
