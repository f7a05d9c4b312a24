use std::path::Path;

use serde_json::json;
use trireme_testkit::secrets::{CONTEXTS, PLACES, SHAPES, corpus, telling};

use super::*;

#[test]
fn no_key_of_the_corpus_stays_wherever_it_stands() {
    let redactor = Redactor::plain();
    for seed in 0..40 {
        let corpus = corpus(seed);
        for (kind, secret) in &corpus.alone {
            for place in PLACES {
                let text = place.replace("{}", secret);
                let clean = redactor.text(&text);
                let hidden = telling(secret);
                assert!(!clean.contains(hidden), "{kind} in {place:?}: {clean}");
                let (before, after) = place.split_once("{}").unwrap();
                assert!(clean.starts_with(before) && clean.ends_with(after), "{clean} of {text}");
                assert!(clean.contains(&mark(kind)), "{kind}: {clean}");
                assert_eq!(redactor.text(&clean), clean, "a second time changes nothing");
            }
        }
        for (kind, line, secret) in &corpus.lines {
            for text in [line.clone(), format!("first\n{line}\nlast")] {
                let clean = redactor.text(&text);
                assert!(!clean.contains(secret.as_str()), "{kind}: {clean}");
                assert_eq!(clean, text.replace(secret.as_str(), &mark(kind)), "what is around it stays");
                assert_eq!(redactor.text(&clean), clean);
            }
        }
    }
}

#[test]
fn every_rule_has_a_shape_in_the_corpus() {
    let kinds: Vec<_> = SHAPES.iter().chain(CONTEXTS).map(|(kind, _)| *kind).collect();
    for rule in &RULES {
        assert!(rule.regex().is_some(), "{} is no regular expression", rule.kind);
        assert!(kinds.contains(&rule.kind), "{}", rule.kind);
        assert!(rule.words.iter().all(|word| *word == word.to_lowercase()), "{}", rule.kind);
        assert!(is_name(rule.kind), "{}", rule.kind);
    }
}

/// Our own sources, documents and lock file, where there is no secret: nothing is taken out of them.
#[test]
fn source_code_stays_as_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut folders, mut read, redactor) = (vec![root], 0, Redactor::plain());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            // What tests of secrets are made of looks like secrets.
            let is_other = ["target", ".git", "redaction", "secrets.rs", "providers", "doctor.rs"]
                .contains(&name.as_str());
            if is_other || name == "tests" || name.contains("test") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                read += 1;
                let clean = redactor.text(&text);
                // The password that tests of other things have.
                let is_real = |(before, after): &(&str, &str)| before != after && !before.contains("hunter2");
                let changed = text.lines().zip(clean.lines()).find(is_real);
                assert_eq!(changed, None, "{}", path.display());
            }
        }
    }
    assert!(read > 200, "{read} files");
}

#[test]
fn what_only_looks_like_a_secret_stays() {
    for text in [
        "AKIAIOSFODNN7EXAMPLE",
        "commit 893e981c3c474915ec8d557279a9e7383e827ee8",
        "\"integrity\": \"sha512-Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6==\"",
        "DATABASE_URL=postgres://postgres:postgres@localhost:5432/app",
        "git clone https://user:$TOKEN@github.com/a/b",
        "API_KEY=your-api-key-here1",
        "MAX_TOKENS=4096000",
        "TOKEN=$(cat token1.txt)",
        "let api_key = config.provider2.api_key;",
        "password: String,",
        "if token == \"Bearer\" { secret = \"identifier_name_1\" }",
        "primary_key: \"users_2024_id\"",
        "key-value pairs; sk-learn; hf_hub; npm_config_registry",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----",
        "a header says -----BEGIN PRIVATE KEY----- and then come lines",
    ] {
        assert_eq!(Redactor::plain().text(text), text);
    }
}

fn known(values: &[&str]) -> Redactor {
    let values: Vec<_> = values.iter().map(|value| Zeroizing::new((*value).to_owned())).collect();
    Redactor::new(&values, &[]).unwrap()
}

#[test]
fn known_values_go_first_whatever_they_look_like() {
    let redactor = known(&["correct horse battery", "s3cr=et&value", "short", "12345678901"]);
    let text = "it is correct horse battery; ?k=s3cr%3Det%26value; short; 12345678901";
    let clean = "it is [redacted:environment]; ?k=[redacted:environment]; short; 12345678901";
    assert_eq!(redactor.text(text), clean);
    // As a whole, and not as the shape that it has besides.
    let token = format!("ghp_{}", "aB3".repeat(12));
    assert_eq!(known(&[&token]).text(&format!("<{token}>")), "<[redacted:environment]>");
}

#[test]
fn own_patterns_come_last_and_leave_marks_alone() {
    let pattern = |kind: &str, regex: &str| Pattern { kind: kind.to_owned(), regex: regex.to_owned() };
    let own = [pattern("employee", r"EMP-(\d{6})"), pattern("mark", "redacted:[a-z-]+")];
    let redactor = Redactor::new(&[], &own).unwrap();
    let text = format!("EMP-123456 has ghp_{}", "aB3".repeat(12));
    assert_eq!(redactor.text(&text), "EMP-[redacted:employee] has [redacted:github-token]");
    let error =
        |kind: &str, regex: &str| Redactor::new(&[], &[pattern(kind, regex)]).err().unwrap().to_string();
    assert!(error("Kind", "a").contains("small letters"));
    assert!(error("kind", "(").contains("kind"));
}

#[test]
fn documents_are_cleaned_string_by_string_and_what_is_sealed_is_none() {
    let key = format!("npm_{}", "aB3".repeat(12));
    let mut value = json!({
        "text": format!("line\n{key}"), "list": [1, key, {"password": "hunter2x9Q"}], "password": "none",
        "max_tokens": 5,
    });
    assert!(Redactor::plain().value(&mut value));
    let clean = json!({
        "text": "line\n[redacted:npm-token]", "list": [1, "[redacted:npm-token]", {"password": "[redacted:secret-value]"}],
        "password": "none", "max_tokens": 5,
    });
    assert_eq!(value, clean);
    assert!(!Redactor::plain().value(&mut value), "nothing is left to be taken out");
    assert!(!Redactor::plain().is_in_block(&json!({"type": "thinking", "signature": key, "list": [1, "a"]})));
    assert!(Redactor::plain().is_in_block(&json!({"type": "thinking", "thinking": ["a", {"b": key}]})));
    let texts = vec![key, "plain".to_owned()];
    assert_eq!(Redactor::plain().clean(texts), ["[redacted:npm-token]", "plain"]);
}

#[test]
fn the_journal_s_own_json_is_left_whole() {
    let digest = "89abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567";
    let body = format!("{{\"secret\":\"{digest}\",\"token\":\"{digest}\",\"api_key\":\"k7Q{digest}\"}}");
    assert_eq!(Redactor::plain().json(&body), body);
    let key = format!("ghp_{}", "aB3".repeat(12));
    let clean = Redactor::plain().json(&format!("{{\"message\":\"no \\\"{key}\\\"\"}}")).into_owned();
    assert_eq!(
        serde_json::from_str::<Value>(&clean).unwrap(),
        json!({"message": "no \"[redacted:github-token]\""})
    );
}

#[test]
fn a_mark_is_known_by_its_form() {
    assert_eq!(mark_in("a [redacted:] b [redacted:github-token] c"), Some("github-token"));
    assert_eq!(mark_in("shown as [redacted:KIND], or [redacted:a b]"), None);
}
