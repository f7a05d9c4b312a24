//! Conflicts that can be foreseen: another section of the phase works on the same files, and the two come together only when
//! both are over. A Manager is told of them once, before a worker begins; it may go on all the same.

use std::collections::BTreeSet;

use super::event::TaskEvent;
use super::state::{SectionState, TaskStage, TaskState};
use super::step::Draft;
use crate::contract_lint::overlap;
use crate::limits::NAMED_AT_MOST;
use crate::survey::Surveyed;
use crate::words::*;

impl Draft<'_> {
    /// What is foreseen of contracts that their Manager has not heard of yet: each with its title.
    pub(super) fn foresee(
        &mut self,
        section: SectionId,
        contracts: &[Surveyed<Contract>],
    ) -> Vec<(String, String)> {
        let mut told = Vec::new();
        for (title, with) in self.foreseen(section, contracts) {
            let why = format!(
                "{}. Both branches are merged when their sections are over, and what does not merge then stays out. Cut the task so \
                 that it leaves these files alone, or send the same contracts again to go on all the same",
                with.join("; ")
            );
            told.push((title.clone(), why));
            self.emit(TaskEvent::ConflictForeseen { section, title, with });
        }
        told
    }

    fn foreseen(&self, section: SectionId, contracts: &[Surveyed<Contract>]) -> Vec<(String, Vec<String>)> {
        let Some(state) = self.run.sections.get(section) else { return Vec::new() };
        let new: Vec<_> =
            contracts.iter().filter(|one| !state.foreseen.contains(&one.document.body.title)).collect();
        let heads = Heads::of(new.iter().flat_map(|one| &one.document.body.write_set));
        let beside: Vec<_> = self.beside(section, state).filter(|(_, task)| heads.meet(task)).collect();
        let with = |one: &&Surveyed<Contract>| {
            let Contract { title, write_set, .. } = &one.document.body;
            let meeting = beside.iter().filter_map(|(name, task)| {
                let (ours, theirs) = overlap(write_set, &task.outline.write_set)?;
                let other = &task.outline.title;
                Some(format!("write_set {ours:?} meets {theirs:?} of {other:?} in section {name:?}"))
            });
            let with: Vec<_> =
                meeting.chain(one.survey.conflicts.iter().cloned()).take(NAMED_AT_MOST).collect();
            (!with.is_empty()).then(|| (title.clone(), with))
        };
        new.iter().filter_map(with).collect()
    }

    /// The tasks of other sections of the phase whose results are in their branch, or may come into it.
    fn beside(&self, section: SectionId, state: &SectionState) -> impl Iterator<Item = (&str, &TaskState)> {
        let phase = self.run.phases.get(state.outline.phase).map(|phase| phase.sections.as_slice());
        let others = phase.unwrap_or_default().iter().filter(move |id| **id != section);
        let others = others.filter_map(|id| self.run.sections.get(*id)).filter(|other| !other.withdrawn);
        let comes = |task: &&TaskState| {
            matches!(task.stage, TaskStage::Working | TaskStage::Accepted | TaskStage::Merged)
        };
        others.flat_map(move |other| {
            let tasks = other.tasks.iter().filter_map(|task| self.run.tasks.get(*task));
            tasks.filter(comes).map(|task| (other.outline.name.as_str(), task))
        })
    }
}

/// The first folders of write-sets: most pairs are told apart by them, and there may be very many pairs.
struct Heads<'a> {
    names: BTreeSet<&'a str>,
    is_any: bool,
}

impl<'a> Heads<'a> {
    fn of(globs: impl Iterator<Item = &'a String>) -> Self {
        let names: BTreeSet<_> = globs.map(|glob| head(glob)).collect();
        Self { is_any: names.iter().any(|name| is_wild(name)), names }
    }

    fn meet(&self, task: &TaskState) -> bool {
        let meets = |glob: &String| {
            let head = head(glob);
            self.is_any || is_wild(head) || self.names.contains(head)
        };
        !self.names.is_empty() && task.outline.write_set.iter().any(meets)
    }
}

fn head(glob: &str) -> &str {
    glob.trim_start_matches("./").split('/').next().unwrap_or_default()
}

fn is_wild(name: &str) -> bool {
    name.contains(['*', '?', '[', '{'])
}
