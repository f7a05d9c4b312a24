//! A hundred Managers, and one Orchestrator whose requests stay short.

use serde_json::json;

use super::story::*;
use crate::limits::{HIDDEN_INPUT_TOKENS, MATTERS_AT_ONCE, ORCHESTRATOR_CONTEXT_TOKENS, SECTIONS_AT_ONCE};
use crate::run::event::Seat;
use crate::run::{Effect, Stage, Subject};
use crate::words::*;

const MANAGERS: u32 = 100;

fn manager(number: u32) -> Seat {
    Seat::Manager(SectionId(number))
}

/// A run of a hundred sections, all at work at once.
fn crowd() -> Story {
    let mut whole = plan();
    let sections = (0..MANAGERS).map(|number| {
        let mut one = section(&format!("Section {number} of a usual name"), 1);
        one["description"] = json!(format!("{} {}", "What is to be done here.", "More of it. ".repeat(80)));
        one["delivers"] = json!([]);
        one
    });
    whole["phases"][0]["sections"] = sections.collect();
    let decision = |number: u32| {
        let question = format!("Question {number} of a usual length, as models write them?");
        json!({"question": question, "resolution": "So and not otherwise. ".repeat(5), "reason": "It is so."})
    };
    whole["decisions"] = (0..30).map(decision).collect();
    let mut story = Story::begun();
    // Research leaves a long transcript, which nobody sees after the approval.
    for _ in 0..5 {
        story.says(Seat::Orchestrator, &[("read", json!({"path": "README.md"}))]);
        story.tool(&"A line of a long file.\n".repeat(2_000), true);
    }
    story.says(Seat::Orchestrator, &[("submit_plan", json!({"plan": whole}))]);
    story
}

/// Lets the Orchestrator settle what it is told of, and gives the most that it was shown, in tokens by the bound.
fn settle(story: &mut Story) -> u64 {
    let agent = story.agent(Seat::Orchestrator);
    let mut most = 0;
    let is_asked = |story: &Story| {
        let composes = story.run.owed().any(|(_, effect)| *effect == Effect::Compose { agent });
        composes && !matches!(story.run.stage(), Stage::Concluding(_))
    };
    while is_asked(story) {
        most = most.max(story.whole(Seat::Orchestrator).len() as u64 + HIDDEN_INPUT_TOKENS);
        let told = story.told(Seat::Orchestrator);
        let open = story.run.requests().iter().filter(|(_, state)| state.granted.is_none());
        let open: Vec<_> =
            open.map(|(id, _)| id).filter(|id| told.contains(&format!("Request {id}:"))).collect();
        let short = story.run.awaiting_replan().map(|(_, state)| state.outline.name.clone());
        let short: Vec<_> =
            short.filter(|name| told.contains(&format!("Section {name:?} came back"))).collect();
        assert!(open.len() + short.len() <= MATTERS_AT_ONCE && short.len() <= SECTIONS_AT_ONCE);
        assert!(short.iter().all(|name| told.contains(&format!("{{\"name\":{name:?}"))), "{told}");
        let drop = |name: &String| ("replan", json!({"section": name, "sections": []}));
        let calls: Vec<_> = open
            .iter()
            .map(|id| {
                let reason = "Go on with what you have. ".repeat(20);
                ("decide_budget", json!({"request": id.to_string(), "grant_usd": "0.001", "reason": reason}))
            })
            .chain(short.iter().map(drop))
            .collect();
        story.says(Seat::Orchestrator, &calls);
    }
    most
}

#[test]
fn the_orchestrators_requests_stay_short_however_many_managers_ask() {
    let mut story = crowd();
    let mut most = 0;
    for _ in 0..3 {
        for number in 0..MANAGERS {
            let reason = "Because of this and that. ".repeat(100);
            story.says(manager(number), &[("request_budget", json!({"usd": "0.01", "reason": reason}))]);
        }
        most = most.max(settle(&mut story));
        assert!(
            story.run.requests().iter().all(|(_, state)| state.granted.is_some()),
            "somebody was forgotten"
        );
    }
    for number in 0..MANAGERS {
        let status = if number % 3 == 0 { "partial" } else { "done" };
        let report =
            json!({"status": status, "conclusion": "What came of it, and what did not. ".repeat(50)});
        story.says(manager(number), &[("report", report)]);
        story.checked(Subject::Section(SectionId(number)), true);
    }
    // A third of them came to nothing.
    most = most.max(settle(&mut story));
    assert!(matches!(story.run.stage(), Stage::Concluding(_)));
    most = most.max(story.whole(Seat::Orchestrator).len() as u64 + HIDDEN_INPUT_TOKENS);
    assert!(most > 20_000, "{most}: that is less than there is to tell");
    assert!(most <= ORCHESTRATOR_CONTEXT_TOKENS, "{most} tokens by the bound");
    println!("the largest request has {most} tokens by the bound");
}

#[test]
fn planning_is_left_behind_with_the_approval() {
    let mut story = crowd();
    story.says(manager(0), &[("request_budget", json!({"usd": "0.01", "reason": "r"}))]);
    let whole = story.whole(Seat::Orchestrator);
    assert!(!whole.contains("A line of a long file") && !whole.contains("tool submit_plan"));
    assert!(whole.contains("tool replan") && whole.contains("Section 99 of a usual name"));
}
