//! Tasks: attempts, the seam, reviews.

use expect_test::expect;

use super::check;

#[test]
fn a_wrong_attempt_is_caught_at_the_seam() {
    check(
        "
        tasks core: parser
        fail attempt parser@1
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
            checked attempt 1 at "parser": 0 of 1 criteria hold, not unit
            attempt 1 at "parser" is over: criteria not met
            the Manager of core is told: back are attempt 1 at "parser"
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
fn a_result_outside_of_its_write_set() {
    check(
        "
        tasks core: parser
        seal parser@1 outside
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
            attempt 1 at "parser" is over: changed what it must not: Cargo.lock
            the Manager of core is told: back are attempt 1 at "parser"
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
fn a_result_that_changes_nothing() {
    check(
        "
        tasks core: parser
        seal parser@1 nothing
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
            attempt 1 at "parser" changed 0 files
            attempt 1 at "parser" is over: changed nothing
            the Manager of core is told: back are attempt 1 at "parser"
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
            the worker of attempt 1 at "parser" is told: self_check says nothing about: unit. Submit again with every criterion in it.
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: self_check says nothing about: unit. Submit again with every criterion in it.
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: self_check says nothing about: unit. Submit again with every criterion in it.
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 0 of 0 criteria
            attempt 1 at "parser" changed 1 files
            attempt 1 at "parser" is over: no self-check for unit
            the Manager of core is told: back are attempt 1 at "parser"
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
            core is closed, $8.967 of it goes back to the reserve
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
            solid answered the worker of attempt 1 at "parser" and called contract_defect, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" is over: its contract lacks something
            the Manager of core is told: back are attempt 1 at "parser"
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
            core is closed, $8.979 of it goes back to the reserve
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            the Manager of core is told: the contracts have faults: "bad": write_set is empty: name the paths that the result may change
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
            core is closed, $8.982 of it goes back to the reserve
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
            solid answered the worker of attempt 1 at "parser" and called edit, read, for $0.003
            the worker of attempt 1 at "parser" is told: edit is outside of your scope. Use the tools that you were given.
            read did what was asked for the worker of attempt 1 at "parser"
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
fn a_tool_of_another_role_is_refused() {
    check(
        "
        tasks core: parser
        say worker parser 1: accept parser
        say manager core 1: submit_plan
        ",
        expect![[r#"
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called submit_plan, for $0.003
            the Manager of core is told: submit_plan is not a tool of your role; the attempt is on record. Use only the tools that you were given.
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
            solid answered the worker of attempt 1 at "parser" and called accept, for $0.003
            the worker of attempt 1 at "parser" is told: accept is not a tool of your role; the attempt is on record. Use only the tools that you were given.
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
            core is closed, $8.982 of it goes back to the reserve
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
            books: $0.042 spent, $0.00 promised, of $10.00"#]],
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
            solid answered the worker of attempt 1 at "parser" and called teleport, edit, for $0.003
            the worker of attempt 1 at "parser" is told: There is no tool "teleport". Use only the tools that you were given.
            the worker of attempt 1 at "parser" is told: The arguments of edit can't be read: path is missing. Call it again with them right.
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
fn control_comes_after_the_results_of_tools_are_seen() {
    check(
        "
        tasks core: parser
        say worker parser 1: write; submit
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
            solid answered the worker of attempt 1 at "parser" and called write, submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: submit_result: Not taken: it came together with workspace tools whose results you had not seen. Call it again on its own.
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
fn a_reviewer_judges_what_no_command_can() {
    check(
        "
        tasks core: parser
        rubric parser
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
            attempt 1 at "parser" claims 2 of 2 criteria
            attempt 1 at "parser" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            second answered the Reviewer of attempt 1 at "parser" and called submit_review, for $0.0042
            the Reviewer of attempt 1 at "parser" is told: done
            the Reviewer of attempt 1 at "parser" is gone: finished
            reviewed attempt 1 at "parser": 1 of 1 criteria hold
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
            core is closed, $8.9808 of it goes back to the reserve
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
            attempt 1 at "parser" claims 2 of 2 criteria
            attempt 1 at "parser" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            second answered the Reviewer of attempt 1 at "parser" and called submit_review, for $0.0042
            the Reviewer of attempt 1 at "parser" is told: done
            the Reviewer of attempt 1 at "parser" is gone: finished
            reviewed attempt 1 at "parser": 0 of 1 criteria hold, not good
            attempt 1 at "parser" is over: criteria not met
            the Manager of core is told: back are attempt 1 at "parser"
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
            core is closed, $8.9676 of it goes back to the reserve
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
            attempt 1 at "parser" claims 2 of 2 criteria
            attempt 1 at "parser" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            second answered the Reviewer of attempt 1 at "parser" and called submit_review, for $0.0042
            the Reviewer of attempt 1 at "parser" is told: done
            the Reviewer of attempt 1 at "parser" is gone: finished
            reviewed attempt 1 at "parser": 0 of 1 criteria hold, not good
            attempt 1 at "parser" is over: criteria not met
            the Manager of core is told: back are attempt 1 at "parser"
            solid answered the Manager of core and called cut, for $0.003
            "parser" is given up
            the Manager of core is told: done
            solid answered the Manager of core and called report, for $0.003
            core reports that it is not done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: not verified
            core is closed, $8.9808 of it goes back to the reserve
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run is over: finished, not everything verified
            books: $0.0432 spent, $0.00 promised, of $10.00"#]],
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
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "judge" (mid review, agent)
            attempt 1 at "judge" begins, by mid
            second answered the Reviewer of attempt 1 at "judge" and called submit_review, for $0.0042
            the Reviewer of attempt 1 at "judge" is told: done
            the Reviewer of attempt 1 at "judge" is gone: finished
            reviewed attempt 1 at "judge": 1 of 1 criteria hold
            attempt 1 at "judge" is over: verified
            the Manager of core is told: back are attempt 1 at "judge"
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
            core is closed, $8.9778 of it goes back to the reserve
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
            solid answered the worker of attempt 1 at "parser" and called no tool, for $0.003
            the worker of attempt 1 at "parser" will be told: call a tool
            solid answered the worker of attempt 1 at "parser" and called no tool, for $0.003
            the worker of attempt 1 at "parser" will be told: call a tool
            solid answered the worker of attempt 1 at "parser" and called no tool, for $0.003
            the worker of attempt 1 at "parser" is gone: it called no tool, again and again
            attempt 1 at "parser" is over: abandoned, it called no tool, again and again
            the Manager of core is told: back are attempt 1 at "parser"
            solid answered the Manager of core and called cut, for $0.003
            "parser" is given up
            the Manager of core is told: done
            solid answered the Manager of core and called report, for $0.003
            core reports that it is not done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: not verified
            core is closed, $8.982 of it goes back to the reserve
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run is over: finished, not everything verified
            books: $0.042 spent, $0.00 promised, of $10.00"#]],
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, single)
            attempt 1 at "parser" begins, by mid
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
            core is closed, $8.988 of it goes back to the reserve
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
            e14 can't be done: the disk is full
            attempt 1 at "parser" is over: abandoned, something of this machine is broken
            attempt 1 at "writer" changed 1 files
            checked attempt 1 at "writer": 1 of 1 criteria hold
            attempt 1 at "writer" is over: verified
            the Manager of core is told: back are attempt 1 at "parser", attempt 1 at "writer"
            solid answered the Manager of core and called cut, accept, for $0.003
            "parser" is given up
            the Manager of core is told: done
            "writer" is accepted
            merged "writer" in its section, to be checked
            "writer" in its section is in
            the Manager of core is told: "writer" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is not done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: not verified
            core is closed, $8.979 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
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
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (125f01db9005): phases 1, sections 1
            plan 125f01db9005 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, report, for $0.003
            core has a new task "parser" (mid build, agent)
            attempt 1 at "parser" begins, by mid
            the Manager of core is told: Not yet: "parser" are still being worked on or merged. Report when they are back.
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
fn nothing_goes_on_beside_a_report() {
    check(
        "
        tasks core: parser
        say manager core 2: report; accept parser; report
        fail section core
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
            solid answered the Manager of core and called report, accept, report, for $0.003
            core reports that it is done
            the Manager of core is told: Your report is being checked. Go on once you have heard what the check says.
            the Manager of core is told: Your report is being checked. Go on once you have heard what the check says.
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: not done yet: 0 of 1 criteria hold, not done
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
            core is closed, $8.982 of it goes back to the reserve
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
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: not done yet: 0 of 1 criteria hold, not done
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $8.982 of it goes back to the reserve
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
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: not done yet: 0 of 1 criteria hold, not done
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: not done yet: 0 of 1 criteria hold, not done
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: not done yet: 0 of 1 criteria hold, not done
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 0 of 1 criteria hold, not done
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: not verified
            core is closed, $8.976 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
            the run is over: finished, not everything verified
            books: $0.048 spent, $0.00 promised, of $10.00"#]],
    );
}
