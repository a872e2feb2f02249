//! Names in a text.

/// Whether a text holds a name as a whole word: `shop-SetupRole` is not in `shop-SetupRole2`.
pub fn holds_word(text: &str, word: &str) -> bool {
    if word.is_empty() {
        return false;
    }
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + word.len()..).unwrap_or_default();
        let mut following = after.chars();
        let next = following.next();
        let ends_sentence = next == Some('.') && following.next().is_none_or(|c| !is_word(c));
        before.is_none_or(|c| !is_word(c)) && (ends_sentence || next.is_none_or(|c| !is_word(c)))
    })
}

/// A character that a name may hold: letters, digits, `-`, `_`, `.`.
pub fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}
