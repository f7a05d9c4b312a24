//! What a run cost, and who cost it.

use serde::Serialize;

use super::tally::{CostRow, Tally};
use crate::ledger::Ledger;
use crate::run::Run;
use crate::view::{purses, usd};
use crate::words::Money;

/// What costs are summed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The Orchestrator, and each Manager with its workers.
    Manager,
    /// Each task with its workers and Reviewers.
    Task,
    /// Each agent.
    Agent,
    /// Each seniority.
    Seniority,
    /// Each model.
    Model,
    /// Each provider.
    Provider,
    /// Each phase.
    Phase,
    /// Orchestrator, Managers, workers, Reviewers.
    Role,
    /// Each kind of work at each seniority.
    Work,
}

/// What a run cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoneyReport {
    /// The most that it might have cost.
    #[serde(rename = "total_usd", serialize_with = "usd")]
    pub total: Money,
    /// What it cost.
    #[serde(rename = "spent_usd", serialize_with = "usd")]
    pub spent: Money,
    /// What is left.
    #[serde(rename = "surplus_usd", serialize_with = "usd")]
    pub surplus: Money,
    /// Of what it cost: Orchestrator, Managers and Reviewers.
    #[serde(rename = "overhead_usd", serialize_with = "usd")]
    pub overhead: Money,
    /// Of what it cost: workers.
    #[serde(rename = "workers_usd", serialize_with = "usd")]
    pub workers: Money,
    /// By phase.
    pub phases: Vec<CostRow>,
    /// By Manager.
    pub managers: Vec<CostRow>,
    /// By task.
    pub tasks: Vec<CostRow>,
    /// By agent.
    pub agents: Vec<CostRow>,
    /// By seniority.
    pub seniorities: Vec<CostRow>,
    /// By kind of work and seniority.
    pub work: Vec<CostRow>,
    /// By model.
    pub models: Vec<CostRow>,
    /// By provider.
    pub providers: Vec<CostRow>,
}

impl MoneyReport {
    pub(super) fn of(run: &Run, tally: &Tally) -> Self {
        let money = purses(run, Ledger::RUN);
        let workers = tally.of_role(run, "worker");
        Self {
            total: money.limit,
            spent: money.spent,
            surplus: money.limit.minus(money.spent),
            overhead: money.spent.minus(workers),
            workers,
            phases: tally.by(run, By::Phase),
            managers: tally.by(run, By::Manager),
            tasks: tally.by(run, By::Task),
            agents: tally.by(run, By::Agent),
            seniorities: tally.by(run, By::Seniority),
            work: tally.by(run, By::Work),
            models: tally.by(run, By::Model),
            providers: tally.by(run, By::Provider),
        }
    }
}
