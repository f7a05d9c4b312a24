//! A story's calls in words: `accept parser`, `request_budget 1.00`, `spawn a, b`.

use trireme_core::run::Run;
use trireme_core::run::ask::{
    Ask, ManagerAsk, MemoAsk, OrchestratorAsk, ReviewerAsk, SynthesistAsk, WorkerAsk,
};
use trireme_core::run::event::Seat;
use trireme_core::survey::Surveyed;
use trireme_core::words::*;

use crate::Cast;
use crate::cast::{claim, opinion, verdicts, wish};
use crate::fixtures::{blob, contract, lodge, plan, review, section, synthesis};
use crate::script::{seniority, set};

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
        name if ForeignTool::is_name(name) => Ask::Foreign { name: name.to_owned() },
        "diligent" => return cast.asks(run, agent),
        "keep_notes" => Ask::KeepNotes { notes: blob(rest) },
        "unknown" => Ask::Unknown { name: rest.to_owned() },
        "malformed" => Ask::Malformed { name: rest.to_owned(), why: "path is missing".to_owned() },
        "second_opinion" => return vec![second_opinion(run, agent)],
        "submit_opinion" => return vec![opinion(rest.parse().unwrap_or(0))],
        "synthesize" => {
            let disagreements = rest.parse().unwrap_or(0);
            return vec![Ask::Synthesist(SynthesistAsk::Synthesize(lodge(synthesis(disagreements))))];
        }
        "submit" | "contract_defect" => return vec![Ask::Worker(worker(text, run, agent))],
        "verdict" => {
            let Seat::Reviewer(attempt) = run.agents().get(agent).unwrap().seat else {
                panic!("{agent} is no Reviewer");
            };
            match rest {
                "both" => return vec![both(run, attempt)],
                "unshown" => return vec![unshown(run, attempt)],
                _ => {}
            }
            let holds = match rest {
                "pass" => Some(true),
                "fail" => Some(false),
                _ => None,
            };
            Ask::Reviewer(verdicts(run, attempt, holds))
        }
        "choose_path" => {
            let path = serde_json::from_value(rest.into()).unwrap();
            Ask::Triage(crate::cast::chosen(path))
        }
        "submit_plan" | "ask_owner" | "decide_budget" | "replan" | "tell" | "conclude" => {
            Ask::Orchestrator(orchestrator(verb, rest, cast))
        }
        _ => Ask::Manager(manager(verb, rest)),
    };
    vec![ask]
}

fn second_opinion(run: &Run, agent: AgentId) -> Ask {
    match run.agents().get(agent).unwrap().seat {
        Seat::Manager(_) => Ask::Manager(ManagerAsk::SecondOpinion(wish())),
        _ => Ask::Orchestrator(OrchestratorAsk::SecondOpinion(wish())),
    }
}

/// Two words on every criterion: that it holds, and that it does not.
fn both(run: &Run, attempt: AttemptId) -> Ask {
    let [yes, no] = [true, false].map(|holds| match verdicts(run, attempt, Some(holds)) {
        ReviewerAsk::SubmitReview { verdicts, .. } => verdicts,
    });
    let verdicts = yes.into_iter().chain(no).collect();
    Ask::Reviewer(ReviewerAsk::SubmitReview { verdicts, conclusion: blob("judged") })
}

/// That every criterion holds, with quotes that are nowhere.
fn unshown(run: &Run, attempt: AttemptId) -> Ask {
    let ReviewerAsk::SubmitReview { mut verdicts, conclusion } = verdicts(run, attempt, Some(true));
    verdicts.iter_mut().for_each(|verdict| verdict.is_there = false);
    Ask::Reviewer(ReviewerAsk::SubmitReview { verdicts, conclusion })
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
        ("submit denied", Seat::Worker(attempt)) => {
            let mut claim = claim(run, attempt);
            claim.self_check.iter_mut().for_each(|(_, met)| *met = Some(false));
            WorkerAsk::SubmitResult(claim)
        }
        (other, seat) => panic!("{other:?} of {seat:?}"),
    }
}

