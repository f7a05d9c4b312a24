//! What documents list follows the code.

use trireme_core::Seniority;
use trireme_core::failure::Failure;

#[test]
fn every_failure_is_named() {
    let page = include_str!("../../../../docs/runs.md");
    let groups = ["specification", "coordination", "verification", "surroundings"];
    let named = groups.map(|group| {
        let row = page.lines().find_map(|line| line.strip_prefix(&format!("| {group} | "))).unwrap();
        row.trim_end_matches(" |").split(", ").map(|name| format!("{group}/{name}")).collect::<Vec<_>>()
    });
    assert_eq!(named.concat(), Failure::ALL.map(Failure::label));
}

#[test]
fn every_seniority_is_told_as_models_read_of_it() {
    let page = include_str!("../../../../docs/configuration.md");
    for seniority in Seniority::ALL {
        let row = format!("| {seniority} | {} |", seniority.use_for());
        assert!(page.contains(&row), "{row}");
    }
}
