//! Second opinions with everything real but the models: what goes over the wire, and what is left behind.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use trireme_core::catalogue::Catalogue;
use trireme_core::run::event::{OpinionEnd, RunEnd, Seat};
use trireme_core::run::{Begin, Input};
use trireme_core::*;
use trireme_engine::blobs::Blobs;
use trireme_engine::bus::{
    Adapter, Adapters, Answer, Encoded, Failed, RateLimits, Request, ToolCall, dialect,
};
use trireme_engine::journal::{Inbox, Journal};
use trireme_engine::redaction::Redactor;
use trireme_engine::run_loop::{Keeper, RunLoop};
use trireme_engine::workspace::{Git, Repo};
use trireme_engine::world::{Parts, World};
use trireme_engine::{DirtyTree, Finish, Order, RunFolder};

use crate::support::{Ground, order, replayed, sh, workspace_root};

/// Keeps every request as it would go over the wire, and lets neither adviser's first call be answered before the other's
/// has left.
struct Witness {
    bodies: Mutex<Vec<(String, Vec<u8>)>>,
    together: Arc<Barrier>,
}

const MODELS: &str = r#"
[models.first-maker-large]
family = "firstline"
provider = "firsthost"
input = "1"
output = "5"
context_tokens = 200000
output_tokens = 4000
[models.second-maker-large]
family = "secondline"
provider = "secondhost"
input = "1"
output = "5"
context_tokens = 200000
output_tokens = 4000
[seniority]
principal = ["first-maker-large", "second-maker-large"]
"#;

/// Whose request it is: the lines of its card.
fn card(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    let text = body["messages"][0]["content"][0]["text"].as_str().unwrap();
    text.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

impl Adapter for Witness {
    fn wire(&self) -> Wire {
        Wire::Anthropic
    }

    fn encode(&self, request: &Request) -> Encoded {
        let body = dialect(Wire::Anthropic).encode(request);
        Encoded { model: request.model.clone(), streamed: true, body: body.into() }
    }

    fn send(&self, encoded: Encoded) -> BoxFuture<'static, Result<Answer, Failed>> {
        let card = card(&encoded.body);
        let turns = String::from_utf8_lossy(&encoded.body).matches("tool_result").count();
        self.bodies.lock().unwrap().push((card.clone(), encoded.body.to_vec()));
        let together = Arc::clone(&self.together);
        async move {
            let is_first = card.contains("adviser") && turns == 0;
            if is_first {
                // Were one answered before the other left, nobody would ever come here.
                tokio::time::timeout(Duration::from_secs(60), together.wait()).await.unwrap();
            }
            let (name, args) = said(&card, is_first);
            let id = format!("toolu_{turns}");
            let content = vec![json!({"type": "tool_use", "id": id, "name": name, "input": args})];
            let usage = Some(Usage { input: 1_000, output: 100, ..Usage::default() });
            Ok(Answer {
                reply: Reply { served: encoded.model, stop: Stop::ToolUse, usage, latency_ms: 0, sent: None },
                content,
                text: String::new(),
                calls: vec![ToolCall { id, name: name.to_owned(), args: Ok(args) }],
                limits: RateLimits::default(),
            })
        }
        .boxed()
    }
}

fn said(card: &str, is_first: bool) -> (&'static str, Value) {
    let opinion = |answer: &str| json!({"answer": answer, "confidence": "low"});
    match card {
        _ if is_first => ("read", json!({"path": "notes.md"})),
        _ if card.contains("side: 1") => {
            ("submit_opinion", opinion("ALPHA-7F3A, says First-Maker-Large of firstline at firsthost"))
        }
        _ if card.contains("side: 2") => ("submit_opinion", opinion("BETA-91CC, says second-maker-large")),
        _ => (
            "synthesize",
            json!({"agreements": [], "disagreements": ["A: x. B: y."], "choice": "x", "reason": "so"}),
        ),
    }
}

