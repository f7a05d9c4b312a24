use super::*;
use crate::words::Millis;

/// Dollars per million tokens as the makers' pages said on 2026-11-20: input, output, cache read, cache write for five
/// minutes and for an hour, context and longest answer in thousands. A dash is a price that nobody names.
const PAGES: &str = "
claude-fable-5-2        8     40    0.20   10     16    1000  -
claude-fable-5-1        10    50    0.25   12.5   20    1000  128
claude-opus-5-5         4     20    0.20   5      8     1000  128
claude-sonnet-5-5       2     10    0.10   2.5    4     1000  128
claude-haiku-5-5        0.10  0.50  0.01   0.125  0.20  1000  128
claude-haiku-4-5        1     5     0.10   1.25   2     200   64
gpt-6-astra             10    50    1.0    12.5   -     1050  128
gpt-6.1-sol             2     10    0.10   2.5    -     1050  128
gpt-6.1-terra           1     5     0.05   1.25   -     1050  128
gpt-6-luna              0.10  0.50  0.01   0.125  -     1050  128
gpt-5.3-codex           1.75  14    0.175  -      -     400   128
gemini-4-argon          2     10    0.10   -      -     1048  32
gemini-3.8-flash        0.75  3.75  0.075  -      -     1048  65
gemini-3.5-flash-lite   0.30  2.50  0.03   -      -     1048  65
deepseek-v4-pro         0.66  1.98  0.022  -      -     1048  393
deepseek-flash          0.15  0.60  0.003  -      -     1048  393
mistral-large-4         0.70  2.10  0.07   -      -     1048  262
mistral-small-latest    0.15  0.60  0.015  -      -     262   256
grok-4.7                2     6     0.50   -      -     500   500
kimi-k3.1-pro           2     10    0.20   2      4     1048  -
glm-5.3                 1.4   4.4   0.26   -      -     1000  131
glm-5.3-flash           0.15  0.50  0.03   -      -     1000  131
groq/qwen/qwen3.8-27b   0.80  4.0   -      -      -     131   16
groq/openai/gpt-oss-120b 0.15 0.60  0.075  -      -     131   65
groq/llama-3.3-70b-versatile 0.59 0.79 -   -      -     131   32
";
/// 2026-11-20, at noon: no hour of anybody's peak.
const NOON: Millis = Millis(1_795_176_000_000);
const HOUR_MS: u64 = 60 * 60 * 1_000;

fn file() -> CatalogueFile {
    CatalogueFile::built_in().unwrap()
}

fn at(name: &str, moment: Millis) -> Period {
    let span = crate::catalogue::Span::at(moment);
    let file = file();
    let periods = file.models[name].tariff.valid(span);
    periods.max_by_key(|period| period.rates.output).unwrap().clone()
}

fn dollars(text: &str) -> PicoPerToken {
    PicoPerToken::parse_per_million(text).unwrap()
}

#[test]
fn the_built_in_rows_say_what_the_pages_say() {
    for line in PAGES.lines().filter(|line| !line.is_empty()) {
        let [name, input, output, read, write, long, context, answer] =
            line.split_whitespace().collect::<Vec<_>>().try_into().unwrap();
        let rates = at(name, NOON).rates;
        let or_input = |text: &str| if text == "-" { dollars(input) } else { dollars(text) };
        assert_eq!((rates.input, rates.output), (dollars(input), dollars(output)), "{name}");
        assert_eq!((rates.cache_read, rates.cache_write), (or_input(read), or_input(write)), "{name}");
        let long = if long == "-" { rates.cache_write } else { dollars(long) };
        assert_eq!(rates.cache_write_1h, long, "{name}");
        let model = &file().models[name];
        assert_eq!((model.context_tokens / 1_000).abs_diff(context.parse().unwrap()) / 50, 0, "{name}");
        assert!(answer == "-" || model.output_tokens / 1_000 == answer.parse::<u64>().unwrap(), "{name}");
        assert!(model.capabilities.tools, "{name}");
    }
}

#[test]
fn long_prompts_reprice_the_whole_request() {
    let step = |name: &str| at(name, NOON).steps[0];
    let (luna, haiku, grok) = (step("gpt-6-luna"), step("claude-haiku-5-5"), step("grok-4.7"));
    assert_eq!((haiku.above, luna.above, grok.above), (100_000, 272_000, 199_999));
    for (rates, plain, tenths_in, tenths_out) in [
        (haiku.rates, at("claude-haiku-5-5", NOON).rates, 50, 50),
        (luna.rates, at("gpt-6-luna", NOON).rates, 20, 15),
        (grok.rates, at("grok-4.7", NOON).rates, 20, 20),
    ] {
        assert_eq!(rates.output.0 * 10, plain.output.0 * tenths_out);
        for (dear, plain) in [
            (rates.input, plain.input),
            (rates.cache_read, plain.cache_read),
            (rates.cache_write, plain.cache_write),
            (rates.cache_write_1h, plain.cache_write_1h),
        ] {
            assert_eq!(dear.0 * 10, plain.0 * tenths_in);
        }
    }
    for (name, model) in file().models {
        let tiered = name.starts_with("gpt-6") || name.starts_with("gpt-5.6");
        assert!(!tiered || at(&name, NOON).steps.len() == 1, "{name}");
        assert!(!model.tariff.periods().is_empty());
    }
}

