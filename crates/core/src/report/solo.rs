//! What one agent alone would have cost, beside what each tier carried and cost: measured, recorded or estimated, and said
//! which.

use serde::Serialize;

use super::Report;
use super::blocks::Block;
use super::context::{ContextReport, TierContext};
use super::tally::Tally;
use crate::catalogue::{Pinned, Span};
use crate::log::Who;
use crate::run::Run;
use crate::view::{grouped, usd};
use crate::words::*;

/// What the sources of this design tell of "a typical feature implementation".
const SOURCES: [SourceFigure; 5] = [
    SourceFigure { who: "Opus plans", context: 40_000, cost: None },
    SourceFigure { who: "Sonnet implements", context: 60_000, cost: None },
    SourceFigure { who: "Haiku cleans up", context: 10_000, cost: None },
    SourceFigure { who: "all three", context: 110_000, cost: Some("$3–5") },
    SourceFigure { who: "Opus alone", context: 180_000, cost: Some("$8–12") },
];

/// What the sources of this design tell of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SourceFigure {
    /// Who does what.
    pub who: &'static str,
    /// Tokens of context.
    pub context: u64,
    /// What it costs, in their words.
    pub cost: Option<&'static str>,
}

/// A run of one agent alone with the same intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoloRun {
    /// Its name.
    pub run: String,
    /// Whether it started from the same files.
    pub same_base: bool,
    /// Whether all of it was verified.
    pub verified: bool,
    /// The largest context of its worker, in tokens.
    pub context: u64,
    /// All tokens that it read; none where that was not kept.
    pub read: Option<u64>,
    /// What it cost.
    pub cost: Money,
}

/// How it is known what one agent alone costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// One agent did the same work from the same files.
    Measured,
    /// One agent did the same work from other files.
    Recorded,
    /// Nobody tried.
    Estimated,
}

/// What one agent alone costs, beside what this run cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SoloReport {
    /// How that is known.
    pub known: Known,
    /// The run of one agent alone, where there is one.
    pub run: Option<String>,
    /// Whether that run was verified.
    pub verified: Option<bool>,
    /// Its context at its end, in tokens.
    pub context: u64,
    /// All tokens that it reads, those of every call again; none where that was not kept.
    pub read: Option<u64>,
    /// What it costs.
    #[serde(rename = "cost_usd", serialize_with = "usd")]
    pub cost: Money,
    /// How that was measured, or the estimate made.
    pub how: String,
    /// What the sources of the design tell.
    pub sources: [SourceFigure; 5],
}

impl Known {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Recorded => "recorded",
            Self::Estimated => "estimated",
        }
    }
}

impl SoloReport {
    /// The comparison for a run; none where nothing was worked on, no price is known, or one
    /// agent did it alone.
    pub(super) fn of(
        run: &Run,
        tally: &Tally,
        context: &ContextReport,
        solo: Option<&SoloRun>,
    ) -> Option<Self> {
        let is_alone = run.triage().is_some_and(|triage| triage.path == Path::Solo);
        match solo {
            _ if is_alone => None,
            Some(solo) => Some(Self::known(solo)),
            None => estimate(run, tally, context),
        }
    }

    fn known(solo: &SoloRun) -> Self {
        let (known, from) = match solo.same_base {
            true => (Known::Measured, "the same files"),
            false => (Known::Recorded, "other files"),
        };
        let end = if solo.verified { "verified" } else { "not verified" };
        Self {
            known,
            run: Some(solo.run.clone()),
            verified: Some(solo.verified),
            context: solo.context,
            read: solo.read,
            cost: solo.cost,
            how: format!("run {} did the same alone from {from}, and ended {end}", solo.run),
            sources: SOURCES,
        }
    }

    /// Which of the two is cheaper, and by how much.
    #[must_use]
    pub fn verdict(&self, spent: Money) -> String {
        let known = self.known.word();
        let (less, more) = (self.cost.minus(spent), spent.minus(self.cost));
        match (less.is_zero(), more.is_zero()) {
            (true, true) => format!("This run cost as much as one agent alone ({known})."),
            (false, _) => format!("This run cost {less} less than one agent alone ({known})."),
            (true, false) => format!(
                "This run cost {more} MORE than one agent alone ({known}): for work of this size one agent is cheaper."
            ),
        }
    }
}

