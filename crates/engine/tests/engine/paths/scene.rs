//! Scenes: a small repository and a scenario in which everybody is diligent, with a few replies of one's own. They are
//! played by the real engine over the real wire.
//!
//! Diligent are: the Orchestrator, who submits the plan, drops what came to nothing, and reports; each Manager, who has one task done, accepts it and
//! reports; and each worker, who writes the file of its task. A task named `a` of section `One` writes `One-a.txt`; whose
//! title ends in `?` writes a wrong text at its first attempt.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use trireme_core::run::event::RunEnd;
use trireme_core::run::{Command, Run};
use trireme_core::view::View;
use trireme_core::words::*;
use trireme_engine::{Engine, Finish, Live};
use trireme_testkit::journal;

use crate::support::{Ground, order, replayed};

/// Longer than any scene takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A scene before it is played.
pub(crate) struct Scene {
    phases: Vec<Value>,
    replies: Vec<Value>,
    budget: &'static str,
    reserve: u64,
    waits: bool,
    files: Vec<(&'static str, String)>,
    sentence: String,
}

/// A scene that was played.
pub(crate) struct Played {
    pub(crate) finish: Finish,
    pub(crate) run: Run,
    /// Every event in a sentence.
    pub(crate) lines: Vec<String>,
    /// What was left out at its beginning.
    pub(crate) warnings: Vec<String>,
}

/// A section: a share, what it needs, what it delivers.
pub(crate) fn section(name: &str, pct: u64) -> Value {
    let file = format!("{name}-a.txt");
    json!({
        "name": name, "description": "d", "approach": "a", "budget_pct": pct, "seniority": "senior",
        "capabilities": ["read", "list", "search", "edit", "write", "run"], "delivers": [file],
        "definition_of_done": [{"id": "there", "text": "it is there", "check": {"kind": "file", "path": file}}],
    })
}

/// A contract: the file `{section}-{title}.txt` has to hold `right`.
pub(crate) fn task(title: &str, seniority: &str) -> Value {
    let file = format!("{{section}}-{title}.txt");
    json!({
        "title": title, "seniority": seniority, "reason": "r", "goal": "g", "constraints": [], "withheld": [],
        "context": [{"kind": "note", "title": "n", "text": "t"}], "write_set": [file],
        "acceptance": [{"id": "right", "text": "it is right", "check": {"kind": "file", "path": file, "contains": "right"}}],
    })
}

pub(crate) fn spawn(tasks: &[Value]) -> (&'static str, Value) {
    ("spawn_workers", json!({"tasks": tasks}))
}

pub(crate) fn report(status: &str) -> (&'static str, Value) {
    ("report", json!({"status": status, "conclusion": "c"}))
}

pub(crate) fn accept(task: &str) -> (&'static str, Value) {
    ("accept", json!({"task": task, "note": "n"}))
}

pub(crate) fn retry(task: &str, seniority: &str) -> (&'static str, Value) {
    ("retry", json!({"task": task, "reason": "r", "seniority": seniority}))
}

pub(crate) fn decide(grant: &str) -> (&'static str, Value) {
    ("decide_budget", json!({"request": "r0", "grant_usd": grant, "reason": "r"}))
}

pub(crate) fn ask_money(usd: &str) -> (&'static str, Value) {
    ("request_budget", json!({"usd": usd, "reason": "r"}))
}

/// The Orchestrator is told that a section came to nothing.
pub(crate) fn fell_short(name: &str) -> Value {
    json!({"role": "orchestrator", "after": format!("Section {name:?} ")})
}

pub(crate) fn replan(name: &str, sections: &[Value]) -> (&'static str, Value) {
    ("replan", json!({"section": name, "sections": sections}))
}

/// A worker's result, with the file that it wrote.
pub(crate) fn submit() -> (&'static str, Value) {
    let check = json!([{"criterion": "right", "met": true, "note": "looked"}]);
    ("submit_result", json!({"conclusion": "c", "self_check": check}))
}

pub(crate) fn write(content: &str) -> (&'static str, Value) {
    ("write", json!({"path": "{section}-{task}.txt", "content": content}))
}

impl Scene {
    /// A plan of phases, each with its sections.
    pub(crate) fn of(phases: &[&[Value]]) -> Self {
        let phases = phases.iter().enumerate();
        let phases =
            phases.map(|(number, sections)| json!({"name": format!("phase {number}"), "sections": sections}));
        let (phases, replies, files) = (phases.collect(), Vec::new(), Vec::new());
        let (budget, sentence) = ("10", "s".to_owned());
        Self { phases, replies, budget, reserve: 10, waits: false, files, sentence }.diligent()
    }

