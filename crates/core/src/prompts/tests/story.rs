//! A run told in a few words: models say what the test says, and the world does what it is owed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::Run;
use crate::catalogue::{Catalogue, Declared};
use crate::prompts::documents::*;
use crate::prompts::{Conversation, PromptTurn, conversation, parse};
use crate::roles::RoleFile;
use crate::run::ask::{Ask, ReviewerAsk};
use crate::run::event::{Event, Seat};
use crate::run::input::Seal;
use crate::run::{Begin, Command, Effect, Input, Outcome, Proposal, Stamped, Subject};
use crate::shortcut::{Shortcut, contract as contract_of};
use crate::words::*;

pub(super) struct Story {
    pub(super) run: Run,
    pub(super) blobs: BTreeMap<BlobRef, String>,
    pub(super) events: Vec<Event>,
    at: u64,
}

fn catalogue() -> Catalogue {
    let mut text = String::new();
    for name in ["architect", "senior", "mid", "junior"] {
        text += &format!(
            "[models.{name}]\nfamily = \"scripted\"\ninput = \"1\"\noutput = \"5\"\ncontext_tokens = 200000\noutput_tokens = 4000\n"
        );
    }
    text += "[seniority]\nprincipal = [\"architect\"]\nstaff = [\"senior\"]\nsenior = [\"senior\"]\nmid = [\"mid\"]\njunior = [\"junior\"]\nintern = [\"junior\"]\n";
    let declared: Declared = toml::from_str(&text).unwrap();
    Catalogue::default().with(declared).unwrap()
}

pub(super) fn intent() -> Intent {
    Intent {
        sentence: "Build a tool that converts CSV files to JSON, with validation.".into(),
        constraints: vec!["Only the standard library.".into()],
        context: vec!["README.md".into()],
        checks: Vec::new(),
        total: Money::cents(1_000),
        reserve: Share::basis_points(1_000).unwrap(),
        stakes: Stakes::Normal,
    }
}

pub(super) fn section(name: &str, pct: u32) -> Value {
    json!({
        "name": name,
        "description": format!("What {name} needs."),
        "constraints": ["No dependency is added."],
        "approach": "Architecture first, then side by side.",
        "definition_of_done": [{"id": "converter", "text": "The converter's tests pass.",
            "check": {"kind": "command", "run": "cargo test --offline --test converter", "pinned": ["tests/json.rs"]}}],
        "budget_pct": pct,
        "capabilities": ["read", "list", "glob", "search", "edit", "write", "run"],
        "seniority": "senior",
        "delivers": ["src/parser.rs"],
    })
}

pub(super) fn plan() -> Value {
    let mut cli = section("CLI", 40);
    cli["delivers"] = json!(["src/cli.rs"]);
    json!({
        "goal": "csv2json turns a CSV file into JSON and refuses bad data.",
        "constraints": ["Refused data leaves no output behind."],
        "approach": "Two sections with a trait between them.",
        "definition_of_done": [
            {"id": "tests", "text": "All tests pass.", "check": {"kind": "command", "run": "cargo test --offline"}}],
        "decisions": [{"question": "Which CSV?", "resolution": "RFC 4180.", "reason": "Spreadsheets write it."}],
        "phases": [{"name": "Build", "sections": [section("Core converter", 60), cli]}],
    })
}

pub(super) fn contract(title: &str, file: &str) -> Value {
    json!({
        "title": title,
        "seniority": "mid",
        "reason": "A known format.",
        "goal": format!("Write {file}."),
        "context": [{"kind": "file", "path": "src/interface.rs"}, {"kind": "note", "title": "Dialect", "text": "RFC 4180"}],
        "constraints": ["A comma inside quotes belongs to the field."],
        "acceptance": [
            {"id": "plain-rows", "text": "Plain rows are read.",
             "check": {"kind": "command", "run": "./check plain", "output": "4 passed", "timeout_s": 120, "memory_mb": 512, "pinned": ["acceptance/parser.rs"]}},
            {"id": "documented", "text": "The dialect is written down.", "check": {"kind": "file", "path": "docs/design.md", "contains": "RFC 4180"}},
            {"id": "readable", "text": "The code reads well.", "check": {"kind": "rubric"}},
        ],
        "write_set": [file],
        "withheld": [{"paths": "src/secret.rs", "why": "It belongs to another task."}],
    })
}

