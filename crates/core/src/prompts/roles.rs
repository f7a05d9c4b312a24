//! The system prompt of each role: a file each, filled in with nothing but the table of seniorities.

use std::sync::LazyLock;

use crate::run::event::Seat;
use crate::words::{Mode, Seniority, TaskKind};

static ORCHESTRATOR: LazyLock<String> =
    LazyLock::new(|| filled(include_str!("../../prompts/orchestrator.md")));
static MANAGER: LazyLock<String> = LazyLock::new(|| filled(include_str!("../../prompts/manager.md")));
const TRIAGE: &str = include_str!("../../prompts/triage.md");
const WORKER: &str = include_str!("../../prompts/worker.md");
const WORKER_POST: &str = include_str!("../../prompts/worker_post.md");
const WORKER_SINGLE: &str = include_str!("../../prompts/worker_single.md");
const REVIEWER: &str = include_str!("../../prompts/reviewer.md");
const ADVISER: &str = include_str!("../../prompts/adviser.md");
const SYNTHESIST: &str = include_str!("../../prompts/synthesist.md");

/// What an agent is told before anything else. The same for every run, so that providers' caches hold.
#[must_use]
pub fn system(seat: Seat, mode: Mode, kind: TaskKind) -> &'static str {
    match seat {
        Seat::Orchestrator => &ORCHESTRATOR,
        Seat::Triage => TRIAGE,
        Seat::Manager(_) => &MANAGER,
        Seat::Worker(_) => match (mode, kind) {
            (Mode::Single, _) => WORKER_SINGLE,
            (Mode::Agent, TaskKind::Post) => WORKER_POST,
            (Mode::Agent, TaskKind::Build | TaskKind::Review) => WORKER,
        },
        Seat::Reviewer(_) => REVIEWER,
        Seat::Adviser(..) => ADVISER,
        Seat::Synthesist(_) => SYNTHESIST,
    }
}

fn filled(prompt: &str) -> String {
    let rows = Seniority::ALL.map(|seniority| format!("| {seniority} | {} |", seniority.use_for()));
    let table = format!("| seniority | use it for |\n|---|---|\n{}", rows.join("\n"));
    prompt.replace("{seniorities}", &table)
}
