//! The Owner's hand on a run, from this process and from others, and projects of every kind.

use std::path::Path;
use std::time::Duration;

use trireme_core::Money;
use trireme_core::run::event::RunEnd;
use trireme_core::run::{Command, Target};
use trireme_engine::{DirtyTree, Engine, Finish, Live, Order, Past, Taken};

use crate::support::{Ground, order, relay, replayed, settings, sh};

/// Another process, as far as the state folder can tell.
async fn other(ground: &Ground) -> Engine {
    Engine::open(settings(ground.dir.path())).await.unwrap()
}

async fn until(live: &Live, there: impl Fn(&trireme_core::view::View) -> bool) {
    let mut views = live.views();
    let seen = async {
        while !there(&views.borrow_and_update()) {
            views.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), seen).await.unwrap();
}

async fn ended(ground: &Ground, live: Live) -> (Finish, Past) {
    let run = live.id().clone();
    let finish = live.finish().await.unwrap();
    let past = ground.engine.past(&run).await.unwrap();
    past.run.audit().unwrap();
    replayed(&ground.engine, &run).await;
    (finish, past)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_from_another_process_is_the_end() {
    let ground = Ground::new().await;
    let live = ground.engine.start(order(&relay())).await.unwrap();
    let run = live.id().clone();
    until(&live, |view| view.counts.attempts > 0).await;
    let taken = other(&ground).await.command(&run, Command::Kill { target: Target::Run }).await.unwrap();
    assert_eq!(taken, Taken::Done);
    let (finish, past) = ended(&ground, live).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Killed));
    assert_eq!(past.run.ledger().reservations().count(), 0);
    let refused = ground.engine.resume(&run).await.err().unwrap();
    assert!(refused.to_string().contains("was killed"), "{refused}");
    assert!(refused.hints().iter().any(|hint| hint.contains("trireme run")));
    let again = other(&ground).await.command(&run, Command::Kill { target: Target::Run }).await.unwrap();
    assert!(matches!(again, Taken::Refused(why) if why.contains("over")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_run_stops_and_goes_on() {
    let ground = Ground::new().await;
    let live = ground.engine.start(order(&relay())).await.unwrap();
    let run = live.id().clone();
    until(&live, |view| view.counts.attempts > 0).await;
    live.command(Command::Pause).await.unwrap();
    let (finish, past) = ended(&ground, live).await;
    assert_eq!(finish, Finish::Stopped);
    assert_eq!(past.run.ledger().reservations().count(), 0, "nothing was on its way");
    let (finish, _) = ended(&ground, ground.engine.resume(&run).await.unwrap()).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_owner_is_kept_out() {
    let ground = Ground::new().await;
    let mut waiting = order(&relay());
    waiting.preapproved = false;
    let live = ground.engine.start(waiting).await.unwrap();
    let run = live.id().clone();
    let refused = other(&ground).await.resume(&run).await.err().unwrap();
    assert!(refused.to_string().contains("process"), "{refused}");
    until(&live, |view| view.awaits_approval).await;
    let taken = other(&ground).await.command(&run, Command::Approve { plan: None }).await.unwrap();
    assert_eq!(taken, Taken::Done);
    let (finish, _) = ended(&ground, live).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_plan_costs_its_planning_and_no_more() {
    let ground = Ground::new().await;
    let mut waiting = order(&relay());
    waiting.preapproved = false;
    let live = ground.engine.start(waiting).await.unwrap();
    until(&live, |view| view.awaits_approval).await;
    live.command(Command::Reject { reason: "too dear".to_owned() }).await.unwrap();
    let (finish, past) = ended(&ground, live).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Rejected));
    assert_eq!(past.run.tasks().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_total_below_what_is_gone_stops_the_run() {
    let ground = Ground::new().await;
    let live = ground.engine.start(order(&relay())).await.unwrap();
    until(&live, |view| view.counts.attempts > 0).await;
    let taken = live.command(Command::Budget { total: Money::nanos(1) }).await;
    assert_eq!(taken, Ok(()));
    let (finish, _) = ended(&ground, live).await;
    assert_eq!(finish, Finish::Ended(RunEnd::BudgetExhausted));
}

fn copied_project(ground: &Ground) -> std::path::PathBuf {
    let project = ground.dir.path().join("project");
    sh(ground.dir.path(), &format!("cp -r {}/project project", relay().display()));
    project
}

fn in_project(project: &Path, dirty: DirtyTree) -> Order {
    Order { project: Some(project.to_owned()), dirty, ..order(&relay()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owners_branch_index_and_files_stay_as_they_are() {
    let ground = Ground::new().await;
    let project = copied_project(&ground);
    sh(&project, "git init -q -b main && git add -A && git -c user.name=o -c user.email=o@o commit -qm base");
    sh(&project, "echo later > later.txt && git add later.txt && echo untracked > notes.txt");
    let refused = ground.engine.start(in_project(&project, DirtyTree::Refuse)).await.err().unwrap();
    assert!(refused.to_string().contains("later.txt"), "{refused}");
    assert!(ground.engine.runs().await.unwrap().is_empty(), "a run that never began leaves nothing");
    let before = sh(&project, "git rev-parse HEAD; git status --porcelain; sha256sum .git/index; cat *.txt");
    let live = ground.engine.start(in_project(&project, DirtyTree::Include)).await.unwrap();
    let run = live.id().clone();
    let (finish, _) = ended(&ground, live).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
    assert_eq!(
        sh(&project, "git rev-parse HEAD; git status --porcelain; sha256sum .git/index; cat *.txt"),
        before
    );
    assert_eq!(sh(&project, &format!("git show trireme/{run}:count.txt")), "3\n");
    assert_eq!(sh(&project, &format!("git show trireme/{run}:later.txt")), "later\n");
    assert_eq!(sh(&project, "git for-each-ref refs/trireme"), "");
    assert_eq!(sh(&project, "git worktree list | wc -l").trim(), "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_without_git_works_through_a_repository_beside_it() {
    let ground = Ground::new().await;
    let project = copied_project(&ground);
    let live = ground.engine.start(in_project(&project, DirtyTree::Refuse)).await.unwrap();
    let run = live.id().clone();
    let (finish, _) = ended(&ground, live).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
    assert!(!project.join(".git").exists() && !project.join("count.txt").exists());
    let shadow = ground.dir.path().join(format!("state/runs/{run}/shadow.git"));
    assert_eq!(
        sh(&project, &format!("git --git-dir={} show trireme/{run}:count.txt", shadow.display())),
        "3\n"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_cannot_be_carried_out_says_what_to_type() {
    let ground = Ground::new().await;
    let refused = async |change: fn(&mut Order)| {
        let mut order = order(&relay());
        change(&mut order);
        let error = ground.engine.start(order).await.err().unwrap();
        format!("{error} | {}", error.hints().join(" | "))
    };
    for (expected, change) in [
        ("the intent is empty", (|order| order.sentence = Some("  ".to_owned())) as fn(&mut Order)),
        ("--budget 10", |order| order.budget = Some(Money::ZERO)),
        ("there is no such file", |order| order.context.push("nowhere.txt".to_owned())),
        ("does not exist", |order| order.project = Some("/no/such/folder".into())),
        ("scenario.toml", |order| order.scenario = Some("/no/such/scenario".into())),
    ] {
        let told = refused(change).await;
        assert!(told.contains(expected), "{expected:?} is not in {told:?}");
    }
    let mut keyless = order(&relay());
    keyless.scenario = None;
    keyless.sentence = Some("do it".to_owned());
    keyless.budget = Some(Money::cents(100));
    let error = ground.engine.start(keyless).await.err().unwrap();
    assert!(error.to_string().contains("ANTHROPIC_API_KEY"), "{error}");
    assert!(ground.engine.runs().await.unwrap().is_empty());
    let unknown = ground.engine.find("nothing").unwrap_err();
    assert!(unknown.hints().contains(&"trireme runs".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_branch_cannot_be_set_keeps_what_it_merged() {
    let ground = Ground::new().await;
    let project = copied_project(&ground);
    sh(&project, "git init -q -b main && git add -A && git -c user.name=o -c user.email=o@o commit -qm base");
    let live = ground.engine.start(in_project(&project, DirtyTree::Refuse)).await.unwrap();
    until(&live, |view| view.counts.attempts > 0).await;
    // A branch of that name leaves no place for branches below it.
    sh(&project, "git branch trireme");
    let run = live.id().clone();
    let (finish, past) = ended(&ground, live).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Failed));
    assert!(past.run.broken().is_some());
    let kept = |when: &str| {
        let refs = sh(&project, "git for-each-ref refs/trireme");
        assert!(refs.contains("section/0") && refs.contains("phase/1"), "{when}: {refs}");
    };
    kept("at its end");
    assert!(ground.engine.resume(&run).await.is_err());
    kept("after somebody asked again");
    let again = sh(&project, "git branch -D trireme -q; git branch -a");
    assert!(!again.contains("trireme"), "{again}");
    let refused = {
        sh(&project, "git branch trireme");
        ground.engine.start(in_project(&project, DirtyTree::Refuse)).await.err().unwrap()
    };
    assert!(refused.hints().iter().any(|hint| hint.contains("git branch -m trireme")), "{refused}");
}
