//! Keys stay with the program: those who have the same owner, as commands of workers do, can't read them, and nothing
//! prints them.

use std::path::Path;
use std::process::{Command, Stdio};

use tokio::runtime::Runtime;
use trireme_engine::scenario::Server;

use crate::crash::relay;
use crate::kill::{KEY, order, scenario, wait_for, wait_until_stuck};
use crate::{Desk, copy};

/// The Owner of files and processes in this test: somebody who is not root, who can read everything.
const NOBODY: u32 = 65_534;

/// The same command, as nobody; as it is where we are nobody ourselves.
fn as_nobody(command: &Command) -> Command {
    if !nix::unistd::geteuid().is_root() {
        let mut same = Command::new(command.get_program());
        same.args(command.get_args());
        return dressed(same, command);
    }
    let mut other = Command::new("setpriv");
    other.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups", "--"]);
    other.arg(command.get_program()).args(command.get_args());
    dressed(other, command)
}

fn dressed(mut command: Command, as_this: &Command) -> Command {
    command.env_clear().envs(as_this.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(dir) = as_this.get_current_dir() {
        command.current_dir(dir);
    }
    command
}

/// Gives everything below to nobody; `false` where nobody can't be played here.
fn hand_over(folder: &Path) -> bool {
    if !nix::unistd::geteuid().is_root() {
        return true;
    }
    if Command::new("setpriv").arg("--version").output().is_err() {
        trireme_testkit::skipped(
            "this runs as root, who reads everything, and there is no setpriv to be somebody else",
        );
        return false;
    }
    let owner = format!("{NOBODY}:{NOBODY}");
    Command::new("chown").args(["-R", &owner]).arg(folder).status().unwrap().success()
}

/// The same command, with the program where nobody can start it.
fn own_program(desk: &Desk, command: &Command) -> Command {
    let program = desk.path().join("trireme");
    if !program.exists() {
        // Not by ourselves: what another test starts at that instant would hold the file open for writing.
        assert!(Command::new("cp").arg(command.get_program()).arg(&program).status().unwrap().success());
    }
    let mut own = Command::new(program);
    own.args(command.get_args());
    dressed(own, command)
}

fn environment_of(pid: u32) -> Command {
    let mut cat = Command::new("cat");
    cat.arg(format!("/proc/{pid}/environ")).env("PATH", "/usr/bin:/bin");
    as_nobody(&cat)
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_of_the_same_owner_can_t_read_the_keys_of_a_run() {
    let runtime = Runtime::new().unwrap();
    let desk = Desk::new();
    let server = runtime.block_on(Server::start(scenario(&desk), None)).unwrap();
    let run = own_program(&desk, &order(&desk, &server));
    if !hand_over(desk.path()) {
        return;
    }
    let mut child = as_nobody(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until_stuck(&desk, &server);
    let read = environment_of(child.id()).output().unwrap();
    assert!(!read.status.success(), "it can be read");
    assert_eq!(read.stdout, b"");

    // Whoever is asked the same way and does not protect itself does answer.
    let mut open = Command::new("sleep");
    open.arg("60").env("PATH", "/usr/bin:/bin").env("ANTHROPIC_API_KEY", KEY);
    let mut open = as_nobody(&open).spawn().unwrap();
    wait_for("a process that tells its keys", || {
        String::from_utf8_lossy(&environment_of(open.id()).output().unwrap().stdout).contains(KEY)
    });
    open.kill().unwrap();
    open.wait().unwrap();

    let kill = own_program(&desk, &desk.command(&["kill", "last"]));
    assert!(as_nobody(&kill).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

/// Root reads everything, and finds no key where a program was started with one; the run works with it all the same.
#[test]
#[cfg(target_os = "linux")]
fn the_environment_of_a_run_holds_no_key_for_anybody() {
    let runtime = Runtime::new().unwrap();
    let desk = Desk::new();
    let server = runtime.block_on(Server::start(scenario(&desk), None)).unwrap();
    let mut child = order(&desk, &server).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until_stuck(&desk, &server);
    if nix::unistd::geteuid().is_root() {
        let environment = std::fs::read(format!("/proc/{}/environ", child.id())).unwrap();
        let environment = String::from_utf8_lossy(&environment);
        assert!(environment.contains("ANTHROPIC_BASE_URL=") && !environment.contains(KEY), "{environment}");
    } else {
        trireme_testkit::skipped("only root can read the environment of a run, and this is somebody else");
    }
    let open = std::fs::read_dir(format!("/proc/{}/fd", child.id())).into_iter().flatten().flatten();
    let links = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    assert_eq!(links.filter(|link| link.to_string_lossy().contains("memfd")).count(), 0);
    assert_eq!(desk.trireme(&["kill", "last"]).code, 0);
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

#[test]
fn somebody_who_is_not_root_gets_a_verified_run() {
    let desk = Desk::new();
    copy(Path::new(&relay()), &desk.path().join("relay"));
    let run = own_program(&desk, &desk.command(&["run", "--scenario", "../relay", "--yes"]));
    if !hand_over(desk.path()) {
        return;
    }
    let done = as_nobody(&run).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn of_a_provider_s_address_only_the_place_is_printed() {
    let desk = Desk::new();
    for args in [vec!["doctor"], vec!["doctor", "--json"]] {
        let mut doctor = desk.command(&args);
        doctor.env("ANTHROPIC_BASE_URL", "https://anna:hunter2@proxy.example/v1?token=t0k3n");
        let output = doctor.env("ANTHROPIC_API_KEY", KEY).output().unwrap();
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(printed.contains("https://proxy.example"), "{printed}");
        for secret in ["anna", "hunter2", "t0k3n", KEY] {
            assert!(!printed.contains(secret), "{secret}: {printed}");
        }
    }
}

/// A key from every place, and nothing that prints it: not the list of providers, not an error, not the files of a run.
#[test]
fn providers_are_listed_with_the_place_of_their_key_and_never_the_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    let config = "[providers.lab]\nwire = \"openai-chat\"\nbase_url = \"https://lab.example/v1\"\nkey_file = \"~/lab.key\"\n\
        [providers.local]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
        [providers.ring]\nwire = \"gemini\"\nbase_url = \"https://ring.example\"\nkey_keyring = \"ring\"\n";
    desk.file(".config/trireme/config.toml", config);
    desk.file("lab.key", "sk-lab-hunter2\n");
    let key = desk.path().join("lab.key");
    let told = |mode: u32| {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let output = desk.command(&["doctor"]).env("GROQ_API_KEY", "sk-groq-hunter2").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = told(0o600);
    for line in [
        "groq: openai-chat at https://api.groq.com, key from GROQ_API_KEY",
        "lab: openai-chat at https://lab.example, key from key_file ~/lab.key",
        "local: openai-chat at http://127.0.0.1:9, no key",
        "ring: gemini at https://ring.example, its key can't be taken: there is no system keyring here",
    ] {
        assert!(listed.contains(line), "{line}: {listed}");
    }
    let open = told(0o644);
    assert!(open.contains("chmod 600") && !open.contains("https://api.openai.com"), "{open}");
    assert!(!format!("{listed}{open}").contains("hunter2"));
}

/// A project is foreign: what stands in its file decides neither which key is read nor who gets one.
#[test]
fn a_project_s_file_can_t_send_a_key_anywhere() {
    let desk = Desk::new();
    for line in [
        "[providers.openai]\nbase_url = \"https://collect.example/v1\"",
        "[providers.collect]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\nkey_env = \"HOME\"",
        "[providers.openai]\nkey_file = \"~/.ssh/id_ed25519\"",
    ] {
        desk.file("here/trireme.toml", line);
        let done = desk.trireme(&["doctor"]);
        assert_eq!(done.code, 2, "{}", done.err);
        assert!(done.err.contains("here/trireme.toml") && done.err.contains("--config FILE"), "{}", done.err);
        let chosen = desk.trireme(&["doctor", "--config", "trireme.toml"]);
        assert_ne!(chosen.code, 2, "whom the Owner names, the Owner trusts: {}", chosen.err);
    }
}
