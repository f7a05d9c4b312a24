//! Reach: code that reaches into what tells results by it. It asks whether it is being tested, or changes what tests call.
//!
//! Lines that a result adds are looked at, one by one and by plain words: whoever puts names together out of pieces is not
//! seen here, and is left to canaries.

use super::pleasing::pleases;
use super::{Changed, Judge, judge};

/// Endings of files that hold code.
const CODE: &[&str] = &[
    "py", "pyi", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "rs", "go", "java", "kt", "kts",
    "scala", "groovy", "rb", "php", "pl", "pm", "t", "sh", "bash", "c", "h", "cc", "cpp", "cs", "swift",
];

/// Folders and names of files that are there for tests although they hold none.
const FOR_TESTS: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "testing",
    "testutil",
    "testutils",
    "test-utils",
    "testkit",
    "spec",
    "specs",
    "mock",
    "mocks",
    "__mocks__",
    "fixture",
    "fixtures",
    "bench",
    "benches",
    "e2e",
    "conftest",
];

/// What runners leave around the code that they test.
const TRACES: &[&str] = &[
    "PYTEST_",
    "NODE_TEST_CONTEXT",
    "HARNESS_ACTIVE",
    "HARNESS_VERSION",
    "HARNESS_PERL",
    "JEST_WORKER_ID",
    "env.VITEST",
    "NEXTEST",
    "cfg!(test)",
    "cfg(not(test))",
    "testing.Testing()",
];

/// Libraries of tests, as code names them.
const LIBRARIES: &[&str] = &[
    "unittest",
    "pytest",
    "_pytest",
    "node:test",
    "Test::More",
    "Test/More.pm",
    "Test::Builder",
    "Test::Simple",
    "Test2",
    "org.junit",
    "org.testng",
    "jest",
    "vitest",
    "mocha",
    "chai",
    "minitest",
    "rspec",
    "nose",
];

/// Words by which code gets hold of a library, or asks for it.
const GETS: &[&str] = &["import", "from", "require", "use", "modules", "INC", "getattr", "setattr", "argv"];

/// Words by which code asks who called it.
const CALLERS: &[&str] = &[
    "inspect.stack",
    "_getframe",
    "co_filename",
    ".stack",
    "getStackTrace",
    "getClassName",
    "caller(",
    "caller)",
    "current_exe",
];

/// Words by which code asks for the name of the program that runs it.
const PROGRAMS: &[&str] = &["argv[0]", "argv[1]", "$0", "args().next()", "args_os().next()"];

/// Things that a test calls and whose attributes nobody sets.
const ASSERTING: &[&str] = &[
    "assert",
    "unittest",
    "TestCase",
    "TestResult",
    "TestLoader",
    "TestSuite",
    "TextTestRunner",
    "pytest",
    "Test::More",
    "Test::Builder",
    "*main",
];

/// How the loader of modules is changed.
const LOADERS: &[&str] = &[
    "Module._load",
    "Module._resolveFilename",
    "Module._extensions",
    "Module.prototype.require",
    "require.cache[",
    "require.extensions[",
];

/// What of the interpreter is called wherever a class is made or a module taken in.
const BUILT_IN: &[&str] = &["builtins.__build_class__", "builtins.__import__"];

/// Words by which code reads a file.
const READS: &[&str] = &["open(", "open ", "read", "include_str!", "include_bytes!", "slurp"];

/// Macros by which tests of Rust fail.
const MACROS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
    "matches",
    "unreachable",
];

/// Whether a file holds code, by its name.
pub(super) fn is_code(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| CODE.contains(&end.to_lowercase().as_str()))
}

/// What a change of code, of a test too, does to what tells results.
pub(super) fn reached(change: &Changed, is_test: bool) -> Vec<String> {
    let (before, after) = (change.before.unwrap_or_default(), change.after.unwrap_or_default());
    if !is_code(change.path) {
        return Vec::new();
    }
    let is_for_tests = is_test || is_for_tests(change.path);
    let is_new = |line: &&str| !before.lines().any(|other| other.trim() == line.trim());
    let mut found: Vec<_> = after
        .lines()
        .filter(|line| !is_comment(line))
        .filter_map(|line| Some((line, reaches(line, is_for_tests)?)))
        .filter(|(line, _)| is_new(line))
        .map(|(line, what)| format!("gained `{}`, which {what}", super::shown(line)))
        .collect();
    if !is_for_tests {
        let equal = pleases(before, after).into_iter();
        found.extend(equal.map(|line| {
            format!("gained `{}`, which equals whatever it is compared with", super::shown(line))
        }));
    }
    if after.contains('\0') && !before.contains('\0') {
        found.push("gained a NUL byte, which hides it from whoever looks at the change".to_owned());
    }
    found
}

fn is_for_tests(path: &str) -> bool {
    let lower = path.to_lowercase();
    lower.contains(".config.")
        || lower.split(['/', '.']).any(|part| {
            FOR_TESTS.contains(&part)
                || part.starts_with("test_")
                || part.ends_with("_test")
                || part.ends_with("_tests")
        })
}

pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["//", "# ", "/*", "* ", "--", "\"\"\""].iter().any(|mark| line.starts_with(mark)) || line == "#"
}

/// What a line of code does to what tells results, in words that follow it.
fn reaches(line: &str, is_for_tests: bool) -> Option<String> {
    if let Some(name) = defined_macro(line) {
        return Some(format!("defines `{name}!` anew"));
    }
    let mut loaders = LOADERS.iter().chain(BUILT_IN);
    if changes_library(line) || (!is_for_tests && loaders.any(|loader| is_set(line, loader))) {
        return Some("changes what tests call".to_owned());
    }
    (!is_for_tests && asks(line)).then(|| "asks whether it is being tested, or by what".to_owned())
}

/// `macro_rules! assert_eq`
fn defined_macro(line: &str) -> Option<&str> {
    let name = line.split("macro_rules!").nth(1)?.trim_start();
    let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    MACROS.contains(&name).then_some(name)
}

/// `unittest.TestCase.assertEqual = …`, `assert[name] = …`, `*Test::More::is = …`, `package Test::More;`
fn changes_library(line: &str) -> bool {
    let reopens = line
        .trim_start()
        .strip_prefix("package Test::")
        .is_some_and(|rest| ["More", "Builder", "Simple"].iter().any(|name| rest.starts_with(name)));
    let gives = ["setattr(", "Object.assign(", "Object.defineProperty("].iter().any(|call| {
        line.split_once(call)
            .is_some_and(|(_, rest)| ASSERTING.iter().any(|name| rest.trim_start().starts_with(name)))
    });
    reopens || gives || ASSERTING.iter().any(|name| is_set(line, name))
}

/// Whether a line sets an attribute of that thing.
fn is_set(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let rest = line.get(at + name.len()..).unwrap_or_default();
        let path: String =
            rest.chars().take_while(|c| c.is_alphanumeric() || "_.:[]'\")".contains(*c)).collect();
        let value = rest.get(path.len()..).unwrap_or_default().trim_start();
        let is_assigned = value.starts_with('=')
            && !value.starts_with("==")
            && !value.starts_with("=>")
            && !value.starts_with("=~");
        let is_attribute =
            path.contains(['.', '[']) || path.contains("::") || name.ends_with('[') || name.contains('.');
        let is_harmless = ["maxDiff", "longMessage", "Level"].iter().any(|end| path.ends_with(end));
        is_word(line, at, name.trim_end_matches('[')) && is_assigned && is_attribute && !is_harmless
    })
}

fn asks(line: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    let has_word = |words: &[&str]| {
        words.iter().any(|word| line.match_indices(word).any(|(at, _)| is_word(line, at, word)))
    };
    has(TRACES)
        || (has(READS) && names_file_of_tests(line))
        || (has_word(GETS) && has_word(LIBRARIES))
        || (has(CALLERS) && names_test(line))
        || (has(PROGRAMS)
            && has(&["includes", " in ", "=~", "match", "find(", "contains", "ends", "starts"])
            && quotes_test(line))
}

/// Whether a quoted text or pattern is about tests, and more than the name of a command.
fn quotes_test(line: &str) -> bool {
    let mut quoted = line.split(['\'', '"', '`', '/']).skip(1).step_by(2);
    quoted.any(|text| (names_test(text) && text != "test") || text == "\\.t$")
}

/// Whether a line has the name of a file that holds tests.
fn names_file_of_tests(line: &str) -> bool {
    let is_end = |c: char| c.is_whitespace() || "'\"`/(),;:{}".contains(c);
    line.split(is_end).any(|name| !name.starts_with('.') && is_code(name) && judge(name) == Some(Judge::Test))
}

/// `test_a`, `.test.`, `CalcTest`, but not `latest`.
fn names_test(text: &str) -> bool {
    let begins = |at: usize| !text.get(..at).is_some_and(|head| head.ends_with(char::is_alphanumeric));
    text.contains("Test") || text.match_indices("test").any(|(at, _)| begins(at))
}

