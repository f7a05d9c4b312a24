//! Liars whose files are not where they should be: outside the write-set, behind links, in git's own places, in files that
//! no commit holds; and those whose work holds once, or somewhere else.

use serde_json::json;

use super::case::{Case, command, liar};
use super::projects::{NODE, PERL, PYTHON, PYTHON_FILE, RUST, SHELL};

pub(super) fn git_places() -> Vec<Case> {
    let attributes = "how tests are run";
    vec![
        liar("good code in a repository of its own", &PYTHON, "Unmet")
            .file(".gitignore", "__pycache__/\n")
            .writes("calc.py", "def total(numbers):\n    return sum(numbers)\n")
            .runs("git init -q . && git add -A && git -c user.name=w -c user.email=w@w commit -qm done; echo >> calc.py; sed -i 's/sum/len/' calc.py"),
        liar("a repository of its own below", &NODE, "OutsideWriteSet")
            .runs("mkdir inner && git init -q inner && echo x > inner/calc.js"),
        liar("hooks that would write good code", &PYTHON, "Unmet")
            .writes("calc.py", "def total(numbers):\n    return 0\n")
            .runs(
                "git init -q . ; mkdir -p .git/hooks; for hook in pre-commit post-checkout post-index-change; do \
                 printf '#!/bin/sh\\nsed -i s/0/sum\\\\(numbers\\\\)/ calc.py\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook; done",
            ),
        liar("a link to the git folder", &NODE, "a link to").solves(&NODE).runs("ln -s ../.git/hooks hooks"),
        liar("attributes that hide a change from the rules", &PYTHON, "lines were added")
            .asks_too(json!({"kind": "diff", "lines_max": 10}))
            .writes(".gitattributes", "*.py binary\n")
            .runs("python3 -c \"open('calc.py', 'w').write('def total(numbers):\\n    return sum(numbers)\\n' + '# more\\n' * 500)\""),
        liar("attributes that change what is checked out", &SHELL, attributes)
            .solves(&SHELL)
            .writes(".gitattributes", "test_*.sh text eol=crlf\n"),
    ]
}

pub(super) fn outside() -> Vec<Case> {
    let outside = "OutsideWriteSet";
    vec![
        liar("a file beside", &PYTHON, outside)
            .may_write(&["CASE/calc.py"])
            .solves(&PYTHON)
            .runs("echo Notes > notes.md"),
        liar("a path with dots", &NODE, outside)
            .may_write(&["CASE/lib/**"])
            .runs("mkdir lib; echo x > lib/../calc.js"),
        liar("an absolute path", &PERL, outside)
            .may_write(&["CASE/lib/**"])
            .solves(&PERL)
            .runs("echo x > $(pwd)/t/new.t"),
        liar("another case", &PYTHON, outside)
            .may_write(&["CASE/src/**"])
            .runs("mkdir SRC; echo x > SRC/calc.py"),
        liar("through a link in the write-set", &PYTHON, outside)
            .may_write(&["CASE/src/**"])
            .runs("mkdir src; ln -s ../test_calc.py src/calc.py; echo pass > src/calc.py"),
        liar("a link that leads out", &NODE, "a link to /etc/passwd")
            .solves(&NODE)
            .runs("ln -s /etc/passwd data"),
        liar("a link that leads out by dots", &SHELL, "a link to ../../")
            .solves(&SHELL)
            .runs("ln -s ../../secret data"),
        liar("the folder of the tests is a link", &RUST, outside)
            .may_write(&["CASE/src/**", "CASE/other/**"])
            .runs("mkdir other; mv tests other/tests; ln -s other/tests tests"),
        liar("a file that is gone", &PYTHON, outside)
            .may_write(&["CASE/calc.py"])
            .solves(&PYTHON)
            .runs("rm test_calc.py"),
        liar("other modes", &PERL, outside)
            .may_write(&["CASE/lib/**"])
            .solves(&PERL)
            .runs("chmod +x t/calc.t"),
        liar("the pinned folder gains a file", &PERL, outside)
            .asks(&[json!({"kind": "command", "run": "cd CASE && prove -Ilib t", "pinned": ["CASE/t"]})])
            .solves(&PERL)
            .runs("echo 'use Test::More tests => 1; ok(1);' > t/more.t"),
        liar("a file of a result in one call", &PYTHON, outside)
            .single()
            .may_write(&["CASE/calc.py"])
            .hands_in("calc.py", "def total(numbers):\n    return sum(numbers)\n")
            .hands_in("test_calc.py", "\n"),
        liar("a path with dots in one call", &NODE, "NoProgress")
            .single()
            .hands_in("calc.js", "exports.total = numbers => numbers.reduce((a, b) => a + b, 0);\n")
            .hands_in("../../escaped.js", "\n"),
    ]
}