/// A run whose only work is one question, served by the witness.
async fn asked(witness: Arc<Witness>) -> (tempfile::TempDir, Finish) {
    let ground = Ground::new().await;
    let (dir, project) = (ground.dir.path().join("run"), ground.dir.path().join("project"));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::create_dir_all(&project).unwrap();
    sh(
        &project,
        "echo facts > notes.md && git init -q && git add . && git -c user.name=a -c user.email=a@b commit -qm a",
    );
    let git = Git::new(ground.engine.settings().path.clone(), ground.dir.path());
    let repo = Repo::open(&git, &project, &dir).await.unwrap();
    let base = repo.base(DirtyTree::Refuse, Millis(1)).await.unwrap();
    let blobs = Blobs::plain(&dir, &Redactor::plain());
    let text = blobs.put("By hand or generated?".to_owned()).await.unwrap();
    let intent = Intent {
        sentence: "By hand or generated?".to_owned(),
        constraints: Vec::new(),
        checks: Vec::new(),
        context: Vec::new(),
        total: Money::cents(100),
        reserve: Share::WHOLE,
        stakes: Stakes::Normal,
    };
    let catalogue = Catalogue::default().with(toml::from_str(MODELS).unwrap()).unwrap();
    let begin = Begin {
        run: RunId("counsel".to_owned()),
        intent: blobs.lodge(intent).await.unwrap(),
        base,
        catalogue: catalogue.clone(),
        plan: None,
        path: None,
        shortcut: None,
        roles: Vec::new(),
        setups: Vec::new(),
        scope: Scope::all(),
        foreign: None,
        preapproved: true,
        deadlines: Default::default(),
        stakes: StakesRule::default(),
        question: Some(LoneQuestion {
            text,
            files: vec!["notes.md".to_owned()],
            seniority: Seniority::Principal,
        }),
    };
    let mut keeper = Keeper::new(Journal::create(&dir, "test").await.unwrap(), blobs.clone());
    keeper.take(trireme_engine::clock::now(), Input::Begin(Box::new(begin))).await.unwrap().unwrap();
    let world = World::new(Parts {
        folder: RunFolder { run: RunId("counsel".to_owned()), dir: dir.clone() },
        repo,
        blobs,
        adapters: Adapters::played_by(witness),
        catalogue,
        governor: trireme_engine::bus::Governor::new(Default::default()),
        ground: Some(ground.engine.ground(ground.dir.path()).await.unwrap()),
        setups: Vec::new(),
        bounds: Default::default(),
    });
    let scribe = keeper.scribe(&dir).await.unwrap();
    let (run_loop, _ends) = RunLoop::new(keeper, world, Inbox::open(&dir).await.unwrap());
    let finish = run_loop.run(scribe).await.unwrap();
    (ground.dir, finish)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_of_either_answer_is_in_the_others_request() {
    let witness = Arc::new(Witness { bodies: Mutex::default(), together: Arc::new(Barrier::new(2)) });
    let (_dir, finish) = asked(Arc::clone(&witness)).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
    let bodies = witness.bodies.lock().unwrap();
    let of = |who: &str| -> Vec<String> {
        let theirs = bodies.iter().filter(|(card, _)| card.contains(who));
        theirs.map(|(_, body)| String::from_utf8(body.clone()).unwrap()).collect()
    };
    let (one, other, third) = (of("side: 1"), of("side: 2"), of("synthesist"));
    assert_eq!((one.len(), other.len(), third.len()), (2, 2, 1));
    assert!(one.iter().all(|body| !body.contains("BETA-91CC") && !body.contains("second-maker")));
    assert!(other.iter().all(|body| !body.contains("ALPHA-7F3A") && !body.contains("first-maker")));
    let third = third[0].to_lowercase();
    assert!(third.contains("alpha-7f3a") && third.contains("beta-91cc"));
    // The model that weighs is named as the request's own, and nowhere else.
    let words = third.split_once("\"messages\"").unwrap().1;
    for name in ["first-maker", "firstline", "firsthost", "second-maker", "secondline", "side: "] {
        assert!(!words.contains(name), "{name} is in what the Synthesist reads: {words}");
    }
}

fn scenario() -> Order {
    let scenario = workspace_root().join("crates/testkit/scenarios/counsel");
    Order { opinion: Some(Seniority::Principal), dirty: DirtyTree::Include, ..order(&scenario) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opinion_alone_costs_what_was_said_and_leaves_the_repository_as_it_was() {
    let ground = Ground::new().await;
    let project = ground.dir.path().join("own");
    std::fs::create_dir_all(&project).unwrap();
    sh(
        &project,
        "echo one > notes.md && git init -q && git add . && git -c user.name=a -c user.email=a@b commit -qm a",
    );
    sh(&project, "echo 'Postgres, not committed' > notes.md && echo new > untracked.txt");
    let look = "git status --porcelain; git for-each-ref; git rev-parse HEAD; cat notes.md; git diff --cached --name-only; git worktree list | wc -l";
    let before = sh(&project, look);
    let live = ground.engine.start(Order { project: Some(project.clone()), ..scenario() }).await.unwrap();
    let id = live.id().clone();
    assert_eq!(live.finish().await.unwrap(), Finish::Ended(RunEnd::Verified));
    replayed(&ground.engine, &id).await;
    assert_eq!(sh(&project, look), before);
    let run = ground.engine.past(&id).await.unwrap().run;
    run.audit().unwrap();
    let (_, opinion) = run.opinions().iter().next().unwrap();
    assert_eq!(
        (opinion.end, opinion.synthesis.map(|(_, yes, no)| (yes, no))),
        (Some(OpinionEnd::Synthesized), Some((1, 1)))
    );
    let spent = run.ledger().get(ledger::Ledger::RUN).unwrap().spent;
    assert_eq!(spent.to_string(), "$0.0498");
    let models: Vec<_> = run.agents().iter().map(|(_, agent)| agent.model.clone().unwrap()).collect();
    assert_eq!(models, ["scripted-oak", "scripted-elm", "scripted-ash"]);
    assert!(
        run.agents().iter().all(|(_, agent)| matches!(agent.seat, Seat::Adviser(..) | Seat::Synthesist(_)))
    );
}
