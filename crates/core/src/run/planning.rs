//! From the intent to an approved plan.

use super::again::ProposalBlobs;
use super::agents::clipped;
use super::direct::held_back;
use super::event::{Answer, Cause, MoneyEvent, OnlyTask, PlanAuthor, PlanOutline, RunEvent, SectionOutline};
use super::input::{Begin, Proposal};
use super::managers::shape;
use super::scopes::{beyond_run, of_section};
use super::state::Stage;
use super::step::{Draft, Refusal};
use crate::catalogue::Catalogue;
use crate::ledger::{Ledger, Purse, split};
use crate::limits::{PLAN_REPAIRS, REFUSAL_BYTES};
use crate::plan_check;
use crate::survey::Surveyed;
use crate::words::*;

impl Draft<'_> {
    pub(super) fn begin(&mut self, begin: Begin) -> Result<(), Refusal> {
        let Begin { plan, path, shortcut, .. } = begin;
        let given = plan.map(|plan| Proposal { plan, contract: None });
        for proposal in given.iter().chain(&shortcut) {
            sound(proposal, &begin.catalogue, &begin.scope, &begin.intent.body.checks)?;
            let unheeded = plan_check::unheeded(&proposal.plan.body, &begin.intent.body.checks);
            if !unheeded.is_empty() {
                return Err(Refusal::PlanFaulty(unheeded));
            }
        }
        let counsel = match &begin.question {
            Some(question) => Some((self.owner_wants_opinion(question, &begin.catalogue)?, question.clone())),
            None => None,
        };
        let Intent { total, reserve, stakes: wanted, .. } = begin.intent.body;
        let checks = begin.intent.body.checks.clone();
        let stakes = StakesRule { all: begin.stakes.all.max(wanted), ..begin.stakes };
        self.emit(RunEvent::Began {
            run: begin.run,
            intent: begin.intent.blob,
            total,
            reserve,
            base: begin.base.clone(),
            catalogue: Box::new(begin.catalogue),
            preapproved: begin.preapproved,
            deadlines: begin.deadlines,
            stakes,
            question: begin.question,
            roles: begin.roles,
            checks,
            setups: begin.setups,
            scope: Box::new(begin.scope),
            foreign: begin.foreign.map(Box::new),
            shortcut: shortcut.as_ref().map(|proposal| Box::new(ProposalBlobs::of(proposal))),
        });
        if let Some((sides, LoneQuestion { text, files, .. })) = counsel {
            let about = About::Question { text, files };
            self.ask_advisers(Asker::Owner, about, Ledger::RESERVE, begin.base, sides);
            return Ok(());
        }
        match (given, path, shortcut) {
            (Some(plan), ..) => {
                self.spawn_orchestrator();
                self.propose(&plan, PlanAuthor::Owner);
            }
            (None, Some(Path::Orchestrate), _) => {
                let (path, reason) = (Path::Orchestrate, "as the Owner said".to_owned());
                self.emit(RunEvent::Triaged { triage: Triage { path, reason, by: TriagedBy::Owner } });
                self.begin_planning();
            }
            (None, path, Some(shortcut)) => self.begin_triage(&begin.intent.body, path, &shortcut),
            (None, _, None) => self.begin_planning(),
        }
        Ok(())
    }

    /// The Orchestrator hands in a plan.
    pub(super) fn submit_plan(&mut self, agent: AgentId, index: u16, plan: &Surveyed<Plan>) {
        if self.run.stage != Stage::Planning {
            return self.refuse(
                agent,
                index,
                "There is a plan already. To put others in the place of a section, use replan.",
            );
        }
        let Surveyed { document: plan, survey } = plan;
        let proposal = Proposal { plan: plan.clone(), contract: None };
        let mut faults = match sound(&proposal, &self.run.catalogue, &self.run.scope(), self.run.checks()) {
            Ok(()) => Vec::new(),
            Err(Refusal::PlanFaulty(faults)) => faults,
            Err(other) => vec![other.to_string()],
        };
        faults.extend(plan_check::unconstrained(&plan.body));
        faults.extend(self.undecided(&plan.body));
        faults.extend(self.unadvised(&plan.body));
        faults.extend(plan_check::unheeded(&plan.body, self.run.checks()));
        faults.extend(survey.faults.iter().cloned());
        if faults.is_empty() {
            return self.propose(&proposal, PlanAuthor::Orchestrator);
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

    pub(super) fn propose(&mut self, proposal: &Proposal, author: PlanAuthor) {
        let plan = &proposal.plan;
        self.emit_plan(plan.blob, plan.body.hash(), self.marked(proposal), author);
    }

    /// What the machine needs of a plan, with what hangs on each of its sections.
    pub(super) fn marked(&self, proposal: &Proposal) -> PlanOutline {
        let mut outline = outline(proposal, &self.run.scope());
        self.run.mark_stakes(&proposal.plan.body, self.pool(), &mut outline.sections);
        outline
    }

    pub(super) fn emit_plan(
        &mut self,
        plan: BlobRef,
        hash: Digest,
        outline: PlanOutline,
        author: PlanAuthor,
    ) {
        self.emit(RunEvent::PlanProposed { plan, hash, outline, author });
        if self.run.head.as_ref().is_some_and(|head| head.preapproved) {
            self.approve(hash, false);
        }
    }

    /// The plan may start: every Manager gets its money, and the first phase begins.
    pub(super) fn approve(&mut self, hash: Digest, seen: bool) {
        self.emit(RunEvent::PlanApproved { hash, seen });
        self.share_out();
        if let Some((agent, index)) = self.open_control_call(self.run.orchestrator) {
            let edited = self.run.plan.as_ref().filter(|plan| plan.author == PlanAuthor::Owner);
            let edited = edited.map(|plan| Answer::PlanEdited { plan: plan.plan });
            self.answer(agent, index, edited.unwrap_or(Answer::PlanApproved));
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
        let held_back = held_back(self.run.sections.get(section), amount);
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

/// Whether a plan may be shown to the Owner.
pub(super) fn sound(
    proposal: &Proposal,
    catalogue: &Catalogue,
    granted: &Scope,
    checks: &[String],
) -> Result<(), Refusal> {
    let plan = &proposal.plan.body;
    let mut faults = plan_check::faults(plan);
    faults.extend(plan_check::unserved(plan, catalogue));
    faults.extend(beyond_run(plan, granted, checks));
    if proposal.contract.is_none() && plan.sections().any(|(_, section)| section.unmanaged) {
        faults
            .push("unmanaged is for the engine's own plans: every section of yours has a Manager".to_owned());
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::PlanFaulty(faults)) }
}

/// What the machine needs of a plan.
pub(crate) fn outline(proposal: &Proposal, granted: &Scope) -> PlanOutline {
    let plan = &proposal.plan.body;
    let mut sections = section_outlines(plan, None, granted);
    if let Some((section, contract)) = sections.first_mut().zip(proposal.contract.as_ref()) {
        section.only = Some(Box::new(only_task(contract, &section.capabilities)));
    }
    PlanOutline {
        phases: plan.phases.iter().map(|phase| phase.name.clone()).collect(),
        sections,
        criteria: u16::try_from(plan.definition_of_done.len()).unwrap_or(u16::MAX),
    }
}

/// The task of a contract that no Manager wrote.
fn only_task(contract: &Lodged<Contract>, granted: &Scope) -> OnlyTask {
    let outline = shape(&contract.body, granted.clone(), None, Vec::new(), Money::MAX);
    OnlyTask { contract: contract.blob, outline }
}

/// The sections of a plan; all in one phase where that is given.
pub(super) fn section_outlines(plan: &Plan, phase: Option<PhaseId>, granted: &Scope) -> Vec<SectionOutline> {
    plan.sections()
        .enumerate()
        .map(|(place, (number, section))| SectionOutline {
            phase: phase.unwrap_or(PhaseId(u16::try_from(number).unwrap_or(u16::MAX))),
            name: section.name.clone(),
            share: section.budget_pct,
            seniority: section.seniority,
            capabilities: of_section(section, granted),
            grants_principal: section.grants_principal,
            place: u16::try_from(place).unwrap_or(u16::MAX),
            criteria: section.definition_of_done.iter().map(|criterion| criterion.id.clone()).collect(),
            needs: section.needs.clone(),
            delivers: section.delivers.clone(),
            stakes: section.stakes,
            only: None,
        })
        .collect()
}
