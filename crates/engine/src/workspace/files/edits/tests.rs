use super::*;
use proptest::prelude::*;

fn edit(old: &str, new: &str, all: bool) -> Replacement {
    Replacement { old: old.to_owned(), new: new.to_owned(), all }
}

fn told(text: &str, edits: &[Replacement]) -> String {
    edited("f", text, edits).unwrap_err().to_string()
}

#[test]
fn edits_are_made_together_and_in_any_order() {
    let text = "one two\nthree two\nfour\n";
    let [last, both, first] = [edit("four", "4\n5", false), edit("two", "2", true), edit("one ", "", false)];
    for edits in [[&last, &both, &first], [&first, &last, &both]] {
        let edited = edited("f", text, &edits.map(Clone::clone)).unwrap();
        assert_eq!(edited.text, "2\nthree 2\n4\n5\n");
        assert_eq!(lines_of(&edited.text, &edited.places), "1, 1, 2, 3");
    }
    // What one brings is not what another one looks for.
    assert_eq!(edited("f", "a b", &[edit("a", "b", false), edit("b", "a", false)]).unwrap().text, "b a");
}

#[test]
fn the_edit_that_does_not_fit_is_named() {
    let text = "one two\nthree two\nfour\n";
    let good = edit("four", "4", false);
    let twice = told(text, &[good.clone(), edit("two", "2", false)]);
    assert!(twice.starts_with("`old` of edits[1] occurs 2 times in `f`, at lines 1, 2: "), "{twice}");
    assert!(twice.contains("or set replace_all; nothing was changed"), "{twice}");
    let gone = told(text, &[edit("thre two!", "x", true), good.clone()]);
    assert!(gone.starts_with("`old` of edits[0] occurs 0 times in `f`"), "{gone}");
    assert!(gone.contains("The nearest line is line 2: `three two`."), "{gone}");
    let both = told(text, &[edit("one two", "x", false), edit("two\nthree", "y", false)]);
    assert!(both.contains("`old` of edits[0] and `old` of edits[1] both take in a part of line 1"), "{both}");
    let same = told(text, &[edit("four", "4", false), edit("four", "5", false)]);
    assert!(same.contains("both take in a part of line 3"), "{same}");
    assert!(told(text, &[edit("", "x", false)]).starts_with("`old` is empty"));
    assert!(told(text, &[good, edit("x", "x", false)]).starts_with("`old` of edits[1] and its `new`"));
}

#[test]
fn a_text_that_overlaps_itself_is_not_unique() {
    assert!(told("aaa", &[edit("aa", "b", false)]).contains("occurs 2 times"));
    assert_eq!(edited("f", "aaa", &[edit("aa", "b", true)]).unwrap().text, "ba");
    assert!(told("ü\nüü", &[edit("ü", "x", false)]).contains("occurs 3 times"));
}

#[test]
fn other_spaces_are_named() {
    let text = "fn a() {\n\tone();\n\n\ttwo();\n}\n";
    let spaced = told(text, &[edit("    one();\n\n    two();", "x", false)]);
    assert!(spaced.contains("from line 2 on with other spaces: `\tone();"), "{spaced}");
}

#[test]
fn line_ends_alone_are_nothing_new() {
    assert!(told("a\r\nb\r\n", &[edit("a\nb", "a\r\nb", false)]).contains("`old` and its `new`"));
}

#[test]
fn a_text_does_not_grow_without_end() {
    let text = "a".repeat(FILE_BYTES);
    assert!(told(&text, &[edit("a", &"b".repeat(FILE_BYTES), true)]).contains("more than"));
    let many = told(&text, &[edit("a", "", false)]);
    assert!(many.contains(&format!("occurs {FILE_BYTES} times")) && many.contains("1, 1, …"), "{many}");
}

/// Few letters, so that texts are found, found twice, and overlap.
fn words() -> impl Strategy<Value = String> {
    "[ab\r\n\u{fc}]{0,12}"
}

proptest! {
    /// What an edit makes of a text is what the edits say one by one, where these are independent; and it never panics.
    #[test]
    fn edits_do_what_they_say_or_nothing(
        text in "[ab\r\n\u{fc}]{0,60}",
        edits in prop::collection::vec(("[ab\n\u{fc}]{0,4}", words(), any::<bool>()), 1..5),
    ) {
        let edits: Vec<_> = edits.iter().map(|(old, new, all)| edit(old, new, *all)).collect();
        let Ok(edited) = edited("f", &text, &edits) else { return Ok(()) };
        // Every edit was found as often as it may be.
        let mut places = 0;
        let mut bytes = text.len();
        for edit in &edits {
            let (old, new) = in_line_ends_of(&text, &edit.old, &edit.new);
            let begins = (0..=text.len()).filter(|place| text.as_bytes()[*place..].starts_with(old.as_bytes()));
            prop_assert!(edit.all || begins.count() == 1);
            let times = text.matches(&old).count();
            prop_assert!(times > 0);
            places += times;
            bytes = bytes + times * new.len() - times * old.len();
        }
        prop_assert_eq!(edited.places.len(), places);
        prop_assert_eq!(edited.text.len(), bytes);
        if let [only] = edits.as_slice() {
            let (old, new) = in_line_ends_of(&text, &only.old, &only.new);
            prop_assert_eq!(edited.text, text.replace(&old, &new));
        }
    }
}
