use super::*;
use proptest::prelude::*;

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Files) {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let files = Files::open(dir.path()).unwrap();
    (dir, files)
}

/// What a diff makes of a text, or why it does not.
fn on(text: &str, hunks: &str) -> Result<String, String> {
    let (dir, files) = folder(&[("f", text)]);
    let done = files.patch(&format!("--- a/f\n+++ b/f\n{hunks}"));
    let left = std::fs::read_to_string(dir.path().join("f")).unwrap();
    match done {
        Ok(_) => Ok(left),
        Err(error) => {
            assert_eq!(left, text, "nothing was changed");
            Err(error.to_string())
        }
    }
}

#[test]
fn counts_and_line_numbers_may_be_wrong_and_lines_may_not() {
    let text = "one\ntwo\nthree\nfour\n";
    assert_eq!(
        on(text, "@@ -90,7 +1 @@ fn\n two\n-three\n+3\n+3½\n"),
        Ok("one\ntwo\n3\n3½\nfour\n".to_owned())
    );
    assert_eq!(on(text, "@@\n-one\n+1\n@@ ... @@\n-four\n+4"), Ok("1\ntwo\nthree\n4\n".to_owned()));
    let gone = on(text, "@@ -1 +1 @@\n-Two\n+2\n").unwrap_err();
    assert!(gone.contains("hunk 1 of `f`: its old lines are not there. The nearest line is line"), "{gone}");
    let spaced = on("\tone\n\ttwo\n", "@@ -1 +1 @@\n one\n-two\n+2\n").unwrap_err();
    assert!(spaced.contains("from line 1 on with other spaces"), "{spaced}");
}

#[test]
fn a_line_number_chooses_among_equal_places_and_nothing_else_does() {
    let text = "a\nb\na\nb\n";
    assert_eq!(on(text, "@@ -4 +4 @@\n-b\n+c\n"), Ok("a\nb\na\nc\n".to_owned()));
    let many = on(text, "@@ -3 +3 @@\n-b\n+c\n").unwrap_err();
    assert!(many.contains("there 2 times, at lines 2, 4"), "{many}");
    assert_eq!(on(text, "@@ -2,0 +3 @@\n+new\n"), Ok("a\nb\nnew\na\nb\n".to_owned()));
    assert!(on(text, "@@ -20,0 +3 @@\n+new\n").unwrap_err().contains("no line 20"));
}

#[test]
fn line_ends_of_the_file_stay() {
    assert_eq!(on("a\r\nb\r\n", "@@ -1 +1 @@\n a\n-b\n+c\n+d\n"), Ok("a\r\nc\r\nd\r\n".to_owned()));
    assert_eq!(on("a\nb", "@@ -1 +1 @@\n-a\n+A\n b\n"), Ok("A\nb".to_owned()));
    assert_eq!(on("a\nb", "@@ -2 +2 @@\n-b\n\\ No newline at end of file\n+c\n"), Ok("a\nc\n".to_owned()));
    let open = "@@ -2 +2 @@\n-b\n+c\n\\ No newline at end of file\n";
    assert_eq!(on("a\nb\n", open), Ok("a\nc".to_owned()));
    assert_eq!(on("a\n\nb\n", "@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n"), Ok("a\n\nc\n".to_owned()));
}

