//! What a new attempt is told of the one before: why it is made, and what failed; nothing that its worker said.

use super::documents::Document;
use super::report::{self, Text};
use crate::contract_lint::overlap;
use crate::limits::{EVIDENCE_BYTES, HELD_SHOWN};
use crate::run::Run;
use crate::run::state::{AttemptState, LeftOut, TaskState};
use crate::words::*;

pub(super) fn opening(run: &Run, state: &AttemptState, task: &TaskState, text: &mut Text) {
    if state.number == 1 {
        return;
    }
    text.say(format!(
        "\nThis is attempt {}. You start from the section's present state, not from the files of the attempt before.",
        state.number
    ));
    match state.reason {
        Some(reason) => {
            text.say(" Your Manager says what must be different:\n");
            text.quote("reason", Document::Blob(reason));
        }
        None => text.say("\n"),
    }
    let mut earlier = task.attempts.iter().filter_map(|id| run.attempts().get(*id));
    let Some(before) = earlier.find(|other| other.number + 1 == state.number) else {
        return;
    };
    text.say(format!("\nThe attempt before {}.\n", report::end_of(before, task.outline.kind)));
    failing(&before.findings, text);
    match &before.left_out {
        Some(LeftOut::Conflict(paths)) => {
            let places = paths.join(", ");
            text.say(format!("Yet it did not merge: others had changed the same places of {places}.\n"));
            neighbours(run, (before, state), task, Some(paths), text);
        }
        Some(LeftOut::Breaks(found)) => {
            text.say("Yet merged with what others had made meanwhile, this did not hold any more:\n");
            failing(found, text);
            neighbours(run, (before, state), task, None, text);
        }
        None => {}
    }
}

fn failing(findings: &[Finding], text: &mut Text) {
    let failing: Vec<_> = findings.iter().filter(|finding| finding.verdict != Verdict::Pass).collect();
    let bytes = report::share(EVIDENCE_BYTES * 4, failing.len(), EVIDENCE_BYTES);
    for finding in failing {
        report::finding(finding, None, bytes, text);
    }
}

/// The contracts whose results came into the branch between two attempts, where they may touch one of some files.
fn neighbours(
    run: &Run,
    (before, now): (&AttemptState, &AttemptState),
    task: &TaskState,
    paths: Option<&[String]>,
    text: &mut Text,
) {
    let merged = run.sections().get(task.section).map(|section| section.merged.as_slice());
    let between = merged.unwrap_or_default().iter().take(now.after).skip(before.after);
    let tasks = between.filter_map(|id| run.tasks().get(run.attempts().get(*id)?.task));
    let touching =
        tasks.filter(|task| paths.is_none_or(|paths| overlap(&task.outline.write_set, paths).is_some()));
    let contracts: Vec<_> = touching.map(|task| task.contract).collect();
    if contracts.is_empty() {
        return;
    }
    text.say("What others were asked for is in your files now; make yours fit to it, and undo none of it:\n");
    for contract in contracts.iter().take(HELD_SHOWN) {
        text.document(Document::Neighbour(*contract));
    }
}
