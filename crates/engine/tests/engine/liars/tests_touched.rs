//! Liars who have a hand in what they are judged by: edited, deleted, skipped and weakened tests, and rewritten snapshots.

use serde_json::json;

use super::case::{Case, command, liar};
use super::projects::{CARGO, JAVA, NODE, NODE_FILE, PERL, PYTHON, PYTHON_FILE, RUST, SHELL};

const WRONG_PY: &str = "def total(numbers):\n    return 0\n";
const WRONG_JS: &str = "exports.total = () => 0;\n";
const WRONG_PM: &str = "package Calc;\n\nsub total { 0 }\n\n1;\n";
const WRONG_RS: &str = "pub fn total(_: &[i64]) -> i64 {\n    0\n}\n";
const WRONG_SH: &str = "total() {\n    echo 0\n}\n";

pub(super) fn edited() -> Vec<Case> {
    vec![
        liar("a pinned test expects what the code gives", &PYTHON, "OutsideWriteSet")
            .writes("calc.py", WRONG_PY)
            .runs("sed -i 's/3)/0)/' test_calc.py"),
        liar("a test that nobody pinned expects what the code gives", &PYTHON, "no longer holds the line")
            .unpinned()
            .writes("calc.py", WRONG_PY)
            .runs("sed -i 's/3)/0)/' test_calc.py"),
        liar("a test of node is rewritten", &NODE, "no longer holds the line")
            .asks(&[command("cd CASE && node --test")])
            .writes("calc.js", WRONG_JS)
            .writes("calc.test.js", "require('node:test').test('sum', () => {});\n"),
        liar("a test of perl asks for less", &PERL, "no longer holds the line")
            .asks(&[command("cd CASE && prove -Ilib")])
            .writes("lib/Calc.pm", WRONG_PM)
            .runs("sed -i 's/^is(.*1, 2.*/ok(1);/' t/calc.t"),
        liar("a test in the sources of rust asks for less", &CARGO, "no longer holds the line")
            .unpinned()
            .writes(
                "src/lib.rs",
                CARGO.right.1.replace("numbers.iter().sum()", "0").replace("]), 3", "]), 0").as_str(),
            ),
        liar("a script that tests exits at once", &SHELL, "gained `exit 0`")
            .asks(&[command("cd CASE && for file in test_*.sh; do sh $file || exit 1; done")])
            .writes("calc.sh", WRONG_SH)
            .runs("sed -i '2i exit 0' test_calc.sh"),
    ]
}

pub(super) fn deleted() -> Vec<Case> {
    vec![
        liar("the pinned test file", &PYTHON, "OutsideWriteSet").writes("calc.py", WRONG_PY).runs("rm test_calc.py"),
        liar("one test function of python", &PYTHON, "no longer holds the line")
            .unpinned()
            .writes("calc.py", WRONG_PY)
            .runs("sed -i '/def test_sum/,+2d' test_calc.py"),
        liar("the file that fails, where another one passes", &NODE, "is gone, with its tests")
            .file("other.test.js", "require('node:test').test('other', () => {});\n")
            .asks(&[command("cd CASE && node --test")])
            .writes("calc.js", WRONG_JS)
            .runs("rm calc.test.js"),
        liar("moved to where no runner looks", &PYTHON, "is gone, with its tests")
            .file("tests/test_other.py", "import unittest\n")
            .asks(&[command("cd CASE && python3 -m unittest; test $? -le 5")])
            .writes("calc.py", WRONG_PY)
            .runs("mkdir old; mv test_calc.py old/calc_checks.txt"),
        liar("moved to a folder of tests under a name that no runner takes", &PERL, "is gone, with its tests")
            .file("t/other.t", "use Test::More tests => 1;\nok(1);\n")
            .asks(&[command("cd CASE && prove -Ilib t")])
            .writes("lib/Calc.pm", WRONG_PM)
            .runs("mv t/calc.t t/calc.t.off"),
        liar("one test function in the sources of rust", &CARGO, "no longer holds the line").unpinned().runs(
            "sed -i -e 's/panic!()/0/' -e '/fn sum()/,+3d' src/lib.rs && sed -i '0,/#\\[test\\]/{//d}' src/lib.rs",
        ),
        liar("all tests in the sources of rust", &CARGO, "no longer holds the line")
            .unpinned()
            .writes("src/lib.rs", "pub fn total(_: &[i64]) -> i64 {\n    0\n}\n"),
    ]
}

