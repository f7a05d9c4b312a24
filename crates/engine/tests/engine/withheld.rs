//! What a contract withholds stays withheld: from every byte that its worker's model gets, and from its folder.
//!
//! The shipped csv-export example is played through a listener between engine and provider that keeps each request.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use trireme_core::Money;
use trireme_core::run::{Command, Target};
use trireme_engine::bus::providers::Environment;
use trireme_engine::scenario::{Scenario, Server};
use trireme_engine::{Engine, Order};

use crate::support::{order, settings, sh, workspace_root};

/// What the worker of this task may see: its inputs, and the file that it writes.
const TASK: &str = "Filter pass-through";
const SEEN: [&str; 3] = ["acceptance/filter_passthrough.rs", "src/filter_map.rs", "src/filter_params.rs"];
/// What it sees of a file that is withheld: the interface, and nothing else.
const INTERFACE: &str = r#"<interface path="src/columns.rs">
//! The columns of a report and their order: the one place that the table and every export take them from.

use crate::store::Row;

/// One column.
pub struct Column {
    /// Its name in code and queries.
    pub key: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// What it shows of a row, unescaped.
    pub cell: fn(&Row) -> String,
}

/// All columns, in order.
pub static COLUMNS: [Column; 6] = […];

const fn column(key: &'static str, title: &'static str, cell: fn(&Row) -> String) -> Column { … }
</interface>"#;
/// Shorter lines are no secret: every file has them.
const SECRET_CHARS: usize = 24;

/// Stands between engine and provider and keeps the body of every request.
struct Listener {
    base_url: String,
    kept: Arc<Kept>,
    _tasks: JoinSet<()>,
}

struct Kept {
    upstream: String,
    bodies: Mutex<Vec<String>>,
    came: Notify,
}

impl Listener {
    async fn before(upstream: &str) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", socket.local_addr().unwrap());
        let kept =
            Arc::new(Kept { upstream: upstream.to_owned(), bodies: Mutex::default(), came: Notify::new() });
        let router = Router::new().fallback(pass_on).with_state(Arc::clone(&kept));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(socket, router).await.unwrap() });
        Self { base_url, kept, _tasks: tasks }
    }

    /// The requests of one role's conversations, as soon as one of them holds `word`.
    async fn once(&self, card: &str, word: &str) -> Vec<String> {
        loop {
            let came = self.kept.came.notified();
            let bodies = self.bodies(card);
            if bodies.iter().any(|body| body.contains(word)) {
                return bodies;
            }
            came.await;
        }
    }

    fn bodies(&self, card: &str) -> Vec<String> {
        let bodies = self.kept.bodies.lock().unwrap();
        bodies.iter().filter(|body| body.contains(card)).cloned().collect()
    }
}

