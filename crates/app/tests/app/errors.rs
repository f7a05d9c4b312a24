//! Every failure says what is wrong and what to type next, on stderr, and leaves stdout empty.

use crate::Desk;
use expect_test::{Expect, expect};

fn check(desk: &Desk, args: &[&str], expected: &Expect) {
    let done = desk.trireme(args);
    assert_eq!(done.code, 2, "{args:?}: {}", done.err);
    assert_eq!(done.out, "", "{args:?}");
    let home = desk.path().canonicalize().unwrap();
    let err = done.err.replace(&home.display().to_string(), "HOME");
    expected.assert_eq(&err.replace(&desk.path().display().to_string(), "HOME"));
}

#[test]
fn a_run_needs_an_intent_and_an_amount() {
    let desk = Desk::new();
    check(
        &desk,
        &["run"],
        &expect![[r#"
        error: there is no intent: say what you want
          try: trireme run "Add CSV export to the reports page." --budget 10
    "#]],
    );
    check(
        &desk,
        &["run", " ", "--budget", "10"],
        &expect![[r#"
        error: there is no intent: say what you want
          try: trireme run "Add CSV export to the reports page." --budget 10
    "#]],
    );
    check(
        &desk,
        &["run", "Add tests."],
        &expect![[r#"
        error: there is no budget: say how much it may cost at most, in dollars
          try: trireme run "…" --budget 10
    "#]],
    );
    check(
        &desk,
        &["run", "Add tests.", "--budget", "-5"],
        &expect![[r#"
        error: "-5" is not an amount in dollars; write it like 10 or 2.50
          try: write dollars, like 10 or 2.50
    "#]],
    );
    check(
        &desk,
        &["run", "Add tests.", "--budget", "0"],
        &expect![[r#"
        error: a budget of $0.00 buys nothing
          try: --budget 10
    "#]],
    );
    check(
        &desk,
        &["run", "Add tests.", "--budget", "99999999"],
        &expect![[r#"
        error: "99999999" is more than $1000000.00, the most that one run may have
          try: write dollars, like 10 or 2.50
    "#]],
    );
    check(
        &desk,
        &["run", "Add tests.", "--budget", "10", "--reserve", "101"],
        &expect![[r#"
        error: "101" is no percentage; a reserve is from 0 to 100, at most two decimals
          try: --reserve 10
    "#]],
    );
    check(
        &desk,
        &["run", "Add tests.", "--budget", "10"],
        &expect![[r#"
        error: no provider can be called: ANTHROPIC_API_KEY is not set
          try: export ANTHROPIC_API_KEY=…
          try: trireme run --scenario examples/csv-to-json   (needs no key and costs nothing)
    "#]],
    );
}

#[test]
fn a_plan_that_can_t_be_read_is_named_with_its_line() {
    let desk = Desk::new();
    desk.file("here/plan.toml", "goal = \"g\"\nconstraints = []\napproch = \"a\"\n");
    desk.file("here/plan.json", "{\n  \"goal\": 1\n}");
    desk.file(
        "here/thin.json",
        r#"{"goal":"g","constraints":["c"],"approach":"a","definition_of_done":[],"phases":[]}"#,
    );
    let run = |file: &'static str| ["run", "Add tests.", "--budget", "10", "--plan", file];
    check(
        &desk,
        &run("plan.toml"),
        &expect![[r#"
        error: HOME/here/plan.toml:3: unknown field `approch`, expected one of `goal`, `constraints`, `approach`, `definition_of_done`, `decisions`, `phases`
          try: mend that line and run again
    "#]],
    );
    check(
        &desk,
        &run("plan.json"),
        &expect![[r#"
        error: HOME/here/plan.json:2: invalid type: integer `1`, expected a string at line 2 column 11
          try: mend that line and run again
    "#]],
    );
    check(
        &desk,
        &run("thin.json"),
        &expect![[r#"
        error: the plan HOME/here/thin.json has faults:
          - the plan needs 1 to 50 criteria: without one nobody can tell that it is done
          - every phase needs at least one section
          - budget_pct of all sections adds up to 0.00, not to 100; change the shares
          try: mend them and run again
    "#]],
    );
    check(
        &desk,
        &run("none.toml"),
        &expect![[r#"
        error: the plan HOME/here/none.toml can't be read: No such file or directory (os error 2)
          try: trireme plan "…" --budget USD -o plan.toml   (writes one)
    "#]],
    );
}

#[test]
fn a_configuration_that_nobody_knows_is_named_with_its_line() {
    let desk = Desk::new();
    desk.file("here/trireme.toml", "[budget]\nreserve_pct = 10\nreserve = 5\n");
    check(
        &desk,
        &["runs"],
        &expect![[r#"
            error: HOME/here/trireme.toml:3: unknown field `reserve`, expected `reserve_pct`
              try: mend that line; known are [providers.NAME], [models."NAME"], [seniority], [pins], [families], [limits], [sandbox], [scope], [budget] with reserve_pct, [stakes] with above_usd and paths, [setup.NAME] with run, keys and paths, [mcp.NAME] with command and args or url, [log] with key_env, key_file or key_keyring, [redaction] with patterns, and [[retention]]
        "#]],
    );
    desk.file("here/trireme.toml", "[seniority]\nboss = [\"m\"]\n");
    check(
        &desk,
        &["runs"],
        &expect![[r#"
            error: HOME/here/trireme.toml:2: unknown variant `boss`, expected one of `intern`, `junior`, `mid`, `senior`, `staff`, `principal`
              try: mend that line; known are [providers.NAME], [models."NAME"], [seniority], [pins], [families], [limits], [sandbox], [scope], [budget] with reserve_pct, [stakes] with above_usd and paths, [setup.NAME] with run, keys and paths, [mcp.NAME] with command and args or url, [log] with key_env, key_file or key_keyring, [redaction] with patterns, and [[retention]]
        "#]],
    );
    desk.file("here/trireme.toml", "[limits]\nattempt_s = 0\n");
    check(
        &desk,
        &["runs"],
        &expect![[r#"
            error: HOME/here/trireme.toml:2: invalid value: integer `0`, expected a nonzero u32
              try: mend that line; known are [providers.NAME], [models."NAME"], [seniority], [pins], [families], [limits], [sandbox], [scope], [budget] with reserve_pct, [stakes] with above_usd and paths, [setup.NAME] with run, keys and paths, [mcp.NAME] with command and args or url, [log] with key_env, key_file or key_keyring, [redaction] with patterns, and [[retention]]
        "#]],
    );
    desk.file("here/trireme.toml", "");
    desk.file(".config/trireme/config.toml", "colour = true\n");
    check(
        &desk,
        &["runs"],
        &expect![[r#"
            error: HOME/.config/trireme/config.toml:1: unknown field `colour`, expected one of `providers`, `models`, `seniority`, `pins`, `families`, `budget`, `limits`, `stakes`, `setup`, `mcp`, `sandbox`, `scope`, `log`, `redaction`, `retention`
              try: mend that line; known are [providers.NAME], [models."NAME"], [seniority], [pins], [families], [limits], [sandbox], [scope], [budget] with reserve_pct, [stakes] with above_usd and paths, [setup.NAME] with run, keys and paths, [mcp.NAME] with command and args or url, [log] with key_env, key_file or key_keyring, [redaction] with patterns, and [[retention]]
        "#]],
    );
    std::fs::remove_file(desk.path().join(".config/trireme/config.toml")).unwrap();
    check(
        &desk,
        &["runs", "--config", "none.toml"],
        &expect![[r#"
            error: HOME/here/none.toml can't be read: No such file or directory (os error 2)
              try: name a file that is there: --config FILE
        "#]],
    );
}

#[test]
fn a_run_that_is_not_there_is_named() {
    let desk = Desk::new();
    for args in [
        vec!["show", "nobody"],
        vec!["watch", "nobody"],
        vec!["log", "nobody"],
        vec!["cost", "nobody"],
        vec!["report", "nobody"],
        vec!["approve", "nobody"],
        vec!["kill", "nobody"],
        vec!["resume", "nobody"],
    ] {
        let done = desk.trireme(&args);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{args:?}");
        assert!(
            done.err.contains("there is no run \"nobody\"") && done.err.contains("try: trireme"),
            "{}",
            done.err
        );
    }
}
