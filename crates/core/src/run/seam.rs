//! The seam: between what a worker claims and what counts.

use super::ask::{Judged, ResultClaim};
use super::effect::Subject;
use super::event::{AgentEnd, Answer, AttemptEnd, Seat, TaskEvent};
use super::input::Seal;
use super::state::AttemptState;
use super::step::Draft;
use crate::words::*;

impl Draft<'_> {
    /// A worker says that it is done. It is over for the worker; for its result it begins.
    pub(super) fn submit_result(
        &mut self,
        attempt: AttemptId,
        agent: AgentId,
        index: u16,
        claim: ResultClaim,
    ) {
        let unchecked = self.without_self_check(attempt, &claim);
        if !unchecked.is_empty() && self.has_turns_left(agent) {
            let why = format!(
                "self_check says nothing about: {}. Submit again with every criterion in it.",
                unchecked.join(", ")
            );
            return self.refuse(agent, index, why);
        }
        self.answer(agent, index, Answer::Taken);
        self.finish_agent(agent);
        let effect = self.next_effect();
        self.emit(TaskEvent::ResultClaimed { attempt, claim, effect });
    }

    /// A missing self-check is worth one more turn, but not for ever.
    fn has_turns_left(&self, agent: AgentId) -> bool {
        let refused = |agent: &super::state::Agent| {
            let answers = agent.turns.iter().flat_map(|turn| &turn.slots);
            answers
                .filter(|slot| {
                    matches!(slot.answer, Some(super::state::SlotAnswer::Control(Answer::Refused { .. })))
                })
                .count()
        };
        self.run
            .agents
            .get(agent)
            .is_some_and(|agent| refused(agent) < usize::from(crate::limits::IDLE_REPLIES))
    }

    fn without_self_check(&self, attempt: AttemptId, claim: &ResultClaim) -> Vec<String> {
        let task = self.run.attempts.get(attempt).and_then(|attempt| self.run.tasks.get(attempt.task));
        let Some(outline) = task.map(|task| &task.outline) else {
            return Vec::new();
        };
        let criteria = outline.executable.iter().chain(&outline.rubrics);
        criteria.filter(|id| !claim.self_check.iter().any(|(claimed, _)| claimed == *id)).cloned().collect()
    }

    /// The attempt's files are a commit: is it one that counts?
    pub(super) fn sealed(&mut self, effect: EffectId, attempt: AttemptId, seal: Seal) {
        let (commit, outside) = (seal.commit.clone(), seal.outside.clone());
        let weakened = seal.weakened.iter().filter(|weakening| !weakening.declared);
        let weakened: Vec<_> = weakened.map(ToString::to_string).collect();
        self.emit(TaskEvent::AttemptSealed { attempt, effect, seal });
        let claim = self.run.attempts.get(attempt).and_then(|state| state.claim.clone());
        let unchecked = claim.map(|claim| self.without_self_check(attempt, &claim)).unwrap_or_default();
        match commit {
            _ if !outside.is_empty() => {
                self.end_attempt(attempt, AttemptEnd::OutsideWriteSet { paths: outside })
            }
            _ if self.is_idle(attempt) => self.end_attempt(attempt, AttemptEnd::NoActivity),
            _ if !weakened.is_empty() => self.end_attempt(attempt, AttemptEnd::Weakened { what: weakened }),
            _ if !unchecked.is_empty() => {
                self.end_attempt(attempt, AttemptEnd::NoSelfCheck { criteria: unchecked })
            }
            None => self.end_attempt(attempt, AttemptEnd::NoChange),
            Some(commit) => self.begin_check(Subject::Attempt(attempt), commit),
        }
    }

    /// Whether a worker with tools used none of them before it handed in.
    fn is_idle(&self, attempt: AttemptId) -> bool {
        let Some(state) = self.run.attempts.get(attempt) else { return false };
        let has_tools = self.run.tasks.get(state.task).is_some_and(|task| task.outline.mode == Mode::Agent);
        let worker = state.worker.and_then(|worker| self.run.agents.get(worker));
        let slots = worker.into_iter().flat_map(|worker| worker.turns.iter().flat_map(|turn| &turn.slots));
        let used =
            |slot: &super::state::Slot| matches!(slot.answer, Some(super::state::SlotAnswer::Tool { .. }));
        has_tools && !slots.into_iter().any(used)
    }

    pub(super) fn begin_check(&mut self, subject: Subject, commit: CommitId) {
        let effect = self.next_effect();
        self.emit(TaskEvent::CheckBegan { effect, subject, commit });
    }

    /// Criteria were checked: of an attempt, of a merge, of a branch.
    pub(super) fn checked(
        &mut self,
        effect: EffectId,
        subject: Subject,
        commit: CommitId,
        findings: Vec<Finding>,
        missing: Vec<String>,
        artifacts: Vec<Artifact>,
    ) {
        let passed = missing.is_empty() && findings.iter().all(|finding| finding.verdict == Verdict::Pass);
        let report = findings.clone();
        let event =
            TaskEvent::Checked { effect, subject, commit, findings, missing: missing.clone(), artifacts };
        self.emit(event);
        match subject {
            Subject::Attempt(attempt) => self.attempt_checked(attempt, passed),
            Subject::Task(attempt) => self.merge_checked(attempt),
            Subject::Needs(section) => self.needs_checked(section, passed),
            Subject::Section(section) => self.section_checked(section, passed, report, missing),
            Subject::Phase(section) => self.join_checked(section),
            Subject::Run => self.conclude_or_publish(),
        }
    }

    fn attempt_checked(&mut self, attempt: AttemptId, passed: bool) {
        let Some(state) = self.run.attempts.get(attempt) else {
            return;
        };
        let Some(task) = self.run.tasks.get(state.task) else {
            return;
        };
        if !passed {
            return self.end_attempt(attempt, AttemptEnd::Unmet);
        }
        if task.outline.judged().is_empty() {
            return self.end_verified(attempt);
        }
        let (seniority, account) = (state.seniority, task.account);
        let granted = self.run.sections.get(task.section).map(|section| section.outline.capabilities.clone());
        let scope = granted.unwrap_or_default().within(ToolSet::READ_ONLY);
        self.spawn_agent(Seat::Reviewer(attempt), seniority, account, scope);
    }

    /// A Reviewer's verdicts. One that it does not give is unverifiable, and that is not a pass.
    pub(super) fn submit_review(
        &mut self,
        attempt: AttemptId,
        agent: AgentId,
        index: u16,
        verdicts: &[Judged],
        conclusion: BlobRef,
    ) {
        let Some(outline) = self.outline_of(attempt) else {
            return;
        };
        let kind = outline.kind;
        let judged = outline.judged();
        let findings: Vec<_> = judged.iter().map(|id| finding(id, verdicts)).collect();
        let unshown = unshown(&judged, verdicts);
        if !unshown.is_empty() && self.has_turns_left(agent) {
            let why = format!(
                "Not taken: quote gives no lines that are in the results for {}. Submit again, with lines copied word by word from \
                 the diff or from a file of the result; where nothing can be quoted because something is missing, quote the place \
                 where it should be.",
                unshown.join(", ")
            );
            return self.refuse(agent, index, why);
        }
        self.answer(agent, index, Answer::Taken);
        self.finish_agent(agent);
        let judged = findings.iter().all(|finding| finding.verdict != Verdict::Unverifiable);
        let passed = findings.iter().all(|finding| finding.verdict == Verdict::Pass);
        self.emit(TaskEvent::Reviewed { attempt, reviewer: agent, findings, conclusion });
        // A review task has done its work when it has judged; what it says of others is not its own failure.
        let met = match kind {
            TaskKind::Build | TaskKind::Post => passed,
            TaskKind::Review => judged,
        };
        match met {
            true => self.end_verified(attempt),
            false => self.end_attempt(attempt, AttemptEnd::Unmet),
        }
    }

    /// Everything holds; unless the worker says otherwise of something, which then knows not what it made.
    fn end_verified(&mut self, attempt: AttemptId) {
        let contradicted = self.run.attempts.get(attempt).map(contradicted).unwrap_or_default();
        let end = match contradicted.is_empty() {
            true => AttemptEnd::Verified,
            false => AttemptEnd::Contradicted { criteria: contradicted },
        };
        self.end_attempt(attempt, end);
    }

    fn outline_of(&self, attempt: AttemptId) -> Option<&super::event::TaskOutline> {
        Some(&self.run.tasks.get(self.run.attempts.get(attempt)?.task)?.outline)
    }

    /// Nobody judged: what only a Reviewer can tell stays unverified.
    pub(super) fn reviewer_gone(&mut self, attempt: AttemptId, end: AgentEnd) {
        let kind = self.outline_of(attempt).map(|outline| outline.kind);
        let end = match kind {
            Some(TaskKind::Build | TaskKind::Post) => AttemptEnd::Unmet,
            Some(TaskKind::Review) | None => AttemptEnd::Abandoned { end },
        };
        self.end_attempt(attempt, end);
    }

    /// An attempt is over, with its agents. Its Manager is told once all that it waits for in that call are.
    pub(super) fn end_attempt(&mut self, attempt: AttemptId, end: AttemptEnd) {
        let Some(state) = self.run.attempts.get(attempt).filter(|state| state.end.is_none()) else {
            return;
        };
        let (task, index, agents) = (state.task, state.index, [state.worker, state.reviewer]);
        for agent in agents.into_iter().flatten() {
            self.dismiss(agent, AgentEnd::Killed);
        }
        self.emit(TaskEvent::AttemptEnded { attempt, end });
        let Some(section) = self.run.tasks.get(task).map(|task| task.section) else {
            return;
        };
        self.hand_back(section, index);
    }

    /// Answers the Manager's call once every attempt that it began is back.
    fn hand_back(&mut self, section: SectionId, index: u16) {
        let Some(state) = self.run.sections.get(section) else {
            return;
        };
        let Some(manager) = state.manager else {
            return self.only_task_back(section);
        };
        let turn = self.run.agents.get(manager).map_or(0, |agent| agent.turns.len());
        let last = state.tasks.iter().filter_map(|task| self.run.tasks.get(*task)?.attempts.last().copied());
        let mut back = Vec::new();
        for id in last {
            let Some(attempt) = self.run.attempts.get(id) else {
                continue;
            };
            if (attempt.turn, attempt.index) != (turn, index) {
                continue;
            }
            if attempt.end.is_none() {
                return;
            }
            back.push(id);
        }
        self.answer_late(manager, index, Answer::Attempts { attempts: back });
    }

    /// The engine could not check or merge: that is no verdict on the work, and it does not count as verified either.
    pub(super) fn seam_broken(&mut self, subject: Subject) {
        match subject {
            Subject::Attempt(attempt) => self.end_attempt(attempt, AttemptEnd::Unmet),
            Subject::Task(attempt) => self.batch_broken(attempt),
            Subject::Needs(section) | Subject::Section(section) => {
                self.end_section(section, super::event::SectionEnd::Failed);
            }
            Subject::Phase(section) => self.join_failed(section),
            Subject::Run => self.conclude_or_publish(),
        }
    }
}

