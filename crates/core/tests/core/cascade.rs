//! A cascade over recorded outcomes, played by the machine: what docs/benchmarks.md says of it, held with one deal.

use trireme_testkit::cascade::{Game, Order, Policy, RUNGS, Recorded};

const BUDGETS: [u64; 6] = [5, 10, 25, 50, 75, 100];
const SHIPPED: Policy = Policy { order: Order::BreadthFirst, first: 0 };

/// The most that one of the models solves alone.
fn best_alone(recorded: &Recorded, game: Game) -> usize {
    (0..RUNGS).map(|rung| recorded.solo(rung, game).right).max().unwrap()
}

#[test]
fn the_cascade_is_on_or_above_the_best_model_at_every_budget_while_the_check_is_good() {
    let recorded = Recorded::dealt(0);
    for leak in [0, 20] {
        for budget in BUDGETS {
            let game = Game { budget, leak };
            let (cascade, alone) = (recorded.play(SHIPPED, game), best_alone(&recorded, game));
            assert!(cascade.right >= alone, "{game:?}: {cascade:?}, and one model alone {alone}");
        }
    }
}

#[test]
fn breadth_first_is_far_above_depth_first_while_money_is_short() {
    let recorded = Recorded::dealt(0);
    for budget in [10, 50] {
        let [breadth, depth] = [Order::BreadthFirst, Order::DepthFirst]
            .map(|order| recorded.play(Policy { order, first: 0 }, Game { budget, leak: 0 }).right);
        assert!(breadth > depth + depth / 2, "{budget} %: {breadth} and {depth}");
    }
}

#[test]
fn money_that_pays_for_a_few_promotions_brings_some_of_them_home() {
    let recorded = Recorded::dealt(0);
    let game = Game { budget: 10, leak: 0 };
    let (cascade, alone) = (recorded.play(SHIPPED, game).right, best_alone(&recorded, game));
    assert!(cascade >= alone + 10, "{cascade} and {alone}: all of them begin, and run dry together");
}

#[test]
fn the_cascade_stops_paying_where_the_check_lets_about_a_quarter_of_the_wrong_results_through() {
    let recorded = Recorded::dealt(0);
    let best = best_alone(&recorded, Game { budget: 100, leak: 0 }) as f64;
    let solved = |leak| recorded.expected(0, leak).right;
    assert!(solved(22) > best && solved(26) < best, "{} {best} {}", solved(22), solved(26));
    // The machine comes to what the sums say.
    for leak in [0, 26] {
        let played = recorded.play(SHIPPED, Game { budget: 200, leak });
        assert!(
            (played.right as f64 - solved(leak)).abs() < 5.0,
            "{leak}: {played:?}, by sums {}",
            solved(leak)
        );
    }
}

#[test]
fn where_the_check_is_weak_it_pays_to_begin_higher() {
    let recorded = Recorded::dealt(0);
    let game = Game { budget: 200, leak: 40 };
    let alone = best_alone(&recorded, Game { budget: 100, leak: 40 });
    let [low, high] = [0, 3].map(|first| recorded.play(Policy { first, ..SHIPPED }, game).right);
    assert!(low < alone && alone < high, "{low}, {alone}, {high}");
}
