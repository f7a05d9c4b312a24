//! What the events of a run say and the run itself does not keep: which model each call went to, what accounts gave back,
//! and what the branch was set to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::matters::Matters;
use super::money::By;
use crate::failure::Failure;
use crate::limits::NAMED_AT_MOST;
use crate::log::{Who, call_made, provider};
use crate::run::Run;
use crate::run::event::{AgentEvent, Event, MoneyEvent, RunEvent};
use crate::view::usd;
use crate::words::*;

/// A sum over calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Calls that were answered, and those that were not.
    pub calls: u64,
    /// Calls that were not answered.
    pub failed: u64,
    /// What they used.
    pub tokens: Usage,
    /// What was paid.
    #[serde(rename = "cost_usd", serialize_with = "usd")]
    pub cost: Money,
}

/// What something cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CostRow {
    /// The Manager, task, agent, seniority, model, provider, phase or role.
    pub key: String,
    /// What it cost.
    pub cost: Cost,
}

/// What an agent had before it, in tokens as its provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Context {
    /// With its first call.
    pub(super) first: u64,
    /// With its largest one, and what it answered.
    pub(super) most: u64,
    /// What its requests were made of, all together; nothing where nobody looked.
    pub(super) sent: Sent,
    /// The largest part of a request that was the repository, in percent.
    pub(super) repo_most_pct: u64,
}

/// How often one kind of failure came, and to whom first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) times: u64,
    pub(super) whose: Vec<String>,
}

/// Sums over the events of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    calls: BTreeMap<(AgentId, String), Cost>,
    surplus: BTreeMap<AccountId, Money>,
    contexts: BTreeMap<AgentId, Context>,
    failures: BTreeMap<Failure, Failed>,
    matters: Matters,
    publishing: Option<CommitId>,
    published: Option<CommitId>,
}

impl Cost {
    fn plus(self, other: &Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            failed: self.failed + other.failed,
            tokens: self.tokens.plus(other.tokens),
            cost: self.cost.plus(other.cost),
        }
    }
}

