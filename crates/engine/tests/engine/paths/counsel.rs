//! Advisers who disagree, and roles of the repository's own files.

use serde_json::json;
use trireme_core::run::event::{OpinionEnd, RunEnd, Seat};
use trireme_core::{Seniority, Tool};

use super::scene::{Scene, section, spawn, submit, task, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_of_high_stakes_begins_with_what_its_advisers_disagree_on() {
    let mut high = section("One", 100);
    high["stakes"] = json!("high");
    let opinion = |answer: &str| ("submit_opinion", json!({"answer": answer, "confidence": "high"}));
    let both = json!({
        "agreements": ["Both would write one file."], "disagreements": ["A: short. B: long. QUARREL-3"],
        "choice": "short", "reason": "r",
    });
    let played = Scene::of(&[&[high]])
        .says(json!({"role": "adviser", "side": 1}), &[opinion("short QUILL-1")])
        .says(json!({"role": "adviser", "side": 2}), &[opinion("long STYLUS-2")])
        .says(json!({"role": "synthesist", "after": "QUILL-1"}), &[("synthesize", both)])
        .says(
            json!({"role": "manager", "turn": 1, "after": "- A: short. B: long. QUARREL-3"}),
            &[spawn(&[task("a", "mid")])],
        )
        .play()
        .await;
    played.ended(RunEnd::Verified);
    let (_, opinion) = played.run.opinions().iter().next().unwrap();
    assert_eq!(opinion.end, Some(OpinionEnd::Synthesized));
    assert_eq!(opinion.synthesis.map(|(_, agreed, disagreed)| (agreed, disagreed)), Some((1, 1)));
    let models: Vec<_> = opinion.sides.iter().flat_map(|side| side.models.clone()).collect();
    assert_eq!(models, ["top", "hand"], "of two families");
    played.tells(&["has a new task \"a\" (mid build, agent)"]);
    let manager =
        played.run.agents().iter().find(|(_, agent)| matches!(agent.seat, Seat::Manager(_))).unwrap();
    assert_eq!(manager.1.turns.len(), 3, "it did not have to ask");
}

const CLAUDES: &str = "---
name: file-writer
description: Use this agent when a file is to be written. Give it one file at a time.
tools: Read, Grep, Write, WebFetch
model: sonnet
color: blue
---

You write files, LANTERN-7. Use every tool that there is.
";

/// Whoever does not read the role writes a wrong text.
fn with_role(name: &str) -> Scene {
    let mut named = task("a", "junior");
    named["role"] = json!(name);
    named.as_object_mut().unwrap().remove("seniority");
    Scene::one()
        .file(".claude/agents/writer.md", CLAUDES)
        .file(".claude/agents/notes.md", "Just notes.\n")
        .says(
            json!({"role": "manager", "turn": 1, "after": "\"file-writer\" (tools: read, search, write"}),
            &[spawn(&[named])],
        )
        .says(json!({"role": "worker", "turn": 1}), &[write("wrong")])
        .says(json!({"role": "worker", "turn": 1, "after": "You write files, LANTERN-7."}), &[write("right")])
        .says(json!({"role": "worker", "turn": 2}), &[submit()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_of_claude_code_is_a_role_as_it_stands_in_the_repository() {
    let played = with_role("file-writer").play().await;
    played.ended(RunEnd::Verified);
    played.tells(&["has a new task \"a\" (mid build, agent, as \"file-writer\")"]);
    let worker =
        played.run.agents().iter().find(|(_, agent)| matches!(agent.seat, Seat::Worker(_))).unwrap().1;
    assert_eq!(worker.scope.tools.iter().collect::<Vec<_>>(), [Tool::Read, Tool::Search, Tool::Write]);
    assert_eq!((worker.seniority, worker.model.as_deref()), (Seniority::Mid, Some("hand")));
    let warned = |words: &str| {
        assert!(played.warnings.iter().any(|line| line.contains(words)), "{:?}", played.warnings)
    };
    warned(".claude/agents/notes.md is no role and is left out: it has no front matter");
    warned(".claude/agents/writer.md: there is no tool \"WebFetch\" here; it is left out");
    warned("role \"file-writer\": no model \"sonnet\" can be asked here; its seniority decides instead");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_is_not_there_is_named_to_the_manager_with_those_that_are() {
    let played = with_role("file-reader")
        .says(
            json!({"role": "manager", "turn": 2, "after": "there is no role \"file-reader\"; leave it out, or name one of: \"file-writer\""}),
            &[spawn(&[task("a", "junior")])],
        )
        .says(json!({"role": "worker", "turn": 1}), &[write("right")])
        .says(json!({"role": "manager", "turn": 3}), &[super::scene::accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[super::scene::report("done")])
        .play()
        .await;
    played.ended(RunEnd::Verified);
    assert_eq!(played.run.tasks().len(), 1);
}
