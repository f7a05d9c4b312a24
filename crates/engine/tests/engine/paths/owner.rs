//! The Owner's word: approval, memos, a kill.

use serde_json::json;
use trireme_core::run::event::RunEnd;
use trireme_core::run::{Command, Target};
use trireme_core::{BlobRef, Digest, QuestionId, Recipient, RequestId, TaskId};

use super::scene::{Scene, accept, ask_money, report, section, spawn, task, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_starts_before_the_owner_says_so() {
    let approved = Scene::one()
        .waits()
        .play_with(vec![(|view| view.awaits_approval, Command::Approve { plan: None })])
        .await;
    approved.ended(RunEnd::Verified);
    approved.tells(&["a plan is there", "the Owner commands: approve the plan", "phase phase 0 begins"]);
    let reject = Command::Reject { reason: "Leave the API alone.".to_owned() };
    let rejected = Scene::one().waits().play_with(vec![(|view| view.awaits_approval, reject)]).await;
    rejected.ended(RunEnd::Rejected);
    rejected.never_tells("begins, by");
    let spent = rejected.run.ledger().get(trireme_core::ledger::Ledger::POOL).unwrap().spent;
    assert!(spent.is_zero(), "only planning was paid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managers_side_by_side_write_memos() {
    let played = Scene::of(&[&[section("One", 50), section("Two", 50)]])
        .says(
            json!({"role": "manager", "section": "One", "turn": 1}),
            // All in the first turn: later, Two may be over, and nobody is there to read it.
            &[
                ("send_memo", json!({"to": "Two", "priority": "URGENT", "topic": "names", "content": "c"})),
                spawn(&[task("a?", "junior")]),
                ("send_memo", json!({"to": "ALL", "priority": "BLOCKER", "topic": "form", "content": "c", "task": "a?"})),
            ],
        )
        .says(
            json!({"role": "manager", "section": "One", "turn": 2}),
            &[("retry", json!({"task": "a?", "reason": "r"}))],
        )
        .says(json!({"role": "manager", "section": "One", "turn": 3}), &[accept("a?")])
        .says(json!({"role": "manager", "section": "One", "turn": 4}), &[report("partial")])
        .play()
        .await;
    played.ended(RunEnd::Unverified);
    played.tells(&["URGENT memo from One to Two: names"]);
    played.tells(&["BLOCKER memo from One to all: form, holds up \"a?\"", "holds nothing up any more"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_can_be_killed_and_the_rest_goes_on() {
    let killed = Scene::one()
        .says(json!({"role": "worker", "turn": 1}), &[("run", json!({"command": "sleep 600"}))])
        .says(json!({"role": "manager", "turn": 2}), &[("cut", json!({"task": "a", "reason": "r"}))])
        .says(json!({"role": "manager", "turn": 3}), &[report("partial")])
        .play_with(vec![(
            |view| view.sections().flat_map(|section| &section.tasks).any(|task| task.words.contains("run")),
            Command::Kill { target: Target::Task(TaskId(0)) },
        )])
        .await;
    killed.ended(RunEnd::Unverified);
    killed.tells(&["the Owner commands: kill \"a\"", "\"a\" is given up"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_denies_what_the_orchestrator_can_not_give() {
    let played = Scene::one()
        .says(json!({"role": "manager", "turn": 1}), &[ask_money("8")])
        .says(json!({"role": "orchestrator", "after": "r0"}), &[super::scene::decide("8")])
        .says(json!({"role": "manager", "turn": 2}), &[report("partial")])
        .play_with(vec![(
            |view| view.requests.iter().any(|request| request.referred),
            Command::Deny { request: RequestId(0) },
        )])
        .await;
    played.ended(RunEnd::Unverified);
    played.tells(&["is denied by the Owner"]);
}

/// Whatever stands there is replaced by `the Owner's words`.
fn words() -> BlobRef {
    BlobRef(Digest::of(b""))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_answered_before_there_is_a_plan() {
    let asks = [("ask_owner", json!({"question": "Which CSV?"}))];
    let played = Scene::one()
        .says(json!({"role": "orchestrator", "turn": 1, "try": 1}), &asks)
        .again(
            json!({"role": "orchestrator", "turn": 1}),
            json!({"role": "orchestrator", "after": "the Owner's words"}),
        )
        .play_with(vec![(
            |view| !view.questions.is_empty(),
            Command::Answer { question: QuestionId(0), text: words() },
        )])
        .await;
    played.ended(RunEnd::Verified);
    played.tells(&["the Orchestrator asks the Owner (q0)", "the Owner answered q0", "a plan is there"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owners_memo_reaches_manager_and_orchestrator() {
    let played = Scene::one()
        .says(
            json!({"role": "worker", "turn": 1}),
            &[("run", json!({"command": "until test -e go; do sleep 0.05; done; echo right > One-a.txt"}))],
        )
        .says(
            json!({"role": "orchestrator", "after": "The Owner tells you:"}),
            &[("send_memo", json!({"to": "One", "priority": "URGENT", "topic": "dates", "content": "c"}))],
        )
        .says(json!({"role": "orchestrator", "after": "Taken."}), &[])
        .says(json!({"role": "worker", "turn": 1, "attempt": 2}), &[write("right")])
        .says(
            json!({"role": "manager", "turn": 2, "after": "URGENT memo from the Orchestrator: dates"}),
            &[("retry", json!({"task": "a", "reason": "r"}))],
        )
        .says(json!({"role": "manager", "turn": 3}), &[accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")])
        .play_with(vec![
            (
                |view| view.counts.attempts > 0,
                Command::Memo { to: Recipient::Orchestrator, content: words() },
            ),
            (|view| view.counts.memos == 2, Command::Kill { target: Target::Task(TaskId(0)) }),
        ])
        .await;
    played.ended(RunEnd::Verified);
    played.tells(&[
        "URGENT memo from the Owner to the Orchestrator",
        "URGENT memo from the Orchestrator to One: dates",
        "the Owner commands: kill \"a\"",
        "attempt 2 at \"a\" begins",
    ]);
}
