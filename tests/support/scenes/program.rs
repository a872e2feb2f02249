//! What the screen says of the program itself: its own log, the hint for newcomers.

use std::sync::Arc;

use stacktrail::app::layout::own_log::{Level, OwnLine};
use stacktrail::app::state::Greeting;
use stacktrail::app::{Intent, Message, Preference};

use super::{Scene, at, failed_waiting, mid_deploy};

/// Lines such as the program writes, one of them with what AWS answered.
fn lines() -> Arc<[OwnLine]> {
    let said = [
        (-64, Level::Info, "cli", "begins · version 0.1.0"),
        (-63, Level::Info, "watch", "follows a stack · region eu-west-1"),
        (-63, Level::Debug, "watch", "new events · events 3 · nested 0"),
        (-31, Level::Debug, "watch", "new events · events 2 · nested 0"),
        (-23, Level::Debug, "watch", "logs is asked · region eu-west-1"),
        (
            -22,
            Level::Info,
            "watch",
            "logs answered · facts 1 · ms 120 · region eu-west-1",
        ),
        (
            -20,
            Level::Warning,
            "watch",
            "cloudtrail did not answer · kind Denied · region us-east-1 · error User: arn:aws:iam::123456789012:user/ann is not authorized",
        ),
        (
            -9,
            Level::Warning,
            "watch",
            "CloudFormation does not answer; again in 2 s · kind Throttled · times 1",
        ),
        (
            -4,
            Level::Error,
            "archive",
            "facts are not being saved · reason the disk is full",
        ),
    ];
    said.into_iter()
        .map(|(seconds, level, part, text)| OwnLine::new(at(60 + seconds), level, part, text))
        .collect()
}

/// The program's own log over a deployment that has failed.
pub(crate) fn own_log() -> Scene {
    let mut scene = failed_waiting();
    scene.app.update(Message::Intent(Intent::OwnLog), scene.now);
    scene.app.update(Message::OwnLog(lines()), scene.now);
    scene
}

/// Somebody who has never seen this screen.
pub(crate) fn newcomer() -> Scene {
    let mut scene = mid_deploy();
    scene.app.prefer(Preference::Greeting(Greeting::Due));
    scene
}
