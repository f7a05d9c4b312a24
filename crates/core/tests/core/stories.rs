//! Stories: a world in words, and what the journal says afterwards. `check` alone knows how a run is driven.

mod again;
mod approval;
mod branches;
mod compactions;
mod deadlines;
mod ends;
mod failover;
mod failures;
mod fell_short;
mod foreign;
mod memos;
mod money;
mod opinions;
mod pauses;
mod plans;
mod post;
mod refusals;
mod replans;
mod report;
mod reserves;
mod reviews;
mod roles;
mod scopes;
mod setups;
mod standstill;
mod tasks;
mod thrift;
mod triage;

use expect_test::Expect;
use trireme_core::run::Event;
use trireme_core::words::Millis;
use trireme_testkit::{Disturbance, Play, Script, journal};

/// Plays a story and compares what happened. Words of [`Script`] go in, sentences of the log come out: those that are not in
/// the same world when everybody is diligent and nothing goes wrong. What the Owner was refused stands at the end.
fn check(story: &str, expect: Expect) {
    let script = Script::read(story);
    let quiet = Play::through(script.quiet(), Disturbance::None);
    compare(story, &quiet.world.journal, expect);
}

/// The same, with every sentence.
fn check_whole(story: &str, expect: Expect) {
    compare(story, &[], expect);
}

fn compare(story: &str, quiet: &[(Millis, Event)], expect: Expect) {
    let play = Play::through(Script::read(story), Disturbance::None);
    let mut text = journal::tell(&play.world.run, &play.world.journal, quiet);
    for refusal in &play.refused {
        text += &format!("\nrefused: {refusal}");
    }
    expect.assert_eq(&text);
}

/// Everything that happened in a story, a sentence each.
fn play(story: &str) -> Vec<String> {
    journal::details(&Play::through(Script::read(story), Disturbance::None).world.journal)
}

/// Where the first sentence stands that holds these words.
fn place(lines: &[String], words: &str) -> usize {
    let found = lines.iter().position(|line| line.contains(words));
    found.unwrap_or_else(|| panic!("{words:?} is not in {lines:#?}"))
}
