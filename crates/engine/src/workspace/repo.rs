//! The Owner's repository: what a run starts from, and where its commits go.
//!
//! The Owner's files, index, branch and HEAD are never touched. A folder that is no repository gets a bare one of our
//! own in the state folder. Commits carry no clock of their own: the same call gives the same commit again.

mod compare;
mod history;
mod lookback;
mod pins;
mod trees;

use std::path::{Path, PathBuf};

use trireme_core::{CommitId, Millis, TreeId};

pub use history::{Change, ChangeKind, Merge};
pub use lookback::Lookback;
pub use pins::Pin;
use trees::Trees;

use super::git::{Git, GitCall, GitError, Place};
use super::staging::{PrivateIndex, Staging, lossy, records};

/// Paths that an error names before it only counts.
const SHOWN: usize = 5;

/// Files or folders in a git folder that tell of something half-done, and how it is ended.
const HALF_DONE: [(&str, &str); 5] = [
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
];

/// Why a repository can't be worked with, or not in that way.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// Nothing is there.
    #[error("the folder {} does not exist: give another with `--in DIR`", .0.display())]
    NoFolder(PathBuf),
    /// It has no files to work on.
    #[error("{} is a bare repository, which has no files: give a clone of it with `--in DIR`", .0.display())]
    Bare(PathBuf),
    /// It is the inside of a repository.
    #[error("{} is inside a .git folder: give the folder with the files with `--in DIR`", .0.display())]
    InsideGitFolder(PathBuf),
    /// It has nothing to start from.
    #[error(
        "the repository {path} has no commit yet: make one with `git -C {path} add -A && git -C {path} commit -m start`",
        path = .0.display()
    )]
    NoCommit(PathBuf),
    /// The Owner is in the middle of something.
    #[error(
        "a {what} is under way in {path}: end it with `git -C {path} {what} --continue` or `git -C {path} {what} --abort`",
        path = .path.display()
    )]
    HalfDone {
        /// The repository.
        path: PathBuf,
        /// `merge`, `rebase`, ….
        what: &'static str,
    },
    /// There are changes that are in no commit.
    #[error("uncommitted changes in {}: {}{}; commit them, or say `--dirty include` or `--dirty ignore`",
        .path.display(), .paths.join(", "), and_more(*.more))]
    Dirty {
        /// The repository.
        path: PathBuf,
        /// The first few of them.
        paths: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// Files of the Owner's that a base should hold and can't.
    #[error("git can't take some files of {}: {}; make them readable, rename them, or name them in .gitignore",
        .0.display(), .1.join("; "))]
    Refused(PathBuf, Vec<String>),
    /// Somebody else moved a ref.
    #[error("{name} is at {}, not at {}: somebody else moved it; start a new run", at(.found), at(.expected))]
    RefMoved {
        /// The ref.
        name: String,
        /// Where it should have been.
        expected: Option<CommitId>,
        /// Where it is.
        found: Option<CommitId>,
    },
    /// A name that is no full name of a ref.
    #[error("{0:?} is no name of a ref: it must begin with refs/")]
    NotARef(String),
    /// A path that can't be in a tree.
    #[error("{0:?} is no path in a repository: give it from the root, without `..`")]
    NotAPath(String),
    /// The state folder, or a folder beside it, can't be used.
    #[error("{}: {source}; check the folder's permissions and the space on its disk", .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Git did not do it.
    #[error(transparent)]
    Git(#[from] GitError),
}

fn and_more(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!(" and {count} more"),
    }
}

fn at(commit: &Option<CommitId>) -> &str {
    commit.as_ref().map_or("no commit", |commit| &commit.0)
}

pub(super) fn io_at(path: &Path) -> impl FnOnce(std::io::Error) -> RepoError {
    let path = path.to_owned();
    move |source| RepoError::Io { path, source }
}

/// What is done about changes that are in no commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirtyTree {
    /// They are an error.
    Refuse,
    /// They are part of the base.
    Include,
    /// They stay out of it.
    Ignore,
}

/// Something that names a tree: a commit or a tree.
pub trait TreeIsh: Sync {
    /// Its hexadecimal name.
    fn name(&self) -> &str;
}

impl TreeIsh for CommitId {
    fn name(&self) -> &str {
        &self.0
    }
}

impl TreeIsh for TreeId {
    fn name(&self) -> &str {
        &self.0
    }
}

/// A repository that runs work on. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Repo {
    pub(super) git: Git,
    pub(super) place: Place,
    /// Where private indexes are kept while they are needed.
    scratch: PathBuf,
    is_shadow: bool,
    /// The run whose folders are worked on, if it is known.
    pub(super) run: Option<String>,
    trees: Trees,
}

