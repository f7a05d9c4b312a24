//! Ways to make the git that we trust run what a worker or a repository names. Each is shown to work on a git without our
//! care first: what would not be run there proves nothing here.

use std::os::unix::fs::symlink;

use super::*;
use crate::workspace::{DirtyTree, Merge};

/// A repository, a program that leaves a proof, and a folder of an attempt.
struct Ground {
    owner: Owner,
    proof: PathBuf,
    evil: PathBuf,
}

impl Ground {
    fn new(files: &[(&str, &str)]) -> Self {
        let owner = Owner::with(files);
        let (evil, proof) = (owner.beside("evil.sh"), owner.beside("proof"));
        program(&evil, &format!("#!/bin/sh\ntouch {}\ncat\n", proof.display()));
        Self { owner, proof, evil }
    }

    fn evil(&self) -> &str {
        self.evil.to_str().unwrap()
    }

    async fn attempt(&self) -> (Repo, Worktree) {
        let repo = self.owner.repo().await;
        let dir = self.owner.beside("state/a0");
        let worktree = Worktree::create(&repo, &dir, &self.owner.head(), &all).await.unwrap();
        (repo, worktree)
    }

    /// Whether it was run since it was last asked.
    fn was_run(&self) -> bool {
        fs::remove_file(&self.proof).is_ok()
    }

    /// Everything that we do in a folder.
    async fn all_of_it(&self, worktree: &Worktree) {
        let (commit, snapshot) = worktree.commit(&self.owner.head(), "work", AT).await.unwrap();
        worktree.restore(&snapshot.tree).await.unwrap();
        worktree.renew().await.unwrap();
        let mut washed = worktree.clone();
        washed.leave(&self.owner.beside("state/kept")).unwrap();
        assert!(washed.wash().await.unwrap());
        let tree = worktree.repo.tree_of(&commit).await.unwrap();
        assert!(washed.become_one_of(&self.owner.beside("state/a1"), &tree, &all).await.unwrap());
        assert_eq!(washed.snapshot().await.unwrap().tree, tree);
    }
}

#[tokio::test]
async fn a_git_file_that_leads_to_another_repository() {
    let ground = Ground::new(&[("a", "1\n")]);
    let (_, worktree) = ground.attempt().await;
    let dir = worktree.dir().to_str().unwrap();
    ground.owner.git(&["init", "-q", "../foreign"]);
    ground.owner.git(&["-C", "../foreign", "config", "core.fsmonitor", ground.evil()]);
    ground.owner.git(&["-C", "../foreign", "config", "core.worktree", dir]);
    write(worktree.dir(), "a", "2\n");
    write(worktree.dir(), ".git", &format!("gitdir: {}\n", ground.owner.beside("foreign/.git").display()));
    ground.owner.git(&["-C", dir, "status"]);
    assert!(ground.was_run(), "the attack works");
    ground.all_of_it(&worktree).await;
    assert!(!ground.was_run());
}

#[tokio::test]
async fn a_repository_in_the_folder_with_a_monitor() {
    let ground = Ground::new(&[("a", "1\n")]);
    let (_, worktree) = ground.attempt().await;
    let nested = worktree.dir().join("nested");
    write(&nested, "made", "1\n");
    ground.owner.git(&["init", "-q", nested.to_str().unwrap()]);
    ground.owner.git(&["-C", nested.to_str().unwrap(), "add", "-A"]);
    ground.owner.git(&["-C", nested.to_str().unwrap(), "commit", "-q", "-m", "inner"]);
    ground.owner.git(&["-C", nested.to_str().unwrap(), "config", "core.fsmonitor", ground.evil()]);
    // As a submodule of the Owner's repository it makes even a look from outside run it.
    ground.owner.git(&["init", "-q", "sub"]);
    ground.owner.git(&["-C", "sub", "commit", "-q", "--allow-empty", "-m", "inner"]);
    ground.owner.commits(&[]);
    ground.owner.git(&["-C", "sub", "config", "core.fsmonitor", ground.evil()]);
    ground.owner.git(&["status"]);
    assert!(ground.was_run(), "the attack works");
    ground.all_of_it(&worktree).await;
    assert_eq!(ground.owner.repo().await.dirty_paths().await.unwrap(), <[&str; 0]>::default());
    assert!(!ground.was_run());
}

