//! Stories: a world in words, and what the journal says afterwards. `check` alone knows how a run is driven.

mod branches;
mod ends;
mod money;
mod plans;
mod tasks;

use expect_test::Expect;
use trireme_testkit::{Disturbance, Play, Script, journal};

/// Plays a story and compares what happened. Words of [`Script`] go in, sentences of the log come out; a line that begins with `refused` is what the
/// Owner was told.
fn check(story: &str, expect: Expect) {
    let play = Play::through(Script::read(story), Disturbance::None);
    let mut text = journal::tell(&play.world.run, &play.world.journal);
    for refusal in &play.refused {
        text += &format!("\nrefused: {refusal}");
    }
    expect.assert_eq(&text);
}
