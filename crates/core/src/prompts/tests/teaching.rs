//! What is taught is what is checked: schemas, types and examples agree, and prompts stay within their size.

use serde_json::{Value, json};

use super::story;
use crate::limits::ROLE_PROMPT_WORDS;
use crate::prompts::fit::fit;
use crate::prompts::{forms, known, roles, tools_for};
use crate::run::event::Seat;
use crate::words::*;

pub(super) const SEATS: [Seat; 7] = [
    Seat::Orchestrator,
    Seat::Manager(SectionId(0)),
    Seat::Worker(AttemptId(0)),
    Seat::Reviewer(AttemptId(0)),
    Seat::Adviser(OpinionId(0), 0),
    Seat::Synthesist(OpinionId(0)),
    Seat::Triage,
];

#[test]
fn every_role_prompt_is_short_and_filled_in() {
    for seat in SEATS {
        for (mode, kind) in
            [(Mode::Single, TaskKind::Build), (Mode::Agent, TaskKind::Build), (Mode::Agent, TaskKind::Post)]
        {
            let prompt = roles::system(seat, mode, kind);
            let words = prompt.split_whitespace().count();
            assert!(words <= ROLE_PROMPT_WORDS, "{seat:?} {mode}: {words} words");
            assert!(!prompt.contains("{seniorities}"), "{seat:?}");
        }
    }
    for seat in [Seat::Orchestrator, Seat::Manager(SectionId(0))] {
        for seniority in Seniority::ALL {
            let row = format!("| {seniority} | {} |", seniority.use_for());
            assert!(roles::system(seat, Mode::Agent, TaskKind::Build).contains(&row), "{seat:?}");
        }
    }
}

#[test]
fn every_prompt_names_tools_that_its_role_has() {
    for seat in SEATS {
        let prompt = roles::system(seat, Mode::Agent, TaskKind::Build);
        let has =
            |name: &str| tools_for(seat, ToolSet::ALL, Mode::Agent).iter().any(|tool| tool.name == name);
        let foreign = SEATS.iter().flat_map(|seat| tools_for(*seat, ToolSet::NONE, Mode::Agent));
        for tool in foreign.filter(|tool| !has(&tool.name)) {
            assert!(!prompt.contains(&format!("`{}`", tool.name)), "{seat:?} has no {}", tool.name);
        }
    }
}

#[test]
fn every_schema_is_a_strict_object_and_takes_its_own_example() {
    for seat in SEATS {
        for mode in [Mode::Single, Mode::Agent] {
            for tool in tools_for(seat, ToolSet::ALL, mode) {
                strict(&tool.schema, &tool.name);
                assert!(!tool.description.is_empty());
                assert!(tool.description.len() <= 500, "{}", tool.name);
                let example = Tool::named(&tool.name).map(known::workspace_example);
                let example =
                    example.or_else(|| known::control_tool(&tool.name, seat).map(|(_, example)| example));
                let mut example: Value = serde_json::from_str(example.unwrap()).unwrap();
                if mode == Mode::Single && tool.name == "submit_result" {
                    example["files"] = json!([{"path": "a", "content": ""}]);
                }
                assert_eq!(fit(&tool.schema, &example), Ok(example), "{}", tool.name);
            }
        }
    }
}

/// Every object, at any depth, says what it has and takes nothing else; every property says what it is for.
fn strict(schema: &Value, at: &str) {
    if let Some(options) = schema.get("anyOf") {
        return options.as_array().unwrap().iter().for_each(|option| strict(option, at));
    }
    match schema["type"].as_str().unwrap() {
        "object" => {
            assert_eq!(schema["additionalProperties"], false, "{at}");
            let properties = schema["properties"].as_object().unwrap();
            for required in schema["required"].as_array().unwrap() {
                assert!(properties.contains_key(required.as_str().unwrap()), "{at}: {required}");
            }
            for (name, property) in properties {
                assert!(property["description"].is_string(), "{at}.{name} has no description");
                strict(property, &format!("{at}.{name}"));
            }
        }
        "array" => strict(&schema["items"], &format!("{at}[]")),
        scalar => assert!(["string", "integer", "number", "boolean"].contains(&scalar), "{at}: {scalar}"),
    }
}

