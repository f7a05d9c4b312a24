//! What has a bound, and how much it is.

use super::*;

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
        (Wire::Anthropic, r#""context_management":{"edits":[{"type":"compact_20260112"}]}"#),
        (
            Wire::Anthropic,
            r#""context_management":{"edits":[{"type":"clear_tool_uses_20250919"},{"type":"compact_20260112"}]}"#,
        ),
        (Wire::Anthropic, r#""fallbacks":[{"model":"dearer"}]"#),
        (
            Wire::Anthropic,
            r#""messages":[{"role":"system","content":[{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"type":"web_search_20250305","name":"web_search"}}}]}]"#,
        ),
        (
            Wire::Anthropic,
            r#""messages":[{"role":"assistant","content":[{"type":"compaction","content":"s","tool_changes":[{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"type":"code_execution_20250825","name":"c"}}}]}]}]"#,
        ),
        (Wire::Responses, r#""context_management":[{"type":"compaction","compact_threshold":1000}]"#),
        (Wire::Responses, r#""input":[{"type":"additional_tools","tools":[{"type":"web_search"}]}]"#),
        (
            Wire::Responses,
            r#""input":[{"type":"additional_tools","tools":[{"type":"namespace","name":"n","tools":[{"type":"code_interpreter"}]}]}]"#,
        ),
        (
            Wire::Responses,
            r#""input":[{"type":"tool_search_output","tools":[{"type":"mcp","server_url":"u"}]}]"#,
        ),
        (
            Wire::Responses,
            r#""tools":[{"type":"namespace","name":"n","tools":[{"type":"image_generation"}]}]"#,
        ),
        (Wire::Responses, r#""tools":[{"type":"web_search","max_uses":1}]"#),
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
        (Wire::Chat, r#""preset":"mine""#),
        (Wire::Chat, r#""provider":{"order":["dear"]}"#),
        (Wire::Chat, r#""route":"fallback""#),
        (Wire::Chat, r#""transforms":["middle-out"]"#),
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
            Wire::Anthropic,
            r#""fallbacks":[],"context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"},{"type":"clear_tool_uses_20250919"}]}"#,
        ),
        (
            Wire::Anthropic,
            r#""messages":[{"role":"system","content":[{"type":"tool_addition","tool":{"type":"tool_reference","name":"f"}},{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"name":"g","input_schema":{}}}},{"type":"tool_removal","tool":{"type":"tool_reference","name":"f"}}]}]"#,
        ),
        (
            Wire::Responses,
            r#""context_management":null,"input":[{"type":"additional_tools","role":"developer","tools":[{"type":"custom","name":"exec"},{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"}]}]}]"#,
        ),
        (
            Wire::Responses,
            r#""previous_response_id":null,"store":false,"tools":[{"type":"function","name":"f"},{"type":"local_shell"}]"#,
        ),
        (
            Wire::Chat,
            r#""modalities":["text"],"provider":{},"transforms":[],"route":null,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]"#,
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
    let (bounded, text) = bound(
        r#""tools":[{"type":"bash_20250124"},{"type":"computer_20251124"},{"name":"f"},{"type":"custom"}]"#,
    );
    assert_eq!(bounded, text + 2 * trireme_core::limits::HIDDEN_TOOL_TOKENS);
    let inside = format!(
        r#""messages":[{{"role":"user","content":[{{"type":"document","source":{{"type":"content","content":[{image}]}}}}]}}]"#
    );
    let (bounded, text) = bound(&inside);
    assert_eq!(bounded, text + IMAGE_TOKENS);
    let (bounded, _) = bound(r#""tools":[{"type":"web_search_20250305","name":"web_search","max_uses":2}]"#);
    assert_eq!(bounded, model.context_tokens * 3);
}
