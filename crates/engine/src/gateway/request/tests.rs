use super::*;

fn read(wire: Wire, body: &str) -> Result<Asked<'_>, BadRequest> {
    Asked::read(wire, body.as_bytes())
}

fn rewritten(wire: Wire, body: &str, id: &str, max: u64, cap: &str) -> String {
    String::from_utf8(read(wire, body).unwrap().rewritten(id, max, cap)).unwrap()
}

#[test]
fn a_body_that_needs_nothing_passes_byte_for_byte() {
    let body = "{ \"model\" : \"m\",\n\t\"max_tokens\":10 , \"messages\":[ {\"role\":\"user\",\"content\":\"\\u00e9\"} ]}";
    assert_eq!(rewritten(Wire::Anthropic, body, "m", 10, "max_tokens"), body);
}

#[test]
fn only_the_cap_and_the_alias_change() {
    let body = r#"{"b":1,"max_tokens": 128000,"model":"alias","a":{"max_tokens":5}}"#;
    let changed = r#"{"b":1,"max_tokens": 4000,"model":"real \"id\"","a":{"max_tokens":5}}"#;
    assert_eq!(rewritten(Wire::Anthropic, body, "real \"id\"", 4_000, "max_tokens"), changed);
}

#[test]
fn a_missing_cap_is_written_first() {
    let asked = rewritten(Wire::Responses, r#"{"model":"m","input":"x"}"#, "m", 7, "max_output_tokens");
    assert_eq!(asked, r#"{"max_output_tokens":7,"model":"m","input":"x"}"#);
    let null = rewritten(Wire::Chat, r#"{"model":"m","max_tokens":null}"#, "m", 7, "max_tokens");
    assert_eq!(null, r#"{"model":"m","max_tokens":7}"#);
}

#[test]
fn both_names_of_the_cap_are_lowered() {
    let body = r#"{"model":"m","max_tokens":9000,"max_completion_tokens":100}"#;
    let asked = read(Wire::Chat, body).unwrap();
    assert_eq!(asked.max_tokens, Some(9_000));
    assert_eq!(
        rewritten(Wire::Chat, body, "m", 50, "max_tokens"),
        r#"{"model":"m","max_tokens":50,"max_completion_tokens":50}"#
    );
}

#[test]
fn a_chat_stream_always_says_what_it_used() {
    let plain = rewritten(Wire::Chat, r#"{"model":"m","max_tokens":1}"#, "m", 1, "max_tokens");
    assert_eq!(plain, r#"{"model":"m","max_tokens":1}"#);
    let silent = rewritten(Wire::Chat, r#"{"model":"m","max_tokens":1,"stream":true}"#, "m", 1, "max_tokens");
    assert_eq!(
        silent,
        r#"{"stream_options":{"include_usage":true},"model":"m","max_tokens":1,"stream":true}"#
    );
    let refused = r#"{"model":"m","max_tokens":1,"stream":true,"stream_options":{"include_usage":false}}"#;
    assert!(rewritten(Wire::Chat, refused, "m", 1, "max_tokens").contains(r#"{"include_usage":true}"#));
}

#[test]
fn a_field_that_is_there_twice_is_refused() {
    for body in [
        r#"{"model":"m","max_tokens":1,"max_tokens":100000}"#,
        r#"{"model":"m","max_tokens":1,"max\u005ftokens":100000}"#,
        r#"{"model":"cheap","model":"dear"}"#,
    ] {
        assert!(matches!(read(Wire::Anthropic, body), Err(BadRequest::Unread(_))), "{body}");
    }
}

#[test]
fn what_is_no_request_is_refused() {
    for body in [
        "",
        "[]",
        "{",
        "{}",
        r#"{"model":7}"#,
        r#"{"model":"m","max_tokens":"many"}"#,
        r#"{"model":"m","max_tokens":-1}"#,
    ] {
        assert!(read(Wire::Anthropic, body).is_err(), "{body}");
    }
}

#[test]
fn what_has_no_bound_is_refused_with_what_to_do() {
    let bodies = [
        (
            Wire::Anthropic,
            r#""messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://x/y.png"}}]}]"#,
        ),
        (
            Wire::Anthropic,
            r#""messages":[{"role":"user","content":[{"type":"im\u0061ge","source":{"type":"url","url":"https://x/y.png"}}]}]"#,
        ),
        (
            Wire::Anthropic,
            r#""messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"f"}}]}]"#,
        ),
        (
            Wire::Anthropic,
            r#""messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"url","url":"http://x"}}]}]}]"#,
        ),
        (Wire::Anthropic, r#""tools":[{"type":"web_search_20250305","name":"web_search"}]"#),
        (Wire::Anthropic, r#""tools":[{"type":"code_execution_20250825","name":"code_execution"}]"#),
        (Wire::Anthropic, r#""container":"c""#),
        (Wire::Anthropic, r#""mcp_servers":[{"url":"https://x"}]"#),
        (Wire::Anthropic, r#""service_tier":"priority""#),
        (Wire::Responses, r#""previous_response_id":"resp_1""#),
        (Wire::Responses, r#""conversation":{"id":"c"}"#),
        (Wire::Responses, r#""background":true"#),
        (Wire::Responses, r#""input":[{"type":"item_reference","id":"i"}]"#),
        (
            Wire::Responses,
            r#""input":[{"role":"user","content":[{"type":"input_image","image_url":"https://x"}]}]"#,
        ),
        (Wire::Responses, r#""input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]"#),
        (Wire::Responses, r#""tools":[{"type":"web_search"}]"#),
        (Wire::Responses, r#""tools":[{"type":"mcp","server_url":"https://x"}]"#),
        (
            Wire::Chat,
            r#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x"}}]}]"#,
        ),
        (Wire::Chat, r#""web_search_options":{}"#),
        (Wire::Chat, r#""models":["a","b"]"#),
        (Wire::Chat, r#""prediction":{"type":"content","content":"x"}"#),
        (Wire::Chat, r#""modalities":["text","audio"]"#),
    ];
    for (wire, field) in bodies {
        let body = format!(r#"{{"model":"m",{field}}}"#);
        let error = read(wire, &body).unwrap_err();
        assert!(matches!(error, BadRequest::Unbounded { .. }), "{body}: {error}");
        assert!(error.to_string().contains("no upper bound of its cost: "), "{error}");
    }
}

#[test]
fn what_only_looks_so_passes() {
    let bodies = [
        (
            Wire::Anthropic,
            r#""messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"fetch","input":{"url":"https://x","file_id":"f"}}]}]"#,
        ),
        (
            Wire::Anthropic,
            r#""messages":[{"role":"user","content":"an image at \"url\": https://x, file_id 7"}]"#,
        ),
        (
            Wire::Anthropic,
            r#""messages":[{"role":"user","content":[{"type":"web_search_tool_result","content":[{"type":"web_search_result","url":"https://x"}]}]}]"#,
        ),
        (
            Wire::Anthropic,
            r#""tools":[{"name":"fetch","input_schema":{"properties":{"url":{"type":"string"}}}},{"type":"bash_20250124","name":"bash"}],"service_tier":"auto","mcp_servers":[]"#,
        ),
        (
            Wire::Responses,
            r#""previous_response_id":null,"store":false,"tools":[{"type":"function","name":"f"},{"type":"local_shell"}]"#,
        ),
        (
            Wire::Chat,
            r#""modalities":["text"],"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]"#,
        ),
    ];
    for (wire, field) in bodies {
        let body = format!(r#"{{"model":"m",{field}}}"#);
        read(wire, &body).unwrap();
    }
}

#[test]
fn pictures_pages_and_searches_widen_the_bound() {
    let model = trireme_core::catalogue::Catalogue::built_in().unwrap().models["claude-opus-5-5"].clone();
    let bound = |field: &str| {
        let body = format!(r#"{{"model":"m",{field}}}"#);
        let asked = read(Wire::Anthropic, &body).unwrap();
        (asked.input_tokens_max(&model), body.len() as u64 + CHANGE_BYTES + HIDDEN_INPUT_TOKENS)
    };
    let image = r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}"#;
    let (bounded, text) = bound(&format!(r#""messages":[{{"role":"user","content":[{image},{image}]}}]"#));
    assert_eq!(bounded, text + 2 * IMAGE_TOKENS);
    let (bounded, _) = bound(
        r#""messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","data":"AA=="}}]}]"#,
    );
    assert_eq!(bounded, model.context_tokens);
    let (bounded, text) = bound(
        r#""messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","data":"AA=="}}]}]"#,
    );
    assert_eq!(bounded, text);
    let (bounded, _) = bound(r#""tools":[{"type":"web_search_20250305","name":"web_search","max_uses":2}]"#);
    assert_eq!(bounded, model.context_tokens * 3);
}
