//! What an agent is still shown of its own past, so that its requests stay within a cap.
//!
//! What is shown changes by an event only, so that a prompt is a function of the journal and providers' caches break when
//! it changes and never else. Nothing is forgotten by the run: turns stay, they are shown no more. The opening, which holds
//! the contract or the section, is always shown.
//!
//! ```text
//! 80 % of the cap   results of old calls become a line each; then the agent is asked for notes, once
//! notes come        they stand in place of all turns before
//! 100 %             turns go without notes: all but the last three, but the last one; its results are cut; it goes too
//! ```

use serde::{Deserialize, Serialize};

use super::Run;
use super::event::{AgentEvent, Answer, Notice, Seat};
use super::replan::Replan;
use super::state::{Agent, AgentState, TaskStage};
use super::step::Draft;
use crate::limits::{
    HIDDEN_INPUT_TOKENS, MANAGER_CONTEXT_TOKENS, ORCHESTRATOR_CONTEXT_TOKENS, OUTPUT_TOKENS_MIN,
    PLANNING_CONTEXT_TOKENS, RECALLED_AT_MOST, TURNS_KEPT_IN_A_CUT, TURNS_WITH_RESULTS,
    WORKER_CONTEXT_TOKENS,
};
use crate::router::BYTES_PER_TOKEN;
use crate::words::*;

/// Which of its turns an agent is shown, and how. Turns are counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The first turn that is shown.
    pub from: u32,
    /// Results of calls in turns before this one are a line each.
    pub omitted: u32,
    /// The turn whose results are cut, and to how many bytes each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<(u32, u32)>,
    /// What the agent wrote down in place of the turns that are not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<BlobRef>,
}

/// What is known of an agent's requests, and what it is shown instead of its past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compaction {
    /// What it is shown.
    pub shown: Shown,
    /// How things stood when turns were last left out.
    pub recall: Vec<Recalled>,
    /// Whether it was asked for notes since then.
    asked: bool,
    /// Bytes of its last request that left.
    sent_bytes: u64,
    /// Less than a request that its model found too long, in tokens by the bound.
    found_too_long: Option<u64>,
}

/// One thing that was so when turns were left out; it stays told as it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recalled {
    /// A task of a Manager.
    Task {
        /// Which.
        task: TaskId,
        /// Where it stood.
        stage: TaskStage,
        /// The last attempt that was over.
        back: Option<AttemptId>,
    },
    /// A request for money that was decided.
    Request {
        /// Which.
        request: RequestId,
        /// How much was granted.
        granted: Money,
    },
    /// A memo: of the Owner to the Orchestrator, of anybody to a Manager.
    Memo {
        /// Which.
        memo: MemoNumber,
    },
    /// A section in whose place others came, or nobody.
    Replanned {
        /// Which.
        section: SectionId,
    },
}

/// The next thing to do about a request that is too long.
enum Shorter {
    Show(Shown),
    AskForNotes,
}

impl Run {
    /// The most that a request of an agent should have, in tokens by the bound: its role's cap, its seniority's, what fits
    /// into the largest of the models that it may get, and less than what one of them found too long.
    #[must_use]
    pub fn context_cap(&self, id: AgentId) -> u64 {
        let Some(agent) = self.agents.get(id) else { return 0 };
        let by_bound = |tokens: u64| tokens.saturating_mul(BYTES_PER_TOKEN);
        let rank = self.catalogue.seniority.get(&agent.seniority).and_then(|rank| rank.context_cap);
        let models =
            self.candidates_of(id).into_iter().filter_map(|one| self.catalogue.models.get(&one.model));
        let window = models.map(|model| model.context_tokens.saturating_sub(OUTPUT_TOKENS_MIN)).max();
        let role = match agent.seat {
            Seat::Orchestrator if self.is_approved() => ORCHESTRATOR_CONTEXT_TOKENS,
            Seat::Orchestrator => PLANNING_CONTEXT_TOKENS,
            Seat::Manager(_) => MANAGER_CONTEXT_TOKENS,
            Seat::Worker(_) | Seat::Reviewer(_) | Seat::Adviser(..) | Seat::Synthesist(_) | Seat::Triage => {
                WORKER_CONTEXT_TOKENS
            }
        };
        let caps = [rank.map(by_bound), window.map(by_bound), agent.compaction.found_too_long];
        caps.into_iter().flatten().fold(role, u64::min)
    }

