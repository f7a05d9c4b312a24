//! Any path, for every tool that takes one.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use trireme_core::prompts::{Page, Replacement};
use trireme_fuzz::try_out;

#[derive(Arbitrary, Debug)]
enum Use {
    Read(Option<u32>, Option<u32>),
    List,
    Search,
    Glob,
    Write(String),
    Edit(String, String),
    Remove,
}

fuzz_target!(|input: (String, Use)| {
    let (path, used) = input;
    let page = Page::default();
    match used {
        Use::Read(offset, limit) => try_out(|files| files.read(&path, Page { offset, limit })),
        Use::List => try_out(|files| files.list(Some(&path), page)),
        Use::Search => try_out(|files| files.search("o", Some(&path), page)),
        Use::Glob => try_out(|files| files.glob("**", Some(&path), page)),
        Use::Write(text) => try_out(|files| files.write(&path, &text)),
        Use::Edit(old, new) => try_out(|files| files.edit(&path, &[Replacement { old, new, all: true }])),
        Use::Remove => try_out(|files| files.remove(&path).map(|()| String::new())),
    }
});
