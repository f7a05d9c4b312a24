use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use trireme_core::CommitId;

use super::*;
use crate::workspace::tests::{Owner, write};
use crate::workspace::{Pin, Pool, Repo};

async fn checkout(owner: &Owner, repo: &Repo, commit: &CommitId) -> (Pool, Checkout) {
    let pool = Pool::new(repo, owner.beside("state"));
    let checkout = pool.checkout("check", commit, &[]).await.unwrap();
    (pool, checkout)
}

#[tokio::test]
async fn it_has_everything_and_can_always_be_removed() {
    let owner = Owner::with(&[("a", "1\n"), ("secret/key", "s\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/check");
    let (pool, mut checkout) = checkout(&owner, &repo, &owner.head()).await;
    assert!(dir.join("a").is_file() && dir.join("secret/key").is_file());
    assert_eq!(*checkout.tree(), repo.tree_of(&owner.head()).await.unwrap());
    let folder = checkout.ready().await.unwrap();
    assert!(folder.home().is_dir() && folder.tmp().is_dir());
    fs::set_permissions(dir.join("secret"), Permissions::from_mode(0o500)).unwrap();
    fs::set_permissions(&dir, Permissions::from_mode(0o500)).unwrap();
    drop(checkout);
    assert!(!dir.exists(), "it is out of the way at once");
    pool.idle().await;
    let left = fs::read_dir(owner.beside("state")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["index"], "nothing lies beside it any more");
}

#[tokio::test]
async fn what_did_not_change_is_not_written_again() {
    let owner = Owner::with(&[("same", "1\n"), ("other", "1\n"), (".gitignore", "target/\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/check");
    let (_pool, mut checkout) = checkout(&owner, &repo, &owner.head()).await;
    checkout.ready().await.unwrap();
    let time = |path: &str| dir.join(path).metadata().unwrap().modified().unwrap();
    let (same, before) = (time("same"), time("other"));
    // Same size, same time: only git's own bookkeeping tells.
    write(&dir, "other", "2\n");
    fs::File::options().write(true).open(dir.join("other")).unwrap().set_modified(before).unwrap();
    write(&dir, "target/built", "1\n");
    write(&dir, "new", "1\n");
    checkout.ready().await.unwrap();
    assert_eq!(fs::read_to_string(dir.join("other")).unwrap(), "1\n");
    assert_eq!(time("same"), same);
    assert!(dir.join("target/built").exists() && !dir.join("new").exists());
}

#[tokio::test]
async fn a_link_in_a_folders_place_is_replaced_and_not_followed() {
    let owner = Owner::with(&[("dir/a", "1\n")]);
    owner.git(&["init", "-q", "sub"]);
    owner.git(&["-C", "sub", "commit", "-q", "--allow-empty", "-m", "inner"]);
    let base = owner.commits(&[]);
    let repo = owner.repo().await;
    let (dir, elsewhere) = (owner.beside("state/check"), owner.beside("elsewhere"));
    let (_pool, mut checkout) = checkout(&owner, &repo, &base).await;
    checkout.ready().await.unwrap();
    write(&elsewhere, "a", "foreign\n");
    fs::remove_dir_all(dir.join("dir")).unwrap();
    symlink(&elsewhere, dir.join("dir")).unwrap();
    write(&dir, "sub/planted", "1\n");
    fs::write(owner.beside("state/check.index/pristine.lock"), "").unwrap();
    checkout.ready().await.unwrap();
    assert!(!dir.join("dir").is_symlink());
    assert_eq!(fs::read_to_string(dir.join("dir/a")).unwrap(), "1\n");
    assert_eq!(fs::read_to_string(elsewhere.join("a")).unwrap(), "foreign\n");
    assert!(!dir.join("sub/planted").exists(), "nothing is kept where a gitlink is");
}

#[tokio::test]
async fn pins_replace_whatever_is_in_their_place() {
    let owner =
        Owner::with(&[("a/b", "1\n"), ("c", "1\n"), ("d/[x]*", "1\n"), ("-e", "1\n"), ("same", "1\n")]);
    let base = owner.head();
    fs::remove_dir_all(owner.dir().join("a")).unwrap();
    fs::remove_file(owner.dir().join("c")).unwrap();
    owner.write("new", "1\n");
    let later = owner.commits(&[
        ("a", "now a file\n"),
        ("c/inner", "now a folder\n"),
        ("d/[x]*", "2\n"),
        ("-e", "2\n"),
    ]);
    let repo = owner.repo().await;
    let pin = |path: &str| Pin { base: base.clone(), path: path.to_owned() };
    let tree = repo.tree_of(&later).await.unwrap();
    assert_eq!(repo.with_pins(&tree, &[pin("same"), pin("new"), pin("none")]).await.unwrap(), tree);
    let pins = [pin("a/b"), pin("c"), pin("d/[x]*"), pin("-e"), pin("new")];
    let pinned = repo.with_pins(&tree, &pins).await.unwrap();
    let changes = repo.changes(&base, &pinned).await.unwrap();
    assert_eq!(changes.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["new"]);
}

#[tokio::test]
async fn a_repository_that_a_criterion_makes_is_gone_for_the_next_whatever_is_ignored() {
    let owner = Owner::with(&[("dir/a", "1\n"), (".gitignore", ".*\n!.gitignore\ntarget/\n")]);
    let repo = owner.repo().await;
    let dir = owner.beside("state/check");
    let (_pool, mut checkout) = checkout(&owner, &repo, &owner.head()).await;
    checkout.ready().await.unwrap();
    for path in [".git/config", "dir/.git/config", "new/.git/config", ".cache/kept", "target/kept"] {
        write(&dir, path, "1\n");
    }
    checkout.ready().await.unwrap();
    for gone in [".git", "dir/.git", "new"] {
        assert!(!dir.join(gone).exists(), "{gone}");
    }
    assert!(dir.join(".cache/kept").exists() && dir.join("target/kept").exists());
}
