//! A line of the log as it stands in its file: the event in JSON, and at its end the link to the line before.
//!
//! ```text
//! {"seq":2,…,"link":"<sha256 of the link before and of this line without its own link>"}
//! ```

use serde::Serialize;
use trireme_core::Digest;

/// What the first line is linked to.
pub(super) const START: Digest = Digest::from_bytes([0; 32]);

/// Before the link, which ends the line.
const BEFORE: &str = ",\"link\":\"";
const AFTER: &str = "\"}";

/// The link of a line: the SHA-256 of the digits of the one before, and of the line without a link.
pub(super) fn link(before: &Digest, body: &str) -> Digest {
    Digest::of([before.to_string().as_bytes(), body.as_bytes()].concat().as_slice())
}

/// A value as the text that is linked.
pub(super) fn body(line: &impl Serialize) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

/// The line with its link and its end.
pub(super) fn linked(body: &str, link: &Digest) -> String {
    format!("{}{BEFORE}{link}{AFTER}\n", body.strip_suffix('}').unwrap_or(body))
}

/// What was linked, and the link, out of a line without its end; none where it is not to the byte as we write it.
pub(super) fn parted(line: &str) -> Option<(String, Digest)> {
    let (body, digits) = line.strip_suffix(AFTER)?.rsplit_once(BEFORE)?;
    let link: Digest = digits.parse().ok()?;
    (link.to_string() == digits).then(|| (format!("{body}}}"), link))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_parted_into_what_was_linked() {
        let body = body(&serde_json::json!({"seq": 1, "detail": "a \"link\":\" and more"}));
        let line = linked(&body, &link(&START, &body));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap()["seq"], 1);
        assert_eq!(parted(line.trim_end()), Some((body.clone(), link(&START, &body))));
        let shouted = line.trim_end().replace(&link(&START, &body).to_string(), &"AB".repeat(32));
        for wrong in ["", "{}", &shouted, "{\"link\":\"00\"}", line.trim_end().trim_end_matches('}')] {
            assert_eq!(parted(wrong), None, "{wrong}");
        }
    }
}
