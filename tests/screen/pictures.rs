//! Pictures of the screen: a scene, some keys, a size, and what must be seen then.

use std::sync::Arc;

use stacktrail::app::input::keys::Keymap;
use stacktrail::app::{Message, Preference};
use stacktrail::domain::model::fault::{Fault, FaultKind};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::source_status::{SaveState, SourceStatus};
use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Depth, Palette, Signs};

use crate::support::harness::Harness;
use crate::support::{home_scenes, scenes};

/// `picture!(name, scene, keys, (columns, rows))`
macro_rules! picture {
    ($name:ident, $scene:expr, $keys:expr, $size:expr) => {
        #[test]
        fn $name() {
            let mut harness = Harness::new($scene, $size, Theme::default());
            harness.press($keys);
            insta::assert_snapshot!(harness.picture(concat!(module_path!(), "::", stringify!($name))));
        }
    };
    ($name:ident, $scene:expr, $keys:expr, $size:expr, $theme:expr) => {
        #[test]
        fn $name() {
            let mut harness = Harness::new($scene, $size, $theme);
            harness.press($keys);
            insta::assert_snapshot!(harness.picture(concat!(module_path!(), "::", stringify!($name))));
        }
    };
}

pub(crate) const SMALL: (u16, u16) = (80, 24);
pub(crate) const MEDIUM: (u16, u16) = (120, 40);
pub(crate) const WIDE: (u16, u16) = (160, 48);
pub(crate) const TINY: (u16, u16) = (40, 12);
pub(crate) const HUGE: (u16, u16) = (200, 60);

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
picture!(
    nothing_recorded_small,
    scenes::nothing_recorded(),
    "<enter>G",
    SMALL
);
picture!(nothing_recorded_wide, scenes::nothing_recorded(), "", WIDE);
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
picture!(home_tiny, home_scenes::home(), "", TINY);
picture!(home_small, home_scenes::home(), "", SMALL);
picture!(home_medium, home_scenes::home(), "jj", MEDIUM);
picture!(home_huge, home_scenes::home(), "G", HUGE);
picture!(home_light, home_scenes::home(), "", SMALL, light());
picture!(
    home_no_colour_ascii,
    home_scenes::home(),
    "",
    SMALL,
    Theme::new(Palette::None, Signs::Ascii)
);
picture!(home_filtering, home_scenes::home(), "/shp", SMALL);
picture!(home_filter_finds_nothing, home_scenes::home(), "/zzzz", TINY);
picture!(home_search, home_scenes::home(), "saccess denied", SMALL);
picture!(home_found_small, home_scenes::found(), "", SMALL);
picture!(home_found_huge, home_scenes::found(), "j", HUGE);
picture!(home_first_run, home_scenes::first_run(), "", SMALL);
picture!(home_first_run_tiny, home_scenes::first_run(), "", TINY);
picture!(home_offline_small, home_scenes::offline(), "", SMALL);
picture!(home_offline_medium, home_scenes::offline(), "", MEDIUM);
picture!(home_help, home_scenes::home(), "?", SMALL);
picture!(palette_small, scenes::explained(), ":", SMALL);
picture!(palette_typed, scenes::explained(), ":fail", SMALL);
picture!(palette_huge, scenes::explained(), ":report", HUGE);
picture!(palette_tiny, scenes::explained(), ":<tab>q", TINY);
picture!(palette_finds_nothing, scenes::explained(), ":zzzz", SMALL);
picture!(
    palette_high_contrast,
    scenes::explained(),
    ":con",
    MEDIUM,
    Theme::of(Palette::HighContrast, Depth::True, Signs::Unicode)
);
picture!(explained_light, scenes::explained(), "", MEDIUM, light());
picture!(waiting_light, scenes::failed_waiting(), "", SMALL, light());
picture!(
    deploying_light_sixteen,
    scenes::mid_deploy(),
    "",
    SMALL,
    Theme::new(Palette::Light, Signs::Unicode)
);
picture!(
    explained_colour_blind_safe,
    scenes::explained(),
    "",
    MEDIUM,
    Theme::of(Palette::ColourBlindSafe, Depth::True, Signs::Unicode)
);
picture!(
    waiting_256_colours,
    scenes::failed_waiting(),
    "",
    SMALL,
    Theme::of(Palette::ColourBlindSafe, Depth::Indexed, Signs::Unicode)
);
picture!(
    nested_dark_huge,
    scenes::nested(),
    "",
    HUGE,
    Theme::of(Palette::Dark, Depth::True, Signs::Unicode)
);
picture!(
    explained_record_no_colour,
    scenes::explained(),
    "<enter><enter>",
    SMALL,
    Theme::new(Palette::None, Signs::Unicode)
);

fn light() -> Theme {
    Theme::of(Palette::Light, Depth::True, Signs::Unicode)
}

