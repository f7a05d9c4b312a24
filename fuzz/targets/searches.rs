//! Any pattern, over any text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trireme_core::prompts::Page;
use trireme_fuzz::try_out;

fuzz_target!(|input: (String, String, Option<u32>, Option<u32>)| {
    let (pattern, text, offset, limit) = input;
    try_out(|files| {
        files.write("searched", &text)?;
        files.search(&pattern, None, Page { offset, limit })
    });
});
