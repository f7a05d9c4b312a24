//! A small whole run for tests of what is drawn from it: two sections, three tasks, a retry, a review. It is played
//! through `step`, so its events are those of a real run; only what the models say is made up.

use crate::catalogue::Catalogue;
use crate::run::ask::{
    Ask, Judged, ManagerAsk, MemoAsk, OrchestratorAsk, ResultClaim, ReviewerAsk, WorkerAsk,
};
use crate::run::event::{Event, PlanOutline, RunEvent, Seat};
use crate::run::input::Seal;
use crate::run::{Begin, Command, Effect, Input, Outcome, Run, Stamped, Subject};
use crate::words::*;

pub(crate) type Told = Vec<(Millis, Event)>;

/// What the parser's worker concludes.
pub(crate) const RISKY: &str = "It works.\n\nOpen risks:\n- A field of a gigabyte is kept in memory.";

const BEGAN: u64 = 1_795_176_000_000;

/// A few models at prices that no provider changes.
pub(crate) fn catalogue() -> Catalogue {
    Catalogue::default().with(toml::from_str(include_str!("fixture/models.toml")).unwrap()).unwrap()
}

/// A run of ten dollars, played to its end.
pub(crate) fn whole() -> (Run, Told) {
    play(usize::MAX)
}

/// The same run before the answer to the effect with that number.
pub(crate) fn play(answers: usize) -> (Run, Told) {
    let mut world = World::begun();
    for _ in 0..answers {
        let Some((id, effect)) = world.run.owed().next().map(|(id, effect)| (id, effect.clone())) else {
            if world.run.end().is_some() {
                break;
            }
            world.take(Input::Command(Command::Approve { plan: None }));
            continue;
        };
        let outcome = world.answer(&effect);
        world.take(Input::Outcome { effect: id, outcome });
    }
    (world.run, world.told)
}

/// The shape of the run's plan.
pub(crate) fn outline() -> PlanOutline {
    let (_, told) = play(20);
    told.iter()
        .find_map(|(_, event)| match event {
            Event::Run(RunEvent::PlanProposed { outline, .. }) => Some(outline.clone()),
            Event::Run(_)
            | Event::Money(_)
            | Event::Agent(_)
            | Event::Task(_)
            | Event::Branch(_)
            | Event::Opinion(_) => None,
        })
        .unwrap()
}

/// The plan's document.
pub(crate) fn plan() -> Plan {
    toml::from_str(PLAN).unwrap()
}

/// An address for a text.
pub(crate) fn blob(text: &str) -> BlobRef {
    BlobRef(Digest::of(text.as_bytes()))
}

struct World {
    run: Run,
    told: Told,
    at: Millis,
    commits: u32,
}

impl World {
    fn begun() -> Self {
        let mut world = Self { run: Run::default(), told: Vec::new(), at: Millis(BEGAN), commits: 0 };
        let intent = Intent {
            sentence: "Convert CSV to JSON.".to_owned(),
            constraints: Vec::new(),
            context: Vec::new(),
            checks: Vec::new(),
            total: Money::cents(1_000),
            reserve: Share::basis_points(1_000).unwrap(),
            stakes: Stakes::Normal,
        };
        world.take(Input::Begin(Box::new(Begin {
            run: RunId("amber-heron".to_owned()),
            intent: Lodged { body: intent, blob: blob("intent") },
            base: CommitId("base".to_owned()),
            catalogue: catalogue(),
            plan: None,
            preapproved: false,
            deadlines: crate::run::Deadlines::default(),
            stakes: StakesRule::default(),
            question: None,
            roles: Vec::new(),
            path: None,
            shortcut: None,
            setups: Vec::new(),
            scope: Scope::all(),
            foreign: None,
        })));
        world
    }

    fn take(&mut self, input: Input) {
        self.at = self.at.plus(1_000);
        let stepped = self.run.step([Stamped { at: self.at, input }]);
        assert_eq!(stepped.taken, [Ok(())]);
        self.told.extend(stepped.events);
        self.run.audit().unwrap();
    }

    fn commit(&mut self) -> (CommitId, TreeId) {
        self.commits += 1;
        (CommitId(format!("commit{}", self.commits)), TreeId(format!("tree{}", self.commits)))
    }

