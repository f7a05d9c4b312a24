//! Documents for tests: a catalogue of three prices, plans, contracts, criteria.

use serde::Serialize;
use trireme_core::catalogue::{Candidate, Catalogue};
use trireme_core::roles::Role;
use trireme_core::run::{Begin, Deadlines, Proposal};
use trireme_core::shortcut::Shortcut;
use trireme_core::words::*;

const MODELS: &str = r#"
[models.grand]
family = "a"
input = "8"
output = "40"
context_tokens = 200000
output_tokens = 4000
[models.solid]
family = "a"
input = "2"
output = "10"
context_tokens = 200000
output_tokens = 4000
[models.second]
family = "b"
input = "3"
output = "12"
context_tokens = 200000
output_tokens = 4000
[models.small]
family = "a"
input = "0.5"
output = "2"
context_tokens = 100000
output_tokens = 4000
[seniority]
intern = ["small"]
junior = ["small"]
mid = ["solid", "second"]
senior = ["solid", "second"]
staff = ["solid", "second"]
principal = ["grand"]
"#;

/// Grand, solid (and a second one), small: dollars per million tokens 8/40, 2/10 (3/12), 0.5/2.
#[must_use]
pub fn catalogue() -> Catalogue {
    Catalogue::default().with(toml::from_str(MODELS).unwrap()).unwrap()
}

/// An address for a text, as if it were stored.
#[must_use]
pub fn blob(text: &str) -> BlobRef {
    BlobRef(Digest::of(text.as_bytes()))
}

/// A document with its address.
#[must_use]
pub fn lodge<T: Serialize>(body: T) -> Lodged<T> {
    let blob = BlobRef(Digest::of(&serde_json::to_vec(&body).unwrap()));
    Lodged { body, blob }
}

/// A criterion that a command tells.
#[must_use]
pub fn told(id: &str) -> Criterion {
    told_by(id, "make check")
}

/// A criterion that this command tells.
#[must_use]
pub fn told_by(id: &str, run: &str) -> Criterion {
    let check = Check::Command {
        run: run.to_owned(),
        exit: 0,
        output: None,
        timeout_s: 60,
        memory_mb: None,
        pinned: Vec::new(),
    };
    Criterion { id: id.to_owned(), text: format!("{id} holds"), check }
}

/// A criterion that a Reviewer judges.
#[must_use]
pub fn judged(id: &str) -> Criterion {
    Criterion { id: id.to_owned(), text: format!("{id} is good"), check: Check::Rubric }
}

/// A section with a share in percent.
#[must_use]
pub fn section(name: &str, percent: u32) -> Section {
    Section {
        name: name.to_owned(),
        description: "what".to_owned(),
        constraints: Vec::new(),
        approach: "how".to_owned(),
        definition_of_done: vec![told("done")],
        budget_pct: Share::basis_points(percent * 100).unwrap(),
        capabilities: ToolSet::ALL,
        bounds: Bounds::default(),
        seniority: Seniority::Senior,
        grants_principal: false,
        needs: Vec::new(),
        delivers: Vec::new(),
        stakes: Stakes::Normal,
        unmanaged: false,
    }
}

/// A plan of phases.
#[must_use]
pub fn plan(phases: Vec<Vec<Section>>) -> Plan {
    let phases = phases.into_iter().enumerate();
    Plan {
        goal: "goal".to_owned(),
        constraints: vec!["Nothing else changes.".to_owned()],
        approach: "approach".to_owned(),
        definition_of_done: vec![told("whole")],
        decisions: Vec::new(),
        phases: phases.map(|(at, sections)| Phase { name: format!("phase {at}"), sections }).collect(),
    }
}

/// A decision on which much hangs.
#[must_use]
pub fn decision(question: &str, opinion: Option<&str>) -> Decision {
    Decision {
        question: question.to_owned(),
        resolution: "so".to_owned(),
        reason: "because".to_owned(),
        stakes: Stakes::High,
        opinion: opinion.map(str::to_owned),
    }
}

/// What a third model makes of two answers.
#[must_use]
pub fn synthesis(disagreements: usize) -> Synthesis {
    Synthesis {
        agreements: vec!["both say this".to_owned()],
        disagreements: (0..disagreements).map(|at| format!("point {at}")).collect(),
        choice: "do this".to_owned(),
        reason: "for that".to_owned(),
    }
}

