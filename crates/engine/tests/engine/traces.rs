//! A hundred attempts in parallel, each with daemons of its own, leave nothing: no folder, no process, no reference, no lock.

use trireme_core::run::event::RunEnd;
use trireme_engine::workspace::kill_marked;
use trireme_engine::{Finish, Order};
use trireme_testkit::attempts::Attempts;

use crate::support::{Ground, order, sh};

const COMMIT: &str =
    "git init -q -b main && git add -A && git -c user.name=o -c user.email=o@o commit -qm base";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_attempts_in_parallel_leave_nothing() {
    let ground = Ground::new().await;
    let (scenario, project) = (ground.dir.path().join("scenario"), ground.dir.path().join("project"));
    std::fs::create_dir_all(&scenario).unwrap();
    std::fs::create_dir_all(&project).unwrap();
    sh(&project, &format!("echo target/ > .gitignore; echo judge > judge; {COMMIT}"));
    let attempts = Attempts {
        number: 100,
        at_once: 100,
        reads: "judge",
        latency_ms: 0,
        worker: "setsid sleep 600 > /dev/null 2>&1 & mkdir -p out target && echo made > out/{task}.txt && echo x > target/{task}",
        // What others built is nobody's: a folder that was used holds only what was built in it since, and that it keeps.
        checks: &[
            "setsid sleep 600 > /dev/null 2>&1 & here=$(basename $PWD) && test -z \"$(ls target 2> /dev/null | grep -vx $here)\" \
             && mkdir -p target && touch target/$here",
            "ls target | grep -qx $(basename $PWD)",
        ],
        pinned: &["judge"],
    };
    std::fs::write(scenario.join("scenario.toml"), attempts.scenario()).unwrap();
    let live =
        ground.engine.start(Order { project: Some(project.clone()), ..order(&scenario) }).await.unwrap();
    let id = live.id().clone();
    assert_eq!(live.finish().await.unwrap(), Finish::Ended(RunEnd::Verified));
    let past = ground.engine.past(&id).await.unwrap();
    past.run.audit().unwrap();
    assert_eq!(past.run.attempts().iter().filter(|(_, attempt)| attempt.verified()).count(), 100);

    let folder = ground.dir.path().join(format!("state/runs/{id}"));
    assert!(!folder.join("work").exists());
    assert_eq!(std::fs::read_dir(folder.join("index")).unwrap().count(), 0, "private indexes");
    assert_eq!(kill_marked(&id.0), 0, "processes");
    let left = "git for-each-ref --format='%(refname)'; git worktree list | wc -l; find .git -name '*.lock'";
    assert_eq!(sh(&project, left), format!("refs/heads/main\nrefs/heads/trireme/{id}\n1\n"));
    let made = sh(&project, &format!("git ls-tree -r --name-only trireme/{id} | wc -l"));
    assert_eq!(made, "102\n", "every result, and what was there before");
    assert_eq!(sh(&project, "git status --porcelain"), "");
}