    fn answer(&mut self, effect: &Effect) -> Outcome {
        match effect {
            Effect::Compose { .. } => Outcome::Composed { body_bytes: 20_000 },
            Effect::Call { agent, model, .. } => self.reply(*agent, model),
            Effect::Tool { .. } => Outcome::Done {
                output: blob("output"),
                ok: true,
                tree: None,
                whole: None,
                ran: None,
                refused: Vec::new(),
            },
            Effect::Seal { .. } => {
                let (commit, tree) = self.commit();
                Outcome::Sealed(Seal {
                    commit: Some(commit),
                    tree,
                    changed: 2,
                    outside: Vec::new(),
                    weakened: Vec::new(),
                })
            }
            Effect::Check { subject, .. } => self.check(*subject),
            Effect::Merge { .. } => {
                let (commit, tree) = self.commit();
                Outcome::Merged { commit, tree }
            }
            Effect::SetUp { .. } => Outcome::SetUp(SetUpResult { output: None, took_ms: 0, fault: None }),
            Effect::Publish { .. } => Outcome::Published,
        }
    }

    /// The first attempt at the parser fails its criterion; everything else holds.
    fn check(&self, subject: Subject) -> Outcome {
        let failing = matches!(subject, Subject::Attempt(AttemptId(0)));
        let criteria = match subject {
            Subject::Attempt(attempt) | Subject::Task(attempt) => {
                let task = self.run.attempts().get(attempt).unwrap().task;
                self.run.tasks().get(task).unwrap().outline.executable.clone()
            }
            Subject::Section(section) | Subject::Phase(section) => {
                self.run.sections().get(section).unwrap().outline.criteria.clone()
            }
            Subject::Needs(_) => Vec::new(),
            Subject::Run => vec!["end-to-end".to_owned()],
        };
        let evidence = Evidence::Command {
            exit: Some(i32::from(failing)),
            output: blob("check output"),
            tree: TreeId("tree".to_owned()),
            took_ms: 1_200,
            runs: 1,
        };
        let verdict = if failing { Verdict::Fail } else { Verdict::Pass };
        let finding = |criterion| Finding::new(criterion, verdict, evidence.clone());
        let left = Artifact { path: "src/parser.rs".to_owned(), hash: Some(Digest::of(b"fn parse() {}")) };
        Outcome::Checked {
            findings: criteria.into_iter().map(finding).collect(),
            missing: Vec::new(),
            artifacts: if subject == Subject::Section(SectionId(0)) { vec![left] } else { Vec::new() },
        }
    }

    fn reply(&self, agent: AgentId, model: &str) -> Outcome {
        let state = self.run.agents().get(agent).unwrap();
        let turn = state.turns.len();
        let asks = match state.seat {
            Seat::Orchestrator | Seat::Triage => orchestrator(turn),
            Seat::Manager(SectionId(0)) => core(turn),
            Seat::Manager(_) => face(turn),
            Seat::Worker(attempt) => self.worker(attempt, turn),
            Seat::Adviser(..) | Seat::Synthesist(_) => Vec::new(),
            Seat::Reviewer(_) => vec![Ask::Reviewer(ReviewerAsk::SubmitReview {
                verdicts: vec![Judged {
                    criterion: "sound".to_owned(),
                    holds: true,
                    text: blob("sound"),
                    quote: None,
                    is_there: true,
                }],
                conclusion: blob("The parser is sound."),
            })],
        };
        let usage = Usage { input: 4_000, output: 400, cache_read: 1_000, ..Usage::default() };
        // Half of what a worker is sent is the repository.
        let repo_bytes = if matches!(state.seat, Seat::Worker(_)) { 10_000 } else { 0 };
        let reply = Reply {
            served: model.to_owned(),
            stop: Stop::ToolUse,
            usage: Some(usage),
            latency_ms: 850,
            sent: Some(Sent { body_bytes: 20_000, repo_bytes }),
        };
        Outcome::Replied { reply, content: blob(&format!("reply {agent} {turn}")), asks }
    }

    fn worker(&self, attempt: AttemptId, turn: usize) -> Vec<Ask> {
        if turn == 1 {
            return vec![Ask::Tool(Tool::Read)];
        }
        let task = self.run.attempts().get(attempt).unwrap().task;
        let outline = &self.run.tasks().get(task).unwrap().outline;
        let self_check = outline.executable.iter().chain(&outline.rubrics).map(|id| (id.clone(), Some(true)));
        let is_parser = outline.title == "Parser";
        vec![Ask::Worker(WorkerAsk::SubmitResult(ResultClaim {
            conclusion: blob(if is_parser { RISKY } else { "It works." }),
            self_check: self_check.collect(),
            notes: if is_parser { vec![("tests".to_owned(), blob("All nine pass."))] } else { Vec::new() },
            tests_added: if is_parser { vec!["tests/parser.rs".to_owned()] } else { Vec::new() },
            risks: u32::from(is_parser),
            open_risks: None,
            files: None,
        }))]
    }
}

