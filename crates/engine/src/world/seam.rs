//! The seam's hands: a commit of an attempt's files, and criteria run in a clean checkout of a commit.

use std::path::PathBuf;
use std::time::Duration;

use grep_regex::RegexMatcher;
use serde::Deserialize;
use trireme_core::limits::{NAMED_AT_MOST, OUTPUT_END_BYTES};
use trireme_core::run::input::Seal;
use trireme_core::run::{CriteriaSource, Outcome};
use trireme_core::*;

use super::desks::Open;
use super::job::{CheckJob, SealJob};
use super::{Trouble, World};
use crate::redaction::mark_in;
use crate::workspace::{Checkout, CommandLimits, Files, Pin, Repo, WriteSet};

/// A file that came with the result of a worker in `single` mode.
#[derive(Deserialize)]
struct HandedIn {
    path: String,
    content: String,
}

/// Where criteria are run: a checkout, once a command needs one. Whether a file is there is told without.
struct Bench {
    dir: PathBuf,
    commit: CommitId,
    pins: Vec<Pin>,
    checkout: Option<Checkout>,
}

impl Bench {
    async fn checkout(&mut self, repo: &Repo) -> Result<&mut Checkout, Trouble> {
        let checkout = match self.checkout.take() {
            Some(there) => there,
            None => Checkout::create(repo, &self.dir, &self.commit, &self.pins).await?,
        };
        Ok(self.checkout.insert(checkout))
    }
}

impl World {
    /// Makes a commit of what the worker left, and sees whether it changed anything that it must not.
    pub(super) async fn seal(&self, job: SealJob) -> Result<Outcome, Trouble> {
        let contract: Contract = self.document(job.contract).await?;
        let place = self.sit_down(&job.desk).await?;
        let Some(Open { worktree, .. }) = &*place else {
            return Err(Trouble::Document("the folder of the attempt is gone".to_owned()));
        };
        let mut write_set = WriteSet::of(&contract)?;
        for held in &job.held {
            write_set.pin(&self.document(*held).await?);
        }
        let mut outside = self.hand_in(worktree.dir(), job.files).await?;
        let (commit, snapshot) = worktree.commit(&job.base, &job.message, job.at).await?;
        let changes = snapshot.changes;
        outside.extend(write_set.outside(&changes));
        outside.extend(snapshot.dropped);
        outside.truncate(NAMED_AT_MOST);
        let changed = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        if changed > 0 {
            let name = format!("{}attempt/{}", self.ref_prefix(), job.attempt.0);
            self.repo().put_ref(&name, &commit).await?;
        }
        let commit = (changed > 0).then_some(commit);
        Ok(Outcome::Sealed(Seal { commit, tree: snapshot.tree, changed, outside }))
    }

    /// Writes the files that came with a result; those that can't be written are named.
    async fn hand_in(&self, dir: &std::path::Path, files: Option<BlobRef>) -> Result<Vec<String>, Trouble> {
        let Some(files) = files else { return Ok(Vec::new()) };
        let files: Vec<HandedIn> = self.truth(files).await?;
        let dir = dir.to_owned();
        let write = move || -> std::io::Result<Vec<String>> {
            let folder = Files::open(&dir)?;
            let is_refused = |file: &HandedIn| {
                // A mark is no content: the truth was forgotten over a restart, or was never known.
                mark_in(&file.content).is_some() || folder.write(&file.path, &file.content).is_err()
            };
            let refused = files.into_iter().filter(is_refused);
            Ok(refused.map(|file| file.path).collect())
        };
        let written = tokio::task::spawn_blocking(write)
            .await
            .unwrap_or_else(|error| Err(std::io::Error::other(error)));
        written.map_err(|error| Trouble::Folder { path: "result".into(), error })
    }

    /// Runs criteria in a clean checkout of a commit, with pinned files as they were where the criteria were agreed on.
    pub(super) async fn check(&self, job: CheckJob) -> Result<Outcome, Trouble> {
        let (artifacts, missing) = self.delivered(&job.commit, job.files).await?;
        let (criteria, pins) = self.asked(&job.sources).await?;
        if criteria.is_empty() {
            return Ok(Outcome::Checked { findings: Vec::new(), missing, artifacts });
        }
        let name =
            format!("check-{}", Digest::of(format!("{:?}{}", job.subject, job.commit).as_bytes()).short());
        let dir = self.0.folder.work().join(name);
        let mut bench = Bench { dir, commit: job.commit, pins, checkout: None };
        let findings = self.find_all(&mut bench, criteria).await;
        if let Some(checkout) = bench.checkout {
            checkout.remove().await?;
        }
        Ok(Outcome::Checked { findings: findings?, missing, artifacts })
    }

    /// The files of a list that are there, each with its hash, and those that are not. A link is not there.
    async fn delivered(
        &self,
        commit: &CommitId,
        files: Vec<String>,
    ) -> Result<(Vec<Artifact>, Vec<String>), Trouble> {
        let (mut there, mut missing) = (Vec::new(), Vec::new());
        for path in files {
            if !self.repo().has_file(commit, &path).await? {
                missing.push(path);
                continue;
            }
            // A file that is too large to be read is there all the same.
            let content = self.repo().read(commit, &path).await.ok().flatten();
            there.push(Artifact { path, hash: content.map(|content| Digest::of(&content)) });
        }
        Ok((there, missing))
    }

