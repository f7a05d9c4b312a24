//! Deadlines: what stands still or takes too long is stopped, and whoever it worked for is told.

use expect_test::expect;

use super::{check, place, play};

#[test]
fn a_worker_whose_model_is_silent_is_late() {
    check(
        "
        tasks core: parser
        patience 1
        limit attempt_idle_s 60
        silent worker parser 1
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the worker of attempt 1 at "parser" is gone: its time was over
            attempt 1 at "parser" is over: abandoned, its time was over
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
            books: $0.093096 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_worker_that_moves_is_never_idle_but_may_take_too_long() {
    check(
        "
        tasks core: parser
        patience 1
        limit attempt_s 60
        silent worker parser 2
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the call's answer was lost with its process
            the worker of attempt 1 at "parser" is gone: its time was over
            attempt 1 at "parser" is over: abandoned, its time was over
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
            books: $0.096096 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_check_counts_for_the_whole_only() {
    let story = "tasks core: parser\npatience 1\nslow attempt parser\n";
    let idle = play(&format!("{story}limit attempt_idle_s 60"));
    let moment = place(&idle, "is over: abandoned, its time was over");
    assert!(!idle[..moment].iter().any(|line| line.contains("worker") && line.contains("time was over")));
}

#[test]
fn a_manager_that_takes_too_long_ends_its_section_and_the_others_go_on() {
    check(
        "
        phase core 60, cli 40
        tasks core: parser
        tasks cli: main
        limit section_s 60
        silent manager core 1
        ",
        expect![[r#"
            cli is over: verified
            a call of the Manager of core failed, $0.048096 is charged: the call's answer was lost with its process
            the Manager of core is gone: its time was over
            core is over: failed
            core came to nothing: its phase waits for another plan
            the Orchestrator will be told: core came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            core is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.099096 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_reviewer_that_is_late_leaves_its_rubric_open() {
    check(
        "
        tasks core: parser
        rubric parser
        patience 1
        limit attempt_idle_s 60
        silent reviewer parser 1
        ",
        expect![[r#"
            a call of the Reviewer of attempt 1 at "parser" failed, $0.060144 is charged: the call's answer was lost with its process
            the Reviewer of attempt 1 at "parser" is gone: its time was over
            attempt 1 at "parser" is over: criteria not met
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
            books: $0.111144 spent, $0.00 promised, of $10.00"#]],
    );
}

/// Nobody's time runs while the Owner has the run stand still.
#[test]
fn a_pause_is_nobodys_time() {
    use trireme_core::run::{Command, Deadlines};
    use trireme_core::words::Millis;
    use trireme_testkit::{Disturbance, Play, Script};

    let story = "tasks core: parser\nlimit attempt_s 60\nsilent worker parser 1\nwhen attempt 1: pause";
    let mut play = Play::through(Script::read(story), Disturbance::None);
    let world = &mut play.world;
    let began = world.run.attempts().iter().next().unwrap().1.time.0;
    world.now = Millis(world.now.0 + 1_000_000);
    world.feed(trireme_core::run::Input::Tick).unwrap();
    assert!(world.run.attempts().iter().all(|(_, attempt)| attempt.end.is_none()), "late in a pause");
    world.command(Command::Resume).unwrap();
    let due = world.run.attempts().iter().next().unwrap().1.due;
    let paused = world.now.since(began);
    assert!(due.since(began) >= 60_000 + paused - 10 && due.since(began) <= 60_000 + paused, "{due:?}");
    assert_eq!(world.run.head().unwrap().deadlines.attempt_idle_s, Deadlines::default().attempt_idle_s);
}

/// The journal of a run from before there were deadlines has the usual ones.
#[test]
fn a_beginning_without_deadlines_reads() {
    let play = trireme_testkit::Play::through(
        trireme_testkit::Script::read("ask first"),
        trireme_testkit::Disturbance::None,
    );
    let mut json = serde_json::to_value(&play.world.journal[0].1).unwrap();
    assert!(json["run"]["began"].as_object_mut().unwrap().remove("deadlines").is_some());
    let event: trireme_core::run::Event = serde_json::from_value(json).unwrap();
    assert_eq!(event, play.world.journal[0].1);
}
