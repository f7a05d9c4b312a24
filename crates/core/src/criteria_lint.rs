//! What is wrong with criteria before anything is checked: a check that nothing can run, or that holds whatever is done.

use std::collections::BTreeSet;

use crate::limits::{COMMAND_TIMEOUT_MAX_S, CRITERIA, NAMED_AT_MOST, SCHEMA_BYTES};
use crate::plan_check::{glob_fault, name, path_fault, text, unique};
use crate::words::{Check, Criterion};

/// Faults of a list of criteria.
pub(crate) fn criteria(of: &str, list: &[Criterion], faults: &mut Vec<String>) {
    if list.is_empty() || list.len() > CRITERIA {
        faults.push(format!(
            "{of} needs 1 to {CRITERIA} criteria: without one nobody can tell that it is done"
        ));
    }
    unique(&format!("{of}: criterion"), list.iter().map(|criterion| criterion.id.as_str()), faults);
    for criterion in list {
        let at = format!("{of}: criterion {:?}", criterion.id);
        name(&format!("{at}: id"), &criterion.id, faults);
        text(&format!("{at}: text"), &criterion.text, faults);
        faults.extend(check_faults(&criterion.check).into_iter().map(|fault| format!("{at}: {fault}")));
    }
    if !list.is_empty() && list.iter().all(|criterion| criterion.check.is_guard()) {
        faults.push(format!(
            "{of}: every criterion holds before the work too (kinds diff and tree only say what must not happen); add one \
             that fails until it is done"
        ));
    }
}

/// Reviewers judge attempts; what a whole section or plan must fulfil has to be told by a machine.
pub(crate) fn tellable(of: &str, list: &[Criterion], faults: &mut Vec<String>) {
    for criterion in list.iter().filter(|criterion| !criterion.check.is_executable()) {
        let id = &criterion.id;
        faults.push(format!("{of}: criterion {id:?} is a rubric; give a command or a file that tells it, or leave it to contracts"));
    }
}

fn check_faults(check: &Check) -> Vec<String> {
    let mut faults = Vec::new();
    match check {
        Check::Command { run, output, timeout_s, memory_mb, .. } => {
            faults.extend(command_fault("run", run));
            if output.is_none() {
                faults.extend(vacuous(run).map(str::to_owned));
            }
            faults.extend(caps_fault(*timeout_s, *memory_mb));
        }
        Check::Http { start, path, status, timeout_s, memory_mb, .. } => {
            faults.extend(command_fault("start", start));
            if !path.starts_with('/') || path.contains(|c: char| c.is_whitespace() || c.is_control()) {
                faults.push(format!("path {path:?} is no path of a URL; write it like /health"));
            }
            if !(100..=599).contains(status) {
                faults.push(format!("status {status} is none; write it like 200"));
            }
            faults.extend(caps_fault(*timeout_s, *memory_mb));
        }
        Check::File { path, .. } => faults.extend(at_path(path)),
        Check::Json { path, schema, schema_file } => {
            faults.extend(at_path(path));
            faults.extend(schema_fault(schema.as_deref(), schema_file.as_deref()));
        }
        Check::Diff { only, no_deletions, lines_max } => {
            if only.is_empty() && !no_deletions && lines_max.is_none() {
                faults.push("it says nothing: give only, no_deletions or lines_max".to_owned());
            }
            faults
                .extend(only.iter().filter_map(|glob| Some(format!("only: {glob:?} {}", glob_fault(glob)?))));
        }
        Check::Tree { forbid } if forbid.is_empty() => {
            faults.push("forbid is empty: name todo or new_dependency".to_owned());
        }
        Check::Tree { .. } | Check::Rubric => {}
    }
    faults.extend(check.pinned().iter().filter_map(|path| at_path(path)));
    faults.extend(check.pattern().and_then(|(field, pattern)| pattern_fault(field, pattern)));
    faults.truncate(NAMED_AT_MOST);
    faults
}

fn at_path(path: &str) -> Option<String> {
    path_fault(path).map(|fault| format!("{path:?} {fault}"))
}

fn command_fault(field: &str, command: &str) -> Option<String> {
    command.trim().is_empty().then(|| format!("{field} is empty; give a command"))
}

fn caps_fault(timeout_s: u32, memory_mb: Option<u32>) -> Vec<String> {
    let time = (!(1..=COMMAND_TIMEOUT_MAX_S).contains(&timeout_s))
        .then(|| format!("timeout_s must be 1 to {COMMAND_TIMEOUT_MAX_S}"));
    let memory = (memory_mb == Some(0)).then(|| "memory_mb is 0; leave it out or give MiB".to_owned());
    time.into_iter().chain(memory).collect()
}

fn pattern_fault(field: &str, pattern: &str) -> Option<String> {
    let error = regex_syntax::parse(pattern).err()?;
    let why = match &error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        other => other.to_string(),
    };
    Some(format!("{field} {pattern:?} is no regular expression: {why}"))
}

fn schema_fault(schema: Option<&str>, file: Option<&str>) -> Option<String> {
    match (schema, file) {
        (Some(_), Some(_)) => Some("it has both schema and schema_file; give one of them".to_owned()),
        (None, None) => {
            Some("it has no schema; give schema, or a schema_file that is there already".to_owned())
        }
        (None, Some(_)) => None,
        (Some(text), None) if text.len() > SCHEMA_BYTES => Some(format!(
            "schema is longer than {SCHEMA_BYTES} bytes; put it into a file and name it as schema_file"
        )),
        (Some(text), None) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(schema) if schema.is_object() => None,
            Ok(_) => Some("schema is no object; write it like {\"type\":\"object\"}".to_owned()),
            Err(error) => Some(format!("schema is no JSON: {error}")),
        },
    }
}

