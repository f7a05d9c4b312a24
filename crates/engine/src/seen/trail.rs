//! Calls out of the journal, those of a task's agents or a single one, each with the run as it stood when it could leave.

use std::collections::BTreeMap;

use trireme_core::limits::JOURNAL_PAGE;
use trireme_core::run::event::{AgentEvent, Event, Seat};
use trireme_core::run::{Effect, Run};
use trireme_core::{AgentId, BlobRef, EffectId, TaskId};

use crate::error::EngineError;
use crate::folder::RunFolder;
use crate::journal::Reader;
use crate::run_loop;
use crate::world::{Call, Job};

/// A call that left, or may have.
pub(crate) struct Left {
    pub(super) effect: EffectId,
    /// The number of the event that let it leave.
    pub(super) seq: u64,
    pub(super) agent: AgentId,
    /// In which turn, counted from 1.
    pub(super) turn: usize,
    pub(super) call: Call,
    /// The reply, if one came.
    pub(super) reply: Option<BlobRef>,
    /// What became of it.
    pub(super) end: String,
}

/// Which calls are wanted.
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    /// Those of everybody.
    All,
    /// Those of all agents of a task.
    Task(TaskId),
    /// That one.
    Call(EffectId),
}

/// The calls that are wanted.
pub(crate) struct Trail {
    whose: Whose,
    left: BTreeMap<EffectId, Left>,
}

impl Trail {
    /// Folds the journal from its beginning.
    pub(crate) async fn read(folder: &RunFolder, whose: Whose) -> Result<Self, EngineError> {
        let (mut trail, mut run, mut seq) = (Self { whose, left: BTreeMap::new() }, Run::default(), 0);
        let mut reader = Reader::open(&folder.dir).await?;
        loop {
            let records = reader.read_from(seq + 1, JOURNAL_PAGE).await?;
            let Some(last) = records.last() else { return Ok(trail) };
            seq = last.seq;
            for record in &records {
                let (at, event) = run_loop::read(record)?;
                run.apply(at, &event);
                trail.take(&run, record.seq, &event);
            }
        }
    }

    /// The calls of one agent, in order.
    pub(super) fn of(&mut self, agent: AgentId) -> Vec<Left> {
        self.left.extract_if(.., |_, left| left.agent == agent).map(|(_, left)| left).collect()
    }

    /// All of them, in the order in which they could leave.
    pub(crate) fn all(self) -> Vec<Left> {
        self.left.into_values().collect()
    }

    /// That call; none where it never left.
    pub(super) fn call(mut self, effect: EffectId) -> Option<Left> {
        self.left.remove(&effect)
    }

    /// Takes an event, after the run did.
    fn take(&mut self, run: &Run, seq: u64, event: &Event) {
        let Event::Agent(event) = event else { return };
        match event {
            AgentEvent::Reserved { effect, agent, model, effort, max_tokens, .. } => {
                let (agent, effort, max_tokens) = (*agent, *effort, *max_tokens);
                let call = Effect::Call { agent, model: model.clone(), effort, max_tokens };
                if self.is_wanted(run, *effect, agent)
                    && let Some(Job::Call(call)) = Job::of(run, &call)
                {
                    let turn = run.agents().get(agent).map_or(0, |agent| agent.turns.len());
                    let (effect, end) = (*effect, "no answer yet".to_owned());
                    self.left.insert(effect, Left { effect, seq, agent, turn, call, reply: None, end });
                }
            }
            AgentEvent::Replied { effect, content, .. } => {
                self.end(*effect, Some(*content), "answered".to_owned());
            }
            AgentEvent::CallFailed { effect, fault, .. } => self.end(*effect, None, fault.to_string()),
            // It waited in vain, and was never sent.
            AgentEvent::CallUnsent { effect, .. } => drop(self.left.remove(effect)),
            AgentEvent::AgentSpawned { .. }
            | AgentEvent::TurnBegan { .. }
            | AgentEvent::Parked { .. }
            | AgentEvent::Compacted { .. }
            | AgentEvent::NotesAsked { .. }
            | AgentEvent::CallRefused { .. }
            | AgentEvent::RetryPlanned { .. }
            | AgentEvent::RetryBegan { .. }
            | AgentEvent::ToolCalled { .. }
            | AgentEvent::ToolDone { .. }
            | AgentEvent::Answered { .. }
            | AgentEvent::Noticed { .. }
            | AgentEvent::AgentEnded { .. }
            | AgentEvent::QuestionAsked { .. }
            | AgentEvent::QuestionClosed { .. }
            | AgentEvent::MemoSent { .. }
            | AgentEvent::MemoClosed { .. } => {}
        }
    }

    fn is_wanted(&self, run: &Run, effect: EffectId, agent: AgentId) -> bool {
        match self.whose {
            Whose::All => true,
            Whose::Call(call) => call == effect,
            Whose::Task(task) => task_of(run, agent) == Some(task),
        }
    }

    fn end(&mut self, effect: EffectId, reply: Option<BlobRef>, end: String) {
        if let Some(left) = self.left.get_mut(&effect) {
            (left.reply, left.end) = (reply, end);
        }
    }
}

/// The task that an agent works on or judges.
fn task_of(run: &Run, agent: AgentId) -> Option<TaskId> {
    match run.agents().get(agent)?.seat {
        Seat::Worker(attempt) | Seat::Reviewer(attempt) => Some(run.attempts().get(attempt)?.task),
        Seat::Orchestrator | Seat::Triage | Seat::Manager(_) | Seat::Adviser(..) | Seat::Synthesist(_) => {
            None
        }
    }
}
