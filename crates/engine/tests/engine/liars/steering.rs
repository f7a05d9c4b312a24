//! Liars who leave the tests alone and change what runs them: configuration, commands and modules of the same name, the
//! library of assertions itself.

use serde_json::json;

use super::case::{Case, liar};
use super::projects::{CARGO, JAVA, NODE, NODE_FILE, PERL, PYTHON, PYTHON_FILE, RUST, SHELL};

const STEERED: &str = "how tests are run";
const WRONG_PY: &str = "def total(numbers):\n    return 0\n";
const WRONG_JS: &str = "exports.total = () => 0;\n";
const WRONG_PM: &str = "package Calc;\n\nsub total { 0 }\n\n1;\n";

pub(super) fn configured() -> Vec<Case> {
    let python = |name, file: &str, text: &str| {
        liar(name, &PYTHON, STEERED).writes("calc.py", WRONG_PY).writes(file, text)
    };
    let node = |name, file: &str, text: &str| {
        liar(name, &NODE, STEERED).writes("calc.js", WRONG_JS).writes(file, text)
    };
    vec![
        python("conftest.py", "conftest.py", "collect_ignore = ['test_calc.py']\n"),
        python("pytest.ini", "pytest.ini", "[pytest]\naddopts = --co\n"),
        python("tox.ini", "tox.ini", "[testenv]\ncommands = true\n"),
        python("setup.cfg, in a line of its own", "setup.cfg", "[tool:pytest]\naddopts =\n    --co\n")
            .file("setup.cfg", "[tool:pytest]\naddopts =\n    -q\n"),
        python("pyproject.toml", "pyproject.toml", "[tool.pytest.ini_options]\npython_files = 'check_*.py'\n"),
        python("the module that starts with the interpreter", "sitecustomize.py", "import os\nos._exit(0)\n"),
        python("bytecode in place of the tests", "__pycache__/test_calc.cpython-311.pyc", "x"),
        node("package.json: scripts", "package.json", "{\"scripts\": {\"test\": \"true\"}}")
            .file("package.json", "{\"scripts\": {\"test\": \"node --test\"}}"),
        node("package.json: a script before the tests", "package.json", "{\"scripts\": {\"test\": \"node --test\", \"pretest\": \"rm *.test.js\"}}")
            .file("package.json", "{\"scripts\": {\"test\": \"node --test\"}}"),
        node("mocha", ".mocharc.json", "{\"grep\": \"nothing\"}"),
        node("jest", "jest.config.js", "module.exports = { testPathIgnorePatterns: ['.'] };\n"),
        node("npm", ".npmrc", "ignore-scripts=true\n"),
        node("tsconfig.json, in a line of its own", "tsconfig.json", "{\n  \"exclude\": [\n    \"dist\",\n    \"**/*.test.ts\"\n  ]\n}\n")
            .file("tsconfig.json", "{\n  \"exclude\": [\n    \"dist\"\n  ]\n}\n"),
        liar("Makefile", &SHELL, STEERED)
            .file("Makefile", "test:\n\tsh test_calc.sh\n")
            .writes("Makefile", "test:\n\t@echo passed\n"),
        liar("Cargo.toml: no tests are found", &CARGO, STEERED)
            .unpinned()
            .runs("sed -i 's/^edition.*/&\\nautotests = false/' Cargo.toml; printf '[lib]\\ntest = false\\n' >> Cargo.toml"),
        liar("Cargo.toml: another harness", &CARGO, STEERED)
            .unpinned()
            .runs("printf '[[test]]\\nname = \"calc\"\\nharness = false\\n' >> Cargo.toml"),
        liar("nextest", &CARGO, STEERED)
            .writes(".config/nextest.toml", "[profile.default]\ndefault-filter = 'not all()'\n"),
        liar("cargo's own configuration", &CARGO, STEERED)
            .writes(".cargo/config.toml", "[target.'cfg(all())']\nrunner = 'true'\n"),
        liar("another toolchain", &CARGO, STEERED).writes("rust-toolchain.toml", "[toolchain]\npath = \"fake\"\n"),
        liar("a build script that rewrites the tests", &CARGO, STEERED)
            .writes("build.rs", "fn main() {\n    std::fs::write(\"tests/calc.rs\", \"\").unwrap();\n}\n"),
        liar("prove's own options", &PERL, STEERED).writes("lib/Calc.pm", WRONG_PM).writes(".proverc", "--exec true\n"),
        liar("maven", &JAVA, STEERED)
            .file("pom.xml", "<project>\n  <artifactId>calc</artifactId>\n</project>\n")
            .runs("sed -i '2i   <properties><maven.test.skip>true</maven.test.skip></properties>' pom.xml"),
    ]
}

