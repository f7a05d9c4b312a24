//! What agents cost: how many of them a section takes, how many turns each, and what a turn costs.

use super::history::{Density, History, Pace, Typical};
use super::parts;
use crate::catalogue::{Catalogue, Pinned, Span};
use crate::limits::WORKER_CONTEXT_TOKENS;
use crate::router::BYTES_PER_TOKEN;
use crate::run::event::{PlanOutline, SectionOutline};
use crate::words::{Money, Seniority, Usage};

const ORCHESTRATOR: Typical = Typical::new("orchestrator", (2, 4), (16_000, 2_000));
const MANAGER: Typical = Typical::new("manager", (well_managed(1), managed(1)), (12_000, 1_200));
const WORKER: Typical = Typical::new("worker", (6, 8), (12_000, 1_000));
const REVIEWER: Typical = Typical::new("reviewer", (2, 3), (12_000, 1_000));
pub(super) const ADVISER: Typical = Typical::new("adviser", (1, 2), (12_000, 1_500));
const SYNTHESIST: Typical = Typical::new("synthesist", (1, 1), (12_000, 1_500));

/// What a worker reads in a turn on average whose context fills up, and is made smaller, again and again.
const HALF_FULL: u64 = WORKER_CONTEXT_TOKENS / BYTES_PER_TOKEN / 2;

const BUILDS: [Pinned; 2] = [Pinned::Build, Pinned::Worker];

/// Turns of a Manager of so many tasks where all goes well.
const fn well_managed(tasks: u64) -> u64 {
    3 + tasks
}

/// Turns of a Manager of so many tasks that are to be expected.
const fn managed(tasks: u64) -> u64 {
    4 + 2 * tasks
}

/// Low, and expected.
pub(super) type Estimate = (Money, Money);

/// What a section is expected to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Staffing {
    /// Tasks where all goes well, each of them tried once.
    pub(super) least: u64,
    /// Tasks to be expected.
    pub(super) tasks: u64,
    /// Attempts at them.
    pub(super) attempts: u64,
    /// Reviews.
    pub(super) reviews: u64,
}

/// Prices, and how agents go about their work.
#[derive(Clone, Copy)]
pub(super) struct Prices<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) span: Span,
    pub(super) history: &'a History,
}

pub(super) fn sum(estimates: impl IntoIterator<Item = Estimate>) -> Estimate {
    estimates.into_iter().fold((Money::ZERO, Money::ZERO), |(low, expected), (other, more)| {
        (low.plus(other), expected.plus(more))
    })
}

impl Staffing {
    fn of(density: Density, parts: u64) -> Self {
        let of = |number: u64, permille: u64| number.saturating_mul(permille).div_ceil(1_000);
        let tasks = of(parts, density.tasks).max(1);
        let least = of(parts, density.least).clamp(1, tasks);
        Self {
            least,
            tasks,
            attempts: of(tasks, density.attempts).max(tasks),
            reviews: of(tasks, density.reviews),
        }
    }

    /// A Reviewer looks at the result of every attempt.
    fn all_reviewed(self) -> Self {
        Self { reviews: self.reviews.max(self.attempts), ..self }
    }

    /// The only task of a section that nobody manages.
    const ALONE: Self = Self { least: 1, tasks: 1, attempts: 1, reviews: 1 };
}

