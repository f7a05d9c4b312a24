//! What is kept of a run, and the key to it.

use std::path::Path;

use crate::Desk;
use crate::crash::relay;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

/// A finished run under a key of the environment.
fn finished(desk: &Desk) {
    let mut run = desk.command(&["run", "--scenario", &relay(), "--yes", "--budget", "400"]);
    let done = run.env("TRIREME_KEY", KEY).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// What a command says on stdout and stderr, and its exit code.
fn with_key(desk: &Desk, key: &str, args: &[&str]) -> (i32, String, String) {
    let done = desk.command(args).env("TRIREME_KEY", key).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

/// Every file below a folder whose bytes hold a text.
pub(crate) fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_with(&path, text));
        } else if std::fs::read(&path).unwrap_or_default().windows(text.len()).any(|w| w == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn a_payload_is_printed_to_the_byte_with_the_right_key_and_with_no_other() {
    let desk = Desk::new();
    finished(&desk);
    let (code, out, err) = with_key(&desk, KEY, &["blob", "last", "1"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("{\"sentence\":") && !out.ends_with('\n'), "{out}");
    serde_json::from_str::<serde_json::Value>(&out).unwrap();
    let (code, log, _) = with_key(&desk, OTHER, &["log", "last", "--json"]);
    assert_eq!(code, 0, "the events take no key");
    let first: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    let address = first["payload_ref"].as_str().unwrap();
    assert_eq!(with_key(&desk, KEY, &["blob", "last", &address[..10]]).1, out);

    let (code, out, err) = with_key(&desk, OTHER, &["blob", "last", "1"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    let run = desk.run_folder().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    for part in ["is locked with the Owner's key", &run, "TRIREME_KEY", "config.toml"] {
        assert!(err.contains(part), "{part}: {err}");
    }
    let (code, _, err) = with_key(&desk, KEY, &["blob", "last", "zzz"]);
    assert_eq!(code, 2);
    assert!(err.contains("payload_ref"), "{err}");
}

#[test]
fn no_payload_stands_in_plain_below_the_runs_of_a_state_folder() {
    let desk = Desk::new();
    finished(&desk);
    let folder = desk.run_folder().unwrap();
    let sentence = with_key(&desk, KEY, &["blob", "last", "1"]).1;
    let sentence: serde_json::Value = serde_json::from_str(&sentence).unwrap();
    let sentence = sentence["sentence"].as_str().unwrap();
    // The project is the Owner's, and copied for a scenario.
    std::fs::remove_dir_all(folder.join("project")).unwrap();
    assert_eq!(files_with(&desk.state(), sentence), Vec::<String>::new());
}

#[test]
fn a_key_of_our_own_is_made_at_first_and_rotated() {
    let desk = Desk::new();
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes", "--budget", "400"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let key = desk.path().join(".config/trireme/owner.key");
    let (before, blob) = (std::fs::read_to_string(&key).unwrap(), desk.trireme(&["blob", "last", "1"]).out);
    let rotated = desk.trireme(&["rotate-key"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    assert!(rotated.out.starts_with("1 run is locked with the key "), "{}", rotated.out);
    assert_ne!(std::fs::read_to_string(&key).unwrap(), before);
    assert_eq!(desk.trireme(&["blob", "last", "1"]).out, blob);

    let mut rotate = desk.command(&["rotate-key", "--to-env", "NEW_KEY", "--json"]);
    let done = rotate.env("NEW_KEY", KEY).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&told["runs"], &told["place"]), (&1.into(), &"NEW_KEY".into()), "{told}");
    assert_eq!(desk.trireme(&["blob", "last", "1"]).code, 2, "the old one opens nothing");
    assert_eq!(with_key(&desk, KEY, &["blob", "last", "1"]).1, blob);
    let (code, _, err) = with_key(&desk, KEY, &["rotate-key"]);
    assert_eq!(code, 2);
    assert!(err.contains("--to-env"), "{err}");
}

#[test]
fn a_project_s_file_can_t_say_where_the_owner_s_key_is() {
    let desk = Desk::new();
    desk.file("here/trireme.toml", "[log]\nkey_file = \"~/.ssh/id_ed25519\"\n");
    let done = desk.trireme(&["runs"]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("[log]") && done.err.contains("config.toml"), "{}", done.err);
    desk.file("here/trireme.toml", "");
    desk.file(".config/trireme/config.toml", "[log]\nkey_env = \"A\"\nkey_file = \"~/key\"\n");
    assert!(desk.trireme(&["runs"]).err.contains("give one of"));
    desk.file(".config/trireme/config.toml", "[log]\nkey_file = \"~/key\"\n");
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes", "--budget", "400"]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("openssl rand -hex 32"), "{}", done.err);
    assert_eq!(desk.trireme(&["runs", "--json"]).out, "[]\n", "nothing is left behind");
}

#[test]
fn a_report_names_the_head_of_the_log_and_verify_proves_it() {
    let desk = Desk::new();
    finished(&desk);
    let (_, report, _) = with_key(&desk, KEY, &["report", "last"]);
    let head = report.lines().find_map(|line| line.strip_prefix("Log: ")).unwrap();
    let head = head.split(' ').next().unwrap();
    let (code, out, err) = with_key(&desk, KEY, &["verify", "last", "--head", head]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("is as it was written") && out.contains(&format!("Head: {head}")), "{out}");
    let (code, out, _) = with_key(&desk, OTHER, &["verify", "last"]);
    assert_eq!(code, 1);
    assert!(out.contains("is locked with the Owner's key"), "{out}");

    let log = desk.run_folder().unwrap().join("log.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    assert_eq!(text.lines().count(), with_key(&desk, KEY, &["log", "last", "--json"]).1.lines().count());
    std::fs::write(&log, text.replacen("the run begins with $400.00", "the run begins with $4000.00", 1))
        .unwrap();
    let (code, out, _) = with_key(&desk, KEY, &["verify", "last"]);
    assert_eq!(code, 1);
    assert!(out.contains("log.jsonl, line 1: "), "{out}");
    let (code, out, _) = with_key(&desk, KEY, &["verify", "last", "--json"]);
    let proof: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &proof["intact"], &proof["flaws"][0]["line"]), (1, &false.into(), &1.into()));
    assert_eq!(with_key(&desk, KEY, &["verify", "last", "--head", "12"]).0, 2);
}

/// What is known to be secret by its place: a variable of the environment, the configuration's own patterns.
#[test]
fn an_intent_is_kept_without_what_is_secret_here() {
    let desk = Desk::new();
    desk.file(
        ".config/trireme/config.toml",
        "[[redaction.patterns]]\nkind = \"employee\"\nregex = \"EMP-[0-9]{6}\"\n",
    );
    let sentence = "Count the words for EMP-123456, with battery-staple-horse.";
    let order = ["run", sentence, "--scenario", &relay(), "--yes", "--budget", "400"];
    let done = desk.command(&order).env("OUR_API_KEY", "battery-staple-horse").output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{told}");
    assert!(told.contains("the intent holds what looks like a secret"), "{told}");
    let run = desk.run_folder().unwrap();
    assert!(!run.to_string_lossy().contains("battery") && !run.to_string_lossy().contains("123456"));
    let kept = desk.trireme(&["blob", "last", "1"]).out;
    assert!(kept.contains("for [redacted:employee], with [redacted:environment]."), "{kept}");
    for secret in ["EMP-123456", "battery-staple-horse"] {
        assert_eq!(files_with(&desk.state(), secret), Vec::<String>::new());
    }

    let checked = [&order[..], &["--check", "curl -u a:battery-staple-horse https://x"]].concat();
    let done = desk.command(&checked).env("OUR_API_KEY", "battery-staple-horse").output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(2), "{told}");
    assert!(told.contains("--check holds what looks like a secret (environment)"), "{told}");

    desk.file(".config/trireme/config.toml", "[[redaction.patterns]]\nkind = \"broken\"\nregex = \"(\"\n");
    let done = desk.trireme(&["runs"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("config.toml") && done.err.contains("pattern of broken"), "{}", done.err);
    desk.file(".config/trireme/config.toml", "");
    desk.file("here/trireme.toml", "[[redaction.patterns]]\nkind = \"all\"\nregex = \".*\"\n");
    assert_eq!(desk.trireme(&["runs"]).code, 2, "a project can't hide what it does");
}
