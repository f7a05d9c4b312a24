//! Named: which files of a tree a command runs as tests, as far as its words tell.

use std::collections::BTreeSet;

use super::{Judge, judge};
use crate::criteria_lint::paths_in;
use crate::words::Check;

/// Programs that find tests by themselves, and the endings of the files in which they do.
const RUNNERS: &[(&str, &[&str])] = &[
    ("unittest", &["py"]),
    ("pytest", &["py"]),
    ("node --test", SCRIPTS),
    ("jest", SCRIPTS),
    ("vitest", SCRIPTS),
    ("mocha", SCRIPTS),
    ("prove", &["t"]),
    ("cargo test", &["rs"]),
    ("cargo nextest run", &["rs"]),
    ("go test", &["go"]),
    ("rspec", &["rb"]),
];

const SCRIPTS: &[&str] = &["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"];

/// With these no runner runs anything.
const ONLY_LISTS: &[&str] = &["--no-run", "--collect-only", "--list", "--listTests", "--dry-run", "--doc"];

/// Programs that compare two files.
const COMPARES: &[&str] = &["diff", "cmp", "comm"];

/// The files that tell the truth in a check: those that it pins, and the tests that its command names.
#[must_use]
pub fn judges_in(check: &Check) -> BTreeSet<String> {
    let command = check.command().unwrap_or_default();
    // A bare word is a program, or an argument of one, in whatever folder.
    let is_path = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        (name.contains('.') || (path.contains('/') && command.contains(path.as_str())))
            && !path.contains(['*', '?', '[', '{'])
    };
    let named = paths_in(command).into_iter().filter(is_path);
    let tests = named.filter(|path| judge(path) == Some(Judge::Test));
    tests.chain(check.pinned().iter().cloned()).collect()
}

/// Whether two paths can be the same word of a command, which may have entered a folder before it: `a/test.sh` and `test.sh`.
#[must_use]
pub fn is_same_word(one: &str, other: &str) -> bool {
    let is_end = |whole: &str, end: &str| whole.strip_suffix(end).is_some_and(|head| head.ends_with('/'));
    one == other || is_end(one, other) || is_end(other, one)
}

/// The tests that a command runs, out of all files of a tree: those that it names, by path, folder or module; where it names
/// none, all that its runner would find. None where neither its words nor its runner are known.
#[must_use]
pub fn tests_run<'a>(command: &str, files: &[&'a str]) -> BTreeSet<&'a str> {
    let words = paths_in(&command.replace("::", " "));
    let is_test = |path: &str| judge(path) == Some(Judge::Test);
    // There may be very many files, and few of them are named.
    let named = files.iter().copied().filter(|path| is_among(path, command, &words) && is_test(path));
    let named: BTreeSet<_> = named.collect();
    let Some(endings) = runner(command).filter(|_| named.is_empty()) else { return named };
    // Rust has tests in files that are none by their names.
    let found = files.iter().copied().filter(|path| ends_in(path, endings));
    let found: Vec<_> = found.filter(|path| path.ends_with(".rs") || is_test(path)).collect();
    let folders = || words.iter().filter(|word| found.iter().any(|path| is_below(path, word)));
    // `cd a && pytest tests`: `a` is a folder, and so is `a/tests`.
    let folders: Vec<_> = folders().filter(|word| !folders().any(|other| is_below(other, word))).collect();
    let is_meant = |path: &&str| folders.is_empty() || folders.iter().any(|folder| is_below(path, folder));
    found.into_iter().filter(is_meant).collect()
}

/// The texts that a command compares with something, out of all files of a tree.
#[must_use]
pub fn texts_compared<'a>(check: &Check, files: &[&'a str]) -> BTreeSet<&'a str> {
    let Some(command) = check.command().filter(|command| has_word(command, COMPARES)) else {
        return BTreeSet::new();
    };
    let words = paths_in(command);
    let tells =
        |path: &&str| judge(path) == Some(Judge::Snapshot) || check.pinned().iter().any(|pin| pin == path);
    files.iter().copied().filter(|path| words.contains(*path)).filter(tells).collect()
}

/// Whether a command names a file by its path or its module.
pub(super) fn is_named(path: &str, command: &str) -> bool {
    is_among(path, command, &paths_in(&command.replace("::", " ")))
}

/// Whether the words of a command name a file.
fn is_among(path: &str, command: &str, words: &BTreeSet<String>) -> bool {
    words.contains(path) || (command.contains("unittest") && module_is_named(path, words))
}

fn has_word(command: &str, wanted: &[&str]) -> bool {
    command.split(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).any(|word| wanted.contains(&word))
}

