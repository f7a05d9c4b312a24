//! What an agent is told in answer to a control tool.

use super::claims::{self, Claim};
use super::counsel;
use super::documents::{Cut, Document, Part};
use super::stalled;
use crate::limits::{
    ANSWER_BYTES, ANSWER_SHARE_BYTES, CLAIM_NOTE_BYTES, CONCLUSION_BYTES, EVIDENCE_BYTES, REPORT_REPAIRS,
};
use crate::run::Run;
use crate::run::event::{AgentEnd, Answer, AttemptEnd};
use crate::run::state::AttemptState;
use crate::words::*;

/// Parts under way.
#[derive(Default)]
pub(super) struct Text {
    pub(super) parts: Vec<Part>,
}

impl Text {
    /// Goes on with a text.
    pub(super) fn say(&mut self, text: impl AsRef<str>) {
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text.as_ref()),
            _ => self.parts.push(Part::Text(text.as_ref().to_owned())),
        }
    }

    /// Goes on with a document.
    pub(super) fn document(&mut self, document: Document) {
        self.parts.push(Part::Document(document));
    }

    /// A document between tags: other models' words, set apart from ours.
    pub(super) fn quote(&mut self, tag: &str, document: Document) {
        self.say(format!("<{tag}>\n"));
        self.document(document);
        self.say(format!("\n</{tag}>\n"));
    }
}

/// An equal share of so many bytes, within what one part may take.
pub(super) fn share(bytes: usize, parts: usize, most: usize) -> usize {
    (bytes / parts.max(1)).clamp(ANSWER_SHARE_BYTES.min(most), most)
}

/// The answer in words, and whether it says that what was asked for happened.
pub(super) fn answer(run: &Run, answer: &Answer) -> (bool, Vec<Part>) {
    let mut text = Text::default();
    let ok = match answer {
        Answer::Taken
        | Answer::PlanApproved
        | Answer::PlanEdited { .. }
        | Answer::Attempts { .. }
        | Answer::Merged { .. }
        | Answer::Owner { .. }
        | Answer::Opinion { .. }
        | Answer::Budget { .. } => true,
        Answer::PlanFaulty { .. }
        | Answer::PlanSentBack { .. }
        | Answer::ContractsFaulty { .. }
        | Answer::Conflict { .. }
        | Answer::BrokenByMerge { .. }
        | Answer::NotDone { .. }
        | Answer::Refused { .. } => false,
    };
    say(run, answer, &mut text);
    if text.parts.is_empty() {
        text.say("There is nothing to tell.");
    }
    (ok, text.parts)
}

fn say(run: &Run, answer: &Answer, text: &mut Text) {
    match answer {
        Answer::Taken => text.say("Taken."),
        Answer::PlanApproved => text
            .say("The plan is approved, and its Managers are at work. You will be told when you are needed."),
        Answer::PlanEdited { plan } => {
            text.say("The Owner changed the plan and approved it; its Managers are at work. This is the plan that holds:\n");
            text.quote("plan", Document::Plan(*plan));
            text.say("You will be told when you are needed.");
        }
        Answer::PlanSentBack { text: words, plan } => sent_back(*words, *plan, text),
        Answer::PlanFaulty { faults } => {
            text.say("Nothing was taken. Mend every one of these faults, then hand in the whole again:\n");
            faults.iter().for_each(|fault| text.say(format!("- {fault}\n")));
        }
        Answer::ContractsFaulty { faults } => {
            text.say("No worker was started. Mend every one of these faults, then call again with all contracts:\n");
            faults.iter().for_each(|(title, fault)| text.say(fault_line(title, fault)));
        }
        Answer::Attempts { attempts } => back(run, attempts, text),
        Answer::Merged { task } => {
            text.say(format!("{} is merged into the section's branch.", title_of(run, *task)));
        }
        Answer::Conflict { task, paths } => conflict(&title_of(run, *task), paths, text),
        Answer::BrokenByMerge { attempt, findings } => {
            let title = run.attempts().get(*attempt).map(|attempt| title_of(run, attempt.task));
            let title = title.unwrap_or_default();
            text.say(format!("{title} holds alone, but not together with what was merged since:\n"));
            all_findings(findings, text);
            text.say("It was left out. Retry it: a new attempt starts from the section's present state. Or cut it.");
        }
        Answer::NotDone { findings, missing } => not_done(findings, missing, text),
        Answer::Owner { text: Some(words) } => {
            text.say("The Owner answers:\n");
            text.quote("answer", Document::Blob(*words));
        }
        Answer::Owner { text: None } => {
            text.say("The Owner did not answer in time. Decide it yourself, and put the question into decisions with your reason.");
        }
        Answer::Budget { request, granted, reason } => budget(run, *request, *granted, *reason, text),
        Answer::Opinion { opinion } => counsel::told(run, *opinion, text),
        Answer::Refused { why, .. } => text.say(why),
    }
}

