//! `apply` for tasks, attempts, branches and sections.

use super::Run;
use super::batch::Batch;
use super::effect::Subject;
use super::event::{AttemptEnd, BranchEvent, TaskEvent, TaskOutline};
use super::state::*;
use crate::words::*;

impl Run {
    pub(super) fn apply_task(&mut self, at: Millis, event: &TaskEvent) {
        match event {
            TaskEvent::ConflictForeseen { section, title, .. } => {
                if let Some(section) = self.sections.get_mut(*section) {
                    section.foreseen.insert(title.clone());
                }
            }
            TaskEvent::TaskCreated { task, section, contract, outline } => {
                self.apply_creation(*task, *section, *contract, outline.clone());
            }
            TaskEvent::AttemptBegan { attempt, task, base, seniority, reason, index } => {
                let turn = self.turns_of_manager(*task);
                let Some(state) = self.tasks.get_mut(*task) else {
                    return;
                };
                let number = state.begin(*attempt);
                let after = self.sections.get(state.section).map_or(0, |section| section.merged.len());
                let (base, seniority, reason) = ((base.clone(), after), *seniority, *reason);
                let call = (turn, *index);
                self.attempts.push(AttemptState::new(*task, number, base, seniority, reason, call, at));
                self.apply_attempt_time(at, *attempt);
            }
            TaskEvent::ResultClaimed { attempt, claim, effect } => {
                if let Some(state) = self.attempts.get_mut(*attempt) {
                    state.claim = Some(claim.clone());
                    state.effect = Some(*effect);
                }
            }
            TaskEvent::AttemptSealed { attempt, effect, seal } => {
                self.owed.remove(effect);
                if let Some(state) = self.attempts.get_mut(*attempt) {
                    state.sealed = Some(seal.clone());
                    state.effect = None;
                }
            }
            TaskEvent::CheckBegan { effect, subject, .. } => {
                if let Some(state) = self.attempt_under(*subject) {
                    state.effect = Some(*effect);
                }
            }
            TaskEvent::Checked { effect, subject, findings, missing, artifacts, .. } => {
                self.owed.remove(effect);
                self.apply_findings(*subject, findings, missing, artifacts);
            }
            TaskEvent::Reviewed { attempt, findings, conclusion, .. } => {
                if let Some(state) = self.attempts.get_mut(*attempt) {
                    state.findings.extend_from_slice(findings);
                    state.review = Some(*conclusion);
                }
            }
            TaskEvent::DefectFound { .. } => {}
            TaskEvent::AttemptEnded { attempt, end } => self.apply_attempt_end(at, *attempt, end),
            TaskEvent::TaskAccepted { task, index, .. } => self.apply_acceptance(*task, *index),
            TaskEvent::TaskCut { task, .. } => self.set_task_stage(*task, TaskStage::Cut),
        }
    }

    fn apply_creation(&mut self, task: TaskId, section: SectionId, contract: BlobRef, outline: TaskOutline) {
        if let Some(section) = self.sections.get_mut(section) {
            section.tasks.push(task);
        }
        let (account, stage) = (AccountId(0), TaskStage::Returned);
        self.tasks.push(TaskState { section, contract, outline, account, attempts: Vec::new(), stage });
    }

    fn apply_attempt_end(&mut self, at: Millis, attempt: AttemptId, end: &AttemptEnd) {
        let Some(state) = self.attempts.get_mut(attempt) else {
            return;
        };
        state.end = Some(end.clone());
        state.time.1 = Some(at);
        if let Some(effect) = state.effect.take() {
            self.owed.remove(&effect);
        }
        let (task, due) = (state.task, state.due);
        self.timers.remove(&(due, Timer::Attempt(attempt)));
        self.set_task_stage(task, TaskStage::Returned);
    }

    fn apply_acceptance(&mut self, task: TaskId, index: u16) {
        self.set_task_stage(task, TaskStage::Accepted);
        let Some((section, attempt)) = self.last_attempt(task) else {
            return;
        };
        if let Some(section) = self.sections.get_mut(section) {
            section.queue.push((attempt, index));
        }
    }

