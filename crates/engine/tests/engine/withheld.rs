//! What a contract withholds stays withheld: from every byte that its worker's model gets, and from its folder.
//!
//! The shipped csv-export example is played through a listener between engine and provider that keeps each request. Every
//! file that is withheld holds a mark that is nowhere else.

use std::collections::HashSet;
use std::path::Path;

use trireme_core::run::event::{AgentEvent, Event, RunEnd};
use trireme_engine::{Finish, SeenAgent};

use crate::listener::{Heard, play};
use crate::seen::{compare, seen_of};
use crate::support::{sh, workspace_root};

/// What the worker of this task may see: its inputs, and the file that it writes.
const TASK: &str = "Filter pass-through";
const SEEN: [&str; 3] = ["acceptance/filter_passthrough.rs", "src/filter_map.rs", "src/filter_params.rs"];
/// What it sees of a file that is withheld: the interface, and nothing else.
const INTERFACE: &str = r#"<interface path="src/columns.rs">
//! The columns of a report and their order: the one place that the table and every export take them from.

use crate::store::Row;

/// One column.
pub struct Column {
    /// Its name in code and queries.
    pub key: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// What it shows of a row, unescaped.
    pub cell: fn(&Row) -> String,
}

/// All columns, in order.
pub static COLUMNS: [Column; 6] = […];

const fn column(key: &'static str, title: &'static str, cell: fn(&Row) -> String) -> Column { … }
</interface>"#;
/// Shorter lines are no secret: every file has them.
const SECRET_CHARS: usize = 24;

/// Begins the mark of each file that is withheld; its end is the file's name.
const MARK: &str = "mark-7c1f0e";
/// Files of the project with a mark, which nobody writes anew.
const MARKED: [&str; 4] = ["src/store.rs", "src/html.rs", "tests/page.rs", "acceptance/trigger.rs"];

