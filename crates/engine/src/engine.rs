//! The engine at its face: start a run, go on with one, look at one, command one.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use tokio::sync::{OnceCell, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use trireme_core::catalogue::Catalogue;
use trireme_core::run::event::RunEnd;
use trireme_core::run::{Begin, Command, Input, Proposal, Refusal, Stage};
use trireme_core::view::View;
use trireme_core::*;

use crate::blobs::{Blobs, Form};
use crate::bus::Governor;
use crate::clock;
use crate::error::EngineError;
use crate::folder::{self, Bearings, RunFolder, owner};
use crate::journal::{Inbox, Journal};
use crate::past::{Past, RunEntry};
use crate::project;
use crate::redaction::Redactor;
use crate::run_loop::{Ends, Finish, Keeper, Order as Ordering, RunLoop};
use crate::sandbox::Sandbox;
use crate::scenario::{Scenario, Server};
use crate::scribe;
use crate::settings::{Order, Settings};
use crate::shortcut::Start;
use crate::vault::{KeyPlace, Purpose, Rotated, Vault};
use crate::workspace::{Git, Repo, RepoError, kill_marked};
use crate::world::{Parts, World};

/// Everything that the application can do with runs.
#[derive(Clone)]
pub struct Engine {
    settings: Arc<Settings>,
    git: Git,
    vault: Vault,
    redactor: Arc<OnceLock<Redactor>>,
    /// Made with the first run, since only then the configuration's limits are asked for.
    governor: Arc<OnceLock<Governor>>,
    /// Found by the first who needs it.
    pub(crate) sandbox: Arc<OnceCell<Sandbox>>,
}

/// A run that this process owns.
pub struct Live {
    run: RunId,
    orders: Orders,
    views: watch::Receiver<Arc<View>>,
    task: JoinSet<Result<Finish, EngineError>>,
    /// What was left out when it began.
    warnings: Vec<String>,
    /// The scripted models, as long as they are needed.
    _server: Option<Server>,
    /// What is done beside it: payloads of old runs go.
    _chores: JoinSet<()>,
}

/// Commands to a run that this process owns.
#[derive(Clone)]
pub struct Orders(mpsc::Sender<Ordering>);

impl Engine {
    /// The engine over a state folder.
    ///
    /// # Errors
    /// Where the folder can't be written, or git is missing or too old.
    pub async fn open(settings: Settings) -> Result<Self, EngineError> {
        folder::prepare(&settings.state)?;
        let git = Git::new(settings.path.clone(), settings.home.clone());
        git.git_version().await?;
        let vault = Vault::new(settings.owner_key.clone(), &settings.state);
        Ok(Self {
            settings: Arc::new(settings),
            git,
            vault,
            redactor: Arc::default(),
            governor: Arc::default(),
            sandbox: Arc::default(),
        })
    }

