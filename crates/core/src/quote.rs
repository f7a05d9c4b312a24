//! The quote: what a plan may cost, before anything of it is paid. Low and expected are estimates from the plan's shape
//! and the catalogue's prices; worst is a limit that the ledger enforces, so it is a promise.
//!
//! A section's estimate is a number of turns, each with its tokens at the price of its seniority's first model, and nothing
//! taken off for the provider's cache. How many turns agents take, and of how many tokens, is told by earlier runs of the same
//! project ([`History`]), and where these don't tell by this table:
//!
//! ```text
//!                turns: low  expected     tokens in   tokens out
//! Orchestrator             2         4        16,000        2,000
//! Manager                  4        10        12,000        1,200
//! worker                   6         8        12,000        1,000
//! Reviewer                 2         3        12,000        1,000
//! adviser                  1         2        12,000        1,500
//! Synthesist               1         1        12,000        1,500
//! ```
//!
//! ```text
//!                     low                          expected
//! section             Manager, one junior          Manager, three mids, one of them once more, a review by a mid
//! without a Manager   its worker, a review         its worker for half as long again, a review
//! of high stakes      two advisers, a Synthesist, on top of it: three calls, or five
//! Orchestrator        as a principal; nobody where no section has a Manager
//! ```
//!
//! Neither is ever shown above worst; where expected would be, `fits` is false, and `cuts` say what would help.

mod cuts;
mod history;

use serde::Serialize;

use crate::catalogue::{Catalogue, Pinned, Span};
use crate::ledger::split;
use crate::run::event::{PlanOutline, SectionOutline};
use crate::view::usd;
use crate::words::{Millis, Money, Seniority, Share, Usage};

pub use cuts::Cut;
pub use history::History;
use history::{Pace, Typical};

const ORCHESTRATOR: Typical = Typical::new("orchestrator", (2, 4), (16_000, 2_000));
const MANAGER: Typical = Typical::new("manager", (4, 10), (12_000, 1_200));
const WORKER: Typical = Typical::new("worker", (6, 8), (12_000, 1_000));
const REVIEWER: Typical = Typical::new("reviewer", (2, 3), (12_000, 1_000));
const ADVISER: Typical = Typical::new("adviser", (1, 2), (12_000, 1_500));
const SYNTHESIST: Typical = Typical::new("synthesist", (1, 1), (12_000, 1_500));

/// What a plan may cost, section by section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// In plan order, the Orchestrator's reserve last.
    pub lines: Vec<QuoteLine>,
    /// All of them together.
    pub total: QuoteLine,
    /// Where the turns and tokens come from.
    pub basis: String,
    /// What would help where it does not fit.
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
        let sections = outline.sections.iter().zip(limits);
        let mut lines: Vec<_> = sections
            .map(|(section, worst)| {
                let phase = outline.phases.get(usize::from(section.phase.0)).cloned().unwrap_or_default();
                line(section.name.clone(), phase, Some(section.seniority), prices.section(section), worst)
            })
            .collect();
        let orchestrator = prices.orchestrator(outline);
        let name = "Orchestrator".to_owned();
        lines.push(line(name, String::new(), Some(Seniority::Principal), orchestrator, reserve));
        let total = total_line(&lines);
        let cuts = if total.fits { Vec::new() } else { cuts::of(&plan, prices, &lines) };
        Self { basis: prices.basis(), lines, total, cuts }
    }

    /// Whether every section is expected to stay within its limit.
    #[must_use]
    pub const fn fits(&self) -> bool {
        self.total.fits
    }
}

/// Low, and expected.
type Estimate = (Money, Money);

fn sum(estimates: impl IntoIterator<Item = Estimate>) -> Estimate {
    estimates.into_iter().fold((Money::ZERO, Money::ZERO), |(low, expected), (other, more)| {
        (low.plus(other), expected.plus(more))
    })
}

#[derive(Clone, Copy)]
struct Prices<'a> {
    catalogue: &'a Catalogue,
    span: Span,
    history: &'a History,
}

