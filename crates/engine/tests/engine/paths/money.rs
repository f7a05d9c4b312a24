//! Requests, grants, denials, exhaustion, and another total.

use serde_json::json;
use trireme_core::run::Command;
use trireme_core::run::event::{RunEnd, SectionEnd};
use trireme_core::{Money, RequestId};

use super::scene::{Scene, accept, ask_money, decide, report, retry, section, spawn, task};

fn asks(usd: &str) -> Scene {
    Scene::one()
        .says(json!({"role": "manager", "turn": 1}), &[ask_money(usd)])
        .says(json!({"role": "manager", "turn": 2}), &[spawn(&[task("a", "junior")])])
        .says(json!({"role": "manager", "turn": 3}), &[accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")])
}

fn granted(played: &super::scene::Played) -> Vec<Option<Money>> {
    played.run.requests().iter().map(|(_, request)| request.granted).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_granted_whole_and_in_part() {
    for (grant, got) in [("0.20", 20), ("0.05", 5)] {
        let played =
            asks("0.20").says(json!({"role": "orchestrator", "after": "r0"}), &[decide(grant)]).play().await;
        played.ended(RunEnd::Verified);
        assert_eq!(granted(&played), [Some(Money::cents(got))]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_denial_a_dearer_attempt_is_refused_and_a_cheaper_one_is_made() {
    let played = Scene::one()
        .says(json!({"role": "manager", "turn": 1}), &[spawn(&[task("a?", "mid")])])
        .says(json!({"role": "manager", "turn": 2}), &[ask_money("0.20")])
        .says(json!({"role": "orchestrator", "after": "r0"}), &[decide("0")])
        .says(json!({"role": "manager", "turn": 3}), &[retry("a?", "senior")])
        .says(json!({"role": "manager", "turn": 4}), &[retry("a?", "junior")])
        .says(json!({"role": "manager", "turn": 5}), &[accept("a?")])
        .says(json!({"role": "manager", "turn": 6}), &[report("partial")])
        .play()
        .await;
    played.ended(RunEnd::Unverified);
    assert_eq!(granted(&played), [Some(Money::ZERO)]);
    played.tells(&[
        "request r0 is denied by the Orchestrator",
        "your request r0 was denied, so go on at junior or below",
        "attempt 2 at \"a?\" begins, by junior",
        "\"a?\" in its section is in",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_there_is_goes_to_the_owner() {
    let played = asks("8")
        .says(json!({"role": "orchestrator", "after": "r0"}), &[decide("8")])
        .play_with(vec![(
            |view| view.requests.iter().any(|request| request.referred),
            Command::Grant { request: RequestId(0), amount: Some(Money::cents(30)) },
        )])
        .await;
    played.ended(RunEnd::Verified);
    assert_eq!(granted(&played), [Some(Money::cents(30))]);
    played.tells(&["is for the Owner to decide", "request r0 is granted $0.30 by the Owner"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_comes_back_from_a_manager_that_has_not_spent_it() {
    let both = [("r0", "8"), ("r1", "8")]
        .map(|(id, usd)| ("decide_budget", json!({"request": id, "grant_usd": usd, "reason": "r"})));
    let played = Scene::of(&[&[section("One", 50), section("Two", 50)]])
        .says(json!({"role": "manager", "turn": 1}), &[ask_money("8")])
        .says(json!({"role": "orchestrator", "after": "asks for"}), &both)
        .says(json!({"role": "manager", "turn": 2}), &[spawn(&[task("a", "junior")])])
        .says(json!({"role": "manager", "turn": 3}), &[accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")])
        .play_with(vec![
            (
                |view| view.requests.iter().filter(|request| request.referred).count() == 2,
                Command::Grant { request: RequestId(0), amount: Some(Money::cents(250)) },
            ),
            (|_| true, Command::Deny { request: RequestId(1) }),
        ])
        .await;
    played.ended(RunEnd::Verified);
    let moved = |line: &String| line.contains(" from One to Two") || line.contains(" from Two to One");
    assert!(played.lines.iter().any(moved), "{:#?}", played.lines);
    assert_eq!(granted(&played), [Some(Money::cents(250)), Some(Money::ZERO)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_a_manager_and_a_run_can_be_exhausted() {
    let mut poor = task("a", "junior");
    poor["cap_pct"] = json!(0.01);
    let worker = Scene::one()
        .says(json!({"role": "manager", "turn": 1}), &[spawn(&[poor])])
        .says(json!({"role": "manager", "turn": 2}), &[("cut", json!({"task": "a", "reason": "r"}))])
        .says(json!({"role": "manager", "turn": 3}), &[report("partial")])
        .play()
        .await;
    worker.ended(RunEnd::Unverified);
    worker.tells(&["attempt 1 at \"a\" is over: abandoned, no money for its next call", "\"a\" is given up"]);

    let manager = Scene::of(&[&[section("One", 1), section("Two", 99)]]).budget("1", 20).play().await;
    manager.ended(RunEnd::BudgetExhausted);
    let ends: Vec<_> = manager.run.sections().iter().map(|(_, section)| section.end).collect();
    assert_eq!(ends, [Some(SectionEnd::BudgetExhausted), Some(SectionEnd::Verified)]);

    let run = Scene::one().budget("0.01", 10).play().await;
    run.ended(RunEnd::BudgetExhausted);
    run.tells(&["there is no money for a call of the Orchestrator"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_total_is_raised_and_lowered_on_the_way() {
    let at_work: fn(&trireme_core::view::View) -> bool = |view| view.counts.attempts > 0;
    let raised =
        Scene::one().play_with(vec![(at_work, Command::Budget { total: Money::cents(1_500) })]).await;
    raised.ended(RunEnd::Verified);
    raised.tells(&["the total is $15.00 now", "the run is over"]);
    let lowered = Scene::one().play_with(vec![(at_work, Command::Budget { total: Money::nanos(1) })]).await;
    lowered.ended(RunEnd::BudgetExhausted);
    lowered.tells(&["the run closes: the new total is less than what is gone"]);
}
