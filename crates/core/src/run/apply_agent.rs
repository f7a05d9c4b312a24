//! `apply` for agents: their turns, calls and tools.

use super::Run;
use super::compaction::Compaction;
use super::effect::Effect;
use super::event::{AgentEnd, AgentEvent, Answer, Notice, Seat};
use super::input::Ran;
use super::progress::Progress;
use super::state::*;
use crate::limits::HIDDEN_INPUT_TOKENS;
use crate::words::*;

impl Run {
    pub(super) fn apply_agent(&mut self, at: Millis, event: &AgentEvent) {
        self.apply_agent_event(at, event);
        if let Some(agent) = event.moves() {
            self.apply_move(at, agent);
        }
    }

    fn apply_agent_event(&mut self, now: Millis, event: &AgentEvent) {
        match event {
            AgentEvent::AgentSpawned { seat, seniority, account, scope, .. } => {
                self.apply_spawn(now, *seat, *seniority, *account, scope.clone());
            }
            AgentEvent::TurnBegan { agent, effect, notices } => self.apply_turn(*agent, *effect, notices),
            AgentEvent::Compacted { agent, effect, shown, .. } => {
                self.apply_compaction(*agent, *effect, *shown)
            }
            AgentEvent::NotesAsked { agent, effect, .. } => self.apply_call_for_notes(*agent, *effect),
            AgentEvent::Parked { agent, body_bytes } => self.apply_parked(*agent, *body_bytes),
            AgentEvent::Reserved { effect, agent, account, model, bound, body_bytes, .. } => {
                self.apply_adviser_call(*agent, model);
                self.apply_reserved(*effect, *agent, *account, *bound, *body_bytes);
            }
            AgentEvent::CallRefused { agent, .. } => {
                self.unpark(*agent);
                self.drop_effect_of(*agent);
            }
            AgentEvent::Replied { effect, agent, content, reply, cost, calls } => {
                if let Some(Effect::Call { model, .. }) = self.owed.remove(effect) {
                    self.health.answered(&model);
                }
                self.ledger.settle(*effect, *cost);
                if let Some(agent) = self.agents.get_mut(*agent) {
                    agent.hear(*content, reply, *cost, calls);
                }
            }
            AgentEvent::CallFailed { effect, agent, charged, fault, .. } => {
                self.apply_failure(*effect, *agent, *charged, fault);
            }
            AgentEvent::CallUnsent { effect, agent, resumes_in_ms } => {
                self.apply_unsent(*effect, *agent, *resumes_in_ms);
            }
            AgentEvent::RetryPlanned { agent, at } => {
                self.timers.insert((*at, Timer::Retry(*agent)));
                if let Some(agent) = self.agents.get_mut(*agent) {
                    agent.state = AgentState::Pausing(*at);
                }
            }
            AgentEvent::RetryBegan { agent, effect } => self.apply_retry(*agent, *effect),
            AgentEvent::ToolCalled { effect, agent, index, .. } => {
                if let Some(slot) = self.slot_mut(*agent, *index) {
                    slot.effect = Some(*effect);
                }
            }
            AgentEvent::ToolDone { effect, agent, index, output, ok, tree, ran, .. } => {
                self.owed.remove(effect);
                self.apply_progress(*agent, *index, output, *ok, tree.as_ref());
                self.apply_result(*agent, *index, SlotAnswer::Tool { output: *output, ok: *ok });
                self.apply_trace(*agent, tree.as_ref(), ran.as_ref());
            }
            AgentEvent::Answered { agent, index, answer } => self.apply_answer(*agent, *index, answer),
            AgentEvent::Noticed { agent, notice } => self.apply_notice(*agent, notice),
            AgentEvent::AgentEnded { agent, end } => self.apply_agent_end(now, *agent, end),
            AgentEvent::QuestionAsked { question, agent, index, text, deadline } => {
                self.timers.insert((*deadline, Timer::Question(*question)));
                let (agent, index, text, deadline) = (*agent, *index, *text, *deadline);
                self.questions.push(QuestionState { agent, index, text, deadline, closed: None });
            }
            AgentEvent::QuestionClosed { question, text } => {
                if let Some(state) = self.questions.get_mut(*question) {
                    state.closed = Some(*text);
                    self.timers.remove(&(state.deadline, Timer::Question(*question)));
                }
            }
            AgentEvent::MemoSent { memo } => self.apply_memo(memo),
            AgentEvent::MemoClosed { memo, .. } => self.apply_memo_closed(*memo),
        }
    }

    /// What a tool left behind: the tree as it is now, and how a criterion's command went.
    fn apply_trace(&mut self, agent: AgentId, tree: Option<&TreeId>, ran: Option<&Ran>) {
        if let (Some(tree), Some(attempt)) = (tree, self.attempt_of_mut(agent)) {
            attempt.tree = Some(tree.clone());
        }
        if let Some(ran) = ran {
            self.apply_execution(agent, ran);
        }
    }

