use super::*;
use crate::workspace::tests::{AT, Owner, git, write};

async fn refusal(project: &Path, state: &Path) -> String {
    Repo::open(&git(), project, state).await.unwrap_err().to_string()
}

#[tokio::test]
async fn what_can_not_be_worked_with_says_what_to_do() {
    let owner = Owner::without_commit();
    let (dir, state) = (owner.dir(), owner.beside("state"));
    assert!(refusal(&dir.join("gone"), &state).await.contains("does not exist"));
    assert!(refusal(&dir, &state).await.contains("has no commit yet: make one with `git -C"));
    assert!(refusal(&dir.join(".git"), &state).await.contains("is inside a .git folder"));
    owner.git(&["init", "-q", "--bare", "../bare"]);
    assert!(refusal(&owner.beside("bare"), &state).await.contains("is a bare repository"));
    let error = Repo::open(&Git::new("/nowhere", "/"), &dir, &state).await.unwrap_err();
    assert!(matches!(error, RepoError::Git(GitError::Missing)));
}

#[tokio::test]
async fn a_half_done_merge_is_named() {
    let owner = Owner::with(&[("a", "1\n")]);
    owner.git(&["checkout", "-q", "-b", "side"]);
    owner.commits(&[("b", "2\n")]);
    owner.git(&["checkout", "-q", "main"]);
    owner.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    let error = refusal(&owner.dir(), &owner.beside("state")).await;
    assert!(error.contains("a merge is under way") && error.contains("merge --abort"), "{error}");
}

#[tokio::test]
async fn a_subfolder_stands_for_its_repository() {
    let owner = Owner::with(&[("src/deep/a.rs", "")]);
    let repo = Repo::open(&git(), &owner.dir().join("src/deep"), &owner.beside("state")).await.unwrap();
    assert_eq!(repo.root(), owner.dir().canonicalize().unwrap());
    assert!(!repo.is_shadow());
    assert_eq!(repo.base(DirtyTree::Refuse, AT).await.unwrap(), owner.head());
}

#[tokio::test]
async fn a_dirty_tree_is_refused_ignored_or_included() {
    let owner = Owner::with(&[("kept", "1\n"), ("gone", "1\n"), (".gitignore", "*.log\n")]);
    let repo = owner.repo().await;
    owner.write("kept", "2\n");
    owner.write("odd \u{fc} name\n.txt", "new\n");
    owner.write("noise.log", "no\n");
    std::fs::remove_file(owner.dir().join("gone")).unwrap();
    for number in 0..5 {
        owner.write(&format!("new{number}"), "");
    }
    owner.git(&["add", "kept"]);
    owner.write("kept", "3\n");
    let index = || std::fs::read(owner.dir().join(".git/index")).unwrap();
    let (before, status) = (index(), owner.git(&["--no-optional-locks", "status", "--porcelain"]));

    let error = repo.base(DirtyTree::Refuse, AT).await.unwrap_err();
    let RepoError::Dirty { paths, more, .. } = &error else { panic!("{error}") };
    assert_eq!((paths.len(), *more), (5, 3));
    assert!(error.to_string().contains("gone, kept") && error.to_string().contains("and 3 more"), "{error}");
    assert_eq!(repo.base(DirtyTree::Ignore, AT).await.unwrap(), owner.head());

    let base = repo.base(DirtyTree::Include, AT).await.unwrap();
    assert_eq!(repo.read(&base, "kept").await.unwrap().unwrap(), b"3\n");
    assert_eq!(repo.read(&base, "gone").await.unwrap(), None);
    let files = repo.list(&base).await.unwrap();
    assert!(files.contains(&"odd \u{fc} name\n.txt".to_owned()) && !files.contains(&"noise.log".to_owned()));
    assert!(repo.is_ancestor(&owner.head(), &base).await.unwrap());
    assert_eq!(repo.base(DirtyTree::Include, AT).await.unwrap(), base, "the same again");

    assert_eq!(index(), before, "the Owner's index is as it was");
    assert_eq!(owner.git(&["--no-optional-locks", "status", "--porcelain"]), status);
    assert_eq!(std::fs::read_to_string(owner.dir().join("kept")).unwrap(), "3\n");
    assert!(std::fs::read_dir(owner.beside("state/index")).unwrap().next().is_none());
}

