use super::*;
use crate::workspace::tests::write;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use tempfile::TempDir;
use trireme_core::limits::TOOL_RESULT_BYTES;

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
    assert_eq!(files.read("src/a.rs", None, None).unwrap(), "     1\tfn one() {}\n     2\tfn two() {}\n");
    assert_eq!(files.read("./src/a.rs", Some(2), Some(9)).unwrap(), "     2\tfn two() {}\n");
    assert!(told(files.read("src/a.rs", Some(3), None)).contains("has 2 lines"));
    assert!(told(files.read("src/a.rs", Some(2), Some(1))).contains("has 2 lines"));
    assert!(told(files.read("src", None, None)).contains("is a folder: use `list`"));
    assert!(told(files.read("src/b.rs", None, None)).contains("`list` shows what there is"));
    assert!(told(files.read("src/a.rs/b", None, None)).contains("a file and no folder"));
}

#[test]
fn long_binary_and_strange_files_are_refused_or_cut() {
    let (dir, files) = folder();
    write(dir.path(), "root/long", &"a line of some length\n".repeat(10_000));
    let long = files.read("long", None, None).unwrap();
    assert!(long.len() <= TOOL_RESULT_BYTES + 200);
    let rest = long.lines().last().unwrap();
    let next: usize = rest.split("from_line ").nth(1).unwrap().trim_end_matches(']').parse().unwrap();
    assert!(files.read("long", Some(next), None).unwrap().starts_with(&format!("{next:>6}\ta line")));
    fs::write(dir.path().join("root/binary"), b"a\0b").unwrap();
    assert!(told(files.read("binary", None, None)).contains("is not a text"));
    fs::File::create(dir.path().join("root/large")).unwrap().set_len(FILE_BYTES as u64 + 1).unwrap();
    assert!(told(files.read("large", None, None)).contains("use `search`"));
    nix::unistd::mkfifo(&dir.path().join("root/pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(told(files.read("pipe", None, None)).contains("no ordinary file"));
    assert!(told(files.write("pipe", "x")).contains("no ordinary file"));
    write(dir.path(), "root/empty", "");
    assert_eq!(files.read("empty", None, None).unwrap(), "(the file is empty)");
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
            files.read(path, None, None),
            files.write(path, "x"),
            files.edit(path, "s", "x"),
            files.list(Some(path)),
        ] {
            assert!(told(result).contains("not a path from the root"), "{path}");
        }
    }
    for path in ["file-link", "folder-link/secret", "folder-link/new", "dangling", "folder-link/deep/new"] {
        let results = [
            files.read(path, None, None),
            files.write(path, "x"),
            files.edit(path, "secret", "x"),
            files.search("s", Some(path)),
        ];
        for result in results {
            assert!(told(result).contains("leads out of the repository"), "{path}");
        }
    }
    assert!(told(files.list(Some("folder-link"))).contains("leads out"));
    assert_eq!(files.search("secret", None).unwrap(), "(no match)\n");
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
        files.edit("src/a.rs", "two() {}", "two() { 2 }").unwrap(),
        "replaced the text at line 2 of `src/a.rs`"
    );
    assert_eq!(text(&dir, "src/a.rs"), "fn one() {}\nfn two() { 2 }\n");
    assert!(
        told(files.edit("src/a.rs", "fn", "pub fn")).contains("occurs 2 times in `src/a.rs`, at lines 1, 2")
    );
    let error = told(files.edit("src/a.rs", "  fn two() {2}\n", "x"));
    assert!(error.contains("occurs 0 times") && error.contains("line 2: `fn two() { 2 }`"), "{error}");
    assert!(!told(files.edit("src/a.rs", "zzzz", "x")).contains("nearest"));
    assert!(told(files.edit("src/a.rs", "", "x")).contains("`old` is empty"));
    assert!(told(files.edit("src/a.rs", "x", "x")).contains("the same"));
}

#[test]
fn an_edit_keeps_the_line_ends_and_the_mode() {
    let (dir, files) = folder();
    let path = dir.path().join("root/run.sh");
    fs::write(&path, "one\r\ntwo\r\nthree\r\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    files.edit("run.sh", "one\ntwo\n", "1\n2\n").unwrap();
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
    assert_eq!(files.list(None).unwrap(), "new/deep/odd \u{fc}\nname\nsrc/a.rs");
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
    let all = ".gitignore\nsrc/.gitignore\nsrc/a.rs\nsrc/deep/deep/only\nsrc/keep.log";
    assert_eq!(files.list(None).unwrap(), all);
    assert_eq!(files.list(Some("src/deep")).unwrap(), "src/deep/deep/only");
    assert_eq!(
        files.search(r"\bone\b", None).unwrap(),
        "src/a.rs:1: fn one() {}\nsrc/deep/deep/only:1: one\nsrc/keep.log:1: one\n"
    );
    assert_eq!(files.search("one", Some("src/keep.log")).unwrap(), "src/keep.log:1: one\n");
    assert!(told(files.search("(", None)).contains("escape special characters"));
    assert!(told(files.search("x", Some("gone"))).contains("there is no `gone`"));
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
    let list = files.list(None).unwrap();
    assert!(list.starts_with("many/ (1500 files)\nsrc/ (1 files)\n") && list.contains("as path"), "{list}");
    let search = files.search("hit", None).unwrap();
    assert!(search.len() <= TOOL_RESULT_BYTES + 200 && search.contains("narrow the pattern"));
    let longest = search.lines().map(str::len).max().unwrap();
    assert!(longest < 500, "{longest}");
}
