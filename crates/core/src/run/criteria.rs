//! Which criteria a check of the seam has to run, and which files have to be there.

use super::Run;
use super::effect::Subject;
use super::event::SectionEnd;
use super::state::{Head, PlanState, TaskState};
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
            Subject::Attempt(attempt) | Subject::Task(attempt) => {
                let task = self.attempts.get(attempt).and_then(|attempt| self.tasks.get(attempt.task));
                let base = self.attempts.get(attempt).map(|attempt| attempt.base.clone());
                let source = |(task, base): (&TaskState, CommitId)| CriteriaSource::Contract {
                    contract: task.contract,
                    base,
                };
                task.zip(base).map(source).into_iter().collect()
            }
            Subject::Section(section) => of_section(section).into_iter().collect(),
            Subject::Needs(_) => Vec::new(),
            Subject::Phase(section) => {
                let phase = self.sections.get(section).and_then(|state| self.phases.get(state.outline.phase));
                let joined = phase.map(|phase| phase.joined.clone()).unwrap_or_default();
                let there: Vec<_> = joined.into_iter().chain([section]).collect();
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
