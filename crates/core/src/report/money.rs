//! What a run cost, and who cost it.

use serde::Serialize;

use super::Report;
use super::blocks::Block;
use super::tally::{CostRow, Tally, percent};
use crate::ledger::Ledger;
use crate::run::Run;
use crate::view::{grouped, purses, usd};
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
    /// Orchestrator, Managers, workers, Reviewers, advisers and so on.
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
    /// Of what it cost: everybody but workers.
    #[serde(rename = "overhead_usd", serialize_with = "usd")]
    pub overhead: Money,
    /// Of what it cost: workers.
    #[serde(rename = "workers_usd", serialize_with = "usd")]
    pub workers: Money,
    /// By role.
    pub roles: Vec<CostRow>,
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
            roles: tally.by(run, By::Role),
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

/// The part of a page on money; its last line is the sentence on it.
pub(super) fn blocks(report: &Report) -> Vec<Block> {
    let money = &report.money;
    let phases = (money.phases.len() > 1).then_some(("phase", &money.phases));
    let parts = [
        ("manager", &money.managers),
        ("seniority", &money.seniorities),
        ("work", &money.work),
        ("model", &money.models),
        ("provider", &money.providers),
    ];
    let mut blocks = vec![Block::Heading(2, "Money".to_owned())];
    blocks.extend(phases.into_iter().chain(parts).map(|(name, rows)| costs(name, rows)));
    blocks.push(Block::Text(overhead(report)));
    blocks.push(Block::Text(report.money_sentence()));
    blocks
}

/// What was spent on everybody who does no work, and who that was.
fn overhead(report: &Report) -> String {
    let MoneyReport { overhead, workers, spent, roles, .. } = &report.money;
    let others = roles.iter().filter(|row| row.key != "worker");
    let names: Vec<_> = others.map(|row| row.key.as_str()).collect();
    let who = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    let share = percent(overhead.as_nanos(), spent.as_nanos());
    let warning = if overhead > workers && !workers.is_zero() {
        " Coordination cost more than the work itself: for work of this size --direct is likely cheaper."
    } else {
        ""
    };
    format!(
        "Overhead{who}: {overhead}, {share} % of the cost. Workers: {workers}. Attempts after the first: {}.{warning}",
        report.retries
    )
}

fn costs(name: &'static str, rows: &[CostRow]) -> Block {
    let row = |row: &CostRow| {
        vec![
            row.key.clone(),
            row.cost.calls.to_string(),
            grouped(row.cost.tokens.read()),
            grouped(row.cost.tokens.output),
            row.cost.cost.to_string(),
        ]
    };
    Block::Table {
        head: vec![name, "calls", "tokens in", "tokens out", "cost"],
        rows: rows.iter().map(row).collect(),
    }
}
