//! Words that are looked for in texts: any part of a word, however it is written.

use std::ops::Range;

use nucleo_matcher::chars::normalize;

/// Words that are looked for. Small letters are as good as capital ones, and accents do not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sought {
    words: Vec<Vec<char>>,
}

impl Sought {
    /// The words of a text that somebody typed; signs alone are none.
    pub fn words(typed: &str) -> Self {
        let words = typed.split(|letter: char| letter.is_whitespace() || letter.is_control());
        let words = words.filter(|word| word.contains(char::is_alphanumeric));
        Self::all(words)
    }

    /// The whole text that somebody typed, spaces and all.
    pub fn phrase(typed: &str) -> Self {
        Self::all([typed])
    }

    fn all<'t>(words: impl IntoIterator<Item = &'t str>) -> Self {
        let words = words
            .into_iter()
            .map(|word| word.chars().filter_map(plain).collect());
        Self {
            words: words.filter(|word: &Vec<char>| !word.is_empty()).collect(),
        }
    }

    /// Nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words, plainly written.
    pub fn plain(&self) -> impl Iterator<Item = String> {
        self.words.iter().map(|word| word.iter().collect())
    }

    /// Whether all of the words stand in the text.
    pub fn all_in(&self, text: &str) -> bool {
        let letters: Vec<char> = text.chars().filter_map(plain).collect();
        let stands = |word: &Vec<char>| {
            letters
                .windows(word.len())
                .any(|window| window == word.as_slice())
        };
        !self.is_empty() && self.words.iter().all(stands)
    }

    /// Where words stand in the text, in bytes, in order and without overlaps: of two that begin at the same
    /// place the longer.
    pub fn spans(&self, text: &str) -> Vec<Range<usize>> {
        if self.is_empty() {
            return Vec::new();
        }
        let letters: Vec<(usize, char)> = text
            .char_indices()
            .filter_map(|(at, letter)| Some((at, plain(letter)?)))
            .collect();
        let mut spans = Vec::new();
        let mut rest = letters.as_slice();
        while let Some((first, tail)) = rest.split_first() {
            let Some(length) = self.longest_at(rest) else {
                rest = tail;
                continue;
            };
            let after = rest.get(length..).unwrap_or_default();
            let end = after.first().map_or(text.len(), |(at, _)| *at);
            spans.push(first.0..end);
            rest = after;
        }
        spans
    }

    /// So much of a text around the first of the words, with `…` where something is missing.
    pub fn excerpt(&self, text: &str, most: usize) -> String {
        let first = self.spans(text).first().map_or(0, |span| span.start);
        let before = text.get(..first).map_or(0, |before| before.chars().count());
        let skipped = before.saturating_sub(most / 3);
        let mut shown: String = text.chars().skip(skipped).take(most).collect();
        if skipped > 0 {
            shown.insert(0, '…');
        }
        if text.chars().nth(skipped + most).is_some() {
            shown.push('…');
        }
        shown
    }

    fn longest_at(&self, letters: &[(usize, char)]) -> Option<usize> {
        let begins = |word: &&Vec<char>| {
            let there = letters.get(..word.len());
            there.is_some_and(|there| there.iter().map(|(_, letter)| letter).eq(word.iter()))
        };
        self.words.iter().filter(begins).map(Vec::len).max()
    }
}

/// The letter in small and without its accent; none for an accent by itself.
fn plain(letter: char) -> Option<char> {
    if letter.is_ascii() {
        return Some(letter.to_ascii_lowercase());
    }
    if ('\u{300}'..='\u{36f}').contains(&letter) {
        return None;
    }
    normalize(letter).to_lowercase().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, words: &str) -> String {
        let mut out = String::new();
        let mut at = 0;
        for span in Sought::words(words).spans(text) {
            let before = text.get(at..span.start).unwrap_or_default();
            let found = text.get(span.clone()).unwrap_or_default();
            out.extend([before, "[", found, "]"]);
            at = span.end;
        }
        out + text.get(at..).unwrap_or_default()
    }

    #[test]
    fn any_part_of_a_word_is_found_however_it_is_written() {
        assert_eq!(
            marked("AccessDenied: denied", "DENIED"),
            "Access[Denied]: [denied]"
        );
        assert_eq!(
            marked("Bucket already exists", "BUCK exist"),
            "[Buck]et already [exist]s"
        );
        assert_eq!(marked("Über u\u{308}ber", "uber"), "[Über] [u\u{308}ber]");
        assert_eq!(marked("nothing", "  "), "nothing");
        assert_eq!(marked("s3 s3:Put", "s3 s3:put"), "[s3] [s3:Put]");
        assert_eq!(marked("İstanbul", "bul"), "İstan[bul]");
    }

    #[test]
    fn all_of_the_words_must_stand_there() {
        assert!(Sought::words("denied s3").all_in("s3:CreateBucket was DENIED"));
        assert!(!Sought::words("denied iam").all_in("s3:CreateBucket was DENIED"));
        assert!(
            !Sought::words("\" -").all_in("\" -"),
            "signs alone look for nothing"
        );
        assert!(Sought::phrase("was denied").all_in("it Was Denied"));
        assert!(!Sought::phrase("was denied").all_in("denied it was"));
    }

    #[test]
    fn a_long_text_is_cut_around_the_word() {
        let text = format!("{} AccessDenied {}", "é".repeat(500), "x".repeat(500));
        let shown = Sought::words("accessdenied").excerpt(&text, 240);
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.contains(" AccessDenied "));
        assert_eq!(Sought::words("nothing").excerpt("short", 240), "short");
    }
}
