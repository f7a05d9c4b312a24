//! The gateway: the bus behind HTTP, for programs that we did not write. It gives out virtual keys with hard limits, and
//! passes their requests on byte for byte under the provider's own key.
//!
//! ```text
//! program ─ virtual key ─► server ─► request (bound) ─► books (promise, on the disk) ─► relay ─► provider
//!                             ▲                              ▲                            │
//!                             └──────── answer, byte for byte, metered as it passes ──────┘
//! ```
//!
//! Invariants: no request leaves before its promise is on the disk; no promise ends without a call that ended; what a
//! caller sends reaches the provider unchanged but for the changes listed in `request`; the provider's key reaches nobody.

mod admin;
mod bill;
mod books;
mod child;
mod keeper;
mod models;
mod problem;
mod relay;
mod request;
mod server;
mod upstream;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use trireme_core::catalogue::Catalogue;
use trireme_core::gateway::GatewayEvent;
use trireme_core::{Digest, Money};

pub use admin::KeyWish;
pub use bill::{Bill, CallLine, bills, calls};
pub use child::{Child, ChildEnd};

use crate::blobs::Blobs;
use crate::bus::Provider;
use crate::bus::governor::{Governor, Limits};
use crate::bus::http::Timeouts;
use crate::bus::providers::{self, Providers};
use crate::error::EngineError;
use crate::journal::{Inbox, Journal, JournalError};
use crate::redaction::Redactor;
use crate::settings::Settings;
use crate::vault::KeyPlace;
use admin::KeyOrder;
use books::Books;
use keeper::Keeper;
use server::Desk;
use upstream::Upstream;

/// How long another process's gateway may take to answer an order.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long no connection is taken after one that could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a gateway serves, and where.
pub struct Setup {
    /// Models with their prices, pinned while it serves.
    pub catalogue: Catalogue,
    /// Where requests go on to.
    pub providers: Vec<Provider>,
    /// The variables of the environment that hold keys, for whoever starts a program.
    pub key_variables: Vec<String>,
    /// What providers take, by their names.
    pub limits: BTreeMap<String, Limits>,
    /// How long each part of a call may take.
    pub timeouts: Timeouts,
    /// Where it listens; port 0 for any.
    pub listen: SocketAddr,
}

impl Setup {
    /// What the configuration says: every provider that has a key, and its models.
    ///
    /// # Errors
    /// Where no provider can be called, or the models of the configuration are wrong.
    pub fn of(settings: &Settings, listen: SocketAddr) -> Result<Self, EngineError> {
        let found = providers::resolve(settings);
        let usable = found.usable();
        if usable.is_empty() {
            let why = found.obstacle().unwrap_or_else(|| "no provider has a key".to_owned());
            return Err(EngineError::usage(format!("no provider can be called: {why}"))
                .hint("export ANTHROPIC_API_KEY=…, or OPENAI_API_KEY=…")
                .hint("trireme doctor   (which keys were found)"));
        }
        let catalogue = Catalogue::layered(settings.prices.as_ref(), settings.declared.clone())?;
        Ok(Self {
            catalogue,
            limits: found.limits(),
            key_variables: key_variables(&found, &settings.owner_key),
            providers: usable,
            timeouts: Timeouts::default(),
            listen,
        })
    }
}

/// The variables that hold keys: those of providers, and the Owner's own.
fn key_variables(found: &Providers, owner_key: &KeyPlace) -> Vec<String> {
    let mut names = found.key_variables();
    if let KeyPlace::Variable { name, .. } = owner_key {
        names.push(name.clone());
    }
    names
}

/// Where the books of a gateway of that name are.
#[must_use]
pub fn folder(state: &Path, name: &str) -> PathBuf {
    state.join("gateways").join(name)
}

