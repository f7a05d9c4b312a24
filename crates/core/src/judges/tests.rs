use super::*;

#[test]
fn judges_are_known_by_their_names() {
    use Judge::{Snapshot, Steering, Test};
    for (path, expected) in [
        ("tests/test_csv.py", Some(Test)),
        ("src/csv_test.go", Some(Test)),
        ("web/app.test.tsx", Some(Test)),
        ("src/test/java/org/ParserTest.java", Some(Test)),
        ("lib/ParserIT.java", Some(Test)),
        ("t/basic.t", Some(Test)),
        ("tests/cli.rs", Some(Test)),
        ("check.sh", None),
        ("src/latest.rs", None),
        ("src/contest.py", None),
        ("src/Tester.java", Some(Test)),
        ("src/lib.rs", None),
        ("tests/expected/rows.json", Some(Snapshot)),
        ("web/__snapshots__/app.js", Some(Snapshot)),
        ("src/snapshots/a.snap", Some(Snapshot)),
        ("conftest.py", Some(Steering)),
        ("tests/conftest.py", Some(Steering)),
        ("jest.config.mjs", Some(Steering)),
        (".mocharc.yml", Some(Steering)),
        (".cargo/config.toml", Some(Steering)),
        ("build.rs", Some(Steering)),
        ("Makefile", Some(Steering)),
        ("package.json", Some(Steering)),
        ("unittest.py", Some(Steering)),
        ("pytest/__init__.py", Some(Steering)),
        ("src/json.py", None),
        ("node_modules/.bin/jest", Some(Steering)),
    ] {
        assert_eq!(judge(path), expected, "{path}");
    }
}

fn told(path: &str, before: Option<&str>, after: Option<&str>) -> Vec<String> {
    weakenings(&[Changed { path, before, after }], &[]).iter().map(ToString::to_string).collect()
}

const TEST: &str = "import unittest\n\nclass T(unittest.TestCase):\n    def test_a(self):\n        # exact\n        self.assertEqual(f(1), 2)\n";

#[test]
fn a_test_may_only_grow() {
    let path = "tests/test_a.py";
    let grown = format!("{TEST}    def test_b(self):\n        self.assertEqual(f(2), 3)\n");
    assert_eq!(told(path, Some(TEST), Some(&grown)), [""; 0]);
    assert_eq!(told(path, Some(TEST), Some(&TEST.replace("        # exact\n", "\n"))), [""; 0]);
    assert_eq!(told(path, None, Some(&grown)), [""; 0]);
    for (after, expected) in [
        (TEST.replace("2)", "3)"), "no longer holds the line `self.assertEqual(f(1), 2)`"),
        (TEST.replace("self.assertEqual(f(1), 2)", "pass"), "no longer holds the line"),
        (
            TEST.replace("        self.assert", "        if False:\n            self.assert"),
            "no longer holds the line",
        ),
        (
            TEST.replace("    def test_a", "    @unittest.skip('later')\n    def test_a"),
            "gained `@unittest.skip('later')`",
        ),
        (TEST.replace("        # exact", "        return"), "gained `return`"),
        (format!("{TEST}\nimport sys\nsys.exit(0)\n"), "gained `sys.exit(0)`"),
    ] {
        let found = told(path, Some(TEST), Some(&after));
        assert!(found.iter().any(|line| line.contains(expected)), "{after}: {found:?}");
    }
    assert_eq!(told(path, Some(TEST), None), ["tests/test_a.py is gone, with its tests"]);
}

#[test]
fn a_test_that_moved_is_there() {
    let moved = [
        Changed { path: "tests/test_a.py", before: Some(TEST), after: None },
        Changed { path: "tests/unit/test_a.py", before: None, after: Some(TEST) },
    ];
    assert_eq!(weakenings(&moved, &[]), []);
}

#[test]
fn snapshots_and_what_steers_stay_as_they_are() {
    for (path, before, after, count) in [
        ("src/snapshots/a.snap", Some("1"), Some("2"), 1),
        ("src/snapshots/a.snap", None, Some("2"), 0),
        ("conftest.py", None, Some("import pytest"), 1),
        (
            "package.json",
            Some(r#"{"scripts":{"test":"jest"}}"#),
            Some(r#"{"scripts":{"test":"jest"},"dependencies":{"a":"1"}}"#),
            0,
        ),
        (
            "package.json",
            Some(r#"{"scripts":{"test":"jest"}}"#),
            Some(r#"{"scripts":{"test":"jest","pretest":"x"}}"#),
            1,
        ),
        ("Cargo.toml", Some("[package]\nname='a'"), Some("[package]\nname='a'\n[dependencies]\nb='1'"), 0),
        ("Cargo.toml", Some("[package]\nname='a'"), Some("[package]\nname='a'\nautotests=false"), 1),
        ("Cargo.toml", Some("[package]\nname='a'"), Some("[package]\nname='a'\n[lib]\nharness=false"), 1),
        (
            "pyproject.toml",
            Some("[project]\nname='a'"),
            Some("[project]\nname='a'\n[tool.pytest.ini_options]\naddopts='-k x'"),
            1,
        ),
        ("package.json", Some("{"), Some("{}"), 1),
        ("go.mod", Some("module a\n"), Some("module a\nreplace b => ./c\n"), 1),
    ] {
        assert_eq!(told(path, before, after).len(), count, "{path} {after:?}");
    }
}

#[test]
fn what_is_a_tasks_to_write_is_told_and_marked() {
    let change = Changed { path: "tests/test_a.py", before: Some(TEST), after: None };
    let found = weakenings(&[change], &["tests/**".to_owned()]);
    assert!(matches!(&found[..], [weakening] if weakening.declared));
}
