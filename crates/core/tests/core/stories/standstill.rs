//! Agents that get nowhere: what is taken for a change, and what becomes of those who bring none.

use expect_test::expect;

use super::{check, play};

fn gone(lines: &[String]) -> bool {
    lines.iter().any(|line| line.contains("went round in circles"))
}

#[test]
fn a_worker_that_reads_the_same_again_and_again_is_told_and_then_stopped() {
    check(
        "
        tasks core: parser
        patience 1
        say worker parser 1-30: read
        ",
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
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            the worker of attempt 1 at "parser" will be told: nothing came of the last 5 turns
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
            the worker of attempt 1 at "parser" is gone: it went round in circles
            attempt 1 at "parser" is over: abandoned, it went round in circles
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
            books: $0.078 spent, $0.00 promised, of $10.00"#]],
    );
}

/// Two commands by turns, each with its old answer: no call is the same as the one before, and nothing is new.
#[test]
fn two_commands_by_turns_are_a_circle() {
    let mut story = "tasks core: parser\npatience 1\n".to_owned();
    for turn in 1..=30 {
        let (tool, said) = if turn % 2 == 0 { ("search", "one hit") } else { ("read", "a file") };
        story += &format!("say worker parser {turn}: {tool}\nprint worker parser {turn}: {said}\n");
    }
    assert!(gone(&play(&story)));
}

/// The files go back and forth between two states, and each time they are different from before.
#[test]
fn an_edit_and_its_undoing_are_a_circle() {
    let mut story = "tasks core: parser\npatience 1\n".to_owned();
    for turn in 1..=30 {
        let side = ["left", "right"][turn % 2];
        story += &format!("say worker parser {turn}: edit\nprint worker parser {turn}: edited as {side}\n");
    }
    assert!(gone(&play(&story)));
}

#[test]
fn thirty_different_reads_are_no_circle() {
    let mut story = "tasks core: parser\n".to_owned();
    for turn in 1..=30 {
        story += &format!("say worker parser {turn}: read\nprint worker parser {turn}: file {turn}\n");
    }
    let lines = play(&story);
    assert!(!gone(&lines) && !lines.iter().any(|line| line.contains("nothing came")), "{lines:#?}");
}

#[test]
fn a_change_after_the_warning_starts_the_count_again() {
    check(
        "
        tasks core: parser
        say worker parser 1-8: read
        say worker parser 9: edit
        say worker parser 10-14: read
        say worker parser 15: edit
        ",
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
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            the worker of attempt 1 at "parser" will be told: nothing came of the last 5 turns
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called read, for $0.003
            read did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called edit, for $0.003
            edit did what was asked for the worker of attempt 1 at "parser"
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
            the worker of attempt 1 at "parser" will be told: nothing came of the last 5 turns
            solid answered the worker of attempt 1 at "parser" and called edit, for $0.003
            edit did what was asked for the worker of attempt 1 at "parser"
            core is over: verified
            the run is over: verified and done
            books: $0.081 spent, $0.00 promised, of $10.00"#]],
    );
}

/// Refusals differ in their words, and none of them changes the run.
#[test]
fn a_manager_that_only_gets_refusals_ends_its_section() {
    check(
        "
        tasks core: parser
        say manager core 1-30: accept nothing; cut nobody
        ",
        expect![[r#"
            solid answered the Manager of core and called accept, cut, for $0.003
            the Manager of core is told: There is no task "nothing": your section has none yet. Spawn its tasks first.
            the Manager of core is told: There is no task "nobody": your section has none yet. Spawn its tasks first.
            solid answered the Manager of core and called accept, cut, for $0.003
            the Manager of core is told: There is no task "nothing": your section has none yet. Spawn its tasks first.
            the Manager of core is told: There is no task "nobody": your section has none yet. Spawn its tasks first.
            solid answered the Manager of core and called accept, cut, for $0.003
            the Manager of core is told: There is no task "nothing": your section has none yet. Spawn its tasks first.
            the Manager of core is told: There is no task "nobody": your section has none yet. Spawn its tasks first.
            solid answered the Manager of core and called accept, cut, for $0.003
            the Manager of core is told: There is no task "nothing": your section has none yet. Spawn its tasks first.
            the Manager of core is told: There is no task "nobody": your section has none yet. Spawn its tasks first.
            solid answered the Manager of core and called accept, cut, for $0.003
            the Manager of core is told: There is no task "nothing": your section has none yet. Spawn its tasks first.
            the Manager of core is told: There is no task "nobody": your section has none yet. Spawn its tasks first.
            the Manager of core will be told: nothing came of the last 5 turns
            solid answered the Manager of core and called accept, cut, for $0.003
            the Manager of core is told: There is no task "nothing": your section has none yet. Spawn its tasks first.
            the Manager of core is told: There is no task "nobody": your section has none yet. Spawn its tasks first.
            solid answered the Manager of core and called accept, cut, for $0.003
            the Manager of core is told: There is no task "nothing": your section has none yet. Spawn its tasks first.
            the Manager of core is told: There is no task "nobody": your section has none yet. Spawn its tasks first.
            solid answered the Manager of core and called accept, cut, for $0.003
            the Manager of core is told: There is no task "nothing": your section has none yet. Spawn its tasks first.
            the Manager of core is told: There is no task "nobody": your section has none yet. Spawn its tasks first.
            solid answered the Manager of core and called accept, cut, for $0.003
            the Manager of core is told: There is no task "nothing": your section has none yet. Spawn its tasks first.
            the Manager of core is told: There is no task "nobody": your section has none yet. Spawn its tasks first.
            solid answered the Manager of core and called accept, cut, for $0.003
            the Manager of core is told: There is no task "nothing": your section has none yet. Spawn its tasks first.
            the Manager of core is told: There is no task "nobody": your section has none yet. Spawn its tasks first.
            the Manager of core is gone: it went round in circles
            core is over: failed
            core came to nothing: its phase waits for another plan
            the Orchestrator will be told: core came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            core is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.066 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn an_orchestrator_that_never_plans_ends_the_run() {
    check(
        "say orchestrator 1-30: list; read",
        expect![[r#"
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        the Orchestrator will be told: nothing came of the last 5 turns
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        grand answered the Orchestrator and called list, read, for $0.012
        list did what was asked for the Orchestrator
        read did what was asked for the Orchestrator
        the Orchestrator is gone: it went round in circles
        the run closes: the Orchestrator could not go on
        the run is over: failed
        books: $0.132 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_reviewer_that_only_looks_is_stopped_and_the_rubric_stays_open() {
    check(
        "
        tasks core: parser
        rubric parser
        patience 1
        say reviewer parser 1-30: read
        ",
        expect![[r#"
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            the Reviewer of attempt 1 at "parser" will be told: nothing came of the last 5 turns
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            second answered the Reviewer of attempt 1 at "parser" and called read, for $0.0042
            read did what was asked for the Reviewer of attempt 1 at "parser"
            the Reviewer of attempt 1 at "parser" is gone: it went round in circles
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
            books: $0.0972 spent, $0.00 promised, of $10.00"#]],
    );
}

/// A question that nobody answers is no progress the second time.
#[test]
fn asking_the_owner_for_ever_ends_too() {
    let lines = play("say orchestrator 1-30: ask_owner which?");
    let asked = lines.iter().filter(|line| line.contains("asks the Owner")).count();
    assert!(gone(&lines) && asked <= 11, "{lines:#?}");
}