/// Why a command tells nothing: it ends well whatever is there.
fn vacuous(command: &str) -> Option<&'static str> {
    const WAYS_OUT: [&str; 3] = ["true", ":", "exit 0"];
    let last = command.trim().trim_end_matches(';').rsplit([';', '\n']).next().unwrap_or_default();
    let last = last.rsplit("||").next().unwrap_or_default().trim();
    let says_only = last.split_whitespace().next() == Some("echo") && !last.contains(['|', '&', '`', '$']);
    (WAYS_OUT.contains(&last) || says_only).then_some(
        "run ends with exit 0 whatever was done; leave the end out, so that it fails until the work is done",
    )
}

/// Paths that a command names and that are in the repository's own form.
pub(crate) fn paths_in(command: &str) -> BTreeSet<&str> {
    let is_end = |c: char| c.is_whitespace() || "'\"`;|&<>()=,".contains(c);
    let words = command.split(is_end).map(|word| word.trim_start_matches("./").trim_end_matches('/'));
    words.filter(|word| !word.starts_with('-') && path_fault(word).is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(check: &str) -> String {
        let check: Check = serde_json::from_str(check).unwrap();
        check_faults(&check).join("; ")
    }

    #[test]
    fn sound_checks_have_no_faults() {
        for check in [
            r#"{"kind":"command","run":"cargo test 2>&1 | grep -q ok","output":"ok"}"#,
            r#"{"kind":"command","run":"echo a; test -f b"}"#,
            r#"{"kind":"command","run":"true","output":"never empty"}"#,
            r#"{"kind":"file","path":"a/b","matches":"^x$"}"#,
            r#"{"kind":"json","path":"a.json","schema":"{\"type\":\"array\"}"}"#,
            r#"{"kind":"json","path":"a.json","schema_file":"schema.json"}"#,
            r#"{"kind":"http","start":"python3 -m http.server $PORT","path":"/x?y=1"}"#,
            r#"{"kind":"diff","only":["src/**"],"lines_max":10}"#,
            r#"{"kind":"tree","forbid":["todo","new_dependency"]}"#,
            r#"{"kind":"rubric"}"#,
        ] {
            assert_eq!(faults_of(check), "", "{check}");
        }
    }

    #[test]
    fn every_fault_says_what_to_do() {
        for (check, told) in [
            (r#"{"kind":"command","run":" "}"#, "give a command"),
            (r#"{"kind":"command","run":"true"}"#, "exit 0 whatever was done"),
            (r#"{"kind":"command","run":"cargo test || true"}"#, "exit 0 whatever was done"),
            (r#"{"kind":"command","run":"cargo test; exit 0"}"#, "exit 0 whatever was done"),
            (r#"{"kind":"command","run":"echo it works"}"#, "exit 0 whatever was done"),
            (r#"{"kind":"command","run":"make","timeout_s":0}"#, "timeout_s must be"),
            (r#"{"kind":"command","run":"make","memory_mb":0}"#, "leave it out"),
            (r#"{"kind":"command","run":"make","output":"(a"}"#, "output \"(a\" is no regular expression"),
            (r#"{"kind":"command","run":"make","pinned":["../x"]}"#, "not a path from the root"),
            (r#"{"kind":"file","path":"/etc/passwd"}"#, "not a path from the root"),
            (r#"{"kind":"json","path":"a"}"#, "it has no schema"),
            (r#"{"kind":"json","path":"a","schema":"{}","schema_file":"b"}"#, "give one of them"),
            (r#"{"kind":"json","path":"a","schema":"{"}"#, "schema is no JSON"),
            (r#"{"kind":"json","path":"a","schema":"1"}"#, "schema is no object"),
            (r#"{"kind":"http","start":"","path":"x","status":7}"#, "give a command"),
            (r#"{"kind":"http","start":"x","path":"x"}"#, "no path of a URL"),
            (r#"{"kind":"http","start":"x","status":7}"#, "status 7 is none"),
            (r#"{"kind":"diff"}"#, "it says nothing"),
            (r#"{"kind":"diff","only":["[a"]}"#, "is not a glob"),
            (r#"{"kind":"tree","forbid":[]}"#, "forbid is empty"),
        ] {
            let found = faults_of(check);
            assert!(found.contains(told), "{check}: {told:?} is not in {found:?}");
        }
    }

    #[test]
    fn criteria_that_only_forbid_are_not_enough() {
        let criterion = Criterion {
            id: "small".to_owned(),
            text: "It is small.".to_owned(),
            check: serde_json::from_str(r#"{"kind":"diff","lines_max":10}"#).unwrap(),
        };
        let mut faults = Vec::new();
        criteria("the contract", &[criterion], &mut faults);
        assert!(faults.concat().contains("add one that fails until it is done"), "{faults:?}");
    }

    #[test]
    fn paths_are_found_in_commands() {
        let found: Vec<_> = paths_in("cd src && FOO=1 python3 -m pytest './tests/test_a.py' -q >out.txt")
            .into_iter()
            .collect();
        assert_eq!(found, ["1", "FOO", "cd", "out.txt", "pytest", "python3", "src", "tests/test_a.py"]);
    }
}
