//! Questions in SQL, through the program.

use serde_json::{Value, json};

use crate::Desk;
use crate::crash::relay;

#[test]
fn the_views_are_asked_of_one_run_and_of_all() {
    let desk = Desk::new();
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let ask = |args: &[&str]| {
        let done = desk.trireme(&[&["sql"], args].concat());
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{args:?}");
        done.out
    };
    let steps = "SELECT manager, step, cost FROM steps WHERE cost > 0 ORDER BY checkpoint LIMIT 1";
    let table = ask(&["last", steps]);
    let words: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["manager", "step", "cost"]);
    assert_eq!(words[1][..2], ["orchestrator", "llm_call"], "{table}");
    assert_eq!(ask(&["last", steps, "--table"]), table);

    let failed = "SELECT criterion, verdict, evidence FROM verdicts WHERE verdict = 'fail'";
    let failed: Value = serde_json::from_str(&ask(&["last", failed, "--json"])).unwrap();
    assert_eq!(failed, json!([{"criterion": "count", "verdict": "fail", "evidence": "command"}]));

    let sums = ask(&["SELECT run, sum(cost_nanos) AS nanos FROM costs GROUP BY run", "--csv"]);
    let cost: Value = serde_json::from_str(&desk.trireme(&["cost", "last", "--json"]).out).unwrap();
    assert!(cost.as_array().unwrap().len() > 3, "{cost}");
    let spent: Value = serde_json::from_str(&desk.trireme(&["runs", "--json"]).out).unwrap();
    let usd: f64 = spent[0]["spent_usd"].as_str().unwrap().parse().unwrap();
    let line = format!("{},{}", spent[0]["run"].as_str().unwrap(), (usd * 1e9).round() as u64);
    assert_eq!(sums.lines().collect::<Vec<_>>(), ["run,nanos", &line]);
    assert_eq!(ask(&["VALUES(-1, '=1+1', NULL)", "--csv"]).lines().nth(1), Some("-1,'=1+1,"));
}

#[test]
fn what_can_t_be_asked_says_what_can() {
    let desk = Desk::new();
    for (args, told) in [
        (&["DELETE FROM line"][..], "\"delete\" is refused: only SELECT"),
        (&["SELECT 1; SELECT 2"], "one statement at a time"),
        (&["SELECT * FROM cost"], "views: runs, events, calls, costs"),
        (&["SELECT 1 AS a, 2 AS a", "--json"], "two columns are called \"a\""),
        (&["none", "SELECT 1"], "there is no run \"none\""),
        (&["SELECT 1", "--json", "--csv"], "cannot be used with"),
        (&[], "<SELECT>"),
    ] {
        let done = desk.trireme(&[&["sql"], args].concat());
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{args:?}");
        assert!(done.err.contains(told), "{args:?}: {}", done.err);
    }
}
