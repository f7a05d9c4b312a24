//! A disk that is full: one clear error, nothing lost, and the run goes on where there is room again.

use std::process::Command;

use crate::crash::relay;
use crate::{Desk, Done};

/// Plays a run in a file system of `$SIZE` kilobytes, which is then enlarged. It is mounted in a name space of its own, so
/// that nothing is left of it. Exits with 77 where mounting is not permitted.
const PLAY: &str = r#"
mkdir -p "$TRIREME_STATE"
mount -t tmpfs -o "size=${SIZE}k" none "$TRIREME_STATE" || exit 77
"$TRIREME" run --scenario "$RELAY" --yes >first.out 2>first.err
echo $? >first.code
mount -o remount,size=64m "$TRIREME_STATE"
"$TRIREME" runs --json >runs.json
"$TRIREME" resume last >second.out 2>second.err
echo $? >second.code
"#;

/// The run needs about 900 kilobytes and begins with less than 450, beside what is kept free.
const SIZES_KB: [u32; 5] = [KEPT + 450, KEPT + 520, KEPT + 600, KEPT + 680, KEPT + 760];
#[expect(clippy::cast_possible_truncation, reason = "8,192")]
const KEPT: u32 = (trireme_core::limits::DISK_FREE_BYTES / 1_024) as u32;

fn play(desk: &Desk, size_kb: u32) -> bool {
    let program = desk.command(&[]);
    let mut unshare = Command::new("unshare");
    if !nix::unistd::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.args(["--mount", "sh", "-c", PLAY]).current_dir(desk.path());
    unshare.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    unshare.env("TRIREME", program.get_program()).env("RELAY", relay()).env("SIZE", size_kb.to_string());
    match unshare.output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr);
            trireme_testkit::skipped(format!("no mount is permitted here: {why}"));
            false
        }
        Err(error) => {
            trireme_testkit::skipped(format!("there is no unshare: {error}"));
            false
        }
    }
}

fn done(desk: &Desk, name: &str) -> Done {
    let read = |end: &str| std::fs::read_to_string(desk.path().join(format!("{name}.{end}"))).unwrap();
    Done { code: read("code").trim().parse().unwrap(), out: read("out"), err: read("err") }
}

/// Whether the run was stopped half-way.
fn check(desk: &Desk, size_kb: u32) -> bool {
    let (first, second) = (done(desk, "first"), done(desk, "second"));
    if first.code == 0 {
        return false;
    }
    assert_eq!((first.code, first.out.as_str()), (1, ""), "{size_kb}: {}", first.err);
    let errors = first.err.lines().filter(|line| line.starts_with("error:"));
    assert_eq!(errors.count(), 1, "{size_kb}: {}", first.err);
    assert!(first.err.to_lowercase().contains("no space left"), "{size_kb}: {}", first.err);
    let runs = std::fs::read_to_string(desk.path().join("runs.json")).unwrap();
    if runs.trim() == "[]" {
        return false;
    }
    assert!(first.err.contains("trireme resume"), "{size_kb}: {}", first.err);
    assert_eq!(second.code, 0, "{size_kb}: {}\n---- and then\n{}", first.err, second.err);
    assert!(second.out.contains("verified and done"), "{size_kb}: {}", second.out);
    true
}

#[test]
fn a_full_disk_stops_a_run_and_room_lets_it_go_on() {
    let mut stopped = Vec::new();
    for size_kb in SIZES_KB {
        let desk = Desk::new();
        if !play(&desk, size_kb) {
            return;
        }
        if check(&desk, size_kb) {
            stopped.push(size_kb);
        }
    }
    println!("stopped half-way with {stopped:?} kilobytes");
    assert!(!stopped.is_empty(), "the sizes do not fit the run any more");
}