/// A contract for work that writes one file of its own.
#[must_use]
pub fn contract(title: &str) -> Contract {
    Contract {
        title: title.to_owned(),
        kind: TaskKind::Build,
        mode: Mode::Agent,
        seniority: Some(Seniority::Mid),
        reason: "usual".to_owned(),
        goal: "do it".to_owned(),
        context: vec![ContextItem::File { path: "README.md".to_owned() }],
        constraints: Vec::new(),
        acceptance: vec![told("unit")],
        write_set: vec![format!("src/{title}.rs")],
        tests_to_write: Vec::new(),
        withheld: Vec::new(),
        role: None,
        tools: None,
        bounds: Bounds::default(),
        reviews: Vec::new(),
        cap_pct: None,
    }
}

/// Roles of files: one with tools and a model of its own, one that may only look, one with a principal's model.
#[must_use]
pub fn roles() -> Vec<Role> {
    let role = |name: &str, tools: Option<ToolSet>, pin: Option<&str>| Role {
        name: name.to_owned(),
        description: format!("does as a {name} does"),
        seniority: Some(if name == "tester" { Seniority::Junior } else { Seniority::Mid }),
        pin: pin.map(Candidate::of),
        tools,
        foreign: None,
        prompt: blob(name),
        from: format!("roles/{name}.md"),
    };
    let writes = ToolSet::NONE.with(Tool::Read).with(Tool::Write);
    vec![
        role("tester", Some(writes), Some("second")),
        role("looker", Some(ToolSet::READ_ONLY), None),
        role("grand", None, Some("grand")),
    ]
}

/// A contract for judging what others did.
#[must_use]
pub fn review(title: &str, of: &[&str]) -> Contract {
    Contract {
        kind: TaskKind::Review,
        acceptance: vec![judged("sound")],
        write_set: Vec::new(),
        reviews: of.iter().map(|title| (*title).to_owned()).collect(),
        ..contract(title)
    }
}

/// The engine's own plan for an intent, with its contract.
#[must_use]
pub fn shortcut(intent: &Intent, path: Path, worker: Seniority, checks: &[String]) -> Proposal {
    let plan = Shortcut { intent, path, worker, is_question: false, checks }.plan();
    let contract = trireme_core::shortcut::contract(&plan, &[]).map(lodge);
    Proposal { plan: lodge(plan), contract }
}

/// A set-up command, as often as the word says.
#[must_use]
pub fn setup(name: &str, per: &str) -> SetUp {
    SetUp {
        name: name.to_owned(),
        run: format!("make {name}"),
        keys: vec![format!("{name}.lock")],
        paths: vec![format!("{name}-modules")],
        env: std::collections::BTreeMap::new(),
        hosts: Vec::new(),
        per: serde_json::from_value(per.into()).unwrap(),
        timeout_s: 60,
    }
}

/// A tool of a server, in words: `docs search`, or `docs put writes`.
///
/// # Panics
/// Where it has other words.
#[must_use]
pub fn foreign(words: &str) -> ForeignTool {
    let (words, reads) = words.strip_suffix(" writes").map_or((words, true), |words| (words, false));
    let (server, tool) = words.split_once(' ').unwrap();
    ForeignTool {
        name: ForeignTool::name_of(server, tool).unwrap(),
        server: server.to_owned(),
        tool: tool.to_owned(),
        hash: Digest::of(tool.as_bytes()),
        reads,
        callers: vec![
            Caller::Orchestrator,
            Caller::Manager,
            Caller::Worker,
            Caller::Reviewer,
            Caller::Adviser,
        ],
    }
}

/// The beginning of a run.
#[must_use]
pub fn begin(total: Money, reserve_percent: u32, preapproved: bool) -> Begin {
    let reserve = Share::basis_points(reserve_percent * 100).unwrap();
    let intent = Intent {
        sentence: "build it".to_owned(),
        constraints: Vec::new(),
        context: Vec::new(),
        checks: Vec::new(),
        total,
        reserve,
        stakes: Stakes::Normal,
    };
    Begin {
        run: RunId("story".to_owned()),
        intent: lodge(intent),
        base: CommitId("base".to_owned()),
        catalogue: catalogue(),
        plan: None,
        preapproved,
        deadlines: Deadlines::default(),
        stakes: StakesRule::default(),
        question: None,
        roles: Vec::new(),
        setups: Vec::new(),
        scope: Scope::all(),
        foreign: None,
        path: None,
        shortcut: None,
    }
}
