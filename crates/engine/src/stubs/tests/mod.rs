//! Realistic sources and what is left of each; then everything that must hold of any file.
//!
//! In the samples every body, every long value, every test and every comment that documents nothing holds `GONE`.

use expect_test::{ExpectFile, expect_file};
use trireme_core::limits::{STUB_SOURCE_BYTES, STUB_VALUE_BYTES};
use trireme_core::prompts::documents::{Stub, Whole};
use trireme_testkit::Prng;

use super::language::Language;
use super::{parse, stub, unreadable};

macro_rules! sample {
    ($name:literal) => {
        ($name, include_str!(concat!("samples/", $name)), expect_file![concat!("samples/", $name, ".stub")])
    };
}

fn samples() -> [(&'static str, &'static str, ExpectFile); 7] {
    [
        sample!("store.rs"),
        sample!("ledger.py"),
        sample!("toolbar.jsx"),
        sample!("client.ts"),
        sample!("view.tsx"),
        sample!("export.go"),
        sample!("Exports.java"),
    ]
}

/// Signatures that must be there whatever the golden files say.
const SIGNATURES: [(&str, &[&str]); 7] = [
    (
        "store.rs",
        &[
            "pub async fn find<'a, F>(&'a self, name: &K, by: F) -> Result<&'a V, StoreError>",
            "pub const unsafe extern \"C\" fn raw(&self) -> *const V { … }",
            "($($cell:expr),* $(,)?) => { … };",
            "fn rest(&mut self) -> usize { … }",
            "fn next(&mut self) -> Option<Self::Item<'_>>;",
            "#[cfg(feature = \"time\")]",
        ],
    ),
    (
        "ledger.py",
        &[
            "def parse(text: str, /, *, strict: bool = True) -> \"Account\": ...",
            "def plus(self, other: Account) -> Account: ...",
            "key: Callable[[T], int] = lambda account: ...",
            "class Closed(LedgerError): ...",
            "    Rows = Iterable[tuple[str, int]]",
        ],
    ),
    (
        "toolbar.jsx",
        &[
            "export const Row = memo(({ cells }) => …);",
            "Table.prototype.reset = function reset(hard) { … };",
        ],
    ),
    (
        "client.ts",
        &[
            "async *rows<T extends R>(filter: (row: T) => boolean = (row) => …): AsyncGenerator<T> { … }",
            "find(id: number, strict: true): Promise<R | undefined>;",
            "export const size = (rows: Row[]) => …;",
            "async close(client: Client): Promise<void> { … },",
        ],
    ),
    ("view.tsx", &["({ rows, onPick }: Props<T>): JSX.Element => (…);"]),
    (
        "export.go",
        &[
            "func (p *Pair[K, V]) Write(ctx context.Context, from Source, to ...*csv.Writer) (rows int, err error) { … }",
            "hook    = func(ctx context.Context, rows int) error { … }",
        ],
    ),
    (
        "Exports.java",
        &["public Progress { … }", "default T twice(Row row) { … }", "CUT(\"cut\", 2) {", "int DEPTH = 3;"],
    ),
];

fn interface(path: &str, source: &str) -> String {
    let Stub { text, whole } = stub(path, source);
    assert_eq!(whole, None, "{path}");
    text
}

/// The text with something in place of what was left out that its language can read.
fn readable(text: &str) -> String {
    let marks = [("{ … }", "{}"), ("(…)", "(0)"), ("[…]", "[0]"), ("…", "0")];
    marks.iter().fold(text.to_owned(), |text, (mark, plain)| text.replace(mark, plain))
}

fn is_readable(path: &str, text: &str) -> bool {
    let tree = parse(text, Language::of(path).unwrap()).unwrap();
    !tree.root_node().has_error()
}

#[test]
fn samples_give_their_stubs() {
    for (name, source, expected) in samples() {
        assert!(is_readable(name, source), "{name} is no sample");
        expected.assert_eq(&interface(name, source));
    }
}

