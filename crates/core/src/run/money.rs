//! Requests for money, and the Owner's hand on the total.

use super::event::{Answer, BudgetFacts, Cause, Decider, MoneyEvent, Notice, SectionEnd};
use super::state::{RequestState, SectionState, TaskStage};
use super::step::{Draft, Refusal};
use crate::ledger::Ledger;
use crate::limits::{NAMED_AT_MOST, REQUEST_DEADLINE_MS};
use crate::words::*;

impl Draft<'_> {
    /// A Manager wants money: the Orchestrator is asked, with the facts that it has to look at.
    pub(super) fn request_budget(&mut self, section: SectionId, index: u16, amount: Money, reason: BlobRef) {
        let request = self.run.requests.next();
        let deadline = self.at.plus(REQUEST_DEADLINE_MS);
        let facts = self.budget_facts(section);
        self.emit(MoneyEvent::BudgetRequested { request, section, amount, reason, index, deadline, facts });
        match self.run.orchestrator.filter(|_| self.orchestrator_can_speak()) {
            Some(orchestrator) => self.notify(orchestrator, Notice::BudgetRequest { request }),
            None => self.emit(MoneyEvent::BudgetReferred { request }),
        }
    }

    fn budget_facts(&self, section: SectionId) -> BudgetFacts {
        let tasks = self.run.sections.get(section).map(|state| state.tasks.as_slice()).unwrap_or_default();
        let merged = tasks
            .iter()
            .filter_map(|task| self.run.tasks.get(*task))
            .filter(|task| task.stage == TaskStage::Merged)
            .count();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        BudgetFacts {
            reserve: self.reserve_between_calls(),
            progress: (count(merged), count(tasks.len())),
            givable: self.givable(section),
        }
    }

    /// What the reserve has, counting what the Orchestrator's own call only holds.
    fn reserve_between_calls(&self) -> Money {
        let speaking = self.run.orchestrator.and_then(|id| self.run.agents.get(id));
        let held = speaking.map_or(Money::ZERO, |agent| self.promised_to(agent));
        self.run.ledger.free(Ledger::RESERVE).plus(held)
    }

    /// What others of the phase could give back: half of what is free to their workers, so that they can still finish.
    fn givable(&self, requester: SectionId) -> Vec<(SectionId, Money)> {
        let phase = self.run.sections.get(requester).map(|state| state.outline.phase);
        self.run
            .sections
            .iter()
            .filter(|(id, state)| {
                *id != requester && state.end.is_none() && Some(state.outline.phase) == phase
            })
            .filter(|(_, state)| self.is_at_work(state))
            .filter_map(|(id, state)| Some((id, self.run.ledger.available(state.crew?).fraction(1, 2))))
            .filter(|(_, amount)| !amount.is_zero())
            .collect()
    }

    /// Whether a section has a Manager: one that was given back keeps its money for those who replace it.
    fn is_at_work(&self, state: &SectionState) -> bool {
        let manager = state.manager.and_then(|manager| self.run.agents.get(manager));
        manager.is_some_and(|manager| !manager.ended())
    }

    /// The Orchestrator decides. What it has not got goes to the Owner.
    pub(super) fn decide_budget(
        &mut self,
        agent: AgentId,
        index: u16,
        request: RequestId,
        grant: Money,
        reason: BlobRef,
    ) {
        let Some(state) = self.run.requests.get(request).filter(|state| state.granted.is_none()) else {
            let why = self.no_such_request(request);
            return self.refuse(agent, index, why);
        };
        let section = state.section;
        let grant = grant.min(state.amount);
        let means = self.means(section);
        if grant > means {
            let why = format!(
                "{grant} is more than the {means} that can be moved, so the Owner is asked to decide on {request}. Nothing more is yours to do about it."
            );
            self.answer(agent, index, Answer::Refused { why, breach: None, taken_up: true });
            return self.emit(MoneyEvent::BudgetReferred { request });
        }
        self.answer(agent, index, Answer::Taken);
        self.grant(request, grant, Some(reason), Decider::Orchestrator);
    }

    fn no_such_request(&self, request: RequestId) -> String {
        let open = self.run.requests.iter().filter(|(_, state)| state.granted.is_none());
        let open: Vec<_> = open.map(|(id, _)| id.to_string()).take(NAMED_AT_MOST).collect();
        if open.is_empty() {
            return format!(
                "There is no open request {request}, nor any other. Go on; you are told when one comes."
            );
        }
        format!("There is no open request {request}. Decide on one of those that are: {}.", open.join(", "))
    }

    fn means(&self, section: SectionId) -> Money {
        let reserve = self.run.ledger.free(Ledger::RESERVE);
        self.givable(section).iter().map(|(_, amount)| *amount).sum::<Money>().plus(reserve)
    }

    /// Moves the money, the reserve's first, and tells the Manager.
    fn grant(&mut self, request: RequestId, amount: Money, reason: Option<BlobRef>, by: Decider) {
        let Some(RequestState { section, index, .. }) = self.run.requests.get(request).cloned() else {
            return;
        };
        let Some(state) = self.run.sections.get(section) else {
            return;
        };
        let (manager, account) = (state.manager, state.account);
        let mut open = amount;
        if let Some(account) = account {
            let givers = self.givable(section);
            open = open.minus(self.transfer(Ledger::RESERVE, account, open));
            for (giver, givable) in givers {
                let from = self.run.sections.get(giver).and_then(|state| state.account);
                if let Some(from) = from.filter(|_| !open.is_zero()) {
                    open = open.minus(self.transfer(from, account, givable.min(open)));
                }
            }
        }
        let granted = amount.minus(open);
        self.emit(MoneyEvent::BudgetDecided { request, granted, reason, by });
        if let Some(manager) = manager {
            self.answer_late(manager, index, Answer::Budget { request, granted, reason });
        }
    }

    /// Nobody decided in time.
    pub(super) fn expire_request(&mut self, request: RequestId) {
        if self.run.requests.get(request).is_some_and(|state| state.granted.is_none()) {
            self.grant(request, Money::ZERO, None, Decider::Deadline);
        }
    }

    /// The Owner decides on a request.
    pub(super) fn owner_decides(&mut self, request: RequestId, amount: Option<Money>) {
        let asked = self.run.requests.get(request).map_or(Money::ZERO, |state| state.amount);
        self.grant(request, amount.unwrap_or(asked), None, Decider::Owner);
    }

    /// Whether the Owner can give that much.
    pub(super) fn can_grant(&self, state: &RequestState, amount: Option<Money>) -> Result<(), Refusal> {
        let amount = amount.unwrap_or(state.amount);
        let means = self.means(state.section);
        if amount > means {
            return Err(Refusal::NotNow(format!(
                "{amount} is more than the {means} that can be moved; raise the total first with `trireme budget`"
            )));
        }
        Ok(())
    }

    /// The Owner sets another total; below what is gone, the run stops.
    pub(super) fn set_total(&mut self, total: Money) {
        let root = self.run.ledger.get(Ledger::RUN);
        let gone = root.map_or(Money::ZERO, |root| root.spent.plus(root.reserved));
        if gone > total {
            self.stop_all();
            self.settle_all(SectionEnd::BudgetExhausted);
            return self.close(Cause::TotalTooLow);
        }
        self.emit(MoneyEvent::TotalChanged { total });
        let parked: Vec<_> = self.run.parked.keys().copied().collect();
        for account in parked {
            self.unpark(account);
        }
    }
}