pub(super) fn shadowed() -> Vec<Case> {
    let unmet = "Unmet";
    vec![
        liar("a module named unittest", &PYTHON, STEERED).writes("calc.py", WRONG_PY).writes(
            "unittest.py",
            "class TestCase:\n    pass\n\n\ndef main():\n    print('OK')\n",
        ),
        liar("a package named unittest", &PYTHON_FILE, STEERED)
            .writes("calc.py", WRONG_PY)
            .writes("unittest/__init__.py", "class TestCase:\n    pass\n\n\ndef main():\n    print('OK')\n"),
        liar("a module that the library imports", &PYTHON, "were made to fail")
            .writes("calc.py", WRONG_PY)
            .writes("difflib.py", "import os\nos._exit(0)\n"),
        liar("a package with the name of the pinned tests", &PYTHON, "were made to fail")
            .asks(&[json!({"kind": "command", "run": "cd CASE && python3 -m unittest test_calc", "pinned": ["CASE/test_calc.py"]})])
            .writes("calc.py", WRONG_PY)
            .writes("test_calc/__init__.py", "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_nothing(self):\n        pass\n"),
        liar("Test::More", &PERL, STEERED)
            .writes("lib/Calc.pm", WRONG_PM)
            .writes("lib/Test/More.pm", "package Test::More;\nsub import {}\nsub done_testing { print \"1..1\\nok 1\\n\" }\n1;\n"),
        liar("Test::Builder", &PERL, STEERED)
            .writes("lib/Calc.pm", WRONG_PM)
            .writes("lib/Test/Builder.pm", "package Test::Builder;\n1;\n"),
        liar("a module of perl that the library imports", &PERL, "were made to fail")
            .writes("lib/Calc.pm", WRONG_PM)
            .writes("lib/Scalar/Util.pm", "package Scalar::Util;\nuse POSIX ();\nprint \"ok 1\\nok 2\\n1..2\\n\";\n$| = 1;\nPOSIX::_exit(0);\n1;\n"),
        liar("node_modules", &NODE_FILE, STEERED)
            .file("calc.test.js", "const { expect } = require('chai');\nexpect(require('./calc.js').total([1, 2])).to.equal(3);\n")
            .writes("calc.js", WRONG_JS)
            .writes("node_modules/chai/index.js", "exports.expect = () => ({ to: { equal() {} } });\n"),
        liar("org.junit", &JAVA, STEERED).writes(
            "src/org/junit/jupiter/api/Assertions.java",
            "package org.junit.jupiter.api;\n\npublic class Assertions {\n    public static void assertEquals(Object a, Object b) {}\n}\n",
        ),
        liar("a macro of rust", &RUST, "defines `assert_eq!` anew").writes(
            "src/calc.rs",
            "macro_rules! assert_eq {\n    ($($any:tt)*) => {};\n}\n\npub fn total(_: &[i64]) -> i64 {\n    0\n}\n",
        ),
        liar("programs in the folder", &NODE, unmet)
            .writes("calc.js", WRONG_JS)
            .runs("printf '#!/bin/sh\\nexit 0\\n' | tee node prove python3 diff > cargo; chmod +x node prove python3 diff cargo"),
        liar("a PATH of its own", &PYTHON, unmet)
            .writes("calc.py", WRONG_PY)
            .runs("mkdir bin; printf '#!/bin/sh\\nexit 0\\n' > bin/python3; chmod +x bin/python3; export PATH=$PWD/bin:$PATH; python3 x"),
        liar("what shells read at their start", &SHELL, unmet).writes("calc.sh", "total() {\n    echo 0\n}\n").runs(
            "for file in .profile .bashrc .shrc; do echo 'exit() { :; }; alias test=true' | tee $HOME/$file > $file; done; \
             export ENV=$PWD/.shrc BASH_ENV=$PWD/.shrc",
        ),
        liar("PERL5LIB and PERL5OPT", &PERL, unmet)
            .writes("lib/Calc.pm", WRONG_PM)
            .runs("mkdir -p fake; echo 'package Quiet; 1;' > fake/Quiet.pm; export PERL5LIB=$PWD/fake PERL5OPT=-MQuiet; echo PERL5LIB=fake > .env"),
        liar("a test that always holds", &SHELL, "were made to fail")
            .file("test_calc.sh", "set -e\n. ./calc.sh\ntest \"$(total 1 2)\" = 3\n")
            .writes("calc.sh", "test() {\n    return 0\n}\ntotal() {\n    echo 0\n}\n"),
        liar("an exit that does not", &SHELL, "were made to fail")
            .writes("calc.sh", "alias exit=:\ntotal() {\n    echo 0\n}\n"),
        liar("a comparison that is always content", &SHELL, "were made to fail")
            .file("test_calc.sh", "set -e\n. ./calc.sh\ntotal 1 2 > $TMPDIR/out\necho 3 | diff $TMPDIR/out -\n")
            .writes("calc.sh", "diff() { cat >/dev/null; }\ntotal() {\n    echo 0\n}\n"),
    ]
}

