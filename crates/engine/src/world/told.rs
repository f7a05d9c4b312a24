//! Texts of a request, and how much of them is the repository: files given with a contract or a question, and what agents
//! were shown by reading, listing, searching and git. What commands print is not counted, nor what agents write themselves.
//! Bytes are counted as JSON has them, as those of a request's body are.

use trireme_core::Tool;
use trireme_core::prompts::documents::{Document, Part};

/// A text for a model.
pub(super) struct Told {
    pub(super) text: String,
    /// Bytes of the repository in it.
    pub(super) repo_bytes: u64,
}

impl Told {
    /// A text in which nothing is the repository.
    pub(super) const fn plain(text: String) -> Self {
        Self { text, repo_bytes: 0 }
    }

    /// A text that is the repository as a whole.
    pub(super) fn repository(text: String) -> Self {
        Self { repo_bytes: json_bytes(&text), text }
    }

    /// A text with files in it: what it would not have if they were empty is the repository.
    pub(super) fn with_files(
        files: &[(String, String)],
        render: impl Fn(&[(String, String)]) -> String,
    ) -> Self {
        let bare: Vec<_> = files.iter().map(|(path, _)| (path.clone(), String::new())).collect();
        let text = render(files);
        let repo_bytes = json_bytes(&text).saturating_sub(json_bytes(&render(&bare)));
        Self { text, repo_bytes }
    }

    /// The answer of a tool, of these parts.
    pub(super) fn by_tool(name: &str, body: &[Part], text: String) -> Self {
        let is_omitted = body.iter().any(|part| matches!(part, Part::Document(Document::Omission { .. })));
        match Tool::called(name) {
            Some(tool) if !tool.writes() && !is_omitted => Self::repository(text),
            Some(_) | None => Self::plain(text),
        }
    }
}

/// Bytes of a text in a string of JSON, without its quotes.
fn json_bytes(text: &str) -> u64 {
    let bytes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    });
    bytes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trireme_core::prompts::documents::render_files;
    use trireme_core::{BlobRef, Digest};

    #[test]
    fn bytes_are_those_of_json() {
        for text in ["plain", "a \"b\"\\\n\t\r\u{8}\u{c}\u{1}", "naïve 日本語 😀"] {
            let json = serde_json::to_string(text).unwrap();
            assert_eq!(json_bytes(text), json.len() as u64 - 2, "{json}");
        }
    }

    #[test]
    fn of_files_only_the_contents_count() {
        let files = [("a.rs".to_owned(), "fn a() {}\n".repeat(9)), ("b.rs".to_owned(), String::new())];
        let paths = ["a.rs", "b.rs", "none.rs"].map(str::to_owned);
        let told = Told::with_files(&files, |files| render_files(&paths, files));
        // The last line end is not shown.
        assert_eq!(told.repo_bytes, 9 * 11 - 2);
        assert!(told.text.contains("none.rs: it does not exist yet"));
    }

    #[test]
    fn looking_shows_the_repository_and_nothing_else_does() {
        let blob = BlobRef(Digest::of(b"x"));
        let whole = [Part::Document(Document::Blob(blob))];
        let omitted = [Part::Document(Document::Omission { blob, tool: Some(Tool::Read) })];
        let bytes = |name: &str, body: &[Part]| Told::by_tool(name, body, "12345".to_owned()).repo_bytes;
        let all = Tool::ALL.map(|tool| (tool, bytes(tool.name(), &whole)));
        let shown = all.into_iter().filter(|(_, bytes)| *bytes == 5).map(|(tool, _)| tool);
        assert_eq!(shown.collect::<Vec<_>>(), [Tool::Read, Tool::List, Tool::Glob, Tool::Search, Tool::Git]);
        assert_eq!((bytes("read", &omitted), bytes("spawn_workers", &whole)), (0, 0));
    }
}
