//! Blocks of a conversation: those that are text, and those that bring what nobody can measure.

use super::*;

/// A body with one block in its conversation.
fn body(wire: Wire, block: &str) -> String {
    match wire {
        Wire::Responses => format!(r#"{{"model":"m","input":[{block}]}}"#),
        Wire::Anthropic | Wire::Chat | Wire::Gemini | Wire::Ollama => {
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{block}]}}]}}"#)
        }
    }
}

#[test]
fn an_address_in_a_block_of_an_unknown_kind_is_refused() {
    for (wire, block) in [
        (Wire::Chat, r#"{"type":"video_url","video_url":{"url":"data:video/mp4;base64,AA=="}}"#),
        (Wire::Chat, r#"{"type":"hologram_url","hologram_url":{"url":"https://x"}}"#),
        (Wire::Chat, r#"{"type":"hologram","hologram_url":"https://x"}"#),
        (Wire::Chat, r#"{"type":"hologram","url":["https://x"]}"#),
        (Wire::Chat, r#"{"hologram":{"file_id":"f"}}"#),
        (Wire::Chat, r#"{"type":"file","file":{"file_data":"https://x/y.pdf"}}"#),
        (Wire::Chat, r#"{"type":"holo\u0067ram","f\u0069le_id":"f"}"#),
        (Wire::Anthropic, r#"{"type":"hologram","source":{"type":"url","url":"https://x"}}"#),
        (
            Wire::Anthropic,
            r#"{"type":"hologram","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}"#,
        ),
        (
            Wire::Anthropic,
            r#"{"type":"web_fetch_tool_result","content":{"type":"web_fetch_result","url":"https://x","content":{"type":"document","source":{"type":"url","url":"https://x"}}}}"#,
        ),
        (
            Wire::Anthropic,
            r#"{"type":"document","source":{"type":"content","content":[{"type":"image","source":{"type":"url","url":"https://x"}}]}}"#,
        ),
        (
            Wire::Responses,
            r#"{"type":"computer_call_output","output":{"type":"computer_screenshot","image_url":"https://x"}}"#,
        ),
        (
            Wire::Responses,
            r#"{"type":"message","role":"user","content":[{"type":"input_hologram","hologram_url":"https://x"}]}"#,
        ),
        (
            Wire::Responses,
            r#"{"type":"message","role":"user","content":[{"type":"input_video","data":"AA=="}]}"#,
        ),
    ] {
        let body = body(wire, block);
        let error = read(wire, &body).unwrap_err();
        assert!(matches!(error, BadRequest::Unbounded { .. }), "{body}: {error}");
    }
    let heard = r#"{"model":"m","messages":[{"role":"assistant","content":null,"audio":{"id":"a"}}]}"#;
    assert!(matches!(read(Wire::Chat, heard), Err(BadRequest::Unbounded { .. })));
}

#[test]
fn an_address_that_is_only_quoted_passes() {
    for (wire, block) in [
        (
            Wire::Anthropic,
            r#"{"type":"text","text":"t","citations":[{"type":"web_search_result_location","url":"https://x"}]}"#,
        ),
        (
            Wire::Anthropic,
            r#"{"type":"server_tool_use","id":"s","name":"web_fetch","input":{"url":"https://x"}}"#,
        ),
        (
            Wire::Anthropic,
            r#"{"type":"search_result","source":"https://x","url":"https://x","content":[{"type":"text","text":"t"}]}"#,
        ),
        (
            Wire::Anthropic,
            r#"{"type":"web_fetch_tool_result","content":{"type":"web_fetch_result","url":"https://x","content":{"type":"document","source":{"type":"text","data":"t"}}}}"#,
        ),
        (
            Wire::Anthropic,
            r#"{"type":"bash_code_execution_tool_result","content":{"type":"bash_code_execution_result","content":[{"type":"bash_code_execution_output","file_id":"f"}]}}"#,
        ),
        (
            Wire::Anthropic,
            r#"{"type":"tool_result","content":[{"type":"tool_reference","tool_name":"url"}]}"#,
        ),
        (Wire::Anthropic, r#"{"type":"future","content":[{"type":"text","text":"\"url\":\"https://x\""}]}"#),
        (Wire::Responses, r#"{"type":"web_search_call","action":{"type":"open_page","url":"https://x"}}"#),
        (Wire::Responses, r#"{"type":"file_search_call","results":[{"file_id":"f","text":"t"}]}"#),
        (
            Wire::Responses,
            r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"t","annotations":[{"type":"url_citation","url":"https://x"}]}]}"#,
        ),
        (
            Wire::Responses,
            r#"{"type":"mcp_list_tools","tools":[{"name":"f","input_schema":{"properties":{"url":{"type":"string"}}}}]}"#,
        ),
        (
            Wire::Responses,
            r#"{"type":"function_call_output","call_id":"c","output":"{\"url\":\"https://x\"}"}"#,
        ),
        (Wire::Chat, r#"{"type":"hologram","hologram_url":{"url":"data:x/y;base64,AA=="},"file_id":null}"#),
        (
            Wire::Chat,
            r#"{"type":"file","file":{"filename":"f","file_data":"data:application/pdf;base64,AA=="}}"#,
        ),
    ] {
        let body = body(wire, block);
        read(wire, &body).unwrap_or_else(|error| panic!("{body}: {error}"));
    }
    let cited = r#"{"model":"m","messages":[{"role":"assistant","content":"t","audio":null,"annotations":[{"type":"url_citation","url_citation":{"url":"https://x"}}]}]}"#;
    read(Wire::Chat, cited).unwrap();
}

#[test]
fn pictures_are_counted_wherever_they_are() {
    let image = r#"{"type":"image","source":{"type":"base64","data":"AA=="}}"#;
    for (wire, block, images) in [
        (Wire::Anthropic, format!(r#"{{"type":"tool_result","content":[{image},{image}]}}"#), 2),
        (Wire::Anthropic, format!(r#"{{"type":"document","source":{{"type":"content","content":[{image}]}}}}"#), 1),
        (Wire::Anthropic, format!(r#"{{"type":"future","parts":{{"first":{image}}}}}"#), 1),
        (Wire::Responses, r#"{"type":"computer_call_output","output":{"type":"computer_screenshot","image_url":"data:image/png;base64,AA=="}}"#.to_owned(), 1),
        (Wire::Responses, r#"{"type":"image_generation_call","id":"i","result":"AA=="}"#.to_owned(), 1),
        (Wire::Anthropic, format!(r#"{{"type":"tool_use","input":{image}}}"#), 0),
    ] {
        let body = body(wire, &block);
        assert_eq!(read(wire, &body).unwrap().media.images, images, "{body}");
    }
}
