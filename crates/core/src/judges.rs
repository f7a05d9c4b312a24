//! Judges: the files by which results are told. Tests, the snapshots that they compare with, and what steers the programs that
//! run them. Whoever may change them can make anything pass, so a result may only add to them, unless its contract says that
//! they are its to write.
//!
//! Pure, by paths and texts. It knows names and habits of the usual test runners and no more than that: a judge that it does
//! not know has to be pinned by name.

mod canary;
mod steering;

use std::collections::BTreeSet;
use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

pub use canary::canary;

use crate::criteria_lint::paths_in;
use crate::words::Check;

/// What a file is to whoever tells results by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// It holds tests.
    Test,
    /// It holds what tests compare with.
    Snapshot,
    /// It steers which tests run, and how; all of it, or a part.
    Steering,
}

/// A file that a result changed; a text that is none where the file is not there. What is no text is told by its marks only.
#[derive(Clone, Copy, Debug)]
pub struct Changed<'a> {
    /// From the root of the repository.
    pub path: &'a str,
    /// What it held.
    pub before: Option<&'a str>,
    /// What it holds.
    pub after: Option<&'a str>,
}

/// Something that lets more pass than before.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Weakening {
    /// The file.
    pub path: String,
    /// What was done to it, in words that follow its name.
    pub what: String,
    /// Whether the contract names the file as one that is the task's to write.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub declared: bool,
}

impl fmt::Display for Weakening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.what)
    }
}

/// What a path is by its name; none for what judges nothing.
#[must_use]
pub fn judge(path: &str) -> Option<Judge> {
    let lower = path.to_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let in_folder = |names: &[&str]| folders.split('/').any(|folder| names.contains(&folder));
    if steering::is_steering(&lower) {
        return Some(Judge::Steering);
    }
    if in_folder(&["__snapshots__", "snapshots", "golden", "goldens"]) || is_snapshot(name) {
        return Some(Judge::Snapshot);
    }
    let stem = name.split('.').next().unwrap_or_default();
    let in_tests = in_folder(&["test", "tests", "__tests__", "spec", "specs", "t"]);
    let by_name = stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || [".test.", ".spec.", ".cy.", ".e2e."].iter().any(|mark| name.contains(mark))
        || matches!(stem, "test" | "tests")
        || (is_java(name) && java_test(path));
    (by_name || in_tests).then_some(if is_text_to_compare(name) { Judge::Snapshot } else { Judge::Test })
}

fn is_snapshot(name: &str) -> bool {
    [".snap", ".ambr", ".golden", ".expected", ".approved", ".stdout", ".stderr"]
        .iter()
        .any(|end| name.ends_with(end))
        || [".approved.", ".golden.", ".expected."].iter().any(|mark| name.contains(mark))
        || name.starts_with("expected.")
        || name.starts_with("golden.")
}

fn is_text_to_compare(name: &str) -> bool {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    matches!(
        end,
        "json" | "txt" | "csv" | "tsv" | "xml" | "html" | "yaml" | "yml" | "out" | "svg" | "png" | "bin"
    )
}

fn is_java(name: &str) -> bool {
    [".java", ".kt", ".scala", ".groovy", ".cs", ".swift", ".php"].iter().any(|end| name.ends_with(end))
}

/// `ParserTest.java`, `TestParser.java`, `ParserTests.java`, `ParserIT.java`.
fn java_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    stem.starts_with("Test")
        || ["Test", "Tests", "TestCase", "IT", "Spec"].iter().any(|end| stem.ends_with(end))
}

/// The files that tell the truth in a check: those that it pins, and the tests that its command names.
#[must_use]
pub fn judges_in(check: &Check) -> BTreeSet<&str> {
    let named = check.command().map(paths_in).unwrap_or_default();
    // A bare word is a program, or an argument of one.
    let tests =
        named.into_iter().filter(|path| path.contains(['/', '.']) && judge(path) == Some(Judge::Test));
    tests.chain(check.pinned().iter().map(String::as_str)).collect()
}

/// What a change lets pass that did not before. Files that the globs of `own` match are the task's to write: what was done to
/// them is told, and marked.
#[must_use]
pub fn weakenings(changes: &[Changed], own: &[String]) -> Vec<Weakening> {
    let own: Vec<_> = own.iter().filter_map(|glob| matcher(glob)).collect();
    let mut found = Vec::new();
    for change in changes {
        let declared = own.iter().any(|glob| glob.is_match(change.path));
        let what = match judge(change.path) {
            Some(Judge::Steering) => steering::steered(change),
            Some(Judge::Snapshot) => rewritten(change).into_iter().collect(),
            Some(Judge::Test) => cut_down(change, changes),
            None => Vec::new(),
        };
        let path = change.path;
        found.extend(what.into_iter().map(|what| Weakening { path: path.to_owned(), what, declared }));
    }
    found
}

