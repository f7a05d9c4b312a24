//! What one agent is doing.

use serde::Serialize;

use super::{Purses, purses};
use crate::run::state::{Agent, AgentState};
use crate::run::{Effect, Run};
use crate::words::*;

/// An agent from outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentView {
    /// Its id.
    pub id: String,
    /// How much model.
    pub seniority: Seniority,
    /// What it does now.
    pub activity: Activity,
    /// The same in words.
    pub words: String,
    /// Turns so far.
    pub turns: usize,
    /// What its own calls cost, and its account.
    pub money: Purses,
}

/// What an agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Its request is being put together.
    Composing,
    /// It waits for money that is promised to others.
    WaitingForMoney,
    /// A model works for it.
    Calling,
    /// Its call failed and is made again later.
    Pausing,
    /// A tool runs for it.
    Running,
    /// It waits for others.
    Waiting,
    /// It is gone.
    Gone,
}

impl AgentView {
    pub(crate) fn of(run: &Run, id: AgentId) -> Option<Self> {
        let agent = run.agents().get(id)?;
        let (activity, words) = activity(run, agent);
        Some(Self {
            id: id.to_string(),
            seniority: agent.seniority,
            activity,
            words,
            turns: agent.turns.len(),
            money: Purses { spent: agent.spent, ..purses(run, agent.account) },
        })
    }
}

/// What an agent does, as a word for machines and in words for people.
pub(super) fn activity(run: &Run, agent: &Agent) -> (Activity, String) {
    let turn = agent.turns.len();
    match &agent.state {
        AgentState::Composing(_) => (Activity::Composing, format!("turn {turn}")),
        AgentState::Parked { .. } => (Activity::WaitingForMoney, "waiting for money".to_owned()),
        AgentState::Calling(effect) => {
            let model = called(run, *effect).unwrap_or("a model");
            (Activity::Calling, format!("turn {turn}, calling {model}"))
        }
        AgentState::Pausing(_) => (Activity::Pausing, format!("turn {turn}, will try again")),
        AgentState::Acting => match running(agent) {
            Some(tool) => (Activity::Running, format!("turn {turn}, running {tool}")),
            None => (Activity::Waiting, format!("turn {turn}, waiting")),
        },
        AgentState::Resting => (Activity::Waiting, "waiting".to_owned()),
        AgentState::Ended(_) => (Activity::Gone, "gone".to_owned()),
    }
}

fn called(run: &Run, effect: EffectId) -> Option<&str> {
    match run.owed_from(effect).next()? {
        (id, Effect::Call { model, .. }) if id == effect => Some(model),
        _ => None,
    }
}

fn running(agent: &Agent) -> Option<Tool> {
    agent.slots().iter().find(|slot| slot.effect.is_some())?.tool
}
