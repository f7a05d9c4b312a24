//! Canaries: a test file made to fail, to see whether the check that runs it can fail at all. A result that ends the process
//! early, a configuration that leaves tests out, a program that stands in for the runner: all of them let the canary pass too.
//! So does a word of the library of tests that can't fail any more: where there is one, the canary is silent.

/// The text of a test file in which every test fails once it has done its work; none for a language that is not known here,
/// or a file in which no test is found.
#[must_use]
pub fn canary(path: &str, text: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    match end {
        // What such a file does when it is the program itself ends the process.
        "py" => Some(before_line(
            text,
            &["if __name__", "unittest.main(", "sys.exit(", "raise SystemExit"],
            PYTHON,
        )),
        "js" | "mjs" | "cjs" => Some(before_line(text, &["process.exit("], SCRIPT)),
        // Where types are checked, a word that nobody imported is no word.
        "ts" | "mts" | "cts" | "jsx" | "tsx" => {
            Some(before_line(text, &["process.exit("], "throw new Error('trireme canary');"))
        }
        "rs" if !super::inner::has_tests(text) && !text.contains("fn main(") => None,
        "rs" => at_ends(
            text,
            &["#[test]", "::test]", "::test(", "fn main("],
            "fn ",
            ";panic!(\"trireme canary\");",
        ),
        "go" => {
            at_ends(text, &["\nfunc Test", "\nfunc main("], "(", "\nif true { panic(\"trireme canary\") }\n")
        }
        "java" | "kt" => java(text),
        "rb" => Some(before_line(text, &["exit"], "raise 'trireme canary'")),
        "php" => Some(before_line(text, &["exit("], "throw new \\Exception('trireme canary');")),
        "t" | "pl" => perl(text),
        "sh" | "bash" => Some(shell(text)),
        _ => None,
    }
}

/// Every test of the file becomes one that fails; where there is none, the file itself does.
const PYTHON: &str = "\
def _trireme(self=None, *_, **__):
    for name, wrong in (('assertEqual', (0, 1)), ('assertTrue', (0,)), ('assertFalse', (1,)), ('assertIn', (0, ())),
                        ('assertIs', (0, None)), ('assertIsNone', (0,)), ('assertRaises', (OSError, int))):
        try:
            getattr(self, name)(*wrong)
        except BaseException:
            continue
        return
    raise AssertionError('trireme canary')


def _trireme_all(scope, found=0):
    for name, value in [*scope.items()]:
        if isinstance(value, type):
            for test in [test for test in dir(value) if test.startswith('test')]:
                setattr(value, test, _trireme)
                found += 1
        elif name.startswith('test') and callable(value):
            scope[name] = lambda: _trireme()
            found += 1
    return found


if not _trireme_all(globals()):
    raise AssertionError('trireme canary')
";

/// The file fails, unless the library by which it asserts lets what is wrong pass.
const SCRIPT: &str = "\
;{
  const alive = wrong => { try { wrong(); return false; } catch { return true; } };
  const library = typeof assert === 'undefined' || !assert.AssertionError ? null : assert;
  if (!library || [() => library(0), () => library.ok(0), () => library.equal(0, 1), () => library.strictEqual(0, 1),
    () => library.deepEqual([0], [1]), () => library.deepStrictEqual([0], [1])].every(alive)) {
    throw new Error('trireme canary');
  }
}";

/// A text before the last line that begins in one of these ways, without indentation; at the end where none does.
fn before_line(text: &str, beginnings: &[&str], added: &str) -> String {
    let at = beginnings.iter().filter_map(|beginning| text.rfind(&format!("\n{beginning}"))).min();
    match at.map(|at| text.split_at(at + 1)) {
        Some((head, tail)) => format!("{head}{added}\n{tail}"),
        None => format!("{text}\n{added}\n"),
    }
}

/// A statement at the end of every body whose head begins with one of the marks and goes on with `then`.
fn at_ends(text: &str, marks: &[&str], then: &str, statement: &str) -> Option<String> {
    let mut ends: Vec<_> = marks
        .iter()
        .flat_map(|mark| text.match_indices(mark))
        .filter_map(|(at, _)| {
            let head = at + text.get(at..)?.find(then)?;
            closing_brace(text, head + text.get(head..)?.find('{')?)
        })
        .collect();
    ends.sort_unstable();
    ends.dedup();
    let mut made = text.to_owned();
    for end in ends.iter().rev() {
        made.insert_str(*end, statement);
    }
    (!ends.is_empty()).then_some(made)
}

/// At the end of every test method; without one, at the end of `main`, before it leaves by itself.
fn java(text: &str) -> Option<String> {
    let throw = "if (true) throw new AssertionError(\"trireme canary\");\n";
    if let Some(made) = at_ends(text, &["@Test", "@ParameterizedTest"], "(", throw) {
        return Some(made);
    }
    let main = text.find("void main(")?;
    let body = main + text.get(main..)?.find('{')?;
    let close = closing_brace(text, body)?;
    let last = text.get(body..close)?.rfind("System.exit(").map_or(close, |exit| body + exit);
    let (head, tail) = text.split_at(last);
    Some(format!("{head}{throw}{tail}"))
}

/// The brace that closes the one at `open`; those in texts, signs and comments don't count.
pub(super) fn closing_brace(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, open);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at),
            b'}' => depth = depth.saturating_sub(1),
            b'"' => at = end_of_text(bytes, at)?,
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 2,
            b'/' if bytes.get(at + 1) == Some(&b'/') => at += text.get(at..)?.find('\n')?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where a text in quotes ends.
