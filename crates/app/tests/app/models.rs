//! What models there are and what they cost, and newer prices.

use std::path::PathBuf;

use expect_test::expect;
use serde_json::Value;

use crate::{Desk, Done};

const MINE: &str = "mine,family=qwen,provider=vllm,input=0.5,output=2,context_tokens=9000,output_tokens=900";

fn shipped() -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/data/models.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn json(done: &Done) -> Value {
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

fn names(desk: &Desk, args: &[&str]) -> Vec<String> {
    let args = [&["models", "--json"], args].concat();
    let rows = json(&desk.trireme(&args));
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn models_are_listed_and_filtered() {
    let desk = Desk::new();
    let all = names(&desk, &[]);
    assert!(all.len() > 140 && all.iter().any(|name| name == "ollama/gpt-oss:20b"), "{}", all.len());
    let haiku = [
        "--provider",
        "anthropic",
        "--seniority",
        "junior",
        "--capability",
        "tools",
        "--capability",
        "efforts",
    ];
    assert_eq!(names(&desk, &haiku), ["claude-haiku-5-5"]);
    assert_eq!(names(&desk, &["--family", "qwen", "--provider", "groq"]), ["groq/qwen/qwen3.8-27b"]);
    assert_eq!(names(&desk, &["--family", "qwen", "--provider", "vllm", "--model", MINE]), ["mine"]);
    assert!(names(&desk, &["--available"]).iter().all(|name| name.starts_with("ollama/")), "there is no key");
    let table = desk.trireme(&["models", "--provider", "groq"]).out;
    expect![[r#"
          model                         provider    in/M  out/M  context  answer  available  serves
          groq/llama-3.3-70b-versatile  groq       $0.59  $0.79  131k     32k     no key
          groq/openai/gpt-oss-120b      groq       $0.15  $0.60  131k     65k     no key     intern, mid
          groq/openai/gpt-oss-20b       groq      $0.075  $0.30  131k     65k     no key
          groq/qwen/qwen3.8-27b         groq       $0.80  $4.00  131k     16k     no key     junior
    "#]]
    .assert_eq(&table.lines().map(|line| format!("{}\n", &line[2..])).collect::<String>());
}

#[test]
fn a_model_is_explained_with_what_a_call_costs() {
    let desk = Desk::new();
    let done =
        desk.trireme(&["models", "show", "claude-haiku-5-5", "--prompt", "200000", "--answer", "1000"]);
    expect![[r#"
        claude-haiku-5-5: claude of anthropic, sent as claude-haiku-5-5
        serves: intern (low effort), junior (high effort)
        can: tools, structured, images, reasoning, efforts
        efforts: low, medium, high, xhigh, max
        context: 1000000 tokens, of which at most 128000 of an answer

        Dollars for a million tokens

          when    prompt        input  cache read  write 5m  write 1h  output
          always  any           $0.10       $0.01    $0.125     $0.20   $0.50
          always  above 100000  $0.50       $0.05    $0.625     $1.00   $2.50

        Each hosted search: $0.01
        Tokens bound to a region: 1.100 times that
        From genai-prices, models.dev, litellm, compared on 2026-11-20.

        A call of 200000 tokens in and 1000 out costs $0.1025 now. Before it $0.22275 are reserved: every token in the dearest class, with the surcharge of a region.
    "#]].assert_eq(&done.out);
    // 200,000 tokens at $0.50 and 1,000 at $2.50 for a million; bounded as one-hour cache writes, times 1.1.
    let shown = json(&desk.trireme(&["models", "show", "claude-haiku-5-5", "--prompt", "200000", "--json"]));
    assert_eq!(
        (&shown["call"]["cost_usd"], &shown["call"]["bound_usd"]),
        (&"0.1025".into(), &"0.22275".into())
    );
    let alias = json(&desk.trireme(&["models", "show", "claude-haiku-4-5-20251001", "--json"]));
    assert_eq!(alias["name"], "claude-haiku-4-5");
    let mine = json(&desk.trireme(&["models", "show", "mine", "--model", MINE, "--json"]));
    assert_eq!(mine["call"]["cost_usd"], "0.007");
    let lost = desk.trireme(&["models", "show", "mystery"]);
    assert_eq!((lost.code, lost.out.as_str()), (2, ""));
    assert!(
        lost.err.contains("there is no model \"mystery\"") && lost.err.contains("trireme models"),
        "{}",
        lost.err
    );
}

#[test]
fn newer_prices_are_checked_and_laid_over_the_built_in_ones() {
    let desk = Desk::new();
    let mut newer = shipped();
    newer["date"] = "2027-01-01".into();
    newer["models"]["claude-opus-5-5"]["tariff"][0]["rates"]["output"] = 15_000_000.into();
    let mut opus = newer["models"]["claude-opus-5-5"].clone();
    opus["id"] = "claude-opus-6".into();
    newer["models"]["claude-opus-6"] = opus;
    desk.file("newer.json", &newer.to_string());
    let update = |file: &str| desk.trireme(&["models", "update", "--file", &format!("../{file}")]);
    let done = update("newer.json");
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, "changed: claude-opus-5-5: output $20.00 → $15.00\nnew: claude-opus-6\n")
    );
    assert_eq!(
        names(&desk, &["--family", "claude", "--provider", "anthropic"]).last().unwrap(),
        "claude-sonnet-5-5"
    );
    let shown = json(&desk.trireme(&[
        "models",
        "show",
        "claude-opus-6",
        "--prompt",
        "0",
        "--answer",
        "1000",
        "--json",
    ]));
    assert_eq!(shown["call"]["cost_usd"], "0.015");
    assert_eq!(update("newer.json").out, "nothing changed\n");

    newer["date"] = "2026-12-31".into();
    desk.file("older.json", &newer.to_string());
    newer["date"] = "2027-01-02".into();
    newer["models"]["claude-opus-6"]["tariff"][0]["rates"]["input"] = 0.into();
    desk.file("free.json", &newer.to_string());
    desk.file("text.json", "prices!");
    for (file, told) in [
        ("older.json", "2027-01-01 are here already"),
        ("free.json", "claude-opus-6: a price of zero"),
        ("text.json", "no catalogue file"),
        ("none.json", "can't be read"),
    ] {
        let done = update(file);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{file}");
        assert!(done.err.contains(told) && done.err.contains("try: "), "{file}: {}", done.err);
    }
    assert_eq!(update("newer.json").out, "nothing changed\n", "what was refused left nothing behind");
}

#[test]
fn a_broken_layer_is_named_with_what_to_do() {
    let desk = Desk::new();
    desk.file(".config/trireme/models.json", "{}");
    let done = desk.trireme(&["models"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(
        done.err.contains("models.json: no catalogue file") && done.err.contains("try: remove it"),
        "{}",
        done.err
    );
    let wrong = Desk::new().trireme(&["plan", "x", "--budget", "1", "--model", "mine,input=1"]);
    assert!(wrong.code == 2 && wrong.err.contains("missing field"), "{}", wrong.err);
}