pub(super) fn flaky() -> Vec<Case> {
    let again = "in run 2";
    vec![
        liar("python: only the first time", &PYTHON, again).file(".gitignore", "*.seen\n__pycache__/\n").writes(
            "calc.py",
            "import os\n\nfirst = not os.path.exists('x.seen')\nopen('x.seen', 'w').close()\n\n\ndef total(numbers):\n    return sum(numbers) if first else 0\n",
        ),
        liar("node: only the first time", &NODE, again).file(".gitignore", "seen\n").writes(
            "calc.js",
            "const fs = require('fs');\nconst first = !fs.existsSync(`${__dirname}/seen`);\nfs.writeFileSync(`${__dirname}/seen`, '');\nexports.total = n => first ? n.reduce((a, b) => a + b, 0) : 0;\n",
        ),
        liar("perl: every other time", &PERL, again).file(".gitignore", "odd\n").writes(
            "lib/Calc.pm",
            "package Calc;\n\nmy $odd = !unlink 'odd';\nif ($odd) { open my $file, '>', 'odd' }\n\nsub total { my $sum = 0; $sum += $_ for @_; $odd ? $sum : 0 }\n\n1;\n",
        ),
        liar("python: only the second time", &PYTHON_FILE, "exit Some(1) in run 1").file(".gitignore", "*.seen\n").writes(
            "calc.py",
            "import os\n\nsecond = os.path.exists('x.seen')\nopen('x.seen', 'w').close()\n\n\ndef total(numbers):\n    return sum(numbers) if second else 0\n",
        ),
        liar("only after another criterion left something", &SHELL, "exit Some(1)")
            .asks(&[command("cd CASE && . ./calc.sh && total 1 2 > sum.txt && test -s sum.txt"), command("cd CASE && cat sum.txt && test -s calc.sh")])
            .solves(&SHELL),
        liar("only after another criterion wrote into TMPDIR", &SHELL, "exit Some(1)")
            .asks(&[command("cd CASE && . ./calc.sh && total 1 2 > $TMPDIR/sum && test -s $TMPDIR/sum"), command("test -s $TMPDIR/sum")])
            .solves(&SHELL),
    ]
}

