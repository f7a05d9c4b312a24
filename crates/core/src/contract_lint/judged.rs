//! What tells results, and who may write it.

use globset::{GlobBuilder, GlobMatcher};

use crate::judges::judges_in;
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
        for path in judges_in(&criterion.check) {
            let (id, is_pinned) = (&criterion.id, pinned.iter().any(|pin| pin == path));
            if is_pinned && is_in(&own, path) {
                faults.push(format!(
                    "criterion {id:?}: {path:?} is pinned and also in tests_to_write; it is either there already and tells the \
                     truth, or the task writes it"
                ));
            } else if !is_pinned && is_in(&writes, path) && !is_in(&own, path) {
                faults.push(format!(
                    "criterion {id:?}: {path:?} tells whether it holds and is in the write_set: pin it, or name it in \
                     tests_to_write if the task is to write it"
                ));
            }
        }
    }
}

fn matchers(globs: &[String]) -> Vec<GlobMatcher> {
    let matcher = |glob: &String| GlobBuilder::new(glob).literal_separator(true).build().ok();
    globs.iter().filter_map(matcher).map(|glob| glob.compile_matcher()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(write_set: &str, own: &str, pinned: &str) -> String {
        let text = format!(
            r#"{{"title":"t","reason":"r","goal":"g","context":[],"constraints":[],"withheld":[],"write_set":[{write_set}],
               "tests_to_write":[{own}],"acceptance":[{{"id":"c","text":"c","check":{{"kind":"command",
               "run":"python3 -m pytest tests/test_a.py","pinned":[{pinned}]}}}}]}}"#
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
}
