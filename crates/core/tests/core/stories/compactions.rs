//! Long conversations: what is shown less of, when, and what never.

use expect_test::expect;
use trireme_core::run::Event;
use trireme_core::run::event::AgentEvent;
use trireme_testkit::{Disturbance, Play, Script};

use super::check;

/// What was shown each time, and which requests left, in bytes.
fn shown(story: &str) -> (Vec<String>, Vec<u64>) {
    let play = Play::through(Script::read(story), Disturbance::None);
    let mut changes = Vec::new();
    let mut sent = Vec::new();
    for (_, event) in &play.world.journal {
        match event {
            Event::Agent(AgentEvent::Compacted { agent, .. })
                if Some(*agent) == play.world.run.orchestrator() => {}
            Event::Agent(AgentEvent::Compacted { shown, .. }) => {
                let cut = shown.cut.map(|(turn, bytes)| format!(", turn {turn} cut to {bytes}"));
                let notes = shown.notes.map_or("", |_| " with notes");
                changes.push(format!("{}..{}{}{notes}", shown.from, shown.omitted, cut.unwrap_or_default()));
            }
            Event::Agent(AgentEvent::NotesAsked { .. }) => changes.push("notes?".to_owned()),
            Event::Agent(AgentEvent::Reserved { body_bytes, .. }) => sent.push(*body_bytes),
            Event::Run(_)
            | Event::Money(_)
            | Event::Agent(_)
            | Event::Task(_)
            | Event::Branch(_)
            | Event::Opinion(_) => {}
        }
    }
    (changes, sent)
}

fn reading(turns: usize, bytes: u64, more: &str) -> String {
    let mut story = format!("total 1000\ntasks core: parser\nheavy worker parser {bytes}\n");
    for turn in 1..=turns {
        story += &format!("say worker parser {turn}: read\nprint worker parser {turn}: file {turn}\n");
    }
    story + more
}

