//! What post-processing reads: its own prompt, and what must hold still.

use serde_json::{Value, json};

use super::situations::{CORE, back, worker};
use super::story::{Story, contract};
use super::whole::{after, role};
use crate::run::event::Seat;
use crate::words::*;

/// A contract of post-processing with nothing but what it must say.
fn tidy() -> Value {
    json!({
        "title": "Format", "kind": "post", "reason": "A formatter does it.", "goal": "Run the formatter.", "context": [],
        "constraints": [], "acceptance": [], "write_set": ["src/**"], "withheld": [],
    })
}

fn merged() -> Story {
    let mut story = back();
    story.says(CORE, &[("accept", json!({"task": "Validator", "note": "Good."}))]);
    story.merged("tree-a1");
    story
}

fn tidying() -> Story {
    after(merged(), |story| story.says(CORE, &[("spawn_workers", json!({"tasks": [tidy()]}))]))
}

#[test]
fn a_worker_that_tidies_up_is_told_what_must_hold() {
    let looked = after(tidying(), |story| {
        story.says(worker(2), &[("run", json!({"command": "fmt src"}))]);
        story.tool("exit status: 0\n", true);
    });
    let talked = after(tidying(), |story| story.says(worker(2), &[]));
    role("worker_post", 10_000, worker(2), [("begins", tidying()), ("looked", looked), ("talked", talked)]);
    let story = tidying();
    let agent = story.agent(worker(2));
    assert_eq!(story.run.agents().get(agent).unwrap().seniority, Seniority::Intern);
}

#[test]
fn with_criteria_of_its_own_it_is_held_to_those() {
    let mut story = merged();
    let mut own = tidy();
    own["acceptance"] = contract("x", "y")["acceptance"].clone();
    own["seniority"] = json!("mid");
    story.says(CORE, &[("spawn_workers", json!({"tasks": [own]}))]);
    assert!(!story.told(worker(2)).contains("What held before"));
    assert!(story.told(worker(2)).contains("Acceptance criteria"));
}

#[test]
fn in_one_call_without_tools_it_is_told_the_same() {
    let mut story = merged();
    let mut single = tidy();
    single["mode"] = json!("single");
    story.says(CORE, &[("spawn_workers", json!({"tasks": [single]}))]);
    let whole = story.whole(worker(2));
    assert!(
        whole.contains("one contract and one reply") && whole.contains("Validator: plain-rows"),
        "{whole}"
    );
}

#[test]
fn only_post_processing_goes_without_a_seniority() {
    let mut story = merged();
    let mut build = contract("Writer", "src/writer.rs");
    build.as_object_mut().unwrap().remove("seniority");
    story.says(CORE, &[("spawn_workers", json!({"tasks": [build]}))]);
    assert!(story.told(CORE).contains("seniority is missing: choose"), "{}", story.told(CORE));
    assert!(!story.run.agents().iter().any(|(_, agent)| agent.seat == Seat::Worker(AttemptId(2))));
}
