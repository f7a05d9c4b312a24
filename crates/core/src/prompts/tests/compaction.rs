//! Whatever an agent does, its requests stay within the cap, its opening stays whole, and what is shown changes by an
//! event only.

use expect_test::expect;
use serde_json::json;

use super::story::*;
use crate::limits::HIDDEN_INPUT_TOKENS;
use crate::prompts::PromptTurn;
use crate::run::event::{AgentEvent, Event, Seat};
use crate::run::state::AgentState;
use crate::run::{Command, Effect, Input, Outcome};
use crate::words::*;

const CORE: Seat = Seat::Manager(SectionId(0));
const WORKER: Seat = Seat::Worker(AttemptId(0));

/// A sequence that a seed decides.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn working() -> Story {
    let mut story = Story::planned();
    story.says(CORE, &[("spawn_workers", json!({"tasks": [contract("Parser", "src/parser.rs")]}))]);
    story
}

/// The turns as they are shown, each with the bytes of its reply.
fn turns(story: &Story, seat: Seat) -> Vec<String> {
    let shown = |turn: &PromptTurn| {
        let reply = turn.reply.map(|blob| story.blobs[&blob].as_str()).unwrap_or_default();
        story.rendered(turn) + reply
    };
    story.conversation(seat).turns.iter().map(shown).collect()
}

/// Bytes of a request: everything that is sent.
fn weight(story: &Story, seat: Seat) -> u64 {
    let replies = story.conversation(seat).turns.into_iter().filter_map(|turn| turn.reply);
    let replies: usize = replies.map(|blob| story.blobs[&blob].len()).sum();
    (story.whole(seat).len() + replies) as u64
}

/// Answers every composition with what it weighs, until something else is owed or the agent rests.
fn composed(story: &mut Story, seat: Seat) {
    let agent = story.agent(seat);
    let owed = |story: &Story| {
        let mut owed = story.run.owed();
        owed.find(|(_, effect)| **effect == Effect::Compose { agent }).map(|(effect, _)| effect)
    };
    while let Some(effect) = owed(story) {
        let body_bytes = weight(story, seat);
        story.input(Input::Outcome { effect, outcome: Outcome::Composed { body_bytes } });
    }
}

fn over(story: &Story, seat: Seat) -> bool {
    story.run.agents().get(story.agent(seat)).unwrap().ended()
}

/// A worker that calls tools at random, with answers and replies of any length, and takes notes when it likes to.
fn live(seed: u64) -> Story {
    let mut chance = Chance(seed);
    let mut story = working();
    story.tighten(WORKER, 20_000 + chance.below(60_000));
    let opening = turns(&story, WORKER).remove(0);
    let contract = &opening[opening.find("Your contract").unwrap()..];
    for _ in 0..40 {
        let sent = story.events.len();
        let shown = turns(&story, WORKER);
        composed(&mut story, WORKER);
        let changed = story.events[sent..].iter().any(|event| {
            matches!(event, Event::Agent(AgentEvent::Compacted { .. } | AgentEvent::NotesAsked { .. }))
        });
        assert!(changed || shown == turns(&story, WORKER), "what is shown changed by itself");
        if over(&story, WORKER) {
            break;
        }
        let (size, cap) =
            (weight(&story, WORKER) + HIDDEN_INPUT_TOKENS, story.run.context_cap(story.agent(WORKER)));
        assert!(size <= cap, "seed {seed}: {size} bytes are sent, {cap} may be");
        assert!(turns(&story, WORKER)[0].contains(contract.trim_end()), "the contract is gone");
        speak(&mut story, &mut chance);
    }
    story
}

fn speak(story: &mut Story, chance: &mut Chance) {
    let asked = turns(story, WORKER).last().unwrap().contains("Call keep_notes now");
    let words = "w".repeat(usize::try_from(chance.below(6_000)).unwrap());
    if asked && chance.below(2) == 0 {
        return story.answers(WORKER, &[("keep_notes", json!({"notes": words}))], &words);
    }
    let count = 1 + chance.below(5);
    let calls: Vec<_> = (0..count).map(|_| ("run", json!({"command": "true"}))).collect();
    story.answers(WORKER, &calls, &words);
    for number in 0..count {
        let longest = if chance.below(8) == 0 { 48_000 } else { 3_000 };
        let length = usize::try_from(chance.below(longest)).unwrap();
        story.tool(&format!("{number} {} {}", chance.below(1 << 30), "o".repeat(length)), true);
    }
}

