use std::fmt::Write;

use super::*;
use crate::fixture;

fn drawn(view: &View) -> String {
    let mut text = format!("{} | {} of {}", view.stage, view.money.spent, view.money.limit);
    if let Some(orchestrator) = &view.orchestrator {
        write!(text, " | {}", orchestrator.words).unwrap();
    }
    text.push('\n');
    for section in view.sections() {
        writeln!(
            text,
            "  {} {}: {} of {}",
            section.name, section.words, section.money.spent, section.money.limit
        )
        .unwrap();
        for task in &section.tasks {
            writeln!(
                text,
                "    {} {} #{} {}: {}",
                task.title, task.seniority, task.attempt, task.words, task.money.spent
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn a_run_is_told_from_its_plan_to_its_end() {
    let mut seen = String::new();
    let mut last = String::new();
    for answers in 0..200 {
        let (run, _) = fixture::play(answers);
        let now = drawn(&View::of(&run));
        if answers % 6 == 0 && now != last {
            writeln!(seen, "after {answers} answers: {now}").unwrap();
        }
        last = now;
        if run.end().is_some() {
            writeln!(seen, "at the end: {last}").unwrap();
            break;
        }
    }
    expect_test::expect_file!["expected.txt"].assert_eq(&seen);
}

#[test]
fn it_reads_as_json_with_exact_amounts() {
    let (run, _) = fixture::play(12);
    let json = serde_json::to_value(View::of(&run)).unwrap();
    assert_eq!(json["money"]["limit_usd"], "10.00");
    assert_eq!(json["run"], "amber-heron");
    assert_eq!(json["phases"][0]["sections"][0]["name"], "Core converter");
}

#[test]
fn counts_are_grouped_by_three() {
    let counts = [0, 999, 1_000, 12_345, 1_234_567];
    assert_eq!(counts.map(grouped), ["0", "999", "1,000", "12,345", "1,234,567"]);
}
