//! Whether what a Reviewer quotes is there: in the differences that it was shown, or in a file of the results.

use trireme_core::CommitId;
use trireme_core::limits::{DIFF_LOOKED_BYTES, QUOTED_LINES};
use trireme_core::run::Ask;
use trireme_core::run::ask::ReviewerAsk;

use super::desks::Desk;
use super::{Trouble, World};
use crate::redaction::around_marks;

impl World {
    /// Marks the verdicts whose quotes are in what is judged.
    pub(super) async fn see_quotes(&self, desk: &Desk, asks: &mut [Ask]) -> Result<(), Trouble> {
        let Desk::Review { base, commits, .. } = desk else { return Ok(()) };
        for ask in asks {
            let Ask::Reviewer(ReviewerAsk::SubmitReview { verdicts, .. }) = ask else { continue };
            for verdict in verdicts {
                let lines = verdict.quote.as_deref().map(lines_of).unwrap_or_default();
                verdict.is_there = !lines.is_empty() && self.holds(base, commits, &lines).await?;
            }
        }
        Ok(())
    }

    async fn holds(&self, base: &CommitId, commits: &[CommitId], lines: &[&str]) -> Result<bool, Trouble> {
        for commit in commits {
            let diff = self.repo().diff(base, commit, DIFF_LOOKED_BYTES).await?;
            if lines.iter().all(|line| diff.contains(line)) {
                return Ok(true);
            }
        }
        let together = self.together(base, commits).await?;
        Ok(self.repo().has_lines(&together, lines).await?)
    }
}

/// The lines of a quote without what stands around them in a diff or a listing; none where it says nothing.
fn lines_of(quote: &str) -> Vec<&str> {
    // Whoever quotes was shown a mark where a secret stands: what is around it counts.
    let pieces = quote.lines().map(bare).flat_map(around_marks);
    let lines = pieces.filter(|line| !line.is_empty() && *line != "…" && *line != "...");
    let lines: Vec<_> = lines.take(QUOTED_LINES).collect();
    // A brace alone is in every file.
    if lines.iter().any(|line| line.chars().filter(|c| c.is_alphanumeric()).count() > 1) {
        lines
    } else {
        Vec::new()
    }
}

/// A line without the mark of a diff, the number of a listing, and the space around it.
fn bare(line: &str) -> &str {
    let line = line.trim();
    let line = line.strip_prefix(['+', '-', '>']).unwrap_or(line).trim_start();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = rest.len() < line.len();
    match rest.strip_prefix([':', '|', '\t']).or(rest.strip_prefix(" |")) {
        Some(text) if is_numbered => text.trim(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::lines_of;

    #[test]
    fn quotes_are_read_without_what_stands_around_them() {
        for (quote, expected) in [
            ("+    let a = 1;\n-    let b = 2;", vec!["let a = 1;", "let b = 2;"]),
            ("12: fn parse() {\n13:     todo", vec!["fn parse() {", "todo"]),
            ("12\tfn parse() {", vec!["fn parse() {"]),
            ("3 | x = y", vec!["x = y"]),
            ("{\n}\n", vec![]),
            ("  \n…\n", vec![]),
            ("404 not found", vec!["404 not found"]),
            ("+key = \"[redacted:aws]\"; // ours", vec!["key = \"", "\"; // ours"]),
            ("[redacted:aws]", vec![]),
        ] {
            assert_eq!(lines_of(quote), expected, "{quote:?}");
        }
    }
}
