use super::*;

const CLAUDES: &str = "---\nname: test-writer\ndescription: Use this agent when tests are missing.\\n<example>long</example>\ntools: Read, Grep, Bash, WebFetch, Bash(git:*)\nmodel: sonnet\ncolor: green\n---\n\nYou write tests.\n";

fn catalogue() -> Catalogue {
    let row = |name: &str, family: &str| {
        format!(
            "[models.{name}]\nfamily = \"{family}\"\ninput = \"1\"\noutput = \"2\"\ncontext_tokens = 9\noutput_tokens = 9\n"
        )
    };
    let rows = [row("claude-sonnet-9", "claude"), row("grand", "a"), row("small", "b")].concat();
    let text = format!(
        "{rows}[seniority]\nprincipal = [\"grand\"]\nsenior = [\"claude-sonnet-9\"]\nmid = [\"claude-sonnet-9\"]\njunior = [\"small\"]"
    );
    Catalogue::default().with(toml::from_str(&text).unwrap()).unwrap()
}

fn role(head: &str) -> (Role, Option<String>) {
    let text = format!("---\nname: r\ndescription: d\n{head}\n---\nDo.\n");
    let blob = BlobRef(crate::words::Digest::of(b""));
    RoleFile::read(&text, "roles/r.md").unwrap().0.settled(&catalogue(), blob)
}

#[test]
fn an_agent_of_claude_code_is_a_role_as_it_is() {
    let (file, warnings) = RoleFile::read(CLAUDES, ".claude/agents/test-writer.md").unwrap();
    assert_eq!(file.tools, Some(ToolSet::from(vec![Tool::Read, Tool::Search, Tool::Run])));
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("\"WebFetch\"") && warnings[1].contains("Bash(git:*)"));
    assert_eq!(file.description, "Use this agent when tests are missing. <example>long</example>");
    assert_eq!(file.prompt, "You write tests.");
    let (role, warning) = file.settled(&catalogue(), BlobRef(crate::words::Digest::of(b"")));
    assert_eq!(role.pin, Some(Candidate::of("claude-sonnet-9")));
    assert_eq!((role.seniority, warning), (Some(Seniority::Mid), None));
}

#[test]
fn a_model_that_is_not_there_falls_back_to_the_seniority() {
    let (gone, warning) = role("model: opus");
    assert_eq!((gone.pin, gone.seniority), (None, Some(Seniority::Senior)));
    assert!(warning.unwrap().contains("no model \"opus\""));
    let (unknown, warning) = role("model: some-model-7\nseniority: junior");
    assert_eq!((unknown.pin, unknown.seniority, warning.is_some()), (None, Some(Seniority::Junior), true));
    let (inherits, warning) = role("model: inherit");
    assert_eq!((inherits.pin, inherits.seniority, warning), (None, None, None));
    let (exact, _) = role("model: small high");
    assert_eq!(
        (exact.pin.unwrap().to_string(), exact.seniority),
        ("small high".into(), Some(Seniority::Junior))
    );
    assert!(role("model: grand").0.is_for_principals(&catalogue()));
    assert!(!role("model: small").0.is_for_principals(&catalogue()));
}

#[test]
fn a_family_that_is_ruled_out_is_not_let_in_by_a_role() {
    let ruled = catalogue().with(toml::from_str("[families]\nnever = [\"claude\"]").unwrap()).unwrap();
    let (file, _) = RoleFile::read(CLAUDES, "x").unwrap();
    let (role, warning) = file.settled(&ruled, BlobRef(crate::words::Digest::of(b"")));
    assert!(role.pin.is_none() && warning.is_some());
}

#[test]
fn a_file_that_is_no_role_says_what_it_lacks() {
    let told = |text: &str| RoleFile::read(text, "x").unwrap_err().to_string();
    for (text, words) in [
        ("Just text", "begin it with a line `---`"),
        ("---\ndescription: d\n---\nx", "no name"),
        ("---\nname: n\n---\nx", "no description"),
        ("---\nname: n\ndescription: d\nseniority: boss\n---\nx", "one of intern, junior"),
        ("---\nname: n\ndescription: d\n---\n \n", "nothing stands below"),
    ] {
        assert!(told(text).contains(words), "{text:?}: {}", told(text));
    }
    assert!(told(&"x".repeat(ROLE_BYTES + 1)).contains("at most"));
}

#[test]
fn tools_that_are_not_given_are_all_and_tools_that_are_unknown_are_none() {
    assert_eq!(role("tools:").0.tools, None);
    assert_eq!(role("tools: []").0.tools, Some(ToolSet::NONE));
    let (named, _) = role("tools: read, mcp__docs, mcp__web__get, WebSearch");
    let foreign = ["mcp__docs", "mcp__web__get"].map(str::to_owned).to_vec();
    assert_eq!(named.foreign.as_ref(), Some(&foreign));
    assert_eq!(named.tool_words(), "read, mcp__docs, mcp__web__get");
    assert_eq!((role("tools: read").0.foreign, role("model: haiku").0.foreign), (Some(Vec::new()), None));
    assert_eq!(role("tools: WebSearch").0.tools, Some(ToolSet::NONE));
    assert_eq!(role("tools: [read, Edit]").0.tools, Some(ToolSet::NONE.with(Tool::Read).with(Tool::Edit)));
    let long = role(&format!("# {}", "x".repeat(10))).0;
    assert_eq!(long.to_string(), "\"r\" (tools: all of the contract): d");
}
