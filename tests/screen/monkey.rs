//! An hour of somebody who presses anything: keys, pastes, the mouse, sizes, facts and the time, two things a
//! second. Nothing may panic, and every frame must hold.

#![expect(
    clippy::indexing_slicing,
    reason = "all of this is a test, its helpers included"
)]

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::collection::vec;
use proptest::prelude::*;
use stacktrail::app::input::keys::Keymap;
use stacktrail::tui::theme::{Depth, Palette, Signs};
use stacktrail::tui::{Theme, keymap};

use crate::pictures::SMALL;
use crate::support::harness::Harness;
use crate::support::{home_scenes, scenes};

/// Two a second for an hour, over all beginnings.
const STEPS: usize = 7_200;

/// A scene, and the keys that lead to a place in it.
type Beginning = (fn() -> scenes::Scene, &'static str);

/// Where the monkey begins: a scene, and the keys that lead to a place in it. In each of them the mouse is the
/// program's.
const BEGINNINGS: [Beginning; 21] = [
    (scenes::mid_deploy, "m"),
    (scenes::failed_waiting, "m"),
    (scenes::explained, "m"),
    (scenes::nested, "m"),
    (scenes::hostile, "m"),
    (scenes::absent, "m"),
    (scenes::export_in_use, "m"),
    (scenes::replayed, "m"),
    (scenes::replayed, "mt0 "),
    (home_scenes::home, "m"),
    (home_scenes::found, "m"),
    (home_scenes::home, "m/sh"),
    (scenes::mid_deploy, "mt+"),
    (scenes::nested, "mthh"),
    (scenes::attempts::attempts, "ma"),
    (scenes::attempts::attempts, "mA"),
    (scenes::attempts::attempts, "mc"),
    (scenes::explained, "m<enter><enter>"),
    (scenes::explained, "m:re"),
    (scenes::program::own_log, "mF"),
    (scenes::program::newcomer, "m"),
];

const PASTES: [&str; 6] = [
    "shop",
    "\u{1b}[2J\u{1b}]0;evil\u{7}",
    "\u{202e}txet desrever",
    "家族👨‍👩‍👧‍👦e\u{301}\u{0}",
    "a\r\nb\tc",
    "",
];

/// A generator of its own, so that a failure can be had again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides.max(1)
    }

    fn small(&mut self, sides: u16) -> u16 {
        u16::try_from(self.roll(u64::from(sides))).unwrap_or(0)
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.roll(u64::try_from(len).unwrap_or(1))).unwrap_or(0)
    }
}

fn theme(number: usize) -> Theme {
    let (palette, _) = Palette::NAMED[number % Palette::NAMED.len()];
    let signs = if number.is_multiple_of(3) {
        Signs::Ascii
    } else {
        Signs::Unicode
    };
    Theme::of(palette, Depth::True, signs)
}

/// Most often where something is; sometimes outside of the screen.
fn mouse(dice: &mut Dice, (columns, rows): (u16, u16)) -> MouseEvent {
    let kinds = [
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollUp,
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::Moved,
    ];
    MouseEvent {
        kind: kinds[dice.index(kinds.len())],
        column: dice.small(columns.saturating_add(5)),
        row: dice.small(rows.saturating_add(5)),
        modifiers: KeyModifiers::NONE,
    }
}

fn apply_news(harness: &mut Harness, event: Event) -> String {
    let said = format!("{event:?}");
    harness.apply_news(event);
    said
}

fn step(dice: &mut Dice, harness: &mut Harness, keymap: &Keymap) -> String {
    match dice.roll(20) {
        0 => {
            let (columns, rows) = (dice.small(240), dice.small(70));
            harness.resize(columns, rows);
            format!("{columns}x{rows}")
        }
        1 => {
            harness.tell(scenes::one_more_failure());
            "a failure".to_owned()
        }
        2 => {
            let (a, b) = (dice.small(u16::MAX), dice.small(u16::MAX));
            harness.tell(scenes::random_event(a, b));
            format!("event {a} {b}")
        }
        3 => {
            let seconds = i64::from(dice.small(400));
            harness.wait(seconds);
            format!("{seconds} s")
        }
        4 => apply_news(harness, Event::Paste(PASTES[dice.index(PASTES.len())].to_owned())),
        5 | 8 | 9 => {
            let area = harness.buffer.area;
            apply_news(harness, Event::Mouse(mouse(dice, (area.width, area.height))))
        }
        6 if dice.roll(2) == 0 => apply_news(harness, Event::FocusLost),
        6 => apply_news(harness, Event::FocusGained),
        7 => {
            let letter = char::from_u32(u32::try_from(dice.roll(0x2_0000)).unwrap_or(0)).unwrap_or('x');
            harness.type_letter(letter);
            format!("{letter:?}")
        }
        _ => {
            let binding = &keymap.bindings()[dice.index(keymap.bindings().len())];
            let chord = &binding.chords[dice.index(binding.chords.len())];
            for key in &chord.keys {
                harness.press_key(keymap::event(*key));
            }
            binding.intent.name().to_owned()
        }
    }
}

