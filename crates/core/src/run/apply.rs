//! `apply`: the only place where a run changes. It is total: whatever the journal holds, it neither fails nor panics.

use std::collections::BTreeSet;

use super::Run;
use super::batch::Batch;
use super::event::{Event, MoneyEvent, Notice, PlanAuthor, PlanOutline, RunEvent, SectionOutline};
use super::input::Command;
use super::replan::Replan;
use super::state::*;
use crate::ledger::{Ledger, Purse};
use crate::limits::{MEMO_DEADLINE_MS, QUESTION_DEADLINE_MS, REQUEST_DEADLINE_MS};
use crate::words::*;

impl Run {
    /// Takes one event as true.
    pub fn apply(&mut self, at: Millis, event: &Event) {
        if !matches!(event, Event::Run(RunEvent::Shredded { .. })) {
            // The time of a run ends with it.
            self.now = self.now.max(at);
        }
        self.events += 1;
        if let Some((id, effect)) = event.owes() {
            self.next_effect = self.next_effect.max(id.0 + 1);
            self.owed.insert(id, effect);
        }
        match event {
            Event::Run(event) => self.apply_run(at, event),
            Event::Money(event) => self.apply_money(event),
            Event::Agent(event) => self.apply_agent(at, event),
            Event::Task(event) => self.apply_task(at, event),
            Event::Branch(event) => self.apply_branch(at, event),
            Event::Opinion(event) => self.apply_opinion(event),
        }
        if !self.paused {
            self.awake = self.now;
        }
    }

    fn apply_run(&mut self, at: Millis, event: &RunEvent) {
        match event {
            RunEvent::Began { .. } => self.apply_beginning(at, event),
            RunEvent::Sandboxed { level } => self.sandbox = Some(*level),
            RunEvent::Commanded { command } => self.apply_command(at, command),
            RunEvent::Triaged { triage } => {
                self.triage = Some(triage.clone());
                self.shortcut = None;
            }
            RunEvent::Doubted { plan, hash, outline, .. } => {
                self.shortcut = Some(PlanState::new(*plan, *hash, outline.clone(), PlanAuthor::Engine));
            }
            RunEvent::PlanProposed { plan, hash, outline, author } => {
                self.plan = Some(PlanState::new(*plan, *hash, outline.clone(), *author));
                self.stage = Stage::Approval;
            }
            RunEvent::PlanSentBack { .. } => {
                self.plan = None;
                self.plan_repairs = 0;
                self.revisions = self.revisions.saturating_add(1);
                self.stage = Stage::Planning;
            }
            RunEvent::PlanApproved { seen, .. } => self.apply_approval(at, *seen),
            RunEvent::PhaseBegan { phase, base } => self.apply_phase_began(*phase, base),
            RunEvent::PhaseEnded { phase, whole } => self.apply_phase_ended(*phase, *whole),
            RunEvent::Closing { cause } => {
                self.stage = Stage::Checking(*cause);
                // No branch moves any more. What an agent is at stays owed: it may be the Orchestrator.
                self.owed.retain(|_, effect| effect.agent().is_some());
            }
            RunEvent::Concluded { conclusion } => self.conclusion = Some(*conclusion),
            RunEvent::PublishBegan { .. } => {
                if let Stage::Checking(cause) | Stage::Concluding(cause) = self.stage {
                    self.stage = Stage::Publishing(cause);
                }
            }
            RunEvent::Published { effect } => {
                self.owed.remove(effect);
            }
            RunEvent::Ended { end } => {
                self.stage = Stage::Ended(*end);
                self.owed.clear();
                self.timers.clear();
            }
            RunEvent::SetUpEnded { effect, result, .. } => {
                self.owed.remove(effect);
                self.broken = result.fault.clone().or(self.broken.take());
            }
            RunEvent::Shredded { shredding } => self.shreds.take(shredding),
            RunEvent::EffectLost { .. } | RunEvent::SetUpBegan { .. } => {}
            RunEvent::EffectBroken { effect, reason } => {
                self.owed.remove(effect);
                self.broken = Some(reason.clone());
            }
        }
    }

    fn apply_phase_began(&mut self, phase: PhaseId, base: &CommitId) {
        self.stage = Stage::Working(phase);
        if let Some(state) = self.phases.get_mut(phase) {
            state.base = Some(base.clone());
            state.tip = Some(base.clone());
        }
        self.start_sections(phase, base);
    }