fn orchestrator(verb: &str, rest: &str, cast: &Cast) -> OrchestratorAsk {
    match verb {
        "submit_plan" if rest == "bad" => OrchestratorAsk::SubmitPlan(lodge(plan(Vec::new())).into()),
        "submit_plan" if rest == "unconstrained" => {
            OrchestratorAsk::SubmitPlan(lodge(Plan { constraints: Vec::new(), ..cast.plan.clone() }).into())
        }
        "submit_plan" if rest.is_empty() => OrchestratorAsk::SubmitPlan(lodge(cast.plan.clone()).into()),
        "submit_plan" => OrchestratorAsk::SubmitPlan(lodge(plan(vec![vec![section(rest, 100)]])).into()),
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
            let (name, extra) = name.split_once(" plus ").unwrap_or((name, "0"));
            let extra = Money::parse(extra).unwrap();
            let read = |part: &str| {
                let mut words = part.trim().split(' ');
                let (name, percent) = (words.next().unwrap(), words.next().unwrap());
                let mut section = section(name, percent.parse().unwrap());
                while let (Some(what), Some(value)) = (words.next(), words.next()) {
                    set(&mut section, what, value);
                }
                section
            };
            let sections: Vec<_> = parts.split(", ").filter(|part| !part.is_empty()).map(read).collect();
            let phases = if sections.is_empty() { Vec::new() } else { vec![sections] };
            OrchestratorAsk::Replan { section: name.to_owned(), plan: lodge(plan(phases)).into(), extra }
        }
        "tell" => OrchestratorAsk::SendMemo(memo(rest)),
        _ => OrchestratorAsk::Conclude { conclusion: blob("the end") },
    }
}

fn manager(verb: &str, rest: &str) -> ManagerAsk {
    let words: Vec<&str> = rest.split(' ').collect();
    let task = words[0].to_owned();
    match verb {
        "spawn" if rest == "bad" => {
            let contract = Contract { write_set: Vec::new(), ..contract("bad") };
            ManagerAsk::SpawnWorkers(vec![lodge(contract).into()])
        }
        "spawn" => ManagerAsk::SpawnWorkers(rest.split(", ").map(spawned).map(Surveyed::from).collect()),
        // `review judge of parser mid`
        "review" => {
            let contract = Contract { seniority: Some(seniority(words[3])), ..review(words[0], &[words[2]]) };
            ManagerAsk::Review(Box::new(lodge(contract)))
        }
        "accept" => ManagerAsk::Accept { task, note: blob("good") },
        "retry" => {
            let named = |text: &&str| Seniority::ALL.into_iter().find(|one| one.name() == *text);
            ManagerAsk::Retry { task, reason: blob("again"), seniority: words.get(1).and_then(named) }
        }
        "cut" => ManagerAsk::Cut { task, reason: blob("enough") },
        "memo" => ManagerAsk::SendMemo(memo(rest)),
        "request_budget" => {
            ManagerAsk::RequestBudget { amount: Money::parse(rest).unwrap(), reason: blob("more work") }
        }
        "scope_too_large" => ManagerAsk::ScopeTooLarge { reason: blob("too much") },
        "report" => ManagerAsk::Report { done: rest != "partial", conclusion: blob("report") },
        _ => panic!("{verb:?} is no call"),
    }
}

/// `cli BLOCKER names of the columns for parser`: to whom, how urgent, about what, and which task it holds up.
fn memo(text: &str) -> MemoAsk {
    let (text, task) = text.split_once(" for ").unwrap_or((text, ""));
    let words: Vec<&str> = text.split(' ').collect();
    MemoAsk {
        to: words[0].to_owned(),
        priority: match words[1] {
            "FYI" => Priority::Fyi,
            "BLOCKER" => Priority::Blocker,
            _ => Priority::Urgent,
        },
        topic: words[2..].join(" "),
        content: blob("memo"),
        task: (!task.is_empty()).then(|| task.to_owned()),
    }
}

/// `parser`, or `parser on src/lib.rs` where it writes what another one writes too; `post tidy` for post-processing without
/// criteria of its own; `parser as tester` with a role.
fn spawned(text: &str) -> Lodged<Contract> {
    let (text, role) = text.split_once(" as ").map_or((text, None), |(text, role)| (text, Some(role)));
    let (title, path) = text.split_once(" on ").unwrap_or((text, ""));
    let mut contract = contract(title.trim_start_matches("post "));
    if let Some(role) = role {
        (contract.role, contract.seniority) = (Some(role.to_owned()), None);
    }
    if title.starts_with("post ") {
        (contract.kind, contract.seniority) = (TaskKind::Post, None);
        contract.acceptance.clear();
    }
    if !path.is_empty() {
        contract.write_set = vec![path.to_owned()];
    }
    lodge(contract)
}
