//! The filtering proxy: the only way out that a command has, to the hosts that its scope names and to nobody else.
//!
//! ```text
//! command ─► 127.0.0.1:PORT ─► relay of its warden ─► /.proxy, a socket of ours ─► here ─► the host
//!            └───────────── in the sandbox ─────────┘                             names are looked up here
//! ```
//!
//! What is absent: a way to a host that no rule names; a way to this machine or its neighbours by a name that leads there,
//! unless the Owner wrote just that; a look into what is encrypted. Whoever is allowed to reach a host that forwards to others
//! reaches those, too.

mod leads;

use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, HOST, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, UPGRADE,
};
use hyper::http::HeaderValue;
use hyper::http::uri::Authority;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri, client, server};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::JoinSet;
use trireme_core::Host;
use trireme_core::limits::{NAMED_AT_MOST, PROXY_CONNECT_MS, PROXY_CONNECTIONS};

/// Headers that are between two neighbours and no business of whoever comes after them (RFC 9110, section 7.6.1).
const BETWEEN_NEIGHBOURS: [HeaderName; 7] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
];

/// A proxy that listens. Its drop ends all of its connections.
#[derive(Debug)]
pub(crate) struct Proxy {
    socket: PathBuf,
    desk: Arc<Desk>,
    /// Takes connections.
    _porter: JoinSet<()>,
}

/// What every connection needs.
#[derive(Debug)]
struct Desk {
    hosts: Arc<[Host]>,
    /// Whom nobody was let through to.
    refused: Mutex<Vec<String>>,
}

/// Tunnels, and connections to hosts: all end with the connection that wanted them.
type Ways = Arc<Mutex<JoinSet<()>>>;

/// Why nobody is let through.
struct No(StatusCode, String);

