//! The export: more rows than one page of it, and a reader that goes away.

use std::io::{self, Write};

use reports::columns::COLUMNS;
use reports::router::{App, Request, handle};
use reports::store::Store;

fn export(rows: u64, query: &str, out: &mut dyn Write) -> io::Result<()> {
    let app = App {
        store: Store::synthetic(rows),
        today: "2026-11-20".to_owned(),
    };
    handle(
        &app,
        &Request {
            method: "GET",
            path: "/reports/sales/export.csv",
            query,
        },
        out,
    )
}

fn ids(rows: u64, query: &str) -> Vec<u64> {
    let mut out = Vec::new();
    export(rows, query, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let (_, csv) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = csv.split_terminator("\r\n");
    assert_eq!(lines.next().unwrap().split(',').count(), COLUMNS.len());
    lines
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn every_row_comes_once_whatever_the_number_of_pages() {
    for rows in [0, 1, 499, 500, 501, 1_000, 1_234] {
        assert_eq!(ids(rows, ""), (1..=rows).collect::<Vec<_>>());
    }
}

#[test]
fn filters_hold_across_pages() {
    let open: Vec<u64> = (1..=4_000).filter(|id| id / 2 % 3 == 0).collect();
    assert_eq!(ids(4_000, "status=open"), open);
}

#[test]
fn a_reader_that_goes_away_ends_the_export() {
    struct Gone(usize);
    impl Write for Gone {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(piece.len()).ok_or(io::ErrorKind::BrokenPipe)?;
            Ok(piece.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let kind = export(u64::MAX, "", &mut Gone(1_000_000)).map_err(|why| why.kind());
    assert_eq!(kind, Err(io::ErrorKind::BrokenPipe));
}
