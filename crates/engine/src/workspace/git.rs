//! The one way to start git, hardened: the repository's own settings can't make it run foreign code.
//!
//! Always an explicit git folder and work tree, no hooks, no file-system monitor, no filter, no merge driver, no remote, no
//! system configuration, no prompt, an environment of our own, a time limit and a cap on what is read. Repository discovery, which needs the implicit
//! way, only asks `rev-parse`, and that runs nothing.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use trireme_core::{Millis, limits};

use super::marked::MARK;

/// The oldest git that knows all we ask of it (`merge-tree --write-tree`).
pub const OLDEST: GitVersion = GitVersion { major: 2, minor: 38 };

/// Settings that hold for every call, whatever a configuration file says.
const SETTINGS: [&str; 18] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.splitIndex=false",
    "core.sparseCheckout=false",
    "core.untrackedCache=false",
    "core.safecrlf=false",
    // A file whose size and time were put back is seen to be another all the same.
    "core.trustctime=true",
    "core.checkStat=default",
    "core.quotePath=false",
    "index.sparse=false",
    // The one that we read ourselves.
    "index.version=2",
    // What a partial clone lacks is not fetched behind our back.
    "protocol.allow=never",
    "submodule.recurse=false",
    "advice.addEmbeddedRepo=false",
    "i18n.commitEncoding=UTF-8",
    "maintenance.auto=false",
    "gc.auto=0",
    "log.showSignature=false",
];

/// What git says where it lacks what a partial clone left at its remote.
const LACKING: [&str; 3] = ["promisor remote", "lazy fetching disabled", "unable to read sha1 file"];

/// A version of git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitVersion {
    /// The 2 of 2.38.
    pub major: u32,
    /// The 38 of 2.38.
    pub minor: u32,
}

impl std::fmt::Display for GitVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Why git did not do it.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no program of that name.
    #[error("git was not found in PATH: install git {OLDEST} or later, or add its folder to PATH")]
    Missing,
    /// It lacks what we need.
    #[error("git {0} is too old: install git {OLDEST} or later")]
    TooOld(GitVersion),
    /// The operating system refused to start it or to talk to it.
    #[error("`git {words}` could not be run: {source}")]
    Run {
        /// The call.
        words: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It failed.
    #[error("`git {words}` failed{}: {stderr}", exit.map(|code| format!(" with exit {code}")).unwrap_or_default())]
    Failed {
        /// The call.
        words: String,
        /// Its exit code; none where a signal ended it.
        exit: Option<i32>,
        /// The end of what it wrote to stderr.
        stderr: String,
    },
    /// It would have to fetch first, and we talk to no remote.
    #[error(
        "the repository lacks files that `git {words}` needs, as a partial clone does: fetch them with `git {} fetch --refetch --no-filter`",
        .git_dir.display()
    )]
    Partial {
        /// The call.
        words: String,
        /// The option that names the git folder.
        git_dir: PathBuf,
    },
    /// It took too long.
    #[error(
        "`git {words}` was stopped after {} s: see whether the disk or another git is stuck",
        limits::GIT_TIMEOUT_S
    )]
    TimedOut {
        /// The call.
        words: String,
    },
    /// It said more than we are ready to hold.
    #[error("`git {words}` answered more than {cap} bytes: the repository or the file is too large")]
    TooMuch {
        /// The call.
        words: String,
        /// The cap, in bytes.
        cap: usize,
    },
    /// Its answer can't be read.
    #[error("`git {words}` answered something unexpected: {answer:?}; check with `git --version`")]
    Garbled {
        /// The call.
        words: String,
        /// The head of the answer.
        answer: String,
    },
}

/// The git of this machine: where it is looked for, and whose settings it reads.
#[derive(Clone, Debug)]
pub struct Git {
    /// Its whole path: a name that is looked up in another PATH than our own makes std fork the whole process, and that is
    /// dear where a run is large. Only the name where it is nowhere, so that starting it says so.
    program: PathBuf,
    path: OsString,
    home: PathBuf,
    /// Settings beside those of all calls.
    settings: Arc<[Setting]>,
}

/// A setting's key and value.
pub(super) type Setting = (String, String);

/// A git folder and the work tree that goes with it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) git_dir: PathBuf,
    pub(super) work_tree: PathBuf,
}

impl Git {
    /// Git as found in `path`, a list of folders like PATH, reading the settings of the person whose home is `home`.
    #[must_use]
    pub fn new(path: impl Into<OsString>, home: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let program =
            std::env::split_paths(&path).map(|folder| folder.join("git")).find(|file| is_program(file));
        let program = program.unwrap_or_else(|| "git".into());
        Self { program, path, home: home.into(), settings: Arc::default() }
    }

    /// The same, with further settings for every call.
    pub(super) fn with(&self, settings: Vec<Setting>) -> Self {
        Self { settings: settings.into(), ..self.clone() }
    }

