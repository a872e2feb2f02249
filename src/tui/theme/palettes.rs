//! The palettes that come with the program: for each meaning a colour, and one of the sixteen in its place.

use ratatui::style::{Color, Modifier, Style};

use super::{Depth, Meaning, Palette, at_depth};

/// A colour, and what stands for it where there are only sixteen.
type Pair = (u32, Color);

/// What a meaning looks like.
pub(super) fn style(palette: Palette, depth: Depth, meaning: Meaning) -> Style {
    if palette == Palette::None {
        return colourless(meaning);
    }
    match meaning {
        Meaning::Cursor => return cursor(palette, depth),
        Meaning::Banner => return banner(palette, depth),
        _ => {}
    }
    let pair = match palette {
        Palette::Sixteen => return on_sixteen(sixteen(meaning), meaning),
        Palette::Dark => dark(meaning),
        Palette::Light => light(meaning),
        Palette::HighContrast => high_contrast(meaning),
        Palette::ColourBlindSafe | Palette::None => colour_blind_safe(meaning),
    };
    match depth {
        Depth::Sixteen => on_sixteen(pair.map(|(_, plain)| plain), meaning),
        Depth::Indexed | Depth::True => {
            let style = pair.map_or_else(Style::new, |pair| Style::new().fg(shown(pair, depth)));
            style.add_modifier(weight(meaning))
        }
    }
}

/// What is written quietly is written in the colour of text, fainter: people's bright black may be that of their ground.
/// Lines may be lost, words may not.
fn on_sixteen(colour: Option<Color>, meaning: Meaning) -> Style {
    let style = match (colour, meaning) {
        (Some(Color::DarkGray), Meaning::Dim | Meaning::Undone) => {
            // Also over a line that has a colour.
            Style::new().fg(Color::Reset).add_modifier(Modifier::DIM)
        }
        (colour, _) => colour.map_or_else(Style::new, |colour| Style::new().fg(colour)),
    };
    style.add_modifier(weight(meaning))
}

fn shown((rgb, plain): Pair, depth: Depth) -> Color {
    let [_, red, green, blue] = rgb.to_be_bytes();
    match depth {
        Depth::Sixteen => plain,
        Depth::Indexed | Depth::True => at_depth(Color::Rgb(red, green, blue), depth),
    }
}

/// Weight says a part of the meaning without any colour.
fn weight(meaning: Meaning) -> Modifier {
    match meaning {
        Meaning::Strong | Meaning::Heading | Meaning::Bad | Meaning::Waiting | Meaning::Warning => {
            Modifier::BOLD
        }
        Meaning::Tab | Meaning::Matched => Modifier::BOLD | Modifier::UNDERLINED,
        _ => Modifier::empty(),
    }
}

/// The selected row. Where only sixteen colours are known the row is reversed as a whole, to the terminal's own: any ground
/// of ours could be the colour of a text on it.
fn cursor(palette: Palette, depth: Depth) -> Style {
    let strong = Style::new().add_modifier(Modifier::BOLD);
    let reversed = strong.add_modifier(Modifier::REVERSED);
    let on = |text: u32, ground: u32| {
        let colour = |rgb| shown((rgb, Color::Reset), depth);
        strong.fg(colour(text)).bg(colour(ground))
    };
    match (palette, depth) {
        (_, Depth::Sixteen) | (Palette::Sixteen | Palette::None, _) => reversed,
        // A ground on which every colour can be read is hardly told from the terminal's: a line says which row it is.
        (Palette::HighContrast, _) => on(0xff_ff_ff, 0x00_1a_55).add_modifier(Modifier::UNDERLINED),
        (Palette::Light, _) => on(0x00_00_00, 0xcc_e2_ff),
        (Palette::ColourBlindSafe | Palette::Dark, _) => on(0xff_ff_ff, 0x24_3a_5e),
    }
}

/// The one line that says what failed and why: the loudest of the screen.
fn banner(palette: Palette, depth: Depth) -> Style {
    let strong = Style::new().add_modifier(Modifier::BOLD);
    let on = |text: u32, ground: u32| {
        let colour = |rgb| shown((rgb, Color::Reset), depth);
        strong.fg(colour(text)).bg(colour(ground))
    };
    match (palette, depth) {
        (Palette::None, _) => strong.add_modifier(Modifier::REVERSED),
        (_, Depth::Sixteen) | (Palette::Sixteen, _) => strong.fg(Color::Red).add_modifier(Modifier::REVERSED),
        (Palette::Light, _) => on(0xff_ff_ff, 0xa8_1f_0c),
        (Palette::HighContrast, _) => on(0x00_00_00, 0xff_b0_b0),
        (Palette::ColourBlindSafe, _) => on(0xff_ff_ff, 0xa5_34_0a),
        (Palette::Dark, _) => on(0xff_ff_ff, 0xa3_24_2a),
    }
}

