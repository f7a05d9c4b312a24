//! Tests that stand in the sources, as Rust has them: the items under `#[cfg(test)]` and `#[test]`.

use super::canary::closing_brace;

/// The lines of a source file that are tests or belong to them, in their order.
#[must_use]
pub(super) fn inner_tests(text: &str) -> String {
    let mut tests = String::new();
    let mut from = 0;
    while let Some(rest) = text.get(from..) {
        let Some(at) = MARKS.iter().filter_map(|mark| rest.find(mark)).min() else { break };
        let begin = first_attribute(text, line_begin(text, from + at));
        let end = item_end(text, from + at).unwrap_or(text.len());
        tests.push_str(text.get(begin.max(from)..end).unwrap_or_default());
        tests.push('\n');
        from = end;
    }
    tests
}

/// Whether a text of Rust holds a test.
pub(super) fn has_tests(text: &str) -> bool {
    ["#[test]", "::test]", "::test("].iter().any(|mark| text.contains(mark))
}

const MARKS: [&str; 4] = ["#[cfg(test)]", "#[test]", "::test]", "::test("];

fn line_begin(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|head| head.rfind('\n')).map_or(0, |end| end + 1)
}

/// Where the attributes begin that stand above the line at `begin`.
fn first_attribute(text: &str, begin: usize) -> usize {
    let mut first = begin;
    while first > 0 {
        let above = line_begin(text, first - 1);
        let is_attribute = |line: &str| line.trim_start().starts_with("#[");
        if !text.get(above..first).is_some_and(is_attribute) {
            break;
        }
        first = above;
    }
    first
}

/// Where the item ends that follows the attribute at `at`: behind its last brace, or behind its semicolon.
fn item_end(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let brace = rest.find('{');
    match rest.find(';') {
        Some(end) if brace.is_none_or(|brace| end < brace) => Some(at + end + 1),
        _ => closing_brace(text, at + brace?).map(|end| end + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::inner_tests;

    #[test]
    fn only_tests_are_taken() {
        let text = "use a;\n\nfn f() { g(\"}\") }\n\n#[cfg(test)]\nuse b;\n\n#[allow(x)]\n#[cfg(test)]\nmod tests {\n    use super::f;\n\n    \
                    #[test]\n    fn a() { f() }\n}\n\nfn g() {}\n\n#[tokio::test]\nasync fn c() {\n    g();\n}\n";
        assert_eq!(
            inner_tests(text),
            "#[cfg(test)]\nuse b;\n#[allow(x)]\n#[cfg(test)]\nmod tests {\n    use super::f;\n\n    #[test]\n    fn a() { f() }\n}\n\
             #[tokio::test]\nasync fn c() {\n    g();\n}\n"
        );
        assert_eq!(inner_tests("fn f() {}\n"), "");
        assert_eq!(inner_tests("#[test]\nfn a() {"), "#[test]\nfn a() {\n");
    }
}
