//! Where an agent's next call goes: what it needs, what its job is pinned to, and who is well.

use super::Run;
use super::event::Seat;
use super::state::{AttemptState, TaskState};
use crate::catalogue::{Candidate, Pinned, Span};
use crate::health::{self, Health, Rest};
use crate::limits::{CALL_RETRIES, FAILOVERS};
use crate::router::{Demand, Needs, Route};
use crate::words::*;

impl Run {
    /// The models that may serve an agent, in the order in which the configuration names them.
    #[must_use]
    pub fn candidates_of(&self, id: AgentId) -> Vec<&Candidate> {
        let Some(agent) = self.agents.get(id) else { return Vec::new() };
        let usual = self.catalogue.candidates_for(self.pins_of(agent.seat), agent.seniority);
        let first = self.pin_of_role(agent.seat);
        first.into_iter().chain(usual.iter().filter(|candidate| Some(*candidate) != first)).collect()
    }

    /// The model of a worker's role. A promotion leaves it behind, for it buys more than the role has; so does a denied
    /// request for money.
    fn pin_of_role(&self, seat: Seat) -> Option<&Candidate> {
        let attempt = match seat {
            Seat::Worker(attempt) => self.attempts.get(attempt)?,
            Seat::Orchestrator
            | Seat::Triage
            | Seat::Manager(_)
            | Seat::Reviewer(_)
            | Seat::Adviser(..)
            | Seat::Synthesist(_) => return None,
        };
        let task = self.tasks.get(attempt.task)?;
        let is_cheaper = self.sections.get(task.section)?.ceiling.is_some();
        let role = self.role(task.outline.role.as_deref()?)?;
        role.pin.as_ref().filter(|_| attempt.seniority == task.outline.seniority && !is_cheaper)
    }

    /// Which models answer and which had better be left alone.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.health
    }

    /// A call of an agent that is made now for that much money.
    pub(super) fn demand(
        &self,
        id: AgentId,
        body_bytes: u64,
        available: Money,
        at: Millis,
    ) -> Option<Demand<'_>> {
        let agent = self.agents.get(id)?;
        Some(Demand {
            seniority: agent.seniority,
            pins: self.pins_of(agent.seat),
            first: self.pin_of_role(agent.seat),
            needs: Needs::AGENT,
            families: &self.catalogue.families,
            health: &self.health,
            body_bytes,
            available,
            span: Span::of_call(at),
            avoid: self.authors_judged_by(agent.seat),
            only: self.only_for(agent.seat),
        })
    }

    /// When a call that failed is made again; none where that is of no use.
    pub(super) fn again_at(&self, id: AgentId, failed: &str, fault: &Fault, pause_ms: u64) -> Option<Millis> {
        let tries = self.agents.get(id)?.tries;
        let is_of_use = if health::is_lasting(fault) {
            let other = self.other_than(failed, id);
            tries <= FAILOVERS && other.is_some_and(|rest| rest.is_none_or(|rest| !rest.is_shut))
        } else {
            fault.is_passing() && tries <= CALL_RETRIES
        };
        is_of_use.then(|| self.now.plus(self.pause_ms(id, failed, pause_ms)))
    }

    /// How long to wait before a call is made again: not at all where it goes to another model that is well.
    pub(super) fn pause_ms(&self, id: AgentId, failed: &str, pause_ms: u64) -> u64 {
        if self.other_than(failed, id) == Some(None) { 0 } else { pause_ms }
    }

    /// Whether an agent's next call goes to another model than that, and that one's rest if it rests too.
    fn other_than(&self, failed: &str, id: AgentId) -> Option<Option<Rest>> {
        let next = self.next_route(id).filter(|next| next.model != failed)?;
        Some(self.health.rest(&next.model, self.now))
    }

    /// Where an agent's next call would go, as far as can be said before it is put together. One that would have to wait
    /// for money goes where it will when it has it.
    fn next_route(&self, id: AgentId) -> Option<Route> {
        let agent = self.agents.get(id)?;
        let waits = self.waits_at(id, agent.widest, self.now).is_some();
        let available = if waits { Money::MAX } else { self.ledger.available(agent.account) };
        self.demand(id, agent.widest, available, self.now)?.route(&self.catalogue).ok()
    }

    /// The account whose promises a call has to wait for; none where waiting would not help, or is not needed.
    pub(super) fn waits_at(&self, id: AgentId, body_bytes: u64, at: Millis) -> Option<AccountId> {
        let wish = self.demand(id, body_bytes, Money::MAX, at)?.route(&self.catalogue);
        let wish = wish.map_or(Money::ZERO, |route| route.bound);
        let short = self.ledger.affords(self.agents.get(id)?.account, wish).err()?;
        (!short.reserved.is_zero()).then_some(short.account)
    }

    /// What the job of a seat may be pinned by, the most special first.
    pub(super) fn pins_of(&self, seat: Seat) -> &'static [Pinned] {
        let kind = |attempt| Some(self.task_of(attempt)?.outline.kind);
        match seat {
            Seat::Orchestrator => &[Pinned::Orchestrator],
            // It takes whatever its low seniority gives: the Orchestrator's pin would make it dear.
            Seat::Triage => &[],
            Seat::Manager(_) => &[Pinned::Manager],
            Seat::Worker(attempt) => match kind(attempt) {
                Some(TaskKind::Review) => &[Pinned::Review, Pinned::Worker],
                Some(TaskKind::Post) => &[Pinned::Post, Pinned::Worker],
                Some(TaskKind::Build) | None => &[Pinned::Build, Pinned::Worker],
            },
            Seat::Reviewer(attempt) => match kind(attempt) {
                Some(TaskKind::Review) => &[Pinned::Review, Pinned::Reviewer],
                // The task is to change files; whoever judges it does not.
                Some(TaskKind::Build | TaskKind::Post) | None => &[Pinned::Reviewer],
            },
            Seat::Adviser(..) => &[Pinned::Adviser],
            Seat::Synthesist(_) => &[Pinned::Synthesist],
        }
    }

    /// The models that wrote what a seat judges.
    fn authors_judged_by(&self, seat: Seat) -> Vec<String> {
        let attempt = match seat {
            Seat::Reviewer(attempt) => attempt,
            // Whoever weighs two answers had better have written neither.
            Seat::Synthesist(opinion) => return self.advisers_of(opinion),
            Seat::Orchestrator | Seat::Triage | Seat::Manager(_) | Seat::Worker(_) | Seat::Adviser(..) => {
                return Vec::new();
            }
        };
        let reviewed = self.task_of(attempt).map(|task| task.outline.reviews.as_slice()).unwrap_or_default();
        let last = |task: &TaskId| self.tasks.get(*task)?.attempts.last().copied();
        let attempts = reviewed.iter().filter_map(last).chain([attempt]);
        let author = |attempt: &AttemptState| self.agents.get(attempt.worker?)?.model.clone();
        attempts.filter_map(|attempt| author(self.attempts.get(attempt)?)).collect()
    }

    pub(super) fn task_of(&self, attempt: AttemptId) -> Option<&TaskState> {
        self.tasks.get(self.attempts.get(attempt)?.task)
    }
}
