//! What a person means by a few letters: the entries that have them in their order, best first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// The entries that fit, best first; of equals the first stays first. No letters fit everything.
pub(crate) fn ranked<T>(letters: &str, entries: impl IntoIterator<Item = (T, String)>) -> Vec<T> {
    let letters = letters.trim();
    if letters.is_empty() {
        return entries.into_iter().map(|(entry, _)| entry).collect();
    }
    scored(letters, entries)
        .into_iter()
        .map(|(_, entry)| entry)
        .collect()
}

/// The entries that fit with their scores, best first.
fn scored<T>(letters: &str, entries: impl IntoIterator<Item = (T, String)>) -> Vec<(u32, T)> {
    let pattern = Pattern::parse(letters, CaseMatching::Smart, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, T)> = entries
        .into_iter()
        .filter_map(|(entry, text)| {
            let score = pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher)?;
            Some((score, entry))
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found
}

/// A letter that fits is worth so much, at least on the average, where the letters are close together.
const CLOSE: u32 = 20;

/// The entries that have the letters in their order and close together, best first.
pub(crate) fn close<T>(letters: &str, entries: impl IntoIterator<Item = (T, String)>) -> Vec<T> {
    let count = u32::try_from(letters.chars().filter(|letter| !letter.is_whitespace()).count());
    let least = count.unwrap_or(u32::MAX).saturating_mul(CLOSE);
    let mut found = scored(letters, entries);
    found.retain(|(score, _)| *score >= least);
    found.into_iter().map(|(_, entry)| entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_their_order_fit_and_the_best_comes_first() {
        let entries =
            || ["save report", "next failure", "shop-prod", "Shop-Test"].map(|text| (text, text.to_owned()));
        assert_eq!(ranked("nf", entries()), ["next failure"]);
        assert_eq!(ranked("shp", entries()), ["shop-prod", "Shop-Test"]);
        assert_eq!(ranked("", entries()).len(), 4);
        assert!(ranked("zzz", entries()).is_empty());
    }
}
