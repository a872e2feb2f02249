//! The sanitiser: takes out of a text what a terminal would obey, what reorders or hides other text, and what
//! piles up on one letter.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

use unicode_segmentation::UnicodeSegmentation as _;

/// What stands where something was taken out.
const REPLACEMENT: char = '\u{fffd}';
/// So many characters may share a cell, as many as the longest emoji of all has. More are a flood.
pub(super) const LONGEST_CLUSTER: usize = 10;

/// What becomes of tabs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tabs {
    /// Two spaces: nobody knows where a tab would end.
    Spaced,
    /// They stay, in text for programs.
    Kept,
}

/// The text without anything harmful; every kind of line break is `\n`.
pub(super) fn sanitise(text: &str, tabs: Tabs) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return Cow::Borrowed(text);
    }
    let plain = without_harm(text, tabs);
    if plain.is_ascii() {
        return Cow::Owned(plain);
    }
    Cow::Owned(without_floods(plain))
}

fn without_harm(text: &str, tabs: Tabs) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut last = None;
    while let Some(character) = rest.next() {
        let shown = match character {
            '\u{1b}' | '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}' => match pass_sequence(character, &mut rest)
            {
                Passed::Whole => continue,
                Passed::Nothing => REPLACEMENT,
            },
            '\r' if rest.peek() == Some(&'\n') => continue,
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => '\n',
            '\t' if tabs == Tabs::Kept => '\t',
            '\t' => {
                out.push(' ');
                ' '
            }
            control if control.is_control() => REPLACEMENT,
            hidden if is_hidden(hidden) => REPLACEMENT,
            // Emoji and some scripts are written with joiners; within other text they hide.
            '\u{200c}' | '\u{200d}' if !joins(last, rest.peek().copied()) => REPLACEMENT,
            variant if is_variant(variant) && last.is_none_or(is_variant) => REPLACEMENT,
            other => other,
        };
        // One mark says as much as many.
        if shown == REPLACEMENT && last == Some(REPLACEMENT) && character != REPLACEMENT {
            continue;
        }
        out.push(shown);
        last = Some(shown);
    }
    out
}

/// What became of an escape sequence.
enum Passed {
    /// All of it was passed over.
    Whole,
    /// It has no end, or is none: only what introduces it is to go, so that it hides nothing of the text.
    Nothing,
}

/// Passes over the rest of an escape sequence that this character introduces.
fn pass_sequence(introducer: char, rest: &mut Peekable<Chars<'_>>) -> Passed {
    let mut ahead = rest.clone();
    let kind = match introducer {
        '\u{1b}' => match ahead.next() {
            Some(kind @ ' '..='~') => kind,
            _ => return Passed::Nothing,
        },
        // An 8-bit control stands for an escape and a letter.
        control => u32::from(control)
            .checked_sub(0x40)
            .and_then(char::from_u32)
            .unwrap_or(REPLACEMENT),
    };
    let ended = match kind {
        '[' => ends_after(&mut ahead, |character| matches!(character, '\u{30}'..='\u{3f}')),
        ']' | 'P' | 'X' | '^' | '_' => string_ends(&mut ahead),
        ' '..='/' => ends_after(&mut ahead, |_| false),
        _ => introducer == '\u{1b}',
    };
    if !ended {
        return Passed::Nothing;
    }
    *rest = ahead;
    Passed::Whole
}

/// Passes over parameters, intermediates and the final character.
fn ends_after(ahead: &mut Peekable<Chars<'_>>, is_parameter: impl Fn(char) -> bool) -> bool {
    while ahead.next_if(|next| is_parameter(*next)).is_some() {}
    while ahead.next_if(|next| matches!(next, ' '..='/')).is_some() {}
    ahead.next_if(|next| matches!(next, '0'..='~')).is_some()
}

/// Passes over a string up to its terminator, which must come on the same line.
fn string_ends(ahead: &mut Peekable<Chars<'_>>) -> bool {
    while let Some(character) = ahead.next() {
        match character {
            '\u{7}' | '\u{9c}' => return true,
            '\u{1b}' => return ahead.next_if_eq(&'\\').is_some(),
            // Another sequence begins: looking beyond it, again and again, would take for ever.
            '\n' | '\r' | '\u{80}'..='\u{9f}' => return false,
            _ => {}
        }
    }
    false
}

