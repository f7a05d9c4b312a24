//! From the intent to an approved plan.

use super::agents::clipped;
use super::event::{AgentEvent, Answer, Cause, MoneyEvent, PlanOutline, RunEvent, Seat, SectionOutline};
use super::input::Begin;
use super::state::Stage;
use super::step::{Draft, Refusal};
use crate::ledger::{Ledger, Purse, split};
use crate::limits::{PLAN_REPAIRS, REFUSAL_BYTES, REPORT_RESERVE_PCT};
use crate::plan_check;
use crate::words::*;

impl Draft<'_> {
    pub(super) fn begin(&mut self, begin: Begin) -> Result<(), Refusal> {
        let Begin { run, intent, base, catalogue, plan, preapproved, deadlines, stakes, question } = begin;
        if let Some(plan) = &plan {
            let mut faults = plan_check::faults(&plan.body);
            faults.extend(plan_check::unserved(&plan.body, &catalogue));
            if !faults.is_empty() {
                return Err(Refusal::PlanFaulty(faults));
            }
        }
        let counsel = match question {
            Some(question) => Some((self.owner_wants_opinion(&question, &catalogue)?, question)),
            None => None,
        };
        let Intent { total, reserve, stakes: wanted, .. } = intent.body;
        let stakes = StakesRule { all: stakes.all.max(wanted), ..stakes };
        let catalogue = Box::new(catalogue);
        let question = counsel.as_ref().map(|(_, question)| question.clone());
        self.emit(RunEvent::Began {
            run,
            intent: intent.blob,
            total,
            reserve,
            base: base.clone(),
            catalogue,
            preapproved,
            deadlines,
            stakes,
            question,
        });
        if let Some((sides, LoneQuestion { text, files, .. })) = counsel {
            let about = About::Question { text, files };
            self.ask_advisers(Asker::Owner, about, Ledger::RESERVE, base, sides);
            return Ok(());
        }
        let agent = self.run.agents.next();
        self.emit(AgentEvent::AgentSpawned {
            agent,
            seat: Seat::Orchestrator,
            seniority: Seniority::Principal,
            account: Ledger::RESERVE,
            scope: ToolSet::READ_ONLY,
        });
        match plan {
            Some(plan) => self.propose(&plan),
            None => self.begin_turn(agent),
        }
        Ok(())
    }

    /// The Orchestrator hands in a plan.
    pub(super) fn submit_plan(&mut self, agent: AgentId, index: u16, plan: &Lodged<Plan>) {
        if self.run.stage != Stage::Planning {
            return self.refuse(
                agent,
                index,
                "There is a plan already. To cut a section that came back, use replan.",
            );
        }
        let mut faults = plan_check::faults(&plan.body);
        faults.extend(plan_check::unserved(&plan.body, &self.run.catalogue));
        faults.extend(self.unadvised(&plan.body));
        if faults.is_empty() {
            return self.propose(plan);
        }
        self.plan_faulty(agent, index, faults);
        if self.run.plan_repairs > PLAN_REPAIRS {
            self.dismiss(agent, super::event::AgentEnd::Idle);
            self.close(Cause::OrchestratorGone);
        }
    }

    pub(super) fn plan_faulty(&mut self, agent: AgentId, index: u16, faults: Vec<String>) {
        let faults = faults.into_iter().map(|fault| clipped(fault, REFUSAL_BYTES)).collect();
        self.answer(agent, index, Answer::PlanFaulty { faults });
    }

    fn propose(&mut self, plan: &Lodged<Plan>) {
        let hash = plan.body.hash();
        let mut outline = outline(&plan.body);
        self.run.mark_stakes(&plan.body, self.pool(), &mut outline.sections);
        self.emit(RunEvent::PlanProposed { plan: plan.blob, hash, outline });
        if self.run.head.as_ref().is_some_and(|head| head.preapproved) {
            self.approve(hash, false);
        }
    }

    /// The plan may start: every Manager gets its money, and the first phase begins.
    pub(super) fn approve(&mut self, hash: Digest, seen: bool) {
        self.emit(RunEvent::PlanApproved { hash, seen });
        self.share_out();
        if let Some((agent, index)) = self.open_control_call(self.run.orchestrator) {
            self.answer(agent, index, Answer::PlanApproved);
        }
        self.leave_planning();
        self.begin_phase(PhaseId(0));
    }

    /// Opens the accounts of phases, Managers and crews, and moves the pool into them.
    fn share_out(&mut self) {
        let shares: Vec<_> = self.run.sections.iter().map(|(_, section)| section.outline.share).collect();
        let parts = split(self.run.ledger.free(Ledger::POOL), &shares);
        let phases: Vec<_> = self.run.phases.iter().map(|(id, _)| id).collect();
        for phase in phases {
            self.open_account(Ledger::RUN, Purse::Phase(phase), Money::ZERO);
        }
        let sections: Vec<_> = self.run.sections.iter().map(|(id, _)| id).collect();
        for (section, amount) in sections.into_iter().zip(parts) {
            self.open_section(section, Ledger::POOL, amount);
        }
    }

    /// Opens a section's accounts and moves its money in.
    pub(super) fn open_section(&mut self, section: SectionId, from: AccountId, amount: Money) {
        let phase = self.run.sections.get(section).and_then(|state| self.run.phases.get(state.outline.phase));
        let Some(parent) = phase.and_then(|phase| phase.account) else {
            return;
        };
        let manager = self.open_account(parent, Purse::Manager(section), Money::ZERO);
        self.transfer(from, manager, amount);
        let held_back = amount.fraction(REPORT_RESERVE_PCT, 100);
        self.open_account(manager, Purse::Crew(section), held_back);
    }

    pub(super) fn open_account(&mut self, parent: AccountId, purse: Purse, amount: Money) -> AccountId {
        let account = self.run.ledger.next_account();
        self.emit(MoneyEvent::AccountOpened { account, parent, purse, amount });
        account
    }

    /// Moves at most what is free, and wakes whoever waits for it.
    pub(super) fn transfer(&mut self, from: AccountId, to: AccountId, amount: Money) -> Money {
        let amount = amount.min(self.run.ledger.free(from));
        if !amount.is_zero() {
            self.emit(MoneyEvent::Transferred { from, to, amount });
            self.unpark(to);
            self.unpark_below(to);
        }
        amount
    }

    /// The call of an agent's last reply that waits for an answer of ours.
    pub(super) fn open_control_call(&self, agent: Option<AgentId>) -> Option<(AgentId, u16)> {
        let agent = agent?;
        let slots = self.run.agents.get(agent)?.slots();
        let open = slots.iter().position(|slot| slot.answer.is_none() && slot.tool.is_none())?;
        Some((agent, u16::try_from(open).ok()?))
    }
}

/// What the machine needs of a plan.
pub(super) fn outline(plan: &Plan) -> PlanOutline {
    PlanOutline {
        phases: plan.phases.iter().map(|phase| phase.name.clone()).collect(),
        sections: section_outlines(plan, None),
        criteria: u16::try_from(plan.definition_of_done.len()).unwrap_or(u16::MAX),
    }
}

/// The sections of a plan; all in one phase where that is given.
pub(super) fn section_outlines(plan: &Plan, phase: Option<PhaseId>) -> Vec<SectionOutline> {
    plan.sections()
        .enumerate()
        .map(|(place, (number, section))| SectionOutline {
            phase: phase.unwrap_or(PhaseId(u16::try_from(number).unwrap_or(u16::MAX))),
            name: section.name.clone(),
            share: section.budget_pct,
            seniority: section.seniority,
            capabilities: section.capabilities,
            grants_principal: section.grants_principal,
            place: u16::try_from(place).unwrap_or(u16::MAX),
            criteria: section.definition_of_done.iter().map(|criterion| criterion.id.clone()).collect(),
            needs: section.needs.clone(),
            delivers: section.delivers.clone(),
            stakes: section.stakes,
        })
        .collect()
}
