//! Second opinions in the log: their names, whose they are, where their payloads are, and their sentences.

use super::who::Who;
use crate::run::Run;
use crate::run::event::{OpinionEnd, OpinionEvent};
use crate::words::*;

pub(super) const fn kind(event: &OpinionEvent) -> &'static str {
    match event {
        OpinionEvent::OpinionAsked { .. } => "opinion_asked",
        OpinionEvent::OpinionUnavailable { .. } => "opinion_unavailable",
        OpinionEvent::OpinionGiven { .. } => "opinion_given",
        OpinionEvent::SynthesisBegan { .. } => "synthesis_began",
        OpinionEvent::Synthesized { .. } => "synthesized",
        OpinionEvent::OpinionClosed { .. } => "opinion_closed",
    }
}

pub(super) const fn payload(event: &OpinionEvent) -> Option<BlobRef> {
    match event {
        OpinionEvent::OpinionAsked { about: About::Question { text, .. }, .. } => Some(*text),
        OpinionEvent::OpinionGiven { answer, .. } => Some(*answer),
        OpinionEvent::Synthesized { synthesis, .. } => Some(*synthesis),
        OpinionEvent::OpinionAsked { .. }
        | OpinionEvent::OpinionUnavailable { .. }
        | OpinionEvent::SynthesisBegan { .. }
        | OpinionEvent::OpinionClosed { .. } => None,
    }
}

pub(super) fn who(run: &Run, event: &OpinionEvent) -> Who {
    let state = |opinion: OpinionId| run.opinions().get(opinion);
    match event {
        OpinionEvent::OpinionAsked { asker, .. } => of_asker(run, *asker),
        OpinionEvent::OpinionUnavailable { section, .. } => Who::in_section(*section),
        OpinionEvent::OpinionGiven { opinion, side, .. } => {
            let agent = state(*opinion).and_then(|state| state.sides.get(usize::from(*side))?.agent);
            agent.map(|agent| Who::by(run, agent)).unwrap_or_default()
        }
        OpinionEvent::Synthesized { opinion, .. } => {
            let agent = state(*opinion).and_then(|state| state.synthesist);
            agent.map(|agent| Who::by(run, agent)).unwrap_or_default()
        }
        OpinionEvent::SynthesisBegan { opinion, .. } | OpinionEvent::OpinionClosed { opinion, .. } => {
            state(*opinion).map(|state| of_asker(run, state.asker)).unwrap_or_default()
        }
    }
}

fn of_asker(run: &Run, asker: Asker) -> Who {
    match asker {
        Asker::Agent { agent, .. } => Who::by(run, agent),
        Asker::Section(section) => Who::in_section(section),
        Asker::Owner => Who::default(),
    }
}

pub(super) fn detail(run: &Run, event: &OpinionEvent) -> String {
    match event {
        OpinionEvent::OpinionAsked { opinion, asker, sides, difference, .. } => format!(
            "{} asks two advisers ({opinion}): {}",
            asker_words(run, *asker),
            sides_words(sides, *difference)
        ),
        OpinionEvent::OpinionUnavailable { section, why } => {
            let name = run.sections().get(*section).map_or("?", |state| state.outline.name.as_str());
            format!("nobody can be asked for an opinion on {name}: {why}")
        }
        OpinionEvent::OpinionGiven { opinion, side, confidence, .. } => {
            format!("adviser {} on {opinion} answered, its confidence is {confidence}", side + 1)
        }
        OpinionEvent::SynthesisBegan { opinion, .. } => {
            format!("both answers to {opinion} are there; a third model makes one of them")
        }
        OpinionEvent::Synthesized { opinion, agreements, disagreements, .. } => {
            format!("on {opinion} the advisers agree in {agreements} points and disagree in {disagreements}")
        }
        OpinionEvent::OpinionClosed { opinion, end } => format!("{opinion} is over: {}", end_words(*end)),
    }
}

/// Who asks, as the beginning of a sentence.
pub(crate) fn asker_words(run: &Run, asker: Asker) -> String {
    match asker {
        Asker::Agent { agent, .. } => super::detail::agent_words(run, agent),
        Asker::Section(section) => {
            let name = run.sections().get(section).map_or("?", |state| state.outline.name.as_str());
            format!("section {name}, with high stakes,")
        }
        Asker::Owner => "the Owner".to_owned(),
    }
}

fn sides_words(sides: &[Side; 2], difference: Difference) -> String {
    let [one, other] = sides;
    let of = |side: &Side| match &side.only {
        Only::Family(family) => format!("one of family {family} ({})", side.seniority),
        Only::OtherFamily(family) => format!("one of another family than {family} ({})", side.seniority),
        Only::Model(model) => format!("{model} ({})", side.seniority),
        Only::OtherModel(model) => format!("another model than {model} ({})", side.seniority),
    };
    let told = match difference {
        Difference::Family => "",
        Difference::Model => "; only one family can be had here, so they may share its blind spots",
    };
    format!("{} and {}{told}", of(one), of(other))
}

/// How an opinion ended, in words.
pub(crate) const fn end_words(end: OpinionEnd) -> &'static str {
    match end {
        OpinionEnd::Synthesized => "one was made of two",
        OpinionEnd::Unsynthesized => "both answered, and nobody made one of them",
        OpinionEnd::OnlyOne => "only one answered",
        OpinionEnd::Unanswered => "nobody answered",
        OpinionEnd::Dropped => "whoever asked is gone",
    }
}