    /// The criteria of all sources, and their pins.
    async fn asked(&self, sources: &[CriteriaSource]) -> Result<(Vec<Criterion>, Vec<Pin>), Trouble> {
        let (mut criteria, mut pins) = (Vec::new(), Vec::new());
        for source in sources {
            let (list, base) = self.criteria(source).await?;
            let paths = list.iter().flat_map(|criterion| criterion.check.pinned());
            pins.extend(paths.map(|path| Pin { base: base.clone(), path: path.clone() }));
            criteria.extend(list);
        }
        Ok((criteria, pins))
    }

    async fn criteria(&self, source: &CriteriaSource) -> Result<(Vec<Criterion>, CommitId), Trouble> {
        Ok(match source {
            CriteriaSource::Contract { contract, base } => {
                let contract: Contract = self.document(*contract).await?;
                let told = contract.acceptance.into_iter().filter(|c| c.check.is_executable());
                (told.collect(), base.clone())
            }
            CriteriaSource::Held { contract, base } => {
                let Contract { title, acceptance, .. } = self.document(*contract).await?;
                let told = acceptance.into_iter().filter(|c| c.check.is_executable());
                let named = |c: Criterion| Criterion { id: format!("{title}: {}", c.id), ..c };
                (told.map(named).collect(), base.clone())
            }
            CriteriaSource::Section { plan, place, base } => {
                let plan: Plan = self.document(*plan).await?;
                let section = plan.sections().nth(usize::from(*place));
                let done = section.map(|(_, section)| section.definition_of_done.clone());
                (done.unwrap_or_default(), base.clone())
            }
            CriteriaSource::Plan { plan, base } => {
                (self.document::<Plan>(*plan).await?.definition_of_done, base.clone())
            }
        })
    }

    async fn find_all(&self, bench: &mut Bench, criteria: Vec<Criterion>) -> Result<Vec<Finding>, Trouble> {
        let mut findings = Vec::new();
        for Criterion { id, check, .. } in criteria {
            if let Some((verdict, evidence)) = self.find(bench, check).await? {
                findings.push(Finding { criterion: id, verdict, evidence });
            }
        }
        Ok(findings)
    }

    /// One check's verdict; none for a rubric, which is a Reviewer's.
    async fn find(&self, bench: &mut Bench, check: Check) -> Result<Option<(Verdict, Evidence)>, Trouble> {
        Ok(Some(match check {
            Check::Command { run, exit, output, timeout_s, memory_mb, .. } => {
                let limits = CommandLimits {
                    timeout: Duration::from_secs(timeout_s.into()),
                    memory_mb,
                    output_end_bytes: OUTPUT_END_BYTES,
                };
                self.run_check(bench.checkout(self.repo()).await?, &run, exit, output.as_deref(), limits)
                    .await?
            }
            Check::File { path, contains } => {
                let commit = &bench.commit;
                let holds = self.file_holds(commit, &path, contains.as_deref()).await?;
                (verdict(holds), Evidence::Tree { tree: self.repo().tree_of(commit).await? })
            }
            Check::Rubric => return Ok(None),
        }))
    }

    async fn file_holds(&self, commit: &CommitId, path: &str, part: Option<&str>) -> Result<bool, Trouble> {
        if !self.repo().has_file(commit, path).await? {
            return Ok(false);
        }
        let Some(part) = part else { return Ok(true) };
        let text = self.repo().read(commit, path).await?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&text).contains(part))
    }

    async fn run_check(
        &self,
        checkout: &mut Checkout,
        command: &str,
        exit: i32,
        pattern: Option<&str>,
        limits: CommandLimits,
    ) -> Result<(Verdict, Evidence), Trouble> {
        let matcher = match pattern.map(RegexMatcher::new_line_matcher).transpose() {
            Ok(matcher) => matcher,
            Err(error) => {
                let reason = format!("the output's pattern is no regular expression: {error}");
                return Ok((Verdict::Unverifiable, Evidence::None { reason }));
            }
        };
        let folder = checkout.ready().await?;
        let ran = self.shell(folder).run(folder.dir(), command, limits).await?;
        let matched = matcher.is_none_or(|matcher| is_match(&matcher, &ran.output));
        let passed = !ran.timed_out && ran.exit == Some(exit) && matched;
        let output = self.0.blobs.put(ran.output).await?;
        let evidence = Evidence::Command {
            exit: ran.exit.filter(|_| !ran.timed_out),
            output,
            tree: checkout.tree().clone(),
            took_ms: ran.took_ms,
        };
        Ok((verdict(passed), evidence))
    }
}

fn is_match(matcher: &RegexMatcher, text: &str) -> bool {
    use grep_searcher::{BinaryDetection, SearcherBuilder, sinks};
    let mut found = false;
    let mut searcher = SearcherBuilder::new().binary_detection(BinaryDetection::none()).build();
    let sink = sinks::Lossy(|_, _| {
        found = true;
        Ok(false)
    });
    searcher.search_slice(matcher, text.as_bytes(), sink).is_ok() && found
}

const fn verdict(holds: bool) -> Verdict {
    if holds { Verdict::Pass } else { Verdict::Fail }
}