impl Story {
    /// A run whose Orchestrator is about to plan.
    pub(super) fn begun() -> Self {
        Self::begin(None)
    }

    /// A run whose plan came with the intent.
    pub(super) fn begun_with_plan() -> Self {
        Self::begin(Some(serde_json::from_value(plan()).unwrap()))
    }

    /// A run for which the engine has a plan of its own: on a path that the Owner named, or in doubt.
    pub(super) fn begun_with_shortcut(path: Option<Path>, preapproved: bool) -> Self {
        let sentence = match path {
            Some(_) => "Handle an empty input file.",
            None => "Handle an empty input file in the way that the README promises.",
        };
        Self::begun_with(sentence, path, preapproved)
    }

    /// A run on the direct path of whose intent the Owner says that much hangs on it.
    pub(super) fn begun_with_high_stakes() -> Self {
        let sentence = "Handle an empty input file.".to_owned();
        let intent = Intent { sentence, stakes: Stakes::High, ..intent() };
        Self::begun_on(intent, Some(Path::Direct), true)
    }

    /// The same with an intent of one's own.
    pub(super) fn begun_with(sentence: &str, path: Option<Path>, preapproved: bool) -> Self {
        Self::begun_on(Intent { sentence: sentence.to_owned(), ..intent() }, path, preapproved)
    }

    fn begun_on(intent: Intent, path: Option<Path>, preapproved: bool) -> Self {
        let mut story = Self { run: Run::default(), blobs: BTreeMap::new(), events: Vec::new(), at: 0 };
        let (worker, checks) = (Seniority::Junior, ["make test".to_owned()]);
        let shortcut =
            Shortcut { intent: &intent, path: Path::Direct, worker, is_question: false, checks: &checks };
        let plan = shortcut.plan();
        let contract = contract_of(&plan, &[]).map(|contract| story.lodged(contract));
        let shortcut = Some(Proposal { plan: story.lodged(plan), contract });
        let begin = Begin {
            deadlines: crate::run::Deadlines::default(),
            run: RunId("story".into()),
            intent: story.lodged(intent),
            base: CommitId("base".into()),
            catalogue: catalogue(),
            plan: None,
            preapproved,
            stakes: StakesRule::default(),
            question: None,
            roles: Vec::new(),
            setups: Vec::new(),
            scope: Scope::all(),
            foreign: None,
            path,
            shortcut,
        };
        story.input(Input::Begin(Box::new(begin)));
        story
    }

    /// The same with an Owner who wants to see the plan.
    pub(super) fn begun_asking() -> Self {
        Self::begin_with(None, false)
    }

    fn begin(plan: Option<Plan>) -> Self {
        Self::begin_with(plan, true)
    }

    fn begin_with(plan: Option<Plan>, preapproved: bool) -> Self {
        Self::begin_all(plan, preapproved, &[])
    }

    fn begin_all(plan: Option<Plan>, preapproved: bool, roles: &[&str]) -> Self {
        let mut story = Self { run: Run::default(), blobs: BTreeMap::new(), events: Vec::new(), at: 0 };
        let intent = story.lodged(intent());
        let plan = plan.map(|plan| story.lodged(plan));
        let role = |text: &&str| {
            let (file, _) = RoleFile::read(text, "roles/x.md").unwrap();
            let prompt = story.lodge(&file.prompt);
            file.settled(&catalogue(), prompt).0
        };
        let roles = roles.iter().map(role).collect();
        let begin = Begin {
            run: RunId("story".into()),
            intent,
            base: CommitId("base".into()),
            catalogue: catalogue(),
            plan,
            deadlines: crate::run::Deadlines::default(),
            stakes: StakesRule::default(),
            question: None,
            roles,
            preapproved,
            path: None,
            shortcut: None,
            setups: Vec::new(),
            scope: Scope::all(),
            foreign: None,
        };
        story.input(Input::Begin(Box::new(begin)));
        story
    }

