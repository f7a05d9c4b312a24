//! A listener between engine and provider, which keeps every request as it came over the wire.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use trireme_core::{Money, RunId};
use trireme_engine::bus::providers::Environment;
use trireme_engine::scenario::{Scenario, Server};
use trireme_engine::{Engine, Finish, Order};

use crate::support::{order, replayed, settings};

/// Stands between engine and provider and keeps the body of every request.
pub(crate) struct Listener {
    base_url: String,
    kept: Arc<Kept>,
    _tasks: JoinSet<()>,
}

struct Kept {
    upstream: String,
    bodies: Mutex<Vec<String>>,
}

impl Listener {
    async fn before(upstream: &str) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", socket.local_addr().unwrap());
        let kept = Arc::new(Kept { upstream: upstream.to_owned(), bodies: Mutex::default() });
        let router = Router::new().fallback(pass_on).with_state(Arc::clone(&kept));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(socket, router).await.unwrap() });
        Self { base_url, kept, _tasks: tasks }
    }

    /// The requests that hold a text, in the order in which they came.
    pub(crate) fn bodies(&self, text: &str) -> Vec<String> {
        let bodies = self.kept.bodies.lock().unwrap();
        bodies.iter().filter(|body| body.contains(text)).cloned().collect()
    }
}

async fn pass_on(
    State(kept): State<Arc<Kept>>,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, Bytes) {
    kept.bodies.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
    headers.remove("host");
    let call = reqwest::Client::new().post(format!("{}{uri}", kept.upstream)).headers(headers).body(body);
    let answer = call.send().await.unwrap();
    let kind =
        answer.headers().get("content-type").map(|kind| ("content-type".parse().unwrap(), kind.clone()));
    (answer.status(), kind.into_iter().collect(), answer.bytes().await.unwrap())
}

/// A run that has come to its end, and whoever listened to it.
pub(crate) struct Heard {
    pub(crate) engine: Engine,
    pub(crate) run: RunId,
    pub(crate) finish: Finish,
    pub(crate) listener: Listener,
}

/// Plays `scenario/scenario.toml` of a folder on the files of `project` beside it, as a run with a provider of its own.
pub(crate) async fn play(dir: &Path) -> Heard {
    let scenario = Arc::new(Scenario::load(&dir.join("scenario/scenario.toml")).unwrap());
    let server = Server::start(Arc::clone(&scenario), None).await.unwrap();
    let listener = Listener::before(server.base_url()).await;
    let mut settings = settings(dir);
    let base = BTreeSet::from(["ANTHROPIC_BASE_URL".to_owned()]);
    settings.environment = Environment::of(&base, |_| Some(listener.base_url.clone()));
    settings.declared = declared(dir);
    let engine = Engine::open(settings).await.unwrap();
    let order = Order {
        project: Some(dir.join("project")),
        sentence: scenario.intent.sentence.clone(),
        budget: Some(Money::cents(1_000)),
        scenario: None,
        ..order(dir)
    };
    let live = engine.start(order).await.unwrap();
    let run = live.id().clone();
    let finish = live.finish().await.unwrap();
    replayed(&engine, &run).await;
    Heard { engine, run, finish, listener }
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
