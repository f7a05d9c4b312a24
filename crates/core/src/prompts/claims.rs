//! What a worker says of its own result. It is a claim, and told as one: beside what was found, to whoever decides on the
//! result; to tell where to look, to whoever judges it.

use super::documents::{Cut, Document};
use super::report::Text;
use crate::limits::{CLAIM_NOTE_BYTES, CONCLUSION_BYTES, NAMED_AT_MOST};
use crate::run::ask::ResultClaim;
use crate::run::state::{AttemptState, TaskState};
use crate::words::Digest;

/// A claim, and the room that each of its notes has, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Claim<'a> {
    claim: &'a ResultClaim,
    executed: &'a [(String, Option<i32>)],
    commands: &'a [(String, Digest)],
    note_bytes: usize,
}

impl<'a> Claim<'a> {
    /// What an attempt claims, if it came to that.
    pub(super) fn of(state: &'a AttemptState, task: &'a TaskState, note_bytes: usize) -> Option<Self> {
        let (executed, commands) = (state.executed.as_slice(), task.outline.commands.as_slice());
        Some(Self { claim: state.claim.as_ref()?, executed, commands, note_bytes })
    }

    /// How a criterion's own command ended when its worker ran it; nothing where it has none.
    fn ran(self, id: &str) -> String {
        if self.commands.iter().all(|(of, _)| of != id) {
            return String::new();
        }
        match self.executed.iter().find(|(of, _)| of == id) {
            Some((_, Some(exit))) => format!("ran it: exit code {exit}; "),
            Some((_, None)) => "ran it: stopped; ".to_owned(),
            None => "did not run it; ".to_owned(),
        }
    }

    /// What it says of one criterion, and how its worker knows.
    pub(super) fn of_criterion(self, id: &str, text: &mut Text) {
        let claimed = match self.claim.self_check.iter().find(|(criterion, _)| criterion == id) {
            Some((_, Some(true))) => "claimed: met",
            Some((_, Some(false))) => "claimed: not met",
            Some((_, None)) | None => "nothing claimed",
        };
        text.say(format!(" ({}{claimed})", self.ran(id)));
        if let Some((_, blob)) = self.claim.notes.iter().find(|(criterion, _)| criterion == id) {
            text.say(" <note>");
            text.document(Document::Excerpt { blob: *blob, bytes: self.note_bytes, end: Cut::Head });
            text.say("</note>");
        }
    }

    /// Which tests it added, and how many risks it names.
    pub(super) fn of_the_rest(self, text: &mut Text) {
        let ResultClaim { tests_added, risks, .. } = self.claim;
        if !tests_added.is_empty() {
            let named: Vec<_> =
                tests_added.iter().take(NAMED_AT_MOST).map(|path| format!("{path:?}")).collect();
            let more = match tests_added.len() - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            text.say(format!("- tests added, as it says: {}{more}\n", named.join(", ")));
        }
        if *risks > 0 {
            text.say(format!("- open risks that it names: {risks}\n"));
        }
    }

    /// The open risks by themselves.
    pub(super) fn of_risks(self, bytes: usize, text: &mut Text) {
        if let Some(blob) = self.claim.open_risks {
            text.quote("risks", Document::Excerpt { blob, bytes, end: Cut::Head });
        }
    }
}

/// What a Reviewer is told of the author's own words: no conclusion, and only what it judges itself.
pub(super) fn for_reviewer(state: &AttemptState, task: &TaskState, text: &mut Text) {
    let Some(claim) = Claim::of(state, task, CLAIM_NOTE_BYTES) else { return };
    let ResultClaim { tests_added, risks, .. } = claim.claim;
    if task.outline.rubrics.is_empty() && tests_added.is_empty() && *risks == 0 {
        return;
    }
    text.say("\nWhat its author claims. It tells you where to look, and proves nothing:\n");
    for id in &task.outline.rubrics {
        text.say(format!("- {id}:"));
        claim.of_criterion(id, text);
        text.say("\n");
    }
    claim.of_the_rest(text);
    claim.of_risks(CONCLUSION_BYTES, text);
}

/// What a result took from tests that its contract gave it to write: it may have been right to, and somebody has to look.
pub(super) fn weakened(state: &AttemptState, text: &mut Text) {
    let weakened = state.sealed.as_ref().map(|seal| seal.weakened.as_slice()).unwrap_or_default();
    let declared: Vec<_> = weakened.iter().filter(|weakening| weakening.declared).collect();
    if declared.is_empty() {
        return;
    }
    text.say("What it took from tests that are its to write; see whether the goal asks for it:\n");
    for weakening in declared {
        text.say(format!("- {weakening}\n"));
    }
}
