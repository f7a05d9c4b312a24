//! What a Manager may ask for.

use super::agents::clipped;
use super::ask::ManagerAsk;
use super::event::{
    AgentEvent, Answer, AttemptEnd, BranchEvent, MoneyEvent, Seat, SectionEnd, TaskEvent, TaskOutline,
};
use super::state::{AttemptState, TaskStage, TaskState};
use super::step::Draft;
use crate::contract_lint::{self, Surroundings, author_seniority, overlap};
use crate::ledger::Purse;
use crate::limits::{ATTEMPTS_PER_TASK, NAME_BYTES, REASON_BYTES, REFUSAL_BYTES, TASKS_PER_SECTION};
use crate::roles::Role;
use crate::survey::Surveyed;
use crate::words::*;

impl Draft<'_> {
    pub(super) fn manager_asks(&mut self, section: SectionId, agent: AgentId, index: u16, ask: ManagerAsk) {
        if self.run.sections.get(section).is_some_and(|state| state.reporting.is_some()) {
            let why = "Your report is being checked. Go on once you have heard what the check says.";
            return self.refuse(agent, index, why);
        }
        match ask {
            ManagerAsk::SpawnWorkers(contracts) => self.spawn_workers(section, agent, index, &contracts),
            ManagerAsk::Review(contract) => self.spawn_workers(section, agent, index, &[(*contract).into()]),
            ManagerAsk::Accept { task, note } => self.accept(section, agent, index, &task, note),
            ManagerAsk::Retry { task, reason, seniority } => {
                self.retry(section, agent, index, &task, reason, seniority)
            }
            ManagerAsk::Cut { task, reason } => self.cut(section, agent, index, &task, reason),
            ManagerAsk::SecondOpinion(wish) => self.manager_wants_opinion(section, agent, index, wish),
            ManagerAsk::SendMemo(memo) => self.send_memo(section, agent, index, memo),
            ManagerAsk::RequestBudget { amount, .. } if amount.is_zero() => {
                self.refuse(agent, index, "Ask for an amount, or go on with what you have.");
            }
            ManagerAsk::RequestBudget { amount, reason } => {
                self.request_budget(section, index, amount, reason)
            }
            ManagerAsk::ScopeTooLarge { reason } => self.scope_too_large(section, agent, index, reason),
            ManagerAsk::Report { done, conclusion } => self.report(section, agent, index, done, conclusion),
        }
    }

    /// Contracts become tasks only when all of them are without a fault.
    fn spawn_workers(
        &mut self,
        section: SectionId,
        agent: AgentId,
        index: u16,
        contracts: &[Surveyed<Contract>],
    ) {
        let mut faults = self.contract_faults(section, contracts);
        if faults.is_empty() {
            faults = self.foresee(section, contracts);
        }
        if !faults.is_empty() {
            let clip = |(title, fault)| (clipped(title, NAME_BYTES), clipped(fault, REFUSAL_BYTES));
            let faults = faults.into_iter().map(clip).collect();
            return self.answer(agent, index, Answer::ContractsFaulty { faults });
        }
        for contract in contracts {
            let (task, seniority) = self.create_task(section, &contract.document);
            self.begin_attempt(task, seniority, None, index);
        }
    }

    fn contract_faults(&self, section: SectionId, contracts: &[Surveyed<Contract>]) -> Vec<(String, String)> {
        let Some(state) = self.run.sections.get(section) else {
            return Vec::new();
        };
        if contracts.is_empty() {
            return vec![(String::new(), "tasks is empty: give at least one contract".to_owned())];
        }
        if state.tasks.len() + contracts.len() > TASKS_PER_SECTION {
            let why =
                format!("a section has at most {TASKS_PER_SECTION} tasks: cut, or report scope_too_large");
            return vec![(String::new(), why)];
        }
        let tasks: Vec<&TaskState> =
            state.tasks.iter().filter_map(|task| self.run.tasks.get(*task)).collect();
        let surroundings = Surroundings {
            section: &state.outline,
            catalogue: &self.run.catalogue,
            tasks: &tasks,
            ceiling: state.ceiling,
            attempts: &self.run.attempts,
            roles: self.run.head.as_ref().map_or(&[], |head| head.roles.as_slice()),
            checks: self.run.checks(),
        };
        contract_lint::faults(contracts, &surroundings)
    }

    fn create_task(&mut self, section: SectionId, contract: &Lodged<Contract>) -> (TaskId, Seniority) {
        let task = self.run.tasks.next();
        let outline = self.task_outline(section, &contract.body);
        let (cap, seniority) = (outline.cap, outline.seniority);
        self.emit(TaskEvent::TaskCreated { task, section, contract: contract.blob, outline });
        if let Some(crew) = self.run.sections.get(section).and_then(|state| state.crew) {
            self.open_account(crew, Purse::Task(task), cap);
        }
        (task, seniority)
    }

    fn task_outline(&self, section: SectionId, contract: &Contract) -> TaskOutline {
        let state = self.run.sections.get(section);
        let granted = state.map(|state| state.outline.capabilities.clone()).unwrap_or_default();
        let crew = state.and_then(|state| state.crew).map_or(Money::ZERO, |crew| self.run.ledger.limit(crew));
        let reviews = contract.reviews.iter().filter_map(|title| Some(self.task_named(section, title)?.0));
        let role = contract.role.as_deref().and_then(|name| self.run.role(name));
        let is_thorough = state.is_some_and(|state| state.outline.is_thorough());
        let outline = shape(contract, granted, role, reviews.collect(), contract.cap(crew));
        let reviewed = is_thorough && outline.kind.changes_files() && outline.rubrics.is_empty();
        TaskOutline { reviewed, ..outline }
    }

    /// A worker's try at a task: an agent of its own, from the section's present state.
    pub(super) fn begin_attempt(
        &mut self,
        task: TaskId,
        seniority: Seniority,
        reason: Option<BlobRef>,
        index: u16,
    ) {
        let Some(state) = self.run.tasks.get(task) else {
            return;
        };
        let (account, scope, kind) = (state.account, state.outline.scope.clone(), state.outline.kind);
        let tip = self.run.sections.get(state.section).and_then(|section| section.tip.clone());
        let Some(base) = tip else { return };
        let attempt = self.run.attempts.next();
        self.emit(TaskEvent::AttemptBegan { attempt, task, base, seniority, reason, index });
        let seat = match kind {
            TaskKind::Build | TaskKind::Post => Seat::Worker(attempt),
            TaskKind::Review => Seat::Reviewer(attempt),
        };
        self.spawn_agent(seat, seniority, account, scope);
    }

    pub(super) fn spawn_agent(&mut self, seat: Seat, seniority: Seniority, account: AccountId, scope: Scope) {
        let agent = self.run.agents.next();
        self.emit(AgentEvent::AgentSpawned { agent, seat, seniority, account, scope });
        self.begin_turn(agent);
    }

    pub(super) fn task_named(&self, section: SectionId, title: &str) -> Option<(TaskId, &TaskState)> {
        let tasks = &self.run.sections.get(section)?.tasks;
        tasks
            .iter()
            .filter_map(|id| Some((*id, self.run.tasks.get(*id)?)))
            .find(|(_, task)| task.outline.title == title)
    }

    fn titles(&self, section: SectionId) -> String {
        let tasks = self.run.sections.get(section).map(|state| state.tasks.as_slice()).unwrap_or_default();
        let titles: Vec<_> = tasks
            .iter()
            .filter_map(|id| self.run.tasks.get(*id))
            .map(|task| format!("{:?}", task.outline.title))
            .collect();
        titles.join(", ")
    }

    pub(super) fn no_such_task(&mut self, section: SectionId, agent: AgentId, index: u16, title: &str) {
        let titles = self.titles(section);
        let why = if titles.is_empty() {
            format!("There is no task {title:?}: your section has none yet. Spawn its tasks first.")
        } else {
            format!("There is no task {title:?} in your section. Name one of its tasks: {titles}.")
        };
        self.refuse(agent, index, why);
    }

    /// The Manager takes a verified result; merging is ours.
    fn accept(&mut self, section: SectionId, agent: AgentId, index: u16, title: &str, note: BlobRef) {
        let Some((task, state)) = self.task_named(section, title) else {
            return self.no_such_task(section, agent, index, title);
        };
        if state.stage == TaskStage::Merged {
            return self.answer(agent, index, Answer::Merged { task });
        }
        if let Some(why) = not_back(title, state.stage) {
            return self.refuse(agent, index, why);
        }
        if state.outline.kind == TaskKind::Review {
            let why = format!(
                "{title:?} is a review: there is nothing of it to merge. Act on what it says: accept, retry or cut the tasks that it judged."
            );
            return self.refuse(agent, index, why);
        }
        let attempt = state.attempts.last().and_then(|attempt| self.run.attempts.get(*attempt));
        let has_commit =
            attempt.is_some_and(|attempt| attempt.sealed.as_ref().is_some_and(|seal| seal.commit.is_some()));
        if !has_commit || !attempt.is_some_and(AttemptState::verified) {
            let why = format!(
                "{title:?} did not pass its seam check, so it can't be accepted. Use retry, or cut it."
            );
            return self.refuse(agent, index, why);
        }
        if attempt.is_some_and(|attempt| attempt.left_out.is_some()) {
            let why = format!(
                "{title:?} was left out of the branch, and would be again. Retry it: a new attempt starts from the section's \
                 present state. Or cut it."
            );
            return self.refuse(agent, index, why);
        }
        self.decided(task);
        self.emit(TaskEvent::TaskAccepted { task, note, index });
        self.merge_next(section);
    }

    /// Another attempt, told what was wrong with the last one.
    fn retry(
        &mut self,
        section: SectionId,
        agent: AgentId,
        index: u16,
        title: &str,
        reason: BlobRef,
        seniority: Option<Seniority>,
    ) {
        let Some((task, state)) = self.task_named(section, title) else {
            return self.no_such_task(section, agent, index, title);
        };
        let last = state.attempts.last().and_then(|attempt| self.run.attempts.get(*attempt));
        let chosen = seniority.or(last.map(|attempt| attempt.seniority)).unwrap_or(state.outline.seniority);
        let principal = self.run.sections.get(section).is_some_and(|state| state.outline.grants_principal);
        if let Some(why) = not_back(title, state.stage) {
            return self.refuse(agent, index, why);
        }
        if state.attempts.len() >= ATTEMPTS_PER_TASK as usize {
            let why = format!(
                "{title:?} was tried {ATTEMPTS_PER_TASK} times. Cut it, or split it into smaller tasks."
            );
            return self.refuse(agent, index, why);
        }
        if let Some(why) = self.in_the_way_of(section, task) {
            return self.refuse(agent, index, why);
        }
        let authors = state.outline.reviews.iter().filter_map(|id| self.run.tasks.get(*id));
        let author = authors.map(|task| author_seniority(task, &self.run.attempts)).max();
        if let Some(author) = author.filter(|author| *author > chosen) {
            let why =
                format!("Seniority {chosen} is below the author's. Name {author} or above for a review.");
            return self.refuse(agent, index, why);
        }
        if !self.run.catalogue.serves(chosen) {
            return self.refuse(
                agent,
                index,
                format!("No model serves seniority {chosen} here; choose another one."),
            );
        }
        if let Some(why) = self.run.too_dear(task, chosen) {
            return self.refuse(agent, index, why);
        }
        if chosen == Seniority::Principal && !principal {
            return self.refuse(
                agent,
                index,
                "Your section grants no principals to workers. Choose staff or below, or split the task.",
            );
        }
        self.decided(task);
        self.begin_attempt(task, chosen, Some(reason), index);
    }

    /// Whoever works on the same files now; two at a time would be one too many.
    fn in_the_way_of(&self, section: SectionId, task: TaskId) -> Option<String> {
        let ours = &self.run.tasks.get(task)?.outline.write_set;
        let tasks = self.run.sections.get(section)?.tasks.iter().filter(|id| **id != task);
        let busy = tasks.filter_map(|id| self.run.tasks.get(*id)).filter(|task| contract_lint::is_busy(task));
        let mut meeting = busy.filter_map(|other| Some((other, overlap(ours, &other.outline.write_set)?)));
        let (other, (path, _)) = meeting.next()?;
        let title = &other.outline.title;
        Some(format!(
            "{path:?} is being worked on by {title:?}. Try again when that one is back and merged or cut."
        ))
    }

    fn cut(&mut self, section: SectionId, agent: AgentId, index: u16, title: &str, reason: BlobRef) {
        let Some((task, state)) = self.task_named(section, title) else {
            return self.no_such_task(section, agent, index, title);
        };
        if let Some(why) = not_back(title, state.stage) {
            return self.refuse(agent, index, why);
        }
        self.decided(task);
        self.emit(TaskEvent::TaskCut { task, reason });
        self.answer(agent, index, Answer::Taken);
    }

    /// The Manager says that it is done; the section's criteria say whether it is.
    fn report(&mut self, section: SectionId, agent: AgentId, index: u16, done: bool, conclusion: BlobRef) {
        let Some(state) = self.run.sections.get(section) else {
            return;
        };
        let busy = state.tasks.iter().filter_map(|task| self.run.tasks.get(*task));
        let busy: Vec<_> = busy
            .filter(|task| matches!(task.stage, TaskStage::Working | TaskStage::Accepted))
            .map(|task| format!("{:?}", task.outline.title))
            .collect();
        if !busy.is_empty() {
            let why = format!(
                "Not yet: {} are still being worked on or merged. Report when they are back.",
                busy.join(", ")
            );
            return self.refuse(agent, index, why);
        }
        self.emit(BranchEvent::SectionReported { section, done, conclusion, index });
        self.check_section(section);
    }

    /// Stops a section's workers; their attempts end with them.
    pub(super) fn end_workers(&mut self, section: SectionId) {
        let tasks = self.run.sections.get(section).map(|state| state.tasks.clone()).unwrap_or_default();
        for task in tasks {
            self.end_task_workers(task);
        }
    }

    /// Stops a task's worker.
    pub(super) fn end_task_workers(&mut self, task: TaskId) {
        let last = self.run.tasks.get(task).and_then(|task| task.attempts.last().copied());
        let live = last.filter(|id| self.run.attempts.get(*id).is_some_and(|attempt| attempt.end.is_none()));
        if let Some(attempt) = live {
            self.end_attempt(attempt, AttemptEnd::Abandoned { end: super::event::AgentEnd::Killed });
        }
    }

    /// Ends a section on whatever it has.
    pub(super) fn end_section(&mut self, section: SectionId, end: SectionEnd) {
        let Some(state) = self.run.sections.get(section).filter(|state| state.end.is_none()) else {
            return;
        };
        let (phase, manager) = (state.outline.phase, state.manager);
        // The Manager goes first: what comes back from its workers must not wake it.
        if let Some(manager) = manager {
            self.finish_agent(manager);
        }
        self.drop_opinions_of_section(section);
        self.end_workers(section);
        self.settle_section(section, end);
        self.phase_may_join(phase);
    }

    /// Writes down that no section goes on.
    pub(super) fn settle_all(&mut self, end: SectionEnd) {
        let sections: Vec<_> =
            self.run.sections.iter().filter(|(_, state)| state.end.is_none()).map(|(id, _)| id).collect();
        for section in sections {
            self.settle_section(section, end);
        }
    }

    /// Writes a section's end down, and gives back what it did not spend.
    pub(super) fn settle_section(&mut self, section: SectionId, end: SectionEnd) {
        self.close_memos_of(section);
        self.emit(BranchEvent::SectionEnded { section, end });
        let open = self.run.requests.iter();
        let open = open.filter(|(_, request)| request.section == section && request.granted.is_none());
        let open: Vec<_> = open.map(|(id, _)| id).collect();
        for request in open {
            self.expire_request(request);
        }
        if let Some(account) = self.run.sections.get(section).and_then(|state| state.account) {
            let surplus = self.run.ledger.free(account);
            self.emit(MoneyEvent::AccountClosed { account, surplus });
        }
    }
}