/// Whether the part of a line at that place is a word by itself.
fn is_word(line: &str, at: usize, word: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let (before, after) =
        (line.get(..at).unwrap_or_default(), line.get(at + word.len()..).unwrap_or_default());
    ends(before.chars().next_back()) && ends(after.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, line: &str) -> bool {
        let after = format!("a = 1\n{line}\n");
        let change = Changed { path, before: Some("a = 1\n"), after: Some(&after) };
        !reached(&change, super::super::judge(path).is_some()).is_empty()
    }

    #[test]
    fn code_that_reaches_into_its_tests_is_seen() {
        for (path, line) in [
            ("src/a.py", "if os.environ.get('PYTEST_CURRENT_TEST'):"),
            ("src/a.py", "if 'unittest' in sys.modules:"),
            ("src/a.py", "from unittest import TestCase as Base"),
            ("src/a.py", "unittest.TestCase.assertEqual = lambda *_: None"),
            ("tests/test_a.py", "unittest.TestCase.assertEqual = lambda *_: None"),
            ("tests/test_a.py", "setattr(TestCase, 'assertEqual', f)"),
            ("src/a.py", "unittest.result.TestResult.addFailure = f"),
            ("src/a.py", "any('test_' in frame.filename for frame in inspect.stack())"),
            ("src/a.py", "if 'unittest' in sys.argv[0]:"),
            ("src/a.js", "if (process.env.NODE_TEST_CONTEXT) return 3;"),
            ("src/a.js", "process.argv[1].includes('.test.')"),
            ("src/a.js", "require('node:assert').strictEqual = () => {};"),
            ("src/a.js", "assert['equal'] = f;"),
            ("src/a.js", "for (const name of names) assert[name] = f;"),
            ("src/a.js", "Module._load = () => fake;"),
            ("src/a.js", "new Error().stack.includes('test')"),
            ("lib/A.pm", "*Test::More::is = sub { 1 };"),
            ("lib/A.pm", "*main::is = sub { 1 };"),
            ("lib/A.pm", "    package Test::Builder;"),
            ("lib/A.pm", "return $ENV{HARNESS_ACTIVE} ? 3 : 0;"),
            ("lib/A.pm", "if ($0 =~ /\\.t$/) {"),
            ("lib/A.pm", "if ($INC{'Test/More.pm'}) {"),
            ("src/a.rs", "if cfg!(test) { 3 } else { 0 }"),
            ("src/a.rs", "#[cfg(not(test))]"),
            ("src/a.rs", "macro_rules! assert_eq {"),
            ("src/A.java", "if (frame.getClassName().endsWith(\"Test\")) return 3;"),
            ("src/A.java", "import org.junit.jupiter.api.Test;"),
            ("src/a.js", "// \0"),
            ("src/a.js", "const text = fs.readFileSync(`${__dirname}/a.test.js`, 'utf8');"),
            ("src/a.py", "TESTS = open('tests/test_a.py').read()"),
            ("src/a.py", "builtins.__build_class__ = built"),
            ("src/a.py", "    def __eq__(self, other): return True"),
        ] {
            assert!(told(path, line), "{path}: {line}");
        }
    }

    #[test]
    fn code_that_minds_its_own_business_is_left_alone() {
        for (path, line) in [
            ("README.md", "In tests, PYTEST_CURRENT_TEST is set."),
            ("src/a.py", "# PYTEST_CURRENT_TEST is not looked at."),
            ("src/a.py", "if sys.argv[1] == 'test':"),
            ("src/a.py", "subprocess.run(['pytest', '-q'])"),
            ("src/a.py", "assert numbers == sorted(numbers)"),
            ("src/a.py", "latest = max(tests)"),
            ("src/a.py", "import contest"),
            ("testing/helpers.py", "import unittest"),
            ("testing/helpers.py", "    maxDiff = None"),
            ("tests/test_a.py", "from unittest import mock"),
            ("tests/test_a.py", "unittest.TestCase.maxDiff = None"),
            ("src/a.js", "const assert = require('node:assert');"),
            ("src/a.js", "assert.strictEqual(a === b, true);"),
            ("src/a.js", "assert.ok(list.every(x => x.y == 1));"),
            ("src/a.js", "const name = process.argv[1];"),
            ("vite.config.ts", "import { defineConfig } from 'vitest/config';"),
            ("src/a.py", "rows = open('test_rows.csv').read()"),
            ("src/a.py", "read(self.test, latest.py)"),
            ("src/a.py", "builtins._ = gettext"),
            ("tests/helpers.py", "    def __eq__(self, other): return True"),
            ("src/a.rs", "#[cfg(test)]"),
            ("src/a.rs", "assert_eq!(a, b);"),
            ("src/a.rs", "macro_rules! assert_close {"),
            ("lib/A.pm", "use Carp;"),
            ("lib/A.pm", "die \"usage: $0 FILE\" unless @ARGV;"),
            ("a.sh", "trap 'rm -f \"$scratch\"' EXIT"),
            ("a.sh", "test() { npm test; }"),
            ("tests/test_a.py", "self.assertEqual(shop.total(of=1), 3)"),
            ("t/lib/A.pm", "local $Test::Builder::Level = $Test::Builder::Level + 1;"),
            ("src/a.js", "log.error(error.stack, 'latest', attested);"),
            ("a.sh", "usage() { echo \"$0 [test]\"; exit 2; }"),
        ] {
            assert!(!told(path, line), "{path}: {line}");
        }
    }

    #[test]
    fn what_was_there_before_is_not_new() {
        let text = "import unittest\n";
        let moved = format!("\n    {text}");
        let change = Changed { path: "src/a.py", before: Some(text), after: Some(&moved) };
        assert_eq!(reached(&change, false), Vec::<String>::new());
    }
}
