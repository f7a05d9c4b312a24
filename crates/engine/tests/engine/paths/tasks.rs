//! Tasks that do not come out at once.

use serde_json::json;
use trireme_core::Seniority;
use trireme_core::run::event::{AttemptEnd, RunEnd, SectionEnd};

use super::scene::{Scene, accept, fell_short, replan, report, retry, section, spawn, task, write};

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
    let played = Scene::one()
        .says(
            json!({"role": "manager", "section": "One", "turn": 1}),
            &[("scope_too_large", json!({"reason": "Two things."}))],
        )
        .says(
            json!({"role": "orchestrator", "after": "Two things."}),
            &[replan("One", &[half, section("Rest", 40)])],
        )
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

/// A section in place of `One`, which delivers the file of `One`.
fn second() -> serde_json::Value {
    let mut second = section("Second", 100);
    second["delivers"] = json!(["One-a.txt"]);
    second["definition_of_done"][0]["check"]["path"] = json!("One-a.txt");
    second
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_section_that_came_to_nothing_is_done_by_another() {
    let mut its_file = task("a", "junior");
    its_file["write_set"] = json!(["One-a.txt"]);
    its_file["acceptance"][0]["check"]["path"] = json!("One-a.txt");
    let played = Scene::of(&[&[section("One", 50), section("Two", 30)], &[section("Three", 20)]])
        .says(json!({"role": "manager", "section": "One", "turn": 1}), &[report("partial")])
        .says(fell_short("One"), &[replan("One", &[second()])])
        .says(json!({"role": "manager", "section": "Second", "turn": 1}), &[spawn(&[its_file])])
        .says(
            json!({"role": "worker", "section": "Second", "turn": 1}),
            &[("write", json!({"path": "One-a.txt", "content": "right"}))],
        )
        .play()
        .await;
    played.ended(RunEnd::Verified);
    played.tells(&[
        "One is over: not verified",
        "Two in its phase is in",
        "One came to nothing",
        "One is replaced by: Second",
        "Second in its phase is in",
        "every section of it verified",
        "phase phase 1 begins",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sections_that_do_not_merge_are_done_one_after_the_other() {
    // Both write the same file, each as it is told.
    let shared = |word: &str| {
        let mut task = task("a", "junior");
        task["write_set"] = json!(["shared.txt", "{section}-a.txt"]);
        task["goal"] = json!(word);
        task
    };
    let both = |word: &str| [write("right"), ("write", json!({"path": "shared.txt", "content": word}))];
    let mut after = section("After", 100);
    after["delivers"] = json!(["Two-a.txt"]);
    let mut file = task("a", "junior");
    file["write_set"] = json!(["After-a.txt", "Two-a.txt"]);
    let played = Scene::of(&[&[section("One", 50), section("Two", 50)]])
        .says(json!({"role": "manager", "turn": 1}), &[spawn(&[shared("g")])])
        // Whoever spawns second is warned, and goes on all the same.
        .says(
            json!({"role": "manager", "after": "Both branches are merged", "turn": 2}),
            &[spawn(&[shared("g")])],
        )
        .says(json!({"role": "manager", "turn": 3, "after": "passed the seam check"}), &[accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")])
        .says(json!({"role": "worker", "section": "One", "turn": 1}), &both("one"))
        .says(json!({"role": "worker", "section": "Two", "turn": 1}), &both("two"))
        .says(fell_short("Two"), &[replan("Two", &[after])])
        .says(json!({"role": "manager", "section": "After", "turn": 1}), &[spawn(&[file])])
        .says(
            json!({"role": "worker", "section": "After", "turn": 1}),
            &[write("right"), ("write", json!({"path": "Two-a.txt", "content": "right"}))],
        )
        .play()
        .await;
    played.ended(RunEnd::Verified);
    played.tells(&[
        "Two in its phase does not merge: shared.txt",
        "Two is replaced by: After",
        "After in its phase is in",
    ]);
}