/// The part of a page on it: what each tier carried and cost, and one agent alone, beside what the sources tell; nothing
/// where nobody can be compared with.
pub(super) fn blocks(report: &Report) -> Vec<Block> {
    let Some(solo) = &report.solo else { return Vec::new() };
    let rows = tiers(report).chain([whole(report), alone(solo)]).chain(solo.sources.map(told));
    vec![
        Block::Heading(2, "Three tiers and one agent alone".to_owned()),
        Block::Table { head: vec!["who", "context", "tokens in", "cost", "how known"], rows: rows.collect() },
        Block::Text(format!(
            "{}\nHow that is known: {}.\nContext is each agent's largest call, all agents of a tier together. What the sources \
             tell is of \"a typical feature implementation\".",
            solo.verdict(report.money.spent),
            solo.how
        )),
    ]
}

fn tiers(report: &Report) -> impl Iterator<Item = Vec<String>> {
    report.context.tiers.iter().map(|tier: &TierContext| {
        let cost = report.money.roles.iter().find(|row| row.key == tier.role).map(|row| row.cost);
        let cost = cost.unwrap_or_default();
        let read = grouped(cost.tokens.read());
        vec![tier.role.clone(), grouped(tier.together), read, cost.cost.to_string(), "measured".to_owned()]
    })
}

fn whole(report: &Report) -> Vec<String> {
    let context = report.context.tiers.iter().map(|tier| tier.together).sum();
    let read = report.money.roles.iter().map(|row| row.cost.tokens.read()).sum();
    let spent = report.money.spent.to_string();
    vec!["this run".to_owned(), grouped(context), grouped(read), spent, "measured".to_owned()]
}

fn alone(solo: &SoloReport) -> Vec<String> {
    let read = solo.read.map(grouped).unwrap_or_default();
    let known = solo.known.word().to_owned();
    vec!["one agent alone".to_owned(), grouped(solo.context), read, solo.cost.to_string(), known]
}

fn told(SourceFigure { who, context, cost }: SourceFigure) -> Vec<String> {
    let cost = cost.unwrap_or_default().to_owned();
    vec![format!("sources: {who}"), grouped(context), String::new(), cost, "told".to_owned()]
}

/// The dearest of the first models of the upper seniorities, as whoever works alone takes the best; a planner may be free.
fn dearest<'a>(run: &'a Run, usage: &Usage) -> Option<(Money, &'a str)> {
    let span = Span::at(run.head()?.began);
    let upper = [Seniority::Principal, Seniority::Staff, Seniority::Senior];
    let first =
        upper.map(|seniority| run.catalogue().candidates_for(&[Pinned::Orchestrator], seniority).first());
    let cost = |model: &'a str| Some((run.catalogue().cost(model, usage, span)?, model));
    let costs = first.into_iter().flatten().filter_map(|candidate| cost(&candidate.model));
    // Of equals the first: max_by_key would take the last.
    costs.rev().max_by_key(|(cost, _)| *cost)
}

/// All turns of Orchestrator and workers in one conversation by the dearest model: every token of it is new once, and
/// read from the provider's cache in every later turn, half of the final context on average.
fn estimate(run: &Run, tally: &Tally, context: &ContextReport) -> Option<SoloReport> {
    let does = |role: &str| matches!(role, "orchestrator" | "worker");
    let mut turns = 0_u64;
    for (id, agent) in run.agents().iter() {
        if Who::by(run, id).role.is_some_and(does) {
            turns = turns.saturating_add(agent.turns.len() as u64);
        }
    }
    let output = tally.output_of(run, "worker").saturating_add(tally.output_of(run, "orchestrator"));
    let carried = context.one_agent;
    let again = carried.saturating_mul(turns.saturating_sub(1)) / 2;
    let usage = Usage { input: carried, cache_read: again, output, ..Usage::default() };
    let (cost, model) = dearest(run, &usage)?;
    (turns > 0 && carried > 0).then(|| SoloReport {
        known: Known::Estimated,
        run: None,
        verified: None,
        context: carried,
        read: Some(carried.saturating_add(again)),
        cost,
        how: format!(
            "the {turns} turns of Orchestrator and workers as one conversation by {model}, each token new once and half of \
             them read from its cache in a turn; `trireme run … --solo` measures it"
        ),
        sources: SOURCES,
    })
}
