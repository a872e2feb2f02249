//! Any bytes as a CloudTrail record.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/record.rs"]
mod record;

fuzz_target!(|bytes: &[u8]| record::check(&String::from_utf8_lossy(bytes)));
