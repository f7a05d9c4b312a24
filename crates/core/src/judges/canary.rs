//! Canaries: a test file made to fail, to see whether the check that runs it can fail at all. A result that ends the process
//! early, a configuration that leaves tests out, a program that stands in for the runner: all of them let the canary pass too.

/// The text of a test file in which every test fails once it has done its work; none for a language that is not known here,
/// or a file in which no test is found.
#[must_use]
pub fn canary(path: &str, text: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    match end {
        // What such a file does when it is the program itself ends the process.
        "py" => Some(before_line(text, "if __name__", "raise AssertionError('trireme canary')")),
        "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "jsx" | "tsx" => {
            Some(before_line(text, "process.exit(", "throw new Error('trireme canary');"))
        }
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
        "rb" => Some(before_line(text, "exit", "raise 'trireme canary'")),
        "php" => Some(before_line(text, "exit(", "throw new \\Exception('trireme canary');")),
        "t" | "pl" => perl(text),
        "sh" | "bash" => Some(shell(text)),
        _ => None,
    }
}

/// A line before the last one that begins so, without indentation; at the end where none does.
fn before_line(text: &str, beginning: &str, line: &str) -> String {
    let at = text.rfind(&format!("\n{beginning}"));
    match at.map(|at| text.split_at(at + 1)) {
        Some((head, tail)) => format!("{head}{line}\n{tail}"),
        None => format!("{text}\n{line}\n"),
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
fn closing_brace(text: &str, open: usize) -> Option<usize> {
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

/// Before the end of the code, where a file has one that is marked.
fn perl(text: &str) -> Option<String> {
    let die = "die 'trireme canary';\n";
    let end =
        ["\n__END__", "\n__DATA__", "\n=pod", "\n=head1"].iter().filter_map(|mark| text.find(mark)).min();
    Some(match end {
        Some(at) => {
            let (code, rest) = text.split_at(at);
            format!("{code}\n{die}{rest}")
        }
        None => format!("{text}\n{die}"),
    })
}

/// After its first line, so that a script that leaves early by itself fails too: all that it runs are its own words.
fn shell(text: &str) -> String {
    let (first, rest) = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("#!") => (format!("{first}\n"), rest),
        _ => (String::new(), text),
    };
    format!("{first}trap 'exit 1' EXIT\n{rest}\nexit 1\n")
}

#[cfg(test)]
mod tests {
    use super::canary;

    #[test]
    fn canaries_are_of_the_files_language() {
        for (path, text, part) in [
            ("tests/test_a.py", "import a\n", "import a\n\nraise AssertionError"),
            (
                "tests/test_a.py",
                "import a\nif __name__ == '__main__':\n    x()\n",
                "import a\nraise AssertionError",
            ),
            ("a.test.js", "run();\nprocess.exit(0);\n", "run();\nthrow new Error"),
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
            ("t/a.t", "ok(1);\n__END__\nx", "die 'trireme canary';\n\n__END__"),
            ("test.sh", "#!/bin/sh\nset -e\n", "#!/bin/sh\ntrap 'exit 1' EXIT\nset -e\n\nexit 1"),
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
