//! A status reason made searchable: phrases without regard to case or to how the line was wrapped.
//!
//! Knows nothing of AWS: which phrases matter is for the readers beside it.

use std::ops::Range;

/// No service name, code or id that AWS writes is longer than this many bytes.
pub(super) const LONGEST_NAME: usize = 256;

/// One text with a lower-case twin of the same length, so that a place found in one holds in the other.
#[derive(Debug)]
pub(super) struct Text<'a> {
    raw: &'a str,
    lower: String,
}

impl<'a> Text<'a> {
    /// Prepares `raw` for searching. Only ASCII letters change case, so byte offsets stay the same.
    pub(super) fn new(raw: &'a str) -> Self {
        Self {
            raw,
            lower: raw.to_ascii_lowercase(),
        }
    }

    /// Where `phrase` (lower case, single spaces) first stands at or after `from`. A space in the phrase
    /// stands for any run of white space.
    pub(super) fn find(&self, phrase: &str, from: usize) -> Option<Range<usize>> {
        let head = phrase.split(' ').next().unwrap_or(phrase);
        let mut at = from;
        loop {
            let start = at + self.lower.get(at..)?.find(head)?;
            if let Some(end) = self.matches_at(phrase, start) {
                return Some(start..end);
            }
            at = start + head.len().max(1);
        }
    }

    /// Where the last occurrence of `word` (lower case, no space) ends.
    pub(super) fn find_last(&self, word: &str) -> Option<usize> {
        self.lower.rfind(word).map(|start| start + word.len())
    }

    /// Whether `word` (lower case, no space) occurs anywhere: the cheap question before the dear ones.
    pub(super) fn mentions(&self, word: &str) -> bool {
        self.lower.contains(word)
    }

    /// Whether `phrase` occurs anywhere.
    pub(super) fn holds(&self, phrase: &str) -> bool {
        self.find(phrase, 0).is_some()
    }

    /// The end of `phrase` if the text has it exactly at `start`.
    pub(super) fn matches_at(&self, phrase: &str, start: usize) -> Option<usize> {
        let mut at = start;
        for (index, word) in phrase.split(' ').enumerate() {
            if index > 0 {
                let rest = self.lower.get(at..)?;
                let trimmed = rest.trim_start();
                if trimmed.len() == rest.len() {
                    return None;
                }
                at += rest.len() - trimmed.len();
            }
            at = self
                .lower
                .get(at..)?
                .strip_prefix(word)
                .map(|_| at + word.len())?;
        }
        Some(at)
    }

    /// The text from `at` to its end, as it was written.
    pub(super) fn rest(&self, at: usize) -> &'a str {
        self.raw.get(at..).unwrap_or_default()
    }

    /// The text before `at`, as it was written.
    pub(super) fn before(&self, at: usize) -> &'a str {
        self.raw.get(..at).unwrap_or_default()
    }

    /// The whole text, as it was written.
    pub(super) fn raw(&self) -> &'a str {
        self.raw
    }

    /// What stands in the square brackets that open at `at` (white space before them is skipped).
    pub(super) fn bracketed(&self, at: usize) -> Option<&'a str> {
        let inside = self.rest(at).trim_start().strip_prefix('[')?;
        Some(inside.split_once(']').map_or(inside, |(names, _)| names))
    }
}

/// The longest beginning of `text` whose characters all satisfy `accept`.
pub(super) fn leading(text: &str, accept: impl Fn(char) -> bool) -> &str {
    let end = text.find(|character| !accept(character)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The first `limit` bytes of `text` or a little less, whole characters only: keeps repeated looks at a long text cheap.
pub(super) fn clipped(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

/// Whether `text` begins with `prefix`, whatever the case of its ASCII letters.
pub(super) fn begins_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// Whether `text` ends with `suffix`, whatever the case of its ASCII letters.
pub(super) fn ends_with(text: &str, suffix: &str) -> bool {
    let at = text.len().checked_sub(suffix.len());
    at.and_then(|at| text.get(at..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(suffix))
}

/// Lower case, runs of white space as one space, typographic quotes as plain ones: for matching only.
pub(crate) fn normalized(raw: &str) -> String {
    let mut plain = String::with_capacity(raw.len());
    let mut gap = false;
    for character in raw.chars() {
        if character.is_whitespace() {
            gap = true;
            continue;
        }
        if gap && !plain.is_empty() {
            plain.push(' ');
        }
        gap = false;
        plain.push(match character {
            '\u{2018}' | '\u{2019}' | '`' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            other => other.to_ascii_lowercase(),
        });
    }
    plain
}

/// A request id or token at the beginning of `text`; none where somebody masked it or AWS wrote `null`.
pub(super) fn identifier(text: &str) -> Option<String> {
    let token = leading(clipped(text.trim_start(), LONGEST_NAME), |c| {
        !c.is_whitespace() && !matches!(c, ',' | ';' | ')' | ']' | '"' | '\'')
    });
    if token.ends_with("..") {
        return None;
    }
    let token = token.trim_end_matches(['.', ':']);
    let written = token
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '+' | '/' | ':' | '.'));
    let has_digit = token.bytes().any(|byte| byte.is_ascii_digit());
    (written && (has_digit || is_all_capitals(token))).then(|| token.to_owned())
}

/// One S3 id in two hundred has no digit: sixteen capitals, of many kinds, where a word put for it repeats itself.
fn is_all_capitals(token: &str) -> bool {
    let mut kinds: Vec<u8> = token.bytes().filter(u8::is_ascii_uppercase).collect();
    let (whole, repeats) = (kinds.len(), token.get(..8) == token.get(8..));
    kinds.sort_unstable();
    kinds.dedup();
    whole == 16 && token.len() == 16 && kinds.len() >= 7 && !repeats
}

/// A code such as `AccessDenied` or `InvalidGroup.NotFound` at the beginning of `text`.
pub(super) fn code(text: &str) -> Option<String> {
    let token = leading(clipped(text.trim_start(), LONGEST_NAME), |c| {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/')
    });
    let token = token.trim_end_matches(['.', ':', '-']);
    let masked = token.is_empty()
        || ["null", "none"]
            .iter()
            .any(|word| token.eq_ignore_ascii_case(word))
        || token
            .bytes()
            .all(|byte| matches!(byte, b'x' | b'X' | b'-' | b'.'));
    (!masked).then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_found_across_wrapped_lines_and_in_any_case() {
        let text = Text::new("É CloudFormation  did\nNOT receive");
        let found = text.find("did not receive", 0).unwrap();
        assert_eq!(text.raw().get(found), Some("did\nNOT receive"));
        assert!(!Text::new("didnot receive").holds("did not receive"));
    }

    #[test]
    fn a_masked_identifier_is_no_identifier() {
        for masked in [
            "xxx",
            "...",
            "3c9f...",
            "<token>",
            "***",
            "null",
            "[...]",
            "zzz",
            "",
            "; Proxy: null",
            "…",
        ] {
            assert_eq!(identifier(masked), None, "{masked}");
        }
        assert_eq!(
            identifier(" 4HENH8D6S4968N7K, Extended").as_deref(),
            Some("4HENH8D6S4968N7K")
        );
        assert_eq!(
            identifier("0XXXXXX-49c7-4b40).").as_deref(),
            Some("0XXXXXX-49c7-4b40")
        );
    }

    #[test]
    fn normalizing_joins_lines_and_straightens_quotes() {
        assert_eq!(normalized(" Doesn\u{2019}t\n  EXIST "), "doesn't exist");
    }
}
