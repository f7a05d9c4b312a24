//! What a worker says of its own result. It is a claim, and told as one: beside what was found, to whoever decides on the
//! result; to tell where to look, to whoever judges it.

use super::documents::{Cut, Document};
use super::report::Text;
use crate::limits::{CLAIM_NOTE_BYTES, CONCLUSION_BYTES, NAMED_AT_MOST};
use crate::run::ask::ResultClaim;
use crate::run::state::{AttemptState, TaskState};

/// A claim, and the room that each of its notes has, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) claim: &'a ResultClaim,
    pub(super) note_bytes: usize,
}

impl Claim<'_> {
    /// What it says of one criterion, and how its worker knows.
    pub(super) fn of_criterion(self, id: &str, text: &mut Text) {
        text.say(match self.claim.self_check.iter().find(|(criterion, _)| criterion == id) {
            Some((_, true)) => " (claimed: met)",
            Some((_, false)) => " (claimed: not met)",
            None => " (nothing claimed)",
        });
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
    let Some(claim) = &state.claim else { return };
    if task.outline.rubrics.is_empty() && claim.tests_added.is_empty() && claim.risks == 0 {
        return;
    }
    let claim = Claim { claim, note_bytes: CLAIM_NOTE_BYTES };
    text.say("\nWhat its author claims. It tells you where to look, and proves nothing:\n");
    for id in &task.outline.rubrics {
        text.say(format!("- {id}:"));
        claim.of_criterion(id, text);
        text.say("\n");
    }
    claim.of_the_rest(text);
    claim.of_risks(CONCLUSION_BYTES, text);
}
