//! Keys leave the environment before anything else happens: whoever may read `/proc/PID/environ` of this process, as root
//! always may, finds none there.
//!
//! What a program was started with can't be taken out of it. So the program starts itself anew without the keys, which
//! go from the one to the other in a piece of memory that has a name, and no place.

use std::collections::{BTreeMap, BTreeSet};

/// Keys by the names of their variables.
pub(crate) type Keys = BTreeMap<String, String>;

#[cfg(target_os = "linux")]
pub(crate) use linux::{handed, hide};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{File, read_dir, read_link};
    use std::io::{self, Read, Write};
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use nix::sys::memfd::{MFdFlags, memfd_create};

    use super::{BTreeSet, Keys};

    /// How the memory is called.
    const NAME: &str = "trireme-keys";

    /// What the program can't do without, whatever a configuration calls a key.
    const NEEDED: [&str; 2] = ["HOME", "PATH"];

    /// The keys that this program handed to itself, if it did.
    pub(crate) fn handed() -> Keys {
        let linked = format!("/memfd:{NAME} (deleted)");
        let open = read_dir("/proc/self/fd").into_iter().flatten().flatten();
        let ours =
            open.filter(|entry| read_link(entry.path()).is_ok_and(|link| link.as_os_str() == &*linked));
        let numbers: Vec<i32> = ours.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        numbers.into_iter().filter_map(|number| take(number).ok()).next_back().unwrap_or_default()
    }

    fn take(number: i32) -> io::Result<Keys> {
        let mut text = Vec::new();
        let read = File::open(format!("/proc/self/fd/{number}"))?.read_to_end(&mut text);
        nix::unistd::close(number)?;
        read?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Starts the program anew without these variables; comes back only where nothing is to be hidden, or it can't be.
    pub(crate) fn hide(names: &BTreeSet<String>, look_up: impl Fn(&str) -> Option<String>) -> io::Result<()> {
        let hidden = names.iter().filter(|name| !NEEDED.contains(&name.as_str()));
        let keys: Keys = hidden.filter_map(|name| Some((name.clone(), look_up(name)?))).collect();
        if keys.is_empty() {
            return Ok(());
        }
        // It stays open for the program that this one becomes.
        let mut memory = File::from(memfd_create(NAME, MFdFlags::empty())?);
        memory.write_all(&serde_json::to_vec(&keys)?)?;
        let mut words = std::env::args_os();
        #[expect(clippy::disallowed_methods, reason = "this program itself, before it does anything")]
        let mut anew = Command::new("/proc/self/exe");
        anew.arg0(words.next().unwrap_or_default()).args(words);
        for name in keys.keys() {
            anew.env_remove(name);
        }
        Err(anew.exec())
    }
}

/// Elsewhere, the system itself keeps others from reading a program's environment.
#[cfg(not(target_os = "linux"))]
pub(crate) fn handed() -> Keys {
    Keys::new()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn hide(_: &BTreeSet<String>, _: impl Fn(&str) -> Option<String>) -> std::io::Result<()> {
    Ok(())
}