/// Whether a text can be the name of a gateway: it is no path.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// A gateway that serves. Dropped, it serves no more; what is on its way is forfeited when it is opened again.
pub struct Gateway {
    address: SocketAddr,
    books: Books,
    keeper: JoinSet<(Keeper, Option<EngineError>)>,
    server: JoinSet<()>,
    /// Ends the connections.
    hang_up: watch::Sender<()>,
    /// Ends the writing, after that.
    stop: watch::Sender<()>,
}

impl Gateway {
    /// Opens the gateway whose books are in `dir`, and makes them where there are none.
    ///
    /// # Errors
    /// Where another process serves it, it can't listen, a provider can't be reached by its address, or the journal
    /// can't be used.
    pub async fn open(dir: &Path, setup: Setup) -> Result<Self, EngineError> {
        let Setup { catalogue, providers, limits, timeouts, listen, key_variables: _ } = setup;
        if !listen.ip().is_loopback() {
            return Err(EngineError::usage(format!(
                "{listen} can be reached from elsewhere, and keys would go over plain HTTP"
            ))
            .hint("trireme gateway --listen 127.0.0.1:4141"));
        }
        let mut upstreams = BTreeMap::new();
        for provider in providers {
            let upstream =
                Upstream::new(provider, timeouts).map_err(|error| EngineError::usage(error.to_string()))?;
            upstreams.insert(upstream.name.clone(), upstream);
        }
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            EngineError::failed(format!("the gateway can't listen on {listen}: {error}"))
                .hint("trireme gateway --listen 127.0.0.1:0   (any free port)")
        })?;
        let address = listener.local_addr().map_err(|error| EngineError::failed(error.to_string()))?;
        let mut keeper =
            Keeper::open(open_journal(dir).await.map_err(|error| in_use(dir, error))?, dir).await?;
        pin(&mut keeper, dir, &catalogue).await?;
        let books = keeper.books();
        let (hang_up, hung_up) = watch::channel(());
        let (stop, stopped) = watch::channel(());
        let desk = Desk {
            books: books.clone(),
            catalogue: Arc::new(catalogue),
            upstreams,
            governor: Governor::new(limits),
        };
        let (keeper, server) = (keep(keeper, stopped), serve(listener, desk, hung_up));
        Ok(Self { address, books, keeper, server, hang_up, stop })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes a key, and gives its secret, which is kept nowhere.
    ///
    /// # Errors
    /// Where the name is no name, or taken.
    pub fn make_key(&self, wish: KeyWish) -> Result<String, EngineError> {
        let secret = admin::secret();
        let order = KeyOrder::Make { secret: Digest::of(secret.as_bytes()), wish };
        self.books.order(order).map_err(EngineError::usage)?;
        Ok(secret)
    }

    /// What each key has spent by now.
    #[must_use]
    pub fn bills(&self) -> Vec<Bill> {
        self.books.with(bill::of)
    }

    /// Waits until it can serve no more: its journal refuses.
    pub async fn broken(&mut self) -> EngineError {
        match self.keeper.join_next().await {
            Some(Ok((_, Some(error)))) => error,
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Some(_) | None => EngineError::failed("the gateway's journal was closed"),
        }
    }

    /// Serves no more. Calls on their way are dropped and forfeited.
    ///
    /// # Errors
    /// Where the last of it can't be written.
    pub async fn close(mut self) -> Result<Vec<Bill>, EngineError> {
        let _ = self.hang_up.send(());
        self.server.join_next().await;
        let _ = self.stop.send(());
        if let Some(Ok((keeper, error))) = self.keeper.join_next().await {
            error.map_or(Ok(()), Err)?;
            keeper.close().await?;
        }
        Ok(self.bills())
    }
}

/// Makes a key of the gateway in `dir`, whichever process serves it or none, and gives its secret.
///
/// # Errors
/// As for [`Gateway::make_key`], or where the books can't be used.
pub async fn make_key(dir: &Path, wish: KeyWish) -> Result<String, EngineError> {
    let secret = admin::secret();
    order(dir, KeyOrder::Make { secret: Digest::of(secret.as_bytes()), wish }).await?;
    Ok(secret)
}

