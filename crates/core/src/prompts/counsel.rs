//! What advisers, a Synthesist, and those who asked are told of a second opinion.
//!
//! Neither adviser is told anything that the other one said, and a Synthesist is not told who said what.

use super::documents::{Cut, Document, Readers};
use super::report::Text;
use crate::limits::OPINION_BYTES;
use crate::run::Run;
use crate::run::event::OpinionEnd;
use crate::run::state::{AgentState, OpinionState, SectionState, SideState};
use crate::view::agent_end_words;
use crate::words::*;

/// Shorter names are words of a language rather than a model's.
const NAME_LETTERS: usize = 3;

/// The assignment card of an adviser or a Synthesist.
pub(super) fn card(run: &Run, role: &str, opinion: OpinionId, side: Option<u8>, text: &mut Text) {
    text.say(format!("role: {role}\nopinion: {opinion}\n"));
    if let Some(side) = side {
        text.say(format!("side: {}\n", side + 1));
    }
    if let Some(state) = run.section_of_opinion(opinion).and_then(|id| run.sections().get(id)) {
        text.say(format!("section: {}\n", state.outline.name));
    }
}

pub(super) fn adviser(run: &Run, opinion: OpinionId, text: &mut Text) {
    question(run, opinion, text);
    text.say("\nLook at what you need, then answer with submit_opinion.\n");
}

pub(super) fn synthesist(run: &Run, opinion: OpinionId, text: &mut Text) {
    question(run, opinion, text);
    let Some(state) = run.opinions().get(opinion) else { return };
    let names = names(run, state);
    for (name, place) in ["A", "B"].into_iter().zip(run.shown_order(opinion)) {
        if let Some((blob, _)) = state.sides.get(place).and_then(|side| side.answer) {
            text.say(format!("\nThe answer of adviser {name}:\n"));
            text.quote("answer", Document::Anonymous { blob, names: names.clone() });
        }
    }
    text.say("\nMake one of them with synthesize.\n");
}

/// By what names the two authors could be known.
fn names(run: &Run, state: &OpinionState) -> Vec<String> {
    let mut names = Vec::new();
    for side in &state.sides {
        // What a provider calls its model may be longer than what was asked for: with a date, for example.
        names.extend(side.agent.and_then(|agent| run.agents().get(agent)?.model.clone()));
        for name in &side.models {
            names.push(name.clone());
            if let Some(row) = run.catalogue().models.get(name) {
                names.extend([&row.id, &row.family, &row.provider].map(String::clone));
                names.extend(row.aliases.iter().cloned());
            }
        }
    }
    names.retain(|name| name.chars().count() >= NAME_LETTERS);
    names.sort();
    names.dedup();
    names
}

/// What both advisers and the Synthesist are asked: the same, word by word.
fn question(run: &Run, opinion: OpinionId, text: &mut Text) {
    let Some(state) = run.opinions().get(opinion) else { return };
    match &state.about {
        About::Question { text: words, files } => {
            text.say("The question:\n");
            text.quote("question", Document::Blob(*words));
            if let Some(section) = run.section_of_opinion(opinion) {
                section_of(run, section, text);
            }
            if !files.is_empty() {
                text.document(Document::Files { base: state.base.clone(), paths: files.clone() });
            }
        }
        About::Section(section) => {
            let only = run.sections().get(*section).and_then(|state| state.outline.only.as_ref());
            text.say(match only {
                Some(_) => "One worker is about to do the task below, alone.",
                None => "A Manager is about to begin the section below.",
            });
            text.say(
                " How had it best be done? What traps are in it, and what would most likely be got wrong? Say what you would \
                 decide, and by what one could tell that it went wrong.\n",
            );
            match only {
                Some(only) => task_of(only.contract, &state.base, text),
                None => section_of(run, *section, text),
            }
        }
    }
}

/// The task of a section that nobody manages.
fn task_of(contract: BlobRef, base: &CommitId, text: &mut Text) {
    text.say("\nWhat the worker is told:\n");
    let readers = Readers::Reviewer;
    text.quote("contract", Document::Contract { contract, base: base.clone(), readers });
}

fn section_of(run: &Run, section: SectionId, text: &mut Text) {
    let Some(state) = run.sections().get(section) else { return };
    let whole = run.plan().map_or(state.plan, |plan| plan.plan);
    text.say("\nWhat the section's Manager is told:\n");
    text.quote("section", Document::Section { plan: state.plan, place: state.outline.place, whole });
}

/// What a Manager begins with, or the worker where there is none, where much hangs on the section.
pub(super) fn before_work(run: &Run, state: &SectionState, text: &mut Text) {
    let what = if state.outline.only.is_some() { "task" } else { "section" };
    if let Some(why) = &state.no_opinion {
        text.say(format!(
            "\nThe stakes of this {what} are high, but no second opinion could be had: {why}.\n"
        ));
    }
    if let Some(opinion) = state.opinion {
        text.say(format!("\nThe stakes of this {what} are high, so two advisers were asked how to do it. "));
        told(run, opinion, text);
    }
}

/// What whoever asked is told; what the advisers disagree on is never left out.
pub(super) fn told(run: &Run, opinion: OpinionId, text: &mut Text) {
    let Some(state) = run.opinions().get(opinion) else { return };
    match (state.end, &state.synthesis) {
        (Some(OpinionEnd::Synthesized), Some((synthesis, ..))) => {
            text.say(format!(
                "Opinion {opinion}: two advisers answered, neither knowing what the other says{}. A third made one answer of both:\n",
                alike(state.difference)
            ));
            text.quote("synthesis", Document::Synthesis(*synthesis));
        }
        (Some(OpinionEnd::Unsynthesized), _) => {
            text.say(format!("Opinion {opinion}: two advisers answered{}, but nobody made one answer of both. Compare them yourself:\n", alike(state.difference)));
            answers(state, text);
        }
        (Some(OpinionEnd::OnlyOne), _) => {
            text.say(format!(
                "Opinion {opinion}: ONLY ONE adviser answered{}, so nobody has contradicted this:\n",
                failures(run, state)
            ));
            answers(state, text);
        }
        (Some(OpinionEnd::Unanswered | OpinionEnd::Dropped | OpinionEnd::Synthesized) | None, _) => {
            text.say(format!(
                "Opinion {opinion}: nobody answered{}. There is no second opinion; decide by yourself.\n",
                failures(run, state)
            ));
        }
    }
}

const fn alike(difference: Difference) -> &'static str {
    match difference {
        Difference::Family => "",
        Difference::Model => " (only one family of models can be had here: they may share its blind spots)",
    }
}

fn answers(state: &OpinionState, text: &mut Text) {
    for (blob, _) in state.sides.iter().filter_map(|side| side.answer) {
        text.quote("answer", Document::Excerpt { blob, bytes: OPINION_BYTES, end: Cut::Head });
    }
}

/// Why answers are missing.
fn failures(run: &Run, state: &OpinionState) -> String {
    let missing = state.sides.iter().filter(|side| side.answer.is_none());
    let why: Vec<_> = missing.filter_map(|side| failure(run, side)).collect();
    if why.is_empty() { String::new() } else { format!(" ({})", why.join("; ")) }
}

fn failure(run: &Run, side: &SideState) -> Option<String> {
    match &run.agents().get(side.agent?)?.state {
        AgentState::Ended(end) => Some(agent_end_words(end)),
        AgentState::Composing(_)
        | AgentState::Parked { .. }
        | AgentState::Calling(_)
        | AgentState::Pausing(_)
        | AgentState::Acting
        | AgentState::Resting => None,
    }
}
