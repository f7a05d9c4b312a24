use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Child;

use trireme_core::CommitId;

use super::*;
use crate::workspace::tests::{AT, Owner, PATH, all_of, program, write};
use crate::workspace::{Git, Repo};

fn all(_: &str) -> bool {
    true
}

fn no_secrets(path: &str) -> bool {
    !path.starts_with("secret")
}

/// An Owner's repository, with two commits that differ in many ways.
fn owner() -> (Owner, CommitId, CommitId) {
    let owner = Owner::with(&[
        (".gitignore", "target/\n*.tmp\n"),
        ("same", "1\n"),
        ("src/same", "1\n"),
        ("src/deep/same", "1\n"),
        ("turns", "a file\n"),
        ("goes/far/away", "1\n"),
        ("secret/key", "s\n"),
        ("odd \u{fc}\nname", "1\n"),
    ]);
    symlink("same", owner.dir().join("link")).unwrap();
    let one = owner.commits(&[]);
    fs::remove_dir_all(owner.dir().join("goes")).unwrap();
    fs::remove_file(owner.dir().join("turns")).unwrap();
    fs::remove_file(owner.dir().join("link")).unwrap();
    symlink("src/same", owner.dir().join("link")).unwrap();
    write(&owner.dir(), "run", "#!/bin/sh\n");
    fs::set_permissions(owner.dir().join("run"), Permissions::from_mode(0o755)).unwrap();
    let two = owner.commits(&[("turns/inner", "a folder\n"), ("src/same", "2\n"), ("src/new", "1\n")]);
    (owner, one, two)
}

async fn pool(owner: &Owner) -> Pool {
    let repo = owner.repo().await;
    fs::create_dir_all(owner.beside("state/work")).unwrap();
    Pool::new(&repo, owner.beside("state/work"))
}

/// How many folders are kept, and how many are on their way.
fn counts(pool: &Pool) -> (usize, usize) {
    let shelf = pool.folders.shelf();
    (shelf.kept.len(), shelf.coming)
}

/// Everything that a command can leave in a folder.
fn spoil(folder: &Worktree, elsewhere: &Path) {
    let dir = folder.dir();
    for path in ["new", "src/new file", "target/deep/poison", "src/x.tmp", "new folder/file", ".git/config"] {
        write(dir, path, "poison\n");
    }
    // Same size, and the times put back.
    let path = dir.join("src/deep/same");
    let before = path.metadata().unwrap();
    fs::write(&path, "2\n").unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_times(fs::FileTimes::new().set_modified(before.modified().unwrap())).unwrap();
    // A second name elsewhere, through which it can be written later.
    fs::hard_link(dir.join("same"), elsewhere.join("second name")).unwrap();
    // Another kind of thing, with something foreign behind it.
    fs::remove_dir_all(dir.join("goes")).unwrap();
    symlink(elsewhere, dir.join("goes")).unwrap();
    write(elsewhere, "far/away", "foreign\n");
    fs::remove_file(dir.join("turns")).unwrap();
    write(dir, "turns/inner", "poison\n");
    fs::remove_file(dir.join("link")).unwrap();
    fs::write(dir.join("link"), "poison\n").unwrap();
    write(dir, "src/deep/.git/config", "poison\n");
    fs::set_permissions(dir.join("src/deep"), Permissions::from_mode(0o2500)).unwrap();
    write(&folder.home(), "poison", "1\n");
    write(&folder.tmp(), "poison", "1\n");
    for named in [&b"user.poison"[..], b"system.posix_acl_default"] {
        let list = [&b"\x02\0\0\0"[..], &entry(1, 0), &entry(4, 5), &entry(0x20, 5)].concat();
        let set = rustix::fs::setxattr(dir.join("src"), named, &list, rustix::fs::XattrFlags::empty());
        if set.is_err() {
            trireme_testkit::skipped(format!("this file system takes no {}", String::from_utf8_lossy(named)));
        }
    }
}

/// An entry of an access list: for whom, and what.
fn entry(tag: u16, rights: u16) -> Vec<u8> {
    [&tag.to_le_bytes()[..], &rights.to_le_bytes(), &u32::MAX.to_le_bytes()].concat()
}

