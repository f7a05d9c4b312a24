//! Money: promises, requests, transfers, the total.

use expect_test::expect;

use super::{check, check_whole};

#[test]
fn a_worker_without_money_is_exhausted() {
    check_whole(
        "
        total 1
        tasks core: parser
        cap parser 1
        patience 1
        ",
        expect![[r#"
            the run begins with $1.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (4e36e904d017): phases 1, sections 1
            plan 4e36e904d017 starts, as the Owner had said beforehand
            $0.90 from the pool to core
            the Orchestrator is told: the plan is approved
            the Orchestrator is shown less of what was before
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent), because: usual
            attempt 1 at "parser" begins, by mid
            there is no money for a call of the worker of attempt 1 at "parser" (solid would need $0.018336; second would need $0.024432)
            the worker of attempt 1 at "parser" is gone: no money for its next call
            attempt 1 at "parser" is over: abandoned, no money for its next call
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
            core is closed, $0.891 of it goes back to the reserve
            core came to nothing: its phase waits for another plan
            the Orchestrator will be told: core came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            the Orchestrator is told: done
            core is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator will be told: all is over but the report
            the Orchestrator is shown less of what was before
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run is over: finished, not everything verified
            books: $0.045 spent, $0.00 promised, of $1.00"#]],
    );
}

#[test]
fn a_manager_without_money_ends_its_section_only() {
    check_whole(
        "
        total 0.4
        plan given
        phase core 5, cli 95
        tasks core: parser
        tasks cli: main
        ",
        expect![[r#"
            the run begins with $0.40, 10 % of it the Orchestrator's reserve
            a plan is there, of the Owner's (e5a912bf0165): phases 1, sections 2
            plan e5a912bf0165 starts, as the Owner had said beforehand
            $0.018 from the pool to core
            $0.342 from the pool to cli
            phase phase 0 begins
            there is no money for a call of the Manager of core (solid would need $0.018336; second would need $0.024432)
            the Manager of core is gone: no money for its next call
            core is over: budget exhausted
            core is closed, $0.018 of it goes back to the reserve
            solid answered the Manager of cli and called spawn_workers, for $0.003
            cli has a new task "main" (mid build, agent), because: usual
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
            cli is closed, $0.327 of it goes back to the reserve
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
            the run is over: budget exhausted
            books: $0.027 spent, $0.00 promised, of $0.40"#]],
    );
}

#[test]
fn an_orchestrator_without_money() {
    check_whole(
        "
        total 0.5
        reserve 1
        ",
        expect![[r#"
            the run begins with $0.50, 1 % of it the Orchestrator's reserve
            there is no money for a call of the Orchestrator (grand would need $0.073344)
            the Orchestrator is gone: no money for its next call
            the run closes: the Orchestrator could not go on
            the run is over: budget exhausted
            books: $0.00 spent, $0.00 promised, of $0.50"#]],
    );
}

#[test]
fn a_request_is_granted() {
    check(
        "
        tasks core: parser
        say manager core 1: request_budget 0.25
        ",
        expect![[r#"
            solid answered the Manager of core and called request_budget, for $0.003
            core wants $0.25 (r0); the reserve has $0.988, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            grand answered the Orchestrator and called decide_budget, for $0.012
            $0.25 from the reserve to core
            request r0 is granted $0.25 by the Orchestrator
            the Manager of core is told: request r0 is granted $0.25
            core is over: verified
            the run is over: verified and done
            books: $0.054 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_request_is_granted_in_part() {
    check(
        "
        tasks core: parser
        say manager core 1: request_budget 0.25
        say orchestrator 2: decide_budget r0 0.10
        ",
        expect![[r#"
            solid answered the Manager of core and called request_budget, for $0.003
            core wants $0.25 (r0); the reserve has $0.988, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            grand answered the Orchestrator and called decide_budget, for $0.012
            $0.10 from the reserve to core
            request r0 is granted $0.10 by the Orchestrator
            the Manager of core is told: request r0 is granted $0.10
            core is over: verified
            the run is over: verified and done
            books: $0.054 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_request_is_denied() {
    check(
        "
        tasks core: parser
        say manager core 1: request_budget 0.25
        say orchestrator 2: decide_budget r0 0
        ",
        expect![[r#"
            solid answered the Manager of core and called request_budget, for $0.003
            core wants $0.25 (r0); the reserve has $0.988, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            grand answered the Orchestrator and called decide_budget, for $0.012
            request r0 is denied by the Orchestrator
            the Manager of core is told: request r0 is denied
            core is over: verified
            the run is over: verified and done
            books: $0.054 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_request_above_the_means_goes_to_the_owner() {
    check(
        "
        tasks core: parser
        say manager core 1: request_budget 5
        when for the Owner to decide: grant r0, budget 20, grant r0 5
        ",
        expect![[r#"
            solid answered the Manager of core and called request_budget, for $0.003
            core wants $5.00 (r0); the reserve has $0.988, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            grand answered the Orchestrator and called decide_budget, for $0.012
            the Orchestrator is told: $5.00 is more than the $0.976 that can be moved, so the Owner is asked to decide on r0. Nothing more is yours to do about it.
            request r0 is for the Owner to decide
            the Owner commands: the total is $20.00 now
            the total is $20.00 now
            the Owner commands: grant $5.00 to request r0
            $5.00 from the reserve to core
            request r0 is granted $5.00 by the Owner
            the Manager of core is told: request r0 is granted $5.00
            core is over: verified
            the run is over: verified and done
            books: $0.054 spent, $0.00 promised, of $20.00
            refused: $5.00 is more than the $0.976 that can be moved; raise the total first with `trireme budget`"#]],
    );
}

#[test]
fn nobody_decides_on_a_request() {
    check(
        "
        tasks core: parser
        say manager core 1: request_budget 5
        ",
        expect![[r#"
            solid answered the Manager of core and called request_budget, for $0.003
            core wants $5.00 (r0); the reserve has $0.988, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            grand answered the Orchestrator and called decide_budget, for $0.012
            the Orchestrator is told: $5.00 is more than the $0.976 that can be moved, so the Owner is asked to decide on r0. Nothing more is yours to do about it.
            request r0 is for the Owner to decide
            request r0 is denied by its deadline: nobody decided
            the Manager of core is told: request r0 is denied
            core is over: verified
            the run is over: verified and done
            books: $0.054 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn money_comes_back_from_another_manager() {
    check(
        "
        phase core 50, cli 50
        tasks core: parser
        tasks cli: main
        say manager core 1: request_budget 2
        ",
        expect![[r#"
            solid answered the Manager of core and called request_budget, for $0.003
            core wants $2.00 (r0); the reserve has $0.988, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            grand answered the Orchestrator and called decide_budget, for $0.012
            $0.976 from the reserve to core
            $1.024 from cli to core
            request r0 is granted $2.00 by the Orchestrator
            the Manager of core is told: request r0 is granted $2.00
            cli is over: verified
            core is over: verified
            the run is over: verified and done
            books: $0.069 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_total_is_raised() {
    check(
        "
        tasks core: parser
        when phase phase 0 begins: budget 12
        ",
        expect![[r#"
            the Owner commands: the total is $12.00 now
            the total is $12.00 now
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $12.00"#]],
    );
}

#[test]
fn the_total_is_lowered() {
    check(
        "
        tasks core: parser
        when phase phase 0 begins: budget 2
        ",
        expect![[r#"
            the Owner commands: the total is $2.00 now
            the total is $2.00 now
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $2.00"#]],
    );
}

#[test]
fn the_total_is_lowered_below_what_is_gone() {
    check(
        "
        tasks core: parser
        when attempt 1: budget 0.01
        ",
        expect![[r#"
            the Owner commands: the total is $0.01 now
            the Orchestrator is gone: stopped
            the Manager of core is gone: stopped
            the worker of attempt 1 at "parser" is gone: stopped
            attempt 1 at "parser" is over: abandoned, stopped
            core is over: budget exhausted
            the run closes: the new total is less than what is gone
            the run is over: budget exhausted
            books: $0.015 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_call_waits_for_anothers_promise() {
    check_whole(
        "
        total 0.07
        reserve 0
        plan given
        body 0
        tasks core: parser, writer
        patience 1
        ",
        expect![[r#"
            the run begins with $0.07, 0 % of it the Orchestrator's reserve
            a plan is there, of the Owner's (4e36e904d017): phases 1, sections 1
            plan 4e36e904d017 starts, as the Owner had said beforehand
            $0.07 from the pool to core
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent), because: usual
            attempt 1 at "parser" begins, by mid
            core has a new task "writer" (mid build, agent), because: usual
            attempt 1 at "writer" begins, by mid
            the worker of attempt 1 at "writer" waits for money that is promised to others
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "writer" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "writer"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            solid answered the worker of attempt 1 at "writer" and called submit_result, for $0.003
            the worker of attempt 1 at "writer" is told: done
            the worker of attempt 1 at "writer" is gone: finished
            attempt 1 at "writer" claims 1 of 1 criteria
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            attempt 1 at "writer" changed 1 files
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
            core is closed, $0.049 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 0 is over, every section of it verified
            the run closes: all phases are over
            checked the whole: 1 of 1 criteria hold
            the run's branch is set
            the Orchestrator is gone: stopped
            the run is over: verified and done
            books: $0.021 spent, $0.00 promised, of $0.07"#]],
    );
}

#[test]
fn too_many_requests() {
    check(
        "
        tasks core: parser
        fault worker parser 1: 429 2000, 529
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: too many requests, again in 2000 ms
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:42.006Z
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider is overloaded
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:42.508Z
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_cut_answer_is_charged_and_asked_for_again() {
    check(
        "
        tasks core: parser
        fault worker parser 1: cut
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the answer was cut off: cut
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.256Z
            core is over: verified
            the run is over: verified and done
            books: $0.087096 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_key_that_is_refused_ends_its_agent() {
    check(
        "
        tasks core: parser
        patience 1
        serve mid: solid
        fault worker parser 1: auth
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider refuses the key: auth
            the worker of attempt 1 at "parser" is gone: the provider refuses the key: auth
            attempt 1 at "parser" is over: abandoned, the provider refuses the key: auth
            second answered the Manager of core and called cut, for $0.0042
            "parser" is given up
            second answered the Manager of core and called report, for $0.0042
            core reports that it is not done
            core is over: not verified
            core came to nothing: its phase waits for another plan
            the Orchestrator will be told: core came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            core is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.0474 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_silent_provider_is_given_up() {
    check(
        "
        tasks core: parser
        patience 1
        fault worker parser 1: timeout, timeout, timeout, timeout, timeout
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the provider fell silent
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.256Z
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the provider fell silent
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.758Z
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: the provider fell silent
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.760Z
            a call of the worker of attempt 1 at "parser" failed, $0.060144 is charged: the provider fell silent
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:42.762Z
            a call of the worker of attempt 1 at "parser" failed, $0.060144 is charged: the provider fell silent
            the worker of attempt 1 at "parser" is gone: the provider fell silent
            attempt 1 at "parser" is over: abandoned, the provider fell silent
            second answered the Manager of core and called cut, for $0.0042
            "parser" is given up
            second answered the Manager of core and called report, for $0.0042
            core reports that it is not done
            core is over: not verified
            core came to nothing: its phase waits for another plan
            the Orchestrator will be told: core came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            core is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.311976 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn missing_usage_is_charged_at_the_bound() {
    check(
        "
        tasks core: parser
        usage worker parser 1: none
        ",
        expect![[r#"
            core is over: verified
            the run is over: verified and done
            books: $0.084096 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn an_overrun_is_charged_in_full_and_stops_the_run() {
    check(
        "
        tasks core: parser
        usage worker parser 1: 50000
        ",
        expect![[r#"
            call e5 cost $0.502, more than the $0.048096 that was promised for it; the run waits
            books: $0.517 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn an_overrun_is_looked_at_and_the_run_goes_on() {
    check(
        "
        tasks core: parser
        usage worker parser 1: 50000
        when the run waits: resume
        ",
        expect![[r#"
            call e5 cost $0.502, more than the $0.048096 that was promised for it; the run waits
            the Owner commands: go on
            core is over: verified
            the run is over: verified and done
            books: $0.538 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_total_below_what_is_gone_stops_a_phase_that_is_joining() {
    check(
        "
        phase core 50, cli 40
        phase docs 10
        tasks core: parser
        tasks cli: main
        when merged core in its phase: budget 0.01
        ",
        expect![[r#"
            core is over: verified
            cli is over: verified
            the Owner commands: the total is $0.01 now
            the Orchestrator is gone: stopped
            docs is over: budget exhausted
            the run closes: the new total is less than what is gone
            the run is over: budget exhausted
            books: $0.042 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn requests_end_with_their_section() {
    check(
        "
        phase core 60, cli 40
        tasks cli: main
        say manager core 1: request_budget 5; request_budget 6
        when core wants $6.00: kill s0, grant r1 0.10
        ",
        expect![[r#"
            solid answered the Manager of core and called request_budget, request_budget, for $0.003
            core wants $5.00 (r0); the reserve has $0.988, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            core wants $6.00 (r1); the reserve has $0.988, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r1 waits for a decision
            the Owner commands: kill core
            core is over: killed
            request r0 ends with its section: nobody decided
            request r1 ends with its section: nobody decided
            grand answered the Orchestrator and called no tool, for $0.012
            cli is over: verified
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.054 spent, $0.00 promised, of $10.00
            refused: that request is decided already"#]],
    );
}

#[test]
fn a_section_is_dropped_when_nobody_can_pay_for_another_plan() {
    check(
        "
        total 0.4
        plan given
        phase core 50, cli 50
        tasks core: parser
        tasks cli: main
        say manager core 1: scope_too_large
        say manager cli 1: request_budget 0.1
        ",
        expect![[r#"
            solid answered the Manager of core and called scope_too_large, for $0.003
            core is over: replaced, it was too large
            solid answered the Manager of cli and called request_budget, for $0.003
            cli wants $0.10 (r0); the reserve has $0.217, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            grand answered the Orchestrator and called decide_budget, for $0.012
            $0.10 from the reserve to cli
            request r0 is granted $0.10 by the Orchestrator
            the Manager of cli is told: request r0 is granted $0.10
            cli is over: verified
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator is shown less of what was before
            the run is over: finished, not everything verified
            books: $0.045 spent, $0.00 promised, of $0.40"#]],
    );
}