fn sixteen(meaning: Meaning) -> Option<Color> {
    Some(match meaning {
        Meaning::Plain | Meaning::Strong | Meaning::Cursor | Meaning::Banner => return None,
        Meaning::Dim | Meaning::Border | Meaning::Undone => Color::DarkGray,
        Meaning::Heading | Meaning::Working | Meaning::Key => Color::Blue,
        Meaning::Accent | Meaning::Code | Meaning::FocusedBorder | Meaning::Tab | Meaning::Number => {
            Color::Cyan
        }
        Meaning::Good | Meaning::Text => Color::Green,
        Meaning::Bad => Color::Red,
        // What is waited for is no link.
        Meaning::Cascade | Meaning::Waiting | Meaning::Warning | Meaning::Matched => Color::Yellow,
        Meaning::Literal => Color::Magenta,
    })
}

fn dark(meaning: Meaning) -> Option<Pair> {
    let plain = sixteen(meaning)?;
    let rgb = match meaning {
        Meaning::Dim | Meaning::Border => 0x8a_93_a6,
        Meaning::Heading | Meaning::Working => 0x6e_a8_fe,
        Meaning::Good => 0x5f_d3_8d,
        Meaning::Bad => 0xff_7b_7b,
        Meaning::Cascade => 0xdd_9a_62,
        Meaning::Warning | Meaning::Waiting => 0xe8_c4_68,
        Meaning::Undone => 0xa6_ad_bb,
        Meaning::Literal => 0xc7_92_ea,
        Meaning::Key => 0x8c_c2_ff,
        Meaning::Text => 0xa8_d8_9a,
        Meaning::Number => 0xf2_a8_7a,
        Meaning::Matched => 0xff_e0_6b,
        _ => 0x5e_d0_e0,
    };
    Some((rgb, plain))
}

/// After the colours of Okabe and Ito, lighter where they stand as text on a dark ground.
fn colour_blind_safe(meaning: Meaning) -> Option<Pair> {
    let plain = sixteen(meaning)?;
    Some(match meaning {
        Meaning::Dim | Meaning::Border => (0x8f_98_a8, plain),
        Meaning::Heading | Meaning::Working => (0x8a_b8_ff, plain),
        Meaning::Good => (0x3e_cf_a3, Color::Cyan),
        Meaning::Bad => (0xff_80_4d, plain),
        Meaning::Cascade | Meaning::Number => (0xe6_9f_00, plain),
        Meaning::Undone => (0xa6_ad_bb, plain),
        Meaning::Literal => (0xd9_9c_c0, plain),
        Meaning::Waiting | Meaning::Warning | Meaning::Matched => (0xf0_e4_42, Color::Yellow),
        Meaning::Code | Meaning::Key => (0x9f_d3_f5, plain),
        Meaning::Text => (0x7f_dd_bf, plain),
        _ => (0x56_b4_e9, plain),
    })
}

/// Dark colours; yellow and cyan cannot be read on white.
fn light(meaning: Meaning) -> Option<Pair> {
    Some(match meaning {
        Meaning::Plain | Meaning::Strong | Meaning::Cursor | Meaning::Banner => return None,
        Meaning::Dim | Meaning::Border => (0x66_6c_76, Color::DarkGray),
        Meaning::Undone => (0x0052_5964, Color::DarkGray),
        Meaning::Good => (0x00_6b_4c, Color::Green),
        Meaning::Text => (0x1d_6b_3a, Color::Green),
        Meaning::Matched => (0xa0_1c_4e, Color::Red),
        Meaning::Bad => (0xb0_2a_0c, Color::Red),
        Meaning::Cascade => (0x8f_4a_17, Color::Magenta),
        Meaning::Warning | Meaning::Number => (0x85_55_00, Color::Red),
        Meaning::Literal => (0x8f_2f_72, Color::Magenta),
        Meaning::Heading | Meaning::Working => (0x1f_4e_9c, Color::Blue),
        Meaning::Waiting => (0x85_55_00, Color::Magenta),
        _ => (0x00_5f_9e, Color::Blue),
    })
}

