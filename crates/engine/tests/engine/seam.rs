//! What a check is run on: pins, links, what another criterion left, and what a worker planted.
//!
//! Each story is one section with one worker that runs one command; what the seam then finds is told by the journal.

use std::fmt::Write as _;

use trireme_core::run::Subject;
use trireme_core::run::event::{Event, TaskEvent};
use trireme_core::{Evidence, Verdict};
use trireme_engine::{Order, Past};

use crate::support::{Ground, order, sh};

/// What the one worker does, and what is asked of the result.
struct Story {
    /// Makes the project's files.
    project: &'static str,
    /// What the worker runs.
    worker: &'static str,
    /// Checks of the contract, as TOML.
    acceptance: &'static [&'static str],
    /// Checks of the section, as TOML.
    section: &'static [&'static str],
    /// Checks of the plan, as TOML.
    plan: &'static [&'static str],
    /// What the section must leave behind.
    delivers: &'static str,
}

const COMMIT: &str =
    "git init -q -b main && git add -A && git -c user.name=o -c user.email=o@o commit -qm base";

const FILE: &str = r#"{ kind = "file", path = "made" }"#;

/// A worker that makes a file, and nobody who asks for more.
const PLAIN: Story = Story {
    project: "true",
    worker: "echo made > made",
    acceptance: &[FILE],
    section: &[FILE],
    plan: &[FILE],
    delivers: "made",
};

/// A seam check: of what, the verdicts in order, what its commands wrote, and the files that were missing.
struct Seen {
    subject: Subject,
    verdicts: Vec<Verdict>,
    outputs: Vec<String>,
    missing: Vec<String>,
}

fn criteria(checks: &[&str]) -> String {
    let line = |(number, check)| format!("{{ id = \"c{number}\", text = \"it holds\", check = {check} }}");
    format!("[{}]", checks.iter().enumerate().map(line).collect::<Vec<_>>().join(", "))
}

fn self_check(checks: &[&str]) -> String {
    let line = |number| format!("{{ criterion = \"c{number}\", met = true, note = \"\" }}");
    format!("[{}]", (0..checks.len()).map(line).collect::<Vec<_>>().join(", "))
}

fn scenario(story: &Story) -> String {
    let mut text = include_str!("seam.toml").to_owned();
    for (name, value) in [
        ("PLAN_CRITERIA", criteria(story.plan)),
        ("SECTION_CRITERIA", criteria(story.section)),
        ("ACCEPTANCE", criteria(story.acceptance)),
        ("SELF_CHECK", self_check(story.acceptance)),
        ("DELIVERS", format!("{:?}", story.delivers)),
        ("WORKER", format!("'''{}'''", story.worker)),
    ] {
        text = text.replace(&format!("\"{name}\""), &value);
    }
    text
}

