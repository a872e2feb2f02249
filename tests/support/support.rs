//! What the tests share: stories in facts, scenes, the program as a process and on a pseudo-terminal, contracts.
//!
//! | to | take |
//! | --- | --- |
//! | tell a deployment in facts and ask for its diagnosis | [`story`] |
//! | make one event, or a page of them | [`events`] |
//! | look at a screen, press keys | [`scenes`], [`home_scenes`], [`harness`] |
//! | run the program and read its lines | [`program`], [`stage`]; [`recording`] for a long story that is killed |
//! | hold what it said against the scenario's author | [`judge`] |
//! | ask, and nobody answers | [`nobody`] |
//! | run the program on a terminal | [`pty`] |
//! | hold JSON against a published schema | [`json_schema`] |

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests may fail loudly"
)]

pub(crate) mod events;
pub(crate) mod harness;
pub(crate) mod home_scenes;
pub(crate) mod json_schema;
pub(crate) mod judge;
pub(crate) mod nobody;
pub(crate) mod program;
pub(crate) mod pty;
pub(crate) mod recording;
pub(crate) mod scenes;
pub(crate) mod stage;
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the seconds of a story are small"
)]
pub(crate) mod story;
