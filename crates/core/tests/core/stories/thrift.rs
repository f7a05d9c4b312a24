//! Seniority and money: cheap first attempts before promotions, one step at a time, and cheaper after a denial.

use expect_test::expect;
use trireme_core::words::*;
use trireme_testkit::{Disturbance, Play, Script, journal};

use super::{check, place, play};

#[test]
fn a_promotion_waits_for_the_first_attempts_of_all() {
    let lines = play(
        "
        tasks core: parser
        fail attempt parser@1
        say manager core 2: spawn writer; retry parser senior
        say manager core 3: retry parser senior; accept writer
        ",
    );
    let refused =
        place(&lines, "Every task gets its cheap first attempt before you pay for a promotion: \"writer\"");
    let back = place(&lines, "the Manager of core is told: back are attempt 1 at \"writer\"");
    let promoted = place(&lines, "attempt 2 at \"parser\" begins, by senior");
    assert!(refused < back && back < promoted, "{lines:#?}");
}

#[test]
fn promotions_climb_one_served_step_at_a_time_until_the_manager_gives_up() {
    check(
        "
        tasks core: parser
        patience 2
        fail attempt parser times 3
        say manager core 2: retry parser principal
        say manager core 3: retry parser staff
        say manager core 4: retry parser senior
        say manager core 5: retry parser staff
        say manager core 6: retry parser principal
        say manager core 7: cut parser
        ",
        expect![[r#"
            checked attempt 1 at "parser": 0 of 1 criteria hold, not unit
            attempt 1 at "parser" is over: criteria not met
            solid answered the Manager of core and called retry, for $0.003
            the Manager of core is told: Promote one step at a time: after mid comes senior.
            solid answered the Manager of core and called retry, for $0.003
            the Manager of core is told: Promote one step at a time: after mid comes senior.
            solid answered the Manager of core and called retry, for $0.003
            attempt 2 at "parser" begins, by senior
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
            solid answered the Manager of core and called retry, for $0.003
            attempt 3 at "parser" begins, by staff
            solid answered the worker of attempt 3 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 3 at "parser"
            solid answered the worker of attempt 3 at "parser" and called submit_result, for $0.003
            the worker of attempt 3 at "parser" is told: done
            the worker of attempt 3 at "parser" is gone: finished
            attempt 3 at "parser" claims 1 of 1 criteria
            attempt 3 at "parser" changed 1 files
            checked attempt 3 at "parser": 1 of 1 criteria hold
            attempt 3 at "parser" is over: verified
            the Manager of core is told: back are attempt 3 at "parser"
            solid answered the Manager of core and called retry, for $0.003
            the Manager of core is told: Your section grants no principals to workers. Choose staff or below, or split the task.
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

#[test]
fn no_more_are_tried_again_at_one_time_than_the_money_pays_for() {
    let story = |total: &str| {
        format!(
            "
            total {total}
            plan given
            tasks core: parser, writer
            usage worker parser@1 1: 4000
            usage worker writer@1 1: 4000
            fail attempt parser@1
            fail attempt writer@1
            say manager core 2: retry parser senior; retry writer senior
            say manager core 3: retry writer senior
            "
        )
    };
    let lines = play(&story("0.19"));
    let begun = place(&lines, "attempt 2 at \"parser\" begins, by senior");
    let waits =
        place(&lines, "\"writer\": senior would cost about $0.045, and those at work now leave about");
    let back = place(&lines, "attempt 2 at \"parser\" is over");
    let after = place(&lines, "attempt 2 at \"writer\" begins, by senior");
    assert!(begun < waits && waits < back && back < after, "{lines:#?}");

    let rich = play(&story("10"));
    let (second, back) =
        (place(&rich, "attempt 2 at \"writer\" begins"), place(&rich, "attempt 2 at \"parser\" is over"));
    assert!(second < back, "{rich:#?}");
}

#[test]
fn after_a_denial_the_work_goes_on_cheaper_or_is_cut() {
    check(
        "
        tasks core: parser, writer
        fail attempt parser@1
        fail attempt writer@1
        say manager core 2: request_budget 0.25
        say orchestrator 2: decide_budget r0 0
        say manager core 3: retry parser; retry writer senior; spawn extra
        say manager core 4: retry parser junior; cut writer
        ",
        expect![[r#"
            checked attempt 1 at "parser": 0 of 1 criteria hold, not unit
            attempt 1 at "parser" is over: criteria not met
            checked attempt 1 at "writer": 0 of 1 criteria hold, not unit
            attempt 1 at "writer" is over: criteria not met
            solid answered the Manager of core and called request_budget, for $0.003
            core wants $0.25 (r0); the reserve has $0.988, 0 of its 2 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            grand answered the Orchestrator and called decide_budget, for $0.012
            request r0 is denied by the Orchestrator
            the Manager of core is told: request r0 is denied
            solid answered the Manager of core and called retry, retry, spawn_workers, for $0.003
            the Manager of core is told: "parser": seniority mid is too dear: your request r0 was denied, so go on at junior or below, or cut tasks.
            the Manager of core is told: "writer": seniority senior is too dear: your request r0 was denied, so go on at junior or below, or cut tasks.
            the Manager of core is told: the contracts have faults: "extra": seniority mid is too dear: your request r0 was denied, so go on at junior or below, or cut tasks
            solid answered the Manager of core and called retry, cut, for $0.003
            attempt 2 at "parser" begins, by junior
            "writer" is given up
            small answered the worker of attempt 2 at "parser" and called write, for $0.0007
            write did what was asked for the worker of attempt 2 at "parser"
            small answered the worker of attempt 2 at "parser" and called submit_result, for $0.0007
            the worker of attempt 2 at "parser" is told: done
            the worker of attempt 2 at "parser" is gone: finished
            attempt 2 at "parser" claims 1 of 1 criteria
            attempt 2 at "parser" changed 1 files
            checked attempt 2 at "parser": 1 of 1 criteria hold
            attempt 2 at "parser" is over: verified
            the Manager of core is told: back are attempt 2 at "parser"
            solid answered the Manager of core and called accept, for $0.003
            core reports that it is not done
            core is over: not verified
            core came to nothing: its phase waits for another plan
            the Orchestrator will be told: core came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            core is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.0794 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn money_after_a_denial_lifts_the_ceiling() {
    let lines = play(
        "
        tasks core: parser
        fail attempt parser@1
        say manager core 2: request_budget 0.25
        say orchestrator 2: decide_budget r0 0
        say manager core 3: request_budget 0.10
        say orchestrator 3: decide_budget r1 0.10
        say manager core 4: retry parser senior
        ",
    );
    assert!(
        place(&lines, "attempt 2 at \"parser\" begins, by senior") > place(&lines, "r1 is granted"),
        "{lines:#?}"
    );
}

#[test]
fn a_request_that_is_open_when_its_section_ends_is_no_denial() {
    let story = "
        tasks core: parser
        fail attempt parser@1
        say manager core 2: request_budget 5
        when core wants $5.00: kill s0
        ";
    let play = Play::through(Script::read(story), Disturbance::None);
    let run = &play.world.run;
    assert_eq!(run.sections().get(SectionId(0)).unwrap().ceiling, None, "nobody goes on under it");
    let lines = journal::details(&play.world.journal);
    place(&lines, "request r0 ends with its section: nobody decided");
}
