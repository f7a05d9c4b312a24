//! What tells results, and who may write it.

use globset::GlobMatcher;

use crate::judges::{is_same_word, judges_in, matchers};
use crate::plan_check::glob_fault;
use crate::words::Contract;

/// Tests that a criterion runs and that the task itself may change, without anybody having said that it should.
pub(super) fn faults(contract: &Contract, faults: &mut Vec<String>) {
    let globs = contract.tests_to_write.iter();
    faults.extend(globs.filter_map(|glob| Some(format!("tests_to_write: {glob:?} {}", glob_fault(glob)?))));
    let (writes, own) = (matchers(&contract.write_set), matchers(&contract.tests_to_write));
    let is_in = |globs: &[GlobMatcher], path: &str| globs.iter().any(|glob| glob.is_match(path));
    for criterion in &contract.acceptance {
        let pinned = criterion.check.pinned();
        let judges = judges_in(&criterion.check);
        let is_settled = |path: &str| {
            let is_said = |other: &String| pinned.contains(other) || is_in(&own, other);
            judges.iter().any(|other| is_same_word(path, other) && is_said(other))
        };
        for path in &judges {
            let id = &criterion.id;
            if pinned.contains(path) && is_in(&own, path) {
                faults.push(format!(
                    "criterion {id:?}: {path:?} is pinned and also in tests_to_write; it is either there already and tells the \
                     truth, or the task writes it"
                ));
            } else if is_in(&writes, path) && !is_settled(path) {
                faults.push(format!(
                    "criterion {id:?}: {path:?} tells whether it holds and is in the write_set: pin it, or name it in \
                     tests_to_write if the task is to write it"
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(write_set: &str, own: &str, pinned: &str) -> String {
        faults_when("python3 -m pytest tests/test_a.py", write_set, own, pinned)
    }

    fn faults_when(run: &str, write_set: &str, own: &str, pinned: &str) -> String {
        let text = format!(
            r#"{{"title":"t","reason":"r","goal":"g","context":[],"constraints":[],"withheld":[],"write_set":[{write_set}],
               "tests_to_write":[{own}],"acceptance":[{{"id":"c","text":"c","check":{{"kind":"command",
               "run":"{run}","pinned":[{pinned}]}}}}]}}"#
        );
        let mut found = Vec::new();
        faults(&serde_json::from_str(&text).unwrap(), &mut found);
        found.join("; ")
    }

    #[test]
    fn a_test_is_pinned_or_the_tasks_own() {
        let test = r#""tests/test_a.py""#;
        assert_eq!(faults_of(r#""src/**""#, "", ""), "");
        assert_eq!(faults_of(r#""**""#, "", test), "");
        assert_eq!(faults_of(r#""**""#, r#""tests/**""#, ""), "");
        assert!(faults_of(r#""tests/*.py""#, "", "").contains("pin it, or name it"));
        assert!(faults_of(r#""**""#, r#""tests/**""#, test).contains("either there already"));
        assert!(faults_of(r#""**""#, r#""[a""#, "").contains("is not a glob"));
    }
    #[test]
    fn a_test_in_a_folder_that_the_command_enters_is_one_test() {
        let faults = |own, pinned| faults_when("cd a && sh test_b.sh", r#""**""#, own, pinned);
        assert_eq!(faults("", r#""a/test_b.sh""#), "");
        assert_eq!(faults(r#""a/**""#, ""), "");
        assert!(faults("", "").contains("pin it, or name it"));
    }
}
