//! Which way an intent goes, and the way without a Manager.

use expect_test::expect;

use super::{check_whole, place, play};

#[test]
fn the_direct_path_is_one_task_without_a_manager_and_without_an_orchestrator() {
    check_whole(
        "
        path direct
        ",
        expect![[r#"
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            the path is direct: as the Owner said
            a plan is there, of the engine's (c3eed3d1ca4f): phases 1, sections 1
            plan c3eed3d1ca4f starts, as the Owner had said beforehand
            $9.00 from the pool to Direct
            phase Direct begins
            Direct has a new task "Handle an empty input file." (junior build, agent), because: It is one piece of work.
            attempt 1 at "Handle an empty input file." begins, by junior
            small answered the worker of attempt 1 at "Handle an empty input file." and called write, for $0.0007
            write did what was asked for the worker of attempt 1 at "Handle an empty input file."
            small answered the worker of attempt 1 at "Handle an empty input file." and called submit_result, for $0.0007
            the worker of attempt 1 at "Handle an empty input file." is told: done
            the worker of attempt 1 at "Handle an empty input file." is gone: finished
            attempt 1 at "Handle an empty input file." claims 2 of 2 criteria
            attempt 1 at "Handle an empty input file." changed 1 files
            checked attempt 1 at "Handle an empty input file.": 1 of 1 criteria hold
            small answered the Reviewer of attempt 1 at "Handle an empty input file." and called submit_review, for $0.0007
            the Reviewer of attempt 1 at "Handle an empty input file." is told: done
            the Reviewer of attempt 1 at "Handle an empty input file." is gone: finished
            reviewed attempt 1 at "Handle an empty input file.": 1 of 1 criteria hold
            attempt 1 at "Handle an empty input file." is over: verified
            "Handle an empty input file." is accepted
            merged "Handle an empty input file." in its section, to be checked
            "Handle an empty input file." in its section is in
            Direct reports that it is done
            checked Direct: 1 of 1 criteria hold
            Direct is over: verified
            Direct is closed, $8.9979 of it goes back to the reserve
            merged Direct in its phase, to be checked
            checked Direct in its phase: 1 of 1 criteria hold
            Direct in its phase is in
            phase Direct is over, every section of it verified
            the run closes: all phases are over
            checked the whole: 1 of 1 criteria hold
            the run's branch is set
            the run is over: verified and done
            books: $0.0021 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_rules_send_a_typo_the_direct_path() {
    let lines = play("path judged\nintent Fix the typo in README.md");
    place(&lines, "the path is direct, by rule: it asks for a small change");
    assert!(lines.iter().all(|line| !line.contains("Orchestrator and called")), "{lines:#?}");
}

#[test]
fn the_rules_send_a_tool_to_the_orchestrator() {
    let lines = play("path judged\nintent Build me a tool that converts CSV files to JSON with validation.");
    place(&lines, "the path is orchestrate, by rule: it asks for something new and whole");
    place(&lines, "the Orchestrator and called submit_plan");
}

#[test]
fn in_doubt_a_junior_model_chooses_and_the_reserve_pays() {
    let lines = play("path judged\nask first\nwhen a plan is there: approve");
    let asked = place(&lines, "the rules are in doubt");
    let chose = place(&lines, "small answered whoever chooses the path and called choose_path");
    let path = place(&lines, "the path is direct, by a model: it looks so");
    assert!(asked < chose && chose < path && path < place(&lines, "a plan is there, of the engine's"));
    place(&lines, "the run is over: verified and done");
}

#[test]
fn whatever_goes_wrong_with_the_choice_the_orchestrator_plans() {
    let stories = [
        "say triage 1: nothing",
        "say triage 1: unknown frobnicate",
        "say triage 1: malformed choose_path",
        "say triage 1: submit_plan",
        "say triage 1: choose_path orchestrate",
        "fault triage 1: 404 x, 404 x, 404 x, 404 x",
        "fault triage 1: auth, auth, auth, auth",
    ];
    for story in stories {
        let lines = play(&format!("path judged\ntasks core: parser\n{story}"));
        let path = place(&lines, "the path is orchestrate");
        assert!(path < place(&lines, "the Orchestrator and called submit_plan"), "{story}: {lines:#?}");
        place(&lines, "the run is over: verified and done");
        let asked = lines.iter().filter(|line| line.contains("answered whoever chooses")).count();
        assert!(asked <= 1, "{story}: asked {asked} times");
    }
}

#[test]
fn a_choice_that_nobody_can_pay_for_ends_as_planning_would() {
    let lines = play("path judged\nreserve 0");
    place(&lines, "the path is orchestrate");
    place(&lines, "the run is over: budget exhausted");
}

#[test]
fn the_owner_says_orchestrate_and_the_rules_are_silent() {
    let lines = play("path orchestrate\nintent Fix the typo\ntasks core: parser");
    place(&lines, "the path is orchestrate: as the Owner said");
    place(&lines, "the Orchestrator and called submit_plan");
}

#[test]
fn a_failing_check_is_tried_again_with_the_findings_then_promoted_once_then_given_up() {
    check_whole(
        "
        path direct
        fail attempt Handle an empty input file.@1
        fail attempt Handle an empty input file.@2
        fail attempt Handle an empty input file.@3
        ",
        expect![[r#"
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            the path is direct: as the Owner said
            a plan is there, of the engine's (c3eed3d1ca4f): phases 1, sections 1
            plan c3eed3d1ca4f starts, as the Owner had said beforehand
            $9.00 from the pool to Direct
            phase Direct begins
            Direct has a new task "Handle an empty input file." (junior build, agent), because: It is one piece of work.
            attempt 1 at "Handle an empty input file." begins, by junior
            small answered the worker of attempt 1 at "Handle an empty input file." and called write, for $0.0007
            write did what was asked for the worker of attempt 1 at "Handle an empty input file."
            small answered the worker of attempt 1 at "Handle an empty input file." and called submit_result, for $0.0007
            the worker of attempt 1 at "Handle an empty input file." is told: done
            the worker of attempt 1 at "Handle an empty input file." is gone: finished
            attempt 1 at "Handle an empty input file." claims 2 of 2 criteria
            attempt 1 at "Handle an empty input file." changed 1 files
            checked attempt 1 at "Handle an empty input file.": 0 of 1 criteria hold, not unit
            attempt 1 at "Handle an empty input file." is over: criteria not met
            attempt 2 at "Handle an empty input file." begins, by junior
            small answered the worker of attempt 2 at "Handle an empty input file." and called write, for $0.0007
            write did what was asked for the worker of attempt 2 at "Handle an empty input file."
            small answered the worker of attempt 2 at "Handle an empty input file." and called submit_result, for $0.0007
            the worker of attempt 2 at "Handle an empty input file." is told: done
            the worker of attempt 2 at "Handle an empty input file." is gone: finished
            attempt 2 at "Handle an empty input file." claims 2 of 2 criteria
            attempt 2 at "Handle an empty input file." changed 1 files
            checked attempt 2 at "Handle an empty input file.": 0 of 1 criteria hold, not unit
            attempt 2 at "Handle an empty input file." is over: criteria not met
            attempt 3 at "Handle an empty input file." begins, by mid
            solid answered the worker of attempt 3 at "Handle an empty input file." and called write, for $0.003
            write did what was asked for the worker of attempt 3 at "Handle an empty input file."
            solid answered the worker of attempt 3 at "Handle an empty input file." and called submit_result, for $0.003
            the worker of attempt 3 at "Handle an empty input file." is told: done
            the worker of attempt 3 at "Handle an empty input file." is gone: finished
            attempt 3 at "Handle an empty input file." claims 2 of 2 criteria
            attempt 3 at "Handle an empty input file." changed 1 files
            checked attempt 3 at "Handle an empty input file.": 0 of 1 criteria hold, not unit
            attempt 3 at "Handle an empty input file." is over: criteria not met
            Direct is over: not verified
            Direct is closed, $8.9912 of it goes back to the reserve
            phase Direct is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.0088 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_reviewer_of_a_direct_run_can_send_it_back_too() {
    let lines = play("path direct\nsay reviewer Handle an empty input file. 1: verdict fail");
    let back = place(&lines, "attempt 1 at \"Handle an empty input file.\" is over: criteria not met");
    assert!(
        back < place(&lines, "attempt 2 at \"Handle an empty input file.\" begins, by junior"),
        "{lines:#?}"
    );
    place(&lines, "the run is over: verified and done");
}

#[test]
fn a_contract_that_lacks_something_ends_a_direct_run() {
    let lines = play("path direct\nsay worker Handle an empty input file. 1: contract_defect");
    place(&lines, "Direct is over: not verified");
    place(&lines, "the run is over: finished, not everything verified");
    assert!(lines.iter().all(|line| !line.contains("attempt 2")), "{lines:#?}");
}

#[test]
fn a_task_or_a_section_that_the_owner_stops_ends_a_direct_run_once() {
    for kill in ["kill t0", "kill s0"] {
        let lines = play(&format!("path direct\nwhen begins, by junior: {kill}"));
        assert_eq!(
            lines.iter().filter(|line| line.contains("Direct is over: killed")).count(),
            1,
            "{lines:#?}"
        );
        place(&lines, "the run is over: finished, not everything verified");
    }
}

#[test]
fn what_breaks_on_this_machine_ends_a_direct_run() {
    let lines = play("path direct\nbreak Handle an empty input file.@1");
    place(&lines, "Direct is over: failed");
    place(&lines, "the run is over: failed");
}

#[test]
fn a_direct_run_whose_money_is_gone_says_so() {
    let lines = play("path direct\ntotal 0.003");
    place(&lines, "Direct is over: budget exhausted");
    place(&lines, "the run is over: budget exhausted");
}

#[test]
fn a_merge_that_breaks_ends_a_direct_run_unverified() {
    let lines = play("path direct\nconflict task Handle an empty input file.");
    place(&lines, "Direct is over: not verified");
    place(&lines, "the run is over: finished, not everything verified");
}

#[test]
fn a_failing_whole_is_not_verified() {
    let lines = play("path direct\nfail whole");
    place(&lines, "the run is over: finished, not everything verified");
}

#[test]
fn solo_is_the_same_machinery_with_another_worker() {
    let lines = play("path solo\nworker principal\nfail attempt Handle an empty input file.@1");
    place(&lines, "the path is solo: as the Owner said");
    place(&lines, "Solo has a new task \"Handle an empty input file.\" (principal build, agent)");
    place(&lines, "attempt 2 at \"Handle an empty input file.\" begins, by principal");
    place(&lines, "the run is over: verified and done");
}
