//! Second opinions from outside.

use serde::Serialize;

use crate::log::{asker_words, end_words};
use crate::run::Run;
use crate::run::event::OpinionEnd;
use crate::run::state::{OpinionState, SideState};
use crate::words::*;

/// A second opinion from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpinionView {
    /// Its id.
    pub id: String,
    /// Who asked, in words.
    pub asker: String,
    /// The section that pays for it, if it is a section's.
    pub section: Option<String>,
    /// Where the question is, where it is somebody's own words.
    pub question: Option<BlobRef>,
    /// Whether the advisers are of different families.
    pub families_differ: bool,
    /// The two who are asked.
    pub sides: Vec<SideView>,
    /// Where the synthesis is, once there is one.
    pub synthesis: Option<BlobRef>,
    /// In how many points they agree.
    pub agreements: u16,
    /// In how many they don't.
    pub disagreements: u16,
    /// How it ended, once it has.
    pub end: Option<OpinionEnd>,
    /// Where it stands, in words; a disagreement is always among them.
    pub words: String,
}

/// One of the two who are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SideView {
    /// How much model.
    pub seniority: Seniority,
    /// The model that answered last, once one has.
    pub model: Option<String>,
    /// How sure it is, once it has said so.
    pub confidence: Option<Confidence>,
    /// Where its answer is.
    pub answer: Option<BlobRef>,
}

impl OpinionView {
    pub(crate) fn of(run: &Run, id: OpinionId, state: &OpinionState) -> Self {
        let section = run.section_of_opinion(id).and_then(|section| run.sections().get(section));
        let (synthesis, agreements, disagreements) = match state.synthesis {
            Some((synthesis, agreements, disagreements)) => (Some(synthesis), agreements, disagreements),
            None => (None, 0, 0),
        };
        Self {
            id: id.to_string(),
            asker: asker_words(run, state.asker),
            section: section.map(|section| section.outline.name.clone()),
            question: match &state.about {
                About::Question { text, .. } => Some(*text),
                About::Section(_) => None,
            },
            families_differ: state.difference == Difference::Family,
            sides: state.sides.iter().map(|side| SideView::of(run, side)).collect(),
            synthesis,
            agreements,
            disagreements,
            end: state.end,
            words: words(state),
        }
    }
}

impl SideView {
    fn of(run: &Run, side: &SideState) -> Self {
        Self {
            seniority: side.side.seniority,
            model: side.agent.and_then(|agent| run.agents().get(agent)?.model.clone()),
            confidence: side.answer.map(|(_, confidence)| confidence),
            answer: side.answer.map(|(answer, _)| answer),
        }
    }
}

fn words(state: &OpinionState) -> String {
    match (state.end, state.synthesis) {
        (Some(OpinionEnd::Synthesized), Some((_, _, 0))) => "the advisers agree".to_owned(),
        (Some(OpinionEnd::Synthesized), Some((_, agree, disagree))) => {
            format!(
                "the advisers DISAGREE in {disagree} of {} points",
                u32::from(agree) + u32::from(disagree)
            )
        }
        (Some(end), _) => end_words(end).to_owned(),
        (None, _) if state.synthesist.is_some() => "both answered; one is being made of two".to_owned(),
        (None, _) => format!("{} of 2 advisers answered", state.answers()),
    }
}
