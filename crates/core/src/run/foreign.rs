//! Tools of servers: who may call them, and what becomes of a call that was on its way when the engine stopped.

use super::Run;
use super::agents::{not_yours, unknown_tool};
use super::event::{Breach, Seat};
use super::state::Slot;
use super::step::Draft;
use crate::words::*;

impl Run {
    /// The foreign tools that an agent may call: those of the run's beginning, by its seat, its scope and its role, which never
    /// change.
    pub(crate) fn foreign_for(&self, id: AgentId) -> impl Iterator<Item = &ForeignTool> {
        let agent = self.agents.get(id);
        let task = match agent.map(|agent| agent.seat) {
            Some(Seat::Worker(attempt)) => self.task_of(attempt),
            Some(_) | None => None,
        };
        let mode = task.map_or(Mode::Agent, |task| task.outline.mode);
        let named = task.and_then(|task| self.role(task.outline.role.as_deref()?)?.foreign.as_ref());
        let offered = self.head.as_ref().and_then(|head| head.foreign.as_ref());
        let tools = offered.map(|offered| offered.tools.as_slice()).unwrap_or_default();
        tools.iter().filter(move |tool| {
            agent.is_some_and(|agent| tool.is_for(agent.seat, &agent.scope, mode))
                && named.is_none_or(|names| tool.is_among(names))
        })
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
