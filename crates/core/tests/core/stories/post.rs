//! Post-processing: formatting, renaming, scaffolding. It is an intern's, and what held before must hold still.

use expect_test::expect;
use trireme_core::run::CriteriaSource;
use trireme_core::words::*;
use trireme_testkit::{Disturbance, Play, Script};

use super::{check, place, play};

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
    check(
        "
        tasks core: parser, tidy
        post tidy
        patience 1
        fail attempt tidy@1
        ",
        expect![[r#"
            checked attempt 1 at "tidy": 0 of 1 criteria hold, not parser: unit
            attempt 1 at "tidy" is over: criteria not met
            solid answered the Manager of core and called cut, for $0.003
            "tidy" is given up
            core reports that it is not done
            core is over: not verified
            core came to nothing: its phase waits for another plan
            the Orchestrator will be told: core came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            core is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.0584 spent, $0.00 promised, of $10.00"#]],
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
