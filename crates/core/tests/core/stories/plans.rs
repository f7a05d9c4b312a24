//! From the intent to an approved plan.

use expect_test::expect;

use super::{check, check_whole, place, play};

#[test]
fn one_section_with_two_workers_in_parallel() {
    check_whole(
        "
        tasks core: parser, writer
        ",
        expect![[r#"
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (4e36e904d017): phases 1, sections 1
            plan 4e36e904d017 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            the Orchestrator is shown less of what was before
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent), because: usual
            attempt 1 at "parser" begins, by mid
            core has a new task "writer" (mid build, agent), because: usual
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
            checked "writer" in its section: 1 of 1 criteria hold
            "writer" in its section is in
            the Manager of core is told: "writer" is taken
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
fn a_faulty_plan_is_repaired() {
    check(
        "
        say orchestrator 1: submit_plan bad
        tasks core: parser
        ",
        expect![[r#"
            the Orchestrator is told: the plan has faults: every phase needs at least one section; budget_pct of all sections adds up to 0.00, not to 100; change the shares
            core is over: verified
            the run is over: verified and done
            books: $0.051 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_plan_without_the_owners_own_check_is_repaired() {
    check(
        "
        want make all
        done make all
        say orchestrator 1: submit_plan core
        tasks core: parser
        ",
        expect![[r#"
            the Orchestrator is told: the plan has faults: the Owner wants `make all` to pass at the end: give the plan's definition_of_done a command criterion with just that `run`
            core is over: verified
            the run is over: verified and done
            books: $0.051 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_plan_that_stays_faulty_ends_the_run() {
    check(
        "
        say orchestrator 1: submit_plan bad
        say orchestrator 2: submit_plan bad
        say orchestrator 3: submit_plan bad
        say orchestrator 4: submit_plan bad
        say orchestrator 5: submit_plan bad
        ",
        expect![[r#"
            the Orchestrator is told: the plan has faults: every phase needs at least one section; budget_pct of all sections adds up to 0.00, not to 100; change the shares
            the Orchestrator is told: the plan has faults: every phase needs at least one section; budget_pct of all sections adds up to 0.00, not to 100; change the shares
            the Orchestrator is told: the plan has faults: every phase needs at least one section; budget_pct of all sections adds up to 0.00, not to 100; change the shares
            the Orchestrator is told: the plan has faults: every phase needs at least one section; budget_pct of all sections adds up to 0.00, not to 100; change the shares
            the Orchestrator is gone: it called no tool, again and again
            the run closes: the Orchestrator could not go on
            the run is over: failed
            books: $0.048 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_owner_rejects() {
    check(
        "
        ask first
        when a plan is there: reject
        ",
        expect![[r#"
            the Owner commands: reject the plan: not what I meant
            the Orchestrator is gone: stopped
            the run is over: rejected
            books: $0.012 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_owner_approves() {
    check(
        "
        ask first
        tasks core: parser
        when a plan is there: approve
        ",
        expect![[r#"
            the Owner commands: approve the plan
            the Owner approved plan 4e36e904d017
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn nothing_starts_before_the_approval() {
    check(
        "
        ask first
        ",
        expect!["books: $0.012 spent, $0.00 promised, of $10.00"],
    );
}

#[test]
fn a_plan_that_is_given_needs_no_planning() {
    check(
        "
        plan given
        reserve 0
        tasks core: parser
        ",
        expect![[r#"
            core is over: verified
            the run is over: verified and done
            books: $0.027 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_owner_answers_a_question() {
    check(
        "
        say orchestrator 1: ask_owner which format?
        tasks core: parser
        when asks the Owner: answer q0, answer q0
        ",
        expect![[r#"
            grand answered the Orchestrator and called ask_owner, for $0.012
            the Orchestrator asks the Owner (q0)
            the Owner commands: answer question q0
            the Owner answered q0
            the Orchestrator is told: the Owner answered
            core is over: verified
            the run is over: verified and done
            books: $0.051 spent, $0.00 promised, of $10.00
            refused: that question is closed already"#]],
    );
}

#[test]
fn nobody_answers_a_question() {
    check(
        "
        say orchestrator 1: ask_owner which format?
        tasks core: parser
        ",
        expect![[r#"
            grand answered the Orchestrator and called ask_owner, for $0.012
            the Orchestrator asks the Owner (q0)
            nobody answered q0 in time; the Orchestrator decides
            the Orchestrator is told: the Owner did not answer in time
            a plan is there (c28e2096d997): phases 1, sections 1
            plan c28e2096d997 starts, as the Owner had said beforehand
            core is over: verified
            the run is over: verified and done
            books: $0.051 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_question_that_nobody_answered_is_decided_in_the_plan() {
    let asks = "tasks core: parser\nsay orchestrator 1: ask_owner which format?\n";
    let lines = play(&format!("{asks}say orchestrator 2: submit_plan"));
    let refused = place(&lines, "the Owner did not answer q0: record under decisions how you decided it");
    assert!(refused < place(&lines, "the run is over: verified"), "{lines:#?}");
    // An answer is the Owner's decision, and need not be repeated.
    let answered = play(&format!("{asks}say orchestrator 2: submit_plan\nwhen asks the Owner: answer q0"));
    assert!(answered.iter().all(|line| !line.contains("has faults")), "{answered:#?}");
}

#[test]
fn a_plan_without_a_constraint_is_faulty() {
    let lines = play("tasks core: parser\nsay orchestrator 1: submit_plan unconstrained");
    place(&lines, "constraints is empty: name at least one thing that must not happen");
}

#[test]
fn a_plan_beside_an_open_question_has_to_wait() {
    check(
        "
        ask first
        say orchestrator 1: ask_owner which?; submit_plan
        tasks core: parser
        when a plan is there: approve
        ",
        expect![[r#"
            grand answered the Orchestrator and called ask_owner, submit_plan, for $0.012
            the Orchestrator asks the Owner (q0)
            the Orchestrator is told: A question of yours is still open. Submit the plan once you have its answer.
            nobody answered q0 in time; the Orchestrator decides
            the Orchestrator is told: the Owner did not answer in time
            a plan is there (c28e2096d997): phases 1, sections 1
            the Owner commands: approve the plan
            the Owner approved plan c28e2096d997
            core is over: verified
            the run is over: verified and done
            books: $0.051 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn shares_are_exact_in_the_accounts() {
    check_whole(
        "
        total 25
        ask first
        phase a 40, b 30, c 20, d 10
        when a plan is there: approve
        when phase phase 0 begins: kill
        ",
        expect![[r#"
            the run begins with $25.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (145c32308f65): phases 1, sections 4
            the Owner commands: approve the plan
            the Owner approved plan 145c32308f65
            $9.00 from the pool to a
            $6.75 from the pool to b
            $4.50 from the pool to c
            $2.25 from the pool to d
            the Orchestrator is told: the plan is approved
            the Orchestrator is shown less of what was before
            phase phase 0 begins
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            a call of the Manager of a failed, $0.048096 is charged: the call's answer was lost with its process
            the Manager of a is gone: stopped
            the Manager of b is gone: stopped
            the Manager of c is gone: stopped
            the Manager of d is gone: stopped
            a is over: killed
            a is closed, $8.951904 of it goes back to the reserve
            b is over: killed
            b is closed, $6.75 of it goes back to the reserve
            c is over: killed
            c is closed, $4.50 of it goes back to the reserve
            d is over: killed
            d is closed, $2.25 of it goes back to the reserve
            the run is over: killed
            books: $0.060096 spent, $0.00 promised, of $25.00"#]],
    );
}
