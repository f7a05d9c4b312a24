//! What is told of a whole, of section and run, and not only of one attempt: every kind of check, and how it stood before
//! the work.

use std::path::Path;

use trireme_core::Verdict::{self, Fail, Pass};

use super::{FILE, PLAIN, Seen, Story, of_attempt, of_run, of_section, play};
use crate::support::{Ground, sh};

const MADE: &str = r#"{ kind = "command", run = "test -f made" }"#;
const OLD: &str = r#"{ kind = "file", path = "old" }"#;
const DATA: &str = r#"{ kind = "json", path = "data.json", schema_file = "schema.json" }"#;
const SMALL: &str = r#"{ kind = "diff", only = ["made", "data.json"], no_deletions = true, lines_max = 3 }"#;
const CLEAN: &str = r#"{ kind = "tree", forbid = ["todo", "new_dependency"] }"#;
const SCHEMA: &str = r#"echo '{"type": "array"}' > schema.json; echo x > old"#;

async fn told(story: Story) -> Vec<Seen> {
    play(&Ground::new().await, &story).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_it_stood_before_the_work_is_told_at_every_level() {
    let asked = &[MADE, OLD, CLEAN];
    let story = Story { project: "echo x > old", acceptance: asked, section: asked, plan: asked, ..PLAIN };
    let checks = told(story).await;
    for found in [of_attempt(&checks), of_section(&checks), of_run(&checks)] {
        assert_eq!(found.verdicts, [Pass; 3]);
        assert_eq!(found.befores, [Some(Fail), Some(Pass), None]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pass_is_tried_again_where_one_worker_answers_for_it() {
    let checks = told(Story { acceptance: &[MADE], section: &[MADE], ..PLAIN }).await;
    let (attempt, section) = (of_attempt(&checks), of_section(&checks));
    assert!(matches!(attempt.runs[..], [runs] if runs > 1), "{:?}", attempt.runs);
    assert_eq!(section.runs, [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_section_is_told_by_its_data_and_its_change() {
    let good = Story {
        project: SCHEMA,
        worker: "echo made > made; echo '[1]' > data.json",
        section: &[DATA, SMALL, CLEAN],
        ..PLAIN
    };
    let checks = told(good).await;
    let found = of_section(&checks);
    assert_eq!(found.verdicts, [Pass; 3]);
    assert_eq!(found.befores, [Some(Fail), None, None]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_section_that_breaks_all_rules_is_told_why() {
    let bad = Story {
        project: SCHEMA,
        worker: "echo '// TODO: all of it' > made; seq 9 >> made; echo '{}' > data.json; echo '{}' > schema.json; rm old; \
                 echo numpy > requirements.txt",
        section: &[DATA, SMALL, CLEAN],
        ..PLAIN
    };
    let checks = told(bad).await;
    let found = of_section(&checks);
    assert_eq!(found.verdicts, [Fail; 3]);
    let [data, change, tree] = &found.outputs[..] else { panic!("{:?}", found.outputs) };
    assert!(data.contains("is not of type \"array\""), "{data}");
    for words in ["old is gone", "schema.json differs", "15 lines were added and removed, 3 are allowed"] {
        assert!(change.contains(words), "{words:?} is not in {change}");
    }
    for words in ["made: // TODO: all of it", "numpy is new"] {
        assert!(tree.contains(words), "{words:?} is not in {tree}");
    }
}

/// A server that answers with files, and what it has to say.
const SERVED: &str = r#"{ kind = "http", start = "exec python3 -m http.server $PORT --bind 127.0.0.1", path = "/made", body = "^made$", timeout_s = 20 }"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_asked_before_and_after_the_work() {
    if sh(Path::new("/"), "command -v python3 || true").is_empty() {
        return trireme_testkit::skipped("the server needs python3, which is not here".to_owned());
    }
    let checks =
        told(Story { acceptance: &[SERVED], section: &[SERVED], plan: &[FILE, SERVED], ..PLAIN }).await;
    let verdict = |found: &Seen| -> (Verdict, Option<Verdict>) {
        (*found.verdicts.last().unwrap(), *found.befores.last().unwrap())
    };
    for found in [of_attempt(&checks), of_section(&checks), of_run(&checks)] {
        assert_eq!(verdict(found), (Pass, Some(Fail)));
        assert!(found.outputs.last().unwrap().contains("answer:\nmade"), "{:?}", found.outputs);
    }
}