async fn pass_on(
    State(kept): State<Arc<Kept>>,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> (HeaderMap, Bytes) {
    kept.bodies.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
    kept.came.notify_waiters();
    headers.remove("host");
    let call = reqwest::Client::new().post(format!("{}{uri}", kept.upstream)).headers(headers).body(body);
    let answer = call.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    let kind =
        answer.headers().get("content-type").map(|kind| ("content-type".parse().unwrap(), kind.clone()));
    (kind.into_iter().collect(), answer.bytes().await.unwrap())
}

/// The example, copied; the worker lists its folder before it runs the test, and asks git for what it can't see.
fn example(dir: &Path) -> Arc<Scenario> {
    sh(dir, &format!("cp -r {}/examples/csv-export scenario", workspace_root().display()));
    sh(dir, "cp -r scenario/project project; rm -rf project/target");
    let script = dir.join("scenario/scenario.toml");
    let text = std::fs::read_to_string(&script).unwrap();
    let test = "args = { command = 'rustc --edition 2024 --test acceptance/filter_passthrough.rs";
    assert_eq!(text.matches(test).count(), 1);
    let listed = test.replace("'rustc", "'echo LIST; find . ! -type d | sort; echo END; rustc");
    let run = format!("[[reply.call]]\ntool = \"run\"\n{test}");
    assert_eq!(text.matches(&run).count(), 1);
    let git = |args: &str| format!("[[reply.call]]\ntool = \"git\"\nargs = {{ {args} }}\n");
    let asked: String = [
        r#"verb = "show""#,
        r#"verb = "show", path = "src/columns.rs""#,
        r#"verb = "blame", path = "src/columns.rs""#,
        r#"verb = "blame", path = "src/filter_params.rs""#,
        r#"verb = "log""#,
    ]
    .map(git)
    .concat();
    let text = text.replace(&run, &format!("{asked}{run}")).replace(test, &listed);
    let capabilities = r#"capabilities = ["read", "list", "search", "edit", "write", "run"]"#;
    assert_eq!(text.matches(capabilities).count(), 1);
    let text = text
        .replace(capabilities, r#"capabilities = ["read", "list", "search", "git", "edit", "write", "run"]"#);
    std::fs::write(&script, text).unwrap();
    Arc::new(Scenario::load(&script).unwrap())
}

/// The scenario's models, as the Owner would declare them.
fn declared(dir: &Path) -> trireme_core::catalogue::Declared {
    let text = std::fs::read_to_string(dir.join("scenario/scenario.toml")).unwrap();
    let mut table: toml::Table = text.parse().unwrap();
    table.retain(|key, _| ["models", "seniority"].contains(&key));
    let mut declared: trireme_core::catalogue::Declared = table.try_into().unwrap();
    declared.models.values_mut().for_each(|model| model.provider = Some("anthropic".to_owned()));
    declared
}

/// Lines that are in files which the worker may not see and in none that it may, as JSON has them.
fn secrets(dir: &Path) -> HashSet<String> {
    let lines = |command: &str| -> HashSet<String> {
        let long = |line: &&str| line.chars().count() >= SECRET_CHARS;
        sh(dir, command).lines().map(str::trim).filter(long).map(str::to_owned).collect()
    };
    let seen = lines(&format!("cd project && cat {} ../scenario/files/filter_map.rs", SEEN.join(" ")));
    let all = lines("cat scenario/files/* $(find project -type f)");
    let quoted = |line: &String| serde_json::to_string(line).unwrap().trim_matches('"').to_owned();
    // What the Manager itself put into a contract, such as an interface, is told.
    let told = sh(dir, "cat scenario/scenario.toml") + INTERFACE;
    all.difference(&seen).filter(|line| !told.contains(*line)).map(quoted).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_withheld_reaches_neither_model_nor_folder() {
    let ground = tempfile::tempdir().unwrap();
    let scenario = example(ground.path());
    let server = Server::start(Arc::clone(&scenario), None).await.unwrap();
    let listener = Listener::before(server.base_url()).await;
    let mut settings = settings(ground.path());
    let base = std::collections::BTreeSet::from(["ANTHROPIC_BASE_URL".to_owned()]);
    settings.environment = Environment::of(&base, |_| Some(listener.base_url.clone()));
    settings.declared = declared(ground.path());
    let engine = Engine::open(settings).await.unwrap();
    let order = Order {
        project: Some(ground.path().join("project")),
        sentence: scenario.intent.sentence.clone(),
        budget: Some(Money::cents(1_000)),
        scenario: None,
        ..order(ground.path())
    };
    let live = engine.start(order).await.unwrap();
    let card = format!("role: worker\\nsection: CSV export\\ntask: {TASK}\\n");
    let asked = listener.once(&card, "LIST\\n./");
    let asked = tokio::time::timeout(Duration::from_secs(60), asked).await.unwrap();
    live.command(Command::Kill { target: Target::Run }).await.unwrap();
    live.finish().await.unwrap();

    let list: String = SEEN.iter().map(|path| format!("./{path}\\n")).collect();
    let last = asked.last().unwrap();
    assert!(last.contains(&format!("LIST\\n{list}END\\n")), "{last}");
    for told in [
        "changed nothing there that you see",
        r#"src/columns.rs\" is not among the files"#,
        "when the run began",
    ] {
        assert!(last.contains(told), "{told:?} is not what git told: {last}");
    }
    assert!(last.contains(serde_json::to_string(INTERFACE).unwrap().trim_matches('"')), "{last}");
    let secrets = secrets(ground.path());
    assert!(secrets.len() > 200, "{}", secrets.len());
    for body in &asked {
        let told: Vec<_> = secrets.iter().filter(|secret| body.contains(*secret)).collect();
        assert!(told.is_empty(), "the worker was told {told:#?}");
    }
    let others = listener.bodies("role: manager\\n").concat();
    assert!(secrets.iter().any(|secret| others.contains(secret)), "whoever may see them is told");
}