#[tokio::test]
async fn a_clean_tree_is_its_head_however_it_is_asked_for() {
    let owner = Owner::with(&[("a", "1\n")]);
    let repo = owner.repo().await;
    for dirty in [DirtyTree::Refuse, DirtyTree::Include, DirtyTree::Ignore] {
        assert_eq!(repo.base(dirty, AT).await.unwrap(), owner.head());
    }
}

#[tokio::test]
async fn a_folder_without_git_gets_a_repository_beside_it() {
    let owner = Owner::without_git();
    owner.write("a.txt", "1\n");
    owner.write("b.log", "1\n");
    owner.write(".gitignore", "*.log\n");
    let state = owner.dir().join(".trireme");
    let repo = Repo::open(&git(), &owner.dir(), &state).await.unwrap();
    assert!(repo.is_shadow());
    let base = repo.base(DirtyTree::Refuse, AT).await.unwrap();
    assert_eq!(repo.list(&base).await.unwrap(), [".gitignore", "a.txt"]);
    let again = Repo::open(&git(), &owner.dir(), &state).await.unwrap();
    assert_eq!(again.base(DirtyTree::Refuse, AT).await.unwrap(), base);
    owner.write("a.txt", "2\n");
    assert_ne!(again.base(DirtyTree::Refuse, AT).await.unwrap(), base);
    assert!(!owner.dir().join(".git").exists());
}