/// Changes the limit of a key.
///
/// # Errors
/// Where there is no such key, or the books can't be used.
pub async fn limit_key(dir: &Path, name: &str, limit: Money) -> Result<(), EngineError> {
    order(dir, KeyOrder::Limit { name: name.to_owned(), limit }).await
}

/// Takes a key back: from now on it is answered like a spent one.
///
/// # Errors
/// Where there is no such key, or the books can't be used.
pub async fn revoke_key(dir: &Path, name: &str) -> Result<(), EngineError> {
    order(dir, KeyOrder::Revoke { name: name.to_owned() }).await
}

async fn order(dir: &Path, order: KeyOrder) -> Result<(), EngineError> {
    match open_journal(dir).await {
        Ok(journal) => {
            let keeper = Keeper::open(journal, dir).await?;
            let done = keeper.books().order(order);
            keeper.close().await?;
            done.map_err(EngineError::usage)
        }
        Err(JournalError::Lease(_)) => post(dir, &order).await,
        Err(error) => Err(error.into()),
    }
}

/// Hands an order to the process that serves the gateway.
async fn post(dir: &Path, order: &KeyOrder) -> Result<(), EngineError> {
    let mut inbox = Inbox::open(dir).await?;
    let text = serde_json::to_string(order).map_err(|error| EngineError::failed(error.to_string()))?;
    let id = inbox.post(&text).await?;
    match inbox.wait_for(id, PATIENCE).await? {
        Some(answer) if answer == "null" => Ok(()),
        Some(answer) => Err(EngineError::usage(serde_json::from_str::<String>(&answer).unwrap_or(answer))),
        None => Err(EngineError::failed("the gateway does not answer; the order is kept for it")),
    }
}

async fn open_journal(dir: &Path) -> Result<Journal, JournalError> {
    let owner = format!("process {}", std::process::id());
    match Journal::open(dir, &owner).await {
        Err(JournalError::Missing { .. }) => Journal::create(dir, &owner).await,
        journal => journal,
    }
}

fn in_use(dir: &Path, error: JournalError) -> EngineError {
    let JournalError::Lease(lease) = &error else { return error.into() };
    EngineError::failed(format!("{}: {lease}", dir.display()))
        .hint("trireme keys   (another process serves this gateway; its keys can be used)")
}

/// Writes down with which prices the gateway opens, where they are others than before.
async fn pin(keeper: &mut Keeper, dir: &Path, catalogue: &Catalogue) -> Result<(), EngineError> {
    let text = serde_json::to_vec(catalogue).map_err(|error| EngineError::failed(error.to_string()))?;
    let blob = Blobs::plain(dir, &Redactor::plain()).put_clean(text).await?;
    if keeper.books().with(|books| books.catalogue()) != Some(blob) {
        keeper.books().note(GatewayEvent::Opened { catalogue: blob });
        keeper.write().await?;
    }
    Ok(())
}

fn keep(mut keeper: Keeper, stopped: watch::Receiver<()>) -> JoinSet<(Keeper, Option<EngineError>)> {
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let error = keeper.keep(stopped).await;
        (keeper, error)
    });
    tasks
}

/// Takes connections, each in a task that ends with this one: whoever closes the gateway closes all of them.
fn serve(listener: TcpListener, desk: Desk, mut hung_up: watch::Receiver<()>) -> JoinSet<()> {
    let router = server::router(Arc::new(desk));
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                _ = hung_up.changed() => return connections.shutdown().await,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = listener.accept() => match accepted {
                    Ok((socket, _)) => {
                        connections.spawn(converse(socket, router.clone()));
                    }
                    // No file is left for another connection; those that end give theirs back.
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
            }
        }
    });
    server
}

async fn converse(socket: TcpStream, router: Router) {
    // Without TCP_NODELAY each streamed answer waits some 40 ms for an acknowledgement.
    let _ = socket.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let conversation =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    if let Err(error) = conversation.await {
        tracing::debug!(%error, "a caller's connection broke");
    }
}
