use super::*;
use crate::workspace::tests::write;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use tempfile::TempDir;
use trireme_core::limits::TOOL_RESULT_BYTES;
use trireme_core::prompts::{Page, Replacement};

/// All of an answer, as far as it fits.
const ALL: Page = Page { offset: None, limit: None };

fn edit(old: &str, new: &str) -> Replacement {
    Replacement { old: old.to_owned(), new: new.to_owned(), all: false }
}

fn page(offset: u32, limit: u32) -> Page {
    Page { offset: Some(offset), limit: Some(limit) }
}

/// A folder with a file and a neighbour that must stay out of reach.
fn folder() -> (TempDir, Files) {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "outside/secret", "secret\n");
    write(dir.path(), "root/src/a.rs", "fn one() {}\nfn two() {}\n");
    let files = Files::open(&dir.path().join("root")).unwrap();
    (dir, files)
}

fn text(dir: &TempDir, path: &str) -> String {
    fs::read_to_string(dir.path().join("root").join(path)).unwrap()
}

fn told(result: Result<String, ToolError>) -> String {
    match result {
        Ok(text) => panic!("it worked: {text}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn reading_numbers_the_lines_and_takes_a_range() {
    let (_dir, files) = folder();
    assert_eq!(files.read("src/a.rs", ALL).unwrap(), "     1\tfn one() {}\n     2\tfn two() {}\n");
    assert_eq!(files.read("./src/a.rs", page(2, 9)).unwrap(), "     2\tfn two() {}\n");
    assert!(told(files.read("src/a.rs", page(3, 1))).contains("there are 2 lines"));
    assert!(told(files.read("src", ALL)).contains("is a folder: use `list`"));
    assert!(told(files.read("src/b.rs", ALL)).contains("`list` shows what there is"));
    assert!(told(files.read("src/a.rs/b", ALL)).contains("a file and no folder"));
}

#[test]
fn long_binary_and_strange_files_are_refused_or_cut() {
    let (dir, files) = folder();
    write(dir.path(), "root/long", &"a line of some length\n".repeat(10_000));
    let long = files.read("long", ALL).unwrap();
    assert!(long.len() <= TOOL_RESULT_BYTES + 200);
    let rest = long.lines().last().unwrap();
    let next: u32 = rest.split("offset ").nth(1).unwrap().trim_end_matches(']').parse().unwrap();
    assert!(files.read("long", page(next, 1)).unwrap().starts_with(&format!("{next:>6}\ta line")));
    fs::write(dir.path().join("root/binary"), b"a\0b").unwrap();
    assert!(told(files.read("binary", ALL)).contains("is not a text"));
    fs::File::create(dir.path().join("root/large")).unwrap().set_len(FILE_BYTES as u64 + 1).unwrap();
    assert!(told(files.read("large", ALL)).contains("use `search`"));
    nix::unistd::mkfifo(&dir.path().join("root/pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(told(files.read("pipe", ALL)).contains("no ordinary file"));
    assert!(told(files.write("pipe", "x")).contains("no ordinary file"));
    write(dir.path(), "root/empty", "");
    assert_eq!(files.read("empty", ALL).unwrap(), "(the file is empty)");
}

#[test]
fn no_path_and_no_link_leads_out() {
    let (dir, files) = folder();
    let root = dir.path().join("root");
    symlink("../outside/secret", root.join("file-link")).unwrap();
    symlink(dir.path().join("outside"), root.join("folder-link")).unwrap();
    symlink("../outside/not-yet", root.join("dangling")).unwrap();
    let secret = dir.path().join("outside/secret");
    for path in ["../outside/secret", secret.to_str().unwrap(), "src/../../outside/secret"] {
        for result in [
            files.read(path, ALL),
            files.write(path, "x"),
            files.edit(path, &[edit("s", "x")]),
            files.list(Some(path), ALL),
        ] {
            assert!(told(result).contains("not a path from the root"), "{path}");
        }
    }
    for path in ["file-link", "folder-link/secret", "folder-link/new", "dangling", "folder-link/deep/new"] {
        let results = [
            files.read(path, ALL),
            files.write(path, "x"),
            files.edit(path, &[edit("secret", "x")]),
            files.search("s", Some(path), ALL),
        ];
        for result in results {
            assert!(told(result).contains("leads out of the repository"), "{path}");
        }
    }
    assert!(told(files.list(Some("folder-link"), ALL)).contains("leads out"));
    assert_eq!(files.search("secret", None, ALL).unwrap(), "(no match)\n");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret\n");
    assert_eq!(fs::read_dir(dir.path().join("outside")).unwrap().count(), 1);
    assert!(told(files.write(".git/hooks/pre-commit", "x")).contains("git's own"));
}

#[test]
fn a_link_inside_is_followed_and_stays() {
    let (dir, files) = folder();
    symlink("src/a.rs", dir.path().join("root/link")).unwrap();
    files.write("link", "new\n").unwrap();
    assert_eq!(text(&dir, "src/a.rs"), "new\n");
    assert!(dir.path().join("root/link").is_symlink());
}

#[test]
fn an_edit_needs_its_text_exactly_once() {
    let (dir, files) = folder();
    assert_eq!(
        files.edit("src/a.rs", &[edit("two() {}", "two() { 2 }")]).unwrap(),
        "replaced the text at line 2 of `src/a.rs`"
    );
    assert_eq!(text(&dir, "src/a.rs"), "fn one() {}\nfn two() { 2 }\n");
    assert!(
        told(files.edit("src/a.rs", &[edit("fn", "pub fn")]))
            .contains("occurs 2 times in `src/a.rs`, at lines 1, 2")
    );
    let error = told(files.edit("src/a.rs", &[edit("  fn two() {2}\n", "x")]));
    assert!(error.contains("occurs 0 times") && error.contains("line 2: `fn two() { 2 }`"), "{error}");
    assert!(!told(files.edit("src/a.rs", &[edit("zzzz", "x")])).contains("nearest"));
    assert!(told(files.edit("src/a.rs", &[edit("", "x")])).contains("`old` is empty"));
    assert!(told(files.edit("src/a.rs", &[edit("x", "x")])).contains("the same"));
}

#[test]
fn edits_are_made_all_or_not_at_all() {
    let (dir, files) = folder();
    let both = |second| files.edit("src/a.rs", &[edit("one", "1"), edit(second, "2")]);
    assert!(told(both("three")).contains("edits[1] occurs 0 times"));
    assert_eq!(text(&dir, "src/a.rs"), "fn one() {}\nfn two() {}\n");
    assert_eq!(both("two").unwrap(), "replaced 2 texts of `src/a.rs`, now at lines 1, 2");
    assert_eq!(text(&dir, "src/a.rs"), "fn 1() {}\nfn 2() {}\n");
    let all = Replacement { all: true, ..edit("fn", "pub fn") };
    files.edit("src/a.rs", &[all]).unwrap();
    assert_eq!(text(&dir, "src/a.rs"), "pub fn 1() {}\npub fn 2() {}\n");
}

#[test]
fn an_edit_keeps_the_line_ends_and_the_mode() {
    let (dir, files) = folder();
    let path = dir.path().join("root/run.sh");
    fs::write(&path, "one\r\ntwo\r\nthree\r\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    files.edit("run.sh", &[edit("one\ntwo\n", "1\n2\n")]).unwrap();
    assert_eq!(text(&dir, "run.sh"), "1\r\n2\r\nthree\r\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn writing_makes_folders_and_leaves_nothing_beside() {
    let (dir, files) = folder();
    assert_eq!(
        files.write("new/deep/odd \u{fc}\nname", "1\n2\n").unwrap(),
        "made `new/deep/odd \u{fc}\nname` (2 lines)"
    );
    assert_eq!(files.write("src/a.rs", "").unwrap(), "replaced `src/a.rs` (0 lines)");
    assert_eq!(text(&dir, "new/deep/odd \u{fc}\nname"), "1\n2\n");
    assert!(told(files.write("src", "x")).contains("is a folder"));
    assert!(told(files.write("src/a.rs/x", "x")).contains("a file and no folder"));
    assert!(told(files.write(".", "x")).contains("is a folder"));
    assert!(told(files.write("big", &"x".repeat(FILE_BYTES + 1))).contains("more than"));
    assert_eq!(files.list(None, ALL).unwrap(), "new/deep/odd \u{fc}\nname\nsrc/a.rs\n");
}

#[test]
fn a_write_does_not_reach_through_a_hard_link() {
    let (dir, files) = folder();
    fs::hard_link(dir.path().join("outside/secret"), dir.path().join("root/hard")).unwrap();
    files.write("hard", "mine\n").unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("outside/secret")).unwrap(), "secret\n");
}

#[test]
fn listing_and_searching_honour_gitignore() {
    let (dir, files) = folder();
    let root = dir.path().join("root");
    write(&root, ".gitignore", "target/\n*.log\n!keep.log\n");
    write(&root, "target/one", "one\n");
    write(&root, "src/x.log", "one\n");
    write(&root, "src/keep.log", "one\n");
    write(&root, "src/.gitignore", "/deep/only\n");
    write(&root, "src/deep/only", "one\n");
    write(&root, "src/deep/deep/only", "one\n");
    write(&root, ".git/config", "one\n");
    let all = ".gitignore\nsrc/.gitignore\nsrc/a.rs\nsrc/deep/deep/only\nsrc/keep.log\n";
    assert_eq!(files.list(None, ALL).unwrap(), all);
    assert_eq!(files.list(Some("src/deep"), ALL).unwrap(), "src/deep/deep/only\n");
    assert_eq!(
        files.search(r"\bone\b", None, ALL).unwrap(),
        "src/a.rs:1: fn one() {}\nsrc/deep/deep/only:1: one\nsrc/keep.log:1: one\n"
    );
    assert_eq!(files.search("one", Some("src/keep.log"), ALL).unwrap(), "src/keep.log:1: one\n");
    assert!(told(files.search("(", None, ALL)).contains("escape special characters"));
    assert!(told(files.search("x", Some("gone"), ALL)).contains("there is no `gone`"));
}

#[test]
fn long_results_say_how_to_narrow() {
    let (dir, files) = folder();
    let root = dir.path().join("root");
    for number in 0..1_500 {
        write(
            &root,
            &format!("many/a-folder-with-a-long-name/file-{number}"),
            &format!("hit {}\n", "x".repeat(900)),
        );
    }
    let list = files.list(None, ALL).unwrap();
    assert!(list.starts_with("many/ (1500 files)\nsrc/ (1 files)\n") && list.contains("as path"), "{list}");
    let search = files.search("hit", None, ALL).unwrap();
    assert!(search.len() <= TOOL_RESULT_BYTES + 200 && search.contains("narrow the pattern"));
    let next = search.split("offset ").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    let on = files.search("hit", None, page(next, 2)).unwrap();
    assert_eq!(on.lines().count(), 3, "{on}");
    assert!(!search.contains(on.lines().next().unwrap()) && on.contains(&format!("offset {},", next + 2)));
    let longest = search.lines().map(str::len).max().unwrap();
    assert!(longest < 500, "{longest}");
}

#[test]
fn a_glob_is_held_against_paths_or_names() {
    let (dir, files) = folder();
    let root = dir.path().join("root");
    for path in ["src/b.ts", "src/deep/c.rs", "docs/a.md", "target/d.rs", ".git/e.rs"] {
        write(&root, path, "");
    }
    write(&root, ".gitignore", "target/\n");
    symlink("../outside", root.join("out")).unwrap();
    let of = |pattern, path| files.glob(pattern, path, ALL).unwrap();
    assert_eq!(of("*.rs", None), "src/a.rs\nsrc/deep/c.rs\n", "without a slash it is a name");
    assert_eq!(of("src/*.rs", None), "src/a.rs\n");
    assert_eq!(of("./src/**/*.{rs,ts}", None), "src/a.rs\nsrc/b.ts\nsrc/deep/c.rs\n");
    assert_eq!(of("deep/", Some("src")), "src/deep/c.rs\n");
    assert_eq!(of("secret", None), "(no file matches)\n");
    for (pattern, why) in
        [("/etc/*", "begins with a slash"), ("../*", "leads nowhere"), ("src/[a", "like `src/**/*.rs`")]
    {
        let error = told(files.glob(pattern, None, ALL));
        assert!(error.contains(why), "{error}");
    }
    assert!(told(files.glob("*", Some("out"), ALL)).contains("leads out"));
    assert!(told(files.glob("*", Some("gone"), ALL)).contains("there is no `gone`"));
}

/// So many files that several threads look, in more than one round.
#[test]
fn many_files_are_searched_in_their_order_and_none_is_left_out() {
    let (dir, files) = folder();
    let name = |number: usize| format!("many/{number:04}");
    for number in 0..1_300 {
        let text = if number % 7 == 0 { "hit\n" } else { "miss\n" };
        write(&dir.path().join("root"), &name(number), text);
    }
    let expected: String = (0..1_300).step_by(7).map(|number| format!("{}:1: hit\n", name(number))).collect();
    assert_eq!(files.search("hit", Some("many"), ALL).unwrap(), expected);
}

#[test]
fn long_answers_go_on_where_they_stopped() {
    let (dir, files) = folder();
    for number in 0..10 {
        write(&dir.path().join("root"), &format!("many/{number}"), "hit\n");
    }
    type Look<'a> = &'a dyn Fn(Page) -> Result<String, ToolError>;
    let tools: [(&str, Look<'_>); 3] = [
        ("files", &|page| files.glob("many/*", None, page)),
        ("files", &|page| files.list(Some("many"), page)),
        ("hits", &|page| files.search("hit", Some("many"), page)),
    ];
    for (what, tool) in tools {
        let whole = tool(ALL).unwrap();
        let mut parts = String::new();
        for offset in [1, 5, 9] {
            let part = tool(page(offset, 4)).unwrap();
            let (lines, note): (Vec<_>, Vec<_>) =
                part.split_inclusive('\n').partition(|line| !line.starts_with('['));
            assert_eq!(
                note.concat().contains(&format!("go on with offset {}", offset + 4)),
                offset < 9,
                "{part}"
            );
            parts += &lines.concat();
        }
        assert_eq!(parts, whole);
        assert!(told(tool(page(11, 1))).contains(&format!("there are 10 {what}")));
    }
    assert!(
        files.glob("many/*", None, page(1, 3)).unwrap().contains("7 more of 10 files: go on with offset 4")
    );
}
