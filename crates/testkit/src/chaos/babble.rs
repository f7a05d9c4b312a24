//! What models say that are not diligent: any tool of any role, with any arguments, in any company.

use trireme_core::run::Stage;
use trireme_core::run::ask::{
    Ask, ManagerAsk, MemoAsk, OrchestratorAsk, ResultClaim, ReviewerAsk, SynthesistAsk, WorkerAsk,
};
use trireme_core::run::event::{Notice, Seat};
use trireme_core::words::*;

use super::Chaos;
use crate::cast::{chosen, claim, opinion, verdicts, wish};
use crate::fixtures::{blob, contract, lodge, plan, section, synthesis};

impl Chaos {
    pub(super) fn asks(&mut self, agent: AgentId) -> Vec<Ask> {
        // A few agents are hopeless: they never call a tool, or never anything but this one.
        match (self.mood.babble > 10, (u64::from(agent.0) * 7 + self.mood.owner) % 23) {
            (true, 3) => return Vec::new(),
            (true, 4) => return vec![Ask::Tool(Tool::Read)],
            (true, 5) => return vec![self.careless(agent)],
            _ => {}
        }
        let asked = self.world.run.agents().get(agent).unwrap().turns.last();
        if asked.is_some_and(|turn| turn.notices.contains(&Notice::NotesWanted)) && self.rng.percent(70) {
            return vec![Ask::KeepNotes { notes: blob("notes") }];
        }
        let diligent = self.cast.asks(&self.world.run, agent);
        if self.world.run.stage() == Stage::Planning && self.rng.percent(self.mood.fail) {
            return vec![Ask::Orchestrator(OrchestratorAsk::SubmitPlan(lodge(plan(Vec::new())).into()))];
        }
        if !self.rng.percent(self.mood.babble) {
            return diligent;
        }
        match self.rng.below(6) {
            0 => Vec::new(),
            1 => (0..1 + self.rng.below(5)).map(|_| self.any(agent)).collect(),
            2 => (0..1 + self.rng.below(4)).map(|_| self.own(agent)).collect(),
            3 => diligent.into_iter().chain([self.own(agent)]).collect(),
            4 => [self.own(agent)].into_iter().chain(diligent).collect(),
            _ => diligent.iter().cloned().chain(diligent.clone()).collect(),
        }
    }

    /// A result that says nothing of any criterion.
    fn careless(&mut self, agent: AgentId) -> Ask {
        let Seat::Worker(attempt) = self.world.run.agents().get(agent).unwrap().seat else {
            return self.own(agent);
        };
        let claim = ResultClaim { self_check: Vec::new(), ..claim(&self.world.run, attempt) };
        Ask::Worker(WorkerAsk::SubmitResult(claim))
    }

    /// A tool of the agent's own role.
    fn own(&mut self, agent: AgentId) -> Ask {
        match self.world.run.agents().get(agent).unwrap().seat {
            Seat::Orchestrator => self.orchestrator(),
            Seat::Triage => self.triage(),
            Seat::Manager(section) => self.manager(section),
            Seat::Worker(attempt) => self.worker(attempt),
            Seat::Adviser(_, side) => opinion(side),
            Seat::Synthesist(_) => {
                let disagreements = usize::try_from(self.rng.below(3)).unwrap();
                Ask::Synthesist(SynthesistAsk::Synthesize(lodge(synthesis(disagreements))))
            }
            Seat::Reviewer(attempt) => {
                let holds = *self.rng.pick(&[None, Some(true), Some(false)]);
                Ask::Reviewer(verdicts(&self.world.run, attempt, holds))
            }
        }
    }

    fn triage(&mut self) -> Ask {
        let path = *self.rng.pick(&[Path::Direct, Path::Orchestrate, Path::Solo]);
        Ask::Triage(chosen(path))
    }

    fn any(&mut self, agent: AgentId) -> Ask {
        match self.rng.below(13) {
            8 => opinion(0),
            9 => Ask::Synthesist(SynthesistAsk::Synthesize(lodge(synthesis(0)))),
            10 => self.triage(),
            11 => Ask::KeepNotes { notes: blob("notes") },
            0 => Ask::Unknown { name: "frobnicate".to_owned() },
            1 => Ask::Malformed { name: "edit".to_owned(), why: "path is missing".to_owned() },
            2 | 3 => Ask::Tool(*self.rng.pick(&Tool::ALL)),
            4 => self.orchestrator(),
            5 => {
                let sections = self.world.run.sections().len() as u64;
                let section = self.rng.below(sections.max(1));
                self.manager(SectionId(u32::try_from(section).unwrap()))
            }
            6 => Ask::Reviewer(ReviewerAsk::SubmitReview { verdicts: Vec::new(), conclusion: blob("x") }),
            7 => Ask::Worker(WorkerAsk::ContractDefect { missing: blob("everything") }),
            _ => self.own(agent),
        }
    }