#[test]
fn schemas_of_documents_are_their_types() {
    let mut contract = story::contract("Parser", "src/parser.rs");
    contract["kind"] = json!("build");
    contract["mode"] = json!("single");
    contract["role"] = json!("tester");
    contract["tools"] = json!(["read"]);
    contract["reviews"] = json!(["Other"]);
    contract["cap_pct"] = json!(12.5);
    contract["tests_to_write"] = json!(["tests/**"]);
    contract["acceptance"][0]["check"]["exit"] = json!(-1);
    contract["bounds"] = json!({"read": ["**"], "commands": ["make"], "hosts": ["a.org"], "env": ["CI"]});
    let mut section = story::section("Core", 100);
    section["grants_principal"] = json!(true);
    section["needs"] = json!(["api.json"]);
    section["stakes"] = json!("high");
    section["bounds"] =
        json!({"read": ["**"], "write": ["src/**"], "commands": ["make"], "hosts": ["a.org"], "env": ["CI"]});
    let mut plan = story::plan();
    plan["phases"][0]["sections"] = json!([section]);
    plan["decisions"] =
        json!([{"question": "q", "resolution": "r", "reason": "w", "stakes": "high", "opinion": "o0"}]);

    let typed: Contract = serde_json::from_value(contract).unwrap();
    let contract = serde_json::to_value(typed).unwrap();
    assert_eq!(fit(&forms::contract(), &contract), Ok(contract.clone()));
    covers(&forms::contract(), &contract);
    let typed: Plan = serde_json::from_value(plan).unwrap();
    let plan = serde_json::to_value(typed).unwrap();
    assert_eq!(fit(&forms::plan(), &plan), Ok(plan.clone()));
    covers(&forms::plan(), &plan);
}

/// Every property of the schema is in the fullest value, so the type has it.
fn covers(schema: &Value, fullest: &Value) {
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    for (name, property) in properties {
        let value = fullest.get(name).unwrap_or_else(|| panic!("the type has no {name}"));
        let inner = value.get(0).unwrap_or(value);
        covers(property.get("items").unwrap_or(property), inner);
    }
}

#[test]
fn what_a_role_may_call_follows_from_its_scope() {
    let names = |seat, scope, mode| -> Vec<_> {
        tools_for(seat, scope, mode).iter().map(|tool| tool.name.clone()).collect()
    };
    let orchestrator = names(Seat::Orchestrator, ToolSet::READ_ONLY, Mode::Agent);
    assert_eq!(
        orchestrator,
        [
            "read",
            "list",
            "glob",
            "search",
            "git",
            "submit_plan",
            "ask_owner",
            "second_opinion",
            "decide_budget",
            "replan",
            "send_memo",
            "report",
            "keep_notes"
        ]
    );
    let manager = names(SEATS[1], ToolSet::READ_ONLY.with(Tool::Run), Mode::Agent);
    assert_eq!(manager[..7], ["read", "list", "glob", "search", "git", "run", "spawn_workers"]);
    assert_eq!(names(SEATS[2], ToolSet::NONE, Mode::Single), ["submit_result", "contract_defect"]);
    assert_eq!(
        names(SEATS[3], ToolSet::READ_ONLY, Mode::Agent),
        ["read", "list", "glob", "search", "git", "submit_review", "keep_notes"]
    );
    assert_eq!(
        names(SEATS[4], ToolSet::READ_ONLY, Mode::Agent),
        ["read", "list", "glob", "search", "git", "submit_opinion", "keep_notes"]
    );
    assert_eq!(
        names(SEATS[5], ToolSet::READ_ONLY, Mode::Agent),
        ["read", "list", "glob", "search", "git", "synthesize", "keep_notes"]
    );
    assert_eq!(names(SEATS[5], ToolSet::NONE, Mode::Agent), ["synthesize"]);
}