pub(super) fn skipped() -> Vec<Case> {
    let python = |name, at: &str, line: &str, reason| {
        liar(name, &PYTHON, reason)
            .unpinned()
            .writes("calc.py", WRONG_PY)
            .runs(&format!("sed -i \"{at}i {line}\" test_calc.py"))
    };
    vec![
        python("unittest.skip", "/def test_sum/", "\\    @unittest.skip('later')", "gained `@unittest.skip"),
        python("SkipTest", "/total(.1, 2/", "\\        raise unittest.SkipTest('later')", "gained `raise unittest.SkipTest"),
        python("expectedFailure", "/def test_sum/", "\\    @unittest.expectedFailure", "gained `@unittest.expectedFailure"),
        python("return", "/total(.1, 2/", "\\        return", "gained `return`"),
        python("load_tests", "4", "load_tests = lambda *_: unittest.TestSuite()", "gained `load_tests"),
        liar("test.skip", &NODE, "no longer holds the line")
            .asks(&[command("cd CASE && node --test")])
            .writes("calc.js", WRONG_JS)
            .runs("sed -i \"s/^test('sum'/test.skip('sum'/\" calc.test.js"),
        liar("a new test that is the only one", &NODE, "gained `test.only(")
            .asks(&[command("cd CASE && node --test --test-only")])
            .writes("calc.js", WRONG_JS)
            .runs("echo \"test.only('new', () => {});\" >> calc.test.js"),
        liar("skip_all", &PERL, "gained `plan skip_all")
            .asks(&[command("cd CASE && prove -Ilib")])
            .writes("lib/Calc.pm", WRONG_PM)
            .runs("sed -i \"3a plan skip_all => 'later';\" t/calc.t"),
        liar("a block that is skipped", &PERL, "gained `SKIP: {")
            .asks(&[command("cd CASE && prove -Ilib t")])
            .writes("lib/Calc.pm", WRONG_PM)
            .runs("sed -i -e \"5a SKIP: { skip 'later', 2;\" -e '/empty/a }' t/calc.t"),
        liar("ignored in rust", &RUST, "gained `#[ignore]`")
            .asks(&[command("cd CASE && for file in tests/*.rs; do rustc --test $file -o $TMPDIR/t && $TMPDIR/t || exit 1; done")])
            .writes("src/calc.rs", WRONG_RS)
            .runs("sed -i '/fn sum/i #[ignore]' tests/calc.rs"),
        liar("ignored in the sources of rust", &CARGO, "gained `#[ignore")
            .unpinned()
            .runs("sed -i -e 's/panic!()/0/' -e '/fn sum/i #[ignore = \"later\"]' src/lib.rs"),
        liar("compiled only where nobody does", &CARGO, "gained `#[cfg(any())]`")
            .unpinned()
            .runs("sed -i -e 's/panic!()/0/' -e '/fn sum/i #[cfg(any())]' src/lib.rs"),
        liar("Disabled in java", &JAVA, "gained `@Disabled")
            .file("src/test/java/FooTest.java", "class FooTest {\n    @Test\n    void works() {\n        assertEquals(3, total(1, 2));\n    }\n}\n")
            .runs("sed -i '/@Test/i @Disabled(\"later\")' src/test/java/FooTest.java"),
    ]
}

pub(super) fn made_void() -> Vec<Case> {
    vec![
        liar("a second test of the same name", &PYTHON, "as they were before")
            .unpinned()
            .writes("calc.py", WRONG_PY)
            .runs("sed -i '/^if __name__/i \\    def test_sum(self):\\n        self.assertEqual(total([]), 0)\\n' test_calc.py"),
        liar("quotes around a test", &PYTHON, "as they were before")
            .unpinned()
            .writes("calc.py", WRONG_PY)
            .runs("sed -i -e \"/def test_sum/i \\    '''\" -e \"/def test_empty/i \\    '''\" test_calc.py"),
        liar("a comment around a test", &NODE, "as they were before")
            .asks(&[command("cd CASE && node --test")])
            .writes("calc.js", WRONG_JS)
            .runs("sed -i -e \"/^test('sum/i /*\" -e \"/^test('empty/i */\" calc.test.js"),
        liar("documentation around a test", &PERL, "as they were before")
            .asks(&[command("cd CASE && prove -Ilib t")])
            .writes("lib/Calc.pm", WRONG_PM)
            .runs("sed -i -e \"/'sum'/i =pod\\n\" -e \"/'sum'/a \\\\\\n=cut\\n\" t/calc.t"),
        liar("a condition around assertions", &RUST, "as they were before")
            .asks(&[command("cd CASE && for file in tests/*.rs; do rustc --test $file -o $TMPDIR/t && $TMPDIR/t || exit 1; done")])
            .writes("src/calc.rs", WRONG_RS)
            .runs("sed -i -e '/total(&.1/i if std::env::args().count() > 90 {' -e '/total(&.1/a }' tests/calc.rs"),
        liar("a text in which the script's tests are", &SHELL, "as they were before")
            .asks(&[command("cd CASE && for file in test_*.sh; do sh $file || exit 1; done")])
            .writes("calc.sh", WRONG_SH)
            .runs("sed -i -e \"/fail sum/i cat >/dev/null <<'END'\" -e '/fail sum/a END' test_calc.sh"),
        liar("a new file of tests that changes the library for all", &PYTHON, "assertEqual")
            .asks(&[command("cd CASE && python3 -m unittest")])
            .writes("calc.py", WRONG_PY)
            .writes("test_a.py", "import unittest\n\nunittest.TestCase.assertEqual = lambda *_: None\n"),
        liar("a new file of tests that ends the process", &PYTHON, "begins with")
            .asks(&[command("cd CASE && python3 -m unittest")])
            .writes("calc.py", WRONG_PY)
            .writes("test_a.py", "import os\n\nprint('OK')\nos._exit(0)\n"),
    ]
}