/// The example, copied. Every file that is withheld holds a mark, and the worker looks for it with each of its tools: it
/// reads, lists, searches, asks git, and lists and searches its folder before it runs the test.
fn example(dir: &Path) {
    sh(dir, &format!("cp -r {}/examples/csv-export scenario", workspace_root().display()));
    sh(dir, "cp -r scenario/project project; rm -rf project/target");
    for file in MARKED {
        sh(dir, &format!("echo '// {MARK}-{file}' >> project/{file}"));
    }
    // Another worker writes the file whose interface this one sees, with a mark in a value and one in a body.
    let columns = "scenario/files/columns.rs";
    sh(
        dir,
        &format!(
            "sed -i 's|^pub static COLUMNS.*|&\\n    // {MARK}-value|; s|^    Column {{.*|    // {MARK}-body\\n&|' {columns}"
        ),
    );
    assert_eq!(sh(dir, &format!("grep -c {MARK} {columns}")), "2\n");
    let script = dir.join("scenario/scenario.toml");
    let text = std::fs::read_to_string(&script).unwrap();
    let test = "args = { command = 'rustc --edition 2024 --test acceptance/filter_passthrough.rs";
    let looks =
        format!("'echo LIST; find . ! -type d | sort; echo END; grep -rl {MARK} . && printf LE%s AK; rustc");
    let run = format!("[[reply.call]]\ntool = \"run\"\n{test}");
    assert_eq!(text.matches(&run).count(), 1);
    let call = |tool: &str, args: &str| format!("[[reply.call]]\ntool = \"{tool}\"\nargs = {{ {args} }}\n");
    let mut asked = String::new();
    for file in MARKED.iter().chain(&["src/columns.rs"]) {
        asked += &call("read", &format!("path = {file:?}"));
        asked += &call("git", &format!("verb = \"show\", path = {file:?}"));
        asked += &call("git", &format!("verb = \"blame\", path = {file:?}"));
    }
    asked += &call("list", "");
    asked += &call("search", "pattern = \"mark-7c1f\"");
    asked += &call("git", "verb = \"blame\", path = \"src/filter_params.rs\"");
    asked += &["log", "show"].map(|verb| call("git", &format!("verb = {verb:?}"))).concat();
    let text = text.replace(&run, &format!("{asked}{run}")).replace(test, &test.replace("'rustc", &looks));
    let capabilities = r#"capabilities = ["read", "list", "search", "edit", "write", "run"]"#;
    assert_eq!(text.matches(capabilities).count(), 1);
    let text = text
        .replace(capabilities, r#"capabilities = ["read", "list", "search", "git", "edit", "write", "run"]"#);
    std::fs::write(&script, text).unwrap();
}

/// Lines that are in files which the worker may not see and in none that it may, as JSON has them.
fn secrets(dir: &Path) -> HashSet<String> {
    let lines = |command: &str| -> HashSet<String> {
        let long = |line: &&str| line.chars().count() >= SECRET_CHARS;
        sh(dir, command).lines().map(str::trim).filter(long).map(str::to_owned).collect()
    };
    let seen = lines(&format!("cd project && cat {} ../scenario/files/filter_map.rs", SEEN.join(" ")));
    let all = lines("cat scenario/files/* $(find project -type f)");
    let quoted = |line: &String| serde_json::to_string(line).unwrap().trim_matches('"').to_owned();
    // What the Manager itself put into a contract, such as an interface, is told.
    let told = sh(dir, "cat scenario/scenario.toml") + INTERFACE;
    all.difference(&seen).filter(|line| !told.contains(*line)).map(quoted).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_withheld_reaches_neither_model_nor_tool_nor_folder() {
    let ground = tempfile::tempdir().unwrap();
    example(ground.path());
    let heard = play(ground.path()).await;
    assert_eq!(heard.finish, Finish::Ended(RunEnd::Verified));

    let card = format!("role: worker\\nsection: CSV export\\ntask: {TASK}\\n");
    let asked = heard.listener.bodies(&card);
    let list: String = SEEN.iter().map(|path| format!("./{path}\\n")).collect();
    let last = asked.last().unwrap();
    assert!(last.contains(&format!("LIST\\n{list}END\\n")) && !last.contains("LEAK"), "{last}");
    for told in [
        "changed nothing there that you see",
        r#"src/columns.rs\" is not among the files"#,
        "when the run began",
    ] {
        assert!(last.contains(told), "{told:?} is not what git told: {last}");
    }
    assert!(last.contains(serde_json::to_string(INTERFACE).unwrap().trim_matches('"')), "{last}");
    let secrets = secrets(ground.path());
    assert!(secrets.len() > 200, "{}", secrets.len());
    for body in &asked {
        let told: Vec<_> = secrets.iter().filter(|secret| body.contains(*secret)).collect();
        assert!(told.is_empty(), "the worker was told {told:#?}");
        assert!(!body.replace("mark-7c1f\\\"", "").contains(&format!("{MARK}-")), "{body}");
    }
    let others = heard.listener.bodies("role: manager\\n").concat();
    assert!(secrets.iter().any(|secret| others.contains(secret)), "whoever may see them is told");
    let marked = heard.listener.bodies(&format!("{MARK}-src/store.rs"));
    assert!(!marked.is_empty(), "and so are marks");

    // The log says the same as the wire, of this worker and of all others.
    let seen = seen_of(&heard, TASK).await;
    let [worker] = seen.agents.as_slice() else { panic!("{} agents", seen.agents.len()) };
    let held: Vec<_> = worker.folder.as_ref().unwrap().iter().map(|file| file.path.as_str()).collect();
    assert_eq!(held, SEEN);
    let told: Vec<_> = worker.parts.iter().filter(|part| part.text.contains(&format!("{MARK}-"))).collect();
    assert!(told.is_empty(), "{told:#?}");
    compare(&heard).await;
    the_interface_weighs_what_it_shows(&heard, worker).await;
}

/// What a request is measured by, before any money is promised, is the stub and not the file.
async fn the_interface_weighs_what_it_shows(heard: &Heard, worker: &SeenAgent) {
    let mut past = heard.engine.past(&heard.run).await.unwrap();
    let first = worker.calls.first().unwrap();
    let events = past.events(1, 100_000).await.unwrap();
    let measured = events.iter().find_map(|(.., event)| match event {
        Event::Agent(AgentEvent::Reserved { effect, body_bytes, .. }) if *effect == first.effect => {
            Some(*body_bytes)
        }
        _ => None,
    });
    let file = std::fs::metadata(past.project.join("../scenario/files/columns.rs")).unwrap().len();
    let hidden = file - INTERFACE.len() as u64;
    let slack = measured.unwrap() - first.bytes;
    assert!(slack < hidden, "{slack} bytes beside the request, and the file has {hidden} more than its stub");
}