impl Tally {
    /// The tally of a journal, and the run that it tells of.
    #[must_use]
    pub fn fold<'a>(events: impl IntoIterator<Item = (Millis, &'a Event)>) -> (Self, Run) {
        let (mut tally, mut run) = (Self::default(), Run::default());
        for (at, event) in events {
            tally.take(&run, event);
            run.apply(at, event);
        }
        (tally, run)
    }

    /// Takes one event, which `before` has not applied yet.
    pub fn take(&mut self, before: &Run, event: &Event) {
        if let Some(call) = call_made(before, event) {
            let sum = self.calls.entry((call.agent, call.model)).or_default();
            let failed = u64::from(!call.answered);
            *sum = sum.plus(&Cost { calls: 1, failed, tokens: call.usage, cost: call.cost });
            if call.answered {
                self.carried(call.agent, &call.usage);
            }
        }
        if let Event::Agent(AgentEvent::Replied { agent, reply: Reply { sent: Some(sent), .. }, .. }) = event
        {
            self.sent(*agent, *sent);
        }
        self.matters.take(before, event);
        if let Some(failure) = Failure::of(before, event) {
            self.failed(failure, Who::of(before, event).words(before));
        }
        match event {
            Event::Money(MoneyEvent::AccountClosed { account, surplus }) => {
                self.surplus.insert(*account, *surplus);
            }
            Event::Run(RunEvent::PublishBegan { commit, .. }) => self.publishing = Some(commit.clone()),
            Event::Run(RunEvent::Published { .. }) => self.published = self.publishing.take(),
            Event::Run(_)
            | Event::Money(_)
            | Event::Agent(_)
            | Event::Task(_)
            | Event::Branch(_)
            | Event::Opinion(_) => {}
        }
    }

    fn carried(&mut self, agent: AgentId, usage: &Usage) {
        let read = usage.read();
        let fresh = Context { first: read, ..Context::default() };
        let context = self.contexts.entry(agent).or_insert(fresh);
        context.most = context.most.max(read.saturating_add(usage.output));
    }

    fn sent(&mut self, agent: AgentId, Sent { body_bytes, repo_bytes }: Sent) {
        let Some(context) = self.contexts.get_mut(&agent) else { return };
        context.sent.body_bytes = context.sent.body_bytes.saturating_add(body_bytes);
        context.sent.repo_bytes = context.sent.repo_bytes.saturating_add(repo_bytes);
        context.repo_most_pct = context.repo_most_pct.max(percent(repo_bytes, body_bytes));
    }

    fn failed(&mut self, failure: Failure, whose: String) {
        let failed = self.failures.entry(failure).or_default();
        failed.times += 1;
        if failed.whose.len() < NAMED_AT_MOST && !failed.whose.contains(&whose) {
            failed.whose.push(whose);
        }
    }

    /// What each agent had before it.
    pub(super) const fn contexts(&self) -> &BTreeMap<AgentId, Context> {
        &self.contexts
    }

    /// What the Orchestrator was asked for.
    pub(super) const fn matters(&self) -> &Matters {
        &self.matters
    }

    /// What went wrong.
    pub(super) const fn failures(&self) -> &BTreeMap<Failure, Failed> {
        &self.failures
    }

    /// What the calls cost, by something; the keys are in the order of their first agent, and all rows add up to all
    /// that was paid.
    #[must_use]
    pub fn by(&self, run: &Run, by: By) -> Vec<CostRow> {
        let mut rows: Vec<CostRow> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for ((agent, model), cost) in &self.calls {
            let key = key(run, by, *agent, model);
            let place = *places.entry(key.clone()).or_insert(rows.len());
            match rows.get_mut(place) {
                Some(row) => row.cost = row.cost.plus(cost),
                None => rows.push(CostRow { key, cost: *cost }),
            }
        }
        rows
    }

    /// All calls together.
    #[must_use]
    pub fn total(&self) -> Cost {
        self.calls.values().fold(Cost::default(), Cost::plus)
    }

    /// What the agents of one role cost.
    pub(super) fn of_role(&self, run: &Run, role: &str) -> Money {
        let theirs = |agent: AgentId| Who::by(run, agent).role == Some(role);
        self.calls.iter().filter(|((agent, _), _)| theirs(*agent)).map(|(_, sum)| sum.cost).sum()
    }

    /// What the agents of one role said, in tokens.
    pub(super) fn output_of(&self, run: &Run, role: &str) -> u64 {
        let theirs = |agent: AgentId| Who::by(run, agent).role == Some(role);
        let sums = self.calls.iter().filter(|((agent, _), _)| theirs(*agent));
        sums.fold(0, |all, (_, sum)| all.saturating_add(sum.tokens.output))
    }

    /// What each agent used.
    #[must_use]
    pub fn by_agent(&self) -> BTreeMap<AgentId, Cost> {
        let mut agents: BTreeMap<AgentId, Cost> = BTreeMap::new();
        for ((agent, _), cost) in &self.calls {
            let sum = agents.entry(*agent).or_default();
            *sum = sum.plus(cost);
        }
        agents
    }

    /// The largest context of any agent of one role, in tokens.
    #[must_use]
    pub fn largest_of(&self, run: &Run, role: &str) -> u64 {
        let theirs = |agent: AgentId| Who::by(run, agent).role == Some(role);
        let contexts = self.contexts.iter().filter(|(agent, _)| theirs(**agent));
        contexts.map(|(_, context)| context.most).max().unwrap_or_default()
    }

    /// What an account gave back when it was closed.
    #[must_use]
    pub fn surplus(&self, account: AccountId) -> Money {
        self.surplus.get(&account).copied().unwrap_or_default()
    }

    /// What the run's branch was set to.
    #[must_use]
    pub const fn published(&self) -> Option<&CommitId> {
        self.published.as_ref()
    }
}

/// A part in percent of the whole; nothing of nothing.
pub(super) fn percent(part: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(part) * 100 / u128::from(whole.max(1))).unwrap_or(u64::MAX)
}

fn key(run: &Run, by: By, agent: AgentId, model: &str) -> String {
    let who = Who::by(run, agent);
    let section = who.section.and_then(|id| run.sections().get(id)).map(|state| state.outline.name.clone());
    let manager = section.unwrap_or_else(|| "Orchestrator".to_owned());
    let role = who.role.unwrap_or("unknown");
    match by {
        By::Manager => manager,
        By::Task => match who.task.and_then(|id| Some((id, run.tasks().get(id)?))) {
            Some((id, task)) => format!("{id} {}", task.outline.title),
            None => format!("{manager} (no task)"),
        },
        By::Agent => match who.task.and_then(|id| run.tasks().get(id)) {
            Some(task) => format!("{agent} {role}, {}", task.outline.title),
            None if who.section.is_some() => format!("{agent} {role}, {manager}"),
            None => format!("{agent} {role}"),
        },
        By::Seniority => who.seniority.map(|seniority| seniority.to_string()).unwrap_or_default(),
        By::Model => model.to_owned(),
        By::Provider => provider(run, model),
        By::Phase => who.phase(run).unwrap_or_else(|| "(no phase)".to_owned()),
        By::Role => role.to_owned(),
        By::Work => {
            let kind = who.task.and_then(|id| run.tasks().get(id)).map(|task| task.outline.kind.to_string());
            let seniority = who.seniority.map(|seniority| seniority.to_string()).unwrap_or_default();
            let work = match role {
                "orchestrator" => "planning and deciding".to_owned(),
                "manager" => "managing".to_owned(),
                "reviewer" => "review".to_owned(),
                _ => kind.unwrap_or_else(|| role.to_owned()),
            };
            format!("{work}, {seniority}")
        }
    }
}
