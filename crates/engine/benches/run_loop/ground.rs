//! A repository, and runs on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use trireme_core::catalogue::Catalogue;
use trireme_core::run::{Begin, Deadlines, Input};
use trireme_core::{Intent, Millis, Money, RunId, Share};
use trireme_engine::RunFolder;
use trireme_engine::blobs::Blobs;
use trireme_engine::bus::Adapters;
use trireme_engine::journal::{Inbox, Journal};
use trireme_engine::redaction::Redactor;
use trireme_engine::run_loop::{Ends, Keeper, RunLoop};
use trireme_engine::scribe::Scribe;
use trireme_engine::vault::{KeyPlace, Vault};
use trireme_engine::workspace::{DirtyTree, Git, Repo};
use trireme_engine::world::{Parts, World};

use crate::model::Model;

/// A folder with a project and a state folder in it.
pub(crate) struct Ground {
    dir: tempfile::TempDir,
    runs: AtomicUsize,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("project")).unwrap();
        std::fs::write(dir.path().join("project/README.md"), "a project\n").unwrap();
        Self { dir, runs: AtomicUsize::new(0) }
    }

    /// The folder of another run.
    pub(crate) fn fresh(&self) -> PathBuf {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        self.dir.path().join(format!("state/runs/r{number}"))
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench hands its own PATH down")]
fn git(home: &Path) -> Git {
    Git::new(std::env::var("PATH").unwrap(), home)
}

/// A run that has begun, and its loop that has not.
pub(crate) async fn lay_out(ground: &Ground, dir: &Path, model: Model) -> (RunLoop, Scribe, Ends) {
    let run = RunId(dir.file_name().unwrap().to_string_lossy().into_owned());
    let journal = Journal::create(dir, "bench").await.unwrap();
    let repo = Repo::open(&git(ground.dir.path()), &ground.dir.path().join("project"), dir).await.unwrap();
    let base = repo.base(DirtyTree::Include, Millis(1)).await.unwrap();
    let vault = Vault::new(KeyPlace::Own(ground.dir.path().join("owner.key")), ground.dir.path());
    vault.make_keys(dir).unwrap();
    let blobs = Blobs::sealed(dir, &vault, &Redactor::plain());
    let intent = Intent {
        sentence: "bench".to_owned(),
        constraints: Vec::new(),
        context: Vec::new(),
        checks: Vec::new(),
        total: Money::MAX,
        reserve: Share::basis_points(1_000).unwrap(),
        stakes: trireme_core::Stakes::Normal,
    };
    let intent = blobs.lodge(intent).await.unwrap();
    let catalogue = Catalogue::built_in().unwrap();
    let begin = Begin {
        run: run.clone(),
        intent,
        base,
        catalogue: Catalogue::built_in().unwrap().reachable(&["anthropic".to_owned()].into()),
        plan: None,
        preapproved: true,
        deadlines: Deadlines::default(),
        stakes: trireme_core::StakesRule::default(),
        question: None,
        roles: Vec::new(),
        setups: Vec::new(),
        scope: trireme_core::Scope::all(),
        foreign: None,
        path: None,
        shortcut: None,
    };
    let mut keeper = Keeper::new(journal, blobs.clone());
    keeper.take(Millis(1), Input::Begin(Box::new(begin))).await.unwrap().unwrap();
    let folder = RunFolder { run, dir: dir.to_owned() };
    let adapters = Adapters::played_by(Arc::new(model));
    let governor = trireme_engine::bus::Governor::new(std::collections::BTreeMap::new());
    let world = World::new(Parts {
        folder,
        repo,
        blobs,
        adapters,
        catalogue,
        governor,
        ground: None,
        setups: Vec::new(),
        bounds: Default::default(),
    });
    let scribe = keeper.scribe(dir).await.unwrap();
    let (run_loop, ends) = RunLoop::new(keeper, world, Inbox::open(dir).await.unwrap());
    (run_loop, scribe, ends)
}

/// Runs to the end, and says how many events that took.
pub(crate) async fn play(ground: &Ground, dir: &Path, model: Model) -> usize {
    let (run_loop, scribe, ends) = lay_out(ground, dir, model).await;
    run_loop.run(scribe).await.unwrap();
    ends.views.borrow().counts.events as usize
}