#[test]
fn the_hour_and_the_day_count() {
    for (hour, dear) in [(0, false), (1, true), (3, true), (4, false), (6, true), (9, true), (10, false)] {
        let moment = Millis(NOON.0 + (12 + hour) * HOUR_MS);
        let factor = if dear { 2 } else { 1 };
        assert_eq!(at("deepseek-v4-pro", moment).rates.output.0, dollars("1.98").0 * factor, "{hour}");
        assert_eq!(at("deepseek-flash", moment).rates.cache_read.0, dollars("0.003").0 * factor, "{hour}");
    }
    let december = Millis(NOON.0 + 11 * 24 * HOUR_MS);
    assert_eq!(at("gemini-4-argon", december).rates.output, dollars("20"));
    assert_eq!(at("mistral-large-4", Millis(NOON.0 - 25 * 24 * HOUR_MS)).rates.input, dollars("1.36"));
}

#[test]
fn regions_and_searches_have_their_price() {
    for (name, model) in file().models {
        let period = at(&name, NOON);
        let geo = if model.provider == "anthropic" { 1_100 } else { 1_000 };
        assert_eq!(period.geo_permille, geo, "{name}");
        assert!(model.provider != "anthropic" || period.search_fee == Money::cents(1), "{name}");
    }
}

#[test]
fn every_row_has_sources_and_the_great_makers_have_several() {
    let file = file();
    assert!(file.models.len() >= 140, "{}", file.models.len());
    for provider in [
        "anthropic",
        "openai",
        "google",
        "deepseek",
        "mistral",
        "xai",
        "moonshot",
        "zai",
        "groq",
        "openrouter",
    ] {
        assert!(file.models.values().any(|model| model.provider == provider), "{provider}");
    }
    for (name, model) in &file.models {
        let vouched = model.provenance.sources.len();
        assert!(vouched >= 2 && model.provenance.verified_at == file.date, "{name}");
        let prefix = format!("{}/", model.provider);
        let is_resold = ["groq", "openrouter"].contains(&model.provider.as_str());
        assert_eq!(name.strip_prefix(&prefix).unwrap_or(name), model.id);
        assert_eq!(name.starts_with(&prefix), is_resold, "{name}");
    }
}

fn changed(change: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut file = file();
    file.models.retain(|name, _| name == "claude-opus-5-5" || name == "claude-haiku-4-5");
    let mut value = serde_json::to_value(file).unwrap();
    change(&mut value);
    CatalogueFile::read(&value.to_string()).map_or_else(|error| error.to_string(), |_| "fine".to_owned())
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let opus = |file: &mut serde_json::Value, at: &str, value: serde_json::Value| {
        *file["models"]["claude-opus-5-5"].pointer_mut(at).unwrap() = value;
    };
    assert_eq!(changed(|_| ()), "fine");
    for (at, value, told) in [
        ("/tariff/0/rates/input", 0.into(), "a price of zero"),
        ("/tariff/0/rates/output", 20_000_000_000_u64.into(), "more than $10,000"),
        ("/tariff/0/rates/input", 0.5.into(), "no catalogue file"),
        ("/tariff/0/rates/input", (-1).into(), "no catalogue file"),
        ("/tariff/0/geo_permille", 900.into(), "at least 1000"),
        ("/tariff/0/geo_permille", 20_000.into(), "ten times"),
        ("/tariff/0/search_fee", 20_000_000_000_u64.into(), "a fee of more than"),
        ("/tariff", serde_json::json!([]), "no price at all"),
        ("/context_tokens", 0.into(), "context_tokens"),
        ("/provider", "a b".into(), "words"),
        ("/provenance/sources", serde_json::json!(["hearsay"]), "names sources"),
        ("/provenance/sources", serde_json::json!([]), "names sources"),
        ("/provenance/verified_at", "today".into(), "the day"),
        ("/id", "".into(), "words"),
    ] {
        let said = changed(|file| opus(file, at, value));
        assert!(said.contains(told), "{at}: {said}");
    }
    for (field, value, told) in [
        ("format", 2.into(), "format 2"),
        ("date", "20.11.2026".into(), "2026-11-20"),
        ("models", serde_json::json!({}), "between one row"),
        ("colour", 1.into(), "unknown field"),
    ] {
        let said = changed(|file| file[field] = value);
        assert!(said.contains(told), "{field}: {said}");
    }
    let twice = changed(|file| {
        file["models"]["claude-opus-5-5"]["aliases"] = serde_json::json!(["claude-haiku-4-5"])
    });
    assert!(twice.contains("two rows"), "{twice}");
}

#[test]
fn an_older_file_is_not_laid_over_a_newer_one() {
    let (here, mut other) = (file(), file());
    assert_eq!(other.check_newer_than(&here), Ok(()));
    other.date = "2026-11-19".to_owned();
    let told = other.check_newer_than(&here).unwrap_err().to_string();
    assert!(told.contains("2026-11-19") && told.contains(&here.date), "{told}");
}
