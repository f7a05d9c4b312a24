//! Branches: tasks into sections, sections into phases, phases into the run; and the end of it all.

use super::Run;
use super::batch::{Merged, Next};
use super::effect::Subject;
use super::event::{
    AgentEnd, Answer, AttemptEnd, BranchEvent, Cause, Notice, RunEnd, RunEvent, Seat, SectionEnd, TaskEvent,
};
use super::replan::Replan;
use super::state::{SectionState, Stage};
use super::step::Draft;
use crate::limits::REPORT_REPAIRS;
use crate::words::*;

impl Draft<'_> {
    /// A phase starts: every section of it gets its Manager.
    pub(super) fn begin_phase(&mut self, phase: PhaseId) {
        let Some(base) = self.run.tip.clone() else { return };
        self.emit(RunEvent::PhaseBegan { phase, base });
        let sections = self.run.phases.get(phase).map(|phase| phase.sections.clone()).unwrap_or_default();
        for section in sections {
            self.begin_section(section);
        }
        // The Owner may have stopped every one of them before the phase began.
        self.phase_may_join(phase);
    }

    /// A section starts, once what it needs is there.
    pub(super) fn begin_section(&mut self, section: SectionId) {
        let Some(state) = self.run.sections.get(section).filter(|state| state.end.is_none()) else {
            return;
        };
        match &state.base {
            Some(base) if !state.outline.needs.is_empty() => {
                let base = base.clone();
                self.begin_check(Subject::Needs(section), base);
            }
            _ => self.staff(section),
        }
    }

    pub(super) fn needs_checked(&mut self, section: SectionId, there: bool) {
        if there { self.staff(section) } else { self.end_section(section, SectionEnd::NeedsMissing) }
    }

    /// Where much hangs on a section, two advisers are heard before anybody begins with it.
    fn staff(&mut self, section: SectionId) {
        if !self.advise_section(section) {
            self.begin_work(section);
        }
    }

    /// A section gets its Manager, or its only task where it has none.
    pub(super) fn begin_work(&mut self, section: SectionId) {
        let open = self.run.sections.get(section).filter(|state| state.end.is_none());
        match open.and_then(|state| state.outline.only.clone()) {
            Some(only) => self.begin_only_task(section, *only),
            None => self.spawn_manager(section),
        }
    }

    fn spawn_manager(&mut self, section: SectionId) {
        let Some(state) = self.run.sections.get(section).filter(|state| state.end.is_none()) else {
            return;
        };
        let Some(account) = state.account else { return };
        let outline = &state.outline;
        // A Manager looks and runs checks, but never writes: its workers do.
        let scope = outline.capabilities.within(ToolSet::READ_ONLY.with(Tool::Run));
        let seniority = outline.seniority;
        self.spawn_agent(Seat::Manager(section), seniority, account, scope);
    }

    /// The next accepted attempt of a section is merged upon those that wait; once nobody else does, they are checked together.
    pub(super) fn merge_next(&mut self, section: SectionId) {
        let Some(state) = self.run.sections.get(section) else {
            return;
        };
        if self.run.owed_for(section).next().is_some() {
            return;
        }
        let waiting = state.queue.iter().map(|(attempt, _)| *attempt).find(|id| !state.batch.holds(*id));
        let ours = state.batch.tip().or(state.tip.as_ref()).cloned();
        match (waiting.filter(|_| state.batch.is_open()), ours) {
            (Some(attempt), Some(ours)) => {
                let sealed = self.run.attempts.get(attempt).and_then(|state| state.sealed.clone());
                if let Some(theirs) = sealed.and_then(|seal| seal.commit) {
                    self.begin_merge(Subject::Task(attempt), ours, theirs);
                }
            }
            _ => self.settle_batch(section),
        }
    }

    /// What is merged and checked comes into the section's branch; with whom something breaks stays out.
    fn settle_batch(&mut self, section: SectionId) {
        let Some(state) = self.run.sections.get(section) else {
            return;
        };
        match state.batch.next() {
            Next::Nothing => {}
            Next::Check(Merged { id, commit, .. }) => self.begin_check(Subject::Task(id), commit),
            Next::Settled(good, bad) => {
                let findings = state.batch.broken().to_vec();
                for merged in good {
                    self.advance_task(merged);
                }
                match bad {
                    Some(Merged { id: attempt, .. }) => {
                        self.withdraw(attempt, |_| Answer::BrokenByMerge { attempt, findings });
                    }
                    None => self.merge_next(section),
                }
            }
        }
    }

    fn advance_task(&mut self, Merged { id: attempt, commit, tree }: Merged<AttemptId>) {
        let subject = Subject::Task(attempt);
        let waiting = self.waiting_for(subject);
        self.emit(BranchEvent::Advanced { subject, commit, tree });
        let Some(task) = self.run.attempts.get(attempt).map(|state| state.task) else {
            return;
        };
        if let Some((manager, index)) = waiting {
            self.answer_late(manager, index, Answer::Merged { task });
        }
        if let Some(section) = self.run.section_of_attempt(attempt)
            && self.is_unmanaged(section)
        {
            self.only_task_merged(section);
        }
    }

    fn begin_merge(&mut self, subject: Subject, ours: CommitId, theirs: CommitId) {
        let effect = self.next_effect();
        self.emit(BranchEvent::MergeBegan { effect, subject, ours, theirs });
    }

    /// A merge is there. One that is alone, and whose tree was checked already by all that has to hold, needs no other check.
    pub(super) fn merged(&mut self, effect: EffectId, subject: Subject, commit: CommitId, tree: TreeId) {
        self.emit(BranchEvent::Merged { effect, subject, commit: commit.clone(), tree: tree.clone() });
        match subject {
            Subject::Task(attempt) => {
                let Some(section) = self.run.section_of_attempt(attempt) else {
                    return;
                };
                if self.is_first_as_sealed(section, attempt, &tree) {
                    self.advance_task(Merged { id: attempt, commit, tree });
                }
                self.merge_next(section);
            }
            Subject::Phase(section) => {
                if self.is_first_as_verified(section, &tree) {
                    self.emit(BranchEvent::Advanced { subject, commit, tree });
                }
                if let Some(phase) = self.run.sections.get(section).map(|state| state.outline.phase) {
                    self.join_next(phase);
                }
            }
            Subject::Attempt(_) | Subject::Section(_) | Subject::Needs(_) | Subject::Run => {}
        }
    }

    /// Whether nothing is in the branch before an attempt, and the merge is the attempt's own tree.
    fn is_first_as_sealed(&self, section: SectionId, attempt: AttemptId, tree: &TreeId) -> bool {
        let is_first = self
            .run
            .sections
            .get(section)
            .is_some_and(|state| state.merged.is_empty() && state.batch.ids().eq([attempt]));
        let sealed = self.run.attempts.get(attempt).and_then(|state| state.sealed.as_ref());
        is_first && sealed.is_some_and(|seal| seal.tree == *tree)
    }

    /// Whether no other section is in the phase's branch, and the merge is the tree that the section was verified with.
    fn is_first_as_verified(&self, section: SectionId, tree: &TreeId) -> bool {
        let Some(state) = self.run.sections.get(section) else { return false };
        let phase = self.run.phases.get(state.outline.phase);
        let is_first = phase.is_some_and(|phase| phase.joined.is_empty() && phase.batch.ids().eq([section]));
        is_first
            && state.end == Some(SectionEnd::Verified)
            && state.replaces.is_none()
            && state.tree.as_ref() == Some(tree)
    }

    /// The Manager's call that waits for an attempt's merge.
    fn waiting_for(&self, subject: Subject) -> Option<(AgentId, u16)> {
        let Subject::Task(attempt) = subject else {
            return None;
        };
        let section = self.run.sections.get(self.run.section_of_attempt(attempt)?)?;
        let (_, index) = section.queue.iter().find(|(queued, _)| *queued == attempt)?;
        Some((section.manager?, *index))
    }

    pub(super) fn merge_checked(&mut self, attempt: AttemptId) {
        if let Some(section) = self.run.section_of_attempt(attempt) {
            self.settle_batch(section);
        }
    }

    /// Whatever is on its way into a section's branch can't be checked on this machine.
    pub(super) fn batch_broken(&mut self, attempt: AttemptId) {
        let section = self.run.section_of_attempt(attempt);
        let batch = section.and_then(|section| self.run.sections.get(section)).map(|state| state.batch.ids());
        let others: Vec<_> = batch.into_iter().flatten().filter(|other| *other != attempt).collect();
        for attempt in others.into_iter().chain([attempt]) {
            self.withdraw(attempt, |task| Answer::Conflict { task, paths: Vec::new() });
        }
    }

    /// An attempt stays out of its section's branch.
    pub(super) fn withdraw(&mut self, attempt: AttemptId, answer: impl FnOnce(TaskId) -> Answer) {
        let subject = Subject::Task(attempt);
        let waiting = self.waiting_for(subject);
        self.emit(BranchEvent::Withdrawn { subject });
        let task = self.run.attempts.get(attempt).map(|state| state.task);
        if let (Some((manager, index)), Some(task)) = (waiting, task) {
            self.answer_late(manager, index, answer(task));
        }
        if let Some(section) = self.run.section_of_attempt(attempt) {
            if self.is_unmanaged(section) {
                return self.end_section(section, SectionEnd::Unverified);
            }
            self.merge_next(section);
        }
    }

    pub(super) fn conflicted(&mut self, effect: EffectId, subject: Subject, paths: Vec<String>) {
        self.emit(BranchEvent::MergeFailed { effect, subject, paths: paths.clone() });
        match subject {
            Subject::Task(attempt) => self.withdraw(attempt, |task| Answer::Conflict { task, paths }),
            Subject::Phase(section) => self.join_failed(section),
            Subject::Attempt(_) | Subject::Section(_) | Subject::Needs(_) | Subject::Run => {}
        }
    }

    /// A section's branch against its definition of done.
    pub(super) fn check_section(&mut self, section: SectionId) {
        if let Some(tip) = self.run.sections.get(section).and_then(|state| state.tip.clone()) {
            self.begin_check(Subject::Section(section), tip);
        }
    }

    /// Done is what the checks say. A Manager that claimed it hears what fails, a few times.
    pub(super) fn section_checked(
        &mut self,
        section: SectionId,
        passed: bool,
        findings: Vec<Finding>,
        missing: Vec<String>,
    ) {
        let Some(state) = self.run.sections.get(section) else {
            return;
        };
        let Some((done, index)) = state.reporting else {
            return;
        };
        let end = if done && passed { SectionEnd::Verified } else { SectionEnd::Unverified };
        let Some(manager) = state.manager else {
            return self.end_section(section, end);
        };
        if done && !passed && state.reports <= REPORT_REPAIRS {
            return self.answer_late(manager, index, Answer::NotDone { findings, missing });
        }
        self.answer(manager, index, Answer::Taken);
        self.end_section(section, end);
    }

    /// Once every section of the phase is over, they come together.
    pub(super) fn phase_may_join(&mut self, phase: PhaseId) {
        let Some(state) = self.run.phases.get(phase).filter(|state| state.ended.is_none()) else {
            return;
        };
        let is_over = |state: &SectionState| state.end.is_some() && !matches!(state.replan, Replan::Asked(_));
        let all_over = state.sections.iter().all(|id| self.run.sections.get(*id).is_some_and(is_over));
        if all_over && self.run.stage == Stage::Working(phase) {
            self.join_next(phase);
        }
    }

    /// The next section's branch is merged upon those that wait, in plan order; once all are, they are checked together. When
    /// nobody waits any more, the phase is over.
    fn join_next(&mut self, phase: PhaseId) {
        let Some(state) = self.run.phases.get(phase) else {
            return;
        };
        let ready = |id: &&SectionId| {
            let section = self.run.sections.get(**id);
            section.is_some_and(|section| {
                // A replacement without a change comes in too: the last one is held against what it replaces.
                let replaces = section.replaces.is_some() && section.end == Some(SectionEnd::Verified);
                let comes = replaces || section.tip != section.base;
                !section.withdrawn && comes && !state.joined.contains(*id) && !state.batch.holds(**id)
            })
        };
        let next = state.sections.iter().find(ready).copied().filter(|_| state.batch.is_open());
        let theirs = next.and_then(|id| self.run.sections.get(id)?.tip.clone());
        let ours = state.batch.tip().or(state.tip.as_ref()).cloned();
        match (next, ours, theirs) {
            (Some(section), Some(ours), Some(theirs)) => {
                self.begin_merge(Subject::Phase(section), ours, theirs)
            }
            _ => self.settle_join(phase),
        }
    }

    fn settle_join(&mut self, phase: PhaseId) {
        match self.run.phases.get(phase).map_or(Next::Nothing, |state| state.batch.next()) {
            Next::Nothing => self.end_phase(phase),
            Next::Check(Merged { id, commit, .. }) => self.begin_check(Subject::Phase(id), commit),
            Next::Settled(good, bad) => {
                for Merged { id, commit, tree } in good {
                    self.emit(BranchEvent::Advanced { subject: Subject::Phase(id), commit, tree });
                }
                match bad {
                    Some(Merged { id: section, .. }) => self.join_failed(section),
                    None => self.join_next(phase),
                }
            }
        }
    }

    pub(super) fn join_checked(&mut self, section: SectionId) {
        if let Some(phase) = self.run.sections.get(section).map(|state| state.outline.phase) {
            self.settle_join(phase);
        }
    }

    /// A section's branch stays out of the phase's.
    pub(super) fn join_failed(&mut self, section: SectionId) {
        self.emit(BranchEvent::Withdrawn { subject: Subject::Phase(section) });
        if let Some(phase) = self.run.sections.get(section).map(|state| state.outline.phase) {
            self.join_next(phase);
        }
    }

    fn end_phase(&mut self, phase: PhaseId) {
        let whole = self
            .run
            .phases
            .get(phase)
            .is_some_and(|state| state.sections.iter().all(|section| self.run.is_well(*section)));
        if !whole && self.asks_for_replans(phase) {
            return;
        }
        self.emit(RunEvent::PhaseEnded { phase, whole });
        let next = PhaseId(phase.0 + 1);
        match (whole, self.run.phases.get(next).is_some()) {
            (true, true) => self.begin_phase(next),
            (true, false) => self.close(Cause::Complete),
            (false, _) => self.close(Cause::PhaseFailed),
        }
    }

    /// There is nothing more to do but to look at the whole and to report.
    pub(super) fn close(&mut self, cause: Cause) {
        self.emit(RunEvent::Closing { cause });
        self.settle_the_rest();
        match (cause, self.run.tip.clone()) {
            (Cause::Complete, Some(tip)) => self.begin_check(Subject::Run, tip),
            _ => self.conclude_or_publish(),
        }
    }

    /// Sections that never began give their money back: it pays for the report.
    fn settle_the_rest(&mut self) {
        let open = self.run.sections.iter().filter(|(_, state)| state.end.is_none()).map(|(id, _)| id);
        let open: Vec<_> = open.collect();
        for section in open {
            self.settle_section(section, SectionEnd::NotStarted);
        }
        self.drop_replans();
    }

    /// The Orchestrator says its last word, if it can still pay for it.
    pub(super) fn conclude_or_publish(&mut self) {
        match self.run.orchestrator.filter(|_| self.orchestrator_can_speak()) {
            Some(orchestrator) => self.notify(orchestrator, Notice::Closing),
            None => self.publish(),
        }
    }

    /// The run's branch is set to what is merged; a run that changed nothing has no branch.
    pub(super) fn publish(&mut self) {
        let base = self.run.head.as_ref().map(|head| head.base.clone());
        match self.run.tip.clone().filter(|tip| Some(tip) != base.as_ref()) {
            Some(commit) => {
                let effect = self.next_effect();
                self.emit(RunEvent::PublishBegan { effect, commit });
            }
            None => self.end(),
        }
    }

    /// The run is over, and how follows from what is verified.
    pub(super) fn end(&mut self) {
        self.stop_all();
        let end = self.run_end();
        self.emit(RunEvent::Ended { end });
    }

    fn run_end(&self) -> RunEnd {
        let cause = match self.run.stage {
            Stage::Checking(cause) | Stage::Concluding(cause) | Stage::Publishing(cause) => cause,
            Stage::Unborn
            | Stage::Planning
            | Stage::Advising
            | Stage::Approval
            | Stage::Working(_)
            | Stage::Joining(_)
            | Stage::Ended(_) => return RunEnd::Failed,
        };
        let verdicts = || self.run.findings.iter().map(|finding| finding.verdict);
        let expected = self.run.plan.as_ref().map_or(0, |plan| usize::from(plan.outline.criteria));
        match cause {
            Cause::Complete if verdicts().count() == expected && verdicts().all(|v| v == Verdict::Pass) => {
                RunEnd::Verified
            }
            Cause::Complete => RunEnd::Unverified,
            Cause::TotalTooLow => RunEnd::BudgetExhausted,
            Cause::PhaseFailed if self.any_section(SectionEnd::BudgetExhausted) => RunEnd::BudgetExhausted,
            Cause::PhaseFailed if self.run.broken.is_some() => RunEnd::Failed,
            Cause::PhaseFailed => RunEnd::Unverified,
            Cause::OrchestratorGone if self.orchestrator_is_broke() => RunEnd::BudgetExhausted,
            Cause::OrchestratorGone => RunEnd::Failed,
        }
    }

    fn any_section(&self, end: SectionEnd) -> bool {
        self.run.sections.iter().any(|(_, state)| state.end == Some(end))
    }

    fn orchestrator_is_broke(&self) -> bool {
        let agent = self.run.orchestrator.and_then(|id| self.run.agents.get(id));
        agent.is_some_and(|agent| agent.state == super::state::AgentState::Ended(AgentEnd::Exhausted))
    }

    /// Ends every agent and every attempt. Calls that are on their way are forfeited.
    pub(super) fn stop_all(&mut self) {
        self.drop_opinions(|_| true);
        let agents: Vec<_> =
            self.run.agents.iter().filter(|(_, agent)| !agent.ended()).map(|(id, _)| id).collect();
        for agent in agents {
            self.dismiss(agent, AgentEnd::Killed);
        }
        let attempts: Vec<_> =
            self.run.attempts.iter().filter(|(_, attempt)| attempt.end.is_none()).map(|(id, _)| id).collect();
        for attempt in attempts {
            self.emit(TaskEvent::AttemptEnded {
                attempt,
                end: AttemptEnd::Abandoned { end: AgentEnd::Killed },
            });
        }
    }
}

impl Run {
    /// Sections that were replaced by others who are all among these: what the Owner approved of them still has to hold.
    pub(super) fn replaced_by<'a>(&'a self, there: &'a [SectionId]) -> impl Iterator<Item = SectionId> + 'a {
        let replaced = self.sections.iter().map(|(id, _)| id).filter(|old| self.has_replacements(*old));
        replaced.filter(|old| self.in_place(*old, there))
    }

    /// Whether a section is among these and verified, or all that was put in its place is.
    fn in_place(&self, section: SectionId, there: &[SectionId]) -> bool {
        if !self.has_replacements(section) {
            let end = self.sections.get(section).and_then(|state| state.end);
            return end == Some(SectionEnd::Verified) && there.contains(&section);
        }
        let mut replacements = self.sections.iter().filter(|(_, state)| state.replaces == Some(section));
        replacements.all(|(id, _)| self.in_place(id, there))
    }
}