fn sent_back(words: BlobRef, plan: Option<BlobRef>, text: &mut Text) {
    text.say("The Owner does not approve it yet, and says:\n");
    text.quote("owner", Document::Blob(words));
    if let Some(plan) = plan {
        text.say("The Owner had changed the plan by hand before; keep these changes where the words above don't speak against it. This is the plan as it stood then, in the form that submit_plan takes:\n");
        text.quote("plan", Document::Plan(plan));
    }
    text.say("Submit the whole plan again, with that done. What is not spoken of stays as it is.");
}

fn fault_line(title: &str, fault: &str) -> String {
    if title.is_empty() { format!("- {fault}\n") } else { format!("- {title:?}: {fault}\n") }
}

pub(super) fn title_of(run: &Run, task: TaskId) -> String {
    run.tasks().get(task).map(|task| format!("{:?}", task.outline.title)).unwrap_or_default()
}

fn conflict(title: &str, paths: &[String], text: &mut Text) {
    if paths.is_empty() {
        text.say(format!("{title} could not be merged or checked on this machine."));
    } else {
        text.say(format!("{title} does not merge: others changed the same places of {}.", paths.join(", ")));
    }
    text.say(" It was left out. Retry it: a new attempt starts from the section's present state. Or cut it.");
}

fn not_done(findings: &[Finding], missing: &[String], text: &mut Text) {
    text.say("Not done yet. On your section's branch the engine found:\n");
    all_findings(findings, text);
    for path in missing {
        text.say(format!("- the file {path} must be there, and is not\n"));
    }
    text.say(format!(
        "Have it mended, then report again; report number {} that does not hold ends your section as not verified. Where no more can be reached, report partial.",
        REPORT_REPAIRS + 1
    ));
}

fn budget(run: &Run, request: RequestId, granted: Money, reason: Option<BlobRef>, text: &mut Text) {
    let asked = run.requests().get(request).map_or(granted, |state| state.amount);
    match (granted.is_zero(), granted < asked) {
        (true, _) => {
            text.say("Denied: you get no more money. Go on with cheaper models, or cut what can be spared.\n")
        }
        (false, true) => text.say(format!(
            "Granted in part: {granted} of the {asked} that you asked for. Cut what that does not pay for.\n"
        )),
        (false, false) => text.say(format!("Granted: {granted}.\n")),
    }
    match reason {
        Some(reason) => text.quote("reason", Document::Blob(reason)),
        None if granted.is_zero() => {
            text.say("Nobody gave a reason: the decision did not come in time, or the Owner made it.\n")
        }
        None => {}
    }
}

/// Attempts that came back: what was claimed, what was found, and what to do next.
fn back(run: &Run, attempts: &[AttemptId], text: &mut Text) {
    let states = attempts.iter().filter_map(|id| run.attempts().get(*id));
    let failing =
        states.clone().flat_map(|state| &state.findings).filter(|finding| finding.verdict != Verdict::Pass);
    let notes = states.clone().filter_map(|state| state.claim.as_ref()).map(|claim| claim.notes.len()).sum();
    let bytes = Sizes {
        evidence: share(ANSWER_BYTES, failing.count(), EVIDENCE_BYTES),
        conclusion: share(ANSWER_BYTES, attempts.len(), CONCLUSION_BYTES),
        note: share(ANSWER_BYTES, notes, CLAIM_NOTE_BYTES),
    };
    for (place, state) in states.enumerate() {
        if place > 0 {
            text.say("\n");
        }
        one_back(run, state, &bytes, text);
    }
}

/// How much room one part of an answer has, in bytes.
struct Sizes {
    evidence: usize,
    conclusion: usize,
    note: usize,
}

