//! The seam's hands: criteria, told in a clean checkout of a commit.
//!
//! A pass is not believed at once: at an attempt's own seam it is doubted, and it is tried on the state before the work, with
//! the tests that came with it, since what passed there proves nothing of the work.

mod doubt;
mod look;
mod probe;
mod run;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use trireme_core::limits::VERDICTS_KEPT;
use trireme_core::run::{CriteriaSource, Outcome, Subject};
use trireme_core::*;

use super::job::CheckJob;
use super::{Trouble, World};
use crate::workspace::{Checkout, Pin, Pool};
use doubt::Work;
use run::Instead;

/// Where criteria are told: a commit, and a checkout of it once a command needs one.
struct Bench {
    name: String,
    commit: CommitId,
    pins: Vec<Pin>,
    checkout: Option<Checkout>,
    /// Files that criteria ask for, as far as they are there; none before somebody has looked.
    files: Option<HashSet<String>>,
    /// How long commands took here.
    commands_ms: u64,
}

impl Bench {
    async fn checkout(&mut self, pool: &Pool) -> Result<&mut Checkout, Trouble> {
        let checkout = match self.checkout.take() {
            Some(there) => there,
            None => pool.checkout(&self.name, &self.commit, &self.pins).await?,
        };
        Ok(self.checkout.insert(checkout))
    }

    fn clear(self) {
        self.checkout.into_iter().for_each(Checkout::give_back);
    }
}

/// A criterion, and the state in which it was agreed on.
struct Asked {
    criterion: Criterion,
    base: CommitId,
    /// Globs of tests that are its task's to write.
    own: Vec<String>,
    /// Whether it is another task's, and only has to hold still.
    is_held: bool,
}

/// How much a check of a subject doubts.
#[derive(Clone, Copy)]
struct Rigor {
    /// Criteria that look at the change itself are told: not where the change is others' too.
    guards: bool,
    /// A pass is tried to be shaken.
    doubts: bool,
    /// A pass is tried on the state before the work too.
    before: bool,
}

impl Rigor {
    const fn of(subject: Subject) -> Self {
        match subject {
            Subject::Attempt(_) => Self { guards: true, doubts: true, before: true },
            Subject::Section(_) | Subject::Run => Self { guards: true, doubts: false, before: true },
            Subject::Task(_) | Subject::Phase(_) | Subject::Needs(_) => {
                Self { guards: false, doubts: false, before: false }
            }
        }
    }
}

/// Verdicts by what was looked at and what was asked: the same check of the same files says the same before the work of
/// every task that starts there.
#[derive(Default)]
pub(super) struct Verdicts(Mutex<HashMap<(TreeId, Digest), Verdict>>);

impl Verdicts {
    fn get(&self, key: &(TreeId, Digest)) -> Option<Verdict> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    fn keep(&self, key: (TreeId, Digest), verdict: Verdict) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What is forgotten is found again.
        if kept.len() >= VERDICTS_KEPT {
            kept.clear();
        }
        kept.insert(key, verdict);
    }
}

impl World {
    /// Tells criteria in a clean checkout of a commit, with pinned files as they were where the criteria were agreed on.
    pub(super) async fn check(&self, job: CheckJob) -> Result<Outcome, Trouble> {
        if let Subject::Attempt(attempt) = job.subject {
            self.leave(attempt).await?;
        }
        let (artifacts, missing) = self.delivered(&job.commit, &job.files).await?;
        let rigor = Rigor::of(job.subject);
        let mut asked = self.asked(&job.sources).await?;
        asked.retain(|asked| !asked.criterion.check.is_guard() || (rigor.guards && !asked.is_held));
        if asked.is_empty() {
            return Ok(Outcome::Checked { findings: Vec::new(), missing, artifacts });
        }
        let pins = pins(&asked);
        let mut bench = Self::bench("check", &job, job.commit.clone(), pins);
        let mut base = Base { bench: None, job: &job, commands_ms: 0 };
        let findings = self.find_all(&mut bench, &mut base, asked, rigor).await;
        bench.clear();
        base.bench.into_iter().for_each(Bench::clear);
        Ok(Outcome::Checked { findings: findings?, missing, artifacts })
    }