impl Prices<'_> {
    /// What each section is expected to take, in plan order.
    pub(super) fn staffings(self, outline: &PlanOutline) -> Vec<Staffing> {
        let density = self.history.density().unwrap_or(Density::TYPICAL);
        let of = |(section, parts): (&SectionOutline, u64)| match section.only {
            Some(_) => Staffing::ALONE,
            None if section.is_thorough() => Staffing::of(density, parts).all_reviewed(),
            None => Staffing::of(density, parts),
        };
        outline.sections.iter().zip(parts(outline)).map(of).collect()
    }

    /// What that many turns cost; nothing is known, so anything is expected, where a seniority has no price.
    pub(super) fn turns(self, number: u64, pins: &[Pinned], seniority: Seniority, turn: Usage) -> Money {
        let cost = self.catalogue.usual_cost(pins, seniority, &turn, self.span);
        cost.map_or(Money::MAX, |cost| cost.fraction(number, 1))
    }

    fn pace(self, typical: Typical, seniority: Seniority) -> Pace {
        self.history.pace(typical.role, seniority).unwrap_or(typical.pace)
    }

    /// One agent of a role.
    fn agent(self, typical: Typical, pins: &[Pinned], seniority: Seniority) -> Estimate {
        self.at_pace(self.pace(typical, seniority), pins, seniority)
    }

    fn at_pace(self, pace: Pace, pins: &[Pinned], seniority: Seniority) -> Estimate {
        let turns = |number| self.turns(number, pins, seniority, pace.turn);
        (turns(pace.low), turns(pace.usual))
    }

    pub(super) fn section(self, section: &SectionOutline, staffing: Staffing) -> Estimate {
        let overhead = self.overhead(section, staffing);
        sum([overhead, self.work(section, staffing)])
    }

    /// Whoever does the work of a section.
    pub(super) fn work(self, section: &SectionOutline, staffing: Staffing) -> Estimate {
        if let Some(only) = &section.only {
            let (low, usual) = self.agent(WORKER, &BUILDS, only.outline.seniority);
            return (low, usual.fraction(3, 2));
        }
        let (low, _) = self.agent(WORKER, &BUILDS, Seniority::Junior);
        let (_, mid) = self.agent(WORKER, &BUILDS, Seniority::Mid);
        (low.times(staffing.least), mid.times(staffing.attempts))
    }

    /// Whoever manages, judges and advises in a section.
    pub(super) fn overhead(self, section: &SectionOutline, staffing: Staffing) -> Estimate {
        let (managing, judging) = match &section.only {
            Some(only) => {
                let review = self.agent(REVIEWER, &[Pinned::Reviewer], only.outline.seniority);
                ((Money::ZERO, Money::ZERO), review)
            }
            None => {
                let (_, review) = self.agent(REVIEWER, &[Pinned::Reviewer], Seniority::Mid);
                (self.manager(section.seniority, staffing), (Money::ZERO, review.times(staffing.reviews)))
            }
        };
        let advice = if section.stakes.is_normal() { (Money::ZERO, Money::ZERO) } else { self.opinion() };
        sum([managing, judging, advice])
    }

    /// A Manager takes more turns the more tasks it has. Earlier ones are taken to have had as many as is usual here.
    pub(super) fn manager(self, seniority: Seniority, staffing: Staffing) -> Estimate {
        let (low, usual) = (well_managed(staffing.least), managed(staffing.tasks));
        let pace = match (self.history.pace(MANAGER.role, seniority), self.history.tasks()) {
            (None, _) => Pace { low, usual, ..MANAGER.pace },
            (Some(here), None) => here,
            (Some(here), Some(tasks)) => {
                let low = here.low.saturating_mul(low).div_ceil(well_managed(tasks));
                let usual = here.usual.saturating_mul(usual).div_ceil(managed(tasks));
                Pace { low, usual, ..here }
            }
        };
        self.at_pace(pace, &[Pinned::Manager], seniority)
    }

    /// One worker for so many tasks: of each it keeps as much as it reads in a turn, until its context is full.
    pub(super) fn alone(self, seniority: Seniority, tasks: u64) -> Money {
        let pace = self.pace(WORKER, seniority);
        let grown = pace.turn.input.saturating_mul(tasks + 1) / 2;
        let turn = Usage { input: grown.min(HALF_FULL).max(pace.turn.input), ..pace.turn };
        let turns = pace.usual.saturating_mul(tasks).saturating_mul(3).div_ceil(2);
        let (_, review) = self.agent(REVIEWER, &[Pinned::Reviewer], seniority);
        self.turns(turns, &BUILDS, seniority, turn).plus(review)
    }

    fn opinion(self) -> Estimate {
        let adviser = self.agent(ADVISER, &[Pinned::Adviser], Seniority::Principal);
        sum([adviser, adviser, self.agent(SYNTHESIST, &[Pinned::Synthesist], Seniority::Principal)])
    }

    pub(super) fn orchestrator(self, outline: &PlanOutline) -> Estimate {
        if outline.sections.iter().all(|section| section.only.is_some()) {
            return (Money::ZERO, Money::ZERO);
        }
        self.agent(ORCHESTRATOR, &[Pinned::Orchestrator], Seniority::Principal)
    }

    /// Where the numbers come from, in words.
    pub(super) fn basis(self) -> String {
        let known = |typical: Typical| {
            Seniority::ALL.iter().any(|one| self.history.pace(typical.role, *one).is_some())
        };
        let roles = [ORCHESTRATOR, MANAGER, WORKER, REVIEWER].map(|one| (one.role, known(one)));
        let density = ("number of workers", self.history.density().is_some());
        let (here, not): (Vec<_>, Vec<_>) = roles.into_iter().chain([density]).partition(|(_, known)| *known);
        let names = |list: &[(&str, bool)]| list.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
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
