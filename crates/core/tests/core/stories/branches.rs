//! Phases, sections and merges.

use expect_test::expect;

use super::{check, place, play};

#[test]
fn two_sections_conflict_at_the_phase() {
    check(
        "
        phase core 60, cli 40
        tasks core: parser
        tasks cli: main
        conflict phase cli
        ",
        expect![[r#"
            core is over: verified
            cli is over: verified
            cli in its phase does not merge: src/lib.rs
            cli in its phase stays out
            checked core in its phase: 1 of 1 criteria hold
            cli came to nothing: its phase waits for another plan
            the Orchestrator will be told: cli came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            cli is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.066 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_merge_conflicts() {
    check(
        "
        tasks core: parser, writer
        conflict task writer
        ",
        expect![[r#"
            "writer" in its section does not merge: src/lib.rs
            "writer" in its section stays out
            the Manager of core is told: "writer" does not merge: src/lib.rs
            solid answered the Manager of core and called retry, for $0.003
            attempt 2 at "writer" begins, by mid
            solid answered the worker of attempt 2 at "writer" and called write, for $0.003
            write did what was asked for the worker of attempt 2 at "writer"
            solid answered the worker of attempt 2 at "writer" and called submit_result, for $0.003
            the worker of attempt 2 at "writer" is told: done
            the worker of attempt 2 at "writer" is gone: finished
            attempt 2 at "writer" claims 1 of 1 criteria
            attempt 2 at "writer" changed 1 files
            checked attempt 2 at "writer": 1 of 1 criteria hold
            attempt 2 at "writer" is over: verified
            the Manager of core is told: back are attempt 2 at "writer"
            solid answered the Manager of core and called accept, for $0.003
            core is over: verified
            the run is over: verified and done
            books: $0.057 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_merge_breaks_criteria() {
    check(
        "
        tasks core: parser, writer
        fail merged writer
        ",
        expect![[r#"
            checked "writer" in its section: 0 of 1 criteria hold, not parser: unit
            "writer" in its section stays out
            the Manager of core is told: attempt 1 at "writer" breaks its criteria once it is merged
            solid answered the Manager of core and called retry, for $0.003
            attempt 2 at "writer" begins, by mid
            solid answered the worker of attempt 2 at "writer" and called write, for $0.003
            write did what was asked for the worker of attempt 2 at "writer"
            solid answered the worker of attempt 2 at "writer" and called submit_result, for $0.003
            the worker of attempt 2 at "writer" is told: done
            the worker of attempt 2 at "writer" is gone: finished
            attempt 2 at "writer" claims 1 of 1 criteria
            attempt 2 at "writer" changed 1 files
            checked attempt 2 at "writer": 1 of 1 criteria hold
            attempt 2 at "writer" is over: verified
            the Manager of core is told: back are attempt 2 at "writer"
            solid answered the Manager of core and called accept, for $0.003
            core is over: verified
            the run is over: verified and done
            books: $0.057 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_joined_section_breaks_another_ones_criteria() {
    check(
        "
        phase core 60, cli 40
        tasks core: parser
        tasks cli: main
        fail phase cli
        ",
        expect![[r#"
            core is over: verified
            cli is over: verified
            checked cli in its phase: 0 of 1 criteria hold, not done
            checked core in its phase: 1 of 1 criteria hold
            cli in its phase stays out
            cli came to nothing: its phase waits for another plan
            the Orchestrator will be told: cli came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            cli is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.066 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn three_phases_with_a_missing_file() {
    check(
        "
        phase spec 20
        phase core 40
        phase cli 40
        section spec delivers spec.md
        section core needs spec.md
        section cli needs core.md
        tasks spec: write
        tasks core: parser
        tasks cli: main
        fail needs cli
        ",
        expect![[r#"
            spec is over: verified
            core is over: verified
            checked what cli needs: 0 of 0 criteria hold; missing files: core.md
            cli is over: what it needs is missing
            cli came to nothing: its phase waits for another plan
            the Orchestrator will be told: cli came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            cli is dropped
            phase phase 2 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.066 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_section_is_too_large_and_replanned() {
    check(
        "
        phase core 100
        tasks core: parser
        say manager core 1: scope_too_large
        say orchestrator 2: replan core:one 50, two 50
        tasks one: a
        tasks two: b
        ",
        expect![[r#"
            solid answered the Manager of core and called scope_too_large, for $0.003
            core is given back as too large
            the Orchestrator will be told: core is too large
            grand answered the Orchestrator and called replan, for $0.012
            core is replaced by: one, two
            $4.4985 from core to one
            $4.4985 from core to two
            core is over: replaced, it was too large
            solid answered the Manager of one and called spawn_workers, for $0.003
            one has a new task "a" (mid build, agent), because: usual
            attempt 1 at "a" begins, by mid
            solid answered the Manager of two and called spawn_workers, for $0.003
            two has a new task "b" (mid build, agent), because: usual
            attempt 1 at "b" begins, by mid
            solid answered the worker of attempt 1 at "a" and called write, for $0.003
            solid answered the worker of attempt 1 at "b" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "a"
            write did what was asked for the worker of attempt 1 at "b"
            solid answered the worker of attempt 1 at "a" and called submit_result, for $0.003
            the worker of attempt 1 at "a" is told: done
            the worker of attempt 1 at "a" is gone: finished
            attempt 1 at "a" claims 1 of 1 criteria
            solid answered the worker of attempt 1 at "b" and called submit_result, for $0.003
            the worker of attempt 1 at "b" is told: done
            the worker of attempt 1 at "b" is gone: finished
            attempt 1 at "b" claims 1 of 1 criteria
            attempt 1 at "a" changed 1 files
            attempt 1 at "b" changed 1 files
            checked attempt 1 at "a": 1 of 1 criteria hold
            attempt 1 at "a" is over: verified
            the Manager of one is told: back are attempt 1 at "a"
            checked attempt 1 at "b": 1 of 1 criteria hold
            attempt 1 at "b" is over: verified
            the Manager of two is told: back are attempt 1 at "b"
            solid answered the Manager of one and called accept, for $0.003
            "a" is accepted
            solid answered the Manager of two and called accept, for $0.003
            "b" is accepted
            merged "a" in its section, to be checked
            "a" in its section is in
            the Manager of one is told: "a" is taken
            merged "b" in its section, to be checked
            "b" in its section is in
            the Manager of two is told: "b" is taken
            solid answered the Manager of one and called report, for $0.003
            one reports that it is done
            solid answered the Manager of two and called report, for $0.003
            two reports that it is done
            checked one: 1 of 1 criteria hold
            the Manager of one is told: done
            the Manager of one is gone: finished
            one is over: verified
            one is closed, $4.4835 of it goes back to the reserve
            checked two: 1 of 1 criteria hold
            the Manager of two is told: done
            the Manager of two is gone: finished
            two is over: verified
            two is closed, $4.4835 of it goes back to the reserve
            merged one in its phase, to be checked
            merged two in its phase, to be checked
            checked two in its phase: 1 of 1 criteria hold
            one in its phase is in
            two in its phase is in
            the run is over: verified and done
            books: $0.069 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_section_is_too_large_and_dropped() {
    check(
        "
        phase core 60, cli 40
        tasks cli: main
        say manager core 1: scope_too_large
        say orchestrator 2: replan core:
        ",
        expect![[r#"
            solid answered the Manager of core and called scope_too_large, for $0.003
            core is given back as too large
            the Orchestrator will be told: core is too large
            grand answered the Orchestrator and called replan, for $0.012
            core is dropped
            core is over: replaced, it was too large
            cli is over: verified
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.054 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn an_orchestrator_that_does_not_replan_is_asked_again() {
    check(
        "
        phase core 100
        say manager core 1: scope_too_large
        say orchestrator 2: nothing
        say orchestrator 3: nothing
        say orchestrator 4: nothing
        ",
        expect![[r#"
            solid answered the Manager of core and called scope_too_large, for $0.003
            core is given back as too large
            the Orchestrator will be told: core is too large
            grand answered the Orchestrator and called no tool, for $0.012
            the Orchestrator will be told: call a tool
            grand answered the Orchestrator and called no tool, for $0.012
            the Orchestrator will be told: call a tool
            grand answered the Orchestrator and called no tool, for $0.012
            the Orchestrator is gone: it called no tool, again and again
            core is over: replaced, it was too large
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.051 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_whole_does_not_hold() {
    check(
        "
        tasks core: parser
        fail whole
        ",
        expect![[r#"
            core is over: verified
            checked the whole: 0 of 1 criteria hold, not whole
            the run is over: finished, not everything verified
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn results_that_come_in_together_are_checked_once() {
    let lines = play("tasks core: a, b, c, d\nsay manager core 2: accept a; accept b; accept c; accept d");
    let of_merges: Vec<_> =
        lines.iter().filter(|line| !line.contains("ing \"") && line.contains("in its section")).collect();
    assert_eq!(
        of_merges,
        [
            "merged \"a\" in its section, to be checked",
            "\"a\" in its section is in",
            "merged \"b\" in its section, to be checked",
            "merged \"c\" in its section, to be checked",
            "merged \"d\" in its section, to be checked",
            "checked \"d\" in its section: 3 of 3 criteria hold",
            "\"b\" in its section is in",
            "\"c\" in its section is in",
            "\"d\" in its section is in",
        ]
    );
}

#[test]
fn the_one_that_breaks_a_batch_is_found_and_the_others_come_in() {
    let lines = play(
        "tasks core: a, b, c, d, e, f\nfail merged d\n\
         say manager core 2: accept a; accept b; accept c; accept d; accept e; accept f\n\
         say manager core 3: cut d\nsay manager core 4: report",
    );
    let stays_out: Vec<_> = lines.iter().filter(|line| line.contains("stays out")).collect();
    assert_eq!(stays_out, ["\"d\" in its section stays out"]);
    for name in ["a", "b", "c", "e", "f"] {
        place(&lines, &format!("\"{name}\" in its section is in"));
    }
    // All five of the batch, then halves of it, then what was behind the broken one.
    let checks =
        lines.iter().filter(|line| line.starts_with("checked \"") && line.contains("in its section"));
    assert_eq!(checks.count(), 4, "{lines:#?}");
    place(&lines, "the run is over: verified and done");
}

#[test]
fn what_another_section_changes_too_is_told_once_before_anybody_begins() {
    check(
        "
        phase core 60, cli 40
        tasks core: parser
        say manager core 1: spawn parser on src/shared.rs
        say manager cli 1: spawn main on src/**
        say manager cli 2: spawn main on src/**
        tasks cli: main
        ",
        expect![[r#"
            "main" of cli may not merge: write_set "src/**" meets "src/shared.rs" of "parser" in section "core"
            the Manager of cli is told: the contracts have faults: "main": write_set "src/**" meets "src/shared.rs" of "parser" in section "core". Both branches are merged when their sections are over, and what does not merge then stays out. Cut the task so that it leaves these files alone, or send the same contracts again to go on all the same
            core is over: verified
            cli is over: verified
            the run is over: verified and done
            books: $0.057 spent, $0.00 promised, of $10.00"#]],
    );
}
