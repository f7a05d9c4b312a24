//! What one agent alone would have cost: measured, recorded or estimated, and said which.

use serde::Serialize;

use super::context::ContextReport;
use super::tally::Tally;
use crate::catalogue::{Pinned, Span};
use crate::log::Who;
use crate::run::Run;
use crate::view::{grouped, usd};
use crate::words::*;

/// What the sources of this design tell of one agent, and of three tiers, on "a typical feature implementation" ("Using
/// Opus as Orchestrator, Delegating to Sonnet and Haiku").
const SOURCES: &str = "one agent: 180k tokens, $8 to $12; three tiers: 40k + 60k + 10k tokens, $3 to $5";

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
    /// What it costs.
    #[serde(rename = "cost_usd", serialize_with = "usd")]
    pub cost: Money,
    /// How an estimate was made.
    pub how: String,
    /// What the sources of the design tell.
    pub sources: &'static str,
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
            cost: solo.cost,
            how: format!("run {} did the same alone from {from}, and ended {end}", solo.run),
            sources: SOURCES,
        }
    }

    /// The sentence of the report.
    #[must_use]
    pub fn sentence(&self, spent: Money) -> String {
        let known = match self.known {
            Known::Measured => "measured",
            Known::Recorded => "recorded",
            Known::Estimated => "estimated",
        };
        format!(
            "One agent alone ({known}): {} with a context of {} tokens; this run: {spent}.\nHow that is known: {}.\n\
             What the sources of this design tell: {}.",
            self.cost,
            grouped(self.context),
            self.how,
            self.sources
        )
    }
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
        cost,
        how: format!(
            "the {turns} turns of Orchestrator and workers as one conversation by {model}, each token new once and half of \
             them read from its cache in a turn; `trireme run … --solo` measures it"
        ),
        sources: SOURCES,
    })
}