    /// A run whose plan of two sections is at work.
    pub(super) fn planned() -> Self {
        Self::planned_with(&[])
    }

    /// The same with roles of files.
    pub(super) fn planned_with(roles: &[&str]) -> Self {
        let mut story = Self::begin_all(None, true, roles);
        story.says(Seat::Orchestrator, &[("submit_plan", json!({"plan": plan()}))]);
        story
    }

    pub(super) fn lodged<T: serde::Serialize>(&mut self, body: T) -> Lodged<T> {
        let blob = self.lodge(&serde_json::to_string(&body).unwrap());
        Lodged { body, blob }
    }

    pub(super) fn lodge(&mut self, text: &str) -> BlobRef {
        let blob = BlobRef(Digest::of(text.as_bytes()));
        self.blobs.insert(blob, text.to_owned());
        blob
    }

    pub(super) fn input(&mut self, input: Input) {
        self.at += 1_000;
        let stepped = self.run.step([Stamped { at: Millis(self.at), input }]);
        for taken in stepped.taken {
            taken.unwrap();
        }
        self.events.extend(stepped.events.into_iter().map(|(_, event)| event));
        self.run.audit().unwrap();
    }

    /// Time passes.
    pub(super) fn wait(&mut self, ms: u64) {
        self.at += ms;
        self.input(Input::Tick);
    }

    pub(super) fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    /// The requests of all who begin together are put together.
    pub(super) fn composed_all(&mut self) {
        let agents: Vec<_> = self.run.agents().iter().map(|(id, _)| id).collect();
        agents.into_iter().for_each(|agent| self.composed(agent));
    }

    /// An agent's request is put together, if that is what it waits for.
    fn composed(&mut self, agent: AgentId) {
        let compose = Effect::Compose { agent };
        if self.run.owed().any(|(_, effect)| *effect == compose) {
            self.outcome(|effect| *effect == compose, Outcome::Composed { body_bytes: 4_000 });
        }
    }

    fn outcome(&mut self, which: impl Fn(&Effect) -> bool, outcome: Outcome) {
        let owed: Vec<_> = self.run.owed().map(|(id, effect)| (id, effect.clone())).collect();
        let found = owed.iter().find(|(_, effect)| which(effect));
        let (effect, _) = found.unwrap_or_else(|| panic!("nothing of the kind is owed: {owed:?}"));
        self.input(Input::Outcome { effect: *effect, outcome });
    }

    pub(super) fn agent(&self, seat: Seat) -> AgentId {
        self.run.agents().iter().find(|(_, agent)| agent.seat == seat).map(|(id, _)| id).unwrap()
    }

    /// The agent's next reply: these calls, read as the engine reads them.
    pub(super) fn says(&mut self, seat: Seat, calls: &[(&str, Value)]) {
        self.replies(seat, calls, if calls.is_empty() { Stop::EndTurn } else { Stop::ToolUse });
    }

    pub(super) fn is_cut_off(&mut self, seat: Seat) {
        self.replies(seat, &[], Stop::MaxTokens);
    }

    fn replies(&mut self, seat: Seat, calls: &[(&str, Value)], stop: Stop) {
        self.composed(self.agent(seat));
        self.heard(seat, calls, stop, "");
    }

    /// The agent's reply, once its request is put together, and what it says beside its calls.
    pub(super) fn answers(&mut self, seat: Seat, calls: &[(&str, Value)], beside: &str) {
        self.composed(self.agent(seat));
        self.heard(seat, calls, Stop::ToolUse, beside);
    }

    /// The seat's seniority has a cap on its requests, in tokens by the bound.
    pub(super) fn tighten(&mut self, seat: Seat, tokens: u64) {
        let seniority = self.run.agents().get(self.agent(seat)).unwrap().seniority;
        self.run.cap_context(seniority, tokens);
    }

