//! The line between the engine and a warden, both ways: what the engine wishes goes in; connections to the command's own
//! servers come out, and the other end of the stdin and stdout of a command that is talked to.
//!
//! At L3 a command has a network of its own, and only who is in it can connect there: its warden. A connection belongs to
//! the network that it was made in, whoever holds it, so the warden makes it and hands it out.

use std::io::{self, IoSlice, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as Line;
use std::process::Stdio;
use std::sync::{Arc, Weak};
use std::time::Duration;

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use tokio::io::Interest;
use tokio::net::UnixStream;
use trireme_core::limits::CONNECT_MS;

/// The engine's end. While it is open, somebody wants the command.
#[derive(Debug)]
pub(super) struct Lifeline(Arc<UnixStream>);

/// A way to the servers of a command that runs.
#[derive(Debug, Default)]
pub struct Door(Weak<UnixStream>);

/// What the engine wishes of a warden after the instruction. When the line closes, the command has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// That the command is asked to end.
    EndSoon,
    /// A connection to what listens at this port.
    Connect(u16),
}

impl Lifeline {
    /// A line, and the end of it that becomes a warden's stdin.
    pub(super) fn new() -> io::Result<(Self, Stdio)> {
        let (ours, theirs) = Line::pair()?;
        ours.set_nonblocking(true)?;
        Ok((Self(Arc::new(UnixStream::from_std(ours)?)), Stdio::from(OwnedFd::from(theirs))))
    }

    pub(super) async fn write(&self, bytes: &[u8]) -> io::Result<()> {
        write(&self.0, bytes).await
    }

    /// The other end of the stdin and stdout of a command that is talked to.
    pub(super) async fn line(&self) -> io::Result<UnixStream> {
        let line = Line::from(self.0.async_io(Interest::READABLE, || take_in(&self.0)).await?);
        line.set_nonblocking(true)?;
        UnixStream::from_std(line)
    }

    pub(super) fn door(&self) -> Door {
        Door(Arc::downgrade(&self.0))
    }
}

impl Door {
    /// A connection to what listens on 127.0.0.1 at this port, as the command sees it.
    ///
    /// # Errors
    /// Where nobody listens there, or the command is not wanted any longer.
    pub async fn connect(&mut self, port: u16) -> io::Result<tokio::net::TcpStream> {
        let line = self.0.upgrade().ok_or(io::ErrorKind::NotConnected)?;
        write(&line, &Wish::Connect(port).to_bytes()).await?;
        let connection = TcpStream::from(line.async_io(Interest::READABLE, || take_in(&line)).await?);
        connection.set_nonblocking(true)?;
        tokio::net::TcpStream::from_std(connection)
    }
}

impl Wish {
    pub(super) fn to_bytes(self) -> [u8; 3] {
        match self {
            Self::EndSoon => [b'T', 0, 0],
            Self::Connect(port) => {
                let [low, high] = port.to_le_bytes();
                [b'C', low, high]
            }
        }
    }

    /// The next wish; none where nobody has one any more.
    pub(super) fn read_from(line: &mut impl Read) -> Option<Self> {
        let mut bytes = [0; 3];
        line.read_exact(&mut bytes).ok()?;
        match bytes {
            [b'T', ..] => Some(Self::EndSoon),
            [b'C', low, high] => Some(Self::Connect(u16::from_le_bytes([low, high]))),
            [..] => None,
        }
    }
}

/// Connects to a port, and sends the connection through the line; where there is none, a word without it.
pub(super) fn connect(line: impl AsFd, port: u16) -> io::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    hand_out(line, TcpStream::connect_timeout(&address, Duration::from_millis(CONNECT_MS)).ok())
}

/// What a command that is talked to gets as its stdin and stdout; the other end goes through the line.
pub(super) fn talk(line: impl AsFd) -> io::Result<OwnedFd> {
    let (ours, theirs) = Line::pair()?;
    hand_out(line, Some(ours))?;
    Ok(theirs.into())
}

fn hand_out(line: impl AsFd, file: Option<impl AsFd>) -> io::Result<()> {
    let files: Vec<_> = file.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut enclosed = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() {
        enclosed.push(SendAncillaryMessage::ScmRights(&files));
    }
    sendmsg(line, &[IoSlice::new(b"\n")], &mut enclosed, SendFlags::empty())?;
    Ok(())
}

/// What a warden handed out.
fn take_in(line: &UnixStream) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut enclosed = RecvAncillaryBuffer::new(&mut space);
    let mut word = [0];
    let got = recvmsg(line, &mut [IoSliceMut::new(&mut word)], &mut enclosed, NOT_HANDED_ON)?;
    let file = enclosed.drain().find_map(|message| {
        let RecvAncillaryMessage::ScmRights(mut files) = message else { return None };
        files.next()
    });
    match file {
        Some(file) => Ok(file),
        None if got.bytes == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
        None => Err(io::ErrorKind::ConnectionRefused.into()),
    }
}

/// That programs which the engine starts do not have it too.
#[cfg(target_os = "linux")]
const NOT_HANDED_ON: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const NOT_HANDED_ON: RecvFlags = RecvFlags::empty();

async fn write(line: &UnixStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = line.async_io(Interest::WRITABLE, || line.try_write(bytes)).await?;
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}