    fn apply_phase_ended(&mut self, phase: PhaseId, whole: bool) {
        if let Some(state) = self.phases.get_mut(phase) {
            state.ended = Some(whole);
            self.tip = state.tip.clone().or(self.tip.take());
        }
    }

    fn apply_beginning(&mut self, at: Millis, event: &RunEvent) {
        let RunEvent::Began {
            run,
            intent,
            total,
            reserve,
            base,
            catalogue,
            preapproved,
            deadlines,
            stakes,
            question,
            roles,
            checks,
            setups,
            scope,
            foreign,
            shortcut: _,
        } = event
        else {
            return;
        };
        let (id, intent, base) = (run.clone(), *intent, base.clone());
        self.tip = Some(base.clone());
        let (preapproved, deadlines) = (*preapproved, *deadlines);
        self.head = Some(Head {
            id,
            intent,
            base,
            preapproved,
            began: at,
            deadlines,
            stakes: stakes.clone(),
            roles: roles.clone(),
            checks: checks.clone(),
            setups: setups.clone(),
            scope: scope.as_ref().clone(),
            foreign: foreign.as_deref().cloned(),
        });
        self.catalogue = catalogue.as_ref().clone();
        self.ledger = Ledger::new(*total, *reserve);
        self.stage = if question.is_some() { Stage::Advising } else { Stage::Planning };
    }

    fn apply_money(&mut self, event: &MoneyEvent) {
        match event {
            MoneyEvent::AccountOpened { parent, purse, amount, .. } => {
                self.apply_account(*parent, *purse, *amount)
            }
            MoneyEvent::Transferred { from, to, amount } => {
                self.ledger.transfer(*from, *to, *amount);
            }
            MoneyEvent::AccountClosed { account, surplus } => {
                self.ledger.close(*account);
                let purse = self.ledger.get(*account).map(|account| account.purse);
                if let Some(Purse::Manager(section)) = purse
                    && let Some(section) = self.sections.get_mut(section)
                {
                    section.surplus = *surplus;
                }
            }
            MoneyEvent::TotalChanged { total } => {
                self.ledger.set_total(*total);
            }
            MoneyEvent::Overran { .. } => self.paused = true,
            MoneyEvent::BudgetRequested { request, section, amount, reason, index, deadline, facts } => {
                self.timers.insert((*deadline, Timer::Request(*request)));
                self.requests.push(RequestState {
                    section: *section,
                    amount: *amount,
                    reason: *reason,
                    index: *index,
                    deadline: *deadline,
                    facts: facts.clone(),
                    referred: false,
                    granted: None,
                });
            }
            MoneyEvent::BudgetReferred { request } => {
                if let Some(state) = self.requests.get_mut(*request) {
                    state.referred = true;
                }
            }
            MoneyEvent::BudgetDecided { request, granted, .. } => {
                self.apply_decision(*request, *granted);
            }
        }
    }

    /// What is settled needs no word of the Orchestrator's any more.
    pub(super) fn untell_orchestrator(&mut self, is_settled: impl Fn(&Notice) -> bool) {
        if let Some(agent) = self.orchestrator.and_then(|id| self.agents.get_mut(id)) {
            agent.notices.retain(|notice| !is_settled(notice));
        }
    }

    fn apply_decision(&mut self, request: RequestId, granted: Money) {
        self.untell_orchestrator(|notice| *notice == Notice::BudgetRequest { request });
        let ceiling = granted.is_zero().then(|| self.ceiling_after_denial(request)).flatten();
        let Some(state) = self.requests.get_mut(request) else { return };
        state.granted = Some(granted);
        self.timers.remove(&(state.deadline, Timer::Request(request)));
        // What nobody decided before its section was over binds nobody any more.
        if let Some(section) = self.sections.get_mut(state.section).filter(|section| section.end.is_none()) {
            section.ceiling = ceiling;
        }
    }

    fn apply_command(&mut self, at: Millis, command: &Command) {
        match command {
            Command::Pause => self.paused = true,
            Command::Resume => {
                self.paused = false;
                self.give_time_again(at);
            }
            Command::Approve { .. }
            | Command::Reject { .. }
            | Command::EditPlan { .. }
            | Command::Revise { .. }
            | Command::Kill { .. }
            | Command::Budget { .. }
            | Command::Answer { .. }
            | Command::Grant { .. }
            | Command::Deny { .. }
            | Command::Memo { .. } => {}
        }
    }