    fn bench(what: &str, job: &CheckJob, commit: CommitId, pins: Vec<Pin>) -> Bench {
        let name = Digest::of(format!("{:?}{}", job.subject, job.commit).as_bytes()).short();
        Bench { name: format!("{what}-{name}"), commit, pins, checkout: None, files: None, commands_ms: 0 }
    }

    /// The files of a list that are there, each with its hash, and those that are not. A link is not there.
    async fn delivered(
        &self,
        commit: &CommitId,
        files: &[String],
    ) -> Result<(Vec<Artifact>, Vec<String>), Trouble> {
        let (mut there, mut missing) = (Vec::new(), Vec::new());
        for path in files {
            if !self.repo().has_file(commit, path).await? {
                missing.push(path.clone());
                continue;
            }
            // A file that is too large to be read is there all the same.
            let content = self.repo().read(commit, path).await.ok().flatten();
            there.push(Artifact { path: path.clone(), hash: content.map(|content| Digest::of(&content)) });
        }
        Ok((there, missing))
    }

    /// The criteria of all sources that a machine can tell.
    async fn asked(&self, sources: &[CriteriaSource]) -> Result<Vec<Asked>, Trouble> {
        let mut all = Vec::new();
        for source in sources {
            let is_held = matches!(source, CriteriaSource::Held { .. });
            let (criteria, own, base) = self.criteria(source).await?;
            let told = criteria.into_iter().filter(|criterion| criterion.check.is_executable());
            all.extend(told.map(|criterion| Asked {
                criterion,
                base: base.clone(),
                own: own.clone(),
                is_held,
            }));
        }
        Ok(all)
    }

    /// Criteria, the tests that are their task's to write, and the state in which they were agreed on.
    async fn criteria(
        &self,
        source: &CriteriaSource,
    ) -> Result<(Vec<Criterion>, Vec<String>, CommitId), Trouble> {
        Ok(match source {
            CriteriaSource::Contract { contract, base } => {
                let Contract { acceptance, tests_to_write, .. } = self.document(*contract).await?;
                (acceptance, tests_to_write, base.clone())
            }
            CriteriaSource::Held { contract, base } => {
                let Contract { title, acceptance, .. } = self.document(*contract).await?;
                let named = |c: Criterion| Criterion { id: format!("{title}: {}", c.id), ..c };
                (acceptance.into_iter().map(named).collect(), Vec::new(), base.clone())
            }
            CriteriaSource::Section { plan, place, base } => {
                let plan: Plan = self.document(*plan).await?;
                let section = plan.sections().nth(usize::from(*place));
                let done = section.map(|(_, section)| section.definition_of_done.clone());
                (done.unwrap_or_default(), Vec::new(), base.clone())
            }
            CriteriaSource::Plan { plan, base } => {
                (self.document::<Plan>(*plan).await?.definition_of_done, Vec::new(), base.clone())
            }
        })
    }

    async fn find_all(
        &self,
        bench: &mut Bench,
        base: &mut Base<'_>,
        asked: Vec<Asked>,
        rigor: Rigor,
    ) -> Result<Vec<Finding>, Trouble> {
        let mut findings = Vec::new();
        bench.files = Some(self.repo().files_among(&bench.commit, &files(&asked)).await?);
        let (mut works, mut told) = (HashMap::new(), HashMap::new());
        for asked in asked {
            let spent_ms = bench.commands_ms + base.commands_ms;
            let (mut verdict, mut evidence) = self.find_once(bench, &asked, &mut told).await?;
            let is_looked_at = (rigor.doubts || rigor.before) && !asked.is_held;
            if is_looked_at && verdict == Verdict::Pass && !works.contains_key(&asked.base) {
                works.insert(asked.base.clone(), self.work(&asked.base, &bench.commit).await?);
            }
            let work = works.get(&asked.base).filter(|_| is_looked_at);
            if let Some(work) = work.filter(|_| rigor.doubts && verdict == Verdict::Pass) {
                (verdict, evidence) = self.doubt(bench, &asked, work, evidence).await?;
            }
            let mut finding = Finding::new(asked.criterion.id.clone(), verdict, evidence);
            let is_told = rigor.before && verdict == Verdict::Pass && !asked.criterion.check.is_guard();
            if let Some(work) = work.filter(|_| is_told) {
                finding.before = Some(self.before(base, &asked, work).await?);
            }
            finding.commands_ms = bench.commands_ms + base.commands_ms - spent_ms;
            findings.push(finding);
        }
        Ok(findings)
    }

