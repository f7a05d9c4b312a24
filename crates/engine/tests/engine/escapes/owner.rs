//! The Owner, as attempts find it: a folder with everything in it that is none of their business, a process, and servers.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::libc;

/// What must not be seen.
pub(super) const SECRET: &str = "the-secret-is-hunter2";

/// Has the secret, holds a file open, and stands still until its input ends. Whoever the system lets trace others may do so.
const STANDS: &str = r#"
import ctypes, os, sys
libc = ctypes.CDLL(None)
libc.prctl(0x59616d61, ctypes.c_ulong(-1), 0, 0, 0)
os.dup2(os.open("held", os.O_RDWR | os.O_CREAT), 9)
me = os.getpid()
open("/dev/shm/trireme-%d" % me, "w").write(os.environ["SECRET"])
libc.shmat.restype = ctypes.c_void_p
shared = libc.shmget(me, 4096, 0o1600)
ctypes.memmove(libc.shmat(shared, None, 0), os.environ["SECRET"].encode(), len(os.environ["SECRET"]) + 1)
print(id(libc), flush=True)
sys.stdin.read()
libc.shmctl(shared, 0, None)
"#;

/// A folder and a process of the Owner's.
pub(super) struct Owner {
    pub(super) above: tempfile::TempDir,
    /// Only where somebody asks for it.
    process: Option<Stander>,
    tcp: [TcpListener; 2],
    udp: UdpSocket,
    paths: [UnixListener; 2],
    abstract_name: String,
}

/// A process that stands still.
struct Stander {
    process: Child,
    /// Where in it something can be read.
    at: String,
}

impl Owner {
    /// What a script asks for is there.
    pub(super) fn new(script: &str) -> Self {
        let above = tempfile::tempdir().unwrap();
        let out = above.path().join("outside");
        lay_out(&out);
        if script.contains("$OUT/owner") || script.contains("outside/owner") {
            commit(&out.join("owner"));
        }
        for name in ["work", "home", "tmp"] {
            std::fs::create_dir(above.path().join(name)).unwrap();
        }
        std::fs::write(above.path().join("work/stays"), STAYS).unwrap();
        let wants_process = ["$PID", "$AT", "\"PID\"", "\\\"PID"].iter().any(|name| script.contains(name));
        let process = wants_process.then(|| stand(&out));
        let tcp = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = tcp.local_addr().unwrap().port();
        let tcp = [tcp, TcpListener::bind(("::1", port)).unwrap()];
        let udp = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let abstract_name = above.path().file_name().unwrap().to_string_lossy().into_owned();
        let address = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        let paths =
            [UnixListener::bind(out.join("sock")).unwrap(), UnixListener::bind_addr(&address).unwrap()];
        tcp.iter().for_each(|server| server.set_nonblocking(true).unwrap());
        paths.iter().for_each(|server| server.set_nonblocking(true).unwrap());
        udp.set_nonblocking(true).unwrap();
        Self { above, process, tcp, udp, paths, abstract_name }
    }

    pub(super) fn out(&self) -> PathBuf {
        self.above.path().join("outside")
    }

    /// What an attempt is told of it.
    pub(super) fn told(&self) -> Vec<(String, String)> {
        let session = nix::unistd::getsid(None).unwrap().to_string();
        let own = [
            ("OUT", self.out().display().to_string()),
            ("PID", self.process.as_ref().map_or(0, |stander| stander.process.id()).to_string()),
            ("AT", self.process.as_ref().map_or(String::new(), |stander| stander.at.clone())),
            ("SESSION", session),
            ("SETUID", crate::support::variable(super::SETUID).unwrap_or_default()),
            ("PORT", self.tcp[0].local_addr().unwrap().port().to_string()),
            ("UDP", self.udp.local_addr().unwrap().port().to_string()),
            ("ABSTRACT", self.abstract_name.clone()),
            ("SYS", SYS.to_owned()),
            ("NET", NET.to_owned()),
        ];
        let numbers = NUMBERS.iter().map(|(name, number)| (format!("NR_{name}"), number.to_string()));
        own.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(numbers).collect()
    }

    /// Whether a server has heard something.
    pub(super) fn heard(&self) -> bool {
        let tcp = self.tcp.iter().any(|server| server.accept().is_ok());
        let paths = self.paths.iter().any(|server| server.accept().is_ok());
        tcp || paths || self.udp.recv(&mut [0; 512]).is_ok()
    }

