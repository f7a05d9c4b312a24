//! A journal as text, for stories.

use std::collections::BTreeSet;

use trireme_core::Run;
use trireme_core::ledger::Ledger;
use trireme_core::log::LogLine;
use trireme_core::run::Event;
use trireme_core::words::*;

/// What every story has, and none is about.
const USUAL: [&str; 9] = [
    "turn_began",
    "reserved",
    "account_opened",
    "tool_called",
    "agent_spawned",
    "check_began",
    "merge_began",
    "publish_began",
    "retry_began",
];

fn lines(journal: &[(Millis, Event)]) -> Vec<LogLine> {
    let mut run = Run::default();
    let mut lines = Vec::new();
    for (seq, (at, event)) in journal.iter().enumerate() {
        lines.push(LogLine::of(&run, seq as u64, *at, event));
        run.apply(*at, event);
    }
    lines
}

/// Every event in a sentence.
#[must_use]
pub fn details(journal: &[(Millis, Event)]) -> Vec<String> {
    lines(journal).into_iter().map(|line| line.detail).collect()
}

/// How a section or the run ended is always told.
const ALWAYS: [&str; 2] = ["section_ended", "run_ended"];

/// What happened, one line for each event that a story is about, without what happened in the `quiet` world too, and how the
/// books stand at the end.
#[must_use]
pub fn tell(run: &Run, journal: &[(Millis, Event)], quiet: &[(Millis, Event)]) -> String {
    let usual: BTreeSet<String> = details(quiet).iter().map(|line| without_money(line)).collect();
    let is_told = |line: &LogLine| {
        let kind = line.event_type.as_str();
        !USUAL.contains(&kind) && (ALWAYS.contains(&kind) || !usual.contains(&without_money(&line.detail)))
    };
    let mut text: String =
        lines(journal).into_iter().filter(is_told).map(|line| line.detail + "\n").collect();
    let root = run.ledger().get(Ledger::RUN).unwrap();
    let total = run.ledger().limit(Ledger::RUN);
    text += &format!("books: {} spent, {} promised, of {total}", root.spent, root.reserved);
    text
}

fn without_money(line: &str) -> String {
    line.split(' ').filter(|word| !word.starts_with('$')).collect::<Vec<_>>().join(" ")
}
