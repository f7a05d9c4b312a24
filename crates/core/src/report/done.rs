//! Criteria: what was to be true, what was claimed, what was found, and by what.

use serde::Serialize;

use super::Documents;
use crate::run::Run;
use crate::run::state::{AttemptState, SectionState, TaskState};
use crate::words::*;

/// One criterion with what was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CriterionReport {
    /// Its id.
    pub id: String,
    /// What must be true, where the document is at hand.
    pub text: Option<String>,
    /// How the criterion's own command ended when the worker ran it last; none where it did not.
    pub executed: Option<Executed>,
    /// Whether the worker said that it is met; none where nobody was asked, or it could not tell.
    pub claimed: Option<bool>,
    /// How the worker says that it knows.
    pub note: Option<String>,
    /// What was found.
    pub found: Found,
    /// Whether the same check passed before the work too, so that it proves nothing; none where that was not tried.
    pub was_green: Option<bool>,
    /// What that stands on, in a sentence.
    pub evidence: String,
    /// The output or the review that it stands on.
    pub payload_ref: Option<BlobRef>,
}

/// A command as its worker ran it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Executed {
    /// Its exit code; none where a signal or its time limit ended it.
    pub exit: Option<i32>,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Found {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// Nobody could tell.
    Unverifiable,
    /// Nobody looked: it never came to that.
    Unchecked,
}

impl Found {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unverifiable => "unverifiable",
            Self::Unchecked => "unchecked",
        }
    }
}

impl From<Verdict> for Found {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Unverifiable => Self::Unverifiable,
        }
    }
}

/// The plan's criteria; without the plan's document, those that were checked.
pub(super) fn of_plan(run: &Run, documents: &Documents) -> Vec<CriterionReport> {
    match &documents.plan {
        Some(plan) => {
            let one = |criterion: &Criterion| {
                report(&criterion.id, Some(&criterion.text), None, run.findings(), documents)
            };
            plan.definition_of_done.iter().map(one).collect()
        }
        None => {
            let one = |finding: &Finding| report(&finding.criterion, None, None, run.findings(), documents);
            run.findings().iter().map(one).collect()
        }
    }
}

/// A section's criteria. One that replaces another is not in the plan's document, so its texts are not at hand.
pub(super) fn of_section(run: &Run, state: &SectionState, documents: &Documents) -> Vec<CriterionReport> {
    let in_plan = run.plan().is_some_and(|plan| plan.plan == state.plan);
    let plan = documents.plan.as_ref().filter(|_| in_plan);
    let section = plan.and_then(|plan| plan.sections().nth(usize::from(state.outline.place)));
    let text = |id: &str| {
        let criteria = &section?.1.definition_of_done;
        Some(criteria.iter().find(|criterion| criterion.id == id)?.text.as_str())
    };
    let claimed = state.reporting.map(|(done, _)| done);
    let ids = state.outline.criteria.iter();
    ids.map(|id| report(id, text(id), claimed, &state.findings, documents)).collect()
}

/// A task's criteria, as its last attempt left them.
pub(super) fn of_task(
    task: &TaskState,
    last: Option<&AttemptState>,
    documents: &Documents,
) -> Vec<CriterionReport> {
    let claim = last.and_then(|attempt| attempt.claim.as_ref());
    let claimed = |id: &str| claim?.self_check.iter().find(|(claimed, _)| claimed == id)?.1;
    let findings = last.map(|attempt| attempt.findings.as_slice()).unwrap_or_default();
    let note = |id: &str| claim?.notes.iter().find_map(|(noted, text)| (noted == id).then_some(*text));
    let executed = last.map(|attempt| attempt.executed.as_slice()).unwrap_or_default();
    let executed = |id: &str| {
        let (_, exit) = executed.iter().find(|(ran, _)| ran == id)?;
        Some(Executed { exit: *exit })
    };
    let ids = task.outline.executable.iter().map(String::as_str).chain(task.outline.judged());
    let one = |id: &str| CriterionReport {
        executed: executed(id),
        note: documents.text(note(id)),
        ..report(id, None, claimed(id), findings, documents)
    };
    ids.map(one).collect()
}

/// The addresses of what Reviewers wrote.
pub(super) fn reviews(findings: &[Finding]) -> impl Iterator<Item = BlobRef> {
    findings.iter().filter_map(|finding| match &finding.evidence {
        Evidence::Review { text } => Some(*text),
        Evidence::Command { .. } | Evidence::Http { .. } | Evidence::Tree { .. } | Evidence::None { .. } => {
            None
        }
    })
}

fn report(
    id: &str,
    text: Option<&str>,
    claimed: Option<bool>,
    findings: &[Finding],
    documents: &Documents,
) -> CriterionReport {
    let finding = findings.iter().find(|finding| finding.criterion == id);
    let (evidence, payload_ref) = finding
        .map_or_else(|| ("it never came to that".to_owned(), None), |finding| told(finding, documents));
    CriterionReport {
        id: id.to_owned(),
        text: text.map(str::to_owned),
        executed: None,
        claimed,
        note: None,
        found: finding.map_or(Found::Unchecked, |finding| finding.verdict.into()),
        was_green: finding.and_then(|finding| Some(finding.before? == Verdict::Pass)),
        evidence,
        payload_ref,
    }
}

fn told(finding: &Finding, documents: &Documents) -> (String, Option<BlobRef>) {
    let (words, payload) = found_by(finding, documents);
    let words = if finding.proves_nothing() {
        format!("{words}; it passed before the work too, and proves nothing")
    } else {
        words
    };
    (words, payload)
}

fn found_by(finding: &Finding, documents: &Documents) -> (String, Option<BlobRef>) {
    match &finding.evidence {
        Evidence::Command { exit, output, took_ms, runs, .. } => {
            let exit = exit.map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"));
            let times = if *runs > 1 { format!(", the last of {runs} runs") } else { String::new() };
            let doubted = match finding.commands_ms.saturating_sub(*took_ms) {
                0 => String::new(),
                more => format!("; to doubt it took {} more", super::layout::duration(more)),
            };
            (format!("{exit} after {}{times}{doubted}", super::layout::duration(*took_ms)), Some(*output))
        }
        Evidence::Http { status, output, took_ms, .. } => {
            let status = status.map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"));
            (format!("{status} after {}", super::layout::duration(*took_ms)), Some(*output))
        }
        Evidence::Tree { seen, .. } => ("the engine looked at the tree".to_owned(), *seen),
        Evidence::Review { text } => {
            let words = documents.texts.get(text).cloned();
            (words.unwrap_or_else(|| "a Reviewer judged".to_owned()), Some(*text))
        }
        Evidence::None { reason } => (reason.clone(), None),
    }
}