fn orchestrator(turn: usize) -> Vec<Ask> {
    vec![match turn {
        1 => Ask::Tool(Tool::List),
        2 => {
            Ask::Orchestrator(OrchestratorAsk::SubmitPlan(Lodged { body: plan(), blob: blob("plan") }.into()))
        }
        _ => Ask::Orchestrator(OrchestratorAsk::Conclude { conclusion: blob("All of it works.") }),
    }]
}

/// The second memo comes when nobody is left to read it.
fn core(turn: usize) -> Vec<Ask> {
    let accept = |task: &str| ManagerAsk::Accept { task: task.to_owned(), note: blob("note") };
    let memo = |topic: &str| {
        ManagerAsk::SendMemo(MemoAsk {
            to: "ALL".to_owned(),
            priority: Priority::Fyi,
            topic: topic.to_owned(),
            content: blob("memo"),
            task: None,
        })
    };
    let spawn = ManagerAsk::SpawnWorkers(vec![contract("Parser", "build", "src/parser.rs").into()]);
    if turn == 1 {
        return [memo("the parser comes first"), spawn].map(Ask::Manager).into();
    }
    vec![Ask::Manager(match turn {
        2 => ManagerAsk::Retry {
            task: "Parser".to_owned(),
            reason: blob("Quotes are not read."),
            seniority: Some(Seniority::Senior),
        },
        3 => {
            let mut review = contract("Review of the parser", "review", "");
            review.body.seniority = Some(Seniority::Senior);
            ManagerAsk::Review(Box::new(review))
        }
        4 => memo("the parser is there"),
        5 => accept("Parser"),
        _ => ManagerAsk::Report { done: true, conclusion: blob("The converter works.") },
    })]
}

fn face(turn: usize) -> Vec<Ask> {
    vec![Ask::Manager(match turn {
        1 => ManagerAsk::SpawnWorkers(vec![contract("Command line", "build", "src/cli.rs").into()]),
        2 => ManagerAsk::Accept { task: "Command line".to_owned(), note: blob("note") },
        _ => ManagerAsk::Report { done: true, conclusion: blob("The command line works.") },
    })]
}

fn contract(title: &str, kind: &str, write_set: &str) -> Lodged<Contract> {
    let check = match kind {
        "build" => {
            r#"{ id = "tests", text = "Tests pass.", check = { kind = "command", run = "make check" } }"#
        }
        _ => r#"{ id = "sound", text = "It is sound.", check = { kind = "rubric" } }"#,
    };
    let (set, reviews) = match kind {
        "build" => (format!("{write_set:?}"), ""),
        _ => (String::new(), "reviews = [\"Parser\"]"),
    };
    let text = format!(
        r#"title = "{title}"
kind = "{kind}"
seniority = "mid"
reason = "A standard feature."
goal = "It works."
context = [{{ kind = "note", title = "Interface", text = "fn parse(text: &str) -> Table" }}]
constraints = ["Only the standard library."]
acceptance = [{check}]
write_set = [{set}]
withheld = [{{ paths = "**", why = "It is not needed." }}]
{reviews}"#
    );
    Lodged { body: toml::from_str(&text).unwrap(), blob: blob(&text) }
}

const PLAN: &str = r#"
goal = "CSV becomes JSON."
constraints = ["Only the standard library."]
approach = "A core and a command line."
definition_of_done = [{ id = "end-to-end", text = "The sample converts.", check = { kind = "command", run = "make check" } }]
decisions = [{ question = "Which CSV?", resolution = "RFC 4180.", reason = "It is what spreadsheets write." }]
[[phases]]
name = "Build"
[[phases.sections]]
name = "Core converter"
description = "Parser and validator."
approach = "Parser first."
budget_pct = 60
capabilities = ["read", "list", "search", "edit", "write", "run"]
seniority = "senior"
definition_of_done = [{ id = "converter", text = "Unit tests pass.", check = { kind = "command", run = "make check" } }]
[[phases.sections]]
name = "Command line"
description = "Arguments and files."
approach = "Against the trait."
budget_pct = 40
capabilities = ["read", "list", "search", "edit", "write", "run"]
seniority = "senior"
definition_of_done = [{ id = "cli", text = "Its tests pass.", check = { kind = "command", run = "make check" } }]
"#;
