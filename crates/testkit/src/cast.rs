//! What diligent models do: they look at where the run stands, as their prompts would tell them, and do the next right thing.

use std::collections::BTreeMap;

use trireme_core::run::ask::{
    AdviserAsk, Ask, Judged, ManagerAsk, OpinionWish, OrchestratorAsk, ResultClaim, ReviewerAsk,
    SynthesistAsk, TriageAsk, WorkerAsk,
};
use trireme_core::run::event::Seat;
use trireme_core::run::state::{Agent, SlotAnswer, TaskStage, TaskState};
use trireme_core::run::{Run, Stage};
use trireme_core::words::*;

use crate::fixtures::{blob, contract, decision, lodge, synthesis};

/// The documents that diligent models hand in.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The Orchestrator's plan.
    pub plan: Plan,
    /// Each section's contracts; two small ones where a section is not named.
    pub contracts: BTreeMap<String, Vec<Contract>>,
    /// Attempts that a Manager makes before it cuts a task.
    pub patience: usize,
}

impl Cast {
    /// What the agent wants done in its present turn.
    ///
    /// # Panics
    /// Where there is no such agent.
    #[must_use]
    pub fn asks(&self, run: &Run, id: AgentId) -> Vec<Ask> {
        let agent = run.agents().get(id).unwrap();
        match agent.seat {
            Seat::Orchestrator => self.orchestrator(run),
            Seat::Triage => vec![Ask::Triage(chosen(Path::Direct))],
            Seat::Manager(section) => {
                self.manager(run, section, agent).into_iter().map(Ask::Manager).collect()
            }
            Seat::Worker(attempt) => worker(run, attempt, agent),
            Seat::Reviewer(attempt) => vec![Ask::Reviewer(verdicts(run, attempt, Some(true)))],
            Seat::Adviser(_, side) => adviser(side, agent),
            Seat::Synthesist(_) => vec![Ask::Synthesist(SynthesistAsk::Synthesize(lodge(synthesis(1))))],
        }
    }

    fn orchestrator(&self, run: &Run) -> Vec<Ask> {
        let one = |ask| vec![Ask::Orchestrator(ask)];
        match run.stage() {
            Stage::Planning if self.plan_needs_opinion() && run.opinions().is_empty() => {
                return one(OrchestratorAsk::SecondOpinion(wish()));
            }
            Stage::Planning => return one(OrchestratorAsk::SubmitPlan(lodge(self.decided(run)).into())),
            Stage::Concluding(_) => return one(OrchestratorAsk::Conclude { conclusion: blob("conclusion") }),
            _ => {}
        }
        let open =
            run.requests().iter().filter(|(_, request)| request.granted.is_none() && !request.referred);
        let decide = |(id, request): (RequestId, &trireme_core::run::state::RequestState)| {
            Ask::Orchestrator(OrchestratorAsk::DecideBudget {
                request: id,
                grant: request.amount,
                reason: blob("needed"),
            })
        };
        let back = run.awaiting_replan();
        let drop = |name: &str| {
            let plan = lodge(Plan { phases: Vec::new(), ..self.plan.clone() }).into();
            Ask::Orchestrator(OrchestratorAsk::Replan { section: name.to_owned(), plan, extra: Money::ZERO })
        };
        open.map(decide).chain(back.map(|(_, section)| drop(&section.outline.name))).collect()
    }

    /// The plan, with a decision on every question that the Owner did not answer.
    fn decided(&self, run: &Run) -> Plan {
        let open = run.questions().iter().filter(|(_, state)| state.closed == Some(None));
        let decisions =
            open.map(|(id, _)| Decision { stakes: Stakes::Normal, ..decision(&id.to_string(), None) });
        let decisions = self.plan.decisions.iter().cloned().chain(decisions).collect();
        Plan { decisions, ..self.plan.clone() }
    }

    fn plan_needs_opinion(&self) -> bool {
        self.plan.decisions.iter().any(|decision| decision.stakes == Stakes::High)
    }

    /// The contracts of a section.
    #[must_use]
    pub fn contracts_of(&self, section: &str) -> Vec<Contract> {
        let small = || vec![contract(&format!("{section}-a")), contract(&format!("{section}-b"))];
        self.contracts.get(section).cloned().unwrap_or_else(small)
    }

    fn manager(&self, run: &Run, section: SectionId, agent: &Agent) -> Vec<ManagerAsk> {
        let state = run.sections().get(section).unwrap();
        let tasks: Vec<&TaskState> = state.tasks.iter().map(|id| run.tasks().get(*id).unwrap()).collect();
        let contracts = self.contracts_of(&state.outline.name);
        let todo: Vec<_> = contracts
            .into_iter()
            .filter(|contract| tasks.iter().all(|task| task.outline.title != contract.title))
            .collect();
        let done_with = |title: &String| {
            tasks.iter().any(|task| task.outline.title == *title && task.stage != TaskStage::Working)
        };
        // Reviews come once there is something to judge, and post-processing once there is something to hold it to.
        let is_merged =
            |task: &&TaskState| task.stage == TaskStage::Merged && !task.outline.executable.is_empty();
        let can_be_held = tasks.iter().any(is_merged);
        let is_ready = |contract: &Contract| {
            let is_held = contract.kind == TaskKind::Post && contract.acceptance.is_empty();
            contract.reviews.iter().all(done_with) && (can_be_held || !is_held)
        };
        let ready: Vec<_> = todo.into_iter().filter(is_ready).collect();
        if !ready.is_empty() && agent.turns.len() < 20 {
            return vec![ManagerAsk::SpawnWorkers(ready.into_iter().map(|one| lodge(one).into()).collect())];
        }
        let open: Vec<_> = tasks.iter().filter_map(|task| self.next_for(run, task)).collect();
        if open.is_empty() || agent.turns.len() > 40 {
            let done = tasks.iter().all(|task| task.stage != TaskStage::Cut);
            return vec![ManagerAsk::Report { done, conclusion: blob("report") }];
        }
        open
    }

