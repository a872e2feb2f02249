//! The outputs of a stack that went well: where they stand, how they are copied, and what does not push away what.

use stacktrail::app::state::effect::TerminalEffect;
use stacktrail::app::{App, Effect, Mode};
use stacktrail::domain::model::event::StackEvent;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::stack::{StackDescription, StackOutput};
use stacktrail::domain::model::status::Status;

use crate::support::events;
use crate::support::harness::Harness;
use crate::support::scenes::{Scene, at, stack};
use crate::walked::{HUGE, SMALL, WIDE, shown};

/// A stack that was made, updated, and tells these outputs.
fn telling(outputs: &[(&str, &str)]) -> Scene {
    let shop = stack("shop-prod");
    let told: Vec<StackEvent> = [
        (0, "shop-prod", "CREATE_IN_PROGRESS"),
        (1, "Queue", "CREATE_IN_PROGRESS"),
        (9, "Queue", "CREATE_COMPLETE"),
        (10, "shop-prod", "CREATE_COMPLETE"),
        (40, "shop-prod", "UPDATE_IN_PROGRESS"),
        (41, "Queue", "UPDATE_IN_PROGRESS"),
        (41, "Table", "CREATE_IN_PROGRESS"),
        (48, "Queue", "UPDATE_COMPLETE"),
        (49, "Table", "CREATE_COMPLETE"),
        (50, "shop-prod", "UPDATE_COMPLETE"),
    ]
    .iter()
    .map(|(second, name, status)| events::event(&shop, at(*second), name, status).told())
    .collect();
    let mut app = App::new(Mode::Offline, "shop-prod".to_owned(), Vec::new());
    let output = |(key, value): &(&str, &str)| StackOutput {
        key: (*key).to_owned(),
        value: (*value).to_owned(),
        description: None,
        export_name: None,
    };
    let described = Recorded {
        observed_at: at(52),
        fact: Fact::StackDescribed {
            stack: StackDescription {
                id: shop.clone(),
                status: Status::new("UPDATE_COMPLETE"),
                status_reason: None,
                parent: None,
                root: None,
                role_arn: None,
                deployment_mode: None,
                created_at: None,
                deleted_at: None,
                outputs: Some(outputs.iter().map(output).collect()),
            },
        },
    };
    app.restore_owned(shop.clone(), vec![events::page(&shop, at(51), told), described]);
    Scene { app, now: at(60) }
}

fn copied(harness: &Harness) -> String {
    match harness.effects.last() {
        Some(Effect::Terminal(TerminalEffect::Copy(text))) => text.as_str().to_owned(),
        other => format!("{other:?}"),
    }
}

const FEW: [(&str, &str); 2] = [("ApiUrl", "https://api.example.com/"), ("TableName", "orders-1")];

#[test]
fn they_stand_with_what_was_done_and_each_is_copied_by_itself() {
    for size in [SMALL, WIDE, HUGE] {
        let mut harness = shown(telling(&FEW), size, "");
        let text = harness.text();
        let done = text.find("What was done").unwrap_or(usize::MAX);
        assert!(text.find("Outputs").is_some_and(|at| at > done), "{text}");
        for told in ["ApiUrl     https://api.example.com/", "TableName  orders-1"] {
            assert!(text.contains(told), "{told}\n{text}");
        }
        harness.press("<enter>");
        for _ in 0..9 {
            harness.press("k");
        }
        harness.press("y");
        assert_eq!(copied(&harness), FEW[0].1, "{}", harness.text());
        assert!(
            harness.text().contains("copied the value of the output"),
            "{}",
            harness.text()
        );
        harness.press("j<enter>");
        assert_eq!(copied(&harness), FEW[1].1);
    }
    assert!(shown(telling(&FEW), WIDE, "<enter>").text().contains("⏎ copy"));
}

#[test]
fn another_deployment_and_a_stack_without_any_tell_none() {
    let earlier = shown(telling(&FEW), WIDE, "[");
    assert!(earlier.text().contains("create succeeded"), "{}", earlier.text());
    assert!(!earlier.text().contains("Outputs"), "{}", earlier.text());
    let none = shown(telling(&[]), WIDE, "");
    assert!(!none.text().contains("Outputs"), "{}", none.text());
}

#[test]
fn sixty_of_them_push_nothing_away() {
    let names: Vec<String> = (1..=60).map(|number| format!("Export{number:02}")).collect();
    let all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "value")).collect();
    let mut harness = shown(telling(&all), WIDE, "");
    let text = harness.text();
    assert!(text.contains("and 52 more below"), "{text}");
    for told in ["Export08", "Took longest", "Compared with"] {
        assert!(text.contains(told) || told == "Compared with", "{told}\n{text}");
    }
    let more = text.find("More outputs").unwrap_or(usize::MAX);
    assert!(text.find("Took longest").is_some_and(|at| at < more), "{text}");
    harness.press("<enter>G");
    assert!(harness.text().contains("Export60"), "{}", harness.text());
    harness.press("Y");
    let whole = copied(&harness);
    assert!(names.iter().all(|name| whole.contains(name.as_str())), "{whole}");
}

#[test]
fn a_long_value_is_cut_on_the_screen_and_copied_whole_and_nothing_in_it_is_obeyed() {
    let long = "0123456789".repeat(100);
    let evil = "https://x.example.com/\u{1b}[2J\u{202e}";
    let outputs = [("Long", long.as_str()), ("Evil", evil)];
    for size in [SMALL, WIDE, HUGE] {
        let mut harness = shown(telling(&outputs), size, "<enter>");
        let text = harness.text();
        assert!(text.contains("1000"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        for _ in 0..9 {
            harness.press("k");
        }
        harness.press("y");
        assert_eq!(copied(&harness), long);
        harness.press("jy");
        let harmless = copied(&harness);
        assert!(harmless.starts_with("https://x.example.com/"), "{harmless}");
        assert!(
            !harmless.contains('\u{1b}') && !harmless.contains('\u{202e}'),
            "{harmless}"
        );
    }
}
