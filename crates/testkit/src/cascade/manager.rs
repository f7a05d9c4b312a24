//! What a Manager does with a section of recorded tasks: all of them once before any promotion, or one after the other up
//! the ladder. Both know no more than a Manager is told.

use trireme_core::run::Run;
use trireme_core::run::ask::{Ask, ManagerAsk};
use trireme_core::run::event::{AgentEnd, AttemptEnd};
use trireme_core::run::state::{TaskStage, TaskState};
use trireme_core::words::*;

use super::Order;
use crate::fixtures::{blob, lodge};

/// What the Manager of the only section asks for in its present turn.
pub(super) fn asks(run: &Run, contracts: &[Contract], order: Order) -> Vec<Ask> {
    let wanted = match order {
        Order::BreadthFirst => breadth_first(run, contracts),
        Order::DepthFirst => depth_first(run, contracts),
    };
    let all_merged = || run.tasks().iter().all(|(_, task)| task.stage == TaskStage::Merged);
    let report = || ManagerAsk::Report { done: all_merged(), conclusion: blob("report") };
    let asks = if wanted.is_empty() { vec![report()] } else { wanted };
    asks.into_iter().map(Ask::Manager).collect()
}

/// Every task gets its cheap first attempt, then what came back wrong goes one step up, all of it together.
fn breadth_first(run: &Run, contracts: &[Contract]) -> Vec<ManagerAsk> {
    if run.tasks().is_empty() {
        return vec![ManagerAsk::SpawnWorkers(
            contracts.iter().cloned().map(|one| lodge(one).into()).collect(),
        )];
    }
    run.tasks().iter().filter_map(|(_, task)| next(run, task)).collect()
}

/// A task goes up the ladder until it is right, and only then the next one begins.
fn depth_first(run: &Run, contracts: &[Contract]) -> Vec<ManagerAsk> {
    let last = run.tasks().iter().next_back();
    let mut asks: Vec<_> = last.and_then(|(_, task)| next(run, task)).into_iter().collect();
    let goes_on = matches!(asks.first(), Some(ManagerAsk::Retry { .. }));
    let begun = run.tasks().iter().count();
    if let Some(contract) = contracts.get(begun).filter(|_| !goes_on) {
        asks.push(ManagerAsk::SpawnWorkers(vec![lodge(contract.clone()).into()]));
    }
    asks
}

/// What is to be done about a task that is back: taken, promoted, or cut where nobody is above or the money is gone.
fn next(run: &Run, task: &TaskState) -> Option<ManagerAsk> {
    let attempt = run.attempts().get(*task.attempts.last()?)?;
    if task.stage != TaskStage::Returned {
        return None;
    }
    let title = task.outline.title.clone();
    if attempt.verified() && attempt.left_out.is_none() {
        return Some(ManagerAsk::Accept { task: title, note: blob("good") });
    }
    let is_broke = attempt.end == Some(AttemptEnd::Abandoned { end: AgentEnd::Exhausted });
    let above = attempt.seniority.promoted().filter(|above| *above < Seniority::Principal && !is_broke);
    Some(match above {
        Some(above) => ManagerAsk::Retry { task: title, reason: blob("wrong"), seniority: Some(above) },
        None => ManagerAsk::Cut { task: title, reason: blob("given up") },
    })
}
