//! House rules that a compiler does not know. A rule is a test, or it is deleted.
//!
//! Sizes are a ratchet: the lists of exceptions may shrink, never grow.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a rule that can't be looked at is broken")]

use std::path::{Path, PathBuf};
use std::process::Command;

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 70;
const README_WORDS: usize = 600;

/// Words that the glossary has another word for. Checked in code and documents, the glossary apart.
const FORBIDDEN: &[&str] = &["wallet", "subtask", "epic", "todo!", "unimplemented!", "fixme", "xxx"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Files that git tracks or would track, with one of these endings.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let listing = run("git", &["ls-files", "--cached", "--others", "--exclude-standard"]);
    let wanted = |path: &&str| endings.iter().any(|ending| path.ends_with(ending));
    listing.lines().filter(wanted).map(|path| root().join(path)).filter(|path| path.is_file()).collect()
}

#[expect(clippy::disallowed_methods, reason = "the rules are told by cargo and git themselves")]
fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).current_dir(root()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {}:\n{told}{complaint}", args.join(" "));
    told
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn is_test(path: &Path) -> bool {
    let name = name(path);
    name.contains("/tests")
        || name.ends_with("tests.rs")
        || name.contains("/benches/")
        || name.starts_with("examples/")
}

#[test]
fn code_is_formatted() {
    run(env!("CARGO"), &["fmt", "--all", "--", "--check"]);
}

#[test]
fn clippy_has_nothing_to_say() {
    run(
        env!("CARGO"),
        &["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"],
    );
}

#[test]
fn files_fit_their_reader() {
    let long = files(&[".rs"]).into_iter().filter(|path| !is_test(path));
    let long = long.map(|path| (text(&path).lines().count(), name(&path)));
    let long: Vec<_> = long.filter(|(lines, _)| *lines > FILE_LINES).collect();
    assert!(long.is_empty(), "files over {FILE_LINES} lines: {long:?}");
}

#[test]
fn functions_fit_one_screen() {
    let mut long = Vec::new();
    for path in files(&[".rs"]).into_iter().filter(|path| !is_test(path)) {
        long.extend(
            functions(&text(&path))
                .filter(|(_, lines)| *lines > FUNCTION_LINES)
                .map(|(first, lines)| format!("{}:{first} has {lines} lines", name(&path))),
        );
    }
    assert!(long.is_empty(), "functions over {FUNCTION_LINES} lines: {long:#?}");
}

/// First line and length of every function; formatted code closes one at the indentation where it began.
fn functions(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &str| {
        let line = line.trim_start();
        [
            "fn ",
            "pub fn ",
            "async fn ",
            "pub async fn ",
            "pub(super) fn ",
            "pub(crate) fn ",
            "const fn ",
            "pub const fn ",
        ]
        .iter()
        .any(|start| line.starts_with(start))
    };
    let starts: Vec<_> = (0..lines.len()).filter(|at| begins(lines[*at])).collect();
    starts.into_iter().filter_map(move |at| {
        let indent = lines[at].len() - lines[at].trim_start().len();
        let closing = format!("{}}}", " ".repeat(indent));
        let length = lines[at..].iter().position(|line| *line == closing)?;
        Some((at + 1, length + 1))
    })
}

#[test]
fn one_word_per_thing() {
    let mut found = Vec::new();
    for path in files(&[".rs", ".md", ".toml"]) {
        if name(&path) == "GLOSSARY.md" || name(&path).ends_with("tidy/main.rs") {
            continue;
        }
        for (number, line) in text(&path).lines().enumerate() {
            let lower = line.to_lowercase();
            let words: Vec<_> = lower.split(|c: char| !c.is_alphanumeric() && c != '!' && c != '_').collect();
            if let Some(word) = FORBIDDEN.iter().find(|word| words.contains(word)) {
                found.push(format!("{}:{}: {word}", name(&path), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_readme_is_short_and_links_lead_somewhere() {
    let readme = text(&root().join("README.md"));
    let words = readme.split_whitespace().count();
    assert!((100..=README_WORDS).contains(&words), "README.md has {words} words");
    let mut dead = Vec::new();
    for path in files(&[".md"]).into_iter().filter(|path| !name(path).starts_with("crates/core/prompts")) {
        for target in
            text(&path).split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
        {
            let file = target.split('#').next().unwrap_or_default();
            let is_web = file.contains("://") || file.is_empty();
            if !is_web && !path.parent().unwrap().join(file).exists() {
                dead.push(format!("{}: {target}", name(&path)));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn no_crate_points_up() {
    let below = [
        ("core", vec!["trireme-engine", "trireme-testkit", "tokio", "reqwest", "sqlx", "xtask"]),
        ("engine", vec!["ratatui", "clap", "xtask"]),
        ("app", vec!["xtask"]),
        ("testkit", vec!["trireme-engine", "xtask"]),
        ("xtask", vec!["trireme-engine", "trireme-testkit"]),
    ];
    for (of, forbidden) in below {
        let manifest = text(&root().join(format!("crates/{of}/Cargo.toml")));
        let normal = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        for name in forbidden {
            assert!(!normal.contains(name), "crates/{of} must not depend on {name}");
        }
    }
}