    /// What a check says of a commit. Several contracts often ask for the same command: it is run once.
    async fn find_once(
        &self,
        bench: &mut Bench,
        asked: &Asked,
        told: &mut HashMap<Digest, (Verdict, Evidence)>,
    ) -> Result<(Verdict, Evidence), Trouble> {
        let check = &asked.criterion.check;
        if check.command().is_none() {
            return self.find(bench, asked, &[]).await;
        }
        let key = Digest::of(&serde_json::to_vec(check).unwrap_or_default());
        if let Some(known) = told.get(&key) {
            return Ok(known.clone());
        }
        let found = self.find(bench, asked, &[]).await?;
        told.insert(key, found.clone());
        Ok(found)
    }

    /// What a check says of a commit, where some files hold something else for its commands.
    async fn find(
        &self,
        bench: &mut Bench,
        asked: &Asked,
        instead: &[Instead],
    ) -> Result<(Verdict, Evidence), Trouble> {
        let Asked { criterion: Criterion { check, .. }, base, .. } = asked;
        match check {
            Check::Command { .. } => self.run_check(bench, check, instead).await,
            Check::File { path, contains, matches } => {
                let is_there = match &bench.files {
                    Some(files) => files.contains(path),
                    None => self.repo().has_file(&bench.commit, path).await?,
                };
                self.file(&bench.commit, path, is_there, [contains.as_deref(), matches.as_deref()]).await
            }
            Check::Json { path, schema, schema_file } => {
                self.json(&bench.commit, base, path, schema.as_deref(), schema_file.as_deref()).await
            }
            Check::Http { .. } => self.probe(bench, check).await,
            Check::Diff { only, no_deletions, lines_max } => {
                self.keeps_to(&bench.commit, base, only, *no_deletions, *lines_max).await
            }
            Check::Tree { forbid } => self.brings_none(&bench.commit, base, forbid).await,
            Check::Rubric => Ok(unverifiable("only a Reviewer can tell")),
        }
    }

    /// What a check says of the state before the work, with the tests that came with it. Where that can't be told, nothing is
    /// known of it.
    async fn before(&self, base: &mut Base<'_>, asked: &Asked, work: &Work) -> Result<Verdict, Trouble> {
        let commit = &asked.base;
        let newer = work.newer(&asked.criterion.check);
        let text = serde_json::to_vec(&(&asked.criterion.check, &newer)).unwrap_or_default();
        let key = (self.repo().tree_of(commit).await?, Digest::of(&text));
        if let Some(known) = self.0.verdicts.get(&key) {
            return Ok(known);
        }
        base.bench.take_if(|bench| bench.commit != *commit).into_iter().for_each(Bench::clear);
        let make = || Self::bench("before", base.job, commit.clone(), Vec::new());
        let bench = base.bench.get_or_insert_with(make);
        let spent_ms = bench.commands_ms;
        let (verdict, _) = self.find(bench, asked, &newer).await?;
        base.commands_ms += bench.commands_ms - spent_ms;
        self.0.verdicts.keep(key, verdict);
        Ok(verdict)
    }
}

/// The state before the work, once it is looked at.
struct Base<'a> {
    bench: Option<Bench>,
    job: &'a CheckJob,
    /// How long commands took there.
    commands_ms: u64,
}

/// The files that criteria ask for.
fn files(asked: &[Asked]) -> Vec<&str> {
    asked.iter().filter_map(|asked| asked.criterion.check.file()).collect()
}

fn pins(asked: &[Asked]) -> Vec<Pin> {
    let of = |asked: &Asked| {
        let paths = asked.criterion.check.pinned().to_vec();
        let base = asked.base.clone();
        paths.into_iter().map(move |path| Pin { base: base.clone(), path })
    };
    asked.iter().flat_map(of).collect()
}

const fn verdict(holds: bool) -> Verdict {
    if holds { Verdict::Pass } else { Verdict::Fail }
}

fn unverifiable(reason: impl Into<String>) -> (Verdict, Evidence) {
    (Verdict::Unverifiable, Evidence::None { reason: reason.into() })
}