impl Repo {
    /// The repository that holds `project`, or a bare one of our own in `state` where there is none.
    pub async fn open(git: &Git, project: &Path, state: &Path) -> Result<Self, RepoError> {
        git.git_version().await?;
        let missing = |_| RepoError::NoFolder(project.to_owned());
        let project = project.canonicalize().map_err(missing)?;
        if !project.is_dir() {
            return Err(RepoError::NoFolder(project));
        }
        std::fs::create_dir_all(state).map_err(io_at(state))?;
        let state = state.canonicalize().map_err(io_at(state))?;
        let scratch = state.join("index");
        std::fs::create_dir_all(&scratch).map_err(io_at(&scratch))?;
        match found_place(git, &project).await? {
            Some(place) => Self::of_owner(git, place, scratch).await,
            None => Self::shadow(git, project, &state, scratch).await,
        }
    }

    /// Makes a folder without git a repository with one commit of everything in it, on branch `main`.
    pub async fn create(
        git: &Git,
        project: &Path,
        state: &Path,
        message: &str,
        at: Millis,
    ) -> Result<Self, RepoError> {
        let project = project.canonicalize().map_err(io_at(project))?;
        git.anywhere(&project, &["init", "--quiet", "--template=", "--initial-branch=main"]).run().await?;
        let scratch = state.join("index");
        std::fs::create_dir_all(&scratch).map_err(io_at(&scratch))?;
        let place = Place { git_dir: project.join(".git"), work_tree: project };
        let repo =
            Self { git: git.clone(), place, scratch, is_shadow: false, run: None, trees: Trees::default() };
        let all = repo.with_changes(None, at).await?;
        let first = repo.commit(&repo.tree_of(&all).await?, &[], message, at).await?;
        repo.set_ref("refs/heads/main", &first, None).await?;
        repo.call(&["read-tree", "HEAD"]).run().await?;
        Ok(repo)
    }

    /// The repository of a run that is there already: what the Owner is in the middle of does not matter to it.
    pub async fn reopen(git: &Git, project: &Path, state: &Path) -> Result<Self, RepoError> {
        let missing = |_| RepoError::NoFolder(project.to_owned());
        let project = project.canonicalize().map_err(missing)?;
        let scratch = state.join("index");
        std::fs::create_dir_all(&scratch).map_err(io_at(&scratch))?;
        let shadow = state.join("shadow.git");
        let (place, is_shadow) = match shadow.is_dir() {
            true => (Some(Place { git_dir: shadow, work_tree: project.clone() }), true),
            false => (found_place(git, &project).await?, false),
        };
        let place = place.ok_or(RepoError::NoFolder(project))?;
        Ok(Self { git: git.clone(), place, scratch, is_shadow, run: None, trees: Trees::default() })
    }

    async fn of_owner(git: &Git, place: Place, scratch: PathBuf) -> Result<Self, RepoError> {
        let is_there = |(mark, _): &&(&str, &str)| place.git_dir.join(mark).exists();
        if let Some((_, what)) = HALF_DONE.iter().find(is_there) {
            let path = place.work_tree;
            return Err(RepoError::HalfDone { path, what });
        }
        let repo =
            Self { git: git.clone(), place, scratch, is_shadow: false, run: None, trees: Trees::default() };
        match repo.resolve_any("HEAD").await? {
            Some(_) => Ok(repo),
            None => Err(RepoError::NoCommit(repo.place.work_tree)),
        }
    }

    async fn shadow(git: &Git, project: PathBuf, state: &Path, scratch: PathBuf) -> Result<Self, RepoError> {
        let git_dir = state.join("shadow.git");
        let init =
            git.anywhere(state, &["init", "--quiet", "--bare", "--template=", "--initial-branch=main"]);
        init.arg(&git_dir).run().await?;
        // A state folder inside the project is not part of the project.
        let exclude = match state.strip_prefix(&project) {
            Ok(inside) => format!("/{}/\n", inside.display()),
            Err(_) => String::new(),
        };
        let info = git_dir.join("info");
        std::fs::create_dir_all(&info).map_err(io_at(&info))?;
        std::fs::write(info.join("exclude"), exclude).map_err(io_at(&info))?;
        let place = Place { git_dir, work_tree: project };
        Ok(Self { git: git.clone(), place, scratch, is_shadow: true, run: None, trees: Trees::default() })
    }