    /// Its surroundings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) const fn git(&self) -> &Git {
        &self.git
    }

    pub(crate) const fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(crate) fn redactors(&self) -> &OnceLock<Redactor> {
        &self.redactor
    }

    pub(crate) fn blobs(&self, folder: &RunFolder) -> Result<Blobs, EngineError> {
        folder.blobs(&self.vault, &self.redactor()?)
    }

    /// Makes a run and begins with it.
    ///
    /// # Errors
    /// Where the order lacks something or can't be carried out; nothing is left behind then.
    pub async fn start(&self, order: Order) -> Result<Live, EngineError> {
        let scenario = order.scenario.as_deref().map(Scenario::load).transpose()?.map(Arc::new);
        let catalogue = self.pinned(scenario.as_deref())?;
        let intent = project::intent(&order, scenario.as_deref())?;
        folder::has_room(&self.settings.state)?;
        self.sandbox().await?;
        self.keeps_to_the_bus(self.settings.scope.bounds.hosts())?;
        let warning = self.secret_in(&intent)?;
        let folder = self.new_folder(&self.redactor()?.text(&intent.sentence))?;
        let begun = self.begin(&order, scenario, catalogue, intent, &folder).await;
        if begun.is_err() {
            // The folder is this call's own, and nothing of a run that never began is worth keeping.
            let _ = crate::workspace::remove_tree(folder.dir.clone()).await;
        }
        begun.map(|live| live.warned(warning))
    }

    /// A folder that was not there before, under a name that no run has.
    fn new_folder(&self, sentence: &str) -> Result<RunFolder, EngineError> {
        loop {
            let folder = RunFolder::of(&self.settings.state, &project::name(sentence));
            match std::fs::create_dir(&folder.dir) {
                Ok(()) => return Ok(folder),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(folder::unwritable(&folder.dir, &error)),
            }
        }
    }

    async fn new_journal(&self, folder: &RunFolder) -> Result<Journal, EngineError> {
        let journal = Journal::create(&folder.dir, &owner()).await?;
        self.vault.make_keys(&folder.dir)?;
        let journal = journal.under(&self.vault.key(&folder.dir, Purpose::Log)?);
        scribe::cast_anchor(&journal).await?;
        Ok(journal)
    }

    async fn begin(
        &self,
        order: &Order,
        scenario: Option<Arc<Scenario>>,
        catalogue: Catalogue,
        intent: Intent,
        folder: &RunFolder,
    ) -> Result<Live, EngineError> {
        let journal = self.new_journal(folder).await?;
        let (repo, base) = project::open(&self.git, order, scenario.as_deref(), folder).await?;
        project::check_context(&repo, &base, &intent).await?;
        if order.opinion.is_none() {
            project::reserve_branch(&repo).await?;
        }
        project::keep_base(&repo, &folder.run, &base).await?;
        let setups = project::setups(&repo, &base, order, &self.settings).await?;
        let script = scenario.as_ref().map(|scenario| scenario.file.clone());
        let project = repo.root().to_owned();
        let (ordered, payloads) = (clock::now(), Form::Sealed);
        folder.write_bearings(&Bearings { project, scenario: script, ordered, payloads })?;
        let blobs = self.blobs(folder)?;
        let question = match order.opinion {
            Some(seniority) => Some(LoneQuestion {
                text: blobs.put(intent.sentence.clone()).await?,
                files: intent.context.clone(),
                seniority,
            }),
            None => None,
        };
        let start = Start { repo: &repo, base: &base, blobs: &blobs };
        let shortcut = self.shortcut(order, scenario.as_deref(), &catalogue, &intent, &start).await?;
        let (roles, warnings) = match order.opinion {
            None => self.roles_of_run(&repo, &base, &blobs, &catalogue).await?,
            Some(_) => Default::default(),
        };
        let (foreign, left_out) = self.foreign_tools(&repo, &base, folder, &blobs).await?;
        if let Some(plan) = &order.plan {
            project::can_be_told(&repo, &base, plan).await?;
        }
        let unmanaged = order.plan.as_ref().is_some_and(is_unmanaged);
        let begin = Begin {
            run: folder.run.clone(),
            plan: match order.plan.clone() {
                Some(plan) if !unmanaged => Some(blobs.lodge(plan).await?),
                Some(_) | None => None,
            },
            intent: blobs.lodge(intent).await?,
            base: base.clone(),
            catalogue,
            preapproved: order.preapproved,
            deadlines: self.settings.deadlines,
            stakes: self.settings.stakes.clone(),
            question,
            roles,
            setups,
            scope: self.settings.scope.clone(),
            foreign,
            path: order.path.or(unmanaged.then_some(Path::Direct)),
            shortcut,
        };
        let mut keeper = Keeper::new(journal, blobs.clone());
        let begun = keeper.take(clock::now(), Input::Begin(Box::new(begin))).await?;
        begun.map_err(|refusal| refused(&refusal))?;
        let server = match scenario {
            Some(scenario) => Some(Server::start(scenario, Some(folder.tally())).await?),
            None => None,
        };
        let live = self.live(folder.clone(), keeper, repo, blobs, server).await?;
        Ok(Live { warnings: [warnings, left_out, live.warnings].concat(), ..live })
    }

    /// The plan that needs nobody to plan: the Owner's, where it has no Manager, or our own, where the intent may go another
    /// way than to the Orchestrator. What a scenario does not play is no choice.
    async fn shortcut(
        &self,
        order: &Order,
        scenario: Option<&Scenario>,
        catalogue: &Catalogue,
        intent: &Intent,
        start: &Start<'_>,
    ) -> Result<Option<Proposal>, EngineError> {
        match (&order.plan, order.path) {
            (Some(plan), _) if is_unmanaged(plan) => Ok(Some(start.proposal(plan.clone(), intent).await?)),
            (Some(_), _) | (None, Some(Path::Orchestrate)) => Ok(None),
            (None, Some(path)) => Ok(Some(start.shortcut(intent, path, catalogue).await?)),
            (None, None) if scenario.is_some_and(|scenario| !scenario.plays_choice(intent)) => Ok(None),
            (None, None) => Ok(Some(start.shortcut(intent, Path::Direct, catalogue).await?)),
        }
    }

    /// A plan that the Owner puts in place of the one that waits, with what belongs to it.
    ///
    /// # Errors
    /// Where the run or its project can't be read, or the plan can't be stored.
    pub async fn proposal(&self, run: &RunId, plan: Plan) -> Result<Proposal, EngineError> {
        let folder = RunFolder::of(&self.settings.state, run);
        let past = Past::open(&folder, &self.vault).await?;
        let head = past.run.head().ok_or_else(|| EngineError::failed("the run never began"))?;
        let repo = Repo::reopen(&self.git, &past.project, &folder.dir).await?;
        project::can_be_told(&repo, &head.base, &plan).await?;
        let blobs = self.blobs(&folder)?;
        Start { repo: &repo, base: &head.base, blobs: &blobs }.proposal(plan, &past.intent().await?).await
    }

    /// Goes on with a run that no process owns.
    ///
    /// # Errors
    /// Where the run is over, another process owns it, or its journal can't be read.
    pub async fn resume(&self, run: &RunId) -> Result<Live, EngineError> {
        let folder = RunFolder::of(&self.settings.state, run);
        let bearings = folder.bearings()?;
        let blobs = self.blobs(&folder)?;
        let mut keeper = Keeper::open(folder.take_over(&self.vault).await?, blobs.clone()).await?;
        if let Some(end) = keeper.run().end() {
            keeper.tell(&folder.dir).await;
            keeper.close().await;
            self.clean_up_after(&folder, end).await;
            return Err(over(run, end));
        }
        if keeper.run().stage() == Stage::Unborn {
            return Err(EngineError::usage(format!(
                "{run} never began: it was stopped while it was being made"
            ))
            .hint("trireme run \"…\" --budget USD   (a new run)"));
        }
        self.holds_as_before(run, keeper.run().sandbox()).await?;
        // There may be other providers by now.
        self.keeps_to_the_bus(keeper.run().scope().bounds.hosts())?;
        kill_marked(&run.0);
        self.sandbox().await?.sweep(&run.0);
        let repo = Repo::reopen(&self.git, &bearings.project, &folder.dir).await?;
        let server = match bearings.scenario {
            Some(file) => {
                let scenario = Arc::new(Scenario::load(&file)?);
                Some(Server::restart(scenario, Some(folder.tally())).await?)
            }
            None => None,
        };
        folder::has_room(&folder.dir)?;
        keeper.stand_still().await?;
        keeper.go_on().await?;
        self.live(folder, keeper, repo, blobs, server).await
    }

    async fn live(
        &self,
        folder: RunFolder,
        mut keeper: Keeper,
        repo: Repo,
        blobs: Blobs,
        server: Option<Server>,
    ) -> Result<Live, EngineError> {
        let (inbox, scribe) = (Inbox::open(&folder.dir).await?, keeper.scribe(&folder.dir).await?);
        let run = folder.run.clone();
        let (adapters, catalogue) = (self.adapters(server.as_ref())?, keeper.run().catalogue().clone());
        let governor = self.governor_for(server.as_ref());
        let setups = keeper.run().head().map(|head| head.setups.clone()).unwrap_or_default();
        let bounds = keeper.run().scope().bounds;
        let ground = self.ground(repo.root()).await?;
        let warnings = ground.sandbox.warnings(bounds.hosts());
        keeper.take(clock::now(), Input::Sandbox(ground.sandbox.level())).await?.ok();
        let world = World::new(Parts {
            folder,
            repo,
            blobs,
            adapters,
            catalogue,
            governor,
            ground: Some(ground),
            setups,
            bounds,
        });
        let (run_loop, Ends { orders, views }) = RunLoop::new(keeper, world, inbox);
        let mut task = JoinSet::new();
        task.spawn(run_loop.run(scribe));
        let chores = self.chores();
        Ok(Live { run, orders: Orders(orders), views, task, warnings, _server: server, _chores: chores })
    }

    /// What whoever starts a run does beside it.
    fn chores(&self) -> JoinSet<()> {
        let (engine, mut chores) = (self.clone(), JoinSet::new());
        if !self.settings.retention.is_empty() {
            chores.spawn(async move {
                if let Err(error) = engine.prune(false).await {
                    tracing::warn!(%error, "payloads of old runs were not looked at");
                }
            });
        }
        chores
    }

    /// All runs share one governor, as they share their providers; what a scenario plays tells nothing about those.
    fn governor_for(&self, server: Option<&Server>) -> Governor {
        match server {
            Some(_) => Governor::new(BTreeMap::new()),
            None => self.governor.get_or_init(|| Governor::new(self.providers().limits())).clone(),
        }
    }

    /// The run of that name, or the only one whose name begins so, or the newest for `last`.
    ///
    /// # Errors
    /// Where there is none, or more than one.
    pub fn find(&self, name: &str) -> Result<RunId, EngineError> {
        Ok(folder::find(&self.settings.state, name)?.run)
    }

    /// All runs, newest first.
    ///
    /// # Errors
    /// Where the state folder can't be read.
    pub async fn runs(&self) -> Result<Vec<RunEntry>, EngineError> {
        let mut entries = Vec::new();
        for folder in folder::all(&self.settings.state)? {
            entries.push(RunEntry::of(&folder).await);
        }
        Ok(entries)
    }

    /// A run as its journal tells of it.
    ///
    /// # Errors
    /// Where it can't be read.
    pub async fn past(&self, run: &RunId) -> Result<Past, EngineError> {
        Past::open(&RunFolder::of(&self.settings.state, run), &self.vault).await
    }

    /// Locks the keys of all runs with another key than the Owner's present one.
    ///
    /// # Errors
    /// Where a key can't be had, or a file can't be written.
    pub fn rotate_key(&self, to: Option<KeyPlace>) -> Result<Rotated, EngineError> {
        Ok(self.vault.rotate(to, || folder::dirs(&self.settings.state))?)
    }

    /// A run is over, and its owner may have gone before it could clean up: no process, no folder of work and no
    /// reference of it is left behind. What can't be removed is no reason to refuse what was asked for.
    pub(crate) async fn clean_up_after(&self, folder: &RunFolder, end: RunEnd) {
        kill_marked(&folder.run.0);
        let cleaned = async {
            crate::workspace::remove_tree(folder.work()).await?;
            if end == RunEnd::Failed {
                // What it has merged may be all that there is to show.
                return Ok(());
            }
            let bearings = folder.bearings()?;
            let repo = Repo::reopen(&self.git, &bearings.project, &folder.dir).await?;
            Ok::<(), EngineError>(forget(&repo, folder).await?)
        };
        if let Err(error) = cleaned.await {
            tracing::warn!(%error, "something of a run that is over was left behind");
        }
    }
}

