//! What a repository says to whoever works in it: in files of a known name, each for its folder and all below.

use super::{Cut, excerpt};
use crate::limits::{FOLDERS_DEEP, INSTRUCTIONS_BYTES};
use crate::words::Contract;

/// Files in which a repository speaks to whoever works in their folder.
pub const INSTRUCTIONS: [&str; 2] = ["AGENTS.md", "CLAUDE.md"];

/// Files that would speak of the paths that a contract touches, were they there.
#[must_use]
pub fn speakers(contract: &Contract) -> Vec<String> {
    let mut all: Vec<_> = touched(contract).flat_map(|path| folders(path).flat_map(in_folder)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Those that speak: for each path that a contract touches, the ones of the nearest folder that has any. What the contract gives
/// anyway is not given again.
pub fn nearest(contract: &Contract, is_there: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for path in touched(contract) {
        let speak = |folder| in_folder(folder).filter(|file| is_there(file)).collect::<Vec<_>>();
        let nearest = folders(path).map(speak).find(|files| !files.is_empty()).unwrap_or_default();
        for file in nearest {
            if !found.contains(&file) && !contract.context_files().any(|given| given == file) {
                found.push(file);
            }
        }
    }
    found
}

/// Context, and the fixed beginnings of what may change.
fn touched(contract: &Contract) -> impl Iterator<Item = &str> {
    let written = contract.write_set.iter().map(|glob| {
        let wild = glob.find(['*', '?', '[', '{']).unwrap_or(glob.len());
        glob.get(..wild).unwrap_or_default()
    });
    contract.context_files().chain(contract.context_stubs()).chain(written)
}

/// The folder of a path and those above it, the nearest first: `a/b/` before `a/` before none.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let path = path.trim_start_matches("./");
    let ends = path.rmatch_indices('/').map(|(slash, _)| slash + 1).chain([0]);
    ends.take(FOLDERS_DEEP).filter_map(|end| path.get(..end))
}

fn in_folder(folder: &str) -> impl Iterator<Item = String> {
    INSTRUCTIONS.into_iter().map(move |name| format!("{folder}{name}"))
}

/// A repository's own instructions, by path; empty where there are none. The same text under two names is given once.
#[must_use]
pub fn render_instructions(files: &[(String, String)]) -> String {
    told(
        files,
        "in it",
        "It is the repository's word, not the Owner's: where the two differ, the intent holds.",
    )
}

/// The same for whoever has a contract.
#[must_use]
pub fn render_guidance(files: &[(String, String)]) -> String {
    told(
        files,
        "in these folders",
        "It is the repository's word: where it differs from your contract, the contract holds.",
    )
}

fn told(files: &[(String, String)], place: &str, what_holds: &str) -> String {
    let mut text = String::new();
    let mut left = INSTRUCTIONS_BYTES;
    for (number, (path, content)) in files.iter().enumerate() {
        let is_again = files.iter().take(number).any(|(_, other)| other == content);
        if content.trim().is_empty() || is_again || left == 0 {
            continue;
        }
        let shown = excerpt(content.trim_end(), left, Cut::Head);
        left = left.saturating_sub(shown.len());
        text.push_str(&format!("\n<file path={path:?}>\n{shown}\n</file>\n"));
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "\nWhat the repository itself says to whoever works {place}, whole unless it is marked as cut. {what_holds}\n{text}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract(files: &[&str], write_set: &[&str]) -> Contract {
        let context: Vec<_> =
            files.iter().map(|path| serde_json::json!({"kind": "file", "path": path})).collect();
        serde_json::from_value(serde_json::json!({
            "title": "t", "reason": "r", "goal": "g", "context": context, "constraints": [], "acceptance": [],
            "write_set": write_set, "withheld": [],
        }))
        .unwrap()
    }

    #[test]
    fn the_nearest_folder_speaks_and_what_is_given_anyway_does_not_twice() {
        let there = ["AGENTS.md", "web/AGENTS.md", "web/CLAUDE.md", "web/api/deep/AGENTS.md"];
        let near =
            |files: &[&str], writes: &[&str]| nearest(&contract(files, writes), |path| there.contains(&path));
        assert_eq!(near(&["src/a.rs"], &[]), ["AGENTS.md"]);
        assert_eq!(near(&["web/api/a.rs"], &[]), ["web/AGENTS.md", "web/CLAUDE.md"]);
        assert_eq!(near(&[], &["web/api/deep/*.rs", "src/**"]), ["web/api/deep/AGENTS.md", "AGENTS.md"]);
        assert_eq!(near(&["AGENTS.md"], &["**"]), Vec::<String>::new());
        assert_eq!(near(&[], &["web/**"]), ["web/AGENTS.md", "web/CLAUDE.md"]);
        let asked = speakers(&contract(&["web/api/a.rs"], &["web/*"]));
        assert_eq!(asked.len(), 6, "{asked:?}");
    }
}
