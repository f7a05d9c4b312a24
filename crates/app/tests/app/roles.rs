//! `trireme roles`: what is built in and what is one's own, alike.

use crate::Desk;

const OWN: &str = "---\nname: tester\ndescription: Writes tests.\nseniority: junior\ntools: read, edit\n---\n\nWrite the test first.\n";

#[test]
fn our_own_roles_are_listed_and_shown() {
    let desk = Desk::new();
    let listed = desk.trireme(&["roles"]);
    assert_eq!((listed.code, listed.err.as_str()), (0, ""));
    for name in ["orchestrator", "manager", "worker", "worker-post", "reviewer", "adviser"] {
        assert!(listed.out.lines().any(|line| line.trim_start().starts_with(name)), "{name}: {}", listed.out);
    }
    let shown = desk.trireme(&["roles", "show", "worker-post"]);
    assert!(
        shown.out.contains("you format, rename or scaffold") && shown.out.contains("intern"),
        "{}",
        shown.out
    );
    assert!(!shown.out.contains("---"), "front matter is no part of what a model is told");
    let missing = desk.trireme(&["roles", "show", "nobody"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("trireme roles"), "{}", missing.err);
}

#[test]
fn the_projects_go_before_the_persons_and_what_is_none_is_named() {
    let desk = Desk::new();
    desk.file(".config/trireme/roles/tester.md", &OWN.replace("junior", "staff"));
    desk.file(".config/trireme/roles/mine.md", &OWN.replace("tester", "mine"));
    desk.file("here/roles/tester.md", OWN);
    desk.file("here/roles/README.md", "# Roles\n");
    desk.file(
        "here/.claude/agents/checker.md",
        "---\nname: checker\ndescription: Checks.\ntools: Read, WebFetch\nmodel: haiku\n---\nCheck.\n",
    );
    let done = desk.trireme(&["roles", "--json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let roles: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let role = |name: &str| {
        let mut found = roles.as_array().unwrap().iter().filter(|role| role["name"] == name);
        let first = found.next().unwrap().clone();
        assert!(found.next().is_none(), "{name} is there twice");
        first
    };
    assert_eq!(
        (&role("tester")["seniority"], &role("tester")["from"]),
        (&"junior".into(), &"roles/tester.md".into())
    );
    assert!(role("mine")["from"].as_str().unwrap().ends_with("trireme/roles/mine.md"));
    assert_eq!(role("checker")["tools"], serde_json::json!(["read"]));
    assert!(
        done.err.contains("roles/README.md is no role and is left out: it has no front matter"),
        "{}",
        done.err
    );
    assert!(done.err.contains("checker.md: there is no tool \"WebFetch\" here"), "{}", done.err);
}
