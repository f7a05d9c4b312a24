//! How a world begins: what the Owner wants, and what diligent models would do.

use std::collections::BTreeMap;

use trireme_core::run::Begin;
use trireme_core::words::*;

use crate::fixtures::{blob, contract, decision, judged, plan, review, section, shortcut, told};
use crate::{Cast, Prng};

/// What makes stakes high, whatever the plan says.
pub(super) fn stakes(rng: &mut Prng) -> StakesRule {
    StakesRule {
        all: if rng.percent(30) { Stakes::High } else { Stakes::Normal },
        above: rng.percent(50).then(|| Money::cents(rng.below(500))),
        paths: if rng.percent(30) { vec!["spec.md".to_owned()] } else { Vec::new() },
    }
}

/// A run that is for nothing but an opinion.
pub(super) fn question(rng: &mut Prng) -> LoneQuestion {
    let seniority = *rng.pick(&[Seniority::Mid, Seniority::Principal]);
    LoneQuestion { text: blob("which way?"), files: Vec::new(), seniority }
}

/// The intent goes a way that the Owner, a rule or a model decides on.
pub(super) fn take_path(start: &mut Begin, rng: &mut Prng) {
    start.intent.body.sentence = (*rng.pick(&["Fix the typo", "Handle it", "Build a tool"])).to_owned();
    start.path = *rng.pick(&[None, None, Some(Path::Direct), Some(Path::Solo), Some(Path::Orchestrate)]);
    let worker = *rng.pick(&[Seniority::Junior, Seniority::Senior, Seniority::Principal]);
    let checks = if rng.percent(80) { vec!["make check".to_owned()] } else { Vec::new() };
    let path = start.path.unwrap_or(Path::Direct);
    start.shortcut = Some(shortcut(&start.intent.body, path, worker, &checks));
}

pub(super) fn cast(rng: &mut Prng) -> Cast {
    let phases = 1 + rng.below(3);
    let counts: Vec<u64> = (0..phases).map(|_| 1 + rng.below(3)).collect();
    let all: u64 = counts.iter().sum();
    let mut contracts = BTreeMap::new();
    let mut number = 0;
    let mut sections_of = |count: u64, rng: &mut Prng| -> Vec<Section> {
        let mut sections = Vec::new();
        for _ in 0..count {
            let share = if number + 1 == all { 100 - (100 / all) * (all - 1) } else { 100 / all };
            let mut section = section(&format!("s{number}"), u32::try_from(share).unwrap());
            section.seniority = *rng.pick(&[Seniority::Junior, Seniority::Senior]);
            if rng.percent(15) {
                section.stakes = Stakes::High;
            }
            if rng.percent(30) {
                section.needs.push("spec.md".to_owned());
            }
            contracts.insert(section.name.clone(), contracts_of(&section.name, rng));
            sections.push(section);
            number += 1;
        }
        sections
    };
    let phases = counts.iter().map(|count| sections_of(*count, rng)).collect();
    let mut plan = plan(phases);
    if rng.percent(10) {
        plan.decisions.push(decision("which way?", Some("o0")));
    }
    Cast { plan, contracts, patience: 1 + usize::try_from(rng.below(4)).unwrap() }
}

/// Post-processing, with criteria of its own or without.
fn post(contract: &mut Contract, rng: &mut Prng) {
    contract.kind = TaskKind::Post;
    contract.seniority = None;
    if rng.percent(70) {
        contract.acceptance.clear();
    }
}

fn contracts_of(section: &str, rng: &mut Prng) -> Vec<Contract> {
    let mut contracts: Vec<Contract> = (0..1 + rng.below(4))
        .map(|task| {
            let mut contract = contract(&format!("{section}-{task}"));
            contract.seniority = Some(*rng.pick(&[Seniority::Junior, Seniority::Mid]));
            if task > 0 && rng.percent(15) {
                post(&mut contract, rng);
            }
            if rng.percent(10) {
                contract.role = Some((*rng.pick(&["tester", "looker", "nobody", "grand"])).to_owned());
            }
            if rng.percent(25) {
                contract.acceptance.push(judged("good"));
            }
            if rng.percent(20) {
                contract.acceptance.push(told("fast"));
            }
            if rng.percent(20) {
                contract.mode = Mode::Single;
            }
            if rng.percent(20) {
                contract.cap_pct = Share::basis_points(u32::try_from(rng.below(10_001)).unwrap());
            }
            contract
        })
        .collect();
    if rng.percent(30) {
        contracts.push(review(&format!("{section}-review"), &[&format!("{section}-0")]));
    }
    contracts
}
