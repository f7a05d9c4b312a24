//! From an order to what a run needs of it: an intent, a name, and a place to work.

use std::path::Path;

use trireme_core::limits::INTENT_BYTES;
use trireme_core::run::Refusal;
use trireme_core::{CommitId, Intent, Money, Plan, RunId, SetUp, Share};

use crate::clock;
use crate::error::EngineError;
use crate::folder::{RunFolder, unwritable};
use crate::scenario::Scenario;
use crate::settings::{Order, Settings};
use crate::workspace::{Git, Repo};
use crate::world::plan_faults_at;

/// The intent of an order; what it does not say is the scenario's.
///
/// # Errors
/// Where there is no sentence or no total, or one that can't be.
pub(crate) fn intent(order: &Order, scenario: Option<&Scenario>) -> Result<Intent, EngineError> {
    let defaults = scenario.map(|scenario| &scenario.intent);
    let sentence = order.sentence.clone().or_else(|| defaults?.sentence.clone()).unwrap_or_default();
    let total = order.budget.or_else(|| defaults?.budget_usd).unwrap_or(Money::ZERO);
    let reserve = order.reserve.or_else(|| defaults?.reserve_pct);
    if sentence.trim().is_empty() {
        return Err(EngineError::usage("the intent is empty: say in one sentence what you want")
            .hint("trireme run \"Add CSV export to the reports page\" --budget 10"));
    }
    if sentence.len() > INTENT_BYTES {
        return Err(EngineError::usage(format!("the intent is longer than {INTENT_BYTES} bytes"))
            .hint("put the details into a file and name it with --context FILE"));
    }
    if total.is_zero() {
        return Err(EngineError::usage("a run needs a budget: the most that it may cost, in dollars")
            .hint("add --budget 10"));
    }
    let or_default = |given: &[String], default: Option<&Vec<String>>| match given {
        [] => default.cloned().unwrap_or_default(),
        given => given.to_vec(),
    };
    Ok(Intent {
        sentence,
        constraints: or_default(&order.constraints, defaults.map(|defaults| &defaults.constraints)),
        checks: order.checks.clone(),
        context: or_default(&order.context, defaults.map(|defaults| &defaults.context)),
        total,
        reserve: if order.opinion.is_some() {
            Share::WHOLE
        } else {
            reserve.unwrap_or_else(|| Share::basis_points(1_000).unwrap_or_default())
        },
        stakes: order.stakes,
    })
}

/// A name that a person can type: the first words of the intent and four random letters.
#[must_use]
pub(crate) fn name(sentence: &str) -> RunId {
    let words = sentence.to_ascii_lowercase();
    let words = words.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let filler = ["a", "an", "the", "me", "to", "that", "of", "and", "please", "build", "add", "make"];
    let mut name = String::new();
    for word in words.filter(|word| !filler.contains(word)) {
        if name.len() + word.len() > 20 {
            break;
        }
        name.push_str(word);
        name.push('-');
    }
    let random = clock::random_name(5);
    RunId(if name.is_empty() { format!("run-{random}") } else { format!("{name}{random}") })
}

/// The project's repository and the commit that the work starts from. The scenario's own project is copied, and the
/// copy made a repository, so that the example stays as it is.
///
/// # Errors
/// Where a folder is missing or can't be copied, or git refuses.
pub(crate) async fn open(
    git: &Git,
    order: &Order,
    scenario: Option<&Scenario>,
    folder: &RunFolder,
) -> Result<(Repo, CommitId), EngineError> {
    let own = scenario.and_then(|scenario| scenario.project.as_ref());
    let repo = match (&order.project, own) {
        (None, Some(own)) => {
            let project = folder.dir.join("project");
            copy(own, &project).map_err(|error| unwritable(&project, &error))?;
            Repo::create(git, &project, &folder.dir, "The project as it is\n", clock::now()).await?
        }
        (project, _) => Repo::open(git, project.as_ref().unwrap_or(&order.cwd), &folder.dir).await?,
    };
    let base = repo.base(order.dirty, clock::now()).await?;
    Ok((repo, base))
}

/// Keeps the base from being collected while the run lasts.
///
/// # Errors
/// Where git refuses.
pub(crate) async fn keep_base(repo: &Repo, run: &RunId, base: &CommitId) -> Result<(), EngineError> {
    Ok(repo.set_ref(&format!("refs/trireme/{run}/base"), base, None).await?)
}

/// Sees whether the run's branch can be made at all.
///
/// # Errors
/// Where a branch `trireme` stands in the way of branches below it.
pub(crate) async fn reserve_branch(repo: &Repo) -> Result<(), EngineError> {
    if repo.resolve("refs/heads/trireme").await?.is_some() {
        return Err(EngineError::usage(
            "the project has a branch `trireme`, so there can be no branch `trireme/<run>`",
        )
        .hint("git branch -m trireme another-name"));
    }
    Ok(())
}

/// The set-up commands of the configuration, if they fit the project; none where nobody runs a command.
///
/// # Errors
/// Where something is tracked that a command is to make.
pub(crate) async fn setups(
    repo: &Repo,
    base: &CommitId,
    order: &Order,
    Settings { setups, scope, .. }: &Settings,
) -> Result<Vec<SetUp>, EngineError> {
    if order.opinion.is_some() {
        return Ok(Vec::new());
    }
    for setup in setups {
        if let Some(beyond) = setup.beyond(&scope.bounds) {
            return Err(EngineError::usage(beyond).hint("allow it, for all of the run: --allow-host HOST"));
        }
        for path in &setup.paths {
            if repo.has_below(base, path).await? {
                let what = format!("set-up {:?}: the project has {path} in its commits", setup.name);
                return Err(EngineError::usage(format!(
                    "{what}, and what a set-up command makes is no part of a result"
                ))
                .hint("take it out of paths, or out of the project: git rm -r --cached PATH"));
            }
        }
    }
    Ok(setups.to_vec())
}

/// Context that is not there is better missed before anything is paid.
///
/// # Errors
/// The first file that is not in the base commit.
pub(crate) async fn check_context(repo: &Repo, base: &CommitId, intent: &Intent) -> Result<(), EngineError> {
    for path in &intent.context {
        if repo.read(base, path).await?.is_none() {
            return Err(EngineError::usage(format!(
                "--context {path}: there is no such file in the project"
            ))
            .hint("name it from the root of the repository, and commit it or give --dirty include"));
        }
    }
    Ok(())
}

/// Whether the criteria of an Owner's plan can be told, as far as the files that it begins with show.
pub(crate) async fn can_be_told(repo: &Repo, base: &CommitId, plan: &Plan) -> Result<(), EngineError> {
    let faults = plan_faults_at(repo, base, plan).await?;
    match faults.is_empty() {
        true => Ok(()),
        false => Err(EngineError::usage(Refusal::PlanFaulty(faults).to_string())),
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() && entry.file_name() == "target" => {}
            kind if kind.is_dir() => copy(&entry.path(), &target)?,
            _ => {
                std::fs::copy(entry.path(), target)?;
            }
        }
    }
    Ok(())
}
