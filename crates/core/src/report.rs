//! The report: what was wanted, what was claimed, what was found, and what it cost.
//!
//! It is made of the run, of a [`Tally`] of its events, and of the documents that the run keeps only the addresses of.
//! A finding is what the seam found; a claim is what a worker or a Manager said, and it is shown beside it, never instead.

mod blocks;
mod context;
mod done;
mod honesty;
mod layout;
mod levels;
mod matters;
mod money;
mod opinions;
mod section;
mod solo;
mod tally;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::failure::Failure;
use crate::run::Run;
use crate::run::event::RunEnd;
use crate::view::View;
use crate::words::*;

pub use blocks::table;
pub use context::{ContextReport, TierContext};
pub use done::{CriterionReport, Executed, Found};
pub use honesty::HonestyReport;
pub use layout::{duration, render_html, render_markdown, render_text};
pub use levels::Level;
pub use matters::{Matter, MatterReport, OrchestratorReport};
pub use money::{By, MoneyReport};
pub use opinions::{OpinionReport, SideReport};
pub use section::{RequestReport, SectionReport, TaskReport};
pub use solo::{Known, SoloReport, SoloRun, SourceFigure};
pub use tally::{Cost, CostRow, Tally};

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Its name.
    pub run: String,
    /// How it ended; none while it goes on.
    pub end: Option<RunEnd>,
    /// How it ended, or where it stands, in words.
    pub words: String,
    /// What the Owner wanted.
    pub sentence: Option<String>,
    /// Which way the intent went, why, and who decided; none where the plan came with it.
    pub triage: Option<Triage>,
    /// What the plan promises.
    pub goal: Option<String>,
    /// The branch that holds the work, where there is one.
    pub branch: Option<String>,
    /// The commit that the branch was set to.
    pub commit: Option<String>,
    /// From its beginning to its last event, in milliseconds.
    pub took_ms: u64,
    /// The Orchestrator's last word.
    pub conclusion: Option<String>,
    /// What of this machine broke, if anything did.
    pub broken: Option<String>,
    /// The end of the log, by which all of it is known; none where it is not written yet.
    pub log_head: Option<String>,
    /// The plan's definition of done.
    pub criteria: Vec<CriterionReport>,
    /// Its sections, in plan order.
    pub sections: Vec<SectionReport>,
    /// Second opinions.
    pub opinions: Vec<OpinionReport>,
    /// Attempts after the first one of a task.
    pub retries: usize,
    /// What it cost.
    pub money: MoneyReport,
    /// What its agents carried.
    pub context: ContextReport,
    /// What its Orchestrator carried, matter by matter.
    pub orchestrator: OrchestratorReport,
    /// What one agent alone costs; none for a run of one agent.
    pub solo: Option<SoloReport>,
    /// What went wrong on the way.
    pub failures: Vec<FailureReport>,
    /// What its workers said against what was found.
    pub honesty: Vec<HonestyReport>,
}

/// One kind of failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailureReport {
    /// `group/name` of the taxonomy.
    pub failure: Failure,
    /// How often it came.
    pub times: u64,
    /// Where it came: titles of tasks, names of sections, or the Orchestrator; at most a few.
    pub whose: Vec<String>,
}

/// The documents of a run, as far as they could be had: a report is made without them too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documents {
    /// What the Owner wanted.
    pub intent: Option<Intent>,
    /// The plan.
    pub plan: Option<Plan>,
    /// Texts by address: conclusions and reviews.
    pub texts: BTreeMap<BlobRef, String>,
    /// A run of one agent alone with the same intent, the best that there is to compare with.
    pub solo: Option<SoloRun>,
    /// The end of the log: the number of its last line, a colon and that line's link.
    pub log_head: Option<String>,
}

impl Documents {
    fn text(&self, blob: Option<BlobRef>) -> Option<String> {
        self.texts.get(&blob?).cloned()
    }
}

impl Report {
    /// The addresses of the texts that a report of this run shows.
    #[must_use]
    pub fn texts_of(run: &Run) -> Vec<BlobRef> {
        let sections = run.sections().iter().filter_map(|(_, section)| section.conclusion);
        let claims = run.attempts().iter().filter_map(|(_, attempt)| attempt.claim.as_ref());
        let claims = claims.flat_map(section::texts);
        let reviews = run.attempts().iter().flat_map(|(_, attempt)| done::reviews(&attempt.findings));
        run.conclusion()
            .into_iter()
            .chain(sections)
            .chain(claims)
            .chain(reviews)
            .chain(opinions::texts(run))
            .collect()
    }

    /// The report of a run, as it stands.
    #[must_use]
    pub fn of(run: &Run, tally: &Tally, documents: &Documents) -> Self {
        let began = run.head().map_or(Millis(0), |head| head.began);
        let name = run.head().map(|head| head.id.to_string()).unwrap_or_default();
        let commit = tally.published().map(ToString::to_string);
        let view = View::of(run);
        let attempts = run.attempts().len();
        let context = ContextReport::of(run, tally);
        Self {
            solo: SoloReport::of(run, tally, &context, documents.solo.as_ref()),
            context,
            orchestrator: OrchestratorReport::of(run, tally.matters()),
            failures: failures(tally),
            honesty: honesty::of(run),
            end: run.end(),
            words: view.stage,
            sentence: documents.intent.as_ref().map(|intent| intent.sentence.clone()),
            triage: run.triage().cloned(),
            goal: documents.plan.as_ref().map(|plan| plan.goal.clone()),
            branch: commit.as_ref().map(|_| format!("trireme/{name}")),
            commit,
            took_ms: run.now().since(began),
            conclusion: documents.text(run.conclusion()),
            broken: run.broken().map(str::to_owned),
            log_head: documents.log_head.clone(),
            criteria: done::of_plan(run, documents),
            sections: run
                .sections()
                .iter()
                .map(|(id, state)| section::of(run, tally, id, state, documents))
                .collect(),
            opinions: opinions::of(run, documents),
            retries: attempts.saturating_sub(tried(run)),
            money: MoneyReport::of(run, tally),
            run: name,
        }
    }

    /// The one sentence on money: `Total cost: $5.00 of $10.00 budget. Surplus: $5.00.`
    #[must_use]
    pub fn money_sentence(&self) -> String {
        let MoneyReport { spent, total, surplus, .. } = &self.money;
        format!("Total cost: {spent} of {total} budget. Surplus: {surplus}.")
    }
}

fn failures(tally: &Tally) -> Vec<FailureReport> {
    let one = |(failure, failed): (&Failure, &tally::Failed)| FailureReport {
        failure: *failure,
        times: failed.times,
        whose: failed.whose.clone(),
    };
    tally.failures().iter().map(one).collect()
}

fn tried(run: &Run) -> usize {
    run.tasks().iter().filter(|(_, task)| !task.attempts.is_empty()).count()
}

#[cfg(test)]
mod tests;