#[test]
fn a_sequence_shows_what_may_follow() {
    let mut scene = scenes::explained();
    let own =
        "zoom = { add = \"ctrl-w z\" }\nnext-pane = { add = \"ctrl-w w\" }\nhelp = { add = \"ctrl-w ?\" }\n";
    let keymap = Keymap::built_in().changed_by("keys.toml", own);
    scene.app.prefer(Preference::Keymap(Arc::new(keymap.unwrap())));
    let mut harness = Harness::new(scene, SMALL, Theme::default());
    harness.press("<c-w>");
    insta::assert_snapshot!(harness.picture("which_key"));
    harness.press("?");
    assert!(
        harness.text().contains("Finding what failed"),
        "{}",
        harness.text()
    );
}

/// One view in four sizes.
macro_rules! view {
    ($($module:ident: $scene:expr, $keys:expr;)+) => {$(
        mod $module {
            use super::*;

            picture!(tiny, $scene, $keys, TINY);
            picture!(small, $scene, $keys, SMALL);
            picture!(medium, $scene, $keys, MEDIUM);
            picture!(huge, $scene, $keys, HUGE);
        }
    )+};
}

view! {
    panes_explained: scenes::explained(), "";
    panes_nested: scenes::nested(), "";
    timeline_failed: scenes::explained(), "t";
    timeline_live: scenes::mid_deploy(), "t";
    timeline_nested: scenes::nested(), "t";
    timeline_usual: scenes::attempts::attempts(), "t";
    timeline_closer: scenes::explained(), "t++";
    timeline_tab: scenes::attempts::attempts(), "6";
    who_did_what: scenes::attempts::attempts(), "a";
    attempts: scenes::attempts::attempts(), "A";
    compare: scenes::attempts::attempts(), "c";
    only_failed: scenes::nested(), "F";
    unfolded: scenes::failed_waiting(), "<tab><tab>kkl";
    wrapped: scenes::failed_waiting(), "<tab><tab>wz";
    relative_times: scenes::explained(), "T";
}

/// One view by day, without colours and with signs of ASCII alone.
macro_rules! looks {
    ($($module:ident: $scene:expr, $keys:expr;)+) => {$(
        mod $module {
            use super::*;

            picture!(light, $scene, $keys, SMALL, super::light());
            picture!(no_colour, $scene, $keys, SMALL, Theme::new(Palette::None, Signs::Unicode));
        }
    )+};
}

looks! {
    looks_panes: scenes::explained(), "";
    looks_waiting: scenes::failed_waiting(), "";
    looks_timeline: scenes::attempts::attempts(), "t";
    looks_timeline_live: scenes::mid_deploy(), "t";
    looks_who_did_what: scenes::attempts::attempts(), "a";
    looks_attempts: scenes::attempts::attempts(), "A";
    looks_compare: scenes::attempts::attempts(), "c";
    looks_home: home_scenes::home(), "j";
    looks_found: home_scenes::found(), "j";
    looks_palette: scenes::explained(), ":fail";
    looks_help: scenes::explained(), "?";
    looks_own_log: scenes::program::own_log(), "";
    looks_replay: scenes::replayed(), "F";
    looks_record: scenes::explained(), "<enter><enter>";
    looks_logs: scenes::explained(), "3";
    looks_tail: scenes::failed_waiting(), "<tab><tab>zkk";
}

view! {
    own_log: scenes::program::own_log(), "";
    newcomer: scenes::program::newcomer(), "";
}
picture!(own_log_everything, scenes::program::own_log(), "F", MEDIUM);
picture!(own_log_filtered, scenes::program::own_log(), "/watch", SMALL);

picture!(
    timeline_ascii,
    scenes::explained(),
    "t",
    SMALL,
    Theme::new(Palette::None, Signs::Ascii)
);
picture!(too_small, scenes::explained(), "", (30, 8));
picture!(troubled_small, troubled(), "", SMALL);

picture!(replay_small, scenes::replayed(), "", SMALL);
picture!(replay_failure_medium, scenes::replayed(), "F", MEDIUM);
picture!(replay_end_wide, scenes::replayed(), "$", WIDE);
picture!(replay_tiny, scenes::replayed(), "<space>", TINY);
picture!(replay_help, scenes::replayed(), "?G", SMALL);
picture!(
    replay_ascii_small,
    scenes::replayed(),
    "F+",
    SMALL,
    Theme::new(Palette::None, Signs::Ascii)
);

fn troubled() -> scenes::Scene {
    let mut scene = scenes::failed_waiting();
    let fault = Fault::new(
        "cloudformation:DescribeStackEvents",
        FaultKind::Expired,
        "The security token included in the request is expired",
    );
    let link = SourceStatus::Troubled {
        since: scenes::at(40),
        fault,
        retry_at: scenes::at(65),
    };
    let saving = SaveState::NotSaving {
        reason: "the disk is full".to_owned(),
        pending: 12,
    };
    let messages = [
        Message::SourceStatus {
            origin: SourceId::CLOUDFORMATION.into(),
            status: link,
        },
        Message::Facts {
            root: scenes::stack("shop-prod"),
            facts: Arc::new([]),
            ends: Vec::new(),
            saving,
        },
    ];
    scene.app.update_all(messages, scene.now);
    scene
}