    /// The same repository, for the work of one run: every git that works in a folder of the run carries its mark, so that
    /// [`super::kill_marked`] finds it. One that writes the Owner's refs does not: killed half-way, it would leave a lock.
    #[must_use]
    pub fn for_run(self, run: &str) -> Self {
        Self { run: Some(run.to_owned()), ..self }
    }

    /// The root of the files: the top of the repository, whichever folder of it was given.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.place.work_tree
    }

    /// Whether the repository is our own, beside a folder that has none.
    #[must_use]
    pub fn is_shadow(&self) -> bool {
        self.is_shadow
    }

    /// The commit that a run starts from. Where changes are included, it is a commit of ours, dated `at`.
    pub async fn base(&self, dirty: DirtyTree, at: Millis) -> Result<CommitId, RepoError> {
        if self.is_shadow {
            return self.with_changes(None, at).await;
        }
        let Some(head) = self.resolve_any("HEAD").await? else {
            return Err(RepoError::NoCommit(self.root().to_owned()));
        };
        match dirty {
            DirtyTree::Ignore => Ok(head),
            DirtyTree::Refuse => self.refuse_dirty().await.map(|()| head),
            DirtyTree::Include => self.with_changes(Some(head), at).await,
        }
    }

    async fn refuse_dirty(&self) -> Result<(), RepoError> {
        let changed = self.dirty_paths().await?;
        if changed.is_empty() {
            return Ok(());
        }
        Err(RepoError::Dirty {
            path: self.root().to_owned(),
            more: changed.len().saturating_sub(SHOWN),
            paths: changed.into_iter().take(SHOWN).collect(),
        })
    }

    /// Tracked files that differ from HEAD and untracked ones that are not ignored; folders of them end in a slash.
    pub async fn dirty_paths(&self) -> Result<Vec<String>, RepoError> {
        let args = [
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=normal",
            "--ignore-submodules=all",
            "--no-renames",
        ];
        let listing = self.call(&args).run().await?.out;
        Ok(records(&listing).filter_map(|record| record.get(3..)).map(lossy).collect())
    }

    async fn with_changes(&self, head: Option<CommitId>, at: Millis) -> Result<CommitId, RepoError> {
        let own = self.place.git_dir.join("index");
        let index = match own.is_file() {
            true => PrivateIndex::copy_of(&own, &self.scratch).map_err(io_at(&own))?,
            false => PrivateIndex::new(&self.scratch),
        };
        let staging = self.staging(index.path());
        if let (Some(head), false) = (&head, own.is_file()) {
            staging.read_tree(&self.tree_of(head).await?).await?;
        }
        // Git would look into submodules by running itself in them, under their own settings.
        let links = staging.gitlinks().await?;
        let links: Vec<_> = links.iter().map(Vec::as_slice).collect();
        staging.skip(&links).await?;
        let dropped = staging.add_all().await?;
        if !dropped.refused.is_empty() {
            let path = self.root().to_owned();
            return Err(RepoError::Refused(path, dropped.refused.into_iter().take(SHOWN).collect()));
        }
        let tree = staging.write_tree().await?;
        match head {
            Some(head) if self.tree_of(&head).await? == tree => Ok(head),
            head => {
                let message = "the files as they were when the run began";
                self.commit(&tree, head.as_slice(), message, at).await
            }
        }
    }

    pub(super) fn call(&self, args: &[&str]) -> GitCall {
        self.git.at(&self.place, args)
    }

    fn staging<'a>(&'a self, index: &'a Path) -> Staging<'a> {
        Staging { git: &self.git, place: &self.place, index, run: None }
    }
}

/// The repository around a folder, if there is one with files.
async fn found_place(git: &Git, project: &Path) -> Result<Option<Place>, RepoError> {
    let args = ["rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--absolute-git-dir"];
    let answer = match git.anywhere(project, &args).text().await {
        Ok(answer) => answer,
        Err(GitError::Failed { stderr, .. }) if stderr.contains("not a git repository") => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut lines = answer.splitn(3, '\n');
    match (lines.next(), lines.next(), lines.next()) {
        (_, Some("true"), Some(git_dir)) => {
            let top = git.anywhere(project, &["rev-parse", "--show-toplevel"]).text().await?;
            Ok(Some(Place { git_dir: PathBuf::from(git_dir), work_tree: PathBuf::from(top) }))
        }
        (Some("true"), _, _) => Err(RepoError::Bare(project.to_owned())),
        _ => Err(RepoError::InsideGitFolder(project.to_owned())),
    }
}

#[cfg(test)]
mod tests;