    /// One phase with one section named `One`.
    pub(crate) fn one() -> Self {
        Self::of(&[&[section("One", 100)]])
    }

    pub(crate) fn budget(mut self, usd: &'static str, reserve: u64) -> Self {
        (self.budget, self.reserve) = (usd, reserve);
        self
    }

    /// A file more in the repository.
    pub(crate) fn file(mut self, path: &'static str, text: &str) -> Self {
        self.files.push((path, text.to_owned()));
        self
    }

    /// What the Owner wants.
    pub(crate) fn sentence(mut self, sentence: &str) -> Self {
        self.sentence = sentence.to_owned();
        self
    }

    /// A call that looks like that fails.
    pub(crate) fn fails(mut self, when: Value, fault: Value) -> Self {
        self.replies.retain(|reply| reply["when"] != when);
        self.replies.push(json!({"when": when, "fault": fault}));
        self
    }

    /// The plan waits for the Owner.
    pub(crate) fn waits(mut self) -> Self {
        self.waits = true;
        self
    }

    /// What is said when a request looks like that; in place of what was said before in the very same case.
    pub(crate) fn says(mut self, when: Value, calls: &[(&str, Value)]) -> Self {
        let calls: Vec<_> = calls.iter().map(|(tool, args)| json!({"tool": tool, "args": args})).collect();
        self.replies.retain(|reply| reply["when"] != when);
        self.replies
            .push(json!({"when": when, "usage": {"input": 500, "output": 100}, "text": "so", "call": calls}));
        self
    }

    /// What is said in one case is said in another one too.
    pub(crate) fn again(mut self, case: Value, other: Value) -> Self {
        let mut reply = self.replies.iter().find(|reply| reply["when"] == case).unwrap().clone();
        reply["when"] = other;
        self.replies.push(reply);
        self
    }

    /// The plan that its Orchestrator submits.
    pub(crate) fn plan(&self) -> Value {
        json!({
            "goal": "g", "constraints": ["Nothing else changes."], "approach": "a", "phases": self.phases,
            "definition_of_done": [{"id": "whole", "text": "it is there", "check": {"kind": "file", "path": "a.txt"}}],
        })
    }

    fn diligent(self) -> Self {
        let plan = self.plan();
        let sections = self.phases.iter().flat_map(|phase| phase["sections"].as_array().unwrap());
        let names: Vec<_> = sections.map(|section| section["name"].as_str().unwrap().to_owned()).collect();
        let scene = names.iter().fold(self, |scene, name| scene.says(fell_short(name), &[replan(name, &[])]));
        scene
            .says(json!({"role": "orchestrator", "turn": 1}), &[("submit_plan", json!({"plan": plan}))])
            .says(
                json!({"role": "orchestrator", "after": "Write the Owner your last word"}),
                &[("report", json!({"conclusion": "c"}))],
            )
            .says(json!({"role": "manager", "turn": 1}), &[spawn(&[task("a", "junior")])])
            .says(json!({"role": "manager", "turn": 2}), &[accept("a")])
            .says(json!({"role": "manager", "turn": 3}), &[report("done")])
            .says(json!({"role": "worker", "turn": 1}), &[write("right")])
            .says(json!({"role": "worker", "task": "*[?]", "attempt": 1, "turn": 1}), &[write("wrong")])
            .says(json!({"role": "worker", "turn": 2}), &[submit()])
    }

    fn text(&self) -> String {
        let model = |family: &str, input: &str, output: &str| json!({"family": family, "input": input, "output": output, "context_tokens": 200_000, "output_tokens": 2_000});
        let scenario = json!({
            "name": "scene", "project": "project",
            "intent": {"sentence": self.sentence, "budget_usd": self.budget, "reserve_pct": self.reserve},
            "models": {"top": model("alpha", "2", "10"), "hand": model("beta", "0.5", "2")},
            "seniority": {
                "principal": ["top"], "staff": ["top"], "senior": ["top"], "mid": ["hand"], "junior": ["hand"],
                "intern": ["hand"],
            },
            "reply": self.replies,
        });
        toml::to_string(&scenario).unwrap()
    }