#[test]
fn no_body_is_in_a_stub_and_every_signature_is() {
    for ((name, source, _), (same, signatures)) in samples().into_iter().zip(SIGNATURES) {
        assert_eq!(name, same);
        let text = interface(name, source);
        let told: Vec<_> =
            text.lines().filter(|line| line.replace("GONE-free", "").contains("GONE")).collect();
        assert!(source.matches("GONE").count() >= 3 && told.is_empty(), "{name} tells {told:#?}");
        for signature in signatures {
            assert!(text.contains(signature), "{name} lacks {signature}:\n{text}");
        }
        assert!(is_readable(name, &readable(&text)), "{name}: {text}");
    }
}

/// Every source file of this workspace, and what must hold of each.
#[test]
fn this_workspace_can_be_told_by_its_signatures() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let walked = ignore::Walk::new(root).filter_map(Result::ok);
    let files = walked.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "rs"));
    let mut told = 0;
    for path in files.map(ignore::DirEntry::into_path) {
        let (name, source) = (path.display().to_string(), std::fs::read_to_string(&path).unwrap());
        let text = interface(&name, &source);
        assert!(is_readable(&name, &readable(&text)), "{name}: {text}");
        let is_statement = |line: &str| line.trim_start().starts_with("let ");
        assert!(!text.lines().any(is_statement), "{name}: {text}");
        for line in source.lines().filter(|line| line.starts_with("pub fn ")) {
            let signature = line.trim_end_matches('{').trim_end();
            assert!(text.contains(signature) || source.contains("#[cfg(test)]"), "{name} lacks {line}");
        }
        told += 1;
    }
    assert!(told > 300, "{told}");
}

