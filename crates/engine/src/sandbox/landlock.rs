//! Landlock: the kernel's own list of what a process may read, start and change, for good.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope, path_beneath_rules,
};
use trireme_core::SandboxLevel;

use super::instruction::Instruction;

/// Without these there is no sandbox (Linux 6.2): with older ones a file outside can be emptied.
const NEEDED: ABI = ABI::V3;
/// What is used where the kernel knows it (Linux 6.12): devices, signals, abstract sockets.
const KNOWN: ABI = ABI::V6;

/// Devices that a command may use where it has not got its own.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
/// Where in a file system of its own a command may write besides: devices and memory are its own there.
const OWN: [&str; 3] = ["/dev", "/tmp", "/var/tmp"];

/// Restricts this thread to what the instruction says.
pub(super) fn restrict(instruction: &Instruction) -> io::Result<()> {
    let read = AccessFs::from_read(KNOWN);
    // Nodes of devices are made by nobody.
    let write = AccessFs::from_all(KNOWN) & !(AccessFs::MakeBlock | AccessFs::MakeChar);
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev | AccessFs::Truncate;
    let mut rules = vec![(instruction.write.iter().map(AsRef::as_ref).collect::<Vec<&OsStr>>(), write)];
    if instruction.level == SandboxLevel::L3 {
        rules.push((vec![OsStr::new("/")], read));
        rules.push((OWN.map(OsStr::new).to_vec(), write));
    } else {
        rules.push((instruction.read.iter().map(AsRef::as_ref).collect(), read));
        rules.push((vec![OsStr::new("/proc")], AccessFs::ReadFile | AccessFs::ReadDir));
        rules.push((DEVICES.map(OsStr::new).to_vec(), device));
    }
    apply(&rules).map_err(|error| io::Error::other(format!("Landlock: {error}")))
}

fn apply(rules: &[(Vec<&OsStr>, BitFlags<AccessFs>)]) -> Result<(), Box<dyn std::error::Error>> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(NEEDED))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))?
        .scope(Scope::from_all(KNOWN))?;
    let mut created = ruleset.create()?;
    for (paths, access) in rules {
        created = created.add_rules(path_beneath_rules(paths.iter().map(Path::new), *access))?;
    }
    match created.restrict_self()?.ruleset {
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
        RulesetStatus::NotEnforced => Err("the kernel has none".into()),
    }
}
