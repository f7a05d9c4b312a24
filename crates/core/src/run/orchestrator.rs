//! What the Orchestrator may ask for.

use super::ask::OrchestratorAsk;
use super::event::{AgentEnd, AgentEvent, Answer, BranchEvent, MoneyEvent, Notice, RunEvent, SectionEnd};
use super::state::Stage;
use super::step::Draft;
use crate::limits::QUESTION_DEADLINE_MS;
use crate::words::*;

impl Draft<'_> {
    pub(super) fn orchestrator_asks(&mut self, agent: AgentId, index: u16, ask: OrchestratorAsk) {
        match ask {
            OrchestratorAsk::SubmitPlan(_) if self.open_control_call(Some(agent)) != Some((agent, index)) => {
                let why = "A question of yours is still open. Submit the plan once you have its answer.";
                self.refuse(agent, index, why);
            }
            OrchestratorAsk::SubmitPlan(plan) => self.submit_plan(agent, index, &plan),
            OrchestratorAsk::SecondOpinion(wish) => self.orchestrator_wants_opinion(agent, index, wish),
            OrchestratorAsk::AskOwner { question } => {
                let id = self.run.questions.next();
                let deadline = self.at.plus(QUESTION_DEADLINE_MS);
                self.emit(AgentEvent::QuestionAsked { question: id, agent, index, text: question, deadline });
            }
            OrchestratorAsk::DecideBudget { request, grant, reason } => {
                self.decide_budget(agent, index, request, grant, reason)
            }
            OrchestratorAsk::Replan { section, plan, extra } => {
                self.replan(agent, index, &section, &plan, extra)
            }
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

    /// Questions that the Owner left to the Orchestrator, where its plan says nothing of any decision.
    pub(super) fn undecided(&self, plan: &Plan) -> Option<String> {
        let left = self.run.questions.iter().filter(|(_, state)| state.closed == Some(None));
        let left: Vec<_> = left.map(|(id, _)| id.to_string()).collect();
        (plan.decisions.is_empty() && !left.is_empty()).then(|| {
            format!(
                "the Owner did not answer {}: record under decisions how you decided it, with your reason",
                left.join(", ")
            )
        })
    }

    /// The last report: only once everything else is over.
    fn conclude(&mut self, agent: AgentId, index: u16, conclusion: BlobRef) {
        if !matches!(self.run.stage, Stage::Concluding(_)) {
            let why = "It is not the time for the report yet. Go on with what is open; you are told when the report is due.";
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
        self.drop_opinions_of_section(section);
        self.end_workers(section);
        if !self.orchestrator_can_speak() || !self.run.has_replans_left(section) {
            return self.end_section(section, SectionEnd::TooLarge);
        }
        self.emit(BranchEvent::SectionReturned { section, reason });
        if let Some(orchestrator) = self.run.orchestrator {
            self.notify(orchestrator, Notice::TooLarge { section, reason });
        }
    }

    /// The Orchestrator is gone: requests for money go to the Owner, and nobody comes in a section's place.
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
        self.drop_replans();
    }
}
