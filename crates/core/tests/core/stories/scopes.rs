//! Scopes: what the Owner grants holds the sections, and what a section has holds its workers. More is refused when it is
//! handed in, with what there is.

use trireme_core::run::event::Seat;
use trireme_core::words::*;
use trireme_testkit::{Disturbance, Play, Script};

use super::{place, play};

/// The bounds of every worker, in their order.
fn workers(story: &str) -> Vec<Bounds> {
    let play = Play::through(Script::read(story), Disturbance::None);
    let agents = play.world.run.agents().iter().map(|(_, agent)| agent);
    agents
        .filter(|agent| matches!(agent.seat, Seat::Worker(_)))
        .map(|agent| agent.scope.bounds.clone())
        .collect()
}

fn bounds(text: &str) -> Bounds {
    serde_json::from_str(text).unwrap()
}

#[test]
fn whoever_says_nothing_has_what_is_above() {
    let found = workers(
        r#"
        grant {"tools":["read","list","glob","search","git","edit","patch","write","run"],"hosts":["*.crates.io"],"env":["CI"],"commands":["cargo","make"]}
        phase core 100
        section core bounds {"hosts":["index.crates.io"]}
        tasks core: parser
        bounds parser {"commands":["cargo test"]}
        "#,
    );
    let expected = r#"{"commands":["cargo test"],"hosts":["index.crates.io"],"env":["CI"]}"#;
    assert_eq!(found.first(), Some(&bounds(expected)));
}

#[test]
fn a_plan_that_asks_for_more_than_the_owner_grants_goes_back() {
    let lines = play(
        r#"
        grant {"tools":["read","list","glob","search","git","edit","patch","write"],"hosts":["a.org"]}
        phase core 100
        section core bounds {"hosts":["evil.org"],"env":["TOKEN"]}
        "#,
    );
    place(
        &lines,
        "section \"core\": capabilities: run is not granted to you; granted is: read, list, glob, search, git, edit, patch, write",
    );
    place(&lines, "section \"core\": bounds: hosts: evil.org is not granted to you; granted is: a.org");
    place(&lines, "section \"core\": bounds: env: TOKEN is not granted to you; granted is: none");
}

#[test]
fn a_contract_that_asks_for_more_than_its_section_has_goes_back() {
    let lines = play(
        r#"
        grant {"tools":["read","list","glob","search","git","edit","patch","write","run"],"hosts":["*.a.org"]}
        phase core 100
        section core bounds {"hosts":["b.a.org"],"commands":["make"],"write":["docs/**"]}
        tasks core: parser
        bounds parser {"hosts":["c.a.org"],"commands":["npm"]}
        "#,
    );
    place(&lines, "bounds: hosts: c.a.org is not granted to you; granted is: b.a.org");
    place(&lines, "bounds: commands: npm is not granted to you; granted is: make");
    place(&lines, "is not granted to you; granted is: docs/**");
}

/// What the engine runs for a Manager at the seam is no way around what its workers may run.
#[test]
fn a_criterion_runs_no_command_that_its_authors_may_not_run() {
    let story = |rule: &str| {
        play(&format!(
            r#"
            grant {{"tools":["read","list","glob","search","git","edit","patch","write","run"],"commands":["{rule}"]}}
            phase core 100
            tasks core: parser
            "#
        ))
    };
    place(&story("npm"), "is not granted to you; commands are plain words, and begin with one of: npm");
    assert!(story("make").iter().any(|line| line.contains("attempt 1 at \"parser\" is over: verified")));
    let wanted = play(
        r#"
        grant {"tools":["read","list","glob","search","git","edit","patch","write","run"],"commands":["make"]}
        phase core 100
        want npm test | tee log
        done npm test | tee log
        tasks core: parser
        "#,
    );
    assert!(
        !wanted.iter().any(|line| line.contains("criterion \"wanted\"")),
        "the Owner wants it: {wanted:#?}"
    );
}

#[test]
fn without_a_word_of_the_owner_there_are_no_hosts() {
    let lines = play(
        r#"
        tasks core: parser
        bounds parser {"hosts":["a.org"]}
        "#,
    );
    place(&lines, "bounds: hosts: a.org is not granted to you; granted is: none");
}