    fn apply_reserved(
        &mut self,
        effect: EffectId,
        id: AgentId,
        account: AccountId,
        bound: Money,
        body_bytes: u64,
    ) {
        self.unpark(id);
        self.drop_effect_of(id);
        self.sound &= self.ledger.reserve(effect, account, bound).is_ok();
        if let Some(agent) = self.agents.get_mut(id) {
            agent.state = AgentState::Calling(effect);
            agent.compaction.sent(body_bytes);
            agent.widest = agent.widest.max(body_bytes.saturating_add(HIDDEN_INPUT_TOKENS));
        }
    }

    fn apply_failure(&mut self, effect: EffectId, agent: AgentId, charged: Money, fault: &Fault) {
        if let Some(Effect::Call { model, .. }) = self.owed.remove(&effect) {
            self.health.failed(&model, fault, self.now);
        }
        self.ledger.settle(effect, charged);
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.spent = agent.spent.plus(charged);
            // A call that went down with its process says nothing about its provider.
            agent.tries = agent.tries.saturating_add(u8::from(*fault != Fault::Lost));
            if let Fault::ContextTooLong { .. } = fault {
                agent.compaction.was_too_long();
            }
            agent.state = AgentState::Acting;
        }
    }

    fn apply_unsent(&mut self, effect: EffectId, agent: AgentId, resumes_in_ms: Option<u64>) {
        if let (Some(Effect::Call { model, .. }), Some(ms)) = (self.owed.remove(&effect), resumes_in_ms) {
            self.health.closed(&model, ms, self.now);
        }
        self.ledger.settle(effect, Money::ZERO);
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.state = AgentState::Acting;
        }
    }

    fn apply_retry(&mut self, id: AgentId, effect: EffectId) {
        let Some(agent) = self.agents.get_mut(id) else {
            return;
        };
        if let AgentState::Pausing(at) = agent.state {
            self.timers.remove(&(at, Timer::Retry(id)));
        }
        agent.state = AgentState::Composing(effect);
    }

    fn apply_result(&mut self, agent: AgentId, index: u16, answer: SlotAnswer) {
        if let Some(slot) = self.slot_mut(agent, index) {
            slot.answer = Some(answer);
            // A call that was lost is answered while it is owed.
            if let Some(effect) = slot.effect.take() {
                self.owed.remove(&effect);
            }
        }
    }

    fn apply_progress(
        &mut self,
        agent: AgentId,
        index: u16,
        output: &BlobRef,
        ok: bool,
        tree: Option<&TreeId>,
    ) {
        let tool = self.agents.get(agent).and_then(|agent| agent.slot(index)?.tool);
        if let (Some(agent), Some(tool)) = (self.agents.get_mut(agent), tool) {
            agent.progress.tool_done(tool, output, ok, tree);
        }
    }

    fn apply_answer(&mut self, agent: AgentId, index: u16, answer: &Answer) {
        let faulty = matches!(answer, Answer::PlanFaulty { .. });
        self.plan_repairs = self.plan_repairs.saturating_add(u8::from(faulty));
        self.apply_result(agent, index, SlotAnswer::Control(answer.clone()));
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.progress.answered(answer);
        }
        if let Answer::NotDone { .. } = answer {
            self.apply_not_done(agent);
        }
    }

    fn apply_notice(&mut self, agent: AgentId, notice: &Notice) {
        if let (Notice::Closing, Stage::Checking(cause)) = (notice, self.stage) {
            self.stage = Stage::Concluding(cause);
        }
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.notices.push(notice.clone());
        }
    }

    fn apply_memo(&mut self, memo: &Memo) {
        if let Some(sender) = memo.from.and_then(|from| self.sections.get_mut(from)) {
            sender.memos_sent = sender.memos_sent.saturating_add(1);
        }
        let number = self.memos.push(memo.clone());
        if let Some(deadline) = memo.deadline {
            self.blockers.insert(number);
            self.timers.insert((deadline, Timer::Memo(number)));
        }
    }

    fn apply_memo_closed(&mut self, number: MemoNumber) {
        self.blockers.remove(&number);
        let deadline = self.memos.get(number).and_then(|memo| memo.deadline);
        if let Some(deadline) = deadline {
            self.timers.remove(&(deadline, Timer::Memo(number)));
        }
    }

    fn apply_spawn(
        &mut self,
        at: Millis,
        seat: Seat,
        seniority: Seniority,
        account: AccountId,
        scope: Scope,
    ) {
        let id = self.agents.push(Agent {
            seat,
            seniority,
            account,
            scope,
            turns: Vec::new(),
            notices: Vec::new(),
            state: AgentState::Resting,
            idle: 0,
            tries: 0,
            model: None,
            spent: Money::ZERO,
            used: Usage::default(),
            widest: 0,
            progress: Progress::default(),
            compaction: Compaction::default(),
            due: None,
            idle_due: None,
        });
        self.apply_time(at, id);
        match seat {
            Seat::Orchestrator => self.orchestrator = Some(id),
            Seat::Triage => {}
            Seat::Manager(section) => {
                if let Some(section) = self.sections.get_mut(section) {
                    section.manager = Some(id);
                }
            }
            Seat::Worker(attempt) => {
                if let Some(attempt) = self.attempts.get_mut(attempt) {
                    attempt.worker = Some(id);
                }
            }
            Seat::Reviewer(attempt) => {
                if let Some(attempt) = self.attempts.get_mut(attempt) {
                    attempt.reviewer = Some(id);
                }
            }
            Seat::Adviser(opinion, _) | Seat::Synthesist(opinion) => self.seat_counsel(opinion, seat, id),
        }
    }

    fn apply_turn(&mut self, agent: AgentId, effect: EffectId, notices: &[Notice]) {
        let Some(agent) = self.agents.get_mut(agent) else {
            return;
        };
        agent.progress.turn_began(notices);
        agent.turns.push(Turn { notices: notices.to_vec(), reply: None, slots: Vec::new() });
        agent.notices.retain(|notice| !notices.contains(notice));
        agent.tries = 0;
        agent.state = AgentState::Composing(effect);
    }

    fn apply_parked(&mut self, agent: AgentId, body_bytes: u64) {
        self.drop_effect_of(agent);
        self.unpark(agent);
        let Some(state) = self.agents.get_mut(agent) else {
            return;
        };
        let account = match self.ledger.affords(state.account, Money::MAX) {
            Err(shortfall) => shortfall.account,
            Ok(()) => state.account,
        };
        state.state = AgentState::Parked { account, body_bytes };
        self.parked.entry(account).or_default().push_back(agent);
    }

    fn unpark(&mut self, agent: AgentId) {
        let Some(AgentState::Parked { account, .. }) = self.agents.get(agent).map(|agent| &agent.state)
        else {
            return;
        };
        let account = *account;
        if let Some(queue) = self.parked.get_mut(&account) {
            queue.retain(|other| *other != agent);
            if queue.is_empty() {
                self.parked.remove(&account);
            }
        }
    }

    fn apply_agent_end(&mut self, at: Millis, id: AgentId, end: &AgentEnd) {
        self.unpark(id);
        self.drop_effect_of(id);
        let Some(agent) = self.agents.get_mut(id) else {
            return;
        };
        if let AgentState::Pausing(at) = agent.state {
            self.timers.remove(&(at, Timer::Retry(id)));
        }
        agent.state = AgentState::Ended(end.clone());
        agent.notices = Vec::new();
        agent.progress.forget();
        self.drop_time(at, id);
    }

    /// A report came back: its Manager may do something about it.
    fn apply_not_done(&mut self, agent: AgentId) {
        let section = self.section_of(agent).and_then(|section| self.sections.get_mut(section));
        if let Some(section) = section {
            section.reporting = None;
        }
    }

    /// The effect that works for an agent is owed no more.
    pub(super) fn drop_effect_of(&mut self, agent: AgentId) {
        if let Some(effect) = self.agents.get(agent).and_then(Agent::effect) {
            self.owed.remove(&effect);
        }
    }

    fn slot_mut(&mut self, agent: AgentId, index: u16) -> Option<&mut Slot> {
        self.agents.get_mut(agent)?.turns.last_mut()?.slots.get_mut(usize::from(index))
    }

    /// A worker ran a command: where it is a criterion's own, that is on record.
    fn apply_execution(&mut self, agent: AgentId, ran: &Ran) {
        let Some(task) = self.attempt_of_mut(agent).map(|state| state.task) else { return };
        let Some(task) = self.tasks.get(task) else { return };
        let ids = task.outline.commands.iter().filter(|(_, command)| *command == ran.command);
        let ids: Vec<_> = ids.map(|(id, _)| id.clone()).collect();
        let Some(state) = self.attempt_of_mut(agent) else { return };
        state.executed.retain(|(id, _)| !ids.contains(id));
        state.executed.extend(ids.into_iter().map(|id| (id, ran.exit)));
    }

    fn attempt_of_mut(&mut self, agent: AgentId) -> Option<&mut AttemptState> {
        match self.agents.get(agent)?.seat {
            Seat::Worker(attempt) | Seat::Reviewer(attempt) => self.attempts.get_mut(attempt),
            Seat::Orchestrator
            | Seat::Triage
            | Seat::Manager(_)
            | Seat::Adviser(..)
            | Seat::Synthesist(_) => None,
        }
    }
}

impl Agent {
    fn hear(&mut self, content: BlobRef, reply: &Reply, cost: Money, calls: &[String]) {
        self.spent = self.spent.plus(cost);
        self.model = Some(reply.served.clone());
        self.idle = if calls.is_empty() { self.idle.saturating_add(1) } else { 0 };
        self.state = AgentState::Acting;
        if let Some(usage) = reply.usage {
            self.used = self.used.plus(usage);
        }
        if let Some(turn) = self.turns.last_mut() {
            turn.reply = Some(content);
            turn.slots = calls.iter().map(|name| Slot::of(name)).collect();
        }
    }
}