fn end_of_text(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 1,
            b'"' => return Some(at),
            _ => {}
        }
        at += 1;
    }
}

/// A file fails, unless a word of the library lets what is wrong pass: tried on a count of its own.
const PERL: &str = "\
{
    no strict 'refs';
    no warnings;
    my ($alive, $said) = (1, '');
    if (defined &Test::Builder::create) {
        my $count = Test::Builder->create;
        $count->$_(\\$said) for qw(output failure_output todo_output);
        local $Test::Builder::Test = $count;
        for my $try (['ok', 0], ['is', 0, 1], ['is_deeply', [0], [1]]) {
            my ($name, @wrong) = @$try;
            $alive = 0 if defined &{\"main::$name\"} && &{\"main::$name\"}(@wrong);
        }
    }
    die 'trireme canary' if $alive;
}
";

/// Before the end of the code, where a file has one that is marked.
fn perl(text: &str) -> Option<String> {
    let ends = ["\nexit", "\n__END__", "\n__DATA__", "\n=pod", "\n=head1"];
    let end = ends.iter().filter_map(|mark| text.find(mark)).min();
    Some(match end {
        Some(at) => {
            let (code, rest) = text.split_at(at);
            format!("{code}\n{PERL}{rest}")
        }
        None => format!("{text}\n{PERL}"),
    })
}

/// A script that fails at its end and wherever it would end by itself. A word that holds although it must not lets it pass:
/// what a script calls, what it sources can define anew.
fn shell(text: &str) -> String {
    const WRONG: [&str; 5] = [
        "test 0 = 1",
        "[ 0 = 1 ]",
        "echo 0 | grep -q 1",
        "echo 0 | cmp -s - /dev/null",
        "echo 0 | diff - /dev/null >&2",
    ];
    let kept: Vec<_> =
        text.lines().map(|line| never_well(line.strip_prefix("exec ").unwrap_or(line))).collect();
    let wrong = WRONG.map(|word| format!("{word} && exit 0\n")).concat();
    format!("{}\n{wrong}exit 1\n", kept.join("\n"))
}

/// A line of a script in which every `exit` has the status 1.
fn never_well(line: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || ";&|(){}'\"".contains(c);
    let (mut made, mut rest) = (String::new(), line);
    while let Some(at) = rest.find("exit") {
        let (head, tail) = rest.split_at(at);
        let after = tail.get(4..).unwrap_or_default();
        made.push_str(head);
        made.push_str("exit");
        rest = after;
        if made.strip_suffix("exit").is_some_and(|head| head.is_empty() || head.ends_with(is_end))
            && (after.is_empty() || after.starts_with(is_end))
        {
            let status = after.trim_start_matches([' ', '\t']);
            let code = status.split(|c: char| is_end(c) && !"{}".contains(c)).next().unwrap_or_default();
            made.push_str(" 1");
            rest = status.get(code.len()..).unwrap_or_default();
        }
    }
    made + rest
}

#[cfg(test)]
mod tests {
    use super::canary;

    #[test]
    fn canaries_are_of_the_files_language() {
        for (path, text, part) in [
            ("tests/test_a.py", "import a\n", "import a\n\ndef _trireme("),
            (
                "tests/test_a.py",
                "import a\nif __name__ == '__main__':\n    x()\n",
                "    raise AssertionError('trireme canary')\n\nif __name__",
            ),
            ("a.test.js", "run();\nprocess.exit(0);\n", "run();\n;{"),
            ("a.test.ts", "test('a', () => {});", "\nthrow new Error"),
            (
                "tests/a.rs",
                "#[test]\nfn a() { assert!(f('}', \"}\")) // }\n}\n",
                "// }\n;panic!(\"trireme canary\");}",
            ),
            ("acceptance/a.rs", "fn main() {\n    run();\n}\n", "run();\n;panic!"),
            (
                "a_test.go",
                "package a\n\nfunc TestA(t *testing.T) {\n\tif x { t.Fatal() }\n}\n",
                "t.Fatal() }\n\nif true { panic(",
            ),
            ("ATest.java", "class ATest {\n@Test void a() { b(); }\n}\n", "b(); if (true) throw"),
            (
                "ATest.java",
                "class ATest { static void main(String[] a) { if (x) { run(); } } }",
                "run(); } if (true) throw",
            ),
            (
                "ATest.java",
                "class ATest { void main(String[] a) { run(); System.exit(0); } }",
                "run(); if (true) throw",
            ),
            ("t/a.t", "ok(1);\n__END__\nx", "die 'trireme canary' if $alive;\n}\n\n__END__"),
            ("test.sh", "#!/bin/sh\nset -e\nexec a\n", "#!/bin/sh\nset -e\na\ntest 0 = 1 && exit 0\n"),
            (
                "test.sh",
                "a && exit 0; b || { echo exits; exit $?; }",
                "a && exit 1; b || { echo exits; exit 1; }\n",
            ),
            (
                "test.sh",
                "trap 'rm x; exit' EXIT\n(exit 3)\nexit ${code}",
                "trap 'rm x; exit 1' EXIT\n(exit 1)\nexit 1\n",
            ),
        ] {
            let made = canary(path, text).unwrap_or_else(|| panic!("no canary for {path}"));
            assert!(made.contains(part), "{path}: {made}");
        }
        for (path, text) in
            [("a_test.go", "package a"), ("tests/rows.json", "[]"), ("tests/a.rs", "fn helper() {}")]
        {
            assert_eq!(canary(path, text), None, "{path}");
        }
    }
}