#[tokio::test]
async fn nothing_of_what_was_left_reaches_the_next_one() {
    let (owner, one, two) = owner();
    let pool = pool(&owner).await;
    let elsewhere = owner.beside("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    let folder = pool.folder("attempt-0", &one, &all).await.unwrap();
    let inode = |path: &str| owner.beside("state/work").join(path).metadata().unwrap().ino();
    let kept = inode("attempt-0/.gitignore");
    spoil(&folder, &elsewhere);
    pool.give_back(folder);
    pool.idle().await;
    for (name, commit) in [("attempt-1", &one), ("attempt-2", &two), ("attempt-3", &one)] {
        let folder = pool.folder(name, commit, &all).await.unwrap();
        assert_eq!(inode(&format!("{name}/.gitignore")), kept, "it is the same folder");
        let plain =
            Worktree::create(&owner.repo().await, &owner.beside("state/plain"), commit, &all).await.unwrap();
        assert_eq!(all_of(folder.dir()), all_of(plain.dir()));
        assert_eq!(all_of(&folder.home()).len() + all_of(&folder.tmp()).len(), 0);
        let snapshot = folder.snapshot().await.unwrap();
        assert_eq!((&snapshot.tree, snapshot.changes.len()), (folder.base(), 0));
        let names = rustix::fs::listxattr(folder.dir().join("src"), &mut [0; 1_000]).unwrap();
        assert_eq!(names, rustix::fs::listxattr(plain.dir().join("src"), &mut [0; 1_000]).unwrap());
        assert_eq!(fs::read_dir(owner.beside("state/work")).unwrap().count(), 4, "and the only one");
        pool.give_back(folder);
        pool.idle().await;
    }
    assert_eq!(fs::read_to_string(elsewhere.join("far/away")).unwrap(), "foreign\n");
    fs::write(elsewhere.join("second name"), "poison\n").unwrap();
    let folder = pool.folder("attempt-4", &one, &all).await.unwrap();
    assert_eq!(fs::read_to_string(folder.dir().join("same")).unwrap(), "1\n");
}

#[tokio::test]
async fn a_used_folder_shows_what_its_contract_shows() {
    let (owner, one, two) = owner();
    let pool = pool(&owner).await;
    let folder = pool.folder("attempt-0", &one, &all).await.unwrap();
    pool.give_back(folder);
    pool.idle().await;
    let folder = pool.folder("attempt-1", &two, &no_secrets).await.unwrap();
    assert!(!folder.dir().join("secret").exists() && folder.dir().join("src/same").exists());
    assert_eq!(folder.snapshot().await.unwrap().tree, *folder.base());
    write(folder.dir(), "secret/key", "guessed\n");
    write(folder.dir(), "src/same", "3\n");
    let (commit, _) = folder.commit(&two, "work", AT).await.unwrap();
    assert_eq!(owner.repo().await.read(&commit, "secret/key").await.unwrap().unwrap(), b"guessed\n");
    fs::remove_dir_all(folder.dir().join("secret")).unwrap();
    assert_eq!(folder.snapshot().await.unwrap().changes.len(), 1);
    let reopened = Worktree::open(&owner.repo().await, folder.dir()).await.unwrap().unwrap();
    assert_eq!(reopened.snapshot().await.unwrap().changes.len(), 1);
    pool.give_back(folder);
    pool.idle().await;
    let folder = pool.folder("attempt-2", &one, &all).await.unwrap();
    assert_eq!(fs::read_to_string(folder.dir().join("secret/key")).unwrap(), "s\n");
    assert_eq!(folder.snapshot().await.unwrap().tree, *folder.base());
    // Hardly anything is to be seen: a new one is less work, and the kept one stays.
    pool.give_back(folder);
    pool.idle().await;
    let narrow = pool.folder("attempt-3", &one, &|path: &str| path == "same").await.unwrap();
    assert_eq!(all_of(narrow.dir()).len(), 1);
    assert_eq!(counts(&pool), (1, 0));
}

#[tokio::test]
async fn submodules_come_and_go_and_leave_nothing() {
    let (owner, one, _) = owner();
    owner.git(&["init", "-q", "sub"]);
    owner.git(&["-C", "sub", "commit", "-q", "--allow-empty", "-m", "inner"]);
    let with = owner.commits(&[]);
    let pool = pool(&owner).await;
    for (name, commit) in [("a", &one), ("b", &with), ("c", &with), ("d", &one)] {
        let folder = pool.folder(name, commit, &all).await.unwrap();
        assert!(!folder.dir().join("sub").exists(), "{name}");
        assert_eq!(folder.snapshot().await.unwrap().tree, *folder.base(), "{name}");
        write(folder.dir(), "sub/planted", "1\n");
        pool.give_back(folder);
        pool.idle().await;
        assert_eq!(counts(&pool), (1, 0));
    }
}

#[expect(clippy::disallowed_methods, reason = "plays a process that got away")]
fn straggler(dir: &Path) -> Child {
    std::process::Command::new("sleep").arg("60").env_clear().current_dir(dir).spawn().unwrap()
}

#[tokio::test]
async fn a_folder_that_somebody_still_uses_is_used_by_nobody_else() {
    let (owner, one, _) = owner();
    let pool = pool(&owner).await;
    let folder = pool.folder("attempt-0", &one, &all).await.unwrap();
    let mut straggler = straggler(&folder.dir().join("src"));
    pool.give_back(folder);
    pool.idle().await;
    assert_eq!(counts(&pool), (0, 0));
    straggler.kill().unwrap();
    straggler.wait().unwrap();
    let folder = pool.folder("attempt-1", &one, &all).await.unwrap();
    let busy = folder.busy();
    pool.give_back(folder);
    pool.idle().await;
    assert_eq!(counts(&pool), (0, 0));
    drop(busy);
    assert_eq!(fs::read_dir(owner.beside("state/work")).unwrap().count(), 0);
}

/// Whoever leaves a desk holds it, and whoever makes one ready ahead has a turn and waits for it: they would wait for each other.
#[tokio::test]
async fn a_folder_is_taken_back_clean_although_all_turns_are_taken() {
    let (owner, one, _) = owner();
    let pool = pool(&owner).await;
    let folder = pool.folder("attempt-0", &one, &all).await.unwrap();
    write(folder.dir(), "left.txt", "by a worker\n");
    let turns = pool.folders.brooms.available_permits();
    let _turns = pool.folders.brooms.acquire_many(u32::try_from(turns).unwrap()).await.unwrap();
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, pool.take_back(folder)).await.unwrap().unwrap();
    assert!(!owner.beside("state/work/attempt-0").exists());
    assert_eq!(counts(&pool), (1, 0));
    assert!(!pool.folders.shelf().kept[0].dir().join("left.txt").exists());
}