    fn orchestrator(&mut self) -> Ask {
        let requests = self.world.run.requests().len() as u64;
        let request = RequestId(u32::try_from(self.rng.below(requests + 1)).unwrap());
        let grant = Money::cents(self.rng.below(300));
        Ask::Orchestrator(match self.rng.below(8) {
            6 => OrchestratorAsk::SecondOpinion(wish()),
            0 => OrchestratorAsk::SubmitPlan(lodge(self.cast.plan.clone()).into()),
            1 => OrchestratorAsk::SubmitPlan(lodge(plan(Vec::new())).into()),
            2 => OrchestratorAsk::AskOwner { question: blob("what?") },
            3 => OrchestratorAsk::DecideBudget { request, grant, reason: blob("so") },
            4 => self.replan(),
            5 => OrchestratorAsk::SendMemo(self.memo(None)),
            _ => OrchestratorAsk::Conclude { conclusion: blob("over") },
        })
    }

    fn replan(&mut self) -> OrchestratorAsk {
        let returned = self.world.run.awaiting_replan().next();
        let name = returned.map_or("nothing".to_owned(), |(_, section)| section.outline.name.clone());
        let next = self.world.run.sections().len();
        let parts = match self.rng.below(3) {
            0 => Vec::new(),
            1 => vec![vec![section(&format!("r{next}"), 100)]],
            _ => vec![vec![section(&format!("r{next}"), 60), section(&format!("q{next}"), 40)]],
        };
        let extra = Money::cents(if self.rng.percent(30) { self.rng.below(300) } else { 0 });
        OrchestratorAsk::Replan { section: name, plan: lodge(plan(parts)).into(), extra }
    }

    fn memo(&mut self, task: Option<String>) -> MemoAsk {
        MemoAsk {
            to: (*self.rng.pick(&["ALL", "s0", "s1", "nobody"])).to_owned(),
            priority: *self.rng.pick(&[Priority::Fyi, Priority::Blocker, Priority::Urgent]),
            topic: "things".to_owned(),
            content: blob("memo"),
            task,
        }
    }

    fn manager(&mut self, section: SectionId) -> Ask {
        let tasks =
            self.world.run.sections().get(section).map(|state| state.tasks.clone()).unwrap_or_default();
        let title = match tasks.is_empty() {
            true => "nothing".to_owned(),
            false => self.world.run.tasks().get(*self.rng.pick(&tasks)).unwrap().outline.title.clone(),
        };
        let number = tasks.len();
        Ask::Manager(match self.rng.below(12) {
            11 => ManagerAsk::SecondOpinion(wish()),
            0 => ManagerAsk::SpawnWorkers(vec![lodge(contract(&format!("x{section}-{number}"))).into()]),
            1 => ManagerAsk::SpawnWorkers(vec![lodge(contract(&title)).into()]),
            2 => ManagerAsk::Accept { task: title, note: blob("fine") },
            3 => ManagerAsk::Retry {
                task: title,
                reason: blob("again"),
                seniority: self.rng.percent(50).then_some(Seniority::Staff),
            },
            4 => ManagerAsk::Cut { task: title, reason: blob("no") },
            5 => {
                let task = self.rng.percent(50).then_some(title);
                ManagerAsk::SendMemo(self.memo(task))
            }
            6 | 7 => {
                ManagerAsk::RequestBudget { amount: Money::cents(self.rng.below(400)), reason: blob("more") }
            }
            8 if self.rng.percent(50) => ManagerAsk::ScopeTooLarge { reason: blob("large") },
            8 | 9 => ManagerAsk::Report { done: self.rng.percent(70), conclusion: blob("report") },
            _ => ManagerAsk::SpawnWorkers(Vec::new()),
        })
    }

    fn worker(&mut self, attempt: AttemptId) -> Ask {
        match self.rng.below(4) {
            0 => Ask::Worker(WorkerAsk::ContractDefect { missing: blob("a file") }),
            1 => {
                let mut claim = claim(&self.world.run, attempt);
                claim.self_check.clear();
                Ask::Worker(WorkerAsk::SubmitResult(claim))
            }
            2 => Ask::Tool(*self.rng.pick(&Tool::ALL)),
            _ => Ask::Worker(WorkerAsk::SubmitResult(claim(&self.world.run, attempt))),
        }
    }
}
