//! Contracts and plans against the repository: what they name has to be there, and to be tellable.

use serde_json::{Value, json};
use trireme_core::run::event::RunEnd;

use super::scene::{Scene, accept, report, section, spawn, task};

/// A contract that names what is not there, that nobody can tell, and that says the opposite of its section.
fn faulty() -> Value {
    let mut offer = task("a", "intern");
    offer["context"] = json!([
        {"kind": "file", "path": "gone.md"},
        {"kind": "file", "path": "long.txt"},
        {"kind": "note", "title": "n", "text": "Write it as the other worker does."},
    ]);
    offer["constraints"] = json!(["Change the file header."]);
    offer["acceptance"] = json!([
        {"id": "pinned", "text": "p", "check": {"kind": "command", "run": "sh check.sh", "pinned": ["check.sh"]}},
        {"id": "never", "text": "n", "check": {"kind": "command", "run": "sh tests/check.sh"}},
        {"id": "schema", "text": "s", "check": {"kind": "json", "path": "a.json", "schema": "{\"type\":\"nonsense\"}"}},
    ]);
    offer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_is_held_against_the_repository_before_anybody_works_on_it() {
    let mut one = section("One", 100);
    one["constraints"] = json!(["Do not change the file header."]);
    let played = Scene::of(&[&[one]])
        .file("long.txt", LONG.as_str())
        .says(json!({"role": "manager", "turn": 1}), &[spawn(&[faulty()])])
        .says(json!({"role": "manager", "turn": 2}), &[spawn(&[task("a", "intern")])])
        .says(json!({"role": "manager", "turn": 3}), &[accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")])
        .play()
        .await;
    played.ended(RunEnd::Verified);
    let told = played.lines.iter().find(|line| line.contains("gone.md")).unwrap();
    for words in [
        "context: \"gone.md\" is not there at the section's present state",
        "\"check.sh\" is pinned and not there",
        "\"tests/check.sh\", which is not there and not in the write_set",
        "schema is no JSON schema",
        "contradicts \"Do not change the file header.\"",
        "intern works well with 10000",
        "\"other worker\" leans on work that this worker can't see",
    ] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
}

static LONG: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| "A line of it.\n".repeat(3_000));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_whose_criteria_nobody_can_tell_is_repaired() {
    let mut one = section("One", 100);
    one["definition_of_done"] = json!([
        {"id": "c", "text": "c", "check": {"kind": "command", "run": "sh check.sh", "pinned": ["check.sh"]}},
    ]);
    let plan = json!({
        "goal": "g", "constraints": ["c"], "approach": "a",
        "definition_of_done": [{"id": "there", "text": "t", "check": {"kind": "file", "path": "One-a.txt"}}],
        "phases": [{"name": "p", "sections": [one]}],
    });
    let played = Scene::one()
        .says(json!({"role": "orchestrator", "turn": 1}), &[("submit_plan", json!({"plan": plan}))])
        .says(
            json!({"role": "orchestrator", "turn": 2}),
            &[("submit_plan", json!({"plan": Scene::one().plan()}))],
        )
        .play()
        .await;
    played.ended(RunEnd::Verified);
    played.tells(&[
        "the plan has faults: section \"One\": criterion \"c\": \"check.sh\" is pinned and not there",
    ]);
}