    /// The further settings.
    pub(super) fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Its version; an error where it is missing or too old.
    pub async fn git_version(&self) -> Result<GitVersion, GitError> {
        let text = self.anywhere(Path::new("/"), &["--version"]).text().await?;
        let version = parse_version(&text).ok_or_else(|| garbled("--version", &text))?;
        if version < OLDEST {
            return Err(GitError::TooOld(version));
        }
        Ok(version)
    }

    /// A call that finds its repository by itself, or needs none. For `rev-parse` and `init` only.
    pub(super) fn anywhere(&self, dir: &Path, args: &[&str]) -> GitCall {
        let mut call = GitCall::new(self, dir);
        call.command.args(args);
        call.words = args.join(" ");
        call
    }

    /// A call in a repository.
    pub(super) fn at(&self, place: &Place, args: &[&str]) -> GitCall {
        let mut call = GitCall::new(self, &place.work_tree);
        call.command.arg(flag("--git-dir=", &place.git_dir));
        call.command.arg(flag("--work-tree=", &place.work_tree));
        call.command.args(args);
        call.words = args.join(" ");
        call
    }
}

/// Whether it is a file that somebody may run.
fn is_program(file: &Path) -> bool {
    file.is_absolute()
        && file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn flag(name: &str, value: &Path) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(value);
    flag
}

fn parse_version(text: &str) -> Option<GitVersion> {
    let mut numbers = text.strip_prefix("git version ")?.split('.');
    Some(GitVersion { major: numbers.next()?.parse().ok()?, minor: numbers.next()?.parse().ok()? })
}

pub(super) fn garbled(words: &str, answer: &str) -> GitError {
    GitError::Garbled { words: words.to_owned(), answer: answer.chars().take(200).collect() }
}

/// One call of git, being put together.
pub(super) struct GitCall {
    command: Command,
    words: String,
    stdin: Option<Vec<u8>>,
    cap: usize,
    cuts: bool,
    accepted: &'static [i32],
    settings: Vec<Setting>,
}

/// What git answered.
pub(super) struct Answer {
    /// Its exit code.
    pub(super) exit: i32,
    pub(super) out: Vec<u8>,
    pub(super) stderr: String,
    /// Whether it had more to say.
    pub(super) cut: bool,
}

impl GitCall {
    #[expect(clippy::disallowed_methods, reason = "the home of starting git")]
    fn new(git: &Git, dir: &Path) -> Self {
        let mut command = Command::new(&git.program);
        command
            .current_dir(dir)
            .env_clear()
            .env("PATH", &git.path)
            .env("HOME", &git.home)
            .envs([
                ("LC_ALL", "C"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_ATTR_NOSYSTEM", "1"),
                ("GIT_TERMINAL_PROMPT", "0"),
                ("GIT_NO_REPLACE_OBJECTS", "1"),
                ("GIT_NO_LAZY_FETCH", "1"),
                ("GIT_EDITOR", ":"),
                ("GIT_AUTHOR_NAME", "Trireme"),
                ("GIT_AUTHOR_EMAIL", "trireme@localhost"),
                ("GIT_COMMITTER_NAME", "Trireme"),
                ("GIT_COMMITTER_EMAIL", "trireme@localhost"),
            ])
            .args(["--no-optional-locks", "--no-pager"])
            .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            // Ctrl-C at the terminal is for us: a git killed half-way would leave a lock behind.
            .process_group(0);
        Self {
            command,
            words: String::new(),
            stdin: None,
            cap: limits::GIT_OUTPUT_BYTES,
            cuts: false,
            accepted: &[0],
            settings: git.settings.to_vec(),
        }
    }

    /// One argument more, which need not be text.
    pub(super) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Works on the index in that file instead of the repository's own.
    pub(super) fn index(mut self, index: &Path) -> Self {
        self.command.env("GIT_INDEX_FILE", index);
        self
    }

    /// Under further settings.
    pub(super) fn set(mut self, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.settings.extend(settings);
        self
    }

    /// Carries the mark of a run, so that it is found when whoever started it was killed.
    pub(super) fn marked(mut self, run: &str) -> Self {
        self.command.env(MARK, format!("{run}.git"));
        self
    }

    /// Dates what it writes, to the second.
    pub(super) fn dated(mut self, at: Millis) -> Self {
        let date = format!("@{} +0000", at.0 / 1_000);
        self.command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        self
    }

    /// Gives it something to read.
    pub(super) fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = Some(bytes);
        self
    }

    /// Exit codes that are answers, not failures.
    pub(super) fn accepts(mut self, accepted: &'static [i32]) -> Self {
        self.accepted = accepted;
        self
    }

    /// Goes on to its end even when nobody waits for it any more: half-way through it would leave a lock behind.
    pub(super) fn lasting(mut self) -> Self {
        self.command.kill_on_drop(false);
        self
    }

    /// Reads only so many bytes and lets the rest go.
    pub(super) fn cut_at(mut self, cap: usize) -> Self {
        self.cap = cap;
        self.cuts = true;
        self
    }

    /// Its answer as one trimmed text.
    pub(super) async fn text(self) -> Result<String, GitError> {
        let answer = self.run().await?;
        Ok(String::from_utf8_lossy(&answer.out).trim_end().to_owned())
    }

