//! Commands at every level that this machine has: what they find, how they end, and that nothing of them is left.

mod proxy;

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use trireme_core::SandboxLevel;
use trireme_engine::sandbox::{CommandLimits, Confines, Door, Ended, Network, Order};
use trireme_engine::workspace::{CommandError, CommandOutput, Shell, Stopped, kill_marked};

use crate::support::shell;

/// A folder with HOME and TMPDIR beside it, and a shell for it.
struct Place {
    above: TempDir,
    shell: Shell,
}

impl Place {
    /// At the highest level, or the one that is named.
    async fn new(run: &str, level: Option<SandboxLevel>) -> Self {
        let (above, mut shell) = shell(run, level).await;
        shell.env.push(("EXTRA".to_owned(), "given".to_owned()));
        Self { above, shell }
    }

    /// The same place at every level.
    async fn all(run: &str) -> Vec<Self> {
        let mut all = Vec::new();
        for level in SandboxLevel::ALL {
            all.push(Self::new(run, Some(level)).await);
        }
        all
    }

    fn dir(&self) -> std::path::PathBuf {
        self.above.path().join("work")
    }

    fn level(&self) -> SandboxLevel {
        self.shell.sandbox.level()
    }

    async fn run(&self, command: &str, limits: CommandLimits) -> CommandOutput {
        self.shell.run(&self.dir(), command, limits).await.unwrap()
    }

    fn holds(&self, file: &str) -> bool {
        std::fs::read_to_string(self.dir().join(file)).is_ok_and(|text| !text.is_empty())
    }

    /// Processes that were started by our commands, wherever they went: each has a folder of ours for its own.
    fn processes(&self) -> Vec<String> {
        let dir = self.dir();
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let ours = entries.filter(|entry| {
            std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&dir))
        });
        ours.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok()).collect()
    }

    /// SIGKILL takes effect soon, not at once.
    async fn is_left_alone(&self) -> bool {
        for _ in 0..1_000 {
            if self.processes().is_empty() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        println!("{}: {:?}", self.level(), self.processes());
        false
    }
}

fn limits() -> CommandLimits {
    CommandLimits { output_end_bytes: 1_000, ..CommandLimits::within(Duration::from_secs(60)) }
}

fn within(timeout_ms: u64) -> CommandLimits {
    CommandLimits { timeout: Duration::from_millis(timeout_ms), ..limits() }
}

#[tokio::test]
async fn exit_code_and_output_come_back_in_order() {
    for place in Place::all("order").await {
        let output = place.run("echo one; echo two >&2; echo three; exit 7", limits()).await;
        assert_eq!((output.exit, output.stopped), (Some(7), None), "{}", place.level());
        assert_eq!(output.output, "one\ntwo\nthree\n");
        let killed = place.run("kill -9 $$", limits()).await;
        assert_eq!((killed.exit, killed.stopped), (None, None), "{}", place.level());
    }
}

#[tokio::test]
async fn the_environment_is_clean_and_stdin_is_empty() {
    for place in Place::all("clean").await {
        let output = place.run("cat; env | cut -d= -f1 | sort | tr '\\n' ' '", limits()).await;
        assert_eq!(output.output, "EXTRA GIT_CEILING_DIRECTORIES HOME LANG PATH PWD TMPDIR TRIREME_RUN ");
        let output = place
            .run("pwd; echo $HOME; ls -A $HOME $TMPDIR | grep -v :; touch $HOME/a $TMPDIR/a b", limits());
        let (output, above) = (output.await, place.above.path().display());
        assert_eq!(output.output.trim(), format!("{above}/work\n{above}/home"), "{}", place.level());
        assert_eq!(output.exit, Some(0), "{}", place.level());
    }
}

