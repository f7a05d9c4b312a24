//! Which criteria a check of the seam has to run, and which files have to be there.

use super::Run;
use super::effect::Subject;
use super::event::SectionEnd;
use super::state::{AttemptState, Head, PlanState, TaskState};
use crate::words::*;

/// Where criteria are written down, and the commit that their pinned files are taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CriteriaSource {
    /// A contract's acceptance criteria.
    Contract {
        /// The contract's document.
        contract: BlobRef,
        /// Where the attempt started.
        base: CommitId,
    },
    /// What a contract that is merged asked for and must hold still; each criterion goes by the contract's title and its own
    /// name.
    Held {
        /// The contract's document.
        contract: BlobRef,
        /// Where the attempt started that is merged.
        base: CommitId,
    },
    /// A section's definition of done.
    Section {
        /// The plan's document.
        plan: BlobRef,
        /// Which of its sections.
        place: u16,
        /// Where the section started.
        base: CommitId,
    },
    /// The whole plan's definition of done.
    Plan {
        /// The plan's document.
        plan: BlobRef,
        /// Where the run started.
        base: CommitId,
    },
}

impl Run {
    /// The documents whose criteria a check has to run, and for sections which one of each document.
    #[must_use]
    pub fn criteria_of(&self, subject: Subject) -> Vec<CriteriaSource> {
        let of_section = |section: SectionId| {
            let state = self.sections.get(section)?;
            let base = state.base.as_ref().or(self.head.as_ref().map(|head| &head.base))?;
            Some(CriteriaSource::Section { plan: state.plan, place: state.outline.place, base: base.clone() })
        };
        match subject {
            Subject::Attempt(attempt) => {
                let after = self.attempts.get(attempt).map_or(0, |state| state.after);
                self.asked_of(attempt).into_iter().chain(self.held_by(attempt, after)).collect()
            }
            Subject::Task(attempt) => {
                self.asked_of(attempt).into_iter().chain(self.held_in_branch(attempt)).collect()
            }
            Subject::Section(section) => of_section(section).into_iter().collect(),
            Subject::Needs(_) => Vec::new(),
            Subject::Phase(section) => {
                let phase = self.sections.get(section).and_then(|state| self.phases.get(state.outline.phase));
                let there: Vec<_> = phase
                    .map(|phase| phase.joined.iter().copied().chain(phase.batch.up_to(section)).collect())
                    .unwrap_or_default();
                let verified = |id: &&SectionId| {
                    self.sections.get(**id).is_some_and(|state| state.end == Some(SectionEnd::Verified))
                };
                let replaced = self.replaced_by(&there);
                there.iter().filter(verified).copied().chain(replaced).filter_map(of_section).collect()
            }
            Subject::Run => {
                let source = |(plan, head): (&PlanState, &Head)| CriteriaSource::Plan {
                    plan: plan.plan,
                    base: head.base.clone(),
                };
                self.plan.as_ref().zip(self.head.as_ref()).map(source).into_iter().collect()
            }
        }
    }

    fn asked_of(&self, attempt: AttemptId) -> Option<CriteriaSource> {
        let state = self.attempts.get(attempt)?;
        let contract = self.tasks.get(state.task)?.contract;
        Some(CriteriaSource::Contract { contract, base: state.base.clone() })
    }

    /// What holds already in the branch that an attempt comes into, and what comes in with it before it.
    fn held_in_branch(&self, attempt: AttemptId) -> Vec<CriteriaSource> {
        let section = self.section_of_attempt(attempt).and_then(|section| self.sections.get(section));
        let there = section.map(|section| section.merged.iter().copied().chain(section.batch.up_to(attempt)));
        let held = |id: AttemptId| {
            let state = self.attempts.get(id)?;
            let contract = self.tasks.get(state.task)?.contract;
            Some(CriteriaSource::Held { contract, base: state.base.clone() })
        };
        there.into_iter().flatten().filter(|id| *id != attempt).filter_map(held).collect()
    }

    /// What an attempt is held to beside its own contract: the first so many that were merged before it.
    fn held_by(&self, attempt: AttemptId, first: usize) -> Vec<CriteriaSource> {
        self.merged_before(attempt, first)
            .map(|(task, merged)| CriteriaSource::Held { contract: task.contract, base: merged.base.clone() })
            .collect()
    }

    /// The tasks whose criteria still have to hold after an attempt, each with the attempt that is merged; none where it
    /// has criteria of its own.
    pub(crate) fn merged_before(
        &self,
        attempt: AttemptId,
        first: usize,
    ) -> impl Iterator<Item = (&TaskState, &AttemptState)> {
        let task = self.attempts.get(attempt).and_then(|state| self.tasks.get(state.task));
        let section = task.filter(|task| task.outline.is_held()).map(|task| task.section);
        let merged = section.and_then(|id| self.sections.get(id)).map(|section| section.merged.as_slice());
        let states = merged.unwrap_or_default().iter().take(first).filter_map(|id| self.attempts.get(*id));
        let both = states.filter_map(|state| Some((self.tasks.get(state.task)?, state)));
        both.filter(|(task, _)| !task.outline.executable.is_empty())
    }

    /// The contracts whose pinned files an attempt must not change either.
    #[must_use]
    pub fn held_contracts(&self, attempt: AttemptId) -> Vec<BlobRef> {
        let after = self.attempts.get(attempt).map_or(0, |state| state.after);
        self.merged_before(attempt, after).map(|(task, _)| task.contract).collect()
    }

    /// The files that must be there for a check to pass.
    #[must_use]
    pub fn files_for(&self, subject: Subject) -> Vec<String> {
        match subject {
            Subject::Needs(section) => self.sections.get(section).map(|state| state.outline.needs.clone()),
            Subject::Section(section) => {
                self.sections.get(section).map(|state| state.outline.delivers.clone())
            }
            Subject::Attempt(_) | Subject::Task(_) | Subject::Phase(_) | Subject::Run => None,
        }
        .unwrap_or_default()
    }
}
