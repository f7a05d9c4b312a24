//! Inputs come through the ordinary clients of their registries, by name and version, into the target folder. An archive
//! whose SHA-256 is not the pinned one is not opened.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::config::{Input, Registry, root};

const READER: &str = include_str!("literal.py");

/// Why there is no input.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoInput {
    /// The registry's client could not get it.
    #[error("{0}")]
    Unreachable(String),
    /// It is not what was pinned, or can't be read.
    #[error("{0}")]
    Wrong(String),
}

/// The pinned member of an input, as JSON.
pub(crate) fn fetch(input: &Input) -> Result<Value, NoInput> {
    let archive = match input.registry {
        Registry::Pypi => wheel(input),
        Registry::Crates => package(input),
    };
    let archive = archive.map_err(NoInput::Unreachable)?;
    read(input, &archive).map_err(NoInput::Wrong)
}

fn read(input: &Input, archive: &Path) -> Result<Value, String> {
    check(input, archive)?;
    let archive = archive.display().to_string();
    let json = run("python3", &["-c", READER, &archive, &input.member], None)?;
    serde_json::from_slice(&json).map_err(|error| format!("{}: {error}", input.member))
}

/// pip fetches the wheel of one fixed platform, so that its sum is the same everywhere.
fn wheel(input: &Input) -> Result<PathBuf, String> {
    let folder = target().join("inputs").join(format!("{}-{}", input.package, input.version));
    let begins = format!("{}-{}-", input.package.replace('-', "_"), input.version);
    let there = || find(&folder, |name| name.starts_with(&begins) && name.ends_with(".whl"));
    if let Some(wheel) = there() {
        return Ok(wheel);
    }
    let spec = format!("{}=={}", input.package, input.version);
    let dest = folder.display().to_string();
    let mut words = vec!["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"];
    words.extend(["--platform", "manylinux_2_28_x86_64", "--python-version", "3.11", "--dest", &dest, &spec]);
    run("python3", &words, None)?;
    there().ok_or_else(|| format!("{spec}: no wheel came"))
}

/// cargo looks a package up by fetching it into its own cache.
fn package(input: &Input) -> Result<PathBuf, String> {
    let spec = format!("{}@{}", input.package, input.version);
    run("cargo", &["info", "--quiet", &spec], Some(&std::env::temp_dir()))?;
    let cache = cargo_home()?.join("registry/cache");
    let name = format!("{}-{}.crate", input.package, input.version);
    let registries = std::fs::read_dir(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let mut archives = registries.flatten().map(|registry| registry.path().join(&name));
    archives.find(|archive| archive.is_file()).ok_or_else(|| format!("{spec}: cargo did not fetch it"))
}

fn check(input: &Input, archive: &Path) -> Result<(), String> {
    let bytes = std::fs::read(archive).map_err(|error| format!("{}: {error}", archive.display()))?;
    let sum = Sha256::digest(bytes).iter().fold(String::new(), |mut sum, byte| {
        let _ = write!(sum, "{byte:02x}");
        sum
    });
    if sum == input.sha256 {
        return Ok(());
    }
    Err(format!(
        "{} {}: its SHA-256 is {sum}, pinned is {:?}; if you changed the version, pin that sum in catalogue.toml",
        input.package, input.version, input.sha256
    ))
}

#[expect(clippy::disallowed_methods, reason = "a developer's tool runs pip, cargo and python itself")]
fn run(program: &str, words: &[&str], folder: Option<&Path>) -> Result<Vec<u8>, String> {
    let mut command = Command::new(program);
    command.args(words).current_dir(folder.unwrap_or(&root()));
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a developer's tool, which has no configuration to be handed down"
)]
fn cargo_home() -> Result<PathBuf, String> {
    let given = std::env::var("CARGO_HOME").map(PathBuf::from);
    let home = || std::env::var("HOME").map(|home| Path::new(&home).join(".cargo"));
    given.or_else(|_| home()).map_err(|_| "set HOME or CARGO_HOME".to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a developer's tool, which has no configuration to be handed down"
)]
fn target() -> PathBuf {
    std::env::var("CARGO_TARGET_DIR").map_or_else(|_| root().join("target"), PathBuf::from).join("xtask")
}

fn find(folder: &Path, wanted: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let mut paths = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    paths.find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(&wanted))
}