#[tokio::test]
async fn the_repository_makes_us_run_nothing() {
    let owner = Owner::with(&[("a", "1\n"), (".gitattributes", "a diff=evil\n")]);
    let evil = owner.beside("evil.sh");
    let proof = owner.beside("proof");
    std::fs::write(&evil, format!("#!/bin/sh\ntouch {}\n", proof.display())).unwrap();
    std::fs::set_permissions(&evil, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let evil_path = evil.to_str().unwrap();
    owner.git(&["config", "core.fsmonitor", evil_path]);
    owner.git(&["config", "diff.external", evil_path]);
    owner.git(&["config", "diff.evil.textconv", evil_path]);
    owner.git(&["config", "core.pager", evil_path]);
    std::fs::remove_file(&proof).ok();
    let hooks = owner.dir().join(".git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    for hook in ["reference-transaction", "post-index-change", "pre-commit", "post-checkout"] {
        std::fs::copy(&evil, hooks.join(hook)).unwrap();
    }
    // A submodule with a monitor of its own.
    owner.git(&["init", "-q", "sub"]);
    owner.git(&["-C", "sub", "commit", "-q", "--allow-empty", "-m", "inner"]);
    owner.git(&["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "add", "sub"]);
    owner.git(&["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "sub"]);
    owner.git(&["-C", "sub", "config", "core.fsmonitor", evil_path]);
    owner.write("a", "2\n");
    owner.write("sub/changed", "2\n");
    std::fs::remove_file(&proof).ok();

    let repo = owner.repo().await;
    repo.base(DirtyTree::Refuse, AT).await.unwrap_err();
    let base = repo.base(DirtyTree::Include, AT).await.unwrap();
    repo.set_ref("refs/heads/trireme/x", &base, None).await.unwrap();
    assert!(repo.diff(&owner_head(&repo).await, &base, 10_000).await.unwrap().contains("+2"));
    repo.delete_refs("refs/heads/trireme").await.unwrap();
    assert!(!proof.exists());
    // The control: git without our settings does run it.
    owner.git(&["status"]);
    assert!(proof.exists());
}

async fn owner_head(repo: &Repo) -> CommitId {
    repo.resolve_any("HEAD").await.unwrap().unwrap()
}

async fn branches(owner: &Owner, ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> (CommitId, CommitId) {
    owner.git(&["checkout", "-q", "-b", "theirs"]);
    let theirs = owner.commits(theirs);
    owner.git(&["checkout", "-q", "main"]);
    (owner.commits(ours), theirs)
}

#[tokio::test]
async fn a_merge_is_a_commit_of_its_own_and_comes_out_the_same_again() {
    let owner = Owner::with(&[("a", "1\n"), ("b", "1\n")]);
    let start = owner.head();
    let (ours, theirs) = branches(&owner, &[("a", "2\n")], &[("b", "2\n")]).await;
    let repo = owner.repo().await;
    let Merge::Merged(merged) = repo.merge(&ours, &theirs, "both", AT).await.unwrap() else { panic!() };
    assert_eq!(repo.read(&merged, "a").await.unwrap().unwrap(), b"2\n");
    assert_eq!(repo.read(&merged, "b").await.unwrap().unwrap(), b"2\n");
    assert_eq!(repo.merge(&ours, &theirs, "both", AT).await.unwrap(), Merge::Merged(merged.clone()));
    let later = repo.merge(&ours, &theirs, "both", AT.plus(1_000)).await.unwrap();
    assert_ne!(later, Merge::Merged(merged.clone()));
    assert_eq!(repo.merge(&merged, &theirs, "again", AT).await.unwrap(), Merge::Merged(merged.clone()));
    let Merge::Merged(forward) = repo.merge(&start, &theirs, "forward", AT).await.unwrap() else { panic!() };
    assert_ne!(forward, theirs, "no fast-forward");
    assert_eq!(repo.tree_of(&forward).await.unwrap(), repo.tree_of(&theirs).await.unwrap());
    let told = owner.git(&["log", "-1", "--format=%an <%ae> %at %s", &merged.0]);
    assert_eq!(told, "Trireme <trireme@localhost> 1700000000 both");
}

#[tokio::test]
async fn a_conflict_names_its_paths() {
    let owner = Owner::with(&[("same", "1\n"), ("odd\nname", "1\n"), ("c", "1\n")]);
    let (ours, theirs) = branches(
        &owner,
        &[("same", "2\n"), ("odd\nname", "2\n")],
        &[("same", "3\n"), ("odd\nname", "3\n"), ("c", "4\n")],
    )
    .await;
    let repo = owner.repo().await;
    let merge = repo.merge(&ours, &theirs, "", AT).await.unwrap();
    assert_eq!(merge, Merge::Conflict(vec!["odd\nname".to_owned(), "same".to_owned()]));
}

#[tokio::test]
async fn a_ref_moves_only_from_where_it_is_expected() {
    let owner = Owner::with(&[("a", "1\n")]);
    let one = owner.head();
    let two = owner.commits(&[("a", "2\n")]);
    let repo = owner.repo().await;
    let name = "refs/heads/trireme/run";
    assert_eq!(repo.resolve(name).await.unwrap(), None);
    repo.set_ref(name, &one, None).await.unwrap();
    repo.set_ref(name, &one, None).await.unwrap();
    let error = repo.set_ref(name, &two, None).await.unwrap_err();
    assert!(matches!(&error, RepoError::RefMoved { found: Some(found), .. } if *found == one), "{error}");
    repo.set_ref(name, &two, Some(&one)).await.unwrap();
    repo.set_ref(name, &two, Some(&one)).await.unwrap();
    assert!(repo.set_ref(name, &one, Some(&one)).await.is_err());
    assert_eq!(repo.resolve(name).await.unwrap(), Some(two.clone()));
    repo.set_ref("refs/trireme/run/a1", &one, None).await.unwrap();
    repo.set_ref("refs/trireme/runner", &one, None).await.unwrap();
    repo.delete_refs("refs/trireme/run").await.unwrap();
    assert_eq!(repo.resolve("refs/trireme/run/a1").await.unwrap(), None);
    assert_eq!(repo.resolve("refs/trireme/runner").await.unwrap(), Some(one));
    assert!(matches!(repo.resolve("HEAD").await, Err(RepoError::NotARef(_))));
    assert!(matches!(repo.delete_refs("--all").await, Err(RepoError::NotARef(_))));
}

#[tokio::test]
async fn changes_name_every_path_and_its_kind() {
    let owner = Owner::with(&[("mod", "1\n"), ("del", "1\n"), ("type", "1\n"), ("run.sh", "1\n")]);
    let base = owner.head();
    std::fs::remove_file(owner.dir().join("del")).unwrap();
    std::fs::remove_file(owner.dir().join("type")).unwrap();
    std::os::unix::fs::symlink("mod", owner.dir().join("type")).unwrap();
    std::fs::set_permissions(owner.dir().join("run.sh"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let end = owner.commits(&[("mod", "2\n"), ("a \u{fc}\n\t\"b", "1\n")]);
    let repo = owner.repo().await;
    let changes = repo.changes(&base, &end).await.unwrap();
    let seen: Vec<_> =
        changes.iter().map(|change| (change.path.as_str(), change.kind, change.mode.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("a \u{fc}\n\t\"b", ChangeKind::Added, "100644"),
            ("del", ChangeKind::Deleted, "000000"),
            ("mod", ChangeKind::Modified, "100644"),
            ("run.sh", ChangeKind::Modified, "100755"),
            ("type", ChangeKind::TypeChanged, "120000"),
        ]
    );
    let cut = repo.diff(&base, &end, 30).await.unwrap();
    assert!(cut.ends_with("[… the patch is longer than 30 bytes and is cut here]\n"), "{cut}");
    assert_eq!(repo.read(&end, "a \u{fc}\n\t\"b").await.unwrap().unwrap(), b"1\n");
    assert_eq!(repo.read(&end, "x blob 5\n").await.unwrap(), None);
    assert!(matches!(repo.read(&end, "../x").await, Err(RepoError::NotAPath(_))));
}

#[tokio::test]
async fn an_unknown_setting_of_the_owner_does_not_hide_changes() {
    let owner = Owner::with(&[("a", "1\n")]);
    owner.git(&["config", "status.showUntrackedFiles", "no"]);
    owner.git(&["config", "core.splitIndex", "true"]);
    let repo = owner.repo().await;
    write(&owner.dir(), "new/file", "1\n");
    assert_eq!(repo.dirty_paths().await.unwrap(), ["new/"]);
    let base = repo.base(DirtyTree::Include, AT).await.unwrap();
    assert_eq!(repo.list(&base).await.unwrap(), ["a", "new/file"]);
}

#[tokio::test]
async fn a_file_that_git_refuses_is_named_and_not_left_out_silently() {
    let owner = Owner::with(&[("a", "1\n")]);
    owner.write("docs/.GIT/odd", "1\n");
    let error = owner.repo().await.base(DirtyTree::Include, AT).await.unwrap_err().to_string();
    assert!(error.contains("docs/.GIT/odd") && error.contains(".gitignore"), "{error}");
}

#[tokio::test]
async fn our_own_refs_are_put_wherever_they_were() {
    let owner = Owner::with(&[("a", "1\n")]);
    let repo = owner.repo().await;
    let one = repo.base(DirtyTree::Refuse, AT).await.unwrap();
    let tree = repo.tree_of(&one).await.unwrap();
    let two = repo.commit(&tree, std::slice::from_ref(&one), "two", AT).await.unwrap();
    for commit in [&two, &one, &one] {
        repo.put_ref("refs/trireme/run/attempt/1", commit).await.unwrap();
        assert_eq!(repo.resolve("refs/trireme/run/attempt/1").await.unwrap().as_ref(), Some(commit));
    }
    assert!(repo.put_ref("main", &one).await.is_err());
}

#[test]
fn only_what_never_changes_is_remembered_and_never_too_much() {
    let (trees, tree) = (Trees::default(), TreeId("a tree".to_owned()));
    trees.remember("HEAD", &tree);
    trees.remember("abc123", &tree);
    assert_eq!((trees.get("HEAD"), trees.get("abc123")), (None, None));
    for number in 0..=trireme_core::limits::TREES_KNOWN {
        trees.remember(&format!("{number:040x}"), &tree);
    }
    assert_eq!(trees.get(&format!("{:040x}", 0)), None);
    assert_eq!(trees.get(&format!("{:040x}", trireme_core::limits::TREES_KNOWN)), Some(tree));
}
