#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| stormline::read("snowplow", text));
