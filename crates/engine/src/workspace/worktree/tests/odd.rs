//! Repositories and files that are not like most: LFS pointers, sparse and shallow ones, submodules, odd names, great depth.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use super::*;
use crate::workspace::DirtyTree;

/// Names that a file system takes and that programs stumble over.
const ODD: [&[u8]; 14] = [
    b"new\nline",
    b"quote\"d",
    b"'single'",
    b"not \xff\xfe text",
    b"-dash",
    b"--help",
    b"trailing ",
    b" leading",
    b"back\\slash",
    b"Case",
    b"case",
    b":(glob)**",
    b"tab\tbed",
    b"$(touch x)",
];

fn at(dir: &Path, name: &[u8]) -> PathBuf {
    dir.join(OsStr::from_bytes(name))
}

#[tokio::test]
async fn odd_names_come_and_go_as_they_are() {
    let owner = Owner::with(&[("a", "1\n")]);
    for name in ODD {
        fs::create_dir_all(at(&owner.dir(), b"in").join(OsStr::from_bytes(name))).unwrap();
        fs::write(at(&owner.dir(), name), name).unwrap();
        fs::write(at(&owner.dir(), b"in").join(OsStr::from_bytes(name)).join("file"), name).unwrap();
    }
    let base = owner.commits(&[]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    // Half of them hidden: what is not text is asked for with what stands in its place.
    let visible = |path: &str| !path.starts_with("in/");
    let mut worktree = Worktree::create(&repo, &dir, &base, &visible).await.unwrap();
    for name in ODD {
        assert_eq!(fs::read(at(&dir, name)).unwrap(), name);
    }
    assert!(!dir.join("in").exists());
    assert_eq!(worktree.snapshot().await.unwrap().tree, *worktree.base());
    for name in ODD {
        fs::write(at(&dir, name), "changed\n").unwrap();
        fs::write(at(&dir, &[b"new ", name].concat()), "new\n").unwrap();
    }
    let snapshot = worktree.snapshot().await.unwrap();
    assert_eq!((snapshot.changes.len(), snapshot.dropped.len()), (2 * ODD.len(), 0), "{snapshot:?}");
    worktree.restore(&snapshot.tree).await.unwrap();
    assert_eq!(worktree.snapshot().await.unwrap().tree, snapshot.tree);
    worktree.leave(&owner.beside("state/kept")).unwrap();
    assert!(worktree.wash().await.unwrap());
    assert!(worktree.become_one_of(&owner.beside("state/a1"), &snapshot.tree, &all).await.unwrap());
    for name in ODD {
        assert_eq!(fs::read(at(worktree.dir(), name)).unwrap(), b"changed\n");
        assert_eq!(fs::read(at(&worktree.dir().join("in"), name).join("file")).unwrap(), name);
    }
    worktree.renew().await.unwrap();
    assert_eq!(worktree.snapshot().await.unwrap().tree, snapshot.tree);
}

#[tokio::test]
async fn names_that_differ_by_case_are_two_whatever_the_repository_says() {
    let owner = Owner::with(&[("readme", "1\n"), ("link.txt", "1\n")]);
    for setting in ["core.ignoreCase", "core.precomposeUnicode"] {
        owner.git(&["config", setting, "true"]);
    }
    owner.git(&["config", "core.symlinks", "false"]);
    owner.git(&["config", "core.fileMode", "false"]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    write(&dir, "README", "2\n");
    fs::set_permissions(dir.join("readme"), Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(dir.join("link.txt")).unwrap();
    symlink("readme", dir.join("link.txt")).unwrap();
    let changes = worktree.snapshot().await.unwrap().changes;
    let seen: Vec<_> = changes.iter().map(|change| (change.path.as_str(), change.mode.as_str())).collect();
    assert_eq!(seen, [("README", "100644"), ("link.txt", "120000"), ("readme", "100755")]);
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\n\
    oid sha256:0d6d0c4ff5ba6c1b5d4b2ec32e5f7a0a0ad3fbfae1d1a4cd6ef1b4f5f1f6a8b1\nsize 12345\n";

/// Settings as `git lfs install` makes them, with programs that fail.
fn with_lfs(owner: &Owner) {
    for key in ["clean", "smudge", "process"] {
        owner.git(&["config", &format!("filter.lfs.{key}"), "false"]);
    }
    owner.git(&["config", "filter.lfs.required", "true"]);
}

#[tokio::test]
async fn pointers_of_lfs_stay_pointers() {
    let owner = Owner::with(&[
        ("a.bin", POINTER),
        ("b.bin", POINTER),
        (".gitattributes", "*.bin filter=lfs -text\n"),
    ]);
    with_lfs(&owner);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let mut worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    assert_eq!(fs::read_to_string(dir.join("a.bin")).unwrap(), POINTER);
    assert_eq!(worktree.snapshot().await.unwrap().tree, *worktree.base());
    write(&dir, "a.bin", "a worker's own\n");
    let snapshot = worktree.snapshot().await.unwrap();
    assert_eq!(snapshot.changes.len(), 1);
    assert_eq!(repo.read(&snapshot.tree, "a.bin").await.unwrap().unwrap(), b"a worker's own\n");
    worktree.leave(&owner.beside("state/kept")).unwrap();
    assert!(worktree.wash().await.unwrap());
    assert!(worktree.become_one_of(&owner.beside("state/a1"), &snapshot.tree, &all).await.unwrap());
    assert_eq!(fs::read_to_string(worktree.dir().join("b.bin")).unwrap(), POINTER);
}

#[tokio::test]
async fn the_owners_files_behind_a_filter_are_what_their_pointers_say_or_refused() {
    let content = "the true content\n";
    let owner = Owner::with(&[("a.bin", "x"), (".gitattributes", "*.bin filter=lfs -text\n")]);
    let (hash, size) = (sha256(content), content.len());
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{hash}\nsize {size}\n");
    let head = owner.commits(&[("a.bin", &pointer)]);
    with_lfs(&owner);
    // As git-lfs leaves it: the content in the folder, the pointer in the commit, and an index that knows nothing of times.
    owner.write("a.bin", content);
    let repo = owner.repo().await;
    for dirty in [DirtyTree::Refuse, DirtyTree::Include, DirtyTree::Ignore] {
        assert_eq!(repo.base(dirty, AT).await.unwrap(), head, "{dirty:?}");
    }
    owner.write("b", "new\n");
    let base = repo.base(DirtyTree::Include, AT).await.unwrap();
    assert_eq!(repo.read(&base, "a.bin").await.unwrap().unwrap(), pointer.as_bytes());
    owner.write("a.bin", "another content\n");
    let error = repo.base(DirtyTree::Include, AT).await.unwrap_err().to_string();
    assert!(error.contains("a.bin (lfs)") && error.contains("commit them"), "{error}");
    assert!(repo.base(DirtyTree::Refuse, AT).await.unwrap_err().to_string().contains("a.bin"));
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn sparse_and_shallow_repositories_give_whole_folders() {
    let owner = Owner::with(&[("in/a", "1\n"), ("out/b", "1\n"), ("out/deep/c", "1\n")]);
    owner.commits(&[("in/a", "2\n")]);
    owner.git(&["clone", "-q", "--depth", "1", &format!("file://{}", owner.dir().display()), "../shallow"]);
    for sparse_index in ["--no-sparse-index", "--sparse-index"] {
        owner.git(&["-C", "../shallow", "sparse-checkout", "set", "--cone", sparse_index, "in"]);
        let shallow = owner.beside("shallow");
        assert!(!shallow.join("out").exists());
        let repo =
            Repo::open(&crate::workspace::tests::git(), &shallow, &owner.beside("state")).await.unwrap();
        assert_eq!(repo.base(DirtyTree::Refuse, AT).await.unwrap(), owner.head());
        write(&shallow, "in/new", "1\n");
        let before = fs::read(shallow.join(".git/index")).unwrap();
        let base = repo.base(DirtyTree::Include, AT).await.unwrap();
        assert_eq!(repo.list(&base).await.unwrap(), ["in/a", "in/new", "out/b", "out/deep/c"]);
        assert!(fs::read(shallow.join(".git/index")).unwrap() == before && !shallow.join("out").exists());
        fs::remove_file(shallow.join("in/new")).unwrap();
        let dir = owner.beside("state/a0");
        let mut worktree = Worktree::create(&repo, &dir, &base, &all).await.unwrap();
        assert!(dir.join("out/deep/c").exists());
        fs::remove_file(dir.join("out/b")).unwrap();
        write(&dir, "out/new", "1\n");
        let tree = worktree.snapshot().await.unwrap().tree;
        assert_eq!(repo.list(&tree).await.unwrap(), ["in/a", "in/new", "out/deep/c", "out/new"]);
        worktree.restore(&tree).await.unwrap();
        worktree.leave(&owner.beside("state/kept")).unwrap();
        assert!(worktree.wash().await.unwrap());
        assert!(worktree.become_one_of(&owner.beside("state/a1"), &tree, &all).await.unwrap());
        assert_eq!(worktree.snapshot().await.unwrap().tree, tree);
        worktree.remove().await.unwrap();
    }
}

#[tokio::test]
async fn folders_too_deep_for_a_path_are_told_and_can_be_removed() {
    let owner = Owner::with(&[("a", "1\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let mut worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    // Built from below, since no path leads so deep.
    let mut below = owner.beside("state/leaf");
    write(&below, "file", "1\n");
    for number in 0..60 {
        let above = owner.beside(&format!("state/above-{number}"));
        fs::create_dir_all(&above).unwrap();
        fs::rename(&below, above.join("d".repeat(100))).unwrap();
        below = above;
    }
    fs::rename(&below, dir.join("chain")).unwrap();
    write(&dir, "fine", "1\n");
    let snapshot = worktree.snapshot().await.unwrap();
    assert!(repo.list(&snapshot.tree).await.unwrap().contains(&"fine".to_owned()));
    assert_eq!(snapshot.dropped.len(), 1);
    assert!(snapshot.dropped[0].starts_with("chain/ddd"), "{:?}", snapshot.dropped);
    worktree.leave(&owner.beside("state/kept")).unwrap();
    assert!(worktree.wash().await.unwrap());
    assert_eq!(names(worktree.dir()), ["a"]);
    worktree.remove().await.unwrap();
}

#[tokio::test]
async fn the_owners_huge_folder_of_foreign_files_is_not_looked_into() {
    let owner = Owner::with(&[("src/a", "1\n"), (".gitignore", "node_modules/\n")]);
    for folder in 0..200 {
        for file in 0..10 {
            write(&owner.dir(), &format!("node_modules/p{folder}/f{file}.js"), "1\n");
        }
    }
    let (bin, trace) = (owner.beside("bin"), owner.beside("trace"));
    let script = format!(
        "#!/bin/sh\nGIT_TRACE2_PERF={}\nexport GIT_TRACE2_PERF\nPATH=${{PATH#*:}}\nexec git \"$@\"\n",
        trace.display()
    );
    program(&bin.join("git"), &script);
    let path = format!("{}:{}", bin.display(), crate::workspace::tests::PATH);
    let git = crate::workspace::Git::new(path, "/nonexistent");
    let repo = Repo::open(&git, &owner.dir(), &owner.beside("state")).await.unwrap();
    let base = repo.base(DirtyTree::Refuse, AT).await.unwrap();
    repo.base(DirtyTree::Include, AT).await.unwrap();
    let worktree = Worktree::create(&repo, &owner.beside("state/a0"), &base, &all).await.unwrap();
    for folder in 0..200 {
        write(worktree.dir(), &format!("node_modules/p{folder}/f.js"), "1\n");
    }
    worktree.snapshot().await.unwrap();
    let trace = fs::read_to_string(trace).unwrap();
    let visited: Vec<u64> = trace
        .lines()
        .filter(|line| line.contains("directories-visited:"))
        .map(|line| line.rsplit(':').next().unwrap().trim().parse().unwrap())
        .collect();
    assert!(!visited.is_empty(), "git tells no more how many folders it looks into: {trace}");
    assert!(visited.iter().all(|count| *count <= 3), "{visited:?}");
    let calls = trace.lines().filter(|line| line.contains("| version ")).count();
    assert!(calls <= 25, "{calls} calls of git");
}

#[tokio::test]
async fn long_hashes_and_other_forms_of_the_index_are_read() {
    for (format, settings) in [
        ("--object-format=sha256", &[][..]),
        (
            "--object-format=sha1",
            &[("feature.manyFiles", "true"), ("index.version", "4"), ("index.threads", "2")],
        ),
    ] {
        let owner = Owner::without_git();
        owner.git(&["init", "-q", "-b", "main", format]);
        settings.iter().for_each(|(key, value)| drop(owner.git(&["config", key, value])));
        let one = owner.commits(&[("a", "1\n"), ("src/b", "1\n")]);
        let two = owner.commits(&[("a", "2\n"), ("src/c", "1\n")]);
        let repo = owner.repo().await;
        let mut worktree = Worktree::create(&repo, &owner.beside("state/a0"), &one, &all).await.unwrap();
        write(worktree.dir(), "src/b", "3\n");
        write(worktree.dir(), "left", "1\n");
        assert_eq!(worktree.snapshot().await.unwrap().changes.len(), 2, "{format}");
        worktree.leave(&owner.beside("state/kept")).unwrap();
        assert!(worktree.wash().await.unwrap());
        let tree = repo.tree_of(&two).await.unwrap();
        assert!(worktree.become_one_of(&owner.beside("state/a1"), &tree, &all).await.unwrap());
        assert_eq!(names(worktree.dir()), ["a", "src"], "{format}");
        assert_eq!(worktree.snapshot().await.unwrap().tree, tree, "{format}");
    }
}
