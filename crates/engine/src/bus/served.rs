//! Whether the model that answered is the one that was asked.
//!
//! Providers answer with more words than they were asked with: a date, a number of the build, or their own prefix. None
//! of these is another model; every other difference is.

/// Whether `served` names the model that was asked for as `asked`.
#[must_use]
pub(crate) fn is_same_model(asked: &str, served: &str) -> bool {
    let (asked, served) = (asked.to_lowercase(), served.to_lowercase());
    let (short_asked, short_served) = (bare(&asked), bare(&served));
    is_snapshot(short_asked, short_served)
        || is_snapshot(short_asked.strip_suffix("-latest").unwrap_or(short_asked), short_served)
        || asked.contains('/') && parts(short_asked) == parts(undated(short_served))
}

/// Without prefixes such as `models/` and `openai/`, and without a variant of a reseller such as `:free`.
fn bare(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    [":free", ":nitro", ":floor", ":latest"]
        .iter()
        .find_map(|variant| name.strip_suffix(variant))
        .unwrap_or(name)
}

/// The name itself, or that name with a date or a build's number.
fn is_snapshot(asked: &str, served: &str) -> bool {
    match served.strip_prefix(asked) {
        Some("") => !asked.is_empty(),
        Some(suffix) => !asked.is_empty() && suffix.strip_prefix('-').is_some_and(is_date),
        None => false,
    }
}

/// `20261001`, `2026-10-01`, `2610` and `001`.
fn is_date(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        3 => digits && text.starts_with('0'),
        4 | 8 => digits,
        10 => {
            text.split('-').map(str::len).eq([4, 2, 2])
                && text.bytes().filter(u8::is_ascii_digit).count() == 8
        }
        _ => false,
    }
}

fn undated(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((stem, date)) if date.len() == 8 && is_date(date) => stem,
        _ => name,
    }
}

/// The words of a name in any order, and its numbers in their own: resellers say `claude-4.5-sonnet` for
/// `claude-sonnet-4.5`.
fn parts(name: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut words, numbers): (Vec<_>, Vec<_>) =
        name.split('-').partition(|part| part.bytes().any(|byte| byte.is_ascii_alphabetic()));
    words.sort_unstable();
    (words, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_or_a_prefix_is_no_other_model() {
        for (asked, served) in [
            ("claude-x", "claude-x"),
            ("claude-x", "claude-x-20261001"),
            ("gpt-6.1-sol", "gpt-6.1-sol-2026-10-01"),
            ("mistral-small-latest", "mistral-small-2603"),
            ("gemini-3.8-flash", "models/gemini-3.8-flash-001"),
            ("openai/gpt-6.1-sol", "gpt-6.1-sol"),
            ("meta-llama/Llama-3.3-70B:free", "meta-llama/llama-3.3-70b"),
            ("anthropic/claude-sonnet-4.5", "anthropic/claude-4.5-sonnet-20260929"),
            ("gpt-oss", "gpt-oss:latest"),
        ] {
            assert!(is_same_model(asked, served), "{asked} {served}");
        }
    }

    #[test]
    fn every_other_difference_is_another_model() {
        for (asked, served) in [
            ("claude-x", "claude-x-mini"),
            ("claude-x", "claude-x-2026100"),
            ("claude-x-20261001", "claude-x"),
            ("claude-x", ""),
            ("", "claude-x"),
            ("", ""),
            ("claude-opus-4", "claude-opus-4-5"),
            ("openrouter/claude-opus-4-5", "claude-opus-5-4"),
            ("gpt-oss:20b", "gpt-oss:120b"),
            ("gpt-6.1-sol", "gpt-6.1-sol-2026-1-01x"),
        ] {
            assert!(!is_same_model(asked, served), "{asked} {served}");
        }
    }
}
