//! Second opinions in the report: what the advisers agreed on, what they did not, and what was chosen.

use serde::Serialize;

use super::blocks::Block;
use super::{Documents, Report};
use crate::run::Run;
use crate::run::state::OpinionState;
use crate::view::{OpinionView, SideView, usd};
use crate::words::*;

/// A second opinion, told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpinionReport {
    /// Its id.
    pub id: String,
    /// Who asked, in words.
    pub asker: String,
    /// Whether it is all that the Owner wanted.
    pub is_all: bool,
    /// The question; none where a section was to be advised on.
    pub question: Option<String>,
    /// How it ended, in words.
    pub words: String,
    /// Whether the advisers were of different families.
    pub families_differ: bool,
    /// Who was asked, with the answers.
    pub sides: Vec<SideReport>,
    /// What a third made of both.
    pub synthesis: Option<Synthesis>,
    /// What its calls cost.
    #[serde(rename = "spent_usd", serialize_with = "usd")]
    pub spent: Money,
}

/// One of the two who were asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideReport {
    /// How much model.
    pub seniority: Seniority,
    /// The model that answered.
    pub model: Option<String>,
    /// The answer with its risks and its confidence.
    pub answer: Option<String>,
}

/// The texts that the report of a run's opinions shows.
pub(super) fn texts(run: &Run) -> impl Iterator<Item = BlobRef> {
    run.opinions().iter().flat_map(|(id, state)| {
        let view = OpinionView::of(run, id, state);
        let answers = view.sides.into_iter().filter_map(|side| side.answer);
        view.question.into_iter().chain(view.synthesis).chain(answers)
    })
}

pub(super) fn of(run: &Run, documents: &Documents) -> Vec<OpinionReport> {
    run.opinions().iter().map(|(id, state)| one(run, id, state, documents)).collect()
}

fn one(run: &Run, id: OpinionId, state: &OpinionState, documents: &Documents) -> OpinionReport {
    let view = OpinionView::of(run, id, state);
    let synthesis = documents.text(view.synthesis).and_then(|text| serde_json::from_str(&text).ok());
    let agents = state.sides.iter().filter_map(|side| side.agent).chain(state.synthesist);
    OpinionReport {
        id: view.id,
        asker: view.asker,
        is_all: state.asker == Asker::Owner,
        question: documents.text(view.question),
        words: view.words,
        families_differ: view.families_differ,
        sides: view.sides.into_iter().map(|side| side_of(side, documents)).collect(),
        synthesis,
        spent: agents.filter_map(|agent| run.agents().get(agent)).map(|agent| agent.spent).sum(),
    }
}

fn side_of(side: SideView, documents: &Documents) -> SideReport {
    SideReport { seniority: side.seniority, model: side.model, answer: documents.text(side.answer) }
}

/// The part of a page on opinions; nothing where there were none.
pub(super) fn blocks(opinions: &[OpinionReport]) -> Vec<Block> {
    if opinions.is_empty() {
        return Vec::new();
    }
    let heading = Block::Heading(2, "Second opinions".to_owned());
    std::iter::once(heading).chain(opinions.iter().flat_map(told)).collect()
}

/// Whether an opinion was all that the run was for.
pub(super) fn is_all(report: &Report) -> bool {
    report.opinions.iter().any(|opinion| opinion.is_all)
}

/// The page of such a run; its last line is the sentence on money.
pub(super) fn page(title: String, report: &Report) -> Vec<Block> {
    let mut page = vec![Block::Heading(1, title)];
    page.extend(report.broken.as_ref().map(|what| Block::Text(format!("Broken on this machine: {what}"))));
    page.extend(report.opinions.iter().flat_map(told));
    page.extend(super::layout::log(report).map(Block::Text));
    page.push(Block::Text(report.money_sentence()));
    page
}

fn told(opinion: &OpinionReport) -> Vec<Block> {
    let OpinionReport { id, asker, words, spent, .. } = opinion;
    let question = opinion.question.as_ref().map(|question| format!("\n{question}")).unwrap_or_default();
    let mut blocks =
        vec![Block::Text(format!("{id}, asked by {asker}: {words}. It cost {spent}.{question}"))];
    let models: Vec<_> = opinion
        .sides
        .iter()
        .map(|side| format!("{} ({})", side.model.as_deref().unwrap_or("nobody"), side.seniority))
        .collect();
    let alike =
        if opinion.families_differ { "" } else { " Both are of one family: no other can be had here." };
    blocks.push(Block::Text(format!("Advisers: {}.{alike}", models.join(" and "))));
    match &opinion.synthesis {
        Some(synthesis) => blocks.extend(weighed(synthesis)),
        None => {
            let answers = opinion.sides.iter().filter_map(|side| side.answer.clone());
            blocks.extend(answers.map(Block::Text));
        }
    }
    blocks
}

fn weighed(synthesis: &Synthesis) -> Vec<Block> {
    let list = |title: &str, none: &str, lines: &[String]| {
        let lines: String = lines.iter().map(|line| format!("\n- {line}")).collect();
        let lines = if lines.is_empty() { format!(" {none}") } else { lines };
        Block::Text(format!("{title}:{lines}"))
    };
    vec![
        list("Agreements", "on nothing.", &synthesis.agreements),
        list("Disagreements", "none.", &synthesis.disagreements),
        Block::Text(format!("Choice: {}", synthesis.choice)),
        Block::Text(format!("Reason: {}", synthesis.reason)),
    ]
}
