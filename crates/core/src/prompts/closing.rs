//! What the Orchestrator is told at the end: how every section ended, within the same room however many there were.

use super::documents::{Cut, Document};
use super::report::{self, Text};
use crate::limits::{CLOSING_BYTES, CONCLUSION_BYTES, EVIDENCE_BYTES, LINE_BYTES, SECTIONS_TOLD};
use crate::run::Run;
use crate::run::event::{Notice, SectionEnd};
use crate::run::state::{SectionState, TaskStage};
use crate::words::*;

type Section<'a> = (SectionId, &'a SectionState);

/// How everything ended, and the request for the last report.
pub(super) fn closing(run: &Run, text: &mut Text) {
    text.say("All work is over. How each section ended:\n");
    let all: Vec<_> = run.sections().iter().collect();
    // Where there are too many, those that are as they should be are named only.
    let is_told = |(_, state): &Section<'_>| all.len() <= SECTIONS_TOLD || !is_well(state);
    let told: Vec<_> = all.iter().copied().filter(is_told).collect();
    let bytes = report::share(CLOSING_BYTES, told.len(), CONCLUSION_BYTES);
    told.iter().take(SECTIONS_TOLD).for_each(|section| section_closed(run, *section, bytes, text));
    let others: Vec<_> = all.iter().copied().filter(|section| !is_told(section)).collect();
    named("verified", &others, text);
    named("not verified either", told.get(SECTIONS_TOLD..).unwrap_or_default(), text);
    if !run.findings().is_empty() {
        text.say("\nThe plan's definition of done, checked on the merged result:\n");
    }
    for finding in run.findings() {
        let bytes = report::share(CLOSING_BYTES, run.findings().len(), EVIDENCE_BYTES / 4);
        report::finding(finding, None, bytes, text);
    }
    text.say("\nWrite the Owner your last word with report.\n");
}

fn is_well(state: &SectionState) -> bool {
    state.end == Some(SectionEnd::Verified) && !state.withdrawn
}

/// Sections by their names, as many as a few lines take.
fn named(how: &str, sections: &[Section<'_>], text: &mut Text) {
    if sections.is_empty() {
        return;
    }
    text.say(format!("- {} sections more, {how}:", sections.len()));
    let mut left = LINE_BYTES * 4;
    for (place, (_, state)) in sections.iter().enumerate() {
        let name = &state.outline.name;
        if name.len() > left {
            return text.say(format!(" and {} others.\n", sections.len() - place));
        }
        left -= name.len();
        text.say(format!("{} {name}", if place == 0 { "" } else { "," }));
    }
    text.say(".\n");
}

fn section_closed(run: &Run, (id, state): Section<'_>, bytes: usize, text: &mut Text) {
    let tasks = state.tasks.iter().filter_map(|id| run.tasks().get(*id));
    let merged = tasks.filter(|task| task.stage == TaskStage::Merged).count();
    let spent =
        state.account.and_then(|id| run.ledger().get(id)).map_or(Money::ZERO, |account| account.spent);
    let limit = last_limit(run, state).map(|limit| format!(" of {limit}")).unwrap_or_default();
    let end =
        if state.withdrawn { "does not merge with the others, and was left out" } else { ended(state.end) };
    let (name, all) = (&state.outline.name, state.tasks.len());
    text.say(format!(
        "- {name}: {end}; {spent}{limit} spent, {merged} of {all} tasks merged.{}\n",
        others(run, id)
    ));
    if let Some(blob) = state.conclusion {
        text.quote("conclusion", Document::Excerpt { blob, bytes, end: Cut::Head });
    }
}

/// Who came in its place.
fn others(run: &Run, section: SectionId) -> String {
    let others = run.sections().iter().filter(|(_, state)| state.replaces == Some(section));
    let named: Vec<_> = others.map(|(_, state)| format!("{:?}", state.outline.name)).collect();
    if named.is_empty() { String::new() } else { format!(" In its place came {}.", named.join(", ")) }
}

/// What the Manager had when it was last told: its account gave the rest back when it closed.
fn last_limit(run: &Run, state: &SectionState) -> Option<Money> {
    let manager = run.agents().get(state.manager?)?;
    let notices = manager.turns.iter().rev().flat_map(|turn| &turn.notices);
    notices
        .filter_map(|notice| if let Notice::Purse { limit, .. } = notice { Some(*limit) } else { None })
        .next()
}

pub(super) const fn ended(end: Option<SectionEnd>) -> &'static str {
    match end {
        Some(SectionEnd::Verified) => "verified",
        Some(SectionEnd::Unverified) => "came back, but not everything holds",
        Some(SectionEnd::BudgetExhausted) => "ran out of money",
        Some(SectionEnd::TooLarge) => "was given back as too large",
        Some(SectionEnd::NotStarted) => "did not start, because the run closed before",
        Some(SectionEnd::NeedsMissing) => "did not start, because files that it needs are missing",
        Some(SectionEnd::Failed) => "failed: its Manager could not go on",
        Some(SectionEnd::Killed) => "was stopped by the Owner",
        None => "did not start",
    }
}
