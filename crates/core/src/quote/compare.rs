//! What planning, managing and judging cost, against what they save.
//!
//! Many workers with small contexts are cheaper than one whose context keeps all that was before; what that saves has to pay
//! for everybody who does no work. Where it does not, one worker alone is the better plan, and the Owner is told so before
//! anything is paid.

use serde::Serialize;

use super::prices::{Prices, Staffing};
use crate::run::event::PlanOutline;
use crate::shortcut::served;
use crate::view::usd;
use crate::words::{Money, Seniority};

/// A plan with Managers beside one worker alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What Orchestrator, Managers, Reviewers and advisers are expected to cost.
    #[serde(rename = "overhead_usd", serialize_with = "usd")]
    pub overhead: Money,
    /// What workers are expected to cost.
    #[serde(rename = "work_usd", serialize_with = "usd")]
    pub work: Money,
    /// What one worker is expected to cost that does all of it, as on the direct path, with a review.
    #[serde(rename = "alone_usd", serialize_with = "usd")]
    pub alone: Money,
    /// Whether the overhead is more than the work itself, or more than what it saves.
    pub outweighed: bool,
}

impl Comparison {
    /// None where nobody manages, or somebody has no price.
    pub(super) fn of(
        outline: &PlanOutline,
        prices: Prices<'_>,
        staffings: &[Staffing],
        needed: Money,
    ) -> Option<Self> {
        let is_managed = outline.sections.iter().any(|section| section.only.is_none());
        if !is_managed || needed == Money::MAX {
            return None;
        }
        let sections = outline.sections.iter().zip(staffings);
        let work: Money = sections.map(|(section, staffing)| prices.work(section, *staffing).1).sum();
        let tasks = staffings.iter().map(|staffing| staffing.tasks).sum();
        let alone = prices.alone(served(prices.catalogue, Seniority::Mid), tasks);
        let overhead = needed.minus(work);
        Some(Self { overhead, work, alone, outweighed: overhead > work || needed > alone })
    }

    /// Whether one worker alone is expected to be cheaper.
    #[must_use]
    pub fn alone_is_cheaper(&self) -> bool {
        self.alone < self.overhead.plus(self.work)
    }
}
