//! Who may answer for either side of a second opinion. It is settled before anybody is asked and holds for every call of
//! that side, so that no failover can make the two sides one.

use super::Run;
use super::event::Seat;
use super::state::{AgentState, OpinionState};
use crate::catalogue::{Pinned, Span};
use crate::router::{Demand, Needs};
use crate::words::*;

/// The two sides, and in what they differ.
pub(super) struct Sides {
    pub(super) sides: [Side; 2],
    pub(super) difference: Difference,
}

/// What to do where nobody can be asked.
const CONFIGURE: &str = "name models of two makers under [seniority] principal, or under [pins] adviser = [\"…\", \"…\"], and set the keys of both";

impl Run {
    /// Two sides of different families; where only one family can be had, two models of it.
    ///
    /// # Errors
    /// What to configure, where there is only one model or none.
    pub(super) fn sides(&self, seniority: Seniority, at: Millis) -> Result<Sides, String> {
        let first = self.would_answer(seniority, None, at);
        let Some((own, model)) = first else {
            return Err(format!("no model here can give an opinion; {CONFIGURE}"));
        };
        let family = self.catalogue.models.get(&model).map(|row| row.family.clone()).unwrap_or_default();
        let other_family = Only::OtherFamily(family.clone());
        if let Some((other, _)) = self.would_answer(seniority, Some(&other_family), at) {
            let sides = [
                Side { seniority: own, only: Only::Family(family) },
                Side { seniority: other, only: other_family },
            ];
            return Ok(Sides { sides, difference: Difference::Family });
        }
        let other_model = Only::OtherModel(model.clone());
        match self.would_answer(seniority, Some(&other_model), at) {
            Some((other, _)) => {
                let sides = [
                    Side { seniority: own, only: Only::Model(model) },
                    Side { seniority: other, only: other_model },
                ];
                Ok(Sides { sides, difference: Difference::Model })
            }
            None => Err(format!(
                "a second opinion needs two models, and {model} is the only one here; {CONFIGURE}"
            )),
        }
    }

    /// The model that would answer, at that seniority or at the nearest one below that has any.
    fn would_answer(
        &self,
        seniority: Seniority,
        only: Option<&Only>,
        at: Millis,
    ) -> Option<(Seniority, String)> {
        let ranks = Seniority::ALL.into_iter().rev().filter(|rank| *rank <= seniority);
        ranks.into_iter().find_map(|seniority| {
            let demand = Demand {
                seniority,
                pins: &[Pinned::Adviser],
                first: None,
                needs: Needs::AGENT,
                families: &self.catalogue.families,
                health: &self.health,
                body_bytes: 0,
                available: Money::MAX,
                span: Span::of_call(at),
                avoid: Vec::new(),
                only,
            };
            Some((seniority, demand.route(&self.catalogue).ok()?.model))
        })
    }

    /// The only models that may answer for a seat.
    pub(super) fn only_for(&self, seat: Seat) -> Option<&Only> {
        let Seat::Adviser(opinion, side) = seat else { return None };
        Some(&self.opinions.get(opinion)?.sides.get(usize::from(side))?.side.only)
    }

    /// The models that wrote the two answers that a Synthesist makes one of.
    pub(super) fn advisers_of(&self, opinion: OpinionId) -> Vec<String> {
        let sides = self.opinions.get(opinion).map(|state| state.sides.as_slice()).unwrap_or_default();
        sides.iter().filter_map(|side| self.agents.get(side.agent?)?.model.clone()).collect()
    }

    /// Whether an adviser's first call has to wait for the other side's: both leave before either can be answered.
    pub(super) fn waits_beside(&self, agent: AgentId) -> bool {
        let is_first = self.agents.get(agent).is_some_and(|agent| agent.turns.len() == 1);
        let other = self.other_side(agent).and_then(|other| self.agents.get(other));
        is_first
            && other.is_some_and(|other| {
                other.turns.len() == 1 && matches!(other.state, AgentState::Composing(_))
            })
    }

    /// The account at which the adviser of the other side waits.
    pub(super) fn parked_beside(&self, agent: AgentId) -> Option<AccountId> {
        match self.agents.get(self.other_side(agent)?)?.state {
            AgentState::Parked { account, .. } => Some(account),
            AgentState::Composing(_)
            | AgentState::Calling(_)
            | AgentState::Pausing(_)
            | AgentState::Acting
            | AgentState::Resting
            | AgentState::Ended(_) => None,
        }
    }

    fn other_side(&self, agent: AgentId) -> Option<AgentId> {
        let Seat::Adviser(opinion, side) = self.agents.get(agent)?.seat else { return None };
        self.opinions.get(opinion)?.sides.get(usize::from(1 - side.min(1)))?.agent
    }

    /// The section that pays for an opinion, if it is a section's.
    #[must_use]
    pub fn section_of_opinion(&self, opinion: OpinionId) -> Option<SectionId> {
        match self.opinions.get(opinion)?.asker {
            Asker::Section(section) => Some(section),
            // Whoever asks is no adviser, so this goes no deeper.
            Asker::Agent { agent, .. } => self.section_of(agent),
            Asker::Owner => None,
        }
    }

    /// The sides in the order in which a Synthesist is shown them: it depends on the run's name and nothing that happened,
    /// so it tells nothing of who is who or who was first.
    #[must_use]
    pub fn shown_order(&self, opinion: OpinionId) -> [usize; 2] {
        let run = self.head.as_ref().map(|head| head.id.to_string()).unwrap_or_default();
        let drawn = Digest::of_parts([run.as_bytes(), opinion.to_string().as_bytes()]);
        let is_turned = drawn.bytes().first().is_some_and(|byte| byte & 1 == 1);
        if is_turned { [1, 0] } else { [0, 1] }
    }
}

impl OpinionState {
    /// How many answers came.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.sides.iter().filter(|side| side.answer.is_some()).count()
    }
}
