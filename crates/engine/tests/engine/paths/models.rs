//! Models that do not do what they should.

use serde_json::json;
use trireme_core::run::event::{AgentEnd, AttemptEnd, RunEnd, SectionEnd};

use super::scene::{Scene, accept, report, spawn, submit, task, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_only_talks_is_given_up_and_its_manager_told() {
    let played = Scene::one()
        .says(json!({"role": "worker", "attempt": 1, "turn": 1}), &[])
        .says(json!({"role": "worker", "attempt": 1, "turn": 2}), &[])
        .says(json!({"role": "worker", "attempt": 1, "turn": 3}), &[])
        .says(json!({"role": "worker", "attempt": 1, "turn": 4}), &[])
        .says(
            json!({"role": "manager", "turn": 2}),
            &[("retry", json!({"task": "a", "reason": "Call tools."}))],
        )
        .says(json!({"role": "manager", "turn": 3}), &[accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")])
        .play()
        .await;
    played.ended(RunEnd::Verified);
    played.tells(&["abandoned, it called no tool, again and again", "attempt 2 at \"a\" begins"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_forged_and_garbled_calls_are_refused_and_the_work_goes_on() {
    let played = Scene::one()
        .says(
            json!({"role": "worker", "turn": 1}),
            &[
                ("frobnicate", json!({})),
                ("spawn_workers", json!({"tasks": [task("b", "staff")]})),
                ("write", json!({"path": 7})),
            ],
        )
        .says(json!({"role": "worker", "turn": 2, "after": "frobnicate"}), &[write("right")])
        .says(json!({"role": "worker", "turn": 3}), &[submit()])
        .says(
            json!({"role": "manager", "turn": 1}),
            &[
                ("decide_budget", json!({"request": "r0", "grant_usd": "9", "reason": "r"})),
                ("write", json!({"path": "x", "content": "x"})),
                spawn(&[task("a", "junior")]),
            ],
        )
        .says(json!({"role": "manager", "turn": 2}), &[spawn(&[task("a", "junior")])])
        .says(json!({"role": "manager", "turn": 3}), &[accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")])
        .play()
        .await;
    played.ended(RunEnd::Verified);
    played.tells(&[
        "decide_budget is not a tool of your role",
        "There is no tool \"frobnicate\"",
        "spawn_workers is not a tool of your role",
        "The arguments of write can't be read",
    ]);
    assert_eq!(played.run.tasks().len(), 1, "nobody's forged call made a task");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orchestrator_that_never_plans_ends_the_run() {
    let bad = json!({"plan": {"goal": "", "constraints": [], "approach": "a", "definition_of_done": [], "phases": []}});
    let mut scene = Scene::one();
    for turn in 1..=5 {
        scene = scene
            .says(json!({"role": "orchestrator", "turn": turn, "try": 1}), &[("submit_plan", bad.clone())]);
    }
    let played = scene.play().await;
    played.ended(RunEnd::Failed);
    assert!(played.run.sections().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_that_claims_what_does_not_hold_is_sent_back() {
    let played = Scene::one()
        .says(json!({"role": "manager", "turn": 1}), &[report("done")])
        .says(json!({"role": "manager", "turn": 2}), &[report("done")])
        .says(json!({"role": "manager", "turn": 3}), &[report("done")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")])
        .play()
        .await;
    played.ended(RunEnd::Unverified);
    let (_, section) = played.run.sections().iter().next().unwrap();
    assert_eq!(section.end, Some(SectionEnd::Unverified));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_goes_in_circles_is_told_so_and_then_given_up() {
    let mut scene = Scene::one();
    for turn in 1..=20 {
        let when = json!({"role": "worker", "attempt": 1, "turn": turn});
        scene = scene.says(when, &[("read", json!({"path": "a.txt"}))]);
    }
    let played = scene
        .says(
            json!({"role": "manager", "turn": 2}),
            &[("retry", json!({"task": "a", "reason": "Write it."}))],
        )
        .says(json!({"role": "manager", "turn": 3}), &[accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")])
        .play()
        .await;
    played.ended(RunEnd::Verified);
    let (_, first) = played.run.attempts().iter().next().unwrap();
    let gone = AttemptEnd::Abandoned { end: AgentEnd::NoProgress };
    assert_eq!(first.end, Some(gone));
    let worker = played.run.agents().get(first.worker.unwrap()).unwrap();
    assert!(worker.turns.len() < 20, "it was told, and then it was over");
}
