//! The arguments of bubblewrap: a file system with nothing in it but what is listed, and namespaces of its own for
//! everything. Landlock and seccomp come on top of it, inside, by the warden.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use trireme_core::limits::SHARED_MEMORY_BYTES;

use super::confines::{Confines, Network};
use super::etc::is_in_etc;
use super::relay::PROXY_PATH;
use super::warden::WARDEN_PATH;

/// bubblewrap, where it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bubblewrap {
    pub(super) program: PathBuf,
    /// Whether it can limit a file system in memory (0.7 and later).
    pub(super) sizes: bool,
}

/// No user of this machine's network, processes or names; no capabilities; no terminal.
const NAMESPACES: [&str; 10] = [
    "--unshare-user",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--cap-drop",
    "ALL",
    "--new-session",
    "--as-pid-1",
];

impl Bubblewrap {
    /// Everything before the program that is to be started; `etc` is what it finds as /etc.
    pub(super) fn args(&self, confines: &Confines, etc: &Path, warden: &Path) -> Vec<OsString> {
        let mut args = Args(NAMESPACES.iter().map(OsString::from).collect());
        self.put_own(&mut args, memory_bytes(confines));
        args.push("--ro-bind").push(etc).push("/etc");
        for place in confines.read.iter().filter(|place| !is_in_etc(place)) {
            args.put_readable(place);
        }
        for hidden in confines.hidden.iter().filter(|hidden| lies_in(hidden, &confines.read)) {
            args.push("--tmpfs").push(hidden);
        }
        for place in &confines.write {
            args.push("--bind").push(place).push(place);
        }
        if let Network::Proxy(socket) = &confines.network {
            args.push("--bind").push(socket).push(PROXY_PATH);
        }
        args.push("--ro-bind").push(warden).push(WARDEN_PATH);
        args.push("--remount-ro").push("/dev").push("--remount-ro").push("/");
        args.push("--chdir").push("/").push("--");
        args.0
    }

    /// Devices, processes and temporary files of its own. Settings of the kernel belong to whoever is root outside, with
    /// and without capabilities. What is written to memory counts as such.
    fn put_own(&self, args: &mut Args, bytes: u64) {
        args.push("--proc").push("/proc").push("--dev").push("/dev");
        for settings in ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq"] {
            args.push("--ro-bind-try").push(settings).push(settings);
        }
        self.put_memory(args, "/dev/shm", bytes);
        self.put_memory(args, "/tmp", bytes);
        args.push("--symlink").push("../tmp").push("/var/tmp");
    }

    fn put_memory(&self, args: &mut Args, at: &str, bytes: u64) {
        if self.sizes {
            args.push("--size").push(bytes.to_string());
        }
        args.push("--tmpfs").push(at);
    }
}

struct Args(Vec<OsString>);

impl Args {
    fn push(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        self.0.push(arg.as_ref().to_owned());
        self
    }

    /// A link stays a link, such as `/bin`.
    fn put_readable(&mut self, place: &Path) {
        match std::fs::read_link(place) {
            Ok(target) => self.push("--symlink").push(target).push(place),
            Err(_) => self.push("--ro-bind-try").push(place).push(place),
        };
    }
}

/// The size of a file system in memory.
fn memory_bytes(confines: &Confines) -> u64 {
    let limit = confines.limits.memory_mb.map_or(u64::MAX, |mb| mb.saturating_mul(1_024 * 1_024));
    SHARED_MEMORY_BYTES.min(limit)
}

/// Whether a folder would be seen with one of these places.
pub(super) fn lies_in(hidden: &Path, places: &[PathBuf]) -> bool {
    places.iter().any(|place| hidden.starts_with(place))
}