#[test]
fn whatever_an_agent_does_its_requests_stay_within_the_cap() {
    let mut seen = [0; 3];
    for seed in 0..24 {
        for event in live(seed).events {
            match event {
                Event::Agent(AgentEvent::Compacted { shown, .. }) if shown.notes.is_some() => seen[0] += 1,
                Event::Agent(AgentEvent::Compacted { shown, .. }) if shown.cut.is_some() => seen[1] += 1,
                Event::Agent(AgentEvent::Compacted { .. }) => seen[2] += 1,
                Event::Run(_)
                | Event::Money(_)
                | Event::Agent(_)
                | Event::Task(_)
                | Event::Branch(_)
                | Event::Opinion(_) => {}
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 10), "notes, cuts and others: {seen:?}");
}

#[test]
fn a_worker_is_asked_for_notes_and_goes_on_from_them() {
    let mut story = working();
    story.tighten(WORKER, 20_000);
    composed(&mut story, WORKER);
    for number in 0..9 {
        if story.told(WORKER).contains("Your context is nearly full") {
            break;
        }
        story.answers(WORKER, &[("read", json!({"path": "src/parser.rs"}))], "");
        story.tool(&format!("{number}{}", "x".repeat(2_700)), true);
        composed(&mut story, WORKER);
    }
    let told = story.told(WORKER);
    let question = &told[told.find("Your context").unwrap()..];
    expect![[r#"
        Your context is nearly full. Call keep_notes now, alone, with all that you must not forget: what you found out (files, lines, names, exact messages), what you decided and why, what you tried in vain, what is left to do. Your words, at most 8000 bytes, then stand in place of everything before; your contract and your files will be there too. Without notes your older turns are left out as they are.
    "#]].assert_eq(question);
    story.answers(WORKER, &[("keep_notes", json!({"notes": "Line 40 splits at every comma."}))], "");
    let told = story.told(WORKER);
    assert_eq!(story.conversation(WORKER).turns.len(), 1);
    expect![[r#"

        What you did before this is done, and is left out here to keep your context short. Your files are as you left them: read again what you need to see.
        Your own notes of it:
        <notes>
        Line 40 splits at every comma.
        </notes>
    "#]].assert_eq(&told[told.find("\nWhat you did before").unwrap()..]);
    assert!(told.starts_with("role: worker\n") && told.contains("Your contract: Parser"));
}

#[test]
fn old_results_are_a_line_each() {
    let mut story = working();
    story.tighten(WORKER, 24_000);
    for number in 0..9 {
        composed(&mut story, WORKER);
        story.answers(WORKER, &[("read", json!({"path": "src/parser.rs"}))], "");
        story.tool(&format!("{number}{}", "x".repeat(1_479)), number % 2 == 0);
    }
    composed(&mut story, WORKER);
    let shown = story.conversation(WORKER).turns;
    expect![[r#"
        [result 0 ok=true]
        [1,480 bytes left out: call read again if you need them]
        [end]
        [result 0 ok=false]
        [1,480 bytes left out: call read again if you need them]
        [end]
    "#]]
    .assert_eq(&shown[1..3].iter().map(|turn| story.rendered(turn)).collect::<String>());
    assert!(story.rendered(shown.last().unwrap()).len() > 1_480);
}

#[test]
fn a_manager_without_notes_is_told_how_its_tasks_stood_and_what_others_wrote() {
    let mut story = working();
    let memo = json!({"to": "ALL", "priority": "FYI", "topic": "Dates", "content": "ISO 8601 everywhere."});
    story.says(Seat::Manager(SectionId(1)), &[("send_memo", memo)]);
    let content = story.lodge("No new dependency, whatever it costs.");
    story.command(Command::Memo { to: Recipient::All, content });
    story.answers(WORKER, &[("contract_defect", json!({"missing": "x"}))], "");
    story.tighten(CORE, 60_000);
    for number in 0..4 {
        composed(&mut story, CORE);
        story.answers(CORE, &[("read", json!({"path": "src/parser.rs"}))], &"w".repeat(12_000));
        story.tool(&number.to_string(), true);
    }
    composed(&mut story, CORE);
    let opening = &turns(&story, CORE)[0];
    let recalled = &opening[opening.find("\nWhat you did before").unwrap()..opening.find("\nMoney").unwrap()];
    expect![[r#"

        What you did before this is done, and is left out here to keep your context short.
        How things stood then:
        - "Parser": back with you; attempt 1 gave the task back: its contract lacks something
        URGENT memo from the Owner, through the Orchestrator:
        <memo>
        No new dependency, whatever it costs.
        </memo>
        FYI memo from section "CLI": Dates
        <memo>
        ISO 8601 everywhere.
        </memo>
    "#]]
    .assert_eq(recalled);
    assert!(matches!(story.run.agents().get(story.agent(CORE)).unwrap().state, AgentState::Calling(_)));
}
