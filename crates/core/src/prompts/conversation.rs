//! From a run and an agent to the agent's whole conversation.
//!
//! What was told once is told the same ever after: each turn is made of what its events fixed (notices, answers, ended
//! attempts), never of what may still change. So a conversation only grows at its end, and providers' caches hold. Only an
//! event `Compacted` changes what is shown of the turns before it.

use super::documents::{Document, Part, Piece};
use super::{ToolSpec, recall, report, roles, told, tools};
use crate::run::Run;
use crate::run::event::Seat;
use crate::run::state::{Agent, Slot, SlotAnswer, Turn};
use crate::words::*;

/// Everything that a model is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// What stands before it.
    pub system: String,
    /// What may be called.
    pub tools: Vec<ToolSpec>,
    /// Foreign tools that may be called too, where there are any.
    pub foreign: Option<Offered>,
    /// The rounds so far that are shown; the last one waits for its reply. None while all is left out and nothing new said.
    pub turns: Vec<PromptTurn>,
}

/// Foreign tools that an agent may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// A list of [`ForeignSpec`] that holds what there is to say of them.
    pub specs: BlobRef,
    /// Their names, in that order.
    pub names: Vec<String>,
}

/// One round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptTurn {
    /// What the agent is told; never empty. Results of the calls of the round before come first.
    pub user: Vec<Piece>,
    /// What it said; none while it has not.
    pub reply: Option<BlobRef>,
}

/// The answer to calls beyond [`crate::limits::CALLS_PER_REPLY`]: a provider wants one for every call.
pub const TOO_MANY_CALLS: &str = "Not taken: too many calls in one reply. Call it again.";

/// An agent's conversation as it stands; none where there is no such agent.
#[must_use]
pub fn conversation(run: &Run, id: AgentId) -> Option<Conversation> {
    let agent = run.agents().get(id)?;
    let (mode, kind) = work_of(run, agent.seat);
    let from = agent.compaction.shown.from as usize;
    let turns = agent.turns.iter().enumerate().skip(from).map(|(at, turn)| {
        let told = told::notices(run, agent.seat, &turn.notices);
        let before = at.checked_sub(1).filter(|_| at > from).and_then(|at| Some((at, agent.turns.get(at)?)));
        let user = match before {
            None => joined(told::opening(run, agent), told),
            Some((at, before)) => {
                let mut user = results(run, agent, at, before);
                user.extend(told.into_iter().map(Piece::Part));
                user
            }
        };
        PromptTurn { user: or_go_on(user), reply: turn.reply }
    });
    Some(Conversation {
        system: roles::system(agent.seat, mode, kind).to_owned(),
        tools: tools_of(run, agent, mode),
        foreign: offered(run, id),
        turns: turns.collect(),
    })
}

/// What an agent may call. Once its plan is approved, the Orchestrator need not know any more how to hand one in.
fn tools_of(run: &Run, agent: &Agent, mode: Mode) -> Vec<ToolSpec> {
    let mut tools = tools::tools_for(agent.seat, agent.scope.tools, mode);
    if agent.seat == Seat::Orchestrator && run.is_approved() {
        tools.retain(|tool| tool.name != "submit_plan");
    }
    tools
}

/// What it may call besides, by what the run began with.
fn offered(run: &Run, id: AgentId) -> Option<Offered> {
    let specs = run.head()?.foreign.as_ref()?.specs;
    let names: Vec<_> = run.foreign_for(id).map(|tool| tool.name.clone()).collect();
    (!names.is_empty()).then_some(Offered { specs, names })
}

/// A provider wants words, even where there is nothing to say.
fn or_go_on(user: Vec<Piece>) -> Vec<Piece> {
    if user.is_empty() { vec![Piece::Part(Part::Text("Go on.".to_owned()))] } else { user }
}

fn joined(first: Vec<Part>, then: Vec<Part>) -> Vec<Piece> {
    first.into_iter().chain(then).map(Piece::Part).collect()
}

/// How a worker works, and at what kind of task.
fn work_of(run: &Run, seat: Seat) -> (Mode, TaskKind) {
    match seat {
        Seat::Worker(attempt) => {
            let task = run.attempts().get(attempt).and_then(|attempt| run.tasks().get(attempt.task));
            task.map_or((Mode::Agent, TaskKind::Build), |task| (task.outline.mode, task.outline.kind))
        }
        Seat::Orchestrator
        | Seat::Triage
        | Seat::Manager(_)
        | Seat::Reviewer(_)
        | Seat::Adviser(..)
        | Seat::Synthesist(_) => (Mode::Agent, TaskKind::Build),
    }
}

/// The answers to the calls of a turn, as its agent is shown them now.
fn results(run: &Run, agent: &Agent, at: usize, turn: &Turn) -> Vec<Piece> {
    let shown = agent.compaction.shown;
    let cut = shown.cut.filter(|(turn, _)| *turn as usize == at).map(|(_, bytes)| bytes);
    let is_omitted = at < shown.omitted as usize;
    let piece = |(index, slot): (u16, &Slot)| {
        let (ok, body) = match cut {
            _ if is_omitted => recall::omitted(run, slot),
            Some(bytes) => recall::cut(run, slot, bytes),
            None => result(run, slot),
        };
        Piece::Result { index, ok, body }
    };
    (0..).zip(&turn.slots).map(piece).collect()
}

fn result(run: &Run, slot: &Slot) -> (bool, Vec<Part>) {
    match &slot.answer {
        Some(SlotAnswer::Tool { output, ok }) => (*ok, vec![Part::Document(Document::Blob(*output))]),
        Some(SlotAnswer::Control(answer)) => report::answer(run, answer),
        None => (false, vec![Part::Text("There was no answer.".to_owned())]),
    }
}