    fn heard(&mut self, seat: Seat, calls: &[(&str, Value)], stop: Stop, beside: &str) {
        let id = self.agent(seat);
        let mut asks = Vec::new();
        for (name, args) in calls {
            asks.push(parse(seat, name, args, &mut |text| self.lodge(text)));
            if let Some(Ask::Reviewer(ReviewerAsk::SubmitReview { verdicts, .. })) = asks.last_mut() {
                verdicts.iter_mut().for_each(|verdict| verdict.is_there = verdict.quote.is_some());
            }
        }
        let usage = Some(Usage { input: 4_000, output: 200, ..Usage::default() });
        let served = self.run.agents().get(id).unwrap().seniority.to_string();
        let reply = Reply { served, stop, usage, latency_ms: 10, sent: None };
        let content = self.lodge(&format!("reply {} {beside}", self.at));
        self.outcome(
            |effect| matches!(effect, Effect::Call { agent, .. } if *agent == id),
            Outcome::Replied { reply, content, asks },
        );
    }

    pub(super) fn tool(&mut self, output: &str, ok: bool) {
        let output = self.lodge(output);
        self.outcome(
            |effect| matches!(effect, Effect::Tool { .. }),
            Outcome::Done { output, ok, tree: None, whole: None, ran: None, refused: Vec::new() },
        );
    }

    /// A look at a file, where whoever sits there has tools: without any work, no result counts.
    pub(super) fn looks(&mut self, seat: Seat) {
        if self.run.agents().get(self.agent(seat)).unwrap().scope.has(Tool::Read) {
            self.says(seat, &[("read", json!({"path": "README.md"}))]);
            self.tool("A line.", true);
        }
    }

    /// An attempt's files become a commit, and pass or fail the criteria that a command can tell.
    pub(super) fn seam(&mut self, attempt: u32, passes: bool) {
        self.sealed(attempt, Vec::new());
        self.checked(Subject::Attempt(AttemptId(attempt)), passes);
    }

    pub(super) fn sealed(&mut self, attempt: u32, outside: Vec<String>) {
        let attempt = AttemptId(attempt);
        let commit = Some(CommitId(format!("commit-{attempt}")));
        let seal = Seal {
            commit,
            tree: TreeId(format!("tree-{attempt}")),
            changed: 1,
            outside,
            weakened: Vec::new(),
        };
        self.outcome(|effect| *effect == Effect::Seal { attempt }, Outcome::Sealed(seal));
    }

    pub(super) fn checked(&mut self, of: Subject, passes: bool) {
        let findings = self.findings(passes);
        let missing = if passes { Vec::new() } else { vec!["docs/design.md".to_owned()] };
        self.outcome(
            |effect| matches!(effect, Effect::Check { subject, .. } if *subject == of),
            Outcome::Checked { findings, missing, artifacts: Vec::new() },
        );
    }

    fn findings(&mut self, passes: bool) -> Vec<Finding> {
        let tree = TreeId("tree".into());
        let verdict = if passes { Verdict::Pass } else { Verdict::Fail };
        let exit = Some(if passes { 0 } else { 101 });
        let output = self.lodge(if passes { "4 passed" } else { "thread panicked at src/parser.rs:12" });
        let evidence = Evidence::Command { exit, output, tree: tree.clone(), took_ms: 1_234, runs: 1 };
        vec![
            Finding::new("plain-rows".into(), verdict, evidence),
            Finding::new("documented".into(), verdict, Evidence::Tree { tree, seen: None }),
        ]
    }

    pub(super) fn merged(&mut self, tree: &str) {
        let (commit, tree) = (CommitId(format!("merge-{tree}")), TreeId(tree.to_owned()));
        self.outcome(|effect| matches!(effect, Effect::Merge { .. }), Outcome::Merged { commit, tree });
    }

    pub(super) fn conflicted(&mut self) {
        let paths = vec!["src/parser.rs".to_owned()];
        self.outcome(|effect| matches!(effect, Effect::Merge { .. }), Outcome::Conflicted { paths });
    }

    pub(super) fn conversation(&self, seat: Seat) -> Conversation {
        conversation(&self.run, self.agent(seat)).unwrap()
    }

