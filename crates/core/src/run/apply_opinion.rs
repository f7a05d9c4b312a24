//! `apply` for second opinions.

use super::Run;
use super::event::{OpinionEvent, Seat};
use super::state::*;
use crate::limits::{OPINION_DEADLINE_MS, SYNTHESIS_DEADLINE_MS};
use crate::words::*;

impl Run {
    pub(super) fn apply_opinion(&mut self, event: &OpinionEvent) {
        match event {
            OpinionEvent::OpinionAsked {
                opinion,
                asker,
                about,
                account,
                base,
                sides,
                difference,
                deadline,
            } => {
                let state = OpinionState {
                    asker: *asker,
                    about: about.clone(),
                    account: *account,
                    base: base.clone(),
                    sides: sides.clone().map(SideState::of),
                    difference: *difference,
                    deadline: *deadline,
                    synthesist: None,
                    synthesis: None,
                    end: None,
                };
                self.timers.insert((*deadline, Timer::Opinion(*opinion)));
                self.begin_with(*asker, *opinion);
                self.opinions.push(state);
            }
            OpinionEvent::OpinionUnavailable { section, why } => {
                if let Some(section) = self.sections.get_mut(*section) {
                    section.no_opinion = Some(why.clone());
                }
            }
            OpinionEvent::OpinionGiven { opinion, side, answer, confidence } => {
                if let Some(side) = self.side_mut(*opinion, *side) {
                    side.answer = Some((*answer, *confidence));
                }
            }
            OpinionEvent::SynthesisBegan { opinion, deadline } => {
                self.set_opinion_deadline(*opinion, *deadline)
            }
            OpinionEvent::Synthesized { opinion, synthesis, agreements, disagreements } => {
                if let Some(state) = self.opinions.get_mut(*opinion) {
                    state.synthesis = Some((*synthesis, *agreements, *disagreements));
                }
            }
            OpinionEvent::OpinionClosed { opinion, end } => {
                if let Some(state) = self.opinions.get_mut(*opinion) {
                    state.end = Some(*end);
                    self.timers.remove(&(state.deadline, Timer::Opinion(*opinion)));
                }
            }
        }
    }

    /// A section's Manager begins with the opinion that was asked for it.
    fn begin_with(&mut self, asker: Asker, opinion: OpinionId) {
        let Asker::Section(section) = asker else { return };
        if let Some(section) = self.sections.get_mut(section) {
            section.opinion = Some(opinion);
        }
    }

    /// Gives an adviser or a Synthesist its place.
    pub(super) fn seat_counsel(&mut self, opinion: OpinionId, seat: Seat, agent: AgentId) {
        match seat {
            Seat::Adviser(_, side) => {
                if let Some(side) = self.side_mut(opinion, side) {
                    side.agent = Some(agent);
                }
            }
            Seat::Synthesist(_) => {
                if let Some(state) = self.opinions.get_mut(opinion) {
                    state.synthesist = Some(agent);
                }
            }
            Seat::Orchestrator | Seat::Triage | Seat::Manager(_) | Seat::Worker(_) | Seat::Reviewer(_) => {}
        }
    }

    /// Another model is asked for an adviser.
    pub(super) fn apply_adviser_call(&mut self, agent: AgentId, model: &str) {
        let Some(Seat::Adviser(opinion, side)) = self.agents.get(agent).map(|agent| agent.seat) else {
            return;
        };
        if let Some(side) = self.side_mut(opinion, side)
            && !side.models.iter().any(|asked| asked == model)
        {
            side.models.push(model.to_owned());
        }
    }

    fn side_mut(&mut self, opinion: OpinionId, side: u8) -> Option<&mut SideState> {
        self.opinions.get_mut(opinion)?.sides.get_mut(usize::from(side))
    }

    fn set_opinion_deadline(&mut self, opinion: OpinionId, deadline: Millis) {
        if let Some(state) = self.opinions.get_mut(opinion) {
            self.timers.remove(&(state.deadline, Timer::Opinion(opinion)));
            state.deadline = deadline;
            self.timers.insert((deadline, Timer::Opinion(opinion)));
        }
    }

    /// Nobody could be called while the run stood still: whoever is waited for gets the whole time once more.
    pub(super) fn give_opinions_time_again(&mut self, at: Millis) {
        let open = self.opinions.iter().filter(|(_, state)| state.end.is_none());
        let open: Vec<_> = open
            .map(|(id, state)| match state.synthesist {
                Some(_) => (id, at.plus(SYNTHESIS_DEADLINE_MS)),
                None => (id, at.plus(OPINION_DEADLINE_MS)),
            })
            .collect();
        for (id, deadline) in open {
            self.set_opinion_deadline(id, deadline);
        }
    }
}

impl SideState {
    const fn of(side: Side) -> Self {
        Self { side, agent: None, models: Vec::new(), answer: None }
    }
}
