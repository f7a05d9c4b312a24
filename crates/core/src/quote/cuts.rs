//! What would help a plan that is expected to need more than it gets: what could be taken from it, or given to it, and how
//! many dollars that makes.

use serde::Serialize;

use super::prices::{Prices, Staffing};
use super::{QuoteFor, QuoteLine};
use crate::limits::NAMED_AT_MOST;
use crate::run::event::{PlanOutline, SectionOutline};
use crate::view::usd;
use crate::words::{Money, Seniority};

/// One thing that would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// What to do.
    pub what: String,
    /// How much it makes: what is needed less, or there is more for the rest.
    #[serde(rename = "effect_usd", serialize_with = "usd")]
    pub effect: Money,
}

/// What would help: first what moves money, then what takes from the plan, at last what costs more.
pub(super) fn of(
    plan: &QuoteFor<'_>,
    prices: Prices<'_>,
    staffings: &[Staffing],
    lines: &[QuoteLine],
) -> Vec<Cut> {
    let sections: Vec<_> = plan.outline.sections.iter().zip(lines).collect();
    let short = sections.iter().copied().filter(|(_, line)| !line.fits);
    let mut cuts: Vec<_> = short.filter_map(|(_, line)| reshare(plan, &sections, line)).collect();
    let managed = sections.iter().zip(staffings).filter(|((_, line), _)| !line.fits);
    cuts.extend(managed.filter_map(|((section, _), staffing)| cheaper_manager(section, prices, *staffing)));
    cuts.extend(dropped(&sections));
    cuts.extend(raised(plan, lines));
    cuts.truncate(NAMED_AT_MOST);
    cuts
}

/// What would make a plan cheaper that fits.
pub(super) fn cheaper(outline: &PlanOutline, prices: Prices<'_>, staffings: &[Staffing]) -> Vec<Cut> {
    let sections = outline.sections.iter().zip(staffings);
    let cuts = sections.filter_map(|(section, staffing)| cheaper_manager(section, prices, *staffing));
    cuts.take(NAMED_AT_MOST).collect()
}

/// A section that needs more than its share gets a larger one, where the others can spare it; else it has to need less.
fn reshare(plan: &QuoteFor<'_>, sections: &[(&SectionOutline, &QuoteLine)], line: &QuoteLine) -> Option<Cut> {
    let name = &line.name;
    let effect = line.needed.minus(line.worst);
    if line.needed == Money::MAX {
        return None;
    }
    let all: Money = sections.iter().map(|(_, line)| line.needed).sum();
    let (needed, worst) = (line.needed, line.worst);
    if all > plan.pool {
        let what = format!(
            "make section {name:?} smaller: it is expected to take {needed}, and its share is {worst}"
        );
        return Some(Cut { what, effect });
    }
    let pct = needed.times(100).as_nanos().div_ceil(plan.pool.as_nanos().max(1));
    let what = format!(
        "give section {name:?} {pct} % of the budget: it is expected to take {needed}, others can spare the rest"
    );
    Some(Cut { what, effect })
}

/// The next seniority below that makes a difference; a Manager is no junior.
fn cheaper_manager(section: &SectionOutline, prices: Prices<'_>, staffing: Staffing) -> Option<Cut> {
    if section.only.is_some() {
        return None;
    }
    let (_, now) = prices.manager(section.seniority, staffing);
    let below =
        Seniority::ALL.into_iter().rev().filter(|one| *one < section.seniority && *one >= Seniority::Mid);
    let cheaper = |one: Seniority| Some((one, now.checked_minus(prices.manager(one, staffing).1)?));
    let (seniority, effect) = below.filter_map(cheaper).find(|(_, effect)| !effect.is_zero())?;
    let what =
        format!("let a {seniority} manage section {:?} instead of a {}", section.name, section.seniority);
    Some(Cut { what, effect })
}

/// The section of the lowest share, where no other one needs what it delivers.
fn dropped(sections: &[(&SectionOutline, &QuoteLine)]) -> Option<Cut> {
    if sections.len() < 2 {
        return None;
    }
    let is_needed = |path: &String| sections.iter().any(|(section, _)| section.needs.contains(path));
    let free = sections.iter().filter(|(section, _)| !section.delivers.iter().any(is_needed));
    let (section, line) = free.min_by_key(|(section, _)| section.share)?;
    let what = format!("drop section {:?}, which has the lowest share", section.name);
    Some(Cut { what, effect: line.worst })
}

/// The total with which every line gets what it is expected to need.
fn raised(plan: &QuoteFor<'_>, lines: &[QuoteLine]) -> Option<Cut> {
    let total = plan.pool.plus(plan.reserve);
    let enough = |line: &QuoteLine| match line.fits {
        true => Some(total),
        false if line.needed == Money::MAX || line.worst.is_zero() => None,
        false => Some(scaled(total, line.needed, line.worst)),
    };
    let totals: Option<Vec<Money>> = lines.iter().map(enough).collect();
    let enough = whole_cents(totals?.into_iter().max()?);
    let what = format!("raise the total to {enough}");
    Some(Cut { what, effect: enough.minus(total) })
}

fn scaled(total: Money, needed: Money, worst: Money) -> Money {
    total.fraction(needed.as_nanos(), worst.as_nanos())
}

/// The next cent but one: shares are rounded too.
fn whole_cents(amount: Money) -> Money {
    let cent = Money::cents(1).as_nanos();
    Money::cents(amount.as_nanos().div_ceil(cent).saturating_add(1))
}