    /// Nobody could answer while the run stood still: whoever has to gets the whole time once more.
    fn give_time_again(&mut self, at: Millis) {
        self.timers.retain(|(_, timer)| matches!(timer, Timer::Retry(_)));
        for (id, question) in self.questions.iter_mut().filter(|(_, question)| question.closed.is_none()) {
            question.deadline = at.plus(QUESTION_DEADLINE_MS);
            self.timers.insert((question.deadline, Timer::Question(id)));
        }
        for (id, request) in self.requests.iter_mut().filter(|(_, request)| request.granted.is_none()) {
            request.deadline = at.plus(REQUEST_DEADLINE_MS);
            self.timers.insert((request.deadline, Timer::Request(id)));
        }
        self.give_opinions_time_again(at);
        self.give_replans_time_again(at);
        let deadline = at.plus(MEMO_DEADLINE_MS);
        for number in &self.blockers {
            if let Some(memo) = self.memos.get_mut(*number) {
                memo.deadline = Some(deadline);
                self.timers.insert((deadline, Timer::Memo(*number)));
            }
        }
        self.shift_deadlines(at);
    }

    fn apply_approval(&mut self, at: Millis, seen: bool) {
        let Some(plan) = &mut self.plan else { return };
        plan.approved = Some((at, seen));
        let (document, outline) = (plan.plan, plan.outline.clone());
        let PlanOutline { phases, sections, .. } = outline;
        for name in phases {
            self.phases.push(PhaseState {
                name,
                account: None,
                sections: Vec::new(),
                base: None,
                tip: None,
                joined: Vec::new(),
                batch: Batch::default(),
                ended: None,
            });
        }
        for outline in sections {
            self.add_section(outline, document, None);
        }
    }

    pub(super) fn add_section(
        &mut self,
        outline: SectionOutline,
        plan: BlobRef,
        replaces: Option<SectionId>,
    ) {
        let phase = outline.phase;
        let id = self.sections.push(SectionState {
            outline,
            plan,
            account: None,
            crew: None,
            manager: None,
            tasks: Vec::new(),
            base: None,
            tip: None,
            tree: None,
            merged: Vec::new(),
            queue: Vec::new(),
            foreseen: BTreeSet::new(),
            batch: Batch::default(),
            reporting: None,
            reports: 0,
            conclusion: None,
            findings: Vec::new(),
            missing: Vec::new(),
            artifacts: Vec::new(),
            replaces,
            returned: None,
            replan: Replan::No,
            opinion: None,
            no_opinion: None,
            ceiling: None,
            memos_sent: 0,
            end: None,
            surplus: Money::ZERO,
            withdrawn: false,
            conflict: Vec::new(),
            joined_findings: Vec::new(),
        });
        if let Some(phase) = self.phases.get_mut(phase) {
            phase.sections.push(id);
        }
    }

    fn start_sections(&mut self, phase: PhaseId, base: &CommitId) {
        let sections = self.phases.get(phase).map(|phase| phase.sections.clone()).unwrap_or_default();
        for section in sections {
            self.start_section(section, base);
        }
    }

    pub(super) fn start_section(&mut self, section: SectionId, base: &CommitId) {
        if let Some(state) = self.sections.get_mut(section) {
            state.base = Some(base.clone());
            state.tip = Some(base.clone());
        }
    }

    fn apply_account(&mut self, parent: AccountId, purse: Purse, amount: Money) {
        let id = self.ledger.open(Some(parent), purse, amount);
        match purse {
            Purse::Phase(phase) => {
                if let Some(phase) = self.phases.get_mut(phase) {
                    phase.account = Some(id);
                }
            }
            Purse::Manager(section) => {
                if let Some(section) = self.sections.get_mut(section) {
                    section.account = Some(id);
                }
            }
            Purse::Crew(section) => {
                if let Some(section) = self.sections.get_mut(section) {
                    section.crew = Some(id);
                }
            }
            Purse::Task(task) => {
                if let Some(task) = self.tasks.get_mut(task) {
                    task.account = id;
                }
            }
            Purse::Run | Purse::Reserve | Purse::Pool | Purse::Key(_) => {}
        }
    }
}
