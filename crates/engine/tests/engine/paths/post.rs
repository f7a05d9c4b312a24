//! Post-processing in a real checkout: what held before must hold still.

use serde_json::{Value, json};
use trireme_core::run::event::RunEnd;
use trireme_core::{Seniority, Verdict};

use super::scene::{Played, Scene, accept, report, spawn};

/// A formatter's contract that says nothing of its own to check.
fn tidy() -> Value {
    json!({
        "title": "tidy", "kind": "post", "reason": "r", "goal": "g", "constraints": [], "withheld": [], "context": [],
        "acceptance": [], "write_set": ["{section}-a.txt"],
    })
}

/// The task `a` is merged, then one that tidies its file up comes back.
fn tidied(first: &str) -> Scene {
    let writes = |content: &str| ("write", json!({"path": "One-a.txt", "content": content}));
    let submit = ("submit_result", json!({"conclusion": "c", "self_check": []}));
    Scene::one()
        .says(json!({"role": "manager", "turn": 3}), &[spawn(&[tidy()])])
        .says(
            json!({"role": "worker", "task": "tidy", "turn": 1, "after": "a: right: it is right"}),
            &[writes("right,  again")],
        )
        .says(
            json!({"role": "worker", "task": "tidy", "attempt": 1, "turn": 1, "after": "a: right"}),
            &[writes(first)],
        )
        .says(json!({"role": "worker", "task": "tidy", "turn": 2}), &[submit])
        .says(json!({"role": "manager", "turn": 4}), &[accept("tidy")])
        .says(json!({"role": "manager", "turn": 5}), &[report("done")])
}

fn verdicts(played: &Played) -> Vec<(String, Verdict)> {
    let attempts = played.run.attempts().iter().skip(1);
    let findings = attempts.flat_map(|(_, attempt)| &attempt.findings);
    findings.map(|finding| (finding.criterion.clone(), finding.verdict)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_format_task_without_criteria_is_verified_by_those_of_what_is_merged() {
    let played = tidied("right, and tidy").play().await;
    played.ended(RunEnd::Verified);
    played.tells(&[
        "has a new task \"tidy\" (intern post, agent)",
        "attempt 1 at \"tidy\": 1 of 1 criteria hold",
        "\"tidy\" in its section is in",
    ]);
    assert_eq!(verdicts(&played), [("a: right".to_owned(), Verdict::Pass)]);
    let (_, tidy) = played.run.attempts().iter().nth(1).unwrap();
    assert_eq!(tidy.seniority, Seniority::Intern);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_format_task_that_breaks_what_held_is_rejected_and_done_again() {
    let played = tidied("wrong")
        .says(
            json!({"role": "manager", "turn": 4, "after": "a: right not met"}),
            &[("retry", json!({"task": "tidy", "reason": "Keep the word."}))],
        )
        .says(json!({"role": "manager", "turn": 5}), &[accept("tidy")])
        .says(json!({"role": "manager", "turn": 6}), &[report("done")])
        .play()
        .await;
    played.ended(RunEnd::Verified);
    played.tells(&[
        "attempt 1 at \"tidy\": 0 of 1 criteria hold, not a: right",
        "attempt 1 at \"tidy\" is over: criteria not met",
        "attempt 2 at \"tidy\" is over: verified",
    ]);
    let name = || "a: right".to_owned();
    assert_eq!(verdicts(&played), [(name(), Verdict::Fail), (name(), Verdict::Pass)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_merged_contract_pins_stays_pinned() {
    let mut contract = super::scene::task("a", "junior");
    contract["acceptance"][0]["check"] =
        json!({"kind": "command", "run": "grep -q right One-a.txt", "pinned": ["a.txt"]});
    let mut wide = tidy();
    wide["write_set"] = json!(["**"]);
    let played = tidied("right")
        .says(json!({"role": "manager", "turn": 1}), &[spawn(&[contract])])
        .says(json!({"role": "manager", "turn": 3}), &[spawn(&[wide])])
        .says(
            json!({"role": "worker", "task": "tidy", "attempt": 1, "turn": 1, "after": "a: right"}),
            &[("write", json!({"path": "a.txt", "content": "b"}))],
        )
        .says(json!({"role": "manager", "turn": 4}), &[("cut", json!({"task": "tidy", "reason": "r"}))])
        .says(json!({"role": "manager", "turn": 5}), &[report("partial")])
        .play()
        .await;
    played.ended(RunEnd::Unverified);
    played.tells(&["attempt 1 at \"tidy\" is over", "a.txt"]);
}