#[tokio::test]
async fn a_kept_folder_that_is_damaged_is_replaced() {
    let (owner, one, two) = owner();
    let pool = pool(&owner).await;
    pool.give_back(pool.folder("attempt-0", &one, &all).await.unwrap());
    pool.idle().await;
    let kept = pool.folders.shelf().kept[0].dir().with_added_extension("index");
    fs::write(kept.join("pristine"), "DIRC, but no index").unwrap();
    let folder = pool.folder("attempt-1", &two, &all).await.unwrap();
    assert_eq!(folder.snapshot().await.unwrap().tree, *folder.base());
    pool.idle().await;
    assert_eq!(fs::read_dir(owner.beside("state/work")).unwrap().count(), 4);
}

#[tokio::test]
async fn what_is_not_finished_is_nobodys_and_what_a_dead_process_kept_goes() {
    let (owner, one, _) = owner();
    let repo = owner.repo().await;
    let work = owner.beside("state/work");
    let first = pool(&owner).await;
    first.make_ahead(&one, 2);
    first.idle().await;
    assert_eq!(counts(&first), (2, 0));
    first.give_back(first.folder("attempt-0", &one, &all).await.unwrap());
    first.idle().await;
    assert!(Worktree::open(&repo, &work.join("attempt-0")).await.unwrap().is_none());
    // A crash in the midst of a change of names: files, but nobody's word that they are complete.
    let kept = first.folders.shelf().kept[0].dir().to_owned();
    let attempt = first.folder("attempt-1", &one, &all).await.unwrap();
    fs::remove_file(work.join("attempt-1.index/base")).unwrap();
    assert!(Worktree::open(&repo, attempt.dir()).await.unwrap().is_none());
    write(attempt.dir(), "half", "1\n");
    write(&work, "another's", "1\n");
    drop(first);
    let second = Pool::new(&repo, work.clone());
    second.idle().await;
    assert!(kept.exists(), "whoever but looks at a run takes nothing of the one that works");
    second.remove_leftovers();
    second.idle().await;
    assert!(!kept.exists() && work.join("another's").exists() && work.join("attempt-1").exists());
    let folder = second.folder("attempt-1", &one, &all).await.unwrap();
    assert!(!folder.dir().join("half").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_under_a_name_that_was_given_back_is_left_alone() {
    let (owner, one, two) = owner();
    let pool = pool(&owner).await;
    let mut folder = pool.folder("section-0", &one, &all).await.unwrap();
    for _ in 0..20 {
        write(folder.dir(), "old", "1\n");
        // No process may be washing it: what it does would be done to the one that comes.
        pool.give_back(folder);
        assert!(
            !owner.beside("state/work/section-0").exists()
                && !owner.beside("state/work/section-0.index").exists()
        );
        folder = pool.folder("section-0", &two, &all).await.unwrap();
        write(folder.dir(), "new", "1\n");
        pool.idle().await;
        let there = Worktree::open(&owner.repo().await, folder.dir()).await.unwrap().unwrap();
        assert!(there.dir().join("new").exists() && !there.dir().join("old").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_at_once_leave_nothing() {
    let (owner, one, two) = owner();
    let pool = pool(&owner).await;
    let mut tasks = JoinSet::new();
    for number in 0..100 {
        let (pool, commit) = (pool.clone(), if number % 2 == 0 { one.clone() } else { two.clone() });
        tasks.spawn(async move {
            let mut checkout = pool.checkout(&format!("check-{number}"), &commit, &[]).await.unwrap();
            let folder = checkout.ready().await.unwrap();
            write(folder.dir(), "target/poison", "1\n");
            assert_eq!(folder.dir().join("src/new").exists(), number % 2 == 1);
            // Some are given back, others are dropped where their check was stopped.
            if number % 3 == 0 { drop(checkout) } else { checkout.give_back() }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    pool.idle().await;
    let (kept, coming) = counts(&pool);
    assert!(kept <= FOLDERS_KEPT && coming == 0, "{kept} {coming}");
    pool.empty().await;
    assert_eq!(fs::read_dir(owner.beside("state/work")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(owner.beside("state/index")).unwrap().count(), 0);
    assert_eq!(owner.git(&["worktree", "list", "--porcelain"]).matches("worktree ").count(), 1);
    pool.close().await;
    pool.give_back(pool.folder("late", &one, &all).await.unwrap());
    assert_eq!(pool.tasks().len(), 0, "nothing begins after the end");
}

/// What git was asked since the last time, its first word each.
fn asked(log: &Path) -> Vec<String> {
    let lines = fs::read_to_string(log).unwrap_or_default();
    fs::write(log, "").unwrap();
    lines.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_kept_folder_costs_git_next_to_nothing() {
    let (owner, one, two) = owner();
    let (bin, log) = (owner.beside("bin"), owner.beside("log"));
    let script = "#!/bin/sh\nfor word; do case $word in -*|*=*) ;; *) echo $word >> LOG; break;; esac; done\n\
                  PATH=${PATH#*:}\nexec git \"$@\"\n";
    program(&bin.join("git"), &script.replace("LOG", log.to_str().unwrap()));
    let git = Git::new(format!("{}:{PATH}", bin.display()), "/nonexistent");
    let repo = Repo::open(&git, &owner.dir(), &owner.beside("state")).await.unwrap();
    fs::create_dir_all(owner.beside("state/work")).unwrap();
    let pool = Pool::new(&repo, owner.beside("state/work"));
    pool.make_ahead(&one, 1);
    pool.idle().await;
    repo.tree_of(&two).await.unwrap();
    // Whatever was written in the moment in which its index was has to be looked into once: not in this moment any more.
    let time = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let (probe, kept) =
        (owner.beside("probe"), pool.folders.shelf().kept[0].dir().with_added_extension("index"));
    while !probe.exists() || time(&probe) <= time(&kept.join("pristine")) {
        fs::write(&probe, "").unwrap();
    }
    asked(&log);

    let mut checkout = pool.checkout("check", &one, &[]).await.unwrap();
    for number in 0..3 {
        let folder = checkout.ready().await.unwrap();
        write(folder.dir(), &format!("target/{number}"), "built\n");
        write(folder.dir(), &format!("new/{number}"), "left\n");
    }
    checkout.give_back();
    pool.idle().await;
    assert_eq!(asked(&log), <[&str; 0]>::default(), "the same tree, and nothing tracked was touched");
    let folder = pool.folder("attempt-0", &two, &all).await.unwrap();
    assert_eq!(asked(&log), ["read-tree"], "another tree");
    assert_eq!(folder.snapshot().await.unwrap().tree, *folder.base());
    assert_eq!(asked(&log), <[&str; 0]>::default(), "nobody did anything");
    write(folder.dir(), "src/new", "2\n");
    pool.give_back(folder);
    pool.idle().await;
    assert_eq!(asked(&log), ["checkout-index"], "a file was changed");
}
