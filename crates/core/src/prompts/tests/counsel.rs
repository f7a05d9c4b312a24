//! What advisers, a Synthesist, and those who asked read of a second opinion.

use expect_test::{expect, expect_file};
use serde_json::json;

use super::situations::prompt;
use super::story::{Story, plan};
use crate::prompts::documents::{anonymous, render_synthesis};
use crate::run::event::Seat;
use crate::words::*;

const OPINION: OpinionId = OpinionId(0);
const SYNTHESIST: Seat = Seat::Synthesist(OPINION);

const fn adviser(side: u8) -> Seat {
    Seat::Adviser(OPINION, side)
}

pub(super) fn asked() -> Story {
    let mut story = Story::begun();
    let wish = json!({"question": "By hand or generated?", "files": ["src/parser.rs"]});
    story.says(Seat::Orchestrator, &[("second_opinion", wish)]);
    story.composed_all();
    story
}

fn answers(story: &mut Story, side: u8, answer: &str) {
    let args = json!({"answer": answer, "confidence": "medium", "risks": ["It may grow."]});
    story.says(adviser(side), &[("submit_opinion", args)]);
}

pub(super) fn both_answered() -> Story {
    let mut story = asked();
    answers(&mut story, 0, "By hand. As architect, I have seen many parsers.");
    answers(&mut story, 1, "Generated.");
    story
}

fn synthesis(disagreements: &[&str]) -> serde_json::Value {
    json!({"agreements": ["Keep the messages."], "disagreements": disagreements, "choice": "By hand.", "reason": "Nothing asks for speed."})
}

#[test]
fn an_adviser_begins() {
    prompt(&asked().whole(adviser(0)), 8_000, &expect_file!["adviser_begins.txt"]);
}

#[test]
fn a_synthesist_begins() {
    prompt(&both_answered().whole(SYNTHESIST), 9_000, &expect_file!["synthesist_begins.txt"]);
}

#[test]
fn neither_adviser_is_told_what_the_other_said_nor_the_third_who_they_are() {
    let mut story = asked();
    answers(&mut story, 0, "ALPHA by architect");
    assert!(!story.whole(adviser(1)).contains("ALPHA"));
    answers(&mut story, 1, "BETA");
    let told = story.told(SYNTHESIST);
    assert!(told.contains("ALPHA") && told.contains("BETA") && told.contains("by [a model]"), "{told}");
    for side in [0, 1] {
        let agent = story.run.opinions().get(OPINION).unwrap().sides[side].agent.unwrap();
        let model = story.run.agents().get(agent).unwrap().model.clone().unwrap();
        assert!(!told.contains(&model), "{model} is named in {told}");
    }
}

