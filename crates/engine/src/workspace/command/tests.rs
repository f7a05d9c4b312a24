use super::super::kill_marked;
use super::super::tests::PATH;
use super::*;
use tempfile::TempDir;

const LIMITS: CommandLimits =
    CommandLimits { timeout: Duration::from_secs(20), memory_mb: None, output_end_bytes: 1_000 };

fn shell(run: &str) -> (TempDir, Shell) {
    let dir = tempfile::tempdir().unwrap();
    let shell = Shell {
        run: format!("{run}-{}", std::process::id()),
        path: PATH.into(),
        home: dir.path().to_owned(),
        tmp: dir.path().to_owned(),
        env: vec![("EXTRA".to_owned(), "given".to_owned())],
    };
    (dir, shell)
}

fn within(timeout_ms: u64) -> CommandLimits {
    CommandLimits { timeout: Duration::from_millis(timeout_ms), ..LIMITS }
}

/// Whether the process whose id the file holds is still there and is no corpse.
fn lives(dir: &TempDir, file: &str) -> bool {
    let pid = std::fs::read_to_string(dir.path().join(file)).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

fn holds(dir: &TempDir, file: &str) -> bool {
    std::fs::read_to_string(dir.path().join(file)).is_ok_and(|text| !text.is_empty())
}

/// SIGKILL takes effect soon, not at once.
async fn dies(dir: &TempDir, file: &str) -> bool {
    for _ in 0..200 {
        if !lives(dir, file) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}

#[tokio::test]
async fn exit_code_and_output_come_back_in_order() {
    let (dir, shell) = shell("order");
    let output = shell.run(dir.path(), "echo one; echo two >&2; echo three; exit 7", LIMITS).await.unwrap();
    assert_eq!(
        (output.exit, output.timed_out, output.output.as_str()),
        (Some(7), false, "one\ntwo\nthree\n")
    );
    let killed = shell.run(dir.path(), "kill -9 $$", LIMITS).await.unwrap();
    assert_eq!((killed.exit, killed.timed_out), (None, false));
}

#[tokio::test]
async fn the_environment_is_clean_and_stdin_is_empty() {
    let (dir, shell) = shell("clean");
    let output = shell.run(dir.path(), "cat; env | cut -d= -f1 | sort | tr '\\n' ' '", LIMITS).await.unwrap();
    assert_eq!(output.output, "EXTRA GIT_CEILING_DIRECTORIES HOME LANG PATH PWD TMPDIR TRIREME_RUN ");
}

#[tokio::test]
async fn a_missing_folder_is_an_error() {
    let (dir, shell) = shell("missing");
    let error = shell.run(&dir.path().join("gone"), "true", LIMITS).await.unwrap_err();
    assert!(error.to_string().contains("check that the folder exists"), "{error}");
}

#[tokio::test]
async fn a_flood_is_capped_and_stopped() {
    let (dir, shell) = shell("flood");
    let output = shell.run(dir.path(), "echo head; yes", within(300)).await.unwrap();
    assert!(output.timed_out && output.exit.is_none());
    assert!(output.output.starts_with("head\ny\n") && output.output.contains("bytes left out"));
    assert!(output.output.len() < 2_100, "{}", output.output.len());
    assert!((300..3_000).contains(&output.took_ms), "{}", output.took_ms);
}

#[tokio::test]
async fn the_time_limit_takes_children_that_ignore_it() {
    let (dir, shell) = shell("limit");
    let command = "trap '' TERM; sleep 100 & echo $! > child; wait; wait; sleep 100";
    let output = shell.run(dir.path(), command, within(200)).await.unwrap();
    assert!(output.timed_out);
    assert!((500..3_000).contains(&output.took_ms), "{}", output.took_ms);
    assert!(dies(&dir, "child").await);
}

#[tokio::test]
async fn a_command_that_heeds_the_limit_may_say_goodbye() {
    let (dir, shell) = shell("goodbye");
    let command = "trap 'echo bye; exit 3' TERM; while :; do sleep 0.01; done";
    let output = shell.run(dir.path(), command, within(200)).await.unwrap();
    assert_eq!((output.exit, output.timed_out), (Some(3), true));
    assert!(output.output.ends_with("bye\n"), "{}", output.output);
}

#[tokio::test]
async fn a_daemon_that_holds_the_pipe_neither_holds_us_nor_survives() {
    let (dir, shell) = shell("daemon");
    let command = "setsid sh -c 'echo $$ > daemon; exec sleep 100' & sleep 100 & echo $! > child; \
                   while [ ! -s daemon ]; do sleep 0.01; done; echo done";
    let output = shell.run(dir.path(), command, LIMITS).await.unwrap();
    assert_eq!((output.exit, output.output.as_str()), (Some(0), "done\n"));
    assert!(output.took_ms < 3_000, "{}", output.took_ms);
    assert!(dies(&dir, "child").await && dies(&dir, "daemon").await);
}

#[tokio::test]
async fn dropping_the_future_kills_the_group() {
    let (dir, shell) = shell("drop");
    let command = "sleep 100 & echo $! > child; echo $$ > leader; touch ready; wait";
    let running = shell.run(dir.path(), command, LIMITS);
    let ready = async {
        while !dir.path().join("ready").exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        output = running => panic!("it ended: {output:?}"),
        () = ready => {}
    }
    assert!(dies(&dir, "child").await && dies(&dir, "leader").await);
}

#[tokio::test]
async fn memory_is_capped() {
    let (dir, shell) = shell("memory");
    let capped = CommandLimits { memory_mb: Some(64), ..LIMITS };
    let output = shell.run(dir.path(), "ulimit -v; echo \"quoted 'and' $((1 + 1))\"", capped).await.unwrap();
    assert_eq!(output.output, "65536\nquoted 'and' 2\n");
    let eater = "dd if=/dev/zero of=/dev/null bs=200M count=1";
    assert_ne!(shell.run(dir.path(), eater, capped).await.unwrap().exit, Some(0));
    assert_eq!(shell.run(dir.path(), eater, LIMITS).await.unwrap().exit, Some(0));
}

#[tokio::test]
async fn marked_processes_are_found_wherever_they_went() {
    let (dir, shell) = shell("marked");
    let (_other_dir, other) = self::shell("marked-other");
    let mark = |shell: &Shell, command: &str| {
        let mut sh = shell.sh(command, None);
        sh.current_dir(dir.path()).env(MARK, shell.new_mark());
        sh.kill_on_drop(true).spawn().unwrap()
    };
    let mut ours = mark(&shell, "setsid sh -c 'setsid sleep 100 & echo $! > daemon; wait' & wait");
    let mut theirs = mark(&other, "echo $$ > theirs; exec sleep 100");
    while !holds(&dir, "theirs") || !holds(&dir, "daemon") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(kill_marked(&shell.run) >= 3);
    assert!(dies(&dir, "daemon").await);
    ours.wait().await.unwrap();
    assert!(lives(&dir, "theirs"));
    assert_eq!(kill_marked(&other.run), 1);
    theirs.wait().await.unwrap();
}
