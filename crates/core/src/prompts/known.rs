//! Control tools by name, as calls are read: each with a schema that takes every form of the call, and an example.

use super::ToolSpec;
use super::tools::*;
use crate::run::event::Seat;
use crate::words::{Mode, Tool};

/// Whether a control tool belongs to whoever sits there.
pub(super) fn is_of(seat: Seat, name: &str) -> bool {
    control(seat, Mode::Agent).iter().any(|tool| tool.name == name)
}

/// The control tool of that name with its full schema, an example of its arguments as JSON, and whose it is.
pub(super) fn control_tool(name: &str, seat: Seat) -> Option<(ToolSpec, &'static str)> {
    let owner = matches!(seat, Seat::Orchestrator);
    Some(match name {
        "keep_notes" => (
            keep_notes(),
            r#"{"notes":"src/parser.rs line 40 splits at every comma. Decided: read character by character. Left: quotes inside quotes."}"#,
        ),
        "choose_path" => {
            (choose_path(), r#"{"path":"direct","reason":"One option of one command, in one file."}"#)
        }
        "submit_plan" => (submit_plan(), SUBMIT_PLAN),
        "ask_owner" => (
            ask_owner(),
            r#"{"question":"Should the export include archived rows? I would leave them out, as the table does."}"#,
        ),
        "decide_budget" => (
            decide_budget(),
            r#"{"request":"r0","grant_usd":"0.50","reason":"One more attempt at the parser; cut the benchmark."}"#,
        ),
        "replan" => (replan_whole(), REPLAN),
        "report" if owner => (
            report_to_owner(),
            r#"{"conclusion":"The export is done and verified. The parser needed a second attempt."}"#,
        ),
        "spawn_workers" => (spawn_workers(), SPAWN_WORKERS),
        "review" => (
            review(),
            r#"{"of":["Parser","Validator"],"seniority":"mid","reason":"Two authors, one design.","rubric":["Both do what docs/design.md decides."]}"#,
        ),
        "accept" => (accept(), r#"{"task":"Parser","note":"All criteria hold; the code reads well."}"#),
        "retry" => (
            retry(),
            r#"{"task":"Parser","reason":"A comma inside quotes belongs to the field; read character by character.","seniority":"senior"}"#,
        ),
        "cut" => (cut(), r#"{"task":"Benchmark","reason":"There is no money left for it."}"#),
        "send_memo" if owner => (
            memo_of_orchestrator(),
            r#"{"to":"ALL","priority":"URGENT","topic":"Date format","content":"The Owner wants ISO 8601 dates in every file."}"#,
        ),
        "send_memo" => (
            send_memo(),
            r#"{"to":"ALL","priority":"FYI","topic":"Date format","content":"Dates are ISO 8601 in every file."}"#,
        ),
        "request_budget" => (
            request_budget(),
            r#"{"usd":"1.00","reason":"Three of four tasks are merged; the last one needs a senior attempt."}"#,
        ),
        "scope_too_large" => (
            scope_too_large(),
            r#"{"reason":"Server and client are two sections: cut at the HTTP interface."}"#,
        ),
        "report" => (
            report(),
            r#"{"status":"done","conclusion":"Parser and validator are done and verified.","risks":["The whole file is read into memory."]}"#,
        ),
        // A call does not say in which mode it is made.
        "submit_result" => (submit(Some(false), ""), SUBMIT_RESULT),
        "contract_defect" => (
            contract_defect(),
            r#"{"missing":"The contract names src/table.rs as context, but its columns are defined nowhere: say where they come from."}"#,
        ),
        "submit_review" => (
            submit_review(),
            r#"{"conclusion":"Sound.","findings":[{"criterion":"rubric-1","pass":true,"text":"src/parser.rs line 12 keeps the order."}]}"#,
        ),
        _ => return counsel_tool(name),
    })
}

/// The same for tools around second opinions.
fn counsel_tool(name: &str) -> Option<(ToolSpec, &'static str)> {
    Some(match name {
        "second_opinion" => (
            second_opinion(),
            r#"{"question":"Should the parser be hand-written or generated? The dialect may grow; measured by errors that its users understand.","files":["src/parser.rs"]}"#,
        ),
        "submit_opinion" => (
            submit_opinion(),
            r#"{"answer":"By hand: src/parser.rs line 40 already recovers from errors, which the generator can't.","confidence":"medium","risks":["A second dialect would double the code; tests/dialects.rs would show it."]}"#,
        ),
        "synthesize" => (
            synthesize(),
            r#"{"agreements":["Both would keep the present error messages."],"disagreements":["A would write it by hand, B would generate it for speed."],"choice":"Write it by hand.","reason":"Nothing in the repository asks for speed, and the errors are tested."}"#,
        ),
        _ => return None,
    })
}

/// An example of a workspace tool's arguments, as JSON.
pub(super) const fn workspace_example(tool: Tool) -> &'static str {
    match tool {
        Tool::Read => r#"{"path":"src/main.rs","offset":1,"limit":80}"#,
        Tool::List => r#"{"path":"src"}"#,
        Tool::Glob => r#"{"pattern":"src/**/*.rs"}"#,
        Tool::Search => r#"{"pattern":"fn main\\(","path":"src"}"#,
        Tool::Git => r#"{"verb":"log","path":"src/main.rs","count":10}"#,
        Tool::Edit => {
            r#"{"path":"src/main.rs","edits":[{"old":"let a = 1;","new":"let a = 2;"},{"old":"old_name","new":"new_name","replace_all":true}]}"#
        }
        Tool::Patch => {
            r#"{"diff":"--- a/src/main.rs\n+++ b/src/main.rs\n@@ -1,2 +1,2 @@\n fn main() {\n-    old();\n+    new();\n"}"#
        }
        Tool::Write => r#"{"path":"docs/notes.md","content":"First line\n"}"#,
        Tool::Run => r#"{"command":"cargo test --offline","timeout_s":120}"#,
        Tool::Foreign => "{}",
    }
}

const SUBMIT_PLAN: &str = r#"{"plan":{"goal":"…","constraints":["…"],"approach":"…","definition_of_done":[{"id":"tests","text":"All tests pass.","check":{"kind":"command","run":"cargo test --offline"}}],"decisions":[{"question":"…","resolution":"…","reason":"…"}],"phases":[{"name":"Build","sections":[{"name":"Export","description":"…","constraints":["…"],"approach":"…","definition_of_done":[{"id":"tests","text":"The export's tests pass.","check":{"kind":"command","run":"cargo test --offline --test export"}}],"budget_pct":100,"capabilities":["read","list","glob","search","edit","write","run"],"seniority":"senior","delivers":["src/export.rs"]}]}]}}"#;

const REPLAN: &str = r#"{"section":"Export","sections":"[{\"name\":\"Export: server\",\"description\":\"…\",\"approach\":\"…\",\"definition_of_done\":[{\"id\":\"tests\",\"text\":\"The server's tests pass.\",\"check\":{\"kind\":\"command\",\"run\":\"cargo test --offline --test server\"}}],\"budget_pct\":100,\"capabilities\":[\"read\",\"list\",\"glob\",\"search\",\"edit\",\"write\",\"run\"],\"seniority\":\"senior\"}]"}"#;

const SPAWN_WORKERS: &str = r#"{"tasks":[{"title":"Parser","seniority":"mid","reason":"A known format with known corners.","goal":"Write parse(text: &str) in src/parser.rs.","context":[{"kind":"file","path":"src/parser.rs"},{"kind":"note","title":"Dialect","text":"RFC 4180."}],"constraints":["Only the standard library."],"acceptance":[{"id":"unit","text":"The parser's tests pass.","check":{"kind":"command","run":"cargo test --offline --test parser","timeout_s":120,"pinned":["tests/parser.rs"]}}],"write_set":["src/parser.rs"],"withheld":[{"paths":"src/validator.rs","why":"Another task."}]}]}"#;

const SUBMIT_RESULT: &str = r#"{"conclusion":"parse reads character by character.","self_check":[{"criterion":"unit","met":true,"note":"8 tests passed"}],"risks":["Very long fields are kept in memory."]}"#;
