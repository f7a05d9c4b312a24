//! What the Orchestrator may ask for.

use super::ask::OrchestratorAsk;
use super::event::{
    AgentEnd, AgentEvent, Answer, BranchEvent, MoneyEvent, Notice, RunEvent, SectionEnd, SectionOutline,
};
use super::planning::section_outlines;
use super::state::Stage;
use super::step::Draft;
use crate::ledger::split;
use crate::limits::QUESTION_DEADLINE_MS;
use crate::plan_check;
use crate::words::*;

impl Draft<'_> {
    pub(super) fn orchestrator_asks(&mut self, agent: AgentId, index: u16, ask: OrchestratorAsk) {
        match ask {
            OrchestratorAsk::SubmitPlan(_) if self.open_control_call(Some(agent)) != Some((agent, index)) => {
                let why = "A question of yours is still open. Submit the plan once you have its answer.";
                self.refuse(agent, index, why);
            }
            OrchestratorAsk::SubmitPlan(plan) => self.submit_plan(agent, index, &plan),
            OrchestratorAsk::AskOwner { question } => {
                let id = self.run.questions.next();
                let deadline = self.at.plus(QUESTION_DEADLINE_MS);
                self.emit(AgentEvent::QuestionAsked { question: id, agent, index, text: question, deadline });
            }
            OrchestratorAsk::DecideBudget { request, grant, reason } => {
                self.decide_budget(agent, index, request, grant, reason)
            }
            OrchestratorAsk::Replan { section, plan } => self.replan(agent, index, &section, &plan),
            OrchestratorAsk::SendMemo(memo) => self.orchestrator_memo(agent, index, memo),
            OrchestratorAsk::Conclude { conclusion } => self.conclude(agent, index, conclusion),
        }
    }

    /// A question is over, with an answer or without.
    pub(super) fn close_question(&mut self, question: QuestionId, text: Option<BlobRef>) {
        let Some(state) = self.run.questions.get(question).filter(|state| state.closed.is_none()) else {
            return;
        };
        let (agent, index) = (state.agent, state.index);
        self.emit(AgentEvent::QuestionClosed { question, text });
        self.answer_late(agent, index, Answer::Owner { text });
    }

    /// The last report: only once everything else is over.
    fn conclude(&mut self, agent: AgentId, index: u16, conclusion: BlobRef) {
        if !matches!(self.run.stage, Stage::Concluding(_)) {
            let why = "It is not the time for the report yet: you will be told. Until then there is nothing to say.";
            return self.refuse(agent, index, why);
        }
        self.answer(agent, index, Answer::Taken);
        self.emit(RunEvent::Concluded { conclusion });
        self.dismiss(agent, AgentEnd::Finished);
        self.publish();
    }

    /// A Manager gives its section back; the Orchestrator has to cut it up.
    pub(super) fn scope_too_large(
        &mut self,
        section: SectionId,
        agent: AgentId,
        index: u16,
        reason: BlobRef,
    ) {
        self.answer(agent, index, Answer::Taken);
        self.finish_agent(agent);
        self.end_workers(section);
        if !self.orchestrator_can_speak() {
            return self.end_section(section, SectionEnd::TooLarge);
        }
        self.emit(BranchEvent::SectionReturned { section, reason });
        if let Some(orchestrator) = self.run.orchestrator {
            self.notify(orchestrator, Notice::TooLarge { section, reason });
        }
    }

    /// Others take a returned section's place, with its money; no sections at all means that it is dropped.
    fn replan(&mut self, agent: AgentId, index: u16, name: &str, plan: &Lodged<Plan>) {
        let returned = self
            .run
            .sections
            .iter()
            .find(|(_, state)| state.outline.name == name && state.returned.is_some());
        let Some((section, state)) = returned else {
            return self.refuse(
                agent,
                index,
                format!("No section {name:?} was given back. Name one that was."),
            );
        };
        let (phase, account) = (state.outline.phase, state.account);
        let old = state.outline.clone();
        let faults = self.replan_faults(&plan.body, &old);
        if !faults.is_empty() {
            return self.plan_faulty(agent, index, faults);
        }
        let mut sections = section_outlines(&plan.body, Some(phase));
        for section in &mut sections {
            // What the Owner approved is the most that anybody in its place may do.
            section.capabilities = section.capabilities.within(old.capabilities);
            section.grants_principal &= old.grants_principal;
        }
        let shares: Vec<_> = sections.iter().map(|section| section.share).collect();
        let first = self.run.sections.next();
        self.answer(agent, index, Answer::Taken);
        self.emit(BranchEvent::SectionReplanned { section, plan: plan.blob, sections });
        let parts = account.map(|account| split(self.run.ledger.free(account), &shares)).unwrap_or_default();
        let replacements: Vec<_> = (first.0..).map(SectionId).zip(parts).collect();
        for (id, amount) in &replacements {
            self.open_section(*id, account.unwrap_or(AccountId(0)), *amount);
        }
        self.settle_section(section, SectionEnd::TooLarge);
        for (id, _) in replacements {
            self.begin_section(id);
        }
        self.phase_may_join(phase);
    }

    fn replan_faults(&self, plan: &Plan, old: &SectionOutline) -> Vec<String> {
        if plan.phases.iter().all(|phase| phase.sections.is_empty()) {
            return Vec::new();
        }
        let taken: Vec<_> = self.run.sections.iter().map(|(_, state)| state.outline.name.as_str()).collect();
        let mut faults = plan_check::faults(plan);
        faults.extend(plan.sections().filter(|(_, section)| taken.contains(&section.name.as_str())).map(
            |(_, section)| format!("section {:?}: the name is taken; choose another one", section.name),
        ));
        let promised = |path: &&String| plan.sections().any(|(_, section)| section.delivers.contains(path));
        faults.extend(old.delivers.iter().filter(|path| !promised(path)).map(|path| {
            format!(
                "{path:?}, which {:?} had to deliver, is delivered by nobody; give it to a section",
                old.name
            )
        }));
        faults.extend(plan_check::unserved(plan, &self.run.catalogue));
        faults
    }

    /// The Orchestrator is gone: requests for money go to the Owner, and sections that came back are dropped.
    pub(super) fn decide_without_orchestrator(&mut self) {
        let open: Vec<_> = self
            .run
            .requests
            .iter()
            .filter(|(_, request)| request.granted.is_none() && !request.referred)
            .map(|(id, _)| id)
            .collect();
        for request in open {
            self.emit(MoneyEvent::BudgetReferred { request });
        }
        let returned: Vec<_> = self
            .run
            .sections
            .iter()
            .filter(|(_, state)| state.returned.is_some())
            .map(|(id, _)| id)
            .collect();
        for section in returned {
            self.end_section(section, SectionEnd::TooLarge);
        }
    }
}
