//! Tasks that do not come out at once.

use serde_json::json;
use trireme_core::Seniority;
use trireme_core::run::event::{AttemptEnd, RunEnd, SectionEnd};

use super::scene::{Scene, accept, report, retry, section, spawn, task, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_promoted_up_to_staff_and_then_given_up() {
    let mut scene = Scene::one()
        .says(json!({"role": "manager", "turn": 1}), &[spawn(&[task("a", "intern")])])
        .says(json!({"role": "worker", "task": "a", "turn": 1}), &[write("wrong")]);
    for (turn, seniority) in (2..).zip(["junior", "mid", "senior", "staff"]) {
        scene =
            scene.says(json!({"role": "manager", "section": "One", "turn": turn}), &[retry("a", seniority)]);
    }
    let played = scene
        .says(json!({"role": "manager", "turn": 6}), &[("cut", json!({"task": "a", "reason": "Too hard."}))])
        .says(json!({"role": "manager", "turn": 7}), &[report("partial")])
        .play()
        .await;
    played.ended(RunEnd::Unverified);
    let path: Vec<_> = played.run.attempts().iter().map(|(_, attempt)| attempt.seniority).collect();
    assert_eq!(path, Seniority::ALL[..5]);
    assert!(played.run.attempts().iter().all(|(_, attempt)| attempt.end == Some(AttemptEnd::Unmet)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_without_what_matters_comes_back_as_such() {
    let played = Scene::one()
        .says(
            json!({"role": "worker", "attempt": 1, "turn": 1}),
            &[("contract_defect", json!({"missing": "Nobody says which file."}))],
        )
        .says(
            json!({"role": "manager", "turn": 2, "after": "Nobody says which file."}),
            &[("retry", json!({"task": "a", "reason": "One-a.txt"}))],
        )
        .says(json!({"role": "manager", "turn": 3}), &[accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")])
        .play()
        .await;
    played.ended(RunEnd::Verified);
    played.tells(&["attempt 1 at \"a\" finds its contract defective", "attempt 2 at \"a\" begins"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_section_that_is_too_large_is_cut_into_others() {
    let mut half = section("Half", 60);
    half["delivers"] = json!(["One-a.txt"]);
    half["definition_of_done"][0]["check"]["path"] = json!("One-a.txt");
    let mut one_file = task("a", "junior");
    one_file["write_set"] = json!(["One-a.txt"]);
    one_file["acceptance"][0]["check"]["path"] = json!("One-a.txt");
    let replan = json!({"section": "One", "sections": [half, section("Rest", 40)]});
    let played = Scene::one()
        .says(
            json!({"role": "manager", "section": "One", "turn": 1}),
            &[("scope_too_large", json!({"reason": "Two things."}))],
        )
        .says(json!({"role": "orchestrator", "after": "Two things."}), &[("replan", replan)])
        .says(json!({"role": "manager", "section": "Half", "turn": 1}), &[spawn(&[one_file])])
        .says(
            json!({"role": "worker", "section": "Half", "turn": 1}),
            &[("write", json!({"path": "One-a.txt", "content": "right"}))],
        )
        .play()
        .await;
    played.ended(RunEnd::Verified);
    let ends: Vec<_> = played.run.sections().iter().map(|(_, section)| section.end).collect();
    assert_eq!(ends, [Some(SectionEnd::TooLarge), Some(SectionEnd::Verified), Some(SectionEnd::Verified)]);
}
