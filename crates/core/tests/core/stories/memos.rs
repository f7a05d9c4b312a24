//! Memos: to whom, in which order, what they hold up and for how long.

use expect_test::expect;
use trireme_testkit::{Disturbance, Play, Script};

use super::{check, place, play};

#[test]
fn memos_come_once_and_the_most_urgent_first() {
    check(
        "
        phase core 50, cli 30, docs 20
        tasks core: parser
        tasks cli: main
        tasks docs: page
        say manager core 2: memo cli FYI names; memo cli URGENT stop; memo ALL BLOCKER format for parser; memo nobody FYI x; memo core FYI x
        ",
        expect![[r#"
            solid answered the Manager of core and called send_memo, send_memo, send_memo, send_memo, send_memo, for $0.003
            FYI memo from core to cli: names
            the Manager of cli will be told: memo m0 came
            URGENT memo from core to cli: stop
            the Manager of cli will be told: memo m1 came
            BLOCKER memo from core to all: format, holds up "parser"
            the Manager of cli will be told: memo m2 came
            the Manager of docs will be told: memo m2 came
            the Manager of core is told: No other Manager "nobody" is at work. Write to ALL or to one of those at work: "cli", "docs".
            the Manager of core is told: No other Manager "core" is at work. Write to ALL or to one of those at work: "cli", "docs".
            memo m2 holds nothing up any more
            cli is over: verified
            docs is over: verified
            core is over: verified
            the run is over: verified and done
            books: $0.072 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_memo_to_a_manager_that_is_not_there_yet_is_refused() {
    check(
        "
        phase core 60
        phase cli 40
        tasks core: parser
        tasks cli: main
        say manager core 1: memo cli URGENT names
        ",
        expect![[r#"
            solid answered the Manager of core and called send_memo, for $0.003
            the Manager of core is told: No other Manager is at work, so nobody would read it. Go on without.
            core is over: verified
            cli is over: verified
            the run is over: verified and done
            books: $0.057 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_memo_of_the_owner() {
    check(
        "
        tasks core: parser
        when attempt 1: memo
        ",
        expect![[r#"
            the Owner commands: a memo to all
            URGENT memo from the Owner to all, word by word in the Orchestrator's name
            the Manager of core will be told: memo m0 came
            the Orchestrator will be told: memo m0 came
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn what_nobody_would_hear_is_refused_with_what_to_type() {
    let told = |story: &str| {
        let play = Play::through(Script::read(story), Disturbance::None);
        assert!(play.world.run.memos().is_empty(), "{story}");
        play.refused.join("\n")
    };
    // One worker does all of it.
    for path in ["direct", "solo"] {
        let refused = told(&format!("path {path}\nwhen attempt 1: memo, memo ORCHESTRATOR"));
        assert_eq!(refused.matches("nobody here reads memos").count(), 2, "{path}: {refused}");
    }
    let planning = told("tasks core: parser\nwhen the Orchestrator is there: memo");
    let waiting = told("ask first\nwhen a plan is there: memo, memo ORCHESTRATOR, approve");
    let counsel = told("opinion principal\nwhen asks two advisers: memo ORCHESTRATOR");
    expect![[r#"
        no Manager is at work; `trireme memo RUN ORCHESTRATOR TEXT` tells the Orchestrator
        the plan waits for you, so nobody is at work; `trireme edit RUN TEXT` has it made anew with your words
        the plan waits for you, so nobody is at work; `trireme edit RUN TEXT` has it made anew with your words
        nobody here reads memos: neither a Manager nor an Orchestrator is at work; to change what is done, stop it with `trireme kill RUN` and start it anew with your words as --constraint"#]].assert_eq(&format!("{planning}\n{waiting}\n{counsel}"));
}

#[test]
fn a_blocker_marks_a_task_until_it_is_answered() {
    check(
        "
        phase core 50, cli 50
        tasks core: parser
        tasks cli: main, look
        fail attempt parser@1
        say manager core 2: memo cli BLOCKER which columns for parser; request_budget 0.01
        say manager cli 2: memo core FYI columns; accept main; accept look
        ",
        expect![[r#"
            checked attempt 1 at "parser": 0 of 1 criteria hold, not unit
            attempt 1 at "parser" is over: criteria not met
            solid answered the Manager of core and called send_memo, request_budget, for $0.003
            BLOCKER memo from core to cli: which columns, holds up "parser"
            the Manager of cli will be told: memo m0 came
            core wants $0.01 (r0); the reserve has $0.988, 0 of its 1 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            solid answered the Manager of cli and called send_memo, accept, accept, for $0.003
            FYI memo from cli to core: columns
            the Manager of core will be told: memo m1 came
            memo m0 is answered by m1
            grand answered the Orchestrator and called decide_budget, for $0.012
            $0.01 from the reserve to core
            request r0 is granted $0.01 by the Orchestrator
            the Manager of core is told: request r0 is granted $0.01
            solid answered the Manager of core and called retry, for $0.003
            attempt 2 at "parser" begins, by mid
            solid answered the worker of attempt 2 at "parser" and called write, for $0.003
            cli is over: verified
            write did what was asked for the worker of attempt 2 at "parser"
            solid answered the worker of attempt 2 at "parser" and called submit_result, for $0.003
            the worker of attempt 2 at "parser" is told: done
            the worker of attempt 2 at "parser" is gone: finished
            attempt 2 at "parser" claims 1 of 1 criteria
            attempt 2 at "parser" changed 1 files
            checked attempt 2 at "parser": 1 of 1 criteria hold
            attempt 2 at "parser" is over: verified
            the Manager of core is told: back are attempt 2 at "parser"
            core is over: verified
            the run is over: verified and done
            books: $0.084 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_blocker_that_holds_up_no_task_is_refused() {
    let lines = play("phase core 50, cli 50\nsay manager core 1: memo ALL BLOCKER format");
    place(&lines, "name the task that is held up");
    assert!(lines.iter().all(|line| !line.starts_with("BLOCKER memo")), "{lines:#?}");
}

#[test]
fn a_blocker_without_an_answer_is_over_at_its_deadline() {
    check(
        "
        phase core 50, cli 50
        tasks core: parser
        tasks cli: main
        fail attempt parser@1
        say manager core 2: memo cli BLOCKER which columns for parser; request_budget 5
        when for the Owner to decide: pause, resume
        ",
        expect![[r#"
            checked attempt 1 at "parser": 0 of 1 criteria hold, not unit
            attempt 1 at "parser" is over: criteria not met
            solid answered the Manager of core and called send_memo, request_budget, for $0.003
            BLOCKER memo from core to cli: which columns, holds up "parser"
            the Manager of cli will be told: memo m0 came
            core wants $5.00 (r0); the reserve has $0.988, 0 of its 1 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            grand answered the Orchestrator and called decide_budget, for $0.012
            the Orchestrator is told: $5.00 is more than the $2.995 that can be moved, so the Owner is asked to decide on r0. Nothing more is yours to do about it.
            request r0 is for the Owner to decide
            the Owner commands: pause
            the Owner commands: go on
            cli is over: verified
            memo m0 holds nothing up any more
            the Manager of core will be told: nobody answered memo m0
            request r0 is denied by its deadline: nobody decided
            the Manager of core is told: request r0 is denied
            solid answered the Manager of core and called retry, for $0.003
            attempt 2 at "parser" begins, by junior
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
            core is over: verified
            the run is over: verified and done
            books: $0.0734 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_blocker_is_over_when_its_manager_decides() {
    check(
        "
        phase core 50, cli 50
        tasks core: parser
        tasks cli: main
        fail attempt parser@1
        say manager core 2: memo cli BLOCKER which columns for parser; memo cli BLOCKER which for nothing; retry parser
        ",
        expect![[r#"
            checked attempt 1 at "parser": 0 of 1 criteria hold, not unit
            attempt 1 at "parser" is over: criteria not met
            solid answered the Manager of core and called send_memo, send_memo, retry, for $0.003
            BLOCKER memo from core to cli: which columns, holds up "parser"
            the Manager of cli will be told: memo m0 came
            the Manager of core is told: There is no task "nothing" in your section. Name one of its tasks: "parser".
            memo m0 holds nothing up any more
            attempt 2 at "parser" begins, by mid
            solid answered the worker of attempt 2 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 2 at "parser"
            cli is over: verified
            solid answered the worker of attempt 2 at "parser" and called submit_result, for $0.003
            the worker of attempt 2 at "parser" is told: done
            the worker of attempt 2 at "parser" is gone: finished
            attempt 2 at "parser" claims 1 of 1 criteria
            attempt 2 at "parser" changed 1 files
            checked attempt 2 at "parser": 1 of 1 criteria hold
            attempt 2 at "parser" is over: verified
            the Manager of core is told: back are attempt 2 at "parser"
            core is over: verified
            the run is over: verified and done
            books: $0.063 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_owner_writes_to_the_orchestrator_which_writes_to_managers() {
    check(
        "
        phase core 50, cli 50
        tasks core: parser
        tasks cli: main
        when attempt 1: memo ORCHESTRATOR
        say orchestrator 2: tell core URGENT dates; tell cli BLOCKER dates; tell nobody FYI dates; tell ALL FYI dates
        ",
        expect![[r#"
            the Owner commands: a memo to the Orchestrator
            URGENT memo from the Owner to the Orchestrator
            the Orchestrator will be told: memo m0 came
            grand answered the Orchestrator and called send_memo, send_memo, send_memo, send_memo, for $0.012
            URGENT memo from the Orchestrator to core: dates
            the Manager of core will be told: memo m1 came
            the Orchestrator is told: Nothing blocks you: send it as FYI or URGENT.
            the Orchestrator is told: No other Manager "nobody" is at work. Write to ALL or to one of those at work: "core", "cli".
            FYI memo from the Orchestrator to all: dates
            the Manager of core will be told: memo m2 came
            the Manager of cli will be told: memo m2 came
            grand answered the Orchestrator and called no tool, for $0.012
            core is over: verified
            cli is over: verified
            the run is over: verified and done
            books: $0.078 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn an_orchestrator_that_plans_has_nobody_to_write_to() {
    let lines = play("say orchestrator 1: tell ALL FYI names");
    place(&lines, "No other Manager is at work, so nobody would read it");
}
