//! Roles of files: a contract names one, and it narrows what its worker may do.

use trireme_core::run::event::Seat;
use trireme_core::words::*;
use trireme_testkit::{Disturbance, Play, Script, journal};

use super::{place, play};

/// Tools and model of every worker, in their order.
fn workers(story: &str) -> (Vec<Vec<Tool>>, Vec<String>, Vec<String>) {
    let play = Play::through(Script::read(story), Disturbance::None);
    let agents = play.world.run.agents().iter().map(|(_, agent)| agent);
    let workers: Vec<_> = agents.filter(|agent| matches!(agent.seat, Seat::Worker(_))).collect();
    let scopes = workers.iter().map(|agent| agent.scope.tools.iter().collect()).collect();
    let models = workers.iter().filter_map(|agent| agent.model.clone()).collect();
    (scopes, models, journal::details(&play.world.journal))
}

#[test]
fn a_role_brings_its_tools_its_seniority_and_its_model() {
    let (scopes, models, lines) = workers(
        "
        roles there
        tasks core: parser
        role parser tester
        ",
    );
    place(&lines, "core has a new task \"parser\" (junior build, agent, as \"tester\")");
    assert_eq!(scopes, [[Tool::Read, Tool::Write]]);
    assert_eq!(models, ["second"], "not small, which serves juniors");
}

#[test]
fn a_role_widens_nothing() {
    let (scopes, ..) = workers(
        "
        roles there
        phase core 100
        section core may read,edit
        tasks core: parser
        role parser grand
        section core principals yes
        say manager core 1: spawn parser as grand
        ",
    );
    assert_eq!(scopes, [[Tool::Read, Tool::Edit]], "the role has all tools, and the section these");
}

#[test]
fn a_role_that_is_not_there_is_refused_with_those_that_are() {
    let lines = play(
        "
        roles there
        say manager core 1: spawn parser as nobody
        say manager core 2: spawn parser as looker
        say manager core 3: spawn parser as grand
        say manager core 4: spawn parser as tester
        ",
    );
    let unknown =
        place(&lines, "there is no role \"nobody\"; leave it out, or name one of: \"tester\", \"looker\"");
    let looking = place(
        &lines,
        "role \"looker\" leaves no tool that changes files (its tools: read, list, glob, search, git)",
    );
    let grand = place(&lines, "role \"grand\" wants a principal's model, which is not granted");
    let taken = place(&lines, "core has a new task \"parser\"");
    assert!(unknown < looking && looking < grand && grand < taken, "{lines:#?}");
}

#[test]
fn without_roles_there_is_none_to_name() {
    let lines = play(
        "
        tasks core: writer
        say manager core 1: spawn parser as tester
        ",
    );
    place(&lines, "there is no role \"tester\", and no other one here; leave role out");
}

#[test]
fn a_promotion_leaves_the_roles_model_behind() {
    let (scopes, models, _) = workers(
        "
        roles there
        tasks core: parser
        role parser tester
        fail attempt parser@1
        say manager core 2: retry parser mid
        ",
    );
    assert_eq!(models, ["second", "solid"], "the first of those that serve mid");
    assert_eq!(scopes, [[Tool::Read, Tool::Write], [Tool::Read, Tool::Write]], "and keeps its tools");
}

#[test]
fn after_a_denial_nobody_gets_a_roles_model() {
    let (_, models, lines) = workers(
        "
        roles there
        say manager core 1: spawn parser
        say manager core 2: accept parser
        say manager core 3: request_budget 5
        say orchestrator 2: decide_budget r0 0
        say manager core 4: spawn writer as tester
        say manager core 5: report partial
        ",
    );
    place(&lines, "is denied");
    assert_eq!(models.first().map(String::as_str), Some("solid"));
    assert_eq!(models.last().map(String::as_str), Some("small"), "{models:?}");
}
