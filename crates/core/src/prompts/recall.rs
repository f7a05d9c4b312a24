//! What an agent is told in place of the turns that it is shown no more, and results that are a line each.

use super::documents::{Cut, Document, Part};
use super::report::{self, Text};
use super::told::memo_head;
use crate::limits::{FYI_BYTES, MEMO_BYTES, NOTES_BYTES};
use crate::run::Run;
use crate::run::compaction::Recalled;
use crate::run::event::{Answer, Seat};
use crate::run::state::{Agent, Slot, SlotAnswer, TaskStage};
use crate::words::*;

/// The question for notes.
pub(super) fn notes_wanted(seat: Seat, text: &mut Text) {
    let stays = match seat {
        Seat::Orchestrator => "the Owner's intent",
        Seat::Manager(_) => "your section and the state of your tasks",
        Seat::Worker(_) => "your contract and your files",
        Seat::Reviewer(_) => "what you judge",
        Seat::Adviser(..) | Seat::Triage => "what you were asked",
        Seat::Synthesist(_) => "the question and both answers",
    };
    text.say(format!(
        "Your context is nearly full. Call keep_notes now, alone, with all that you must not forget: what you found out \
         (files, lines, names, exact messages), what you decided and why, what you tried in vain, what is left to do. Your \
         words, at most {NOTES_BYTES} bytes, then stand in place of everything before; {stays} will be there too. Without \
         notes your older turns are left out as they are.\n"
    ));
}

/// What stands in place of the turns that are left out; nothing where none are.
pub(super) fn left_out(run: &Run, agent: &Agent, text: &mut Text) {
    let shown = &agent.compaction.shown;
    if shown.from == 0 {
        return;
    }
    text.say("\nWhat you did before this is done, and is left out here to keep your context short.");
    if let Seat::Worker(_) = agent.seat {
        text.say(" Your files are as you left them: read again what you need to see.");
    }
    text.say("\n");
    if let Some(notes) = shown.notes {
        text.say("Your own notes of it:\n");
        text.quote("notes", Document::Blob(notes));
    }
    if !agent.compaction.recall.is_empty() {
        text.say(if agent.seat == Seat::Orchestrator {
            "What the Owner told you, and your last decisions:\n"
        } else {
            "How things stood then:\n"
        });
    }
    let recall = &agent.compaction.recall;
    let memos = recall.iter().filter(|one| matches!(one, Recalled::Memo { .. })).count();
    recall.iter().for_each(|one| recalled(run, agent.seat, one, memos, text));
}

/// One of so many memos.
fn memo_recalled(run: &Run, seat: Seat, memo: MemoNumber, memos: usize, text: &mut Text) {
    let Some(memo) = run.memos().get(memo) else { return };
    let bytes = match seat {
        // It has little room, and only the Owner writes to it.
        Seat::Orchestrator => FYI_BYTES,
        Seat::Manager(_)
        | Seat::Triage
        | Seat::Worker(_)
        | Seat::Reviewer(_)
        | Seat::Adviser(..)
        | Seat::Synthesist(_) => {
            text.say(memo_head(run, memo));
            report::share(NOTES_BYTES, memos, MEMO_BYTES)
        }
    };
    text.quote("memo", Document::Excerpt { blob: memo.content, bytes, end: Cut::Head });
}

fn recalled(run: &Run, seat: Seat, recalled: &Recalled, memos: usize, text: &mut Text) {
    let line = match recalled {
        Recalled::Memo { memo } => return memo_recalled(run, seat, *memo, memos, text),
        Recalled::Task { task, stage, back } => {
            let title = report::title_of(run, *task);
            let kind = run.tasks().get(*task).map_or(TaskKind::Build, |task| task.outline.kind);
            let last = back.and_then(|id| run.attempts().get(id));
            let last =
                last.map(|attempt| format!("; attempt {} {}", attempt.number, report::end_of(attempt, kind)));
            format!("- {title}: {}{}\n", stood(*stage), last.unwrap_or_default())
        }
        Recalled::Request { request, granted } => {
            let asked = run.requests().get(*request);
            let section = asked.and_then(|asked| run.sections().get(asked.section));
            let name = section.map_or("?", |section| section.outline.name.as_str());
            let amount = asked.map_or(Money::ZERO, |asked| asked.amount);
            format!("- {request}: section {name:?} asked for {amount} and got {granted}\n")
        }
        Recalled::Replanned { section } => {
            let name = run.sections().get(*section).map_or("?", |state| state.outline.name.as_str());
            let others = run.sections().iter().filter(|(_, state)| state.replaces == Some(*section));
            let others: Vec<_> = others.map(|(_, state)| format!("{:?}", state.outline.name)).collect();
            match others.is_empty() {
                true => format!("- section {name:?} was dropped\n"),
                false => format!("- section {name:?} was replanned as {}\n", others.join(", ")),
            }
        }
    };
    text.say(line);
}

const fn stood(stage: TaskStage) -> &'static str {
    match stage {
        TaskStage::Working => "being worked on",
        TaskStage::Returned => "back with you",
        TaskStage::Accepted => "accepted, waiting for its merge",
        TaskStage::Merged => "merged",
        TaskStage::Cut => "cut",
    }
}

/// A result that was shown whole once.
pub(super) fn omitted(run: &Run, slot: &Slot) -> (bool, Vec<Part>) {
    let mut text = Text::default();
    let ok = match &slot.answer {
        Some(SlotAnswer::Tool { output, ok }) => {
            text.document(Document::Omission { blob: *output, tool: slot.tool });
            *ok
        }
        Some(SlotAnswer::Control(Answer::Attempts { attempts })) => {
            attempts.iter().for_each(|id| text.say(attempt_line(run, *id)));
            true
        }
        Some(SlotAnswer::Control(answer)) => return report::answer(run, answer),
        None => return (false, vec![Part::Text("There was no answer.".to_owned())]),
    };
    (ok, text.parts)
}

fn attempt_line(run: &Run, id: AttemptId) -> String {
    let Some(attempt) = run.attempts().get(id) else { return String::new() };
    let kind = run.tasks().get(attempt.task).map_or(TaskKind::Build, |task| task.outline.kind);
    let title = report::title_of(run, attempt.task);
    format!("{title}, attempt {}: {}.\n", attempt.number, report::end_of(attempt, kind))
}

/// A result of which only so much is shown.
pub(super) fn cut(run: &Run, slot: &Slot, bytes: u32) -> (bool, Vec<Part>) {
    match &slot.answer {
        Some(SlotAnswer::Tool { output, ok }) => {
            let (blob, bytes) = (*output, usize::try_from(bytes).unwrap_or(usize::MAX));
            let cut = Part::Document(Document::Excerpt { blob, bytes, end: Cut::Head });
            (*ok, vec![cut, Part::Text("\nAsk for less at a time: your context is full.".to_owned())])
        }
        Some(SlotAnswer::Control(_)) | None => omitted(run, slot),
    }
}
