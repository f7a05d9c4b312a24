use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::workspace::ChangeKind;
use crate::workspace::tests::{AT, Owner, program, write};

mod attacks;
mod odd;

fn all(_: &str) -> bool {
    true
}

fn no_secrets(path: &str) -> bool {
    !path.starts_with("secret")
}

async fn changed(repo: &Repo, worktree: &Worktree, tree: &TreeId) -> Vec<(String, ChangeKind)> {
    let changes = repo.changes(worktree.base(), tree).await.unwrap();
    changes.into_iter().map(|change| (change.path, change.kind)).collect()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn hidden_files_are_absent_and_survive() {
    let owner = Owner::with(&[("src/a.rs", "1\n"), ("secret/key", "s\n"), ("odd \u{fc}\nname", "1\n")]);
    std::os::unix::fs::symlink("src/a.rs", owner.dir().join("link")).unwrap();
    let base = owner.commits(&[]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &base, &no_secrets).await.unwrap();
    assert_eq!(names(&dir), ["link", "odd \u{fc}\nname", "src"]);
    assert_eq!(fs::read_link(dir.join("link")).unwrap(), Path::new("src/a.rs"));
    assert_eq!(worktree.snapshot().await.unwrap().tree, *worktree.base());

    write(&dir, "src/a.rs", "2\n");
    write(&dir, "new \u{e9}\nfile", "1\n");
    fs::remove_file(dir.join("odd \u{fc}\nname")).unwrap();
    let (commit, snapshot) = worktree.commit(&base, "work", AT).await.unwrap();
    assert_eq!(snapshot.dropped, Vec::<String>::new());
    assert_eq!(worktree.commit(&base, "work", AT).await.unwrap().0, commit);
    assert_eq!(
        changed(&repo, &worktree, &snapshot.tree).await,
        [
            ("new \u{e9}\nfile".to_owned(), ChangeKind::Added),
            ("odd \u{fc}\nname".to_owned(), ChangeKind::Deleted),
            ("src/a.rs".to_owned(), ChangeKind::Modified),
        ]
    );
    assert_eq!(repo.read(&commit, "secret/key").await.unwrap().unwrap(), b"s\n");
    worktree.remove().await.unwrap();
    assert_eq!(names(&owner.beside("state")), ["index"]);
}

#[tokio::test]
async fn a_file_at_a_hidden_path_is_a_change_until_it_is_gone() {
    let owner = Owner::with(&[("a", "1\n"), ("secret/key", "s\n"), ("secret/other", "o\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &no_secrets).await.unwrap();
    write(&dir, "secret/key", "guessed\n");
    write(&dir, "secret/new", "n\n");
    let tree = worktree.snapshot().await.unwrap().tree;
    assert_eq!(
        changed(&repo, &worktree, &tree).await,
        [("secret/key".to_owned(), ChangeKind::Modified), ("secret/new".to_owned(), ChangeKind::Added),]
    );
    fs::remove_dir_all(dir.join("secret")).unwrap();
    assert_eq!(worktree.snapshot().await.unwrap().tree, *worktree.base());
    write(&dir, "secret", "a file where the folder is\n");
    let tree = worktree.snapshot().await.unwrap().tree;
    assert_eq!(
        changed(&repo, &worktree, &tree).await,
        [
            ("secret".to_owned(), ChangeKind::Added),
            ("secret/key".to_owned(), ChangeKind::Deleted),
            ("secret/other".to_owned(), ChangeKind::Deleted),
        ]
    );
    worktree.restore(&tree).await.unwrap();
    assert_eq!(worktree.snapshot().await.unwrap().tree, tree);
}

#[tokio::test]
async fn what_git_ignores_stays_out() {
    let owner = Owner::with(&[(".gitignore", "target/\n"), ("secret/.gitignore", "*.tmp\n"), ("a", "1\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &no_secrets).await.unwrap();
    write(&dir, "target/debug/a.out", "1\n");
    assert_eq!(worktree.snapshot().await.unwrap().tree, *worktree.base());
}

#[tokio::test]
async fn restoring_brings_back_files_kinds_and_hiding() {
    let owner = Owner::with(&[("a", "1\n"), ("dir/b", "1\n"), ("secret/key", "s\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &no_secrets).await.unwrap();
    fs::remove_dir_all(dir.join("dir")).unwrap();
    write(&dir, "dir", "now a file\n");
    fs::remove_file(dir.join("a")).unwrap();
    write(&dir, "a/inner", "now a folder\n");
    let tree = worktree.snapshot().await.unwrap().tree;
    write(&dir, "junk", "x");
    write(&dir, "a/inner", "half-writ");

    let reopened = Worktree::open(&repo, &dir).await.unwrap().unwrap();
    reopened.restore(&tree).await.unwrap();
    assert_eq!(names(&dir), ["a", "dir"]);
    assert_eq!(fs::read_to_string(dir.join("a/inner")).unwrap(), "now a folder\n");
    assert_eq!(reopened.snapshot().await.unwrap().tree, tree);
    write(&dir, "dir", "changed after all\n");
    assert_ne!(reopened.snapshot().await.unwrap().tree, tree);
    reopened.restore(reopened.base()).await.unwrap();
    assert_eq!(reopened.snapshot().await.unwrap().tree, *worktree.base());
    assert!(!dir.join("secret").exists());
}

#[tokio::test]
async fn an_unfinished_folder_is_not_opened() {
    let owner = Owner::with(&[("a", "1\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    assert!(Worktree::open(&repo, &dir).await.unwrap().is_none());
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    fs::remove_file(owner.beside("state/a0.index/base")).unwrap();
    assert!(Worktree::open(&repo, &dir).await.unwrap().is_none());
    drop(worktree);
    Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    assert!(Worktree::open(&repo, &dir).await.unwrap().is_some());
}

#[tokio::test]
async fn repositories_in_the_folder_are_taken_by_their_files() {
    let owner = Owner::with(&[("a", "1\n"), (".gitignore", "*.log\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    for nested in ["state/a0", "state/a0/crate", "state/a0/crate/deep"] {
        let folder = owner.beside(nested);
        write(&folder, "made", "1\n");
        write(&folder, "made.log", "1\n");
        owner.git(&["init", "-q", folder.to_str().unwrap()]);
        owner.git(&["-C", folder.to_str().unwrap(), "commit", "-q", "--allow-empty", "-m", "inner"]);
    }
    let proof = owner.beside("proof");
    let evil = format!("touch {}", proof.display());
    owner.git(&["-C", dir.join("crate").to_str().unwrap(), "config", "core.fsmonitor", &evil]);
    let snapshot = worktree.snapshot().await.unwrap();
    assert_eq!(snapshot.dropped, ["crate/.git", "crate/deep/.git"]);
    assert_eq!(
        changed(&repo, &worktree, &snapshot.tree).await,
        [
            ("crate/deep/made".to_owned(), ChangeKind::Added),
            ("crate/made".to_owned(), ChangeKind::Added),
            ("made".to_owned(), ChangeKind::Added),
        ]
    );
    assert!(!proof.exists());
    assert!(dir.join("crate/.git").exists(), "it is the worker's, and stays");
}

#[tokio::test]
async fn gitlinks_of_the_base_are_left_alone_and_new_ones_refused() {
    let owner = Owner::with(&[("a", "1\n")]);
    owner.git(&["init", "-q", "sub"]);
    owner.git(&["-C", "sub", "commit", "-q", "--allow-empty", "-m", "inner"]);
    let base = owner.commits(&[]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &base, &all).await.unwrap();
    assert_eq!(names(&dir), ["a"]);
    assert_eq!(worktree.snapshot().await.unwrap().tree, *worktree.base());
    write(&dir, "sub/file", "1\n");
    let tree = worktree.snapshot().await.unwrap().tree;
    assert_eq!(
        changed(&repo, &worktree, &tree).await,
        [("sub".to_owned(), ChangeKind::Deleted), ("sub/file".to_owned(), ChangeKind::Added),]
    );
}

#[tokio::test]
async fn names_that_git_refuses_are_dropped_and_told() {
    let owner = Owner::with(&[("a", "1\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    write(&dir, ".GIT/config", "x\n");
    write(&dir, "git~1", "x\n");
    write(&dir, "fine", "x\n");
    let snapshot = worktree.snapshot().await.unwrap();
    assert_eq!(changed(&repo, &worktree, &snapshot.tree).await, [("fine".to_owned(), ChangeKind::Added)]);
    assert!(snapshot.dropped.iter().any(|line| line.contains(".GIT/config")), "{:?}", snapshot.dropped);
    assert!(snapshot.dropped.iter().any(|line| line.contains("git~1")), "{:?}", snapshot.dropped);
}

#[tokio::test]
async fn a_change_in_the_same_moment_and_of_the_same_size_is_seen() {
    let owner = Owner::with(&[("a", "1\n")]);
    let repo = owner.repo().await;
    for number in 0..20 {
        let dir = owner.beside(&format!("state/a{number}"));
        let worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
        // In place: the file keeps its inode.
        fs::write(dir.join("a"), "2\n").unwrap();
        assert_ne!(worktree.snapshot().await.unwrap().tree, *worktree.base());
    }
}

#[tokio::test]
async fn a_lock_that_a_killed_git_left_is_no_hindrance() {
    let owner = Owner::with(&[("a", "1\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    for lock in ["pristine.lock", "index-1-0.lock"] {
        fs::write(owner.beside("state/a0.index").join(lock), "").unwrap();
    }
    write(&dir, "a", "2\n");
    worktree.restore(worktree.base()).await.unwrap();
    assert_eq!(worktree.snapshot().await.unwrap().tree, *worktree.base());
    assert!(!owner.beside("state/a0.index/pristine.lock").exists());
}

#[tokio::test]
async fn home_and_tmpdir_are_its_own_and_fresh() {
    let owner = Owner::with(&[("a", "1\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    for folder in [worktree.home(), worktree.tmp()] {
        write(&folder, "planted", "1\n");
        worktree.restore(worktree.base()).await.unwrap();
        assert_eq!(names(&folder), <[&str; 0]>::default());
        write(&folder, "planted", "1\n");
    }
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    assert_eq!(names(&worktree.home()).len() + names(&worktree.tmp()).len(), 0);
    let other = Worktree::create(&repo, &owner.beside("state/a1"), &owner.head(), &all).await.unwrap();
    assert!(other.home() != worktree.home() && other.tmp() != worktree.tmp());
}

#[tokio::test]
async fn git_in_a_runs_folder_carries_the_runs_mark() {
    let owner = Owner::with(&[("a", "1\n")]);
    let (bin, log) = (owner.beside("bin"), owner.beside("log"));
    let script = format!(
        "#!/bin/sh\necho \"$TRIREME_RUN $*\" >> {}\nPATH=${{PATH#*:}}\nexec git \"$@\"\n",
        log.display()
    );
    program(&bin.join("git"), &script);
    let path = format!("{}:{}", bin.display(), crate::workspace::tests::PATH);
    let git = crate::workspace::Git::new(path, "/nonexistent");
    let repo = Repo::open(&git, &owner.dir(), &owner.beside("state")).await.unwrap().for_run("r-1");
    let worktree = Worktree::create(&repo, &owner.beside("state/a0"), &owner.head(), &all).await.unwrap();
    worktree.snapshot().await.unwrap();
    repo.set_ref("refs/trireme/x", &owner.head(), None).await.unwrap();
    let log = fs::read_to_string(log).unwrap();
    let marked = |word: &str| log.lines().find(|line| line.contains(word)).unwrap().starts_with("r-1.git ");
    assert!(marked(" checkout-index ") && marked(" add ") && marked(" write-tree"), "{log}");
    assert!(!marked(" update-ref "), "{log}");
}

#[tokio::test]
async fn an_unreadable_file_is_told_and_the_rest_is_taken() {
    let owner = Owner::with(&[("a", "1\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &all).await.unwrap();
    write(&dir, "fine", "1\n");
    write(&dir, "closed", "1\n");
    fs::set_permissions(dir.join("closed"), Permissions::from_mode(0o0)).unwrap();
    let is_readable = fs::read(dir.join("closed")).is_ok();
    let snapshot = worktree.snapshot().await.unwrap();
    let files = repo.list(&snapshot.tree).await.unwrap();
    assert!(files.contains(&"fine".to_owned()));
    // Root reads it all the same.
    assert_eq!(files.contains(&"closed".to_owned()), is_readable);
    assert_eq!(snapshot.dropped.iter().any(|line| line.contains("closed")), !is_readable);
}

#[tokio::test]
async fn a_link_where_a_hidden_folder_is_leads_nowhere() {
    let owner = Owner::with(&[("a", "1\n"), ("secret/key", "s\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &owner.head(), &no_secrets).await.unwrap();
    write(&owner.beside("elsewhere"), "key", "foreign\n");
    std::os::unix::fs::symlink("../../elsewhere", dir.join("secret")).unwrap();
    let tree = worktree.snapshot().await.unwrap().tree;
    assert_eq!(
        changed(&repo, &worktree, &tree).await,
        [("secret".to_owned(), ChangeKind::Added), ("secret/key".to_owned(), ChangeKind::Deleted),]
    );
    worktree.remove().await.unwrap();
    assert!(owner.beside("elsewhere/key").exists());
}

#[tokio::test]
async fn the_worktree_of_a_worktree_of_the_owner_works() {
    let owner = Owner::with(&[("a", "1\n")]);
    owner.git(&["worktree", "add", "-q", "-b", "side", "../side"]);
    let repo = Repo::open(&crate::workspace::tests::git(), &owner.beside("side"), &owner.beside("state"))
        .await
        .unwrap();
    write(repo.root(), "b", "1\n");
    let base = repo.base(crate::workspace::DirtyTree::Include, AT).await.unwrap();
    let dir = owner.beside("state/a0");
    let worktree = Worktree::create(&repo, &dir, &base, &all).await.unwrap();
    assert_eq!(names(&dir), ["a", "b"]);
    assert_eq!(worktree.snapshot().await.unwrap().tree, *worktree.base());
}
