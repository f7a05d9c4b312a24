//! More agents than calls may be on their way at one time; and all tiers at once, each file through the seam. The bench
//! `crowd` plays the same with 10,000 workers.

use std::fmt::Write as _;

use trireme_core::ledger::Ledger;
use trireme_core::limits::{CALLS_IN_FLIGHT, HIDDEN_INPUT_TOKENS, ORCHESTRATOR_CONTEXT_TOKENS};
use trireme_core::run::event::{AttemptEnd, RunEnd, SectionEnd};
use trireme_engine::Finish;
use trireme_testkit::crowd::{COST_OF_A_CALL, Crowd};

use crate::support::{Ground, order, replayed};

/// A scenario with one Manager whose workers all take a few turns and then say what their contract lacks.
fn scenario(workers: usize) -> String {
    let mut text = HEAD.to_owned();
    for number in 0..workers {
        write!(text, "{}", TASK.replace("NUMBER", &number.to_string())).unwrap();
    }
    text + TAIL
}

const HEAD: &str = r#"
name = "crowd"
project = "project"
[intent]
sentence = "Do very many small things."
budget_usd = "50"
[models.m]
family = "scripted"
input = "1"
output = "1"
context_tokens = 1000000
output_tokens = 2000
[seniority]
principal = ["m"]
senior = ["m"]
intern = ["m"]
[[reply]]
when = { role = "orchestrator", turn = 1 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "submit_plan"
[reply.call.args.plan]
goal = "g"
constraints = ["Nothing else changes."]
approach = "a"
definition_of_done = [{ id = "there", text = "it is there", check = { kind = "file", path = "a.txt" } }]
[[reply.call.args.plan.phases]]
name = "all"
[[reply.call.args.plan.phases.sections]]
name = "Crowd"
description = "d"
approach = "a"
budget_pct = 100
capabilities = ["read"]
seniority = "senior"
definition_of_done = [{ id = "there", text = "it is there", check = { kind = "file", path = "a.txt" } }]
[[reply]]
when = { role = "orchestrator", turn = 2 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "report"
args = { conclusion = "given up" }
[[reply]]
when = { role = "worker", turn = 3 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "contract_defect"
args = { missing = "everything" }
[[reply]]
when = { role = "worker" }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "think_aloud"
args = {}
[[reply]]
when = { role = "manager", turn = 2 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "report"
args = { status = "partial", conclusion = "given up" }
[[reply]]
when = { role = "manager", turn = 1 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "spawn_workers"
"#;

const TASK: &str = r#"
[[reply.call.args.tasks]]
title = "task NUMBER"
seniority = "intern"
reason = "r"
goal = "g"
context = [{ kind = "note", title = "n", text = "t" }]
constraints = []
acceptance = [{ id = "there", text = "it is there", check = { kind = "file", path = "NUMBER.txt" } }]
write_set = ["NUMBER.txt"]
withheld = []
"#;

const TAIL: &str = "\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_agent_gets_its_turn() {
    let workers = CALLS_IN_FLIGHT * 2;
    let ground = Ground::new().await;
    let folder = ground.dir.path().join("scenario");
    std::fs::create_dir_all(folder.join("project")).unwrap();
    std::fs::write(folder.join("project/a.txt"), "a\n").unwrap();
    std::fs::write(folder.join("scenario.toml"), scenario(workers)).unwrap();
    let live = ground.engine.start(order(&folder)).await.unwrap();
    let run = live.id().clone();
    assert_eq!(live.finish().await.unwrap(), Finish::Ended(RunEnd::Unverified));
    replayed(&ground.engine, &run).await;
    let past = ground.engine.past(&run).await.unwrap();
    past.run.audit().unwrap();
    assert_eq!(past.run.attempts().len(), workers);
    for (_, attempt) in past.run.attempts().iter() {
        assert!(matches!(attempt.end, Some(AttemptEnd::ContractDefect { .. })), "{:?}", attempt.end);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_workers_under_many_managers_finish() {
    let crowd = Crowd { managers: 10, workers: 20 };
    let ground = Ground::new().await;
    let folder = ground.dir.path().join("scenario");
    std::fs::create_dir_all(folder.join("project")).unwrap();
    std::fs::write(folder.join("project/a.txt"), "a\n").unwrap();
    std::fs::write(folder.join("scenario.toml"), crowd.scenario()).unwrap();
    let live = ground.engine.start(order(&folder)).await.unwrap();
    let id = live.id().clone();
    assert_eq!(live.finish().await.unwrap(), Finish::Ended(RunEnd::Verified));
    replayed(&ground.engine, &id).await;
    let run = ground.engine.past(&id).await.unwrap().run;
    run.audit().unwrap();
    assert_eq!(run.attempts().len(), crowd.managers * crowd.workers);
    assert!(run.attempts().iter().all(|(_, attempt)| attempt.verified()));
    assert!(run.sections().iter().all(|(_, section)| section.end == Some(SectionEnd::Verified)));
    let spent = run.ledger().get(Ledger::RUN).unwrap().spent;
    assert_eq!(spent, COST_OF_A_CALL.times(crowd.calls() as u64));
    let widest = run.agents().get(run.orchestrator().unwrap()).unwrap().widest + HIDDEN_INPUT_TOKENS;
    assert!(widest <= ORCHESTRATOR_CONTEXT_TOKENS, "{widest} tokens by the bound");
}