#[test]
fn old_results_go_first_and_several_at_once() {
    let (changes, sent) = shown(&reading(30, 60_000, ""));
    assert!(sent.iter().all(|bytes| *bytes <= 600_000), "{sent:?}");
    expect![[r#"
        0..4
        0..8
        0..12
        0..16
        0..20
        0..24"#]]
    .assert_eq(&changes.join("\n"));
}

/// What a turn adds is too much for results alone: the agent is asked, and its notes stand for all before.
#[test]
fn an_agent_that_is_asked_keeps_its_notes() {
    check(
        &reading(5, 120_000, "say worker parser 5: keep_notes what I know\n"),
        expect![[r#"
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            the worker of attempt 1 at "parser" is asked for notes: its context is nearly full
            solid answered the worker of attempt 1 at "parser" and called keep_notes, for $0.003
            the worker of attempt 1 at "parser" is shown its notes in place of what was before
            core is over: verified
            the run is over: verified and done
            books: $0.051 spent, $0.00 promised, of $1000.00"#]],
    );
}

#[test]
fn an_agent_that_takes_no_notes_loses_its_older_turns() {
    let (changes, sent) = shown(&reading(12, 120_000, ""));
    assert!(sent.iter().all(|bytes| *bytes <= 600_000), "{sent:?}");
    expect![[r#"
        notes?
        0..4
        0..8"#]]
    .assert_eq(&changes.join("\n"));
}

/// Not even the last turn's results fit.
#[test]
fn a_turn_that_is_too_long_by_itself_is_cut() {
    let (changes, sent) = shown(&reading(4, 900_000, ""));
    assert!(sent.iter().all(|bytes| *bytes <= 600_000), "{sent:?}");
    expect![[r#"
        0..0, turn 0 cut to 198976
        0..1, turn 0 cut to 198976
        1..1
        1..1, turn 1 cut to 198976
        1..2, turn 1 cut to 198976
        2..2
        2..2, turn 2 cut to 198976
        2..3, turn 2 cut to 198976
        3..3
        3..3, turn 3 cut to 198976"#]]
    .assert_eq(&changes.join("\n"));
}

#[test]
fn notes_that_nobody_asked_for_and_notes_in_company_are_refused() {
    check(
        &reading(
            6,
            120_000,
            "say worker parser 2: keep_notes early\nsay worker parser 5: keep_notes x; read\n",
        ),
        expect![[r#"
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called keep_notes, for $0.003
            the worker of attempt 1 at "parser" is told: Nobody asked you for notes: nothing of what you were shown is left out. Go on with your work.
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            the worker of attempt 1 at "parser" is asked for notes: its context is nearly full
            solid answered the worker of attempt 1 at "parser" and called keep_notes, read, for $0.003
            the worker of attempt 1 at "parser" is told: Not taken: keep_notes came together with other calls, whose results you would not see. Call it alone.
            read did what was asked for the worker of attempt 1 at "parser"
            the worker of attempt 1 at "parser" is shown less of what was before
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            core is over: verified
            the run is over: verified and done
            books: $0.054 spent, $0.00 promised, of $1000.00"#]],
    );
}

/// The catalogue says that it fits, and the model says that it does not.
#[test]
fn a_model_that_finds_a_request_too_long_gets_a_shorter_one() {
    check(
        &reading(6, 50_000, "fault worker parser 6: long\n"),
        expect![[r#"
        solid answered the worker of attempt 1 at "parser" and called read, for $0.003
        read did what was asked for the worker of attempt 1 at "parser"
        solid answered the worker of attempt 1 at "parser" and called read, for $0.003
        read did what was asked for the worker of attempt 1 at "parser"
        solid answered the worker of attempt 1 at "parser" and called read, for $0.003
        read did what was asked for the worker of attempt 1 at "parser"
        solid answered the worker of attempt 1 at "parser" and called read, for $0.003
        read did what was asked for the worker of attempt 1 at "parser"
        solid answered the worker of attempt 1 at "parser" and called read, for $0.003
        read did what was asked for the worker of attempt 1 at "parser"
        a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the request is too long for the model: long
        the worker of attempt 1 at "parser" is shown less of what was before
        solid answered the worker of attempt 1 at "parser" and called read, for $0.003
        read did what was asked for the worker of attempt 1 at "parser"
        core is over: verified
        the run is over: verified and done
        books: $0.054 spent, $0.00 promised, of $1000.00"#]],
    );
}

/// Nothing is left to leave out: another model is asked, as ever.
#[test]
fn a_first_request_that_is_too_long_is_nobodys_to_shorten() {
    check(
        "
        tasks core: parser
        patience 1
        fault worker parser 1: long, long, long
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the request is too long for the model: long
            the worker of attempt 1 at "parser" is gone: the request is too long for the model: long
            attempt 1 at "parser" is over: abandoned, the request is too long for the model: long
            solid answered the Manager of core and called cut, for $0.003
            "parser" is given up
            core reports that it is not done
            core is over: not verified
            core came to nothing: its phase waits for another plan
            the Orchestrator will be told: core came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            core is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.045 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_manager_is_told_how_its_tasks_stood() {
    check(
        "
        total 1000
        tasks core: parser, writer
        heavy manager core 130000
        say manager core 1: spawn parser
        say manager core 2: accept parser
        say manager core 3: spawn writer
        say manager core 4: keep_notes both
        ",
        expect![[r#"
            the Manager of core is told: back are attempt 1 at "parser"
            solid answered the Manager of core and called accept, for $0.003
            the Manager of core is told: back are attempt 1 at "writer"
            the Manager of core is asked for notes: its context is nearly full
            solid answered the Manager of core and called keep_notes, for $0.003
            the Manager of core is shown its notes in place of what was before
            solid answered the Manager of core and called accept, for $0.003
            core is over: verified
            the run is over: verified and done
            books: $0.054 spent, $0.00 promised, of $1000.00"#]],
    );
}
