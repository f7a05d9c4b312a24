//! Tools of servers: who may call them, and what becomes of a call that was on its way when the engine stopped.

use super::Run;
use super::agents::{not_yours, unknown_tool};
use super::event::{Breach, Seat};
use super::state::Slot;
use super::step::Draft;
use crate::words::*;

impl Run {
    /// The foreign tools that an agent may call: those of the run's beginning, by its seat and its scope, which never change.
    pub(crate) fn foreign_for(&self, id: AgentId) -> impl Iterator<Item = &ForeignTool> {
        let agent = self.agents.get(id);
        let mode = agent.map_or(Mode::Single, |agent| self.mode_of(agent.seat));
        let offered = self.head.as_ref().and_then(|head| head.foreign.as_ref());
        let tools = offered.map(|offered| offered.tools.as_slice()).unwrap_or_default();
        tools.iter().filter(move |tool| agent.is_some_and(|agent| tool.is_for(agent.seat, agent.scope, mode)))
    }

    fn mode_of(&self, seat: Seat) -> Mode {
        let Seat::Worker(attempt) = seat else { return Mode::Agent };
        let task = self.attempts.get(attempt).and_then(|attempt| self.tasks.get(attempt.task));
        task.map_or(Mode::Agent, |task| task.outline.mode)
    }
}

impl Draft<'_> {
    /// A tool that is not offered to this agent is refused here, whatever the prompt said; one that is waits for its turn.
    pub(super) fn foreign_in_scope(&mut self, agent: AgentId, index: u16, name: &str) {
        if self.run.foreign_for(agent).any(|tool| tool.name == name) {
            return;
        }
        let offered = self.run.head.as_ref().and_then(|head| head.foreign.as_ref()?.named(name));
        match offered {
            Some(_) => self.breach(agent, index, Breach::NotYours, not_yours(name)),
            None => self.breach(agent, index, Breach::Unknown, unknown_tool(name)),
        }
    }

    /// A call that was on its way when the engine stopped. Whatever only looks, or works on files that are as they are on
    /// record, is done again; a foreign tool may have done something out there, and is not called twice.
    pub(super) fn tool_lost(&mut self, agent: AgentId, index: u16) {
        let slot = self.run.agents.get(agent).and_then(|agent| agent.slot(index));
        let Some(name) = slot.and_then(|slot| slot.foreign.clone()) else { return };
        if self.run.foreign_for(agent).any(|tool| tool.name == name && tool.reads) {
            return;
        }
        let why = format!(
            "Lost: the engine was stopped while {name} was on its way. It may have happened, and it is not called again by itself. \
             What it changed in your files is undone; look before you call it again."
        );
        self.refuse(agent, index, why);
        self.pump(agent);
    }
}

impl Slot {
    /// A call of that name.
    pub(super) fn of(name: &str) -> Self {
        let foreign = ForeignTool::is_name(name).then(|| name.to_owned());
        Self { tool: Tool::called(name), foreign, effect: None, answer: None }
    }

    /// What the workspace tool is called, if it calls one.
    #[must_use]
    pub fn tool_name(&self) -> Option<&str> {
        self.foreign.as_deref().or(self.tool.map(Tool::name))
    }
}