/// Whether a joiner between these two has something to join.
fn joins(before: Option<char>, after: Option<char>) -> bool {
    let is_script =
        |character: char| !character.is_ascii() && !character.is_whitespace() && !character.is_control();
    let before =
        before.is_some_and(|before| is_script(before) && !is_joiner(before) && before != REPLACEMENT);
    before && after.is_some_and(|after| is_script(after) && !is_joiner(after) && !is_hidden(after))
}

pub(super) fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

pub(super) fn is_variant(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}')
}

/// Characters that change the order of others, that nobody can see, or that are none.
pub(super) fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    ) || u32::from(character) & 0xfffe == 0xfffe
}

/// Of each cluster only as much as may share a cell.
fn without_floods(text: String) -> String {
    if text.graphemes(true).all(fits_a_cell) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        if fits_a_cell(cluster) {
            out.push_str(cluster);
        } else {
            out.extend(cluster.chars().take(LONGEST_CLUSTER - 1));
            out.push(REPLACEMENT);
        }
    }
    out
}

fn fits_a_cell(cluster: &str) -> bool {
    cluster.len() <= LONGEST_CLUSTER || cluster.chars().count() <= LONGEST_CLUSTER
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn shown(text: &str) -> String {
        sanitise(text, Tabs::Spaced).into_owned()
    }

    #[rstest]
    #[case("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}x", "red x")]
    #[case("\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link")]
    #[case("\u{1b}]52;c;UFdO\u{9c}a\u{1b}P1$r\u{1b}\\b\u{1b}(0c\u{1b}cd", "abcd")]
    #[case("\u{9b}2Ja\u{9d}0;t\u{7}b\u{90}q\u{9c}c", "abc")]
    #[case("user\u{202e}gpj.exe", "user\u{fffd}gpj.exe")]
    #[case("bell\u{7}\u{7}\u{0}", "bell\u{fffd}")]
    #[case("a\u{2028}b\r\nc\rd\u{85}e", "a\nb\nc\nd\ne")]
    #[case("a\tb", "a  b")]
    #[case("ad\u{200d}min", "ad\u{fffd}min")]
    #[case("tag\u{e0041}\u{e0042}", "tag\u{fffd}")]
    #[case("\u{ffff}", "\u{fffd}")]
    fn hostile_text_becomes_harmless(#[case] text: &str, #[case] wanted: &str) {
        assert_eq!(shown(text), wanted);
    }

    #[test]
    fn a_sequence_without_an_end_hides_nothing() {
        assert_eq!(
            shown("\u{1b}]0;the cause\nis here"),
            "\u{fffd}]0;the cause\nis here"
        );
        assert_eq!(shown("\u{1b}[12"), "\u{fffd}[12");
        assert_eq!(shown("\u{1b}"), "\u{fffd}");
        assert_eq!(shown("\u{9b}"), "\u{fffd}");
    }

    #[rstest]
    #[case("👩🏻\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏿")]
    #[case("👩\u{200d}👩\u{200d}👧\u{200d}👦")]
    #[case("می\u{200c}خواهم")]
    #[case("क्\u{200d}ष")]
    #[case("e\u{301} Việt 日本語 🇩🇪 שָׁלוֹם")]
    #[case("1\u{fe0f}\u{20e3}")]
    fn what_people_write_stays(#[case] text: &str) {
        assert_eq!(shown(text), text);
    }

    #[test]
    fn marks_do_not_pile_up() {
        let flood = format!("z{}algo", "\u{336}".repeat(500));
        assert_eq!(shown(&flood), format!("z{}\u{fffd}algo", "\u{336}".repeat(8)));
        let joined = shown(&format!("👩{}", "\u{200d}👩".repeat(500)));
        assert!(
            joined
                .graphemes(true)
                .all(|cluster| cluster.chars().count() <= LONGEST_CLUSTER)
        );
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left_and_twice_is_as_once(text in any::<String>()) {
            let once = shown(&text);
            prop_assert!(!once.chars().any(|c| c != '\n' && (c.is_control() || is_hidden(c))));
            prop_assert_eq!(shown(&once), once);
        }

        #[test]
        fn sequences_in_any_order_leave_nothing(parts in proptest::collection::vec(
            prop::sample::select(vec!["\u{1b}", "[", "]", "0;", "\u{7}", "\\", "P", "\u{9b}", "\u{9d}", "m", "a", "\n", "\u{200d}", "é", "\u{fe0f}", "\u{301}"]), 0..30))
        {
            let once = shown(&parts.concat());
            prop_assert!(!once.chars().any(|c| c != '\n' && (c.is_control() || is_hidden(c))));
            prop_assert_eq!(shown(&once), once);
        }
    }
}
