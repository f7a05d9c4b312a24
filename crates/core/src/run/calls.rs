//! The way of a call: put together, funded, sent, answered or failed.

use super::agents::clipped;
use super::ask::Ask;
use super::event::{AgentEnd, AgentEvent, MoneyEvent, Notice, Seat};
use super::state::{Agent, AgentState};
use super::step::Draft;
use super::wakes::first_matters;
use crate::catalogue::Span;
use crate::ledger::Ledger;
use crate::limits::{CALLS_PER_REPLY, IDLE_REPLIES, NAME_BYTES, REPORT_TURNS, RETRY_BASE_MS, RETRY_MAX_MS};
use crate::router::Route;
use crate::words::*;

impl Draft<'_> {
    /// The next turn of an agent, with everything that it has to be told.
    pub(super) fn begin_turn(&mut self, id: AgentId) {
        let Some(agent) = self.run.agents.get(id).filter(|agent| !agent.ended()) else {
            return;
        };
        if agent.turns.len() >= usize::from(self.turns_max(agent.seat)) {
            return self.agent_gone(id, AgentEnd::TooManyTurns);
        }
        if !self.gets_somewhere(id) {
            return;
        }
        self.leave_last_matter(id);
        let notices = self.run.agents.get(id).map(|agent| agent.notices.clone()).unwrap_or_default();
        let mut notices = first_matters(notices);
        notices.sort_by_key(|notice| std::cmp::Reverse(self.urgency(notice)));
        notices.extend(self.purse_of(id));
        let effect = self.next_effect();
        self.emit(AgentEvent::TurnBegan { agent: id, effect, notices });
    }

    fn urgency(&self, notice: &Notice) -> Option<Priority> {
        match notice {
            Notice::Memo { memo } => self.run.memos.get(*memo).map(|memo| memo.priority),
            Notice::Purse { .. }
            | Notice::Unanswered { .. }
            | Notice::NoTool
            | Notice::Truncated
            | Notice::NoProgress { .. }
            | Notice::NotesWanted
            | Notice::BudgetRequest { .. }
            | Notice::TooLarge { .. }
            | Notice::FellShort { .. }
            | Notice::Revise { .. }
            | Notice::Closing => Some(Priority::Urgent),
        }
    }

    /// Each turn of a Manager starts with its money.
    fn purse_of(&self, id: AgentId) -> Option<Notice> {
        let agent = self.run.agents.get(id)?;
        let Seat::Manager(section) = agent.seat else { return None };
        let spent = self.run.ledger.get(agent.account)?.spent;
        let limit = self.run.ledger.limit(agent.account);
        let crew = self.run.sections.get(section)?.crew;
        Some(Notice::Purse { spent, limit, for_workers: crew.map(|crew| self.run.ledger.available(crew)) })
    }

    /// A request is put together: promise money for it, wait for money, or refuse.
    pub(super) fn fund(&mut self, id: AgentId, body_bytes: u64) {
        let Some(agent) = self.run.agents.get(id) else {
            return;
        };
        let account = agent.account;
        if self.compacts(id, body_bytes) {
            return;
        }
        let waits = self.run.waits_at(id, body_bytes, self.at).is_some() || self.run.waits_beside(id);
        if self.run.paused || waits {
            return self.emit(AgentEvent::Parked { agent: id, body_bytes });
        }
        let available = self.run.ledger.available(account);
        let Some(demand) = self.run.demand(id, body_bytes, available, self.at) else {
            return;
        };
        let beside = self.run.parked_beside(id);
        match demand.route(&self.run.catalogue) {
            Ok(Route { model, effort, max_tokens, bound, losers }) => {
                let effect = self.next_effect();
                let agent = id;
                self.emit(AgentEvent::Reserved {
                    effect,
                    agent,
                    account,
                    model,
                    effort,
                    max_tokens,
                    bound,
                    body_bytes,
                    losers,
                });
            }
            Err(losers) => {
                self.emit(AgentEvent::CallRefused { agent: id, losers, body_bytes: Some(body_bytes) });
                self.agent_gone(id, AgentEnd::Exhausted);
            }
        }
        // The other side of an opinion waited only for this call, so that both leave together.
        if let Some(account) = beside {
            self.unpark(account);
        }
    }

    /// Money came back at an account: whoever waits for it there, or above, may have it at the end of this input.
    pub(super) fn unpark(&mut self, account: AccountId) {
        if !self.run.parked.is_empty() {
            self.woken.push(account);
        }
    }

    /// More money is at an account: those who wait anywhere below it may have it too.
    pub(super) fn unpark_below(&mut self, account: AccountId) {
        let is_below = |queue: &AccountId| {
            let up = |id: &AccountId| self.run.ledger.get(*id).and_then(|above| above.parent);
            std::iter::successors(Some(*queue), up).any(|above| above == account)
        };
        let queues: Vec<_> = self.run.parked.keys().copied().filter(is_below).collect();
        self.woken.extend(queues);
    }

    /// Funds those who wait where money came back. A paused run promises nothing new; going on wakes everybody.
    pub(super) fn wake(&mut self) {
        if self.run.paused {
            self.woken.clear();
        }
        while let Some(account) = self.woken.pop() {
            let path = std::iter::successors(Some(account), |id| {
                self.run.ledger.get(*id).and_then(|above| above.parent)
            });
            let queues: Vec<_> = path.filter(|id| self.run.parked.contains_key(id)).collect();
            for queue in queues {
                while self.fund_first(queue) {}
            }
        }
    }

    /// Funds whoever has waited longest at an account, if that ends the waiting there; first come, first served.
    fn fund_first(&mut self, queue: AccountId) -> bool {
        let Some(first) = self.run.parked.get(&queue).and_then(|waiting| waiting.front().copied()) else {
            return false;
        };
        let Some(AgentState::Parked { body_bytes, .. }) =
            self.run.agents.get(first).map(|agent| &agent.state)
        else {
            return false;
        };
        let body_bytes = *body_bytes;
        if self.run.waits_at(first, body_bytes, self.at) == Some(queue) || self.run.waits_beside(first) {
            return false;
        }
        self.fund(first, body_bytes);
        true
    }

    /// A model answered.
    pub(super) fn replied(
        &mut self,
        effect: EffectId,
        id: AgentId,
        reply: Reply,
        content: BlobRef,
        mut asks: Vec<Ask>,
    ) {
        let Some(reservation) = self.run.ledger.reservation(effect).copied() else {
            return;
        };
        let model = match self.run.owed.get(&effect) {
            Some(super::Effect::Call { model, .. }) => model.clone(),
            _ => return,
        };
        // A provider that says nothing about usage may have billed up to the bound.
        let span = Span::ended(self.at, reply.latency_ms);
        let billed = reply.usage.and_then(|usage| self.run.catalogue.cost(&model, &usage, span));
        let cost = billed.unwrap_or(reservation.bound);
        asks.truncate(CALLS_PER_REPLY);
        let calls = asks.iter().map(|ask| clipped(ask.name().to_owned(), NAME_BYTES)).collect();
        let stop = reply.stop;
        self.emit(AgentEvent::Replied { effect, agent: id, content, reply, cost, calls });
        if cost > reservation.bound {
            self.emit(MoneyEvent::Overran { effect, bound: reservation.bound, cost });
        }
        self.hear(id, stop, asks);
        self.unpark(reservation.account);
    }

    fn hear(&mut self, id: AgentId, stop: Stop, asks: Vec<Ask>) {
        let Some(agent) = self.run.agents.get(id) else {
            return;
        };
        let seat = agent.seat;
        let may_rest = agent.seat == Seat::Orchestrator && !self.is_wanted();
        if asks.is_empty() && !may_rest {
            if agent.idle >= IDLE_REPLIES || seat == Seat::Triage {
                return self.agent_gone(id, AgentEnd::Idle);
            }
            let notice = if stop == Stop::MaxTokens { Notice::Truncated } else { Notice::NoTool };
            self.emit(AgentEvent::Noticed { agent: id, notice });
        }
        let mut after_tool = false;
        for (index, ask) in asks.into_iter().enumerate() {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            after_tool |= ask.is_of_workspace();
            self.ask(id, index, ask, after_tool);
        }
        if seat == Seat::Triage {
            // One call, and no second one.
            return self.agent_gone(id, AgentEnd::Idle);
        }
        self.pump(id);
    }

    /// A model did not answer: charge what may have been billed, then try again or give up.
    pub(super) fn faulted(&mut self, effect: EffectId, id: AgentId, fault: Fault, jitter: u16) {
        let Some(reservation) = self.run.ledger.reservation(effect).copied() else {
            return;
        };
        let model = match self.run.owed.get(&effect) {
            Some(super::Effect::Call { model, .. }) => model.clone(),
            _ => return,
        };
        let charged = if fault.is_unbilled() { Money::ZERO } else { reservation.bound };
        let (agent, spread) = (id, Some(jitter));
        self.emit(AgentEvent::CallFailed { effect, agent, fault: fault.clone(), charged, jitter: spread });
        if matches!(fault, Fault::ContextTooLong { .. }) && self.compacts_after_fault(id) {
            return self.unpark(reservation.account);
        }
        let tries = self.run.agents.get(id).map_or(u8::MAX, |agent| agent.tries);
        let pause_ms = pause_ms(&fault, tries.saturating_sub(1), jitter);
        match self.run.again_at(id, &model, &fault, pause_ms) {
            Some(at) => self.emit(AgentEvent::RetryPlanned { agent: id, at }),
            None => self.agent_gone(id, AgentEnd::Faulted { fault }),
        }
        self.unpark(reservation.account);
    }

    /// A call waited in vain, or the run stands still: it is put together again when it, or another one, can leave.
    pub(super) fn unsent(&mut self, effect: EffectId, id: AgentId, resumes_in_ms: Option<u64>) {
        let Some(reservation) = self.run.ledger.reservation(effect).copied() else {
            return;
        };
        let model = match self.run.owed.get(&effect) {
            Some(super::Effect::Call { model, .. }) => model.clone(),
            _ => return,
        };
        self.emit(AgentEvent::CallUnsent { effect, agent: id, resumes_in_ms });
        let pause_ms = resumes_in_ms.unwrap_or(0).min(RETRY_MAX_MS * 10);
        let at = self.at.plus(self.run.pause_ms(id, &model, pause_ms));
        self.emit(AgentEvent::RetryPlanned { agent: id, at });
        self.unpark(reservation.account);
    }

    /// The pause before a retry is over.
    pub(super) fn begin_retry(&mut self, id: AgentId) {
        let effect = self.next_effect();
        self.emit(AgentEvent::RetryBegan { agent: id, effect });
    }

    /// Whether the Orchestrator could pay another call at all; without money nobody asks it.
    pub(super) fn orchestrator_can_speak(&self) -> bool {
        let Some(id) = self.run.orchestrator else {
            return false;
        };
        let Some(agent) = self.run.agents.get(id) else {
            return false;
        };
        let turns_left = agent.turns.len() + REPORT_TURNS < usize::from(self.turns_max(agent.seat));
        let available = self.run.ledger.available(Ledger::RESERVE).plus(self.promised_to(agent));
        let demand = self.run.demand(id, agent.widest, available, self.at);
        !agent.ended() && turns_left && demand.is_some_and(|demand| demand.route(&self.run.catalogue).is_ok())
    }

    /// What an agent's own call holds, and gives back for the most part before the agent speaks again.
    pub(super) fn promised_to(&self, agent: &Agent) -> Money {
        let promise = agent.effect().and_then(|effect| self.run.ledger.reservation(effect));
        promise.map_or(Money::ZERO, |promise| promise.bound)
    }
}

/// Full jitter on a pause that doubles; a provider that names a pause is obeyed.
fn pause_ms(fault: &Fault, tries: u8, jitter: u16) -> u64 {
    let doubled = RETRY_BASE_MS.saturating_mul(1 << tries.min(16)).min(RETRY_MAX_MS);
    let spread = doubled * u64::from(jitter.min(1_000)) / 1_000;
    match fault {
        Fault::RateLimited { retry_after_ms: Some(pause) } => (*pause).min(RETRY_MAX_MS * 10),
        // The process was gone long enough.
        Fault::Lost => 0,
        Fault::RateLimited { retry_after_ms: None }
        | Fault::Unreachable { .. }
        | Fault::Overloaded
        | Fault::Server { .. }
        | Fault::Auth { .. }
        | Fault::Billing { .. }
        | Fault::ContextTooLong { .. }
        | Fault::BadRequest { .. }
        | Fault::Cut { .. }
        | Fault::Timeout
        | Fault::WrongModel { .. }
        | Fault::Garbled { .. } => spread,
    }
}
