//! Second opinions: two advisers who can't see each other, then a third who can't see who they are.
//!
//! ```text
//! asked ──► two advisers at once ──► both answered ──► Synthesist ──► whoever asked
//!                │ one, or none, by the deadline                        ▲
//!                └──────────────────────────────────────────────────────┘  told so
//! ```

use super::ask::{AdviserAsk, OpinionWish, SynthesistAsk};
use super::event::{AgentEnd, Answer, OpinionEnd, OpinionEvent, RunEnd, Seat};
use super::sides::Sides;
use super::step::{Draft, Refusal};
use crate::ledger::Ledger;
use crate::limits::{
    OPINION_DEADLINE_MS, OPINION_FILES, OPINIONS_OF_MANAGER, OPINIONS_OF_ORCHESTRATOR, SYNTHESIS_DEADLINE_MS,
};
use crate::plan_check::path_fault;
use crate::words::*;

impl Draft<'_> {
    /// The Orchestrator wants to hear two advisers.
    pub(super) fn orchestrator_wants_opinion(&mut self, agent: AgentId, index: u16, wish: OpinionWish) {
        let base = self.run.head.as_ref().map(|head| head.base.clone());
        let fault = self.wish_fault(agent, &wish, OPINIONS_OF_ORCHESTRATOR);
        self.wanted(agent, index, wish, base.zip(Some(Ledger::RESERVE)), fault);
    }

    /// A Manager does; only one of a section with high stakes may.
    pub(super) fn manager_wants_opinion(
        &mut self,
        section: SectionId,
        agent: AgentId,
        index: u16,
        wish: OpinionWish,
    ) {
        let Some(state) = self.run.sections.get(section) else {
            return;
        };
        let fault = match state.outline.stakes {
            Stakes::High => self.wish_fault(agent, &wish, OPINIONS_OF_MANAGER),
            Stakes::Normal => Some(
                "The stakes of your section are not high, so it gets no second opinion. Decide yourself, or have results judged with review.".to_owned(),
            ),
        };
        let place = state.tip.clone().zip(state.account);
        self.wanted(agent, index, wish, place, fault);
    }

    fn wish_fault(&self, agent: AgentId, wish: &OpinionWish, most: usize) -> Option<String> {
        let is_theirs = |asker: Asker| matches!(asker, Asker::Agent { agent: other, .. } if other == agent);
        let so_far = self.run.opinions.iter().filter(|(_, state)| is_theirs(state.asker)).count();
        if so_far >= most {
            return Some(format!("You had {most} second opinions, and there are no more. Decide yourself."));
        }
        if wish.files.len() > OPINION_FILES {
            return Some(format!("At most {OPINION_FILES} files go with a question; name fewer."));
        }
        let bad = wish.files.iter().find_map(|path| Some((path, path_fault(path)?)));
        bad.map(|(path, fault)| format!("files: {path:?} {fault}. Name another file, or none."))
    }

    fn wanted(
        &mut self,
        agent: AgentId,
        index: u16,
        wish: OpinionWish,
        place: Option<(CommitId, AccountId)>,
        fault: Option<String>,
    ) {
        if let Some(why) = fault {
            return self.refuse(agent, index, why);
        }
        let Some((base, account)) = place else { return };
        match self.run.sides(Seniority::Principal, self.at) {
            Ok(sides) => {
                let about = About::Question { text: wish.question, files: wish.files };
                self.ask_advisers(Asker::Agent { agent, index }, about, account, base, sides);
            }
            Err(why) => {
                self.refuse(agent, index, format!("There can be no second opinion: {why}. Decide yourself."));
            }
        }
    }

    /// The Owner wants to hear two advisers, and nothing else.
    ///
    /// # Errors
    /// Where nobody can be asked.
    pub(super) fn owner_wants_opinion(
        &self,
        question: &LoneQuestion,
        catalogue: &crate::catalogue::Catalogue,
    ) -> Result<Sides, Refusal> {
        let run = super::Run { catalogue: catalogue.clone(), ..super::Run::default() };
        run.sides(question.seniority, self.at).map_err(Refusal::NotNow)
    }

    /// Asks for an opinion on how a section with high stakes had best be done, before its Manager or its only worker
    /// begins. False where nobody can be asked, or it has been asked.
    pub(super) fn advise_section(&mut self, section: SectionId) -> bool {
        let Some(state) = self.run.sections.get(section).filter(|state| state.end.is_none()) else {
            return false;
        };
        let is_settled = state.opinion.is_some() || state.no_opinion.is_some();
        let (Some(base), Some(account)) = (state.tip.clone(), state.account) else {
            return false;
        };
        if state.outline.stakes.is_normal() || is_settled {
            return false;
        }
        match self.run.sides(Seniority::Principal, self.at) {
            Ok(sides) => {
                self.ask_advisers(Asker::Section(section), About::Section(section), account, base, sides);
                true
            }
            Err(why) => {
                self.emit(OpinionEvent::OpinionUnavailable { section, why });
                false
            }
        }
    }

    /// Both advisers begin in the same step.
    pub(super) fn ask_advisers(
        &mut self,
        asker: Asker,
        about: About,
        account: AccountId,
        base: CommitId,
        Sides { sides, difference }: Sides,
    ) {
        let opinion = self.run.opinions.next();
        let deadline = self.at.plus(OPINION_DEADLINE_MS);
        let seniorities = sides.clone().map(|side| side.seniority);
        let asked =
            OpinionEvent::OpinionAsked { opinion, asker, about, account, base, sides, difference, deadline };
        self.emit(asked);
        let scope = self.scope_of_advisers(opinion);
        for (side, seniority) in (0..).zip(seniorities) {
            self.spawn_agent(Seat::Adviser(opinion, side), seniority, account, scope.clone());
        }
    }

    /// They look, as far as whoever asked may, and never write.
    fn scope_of_advisers(&self, opinion: OpinionId) -> Scope {
        let section = self.run.section_of_opinion(opinion).and_then(|id| self.run.sections.get(id));
        section.map_or_else(
            || self.run.scope().within(ToolSet::READ_ONLY),
            |state| state.outline.capabilities.within(ToolSet::READ_ONLY),
        )
    }

    /// An adviser answered, and is gone.
    pub(super) fn adviser_asks(
        &mut self,
        (opinion, side): (OpinionId, u8),
        agent: AgentId,
        index: u16,
        ask: AdviserAsk,
    ) {
        let AdviserAsk::SubmitOpinion { answer, confidence } = ask;
        self.answer(agent, index, Answer::Taken);
        self.emit(OpinionEvent::OpinionGiven { opinion, side, answer, confidence });
        self.finish_agent(agent);
        self.go_on_with(opinion);
    }

    /// One was made of two.
    pub(super) fn synthesist_asks(
        &mut self,
        opinion: OpinionId,
        agent: AgentId,
        index: u16,
        ask: SynthesistAsk,
    ) {
        let SynthesistAsk::Synthesize(Lodged { body, blob }) = ask;
        let count = |lines: &[String]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let (agreements, disagreements) = (count(&body.agreements), count(&body.disagreements));
        self.answer(agent, index, Answer::Taken);
        self.emit(OpinionEvent::Synthesized { opinion, synthesis: blob, agreements, disagreements });
        self.finish_agent(agent);
        self.go_on_with(opinion);
    }

    /// An answer came, or one who should have given it is gone: what next?
    pub(super) fn go_on_with(&mut self, opinion: OpinionId) {
        let Some(state) = self.run.opinions.get(opinion).filter(|state| state.end.is_none()) else {
            return;
        };
        let is_gone = |id: AgentId| self.run.agents.get(id).is_none_or(super::state::Agent::ended);
        if !state.sides.iter().all(|side| side.answer.is_some() || side.agent.is_some_and(is_gone)) {
            return;
        }
        let account = state.account;
        match (state.answers(), state.synthesist) {
            (2, None) => self.begin_synthesis(opinion, account),
            (2, Some(_)) if state.synthesis.is_some() => self.close_opinion(opinion, OpinionEnd::Synthesized),
            (2, Some(agent)) if is_gone(agent) => self.close_opinion(opinion, OpinionEnd::Unsynthesized),
            (2, Some(_)) => {}
            (1, _) => self.close_opinion(opinion, OpinionEnd::OnlyOne),
            _ => self.close_opinion(opinion, OpinionEnd::Unanswered),
        }
    }

    fn begin_synthesis(&mut self, opinion: OpinionId, account: AccountId) {
        let deadline = self.at.plus(SYNTHESIS_DEADLINE_MS);
        self.emit(OpinionEvent::SynthesisBegan { opinion, deadline });
        let scope = self.scope_of_advisers(opinion);
        let sides = self.run.opinions.get(opinion).map(|state| state.sides.as_slice()).unwrap_or_default();
        let seniority = sides.iter().map(|side| side.side.seniority).max().unwrap_or(Seniority::Principal);
        self.spawn_agent(Seat::Synthesist(opinion), seniority, account, scope);
    }

    /// The time is over: whoever is waited for is sent away, and what there is counts.
    pub(super) fn expire_opinion(&mut self, opinion: OpinionId) {
        for agent in self.counsel_of(opinion) {
            self.dismiss(agent, AgentEnd::Late);
        }
        self.go_on_with(opinion);
    }

    /// Whoever works on an opinion now.
    fn counsel_of(&self, opinion: OpinionId) -> Vec<AgentId> {
        let Some(state) = self.run.opinions.get(opinion) else {
            return Vec::new();
        };
        let agents = state.sides.iter().filter_map(|side| side.agent).chain(state.synthesist);
        agents.filter(|id| self.run.agents.get(*id).is_some_and(|agent| !agent.ended())).collect()
    }

    /// An opinion is over, and whoever asked goes on.
    fn close_opinion(&mut self, opinion: OpinionId, end: OpinionEnd) {
        let Some(asker) = self.run.opinions.get(opinion).map(|state| state.asker) else {
            return;
        };
        self.emit(OpinionEvent::OpinionClosed { opinion, end });
        match asker {
            Asker::Agent { agent, index } => self.answer_late(agent, index, Answer::Opinion { opinion }),
            Asker::Section(section) => self.begin_work(section),
            Asker::Owner => {
                let end = self.lone_end(opinion, end);
                self.stop_all();
                self.emit(super::event::RunEvent::Ended { end });
            }
        }
    }

    /// How a run ends whose only work was an opinion.
    fn lone_end(&self, opinion: OpinionId, end: OpinionEnd) -> RunEnd {
        let agents = self.run.opinions.get(opinion).map(|state| {
            state.sides.iter().filter_map(|side| side.agent).chain(state.synthesist).collect::<Vec<_>>()
        });
        let mut ends = agents.unwrap_or_default().into_iter().filter_map(|id| self.run.agents.get(id));
        let broke = ends.any(|agent| agent.state == super::state::AgentState::Ended(AgentEnd::Exhausted));
        match end {
            OpinionEnd::Synthesized => RunEnd::Verified,
            _ if broke => RunEnd::BudgetExhausted,
            OpinionEnd::Unsynthesized | OpinionEnd::OnlyOne => RunEnd::Unverified,
            OpinionEnd::Unanswered | OpinionEnd::Dropped => RunEnd::Failed,
        }
    }

    /// Whoever asked is gone: nobody is paid for an answer that nobody reads.
    pub(super) fn drop_opinions(&mut self, is_theirs: impl Fn(Asker) -> bool) {
        let open = self.run.opinions.iter().filter(|(_, state)| state.end.is_none());
        let open: Vec<_> = open.filter(|(_, state)| is_theirs(state.asker)).map(|(id, _)| id).collect();
        for opinion in open {
            for agent in self.counsel_of(opinion) {
                self.dismiss(agent, AgentEnd::Killed);
            }
            self.emit(OpinionEvent::OpinionClosed { opinion, end: OpinionEnd::Dropped });
        }
    }

    /// A section is over, with the opinions that it wanted.
    pub(super) fn drop_opinions_of_section(&mut self, section: SectionId) {
        let manager = self.run.sections.get(section).and_then(|state| state.manager);
        self.drop_opinions(|asker| match asker {
            Asker::Agent { agent, .. } => Some(agent) == manager,
            Asker::Section(other) => other == section,
            Asker::Owner => false,
        });
    }
}