impl Prices<'_> {
    /// What that many turns cost; nothing is known, so anything is expected, where a seniority has no price.
    fn turns(self, number: u64, pins: &[Pinned], seniority: Seniority, turn: Usage) -> Money {
        let cost = self.catalogue.usual_cost(pins, seniority, &turn, self.span);
        cost.map_or(Money::MAX, |cost| cost.fraction(number, 1))
    }

    fn pace(self, typical: Typical, seniority: Seniority) -> Pace {
        self.history.pace(typical.role, seniority).unwrap_or(typical.pace)
    }

    /// One agent of a role.
    fn agent(self, typical: Typical, pins: &[Pinned], seniority: Seniority) -> Estimate {
        let pace = self.pace(typical, seniority);
        let turns = |number| self.turns(number, pins, seniority, pace.turn);
        (turns(pace.low), turns(pace.usual))
    }

    fn section(self, section: &SectionOutline) -> Estimate {
        let work = match &section.only {
            Some(only) => self.alone(only.outline.seniority),
            None => sum([self.manager(section.seniority), self.workers()]),
        };
        if section.stakes.is_normal() { work } else { sum([work, self.opinion()]) }
    }

    fn manager(self, seniority: Seniority) -> Estimate {
        self.agent(MANAGER, &[Pinned::Manager], seniority)
    }

    fn workers(self) -> Estimate {
        let worker = |seniority| self.agent(WORKER, &[Pinned::Build, Pinned::Worker], seniority);
        let (low, _) = worker(Seniority::Junior);
        let (_, mid) = worker(Seniority::Mid);
        let (_, review) = self.agent(REVIEWER, &[Pinned::Reviewer], Seniority::Mid);
        (low, mid.times(4).plus(review))
    }

    /// A task that nobody manages.
    fn alone(self, seniority: Seniority) -> Estimate {
        let (low, usual) = self.agent(WORKER, &[Pinned::Build, Pinned::Worker], seniority);
        sum([(low, usual.fraction(3, 2)), self.agent(REVIEWER, &[Pinned::Reviewer], seniority)])
    }

    fn opinion(self) -> Estimate {
        let adviser = self.agent(ADVISER, &[Pinned::Adviser], Seniority::Principal);
        sum([adviser, adviser, self.agent(SYNTHESIST, &[Pinned::Synthesist], Seniority::Principal)])
    }

    fn orchestrator(self, outline: &PlanOutline) -> Estimate {
        if outline.sections.iter().all(|section| section.only.is_some()) {
            return (Money::ZERO, Money::ZERO);
        }
        self.agent(ORCHESTRATOR, &[Pinned::Orchestrator], Seniority::Principal)
    }

    /// Where the numbers come from, in words.
    fn basis(self) -> String {
        let known = |typical: Typical| {
            Seniority::ALL.iter().any(|one| self.history.pace(typical.role, *one).is_some())
        };
        let (here, not): (Vec<_>, Vec<_>) =
            [ORCHESTRATOR, MANAGER, WORKER, REVIEWER].into_iter().partition(|one| known(*one));
        let names = |list: &[Typical]| list.iter().map(|one| one.role).collect::<Vec<_>>().join(", ");
        let runs = match self.history.runs() {
            1 => "1 earlier run".to_owned(),
            runs => format!("{runs} earlier runs"),
        };
        match (here.is_empty(), not.is_empty()) {
            (true, _) => "typical".to_owned(),
            (false, true) => format!("from {runs} here"),
            (false, false) => format!("from {runs} here ({}); typical for {}", names(&here), names(&not)),
        }
    }
}

fn line(
    name: String,
    phase: String,
    seniority: Option<Seniority>,
    (low, needed): Estimate,
    worst: Money,
) -> QuoteLine {
    let expected = needed.min(worst);
    let fits = needed <= worst;
    QuoteLine { name, phase, seniority, low: low.min(expected), expected, worst, fits, needed }
}

fn total_line(lines: &[QuoteLine]) -> QuoteLine {
    QuoteLine {
        name: "Total".to_owned(),
        phase: String::new(),
        seniority: None,
        low: lines.iter().map(|line| line.low).sum(),
        expected: lines.iter().map(|line| line.expected).sum(),
        worst: lines.iter().map(|line| line.worst).sum(),
        fits: lines.iter().all(|line| line.fits),
        needed: lines.iter().map(|line| line.needed).sum(),
    }
}

#[cfg(test)]
mod tests;
