//! Pieces of a page, and the three forms in which they are written: text, Markdown, HTML.

/// A piece of a page.
pub(super) enum Block {
    /// A heading: 1 for the page, 2 for its parts.
    Heading(u8, String),
    /// A paragraph.
    Text(String),
    /// A table, each row as long as its head.
    Table {
        /// Names of the columns.
        head: Vec<&'static str>,
        /// Cells.
        rows: Vec<Vec<String>>,
    },
}

/// How much of a cell a terminal shows, in characters.
const CELL_CHARS: usize = 64;

/// For a terminal: aligned columns, no signs of any markup.
pub(super) fn text(blocks: &[Block]) -> String {
    let mut out = String::new();
    let mut after_table = false;
    for block in blocks {
        let is_table = matches!(block, Block::Table { .. });
        if after_table && (is_table || matches!(block, Block::Text(_))) {
            out.push('\n');
        }
        after_table = is_table;
        match block {
            Block::Heading(1, words) => out.push_str(&format!("{words}\n")),
            Block::Heading(_, words) => out.push_str(&format!("\n{words}\n")),
            Block::Text(words) => words.lines().for_each(|line| out.push_str(&format!("{line}\n"))),
            Block::Table { head, rows } => out.push_str(&table(head, rows)),
        }
    }
    out
}

/// A table with aligned columns, indented by two; amounts and numbers stand to the right.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| one_line(cell, CELL_CHARS)).collect()).collect();
    let column = |index: usize| [&head].into_iter().chain(&rows).filter_map(move |row| row.get(index));
    let widths: Vec<usize> = (0..head.len())
        .map(|index| column(index).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let numeric: Vec<bool> = (0..head.len())
        .map(|index| rows.iter().filter_map(|row| row.get(index)).all(|cell| is_number(cell)))
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).zip(&numeric).map(|((cell, width), right)| {
            if *right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let cells: Vec<_> = cells.collect();
        format!("  {}\n", cells.join("  ").trim_end())
    };
    [&head].into_iter().chain(&rows).map(line).collect()
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_suffix(" %").or_else(|| cell.strip_prefix('$')).unwrap_or(cell);
    digits.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ',' | '–'))
}

fn one_line(cell: &str, most: usize) -> String {
    let line = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let kept: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// For a file that people and forges read.
pub(super) fn markdown(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Heading(rank, words) => {
                out.push_str(&format!("{} {}\n\n", "#".repeat(usize::from(*rank)), plain(words)));
            }
            Block::Text(words) => {
                let lines: Vec<_> = words.lines().map(plain).collect();
                out.push_str(&format!("{}\n\n", lines.join("  \n")));
            }
            Block::Table { head, rows } => {
                out.push_str(&format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len())));
                for row in rows {
                    let cells: Vec<_> = row.iter().map(|cell| plain(&cell.replace('\n', " "))).collect();
                    out.push_str(&format!("| {} |\n", cells.join(" | ")));
                }
                out.push('\n');
            }
        }
    }
    out
}

/// Words that mean nothing to Markdown.
fn plain(words: &str) -> String {
    let special = |letter: char| "\\`*_[]<>#|$".contains(letter);
    words.chars().flat_map(|letter| special(letter).then_some('\\').into_iter().chain([letter])).collect()
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}\
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem;font-size:.9rem}\
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d8dee4}\
th{border-bottom-width:2px}td{font-variant-numeric:tabular-nums}h2{margin-top:2rem}p{white-space:pre-line}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}}";

/// A page that stands by itself: no script, nothing from elsewhere.
pub(super) fn html(title: &str, blocks: &[Block]) -> String {
    let body: String = blocks.iter().map(html_block).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n<body>\n{body}</body>\n</html>\n",
        escaped(title)
    )
}

fn html_block(block: &Block) -> String {
    match block {
        Block::Heading(rank, words) => format!("<h{rank}>{}</h{rank}>\n", escaped(words)),
        Block::Text(words) => format!("<p>{}</p>\n", escaped(words)),
        Block::Table { head, rows } => {
            let heads: String =
                head.iter().map(|name| format!("<th scope=\"col\">{}</th>", escaped(name))).collect();
            let row = |row: &Vec<String>| {
                let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
                format!("<tr>{cells}</tr>\n")
            };
            let rows: String = rows.iter().map(row).collect();
            format!("<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
        }
    }
}

fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