fn runner(command: &str) -> Option<&'static [&'static str]> {
    let plain = command.split_whitespace().collect::<Vec<_>>().join(" ");
    if ONLY_LISTS.iter().any(|flag| plain.split(' ').any(|word| word == *flag)) {
        return None;
    }
    let is_called = |name: &str| {
        plain.match_indices(name).any(|(at, _)| {
            let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !"-_.".contains(c));
            let (before, after) = (plain.get(..at).unwrap_or_default(), plain.get(at + name.len()..));
            ends(before.chars().next_back()) && ends(after.unwrap_or_default().chars().next())
        })
    };
    RUNNERS.iter().find(|(name, _)| is_called(name)).map(|(_, endings)| *endings)
}

fn ends_in(path: &str, endings: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| endings.contains(&end))
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// `tests.test_a`, or a class or a test in it: `tests.test_a.Total.test_sum`.
fn module_is_named(path: &str, words: &BTreeSet<String>) -> bool {
    let Some(stem) = path.strip_suffix(".py") else { return false };
    words.iter().any(|word| {
        let (folder, module) =
            word.rsplit_once('/').map_or(("", word.as_str()), |(folder, name)| (folder, name));
        let module = module.replace('.', "/");
        let whole = if folder.is_empty() { module } else { format!("{folder}/{module}") };
        whole == stem || is_below(&whole, stem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: &[&str] = &[
        "src/calc.py",
        "src/lib.rs",
        "test_calc.py",
        "tests/test_a.py",
        "tests/deep/test_b.py",
        "web/a.test.js",
        "web/b.test.js",
        "web/tests/rows.json",
        "tests/cli.rs",
        "perl/t/calc.t",
        "check.sh",
        "expected.txt",
        "golden/rows.csv",
    ];

    #[test]
    fn commands_run_the_tests_that_they_name_or_find() {
        for (command, tests) in [
            ("python3 -m pytest tests/test_a.py -q", &["tests/test_a.py"][..]),
            ("python3 -m pytest tests/test_a.py::Total::test_sum", &["tests/test_a.py"]),
            ("cd tests && python3 test_a.py", &["tests/test_a.py"]),
            ("cd tests && python3 -m unittest deep.test_b", &["tests/deep/test_b.py"]),
            ("python3 -m unittest tests.test_a.Total.test_sum", &["tests/test_a.py"]),
            ("python3 -m unittest test_calc", &["test_calc.py"]),
            ("python3 -m unittest", &["test_calc.py", "tests/deep/test_b.py", "tests/test_a.py"]),
            ("python3 -m unittest discover -s tests", &["tests/deep/test_b.py", "tests/test_a.py"]),
            ("node --test", &["web/a.test.js", "web/b.test.js"]),
            ("cd web && node  --test b.test.js", &["web/b.test.js"]),
            ("cargo test --offline -q", &["src/lib.rs", "tests/cli.rs"]),
            ("cargo test --no-run", &[]),
            ("cd perl && prove -Ilib t", &["perl/t/calc.t"]),
            ("prove -r", &["perl/t/calc.t"]),
            ("npm test", &[]),
            ("approve && improve", &[]),
            ("sh check.sh", &[]),
            ("python3 src/calc.py", &[]),
        ] {
            assert_eq!(tests_run(command, FILES).into_iter().collect::<Vec<_>>(), tests, "{command}");
        }
    }

    #[test]
    fn a_word_is_the_end_of_a_path() {
        for (one, other, expected) in [
            ("a/test.sh", "test.sh", true),
            ("test.sh", "a/b/test.sh", true),
            ("a/test.sh", "a/test.sh", true),
            ("a/test.sh", "est.sh", false),
            ("a/test.sh", "b/test.sh", false),
        ] {
            assert_eq!(is_same_word(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn what_is_compared_is_named_and_tells_the_truth() {
        let check = |run: &str, pinned: &str| -> Check {
            serde_json::from_str(&format!(r#"{{"kind":"command","run":"{run}","pinned":[{pinned}]}}"#))
                .unwrap()
        };
        for (run, pinned, compared) in [
            ("x > out; diff out expected.txt", r#""expected.txt""#, &["expected.txt"][..]),
            ("x > out; diff out expected.txt", "", &["expected.txt"]),
            ("x > out; diff out src/calc.py", "", &[]),
            ("x | cmp - golden/rows.csv", "", &["golden/rows.csv"]),
            ("cat golden/rows.csv", "", &[]),
        ] {
            let found = texts_compared(&check(run, pinned), FILES);
            assert_eq!(found.into_iter().collect::<Vec<_>>(), compared, "{run}");
        }
    }
}
