//! Pictures of the screen: a scene, some keys, a size, and what must be seen then.

#[path = "support/harness.rs"]
mod harness;
#[path = "support/scenes.rs"]
mod scenes;

use harness::Harness;
use stacktrail::domain::fault::{Fault, FaultKind};
use stacktrail::domain::link::{Link, SaveState};
use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Palette, Signs};

/// `picture!(name, scene, keys, (columns, rows))`
macro_rules! picture {
    ($name:ident, $scene:expr, $keys:expr, $size:expr) => {
        #[test]
        fn $name() {
            let mut harness = Harness::new($scene, $size, Theme::default());
            harness.press($keys);
            insta::assert_snapshot!(harness.picture(stringify!($name)));
        }
    };
    ($name:ident, $scene:expr, $keys:expr, $size:expr, $theme:expr) => {
        #[test]
        fn $name() {
            let mut harness = Harness::new($scene, $size, $theme);
            harness.press($keys);
            insta::assert_snapshot!(harness.picture(stringify!($name)));
        }
    };
}

const SMALL: (u16, u16) = (80, 24);
const MEDIUM: (u16, u16) = (120, 40);
const WIDE: (u16, u16) = (160, 48);
const TINY: (u16, u16) = (40, 12);

picture!(deploying_small, scenes::mid_deploy(), "", SMALL);
picture!(deploying_medium, scenes::mid_deploy(), "", MEDIUM);
picture!(deploying_tiny, scenes::mid_deploy(), "", TINY);
picture!(waiting_small, scenes::failed_waiting(), "", SMALL);
picture!(waiting_medium, scenes::failed_waiting(), "", MEDIUM);
picture!(waiting_wide, scenes::failed_waiting(), "", WIDE);
picture!(waiting_tiny, scenes::failed_waiting(), "", TINY);
picture!(explained_small, scenes::explained(), "", SMALL);
picture!(explained_medium, scenes::explained(), "", MEDIUM);
picture!(explained_wide, scenes::explained(), "", WIDE);
picture!(explained_logs, scenes::explained(), "3", SMALL);
picture!(explained_trail, scenes::explained(), "4", SMALL);
picture!(explained_trail_wide, scenes::explained(), "4", WIDE);
picture!(explained_record, scenes::explained(), "<enter><enter>", SMALL);
picture!(
    explained_record_wide,
    scenes::explained(),
    "<enter><enter>z",
    MEDIUM
);
picture!(explained_looked, scenes::explained(), "5z", SMALL);
picture!(explained_events, scenes::explained(), "2", SMALL);
picture!(explained_cascade, scenes::explained(), "jjj<enter>", SMALL);
picture!(explained_overview, scenes::explained(), "g", MEDIUM);
picture!(nothing_recorded_small, scenes::nothing_recorded(), "", SMALL);
picture!(clean_small, scenes::clean(), "", SMALL);
picture!(clean_medium, scenes::clean(), "", MEDIUM);
picture!(export_in_use_small, scenes::export_in_use(), "", SMALL);
picture!(nested_small, scenes::nested(), "", SMALL);
picture!(nested_wide, scenes::nested(), "", WIDE);
picture!(hostile_medium, scenes::hostile(), "", MEDIUM);
picture!(absent_small, scenes::absent(), "", SMALL);
picture!(help_small, scenes::explained(), "?", SMALL);
picture!(help_medium, scenes::explained(), "?", MEDIUM);
picture!(filtering, scenes::explained(), "/sub", SMALL);
picture!(
    filtered_events,
    scenes::explained(),
    "<tab><tab>/failed<enter>k",
    SMALL
);
picture!(
    ascii_small,
    scenes::explained(),
    "",
    SMALL,
    Theme::new(Palette::None, Signs::Ascii)
);
picture!(
    no_colour_medium,
    scenes::failed_waiting(),
    "",
    MEDIUM,
    Theme::new(Palette::None, Signs::Unicode)
);
picture!(too_small, scenes::explained(), "", (30, 8));
picture!(troubled_small, troubled(), "", SMALL);

fn troubled() -> scenes::Scene {
    let mut scene = scenes::failed_waiting();
    let fault = Fault::new(
        "cloudformation:DescribeStackEvents",
        FaultKind::Expired,
        "The security token included in the request is expired",
    );
    let link = Link::Troubled {
        since: scenes::at(40),
        fault,
        retry_at: scenes::at(65),
    };
    scene.app.links.insert("cloudformation".to_owned(), link);
    scene.app.saving = SaveState::NotSaving {
        reason: "the disk is full".to_owned(),
        pending: 12,
    };
    scene
}
