//! Which providers there are, what each one's key comes from, and that a project's own file gets at none.

use super::*;
use crate::settings::Settings;

fn declared(text: &str) -> Declarations {
    toml::from_str(text).unwrap()
}

fn providers(text: &str, environment: &[(&str, &str)]) -> Providers {
    resolve(&settings(declared(text), environment, "/nowhere".into()))
}

fn settings(providers: Declarations, environment: &[(&str, &str)], home: PathBuf) -> Settings {
    let value = |name: &str| {
        environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    Settings {
        state: PathBuf::new(),
        path: "".into(),
        home,
        passed: Vec::new(),
        environment: Environment::of(&variables(&providers), value),
        providers,
        prices: None,
        declared: Default::default(),
        deadlines: Default::default(),
        stakes: Default::default(),
        setups: Vec::new(),
        scope: trireme_core::Scope::all(),
        lent: Vec::new(),
        servers: Vec::new(),
        servers_left_out: Vec::new(),
        roles: None,
        sandbox: crate::sandbox::SandboxSettings::of("none", &[]),
        owner_key: crate::vault::KeyPlace::Own(PathBuf::new()),
        secrets: Vec::new(),
        patterns: Vec::new(),
        retention: Vec::new(),
    }
}

fn usable(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let told = |provider: Provider| {
        let key = provider.key.map(|key| key.header("").to_str().unwrap().to_owned());
        format!("{} {} {} {}", provider.name, provider.wire, provider.base_url, key.unwrap_or_default())
    };
    providers(text, environment).usable().into_iter().map(told).collect()
}

#[test]
fn a_key_in_the_environment_is_enough() {
    assert_eq!(usable("", &[]), Vec::<String>::new());
    for (variable, expected) in [
        ("ANTHROPIC_API_KEY", "anthropic anthropic-messages https://api.anthropic.com k"),
        ("OPENAI_API_KEY", "openai openai-responses https://api.openai.com/v1 k"),
        ("GEMINI_API_KEY", "google gemini https://generativelanguage.googleapis.com/v1beta k"),
        ("GROQ_API_KEY", "groq openai-chat https://api.groq.com/openai/v1 k"),
    ] {
        assert_eq!(usable("", &[(variable, " k\n")]), [expected]);
    }
}

#[test]
fn an_address_in_the_environment_counts_and_only_loopback_does_without_a_key() {
    assert_eq!(
        usable("", &[("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")]),
        ["openai openai-responses http://127.0.0.1:1/v1 "]
    );
    assert_eq!(usable("", &[("OPENAI_BASE_URL", "http://proxy.example/v1")]), Vec::<String>::new());
    for (host, base_url) in [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        (":8000", "http://127.0.0.1:8000"),
        ("http://localhost:1/", "http://localhost:1"),
    ] {
        assert_eq!(usable("", &[("OLLAMA_HOST", host)]), [format!("ollama ollama {base_url} ")]);
    }
    assert_eq!(usable("[ollama]\nconcurrency = 1", &[]), ["ollama ollama http://127.0.0.1:11434 "]);
}

#[test]
fn a_declared_provider_has_its_own_wire_address_and_key() {
    let text = "[lab]\nwire = \"openai-chat\"\nbase_url = \"https://lab.example/v1\"\nkey_env = \"LAB\"\n\
        requests_per_minute = 60\ntokens_per_minute = 1000\nconcurrency = 4";
    assert_eq!(usable(text, &[("LAB", "k")]), ["lab openai-chat https://lab.example/v1 k"]);
    let all = providers(text, &[]);
    let lab = all.all.iter().find(|source| source.name == "lab").unwrap();
    assert!(matches!(lab.key, Key::Missing) && lab.usable().is_none());
    assert_eq!(lab.limits.requests_per_minute, Some(60));
    assert!(all.obstacle().unwrap().contains("there is no key for lab"));
    for name in ["LAB", "OPENAI_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_AUTH_TOKEN"] {
        assert!(all.key_variables().contains(&name.to_owned()), "{name}");
    }
    let own = "[openai]\nkey_env = \"MINE\"";
    let both = [("MINE", "mine"), ("OPENAI_API_KEY", "usual")];
    assert_eq!(usable(own, &both), ["openai openai-responses https://api.openai.com/v1 mine"]);
    let moved =
        [("MINE", "mine"), ("OPENAI_API_KEY", "virtual"), ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")];
    assert_eq!(usable(own, &moved), ["openai openai-responses http://127.0.0.1:1/v1 virtual"]);
}

#[test]
fn a_key_file_is_read_below_the_home_and_refused_with_what_to_type() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key");
    std::fs::write(&path, "sk-secret\n").unwrap();
    let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    let found =
        |text: &str| resolve(&settings(declared(text), &[("OPENAI_API_KEY", "usual")], home.path().into()));
    set(0o600);
    let good = found("[openai]\nkey_file = \"~/key\"").usable().remove(0);
    assert_eq!(good.key.unwrap().header(""), "sk-secret");
    set(0o644);
    let bad = found("[openai]\nkey_file = \"~/key\"");
    assert!(bad.usable().is_empty(), "a refused key is not replaced by another");
    let why = bad.obstacle().unwrap();
    assert!(why.contains("chmod 600") && !why.contains("sk-secret"), "{why}");
    assert!(found("[openai]\nkey_file = \"key\"").obstacle().unwrap().contains("the whole path"));
}

#[test]
fn without_a_keyring_the_file_is_named() {
    // Where tests run there is no entry of that name, if there is a keyring at all.
    let found =
        providers("[openai]\nkey_keyring = \"trireme-no-such-entry\"", &[("OPENAI_API_KEY", "usual")]);
    let why = found.obstacle().unwrap();
    assert!(why.contains("key_file") || why.contains("secret-tool store"), "{why}");
    assert!(found.usable().is_empty());
}

#[test]
fn layers_add_up_and_a_key_replaces_a_key() {
    let mut all = declared("[lab]\nwire = \"gemini\"\nkey_file = \"/k\"\nconcurrency = 2");
    overlay(&mut all, declared("[lab]\nbase_url = \"http://127.0.0.1:1\"\nkey_env = \"LAB\""));
    let lab = all.get("lab").unwrap();
    assert_eq!((lab.wire, lab.concurrency), (Some(Wire::Gemini), Some(2)));
    assert_eq!((lab.key_env.as_deref(), lab.key_file.as_deref()), (Some("LAB"), None));
    check(&all).unwrap();
    for (text, words) in [
        ("[lab]\nwire = \"gemini\"", "base_url"),
        ("[lab]\nbase_url = \"http://127.0.0.1:1\"", "openai-chat"),
        ("[openai]\nkey_env = \"A\"\nkey_file = \"/b\"", "give one of"),
        ("[openai]\nconcurrency = 0", "at least 1"),
    ] {
        assert!(check(&declared(text)).unwrap_err().to_string().contains(words), "{text}");
    }
}

#[test]
fn a_project_s_file_gets_at_no_key() {
    for text in [
        "[openai]\nkey_env = \"HOME\"",
        "[openai]\nkey_file = \"~/.ssh/id_ed25519\"",
        "[lab]\nkey_keyring = \"openai\"",
        "[openai]\nbase_url = \"https://collect.example/v1\"",
        "[openai]\nbase_url = \"http://127.0.0.1.collect.example/v1\"",
        "[openai]\nbase_url = \"nonsense\"",
    ] {
        assert!(of_project(declared(text)).is_err(), "{text}");
    }
    let here = "[openai]\nbase_url = \"http://127.0.0.1:1/v1\"\n[groq]\nrequests_per_minute = 5";
    let mut all = declared("[openai]\nkey_env = \"MINE\"");
    overlay(&mut all, of_project(declared(here)).unwrap());
    let environment = [
        ("MINE", "k"),
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", "https://a.example"),
        ("GROQ_API_KEY", "g"),
    ];
    let found = resolve(&settings(all, &environment, PathBuf::new())).usable();
    let told: Vec<_> = found
        .iter()
        .map(|provider| (provider.name.as_str(), provider.base_url.as_str(), provider.key.is_some()))
        .collect();
    assert_eq!(
        told,
        [("groq", "https://api.groq.com/openai/v1", true), ("openai", "http://127.0.0.1:1/v1", false)]
    );
}

#[test]
fn nothing_shows_a_key_or_a_password() {
    let settings = settings(
        declared("[openai]\nbase_url = \"https://anna:hunter2@proxy.example/v1\""),
        &[("OPENAI_API_KEY", "sk-secret"), ("GROQ_API_KEY", "sk-secret with blanks")],
        PathBuf::new(),
    );
    let found = resolve(&settings);
    let shown = format!("{found:?} {:?} {:?}", settings.environment, found.obstacle());
    assert!(!shown.contains("sk-secret") && !shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("OPENAI_API_KEY"));
}
