//! The Orchestrator after the approval: it sees conclusions, never transcripts.
//!
//! What it read and said while it planned is left behind when the plan is approved, and each later matter begins with the
//! intent, the plan in short and its last decisions. So its requests are as long in the hundredth section as in the first.

use super::Run;
use super::agents::all_settled;
use super::event::{Notice, Seat};
use super::progress::is_news;
use super::state::Agent;
use super::step::Draft;
use crate::limits::{ADVISER_TURNS, MATTERS_AT_ONCE, ORCHESTRATOR_TURNS, SECTIONS_AT_ONCE, TURNS};
use crate::words::*;

impl Draft<'_> {
    /// The plan is approved: what led to it is left behind.
    pub(super) fn leave_planning(&mut self) {
        let planner = self.run.orchestrator.and_then(|id| Some((id, self.run.agents.get(id)?)));
        if let Some((id, _)) = planner.filter(|(_, agent)| !agent.turns.is_empty() && !agent.ended()) {
            self.leave_behind(id, None);
        }
    }

    /// The next turn of the Orchestrator begins: a new matter begins without what was before, once nothing of that is open.
    pub(super) fn leave_last_matter(&mut self, id: AgentId) {
        let Some(agent) = self.run.agents.get(id).filter(|agent| agent.seat == Seat::Orchestrator) else {
            return;
        };
        let is_new = agent.notices.iter().any(is_news) && all_settled(agent) && self.run.is_approved();
        let has_past = agent.turns.len() > agent.compaction.shown.from as usize;
        if is_new && has_past && !self.is_in_the_midst(agent) {
            self.leave_behind(id, None);
        }
    }

    /// Whether the Orchestrator was told of something that is not settled.
    fn is_in_the_midst(&self, agent: &Agent) -> bool {
        let is_told = |matter: &Notice| !agent.notices.contains(matter);
        let requests =
            self.run.requests.iter().filter(|(_, state)| state.granted.is_none() && !state.referred);
        let requests = requests.map(|(request, _)| Notice::BudgetRequest { request });
        let replans = self.run.awaiting_replan();
        let replans = replans.map(|(section, state)| Run::replan_notice(section, state));
        requests.chain(replans).any(|matter| is_told(&matter))
    }

    /// How many turns an agent may take in its life: the Orchestrator serves very many sections, one matter at a time.
    pub(super) fn turns_max(&self, seat: Seat) -> u16 {
        match seat {
            Seat::Orchestrator if self.run.is_approved() => ORCHESTRATOR_TURNS,
            Seat::Adviser(..) | Seat::Synthesist(_) => ADVISER_TURNS,
            Seat::Triage | Seat::Orchestrator | Seat::Manager(_) | Seat::Worker(_) | Seat::Reviewer(_) => {
                TURNS
            }
        }
    }
}

/// Of what an agent has to be told, so much as one turn takes; the rest waits for the next one.
pub(super) fn first_matters(notices: Vec<Notice>) -> Vec<Notice> {
    let (mut matters, mut sections) = (0, 0);
    let is_in_time = |notice: &Notice| {
        let is_section = matches!(notice, Notice::TooLarge { .. } | Notice::FellShort { .. });
        let is_matter = is_section || matches!(notice, Notice::BudgetRequest { .. });
        let has_room = matters < MATTERS_AT_ONCE && (!is_section || sections < SECTIONS_AT_ONCE);
        matters += usize::from(is_matter && has_room);
        sections += usize::from(is_section && has_room);
        !is_matter || has_room
    };
    notices.into_iter().filter(is_in_time).collect()
}