#[test]
fn whoever_asked_is_told_every_disagreement() {
    let mut story = both_answered();
    story.says(SYNTHESIST, &[("synthesize", synthesis(&["A would write it by hand, B would generate it."]))]);
    expect![[r#"
        [result 0 ok=true]
        Opinion o0: two advisers answered, neither knowing what the other says (only one family of models can be had here: they may share its blind spots). A third made one answer of both:
        <synthesis>
        Choice: By hand.

        Reason: Nothing asks for speed.

        Both advisers say:
        - Keep the messages.

        The advisers DISAGREE on:
        - A would write it by hand, B would generate it.

        </synthesis>

        [end]
    "#]].assert_eq(&story.told(Seat::Orchestrator));
}

#[test]
fn whoever_asked_is_told_that_only_one_answered_or_none() {
    let mut story = asked();
    answers(&mut story, 0, "By hand.");
    for _ in 0..3 {
        story.says(adviser(1), &[]);
    }
    let only_one = story.told(Seat::Orchestrator);
    let mut story = asked();
    story.wait(crate::limits::OPINION_DEADLINE_MS);
    let none = story.told(Seat::Orchestrator);
    let mut story = both_answered();
    story.wait(crate::limits::SYNTHESIS_DEADLINE_MS);
    let both = story.told(Seat::Orchestrator);
    expect![[r#"
        [result 0 ok=true]
        Opinion o0: ONLY ONE adviser answered (it called no tool, again and again), so nobody has contradicted this:
        <answer>
        By hand.

        Open risks:
        - It may grow.

        Confidence: medium
        </answer>

        [end]

        ===
        [result 0 ok=true]
        Opinion o0: nobody answered (its time was over; its time was over). There is no second opinion; decide by yourself.

        [end]

        ===
        [result 0 ok=true]
        Opinion o0: two advisers answered (only one family of models can be had here: they may share its blind spots), but nobody made one answer of both. Compare them yourself:
        <answer>
        By hand. As architect, I have seen many parsers.

        Open risks:
        - It may grow.

        Confidence: medium
        </answer>
        <answer>
        Generated.

        Open risks:
        - It may grow.

        Confidence: medium
        </answer>

        [end]
    "#]].assert_eq(&format!("{only_one}\n===\n{none}\n===\n{both}"));
}

#[test]
fn names_are_taken_out_as_whole_words_only() {
    let names = ["oak".to_owned(), "oak-2 large".to_owned()];
    let told = anonymous("Oak says: oaken, oak-2 large, and OAK.", &names);
    assert_eq!(told, "[a model] says: oaken, [a model], and [a model].");
    assert_eq!(anonymous("schön", &["ön".to_owned()]), "schön");
}

#[test]
fn a_synthesis_without_disagreement_says_so() {
    let synthesis: Synthesis = serde_json::from_value(synthesis(&[])).unwrap();
    assert!(render_synthesis(&synthesis).contains("The advisers disagree on nothing."));
}

/// A plan whose first section is of high stakes.
fn high() -> Story {
    let mut story = Story::begun();
    let mut plan = plan();
    plan["phases"][0]["sections"][0]["stakes"] = json!("high");
    story.says(Seat::Orchestrator, &[("submit_plan", json!({"plan": plan}))]);
    story.composed_all();
    story
}

#[test]
fn a_manager_with_high_stakes_begins_with_what_was_said() {
    let mut story = high();
    let asked = story.told(adviser(1));
    assert!(asked.contains("What traps are in it") && asked.contains("<section>"), "{asked}");
    answers(&mut story, 0, "Tests first.");
    answers(&mut story, 1, "Parser first.");
    story.says(SYNTHESIST, &[("synthesize", synthesis(&["A begins with tests, B with the parser."]))]);
    let told = story.told(Seat::Manager(SectionId(0)));
    let (_, counsel) = told.split_once("The stakes of this section are high").unwrap();
    assert!(counsel.contains("DISAGREE on:\n- A begins with tests, B with the parser."), "{told}");
    // Its neighbour, on which less hangs, began long before.
    assert!(!story.told(Seat::Manager(SectionId(1))).contains("stakes"));
}

#[test]
fn a_worker_without_a_manager_begins_with_what_was_said_of_its_task() {
    let mut story = Story::begun_with_high_stakes();
    story.composed_all();
    let asked = story.told(adviser(0));
    assert!(asked.contains("One worker is about to do the task below, alone. How had it"), "{asked}");
    assert!(asked.contains("<contract>\nContract: Handle an empty") && !asked.contains("Manager"), "{asked}");
    answers(&mut story, 0, "Refuse it.");
    answers(&mut story, 1, "Print nothing.");
    story.says(SYNTHESIST, &[("synthesize", synthesis(&["A refuses it, B prints nothing."]))]);
    let told = story.told(Seat::Worker(AttemptId(0)));
    let (contract, counsel) = told.split_once("The stakes of this task are high, so two advisers").unwrap();
    assert!(contract.contains("Your contract: Handle an empty input file."), "the contract comes first");
    assert!(counsel.contains("DISAGREE on:\n- A refuses it, B prints nothing."), "{told}");
}
