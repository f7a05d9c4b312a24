//! Seeded worlds: every one comes to its end, and every rule holds on the way.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trireme_core::Run;
use trireme_testkit::chaos::Chaos;

/// `SEED=17` runs one world, `SEEDS=100000` that many.
#[expect(clippy::disallowed_methods, reason = "a developer's switch, read in a test only")]
fn switch(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn live(seed: u64) -> Chaos {
    let mut chaos = Chaos::new(seed);
    chaos.world.compare_every = 32;
    chaos.finish();
    chaos
}

#[test]
fn every_world_comes_to_its_end() {
    let seeds = match switch("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..switch("SEEDS").unwrap_or(1_500),
    };
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    let mut failed = Vec::new();
    let mut events = 0;
    for seed in seeds {
        if switch("SEEDS").is_some() {
            eprint!("{seed} ");
        }
        match std::panic::catch_unwind(|| live(seed)) {
            Ok(chaos) => {
                events += chaos.world.journal.len();
                *ends.entry(format!("{:?}", chaos.world.run.end())).or_default() += 1;
            }
            Err(_) => {
                eprintln!("--- that was SEED={seed}");
                failed.push(seed);
                if failed.len() > 8 {
                    break;
                }
            }
        }
    }
    println!("{ends:?}, {events} events");
    assert!(failed.is_empty(), "failed: SEED={failed:?}");
}

/// Names of everything that an event is made of: `money.overran`, `agent.answered.broken_by_merge`.
fn kinds(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    let Value::Object(fields) = value else { return };
    for (name, inner) in fields {
        match (name.as_str(), inner) {
            ("answer" | "end" | "notice" | "by" | "cause", Value::String(kind)) => {
                found.insert(format!("{path}.{kind}"));
            }
            ("answer" | "end" | "notice" | "fault", inner) => {
                kinds(path, inner, found);
            }
            _ if path.matches('.').count() < 3 => {
                found.insert(format!("{path}.{name}"));
                kinds(&format!("{path}.{name}"), inner, found);
            }
            _ => {}
        }
    }
}

#[test]
fn the_worlds_see_everything_that_can_happen() {
    let mut found = BTreeSet::new();
    for seed in 0..1_500 {
        for (_, event) in &live(seed).world.journal {
            kinds("", &serde_json::to_value(event).unwrap(), &mut found);
        }
    }
    for kind in [
        ".agent.parked",
        ".agent.answered.not_done",
        ".agent.answered.broken_by_merge",
        ".agent.answered.conflict",
        ".agent.answered.budget",
        ".agent.answered.contracts_faulty",
        ".agent.answered.plan_faulty",
        ".agent.answered.merged",
        ".agent.question_closed",
        ".agent.memo_sent",
        ".agent.call_refused",
        ".agent.call_unsent",
        ".agent.agent_ended.faulted",
        ".agent.agent_ended.idle",
        ".agent.agent_ended.too_many_turns",
        ".agent.agent_ended.broken",
        ".agent.agent_ended.no_progress",
        ".agent.agent_ended.late",
        ".agent.compacted",
        ".agent.notes_asked",
        ".agent.noticed.no_progress",
        ".money.overran",
        ".money.total_changed",
        ".money.budget_referred",
        ".money.budget_decided.owner",
        ".money.budget_decided.orchestrator",
        ".money.budget_decided.deadline",
        ".task.attempt_ended.outside_write_set",
        ".task.attempt_ended.no_change",
        ".task.attempt_ended.no_self_check",
        ".task.attempt_ended.contract_defect",
        ".task.reviewed",
        ".task.task_cut",
        ".branch.section_replanned",
        ".branch.replan_asked",
        ".branch.replan_dropped",
        ".branch.section_ended.needs_missing",
        ".branch.section_ended.budget_exhausted",
        ".branch.section_ended.too_large",
        ".branch.section_ended.killed",
        ".branch.section_ended.failed",
        ".branch.section_ended.unverified",
        ".opinion.opinion_unavailable",
        ".opinion.opinion_closed.synthesized",
        ".opinion.opinion_closed.unsynthesized",
        ".opinion.opinion_closed.only_one",
        ".opinion.opinion_closed.unanswered",
        ".opinion.opinion_closed.dropped",
        ".agent.agent_ended.late",
        ".run.triaged",
        ".run.doubted",
        ".run.plan_sent_back",
        ".agent.answered.plan_sent_back",
        ".agent.answered.plan_edited",
        ".agent.noticed.revise",
        ".run.effect_lost",
        ".run.effect_broken",
        ".run.closing.total_too_low",
        ".run.closing.orchestrator_gone",
        ".run.published",
    ] {
        assert!(found.iter().any(|name| name.starts_with(kind)), "{kind} never happens; found: {found:#?}");
    }
}

#[test]
fn a_fold_of_any_prefix_holds_every_rule() {
    for seed in 0..12 {
        let chaos = live(seed);
        let mut run = Run::default();
        for (at, event) in &chaos.world.journal {
            run.apply(*at, event);
            run.audit().unwrap();
            let _ = (run.next_deadline(), run.owed().count(), run.end());
        }
        assert!(run == chaos.world.run, "seed {seed}");
    }
}