/// A source with some stretch of it gone, doubled, moved, or other bytes in its place.
fn mutated(source: &str, prng: &mut Prng) -> String {
    let mut bytes = source.as_bytes().to_vec();
    for _ in 0..=prng.below(4) {
        let start = prng.below(bytes.len() as u64) as usize;
        let end = (start + prng.below(200) as usize).min(bytes.len());
        let stretch = bytes[start..end].to_vec();
        match prng.below(5) {
            0 => drop(bytes.drain(start..end)),
            1 => drop(bytes.splice(start..start, stretch)),
            2 => {
                bytes.drain(start..end);
                let to = prng.below(bytes.len() as u64 + 1) as usize;
                drop(bytes.splice(to..to, stretch));
            }
            3 => {
                let signs =
                    ["{", "}", "(", ")", "\"", "'", "/*", "*/", "#", "\n", "\t", "\0", "ß", "\u{1f600}"];
                drop(bytes.splice(start..start, prng.pick(&signs).bytes()));
            }
            _ => bytes.truncate(end),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn whatever_is_in_a_file_there_is_an_answer_and_the_same_each_time() {
    let mut prng = Prng::new(7);
    let mut interfaces = 0;
    for (name, source, _) in samples() {
        for _ in 0..150 {
            let source = mutated(source, &mut prng);
            let answer = stub(name, &source);
            assert_eq!(answer, stub(name, &source), "{source}");
            match answer.whole {
                Some(why) => assert_eq!((why, answer.text), (Whole::Errors, source)),
                None => {
                    // Each mark is longer than what it stands for by a few signs at most.
                    assert!(answer.text.len() <= source.len() * 2 + 100, "{source}\n-----\n{}", answer.text);
                    interfaces += 1;
                }
            }
        }
    }
    assert!(interfaces > 300, "{interfaces}");
}

#[test]
fn a_file_of_one_language_under_the_name_of_another_does_no_harm() {
    for (name, ..) in samples() {
        for (_, source, _) in samples() {
            let answer = stub(name, source);
            assert!(answer.whole.is_none_or(|why| why == Whole::Errors));
        }
    }
}

#[test]
fn what_parses_around_an_error_is_kept_and_what_does_not_is_counted() {
    let source = "pub fn first(a: u8) -> u8 { GONE(a) }\n\n\
                  pub fn broken(a: u8, GONE GONE) -> u8 { GONE }\n\n\
                  pub struct Second { pub a: u8 }\n\n\
                  impl Second {\n    pub fn third(&self) -> u8 { self.a + GONE( }\n    pub fn fourth() {}\n}\n";
    let text = interface("a.rs", source);
    assert!(!text.contains("GONE"), "{text}");
    for kept in ["pub fn first(a: u8) -> u8 { … }", "pub struct Second { pub a: u8 }", "pub fn fourth() {}"]
    {
        assert!(text.contains(kept), "{text}");
    }
    assert!(text.contains("of it could not be read and are left out]"), "{text}");
    let broken = "))) }}} fn ((( {{{ ".repeat(40);
    assert_eq!(stub("a.rs", &broken), Stub { text: broken.clone(), whole: Some(Whole::Errors) });
}

#[test]
fn what_has_no_signatures_is_shown_whole_and_says_why() {
    for path in ["README.md", "Makefile", "a.rs.txt", "src/x", ".rs", "Cargo.toml", "a.c"] {
        let answer = stub(path, "fn main() { body() }");
        let expected = if path == ".rs" { None } else { Some(Whole::Language) };
        assert_eq!(answer.whole, expected, "{path}");
    }
    let large = "fn f() {}\n".repeat(STUB_SOURCE_BYTES / 10 + 1);
    assert_eq!(stub("a.rs", &large).whole, Some(Whole::Size));
    assert_eq!(interface("a.rs", ""), "");
    assert_eq!(interface("a.py", "print('GONE')\n"), "");
}

#[test]
fn work_without_end_is_stopped_by_counting_it() {
    // Deep nesting and long chains cost the parser most; both must come back, and neither may fill the stack.
    let deep =
        |open: &str, close: &str, count: usize| format!("{}{}", open.repeat(count), close.repeat(count));
    for (path, source) in [
        ("a.js", format!("const a = {};", deep("(", ")", 20_000))),
        ("a.js", format!("const a = {};", deep("[", "]", 20_000))),
        ("a.ts", format!("type A = {};", deep("Array<", ">", 8_000))),
        ("a.py", format!("a = {}\n", deep("(", ")", 20_000))),
        ("a.rs", format!("const A: u8 = {}1;", "1 + ".repeat(20_000))),
        ("a.rs", format!("mod a {}", deep("{ mod b ", "}", 8_000))),
        ("a.java", format!("class A {{ int a = {}1{}; }}", "(".repeat(20_000), ")".repeat(20_000))),
        ("a.go", format!("package a\nvar a = {}1{}\n", "f(".repeat(20_000), ")".repeat(20_000))),
        ("a.js", "`${".repeat(20_000)),
        ("a.tsx", "<a>{".repeat(20_000)),
    ] {
        let answer = stub(path, &source);
        let is_answer = match answer.whole {
            None => answer.text.len() < source.len(),
            Some(why) => why != Whole::Language,
        };
        assert!(is_answer, "{path}: {:?} {}", answer.whole, answer.text.len());
    }
}

#[test]
fn values_are_shown_up_to_their_limit() {
    let fitting = format!("const A: &str = \"{}\";\n", "x".repeat(STUB_VALUE_BYTES - 2));
    assert_eq!(interface("a.rs", &fitting), fitting);
    let longer = fitting.replace("x\"", "xx\"");
    assert_eq!(interface("a.rs", &longer), "const A: &str = …;\n");
}

#[test]
fn lines_that_end_as_on_windows_are_read_as_others() {
    let [_, (name, source, _), ..] = samples();
    assert_eq!(interface(name, &source.replace('\n', "\r\n")), interface(name, source));
}

#[test]
fn errors_are_counted_once() {
    let tree = parse("fn a() {}\n", Language::of("a.rs").unwrap()).unwrap();
    assert_eq!(unreadable(tree.root_node()), 0);
    let tree = parse("fn a() { @@@ }\n", Language::of("a.rs").unwrap()).unwrap();
    assert!((1..=5).contains(&unreadable(tree.root_node())));
}
