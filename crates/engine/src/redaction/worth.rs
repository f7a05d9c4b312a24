//! Whether what stands where a secret belongs is one, or a placeholder, a name or a piece of code.

/// Says whether a value is worth hiding.
pub(super) type Worth = fn(&str) -> bool;

pub(super) fn always(_: &str) -> bool {
    true
}

/// The keys of documentation end so.
pub(super) fn no_example(value: &str) -> bool {
    !value.to_ascii_uppercase().contains("EXAMPLE")
}

/// A login that everybody knows: the password is the name, or says of itself that it is one.
pub(super) fn no_usual_login(login: &str) -> bool {
    let (name, password) = login.split_once(':').unwrap_or(("", login));
    password != name && !is_placeholder(password)
}

/// A value of a variable that is named like a secret.
pub(super) fn looks_secret(value: &str) -> bool {
    !is_placeholder(value) && !is_code(value) && has_letters_and_digits(value) && entropy(value) >= 2.5
}

/// A value beside a word for secrets, in whatever text: it has to look random.
pub(super) fn looks_random(value: &str) -> bool {
    looks_secret(value) && entropy(value) >= if value.len() < 16 { 2.8 } else { 3.3 }
}

fn is_placeholder(value: &str) -> bool {
    const WORDS: [&str; 15] = [
        "example",
        "changeme",
        "change_me",
        "change-me",
        "placeholder",
        "password",
        "passwort",
        "secret",
        "your",
        "dummy",
        "xxxx",
        "****",
        "redacted",
        "todo",
        "none",
    ];
    let lower = value.to_ascii_lowercase();
    let is_template =
        value.starts_with(['$', '%', '{', '<', '[']) || value.contains("${") || value.contains("{{");
    is_template || WORDS.iter().any(|word| lower.contains(word))
}

/// Names with dots, double colons or slashes between them, and calls.
fn is_code(value: &str) -> bool {
    let is_name = |part: &str| {
        let mut letters = part.chars();
        letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && part.len() < 24
    };
    let parts: Vec<_> = value.split(['.', '/', ':']).filter(|part| !part.is_empty()).collect();
    value.contains('(') || (parts.len() > 1 && parts.into_iter().all(is_name))
}

fn has_letters_and_digits(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit()) && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Bits for each byte, by how often each comes (Shannon).
fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = value.len() as f64;
    let bits = |count: u32| {
        let share = f64::from(count) / length;
        -share * share.log2()
    };
    counts.into_iter().filter(|count| *count > 0).map(bits).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_names_and_code_are_no_secrets() {
        for value in [
            "changeme123",
            "your-api-key-1",
            "${TOKEN}",
            "{{ secret1 }}",
            "config.api_key2",
            "os.environ2.get",
            "Settings::key1",
            "src/keys/api1",
            "aaaaaaaa1",
            "password123",
            "onlyletters",
            "1234567890123456",
            "f(x1)",
        ] {
            assert!(!looks_secret(value) || !looks_random(value), "{value}");
        }
        for value in ["hunter2x9Q", "8f3kd02ld9s0w1mz", "p4ssw0rd!Q7z", "Zm9vYmFyMTIzNDU2Nzg5MA=="] {
            assert!(looks_secret(value), "{value}");
        }
        assert!(looks_random("8f3kd02ld9s0w1mzq7") && looks_random("Zm9vYmFyMTIzNDU2Nzg5MA=="));
        assert!(
            !no_usual_login("postgres:postgres")
                && !no_usual_login("root:$PASS")
                && no_usual_login("root:s3cret-9")
        );
    }
}
