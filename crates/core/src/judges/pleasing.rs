//! Pleasing: values that equal whatever they are compared with. No test can fail that asks for equality, and none would show it.

use std::collections::BTreeSet;

/// How languages begin what says whether two values are equal.
const HEADS: [&str; 9] = [
    "__eq__",
    "fn eq(",
    "boolean equals(",
    "bool Equals(",
    "fun equals(",
    "def ==(",
    "'eq' =>",
    "'==' =>",
    "operator==(",
];

/// A line that answers yes by itself.
const YES: [&str; 5] = ["return True", "return true", "return true;", "return 1;", "true"];

/// How far below its head an answer is looked for, in lines that say something.
const LINES: usize = 2;

/// The heads of comparisons in `after` that always say yes, where those in `before` did not.
pub(super) fn pleases<'a>(before: &str, after: &'a str) -> Vec<&'a str> {
    let known: BTreeSet<_> = always(before).into_iter().collect();
    always(after).into_iter().filter(|head| !known.contains(head)).collect()
}

fn always(text: &str) -> Vec<&str> {
    let says = |line: &&str| !line.is_empty() && !super::reach::is_comment(line);
    let lines: Vec<_> = text.lines().map(str::trim).filter(says).collect();
    let is_always = |at: usize, head: &str| {
        let below = lines.iter().skip(at + 1).take(LINES).copied();
        answers_yes(head)
            || (!answers(head) && below.take_while(|line| *line != "}").any(|line| YES.contains(&line)))
    };
    let heads = lines.iter().enumerate().filter(|(_, line)| HEADS.iter().any(|head| line.contains(head)));
    heads.filter(|(at, line)| is_always(*at, line)).map(|(_, line)| *line).collect()
}

/// Whether a head has its answer in its own line.
fn answers(head: &str) -> bool {
    ["lambda", "return", "{ ", "sub {"].iter().any(|word| head.contains(word))
}

/// Whether the answer in the line of a head is always yes.
fn answers_yes(head: &str) -> bool {
    let flat: String = head.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = flat.trim_end_matches([';', ',', '}', ')', ' ']);
    flat.contains("=> sub { 1 }")
        || [": True", "return True", "return true", "{ true", "= true", "{ return 1"]
            .iter()
            .any(|end| ends.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::pleases;

    #[test]
    fn what_equals_everything_is_seen() {
        for text in [
            "class A(int):\n    def __eq__(self, other):\n        # Why not?\n        return True\n",
            "class A:\n    def __eq__(self, other):\n        '''Equal.'''\n        return True\n",
            "class A:\n    def __eq__(self, other): return True\n",
            "A.__eq__ = lambda *_: True\n",
            "A = type('A', (int,), {'__eq__': lambda a, b: True})\n",
            "use overload 'eq' => sub { 1 }, '\"\"' => sub { 'a' };\n",
            "impl PartialEq for A {\n    fn eq(&self, _: &A) -> bool {\n        true\n    }\n}\n",
            "    fn eq(&self, _: &A) -> bool { true }\n",
            "    public boolean equals(Object other) {\n        return true;\n    }\n",
            "bool operator==(const A&) { return true; }\n",
        ] {
            assert_eq!(pleases("", text).len(), 1, "{text}");
            assert!(pleases(text, text).is_empty(), "{text}");
        }
        for text in [
            "    def __eq__(self, other):\n        return self.a == other.a\n",
            "    def __eq__(self, other):\n        if self is other:\n            x()\n            return True\n        return False\n",
            "    fn eq(&self, other: &A) -> bool {\n        self.0 == other.0\n    }\n\n    fn ok() -> bool {\n        true\n    }\n",
            "    fn eq(&self, other: &A) -> bool { self.0 == other.0 }\n    true\n",
            "use overload 'eq' => sub { $_[0]->{a} eq $_[1]->{a} };\n",
            "if a.__eq__(b) is True:\n    run()\n",
        ] {
            assert!(pleases("", text).is_empty(), "{text}");
        }
    }
}