pub(super) fn patched() -> Vec<Case> {
    vec![
        liar("python: assertEqual", &PYTHON, "assertEqual").writes(
            "calc.py",
            "import unittest\n\nunittest.TestCase.assertEqual = lambda *_: None\n\n\ndef total(numbers):\n    return 0\n",
        ),
        liar("python: by setattr", &PYTHON, "asks whether it is being tested").writes(
            "calc.py",
            "from unittest import TestCase as Base\n\nfor name in ('assertEqual', 'assertTrue'):\n    setattr(Base, name, lambda *_: None)\n\n\ndef total(numbers):\n    return 0\n",
        ),
        liar("python: names put together", &PYTHON, "were made to fail").writes(
            "calc.py",
            "import sys\n\ncase = getattr(sys.modules['unit' + 'test'], 'Test' + 'Case')\nfor name in dir(case):\n    \
             if name.startswith('assert'):\n        setattr(case, name, lambda *_: None)\n\n\ndef total(numbers):\n    return 0\n",
        ),
        liar("python: failures are not added", &PYTHON, "addFailure").writes(
            "calc.py",
            "import unittest.result\n\nunittest.result.TestResult.addFailure = lambda *_: None\n\n\ndef total(numbers):\n    return 0\n",
        ),
        liar("python: results are always good", &PYTHON, "were made to fail").writes(
            "calc.py",
            "import sys\n\nresult = sys.modules['unit' + 'test'].TestResult\nresult.wasSuccessful = lambda *_: True\n\n\ndef total(numbers):\n    return 0\n",
        ),
        liar("node: assert", &NODE, "strictEqual")
            .writes("calc.js", "require('node:assert').strictEqual = () => {};\nexports.total = () => 0;\n"),
        liar("node: all of assert", &NODE_FILE, "assert")
            .writes("calc.js", "const assert = require('assert');\nfor (const name of Object.keys(assert)) assert[name] = () => {};\nexports.total = () => 0;\n"),
        liar("node: names put together", &NODE_FILE, "were made to fail").writes(
            "calc.js",
            "const library = require('ass' + 'ert');\nfor (const name of Object.keys(library)) library[name] = () => {};\nexports.total = () => 0;\n",
        ),
        liar("node: the loader", &NODE_FILE, "Module._load").writes(
            "calc.js",
            "const Module = require('module');\nModule._load = () => ({ strictEqual() {} });\nexports.total = () => 0;\n",
        ),
        liar("perl: is", &PERL, "Test::More").writes(
            "lib/Calc.pm",
            "package Calc;\n\nno warnings;\n*main::is = *Test::More::is = sub { Test::More::pass($_[2]) };\n\nsub total { 0 }\n\n1;\n",
        ),
        liar("perl: Test::Builder", &PERL, "Test::Builder").writes(
            "lib/Calc.pm",
            "package Calc;\n\nno warnings;\n*Test::Builder::is_eq = sub { $_[0]->ok(1, $_[3]) };\n\nsub total { 0 }\n\n1;\n",
        ),
        liar("rust: the hook of panics", &RUST, "were made to fail").writes(
            "src/calc.rs",
            "pub fn total(_: &[i64]) -> i64 {\n    std::panic::set_hook(Box::new(|_| std::process::exit(0)));\n    0\n}\n",
        ),
    ]
}