impl Live {
    fn warned(mut self, warning: Option<String>) -> Self {
        self.warnings.extend(warning);
        self
    }

    /// What was left out when it began, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The run.
    #[must_use]
    pub const fn id(&self) -> &RunId {
        &self.run
    }

    /// The newest view of it; it changes every few tens of milliseconds at most.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<Arc<View>> {
        self.views.clone()
    }

    /// Commands it.
    ///
    /// # Errors
    /// The run's refusal.
    pub async fn command(&self, command: Command) -> Result<(), Refusal> {
        self.orders.command(command).await
    }

    /// A way to command it that outlives the waiting for its end.
    #[must_use]
    pub fn orders(&self) -> Orders {
        self.orders.clone()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Where the journal refuses, or a rule of the run does not hold.
    pub async fn finish(mut self) -> Result<Finish, EngineError> {
        match self.task.join_next().await {
            Some(Ok(finish)) => finish,
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Some(Err(_)) | None => Err(EngineError::failed("the run's loop was stopped")),
        }
    }
}

impl Orders {
    /// Commands the run.
    ///
    /// # Errors
    /// The run's refusal.
    pub async fn command(&self, command: Command) -> Result<(), Refusal> {
        let (answer, taken) = oneshot::channel();
        if self.0.send(Ordering { command, answer }).await.is_err() {
            return Err(Refusal::Over);
        }
        taken.await.unwrap_or(Err(Refusal::Over))
    }
}

/// Takes away the references that kept the commits of a run.
async fn forget(repo: &Repo, folder: &RunFolder) -> Result<(), RepoError> {
    repo.delete_refs(&format!("refs/trireme/{}/", folder.run)).await
}

fn is_unmanaged(plan: &Plan) -> bool {
    plan.sections().any(|(_, section)| section.unmanaged)
}

fn refused(refusal: &Refusal) -> EngineError {
    EngineError::usage(refusal.to_string())
}

fn over(run: &RunId, end: RunEnd) -> EngineError {
    let how = match end {
        RunEnd::Killed => "was killed, and nothing starts it again",
        RunEnd::Rejected => "was rejected",
        RunEnd::Verified | RunEnd::Unverified | RunEnd::BudgetExhausted | RunEnd::Failed => "is over",
    };
    EngineError::usage(format!("{run} {how}"))
        .hint(format!("trireme report {run}"))
        .hint("trireme run \"…\" --budget USD   (a new run)")
}