fn high_contrast(meaning: Meaning) -> Option<Pair> {
    Some(match meaning {
        Meaning::Plain | Meaning::Strong | Meaning::Cursor | Meaning::Banner => return None,
        Meaning::Dim | Meaning::Border | Meaning::Undone => (0xc2_c2_c2, Color::Gray),
        Meaning::Heading => (0xff_ff_ff, Color::White),
        Meaning::Good => (0x7d_ff_9b, Color::LightGreen),
        Meaning::Working => (0xa8_cc_ff, Color::LightBlue),
        Meaning::Bad => (0xff_b0_b0, Color::LightRed),
        Meaning::Cascade => (0xff_c2_85, Color::LightYellow),
        Meaning::Waiting | Meaning::Warning => (0xff_e0_8a, Color::LightYellow),
        Meaning::Literal => (0xf0_b8_ff, Color::LightMagenta),
        Meaning::Text => (0xc8_ff_c0, Color::LightGreen),
        Meaning::Number => (0xff_d0_a0, Color::LightRed),
        Meaning::Matched => (0xff_ff_00, Color::LightYellow),
        _ => (0x7f_e7_ff, Color::LightCyan),
    })
}

fn colourless(meaning: Meaning) -> Style {
    let modifier = match meaning {
        Meaning::Plain
        | Meaning::Good
        | Meaning::Working
        | Meaning::Code
        | Meaning::Key
        | Meaning::Text
        | Meaning::Number => Modifier::empty(),
        Meaning::Dim | Meaning::Border | Meaning::Undone => Modifier::DIM,
        // A heading that were underlined would be taken for the selected row, or that for a rule below it.
        Meaning::Strong
        | Meaning::Heading
        | Meaning::Bad
        | Meaning::Waiting
        | Meaning::Accent
        | Meaning::FocusedBorder => Modifier::BOLD,
        Meaning::Cascade | Meaning::Literal => Modifier::ITALIC,
        Meaning::Warning | Meaning::Tab | Meaning::Matched | Meaning::Cursor => {
            Modifier::BOLD | Modifier::UNDERLINED
        }
        // Nothing else is reversed: the loudest line is told at once from the one that is selected.
        Meaning::Banner => Modifier::REVERSED | Modifier::BOLD,
    };
    Style::new().add_modifier(modifier)
}

/// The levels of the 256 colours' cube.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The nearest of the 256 colours beyond the sixteen, which people change.
pub(super) fn indexed(rgb: [u8; 3]) -> u8 {
    let nearest = |part: u8| (0_u8..).zip(LEVELS).min_by_key(|(_, level)| level.abs_diff(part));
    let cube = rgb.map(|part| nearest(part).unwrap_or_default());
    let [(red, _), (green, _), (blue, _)] = cube;
    let in_cube = (16 + 36 * red + 6 * green + blue, cube.map(|(_, level)| level));
    let greys = (0_u8..24).map(|step| (232 + step, [8 + 10 * step; 3]));
    let all = std::iter::once(in_cube).chain(greys);
    all.min_by_key(|(_, other)| distance(rgb, *other))
        .map_or(0, |(index, _)| index)
}

/// The nearest of the sixteen, as most terminals show them.
pub(super) fn of_sixteen(rgb: [u8; 3]) -> Color {
    const SIXTEEN: [(Color, [u8; 3]); 16] = [
        (Color::Black, [0, 0, 0]),
        (Color::Red, [205, 0, 0]),
        (Color::Green, [0, 205, 0]),
        (Color::Yellow, [205, 205, 0]),
        (Color::Blue, [0, 0, 238]),
        (Color::Magenta, [205, 0, 205]),
        (Color::Cyan, [0, 205, 205]),
        (Color::Gray, [229, 229, 229]),
        (Color::DarkGray, [127, 127, 127]),
        (Color::LightRed, [255, 0, 0]),
        (Color::LightGreen, [0, 255, 0]),
        (Color::LightYellow, [255, 255, 0]),
        (Color::LightBlue, [92, 92, 255]),
        (Color::LightMagenta, [255, 0, 255]),
        (Color::LightCyan, [0, 255, 255]),
        (Color::White, [255, 255, 255]),
    ];
    let nearest = SIXTEEN.iter().min_by_key(|(_, other)| distance(rgb, *other));
    nearest.map_or(Color::Reset, |(colour, _)| *colour)
}

fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    let parts = one.iter().zip(other);
    parts
        .map(|(one, other)| u32::from(one.abs_diff(other)).pow(2))
        .sum()
}