    /// Whether its process is gone.
    pub(super) fn is_killed(&mut self) -> bool {
        self.process.as_mut().is_some_and(|stander| stander.process.try_wait().unwrap().is_some())
    }

    /// Everything that is in the Owner's folder, with what can be changed about it.
    pub(super) fn state(&self) -> Vec<String> {
        let mut state = Vec::new();
        describe(&self.out(), &mut state);
        state
    }
}

impl Drop for Stander {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
        // Where it was killed, it could not.
        let id = self.process.id();
        let _ = std::fs::remove_file(format!("/dev/shm/trireme-{id}"));
        let _ = shell(Path::new("/"), &format!("ipcrm -M {id}"));
    }
}

/// What outlives a command: waits for a word of us, and answers.
const STAYS: &str = "while [ ! -e go ]; do sleep 0.02; done; echo x > alive; exec sleep 1000\n";

/// For attempts: calls to the kernel by their numbers.
const SYS: &str = r"
import ctypes, os
OUT, libc = os.environ['OUT'], ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    done = libc.syscall(number, *[ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args])
    print('ESCAPED' if done >= 0 else os.strerror(ctypes.get_errno()), flush=True)
    if done == 0 and os.getpid() != me: os._exit(0)
me = os.getpid()
";

/// For attempts: talk with a server.
const NET: &str = r"
import os, socket
OUT = os.environ['OUT']
def tcp(host, port, words=b'x'): socket.create_connection((host, port), timeout=10).sendall(words)
def udp(host, port, words): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(words, (host, port))
def unix(path): socket.socket(socket.AF_UNIX).connect(path)
";

const NUMBERS: [(&str, libc::c_long); 17] = [
    ("renameat2", libc::SYS_renameat2),
    ("ptrace", libc::SYS_ptrace),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    ("clone", libc::SYS_clone),
    ("clone3", libc::SYS_clone3),
    ("fsopen", libc::SYS_fsopen),
    ("open_tree", libc::SYS_open_tree),
    ("name_to_handle_at", libc::SYS_name_to_handle_at),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("add_key", libc::SYS_add_key),
    ("bpf", libc::SYS_bpf),
    ("userfaultfd", libc::SYS_userfaultfd),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("keyctl", libc::SYS_keyctl),
    ("unshare", libc::SYS_unshare),
];

fn lay_out(out: &Path) {
    let tool = format!("#!/bin/sh\necho {SECRET}\n");
    for (name, text) in [
        ("secret", SECRET),
        ("victim", "as it was\n"),
        ("journal.db", SECRET),
        ("home/.ssh/id_ed25519", SECRET),
        ("home/.gitconfig", "[user]\n"),
        ("sibling/code", SECRET),
        ("sibling.home/.netrc", SECRET),
        ("sibling.home/.profile", ""),
        ("owner/code", SECRET),
        ("tool", &tool),
    ] {
        let path = out.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    assert!(shell(out, &format!("chmod +x tool; mkdir -p empty dir/{SECRET}")).success());
}

fn commit(repository: &Path) {
    let git = format!(
        "git init -q -b main && git add -A && git -c user.name=o -c user.email=o@o commit -qm {SECRET}"
    );
    assert!(shell(repository, &git).success());
}

/// A shell of the Owner's, in a folder.
#[expect(clippy::disallowed_methods, reason = "plays the Owner")]
pub(super) fn shell(dir: &Path, script: &str) -> std::process::ExitStatus {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(dir).env("OUT", dir.join("outside")).stdin(Stdio::null());
    command.env("HOME", "/nonexistent").stderr(Stdio::null()).status().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "plays the Owner")]
fn stand(out: &Path) -> Stander {
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-c", STANDS, SECRET]).current_dir(out).env("SECRET", SECRET);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut at = String::new();
    BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut at).unwrap();
    Stander { process, at: at.trim().to_owned() }
}

fn describe(path: &Path, state: &mut Vec<String>) {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(found) = path.symlink_metadata() else { return };
    let mut bytes = Vec::new();
    if found.is_file() {
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).unwrap();
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let time = if found.is_dir() { (0, 0) } else { (found.mtime(), found.mtime_nsec()) };
    state.push(format!("{} {:o} {time:?} {text}", path.display(), found.mode()));
    let mut entries: Vec<_> = std::fs::read_dir(path).into_iter().flatten().flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    if found.is_dir() {
        entries.iter().for_each(|entry| describe(&entry.path(), state));
    }
}