fn one_back(run: &Run, state: &AttemptState, bytes: &Sizes, text: &mut Text) {
    let Some(task) = run.tasks().get(state.task) else { return };
    let agents =
        || [state.worker, state.reviewer].into_iter().flatten().filter_map(|id| run.agents().get(id));
    let model = agents().find_map(|agent| agent.model.as_deref()).unwrap_or("no model answered");
    let spent: Money = agents().map(|agent| agent.spent).sum();
    let (title, number, seniority) = (&task.outline.title, state.number, state.seniority);
    text.say(format!(
        "{title:?}, attempt {number} ({seniority}, {model}, {spent}): {}.\n",
        end_of(state, task.outline.kind)
    ));
    if let Some(AttemptEnd::ContractDefect { missing }) = &state.end {
        text.quote("missing", Document::Blob(*missing));
    }
    if matches!(state.end, Some(AttemptEnd::Abandoned { end: AgentEnd::NoProgress | AgentEnd::Late })) {
        stalled::last_thing(run, state, text);
    }
    let claim = Claim::of(state, task, bytes.note);
    for one in &state.findings {
        match task.outline.kind {
            TaskKind::Review => judgement(one, bytes.evidence, text),
            TaskKind::Build | TaskKind::Post => finding(one, claim, bytes.evidence, text),
        }
    }
    if let Some(claim) = claim {
        claim.of_the_rest(text);
        // They stand at the end of the conclusion, which may be cut there.
        if bytes.conclusion < CONCLUSION_BYTES {
            claim.of_risks(bytes.conclusion, text);
        }
    }
    claims::weakened(state, text);
    let conclusions =
        [("conclusion", state.claim.as_ref().map(|claim| claim.conclusion)), ("review", state.review)];
    for (tag, blob) in conclusions {
        if let Some(blob) = blob {
            text.quote(tag, Document::Excerpt { blob, bytes: bytes.conclusion, end: Cut::Head });
        }
    }
    if proves_nothing(state) {
        text.say(
            "No criterion failed before the work, so nothing here shows that it was done: have it reviewed, or let a task with a \
             criterion that fails without it take its place.\n",
        );
    }
    text.say(next(state, task.outline.kind));
}

/// Whether all that a machine told of a result was so before it.
fn proves_nothing(state: &AttemptState) -> bool {
    let told =
        || state.findings.iter().filter(|finding| !matches!(finding.evidence, Evidence::Review { .. }));
    state.end == Some(AttemptEnd::Verified)
        && told().any(Finding::proves_nothing)
        && told().all(|finding| finding.proves_nothing() || finding.before.is_none())
}

/// What to do about an attempt that is back.
const fn next(state: &AttemptState, kind: TaskKind) -> &'static str {
    match (&state.end, kind) {
        (Some(AttemptEnd::Verified), TaskKind::Build | TaskKind::Post) => {
            "Next: accept it, or retry it where it is not what you need.\n"
        }
        (Some(AttemptEnd::Verified), TaskKind::Review) => "Next: act on it; there is nothing to accept.\n",
        (Some(AttemptEnd::ContractDefect { .. }), _) => {
            "Next: cut it, and spawn a task with a better contract under another title; or retry it where your reason can give what is missing.\n"
        }
        _ => {
            "Next: retry it with what must be different, with a higher seniority where the model was the problem; or cut it.\n"
        }
    }
}

/// How an attempt ended, as the rest of a sentence.
pub(super) fn end_of(state: &AttemptState, kind: TaskKind) -> String {
    match &state.end {
        Some(AttemptEnd::Verified) if kind == TaskKind::Review => "the review is done".to_owned(),
        Some(AttemptEnd::Verified) => "passed the seam check: every criterion holds".to_owned(),
        Some(AttemptEnd::Unmet) => {
            let failing = state.findings.iter().filter(|finding| finding.verdict != Verdict::Pass);
            let failing: Vec<_> = failing.map(|finding| finding.criterion.as_str()).collect();
            match failing.is_empty() {
                true => "did not pass the seam check: not every criterion could be checked".to_owned(),
                false => format!("did not pass the seam check: {} not met", failing.join(", ")),
            }
        }
        Some(AttemptEnd::OutsideWriteSet { paths }) => {
            format!("was rejected: it changed what its contract does not allow: {}", paths.join(", "))
        }
        Some(AttemptEnd::NoChange) => "was rejected: it changed no file".to_owned(),
        Some(AttemptEnd::NoSelfCheck { criteria }) => {
            format!("was rejected: it has no self-check for {}", criteria.join(", "))
        }
        Some(AttemptEnd::NoActivity) => {
            "was rejected: its worker handed in without having used a single tool".to_owned()
        }
        Some(AttemptEnd::Weakened { what }) => format!(
            "was rejected: it lets more pass than before, in files by which results are told and that its contract does not name in \
             tests_to_write: {}",
            what.join("; ")
        ),
        Some(AttemptEnd::Contradicted { criteria }) => format!(
            "was rejected: its worker says that these do not hold, and they do, so it does not know what it made: {}",
            criteria.join(", ")
        ),
        Some(AttemptEnd::ContractDefect { .. }) => {
            "gave the task back: its contract lacks something".to_owned()
        }
        Some(AttemptEnd::Abandoned { end }) => format!("came to nothing: {}", gone(end)),
        None => "is not over".to_owned(),
    }
}