    /// Plays it to its end.
    pub(crate) async fn play(self) -> Played {
        self.play_with(Vec::new()).await
    }

    /// Plays it with an Owner who commands one thing after the other, each once the run looks like that.
    pub(crate) async fn play_with(self, owner: Vec<(Look, Command)>) -> Played {
        self.play_on(&Ground::new().await, owner).await
    }

    /// The same where the caller looks at what was left there.
    pub(crate) async fn play_on(self, ground: &Ground, owner: Vec<(Look, Command)>) -> Played {
        let folder = ground.dir.path().join("scenario");
        lay_out(&folder, &self.text());
        for (path, text) in &self.files {
            let path = folder.join("project").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut order = order(&folder);
        order.preapproved = !self.waits;
        let live = ground.engine.start(order).await.unwrap();
        let (id, warnings) = (live.id().clone(), live.warnings().to_vec());
        let owner = commands(&ground.engine, &live, owner);
        let play = async { tokio::join!(live.finish(), owner).0 };
        let finish = tokio::time::timeout(PATIENCE, play).await;
        let finish = finish.unwrap_or_else(|_| panic!("it stands still"));
        Played { warnings, ..Played::of(ground, &id, finish.unwrap()).await }
    }
}

/// How a run looks when the Owner acts.
pub(crate) type Look = fn(&View) -> bool;

/// The Owner's part, which does not borrow what `finish` takes.
fn commands<'a>(
    engine: &'a Engine,
    live: &Live,
    owner: Vec<(Look, Command)>,
) -> impl Future<Output = ()> + use<'a> {
    let (id, mut views, orders) = (live.id().clone(), live.views(), live.orders());
    async move {
        for (look, command) in owner {
            while !look(&views.borrow_and_update()) {
                if views.changed().await.is_err() {
                    return;
                }
            }
            orders.command(lodged(engine, &id, command).await).await.unwrap();
        }
    }
}

/// A command whose text is there to be read: `the Owner's words`.
async fn lodged(engine: &Engine, id: &RunId, command: Command) -> Command {
    let text = engine.put_text(id, "the Owner's words").await.unwrap();
    match command {
        Command::Answer { question, .. } => Command::Answer { question, text },
        Command::Memo { to, .. } => Command::Memo { to, content: text },
        other => other,
    }
}

impl Played {
    async fn of(ground: &Ground, id: &RunId, finish: Finish) -> Self {
        let mut past = ground.engine.past(id).await.unwrap();
        past.run.audit().unwrap();
        replayed(&ground.engine, id).await;
        let events = past.events(1, usize::MAX >> 1).await.unwrap();
        let journal: Vec<_> = events.into_iter().map(|(_, at, event)| (at, event)).collect();
        let lines = journal::details(&journal);
        let run = past.run.clone();
        Self { finish, run, lines, warnings: Vec::new() }
    }

    pub(crate) fn ended(&self, end: RunEnd) {
        assert_eq!(self.finish, Finish::Ended(end), "{:#?}", self.lines);
        assert_eq!(self.run.ledger().reservations().count(), 0);
    }

    /// Each of these words is in a sentence, in this order.
    pub(crate) fn tells(&self, words: &[&str]) {
        let mut left = self.lines.iter();
        for one in words {
            assert!(left.any(|line| line.contains(one)), "{one:?} is not in its place in {:#?}", self.lines);
        }
    }

    pub(crate) fn never_tells(&self, words: &str) {
        let line = self.lines.iter().find(|line| line.contains(words));
        assert!(line.is_none(), "{line:?}");
    }
}

fn lay_out(folder: &Path, scenario: &str) {
    std::fs::create_dir_all(folder.join("project")).unwrap();
    std::fs::write(folder.join("project/a.txt"), "a\n").unwrap();
    std::fs::write(folder.join("scenario.toml"), scenario).unwrap();
}
