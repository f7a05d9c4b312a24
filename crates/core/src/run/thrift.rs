//! What a section may pay for by seniority: every task gets its cheap first attempt before anybody is promoted, a promotion
//! goes one step up, no more are tried again at one time than the money pays for, and after a denied request the work goes
//! on cheaper than before, or is cut.

use super::Run;
use super::state::{AttemptState, TaskStage, TaskState};
use crate::catalogue::Span;
use crate::words::*;

/// The highest seniority that a section may still pay for, and the denied request that made it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// The request that was denied.
    pub request: RequestId,
    /// The highest seniority of attempts that begin from now on; reviews are not bound by it.
    pub seniority: Seniority,
}

impl Ceiling {
    /// Why an attempt at that seniority is too dear, and what to do instead; none where it is not.
    #[must_use]
    pub fn fault(self, wanted: Seniority) -> Option<String> {
        let Self { request, seniority } = self;
        (wanted > seniority).then(|| {
            format!(
                "seniority {wanted} is too dear: your request {request} was denied, so go on at {seniority} or below, or cut tasks"
            )
        })
    }
}

impl Run {
    /// The ceiling that a denial puts over a section: one step below the dearest attempt so far, or that one itself where
    /// nothing below it is served. None before the first attempt: there is nothing to go below.
    pub(super) fn ceiling_after_denial(&self, request: RequestId) -> Option<Ceiling> {
        let section = self.sections.get(self.requests.get(request)?.section)?;
        let tasks = section.tasks.iter().filter_map(|task| self.tasks.get(*task));
        let built = tasks.filter(|task| task.outline.kind != TaskKind::Review);
        let attempts = built.flat_map(|task| &task.attempts).filter_map(|id| self.attempts.get(*id));
        let dearest = attempts.map(|attempt| attempt.seniority).max()?;
        let below = |other: &Seniority| *other < dearest && self.catalogue.serves(*other);
        let seniority = Seniority::ALL.into_iter().rev().find(below).unwrap_or(dearest);
        Some(Ceiling { request, seniority })
    }

    /// Why a task can't be tried again with that much model now, and what to do instead.
    pub(super) fn too_dear(&self, task: TaskId, chosen: Seniority) -> Option<String> {
        let state = self.tasks.get(task)?;
        if state.outline.kind == TaskKind::Review {
            return None;
        }
        let section = self.sections.get(state.section)?;
        if let Some(fault) = section.ceiling.and_then(|ceiling| ceiling.fault(chosen)) {
            return Some(format!("{:?}: {fault}.", state.outline.title));
        }
        let last = self.attempts.get(*state.attempts.last()?)?;
        let promotes = chosen > last.seniority;
        let fault = promotes.then(|| self.promotion_fault(task, last.seniority, chosen)).flatten();
        fault.or_else(|| self.shortage(state, last, chosen))
    }

    /// Why another attempt has to wait: what is left won't pay for it beside what those who are tried again at the same time
    /// still need. Begun together, all of them would run dry half-way. Whoever is alone may try with whatever is left.
    fn shortage(&self, task: &TaskState, last: &AttemptState, chosen: Seniority) -> Option<String> {
        let section = self.sections.get(task.section)?;
        let others = section.tasks.iter().filter_map(|other| self.still_needed(self.tasks.get(*other)?));
        let needed: Money = others.sum();
        let crew = self.ledger.get(section.crew?)?;
        let left = self.ledger.limit(section.crew?).minus(crew.spent).minus(needed);
        let likely = self.likely_cost(last, chosen)?;
        (!needed.is_zero() && likely > left).then(|| {
            let title = &task.outline.title;
            format!("{title:?}: {chosen} would cost about {likely}, and those at work now leave about {left}. Ask again when they are back.")
        })
    }

    /// What a task that is tried again still needs.
    fn still_needed(&self, task: &TaskState) -> Option<Money> {
        let attempts = || task.attempts.iter().rev().filter_map(|id| self.attempts.get(*id));
        let present = attempts().next().filter(|attempt| attempt.end.is_none())?;
        let spent = self.agents.get(present.worker?)?.spent;
        Some(self.likely_cost(attempts().nth(1)?, present.seniority)?.minus(spent))
    }

    /// What another attempt is likely to cost: the tokens of the one before, at the price of its seniority.
    fn likely_cost(&self, before: &AttemptState, seniority: Seniority) -> Option<Money> {
        let id = before.worker?;
        let worker = self.agents.get(id)?;
        self.catalogue.usual_cost(self.pins_of(worker.seat), seniority, &worker.used, Span::at(self.now))
    }

    fn promotion_fault(&self, task: TaskId, last: Seniority, chosen: Seniority) -> Option<String> {
        let above = |other: &Seniority| *other > last && self.catalogue.serves(*other);
        let next = Seniority::ALL.into_iter().find(above)?;
        if chosen > next {
            return Some(format!("Promote one step at a time: after {last} comes {next}."));
        }
        let section = self.sections.get(self.tasks.get(task)?.section)?;
        let others = section.tasks.iter().filter_map(|other| self.tasks.get(*other));
        let first =
            |other: &&super::state::TaskState| other.stage == TaskStage::Working && other.attempts.len() == 1;
        let title = &others.filter(first).find(|other| other.outline.kind != TaskKind::Review)?.outline.title;
        Some(format!(
            "Every task gets its cheap first attempt before you pay for a promotion: {title:?} is still at its own. Promote when it is back."
        ))
    }
}
