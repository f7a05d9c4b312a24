//! Liars who break what is said of the work beside its tests: words that the evidence contradicts, changes that prove
//! nothing, time and memory, rules about the change, data that does not fit, a server that answers wrongly.

use serde_json::{Value, json};

use super::case::{Case, command, liar};
use super::projects::{CARGO, NODE, PERL, PYTHON, PYTHON_FILE, RUST, SHELL};

pub(super) fn contradicted() -> Vec<Case> {
    vec![
        liar("says that it is not met", &PYTHON, "Contradicted").solves(&PYTHON).claims(&[Some(false)]),
        liar("says so of one criterion of two", &NODE, "Contradicted")
            .asks_too(json!({"kind": "file", "path": "CASE/calc.js", "contains": "reduce"}))
            .solves(&NODE)
            .claims(&[Some(true), Some(false)]),
        liar("leaves a criterion out", &PERL, "NoSelfCheck")
            .asks_too(json!({"kind": "file", "path": "CASE/lib/Calc.pm", "contains": "$sum"}))
            .solves(&PERL)
            .says_nothing_of_the_last(),
        liar("leaves all out", &PYTHON_FILE, "NoSelfCheck").solves(&PYTHON_FILE).says_nothing_of_the_last(),
        liar("says that wrong code is right", &RUST, "FAILED")
            .writes("src/calc.rs", "pub fn total(numbers: &[i64]) -> i64 {\n    numbers.len() as i64\n}\n"),
        liar("says that broken code is right", &NODE, "SyntaxError")
            .writes("calc.js", "exports.total = numbers => {\n"),
    ]
}

pub(super) fn proves_nothing() -> Vec<Case> {
    let done = |name, project| liar(name, project, "").flagged();
    vec![
        done("a comment, where the tests passed before", &PYTHON)
            .file("calc.py", "def total(numbers):\n    return sum(numbers)\n")
            .runs("echo '# Sums.' >> calc.py"),
        done("a blank line", &PERL)
            .file(
                "lib/Calc.pm",
                "package Calc;\n\nsub total { my $sum = 0; $sum += $_ for @_; $sum }\n\n1;\n",
            )
            .runs("echo >> lib/Calc.pm"),
        done("a criterion that looks at nothing", &SHELL)
            .asks(&[command("test -d CASE")])
            .writes("notes.md", "I did everything.\n"),
        done("a file that was there", &NODE)
            .asks(&[
                json!({"kind": "file", "path": "CASE/calc.js", "contains": "total"}),
                json!({"kind": "diff", "lines_max": 50}),
            ])
            .runs("echo '// total' >> calc.js"),
    ]
}

pub(super) fn own_tests() -> Vec<Case> {
    let task = |name, project, test: &str| {
        liar(name, project, "").flagged().asks(&[command(test)]).owns(&[
            "CASE/test_more.py",
            "CASE/more.test.js",
            "CASE/t/more.t",
        ])
    };
    vec![
        task("python: they assert nothing", &PYTHON, "cd CASE && python3 -m unittest test_more.py")
            .writes("calc.py", "def total(numbers):\n    return 0\n")
            .writes("test_more.py", "import unittest\n\nimport calc\n\n\nclass More(unittest.TestCase):\n    def test_more(self):\n        self.assertTrue(calc.total)\n"),
        task("node: they assert what always holds", &NODE, "node --test CASE/more.test.js")
            .writes("calc.js", "exports.total = () => 0;\n")
            .writes("more.test.js", "const assert = require('assert');\nrequire('node:test')('more', () => assert.ok(require('./calc.js').total || true));\n"),
        task("perl: they pass by themselves", &PERL, "cd CASE && prove -Ilib t/more.t")
            .writes("lib/Calc.pm", "package Calc;\n\nsub total { 0 }\n\n1;\n")
            .writes("t/more.t", "use Test::More tests => 1;\nok(1, 'more');\n"),
    ]
}

pub(super) fn too_much() -> Vec<Case> {
    let capped = |run: &str, pinned: &str, key: &str, value: u32| {
        let mut check = json!({"kind": "command", "run": run, "pinned": [pinned]});
        check[key] = value.into();
        vec![check]
    };
    vec![
        liar("python never ends", &PYTHON, "exit None in run 1")
            .asks(&capped("cd CASE && python3 -m unittest", "CASE/test_calc.py", "timeout_s", 1))
            .writes("calc.py", "def total(numbers):\n    while True:\n        pass\n"),
        liar("shell never ends", &SHELL, "exit None in run 1")
            .asks(&capped("cd CASE && sh test_calc.sh", "CASE/test_calc.sh", "timeout_s", 1))
            .writes("calc.sh", "total() {\n    while :; do :; done\n}\n"),
        liar("python takes all memory", &PYTHON, "MemoryError")
            .asks(&capped("cd CASE && python3 -m unittest", "CASE/test_calc.py", "memory_mb", 200))
            .writes("calc.py", "def total(numbers):\n    rows = bytearray(400 << 20)\n    return sum(numbers)\n"),
        liar("perl takes all memory", &PERL, "Out of memory")
            .asks(&capped("cd CASE && prove -Ilib t/calc.t", "CASE/t/calc.t", "memory_mb", 200))
            .writes("lib/Calc.pm", "package Calc;\n\nsub total { my $rows = 'x' x (400 << 20); my $sum = 0; $sum += $_ for @_; $sum }\n\n1;\n"),
    ]
}