fn matcher(glob: &str) -> Option<GlobMatcher> {
    Some(GlobBuilder::new(glob).literal_separator(true).build().ok()?.compile_matcher())
}

fn rewritten(change: &Changed) -> Option<String> {
    match (change.before, change.after) {
        (None, _) => None,
        (Some(_), None) => Some("is gone, although tests compare with it".to_owned()),
        (Some(before), Some(after)) => {
            (before != after).then(|| "was rewritten, although tests compare with it".to_owned())
        }
    }
}

/// A file of tests may only grow: every line that was there is there still, in its order, and no new one keeps a test from
/// running. A file that moved counts as there.
fn cut_down(change: &Changed, changes: &[Changed]) -> Vec<String> {
    let before = change.before.unwrap_or_default();
    let Some(after) = change.after else {
        let moved = changes.iter().filter(|other| other.before.is_none()).filter_map(|other| other.after);
        let is_whole = |after: &str| kept(before, after).is_ok();
        return if before.trim().is_empty() || moved.into_iter().any(is_whole) {
            Vec::new()
        } else {
            vec!["is gone, with its tests".to_owned()]
        };
    };
    match kept(before, after) {
        Err(line) => vec![format!("no longer holds the line `{}`", shown(line))],
        Ok(added) if change.before.is_some() => added
            .into_iter()
            .filter(|line| skips(line))
            .map(|line| format!("gained `{}`", shown(line)))
            .collect(),
        Ok(added) => {
            let marks = added.into_iter().filter(|line| skips_by_name(line));
            marks.map(|line| format!("begins with `{}`", shown(line))).collect()
        }
    }
}

/// The lines of `after` that are new; or the first line of `before` that is not there any more.
fn kept<'a>(before: &'a str, after: &'a str) -> Result<Vec<&'a str>, &'a str> {
    let mut later = after.lines().map(str::trim_end);
    let mut added = Vec::new();
    for line in before.lines().map(str::trim_end).filter(|line| counts(line)) {
        loop {
            match later.next() {
                Some(other) if other == line => break,
                Some(other) => added.push(other),
                None => return Err(line),
            }
        }
    }
    added.extend(later);
    Ok(added)
}

/// Whether a line of a test says anything: blank ones and comments may go.
fn counts(line: &str) -> bool {
    let line = line.trim_start();
    let is_comment =
        line.starts_with("//") || line.starts_with("# ") || line == "#" || line.starts_with("* ");
    !line.is_empty() && !is_comment
}

/// Whether a new line of an old test can keep it from failing.
fn skips(line: &str) -> bool {
    let bare = line.trim().trim_end_matches(';');
    let leaves = ["return", "exit 0", "set +e", "continue", "break"].contains(&bare);
    leaves
        || skips_by_name(line)
        || ["sys.exit(", "os._exit(", "process.exit(", "process::exit(", "System.exit("]
            .iter()
            .any(|end| line.contains(end))
}

/// Whether a line says by a runner's own words that tests are to be left out.
fn skips_by_name(line: &str) -> bool {
    const MARKS: [&str; 31] = [
        "#[ignore",
        "pytest.mark.skip",
        "pytest.mark.xfail",
        "pytest.skip",
        "pytest.xfail",
        "unittest.skip",
        "self.skipTest",
        "expectedFailure",
        "collect_ignore",
        "__test__ = False",
        "it.skip",
        "test.skip",
        "describe.skip",
        "xit(",
        "xtest(",
        "xdescribe(",
        ".todo(",
        "it.only",
        "test.only",
        "describe.only",
        "t.Skip",
        "b.Skip",
        "testing.Short()",
        "@Disabled",
        "@Ignore",
        "assumeTrue(",
        "assumeThat(",
        "skip_all",
        "todo_skip",
        "|| true",
        "|| :",
    ];
    MARKS.iter().any(|mark| line.contains(mark))
}

/// A line, short enough for a sentence.
fn shown(line: &str) -> String {
    const CHARS: usize = 100;
    let line = line.trim();
    let short: String = line.chars().take(CHARS).collect();
    if short.len() < line.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests;
