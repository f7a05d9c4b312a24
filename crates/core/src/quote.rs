//! The quote: what a plan may cost, before anything of it is paid. Low and expected are estimates from the plan's shape
//! and the catalogue's prices; worst is a limit that the ledger enforces, so it is a promise.
//!
//! A section's estimate is a number of agents, each with a number of turns, each with its tokens at the price of its
//! seniority's first model, and nothing taken off for the provider's cache. How many agents a section takes follows from its
//! [`parts`]; how many tasks, second attempts and reviews come of a part, and how many turns agents take, of how many tokens,
//! is told by earlier runs of the same project ([`History`]), and where these don't tell by these tables:
//!
//! ```text
//!                turns: low  expected     tokens in   tokens out
//! Orchestrator             2         4        16,000        2,000
//! Manager          3 + tasks 4 + 2 tasks      12,000        1,200
//! worker                   6         8        12,000        1,000
//! Reviewer                 2         3        12,000        1,000
//! adviser                  1         2        12,000        1,500
//! Synthesist               1         1        12,000        1,500
//! ```
//!
//! ```text
//!                     low                              expected
//! section             Manager, a junior for each part  Manager, a mid for each part, one in three once more, a review of
//!                                                      one in three by a mid
//! without a Manager   its worker, a review             its worker for half as long again, a review
//! of high stakes      two advisers, a Synthesist, on top of it: three calls, or five
//! Orchestrator        as a principal; nobody where no section has a Manager
//! ```
//!
//! Neither is ever shown above worst; where expected would be, `fits` is false, and `cuts` say what would help. What it costs
//! to plan, to manage and to judge is always held against what it saves: see [`Comparison`].

mod compare;
mod cuts;
mod history;
mod prices;
mod shape;

use serde::Serialize;

use crate::catalogue::{Catalogue, Span};
use crate::ledger::split;
use crate::run::event::PlanOutline;
use crate::view::usd;
use crate::words::{Millis, Money, Seniority, Share};

pub use compare::Comparison;
pub use cuts::Cut;
pub use history::History;
use prices::{Estimate, Prices};
pub(crate) use shape::parts;

/// What a plan may cost, section by section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// In plan order, the Orchestrator's reserve last.
    pub lines: Vec<QuoteLine>,
    /// All of them together.
    pub total: QuoteLine,
    /// Where the numbers of agents, turns and tokens come from.
    pub basis: String,
    /// What planning, managing and judging cost against what they save; none where nobody manages, or nobody has a price.
    pub comparison: Option<Comparison>,
    /// What would help where it does not fit, and what would be cheaper where it costs more than it saves.
    pub cuts: Vec<Cut>,
}

/// What one section may cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuoteLine {
    /// The section's name, `Orchestrator`, or `Total`.
    pub name: String,
    /// The phase's name; empty where there is none.
    pub phase: String,
    /// The Manager's seniority.
    pub seniority: Option<Seniority>,
    /// Workers that are expected, second attempts included.
    pub workers: u64,
    /// Where all goes well.
    #[serde(rename = "low_usd", serialize_with = "usd")]
    pub low: Money,
    /// With what usually goes wrong.
    #[serde(rename = "expected_usd", serialize_with = "usd")]
    pub expected: Money,
    /// The limit: not a nanodollar more can be spent.
    #[serde(rename = "worst_usd", serialize_with = "usd")]
    pub worst: Money,
    /// False where the work is expected to need more than the limit.
    pub fits: bool,
    /// What the work is expected to need, whatever the limit is.
    #[serde(skip)]
    needed: Money,
}

/// What a quote is made from.
#[derive(Clone, Copy, Debug)]
pub struct QuoteFor<'a> {
    /// The plan.
    pub outline: &'a PlanOutline,
    /// What is shared out by the plan's shares.
    pub pool: Money,
    /// What the Orchestrator has.
    pub reserve: Money,
    /// Whose prices.
    pub catalogue: &'a Catalogue,
    /// Of which moment.
    pub at: Millis,
    /// What earlier runs tell.
    pub history: &'a History,
}

impl Quote {
    /// The quote of a plan.
    #[must_use]
    pub fn of(plan: QuoteFor<'_>) -> Self {
        let QuoteFor { outline, pool, reserve, catalogue, at, history } = plan;
        let shares: Vec<Share> = outline.sections.iter().map(|section| section.share).collect();
        let limits = split(pool, &shares);
        let prices = Prices { catalogue, span: Span::at(at), history };
        let staffings = prices.staffings(outline);
        let sections = outline.sections.iter().zip(&staffings).zip(limits);
        let mut lines: Vec<_> = sections
            .map(|((section, staffing), worst)| {
                let phase = outline.phases.get(usize::from(section.phase.0)).cloned().unwrap_or_default();
                let estimate = prices.section(section, *staffing);
                line(section.name.clone(), phase, section.seniority, estimate, worst).with(staffing.attempts)
            })
            .collect();
        let orchestrator = prices.orchestrator(outline);
        let name = "Orchestrator".to_owned();
        lines.push(line(name, String::new(), Seniority::Principal, orchestrator, reserve));
        let total = total_line(&lines);
        let comparison = Comparison::of(outline, prices, &staffings, total.needed);
        let is_outweighed = comparison.as_ref().is_some_and(|comparison| comparison.outweighed);
        let cuts = match (total.fits, is_outweighed) {
            (false, _) => cuts::of(&plan, prices, &staffings, &lines),
            (true, true) => cuts::cheaper(outline, prices, &staffings),
            (true, false) => Vec::new(),
        };
        Self { basis: prices.basis(), lines, total, comparison, cuts }
    }

    /// Whether every section is expected to stay within its limit.
    #[must_use]
    pub const fn fits(&self) -> bool {
        self.total.fits
    }
}

impl QuoteLine {
    fn with(self, workers: u64) -> Self {
        Self { workers, ..self }
    }
}

fn line(
    name: String,
    phase: String,
    seniority: Seniority,
    (low, needed): Estimate,
    worst: Money,
) -> QuoteLine {
    let expected = needed.min(worst);
    let (seniority, fits, low) = (Some(seniority), needed <= worst, low.min(expected));
    QuoteLine { name, phase, seniority, workers: 0, low, expected, worst, fits, needed }
}

fn total_line(lines: &[QuoteLine]) -> QuoteLine {
    QuoteLine {
        name: "Total".to_owned(),
        phase: String::new(),
        seniority: None,
        workers: lines.iter().map(|line| line.workers).sum(),
        low: lines.iter().map(|line| line.low).sum(),
        expected: lines.iter().map(|line| line.expected).sum(),
        worst: lines.iter().map(|line| line.worst).sum(),
        fits: lines.iter().all(|line| line.fits),
        needed: lines.iter().map(|line| line.needed).sum(),
    }
}

#[cfg(test)]
mod tests;
