//! What an agent may know of the commits that came before its files: the commit that it works from and those below it, and
//! never what its contract withholds.
//!
//! Where a contract withholds anything, only files count that the worker has before it: what a withheld file was called
//! earlier, or what is gone, may be anything. No patch is ever asked for without the paths that it is made of, since git
//! takes none at all for all of them.

use std::collections::HashSet;

use trireme_core::limits::{
    GIT_COMMITS, GIT_COMMITS_MAX, GIT_COMMITS_PASSED, GIT_OUTPUT_BYTES, GIT_PATHS, TOOL_RESULT_BYTES,
};
use trireme_core::prompts::parse::{GitLook, GitVerb};
use trireme_core::{CommitId, TreeId};

use super::{Repo, RepoError};
use crate::workspace::Sight;
use crate::workspace::git::GitError;
use crate::workspace::staging::lossy;
use crate::workspace::visible::is_at_or_below;

/// How much of a hash is shown.
const SHOWN_DIGITS: usize = 12;

/// What leads a commit in git's answers; a message that holds it too only spoils its own line.
const MARK: char = '\u{1}';

/// What a model is answered: what it asked for, or what is wrong and what to do about it.
type Answer = Result<String, String>;

/// A view of the past.
pub struct Lookback<'a> {
    repo: &'a Repo,
    from: &'a CommitId,
    /// The files that may be spoken of; none for all that ever were.
    known: Option<HashSet<String>>,
}

/// A commit of a log.
struct Logged {
    line: String,
    paths: Vec<String>,
}

impl<'a> Lookback<'a> {
    /// The past of a commit, as far as the contract of whoever looks lets it be seen.
    pub async fn new(repo: &'a Repo, from: &'a CommitId, sight: Option<&Sight>) -> Result<Self, RepoError> {
        let known = match sight.filter(|sight| sight.withholds()) {
            Some(sight) => {
                let files = repo.list(from).await?.into_iter();
                Some(files.filter(|path| sight.shows(path)).collect())
            }
            None => None,
        };
        Ok(Self { repo, from, known })
    }

    /// Answers what a model asks.
    pub async fn look(&self, look: &GitLook) -> Result<Answer, RepoError> {
        if let Some(path) = look.path.as_deref().filter(|path| !self.knows(path)) {
            return Ok(Err(format!("{path:?} is not among the files that you see; list shows them.")));
        }
        let commit = match &look.commit {
            Some(hash) => match self.commit(hash).await? {
                Some(commit) => commit,
                None => {
                    return Ok(Err(format!(
                        "There is no commit {hash:?} at or before the one that you work from; log lists them."
                    )));
                }
            },
            None => self.from.clone(),
        };
        let answer = match look.verb {
            GitVerb::Log => self.log(&commit, look).await,
            GitVerb::Show => self.show(&commit, look).await,
            GitVerb::Diff => self.diff(&commit, look).await,
            GitVerb::Blame => self.blame(&commit, look).await,
        };
        match answer {
            // What git itself finds wrong with the lines or the file of a blame is best said in its own words.
            Err(RepoError::Git(GitError::Failed { stderr, .. })) if look.verb == GitVerb::Blame => {
                Ok(Err(format!("{stderr}; read shows the file's lines.")))
            }
            answer => answer,
        }
    }

    fn knows(&self, path: &str) -> bool {
        self.known.as_ref().is_none_or(|known| known.iter().any(|file| is_at_or_below(file, path)))
    }

    fn shows(&self, path: &str, below: Option<&str>) -> bool {
        self.known.as_ref().is_none_or(|known| known.contains(path))
            && below.is_none_or(|below| is_at_or_below(path, below))
    }

    /// The commit of that hash, where it is the one that is worked from or one below it.
    async fn commit(&self, hash: &str) -> Result<Option<CommitId>, RepoError> {
        let name = format!("{hash}^{{commit}}");
        let call = self.repo.call(&["rev-parse", "--verify", "--quiet", &name]).accepts(&[0, 1, 128]);
        let answer = call.run().await?;
        let commit = CommitId(lossy(&answer.out).trim_end().to_owned());
        if answer.exit != 0 || !commit.0.starts_with(hash) {
            return Ok(None);
        }
        Ok(self.repo.is_ancestor(&commit, self.from).await?.then_some(commit))
    }

    async fn log(&self, commit: &CommitId, look: &GitLook) -> Result<Answer, RepoError> {
        let wanted = look.count.unwrap_or(GIT_COMMITS).clamp(1, GIT_COMMITS_MAX);
        let passed = if self.known.is_some() { wanted.saturating_mul(GIT_COMMITS_PASSED) } else { wanted };
        let number = format!("--max-count={passed}");
        let format = format!("--format={MARK}%h%x09%as%x09%an%x09%s");
        let abbrev = format!("--abbrev={SHOWN_DIGITS}");
        let mut words = vec!["--literal-pathspecs", "log", "-z", "--no-color", &number, &format, &abbrev];
        if self.known.is_some() {
            words.extend(["--name-only", "--no-renames", "--diff-merges=first-parent", "--root"]);
        }
        words.extend([&*commit.0, "--"]);
        words.extend(look.path.as_deref());
        let out = self.repo.call(&words).cut_at(GIT_OUTPUT_BYTES).run();
        let listing = lossy(&out.await?.out);
        let commits = listing.split(MARK).filter_map(Logged::parse);
        let shown = commits.filter(|commit| self.known.is_none() || self.shows_any(commit, look));
        let lines: Vec<_> =
            shown.take(usize::try_from(wanted).unwrap_or(1)).map(|commit| commit.line).collect();
        if lines.is_empty() {
            return Ok(Ok("(no commits)".to_owned()));
        }
        Ok(Ok(capped(lines.join("\n"))))
    }