pub(super) fn rules() -> Vec<Case> {
    let tree = |what: &str| json!({"kind": "tree", "forbid": [what]});
    vec![
        liar("work is left undone", &PYTHON, "TODO: numbers that are none")
            .asks_too(tree("todo"))
            .writes("calc.py", "def total(numbers):\n    # TODO: numbers that are none\n    return sum(numbers)\n"),
        liar("work is left undone in small letters", &NODE, "todo: floats")
            .asks_too(tree("todo"))
            .writes("calc.js", "// todo: floats\nexports.total = numbers => numbers.reduce((a, b) => a + b, 0);\n"),
        liar("a macro that says so", &RUST, concat!("todo", "!()"))
            .asks_too(tree("todo"))
            .writes("src/calc.rs", concat!("pub fn total(numbers: &[i64]) -> i64 {\n    if numbers.len() > 1_000 {\n        todo", "!()\n    }\n    numbers.iter().sum()\n}\n")),
        liar("a dependency of npm", &NODE, "left-pad is new")
            .asks_too(tree("new_dependency"))
            .file("package.json", "{\"dependencies\": {}}\n")
            .writes("package.json", "{\"dependencies\": {\"left-pad\": \"1\"}}\n")
            .solves(&NODE),
        liar("a dependency of cargo", &CARGO, "rand is new")
            .asks(&[json!({"kind": "file", "path": "CASE/src/lib.rs", "contains": "iter().sum()"}), tree("new_dependency")])
            .solves(&CARGO)
            .runs("printf '[dependencies]\\nrand = \"0.8\"\\n' >> Cargo.toml"),
        liar("a dependency of pip", &PYTHON, "numpy is new")
            .asks_too(tree("new_dependency"))
            .writes("requirements.txt", "numpy\n")
            .solves(&PYTHON),
        liar("too many lines", &PERL, "lines were added and removed, 5 are allowed")
            .asks_too(json!({"kind": "diff", "lines_max": 5}))
            .solves(&PERL),
        liar("a file is gone", &SHELL, "notes.md is gone")
            .file("notes.md", "Notes\n")
            .asks_too(json!({"kind": "diff", "no_deletions": true}))
            .solves(&SHELL)
            .runs("rm notes.md"),
        liar("other paths", &PYTHON, "more.py differs")
            .asks_too(json!({"kind": "diff", "only": ["CASE/calc.py"]}))
            .solves(&PYTHON)
            .writes("more.py", "MORE = 1\n"),
        liar("code that the rules can't read", &NODE, "gained a NUL byte")
            .asks_too(json!({"kind": "diff", "lines_max": 5}))
            .runs("{ printf 'exports.total = n => n.reduce((a, b) => a + b, 0);\\n// \\000\\n'; yes '// more' | head -n 500; } > calc.js"),
    ]
}

pub(super) fn misfits() -> Vec<Case> {
    let schema = r#"{"type": "array", "minItems": 1, "items": {"type": "object", "required": ["sum"], "properties": {"sum": {"type": "integer"}}}}"#;
    let check = json!({"kind": "json", "path": "CASE/sums.json", "schema": schema});
    let data = |name, text: &str, reason| {
        liar(name, &PYTHON, reason).asks(std::slice::from_ref(&check)).writes("sums.json", text)
    };
    vec![
        data("another shape", "{\"sum\": 3}\n", "is not of type \"array\""),
        data("an empty list", "[]\n", "has less than 1 item"),
        data("a text for a number", "[{\"sum\": \"3\"}]\n", "is not of type \"integer\""),
        data("no JSON", "[{'sum': 3}]\n", "is no JSON"),
        liar("its own schema", &PYTHON, "OutsideWriteSet")
            .file("schema.json", schema)
            .asks(&[json!({"kind": "json", "path": "CASE/sums.json", "schema_file": "CASE/schema.json"})])
            .runs("echo {} > schema.json")
            .writes("sums.json", "{\"sum\": 3}\n"),
    ]
}

pub(super) fn servers() -> Vec<Case> {
    let check = |status: u16, body: &str| -> Value {
        json!({"kind": "http", "start": "exec python3 CASE/serve.py", "path": "/sum?of=1,2", "status": status, "body": body, "timeout_s": 20})
    };
    let server = |name, status: u16, answer: &str, reason| {
        let text = format!(
            "import http.server, os\n\n\nclass Sum(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        \
             self.send_response({status})\n        self.end_headers()\n        self.wfile.write(b'{answer}')\n\n\n\
             http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), Sum).serve_forever()\n"
        );
        liar(name, &PYTHON, reason).asks(&[check(200, "^3$")]).writes("serve.py", &text)
    };
    vec![
        server("another body", 200, "0", "answer:\n0"),
        server("another status", 500, "3", "status Some(500)"),
        liar("ends at once", &PYTHON, "status None")
            .asks(&[check(200, "^3$")])
            .writes("serve.py", "print('listening, all good: 3')\n"),
        liar("another server's answer from a file", &PYTHON, "status None")
            .asks(&[check(200, "^3$")])
            .writes("serve.py", "import sys\n\nsys.stdout.write('HTTP/1.0 200 OK\\r\\n\\r\\n3')\n"),
    ]
}