    fn apply_findings(
        &mut self,
        subject: Subject,
        findings: &[Finding],
        missing: &[String],
        artifacts: &[Artifact],
    ) {
        let holds = missing.is_empty() && findings.iter().all(|finding| finding.verdict == Verdict::Pass);
        match subject {
            Subject::Attempt(attempt) => {
                if let Some(state) = self.attempts.get_mut(attempt) {
                    state.findings = findings.to_vec();
                    state.effect = None;
                }
            }
            Subject::Section(section) | Subject::Needs(section) => {
                if let Some(state) = self.sections.get_mut(section) {
                    state.findings = findings.to_vec();
                    state.missing = missing.to_vec();
                    state.artifacts = artifacts.to_vec();
                }
            }
            Subject::Phase(section) => {
                if let Some(phase) = self.phase_of_mut(section) {
                    phase.batch.checked(section, holds, findings);
                }
                if let Some(state) = self.sections.get_mut(section) {
                    state.joined_findings = findings.to_vec();
                }
            }
            Subject::Run => self.findings = findings.to_vec(),
            Subject::Task(attempt) => {
                let section = self.section_of_attempt(attempt);
                if let Some(section) = section.and_then(|section| self.sections.get_mut(section)) {
                    section.batch.checked(attempt, holds, findings);
                }
            }
        }
    }

    /// The attempt whose own seam a check belongs to; checks of merges belong to branches.
    fn attempt_under(&mut self, subject: Subject) -> Option<&mut AttemptState> {
        match subject {
            Subject::Attempt(attempt) => self.attempts.get_mut(attempt),
            Subject::Task(_) | Subject::Section(_) | Subject::Needs(_) | Subject::Phase(_) | Subject::Run => {
                None
            }
        }
    }

    fn turns_of_manager(&self, task: TaskId) -> usize {
        let section = self.tasks.get(task).and_then(|task| self.sections.get(task.section));
        let manager = section.and_then(|section| self.agents.get(section.manager?));
        manager.map_or(0, |manager| manager.turns.len())
    }

    fn set_task_stage(&mut self, task: TaskId, stage: TaskStage) {
        if let Some(task) = self.tasks.get_mut(task) {
            task.stage = stage;
        }
    }

    fn last_attempt(&self, task: TaskId) -> Option<(SectionId, AttemptId)> {
        let task = self.tasks.get(task)?;
        Some((task.section, *task.attempts.last()?))
    }

    pub(super) fn apply_branch(&mut self, at: Millis, event: &BranchEvent) {
        match event {
            BranchEvent::MergeBegan { subject: Subject::Phase(section), .. } => self.joining(*section),
            BranchEvent::MergeBegan { .. } => {}
            BranchEvent::Merged { effect, subject, commit, tree } => {
                self.owed.remove(effect);
                self.apply_merge(*subject, commit, tree);
            }
            BranchEvent::MergeFailed { effect, subject, paths } => {
                self.owed.remove(effect);
                self.apply_conflict(*subject, paths);
            }
            BranchEvent::Advanced { subject, commit, tree } => self.apply_advance(*subject, commit, tree),
            BranchEvent::Withdrawn { subject } => self.apply_withdrawal(*subject),
            BranchEvent::SectionReported { section, done, conclusion, index } => {
                if let Some(state) = self.sections.get_mut(*section) {
                    state.reporting = Some((*done, *index));
                    state.reports = state.reports.saturating_add(1);
                    state.conclusion = Some(*conclusion);
                }
            }
            BranchEvent::SectionEnded { section, end } => {
                let Some(state) = self.sections.get_mut(*section) else {
                    return;
                };
                state.end = Some(*end);
                state.returned = None;
                state.queue.clear();
                state.batch = Batch::default();
                let doomed: Vec<_> = self.owed_for(*section).collect();
                for effect in doomed {
                    self.owed.remove(&effect);
                }
                self.apply_replan_over(*section);
            }
            BranchEvent::SectionReturned { section, reason } => {
                if let Some(state) = self.sections.get_mut(*section) {
                    state.returned = Some(*reason);
                }
                self.apply_replan_asked(at, *section);
            }
            BranchEvent::ReplanAsked { section } => self.apply_replan_asked(at, *section),
            BranchEvent::ReplanDropped { section } => self.apply_replan_over(*section),
            BranchEvent::SectionReplanned { section, plan, sections } => {
                self.apply_replan_over(*section);
                let tip = self.tip_for_replacements(*section);
                for outline in sections {
                    let id = self.sections.next();
                    self.add_section(outline.clone(), *plan, Some(*section));
                    if let Some(tip) = &tip {
                        self.start_section(id, tip);
                    }
                }
            }
        }
    }

    fn apply_conflict(&mut self, subject: Subject, paths: &[String]) {
        match subject {
            Subject::Task(attempt) => {
                if let Some(attempt) = self.attempts.get_mut(attempt) {
                    attempt.left_out = Some(LeftOut::Conflict(paths.to_vec()));
                }
            }
            Subject::Phase(section) => {
                if let Some(section) = self.sections.get_mut(section) {
                    section.conflict = paths.to_vec();
                }
            }
            Subject::Attempt(_) | Subject::Section(_) | Subject::Needs(_) | Subject::Run => {}
        }
    }