#[tokio::test]
async fn hooks_of_the_repository() {
    let ground = Ground::new(&[("a", "1\n")]);
    let hooks = ground.owner.dir().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for hook in ["post-index-change", "post-checkout", "pre-commit", "reference-transaction", "post-commit"] {
        fs::copy(&ground.evil, hooks.join(hook)).unwrap();
    }
    ground.owner.git(&["config", "core.hooksPath", hooks.to_str().unwrap()]);
    ground.owner.git(&["-c", "core.autocrlf=false", "reset", "-q", "--hard"]);
    assert!(ground.was_run(), "the attack works");
    let (repo, worktree) = ground.attempt().await;
    write(worktree.dir(), "a", "2\n");
    ground.all_of_it(&worktree).await;
    repo.put_ref("refs/trireme/x", &ground.owner.head()).await.unwrap();
    assert!(!ground.was_run());
}

#[tokio::test]
async fn a_gitlink_that_a_worker_puts_in_place_of_files() {
    // Names that are no text too: what is dropped is found by its bytes.
    for name in [&b"lib"[..], b"od\xff\n"] {
        let ground = Ground::new(&[("a", "1\n"), (".gitignore", "*.log\n")]);
        let nested = worktree_path(&ground, name);
        let (repo, worktree) = ground.attempt().await;
        fs::create_dir_all(&nested).unwrap();
        fs::write(nested.join("file"), "1\n").unwrap();
        ground.owner.git(&["init", "-q", "../inner"]);
        ground.owner.git(&["-C", "../inner", "commit", "-q", "--allow-empty", "-m", "inner"]);
        fs::rename(ground.owner.beside("inner/.git"), nested.join(".git")).unwrap();
        let added = ["--git-dir", ".git", "--work-tree", worktree.dir().to_str().unwrap(), "add", "-A", "-n"];
        assert!(ground.owner.git(&[&added[..], &["."]].concat()).contains("add '"), "it would be taken");
        let snapshot = worktree.snapshot().await.unwrap();
        let listing = repo.entries(&snapshot.tree).await.unwrap();
        assert!(listing.iter().all(|entry| !entry.is_gitlink()), "{name:?}: {listing:?}");
        assert!(listing.iter().any(|entry| entry.path == [name, b"/file"].concat()), "{name:?}");
    }
}

fn worktree_path(ground: &Ground, name: &[u8]) -> PathBuf {
    ground.owner.beside("state/a0").join(as_path(name))
}

#[tokio::test]
async fn a_filter_whose_program_is_a_file_of_the_worker() {
    let ground = Ground::new(&[("a.x", "1\n"), ("tools/clean", "#!/bin/sh\ncat\n")]);
    fs::set_permissions(ground.owner.dir().join("tools/clean"), Permissions::from_mode(0o755)).unwrap();
    let base = ground.owner.commits(&[]);
    for (key, value) in [("clean", "tools/clean"), ("smudge", "tools/clean"), ("required", "true")] {
        ground.owner.git(&["config", &format!("filter.a=b.{key}"), value]);
    }
    let (repo, worktree) = ground.attempt().await;
    write(worktree.dir(), ".gitattributes", "* filter=a=b\n");
    fs::copy(&ground.evil, worktree.dir().join("tools/clean")).unwrap();
    write(worktree.dir(), "a.x", "2\n");
    let dir = worktree.dir().to_str().unwrap();
    let git_dir = ground.owner.dir().join(".git");
    let git_dir = git_dir.to_str().unwrap();
    ground.owner.git(&["-C", dir, "--git-dir", git_dir, "--work-tree", dir, "add", "-A", "-n", "."]);
    ground.owner.git(&["-C", dir, "--git-dir", git_dir, "--work-tree", dir, "hash-object", "a.x"]);
    assert!(ground.was_run(), "the attack works");
    ground.all_of_it(&worktree).await;
    assert!(!ground.was_run());
    assert_eq!(repo.read(&base, "a.x").await.unwrap().unwrap(), b"1\n");
}