    fn next_for(&self, run: &Run, task: &TaskState) -> Option<ManagerAsk> {
        let attempt = run.attempts().get(*task.attempts.last()?)?;
        if task.stage != TaskStage::Returned || (task.outline.kind == TaskKind::Review && attempt.verified())
        {
            return None;
        }
        let task_title = task.outline.title.clone();
        let is_taken = attempt.verified() && attempt.left_out.is_none();
        Some(match (is_taken, task.attempts.len() < self.patience) {
            (true, true) => ManagerAsk::Accept { task: task_title, note: blob("good") },
            (false, true) => {
                // Nobody diligent asks for more than a denied request left.
                let ceiling = run.sections().get(task.section).and_then(|section| section.ceiling);
                let seniority = ceiling.map(|ceiling| attempt.seniority.min(ceiling.seniority));
                ManagerAsk::Retry { task: task_title, reason: blob("fix it"), seniority }
            }
            (_, false) if is_taken && task.attempts.len() == self.patience && !refused_before(run, task) => {
                ManagerAsk::Accept { task: task_title, note: blob("good") }
            }
            (_, false) => ManagerAsk::Cut { task: task_title, reason: blob("too hard") },
        })
    }
}

/// Whether the Manager's last turn did not bring the task into its branch.
fn refused_before(run: &Run, task: &TaskState) -> bool {
    use trireme_core::run::event::Answer;
    let manager = run.sections().get(task.section).and_then(|section| run.agents().get(section.manager?));
    let turns = manager.map_or(&[][..], |manager| manager.turns.as_slice());
    turns.iter().rev().skip(1).take(1).flat_map(|turn| &turn.slots).any(|slot| {
        matches!(
            slot.answer,
            Some(SlotAnswer::Control(
                Answer::Conflict { .. } | Answer::BrokenByMerge { .. } | Answer::Refused { .. }
            ))
        )
    })
}

/// A question to two advisers.
#[must_use]
pub fn wish() -> OpinionWish {
    OpinionWish { question: blob("which way?"), files: vec!["README.md".to_owned()] }
}

/// An adviser looks first, where it may, and then answers.
fn adviser(side: u8, agent: &Agent) -> Vec<Ask> {
    if agent.turns.len() == 1 && agent.scope.has(Tool::Read) {
        return vec![Ask::Tool(Tool::Read)];
    }
    vec![opinion(side)]
}

/// An adviser's answer.
#[must_use]
pub fn opinion(side: u8) -> Ask {
    let answer = blob(&format!("the answer of side {side}"));
    Ask::Adviser(AdviserAsk::SubmitOpinion { answer, confidence: Confidence::Medium })
}

/// A worker uses a tool first, one that writes where it may, and then hands in.
fn worker(run: &Run, attempt: AttemptId, agent: &Agent) -> Vec<Ask> {
    let tools = [Tool::Write, Tool::Edit, Tool::Run, Tool::Read];
    let tool = tools.into_iter().find(|tool| agent.scope.has(*tool));
    if let Some(tool) = tool.filter(|_| agent.turns.len() == 1) {
        return vec![Ask::Tool(tool)];
    }
    vec![Ask::Worker(WorkerAsk::SubmitResult(claim(run, attempt)))]
}

/// A path with a reason.
pub(crate) fn chosen(path: Path) -> TriageAsk {
    TriageAsk::ChoosePath { path, reason: "it looks so".to_owned() }
}

/// A claim that every criterion is met.
///
/// # Panics
/// Where there is no such attempt.
#[must_use]
pub fn claim(run: &Run, attempt: AttemptId) -> ResultClaim {
    let outline = &run.tasks().get(run.attempts().get(attempt).unwrap().task).unwrap().outline;
    let criteria = outline.executable.iter().chain(&outline.rubrics);
    ResultClaim {
        conclusion: blob("done"),
        self_check: criteria.map(|id| (id.clone(), Some(true))).collect(),
        notes: Vec::new(),
        tests_added: Vec::new(),
        risks: 0,
        open_risks: None,
        files: None,
    }
}

/// A Reviewer's verdicts: all the same, or none at all.
///
/// # Panics
/// Where there is no such attempt.
#[must_use]
pub fn verdicts(run: &Run, attempt: AttemptId, holds: Option<bool>) -> ReviewerAsk {
    let outline = &run.tasks().get(run.attempts().get(attempt).unwrap().task).unwrap().outline;
    let verdict = |id: &&str| {
        let (criterion, text) = ((*id).to_owned(), blob("because"));
        Some(Judged { criterion, holds: holds?, text, quote: None, is_there: true })
    };
    let verdicts = outline.judged().iter().filter_map(verdict).collect();
    ReviewerAsk::SubmitReview { verdicts, conclusion: blob("judged") }
}
