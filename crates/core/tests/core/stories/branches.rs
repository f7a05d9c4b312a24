//! Phases, sections and merges.

use expect_test::expect;

use super::check;

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
            solid answered the Manager of cli and called spawn_workers, for $0.003
            cli has a new task "main" (mid build, agent)
            attempt 1 at "main" begins, by mid
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            solid answered the worker of attempt 1 at "main" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            write did what was asked for the worker of attempt 1 at "main"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            solid answered the worker of attempt 1 at "main" and called submit_result, for $0.003
            the worker of attempt 1 at "main" is told: done
            the worker of attempt 1 at "main" is gone: finished
            attempt 1 at "main" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            attempt 1 at "main" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            the Manager of core is told: back are attempt 1 at "parser"
            checked attempt 1 at "main": 1 of 1 criteria hold
            attempt 1 at "main" is over: verified
            the Manager of cli is told: back are attempt 1 at "main"
            solid answered the Manager of core and called accept, for $0.003
            "parser" is accepted
            solid answered the Manager of cli and called accept, for $0.003
            "main" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            merged "main" in its section, to be checked
            "main" in its section is in
            the Manager of cli is told: "main" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            solid answered the Manager of cli and called report, for $0.003
            cli reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $5.385 of it goes back to the reserve
            checked cli: 1 of 1 criteria hold
            the Manager of cli is told: done
            the Manager of cli is gone: finished
            cli is over: verified
            cli is closed, $3.585 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            cli in its phase does not merge: src/lib.rs
            cli in its phase stays out
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
            the run is over: finished, not everything verified
            books: $0.054 spent, $0.00 promised, of $10.00"#]],
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
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            solid answered the worker of attempt 1 at "writer" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            write did what was asked for the worker of attempt 1 at "writer"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            solid answered the worker of attempt 1 at "writer" and called submit_result, for $0.003
            the worker of attempt 1 at "writer" is told: done
            the worker of attempt 1 at "writer" is gone: finished
            attempt 1 at "writer" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            attempt 1 at "writer" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            checked attempt 1 at "writer": 1 of 1 criteria hold
            attempt 1 at "writer" is over: verified
            the Manager of core is told: back are attempt 1 at "parser", attempt 1 at "writer"
            solid answered the Manager of core and called accept, accept, for $0.003
            "parser" is accepted
            "writer" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            "writer" in its section does not merge: src/lib.rs
            "writer" in its section stays out
            the Manager of core is told: "writer" does not merge: src/lib.rs
            solid answered the Manager of core and called accept, for $0.003
            "writer" is accepted
            merged "writer" in its section, to be checked
            checked "writer" in its section: 1 of 1 criteria hold
            "writer" in its section is in
            the Manager of core is told: "writer" is taken
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
fn a_merge_breaks_criteria() {
    check(
        "
        tasks core: parser, writer
        fail merged writer
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
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            solid answered the worker of attempt 1 at "writer" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            write did what was asked for the worker of attempt 1 at "writer"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            solid answered the worker of attempt 1 at "writer" and called submit_result, for $0.003
            the worker of attempt 1 at "writer" is told: done
            the worker of attempt 1 at "writer" is gone: finished
            attempt 1 at "writer" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            attempt 1 at "writer" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            checked attempt 1 at "writer": 1 of 1 criteria hold
            attempt 1 at "writer" is over: verified
            the Manager of core is told: back are attempt 1 at "parser", attempt 1 at "writer"
            solid answered the Manager of core and called accept, accept, for $0.003
            "parser" is accepted
            "writer" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            merged "writer" in its section, to be checked
            checked "writer" in its section: 0 of 1 criteria hold, not unit
            "writer" in its section stays out
            the Manager of core is told: attempt 1 at "writer" breaks its criteria once it is merged
            solid answered the Manager of core and called accept, for $0.003
            "writer" is accepted
            merged "writer" in its section, to be checked
            checked "writer" in its section: 1 of 1 criteria hold
            "writer" in its section is in
            the Manager of core is told: "writer" is taken
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
fn a_joined_section_breaks_another_ones_criteria() {
    check(
        "
        phase core 60, cli 40
        tasks core: parser
        tasks cli: main
        fail phase cli
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
            solid answered the Manager of cli and called spawn_workers, for $0.003
            cli has a new task "main" (mid build, agent)
            attempt 1 at "main" begins, by mid
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            solid answered the worker of attempt 1 at "main" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            write did what was asked for the worker of attempt 1 at "main"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            solid answered the worker of attempt 1 at "main" and called submit_result, for $0.003
            the worker of attempt 1 at "main" is told: done
            the worker of attempt 1 at "main" is gone: finished
            attempt 1 at "main" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            attempt 1 at "main" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            the Manager of core is told: back are attempt 1 at "parser"
            checked attempt 1 at "main": 1 of 1 criteria hold
            attempt 1 at "main" is over: verified
            the Manager of cli is told: back are attempt 1 at "main"
            solid answered the Manager of core and called accept, for $0.003
            "parser" is accepted
            solid answered the Manager of cli and called accept, for $0.003
            "main" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            merged "main" in its section, to be checked
            "main" in its section is in
            the Manager of cli is told: "main" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            solid answered the Manager of cli and called report, for $0.003
            cli reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $5.385 of it goes back to the reserve
            checked cli: 1 of 1 criteria hold
            the Manager of cli is told: done
            the Manager of cli is gone: finished
            cli is over: verified
            cli is closed, $3.585 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            merged cli in its phase, to be checked
            checked cli in its phase: 0 of 1 criteria hold, not done
            cli in its phase stays out
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
            the run is over: finished, not everything verified
            books: $0.054 spent, $0.00 promised, of $10.00"#]],
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (b4e88c7af07a): phases 3, sections 3
            plan b4e88c7af07a starts, as the Owner had said beforehand
            $1.80 from the pool to spec
            $3.60 from the pool to core
            $3.60 from the pool to cli
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of spec and called spawn_workers, for $0.003
            spec has a new task "write" (mid build, agent)
            attempt 1 at "write" begins, by mid
            solid answered the worker of attempt 1 at "write" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "write"
            solid answered the worker of attempt 1 at "write" and called submit_result, for $0.003
            the worker of attempt 1 at "write" is told: done
            the worker of attempt 1 at "write" is gone: finished
            attempt 1 at "write" claims 1 of 1 criteria
            attempt 1 at "write" changed 1 files
            checked attempt 1 at "write": 1 of 1 criteria hold
            attempt 1 at "write" is over: verified
            the Manager of spec is told: back are attempt 1 at "write"
            solid answered the Manager of spec and called accept, for $0.003
            "write" is accepted
            merged "write" in its section, to be checked
            "write" in its section is in
            the Manager of spec is told: "write" is taken
            solid answered the Manager of spec and called report, for $0.003
            spec reports that it is done
            checked spec: 1 of 1 criteria hold
            the Manager of spec is told: done
            the Manager of spec is gone: finished
            spec is over: verified
            spec is closed, $1.785 of it goes back to the reserve
            merged spec in its phase, to be checked
            checked spec in its phase: 1 of 1 criteria hold
            spec in its phase is in
            phase phase 0 is over, every section of it verified
            phase phase 1 begins
            checked what core needs: 0 of 0 criteria hold
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
            checked "parser" in its section: 1 of 1 criteria hold
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $3.585 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 1 is over, every section of it verified
            phase phase 2 begins
            checked what cli needs: 0 of 0 criteria hold; missing files: core.md
            cli is over: what it needs is missing
            cli is closed, $3.60 of it goes back to the reserve
            phase phase 2 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
            the run is over: finished, not everything verified
            books: $0.054 spent, $0.00 promised, of $10.00"#]],
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called scope_too_large, for $0.003
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is given back as too large
            the Orchestrator will be told: core is too large
            grand answered the Orchestrator and called replan, for $0.012
            the Orchestrator is told: done
            core is replaced by: one, two
            $4.4985 from core to one
            $4.4985 from core to two
            core is over: replaced, it was too large
            core is closed, $0.00 of it goes back to the reserve
            solid answered the Manager of one and called spawn_workers, for $0.003
            one has a new task "a" (mid build, agent)
            attempt 1 at "a" begins, by mid
            solid answered the Manager of two and called spawn_workers, for $0.003
            two has a new task "b" (mid build, agent)
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
            checked one in its phase: 1 of 1 criteria hold
            one in its phase is in
            merged two in its phase, to be checked
            checked two in its phase: 1 of 1 criteria hold
            two in its phase is in
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (2393050dc180): phases 1, sections 2
            plan 2393050dc180 starts, as the Owner had said beforehand
            $5.40 from the pool to core
            $3.60 from the pool to cli
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called scope_too_large, for $0.003
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is given back as too large
            the Orchestrator will be told: core is too large
            solid answered the Manager of cli and called spawn_workers, for $0.003
            cli has a new task "main" (mid build, agent)
            attempt 1 at "main" begins, by mid
            grand answered the Orchestrator and called replan, for $0.012
            the Orchestrator is told: done
            core is replaced by: 
            core is over: replaced, it was too large
            core is closed, $5.397 of it goes back to the reserve
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called scope_too_large, for $0.003
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is given back as too large
            the Orchestrator will be told: core is too large
            grand answered the Orchestrator and called no tool, for $0.012
            the Orchestrator will be told: call a tool
            grand answered the Orchestrator and called no tool, for $0.012
            the Orchestrator will be told: call a tool
            grand answered the Orchestrator and called no tool, for $0.012
            the Orchestrator is gone: it called no tool, again and again
            core is over: replaced, it was too large
            core is closed, $8.997 of it goes back to the reserve
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.051 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn memos_come_once_and_the_most_urgent_first() {
    check(
        "
        phase core 50, cli 30, docs 20
        tasks core: parser
        tasks cli: main
        tasks docs: page
        say manager core 1: memo cli FYI names; memo cli URGENT stop; memo ALL BLOCKER format; memo nobody FYI x; memo core FYI x
        ",
        expect![[r#"
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (6a3499afa60e): phases 1, sections 3
            plan 6a3499afa60e starts, as the Owner had said beforehand
            $4.50 from the pool to core
            $2.70 from the pool to cli
            $1.80 from the pool to docs
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called send_memo, send_memo, send_memo, send_memo, send_memo, for $0.003
            the Manager of core is told: done
            FYI memo from core to cli: names
            the Manager of cli will be told: memo m0 came
            the Manager of core is told: done
            URGENT memo from core to cli: stop
            the Manager of cli will be told: memo m1 came
            the Manager of core is told: done
            BLOCKER memo from core to all: format
            the Manager of cli will be told: memo m2 came
            the Manager of docs will be told: memo m2 came
            the Manager of core is told: No other Manager "nobody" is at work; memos go to a section's name or to ALL.
            the Manager of core is told: No other Manager "core" is at work; memos go to a section's name or to ALL.
            solid answered the Manager of cli and called spawn_workers, for $0.003
            cli has a new task "main" (mid build, agent)
            attempt 1 at "main" begins, by mid
            solid answered the Manager of docs and called spawn_workers, for $0.003
            docs has a new task "page" (mid build, agent)
            attempt 1 at "page" begins, by mid
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
            solid answered the worker of attempt 1 at "main" and called write, for $0.003
            solid answered the worker of attempt 1 at "page" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "main"
            write did what was asked for the worker of attempt 1 at "page"
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "main" and called submit_result, for $0.003
            the worker of attempt 1 at "main" is told: done
            the worker of attempt 1 at "main" is gone: finished
            attempt 1 at "main" claims 1 of 1 criteria
            solid answered the worker of attempt 1 at "page" and called submit_result, for $0.003
            the worker of attempt 1 at "page" is told: done
            the worker of attempt 1 at "page" is gone: finished
            attempt 1 at "page" claims 1 of 1 criteria
            attempt 1 at "main" changed 1 files
            attempt 1 at "page" changed 1 files
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            checked attempt 1 at "main": 1 of 1 criteria hold
            attempt 1 at "main" is over: verified
            the Manager of cli is told: back are attempt 1 at "main"
            checked attempt 1 at "page": 1 of 1 criteria hold
            attempt 1 at "page" is over: verified
            the Manager of docs is told: back are attempt 1 at "page"
            attempt 1 at "parser" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            the Manager of core is told: back are attempt 1 at "parser"
            solid answered the Manager of cli and called accept, for $0.003
            "main" is accepted
            solid answered the Manager of docs and called accept, for $0.003
            "page" is accepted
            merged "main" in its section, to be checked
            "main" in its section is in
            the Manager of cli is told: "main" is taken
            merged "page" in its section, to be checked
            "page" in its section is in
            the Manager of docs is told: "page" is taken
            solid answered the Manager of core and called accept, for $0.003
            "parser" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            solid answered the Manager of cli and called report, for $0.003
            cli reports that it is done
            solid answered the Manager of docs and called report, for $0.003
            docs reports that it is done
            checked cli: 1 of 1 criteria hold
            the Manager of cli is told: done
            the Manager of cli is gone: finished
            cli is over: verified
            cli is closed, $2.685 of it goes back to the reserve
            checked docs: 1 of 1 criteria hold
            the Manager of docs is told: done
            the Manager of docs is gone: finished
            docs is over: verified
            docs is closed, $1.785 of it goes back to the reserve
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $4.482 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            merged cli in its phase, to be checked
            checked cli in its phase: 1 of 1 criteria hold
            cli in its phase is in
            merged docs in its phase, to be checked
            checked docs in its phase: 1 of 1 criteria hold
            docs in its phase is in
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
            books: $0.072 spent, $0.00 promised, of $10.00"#]],
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
            checked the whole: 0 of 1 criteria hold, not whole
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