/// Plays a story and gives every seam check of it.
async fn play(ground: &Ground, story: &Story) -> Vec<Seen> {
    let (folder, project) = (ground.dir.path().join("scenario"), ground.dir.path().join("project"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir_all(&project).unwrap();
    std::fs::write(folder.join("scenario.toml"), scenario(story)).unwrap();
    sh(&project, &format!("echo '*.tmp' > .gitignore; {}; {COMMIT}", story.project));
    let live = ground.engine.start(Order { project: Some(project), ..order(&folder) }).await.unwrap();
    let run = live.id().clone();
    live.finish().await.unwrap();
    let mut past = ground.engine.past(&run).await.unwrap();
    past.run.audit().unwrap();
    seen(&mut past).await
}

async fn seen(past: &mut Past) -> Vec<Seen> {
    let mut checks = Vec::new();
    for (_, _, event) in past.events(1, 10_000).await.unwrap() {
        let Event::Task(TaskEvent::Checked { subject, findings, missing, .. }) = event else { continue };
        let mut outputs = Vec::new();
        for finding in &findings {
            if let Evidence::Command { output, .. } = &finding.evidence {
                outputs.push(past.text(*output).await.unwrap());
            }
        }
        let verdicts = findings.iter().map(|finding| finding.verdict).collect();
        checks.push(Seen { subject, verdicts, outputs, missing });
    }
    checks
}

fn of(checks: &[Seen], wanted: impl Fn(Subject) -> bool) -> &Seen {
    let mut told = String::new();
    for Seen { subject, verdicts, outputs, missing } in checks {
        writeln!(told, "{subject:?} {verdicts:?} {outputs:?} {missing:?}").unwrap();
    }
    println!("{told}");
    checks.iter().find(|check| wanted(check.subject)).unwrap_or_else(|| panic!("no such check in {told}"))
}

fn of_attempt(checks: &[Seen]) -> &Seen {
    of(checks, |subject| matches!(subject, Subject::Attempt(_)))
}

fn of_section(checks: &[Seen]) -> &Seen {
    of(checks, |subject| matches!(subject, Subject::Section(_)))
}

fn of_run(checks: &[Seen]) -> &Seen {
    of(checks, |subject| subject == Subject::Run)
}

const JUDGE: &str = "echo 'echo honest; test -f wanted' > judge.sh";
const BRIBE: &str = "echo made > made; echo 'echo bribed' > judge.sh";
const PINNED_JUDGE: &str = r#"{ kind = "command", run = "sh judge.sh", pinned = ["judge.sh"] }"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sections_pins_are_as_they_were_when_it_began() {
    let ground = Ground::new().await;
    let story = Story { project: JUDGE, worker: BRIBE, section: &[PINNED_JUDGE], ..PLAIN };
    let checks = play(&ground, &story).await;
    assert_eq!(of_attempt(&checks).verdicts, [Verdict::Pass]);
    let found = of_section(&checks);
    assert_eq!((&*found.verdicts, &*found.outputs), (&[Verdict::Fail][..], &["honest\n".to_owned()][..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plans_pins_are_as_they_were_when_the_run_began() {
    let ground = Ground::new().await;
    let story = Story { project: JUDGE, worker: BRIBE, plan: &[PINNED_JUDGE], ..PLAIN };
    let checks = play(&ground, &story).await;
    assert_eq!(of_section(&checks).verdicts, [Verdict::Pass]);
    let found = of_run(&checks);
    assert_eq!((&*found.verdicts, &*found.outputs), (&[Verdict::Fail][..], &["honest\n".to_owned()][..]));
}

const AS_GIT_HAS_THEM: &str = r#"{ kind = "command", run = """test ! -L pins && cat pins/one pins/two other/one && \
        test -L link && cat link && ./judge && test ! -L judge && cat mine && \
        test ! -L lines.txt && tr '\\r' R < lines.txt""", pinned = ["pins", "link", "judge", "lines.txt"] }"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pins_come_back_as_git_has_them_and_through_no_link() {
    let ground = Ground::new().await;
    let project = "mkdir pins; echo one > pins/one; echo two > pins/two; printf 'a\\nb\\n' > lines.txt; \
                   echo '*.txt text eol=crlf' > .gitattributes; echo mine > mine; ln -s pins/one link; \
                   printf '#!/bin/sh\\necho runs\\n' > judge; chmod +x judge";
    let worker = "echo made > made; rm -r pins link judge lines.txt; mkdir other; echo mine > other/one; \
                  ln -s other pins; echo mine > link; ln -s mine judge; ln -s mine lines.txt";
    let checks = play(&ground, &Story { project, worker, section: &[AS_GIT_HAS_THEM], ..PLAIN }).await;
    let found = of_section(&checks);
    assert_eq!(found.outputs, ["one\ntwo\nmine\none\nruns\nmine\naR\nbR\n"]);
    assert_eq!(found.verdicts, [Verdict::Pass]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pinned_folder_holds_nothing_new() {
    let ground = Ground::new().await;
    let story = Story {
        project: "mkdir pins; echo one > pins/one",
        worker: "echo made > made; echo new > pins/new",
        section: &[r#"{ kind = "command", run = "ls pins", pinned = ["pins"] }"#],
        ..PLAIN
    };
    let checks = play(&ground, &story).await;
    assert_eq!(of_section(&checks).outputs, ["one\n"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_no_file() {
    let ground = Ground::new().await;
    let story = Story {
        worker: "echo made > made; ln -s made link",
        section: &[
            r#"{ kind = "file", path = "link" }"#,
            r#"{ kind = "file", path = "link", contains = "made" }"#,
            FILE,
        ],
        delivers: "link",
        ..PLAIN
    };
    let checks = play(&ground, &story).await;
    let found = of_section(&checks);
    assert_eq!(found.verdicts, [Verdict::Fail, Verdict::Fail, Verdict::Pass]);
    assert_eq!(found.missing, ["link"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_worker_plants_outside_its_files_reaches_no_check() {
    let ground = Ground::new().await;
    let story = Story {
        worker: "echo made > made; echo x > $HOME/planted; echo x > $TMPDIR/planted; cat $HOME/planted",
        acceptance: &[
            r#"{ kind = "command", run = "ls -A $HOME $TMPDIR | grep -v :; touch $HOME/first $TMPDIR/first" }"#,
            r#"{ kind = "command", run = "ls -A $HOME $TMPDIR | grep -v :; test -d ." }"#,
        ],
        ..PLAIN
    };
    let checks = play(&ground, &story).await;
    let found = of_attempt(&checks);
    assert_eq!(found.outputs.iter().map(|output| output.trim()).collect::<Vec<_>>(), ["", ""]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_criterion_does_not_spoil_the_next() {
    let ground = Ground::new().await;
    let story = Story {
        project: "mkdir dir pins; echo good > dir/tracked; echo good > gone; echo good > turned; echo good > pins/pin",
        worker: "echo made > made",
        acceptance: &[
            "{ kind = \"command\", run = \"rm gone turned; mkdir turned; echo bad > dir/tracked; rm -r pins; ln -s dir pins; \
             echo bad > dir/pin; mkdir -p new/inner; echo bad > new/inner/file; echo bad > file; git init -q repo; \
             echo '*' > new/.gitignore; echo '*' > dir/.gitignore; chmod 500 new dir; echo kept > built.tmp && test -f built.tmp\" }",
            "{ kind = \"command\", run = \"cat dir/tracked gone turned pins/pin built.tmp; test ! -L pins; ls -A . dir\", pinned = [\"pins\"] }",
        ],
        ..PLAIN
    };
    let checks = play(&ground, &story).await;
    let found = of_attempt(&checks);
    assert_eq!(found.verdicts, [Verdict::Pass, Verdict::Pass]);
    assert_eq!(
        found.outputs[1],
        "good\ngood\ngood\ngood\nkept\n.:\n.gitignore\nbuilt.tmp\ndir\ngone\nmade\npins\nturned\n\ndir:\ntracked\n"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_finds_no_repository_above() {
    let ground = Ground::new().await;
    sh(ground.dir.path(), "git init -q");
    let story = Story {
        worker: "echo made > made; git rev-parse --show-toplevel > found; cd $TMPDIR && git rev-parse --show-toplevel >> found",
        acceptance: &[r#"{ kind = "command", run = "git rev-parse --show-toplevel", exit = 128 }"#],
        section: &[r#"{ kind = "command", run = "cat found 2>&1; test ! -s found" }"#],
        ..PLAIN
    };
    let checks = play(&ground, &story).await;
    assert_eq!(of_attempt(&checks).verdicts, [Verdict::Pass]);
    assert_eq!(of_section(&checks).outputs, [""]);
}