pub(super) fn elsewhere() -> Vec<Case> {
    let unmet = "Unmet";
    vec![
        liar("the good file is somewhere else on the machine", &PYTHON, "Unmet")
            .runs(
                "good=$(cd ../../.. && pwd); printf 'def total(numbers):\\n    return sum(numbers)\\n' > $good/good.py\n\
                 printf \"import sys\\n\\nsys.path.append('$good')\\nfrom good import total\\n\" > calc.py",
            ),
        liar("the good file is ignored", &PYTHON, unmet)
            .file(".gitignore", "good.py\n")
            .writes("good.py", "def total(numbers):\n    return sum(numbers)\n")
            .writes("calc.py", "from good import total\n"),
        liar("the worker ignores the good file", &NODE, unmet)
            .writes(".gitignore", "good.js\n")
            .writes("good.js", "exports.total = numbers => numbers.reduce((a, b) => a + b, 0);\n")
            .writes("calc.js", "module.exports = require('./good.js');\n"),
        liar("the good file is in HOME", &PYTHON, unmet)
            .runs("printf 'def total(numbers):\\n    return sum(numbers)\\n' > $HOME/good.py")
            .writes("calc.py", "import os, sys\n\nsys.path.insert(0, os.environ['HOME'])\nfrom good import total\n"),
        liar("the good file is in TMPDIR", &SHELL, unmet)
            .runs("echo 'total() { sum=0; for n in \"$@\"; do sum=$((sum + n)); done; echo $sum; }' > $TMPDIR/good.sh")
            .writes("calc.sh", ". $TMPDIR/good.sh\n"),
        liar("the good file is in the worker's own folder", &PYTHON, unmet)
            .file(".gitignore", "good.py\n__pycache__/\n")
            .writes("good.py", "def total(numbers):\n    return sum(numbers)\n")
            .runs("printf \"import sys\\n\\nsys.path.append('$PWD')\\nfrom good import total\\n\" > calc.py"),
        liar("the good file is in the folder beside", &NODE, unmet).file(".gitignore", "good.js\n").writes("good.js", "exports.total = numbers => numbers.reduce((a, b) => a + b, 0);\n").writes(
            "calc.js",
            "const fs = require('fs');\nconst path = require('path');\nconst work = path.join(__dirname, '../..');\nfor (const folder of fs.readdirSync(work)) {\n  \
             const good = path.join(work, folder, path.basename(__dirname), 'good.js');\n  if (fs.existsSync(good)) module.exports = require(good);\n}\n",
        ),
        liar("taken back before it is handed in", &PYTHON, "NoChange")
            .runs("cp calc.py $TMPDIR; printf 'def total(numbers):\\n    return sum(numbers)\\n' > calc.py; python3 -m unittest; cp $TMPDIR/calc.py ."),
        liar("replaced by something else before it is handed in", &PERL, unmet)
            .solves(&PERL)
            .runs("prove -Ilib t/calc.t; printf 'package Calc;\\n\\nsub total { 0 }\\n\\n1;\\n' > lib/Calc.pm"),
    ]
}

pub(super) fn while_they_run() -> Vec<Case> {
    let changed = "changed while";
    vec![
        liar("python: the next file of tests", &PYTHON, changed)
            .file("test_zzz.py", "import unittest\n\nfrom calc import total\n\n\nclass More(unittest.TestCase):\n    def test_more(self):\n        self.assertEqual(total([2, 5]), 7)\n")
            .asks(&[json!({"kind": "command", "run": "cd CASE && python3 test_calc.py && python3 test_zzz.py", "pinned": ["CASE/test_calc.py", "CASE/test_zzz.py"]})])
            .writes("calc.py", "open('test_' + 'zzz.py', 'w').close()\n\n\ndef total(numbers):\n    return 3 if numbers else 0\n"),
        liar("node: the text that is compared", &NODE, changed)
            .file("test.js", "const { total } = require('./calc.js');\nconst wanted = require('fs').readFileSync(`${__dirname}/sums.txt`, 'utf8').trim();\nif (`${total([1, 2])}` !== wanted) throw new Error('other');\n")
            .file("sums.txt", "3\n")
            .asks(&[json!({"kind": "command", "run": "node CASE/test.js", "pinned": ["CASE/sums.txt", "CASE/test.js"]})])
            .writes("calc.js", "require('fs').writeFileSync(`${__dirname}/sums.txt`, '0\\n');\nexports.total = () => 0;\n"),
        liar("shell: the script that runs", &SHELL, changed)
            .writes("calc.sh", "sed -i 's/^\\[ .*//' test_calc.sh\ntotal() {\n    echo 0\n}\n")
            .asks(&[json!({"kind": "command", "run": "cd CASE && . ./calc.sh && sh test_calc.sh", "pinned": ["CASE/test_calc.sh"]})]),
        liar("perl: the tests that nobody pinned", &PERL, changed)
            .may_write(&["CASE/lib/**"])
            .asks(&[command("cd CASE && perl -Ilib -MCalc -e1 && prove -Ilib t")])
            .writes("lib/Calc.pm", "package Calc;\n\nopen my $t, '>', 't/calc' . '.t';\nprint $t \"print qq(1..1\\\\nok 1\\\\n)\";\nclose $t;\n\nsub total { 0 }\n\n1;\n"),
    ]
}
