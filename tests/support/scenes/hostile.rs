//! Texts that would take over the terminal, in every place that shows one.

use chrono::TimeDelta;
use serde_json::json;
use stacktrail::domain::model::event::StackEvent;
use stacktrail::domain::model::log::LogLine;

use super::denied::{function_described, lines_read, refused_to_function};
use super::{STACK, Scene, answering, at, event, seen, shown, stack, trail};

const EVIL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}ev\u{202e}il\u{200b}\u{0}日本語テキスト👩‍👩‍👧‍👦é\t\r\n";

/// The function's own words, each longer than any line.
fn lines() -> Vec<LogLine> {
    let line = |milliseconds: i64| LogLine {
        at: at(34) + TimeDelta::milliseconds(milliseconds),
        stream: EVIL.to_owned(),
        id: format!("{milliseconds}"),
        message: format!("[ERROR] {}", EVIL.repeat(5)),
    };
    [0, 620, 700, 1_450].map(line).to_vec()
}

fn events() -> Vec<StackEvent> {
    let root = stack("shop-prod");
    let kind = format!("Custom::{EVIL}");
    let setting_up = |seconds, status| {
        let mut event = event(&root, (seconds, "Setup", &kind, status), EVIL);
        EVIL.clone_into(&mut event.logical_id);
        event
    };
    vec![
        event(&root, (0, "shop-prod", STACK, "UPDATE_IN_PROGRESS"), EVIL),
        setting_up(33, "UPDATE_IN_PROGRESS"),
        setting_up(37, "UPDATE_FAILED"),
        event(
            &root,
            (38, "日本語の長い論理名がここにあります", "Custom::日本語", EVIL),
            EVIL,
        ),
    ]
}

pub(crate) fn hostile() -> Scene {
    let message = EVIL.repeat(8);
    let bucket = json!({"bucketName": EVIL});
    let call = refused_to_function((EVIL, 35), EVIL, ("AccessDenied", &message), &bucket);
    let mut facts = vec![
        seen(&stack("shop-prod"), events()),
        function_described(39),
        lines_read(40, lines()),
    ];
    trail::answer(&mut facts, &[call], at(56));
    let app = shown(&facts);
    Scene {
        app: answering(app, 58),
        now: at(60),
    }
}
