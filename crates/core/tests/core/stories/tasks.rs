//! Tasks: attempts, the seam, reviews.

use expect_test::expect;
use trireme_core::run::event::RunEnd;
use trireme_testkit::{Disturbance, Play, Script};

use super::{check, place, play};

#[test]
fn a_wrong_attempt_is_caught_at_the_seam() {
    check(
        "
        tasks core: parser
        fail attempt parser@1
        ",
        expect![[r#"
            checked attempt 1 at "parser": 0 of 1 criteria hold, not unit
            attempt 1 at "parser" is over: criteria not met
            solid answered the Manager of core and called retry, for $0.003
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
            core is over: verified
            the run is over: verified and done
            books: $0.048 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_result_outside_of_its_write_set() {
    check(
        "
        tasks core: parser
        seal parser@1 outside
        ",
        expect![[r#"
            attempt 1 at "parser" is over: changed what it must not: Cargo.lock
            solid answered the Manager of core and called retry, for $0.003
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
            core is over: verified
            the run is over: verified and done
            books: $0.048 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_result_that_changes_nothing() {
    check(
        "
        tasks core: parser
        seal parser@1 nothing
        ",
        expect![[r#"
            attempt 1 at "parser" changed 0 files
            attempt 1 at "parser" is over: changed nothing
            solid answered the Manager of core and called retry, for $0.003
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
            core is over: verified
            the run is over: verified and done
            books: $0.048 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_result_beside_a_garbled_write_is_not_taken() {
    let lines = play("tasks core: parser\nsay worker parser 1: malformed write; submit");
    let garbled = place(&lines, "The arguments of write can't be read");
    let refused = place(&lines, "submit_result: Not taken: it came together with workspace tools");
    let taken = place(&lines, "attempt 1 at \"parser\" claims");
    assert!(garbled < refused && refused < taken, "{lines:#?}");
    // A garbled control tool holds nothing back: it had no result to wait for.
    let lines = play("tasks core: parser\nsay worker parser 1: malformed contract_defect; submit");
    assert!(lines.iter().all(|line| !line.contains("Not taken")), "{lines:#?}");
}

#[test]
fn a_result_without_a_self_check_comes_back_and_then_fails() {
    check(
        "
        tasks core: parser
        patience 2
        say worker parser 2: submit unchecked
        say worker parser 3: submit unchecked
        say worker parser 4: submit unchecked
        say worker parser 5: submit unchecked
        ",
        expect![[r#"
            the worker of attempt 1 at "parser" is told: self_check says nothing about: unit. Submit again with every criterion in it.
            the worker of attempt 1 at "parser" is told: self_check says nothing about: unit. Submit again with every criterion in it.
            the worker of attempt 1 at "parser" is told: self_check says nothing about: unit. Submit again with every criterion in it.
            attempt 1 at "parser" claims 0 of 0 criteria
            attempt 1 at "parser" is over: no self-check for unit
            solid answered the Manager of core and called retry, for $0.003
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
            core is over: verified
            the run is over: verified and done
            books: $0.057 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_contract_lacks_something() {
    check(
        "
        tasks core: parser
        say worker parser 1: contract_defect
        ",
        expect![[r#"
            solid answered the worker of attempt 1 at "parser" and called contract_defect, for $0.003
            attempt 1 at "parser" finds its contract defective
            attempt 1 at "parser" is over: its contract lacks something
            solid answered the Manager of core and called retry, for $0.003
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
            core is over: verified
            the run is over: verified and done
            books: $0.045 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn faulty_contracts_start_nothing() {
    check(
        "
        tasks core: parser
        say manager core 1: spawn bad
        ",
        expect![[r#"
            the Manager of core is told: the contracts have faults: "bad": write_set is empty: name the paths that the result may change
            core is over: verified
            the run is over: verified and done
            books: $0.042 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_tool_outside_of_the_scope_is_refused() {
    check(
        "
        tasks core: parser
        look parser
        say worker parser 1: edit; read
        ",
        expect![[r#"
            solid answered the worker of attempt 1 at "parser" and called edit, read, for $0.003
            the worker of attempt 1 at "parser" is told: edit is outside of your scope. Use the tools that you were given.
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_tool_of_another_role_is_refused() {
    check(
        "
        tasks core: parser
        say worker parser 1: accept parser
        say manager core 1: submit_plan
        ",
        expect![[r#"
            solid answered the Manager of core and called submit_plan, for $0.003
            the Manager of core is told: submit_plan is not a tool of your role; the attempt is on record. Use only the tools that you were given.
            solid answered the worker of attempt 1 at "parser" and called accept, for $0.003
            the worker of attempt 1 at "parser" is told: accept is not a tool of your role; the attempt is on record. Use only the tools that you were given.
            attempt 1 at "parser" is over: handed in without any work
            solid answered the Manager of core and called retry, for $0.003
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
            core is over: verified
            the run is over: verified and done
            books: $0.051 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_tool_that_does_not_exist_is_refused() {
    check(
        "
        tasks core: parser
        say worker parser 1: unknown teleport; malformed edit
        ",
        expect![[r#"
            solid answered the worker of attempt 1 at "parser" and called teleport, edit, for $0.003
            the worker of attempt 1 at "parser" is told: There is no tool "teleport". Use only the tools that you were given.
            the worker of attempt 1 at "parser" is told: The arguments of edit can't be read: path is missing. Call it again with them right.
            attempt 1 at "parser" is over: handed in without any work
            solid answered the Manager of core and called retry, for $0.003
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
            core is over: verified
            the run is over: verified and done
            books: $0.048 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn control_comes_after_the_results_of_tools_are_seen() {
    check(
        "
        tasks core: parser
        say worker parser 1: write; submit
        ",
        expect![[r#"
            solid answered the worker of attempt 1 at "parser" and called write, submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: submit_result: Not taken: it came together with workspace tools whose results you had not seen. Call it again on its own.
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_reviewer_judges_what_no_command_can() {
    check(
        "
        tasks core: parser
        rubric parser
        ",
        expect![[r#"
            core is over: verified
            the run is over: verified and done
            books: $0.0432 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_reviewer_finds_a_fault() {
    check(
        "
        tasks core: parser
        rubric parser
        say reviewer parser 1: verdict fail
        ",
        expect![[r#"
            reviewed attempt 1 at "parser": 0 of 1 criteria hold, not good
            attempt 1 at "parser" is over: criteria not met
            solid answered the Manager of core and called retry, for $0.003
            attempt 2 at "parser" begins, by mid
            solid answered the worker of attempt 2 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 2 at "parser"
            solid answered the worker of attempt 2 at "parser" and called submit_result, for $0.003
            the worker of attempt 2 at "parser" is told: done
            the worker of attempt 2 at "parser" is gone: finished
            attempt 2 at "parser" claims 2 of 2 criteria
            attempt 2 at "parser" changed 1 files
            checked attempt 2 at "parser": 1 of 1 criteria hold
            second answered the Reviewer of attempt 2 at "parser" and called submit_review, for $0.0042
            the Reviewer of attempt 2 at "parser" is told: done
            the Reviewer of attempt 2 at "parser" is gone: finished
            reviewed attempt 2 at "parser": 1 of 1 criteria hold
            attempt 2 at "parser" is over: verified
            the Manager of core is told: back are attempt 2 at "parser"
            core is over: verified
            the run is over: verified and done
            books: $0.0564 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_reviewer_says_nothing() {
    check(
        "
        tasks core: parser
        rubric parser
        patience 1
        say reviewer parser 1: verdict none
        ",
        expect![[r#"
            reviewed attempt 1 at "parser": 0 of 1 criteria hold, not good
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
            books: $0.0552 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_review_of_another_task() {
    check(
        "
        tasks core: parser
        review judge of parser
        ",
        expect![[r#"
            core is over: verified
            the run is over: verified and done
            books: $0.0462 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_worker_that_calls_no_tool_is_given_up() {
    check(
        "
        tasks core: parser
        patience 1
        say worker parser 1: nothing
        say worker parser 2: nothing
        say worker parser 3: nothing
        ",
        expect![[r#"
            solid answered the worker of attempt 1 at "parser" and called no tool, for $0.003
            the worker of attempt 1 at "parser" will be told: call a tool
            solid answered the worker of attempt 1 at "parser" and called no tool, for $0.003
            the worker of attempt 1 at "parser" will be told: call a tool
            solid answered the worker of attempt 1 at "parser" and called no tool, for $0.003
            the worker of attempt 1 at "parser" is gone: it called no tool, again and again
            attempt 1 at "parser" is over: abandoned, it called no tool, again and again
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
            books: $0.054 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_worker_hands_in_at_once() {
    check(
        "
        tasks core: parser
        single parser
        ",
        expect![[r#"
            core is over: verified
            the run is over: verified and done
            books: $0.036 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_machine_is_broken_under_one_task() {
    check(
        "
        tasks core: parser, writer
        patience 1
        break parser@1
        ",
        expect![[r#"
            e14 can't be done: the disk is full
            attempt 1 at "parser" is over: abandoned, something of this machine is broken
            solid answered the Manager of core and called cut, accept, for $0.003
            "parser" is given up
            core reports that it is not done
            core is over: not verified
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: failed
            books: $0.045 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_report_is_refused_while_workers_are_out() {
    check(
        "
        tasks core: parser
        say manager core 1: spawn parser; report
        ",
        expect![[r#"
            solid answered the Manager of core and called spawn_workers, report, for $0.003
            the Manager of core is told: Not yet: "parser" are still being worked on or merged. Report when they are back.
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn nothing_goes_on_beside_a_report() {
    check(
        "
        tasks core: parser
        say manager core 2: report; accept parser; report
        fail section core
        ",
        expect![[r#"
            solid answered the Manager of core and called report, accept, report, for $0.003
            the Manager of core is told: Your report is being checked. Go on once you have heard what the check says.
            the Manager of core is told: Your report is being checked. Go on once you have heard what the check says.
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: not done yet: 0 of 1 criteria hold, not done
            core is over: verified
            the run is over: verified and done
            books: $0.042 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_report_that_is_not_true_comes_back() {
    check(
        "
        tasks core: parser
        fail section core
        ",
        expect![[r#"
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: not done yet: 0 of 1 criteria hold, not done
            core is over: verified
            the run is over: verified and done
            books: $0.042 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_report_that_stays_untrue_ends_the_section() {
    check(
        "
        tasks core: parser
        fail section core times 9
        ",
        expect![[r#"
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: not done yet: 0 of 1 criteria hold, not done
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: not done yet: 0 of 1 criteria hold, not done
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: not done yet: 0 of 1 criteria hold, not done
            checked core: 0 of 1 criteria hold, not done
            core is over: not verified
            core came to nothing: its phase waits for another plan
            the Orchestrator will be told: core came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            core is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.06 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn what_a_model_writes_does_not_make_an_event_long() {
    let long = "x".repeat(100_000);
    let script = Script::read(&format!(
        "tasks core: parser\nsay manager core 1: accept {long}\nsay worker parser 1: unknown {long}"
    ));
    // The world measures every event.
    let play = Play::through(script, Disturbance::None);
    assert_eq!(play.world.run.end(), Some(RunEnd::Verified));
}

#[test]
fn a_result_that_weakens_tests_is_rejected_with_what_it_did() {
    check(
        "
        tasks core: parser
        seal parser@1 weakened
        ",
        expect![[r#"
            attempt 1 at "parser" is over: weakened what tells results: tests/unit.rs is gone, with its tests
            solid answered the Manager of core and called retry, for $0.003
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
            core is over: verified
            the run is over: verified and done
            books: $0.048 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_worker_that_did_nothing_has_no_result() {
    check(
        "
        tasks core: parser
        say worker parser 1: submit
        ",
        expect![[r#"
            attempt 1 at "parser" is over: handed in without any work
            solid answered the Manager of core and called retry, for $0.003
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
            core is over: verified
            the run is over: verified and done
            books: $0.045 spent, $0.00 promised, of $10.00"#]],
    );
}
