//! The Owner's hand: kill, pause, resume.

use expect_test::expect;
use trireme_core::run::{Input, Refusal, Stamped};
use trireme_core::{Millis, Run, Shredding};
use trireme_testkit::{Disturbance, Play, Script};

use super::check;

#[test]
fn the_run_is_killed() {
    check(
        "
        tasks core: parser
        when attempt 1: kill
        ",
        expect![[r#"
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            the Manager of core is gone: stopped
            the worker of attempt 1 at "parser" is gone: stopped
            attempt 1 at "parser" is over: abandoned, stopped
            core is over: killed
            the run is over: killed
            books: $0.015 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_section_is_killed() {
    check(
        "
        phase core 60, cli 40
        tasks core: parser
        tasks cli: main
        when attempt 1: kill s0
        ",
        expect![[r#"
            the Owner commands: kill core
            the worker of attempt 1 at "parser" is gone: stopped
            attempt 1 at "parser" is over: abandoned, stopped
            core is over: killed
            cli is over: verified
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.042 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_section_is_killed_before_its_phase() {
    check(
        "
        phase core 60
        phase cli 40
        tasks core: parser
        when attempt 1: kill s1
        ",
        expect![[r#"
            the Owner commands: kill cli
            cli is over: killed
            core is over: verified
            phase phase 1 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_task_is_killed() {
    check(
        "
        tasks core: parser, writer
        when attempt 1: kill t0
        ",
        expect![[r#"
            the Owner commands: kill "parser"
            the worker of attempt 1 at "parser" is gone: stopped
            attempt 1 at "parser" is over: abandoned, stopped
            solid answered the Manager of core and called retry, accept, for $0.003
            attempt 2 at "parser" begins, by mid
            solid answered the worker of attempt 2 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 2 at "parser"
            solid answered the worker of attempt 2 at "parser" and called submit_result, for $0.003
            the worker of attempt 2 at "parser" is told: done
            the worker of attempt 2 at "parser" is gone: finished
            attempt 2 at "parser" claims 1 of 1 criteria
            attempt 2 at "parser" changed 1 files
            checked attempt 2 at "parser": 1 of 1 criteria hold
            attempt 2 at "parser" is over: verified
            the Manager of core is told: back are attempt 2 at "parser"
            solid answered the Manager of core and called accept, for $0.003
            checked "parser" in its section: 1 of 1 criteria hold
            core is over: verified
            the run is over: verified and done
            books: $0.048 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_pause_starts_nothing_new() {
    check(
        "
        tasks core: parser
        when attempt 1: pause
        ",
        expect![[r#"
            the Owner commands: pause
            books: $0.015 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_pause_ends() {
    check(
        "
        tasks core: parser
        when attempt 1: pause, resume
        ",
        expect![[r#"
            the Owner commands: pause
            the Owner commands: go on
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn commands_that_do_not_fit_change_nothing() {
    check(
        "
        tasks core: parser
        when attempt 1: approve, reject, answer q0, deny r0, resume, kill t7, kill s7
        ",
        expect![[r#"
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00
            refused: the plan is approved already
            refused: there is no plan that waits for approval; `trireme kill` stops a run
            refused: there is no such question; see `trireme show`
            refused: there is no such request; see `trireme show`
            refused: the run is not paused
            refused: there is no such task; see `trireme show`
            refused: there is no such Manager; see `trireme show`"#]],
    );
}

#[test]
fn a_branch_that_cannot_be_set_is_a_failure() {
    check(
        "
        tasks core: parser
        break publish
        ",
        expect![[r#"
            core is over: verified
            e22 can't be done: the disk is full
            the run is over: failed
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn payloads_of_a_run_that_is_over_may_go_once_and_its_time_stands_still() {
    let kinds = |kinds: &[&str]| Shredding {
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        why: "it is old".to_owned(),
    };
    let shred = |run: &mut Run, at, kinds| run.step([Stamped { at, input: Input::Shred(kinds) }]);
    let played = Play::through(Script::read("tasks core: a"), Disturbance::None);
    let (mut run, mut journal) = (played.world.run, played.world.journal);
    let (ended, later) = (run.now(), Millis(run.now().0 + 1_000_000));
    for (what, is_taken) in [
        (kinds(&["tool_call"]), true),
        (kinds(&["tool_call"]), false),
        (kinds(&["tool_call", "llm_call"]), true),
        (kinds(&[]), true),
        (kinds(&["memo_sent"]), false),
        (kinds(&[]), false),
    ] {
        let stepped = shred(&mut run, later, what.clone());
        assert_eq!(stepped.taken[0].is_ok(), is_taken, "{what:?}");
        assert_eq!(stepped.events.len(), usize::from(is_taken));
        journal.extend(stepped.events);
    }
    assert_eq!(run.now(), ended);
    assert_eq!(Run::fold(journal.iter().map(|(at, event)| (*at, event))), run);
    run.audit().unwrap();

    let mut young = Run::fold(journal.iter().take(20).map(|(at, event)| (*at, event)));
    let refused = shred(&mut young, later, kinds(&[])).taken;
    assert!(matches!(&refused[0], Err(Refusal::NotNow(why)) if why.contains("trireme kill")));
}