    /// Whether the Owner approved the plan.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.approved.is_some())
    }

    /// An agent is shown less of its past.
    pub(super) fn apply_compaction(&mut self, id: AgentId, effect: Option<EffectId>, shown: Shown) {
        let before = self.agents.get(id).map_or(0, |agent| agent.compaction.shown.from);
        let recall = (shown.from != before).then(|| self.recall(id, shown.from));
        self.compose_anew(id, effect);
        let Some(agent) = self.agents.get_mut(id) else { return };
        agent.compaction.shown = shown;
        agent.progress.forget();
        if let Some(recall) = recall {
            agent.compaction.recall = recall;
            agent.compaction.asked = false;
        }
    }

    /// An agent is asked for notes in the turn that has just begun.
    pub(super) fn apply_call_for_notes(&mut self, id: AgentId, effect: EffectId) {
        self.compose_anew(id, Some(effect));
        let Some(agent) = self.agents.get_mut(id) else { return };
        agent.compaction.asked = true;
        if let Some(turn) = agent.turns.last_mut() {
            turn.notices.push(Notice::NotesWanted);
        }
    }

    fn compose_anew(&mut self, id: AgentId, effect: Option<EffectId>) {
        let Some(effect) = effect else { return };
        self.drop_effect_of(id);
        if let Some(agent) = self.agents.get_mut(id) {
            agent.state = AgentState::Composing(effect);
        }
    }

    /// What the agent is reminded of in place of its turns before this one.
    fn recall(&self, id: AgentId, from: u32) -> Vec<Recalled> {
        match self.agents.get(id).map(|agent| agent.seat) {
            Some(Seat::Manager(section)) => {
                let tasks = self.recall_of_tasks(section);
                tasks.into_iter().chain(last(self.recall_of_memos(id, from))).collect()
            }
            Some(Seat::Orchestrator) => self.recall_of_orchestrator(id, from),
            Some(
                Seat::Worker(_) | Seat::Reviewer(_) | Seat::Adviser(..) | Seat::Synthesist(_) | Seat::Triage,
            )
            | None => Vec::new(),
        }
    }

    /// All tasks; where there are very many, those that still matter first.
    fn recall_of_tasks(&self, section: SectionId) -> Vec<Recalled> {
        let tasks = self.sections.get(section).map(|state| state.tasks.as_slice()).unwrap_or_default();
        let over = |id: &AttemptId| self.attempts.get(*id).is_some_and(|attempt| attempt.end.is_some());
        let mut known: Vec<_> = tasks
            .iter()
            .filter_map(|id| Some((*id, self.tasks.get(*id)?)))
            .map(|(task, state)| {
                let back = state.attempts.iter().rev().copied().find(over);
                (state.stage, Recalled::Task { task, stage: state.stage, back })
            })
            .collect();
        known.sort_by_key(|(stage, _)| matches!(stage, TaskStage::Merged | TaskStage::Cut));
        known.into_iter().map(|(_, known)| known).take(RECALLED_AT_MOST * 5).collect()
    }

    /// The memos that the agent was told in its turns before this one, the oldest first.
    fn recall_of_memos(&self, id: AgentId, from: u32) -> Vec<Recalled> {
        let turns = self.agents.get(id).map(|agent| agent.turns.as_slice()).unwrap_or_default();
        let memo = |notice: &Notice| {
            let Notice::Memo { memo } = notice else { return None };
            Some(Recalled::Memo { memo: *memo })
        };
        turns.iter().take(from as usize).flat_map(|turn| &turn.notices).filter_map(memo).collect()
    }

    /// The last words of the Owner and the last decisions, the oldest first.
    fn recall_of_orchestrator(&self, id: AgentId, from: u32) -> Vec<Recalled> {
        let decided = |(request, state): (RequestId, &super::state::RequestState)| {
            Some(Recalled::Request { request, granted: state.granted? })
        };
        let replanned = |(section, state): (SectionId, &super::state::SectionState)| {
            (state.replan == Replan::Over).then_some(Recalled::Replanned { section })
        };
        let requests: Vec<_> = self.requests.iter().filter_map(decided).collect();
        let replans: Vec<_> = self.sections.iter().filter_map(replanned).collect();
        let memos = self.recall_of_memos(id, from);
        last(memos).chain(last(requests)).chain(last(replans)).collect()
    }
}

impl Compaction {
    /// A request leaves.
    pub(super) const fn sent(&mut self, body_bytes: u64) {
        self.sent_bytes = body_bytes;
    }

    /// The last request that left was too long for its model, whatever the catalogue says of it.
    pub(super) const fn was_too_long(&mut self) {
        self.found_too_long = Some(self.sent_bytes.saturating_add(HIDDEN_INPUT_TOKENS) / 4 * 3);
    }
}

impl Agent {
    /// What makes its next request shorter, if it should be and can.
    fn shorter(&self, tokens: u64, cap: u64) -> Option<Shorter> {
        let is_over = tokens > cap;
        let present = index(self.turns.len().checked_sub(1)?);
        if tokens <= cap / 5 * 4 {
            return None;
        }
        self.with_omissions(present, is_over).map(Shorter::Show).or_else(|| match is_over {
            true => self.with_less(present, cap).map(Shorter::Show),
            false => {
                (present > self.compaction.shown.from && !self.compaction.asked && self.may_take_notes())
                    .then_some(Shorter::AskForNotes)
            }
        })
    }

    /// Old results as a line each. Each time breaks the provider's cache, so it is done for several turns at once; where
    /// it has to be done, for all but the last.
    fn with_omissions(&self, present: u32, is_over: bool) -> Option<Shown> {
        let shown = self.compaction.shown;
        let (whole, least) = if is_over { (1, 1) } else { (TURNS_WITH_RESULTS, TURNS_WITH_RESULTS) };
        let (before, omitted) = (shown.omitted.max(shown.from), present.saturating_sub(whole));
        let has_results =
            |turn: u32| self.turns.get(turn as usize).is_some_and(|turn| !turn.slots.is_empty());
        let is_worth_it = omitted >= before.saturating_add(least) && (before..omitted).any(has_results);
        is_worth_it.then_some(Shown { omitted, ..shown })
    }

