//! The official Python clients of both makers, installed by name from PyPI, unchanged.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

/// The clients that this was last seen with; newer ones are taken too.
const CLIENTS: [&str; 2] = ["anthropic>=2.10,<3", "openai>=3.51,<4"];

/// A Python with the clients in it, made once for a target folder. None, and why, where that can't be.
fn python() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
    let python = folder.join("bin/python");
    let has_them = || {
        let import = Command::new(&python).args(["-c", "import anthropic, openai"]).output();
        import.is_ok_and(|output| output.status.success())
    };
    if !has_them() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        run(Command::new(&python).args(["-m", "pip", "install", "-q"]).args(CLIENTS))?;
    }
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned())
}

#[test]
fn the_official_clients_of_both_makers_are_served() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => {
            return trireme_testkit::skipped(format!("the clients can't be installed from PyPI: {why}"));
        }
    };
    let stand = Stand::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/app/exec/sdks.py");
    let (python, script) = (python.to_str().unwrap(), script.to_str().unwrap());
    let done = stand.type_in(&["exec", "--budget", "0.85", "--json", "--", python, script]);
    assert_eq!((done.code, done.out.as_str()), (0, "all clients are served\n"), "{}", done.err);
    let bill: serde_json::Value = serde_json::from_str(done.err.trim()).unwrap();
    let ledger = stand.provider.ledger();
    assert_eq!(bill["spent"].as_u64().unwrap(), ledger.bill.as_nanos(), "to the nanodollar");
    assert_eq!(bill["refused"].as_u64(), Some(5), "each refusal was asked for once");
    assert_eq!(ledger.received, bill["calls"].as_u64().unwrap());
}
