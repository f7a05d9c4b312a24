//! Which way an intent goes: the Owner's word, else the rules, else one call of a cheap model. Whatever goes wrong with that
//! call, the Orchestrator plans.

use super::agents::clipped;
use super::ask::TriageAsk;
use super::event::{AgentEvent, Answer, PlanAuthor, RunEvent, Seat};
use super::input::Proposal;
use super::state::Stage;
use super::step::Draft;
use crate::ledger::Ledger;
use crate::limits::TRIAGE_REASON_BYTES;
use crate::words::*;
use crate::{shortcut, triage};

impl Draft<'_> {
    /// Decides on the path of an intent for which the engine has a plan of its own, or begins to ask.
    pub(super) fn begin_triage(&mut self, intent: &Intent, path: Option<Path>, proposal: &Proposal) {
        if let Some(path) = path {
            let reason = "as the Owner said".to_owned();
            return self.take_path(Triage { path, reason, by: TriagedBy::Owner }, proposal);
        }
        let stakes = self.run.stakes_of_work(&proposal.plan.body);
        let judgement = triage::judge(&Intent { stakes, ..intent.clone() });
        let reason = clipped(judgement.reason, TRIAGE_REASON_BYTES);
        match judgement.path {
            Some(path) => self.take_path(Triage { path, reason, by: TriagedBy::Rule }, proposal),
            None => self.ask_for_path(reason, proposal),
        }
    }

    fn take_path(&mut self, triage: Triage, proposal: &Proposal) {
        let path = triage.path;
        self.emit(RunEvent::Triaged { triage });
        match path {
            Path::Direct | Path::Solo => self.propose(proposal, PlanAuthor::Engine),
            Path::Orchestrate => self.begin_planning(),
        }
    }

    /// The rules are in doubt: somebody junior reads the intent, once.
    fn ask_for_path(&mut self, reason: String, proposal: &Proposal) {
        let (plan, hash) = (proposal.plan.blob, proposal.plan.body.hash());
        self.emit(RunEvent::Doubted { reason, plan, hash, outline: self.marked(proposal) });
        let seniority = shortcut::served(&self.run.catalogue, Seniority::Junior);
        self.spawn_agent(Seat::Triage, seniority, Ledger::RESERVE, ToolSet::NONE.into());
    }

    pub(super) fn choose_path(&mut self, agent: AgentId, index: u16, ask: TriageAsk) {
        let TriageAsk::ChoosePath { path, reason } = ask;
        self.answer(agent, index, Answer::Taken);
        self.finish_agent(agent);
        let triage = Triage { path, reason: clipped(reason, TRIAGE_REASON_BYTES), by: TriagedBy::Model };
        let Some(shortcut) = self.run.shortcut.clone().filter(|_| path != Path::Orchestrate) else {
            self.emit(RunEvent::Triaged { triage: Triage { path: Path::Orchestrate, ..triage } });
            return self.begin_planning();
        };
        self.emit(RunEvent::Triaged { triage });
        self.emit_plan(shortcut.plan, shortcut.hash, shortcut.outline, PlanAuthor::Engine);
    }

    /// Nobody chose.
    pub(super) fn triage_gone(&mut self) {
        if self.run.stage != Stage::Planning || self.run.triage.is_some() {
            return;
        }
        let reason = "the model that was to choose did not; a plan is always right".to_owned();
        let triage = Triage { path: Path::Orchestrate, reason, by: TriagedBy::Rule };
        self.emit(RunEvent::Triaged { triage });
        self.begin_planning();
    }

    /// The Orchestrator begins, and has the whole planning before it.
    pub(super) fn begin_planning(&mut self) {
        let agent = self.spawn_orchestrator();
        self.begin_turn(agent);
    }

    pub(super) fn spawn_orchestrator(&mut self) -> AgentId {
        let agent = self.run.agents.next();
        let scope = self.run.scope().within(ToolSet::READ_ONLY);
        self.emit(AgentEvent::AgentSpawned {
            agent,
            seat: Seat::Orchestrator,
            seniority: Seniority::Principal,
            account: Ledger::RESERVE,
            scope,
        });
        agent
    }
}
