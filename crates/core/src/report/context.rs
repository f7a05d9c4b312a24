//! What agents carried: the tokens that each tier had before it, and what one agent would have carried that did all of it
//! in one conversation.
//!
//! An agent's *context* is its largest call, read and answered, as its provider counted it. Of each agent the *opening*
//! (system prompt, tools, assignment) is taken to be the smallest first call of its role. One agent alone would have one
//! opening, what the Orchestrator found out beyond its own, and what each task took beyond that of its worker: in its own
//! conversation a second attempt reads nothing anew, and nobody is to be managed. What several workers read alike it reads
//! once, which nobody knows here, so this is rather too much:
//!
//! ```text
//! one agent = Σ over tasks (largest context of its workers − their opening)
//!           + Orchestrator's context, else an opening of the workers
//! ```
//!
//! How much of what an agent was sent is the repository is counted where requests are put together, in bytes of every request
//! again: files given with a contract, and what reading, listing, searching and git showed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::blocks::Block;
use super::tally::{Context, Tally, percent};
use crate::log::Who;
use crate::run::Run;
use crate::view::grouped;
use crate::words::{AgentId, TaskId};

/// What agents carried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ContextReport {
    /// Orchestrator, Managers, workers and so on, in that order.
    pub tiers: Vec<TierContext>,
    /// What one agent would have carried at its end, in tokens; an estimate, by the formula above.
    pub one_agent: u64,
}

/// What the agents of one role carried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TierContext {
    /// The role.
    pub role: String,
    /// How many of them were asked anything.
    pub agents: u64,
    /// The largest context, in tokens.
    pub largest: u64,
    /// All contexts together, in tokens.
    pub together: u64,
    /// The smallest first call, in tokens.
    pub opening: u64,
    /// All that they were sent, in bytes; nothing where nobody looked.
    pub body_bytes: u64,
    /// Of it, the repository.
    pub repo_bytes: u64,
    /// The largest part of any request that was the repository, in percent.
    pub repo_most_pct: u64,
}

impl ContextReport {
    pub(super) fn of(run: &Run, tally: &Tally) -> Self {
        let mut tiers: Vec<TierContext> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (agent, context) in tally.contexts() {
            let role = role(run, *agent);
            let place = *places.entry(role).or_insert(tiers.len());
            if place == tiers.len() {
                tiers.push(TierContext {
                    role: role.to_owned(),
                    opening: context.first,
                    ..TierContext::default()
                });
            }
            if let Some(tier) = tiers.get_mut(place) {
                tier.take(context);
            }
        }
        Self { one_agent: one_agent(run, tally, &tiers), tiers }
    }
}

/// What one agent would have carried that did the work of all.
fn one_agent(run: &Run, tally: &Tally, tiers: &[TierContext]) -> u64 {
    let tier = |role: &str| tiers.iter().find(|tier| tier.role == role);
    let working = tier("worker").map_or(0, |tier| tier.opening);
    let first = tier("orchestrator").map_or(working, |tier| tier.largest);
    let mut tasks: BTreeMap<TaskId, u64> = BTreeMap::new();
    for (agent, context) in tally.contexts() {
        let who = Who::by(run, *agent);
        if let (Some("worker"), Some(task)) = (who.role, who.task) {
            let beyond = tasks.entry(task).or_default();
            *beyond = (*beyond).max(context.most.saturating_sub(working));
        }
    }
    tasks.into_values().fold(first, u64::saturating_add)
}

impl TierContext {
    fn take(&mut self, context: &Context) {
        self.agents += 1;
        self.largest = self.largest.max(context.most);
        self.together = self.together.saturating_add(context.most);
        self.opening = self.opening.min(context.first);
        self.body_bytes = self.body_bytes.saturating_add(context.sent.body_bytes);
        self.repo_bytes = self.repo_bytes.saturating_add(context.sent.repo_bytes);
        self.repo_most_pct = self.repo_most_pct.max(context.repo_most_pct);
    }

    /// How much of what they were sent is the repository, in percent; none where nobody looked.
    #[must_use]
    pub fn repo_pct(&self) -> Option<u64> {
        (self.body_bytes > 0).then(|| percent(self.repo_bytes, self.body_bytes))
    }
}

fn role(run: &Run, agent: AgentId) -> &'static str {
    Who::by(run, agent).role.unwrap_or("unknown")
}

/// The part of a page on context.
pub(super) fn blocks(context: &ContextReport) -> Vec<Block> {
    if context.tiers.is_empty() {
        return Vec::new();
    }
    let row = |tier: &TierContext| {
        let repo = tier.repo_pct().map(|pct| format!("{pct} %")).unwrap_or_default();
        vec![tier.role.clone(), tier.agents.to_string(), grouped(tier.largest), grouped(tier.together), repo]
    };
    let rows = context.tiers.iter().map(row).collect();
    let mut blocks = vec![
        Block::Heading(2, "Context in tokens".to_owned()),
        Block::Table { head: vec!["tier", "agents", "largest", "together", "repository"], rows },
    ];
    let workers = context.tiers.iter().find(|tier| tier.role == "worker");
    blocks.extend(workers.and_then(repository).map(Block::Text));
    blocks.push(Block::Text(format!(
        "One agent that did all of it would carry about {}.",
        grouped(context.one_agent)
    )));
    blocks
}

/// How much of what workers read is the repository itself.
fn repository(workers: &TierContext) -> Option<String> {
    let (pct, most) = (workers.repo_pct()?, workers.repo_most_pct);
    Some(format!(
        "Of what workers were sent, {pct} % was the repository (files of their contracts, and what they looked at), in one \
         request {most} %."
    ))
}
