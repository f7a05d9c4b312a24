//! Models that can't be had, and who does their work then.

use expect_test::expect;

use super::{check, place, play};

#[test]
fn after_three_faults_in_a_row_another_model_is_asked_at_once() {
    check(
        "
        tasks core: parser
        fault worker parser 1: 529, 529, 529
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider is overloaded
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.256Z
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider is overloaded
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.758Z
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider is overloaded
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.760Z
            second answered the worker of attempt 1 at "parser" and called write, for $0.0042
            second answered the worker of attempt 1 at "parser" and called submit_result, for $0.0042
            second answered the Manager of core and called accept, for $0.0042
            second answered the Manager of core and called report, for $0.0042
            core is over: verified
            the run is over: verified and done
            books: $0.0438 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_model_rests_for_everybody_and_the_decision_says_so() {
    let lines = play(
        "
        tasks core: parser
        fault worker parser 1: 529, 529, 529
        ",
    );
    let failed = lines.iter().rposition(|line| line.contains("is made again at")).unwrap();
    let promised = |line: &&String| line.contains("is promised") && !line.contains("of grand");
    let after: Vec<_> = lines[failed..].iter().filter(promised).collect();
    let of = |who: &str| after.iter().any(|line| line.contains("of second for the ") && line.contains(who));
    assert!(of("worker") && of("Manager"), "{after:#?}");
    assert!(after.iter().all(|line| line.contains("(solid rests until")), "{after:#?}");
}

#[test]
fn a_long_pause_that_is_named_is_not_waited_for_where_another_can_do_it() {
    check(
        "
        tasks core: parser
        fault worker parser 1: 429 90000
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: too many requests, again in 90000 ms
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.006Z
            second answered the worker of attempt 1 at "parser" and called write, for $0.0042
            second answered the worker of attempt 1 at "parser" and called submit_result, for $0.0042
            second answered the Manager of core and called accept, for $0.0042
            second answered the Manager of core and called report, for $0.0042
            core is over: verified
            the run is over: verified and done
            books: $0.0438 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_key_that_is_refused_is_not_the_end_where_another_provider_is_there() {
    check(
        "
        tasks core: parser
        fault worker parser 1: auth
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider refuses the key: auth
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.006Z
            second answered the worker of attempt 1 at "parser" and called write, for $0.0042
            second answered the worker of attempt 1 at "parser" and called submit_result, for $0.0042
            second answered the Manager of core and called accept, for $0.0042
            second answered the Manager of core and called report, for $0.0042
            core is over: verified
            the run is over: verified and done
            books: $0.0438 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn only_when_all_refuse_the_agent_ends() {
    check(
        "
        tasks core: parser
        patience 1
        fault worker parser 1: billing, 404
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider's own billing refuses: billing
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.006Z
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider refuses the request (404): 404
            the worker of attempt 1 at "parser" is gone: the provider refuses the request (404): 404
            attempt 1 at "parser" is over: abandoned, the provider refuses the request (404): 404
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
            books: $0.045 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn another_model_that_answers_is_charged_and_not_asked_again() {
    check(
        "
        tasks core: parser
        fault worker parser 1: other
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.048096 is charged: another model answered: other
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.006Z
            second answered the worker of attempt 1 at "parser" and called write, for $0.0042
            second answered the worker of attempt 1 at "parser" and called submit_result, for $0.0042
            second answered the Manager of core and called accept, for $0.0042
            second answered the Manager of core and called report, for $0.0042
            core is over: verified
            the run is over: verified and done
            books: $0.091896 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_request_that_is_wrong_is_wrong_for_all() {
    check(
        "
        tasks core: parser
        patience 1
        fault worker parser 1: 400
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider refuses the request (400): 400
            the worker of attempt 1 at "parser" is gone: the provider refuses the request (400): 400
            attempt 1 at "parser" is over: abandoned, the provider refuses the request (400): 400
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
            books: $0.045 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_model_that_nobody_can_replace_is_asked_until_the_tries_are_over() {
    check(
        "
        tasks core: parser
        patience 1
        serve mid: solid
        fault worker parser 1: down, down, down, down, down
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider can't be reached: down
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.256Z
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider can't be reached: down
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.758Z
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider can't be reached: down
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:41.760Z
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider can't be reached: down
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:43.762Z
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider can't be reached: down
            the worker of attempt 1 at "parser" is gone: the provider can't be reached: down
            attempt 1 at "parser" is over: abandoned, the provider can't be reached: down
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
fn a_pinned_job_goes_to_its_model_with_its_effort_and_to_nobody_else() {
    let lines = play(
        "
        tasks core: parser
        rubric parser
        pin build: second high
        pin reviewer: grand low, solid
        ",
    );
    let of = |model: &str, who: &str| place(&lines, &format!("is promised to a call of {model} for {who}"));
    assert!(of("second high", "the worker of attempt 1") < of("grand low", "the Reviewer of attempt 1"));
    let worker = |line: &&String| line.contains("is promised") && line.contains("for the worker");
    assert!(lines.iter().filter(worker).all(|line| line.contains("of second high for")));
}

#[test]
fn a_pinned_model_that_is_gone_ends_its_agent() {
    check(
        "
        tasks core: parser
        patience 1
        pin build: second
        fault worker parser 1: auth
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" failed, $0.00 is charged: the provider refuses the key: auth
            the worker of attempt 1 at "parser" is gone: the provider refuses the key: auth
            attempt 1 at "parser" is over: abandoned, the provider refuses the key: auth
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
            books: $0.045 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_call_that_did_not_leave_costs_nothing_and_counts_as_no_try() {
    check(
        "
        tasks core: parser
        hold worker parser 1 times 9
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.006Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.008Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.010Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.012Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.014Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.016Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.018Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.020Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.022Z
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_provider_that_lets_nobody_go_is_not_waited_for_where_another_is_there() {
    check(
        "
        tasks core: parser
        shut worker parser 1
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:16:40.006Z
            second answered the worker of attempt 1 at "parser" and called write, for $0.0042
            second answered the worker of attempt 1 at "parser" and called submit_result, for $0.0042
            second answered the Manager of core and called accept, for $0.0042
            second answered the Manager of core and called report, for $0.0042
            core is over: verified
            the run is over: verified and done
            books: $0.0438 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn it_is_waited_for_without_money_where_nobody_else_is_there() {
    check(
        "
        tasks core: parser
        serve mid: solid
        shut worker parser 1 times 7
        ",
        expect![[r#"
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:17:40.006Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:18:40.008Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:19:40.010Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:20:40.012Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:21:40.014Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:22:40.016Z
            a call of the worker of attempt 1 at "parser" did not leave, and its money is free again
            the call of the worker of attempt 1 at "parser" is made again at 1970-01-01T00:23:40.018Z
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}
