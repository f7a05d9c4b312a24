//! What a server answers, as a text: models read nothing else of it, and nothing in it steers a terminal.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};

/// The text of an answer, and whether it says that all went well.
pub(crate) fn told(result: &CallToolResult) -> (String, bool) {
    let mut parts: Vec<_> = result.content.iter().map(part).collect();
    // What is structured is there as text too, by the protocol; if not, it is all there is.
    if parts.is_empty() {
        parts.extend(result.structured_content.as_ref().map(ToString::to_string));
    }
    let text = plain(&parts.join("\n"));
    (text, !result.is_error.unwrap_or(false))
}

/// What a later protocol may bring.
const UNKNOWN: &str = "[something that can't be shown to you]";

fn part(content: &ContentBlock) -> String {
    match content {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => {
            format!(
                "[an image, {}, {} bytes: it can't be shown to you]",
                image.mime_type,
                decoded(&image.data)
            )
        }
        ContentBlock::Audio(audio) => {
            format!(
                "[a sound, {}, {} bytes: it can't be played to you]",
                audio.mime_type,
                decoded(&audio.data)
            )
        }
        ContentBlock::Resource(resource) => match &resource.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => format!("[{uri}]\n{text}"),
            ResourceContents::BlobResourceContents { uri, blob, .. } => {
                format!("[{uri}: {} bytes that are no text]", decoded(blob))
            }
            _ => UNKNOWN.to_owned(),
        },
        ContentBlock::ResourceLink(link) => format!("[a resource: {}, {}]", link.name, link.uri),
        _ => UNKNOWN.to_owned(),
    }
}

/// How many bytes a text of base64 stands for.
const fn decoded(base64: &str) -> usize {
    base64.len() / 4 * 3
}

/// A text without what steers a terminal, or turns the order of its letters: whole escapes of colours and titles go, of
/// others what begins them.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => match letters.peek() {
                Some('[') => skip_until(&mut letters, |end| ('@'..='~').contains(&end) && end != '['),
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    skip_until(&mut letters, |end| matches!(end, '\u{7}' | '\u{9c}' | '\\'));
                }
                Some(_) | None => {}
            },
            '\n' | '\t' => out.push(letter),
            letter if letter.is_control() => {}
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{e0000}'..='\u{e007f}' => {}
            letter => out.push(letter),
        }
    }
    out
}

/// Skips an escape to its end, which may lie within a line only: nobody makes the rest of a text disappear.
fn skip_until(letters: &mut std::iter::Peekable<std::str::Chars<'_>>, is_end: impl Fn(char) -> bool) {
    while let Some(letter) = letters.next_if(|letter| *letter != '\n') {
        if is_end(letter) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: serde_json::Value) -> (String, bool) {
        told(&serde_json::from_value(value).unwrap())
    }

    #[test]
    fn what_is_no_text_is_said_in_words() {
        let (text, ok) = read(json!({"content": [
            {"type": "text", "text": "one"},
            {"type": "image", "data": "AAAA", "mimeType": "image/png"},
            {"type": "audio", "data": "AAAAAAAA", "mimeType": "audio/wav"},
            {"type": "resource", "resource": {"uri": "file:///a", "text": "inside"}},
            {"type": "resource", "resource": {"uri": "file:///b", "blob": "AAAA"}},
            {"type": "resource_link", "uri": "file:///c", "name": "c"},
        ]}));
        assert!(ok);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "one",
                "[an image, image/png, 3 bytes: it can't be shown to you]",
                "[a sound, audio/wav, 6 bytes: it can't be played to you]",
                "[file:///a]",
                "inside",
                "[file:///b: 3 bytes that are no text]",
                "[a resource: c, file:///c]",
            ]
        );
        assert_eq!(
            read(json!({"content": [], "structuredContent": {"a": 1}})),
            (r#"{"a":1}"#.to_owned(), true)
        );
        assert_eq!(
            read(json!({"content": [{"type": "text", "text": "no"}], "isError": true})),
            ("no".to_owned(), false)
        );
    }

    #[test]
    fn nothing_steers_a_terminal_or_hides_what_comes_after() {
        for (text, expected) in [
            ("a\u{1b}[31mred\u{1b}[0m b", "ared b"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]8;;https://x\u{1b}\\link", "alink"),
            ("a\u{1b}]never ends\nb", "a\nb"),
            ("a\u{1b}[9999\nb", "a\nb"),
            ("a\u{1b}cb\u{8}\r\0", "acb"),
            ("abc\u{202e}def\u{200b}\u{e0041}", "abcdef"),
            ("tab\tline\n日本語 é", "tab\tline\n日本語 é"),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }
}