impl Proxy {
    /// Listens on a socket of that path, whose folder is there and nobody else's.
    ///
    /// # Errors
    /// Where no socket can be made there.
    pub(crate) fn open(socket: PathBuf, hosts: Arc<[Host]>) -> io::Result<Self> {
        let listener = listen(&socket)?;
        let desk = Arc::new(Desk { hosts, refused: Mutex::default() });
        let mut porter = JoinSet::new();
        porter.spawn(take(listener, desk.clone()));
        Ok(Self { socket, desk, _porter: porter })
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whom it let nobody through to, so far.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.desk.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // What is left is removed with its folder.
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// The path of a socket has a hundred bytes, and folders of runs are deep: its folder is named by an open file.
fn listen(socket: &Path) -> io::Result<UnixListener> {
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let folder = std::fs::File::open(folder)?;
    let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
    UnixListener::bind(short)
}

async fn take(listener: UnixListener, desk: Arc<Desk>) {
    let mut open = JoinSet::new();
    loop {
        while open.len() >= PROXY_CONNECTIONS {
            open.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => drop(open.spawn(serve(stream, desk.clone()))),
            // Out of files: some are given back soon.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        while open.try_join_next().is_some() {}
    }
}

async fn serve(stream: UnixStream, desk: Arc<Desk>) {
    let ways = Ways::default();
    let service = hyper::service::service_fn(|request| {
        let (desk, ways) = (desk.clone(), ways.clone());
        async move { Ok::<_, std::convert::Infallible>(desk.answer(request, &ways).await) }
    });
    let served = server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A command that goes away in the middle is none of our troubles.
    let _ = served.with_upgrades().await;
    finish(&ways).await;
}

/// A tunnel outlives the request that asked for it.
async fn finish(ways: &Ways) {
    let mut left = std::mem::take(&mut *ways.lock().unwrap_or_else(PoisonError::into_inner));
    while left.join_next().await.is_some() {}
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>, ways: &Ways) -> Response<Body> {
        let answered = match *request.method() {
            Method::CONNECT => self.tunnel(request, ways).await,
            _ => self.forward(request, ways).await,
        };
        answered.unwrap_or_else(|No(status, why)| {
            let mut told = Response::new(Body::from(format!("trireme: {why}\n")));
            *told.status_mut() = status;
            told
        })
    }

    /// Connects, and from then on carries bytes both ways.
    async fn tunnel(&self, request: Request<Incoming>, ways: &Ways) -> Result<Response<Body>, No> {
        let (name, port) = target(request.uri(), 443)?;
        let mut there = self.reach(&name, port).await?;
        keep(ways, async move {
            if let Ok(here) = hyper::upgrade::on(request).await {
                // Either side may hang up whenever it likes.
                let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(here), &mut there).await;
            }
        });
        Ok(Response::new(Body::empty()))
    }

    /// Passes a plain request on.
    async fn forward(&self, mut request: Request<Incoming>, ways: &Ways) -> Result<Response<Body>, No> {
        if request.uri().scheme_str() != Some("http") {
            let why = "this is a proxy: it takes CONNECT, and whole addresses that begin with http://";
            return Err(No(StatusCode::BAD_REQUEST, why.to_owned()));
        }
        let (name, port) = target(request.uri(), 80)?;
        let there = self.reach(&name, port).await?;
        readdress(&mut request)?;
        let gone = |error: hyper::Error| No(StatusCode::BAD_GATEWAY, format!("{name}:{port}: {error}"));
        let (mut sender, connection) =
            client::conn::http1::handshake(TokioIo::new(there)).await.map_err(gone)?;
        keep(ways, async move { drop(connection.await) });
        let mut answer = sender.send_request(request).await.map_err(gone)?;
        strip(answer.headers_mut());
        Ok(answer.map(Body::new))
    }

    /// A connection to a host, if a rule names it.
    async fn reach(&self, name: &str, port: u16) -> Result<TcpStream, No> {
        let Some(rule) = self.hosts.iter().find(|rule| rule.allows(name, port)) else {
            let hosts: Vec<_> = self.hosts.iter().map(ToString::to_string).collect();
            let why = format!(
                "{name}:{port} is beyond the scope of this command; it reaches: {}",
                hosts.join(", ")
            );
            return Err(self.refuse(name, port, why));
        };
        let patience = Duration::from_millis(PROXY_CONNECT_MS);
        match tokio::time::timeout(patience, self.connect(rule, name, port)).await {
            Ok(connected) => connected,
            Err(_) => Err(No(StatusCode::GATEWAY_TIMEOUT, format!("{name}:{port} does not answer"))),
        }
    }

    async fn connect(&self, rule: &Host, name: &str, port: u16) -> Result<TcpStream, No> {
        let gone = |error: io::Error| No(StatusCode::BAD_GATEWAY, format!("{name}:{port}: {error}"));
        let found: Vec<_> = tokio::net::lookup_host((name, port)).await.map_err(gone)?.collect();
        let there: Vec<_> = found.into_iter().filter(|address| leads::may(rule, address.ip())).collect();
        if there.is_empty() {
            let why = format!(
                "{name} leads to this machine or its neighbours, which only a rule with that very address allows"
            );
            return Err(self.refuse(name, port, why));
        }
        TcpStream::connect(&*there).await.map_err(gone)
    }

    fn refuse(&self, name: &str, port: u16, why: String) -> No {
        let what = format!("host {name}:{port}");
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() < NAMED_AT_MOST && !refused.contains(&what) {
            refused.push(what);
        }
        No(StatusCode::FORBIDDEN, why)
    }
}

fn keep(ways: &Ways, way: impl Future<Output = ()> + Send + 'static) {
    ways.lock().unwrap_or_else(PoisonError::into_inner).spawn(way);
}

/// Whom a request is for.
fn target(uri: &Uri, port: u16) -> Result<(String, u16), No> {
    let authority = uri.authority().map(Authority::as_str).unwrap_or_default();
    let host = uri.host().filter(|_| !authority.contains('@'));
    let host = host.ok_or_else(|| No(StatusCode::BAD_REQUEST, "the request names no host".to_owned()))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_owned(), uri.port_u16().unwrap_or(port)))
}

/// Makes a request to a proxy one to the host that it is for: nobody is told another name than the one that was looked at.
fn readdress(request: &mut Request<Incoming>) -> Result<(), No> {
    let wrong = |_| No(StatusCode::BAD_REQUEST, "the request's address can't be read".to_owned());
    let authority = request.uri().authority().map(Authority::as_str).unwrap_or_default().to_owned();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    *request.uri_mut() = path.parse().map_err(|_| wrong(()))?;
    strip(request.headers_mut());
    let host = HeaderValue::from_str(&authority).map_err(|_| wrong(()))?;
    request.headers_mut().insert(HOST, host);
    Ok(())
}

/// Takes out what is between neighbours, and what the sender says is.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(|name| name.trim().to_owned()))
        .collect();
    for name in named {
        headers.remove(name.as_str());
    }
    for name in BETWEEN_NEIGHBOURS.iter().chain([&UPGRADE]) {
        headers.remove(name);
    }
}
