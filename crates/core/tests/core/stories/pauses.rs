//! A run that stands still: it promises nothing, and nobody's time runs.

use expect_test::expect;
use trireme_core::limits::{QUESTION_DEADLINE_MS, REQUEST_DEADLINE_MS};
use trireme_core::run::{Command, Input};
use trireme_core::words::*;
use trireme_testkit::fixtures::blob;
use trireme_testkit::{Disturbance, Play, Script};

use super::{check, place, play};

#[test]
fn what_was_on_its_way_waits_for_the_end_of_a_pause() {
    // The world itself watches that nothing is promised in between.
    check(
        "
        tasks core: parser, writer, printer
        when for the worker of attempt 1 at \"parser\": pause
        when the worker of attempt 1 at \"printer\" waits: resume
        ",
        expect![[r#"
            the Owner commands: pause
            the worker of attempt 1 at "writer" waits for money that is promised to others
            the worker of attempt 1 at "printer" waits for money that is promised to others
            the Owner commands: go on
            core is over: verified
            the run is over: verified and done
            books: $0.051 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_kill_in_a_pause_funds_nobody() {
    let story = "
        total 0.07
        reserve 0
        plan given
        body 0
        tasks core: parser, writer
        patience 1
        when writer\" waits: pause, kill t0, resume
        ";
    let lines = play(story);
    let funded = place(&lines, "is promised to a call of solid for the worker of attempt 1 at \"writer\"");
    assert!(place(&lines, "the Owner commands: kill") < place(&lines, "the Owner commands: go on"));
    assert!(place(&lines, "the Owner commands: go on") < funded, "{lines:#?}");
}

/// A run whose Orchestrator waits for an answer of the Owner, and that stands still.
fn asked() -> Play {
    let story = "tasks core: parser\nsay orchestrator 1: ask_owner which?\nwhen asks the Owner: pause";
    let play = Play::through(Script::read(story), Disturbance::None);
    assert!(play.world.run.paused() && play.world.run.questions().len() == 1);
    play
}

fn answer() -> Command {
    Command::Answer { question: QuestionId(0), text: blob("yes") }
}

#[test]
fn a_question_does_not_run_out_in_a_pause() {
    let mut world = asked().world;
    assert_eq!(world.run.next_deadline(), None);
    world.now = world.now.plus(2 * QUESTION_DEADLINE_MS);
    world.feed(Input::Tick).unwrap();
    world.command(answer()).unwrap();
}

#[test]
fn after_a_pause_a_question_has_its_whole_time_again() {
    let mut world = asked().world;
    world.now = world.now.plus(2 * QUESTION_DEADLINE_MS);
    world.command(Command::Resume).unwrap();
    assert_eq!(world.run.next_deadline(), Some(world.now.plus(QUESTION_DEADLINE_MS)));
    world.now = world.now.plus(QUESTION_DEADLINE_MS - 1);
    world.feed(Input::Tick).unwrap();
    assert_eq!(world.run.questions().get(QuestionId(0)).unwrap().closed, None);
}

#[test]
fn an_answer_that_comes_with_its_deadline_counts() {
    let mut world = asked().world;
    world.command(Command::Resume).unwrap();
    world.now = world.now.plus(2 * QUESTION_DEADLINE_MS);
    world.command(answer()).unwrap();
}

#[test]
fn an_answer_to_a_run_whose_owner_is_long_gone_counts() {
    let mut world = asked().world;
    world.command(Command::Resume).unwrap();
    world.now = world.now.plus(2 * QUESTION_DEADLINE_MS);
    world.stand_still();
    world.command(answer()).unwrap();
}

#[test]
fn a_grant_to_a_run_whose_owner_is_long_gone_counts() {
    let story =
        "tasks core: parser\nsay manager core 1: request_budget 5\nwhen for the Owner to decide: pause";
    for owned in [true, false] {
        let mut world = Play::through(Script::read(story), Disturbance::None).world;
        world.command(Command::Resume).unwrap();
        world.now = world.now.plus(2 * REQUEST_DEADLINE_MS);
        if !owned {
            world.stand_still();
        }
        world.command(Command::Grant { request: RequestId(0), amount: Some(Money::cents(1)) }).unwrap();
        assert_eq!(world.run.requests().get(RequestId(0)).unwrap().granted, Some(Money::cents(1)));
    }
}

#[test]
fn calls_that_go_down_with_their_process_are_no_tries() {
    check(
        "
        tasks core: parser
        lose worker parser 1 times 10
        ",
        expect![[r#"
            the process that worked on e5 was lost
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.006Z
            the process that worked on e7 was lost
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.008Z
            the process that worked on e9 was lost
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.010Z
            the process that worked on e11 was lost
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.012Z
            the process that worked on e13 was lost
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.014Z
            the process that worked on e15 was lost
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.016Z
            the process that worked on e17 was lost
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.018Z
            the process that worked on e19 was lost
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.020Z
            the process that worked on e21 was lost
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.022Z
            the process that worked on e23 was lost
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.024Z
            core is over: verified
            the run is over: verified and done
            books: $0.51996 spent, $0.00 promised, of $10.00"#]],
    );
}