fn command(criterion: &Criterion) -> Option<(String, Digest)> {
    let command = criterion.check.command()?;
    Some((criterion.id.clone(), TaskOutline::command_digest(command)))
}

/// Why a task is not there to be decided on, and what to do instead; none where it is.
fn not_back(title: &str, stage: TaskStage) -> Option<String> {
    Some(match stage {
        TaskStage::Returned => return None,
        TaskStage::Working => {
            format!("{title:?} is still being worked on. Decide on it when it is back; go on with others.")
        }
        TaskStage::Accepted => {
            format!(
                "{title:?} is accepted and about to be merged. Go on with others: you hear when it is in."
            )
        }
        TaskStage::Merged => {
            format!("{title:?} is merged, and stays so. Spawn another task for what it still lacks.")
        }
        TaskStage::Cut => {
            format!("{title:?} was cut. Spawn a task under another title if it is needed after all.")
        }
    })
}

/// What the machine needs of a contract. A role narrows what its worker may do, and never widens it.
pub(super) fn shape(
    contract: &Contract,
    granted: Scope,
    role: Option<&Role>,
    reviews: Vec<TaskId>,
    cap: Money,
) -> TaskOutline {
    let of_role = role.and_then(|role| role.tools).unwrap_or(ToolSet::ALL);
    let wanted = match (contract.mode, contract.kind) {
        (Mode::Single, _) => ToolSet::NONE,
        (Mode::Agent, TaskKind::Build | TaskKind::Post) => contract.tools.unwrap_or(ToolSet::ALL),
        (Mode::Agent, TaskKind::Review) => ToolSet::READ_ONLY,
    };
    let ids = |executable: bool| {
        let chosen = contract.acceptance.iter().filter(move |c| c.check.is_executable() == executable);
        chosen.map(|criterion| criterion.id.clone()).collect()
    };
    TaskOutline {
        title: contract.title.clone(),
        kind: contract.kind,
        mode: contract.mode,
        // A contract without one is refused before it comes here.
        seniority: contract.first_seniority(role).unwrap_or(Seniority::Mid),
        reason: clipped(contract.reason.clone(), REASON_BYTES),
        role: role.map(|role| role.name.clone()),
        scope: granted.within(wanted.within(of_role)).narrowed(&contract.bounds),
        write_set: contract.write_set.clone(),
        executable: ids(true),
        rubrics: ids(false),
        reviews,
        cap,
        reviewed: false,
        commands: contract.acceptance.iter().filter_map(command).collect(),
    }
}
