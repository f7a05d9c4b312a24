//! `exec`, `gateway` and `keys` as programs, before a provider on loopback that keeps its own bill.

mod clients;
mod killed;

use std::process::Command;

use tokio::runtime::Runtime;
use trireme_core::catalogue::Catalogue;
use trireme_testkit::provider::Provider;

use crate::{Desk, Done};

/// The Owner's keys, which no program ever sees.
const REAL_KEY: &str = "sk-real-key-of-the-owner";

/// A provider that plays both makers, and a desk to type at.
struct Stand {
    /// The provider lives in it.
    _runtime: Runtime,
    provider: Provider,
    desk: Desk,
}

impl Stand {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let catalogue = Catalogue::built_in().unwrap();
        let provider = runtime.block_on(Provider::start(catalogue, trireme_engine::clock::now()));
        Self { _runtime: runtime, provider, desk: Desk::new() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.desk.command(args);
        command
            .env("ANTHROPIC_BASE_URL", self.provider.url())
            .env("ANTHROPIC_API_KEY", REAL_KEY)
            .env("OPENAI_BASE_URL", format!("{}/v1", self.provider.url()))
            .env("OPENAI_API_KEY", REAL_KEY);
        command
    }

    fn type_in(&self, args: &[&str]) -> Done {
        done(&mut self.command(args))
    }
}

fn done(command: &mut Command) -> Done {
    let output = command.output().unwrap();
    Done {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_program_gets_a_key_of_its_own_and_its_status_is_ours() {
    let stand = Stand::new();
    let script =
        "echo $ANTHROPIC_BASE_URL $OPENAI_BASE_URL $ANTHROPIC_API_KEY; env | grep -c sk-real; exit 7";
    let done = stand.type_in(&["exec", "--budget", "0.50", "--", "sh", "-c", script]);
    assert_eq!(done.code, 7, "{}", done.err);
    let words: Vec<_> = done.out.split_whitespace().collect();
    let [anthropic, openai, key, secrets] = words.as_slice() else { panic!("{}", done.out) };
    assert!(
        anthropic.starts_with("http://127.0.0.1:") && **openai == format!("{anthropic}/v1"),
        "{}",
        done.out
    );
    assert!(key.starts_with("trireme-"), "{key}");
    assert_eq!(*secrets, "0", "no key of the Owner is in its environment");
    assert!(done.err.contains("Bill: $0.00 of $0.50 · 0 calls"), "{}", done.err);
    let killed = stand.type_in(&["exec", "--budget", "1", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(killed.code, 137);
}

#[test]
fn what_can_t_be_started_is_one_error() {
    let stand = Stand::new();
    let missing = stand.type_in(&["exec", "--budget", "1", "--", "no-such-program"]);
    assert_eq!(missing.code, 2, "{}", missing.err);
    assert!(missing.err.contains("\"no-such-program\" can't be started"), "{}", missing.err);
    let wrong = stand.type_in(&["exec", "--budget", "lots", "--", "true"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("--budget 2.50"), "{}", wrong.err);
    let keyless = stand.desk.trireme(&["exec", "--budget", "1", "--", "true"]);
    assert_eq!(keyless.code, 2);
    assert!(
        keyless.err.contains("no provider can be called") && keyless.err.contains("export"),
        "{}",
        keyless.err
    );
}

#[test]
fn keys_are_made_listed_limited_and_revoked() {
    let stand = Stand::new();
    assert!(stand.type_in(&["keys"]).err.contains("trireme keys make"));
    let made = stand.type_in(&["keys", "make", "team", "--budget", "10"]);
    assert!(made.out.starts_with("trireme-") && made.err.contains("$10.00"), "{} {}", made.out, made.err);
    stand.type_in(&["keys", "make", "ci", "--budget", "2.5", "--under", "team", "--expires", "8h"]);
    stand.type_in(&["keys", "limit", "ci", "3"]);
    stand.type_in(&["keys", "revoke", "team"]);
    let listed = stand.type_in(&["keys"]).out;
    let lines: Vec<_> = listed.lines().map(str::trim).collect();
    let expected = [
        "key              spent      of  calls  failed  refused  state",
        "team             $0.00  $10.00      0       0        0  closed",
        "ci (under team)  $0.00   $3.00      0       0        0  open",
    ];
    assert_eq!(lines, expected);
    let again = stand.type_in(&["keys", "revoke", "team"]);
    assert_eq!((again.code, again.err.contains("there is no open key \"team\"")), (2, true), "{}", again.err);
    let log = stand.type_in(&["log", "gateway"]);
    assert!(log.out.contains("key_made") && log.out.contains("key_revoked"), "{}", log.out);
}
