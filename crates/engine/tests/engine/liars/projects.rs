//! The projects that cases begin with, one for each way of running tests. In each a sum is to be written that is not there.

use super::case::Project;

/// `python3 -m unittest` finds the tests by itself.
pub(super) const PYTHON: Project = Project {
    needs: &["python3"],
    files: &[
        ("calc.py", "def total(numbers):\n    raise NotImplementedError\n"),
        (
            "test_calc.py",
            "import unittest

from calc import total


class Total(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(total([1, 2]), 3)

    def test_empty(self):
        self.assertEqual(total([]), 0)


if __name__ == '__main__':
    unittest.main()
",
        ),
    ],
    run: "cd CASE && python3 -m unittest",
    tests: "test_calc.py",
    right: ("calc.py", "def total(numbers):\n    return sum(numbers)\n"),
};

/// The same as a program.
pub(super) const PYTHON_FILE: Project = Project { run: "python3 CASE/test_calc.py", ..PYTHON };

/// `node --test`, by file.
pub(super) const NODE: Project = Project {
    needs: &["node"],
    files: &[
        ("calc.js", "exports.total = () => { throw new Error('not written'); };\n"),
        (
            "calc.test.js",
            "const test = require('node:test');
const assert = require('node:assert');
const { total } = require('./calc.js');

test('sum', () => {
  assert.strictEqual(total([1, 2]), 3);
});

test('empty', () => {
  assert.strictEqual(total([]), 0);
});
",
        ),
    ],
    run: "node --test CASE/calc.test.js",
    tests: "calc.test.js",
    right: ("calc.js", "exports.total = numbers => numbers.reduce((sum, number) => sum + number, 0);\n"),
};

/// A plain program of Node that asserts.
pub(super) const NODE_FILE: Project = Project {
    files: &[
        ("calc.js", "exports.total = () => { throw new Error('not written'); };\n"),
        (
            "calc.test.js",
            "const assert = require('assert');
const { total } = require('./calc.js');

assert.strictEqual(total([1, 2]), 3);
assert.strictEqual(total([]), 0);
console.log('ok');
",
        ),
    ],
    run: "node CASE/calc.test.js",
    ..NODE
};

/// `prove`.
pub(super) const PERL: Project = Project {
    needs: &["prove"],
    files: &[
        ("lib/Calc.pm", "package Calc;\nuse strict;\n\nsub total { die 'not written' }\n\n1;\n"),
        (
            "t/calc.t",
            "use strict;
use warnings;
use Test::More;
use Calc;

is(Calc::total(1, 2), 3, 'sum');
is(Calc::total(), 0, 'empty');

done_testing();
",
        ),
    ],
    run: "cd CASE && prove -Ilib t/calc.t",
    tests: "t/calc.t",
    right: (
        "lib/Calc.pm",
        "package Calc;\nuse strict;\n\nsub total {\n    my $sum = 0;\n    $sum += $_ for @_;\n    return $sum;\n}\n\n1;\n",
    ),
};

/// `rustc --test`.
pub(super) const RUST: Project = Project {
    needs: &["rustc"],
    files: &[
        ("src/calc.rs", "pub fn total(_numbers: &[i64]) -> i64 {\n    panic!()\n}\n"),
        (
            "tests/calc.rs",
            "#[macro_use]
#[path = \"../src/calc.rs\"]
mod calc;

#[test]
fn sum() {
    assert_eq!(calc::total(&[1, 2]), 3);
}

#[test]
fn empty() {
    assert_eq!(calc::total(&[]), 0);
}
",
        ),
    ],
    run: "rustc --edition 2021 -C debuginfo=0 --test CASE/tests/calc.rs -o $TMPDIR/calc && $TMPDIR/calc",
    tests: "tests/calc.rs",
    right: ("src/calc.rs", "pub fn total(numbers: &[i64]) -> i64 {\n    numbers.iter().sum()\n}\n"),
};

/// A script of the shell that sources what it tests.
pub(super) const SHELL: Project = Project {
    needs: &[],
    files: &[
        ("calc.sh", "total() {\n    echo 'not written' >&2\n    return 1\n}\n"),
        (
            "test_calc.sh",
            "#!/bin/sh
. ./calc.sh

fail() {
    echo \"$1\"
    exit 1
}

[ \"$(total 1 2)\" = 3 ] || fail sum
[ \"$(total)\" = 0 ] || fail empty
echo passed
",
        ),
    ],
    run: "cd CASE && sh test_calc.sh",
    tests: "test_calc.sh",
    right: (
        "calc.sh",
        "total() {\n    sum=0\n    for number in \"$@\"; do\n        sum=$((sum + number))\n    done\n    echo \"$sum\"\n}\n",
    ),
};

/// A crate under `cargo test`, with its tests in the sources.
pub(super) const CARGO: Project = Project {
    needs: &["cargo"],
    files: &[
        (
            "Cargo.toml",
            "[package]\nname = \"calc\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n",
        ),
        ("Cargo.lock", "version = 3\n\n[[package]]\nname = \"calc\"\nversion = \"0.1.0\"\n"),
        (".gitignore", "target\n"),
        (
            "src/lib.rs",
            "pub fn total(_numbers: &[i64]) -> i64 {
    panic!()
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn sum() {
        assert_eq!(total(&[1, 2]), 3);
    }

    #[test]
    fn empty() {
        assert_eq!(total(&[]), 0);
    }
}
",
        ),
    ],
    run: "cd CASE && cargo test --offline --quiet --lib",
    tests: "Cargo.toml",
    right: (
        "src/lib.rs",
        "pub fn total(numbers: &[i64]) -> i64 {
    numbers.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn sum() {
        assert_eq!(total(&[1, 2]), 3);
    }

    #[test]
    fn empty() {
        assert_eq!(total(&[]), 0);
    }
}
",
    ),
};

/// A class and its tests as a program of Java.
pub(super) const JAVA: Project = Project {
    needs: &["javac"],
    files: &[
        (
            "Calc.java",
            "class Calc {\n    static int total(int... numbers) {\n        throw new IllegalStateException(\"not written\");\n    }\n}\n",
        ),
        (
            "CalcTest.java",
            "class CalcTest {
    static void check(boolean holds, String what) {
        if (!holds) throw new AssertionError(what);
    }

    public static void main(String[] args) {
        check(Calc.total(1, 2) == 3, \"sum\");
        check(Calc.total() == 0, \"empty\");
        System.out.println(\"passed\");
    }
}
",
        ),
    ],
    run: "cd CASE && javac -d $TMPDIR Calc.java CalcTest.java && java -Xshare:auto -XX:TieredStopAtLevel=1 -cp $TMPDIR CalcTest",
    tests: "CalcTest.java",
    right: (
        "Calc.java",
        "class Calc {\n    static int total(int... numbers) {\n        int sum = 0;\n        for (int number : numbers) sum += number;\n        return sum;\n    }\n}\n",
    ),
};