#[tokio::test]
async fn a_missing_folder_is_an_error() {
    for place in Place::all("missing").await {
        let gone = place.above.path().join("gone");
        let CommandError::Start { .. } = place.shell.run(&gone, "true", limits()).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_flood_is_stopped_at_its_cap_and_its_ends_are_shown() {
    let place = Place::new("flood", None).await;
    let cap = CommandLimits { output_bytes: 300_000, ..limits() };
    let output = place.run("echo head; yes", cap).await;
    assert_eq!((output.exit, output.stopped), (None, Some(Stopped::Output(300_000))));
    assert!(output.output.starts_with("head\ny\n") && output.output.contains("bytes left out"));
    assert!(output.output.len() < 2_100, "{}", output.output.len());
    assert_eq!(output.whole.unwrap().len(), 300_000);
    let short = place.run("seq 1000", limits()).await;
    assert_eq!((short.exit, short.stopped), (Some(0), None));
    assert_eq!(String::from_utf8(short.whole.unwrap()).unwrap().lines().count(), 1_000);
}

#[tokio::test]
async fn the_time_limit_takes_children_that_ignore_it() {
    for place in Place::all("limit").await {
        let command = "trap '' TERM; sleep 100 & wait; wait; sleep 100";
        let output = place.run(command, within(200)).await;
        assert_eq!((output.exit, output.stopped), (None, Some(Stopped::Time)), "{}", place.level());
        assert!(output.took_ms >= 500, "{}: {}", place.level(), output.took_ms);
        assert!(place.is_left_alone().await);
    }
}

#[tokio::test]
async fn a_command_that_heeds_the_limit_may_say_goodbye() {
    for place in Place::all("goodbye").await {
        // It says so once it listens, and the time begins to count for it then.
        let command = "trap 'echo bye; exit 3' TERM; while :; do sleep 0.01; done";
        let output = place.run(command, within(1_000)).await;
        assert_eq!((output.exit, output.stopped), (Some(3), Some(Stopped::Time)), "{}", place.level());
        assert!(output.output.ends_with("bye\n"), "{}", output.output);
    }
}

#[tokio::test]
async fn silence_ends_a_command_and_a_word_does_not() {
    let place = Place::new("silence", None).await;
    let idle = CommandLimits { idle: Duration::from_secs(1), ..limits() };
    let silent = place.run("echo; exec sleep 100", idle).await;
    assert_eq!((silent.exit, silent.stopped), (None, Some(Stopped::Idle(1))));
    let talks = place.run("for i in 1 2 3 4 5; do echo $i; sleep 0.4; done", idle).await;
    assert_eq!((talks.exit, talks.stopped), (Some(0), None));
}

#[tokio::test]
async fn a_daemon_that_holds_the_pipe_neither_holds_us_nor_survives() {
    for place in Place::all("daemon").await {
        // Without its mark, in a session and a group of its own, and nobody's child.
        let command = "(env -i /usr/bin/setsid sh -c 'echo $$ > daemon; exec sleep 100' &); sleep 100 & \
                       while [ ! -s daemon ]; do sleep 0.01; done; echo done";
        let output = place.run(command, limits()).await;
        assert_eq!((output.exit, output.output.as_str()), (Some(0), "done\n"), "{}", place.level());
        assert!(output.took_ms < 30_000, "{}", output.took_ms);
        assert!(place.is_left_alone().await);
    }
}

#[tokio::test]
async fn dropping_the_future_kills_all_of_it() {
    for place in Place::all("drop").await {
        let command = "(env -i /usr/bin/setsid sleep 100 &); sleep 100 & echo ready > ready; wait";
        let dir = place.dir();
        let running = place.shell.run(&dir, command, limits());
        let ready = async {
            while !place.holds("ready") {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            output = running => panic!("it ended: {output:?}"),
            () = ready => {}
        }
        assert!(place.is_left_alone().await);
    }
}

#[tokio::test]
async fn memory_is_capped() {
    for place in Place::all("memory").await {
        let capped = CommandLimits { process_memory_mb: Some(64), ..limits() };
        let output = place.run("ulimit -d; echo \"quoted 'and' $((1 + 1))\"", capped).await;
        assert_eq!(output.output, "65536\nquoted 'and' 2\n");
        let eater = "dd if=/dev/zero of=/dev/null bs=200M count=1";
        assert_ne!(place.run(eater, capped).await.exit, Some(0), "{}", place.level());
        assert_eq!(place.run(eater, limits()).await.exit, Some(0), "{}", place.level());
    }
}

#[tokio::test]
async fn memory_is_capped_for_all_processes_together_and_that_is_told() {
    let place = Place::new("together", None).await;
    if place.shell.sandbox.groups_told().is_none() {
        trireme_testkit::skipped("memory of many processes: no control group can be made here");
        return;
    }
    let capped = CommandLimits { memory_mb: Some(64), ..limits() };
    let output = place.run("exec tail /dev/zero", capped).await;
    assert_eq!((output.exit, output.stopped), (None, Some(Stopped::Memory)), "{output:?}");
    let output = place.run("tail /dev/zero; echo $?", capped).await;
    assert_eq!((output.exit, output.stopped), (Some(0), None));
    assert!(output.output.ends_with("137\n"), "{output:?}");
}

#[tokio::test]
async fn a_full_folder_ends_a_command() {
    let place = Place::new("disk", None).await;
    let small = CommandLimits { disk_mb: 20, ..limits() };
    let command = "for i in 1 2 3 4 5 6; do head -c 5000000 /dev/zero > f$i; done; sleep 100";
    assert_eq!(place.run(command, small).await.stopped, Some(Stopped::Disk(20)));
    let one = place.run("head -c 30000000 /dev/zero > one; wc -c < one", small).await;
    assert!(one.output.ends_with(&format!("\n{}\n", 20 * 1_024 * 1_024)), "{}", one.output);
}

#[tokio::test]
async fn marked_processes_are_found_wherever_they_went() {
    let ours = Place::new("marked", Some(SandboxLevel::L1)).await;
    let theirs = Place::new("marked-other", Some(SandboxLevel::L1)).await;
    let started = |place: &Place| {
        let (shell, dir) = (place.shell.clone(), place.dir());
        async move { shell.run(&dir, "setsid sh -c 'echo x > daemon; exec sleep 100' & wait", limits()).await }
    };
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(started(&ours));
    tasks.spawn(started(&theirs));
    while !ours.holds("daemon") || !theirs.holds("daemon") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(kill_marked(&ours.shell.run) >= 3);
    assert!(ours.is_left_alone().await);
    assert!(!theirs.processes().is_empty());
    assert!(kill_marked(&theirs.shell.run) >= 3);
    assert!(theirs.is_left_alone().await);
}

#[tokio::test]
async fn the_machines_own_tools_work_inside() {
    let place = Place::new("tools", None).await;
    for command in
        ["git --version", "perl -e 'print 1'", "/usr/bin/python3 -c 'import ssl, ctypes, multiprocessing'"]
    {
        let program = Path::new("/usr/bin").join(command.split(' ').next().unwrap());
        let output = place.run(command, limits()).await;
        assert!(output.exit == Some(0) || !program.exists(), "{command}: {output:?}");
    }
}

/// A server of ours on a Unix socket is the only way out that a command may be given.
#[tokio::test]
async fn a_socket_of_ours_is_there_and_at_l3_only() {
    use tokio::io::AsyncReadExt as _;
    const ASK: &str = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); \
        s.sendall(b'asked'); print(s.recv(9).decode())";
    for level in [SandboxLevel::L3, SandboxLevel::L2] {
        let place = Place::new("proxy", Some(level)).await;
        let path = place.above.path().join("proxy.sock");
        let server = tokio::net::UnixListener::bind(&path).unwrap();
        let order = Order {
            argv: ["/usr/bin/python3", "-c", ASK].iter().map(Into::into).chain(["/.proxy".into()]).collect(),
            dir: place.dir(),
            confines: Confines {
                read: place.shell.read.to_vec(),
                write: vec![place.dir()],
                hidden: place.shell.hidden.to_vec(),
                network: Network::Proxy(path.clone()),
                env: Vec::new(),
                limits: limits(),
            },
            mark: format!("{}.proxy", place.shell.run),
            talks: false,
        };
        let started = place.shell.sandbox.start(&order).await;
        if level == SandboxLevel::L2 {
            assert!(started.unwrap_err().to_string().contains("it needs L3"));
            continue;
        }
        let (mut started, mut output) = started.unwrap();
        let (mut asked, _) = server.accept().await.unwrap();
        let mut words = [0; 5];
        asked.read_exact(&mut words).await.unwrap();
        asked.try_write(b"answered").unwrap();
        assert_eq!(started.until_end().await.unwrap(), Ended::Exited(0));
        let mut told = String::new();
        output.read_to_string(&mut told).await.unwrap();
        assert_eq!((&words, told.as_str()), (b"asked", "answered\n"));
    }
}

#[tokio::test]
async fn a_server_of_a_command_is_reached_by_its_door_and_at_l3_by_nothing_else() {
    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};
    for place in Place::all("door").await {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let command = format!(
            "exec perl -MIO::Socket::INET -e '$l = IO::Socket::INET->new(LocalAddr => \"127.0.0.1\", \
             LocalPort => {port}, Listen => 5) or die; while ($c = $l->accept) {{ print $c \"hello\"; close $c }}'"
        );
        let ask = async |mut door: Door| loop {
            if let Ok(mut connection) = door.connect(port).await {
                let mut told = String::new();
                connection.read_to_string(&mut told).await.unwrap();
                return (told, TcpStream::connect(("127.0.0.1", port)).await.is_ok());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let asked = place.shell.while_it_runs(&place.dir(), &command, limits(), ask).await.unwrap();
        let is_reached_from_outside = match place.level() {
            SandboxLevel::L3 => Some(false),
            SandboxLevel::L2 => None,
            SandboxLevel::L1 | SandboxLevel::L0 => Some(true),
        };
        let expected = is_reached_from_outside.map(|outside| ("hello".to_owned(), outside));
        assert_eq!(asked.0, expected, "{}: {:?}", place.level(), asked.1);
        assert_eq!(place.shell.sandbox.lets_listen(), expected.is_some());
        assert!(place.is_left_alone().await);
    }
}
