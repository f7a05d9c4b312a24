//! The warden's end of the way to the proxy: programs know proxies by host and port, so a port of the command's own network
//! leads to the socket that is there for it.

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::Builder;

use trireme_core::limits::PROXY_CONNECTIONS;

/// Where bubblewrap shows the proxy's socket.
pub(super) const PROXY_PATH: &str = "/.proxy";

/// By which variables programs find a proxy.
const NAMES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// What is not asked of it: servers of the command's own.
const OWN: &str = "localhost,127.0.0.1,::1";

/// Opens the port, and says by which variables it is found.
pub(super) fn open() -> io::Result<Vec<(OsString, OsString)>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = format!("http://{}", listener.local_addr()?);
    Builder::new().spawn(move || take(&listener))?;
    let found = NAMES.map(|name| (name, address.as_str()));
    let rest = [("NO_PROXY", OWN), ("no_proxy", OWN), ("NODE_USE_ENV_PROXY", "1")];
    let variables = found.into_iter().chain(rest);
    Ok(variables.map(|(name, value)| (name.into(), value.into())).collect())
}

/// Whoever comes while there are too many is sent away.
fn take(listener: &TcpListener) {
    let open = Arc::new(());
    for connection in listener.incoming().flatten() {
        if Arc::strong_count(&open) <= PROXY_CONNECTIONS {
            let one = open.clone();
            // Where no thread can be had, the connection is closed.
            let _ = Builder::new().spawn(move || {
                let _ = carry(&connection);
                drop(one);
            });
        }
    }
}

/// Carries bytes both ways until both sides are done.
fn carry(here: &TcpStream) -> io::Result<()> {
    let there = UnixStream::connect(PROXY_PATH)?;
    let (mut from, mut to) = (here.try_clone()?, there.try_clone()?);
    let out = Builder::new().spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        to.shutdown(Shutdown::Write)
    })?;
    let (mut from, mut to) = (&there, here);
    let _ = io::copy(&mut from, &mut to);
    let _ = here.shutdown(Shutdown::Write);
    let _ = out.join();
    Ok(())
}
