//! What a thread does to itself, and thereby to all that it starts: no capabilities, no new privileges, limits, and at the
//! upper levels Landlock and seccomp.

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::instruction::{Instruction, Rlimits};
#[cfg(target_os = "linux")]
use super::{landlock, seccomp};

/// Restricts this thread for good.
#[cfg(target_os = "linux")]
pub(super) fn restrict(instruction: &Instruction) -> io::Result<()> {
    drop_capabilities()?;
    nix::sys::prctl::set_no_new_privs()?;
    if instruction.level.holds() {
        landlock::restrict(instruction)?;
        seccomp::restrict(instruction.level)?;
    }
    Ok(())
}

/// Where there is no Linux, the profile that the warden was started with restricts it.
#[cfg(not(target_os = "linux"))]
pub(super) fn restrict(_: &Instruction) -> io::Result<()> {
    Ok(())
}

/// Gives up every capability, also those that a program with set-uid would bring back.
#[cfg(target_os = "linux")]
fn drop_capabilities() -> io::Result<()> {
    use rustix::thread::{CapabilitySet, CapabilitySets};
    use rustix::thread::{
        capabilities, clear_ambient_capability_set, remove_capability_from_bounding_set, set_capabilities,
    };
    if capabilities(None)?.effective.contains(CapabilitySet::SETPCAP) {
        // What the kernel does not know can't be had either.
        for capability in CapabilitySet::all().iter() {
            let _ = remove_capability_from_bounding_set(capability);
        }
    }
    clear_ambient_capability_set()?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    Ok(())
}

/// Sets the limits of this process; what is lower already stays.
pub(super) fn limit(limits: &Rlimits) -> io::Result<()> {
    let Rlimits { memory_bytes, cpu_s, processes, open_files, file_bytes } = *limits;
    if let Some(bytes) = memory_bytes {
        lower(Resource::RLIMIT_DATA, bytes)?;
    }
    lower(Resource::RLIMIT_CORE, 0)?;
    lower(Resource::RLIMIT_CPU, cpu_s)?;
    lower(Resource::RLIMIT_NPROC, processes)?;
    lower(Resource::RLIMIT_NOFILE, open_files)?;
    lower(Resource::RLIMIT_FSIZE, file_bytes)
}

fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let (soft, hard) = getrlimit(resource)?;
    Ok(setrlimit(resource, soft.min(to), hard.min(to))?)
}
