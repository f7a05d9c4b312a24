//! Post-processing: formatting, renaming, scaffolding. It is an intern's, and what held before must hold still.

use expect_test::expect;
use trireme_core::run::CriteriaSource;
use trireme_core::words::*;
use trireme_testkit::{Disturbance, Play, Script};

use super::{check_whole, place, play};

#[test]
fn a_formatter_is_an_intern_and_is_held_to_all_that_is_merged() {
    let lines = play(
        "
        tasks core: parser, writer, tidy
        post tidy
        ",
    );
    let merged = place(&lines, "\"writer\" in its section is in");
    let created = place(&lines, "core has a new task \"tidy\" (intern post, agent)");
    let held = place(&lines, "checked attempt 1 at \"tidy\": 2 of 2 criteria hold");
    let verified = place(&lines, "attempt 1 at \"tidy\" is over: verified");
    assert!(merged < created && created < held && held < verified, "{lines:#?}");
    place(&lines, "\"tidy\" in its section is in");
}

#[test]
fn a_formatter_that_breaks_what_held_is_rejected_by_the_name_of_what_it_broke() {
    check_whole(
        "
        tasks core: parser, tidy
        post tidy
        patience 1
        fail attempt tidy@1
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
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "tidy" (intern post, agent)
            attempt 1 at "tidy" begins, by intern
            small answered the worker of attempt 1 at "tidy" and called write, for $0.0007
            write did what was asked for the worker of attempt 1 at "tidy"
            small answered the worker of attempt 1 at "tidy" and called submit_result, for $0.0007
            the worker of attempt 1 at "tidy" is told: done
            the worker of attempt 1 at "tidy" is gone: finished
            attempt 1 at "tidy" claims 0 of 0 criteria
            attempt 1 at "tidy" changed 1 files
            checked attempt 1 at "tidy": 0 of 1 criteria hold, not parser: unit
            attempt 1 at "tidy" is over: criteria not met
            the Manager of core is told: back are attempt 1 at "tidy"
            solid answered the Manager of core and called cut, for $0.003
            "tidy" is given up
            the Manager of core is told: done
            solid answered the Manager of core and called report, for $0.003
            core reports that it is not done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: not verified
            core is closed, $8.9776 of it goes back to the reserve
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
            books: $0.0464 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn nothing_is_held_to_what_is_not_merged() {
    let lines = play(
        "
        tasks core: parser
        say manager core 1: spawn post tidy
        say manager core 2: spawn parser, post tidy
        when nothing with a command or file is merged yet: kill
        ",
    );
    place(&lines, "\"tidy\": acceptance has no command or file");
    assert!(!lines.iter().any(|line| line.contains("new task")), "{lines:#?}");
}

#[test]
fn what_is_merged_while_it_works_counts_when_it_is_merged_itself() {
    let story = "
        tasks core: parser
        say manager core 2: accept parser
        say manager core 3: spawn post tidy, writer
        say manager core 4: accept writer; accept tidy
        say manager core 5: report partial
        ";
    let play = Play::through(Script::read(story), Disturbance::None);
    let run = &play.world.run;
    let tidy = run.tasks().iter().find(|(_, task)| task.outline.title == "tidy").unwrap().1;
    let held = |subject| {
        let sources = run.criteria_of(subject).into_iter();
        sources.filter(|source| matches!(source, CriteriaSource::Held { .. })).count()
    };
    use trireme_core::run::Subject;
    assert_eq!(held(Subject::Attempt(tidy.attempts[0])), 1, "only the parser was there when it began");
    let checks = trireme_testkit::journal::details(&play.world.journal);
    place(&checks, "checked \"tidy\" in its section: 2 of 2 criteria hold");
    assert_eq!(run.attempts().get(tidy.attempts[0]).unwrap().seniority, Seniority::Intern);
}
