//! What agents that get nowhere are told, and what their Manager hears of them.

use expect_test::expect;
use serde_json::json;

use super::story::*;
use crate::limits::{STILL_TURNS_END, STILL_TURNS_TOLD};
use crate::run::event::Seat;
use crate::words::*;

const CORE: Seat = Seat::Manager(SectionId(0));
const WORKER: Seat = Seat::Worker(AttemptId(0));

/// A worker that runs the same command so often, each time with the same answer.
fn running(turns: u16) -> Story {
    let mut story = Story::planned();
    story.says(CORE, &[("spawn_workers", json!({"tasks": [contract("Parser", "src/parser.rs")]}))]);
    for _ in 0..turns {
        story.says(WORKER, &[("run", json!({"command": "./check plain"}))]);
        story.tool("exit code 101\nthread panicked at src/parser.rs:12", false);
    }
    story
}

#[test]
fn a_worker_in_a_circle_is_told_what_repeats_and_what_to_do_instead() {
    expect![[r#"
        [result 0 ok=false]
        exit code 101
        thread panicked at src/parser.rs:12
        [end]

        Your last 5 turns changed nothing: no file became different, and run answered only what you had been answered before. The same calls will bring the same answers. Do something else: look for the cause in a place where you have not looked, change a file, or hand in what is right with submit_result and met: false for what is not. After 5 more turns like these you are stopped, and nothing of them counts.
    "#]].assert_eq(&running(STILL_TURNS_TOLD + 1).told(WORKER));
    let once = running(STILL_TURNS_TOLD + 2).told(WORKER);
    assert!(!once.contains("changed nothing"), "told twice: {once}");
}

#[test]
fn its_manager_hears_the_last_thing_that_it_did() {
    expect![[r#"
        [result 0 ok=true]
        "Parser", attempt 1 (mid, mid, $0.055): came to nothing: its worker went round in circles, and did not stop when it was told.
        The last thing it did: run, which did not do what was asked. The end of its answer:
        <output>
        exit code 101
        thread panicked at src/parser.rs:12
        </output>
        Next: retry it with what must be different, with a higher seniority where the model was the problem; or cut it.

        [end]

        Money: $0.06 of $5.40 spent; your workers can still spend $4.80.
    "#]].assert_eq(&running(STILL_TURNS_END + 1).told(CORE));
}

#[test]
fn a_manager_in_a_circle_is_told_that_all_was_refused() {
    let mut story = Story::planned();
    for _ in 0..STILL_TURNS_TOLD {
        story.says(CORE, &[("accept", json!({"task": "Nothing", "note": "n"}))]);
    }
    expect![[r#"
        [result 0 ok=false]
        There is no task "Nothing": your section has none yet. Spawn its tasks first.
        [end]

        Your last 5 turns changed nothing: every call of yours was refused or left all as it was. The same calls will bring the same answers. Do something else: read the last refusal and mend exactly that, retry a task with another reason or seniority, cut it, or report partial. After 5 more turns like these you are stopped, and nothing of them counts.

        Money: $0.025 of $5.40 spent; your workers can still spend $4.835.
    "#]].assert_eq(&story.told(CORE));
}
