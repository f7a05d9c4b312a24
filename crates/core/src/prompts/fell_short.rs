//! What the Orchestrator is told of a section without which its phase would end.

use super::closing::ended;
use super::documents::{Cut, Document};
use super::report::{self, Text};
use super::told::{Room, section_in_full};
use crate::limits::NAMED_AT_MOST;
use crate::run::Run;
use crate::run::state::{SectionState, TaskStage};
use crate::words::*;

/// How it ended, what was found, what was planned, what there is to go on with, and what to call.
pub(super) fn told(run: &Run, section: SectionId, room: &Room, text: &mut Text) {
    let Some(state) = run.sections().get(section) else { return };
    let (name, bytes) = (&state.outline.name, room.reason);
    if state.withdrawn {
        text.say(format!(
            "Section {name:?} did not come together with the others of its phase, and was left out.\n"
        ));
        joined(state, bytes, text);
    } else {
        text.say(format!("Section {name:?} {}.\n", ended(state.end)));
        found(&state.findings, bytes, text);
        state.missing.iter().take(NAMED_AT_MOST).for_each(|path| {
            text.say(format!("- the file {path} must be there, and is not\n"));
        });
    }
    if let Some(blob) = state.conclusion {
        text.say("Its Manager said:\n");
        text.quote("conclusion", Document::Excerpt { blob, bytes, end: Cut::Head });
    }
    section_in_full(run, section, room, text);
    let tasks = state.tasks.iter().filter_map(|id| run.tasks().get(*id));
    let merged = tasks.filter(|task| task.stage == TaskStage::Merged).count();
    let rest =
        if state.withdrawn { "; nothing of it is in the phase" } else { "; what is merged is in the phase" };
    text.say(format!(
        "- its progress: {merged} of {} tasks merged{rest}\n- it has {} left, and your reserve has {} free with that\n",
        state.tasks.len(),
        state.surplus,
        run.ledger().free(crate::ledger::Ledger::RESERVE)
    ));
    text.say(
        "Put other sections in its place with replan, or drop it with an empty list: then its phase fails, and the run \
         closes after it.\n",
    );
}

/// Why it does not go with the others.
fn joined(state: &SectionState, bytes: usize, text: &mut Text) {
    if state.conflict.is_empty() {
        text.say("Merged with them, the engine found:\n");
        return found(&state.joined_findings, bytes, text);
    }
    let named: Vec<_> = state.conflict.iter().take(NAMED_AT_MOST).map(String::as_str).collect();
    text.say(format!("It changed the same places as they did: {}.\n", named.join(", ")));
}

/// What does not hold.
fn found(findings: &[Finding], bytes: usize, text: &mut Text) {
    let failing: Vec<_> =
        findings.iter().filter(|one| one.verdict != Verdict::Pass).take(NAMED_AT_MOST).collect();
    let bytes = report::share(bytes, failing.len(), bytes);
    failing.into_iter().for_each(|one| report::finding(one, None, bytes, text));
}