fn gone(end: &AgentEnd) -> String {
    match end {
        AgentEnd::Finished => "its worker ended without a result".to_owned(),
        AgentEnd::Exhausted => "there was no money for its worker's next call".to_owned(),
        AgentEnd::Idle => "its worker called no tool, again and again".to_owned(),
        AgentEnd::TooManyTurns => "its worker took more turns than there are".to_owned(),
        AgentEnd::NoProgress => {
            "its worker went round in circles, and did not stop when it was told".to_owned()
        }
        AgentEnd::Late => "its time was over".to_owned(),
        AgentEnd::Faulted { fault } => format!("its model can't be had ({fault})"),
        AgentEnd::Broken => "something broke on this machine".to_owned(),
        AgentEnd::Killed => "its worker was stopped".to_owned(),
    }
}

fn all_findings(findings: &[Finding], text: &mut Text) {
    let failing = findings.iter().filter(|finding| finding.verdict != Verdict::Pass).count();
    let bytes = share(ANSWER_BYTES, failing, EVIDENCE_BYTES);
    findings.iter().for_each(|one| finding(one, None, bytes, text));
}

/// A verdict with what was claimed, and its evidence where it is no pass.
pub(super) fn finding(finding: &Finding, claim: Option<Claim<'_>>, bytes: usize, text: &mut Text) {
    let id = &finding.criterion;
    text.say(format!("- {id}: {}", finding.verdict));
    if let Some(claim) = claim {
        claim.of_criterion(id, text);
    }
    match (&finding.evidence, finding.verdict) {
        (_, Verdict::Pass) if finding.proves_nothing() => text.say("; so it was before the work\n"),
        (_, Verdict::Pass) => text.say("\n"),
        (Evidence::Command { exit, output, took_ms, .. }, _) => {
            let exit = exit.map_or("no exit code: a signal or its time limit ended it".to_owned(), |code| {
                format!("exit code {code}")
            });
            text.say(format!("; {exit}, after {}. The end of its output:\n", seconds(*took_ms)));
            text.quote("output", Document::Excerpt { blob: *output, bytes, end: Cut::Tail });
        }
        (Evidence::Http { status, output, took_ms, .. }, _) => {
            let status = status.map_or("no answer".to_owned(), |status| format!("status {status}"));
            text.say(format!(
                "; {status}, {} after its start. The end of what it wrote:\n",
                seconds(*took_ms)
            ));
            text.quote("output", Document::Excerpt { blob: *output, bytes, end: Cut::Tail });
        }
        (Evidence::Tree { seen: None, .. }, _) => {
            text.say("; the file is not there, or does not hold its text\n")
        }
        (Evidence::Tree { seen: Some(seen), .. }, _) => {
            text.say("; the engine saw:\n");
            text.quote("output", Document::Excerpt { blob: *seen, bytes, end: Cut::Head });
        }
        (Evidence::Review { text: words }, _) => {
            text.say("; the reviewer says:\n");
            text.quote("finding", Document::Excerpt { blob: *words, bytes, end: Cut::Head });
        }
        (Evidence::None { reason }, _) => text.say(format!("; {reason}\n")),
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}

/// A verdict of a review: the words count, whatever it is.
fn judgement(one: &Finding, bytes: usize, text: &mut Text) {
    match &one.evidence {
        Evidence::Review { text: words } => {
            text.say(format!("- {}: {}\n", one.criterion, one.verdict));
            text.quote("finding", Document::Excerpt { blob: *words, bytes, end: Cut::Head });
        }
        Evidence::Command { .. } | Evidence::Http { .. } | Evidence::Tree { .. } | Evidence::None { .. } => {
            finding(one, None, bytes, text)
        }
    }
}