    /// Fewer turns, and at last less of the last one's results.
    fn with_less(&self, present: u32, cap: u64) -> Option<Shown> {
        let shown = self.compaction.shown;
        let from = |from: u32| Some(Shown { from, omitted: shown.omitted.max(from), cut: None, ..shown });
        match present.saturating_sub(shown.from) {
            0 => None,
            1 => {
                let last = present.saturating_sub(1);
                let results = self.turns.get(last as usize).map_or(0, |turn| turn.slots.len()) as u64;
                let bytes = u32::try_from(cap / 3 / results.max(1)).unwrap_or(u32::MAX);
                let is_cut = shown.cut.is_some_and(|(turn, _)| turn == last);
                if is_cut || results == 0 {
                    from(present)
                } else {
                    Some(Shown { cut: Some((last, bytes)), ..shown })
                }
            }
            turns if turns > TURNS_KEPT_IN_A_CUT => from(present.saturating_sub(TURNS_KEPT_IN_A_CUT)),
            _ => from(present.saturating_sub(1)),
        }
    }

    /// Whoever was given one call, or nothing to look with, has nothing to note, nor a tool to do it with.
    fn may_take_notes(&self) -> bool {
        match self.seat {
            Seat::Worker(_) | Seat::Synthesist(_) => self.scope.tools != ToolSet::NONE,
            Seat::Orchestrator | Seat::Manager(_) | Seat::Reviewer(_) | Seat::Adviser(..) => true,
            Seat::Triage => false,
        }
    }

    /// Whether its present turn asks it for notes.
    fn is_asked_for_notes(&self) -> bool {
        self.turns.last().is_some_and(|turn| turn.notices.contains(&Notice::NotesWanted))
    }
}

fn last(all: Vec<Recalled>) -> impl Iterator<Item = Recalled> {
    let skipped = all.len().saturating_sub(RECALLED_AT_MOST);
    all.into_iter().skip(skipped)
}

fn index(turns: usize) -> u32 {
    u32::try_from(turns).unwrap_or(u32::MAX)
}

impl Draft<'_> {
    /// Makes a request that was put together shorter, if it has to be and can be: it is put together again then.
    pub(super) fn compacts(&mut self, id: AgentId, body_bytes: u64) -> bool {
        let cap = self.run.context_cap(id);
        let tokens = body_bytes.saturating_add(HIDDEN_INPUT_TOKENS);
        let shorter = self.run.agents.get(id).and_then(|agent| agent.shorter(tokens, cap));
        let effect = self.next_effect();
        match shorter {
            None => return false,
            Some(Shorter::Show(shown)) => {
                let (effect, body_bytes) = (Some(effect), Some(body_bytes));
                self.emit(AgentEvent::Compacted { agent: id, effect, shown, body_bytes });
            }
            Some(Shorter::AskForNotes) => {
                self.emit(AgentEvent::NotesAsked { agent: id, effect, body_bytes: Some(body_bytes) });
            }
        }
        true
    }

    /// A model found a request too long that its row in the catalogue takes: the next one is shorter, if it can be.
    pub(super) fn compacts_after_fault(&mut self, id: AgentId) -> bool {
        let sent = self.run.agents.get(id).map_or(0, |agent| agent.compaction.sent_bytes);
        self.compacts(id, sent)
    }

    /// An agent wrote down what it must not forget: that stands in place of all before.
    pub(super) fn keep_notes(&mut self, id: AgentId, index: u16, notes: BlobRef) {
        let Some(agent) = self.run.agents.get(id) else { return };
        if !agent.is_asked_for_notes() {
            let why = "Nobody asked you for notes: nothing of what you were shown is left out. Go on with your work.";
            return self.refuse(id, index, why);
        }
        if agent.slots().len() > 1 {
            let why = "Not taken: keep_notes came together with other calls, whose results you would not see. Call it alone.";
            return self.refuse(id, index, why);
        }
        self.answer(id, index, Answer::Taken);
        self.leave_behind(id, Some(notes));
    }

    /// All turns so far are shown no more.
    pub(super) fn leave_behind(&mut self, id: AgentId, notes: Option<BlobRef>) {
        let Some(agent) = self.run.agents.get(id) else { return };
        let from = self::index(agent.turns.len());
        let shown = Shown { from, omitted: from, cut: None, notes };
        self.emit(AgentEvent::Compacted { agent: id, effect: None, shown, body_bytes: None });
    }
}

#[cfg(test)]
impl Run {
    /// As if the run had begun with a cap of so many tokens by the bound.
    pub(crate) fn cap_context(&mut self, seniority: Seniority, tokens: u64) {
        if let Some(rank) = self.catalogue.seniority.get_mut(&seniority) {
            rank.context_cap = Some(tokens / BYTES_PER_TOKEN);
        }
    }
}
