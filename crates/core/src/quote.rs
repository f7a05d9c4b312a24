//! The quote: what a plan may cost, before anything of it is paid. Low and expected are estimates from the plan's shape
//! and the catalogue's prices; worst is a limit that the ledger enforces, so it is a promise.
//!
//! A section's estimate is a number of turns, each with typical tokens at the price of its seniority's first model, and
//! nothing taken off for the provider's cache:
//!
//! ```text
//!                Manager             workers
//! low            4 turns             one junior, 6 turns
//! expected       10 turns            three mids with 8 turns, one of them once more, and a review of 3 turns by a mid
//! Orchestrator   low 2 turns, expected 4, as a principal
//!
//! a turn         tokens in           tokens out
//! Orchestrator   16,000              2,000
//! Manager        12,000              1,200
//! worker         12,000              1,000
//! ```
//!
//! Neither is ever shown above worst; where expected would be, `fits` is false.

use serde::Serialize;

use crate::catalogue::{Candidate, Catalogue, Pinned, Span};
use crate::ledger::split;
use crate::run::event::{PlanOutline, SectionOutline};
use crate::view::usd;
use crate::words::{Millis, Money, Seniority, Share, Usage};

const ORCHESTRATOR_TURN: Usage = turn(16_000, 2_000);
const MANAGER_TURN: Usage = turn(12_000, 1_200);
const WORKER_TURN: Usage = turn(12_000, 1_000);

/// What a plan may cost, section by section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// In plan order, the Orchestrator's reserve last.
    pub lines: Vec<QuoteLine>,
    /// All of them together.
    pub total: QuoteLine,
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
    /// One worker who gets it right at once.
    #[serde(rename = "low_usd", serialize_with = "usd")]
    pub low: Money,
    /// Three workers, one of whom needs a second attempt.
    #[serde(rename = "expected_usd", serialize_with = "usd")]
    pub expected: Money,
    /// The limit: not a nanodollar more can be spent.
    #[serde(rename = "worst_usd", serialize_with = "usd")]
    pub worst: Money,
    /// False where the work is expected to need more than the limit.
    pub fits: bool,
}

impl Quote {
    /// The quote of a plan, with `pool` to be shared out by the plan's shares and `reserve` for the Orchestrator, at the prices
    /// of that moment.
    #[must_use]
    pub fn of(outline: &PlanOutline, pool: Money, reserve: Money, catalogue: &Catalogue, at: Millis) -> Self {
        let shares: Vec<Share> = outline.sections.iter().map(|section| section.share).collect();
        let limits = split(pool, &shares);
        let prices = Prices(catalogue, Span::at(at));
        let mut lines: Vec<_> = outline
            .sections
            .iter()
            .zip(limits)
            .map(|(section, worst)| section_line(outline, section, worst, prices))
            .collect();
        lines.push(orchestrator_line(reserve, prices));
        let total = total_line(&lines);
        Self { lines, total }
    }

    /// Whether every section is expected to stay within its limit.
    #[must_use]
    pub const fn fits(&self) -> bool {
        self.total.fits
    }
}

#[derive(Clone, Copy)]
struct Prices<'a>(&'a Catalogue, Span);

impl Prices<'_> {
    /// What that many turns cost; nothing is known, so anything is expected, where a seniority has no price.
    fn turns(self, number: u64, pins: &[Pinned], seniority: Seniority, turn: Usage) -> Money {
        let cost = |candidate: &Candidate| self.0.cost(&candidate.model, &turn, self.1);
        let mut costs = self.0.candidates_for(pins, seniority).iter().filter_map(cost);
        let first = if self.0.takes_cheapest(pins, seniority) { costs.min() } else { costs.next() };
        first.map_or(Money::MAX, |cost| cost.fraction(number, 1))
    }
}

const fn turn(input: u64, output: u64) -> Usage {
    Usage {
        input,
        output,
        cache_read: 0,
        cache_write: 0,
        cache_write_1h: 0,
        searches: 0,
        geo: false,
        reported: Money::ZERO,
    }
}

fn section_line(
    outline: &PlanOutline,
    section: &SectionOutline,
    worst: Money,
    prices: Prices<'_>,
) -> QuoteLine {
    let manager = |turns| prices.turns(turns, &[Pinned::Manager], section.seniority, MANAGER_TURN);
    let pins = [Pinned::Build, Pinned::Worker];
    let workers = |turns, seniority| prices.turns(turns, &pins, seniority, WORKER_TURN);
    let low = manager(4).plus(workers(6, Seniority::Junior));
    let expected = manager(10).plus(workers(4 * 8 + 3, Seniority::Mid));
    let phase = outline.phases.get(usize::from(section.phase.0)).cloned().unwrap_or_default();
    line(section.name.clone(), phase, Some(section.seniority), (low, expected, worst))
}

fn orchestrator_line(reserve: Money, prices: Prices<'_>) -> QuoteLine {
    let turns =
        |number| prices.turns(number, &[Pinned::Orchestrator], Seniority::Principal, ORCHESTRATOR_TURN);
    let estimates = (turns(2), turns(4), reserve);
    line("Orchestrator".to_owned(), String::new(), Some(Seniority::Principal), estimates)
}

fn line(
    name: String,
    phase: String,
    seniority: Option<Seniority>,
    (low, expected, worst): (Money, Money, Money),
) -> QuoteLine {
    let fits = expected <= worst;
    QuoteLine {
        name,
        phase,
        seniority,
        low: low.min(expected).min(worst),
        expected: expected.min(worst),
        worst,
        fits,
    }
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use proptest::prelude::*;

    fn quote(pool: Money, reserve: Money) -> Quote {
        Quote::of(&fixture::outline(), pool, reserve, &fixture::catalogue(), Millis(1_795_176_000_000))
    }

    fn table(quote: &Quote) -> String {
        let row = |line: &QuoteLine| {
            format!("{} {} {} {} {}\n", line.name, line.low, line.expected, line.worst, line.fits)
        };
        quote.lines.iter().chain([&quote.total]).map(row).collect()
    }

    #[test]
    fn worst_is_the_limit_and_what_will_not_fit_says_so() {
        expect_test::expect![[r#"
            Core converter $0.1542 $1.55 $5.40 true
            Command line $0.1542 $1.55 $3.60 true
            Orchestrator $0.416 $0.832 $1.00 true
            Total $0.7244 $3.932 $10.00 true
        "#]]
        .assert_eq(&table(&quote(Money::cents(900), Money::cents(100))));
    }

    proptest! {
        #[test]
        fn estimates_are_in_order_and_the_worst_is_all_the_money(pool in 0..u64::from(u32::MAX), reserve in 0..u64::from(u32::MAX)) {
            let quote = quote(Money::nanos(pool), Money::nanos(reserve));
            prop_assert_eq!(quote.total.worst, Money::nanos(pool + reserve));
            for line in quote.lines.iter().chain([&quote.total]) {
                prop_assert!(line.low <= line.worst && line.expected <= line.worst);
            }
        }
    }
}
