//! The program's readers of logs, compiled without the rest of it, and what every fuzz target calls.

#![allow(dead_code, unused_imports, missing_docs)]

#[path = "../../src/base/mod.rs"]
pub mod base;

#[path = "../../src/model/mod.rs"]
pub mod model;

#[path = "../../src/formats/mod.rs"]
pub mod formats;

/// Reads bytes as a log of a format, once plainly and once with a mapping, and once as whatever they are taken for.
pub fn read(format: &str, text: &[u8]) {
    use formats::log::{self, Mapping, ReadOptions, check::read_through, preview::preview};
    let mapping = Mapping::parse("event = \"a\"\ntime = \"b\"\nuser_id = \"c\"\n").ok();
    for mapping in [None, mapping] {
        let options = ReadOptions { mapping, ..ReadOptions::default() };
        let format = log::named(format).expect("a known format");
        read_through(format, text, &options).expect("every promise kept");
        if !format.needs_seek() {
            let _ = preview(Box::new(std::io::Cursor::new(text.to_vec())), None, &options);
        }
    }
}
