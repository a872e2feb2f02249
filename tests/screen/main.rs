//! The screen without a terminal: what is drawn, what keys and the mouse do, and the files that configure it.

mod commands;
mod config;
mod every_key;
mod fifth_look;
mod fourth_look;
mod home;
mod keys;
mod large;
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod look;
mod monkey;
mod mouse;
mod outputs;
mod own_log;
mod panes;
mod pictures;
mod replay;
#[expect(clippy::panic, clippy::unwrap_used, reason = "a test may fail loudly")]
mod roomy;
#[expect(clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]
mod second_look;
#[expect(clippy::panic, reason = "a test may fail loudly")]
mod seventh_look;
mod sixth_look;
#[path = "../support/support.rs"]
#[expect(dead_code, reason = "every test program takes what it needs")]
mod support;
#[expect(clippy::panic, reason = "a test may fail loudly")]
mod third_look;
mod views;
mod waiting;
#[expect(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]
mod walked;
