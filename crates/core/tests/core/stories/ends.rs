//! The Owner's hand: kill, pause, resume.

use expect_test::expect;

use super::check;

#[test]
fn the_run_is_killed() {
    check(
        "
        tasks core: parser
        when attempt 1: kill
        ",
        expect![[r#"
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            the Manager of core is gone: stopped
            the worker of attempt 1 at "parser" is gone: stopped
            attempt 1 at "parser" is over: abandoned, stopped
            core is over: killed
            core is closed, $8.997 of it goes back to the reserve
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (2393050dc180): phases 1, sections 2
            plan 2393050dc180 starts, as the Owner had said beforehand
            $5.40 from the pool to core
            $3.60 from the pool to cli
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
            the Owner commands: kill core
            the Manager of core is gone: finished
            the worker of attempt 1 at "parser" is gone: stopped
            attempt 1 at "parser" is over: abandoned, stopped
            core is over: killed
            core is closed, $5.397 of it goes back to the reserve
            solid answered the Manager of cli and called spawn_workers, for $0.003
            cli has a new task "main" (mid build, agent)
            attempt 1 at "main" begins, by mid
            solid answered the worker of attempt 1 at "main" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "main"
            solid answered the worker of attempt 1 at "main" and called submit_result, for $0.003
            the worker of attempt 1 at "main" is told: done
            the worker of attempt 1 at "main" is gone: finished
            attempt 1 at "main" claims 1 of 1 criteria
            attempt 1 at "main" changed 1 files
            checked attempt 1 at "main": 1 of 1 criteria hold
            attempt 1 at "main" is over: verified
            the Manager of cli is told: back are attempt 1 at "main"
            solid answered the Manager of cli and called accept, for $0.003
            "main" is accepted
            merged "main" in its section, to be checked
            "main" in its section is in
            the Manager of cli is told: "main" is taken
            solid answered the Manager of cli and called report, for $0.003
            cli reports that it is done
            checked cli: 1 of 1 criteria hold
            the Manager of cli is told: done
            the Manager of cli is gone: finished
            cli is over: verified
            cli is closed, $3.585 of it goes back to the reserve
            merged cli in its phase, to be checked
            checked cli in its phase: 1 of 1 criteria hold
            cli in its phase is in
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (d2505683776d): phases 2, sections 2
            plan d2505683776d starts, as the Owner had said beforehand
            $5.40 from the pool to core
            $3.60 from the pool to cli
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
            the Owner commands: kill cli
            cli is over: killed
            cli is closed, $3.60 of it goes back to the reserve
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            the Manager of core is told: back are attempt 1 at "parser"
            solid answered the Manager of core and called accept, for $0.003
            "parser" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $5.385 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 0 is over, every section of it verified
            phase phase 1 begins
            phase phase 1 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
            core has a new task "writer" (mid build, agent)
            attempt 1 at "writer" begins, by mid
            the Owner commands: kill "parser"
            the worker of attempt 1 at "parser" is gone: stopped
            attempt 1 at "parser" is over: abandoned, stopped
            solid answered the worker of attempt 1 at "writer" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "writer"
            solid answered the worker of attempt 1 at "writer" and called submit_result, for $0.003
            the worker of attempt 1 at "writer" is told: done
            the worker of attempt 1 at "writer" is gone: finished
            attempt 1 at "writer" claims 1 of 1 criteria
            attempt 1 at "writer" changed 1 files
            checked attempt 1 at "writer": 1 of 1 criteria hold
            attempt 1 at "writer" is over: verified
            the Manager of core is told: back are attempt 1 at "parser", attempt 1 at "writer"
            solid answered the Manager of core and called retry, accept, for $0.003
            attempt 2 at "parser" begins, by mid
            "writer" is accepted
            merged "writer" in its section, to be checked
            "writer" in its section is in
            the Manager of core is told: "writer" is taken
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
            "parser" is accepted
            merged "parser" in its section, to be checked
            checked "parser" in its section: 1 of 1 criteria hold
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $8.976 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 0 is over, every section of it verified
            the run closes: all phases are over
            checked the whole: 1 of 1 criteria hold
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
            the Owner commands: pause
            the Owner commands: go on
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            the Manager of core is told: back are attempt 1 at "parser"
            solid answered the Manager of core and called accept, for $0.003
            "parser" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $8.985 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 0 is over, every section of it verified
            the run closes: all phases are over
            checked the whole: 1 of 1 criteria hold
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            the Manager of core is told: back are attempt 1 at "parser"
            solid answered the Manager of core and called accept, for $0.003
            "parser" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $8.985 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 0 is over, every section of it verified
            the run closes: all phases are over
            checked the whole: 1 of 1 criteria hold
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
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
fn a_memo_of_the_owner() {
    check(
        "
        tasks core: parser
        when attempt 1: memo
        ",
        expect![[r#"
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
            the Owner commands: a memo to all
            URGENT memo from the Orchestrator to all: from the Owner
            the Manager of core will be told: memo m0 came
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            the Manager of core is told: back are attempt 1 at "parser"
            solid answered the Manager of core and called accept, for $0.003
            "parser" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $8.985 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 0 is over, every section of it verified
            the run closes: all phases are over
            checked the whole: 1 of 1 criteria hold
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}