    /// Runs it to its end.
    pub(super) async fn run(mut self) -> Result<Answer, GitError> {
        self.command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        // By the environment and not as arguments, where a key must not hold an equals sign.
        self.command.env("GIT_CONFIG_COUNT", self.settings.len().to_string());
        for (number, (key, value)) in self.settings.iter().enumerate() {
            self.command.env(format!("GIT_CONFIG_KEY_{number}"), key);
            self.command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        let limit = Duration::from_secs(limits::GIT_TIMEOUT_S);
        let child = self.command.spawn().map_err(|source| self.not_run(source))?;
        let talk = talk(child, self.stdin.take(), self.cap);
        match tokio::time::timeout(limit, talk).await {
            Ok(Ok(talk)) => self.judge(talk),
            Ok(Err(source)) => Err(self.not_run(source)),
            Err(_) => Err(GitError::TimedOut { words: self.words }),
        }
    }

    fn not_run(&self, source: std::io::Error) -> GitError {
        let folder_is_there = self.command.as_std().get_current_dir().is_none_or(Path::is_dir);
        if source.kind() == std::io::ErrorKind::NotFound && folder_is_there {
            return GitError::Missing;
        }
        GitError::Run { words: self.words.clone(), source }
    }

    fn judge(self, talk: Talk) -> Result<Answer, GitError> {
        let (out, cut) = talk.out;
        if cut && !self.cuts {
            return Err(GitError::TooMuch { words: self.words, cap: self.cap });
        }
        let stderr = String::from_utf8_lossy(&talk.stderr).trim_end().to_owned();
        match talk.exit {
            // What is cut off dies of writing on; that is no failure.
            exit if cut => Ok((exit.unwrap_or_default(), stderr)),
            Some(exit) if self.accepted.contains(&exit) => Ok((exit, stderr)),
            _ if LACKING.iter().any(|words| stderr.contains(words)) => {
                let args = self.command.as_std().get_args();
                let git_dir = args.map(Path::new).find(|arg| arg.to_string_lossy().starts_with("--git-dir="));
                Err(GitError::Partial { git_dir: git_dir.unwrap_or(Path::new("")).into(), words: self.words })
            }
            exit => Err(GitError::Failed { words: self.words, exit, stderr }),
        }
        .map(|(exit, stderr)| Answer { exit, out, stderr, cut })
    }
}

struct Talk {
    exit: Option<i32>,
    out: (Vec<u8>, bool),
    stderr: Vec<u8>,
}

async fn talk(mut child: Child, input: Option<Vec<u8>>, cap: usize) -> std::io::Result<Talk> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let ((), out, stderr) = tokio::try_join!(feed(stdin, input), hear(stdout, cap), hear_all(stderr))?;
    Ok(Talk { exit: child.wait().await?.code(), out, stderr })
}

async fn feed(stdin: Option<ChildStdin>, input: Option<Vec<u8>>) -> std::io::Result<()> {
    let (Some(mut stdin), Some(input)) = (stdin, input) else {
        return Ok(());
    };
    match stdin.write_all(&input).await {
        // It went away without reading: its exit code and stderr say why.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Up to `cap` bytes, and whether there was more; the pipe is closed then, which ends the writer.
async fn hear(pipe: Option<impl AsyncRead + Unpin>, cap: usize) -> std::io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(cap as u64 + 1).read_to_end(&mut bytes).await?;
    }
    let cut = bytes.len() > cap;
    bytes.truncate(cap);
    Ok((bytes, cut))
}

/// The head of everything: the rest is read and forgotten, so that many warnings don't end the writer.
async fn hear_all(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        (&mut pipe).take(limits::OUTPUT_END_BYTES as u64).read_to_end(&mut bytes).await?;
        tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        for (text, version) in [
            ("git version 2.47.3", (2, 47)),
            ("git version 2.39.5 (Apple Git-154)", (2, 39)),
            ("git version 3.0", (3, 0)),
        ] {
            let read = parse_version(text).unwrap();
            assert_eq!((read.major, read.minor), version, "{text}");
            assert!(read >= OLDEST);
        }
        assert!(parse_version("git version 2.37.9").unwrap() < OLDEST);
        assert_eq!(parse_version("hub version 2"), None);
    }

    #[tokio::test]
    async fn a_missing_git_says_what_to_install() {
        let error = Git::new("/nowhere", "/").git_version().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "git was not found in PATH: install git 2.38 or later, or add its folder to PATH"
        );
    }

    #[tokio::test]
    async fn an_answer_is_capped_or_cut() {
        let git = super::super::tests::git();
        let call = |git: &Git| git.anywhere(Path::new("/"), &["help", "-a"]);
        assert_eq!(call(&git).cut_at(10).run().await.unwrap().out.len(), 10);
        let mut capped = call(&git);
        capped.cap = 10;
        assert!(matches!(capped.run().await, Err(GitError::TooMuch { .. })));
    }
}
