//! The system prompt of each role: a file each, with front matter as any role's file has, filled in with nothing but the
//! table of seniorities.

use std::sync::LazyLock;

use crate::front_matter::body;
use crate::roles::RoleFile;
use crate::run::event::Seat;
use crate::words::{Mode, Seniority, TaskKind};

static ORCHESTRATOR: LazyLock<String> = LazyLock::new(|| filled(ORCHESTRATOR_FILE));
static MANAGER: LazyLock<String> = LazyLock::new(|| filled(MANAGER_FILE));

/// Where a role of ours is from.
pub const BUILT_IN: &str = "built in";

/// Each with its front matter.
const FILES: [&str; 9] = [
    ORCHESTRATOR_FILE,
    TRIAGE,
    MANAGER_FILE,
    WORKER,
    WORKER_POST,
    WORKER_SINGLE,
    REVIEWER,
    ADVISER,
    SYNTHESIST,
];
const ORCHESTRATOR_FILE: &str = include_str!("../../prompts/orchestrator.md");
const MANAGER_FILE: &str = include_str!("../../prompts/manager.md");
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
        Seat::Triage => body(TRIAGE),
        Seat::Manager(_) => &MANAGER,
        Seat::Worker(_) => match (mode, kind) {
            (Mode::Single, _) => body(WORKER_SINGLE),
            (Mode::Agent, TaskKind::Post) => body(WORKER_POST),
            (Mode::Agent, TaskKind::Build | TaskKind::Review) => body(WORKER),
        },
        Seat::Reviewer(_) => body(REVIEWER),
        Seat::Adviser(..) => body(ADVISER),
        Seat::Synthesist(_) => body(SYNTHESIST),
    }
}

/// Our own roles, as their files say.
#[must_use]
pub fn built_in() -> Vec<RoleFile> {
    let read = |text: &&str| RoleFile::read(text, BUILT_IN).ok().map(|(role, _)| role);
    let filled = |role: RoleFile| RoleFile { prompt: filled(&role.prompt), ..role };
    FILES.iter().filter_map(read).map(filled).collect()
}

fn filled(prompt: &str) -> String {
    let prompt = body(prompt);
    let rows = Seniority::ALL.map(|seniority| format!("| {seniority} | {} |", seniority.use_for()));
    let table = format!("| seniority | use it for |\n|---|---|\n{}", rows.join("\n"));
    prompt.replace("{seniorities}", &table)
}