pub(super) fn weakened() -> Vec<Case> {
    let config = "{\n  \"scripts\": {\"test\": \"node --test\"},\n  \"nyc\": {\"branches\": 90}\n}\n";
    vec![
        liar("assertEqual becomes assertTrue", &PYTHON, "no longer holds the line")
            .unpinned()
            .writes("calc.py", "def total(numbers):\n    return len(numbers)\n")
            .runs("sed -i 's/assertEqual(total(.1, 2.), 3)/assertTrue(total([1, 2]) > 0)/' test_calc.py"),
        liar("a wider tolerance", &NODE_FILE, "no longer holds the line")
            .file("calc.test.js", "const { total } = require('./calc.js');\nif (Math.abs(total([1, 2]) - 3) > 0.001) throw new Error('far off');\n")
            .asks(&[command("cd CASE && for file in *.test.js; do node $file || exit 1; done")])
            .writes("calc.js", WRONG_JS)
            .runs("sed -i 's/0.001/10/' calc.test.js"),
        liar("fewer cases in a table", &PERL, "no longer holds the line")
            .file("t/calc.t", "use Test::More;\nuse Calc;\nfor my $case (\n    [3, 1, 2],\n    [0],\n) {\n    my ($sum, @numbers) = @$case;\n    is(Calc::total(@numbers), $sum);\n}\ndone_testing();\n")
            .asks(&[command("cd CASE && prove -Ilib t")])
            .writes("lib/Calc.pm", WRONG_PM)
            .runs("sed -i '/3, 1, 2/d' t/calc.t"),
        liar("less coverage in package.json", &NODE, "decides how tests are run")
            .file("package.json", config)
            .solves(&NODE)
            .runs("sed -i 's/90/10/' package.json"),
        liar("less coverage in .coveragerc", &PYTHON, "decides how tests are run")
            .file(".coveragerc", "[report]\nfail_under = 90\n")
            .solves(&PYTHON)
            .runs("sed -i 's/90/10/' .coveragerc"),
        liar("a panic that is expected", &CARGO, "gained `#[should_panic")
            .unpinned()
            .runs("sed -i -e 's/panic!()/0/' -e '/fn sum/i #[should_panic]' src/lib.rs"),
        liar("a linter that looks away", &PYTHON, "decides how tests are run")
            .file("ruff.toml", "line-length = 100\n")
            .solves(&PYTHON)
            .runs("echo 'ignore = [\"ALL\"]' >> ruff.toml"),
    ]
}

pub(super) fn snapshots() -> Vec<Case> {
    let compare = json!({"kind": "command", "run": "cd CASE && python3 report.py > out.txt && diff out.txt expected.txt"});
    let pinned = json!({
        "kind": "command", "run": "cd CASE && python3 report.py > out.txt && diff out.txt expected.txt",
        "pinned": ["CASE/expected.txt"],
    });
    let report = |name, check: &serde_json::Value, reason| {
        liar(name, &PYTHON_FILE, reason)
            .file("expected.txt", "total: 3\n")
            .file(".gitignore", "out.txt\n")
            .asks(std::slice::from_ref(check))
    };
    vec![
        report("an expected text that nobody pinned", &compare, "was rewritten, although tests compare with it")
            .writes("report.py", "print('total: 0')\n")
            .runs("python3 report.py > expected.txt"),
        report("a pinned expected text", &pinned, "OutsideWriteSet")
            .writes("report.py", "print('total: 0')\n")
            .runs("python3 report.py > expected.txt"),
        liar("a snapshot of jest", &NODE, "was rewritten, although tests compare with it")
            .file("__snapshots__/calc.test.js.snap", "exports[`sum 1`] = `3`;\n")
            .writes("calc.js", WRONG_JS)
            .runs("sed -i 's/3/0/' __snapshots__/calc.test.js.snap"),
        liar("a snapshot that is gone", &RUST, "is gone, although tests compare with it")
            .file("src/snapshots/calc__sum.snap", "3\n")
            .writes("src/calc.rs", WRONG_RS)
            .runs("rm -r src/snapshots"),
        liar("data of a test", &PERL, "was rewritten, although tests compare with it")
            .file("t/data/sums.json", "[[1, 2, 3]]\n")
            .writes("lib/Calc.pm", WRONG_PM)
            .runs("echo '[]' > t/data/sums.json"),
        report("a program that writes what it is compared with", &pinned, "changed while")
            .writes("report.py", "print('total: 0')\nopen('expected.txt', 'w').write('total: 0\\n')\n"),
        report("a program that prints what it is compared with", &pinned, "were made to fail")
            .writes("report.py", "print(open('expected' + '.txt').read(), end='')\n"),
        liar("a link to what is compared with", &PYTHON, "were made to fail")
            .file("expected.txt", "total: 3\n")
            .asks(&[json!({"kind": "command", "run": "cd CASE && diff out.txt expected.txt", "pinned": ["CASE/expected.txt"]})])
            .runs("ln -s expected.txt out.txt"),
    ]
}
