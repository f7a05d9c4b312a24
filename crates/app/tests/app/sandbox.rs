//! Who chooses how commands are held, and that everybody is told: before a run, in its log, and by `doctor`.

use std::path::Path;
use std::process::Command;

use crate::crash::relay;
use crate::{Desk, Done};

/// What `trireme` does with these arguments and the small scenario.
fn relayed(desk: &Desk, args: &[&str]) -> Done {
    desk.trireme(&[&["run", "--scenario", &relay(), "--yes"], args].concat())
}

#[test]
fn the_level_stands_in_the_log_and_below_l2_it_is_loud() {
    let desk = Desk::new();
    let done = relayed(&desk, &["--sandbox", "l0"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(
        done.err.contains("warning: NO SANDBOX (L0). off: commands may do whatever you may"),
        "{}",
        done.err
    );
    let log = desk.trireme(&["log", "last", "--type", "sandboxed"]);
    assert!(log.out.contains("sandbox level L0: off"), "{}", log.out);
    let shown = desk.trireme(&["show", "last"]);
    assert!(shown.out.contains("Sandbox L0: off: commands may do whatever you may."), "{}", shown.out);
}

#[test]
fn a_plan_says_how_its_commands_will_be_held() {
    let desk = Desk::new();
    let planned = desk.trireme(&["plan", "--scenario", &relay(), "--sandbox", "L1"]);
    assert_eq!(planned.code, 0, "{}", planned.err);
    assert!(planned.out.contains("Sandbox L1: limits and a clean environment only"), "{}", planned.out);
}

#[test]
fn a_project_chooses_nothing_about_the_sandbox_and_the_owner_does() {
    let desk = Desk::new();
    desk.file("here/trireme.toml", "[sandbox]\nlevel = \"L0\"\n");
    let foreign = desk.trireme(&["doctor"]);
    assert_eq!(foreign.code, 2);
    assert!(foreign.err.contains("a project does not choose its sandbox"), "{}", foreign.err);
    assert!(foreign.err.contains("--config FILE"), "{}", foreign.err);

    desk.file("here/trireme.toml", "");
    desk.file(
        ".config/trireme/config.toml",
        "[sandbox]\nlevel = \"L0\"\nread = [\"~/data\"]\nlimits.idle_s = 60\n",
    );
    let own = desk.trireme(&["doctor"]);
    assert!(own.out.contains("missing    sandbox: L0: off"), "{}{}", own.out, own.err);
    let typed = desk.trireme(&["doctor", "--sandbox", "L1"]);
    assert!(typed.out.contains("missing    sandbox: L1: limits"), "{}{}", typed.out, typed.err);
    let both = relayed(&desk, &["--require-sandbox"]);
    assert_eq!(both.code, 2);
    assert!(both.err.contains("sandbox level L0 is named, and L3 is required"), "{}", both.err);
    desk.file(".config/trireme/config.toml", "[sandbox]\nread = [\"data\"]\n");
    assert!(desk.trireme(&["doctor"]).err.contains("sandbox.read: data is not a whole path"));
}

/// A name and an output that would paint over the terminal and rename its window.
const HOSTILE: &str = "printf '\\\\033]0;evil\\\\007\\\\033[2Jgone'; \
    : > \\\"$(printf 'x\\\\033[31my')\\\"; sort words.txt > index.txt";

#[test]
fn what_commands_write_steers_no_terminal() {
    let desk = Desk::new();
    crate::copy(Path::new(&relay()), &desk.path().join("relay"));
    let file = desk.path().join("relay/scenario.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("sort words.txt > index.txt"));
    std::fs::write(&file, text.replace("sort words.txt > index.txt", HOSTILE)).unwrap();
    let run = desk.trireme(&["run", "--scenario", "../relay", "--yes"]);
    let log = desk.trireme(&["log", "last", "--json"]);
    assert!(log.out.contains("[31my"), "the name is told: {}", log.out);
    let of = |args: &[&str]| desk.trireme(args);
    for done in [
        run,
        of(&["log", "last"]),
        of(&["show", "last"]),
        of(&["report", "last"]),
        of(&["cost", "last"]),
        log,
    ] {
        let shown = format!("{}{}", done.out, done.err);
        assert!(!shown.chars().any(|letter| letter.is_control() && letter != '\n'), "{shown:?}");
    }
    // What is stored is what was written: whoever asks for the bytes gets them.
    let refs = of(&["log", "last", "--type", "tool_call", "--json"]).out;
    let refs = refs.split("\"payload_ref\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    assert!(refs.into_iter().any(|blob| of(&["blob", "last", blob]).out.contains("\u{1b}]0;evil")));
    assert_eq!(of(&["blob", "last", "none"]).code, 2);
}

/// A program for seccomp that knows no Landlock and makes no user namespace.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn poor_machine() -> Vec<u8> {
    const CLONE3: u32 = 435;
    const LANDLOCK: u32 = 444;
    const UNSHARE: u32 = 272;
    const CLONE: u32 = 56;
    const NEW_USER: u32 = 0x1000_0000;
    let steps: [(u16, u8, u8, u32); 10] = [
        (0x20, 0, 0, 0),
        (0x15, 5, 0, LANDLOCK),
        (0x15, 4, 0, CLONE3),
        (0x15, 4, 0, UNSHARE),
        (0x15, 0, 4, CLONE),
        (0x20, 0, 0, 16),
        (0x45, 1, 2, NEW_USER),
        (0x06, 0, 0, 0x0005_0026),
        (0x06, 0, 0, 0x0005_0001),
        (0x06, 0, 0, 0x7fff_0000),
    ];
    let bytes = |(code, yes, no, k): (u16, u8, u8, u32)| {
        [&code.to_le_bytes()[..], &[yes, no], &k.to_le_bytes()].concat()
    };
    steps.into_iter().flat_map(bytes).collect()
}

/// The same command on a machine that has neither Landlock nor namespaces for everybody.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn on_a_poor_machine(desk: &Desk, args: &[&str]) -> Done {
    let program = desk.path().join("poor.bpf");
    std::fs::write(&program, poor_machine()).unwrap();
    let command = desk.command(args);
    let join = "exec bwrap --dev-bind / / --seccomp 9 -- \"$@\" 9< \"$POOR\"";
    let mut poor = Command::new("sh");
    poor.args(["-c", join, "sh"]).arg(command.get_program()).args(command.get_args());
    poor.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    poor.env("POOR", program).current_dir(command.get_current_dir().unwrap());
    let output = poor.output().unwrap();
    Done {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn where_nothing_holds_commands_agents_run_none_until_the_owner_says_so() {
    if !trireme_testkit::machine::has_bubblewrap() {
        trireme_testkit::skipped("a poor machine is made with bubblewrap, which can't be installed here");
        return;
    }
    let desk = Desk::new();
    let doctor = on_a_poor_machine(&desk, &["doctor"]);
    for words in
        ["missing    sandbox: L1", "No L3: ", "No L2: ", "Landlock", "try: let people make namespaces"]
    {
        assert!(doctor.out.contains(words), "{words}: {}", doctor.out);
    }
    let run = ["run", "--scenario", &relay(), "--yes"];
    let required = on_a_poor_machine(&desk, &[&run[..], &["--require-sandbox"]].concat());
    assert_eq!(required.code, 2, "{}", required.err);
    assert!(required.err.contains("sandbox level L3 can't be had here"), "{}", required.err);
    assert!(desk.run_folder().is_none(), "nothing began");

    let refused = on_a_poor_machine(&desk, &run);
    assert!(refused.err.contains("warning: NO SANDBOX (L1)"), "{}", refused.err);
    assert!(refused.err.contains("agents can't run commands for that"), "{}", refused.err);
    let log = desk.trireme(&["log", "last", "--type", "tool_call", "--json"]);
    assert!(log.out.contains("run did not do what was asked"), "{}", log.out);
    assert_ne!(refused.code, 0, "the work needed commands");

    let allowed = on_a_poor_machine(&desk, &[&run[..], &["--sandbox", "L1"]].concat());
    assert_eq!(allowed.code, 0, "{}", allowed.err);
    // What was begun where commands are held goes on so, unless the Owner says otherwise.
    let planned = desk.trireme(&["plan", "--scenario", &relay()]);
    assert!(planned.out.contains("Sandbox L3: "), "{}", planned.out);
    let on = on_a_poor_machine(&desk, &["resume", "last"]);
    assert_eq!(on.code, 2, "{}", on.err);
    assert!(on.err.contains("was at sandbox level L3, and this machine has L1 only now"), "{}", on.err);
    assert!(on.err.contains("--sandbox L1"), "{}", on.err);

    let down = on_a_poor_machine(&desk, &["run", "--scenario", &relay(), "--yes", "--sandbox", "L2"]);
    assert_eq!(down.code, 2, "{}", down.err);
}
