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

/// Every theme that has colours of its own: the ground that it is made for, and the least contrast that it promises.
fn contrasts() -> impl Iterator<Item = (Palette, Color, f64)> {
    let dark = Color::Rgb(0x1e, 0x1e, 0x1e);
    Palette::NAMED
        .into_iter()
        .filter_map(move |(palette, _)| match palette {
            // The terminal's own colours, on its own ground.
            Palette::Sixteen | Palette::None => None,
            Palette::Light => Some((palette, Color::Rgb(255, 255, 255), 4.5)),
            Palette::HighContrast => Some((palette, dark, 9.0)),
            Palette::Dark | Palette::ColourBlindSafe => Some((palette, dark, 4.5)),
        })
}

#[test]
fn every_text_can_be_read_on_its_ground() {
    for (palette, ground, least) in contrasts() {
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

/// What a cell looks like in the end: its text and its ground, as far as the theme and not the terminal says.
fn seen(style: Style) -> (Color, Color) {
    let (text, ground) = (style.fg.unwrap_or(Color::Reset), style.bg.unwrap_or(Color::Reset));
    if style.add_modifier.contains(Modifier::REVERSED) {
        (ground, text)
    } else {
        (text, ground)
    }
}

/// Every meaning as it stands by itself and on the selected row.
fn every_look(theme: &Theme) -> Vec<(String, Style)> {
    let mut looks = Vec::new();
    for (meaning, name) in Meaning::ALL {
        let own = theme.style_of(meaning);
        looks.push((name.to_owned(), own));
        // Neither stands on a row.
        if !matches!(meaning, Meaning::Banner | Meaning::Cursor) {
            let on_row = own.patch(theme.selected(own.fg));
            looks.push((format!("{name} on a selected row"), on_row));
        }
    }
    looks
}

#[test]
fn u02_u31_no_text_stands_on_its_own_colour_in_any_theme_selected_or_not() {
    for (palette, name) in Palette::NAMED {
        for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
            let theme = Theme::of(palette, depth, Signs::Unicode);
            for (what, style) in every_look(&theme) {
                let (text, ground) = seen(style);
                assert!(
                    text != ground || text == Color::Reset,
                    "{name} {depth:?}: {what}: {style:?}"
                );
                // Black and white may be the ground of a terminal whose colours are its own.
                let own =
                    |colour| matches!(colour, Color::Black | Color::White) && palette == Palette::Sixteen;
                assert!(
                    !own(text) || ground != Color::Reset,
                    "{name} {depth:?}: {what}: {style:?}"
                );
            }
        }
    }
}

#[test]
fn u27_the_selected_row_can_be_read_and_keeps_the_colour_of_its_status() {
    for (palette, ground, least) in contrasts() {
        let theme = Theme::of(palette, Depth::True, Signs::Unicode);
        for (what, style) in every_look(&theme) {
            let known = |colour| {
                if colour == Color::Reset { ground } else { colour }
            };
            let (text, under) = seen(style);
            if text == Color::Reset && under == Color::Reset {
                continue;
            }
            // A text in the terminal's own colour on a ground of ours is written in ours: see the cursor.
            let found = contrast(known(text), known(under));
            assert!(found >= least, "{palette:?}: {what}: {found:.1}");
        }
        let bad = theme.style(Tone::Bad);
        let selected = bad.patch(theme.selected(bad.fg));
        assert_eq!(selected.fg, bad.fg, "{palette:?}");
        let plain = Style::new().patch(theme.selected(None));
        assert_ne!(seen(plain), seen(selected), "{palette:?}");
    }
}

#[test]
fn u27_what_was_rolled_back_is_quiet_and_the_banner_is_not() {
    for (palette, name) in Palette::NAMED {
        for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
            let theme = Theme::of(palette, depth, Signs::Unicode);
            let banner = theme.banner();
            let (_, ground) = seen(banner);
            assert!(
                ground != Color::Reset || banner.add_modifier.contains(Modifier::REVERSED),
                "{name} {depth:?}"
            );
            assert_ne!(theme.style(Tone::Undone), theme.style(Tone::Bad), "{name}");
            if let Some(Color::Rgb(red, green, blue)) = theme.style(Tone::Undone).fg {
                let parts = [red, green, blue];
                let spread = parts
                    .iter()
                    .max()
                    .zip(parts.iter().min())
                    .map(|(most, least)| most - least);
                assert!(spread < Some(0x20), "{name}: {parts:?} is no grey");
            }
        }
    }
}

#[test]
fn f68_f72_the_selected_row_is_no_banner_and_keeps_the_colour_of_a_failure() {
    for (palette, name) in Palette::NAMED {
        for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
            let theme = Theme::of(palette, depth, Signs::Unicode);
            let bad = theme.style(Tone::Bad);
            for tone in [Tone::Plain, Tone::Bad, Tone::Working, Tone::Good, Tone::Cascade] {
                let own = theme.style(tone);
                let selected = own.patch(theme.selected(own.fg));
                let (_, ground) = seen(selected);
                let (_, loud) = seen(theme.banner());
                let reversed = |style: Style| style.add_modifier.contains(Modifier::REVERSED);
                assert!(
                    ground != loud || reversed(selected) != reversed(theme.banner()),
                    "{name} {depth:?}: {tone:?}"
                );
            }
            let (text, _) = seen(bad.patch(theme.selected(bad.fg)));
            // Red on whatever the terminal has for text may be hard to read: there the row is exchanged as a whole.
            let kept = bad.fg.filter(|_| theme.selection() != SelectionLook::Reversed);
            assert_eq!(text, kept.unwrap_or(Color::Reset), "{name} {depth:?}");
        }
    }
    let none = Theme::new(Palette::None, Signs::Unicode);
    assert_eq!(none.selection(), SelectionLook::Underlined);
    assert_eq!(
        Theme::new(Palette::Sixteen, Signs::Unicode).selection(),
        SelectionLook::Reversed
    );
}

#[test]
fn f71_no_word_stands_in_bright_black() {
    for (palette, name) in Palette::NAMED {
        let theme = Theme::of(palette, Depth::Sixteen, Signs::Unicode);
        for (meaning, what) in Meaning::ALL.iter().filter(|(one, _)| *one != Meaning::Border) {
            assert_ne!(
                theme.style_of(*meaning).fg,
                Some(Color::DarkGray),
                "{name}: {what}"
            );
        }
        assert_ne!(theme.style(Tone::Dim), theme.style(Tone::Plain), "{name}");
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

#[test]
fn the_palette_of_commands_offers_every_theme() {
    assert_eq!(
        crate::app::input::choice::THEMES,
        Palette::NAMED.map(|(_, name)| name),
        "a theme is in both lists, in one order"
    );
}
