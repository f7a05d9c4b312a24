//! Phases and what they hand on.

use serde_json::json;
use trireme_core::run::event::RunEnd;

use super::scene::{Scene, accept, report, section, spawn, task};

fn needs(name: &str, pct: u64, file: &str) -> serde_json::Value {
    let mut section = section(name, pct);
    section["needs"] = json!([file]);
    section
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_phases_hand_their_files_on() {
    let phases = [[section("One", 40)], [needs("Two", 30, "One-a.txt")], [needs("Three", 30, "Two-a.txt")]];
    let played = Scene::of(&phases.each_ref().map(|phase| phase.as_slice())).play().await;
    played.ended(RunEnd::Verified);
    played.tells(&[
        "phase phase 0 begins",
        "phase phase 0 is over, every section of it verified",
        "phase phase 1 begins",
        "phase phase 2 begins",
        "the run's branch is set",
    ]);
    let left: Vec<_> = played.run.sections().iter().map(|(_, section)| section.artifacts.len()).collect();
    assert_eq!(left, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phase_without_its_file_is_the_last_one() {
    let phases = [[section("One", 50)], [needs("Two", 50, "One-a.txt")]];
    let played = Scene::of(&phases.each_ref().map(|phase| phase.as_slice()))
        .says(json!({"role": "manager", "section": "One", "turn": 1}), &[spawn(&[task("b", "junior")])])
        .says(json!({"role": "manager", "section": "One", "turn": 2}), &[accept("b")])
        .says(json!({"role": "manager", "section": "One", "turn": 4}), &[report("partial")])
        .play()
        .await;
    played.ended(RunEnd::Unverified);
    played.tells(&[
        "One reports that it is done",
        "the Manager of One is told: not done",
        "One reports that it is not done",
        "phase phase 0 is over, and not all of it is there",
        "Two is over: not started",
    ]);
    played.never_tells("phase phase 1 begins");
}
