use ratatui::style::Modifier;

use super::*;

fn luminance(colour: Color) -> f64 {
    let Color::Rgb(red, green, blue) = colour else {
        panic!("{colour:?}")
    };
    let part = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.03928 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
}

fn contrast(one: Color, other: Color) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_text_can_be_read_on_its_ground() {
    let dark = Color::Rgb(0x1e, 0x1e, 0x1e);
    for (palette, ground, least) in [
        (Palette::Dark, dark, 4.5),
        (Palette::ColourBlindSafe, dark, 4.5),
        (Palette::Light, Color::Rgb(255, 255, 255), 4.5),
        (Palette::HighContrast, dark, 9.0),
    ] {
        let theme = Theme::of(palette, Depth::True, Signs::Unicode);
        for (meaning, name) in Meaning::ALL {
            let style = theme.style_of(meaning);
            if let Some(text) = style.fg {
                let found = contrast(text, style.bg.unwrap_or(ground));
                assert!(found >= least, "{palette:?} {name}: {found:.1}");
            }
        }
    }
}

#[test]
fn the_parts_of_a_record_are_told_apart_in_every_palette() {
    let parts = [Tone::Key, Tone::Text, Tone::Number, Tone::Literal, Tone::Matched];
    for (palette, name) in Palette::NAMED {
        for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
            let theme = Theme::of(palette, depth, Signs::Unicode);
            for (index, one) in parts.iter().enumerate() {
                for other in parts.iter().take(index) {
                    // Quotes and digits tell keys, texts and numbers apart where there are no colours.
                    if palette != Palette::None || *one == Tone::Matched {
                        assert_ne!(
                            theme.style(*one),
                            theme.style(*other),
                            "{name} {depth:?}: {one:?} and {other:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn what_must_be_told_apart_is_told_apart_without_colour() {
    let theme = Theme::new(Palette::None, Signs::Unicode);
    for (meaning, _) in Meaning::ALL {
        let style = theme.style_of(meaning);
        assert_eq!((style.fg, style.bg), (None, None), "{meaning:?}");
    }
    assert_ne!(theme.style(Tone::Bad), theme.style(Tone::Good));
    assert_ne!(theme.style(Tone::Cascade), theme.style(Tone::Bad));
    assert_ne!(theme.border(true), theme.border(false));
}

#[test]
fn only_a_terminal_that_says_so_gets_true_colour() {
    assert_eq!(Depth::told(Some("truecolor"), Some("xterm")), Depth::True);
    assert_eq!(Depth::told(None, Some("xterm-256color")), Depth::Indexed);
    assert_eq!(Depth::told(Some(""), Some("linux")), Depth::Sixteen);
    for depth in [Depth::Sixteen, Depth::Indexed] {
        for (palette, _) in Palette::NAMED {
            let theme = Theme::of(palette, depth, Signs::Unicode);
            for (meaning, _) in Meaning::ALL {
                let style = theme.style_of(meaning);
                let is_true = |colour| matches!(colour, Some(Color::Rgb(..)));
                assert!(
                    !is_true(style.fg) && !is_true(style.bg),
                    "{palette:?} {meaning:?}"
                );
            }
        }
    }
}

#[test]
fn the_nearest_of_the_256_is_near() {
    assert_eq!(palettes::indexed([255, 255, 255]), 231);
    assert_eq!(palettes::indexed([0, 0, 0]), 16);
    assert_eq!(palettes::indexed([0x80, 0x80, 0x80]), 244);
    assert_eq!(palettes::of_sixteen([250, 10, 10]), Color::LightRed);
}

#[test]
fn a_file_changes_some_looks() {
    let text = "base = \"dark\"\nbad = { fg = \"#ff0000\", bold = true }\ngood = \"cyan\"\ncursor = { reversed = true }\n";
    let theme = Theme::read("mine.toml", text, Depth::True, Signs::Unicode).unwrap();
    let red = Style::new()
        .fg(Color::Rgb(255, 0, 0))
        .add_modifier(Modifier::BOLD);
    assert_eq!(theme.style(Tone::Bad), red);
    assert_eq!(theme.style(Tone::Good), Style::new().fg(Color::Cyan));
    let dark = Theme::of(Palette::Dark, Depth::True, Signs::Unicode);
    assert_eq!(theme.style(Tone::Cascade), dark.style(Tone::Cascade));
}