    /// What the agent is told in its last turn, as the engine would send it.
    pub(super) fn told(&self, seat: Seat) -> String {
        self.rendered(self.conversation(seat).turns.last().unwrap())
    }

    /// The system prompt, the tools and every turn.
    pub(super) fn whole(&self, seat: Seat) -> String {
        let conversation = self.conversation(seat);
        let mut text = format!("{}\n", conversation.system);
        for tool in &conversation.tools {
            text += &format!("\n=== tool {}: {}\n{}\n", tool.name, tool.description, tool.schema);
        }
        for (number, turn) in (1..).zip(&conversation.turns) {
            text += &format!("\n=== turn {number}\n{}", self.rendered(turn));
        }
        text
    }

    pub(super) fn rendered(&self, turn: &PromptTurn) -> String {
        let mut text = String::new();
        for piece in &turn.user {
            match piece {
                Piece::Result { index, ok, body } => {
                    let body: String = body.iter().map(|part| self.part(part)).collect();
                    assert!(!body.is_empty(), "an answer says something");
                    text += &format!("[result {index} ok={ok}]\n{body}\n[end]\n");
                }
                Piece::Part(part) => text += &self.part(part),
            }
        }
        text
    }

    fn part(&self, part: &Part) -> String {
        match part {
            Part::Text(text) => text.clone(),
            Part::Document(document) => self.document(document),
        }
    }

    fn read<T: serde::de::DeserializeOwned>(&self, blob: BlobRef) -> T {
        serde_json::from_str(&self.blobs[&blob]).unwrap()
    }

    fn document(&self, document: &Document) -> String {
        match document {
            Document::Intent(blob) => render_intent(&self.read(*blob)),
            Document::Plan(blob) => render_plan(&self.read(*blob)),
            Document::IntentInShort(blob) => render_intent_in_short(&self.read(*blob)),
            Document::PlanInShort(blob) => render_plan_in_short(&self.read(*blob)),
            Document::Section { plan, place, whole } => {
                render_section(&self.read(*whole), &self.read(*plan), *place)
            }
            Document::SectionInFull { plan, place, bytes } => {
                render_section_in_full(&self.read(*plan), *place, *bytes)
            }
            Document::Contract { contract, readers: Readers::Worker(tools), .. } => {
                let files = [("src/interface.rs".to_owned(), "pub struct Table;\n".to_owned())];
                render_contract(&self.read(*contract), *tools, &files, &[])
            }
            Document::Contract { contract, readers: Readers::Reviewer, .. } => {
                render_contract_for_review(&self.read(*contract))
            }
            Document::Held(contract) => render_held(&self.read(*contract)),
            Document::Neighbour(contract) => render_neighbour(&self.read(*contract)),
            Document::Role { prompt, name } => render_role(name, &self.blobs[prompt]),
            Document::Files { base, paths } => {
                let files = paths.iter().map(|path| (path.clone(), format!("{path} at {base}\n")));
                render_files(paths, &files.collect::<Vec<_>>())
            }
            Document::Instructions { base } => {
                let said = format!("`make test` runs all tests. (at {base})\n");
                let files = INSTRUCTIONS.map(|name| (name.to_owned(), said.clone()));
                render_instructions(&files)
            }
            Document::Guidance { contract, base, .. } => {
                let near = nearest(&self.read(*contract), |path| path == "src/AGENTS.md");
                let said = |path| (path, format!("Every parser has a fuzz target. (at {base})\n"));
                render_guidance(&near.into_iter().map(said).collect::<Vec<_>>())
            }
            Document::Anonymous { blob, names } => anonymous(&self.blobs[blob], names),
            Document::Synthesis(blob) => render_synthesis(&self.read(*blob)),
            Document::Diff { base, commit } => {
                render_diff(&format!("diff {base}..{commit}\n+fn parse() {{}}\n"))
            }
            Document::Blob(blob) => self.blobs[blob].clone(),
            Document::Omission { blob, tool } => render_omission(self.blobs[blob].len(), *tool),
            Document::Excerpt { blob, bytes, end } => excerpt(&self.blobs[blob], *bytes, *end),
        }
    }
}