/// Criteria that hold although the worker says that they do not.
fn contradicted(state: &AttemptState) -> Vec<String> {
    let claims = state.claim.as_ref().map(|claim| claim.self_check.as_slice()).unwrap_or_default();
    let denied = claims.iter().filter(|(_, met)| *met == Some(false)).map(|(id, _)| id);
    let holds = |id: &&String| {
        state.findings.iter().any(|finding| finding.criterion == **id && finding.verdict == Verdict::Pass)
    };
    denied.filter(holds).cloned().collect()
}

/// Criteria of which a Reviewer says something, and shows nothing.
fn unshown(judged: &[&str], verdicts: &[Judged]) -> Vec<String> {
    let is_unshown = |id: &&&str| {
        let mut words = verdicts.iter().filter(|one| one.criterion == **id).peekable();
        words.peek().is_some() && !words.any(|one| one.is_there)
    };
    judged.iter().filter(is_unshown).map(|id| (*id).to_owned()).collect()
}

/// A criterion's verdict: one no among several words on it is a no. What shows nothing that is there does not count.
fn finding(id: &str, verdicts: &[Judged]) -> Finding {
    let said = || verdicts.iter().filter(|one| one.criterion == id);
    let given = said().filter(|one| one.is_there).min_by_key(|one| one.holds);
    let (verdict, evidence) = match given {
        Some(Judged { holds, text, .. }) => {
            (if *holds { Verdict::Pass } else { Verdict::Fail }, Evidence::Review { text: *text })
        }
        None => {
            let reason = match said().next() {
                Some(_) => "what the Reviewer said about it quotes nothing that is there, and was dropped",
                None => "the Reviewer said nothing about it",
            };
            (Verdict::Unverifiable, Evidence::None { reason: reason.to_owned() })
        }
    };
    Finding::new(id.to_owned(), verdict, evidence)
}
