//! How many tokens a request can have at most.
//!
//! A tokenizer that works on bytes never makes more tokens of a text than it has bytes. But some bring the text into a
//! normal form first (NFKC), and that can be longer: of the three bytes of `ﷺ` it makes thirty-three, and a tokenizer that
//! was measured fifteen tokens. So what counts is the longer of the two forms.

use memchr::memmem;
use unicode_normalization::UnicodeNormalization;

/// `\ufdfa` in a body.
const ESCAPE_BYTES: usize = 6;

/// Bytes of a body of JSON, or of its normal form where that is longer: never fewer than a tokenizer makes tokens of it.
#[must_use]
pub fn weight(body: &[u8]) -> u64 {
    let weight = body.len().saturating_add(grown(body)).saturating_add(escaped(body));
    u64::try_from(weight).unwrap_or(u64::MAX)
}

/// By how much the normal form is longer.
fn grown(body: &[u8]) -> usize {
    if body.is_ascii() {
        return 0;
    }
    let text = String::from_utf8_lossy(body);
    text.nfkc().map(char::len_utf8).sum::<usize>().saturating_sub(body.len())
}

/// By how much the normal forms of escaped characters are longer than their escapes. Two halves of a pair are twelve
/// bytes, and no normal form of one character beyond them is longer.
fn escaped(body: &[u8]) -> usize {
    let escapes = memmem::find_iter(body, b"\\u").filter_map(|at| body.get(at + 2..at + ESCAPE_BYTES));
    escapes.filter_map(letter).map(|letter| bytes(letter).saturating_sub(ESCAPE_BYTES)).sum()
}

fn letter(digits: &[u8]) -> Option<char> {
    let digits = std::str::from_utf8(digits).ok()?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

fn bytes(letter: char) -> usize {
    std::iter::once(letter).nfkc().map(char::len_utf8).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_weighs_its_bytes() {
        for text in
            ["", "{\"a\": \"plain\\n\"}", "naïve café", "日本語", "😀 👩‍👩‍👧", "\\u00e9 \\\\u \\uZZZZ \\u1"]
        {
            assert_eq!(weight(text.as_bytes()), text.len() as u64, "{text}");
        }
        assert_eq!(weight(&[0xff, b'a', 0xc3]), 7, "what is no text is read as signs for that");
    }

    #[test]
    fn what_a_normal_form_lengthens_weighs_more() {
        assert_eq!(weight("ﷺ".as_bytes()), 33);
        assert_eq!(weight(b"\\ufdfa"), 33);
        assert_eq!(weight("½".as_bytes()), 5);
        assert_eq!(weight("e\u{323}\u{301} ".repeat(9).as_bytes()), 54);
    }

    #[test]
    fn no_letter_that_is_escaped_as_a_pair_outgrows_it() {
        let beyond = ('\u{10000}'..=char::MAX).map(bytes).max().unwrap();
        assert!(beyond <= 2 * ESCAPE_BYTES, "{beyond}");
    }
}
