//! An account of 200,000 rows: every row arrives, in pieces, and the memory in use stays small. Run under `ulimit -v`,
//! so that an export that holds all rows can't even be made; the peak is counted too, for systems without that limit.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use reports::router::{App, Request, handle};
use reports::store::Store;

const ROWS: usize = 200_000;
const HEAP_BYTES_MAX: usize = 8 << 20;
const PIECE_BYTES_MAX: usize = 1 << 20;

struct Counted;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: hands everything on to the system's allocator, and counts.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(IN_USE.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// Takes a response and keeps nothing but its measures.
#[derive(Default)]
struct Measure {
    bytes: usize,
    line_ends: usize,
    pieces: usize,
    largest: usize,
}

impl Write for Measure {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.bytes += piece.len();
        self.line_ends += piece.iter().filter(|byte| **byte == b'\n').count();
        self.pieces += 1;
        self.largest = self.largest.max(piece.len());
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn main() {
    let app = App {
        store: Store::synthetic(ROWS as u64),
        today: "2026-11-20".to_owned(),
    };
    let mut seen = Measure::default();
    handle(
        &app,
        &Request {
            method: "GET",
            path: "/reports/sales/export.csv",
            query: "",
        },
        &mut seen,
    )
    .unwrap();
    // Three lines of head, one of titles.
    let (rows, peak) = (seen.line_ends.saturating_sub(4), PEAK.load(Relaxed));
    let (mb, kb) = (seen.bytes / 1_000_000, |bytes: usize| bytes / 1_000);
    println!(
        "{rows} rows, {mb} MB in {} pieces of at most {} kB, peak heap {} kB",
        seen.pieces,
        kb(seen.largest),
        kb(peak)
    );
    assert_eq!(rows, ROWS);
    assert!(seen.bytes > 60_000_000, "the rows are too small to tell anything");
    assert!(
        seen.largest <= PIECE_BYTES_MAX,
        "one piece of {} bytes: the export is held back",
        seen.largest
    );
    assert!(
        peak <= HEAP_BYTES_MAX,
        "{peak} bytes of heap: the export holds its rows"
    );
}
