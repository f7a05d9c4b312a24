//! What earlier runs tell later ones: a run of one agent alone to compare with, and how agents went about their work.

use trireme_core::quote::History;
use trireme_core::report::SoloRun;
use trireme_core::run::event::RunEnd;
use trireme_core::{Path as Way, RunId};
use trireme_engine::{Finish, Order};

use crate::support::{Ground, order, relay, sh, workspace_root};

async fn ran(ground: &Ground, order: Order) -> RunId {
    let live = ground.engine.start(order).await.unwrap();
    let run = live.id().clone();
    assert_eq!(live.finish().await.unwrap(), Finish::Ended(RunEnd::Verified));
    run
}

/// Played solo, then by three tiers, then by three tiers from other files.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_solo_run_is_measured_from_the_same_files_and_recorded_from_others() {
    let ground = Ground::new().await;
    let dir = ground.dir.path();
    sh(dir, &format!("cp -r {}/examples/csv-export scenario", workspace_root().display()));
    let scenario = dir.join("scenario");
    let alone = ran(&ground, Order { path: Some(Way::Solo), ..order(&scenario) }).await;
    let many = ran(&ground, order(&scenario)).await;
    let solo = ground.engine.solo(&many).await.unwrap().unwrap();
    let past = ground.engine.past(&alone).await.unwrap();
    let (_, worker) = past.run.agents().iter().next().unwrap();
    assert_eq!(solo.run, alone.to_string());
    assert!(solo.same_base && solo.verified && solo.context > 10_000, "{solo:?}");
    assert!(!solo.cost.is_zero() && solo.context < worker.used.read(), "{solo:?}");
    assert_eq!(ground.engine.solo(&alone).await.unwrap(), None, "nobody is compared with themselves");

    sh(dir, "echo more >> scenario/project/README.md");
    let other = ran(&ground, order(&scenario)).await;
    let recorded = SoloRun { same_base: false, ..solo.clone() };
    assert_eq!(ground.engine.solo(&other).await.unwrap(), Some(recorded));

    // The journal is read once.
    let journal = format!("state/runs/{alone}/journal.db");
    sh(dir, &format!("mv {journal} away"));
    assert_eq!(ground.engine.solo(&many).await.unwrap(), Some(solo));
    sh(dir, &format!("rm state/runs/{alone}/gist.json"));
    assert_eq!(ground.engine.solo(&many).await.unwrap(), None, "what can't be read is left out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_runs_of_the_same_project_are_quoted_from() {
    let ground = Ground::new().await;
    let dir = ground.dir.path();
    let first = ran(&ground, order(&relay())).await;
    assert_eq!(ground.engine.history(&first).await.unwrap(), History::default());
    let second = ran(&ground, order(&relay())).await;
    assert_ne!(ground.engine.history(&second).await.unwrap(), History::default());
    // The same scenario on a project of the Owner's is another matter, and so is another scenario.
    sh(dir, &format!("cp -r {0} other; cp -r {0}/project own", relay().display()));
    for order in [order(&dir.join("other")), Order { project: Some(dir.join("own")), ..order(&relay()) }] {
        let run = ran(&ground, order).await;
        assert_eq!(ground.engine.history(&run).await.unwrap(), History::default());
    }
}