/// What the mouse could hit lies on the screen, and what is in sight is there to be seen.
fn within_bounds(harness: &Harness) {
    let drawn = &harness.scene.app.screen.drawn;
    let area = harness.buffer.area;
    for sight in [drawn.tree, drawn.detail, drawn.tail, drawn.view, drawn.help] {
        assert!(sight.offset <= sight.len, "{sight:?}");
    }
    for target in drawn.targets.iter() {
        let (place, what) = target;
        let right = u32::from(place.left) + u32::from(place.width);
        let bottom = u32::from(place.top) + u32::from(place.height);
        assert!(
            right <= u32::from(area.width) && bottom <= u32::from(area.height),
            "{what:?} at {place:?} of {area:?}"
        );
    }
}

#[test]
fn an_hour_of_a_monkey_breaks_nothing() {
    let keymap = Keymap::built_in();
    for (number, (scene, keys)) in BEGINNINGS.iter().enumerate() {
        let mut dice = Dice(u64::try_from(number).unwrap_or(0) + 20_261_125);
        let mut harness = Harness::new(scene(), (80, 24), theme(number));
        harness.press(keys);
        let mut last = Vec::new();
        for _ in 0..STEPS / BEGINNINGS.len() {
            last.push(step(&mut dice, &mut harness, &keymap));
            for (index, cell) in harness.buffer.content.iter().enumerate() {
                let symbol = cell.symbol();
                assert!(
                    !symbol
                        .chars()
                        .any(|letter| letter.is_control() || letter == '\u{202e}'),
                    "beginning {number}: {symbol:?} at {index} after {:?}",
                    last.iter().rev().take(5).collect::<Vec<_>>()
                );
            }
            within_bounds(&harness);
            let area = harness.buffer.area;
            assert_eq!(
                harness.buffer.content.len(),
                usize::from(area.width) * usize::from(area.height)
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Keys, sizes, facts and moments in any order: never a panic, never a cell out of bounds, never a
    /// control character on the screen.
    #[test]
    fn a_monkey_breaks_nothing(steps in vec((0_u8..12, any::<u16>(), any::<u16>()), 1..160), which in 0_usize..10) {
        let scene = match which {
            0 => scenes::mid_deploy(),
            1 => scenes::failed_waiting(),
            2 => scenes::explained(),
            3 => scenes::nested(),
            4 => scenes::hostile(),
            5 => scenes::absent(),
            6 => home_scenes::home(),
            7 => home_scenes::found(),
            8 => scenes::replayed(),
            _ => scenes::export_in_use(),
        };
        let mut harness = Harness::new(scene, SMALL, Theme::default());
        for (step, a, b) in steps {
            match step {
                0 => harness.resize(a % 240, b % 70),
                1 => harness.tell(scenes::one_more_failure()),
                2 => harness.tell(scenes::random_event(a, b)),
                3 => harness.wait(i64::from(a % 400)),
                4 => harness.type_letter(char::from_u32(u32::from(a)).unwrap_or('x')),
                _ => {
                    let keymap = Keymap::built_in();
                    let binding = &keymap.bindings()[usize::from(a) % keymap.bindings().len()];
                    let chord = &binding.chords[usize::from(b) % binding.chords.len()];
                    for key in &chord.keys {
                        harness.press_key(keymap::event(*key));
                    }
                }
            }
            for cell in &harness.buffer.content {
                prop_assert!(!cell.symbol().chars().any(char::is_control));
            }
        }
    }
}