    fn apply_merge(&mut self, subject: Subject, commit: &CommitId, tree: &TreeId) {
        let (commit, tree) = (commit.clone(), tree.clone());
        match subject {
            Subject::Task(attempt) => {
                let section = self.section_of_attempt(attempt);
                if let Some(section) = section.and_then(|section| self.sections.get_mut(section)) {
                    section.batch.push(attempt, commit, tree);
                }
            }
            Subject::Phase(section) => {
                if let Some(phase) = self.phase_of_mut(section) {
                    phase.batch.push(section, commit, tree);
                }
            }
            Subject::Attempt(_) | Subject::Section(_) | Subject::Needs(_) | Subject::Run => {}
        }
    }

    fn phase_of_mut(&mut self, section: SectionId) -> Option<&mut PhaseState> {
        let phase = self.sections.get(section)?.outline.phase;
        self.phases.get_mut(phase)
    }

    fn apply_advance(&mut self, subject: Subject, commit: &CommitId, tree: &TreeId) {
        match subject {
            Subject::Task(attempt) => {
                let Some(task) = self.attempts.get(attempt).map(|attempt| attempt.task) else {
                    return;
                };
                self.set_task_stage(task, TaskStage::Merged);
                let Some(section) = self.tasks.get(task).map(|task| task.section) else {
                    return;
                };
                if let Some(section) = self.sections.get_mut(section) {
                    section.tip = Some(commit.clone());
                    section.tree = Some(tree.clone());
                    section.merged.push(attempt);
                    section.queue.retain(|(queued, _)| *queued != attempt);
                    section.batch.leave(attempt, true);
                }
            }
            Subject::Phase(section) => {
                if let Some(phase) = self.phase_of_mut(section) {
                    phase.tip = Some(commit.clone());
                    phase.joined.push(section);
                    phase.batch.leave(section, true);
                }
            }
            Subject::Attempt(_) | Subject::Section(_) | Subject::Needs(_) | Subject::Run => {}
        }
    }

    fn apply_withdrawal(&mut self, subject: Subject) {
        match subject {
            Subject::Task(attempt) => {
                let Some(task) = self.attempts.get(attempt).map(|attempt| attempt.task) else {
                    return;
                };
                self.set_task_stage(task, TaskStage::Returned);
                let section = self.tasks.get(task).map(|task| task.section);
                let Some(section) = section.and_then(|section| self.sections.get_mut(section)) else {
                    return;
                };
                let breaks = section.batch.breaks(attempt).then(|| section.batch.broken().to_vec());
                section.queue.retain(|(queued, _)| *queued != attempt);
                section.batch.leave(attempt, false);
                if let (Some(state), Some(found)) = (self.attempts.get_mut(attempt), breaks) {
                    state.left_out = Some(LeftOut::Breaks(found));
                }
            }
            Subject::Phase(section) => {
                let Some(state) = self.sections.get_mut(section) else { return };
                state.withdrawn = true;
                if let Some(phase) = self.phases.get_mut(state.outline.phase) {
                    phase.batch.leave(section, false);
                }
            }
            Subject::Attempt(_) | Subject::Section(_) | Subject::Needs(_) | Subject::Run => {}
        }
    }

    fn joining(&mut self, section: SectionId) {
        let Some(phase) = self.sections.get(section).map(|section| section.outline.phase) else {
            return;
        };
        self.stage = Stage::Joining(phase);
    }
}

impl TaskState {
    /// One attempt more; its number, counted from 1.
    fn begin(&mut self, attempt: AttemptId) -> u32 {
        self.attempts.push(attempt);
        self.stage = TaskStage::Working;
        u32::try_from(self.attempts.len()).unwrap_or(u32::MAX)
    }
}

impl AttemptState {
    fn new(
        task: TaskId,
        number: u32,
        (base, after): (CommitId, usize),
        seniority: Seniority,
        reason: Option<BlobRef>,
        (turn, index): (usize, u16),
        at: Millis,
    ) -> Self {
        Self {
            task,
            number,
            base,
            after,
            seniority,
            reason,
            turn,
            index,
            worker: None,
            reviewer: None,
            tree: None,
            executed: Vec::new(),
            claim: None,
            sealed: None,
            findings: Vec::new(),
            review: None,
            effect: None,
            left_out: None,
            end: None,
            time: (at, None),
            due: at,
        }
    }
}
