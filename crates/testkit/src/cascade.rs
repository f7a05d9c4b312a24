//! A cascade of models over tasks whose outcomes were recorded: does it pay to begin cheap?
//!
//! [`Recorded`] says of each task and each of five models whether the model's result was right, and what its attempt cost.
//! The shipped machine does these tasks in runs of fifty, each with one section. Its Manager goes through them in one of two
//! orders ([`Order`]); every attempt ends as recorded for the model of its seniority, and the check at the seam lets a given
//! share of the wrong results through. The rules, the ledger and the end of the money are the machine's own. Nobody recorded
//! what leading costs, so here the Orchestrator and the Manager cost nothing.
//!
//! ```text
//! cascade.csv ─► Recorded ─┬─► play: the machine, for an order, a first model, a budget and a leak ─► Tally
//!                          ├─► solo: one model, and no machine around it: what is compared with    ─► Tally
//!                          └─► expected: what begin-cheap comes to with endless money, by sums      ─► Expected
//! ```

mod manager;
mod play;
mod recorded;

use trireme_core::words::Money;

pub use recorded::{RUNGS, Recorded, Task};

use play::Play;

/// Tokens of an attempt on average, whoever makes it: dearer models have dearer tokens, not more of them.
const TOKENS: u64 = 100_000;

/// In which order a Manager spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Every task once, and only then promotions: what is shipped.
    BreadthFirst,
    /// One task up the whole ladder, and only then the next.
    DepthFirst,
}

/// How a Manager plays.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// In which order it spends.
    pub order: Order,
    /// With which model each task begins.
    pub first: usize,
}

/// What is to be played with.
#[derive(Clone, Copy, Debug)]
pub struct Game {
    /// The total, in percent of what the dearest model needs for all tasks.
    pub budget: u64,
    /// Of a hundred wrong results, how many the check lets through.
    pub leak: u64,
}

/// What begin-cheap comes to where money does not matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Tasks that end right.
    pub right: f64,
    /// What it costs, in dollars.
    pub cost: f64,
}

/// What came of tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many there were.
    pub tasks: usize,
    /// How many results the check let through.
    pub accepted: usize,
    /// How many of those are right.
    pub right: usize,
    /// What was spent.
    pub cost: Money,
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, one| Self {
            tasks: sum.tasks + one.tasks,
            accepted: sum.accepted + one.accepted,
            right: sum.right + one.right,
            cost: sum.cost.plus(one.cost),
        })
    }
}

impl Recorded {
    /// One model alone does every task once, in their order, until the money is gone. There is no machine around it: all of
    /// the money goes into attempts, and the one in which it ends is lost.
    #[must_use]
    pub fn solo(&self, rung: usize, game: Game) -> Tally {
        self.runs.iter().map(|tasks| solo(tasks, rung, game)).sum()
    }

    /// What comes of climbing from a model up to the last, on average over all ways in which wrong results may pass: each is
    /// tried again unless it passes. This knows nothing of the machine.
    #[must_use]
    pub fn expected(&self, first: usize, leak: u64) -> Expected {
        let mut expected = Expected { right: 0.0, cost: 0.0 };
        for task in self.tasks() {
            let mut open = 1.0;
            for rung in first..RUNGS {
                expected.cost += open * task.cost[rung].as_nanos() as f64 / 1e9;
                if task.right[rung] {
                    expected.right += open;
                    break;
                }
                open *= 1.0 - leak as f64 / 100.0;
            }
        }
        expected
    }

    /// The shipped machine does the tasks, in as many runs as they are dealt out to.
    ///
    /// # Panics
    /// Where a rule of the machine is broken.
    #[must_use]
    pub fn play(&self, policy: Policy, game: Game) -> Tally {
        let prices = std::array::from_fn(|rung| self.usual_cost(rung).fraction(1_000_000, TOKENS));
        self.runs.iter().map(|tasks| Play::new(tasks, prices, policy, game).through()).sum()
    }
}

fn solo(tasks: &[Task], rung: usize, game: Game) -> Tally {
    let budget = budget(tasks, game);
    let mut tally = Tally { tasks: tasks.len(), ..Tally::default() };
    for task in tasks {
        let cost = tally.cost.plus(task.cost[rung]);
        if cost > budget {
            tally.cost = budget;
            break;
        }
        tally.cost = cost;
        tally.right += usize::from(task.right[rung]);
        tally.accepted += usize::from(task.passes(rung, game.leak));
    }
    tally
}

fn budget(tasks: &[Task], game: Game) -> Money {
    let all: Money = tasks.iter().map(|task| task.cost[RUNGS - 1]).sum();
    all.fraction(game.budget, 100)
}
