//! One statement that only reads. SQLite itself writes nothing where it is asked, so this is about what reads elsewhere
//! (ATTACH), steers the connection (PRAGMA), or hides behind a first statement; and about saying so in a sentence.

use crate::error::EngineError;

/// What a statement that reads begins with.
const READS: [&str; 4] = ["select", "with", "values", "explain"];

/// Refuses what is not exactly one statement that reads.
///
/// # Errors
/// Where there is none, another one, or more than one.
pub(super) fn check(query: &str) -> Result<(), EngineError> {
    let mut tokens = Tokens(query);
    let first = tokens.next().map(str::to_ascii_lowercase).unwrap_or_default();
    if !READS.contains(&first.as_str()) {
        let what =
            if first.is_empty() { "there is no query".to_owned() } else { format!("{first:?} is refused") };
        return Err(EngineError::usage(format!("{what}: only SELECT, WITH, VALUES and EXPLAIN are asked"))
            .hint("trireme sql \"SELECT manager, step, cost FROM steps ORDER BY checkpoint\""));
    }
    let mut after = tokens.skip_while(|token| *token != ";").skip(1);
    match after.find(|token| *token != ";") {
        Some(token) => {
            Err(EngineError::usage(format!("one statement at a time: {token:?} begins another one")))
        }
        None => Ok(()),
    }
}

/// The words and signs of a query, without blanks and comments. Whatever is quoted is one of them, as in SQLite.
struct Tokens<'q>(&'q str);

impl<'q> Iterator for Tokens<'q> {
    type Item = &'q str;

    fn next(&mut self) -> Option<&'q str> {
        loop {
            self.0 = self.0.trim_start();
            let comment = match self.0.get(..2) {
                Some("--") => self.0.find('\n').map(|end| end + 1),
                Some("/*") => self.0.get(2..).and_then(|rest| rest.find("*/")).map(|end| end + 4),
                Some(_) | None => break,
            };
            self.0 = comment.and_then(|end| self.0.get(end..)).unwrap_or_default();
        }
        let (token, rest) = self.0.split_at_checked(length(self.0)?)?;
        self.0 = rest;
        Some(token)
    }
}

/// The length of the first token; none at the end.
fn length(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let closing = match first {
        '\'' | '"' | '`' => first,
        '[' => ']',
        _ => return Some(plain(text, first)),
    };
    let inside = text.get(1..)?.find(closing);
    // What is never closed goes to the end; SQLite says so itself.
    Some(inside.map_or(text.len(), |end| end + 2))
}

/// The length of a word or a sign.
fn plain(text: &str, first: char) -> usize {
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let word = text.find(|letter| !in_word(letter)).unwrap_or(text.len());
    if word == 0 { first.len_utf8() } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_that_reads_is_taken() {
        for query in [
            "SELECT 1",
            " select 1 ; ; -- done",
            "-- first\n/* ; */ WITH a AS (SELECT ';' AS \"a;\", [b;c] FROM x) SELECT * FROM a;",
            "VALUES(1)",
            "EXPLAIN QUERY PLAN SELECT 'it''s; here' FROM events",
            "SELECT '--', '/*'",
            "SELECT 'never closed; DROP",
        ] {
            assert!(check(query).is_ok(), "{query}");
        }
    }

    #[test]
    fn whatever_else_is_refused() {
        for query in [
            "",
            ";",
            " -- nothing",
            "/* SELECT 1",
            "ATTACH 'x.db' AS x",
            "PRAGMA query_only = 0",
            "DELETE FROM line",
            "-- a\nattach 'x.db' AS x",
            "SELECT 1; ATTACH 'x.db' AS x",
            "SELECT ';'; PRAGMA query_only = 0",
            "SELECT 1 -- ;\n; DELETE FROM line",
            "SELECT 1 /* */; /* */ DELETE FROM line",
            "SELECT 'a''; ' ; VACUUM INTO 'x'",
            "SELECT é; DELETE FROM line",
            "é",
        ] {
            let error = check(query).unwrap_err();
            assert_eq!(error.kind, crate::error::Kind::Usage, "{query}: {error}");
        }
    }
}
