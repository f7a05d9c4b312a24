//! Is it worth it to begin cheap? Recorded outcomes of five models, played by the shipped machine: tables for
//! docs/benchmarks.md.

#![expect(clippy::indexing_slicing, reason = "a table without its figures may stop")]

use trireme_testkit::cascade::{Expected, Game, Order, Policy, RUNGS, Recorded, Tally};

/// Every figure is the mean of so many deals of the same tasks.
const DEALS: u64 = 8;
const BUDGETS: [u64; 6] = [5, 10, 25, 50, 75, 100];
const LEAKS: [u64; 8] = [0, 5, 10, 15, 20, 25, 30, 40];

fn main() {
    let deals: Vec<Recorded> = (0..DEALS).map(Recorded::dealt).collect();
    for leak in [0, 25] {
        by_budget(&deals, leak);
    }
    by_leak(&deals);
    by_first(&deals[0]);
}

fn by_budget(deals: &[Recorded], leak: u64) {
    println!("\nThe check lets {leak} % of the wrong results through. Solved / accepted / spent, in %:\n");
    println!("| budget | {} | depth-first | breadth-first |", deals[0].models.join(" | "));
    println!("|---|{}---|---|", "---|".repeat(RUNGS));
    for budget in BUDGETS {
        let game = Game { budget, leak };
        let solos = (0..RUNGS).map(|rung| cell(deals, |deal| deal.solo(rung, game)));
        let orders = [Order::DepthFirst, Order::BreadthFirst];
        let played = orders.map(|order| cell(deals, |deal| deal.play(Policy { order, first: 0 }, game)));
        let cells: Vec<String> = solos.chain(played).collect();
        println!("| {budget} % | {} |", cells.join(" | "));
    }
}

fn by_leak(deals: &[Recorded]) {
    let best = best_solved(&deals[0]);
    println!("\nMoney for all of it; the best model alone solves {best:.1} %:\n");
    println!("| wrong results that pass | solved | by sums | accepted | spent |\n|---|---|---|---|---|");
    for leak in LEAKS {
        let shipped = Policy { order: Order::BreadthFirst, first: 0 };
        let [solved, accepted, spent] = mean(deals, |deal| deal.play(shipped, Game { budget: 200, leak }));
        let sums = percent(deals[0].expected(0, leak), &deals[0]).0;
        println!("| {leak} % | {solved:.1} | {sums:.1} | {accepted:.1} | {spent:.0} |");
    }
}

/// Sums are the same for every deal.
fn by_first(recorded: &Recorded) {
    println!("\nWhere tasks begin, by what the check lets through. Solved / spent in %, by sums:\n");
    println!("| first model | {} |", LEAKS.map(|leak| format!("{leak} %")).join(" | "));
    println!("|---|{}", "---|".repeat(LEAKS.len()));
    for first in 0..RUNGS {
        let cells = LEAKS.map(|leak| {
            let (solved, spent) = percent(recorded.expected(first, leak), recorded);
            format!("{solved:.1} / {spent:.0}")
        });
        println!("| {} | {} |", recorded.models[first], cells.join(" | "));
    }
}

/// What the best model solves that does all tasks alone.
fn best_solved(recorded: &Recorded) -> f64 {
    let all = Game { budget: 100, leak: 0 };
    let solved = (0..RUNGS).map(|rung| shares(recorded.solo(rung, all), recorded)[0]);
    solved.fold(0.0, f64::max)
}

fn cell(deals: &[Recorded], tally: impl Fn(&Recorded) -> Tally) -> String {
    let [solved, accepted, spent] = mean(deals, tally);
    format!("{solved:.1} / {accepted:.1} / {spent:.0}")
}

fn mean(deals: &[Recorded], tally: impl Fn(&Recorded) -> Tally) -> [f64; 3] {
    let all: Vec<[f64; 3]> = deals.iter().map(|deal| shares(tally(deal), deal)).collect();
    std::array::from_fn(|at| all.iter().map(|shares| shares[at]).sum::<f64>() / all.len() as f64)
}

/// What is solved and accepted of all tasks, and spent of what the dearest model needs for them, in percent.
fn shares(tally: Tally, recorded: &Recorded) -> [f64; 3] {
    let of_tasks = |number: usize| 100.0 * number as f64 / tally.tasks as f64;
    let cost = tally.cost.as_nanos() as f64 / 1e9;
    [of_tasks(tally.right), of_tasks(tally.accepted), 100.0 * cost / dearest(recorded)]
}

fn percent(expected: Expected, recorded: &Recorded) -> (f64, f64) {
    let tasks = recorded.tasks().count() as f64;
    (100.0 * expected.right / tasks, 100.0 * expected.cost / dearest(recorded))
}

fn dearest(recorded: &Recorded) -> f64 {
    recorded.expected(RUNGS - 1, 0).cost
}
