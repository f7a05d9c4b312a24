//! What this machine has to have for tests of the sandbox.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// Whether bubblewrap is there; where it is not, it is installed from Debian's registry, once.
pub fn has_bubblewrap() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| is_there() || (install() && is_there()))
}

fn is_there() -> bool {
    Path::new("/usr/bin/bwrap").exists()
}

/// Only root may, and only where there is apt; another process may be at it already.
fn install() -> bool {
    let apt = |args: &str| {
        #[expect(clippy::disallowed_methods, reason = "development only")]
        let mut apt = Command::new("apt-get");
        apt.args(["-qq", "-o", "DPkg::Lock::Timeout=300"]).args(args.split(' '));
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt.output().is_ok_and(|done| done.status.success())
    };
    let install = "install -y --no-install-recommends bubblewrap";
    apt(install) || (apt("update") && apt(install))
}