    fn shows_any(&self, commit: &Logged, look: &GitLook) -> bool {
        commit.paths.iter().any(|path| self.shows(path, look.path.as_deref()))
    }

    async fn show(&self, commit: &CommitId, look: &GitLook) -> Result<Answer, RepoError> {
        let before = self.before(commit).await?;
        let changes = self.repo.changes(&before, commit).await?;
        let is_whole = changes.iter().all(|change| self.shows(&change.path, None));
        let below = look.path.as_deref();
        let paths: Vec<_> =
            changes.into_iter().map(|change| change.path).filter(|path| self.shows(path, below)).collect();
        if paths.is_empty() && !(is_whole && below.is_none()) {
            return Ok(Err("That commit changed nothing there that you see; log lists others.".to_owned()));
        }
        // A message tells of all that its commit changed.
        let message = if is_whole { "%B" } else { "%s" };
        let format = format!("--format=%H%n%an, %as%n%n{message}");
        let head =
            self.repo.call(&["log", "-1", "--no-color", "--no-patch", &format, &commit.0]).text().await?;
        let patch = self.patch(&before, commit, &paths).await?;
        Ok(Ok(capped(format!("{head}\n\n{patch}"))))
    }

    async fn diff(&self, commit: &CommitId, look: &GitLook) -> Result<Answer, RepoError> {
        let before = self.repo.tree_of(commit).await?;
        let changes = self.repo.changes(&before, self.from).await?.into_iter();
        let below = look.path.as_deref();
        let paths: Vec<_> =
            changes.map(|change| change.path).filter(|path| self.shows(path, below)).collect();
        Ok(Ok(capped(self.patch(&before, self.from, &paths).await?)))
    }

    async fn blame(&self, commit: &CommitId, look: &GitLook) -> Result<Answer, RepoError> {
        let path = look.path.as_deref().unwrap_or_default();
        if !self.shows(path, None) || !self.repo.has_file(commit, path).await? {
            return Ok(Err(format!("There is no file {path:?} in that commit; blame takes one file.")));
        }
        let lines = match (look.from_line, look.to_line) {
            (None, None) => "1,".to_owned(),
            (from, to) => {
                format!("{},{}", from.unwrap_or(1), to.map(|to| to.to_string()).unwrap_or_default())
            }
        };
        let words = [
            "-c",
            "blame.ignoreRevsFile=",
            "blame",
            "--porcelain",
            "--no-textconv",
            "-L",
            &lines,
            &commit.0,
            "--",
            path,
        ];
        let answer = self.repo.call(&words).cut_at(TOOL_RESULT_BYTES * 8).run().await?;
        Ok(Ok(capped(blamed(&lossy(&answer.out)))))
    }

    /// The tree of a commit's first parent; that of nothing for the first commit.
    async fn before(&self, commit: &CommitId) -> Result<TreeId, RepoError> {
        match self.repo.resolve_any(&format!("{}^1", commit.0)).await? {
            Some(parent) => self.repo.tree_of(&parent).await,
            None => {
                let call = self.repo.call(&["hash-object", "-t", "tree", "--stdin"]);
                Ok(TreeId(call.stdin(Vec::new()).text().await?))
            }
        }
    }

    /// The change of these paths, which are all that it is made of.
    async fn patch(&self, before: &TreeId, after: &CommitId, paths: &[String]) -> Result<String, RepoError> {
        if paths.is_empty() {
            return Ok("(no changes)".to_owned());
        }
        let mut words = vec![
            "--literal-pathspecs",
            "diff-tree",
            "-r",
            "-p",
            "--no-renames",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=none",
            &before.0,
            &after.0,
            "--",
        ];
        words.extend(paths.iter().take(GIT_PATHS).map(String::as_str));
        let answer = self.repo.call(&words).cut_at(TOOL_RESULT_BYTES).run().await?;
        let more = paths.len().saturating_sub(GIT_PATHS);
        let note =
            if more > 0 { format!("\n[{more} more files are left out; name a path]") } else { String::new() };
        Ok(lossy(&answer.out) + &note)
    }
}

impl Logged {
    /// A line, and the paths that follow it.
    fn parse(record: &str) -> Option<Self> {
        let mut parts = record.split(['\0', '\n']).filter(|part| !part.is_empty());
        let line = parts.next()?.to_owned();
        Some(Self { line, paths: parts.map(str::to_owned).collect() })
    }
}

/// Each line led by its commit and its number, out of git's own form for programs.
fn blamed(porcelain: &str) -> String {
    let (mut text, mut head) = (String::new(), String::new());
    for line in porcelain.lines() {
        if let Some(content) = line.strip_prefix('\t') {
            text.push_str(&format!("{head}\t{content}\n"));
            continue;
        }
        let words: Vec<_> = line.split(' ').collect();
        if let [hash, _, number, ..] = words.as_slice()
            && hash.len() >= 40
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            head = format!("{} {number}", hash.get(..SHOWN_DIGITS).unwrap_or(hash));
        }
    }
    text
}

/// An answer within its limit.
fn capped(text: String) -> String {
    if text.len() <= TOOL_RESULT_BYTES {
        return text;
    }
    let head = text.get(..text.floor_char_boundary(TOOL_RESULT_BYTES)).unwrap_or_default();
    format!("{head}\n[cut here: ask for less, by path, lines or count]")
}

#[cfg(test)]
mod tests;
