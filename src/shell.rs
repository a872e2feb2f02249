//! The running program: assembled in one place, driven for a screen, for lines, for one shot and behind the screen.
//!
//! It names everything but the command line: what a command was given arrives as a
//! `Context`. What is printed leaves through `output`.

pub(crate) mod appearance;
pub(crate) mod clock;
pub(crate) mod connecting;
pub(crate) mod context;
pub(crate) mod digests;
pub(crate) mod drive;
pub(crate) mod duration;
pub(crate) mod engine;
pub(crate) mod error;
pub mod exit;
pub(crate) mod hang_up;
pub(crate) mod headless;
pub(crate) mod home;
pub(crate) mod host;
pub(crate) mod intake;
pub(crate) mod log_file;
pub(crate) mod log_ring;
pub(crate) mod memory;
pub(crate) mod navigator;
pub(crate) mod one_shot;
pub(crate) mod open_hint;
pub(crate) mod output;
pub(crate) mod paper;
pub(crate) mod private;
pub(crate) mod pushed_calls;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod result_file;
pub(crate) mod saved;
pub mod screen;
pub(crate) mod session_screen;
pub(crate) mod session_search;
pub(crate) mod session_source;
pub(crate) mod shared_store;
pub(crate) mod spoken;
pub(crate) mod storage;
pub(crate) mod terminal_size;
pub(crate) mod watch_queue;
pub(crate) mod watching;
