//! A story's calls in words: `accept parser`, `request_budget 1.00`, `spawn a, b`.

use trireme_core::run::Run;
use trireme_core::run::ask::{Ask, ManagerAsk, OrchestratorAsk, WorkerAsk};
use trireme_core::run::event::Seat;
use trireme_core::words::*;

use crate::Cast;
use crate::cast::{claim, verdicts};
use crate::fixtures::{blob, contract, lodge, plan, section};

/// The calls that an agent makes when a story tells it to say `text`, one or more, separated by `; `.
#[must_use]
pub fn asks(text: &str, run: &Run, agent: AgentId, cast: &Cast) -> Vec<Ask> {
    let calls = text.split("; ").filter(|call| *call != "nothing");
    calls.flat_map(|call| one(call, run, agent, cast)).collect()
}

fn one(text: &str, run: &Run, agent: AgentId, cast: &Cast) -> Vec<Ask> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    if let Some(tool) = Tool::named(verb) {
        return vec![Ask::Tool(tool)];
    }
    let ask = match verb {
        "diligent" => return cast.asks(run, agent),
        "unknown" => Ask::Unknown { name: rest.to_owned() },
        "malformed" => Ask::Malformed { name: rest.to_owned(), why: "path is missing".to_owned() },
        "submit" | "contract_defect" => return vec![Ask::Worker(worker(text, run, agent))],
        "verdict" => {
            let Seat::Reviewer(attempt) = run.agents().get(agent).unwrap().seat else {
                panic!("{agent} is no Reviewer");
            };
            let holds = match rest {
                "pass" => Some(true),
                "fail" => Some(false),
                _ => None,
            };
            Ask::Reviewer(verdicts(run, attempt, holds))
        }
        "submit_plan" | "ask_owner" | "decide_budget" | "replan" | "conclude" => {
            Ask::Orchestrator(orchestrator(verb, rest, cast))
        }
        _ => Ask::Manager(manager(verb, rest)),
    };
    vec![ask]
}

fn worker(text: &str, run: &Run, agent: AgentId) -> WorkerAsk {
    match (text, run.agents().get(agent).unwrap().seat) {
        ("contract_defect", _) => WorkerAsk::ContractDefect { missing: blob("a file is missing") },
        ("submit", Seat::Worker(attempt)) => WorkerAsk::SubmitResult(claim(run, attempt)),
        ("submit unchecked", Seat::Worker(attempt)) => {
            let mut claim = claim(run, attempt);
            claim.self_check.clear();
            WorkerAsk::SubmitResult(claim)
        }
        (other, seat) => panic!("{other:?} of {seat:?}"),
    }
}

fn orchestrator(verb: &str, rest: &str, cast: &Cast) -> OrchestratorAsk {
    match verb {
        "submit_plan" if rest == "bad" => OrchestratorAsk::SubmitPlan(lodge(plan(Vec::new()))),
        "submit_plan" => OrchestratorAsk::SubmitPlan(lodge(cast.plan.clone())),
        "ask_owner" => OrchestratorAsk::AskOwner { question: blob(rest) },
        "decide_budget" => {
            let (request, grant) = rest.split_once(' ').unwrap();
            OrchestratorAsk::DecideBudget {
                request: request.parse().unwrap(),
                grant: Money::parse(grant).unwrap(),
                reason: blob("because"),
            }
        }
        "replan" => {
            let (name, parts) = rest.split_once(':').unwrap();
            let read = |part: &str| {
                let (name, percent) = part.rsplit_once(' ').unwrap();
                section(name.trim(), percent.parse().unwrap())
            };
            let sections: Vec<_> = parts.split(", ").filter(|part| !part.is_empty()).map(read).collect();
            let phases = if sections.is_empty() { Vec::new() } else { vec![sections] };
            OrchestratorAsk::Replan { section: name.to_owned(), plan: lodge(plan(phases)) }
        }
        _ => OrchestratorAsk::Conclude { conclusion: blob("the end") },
    }
}

fn manager(verb: &str, rest: &str) -> ManagerAsk {
    let words: Vec<&str> = rest.split(' ').collect();
    let task = words[0].to_owned();
    match verb {
        "spawn" if rest == "bad" => {
            let contract = Contract { write_set: Vec::new(), ..contract("bad") };
            ManagerAsk::SpawnWorkers(vec![lodge(contract)])
        }
        "spawn" => ManagerAsk::SpawnWorkers(rest.split(", ").map(|title| lodge(contract(title))).collect()),
        "accept" => ManagerAsk::Accept { task, note: blob("good") },
        "retry" => {
            let named = |text: &&str| Seniority::ALL.into_iter().find(|one| one.name() == *text);
            ManagerAsk::Retry { task, reason: blob("again"), seniority: words.get(1).and_then(named) }
        }
        "cut" => ManagerAsk::Cut { task, reason: blob("enough") },
        "memo" => ManagerAsk::SendMemo {
            to: task,
            priority: match words[1] {
                "FYI" => Priority::Fyi,
                "BLOCKER" => Priority::Blocker,
                _ => Priority::Urgent,
            },
            topic: words[2..].join(" "),
            content: blob("memo"),
        },
        "request_budget" => {
            ManagerAsk::RequestBudget { amount: Money::parse(rest).unwrap(), reason: blob("more work") }
        }
        "scope_too_large" => ManagerAsk::ScopeTooLarge { reason: blob("too much") },
        "report" => ManagerAsk::Report { done: rest != "partial", conclusion: blob("report") },
        _ => panic!("{verb:?} is no call"),
    }
}
