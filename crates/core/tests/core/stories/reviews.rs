//! Who judges, with what, and what counts of it.

use expect_test::expect;
use trireme_core::run::event::Seat;
use trireme_core::words::*;
use trireme_testkit::{Disturbance, Play, Script};

use super::{check, place, play};

#[test]
fn a_reviewer_looks_with_no_more_than_its_section_has() {
    let story = "
        phase core 100
        section core may read,write
        tasks core: parser
        rubric parser
        review judge of parser
        ";
    let play = Play::through(Script::read(story), Disturbance::None);
    let agents = play.world.run.agents().iter();
    let reviewers: Vec<_> = agents.filter(|(_, agent)| matches!(agent.seat, Seat::Reviewer(_))).collect();
    assert_eq!(reviewers.len(), 2);
    for (_, reviewer) in reviewers {
        assert_eq!(reviewer.scope.tools.iter().collect::<Vec<_>>(), [Tool::Read]);
    }
}

#[test]
fn a_review_below_the_author_is_faulty() {
    check(
        "
        tasks core: parser
        say manager core 2: review judge of parser junior
        when below the author: kill
        ",
        expect![[r#"
            solid answered the Manager of core and called review, for $0.003
            the Manager of core is told: the contracts have faults: "judge": seniority junior is below the author's: a review needs mid or above
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            the Manager of core is gone: stopped
            core is over: killed
            the run is over: killed
            books: $0.024 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_review_below_the_author_of_the_last_attempt_is_faulty() {
    check(
        "
        tasks core: parser
        fail attempt parser@1
        say manager core 2: retry parser senior
        say manager core 3: review judge of parser mid
        when below the author: kill
        ",
        expect![[r#"
            checked attempt 1 at "parser": 0 of 1 criteria hold, not unit
            attempt 1 at "parser" is over: criteria not met
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
            solid answered the Manager of core and called review, for $0.003
            the Manager of core is told: the contracts have faults: "judge": seniority mid is below the author's: a review needs senior or above
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            the Manager of core is gone: stopped
            core is over: killed
            the run is over: killed
            books: $0.033 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_review_is_not_tried_again_below_the_author() {
    check(
        "
        tasks core: parser
        say manager core 2: review judge of parser mid
        say manager core 3: retry judge junior
        when below the author: kill
        ",
        expect![[r#"
            solid answered the Manager of core and called review, for $0.003
            core has a new task "judge" (mid review, agent), because: usual
            attempt 1 at "judge" begins, by mid
            second answered the Reviewer of attempt 1 at "judge" and called submit_review, for $0.0042
            the Reviewer of attempt 1 at "judge" is told: done
            the Reviewer of attempt 1 at "judge" is gone: finished
            reviewed attempt 1 at "judge": 1 of 1 criteria hold
            attempt 1 at "judge" is over: verified
            the Manager of core is told: back are attempt 1 at "judge"
            solid answered the Manager of core and called retry, for $0.003
            the Manager of core is told: Seniority junior is below the author's. Name mid or above for a review.
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            the Manager of core is gone: stopped
            core is over: killed
            the run is over: killed
            books: $0.0312 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn two_words_on_one_criterion_are_a_no() {
    check(
        "
        tasks core: parser
        rubric parser
        say reviewer parser 1: verdict both
        when attempt 1 at \"parser\" is over: kill
        ",
        expect![[r#"
            reviewed attempt 1 at "parser": 0 of 1 criteria hold, not good
            attempt 1 at "parser" is over: criteria not met
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            the Manager of core is gone: stopped
            core is over: killed
            the run is over: killed
            books: $0.0252 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_task_is_not_tried_again_while_another_one_is_at_its_files() {
    check(
        "
        tasks core: parser
        fail attempt parser@1
        say manager core 2: spawn twin on src/parser.rs; retry parser
        say manager core 3: cut parser; accept twin
        ",
        expect![[r#"
            checked attempt 1 at "parser": 0 of 1 criteria hold, not unit
            attempt 1 at "parser" is over: criteria not met
            solid answered the Manager of core and called spawn_workers, retry, for $0.003
            core has a new task "twin" (mid build, agent), because: usual
            attempt 1 at "twin" begins, by mid
            the Manager of core is told: "src/parser.rs" is being worked on by "twin". Try again when that one is back and merged or cut.
            solid answered the worker of attempt 1 at "twin" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "twin"
            solid answered the worker of attempt 1 at "twin" and called submit_result, for $0.003
            the worker of attempt 1 at "twin" is told: done
            the worker of attempt 1 at "twin" is gone: finished
            attempt 1 at "twin" claims 1 of 1 criteria
            attempt 1 at "twin" changed 1 files
            checked attempt 1 at "twin": 1 of 1 criteria hold
            attempt 1 at "twin" is over: verified
            the Manager of core is told: back are attempt 1 at "twin"
            solid answered the Manager of core and called cut, accept, for $0.003
            "parser" is given up
            "twin" is accepted
            merged "twin" in its section, to be checked
            "twin" in its section is in
            the Manager of core is told: "twin" is taken
            core reports that it is not done
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
fn a_review_is_not_accepted_whatever_became_of_it() {
    let begun = "tasks core: parser\nreview judge of parser\n";
    let lines = play(&format!("{begun}say manager core 3: accept judge; accept parser"));
    place(&lines, "\"judge\" is a review: there is nothing of it to merge");
    let lines = play(&format!("{begun}say manager core 3: cut judge; accept judge"));
    place(&lines, "\"judge\" was cut");
    assert!(lines.iter().all(|line| !line.contains("\"judge\" is taken")), "{lines:#?}");
}

#[test]
fn a_finding_that_shows_nothing_is_asked_for_again_and_then_dropped() {
    check(
        "
        tasks core: parser
        rubric parser
        say reviewer parser 1-9: verdict unshown
        ",
        expect![[r#"
            the Reviewer of attempt 1 at "parser" is told: Not taken: quote gives no lines that are in the results for good. Submit again, with lines copied word by word from the diff or from a file of the result; where nothing can be quoted because something is missing, quote the place where it should be.
            the Reviewer of attempt 1 at "parser" is told: Not taken: quote gives no lines that are in the results for good. Submit again, with lines copied word by word from the diff or from a file of the result; where nothing can be quoted because something is missing, quote the place where it should be.
            the Reviewer of attempt 1 at "parser" is told: Not taken: quote gives no lines that are in the results for good. Submit again, with lines copied word by word from the diff or from a file of the result; where nothing can be quoted because something is missing, quote the place where it should be.
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
            books: $0.069 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_section_of_a_staff_manager_has_every_result_looked_at() {
    check(
        "
        phase core 100
        section core at staff
        tasks core: parser
        say reviewer parser 1: verdict fail
        ",
        expect![[r#"
            reviewed attempt 1 at "parser": 0 of 1 criteria hold, not sound
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