#[test]
fn files_are_made_moved_and_removed_together_or_not_at_all() {
    let files = [("old/x", "1\n2\n"), ("gone", "bye\n"), ("kept", "k\n")];
    let diff = "diff --git a/old/x b/new/x\nsimilarity index 50%\nrename from old/x\nrename to new/x\n--- a/old/x\n+++ b/new/x\n\
                @@ -1,2 +1,2 @@\n 1\n-2\n+two\ndiff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n\
                @@ -1 +0,0 @@\n-bye\ndiff --git a/made/y b/made/y\nnew file mode 100644\n--- /dev/null\n+++ b/made/y\n@@ -0,0 +1 @@\n+y\n";
    let (dir, tools) = folder(&files);
    assert_eq!(
        tools.patch(diff).unwrap(),
        "removed `gone`\nmade `made/y` (1 lines)\nmade `new/x` (2 lines)\nremoved `old/x`\n"
    );
    let read = |path: &str| std::fs::read_to_string(dir.path().join(path)).ok();
    assert_eq!(
        (read("new/x"), read("old/x"), read("gone"), read("made/y")),
        (Some("1\ntwo\n".to_owned()), None, None, Some("y\n".to_owned()))
    );
    assert_eq!(named_in(diff).unwrap(), ["old/x", "new/x", "gone", "made/y"]);
    // The last part does not fit, so the first ones do not happen.
    let (dir, tools) = folder(&files);
    let broken = format!("{diff}diff --git a/kept b/kept\n--- a/kept\n+++ b/kept\n@@ -1 +1 @@\n-other\n+x\n");
    assert!(tools.patch(&broken).unwrap_err().to_string().contains("hunk 1 of `kept`"));
    assert!(
        dir.path().join("old/x").exists()
            && dir.path().join("gone").exists()
            && !dir.path().join("new").exists()
    );
}

#[test]
fn what_is_no_diff_for_this_folder_is_refused() {
    let (dir, tools) = folder(&[("f", "a\n"), ("g", "g\n")]);
    std::os::unix::fs::symlink("/etc", dir.path().join("out")).unwrap();
    let made = |path: &str| format!("--- /dev/null\n+++ {path}\n@@ -0,0 +1 @@\n+x\n");
    for (diff, why) in [
        (String::new(), "no valid patches"),
        ("hello".to_owned(), "no valid patches"),
        (made("../x"), "not a path from the root"),
        (made("/etc/x"), "not a path from the root"),
        (made(".git/hooks/x"), "git's own"),
        (made("b/out/x"), "leads out"),
        (made("b/f"), "is there already"),
        ("--- a/none\n+++ b/none\n@@ -1 +1 @@\n-a\n+b\n".to_owned(), "there is no `none`"),
        ("--- a/g\n+++ /dev/null\n@@ -1 +0,0 @@\n".to_owned(), ""),
        (
            "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"
                .to_owned(),
            "sets a mode",
        ),
    ] {
        let error = tools.patch(&diff).unwrap_err().to_string();
        assert!(error.contains(why), "{diff:?}: {error}");
    }
    assert_eq!(std::fs::read_to_string(dir.path().join("f")).unwrap(), "a\n");
}

proptest! {
    /// The diff of two texts makes the one of the other, whatever its counts say.
    #[test]
    fn a_diff_makes_what_it_was_made_of(old in "[ab\n]{0,40}", new in "[abc\n]{0,40}") {
        let made = diffy::create_patch(&old, &new).to_string();
        let counts = made.lines().map(|line| if line.starts_with("@@") {
            format!("@@ -{},9 +7,1 @@\n", header(line).unwrap().0)
        } else { format!("{line}\n") }).collect::<String>();
        let hunks = counts.splitn(3, '\n').nth(2).unwrap();
        if old != new {
            prop_assert_eq!(on(&old, hunks), Ok(new), "{}", counts);
        }
    }

    /// Anything at all is answered, and nothing is touched that is not named.
    #[test]
    fn no_diff_breaks_the_tool(diff in "(--- |\\+\\+\\+ |@@ -[0-9]{1,3}(,[0-9])? \\+1 @@|[+\\- ]a|f|g|\n|diff --git a/f b/g|\\.\\./|rename from |ü|\\\\){0,30}") {
        let (dir, _) = folder(&[("root/f", "a\na\n"), ("canary", "x\n")]);
        let tools = Files::open(&dir.path().join("root")).unwrap();
        let _ = tools.patch(&diff);
        let names = std::fs::read_dir(dir.path()).unwrap().count();
        prop_assert!(names == 2 && std::fs::read_to_string(dir.path().join("canary")).unwrap() == "x\n");
    }
}