#[tokio::test]
async fn a_merge_driver_that_attributes_of_a_worker_choose() {
    let ground = Ground::new(&[("a", "1\n2\n3\n")]);
    ground.owner.git(&["config", "merge.chosen.driver", ground.evil()]);
    ground.owner.git(&["checkout", "-q", "-b", "theirs"]);
    let theirs = ground.owner.commits(&[("a", "1\n2\n4\n"), (".gitattributes", "* merge=chosen\n")]);
    ground.owner.git(&["checkout", "-q", "main"]);
    let ours = ground.owner.commits(&[("a", "0\n2\n3\n"), (".gitattributes", "* merge=chosen\n")]);
    ground.owner.git(&["merge-tree", "--write-tree", &ours.0, &theirs.0]);
    assert!(ground.was_run(), "the attack works");
    let repo = ground.owner.repo().await;
    let merge = repo.merge(&ours, &theirs, "both", AT).await.unwrap();
    assert!(matches!(merge, Merge::Conflict(ref paths) if paths == &["a"]), "{merge:?}");
    assert!(!ground.was_run());
}

#[tokio::test]
async fn what_a_partial_clone_lacks_is_not_fetched() {
    let ground = Ground::new(&[("a", "1\n"), ("big", "2\n")]);
    let there = ground.owner.dir();
    ground.owner.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", there.display());
    ground.owner.git(&["clone", "-q", "--filter=blob:none", "--no-checkout", &url, "../partial"]);
    let partial = ground.owner.beside("partial");
    let upload = format!("touch {}; git-upload-pack", ground.proof.display());
    ground.owner.git(&["-C", "../partial", "config", "remote.origin.uploadpack", &upload]);
    ground.owner.git(&["-C", "../partial", "read-tree", "HEAD"]);
    let repo =
        Repo::open(&crate::workspace::tests::git(), &partial, &ground.owner.beside("state")).await.unwrap();
    let base = repo.base(DirtyTree::Ignore, AT).await.unwrap();
    let dir = ground.owner.beside("state/a0");
    let error = Worktree::create(&repo, &dir, &base, &all).await.unwrap_err().to_string();
    assert!(!ground.was_run());
    assert!(error.contains("partial clone") && error.contains("fetch --refetch --no-filter"), "{error}");
    ground.owner.git(&["-C", "../partial", "cat-file", "-p", "HEAD:a"]);
    assert!(ground.was_run(), "the attack works");
}

#[tokio::test]
async fn rules_that_are_a_pipe_or_lead_elsewhere() {
    let ground = Ground::new(&[("a", "1\n"), ("src/.gitignore", "*.log\n")]);
    let (repo, worktree) = ground.attempt().await;
    let dir = worktree.dir();
    fs::remove_file(dir.join("src/.gitignore")).unwrap();
    for pipe in [".gitattributes", "src/.gitignore"] {
        nix::unistd::mkfifo(&dir.join(pipe), nix::sys::stat::Mode::S_IRWXU).unwrap();
    }
    write(&ground.owner.beside("elsewhere"), "rules", "*\n");
    symlink(ground.owner.beside("elsewhere/rules"), dir.join(".gitignore")).unwrap();
    write(dir, "src/new", "1\n");
    let snapshot = tokio::time::timeout(std::time::Duration::from_secs(60), worktree.snapshot()).await;
    let snapshot = snapshot.expect("git waits for nobody who writes into a pipe").unwrap();
    assert_eq!(snapshot.dropped.len(), 2, "{:?}", snapshot.dropped);
    let files = repo.list(&snapshot.tree).await.unwrap();
    assert!(files.contains(&"src/new".to_owned()), "{files:?}");
    let seen = crate::workspace::Files::open(dir)
        .unwrap()
        .list(None, trireme_core::prompts::Page::default())
        .unwrap();
    assert!(seen.contains("src/new"), "{seen}");
}
