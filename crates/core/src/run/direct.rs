//! A section without a Manager: its only task begins with it, is tried again by a fixed ladder (the same seniority with the
//! findings, then the next one up, then never), and reports as soon as it is merged. Everything else is the same as for a
//! section with a Manager.

use super::event::{AgentEnd, AttemptEnd, BranchEvent, OnlyTask, SectionEnd, SectionOutline, TaskEvent};
use super::state::{AttemptState, SectionState};
use super::step::Draft;
use crate::ledger::Purse;
use crate::shortcut;
use crate::words::*;

impl Draft<'_> {
    /// Whether nobody manages a section.
    pub(super) fn is_unmanaged(&self, section: SectionId) -> bool {
        self.run.sections.get(section).is_some_and(|state| is_unmanaged(&state.outline))
    }

    /// The section's only task, and its first attempt.
    pub(super) fn begin_only_task(&mut self, section: SectionId, only: OnlyTask) {
        let OnlyTask { contract, outline } = only;
        let task = self.run.tasks.next();
        let (seniority, cap) = (outline.seniority, outline.cap);
        self.emit(TaskEvent::TaskCreated { task, section, contract, outline });
        if let Some(crew) = self.run.sections.get(section).and_then(|state| state.crew) {
            self.open_account(crew, Purse::Task(task), cap);
        }
        self.begin_attempt(task, seniority, None, 0);
    }

    /// The only task's attempt is back from the seam.
    pub(super) fn only_task_back(&mut self, section: SectionId) {
        let Some((task, attempt)) = self.only_attempt(section) else { return };
        let number = attempt.number;
        let note = attempt.review.or(attempt.claim.as_ref().map(|claim| claim.conclusion));
        let end = match &attempt.end {
            Some(AttemptEnd::Verified) => {
                let note = note.unwrap_or(BlobRef(Digest::of(b"")));
                self.emit(TaskEvent::TaskAccepted { task, note, index: 0 });
                return self.merge_next(section);
            }
            // Whoever stopped it ends the section.
            None | Some(AttemptEnd::Abandoned { end: AgentEnd::Killed }) => return,
            Some(AttemptEnd::Abandoned { end: AgentEnd::Exhausted }) => SectionEnd::BudgetExhausted,
            Some(AttemptEnd::Abandoned { end: AgentEnd::Broken }) => SectionEnd::Failed,
            Some(_) if self.run.broken.is_some() => SectionEnd::Failed,
            // Nobody can mend the contract but the Owner.
            Some(AttemptEnd::ContractDefect { .. }) => SectionEnd::Unverified,
            Some(
                AttemptEnd::Unmet
                | AttemptEnd::OutsideWriteSet { .. }
                | AttemptEnd::NoChange
                | AttemptEnd::NoSelfCheck { .. }
                | AttemptEnd::NoActivity
                | AttemptEnd::Weakened { .. }
                | AttemptEnd::Contradicted { .. }
                | AttemptEnd::Abandoned { .. },
            ) => match self.next_on_ladder(number, attempt.seniority) {
                Some(seniority) => return self.begin_attempt(task, seniority, None, 0),
                None => SectionEnd::Unverified,
            },
        };
        self.end_section(section, end);
    }

    /// The same once more, then the next one up, then nobody.
    fn next_on_ladder(&self, number: u32, seniority: Seniority) -> Option<Seniority> {
        match number {
            1 => Some(seniority),
            2 => shortcut::promoted(&self.run.catalogue, seniority),
            _ => None,
        }
    }

    fn only_attempt(&self, section: SectionId) -> Option<(TaskId, &AttemptState)> {
        let task = *self.run.sections.get(section)?.tasks.first()?;
        let attempt = *self.run.tasks.get(task)?.attempts.last()?;
        Some((task, self.run.attempts.get(attempt)?))
    }

    /// The only task is in the section's branch: the section is held against its definition of done.
    pub(super) fn only_task_merged(&mut self, section: SectionId) {
        let conclusion = self.only_attempt(section).and_then(|(_, attempt)| attempt.claim.as_ref());
        let Some(conclusion) = conclusion.map(|claim| claim.conclusion) else { return };
        self.emit(BranchEvent::SectionReported { section, done: true, conclusion, index: 0 });
        self.check_section(section);
    }

    /// The Owner stopped a task: where there is no other, its section ends with it.
    pub(super) fn only_task_killed(&mut self, task: TaskId) {
        if let Some(section) = self.run.tasks.get(task).map(|task| task.section)
            && self.is_unmanaged(section)
        {
            self.end_section(section, SectionEnd::Killed);
        }
    }
}

pub(super) const fn is_unmanaged(outline: &SectionOutline) -> bool {
    outline.only.is_some()
}

/// What a section holds back from its workers: money for the Manager's report, where there is a Manager.
pub(super) fn held_back(section: Option<&SectionState>, amount: Money) -> Money {
    let is_unmanaged = section.is_some_and(|state| is_unmanaged(&state.outline));
    if is_unmanaged { Money::ZERO } else { amount.fraction(crate::limits::REPORT_RESERVE_PCT, 100) }
}
